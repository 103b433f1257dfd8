/* SPDX-License-Identifier: MIT */
/* A domain with everything a vCPU needs to run: put together, taken apart. */
#pragma once

#include "domain/domain.h"

/* 0 and *out, unpublished; or the error of the part that failed, all undone. */
int guest_create(const struct domain_config *config,
		 struct domain **out) must_check;
