/* SPDX-License-Identifier: MIT */
/*
 * A hypervisor for libctl's tests, behind the interfaces of libxencall and
 * libxenforeignmemory: domains with memory, and a record of the calls.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_DOMID 7u /* the one domain that can be created */

struct fake_xen {
	char log[8192]; /* the calls by name, each with a space behind */
	unsigned int calls;
	unsigned int fail_at; /* the call that fails, from 1; 0 for none */
	int fail_errno;
	uint64_t free_pages;
	unsigned int largest_order; /* of a piece of memory that is free */
	bool domain;                /* it exists */
	bool running;
	uint32_t flags;    /* its XEN_DOMINF_* */
	unsigned int busy; /* so often destroydomain says EAGAIN */
	uint64_t claimed;
	uint64_t populated;
	uint64_t params[40];
	uint32_t max_vcpus;
	uint64_t max_kib;
	unsigned int weight, cap;
	uint8_t affinity[2]; /* of vCPUs 0 and 1: pCPUs 0 to 7 */
	unsigned int map_entries;
	uint8_t handle[16];
	_Alignas(8) uint8_t context[8192];
	uint32_t context_size;
	_Alignas(8) uint8_t grants[4096];
	unsigned int mapped; /* foreign pages that are not unmapped */
	unsigned int buffers;
	uint64_t written; /* bytes of the domain's memory, by calls */
};

extern struct fake_xen fake_xen;

/* Forgets everything; `free_mib` of memory are free. */
void fake_xen_reset(uint64_t free_mib);

/* The guest's memory; NULL if it has none there. Not across pages. */
uint8_t *fake_xen_memory(uint64_t gaddr);

/* Notes a call of somebody else and says whether it is to fail, with errno. */
bool fake_xen_call(const char *name);
