/* SPDX-License-Identifier: MIT */
/* Between two looks at what has to come. */
#pragma once

#include <time.h>

static inline void pause_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}
