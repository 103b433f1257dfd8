/* SPDX-License-Identifier: MIT */
/*
 * A guest on its way: what the steps of its creation hand to each other.
 *
 * Each call is a step or part of one: 0, or -1 after corbel_fail(). What they
 * make in the domain goes with the domain.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "libctl/build/image.h"
#include "libctl/build/layout.h"
#include "libctl/core/internal.h"

struct build {
	struct corbel *c;
	const struct corbel_config *config;
	char object[128]; /* "guest NAME" */
	unsigned int flags;
	uint32_t domid; /* DOMID_INVALID until there is a domain */
	struct image kernel;
	struct image_file initrd; /* without data if there is none */
	uint8_t *chunk;           /* of fill.c, or NULL */
	struct layout layout;
	struct range initrd_at;
	struct range start_at;
	struct domain_rings rings;
};

/* ---- files.c: before there is a domain ---- */

/* Reads the files and finds the place of everything in the guest. */
int files_read(struct build *b);
void files_free(struct build *b);

/* ---- cpus.c ---- */

/* What the configuration says of weight, cap and places. */
int cpus_set(struct build *b);

/* ---- populate.c: memory ---- */

/* "not enough free memory" with the host's figures. */
int populate_fail_memory(struct build *b, uint64_t pages);
int populate_memory(struct build *b);

/* ---- fill.c: contents ---- */

/* `size` bytes for guest memory at `gaddr`: those at `data`, or if that is NULL
 * those of a file at `offset`. */
struct fill_piece {
	uint64_t gaddr;
	uint64_t size;
	const uint8_t *data;
	int fd;
	uint64_t offset;
};

int fill_memory(struct build *b, const struct fill_piece *piece);

/* After the last of them. */
void fill_end(struct build *b);

int fill_kernel(struct build *b);
int fill_initrd(struct build *b);
/* Start info and ACPI tables. */
int fill_tables(struct build *b);

/* ---- setup.c: the rest that the kernel finds ---- */

int setup_ports(struct build *b);
int setup_params(struct build *b);
/* Lets the service VM map the rings as grants 0 and 1. */
int setup_grants(struct build *b);
/* The first vCPU at the kernel's entry. */
int setup_vcpu(struct build *b);
