/* SPDX-License-Identifier: MIT */
#pragma once

/* Starts the other CPUs of the MADT, up to option maxcpus; they wait. */
void processors_start(void);
/* Lets them into their run loops. */
void processors_release(void);
