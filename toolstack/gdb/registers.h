/* SPDX-License-Identifier: MIT */
/*
 * The registers as gdb knows them: its features of x86-64, and one of ours with
 * control registers. One table gives their order and the description. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libctl/corbel.h"

#define REGISTER_BYTES_MAX 16

unsigned int registers_count(void);
/* Of one below that count; so are the next. */
size_t registers_size(unsigned int number);
/* Its bytes, the lowest first. */
void registers_read(unsigned int number, const struct corbel_registers *from,
		    uint8_t bytes[REGISTER_BYTES_MAX]);
/* False if it cannot be changed and would have been. */
bool registers_write(unsigned int number, struct corbel_registers *to,
		     const uint8_t bytes[REGISTER_BYTES_MAX]);
/* The target description, XML; made at the first call. */
const char *registers_xml(void);
