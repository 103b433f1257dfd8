/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdarg.h>

#include "lib/types.h"

/* As C's, without floating point. Return the length that was wanted. */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args);
int snprintf(char *buf, size_t size, const char *fmt, ...) printf_like(3, 4);
