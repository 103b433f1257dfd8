/* SPDX-License-Identifier: MIT */
/*
 * The ACPI tables of a guest: its vCPUs, and that it has no legacy hardware.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Local APIC ids are one byte, and twice the vCPU's number. */
#define ACPI_VCPUS_MAX 128u

/*
 * Writes the tables for a guest that finds them at `gaddr`, where the RSDP is.
 * Returns the bytes used, or 0 if `size` is too small or there are more than
 * ACPI_VCPUS_MAX vCPUs.
 */
size_t acpi_build(uint8_t *out, size_t size, uint64_t gaddr,
		  unsigned int vcpus);
