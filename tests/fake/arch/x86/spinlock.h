/* SPDX-License-Identifier: MIT */
/*
 * The real ticket lock, with the debug checks on: tests/fake/spinlock.c panics
 * on a lock taken twice, out of rank, or dropped without being held.
 */
#pragma once

#ifndef CONFIG_DEBUG
#define CONFIG_DEBUG 1
#endif
#include "../../../../hypervisor/arch/x86/spinlock.h"

/* Locks the calling thread holds: 0 after every public call. */
unsigned int fake_locks_held(void);
