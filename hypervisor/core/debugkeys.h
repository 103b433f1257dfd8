/* SPDX-License-Identifier: MIT */
/*
 * Debug keys: single characters that make the hypervisor say something about
 * itself in its log. Parts add theirs at boot; 'h' lists them.
 */
#pragma once

#include "lib/types.h"

#define DEBUG_KEYS_MAX 32

/* Boot only. `help` is a line without '\n'. */
void debug_key_add(char key, const char *help, void (*run)(void));
/* Runs what the key stands for; an unknown one is said to be so. */
void debug_key(char key);
