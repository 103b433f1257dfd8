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

/* All of them, and a vCPU's PAT, as tools give and get them (ABI hvm/save.h) of
 * a vCPU that does not run. mtrr_set() is for what mtrr_check() let through. */
bool mtrr_check(const struct hvm_hw_mtrr *m);
void mtrr_set(struct vcpu *v, const struct hvm_hw_mtrr *m);
void mtrr_get(const struct vcpu *v, struct hvm_hw_mtrr *m);
