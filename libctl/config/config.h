/* SPDX-License-Identifier: MIT */
/*
 * Reading a guest's configuration: what the files of this folder share, and
 * what the devices need of it.
 */
#pragma once

#include <libxml/tree.h>
#include <stdbool.h>
#include <stdint.h>

#include "libctl/corbel.h"

struct reader {
	struct corbel *c;
	const char *path; /* for messages only */
	bool elsewhere;   /* what it names need not be on this machine */
	struct corbel_config *config;
};

enum element_rule {
	ELEMENT_ONCE = 1u << 0,
	ELEMENT_REQUIRED = 1u << 1,
	ELEMENT_TEXT = 1u << 2, /* holds text; others hold elements only */
	ELEMENT_FREE = 1u << 3, /* what it holds is not looked at */
	ELEMENT_HVM = 1u << 4,  /* a PVH guest has none: a warning */
};

struct attribute {
	const char *name;
	const char *values; /* "file|block", or NULL: its reader decides */
	bool required;
};

/* One element of the subset. Tables of attributes and of elements end with a
 * row without a name. */
struct element {
	const char *name;
	unsigned int rules; /* enum element_rule */
	const struct attribute *attributes;
	const struct element *inside;
	/* Once the element and what is inside follow the table; may be NULL. */
	int (*read)(struct reader *r, xmlNode *node);
};

/* ---- elements.c ---- */

/* One row: <domain>. */
extern const struct element config_elements[];

/* ---- disk.c: <disk> ---- */

extern const struct attribute disk_attributes[];
extern const struct element disk_elements[];
int disk_read(struct reader *r, xmlNode *node);

/* ---- cputune.c: <cputune>, and the cpuset of <vcpu> ---- */

extern const struct element cputune_elements[];
/* Once the number of vCPUs is known; each node may be NULL. */
int cputune_read(struct reader *r, xmlNode *vcpu, xmlNode *cputune);

/* ---- interface.c: <interface> ---- */

extern const struct attribute interface_attributes[];
extern const struct element interface_elements[];
int interface_read(struct reader *r, xmlNode *node);

/* ---- reader.c ---- */

/* Fails with the file and the line of `node` as the object. Returns -1. */
int reader_fail(struct reader *r, const xmlNode *node,
		enum corbel_error_code code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
int reader_no_memory(struct reader *r, const xmlNode *node);

/* Adds a line to the configuration's warnings. */
int reader_warn(struct reader *r, const xmlNode *node, const char *text);

/* Checks `node` against its table row, and reads all that is inside. */
int reader_element(struct reader *r, xmlNode *node,
		   const struct element *element);

/* Text of a node or attribute without the blanks around it; free() it. NULL if
 * it is not there, or there is no memory. */
char *reader_text(const xmlNode *node);
char *reader_attribute(const xmlNode *node, const char *name);

/* A whole number as the text of an element. */
int reader_number(struct reader *r, xmlNode *node, uint64_t *number);

/* The first element `name` inside, or NULL. */
xmlNode *reader_find(const xmlNode *node, const char *name);

/* Whether `value` is one of "a|b|c"; and that list as "a, b, c". */
bool reader_is_one_of(const char *value, const char *values);
void reader_list(const char *values, char *text, size_t size);

/* The reader's whole work on a text in memory; `path` is for messages. With
 * `elsewhere`, files and bridges that it names need not be there. */
int config_parse(struct corbel *c, const char *path, const char *text,
		 size_t size, bool elsewhere, struct corbel_config *config);

/* A new configuration from a file, in the same way. */
int config_read(struct corbel *c, const char *path, bool elsewhere,
		struct corbel_config **out);

/* ---- check.c: what a configuration names is there, unless it may be elsewhere.
 * 0, or -1 after reader_fail() ---- */

int check_file(struct reader *r, const xmlNode *node, const char *path);
int check_block_device(struct reader *r, const xmlNode *node, const char *path);
int check_bridge(struct reader *r, const xmlNode *node, const char *name);

/* ---- schema.c ---- */

/* Checks the document against domain.rng; the failure names the line. */
int schema_check(struct reader *r, xmlDoc *document);

/* ---- value.c: text into values; false if it is not one ---- */

bool value_number(const char *text, uint64_t *number);
/* Rounds up to whole KiB; false as well if it does not fit. */
bool value_memory(uint64_t number, const char *unit, uint64_t *kib);
extern const char value_memory_units[];
bool value_uuid(const char *text, uint8_t uuid[16]);
bool value_mac(const char *text, uint8_t mac[6]);
bool value_name(const char *text);
/* Of a network interface of the service VM. */
bool value_interface(const char *text);
/* "xvda", "xvdb1": the number that stands for it in device paths. */
bool value_disk_target(const char *text, uint32_t *number);

void value_uuid_text(const uint8_t uuid[16], char text[37]);
/* A random UUID; false if the system has none to give. */
bool value_new_uuid(uint8_t uuid[16]);
/* The same address for the same name and index at each start. */
void value_new_mac(const char *name, size_t index, uint8_t mac[6]);
