/* SPDX-License-Identifier: MIT */
/*
 * Guests as Xen's xl describes them, xl.cfg(5): what the files of this folder
 * share.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libctl/corbel.h"

/* ---- arena.c: memory that is freed all at once ---- */

struct arena {
	struct arena_block *last;
};

/* Zeroed; NULL if there is none. */
void *arena_alloc(struct arena *a, size_t size);
/* The first `length` bytes as a text. */
char *arena_text(struct arena *a, const char *text, size_t length);
void arena_free(struct arena *a);

/* ---- settings.c: the text as NAME=VALUE ---- */

enum setting_kind {
	SETTING_TEXT,
	SETTING_NUMBER, /* with its digits in `text`, too */
	SETTING_LIST,
};

struct setting_value {
	enum setting_kind kind;
	unsigned int line;
	const char *text;
	uint64_t number;
	struct setting_value *first; /* of a list */
	struct setting_value *next;  /* in the list it is part of */
};

struct setting {
	struct setting *next;
	const char *source; /* file, for messages */
	const char *name;
	struct setting_value *value;
	bool used; /* somebody has asked for it */
};

struct settings {
	struct arena arena;
	struct setting *first; /* by their places in the text */
};

/* Adds what `text` sets; what was set before under that name goes. `source`
 * stands for the text in messages and must last. 0, or -1 after corbel_fail() with
 * SOURCE:LINE. Free `s` with arena_free(&s->arena) in any case. */
int settings_parse(struct corbel *c, const char *source, const char *text,
		   struct settings *s);
struct setting *settings_find(const struct settings *s, const char *name);

/* ---- spec.c: texts of parts with commas between them ---- */

/* The next part without the blanks around it; `*rest` moves behind it and its
 * comma, to NULL at the end. NULL if there is none, or no memory. */
char *spec_part(struct arena *a, const char **rest);
/* What is behind KEY= in the part, or NULL if it is another key. */
const char *spec_value(const char *part, const char *key);
/* Adds the part to a list for messages. NULL, or what is wrong. */
const char *spec_ignore(struct arena *a, const char **list, const char *part);

/* ---- disk.c ---- */

struct xl_disk {
	const char *target;  /* path, without the prefixes of old times */
	const char *vdev;    /* "xvda", "hda", "sdb1" */
	const char *format;  /* "raw" if not given */
	const char *backend; /* "phy", ...; NULL if not given */
	const char *script;
	bool readonly;
	bool cdrom;
	const char *ignored; /* parts that have no meaning here, or NULL */
};

/* Out of xl-disk-configuration(5). Returns what is wrong with it, or NULL. */
const char *xl_disk_parse(struct arena *a, const char *spec,
			  struct xl_disk *disk);

/* Why there can be no such disk here, or NULL. */
const char *xl_disk_problem(const struct xl_disk *disk);
enum corbel_disk_format xl_disk_format(const struct xl_disk *disk);
/* Linux has all disks of PV back ends as xvd; the letter stays. */
const char *xl_disk_name(struct arena *a, const char *vdev);

/* ---- vif.c ---- */

struct xl_vif {
	const char *bridge;
	const char *mac;
	const char *name; /* of its interface in the service VM */
	uint32_t mtu;
	uint64_t rate_kib;   /* a second; 0: without limit */
	const char *ignored; /* parts that have no meaning here, or NULL */
};

/* Out of xl-network-configuration(5). Returns what is wrong with it, or NULL. */
const char *xl_vif_parse(struct arena *a, const char *spec, struct xl_vif *vif);

/* ---- convert.c ---- */

/* corbel_convert() of a text; `name` stands for it in notes and failures. */
int convert_text(struct corbel *c, const char *name, const char *text,
		 const char *more, struct corbel_conversion *out);
