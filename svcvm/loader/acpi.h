/* SPDX-License-Identifier: MIT */
/*
 * The ACPI tables that the service VM starts from: a root pointer, a root table
 * and a MADT of its own. Other tables are the firmware's, where they are, if
 * they describe what the service VM owns.
 */
#pragma once

#include "svcvm/loader/inputs.h"
#include "svcvm/loader/report.h"

/*
 * Builds them where the start info's root pointer is, which so far is the
 * machine's (loader.h). One that does not lie in memory of type ACPI is left
 * alone. 0, or -XEN_EINVAL with the reason in `why`.
 */
int acpi_replace(const struct inputs *in, unsigned int vcpus,
		 struct report *why);
