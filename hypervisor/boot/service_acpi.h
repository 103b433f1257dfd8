/* SPDX-License-Identifier: MIT */
/*
 * The ACPI tables that the service VM starts from: a root pointer, a root table
 * and a MADT of its own. Other tables are the firmware's, where they are, if
 * they describe what the service VM owns.
 */
#pragma once

#include "lib/addr.h"

/* Enough for every machine we support. */
#define SERVICE_ACPI_SIZE (2 * PAGE_SIZE)

/*
 * Builds into `buf`, `size` zeroed bytes that the service VM sees at `at`
 * (16-byte aligned). acpi_init() and acpi_madt_init() have run. Stores the root
 * pointer's address. 0 or -XEN_ENOSPC.
 */
int service_acpi_build(void *buf, size_t size, gaddr_t at,
		       unsigned int vcpu_count, gaddr_t *rsdp) must_check;
