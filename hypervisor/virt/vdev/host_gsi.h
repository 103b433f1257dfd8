/* SPDX-License-Identifier: MIT */
/* The service VM's I/O APICs on the machine's physical lines. */
#pragma once

#include "virt/vdev/vioapic.h"

/* For struct machine_config. */
extern const struct vioapic_host_ops host_gsi_ops;

/* At boot, before a machine with these is made. */
void host_gsi_init(void);
