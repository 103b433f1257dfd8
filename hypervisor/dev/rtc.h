/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/types.h"

/* UTC seconds since 1970 from the CMOS clock; 0 when it makes no sense. Takes up
 * to a second when the clock is just being updated. Boot only. */
uint64_t rtc_read(void);
