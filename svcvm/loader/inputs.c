/* SPDX-License-Identifier: MIT */
#include "svcvm/loader/inputs.h"

#include <stdbool.h>
#include <string.h>

#include "svcvm/loader/guest_memory.h"

#define MODULES_MAX 2u /* kernel image, initramfs */

/* Says whether the loader can see `size` bytes at `gpa`. */
static bool visible(uint64_t gpa, uint64_t size)
{
	return gpa <= PLACE_LIMIT && size <= PLACE_LIMIT - gpa;
}

static int read_start_info(uint64_t gpa, struct hvm_start_info *out,
			   struct report *why)
{
	if (!visible(gpa, sizeof(*out))) {
		return report_error(why, "start info: at %#lx", gpa);
	}
	memcpy(out, guest_memory(gpa), sizeof(*out));
	if (out->magic != XEN_HVM_START_MAGIC_VALUE || out->version < 1) {
		return report_error(why, "start info: magic %#lx version %u",
				    (unsigned long)out->magic, out->version);
	}
	return 0;
}

static int read_memmap(struct inputs *in, struct report *why)
{
	const struct hvm_start_info *info = &in->start_info;
	const uint64_t size = info->memmap_entries * sizeof(in->memmap[0]);

	if (info->memmap_entries == 0 ||
	    info->memmap_entries > INPUTS_MEMMAP_MAX) {
		return report_error(why, "memory map: %u entries, not 1..%u",
				    info->memmap_entries, INPUTS_MEMMAP_MAX);
	}
	if (!visible(info->memmap_paddr, size)) {
		return report_error(why, "memory map: at %#lx, above 4 GiB",
				    info->memmap_paddr);
	}
	memcpy(in->memmap, guest_memory(info->memmap_paddr), size);
	return 0;
}

/* Appends to the command line, after a space if it is not first. */
static int append_words(struct inputs *in, const char *text, struct report *why)
{
	size_t length = strlen(in->cmdline);

	if (length > 0 && *text != '\0') {
		in->cmdline[length++] = ' ';
	}
	while (length < INPUTS_CMDLINE_SIZE && *text != '\0') {
		in->cmdline[length++] = *text++;
	}
	if (length >= INPUTS_CMDLINE_SIZE) {
		return report_error(why,
				    "command line: longer than %u "
				    "characters",
				    INPUTS_CMDLINE_SIZE - 1);
	}
	in->cmdline[length] = '\0';
	return 0;
}

/* The same with a command line in guest memory. */
static int append_cmdline(struct inputs *in, uint64_t gpa, struct report *why)
{
	if (gpa == 0) {
		return 0;
	}
	if (!visible(gpa, INPUTS_CMDLINE_SIZE)) {
		return report_error(why, "command line: at %#lx, above 4 GiB",
				    gpa);
	}
	return append_words(in, guest_memory(gpa), why);
}

static int read_module(const struct hvm_modlist_entry *m, const char *name,
		       struct range *out, struct report *why)
{
	if (!visible(m->paddr, m->size)) {
		return report_error(why, "%s: %#lx+%#lx ends above 4 GiB", name,
				    m->paddr, m->size);
	}
	*out = range_of(m->paddr, m->size);
	return 0;
}

static int read_modules(struct inputs *in, struct report *why)
{
	struct hvm_modlist_entry modules[MODULES_MAX] = { { .paddr = 0 } };
	const uint32_t count = in->start_info.nr_modules;
	const uint64_t gpa = in->start_info.modlist_paddr;
	int rc;

	if (count == 0 || count > MODULES_MAX) {
		return report_error(why,
				    "%u modules, not a kernel image and "
				    "at most one initramfs",
				    count);
	}
	if (!visible(gpa, sizeof(modules))) {
		return report_error(why, "module list: at %#lx, above 4 GiB",
				    gpa);
	}
	memcpy(modules, guest_memory(gpa), count * sizeof(modules[0]));

	rc = read_module(&modules[0], "kernel image", &in->image, why);
	if (rc != 0) {
		return rc;
	}
	rc = read_module(&modules[1], "initramfs", &in->initramfs, why);
	if (rc != 0) {
		return rc;
	}
	return append_cmdline(in, modules[0].cmdline_paddr, why);
}

int inputs_read(uint64_t gpa, const char *words, struct inputs *out,
		struct report *why)
{
	int rc;

	rc = read_start_info(gpa, &out->start_info, why);
	if (rc != 0) {
		return rc;
	}
	rc = read_memmap(out, why);
	if (rc != 0) {
		return rc;
	}
	out->cmdline[0] = '\0';
	rc = append_words(out, words, why);
	if (rc != 0) {
		return rc;
	}
	rc = append_cmdline(out, out->start_info.cmdline_paddr, why);
	if (rc != 0) {
		return rc;
	}
	return read_modules(out, why);
}
