/* SPDX-License-Identifier: MIT */
#pragma once

#include "virt/virt.h"

/* Does what an exit asks for, physical interrupts apart. */
void exit_handle(struct vcpu *v, const struct vcpu_exit *exit);
