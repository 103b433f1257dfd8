/* SPDX-License-Identifier: MIT */
/* In user space these are libc's. */
#pragma once

#include <string.h>
