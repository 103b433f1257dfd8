/* SPDX-License-Identifier: MIT */
/*
 * Memory type range registers, kept per domain and without effect: under nested
 * paging the guest's PAT decides. They are there because Linux turns PAT off
 * without them, and say write-back everywhere but in the VGA hole, because it
 * also refuses write-back mappings of memory they do not call so.
 */
#pragma once

#include "domain/vcpu.h"

#define MTRR_VARIABLE 8

int mtrr_create(struct domain *d) must_check;
void mtrr_destroy(struct domain *d);
bool mtrr_read(struct vcpu *v, uint32_t msr, uint64_t *value);
bool mtrr_write(struct vcpu *v, uint32_t msr, uint64_t value);
