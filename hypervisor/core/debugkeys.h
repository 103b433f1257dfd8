/* SPDX-License-Identifier: MIT */
/*
 * Debug keys: single characters that make the hypervisor say something about
 * itself in its log. Parts add theirs at boot; 'h' lists them.
 */
#pragma once

#include "lib/types.h"

/* Boot only. `help` is a line without '\n'. */
void debug_key_add(char key, const char *help, void (*run)(void));
/* Runs what the key stands for; an unknown one is said to be so. With nothing
 * locked, not from an interrupt. */
void debug_key(char key);
/* The same, soon, from an interrupt handler. */
void debug_key_later(char key);

/* For the functions behind the keys: a line of output, without '\n'. */
void debug_line(const char *fmt, ...) printf_like(1, 2);

/* core/debug_map.c: the key 'w'. */
void debug_map_show(void);
