/* SPDX-License-Identifier: MIT */
/*
 * Firmware's memory for the ACPI code: mm_map_firmware() gives copies of exactly
 * the bytes asked for, so a sanitizer sees every read past them.
 */
#pragma once

#include "dev/acpi.h"

#define FIRMWARE_BASE   0x90000u /* where the memory is */
#define FIRMWARE_LENGTH 0x70000u
#define FIRMWARE_ROOT   0xf0000u /* what firmware_root() builds is here */

/* All zero, no table. */
void firmware_reset(void);
/* The memory itself, to write what is wanted at any address in it. */
void *firmware_at(uint64_t address);

/* Puts a table there: a header made for these bytes, and a right checksum. */
void firmware_table(uint64_t address, const char *signature, const void *body,
		    size_t body_len);
/* Makes the sum of `len` bytes right by changing *checksum, one of them. */
void firmware_sum(void *p, size_t len, uint8_t *checksum);
/* A root pointer at FIRMWARE_ROOT and an XSDT with these tables; gives the
 * root pointer's address. */
maddr_t firmware_root(const uint64_t *tables, unsigned int count);
/* Mappings not given back. */
unsigned int firmware_mappings(void);
