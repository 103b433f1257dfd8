/* SPDX-License-Identifier: MIT */
/* The hypervisor's interrupt vectors. Higher ones have priority. */
#pragma once

#define VECTOR_FIRST_DEVICE 0x30 /* 0x30..0xdf: device interrupts */
#define VECTOR_LAST_DEVICE  0xdf
#define VECTOR_KICK         0xf0
#define VECTOR_TIMER        0xf1
#define VECTOR_REPORT       0xf2 /* lines of log_from_trap() wait */
#define VECTOR_ERROR        0xfe
#define VECTOR_SPURIOUS     0xff
