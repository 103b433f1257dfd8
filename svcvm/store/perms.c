/* SPDX-License-Identifier: MIT */
#include "svcvm/store/perms.h"
#include "svcvm/store/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xen/xen.h>

/* By PERM_ bits. */
static const char letters[] = "nrwb";

/* One "r5" with its NUL; all of text[0..len) has NULs where they belong. */
static int parse_entry(struct perm *p, const char *text)
{
	const char *letter = text[0] != '\0' ? strchr(letters, text[0]) : NULL;
	char *end;
	unsigned long domid;

	if (letter == NULL || text[1] < '0' || text[1] > '9') {
		return -EINVAL;
	}
	domid = strtoul(text + 1, &end, 10);
	if (*end != '\0' || domid >= DOMID_FIRST_RESERVED) {
		return -EINVAL;
	}
	p->domid = (uint16_t)domid;
	p->bits = (uint8_t)(letter - letters);
	return 0;
}

int perms_parse(struct perms *p, const char *text, size_t len)
{
	const char *end = text + len;

	*p = (struct perms){ 0 };
	if (len == 0 || end[-1] != '\0') {
		return -EINVAL;
	}
	p->entries = mem_alloc(len / 2 * sizeof(*p->entries));
	while (text < end) {
		if (parse_entry(&p->entries[p->count], text) != 0) {
			perms_free(p);
			return -EINVAL;
		}
		p->count++;
		text += strlen(text) + 1;
	}
	return 0;
}

void perms_format(const struct perms *p, struct buf *out)
{
	for (size_t i = 0; i < p->count; i++) {
		buf_print(out, "%c%u", letters[p->entries[i].bits],
			  p->entries[i].domid);
		buf_add(out, "", 1);
	}
}

unsigned int perms_of(const struct perms *p, uint16_t domid)
{
	if (domid == 0 || domid == perms_owner(p)) {
		return PERM_READ | PERM_WRITE;
	}
	for (size_t i = 1; i < p->count; i++) {
		if (p->entries[i].domid == domid) {
			return p->entries[i].bits;
		}
	}
	return p->entries[0].bits;
}

uint16_t perms_owner(const struct perms *p)
{
	return p->entries[0].domid;
}

void perms_init(struct perms *p, uint16_t owner, unsigned int others)
{
	p->count = 1;
	p->entries = mem_alloc(sizeof(*p->entries));
	p->entries[0] = (struct perm){ owner, (uint8_t)others };
}

void perms_copy(struct perms *to, const struct perms *from)
{
	to->count = from->count;
	to->entries = mem_alloc(from->count * sizeof(*to->entries));
	memcpy(to->entries, from->entries, from->count * sizeof(*to->entries));
}

void perms_free(struct perms *p)
{
	free(p->entries);
	*p = (struct perms){ 0 };
}

bool perms_mention(const struct perms *p, uint16_t domid)
{
	for (size_t i = 0; i < p->count; i++) {
		if (p->entries[i].domid == domid) {
			return true;
		}
	}
	return false;
}

void perms_disown(struct perms *p, uint16_t domid)
{
	size_t kept = 1;

	if (p->entries[0].domid == domid) {
		p->entries[0] = (struct perm){ 0, PERM_NONE };
	}
	for (size_t i = 1; i < p->count; i++) {
		if (p->entries[i].domid != domid) {
			p->entries[kept++] = p->entries[i];
		}
	}
	p->count = kept;
}
