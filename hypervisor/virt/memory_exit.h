/* SPDX-License-Identifier: MIT */
#pragma once

#include "virt/virt.h"

/* A nested page fault: memory that is not mapped, or not writable. */
void memory_exit(struct vcpu *v, const struct vcpu_exit *exit);
