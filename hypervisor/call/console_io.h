/* SPDX-License-Identifier: MIT */
#pragma once

/* From now on typed bytes raise VIRQ_CONSOLE in the service VM. */
void console_io_init(void);
