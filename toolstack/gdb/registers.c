/* SPDX-License-Identifier: MIT */
#include "toolstack/gdb/registers.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Where a register is to be found. */
enum place {
	VALUE,   /* value[at] */
	FIXED,   /* the same, but cannot be changed */
	FXSAVE,  /* fxsave[at] */
	FPU_TAG, /* two bits for each x87 register; FXSAVE has one */
	NOWHERE, /* 0 */
};

struct row {
	const char *name; /* of the first; with `count` a number comes behind */
	const char *type;
	uint8_t bits;
	enum place place;
	uint16_t at;
	uint8_t count;       /* registers; those of FXSAVE are 16 bytes apart */
	const char *feature; /* begins with it */
};

#define CORE     "org.gnu.gdb.i386.core"
#define SSE      "org.gnu.gdb.i386.sse"
#define SEGMENTS "org.gnu.gdb.i386.segments"
#define CONTROL  "org.corbel.control"

/* clang-format off */
static const struct row rows[] = {
	{ "rax", "int64",    64, VALUE, CORBEL_RAX, 1, CORE },
	{ "rbx", "int64",    64, VALUE, CORBEL_RBX, 1, NULL },
	{ "rcx", "int64",    64, VALUE, CORBEL_RCX, 1, NULL },
	{ "rdx", "int64",    64, VALUE, CORBEL_RDX, 1, NULL },
	{ "rsi", "int64",    64, VALUE, CORBEL_RSI, 1, NULL },
	{ "rdi", "int64",    64, VALUE, CORBEL_RDI, 1, NULL },
	{ "rbp", "data_ptr", 64, VALUE, CORBEL_RBP, 1, NULL },
	{ "rsp", "data_ptr", 64, VALUE, CORBEL_RSP, 1, NULL },
	{ "r8",  "int64",    64, VALUE, CORBEL_R8,  1, NULL },
	{ "r9",  "int64",    64, VALUE, CORBEL_R9,  1, NULL },
	{ "r10", "int64",    64, VALUE, CORBEL_R10, 1, NULL },
	{ "r11", "int64",    64, VALUE, CORBEL_R11, 1, NULL },
	{ "r12", "int64",    64, VALUE, CORBEL_R12, 1, NULL },
	{ "r13", "int64",    64, VALUE, CORBEL_R13, 1, NULL },
	{ "r14", "int64",    64, VALUE, CORBEL_R14, 1, NULL },
	{ "r15", "int64",    64, VALUE, CORBEL_R15, 1, NULL },
	{ "rip", "code_ptr", 64, VALUE, CORBEL_RIP, 1, NULL },
	{ "eflags", "int32", 32, VALUE, CORBEL_RFLAGS, 1, NULL },
	{ "cs", "int32",     32, FIXED, CORBEL_CS, 1, NULL },
	{ "ss", "int32",     32, FIXED, CORBEL_SS, 1, NULL },
	{ "ds", "int32",     32, FIXED, CORBEL_DS, 1, NULL },
	{ "es", "int32",     32, FIXED, CORBEL_ES, 1, NULL },
	{ "fs", "int32",     32, FIXED, CORBEL_FS, 1, NULL },
	{ "gs", "int32",     32, FIXED, CORBEL_GS, 1, NULL },
	{ "st", "i387_ext",  80, FXSAVE, 32, 8, NULL },
	{ "fctrl", "int",    32, FXSAVE, 0, 1, NULL },
	{ "fstat", "int",    32, FXSAVE, 2, 1, NULL },
	{ "ftag", "int",     32, FPU_TAG, 4, 1, NULL },
	{ "fiseg", "int",    32, NOWHERE, 0, 1, NULL },
	{ "fioff", "int",    32, FXSAVE, 8, 1, NULL },
	{ "foseg", "int",    32, NOWHERE, 0, 1, NULL },
	{ "fooff", "int",    32, FXSAVE, 16, 1, NULL },
	{ "fop", "int",      32, FXSAVE, 6, 1, NULL },
	{ "xmm", "uint128", 128, FXSAVE, 160, 16, SSE },
	{ "mxcsr", "int",    32, FXSAVE, 24, 1, NULL },
	{ "fs_base", "int64", 64, VALUE, CORBEL_FS_BASE, 1, SEGMENTS },
	{ "gs_base", "int64", 64, VALUE, CORBEL_GS_BASE, 1, NULL },
	{ "kernel_gs_base", "int64", 64, VALUE, CORBEL_KERNEL_GS_BASE, 1,
	  CONTROL },
	{ "cr0",  "int64",   64, FIXED, CORBEL_CR0, 1, NULL },
	{ "cr2",  "int64",   64, FIXED, CORBEL_CR2, 1, NULL },
	{ "cr3",  "int64",   64, FIXED, CORBEL_CR3, 1, NULL },
	{ "cr4",  "int64",   64, FIXED, CORBEL_CR4, 1, NULL },
	{ "efer", "int64",   64, FIXED, CORBEL_EFER, 1, NULL },
};

/* clang-format on */

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* What of a row FXSAVE has room for: these have 16 bits there. */
static size_t fxsave_size(const struct row *r)
{
	return r->at < 8 ? 2 : r->bits / 8u;
}

/* It is below registers_count(). */
static const struct row *find(unsigned int number, unsigned int *index)
{
	const struct row *r = rows;

	while (number >= r->count) {
		number -= r->count;
		r++;
	}
	*index = number;
	return r;
}

unsigned int registers_count(void)
{
	unsigned int count = 0;

	for (size_t i = 0; i < ROWS; i++) {
		count += rows[i].count;
	}
	return count;
}

size_t registers_size(unsigned int number)
{
	unsigned int index;

	return find(number, &index)->bits / 8u;
}

/* A register that is empty has tag 3; what others hold is not looked at. */
static uint16_t full_tag(uint8_t in_use)
{
	uint16_t tag = 0;

	for (unsigned int i = 0; i < 8; i++) {
		tag |= (uint16_t)((in_use >> i & 1 ? 0 : 3) << (2 * i));
	}
	return tag;
}

void registers_read(unsigned int number, const struct corbel_registers *from,
		    uint8_t bytes[REGISTER_BYTES_MAX])
{
	unsigned int index;
	const struct row *const r = find(number, &index);
	uint16_t tag;

	memset(bytes, 0, REGISTER_BYTES_MAX);
	switch (r->place) {
	case VALUE:
	case FIXED:
		memcpy(bytes, &from->value[r->at], r->bits / 8u);
		break;
	case FXSAVE:
		memcpy(bytes, from->fxsave + r->at + 16 * index,
		       fxsave_size(r));
		break;
	case FPU_TAG:
		tag = full_tag(from->fxsave[r->at]);
		memcpy(bytes, &tag, sizeof(tag));
		break;
	case NOWHERE:
		break;
	}
}

bool registers_write(unsigned int number, struct corbel_registers *to,
		     const uint8_t bytes[REGISTER_BYTES_MAX])
{
	unsigned int index;
	const struct row *const r = find(number, &index);
	uint8_t old[REGISTER_BYTES_MAX];

	if (r->place == VALUE) {
		memcpy(&to->value[r->at], bytes, r->bits / 8u);
		return true;
	}
	if (r->place == FXSAVE) {
		memcpy(to->fxsave + r->at + 16 * index, bytes, fxsave_size(r));
		return true;
	}
	registers_read(number, to, old);
	return memcmp(old, bytes, r->bits / 8u) == 0;
}

/* ---- description ---- */

static struct {
	char text[12288];
	size_t size;
} xml;

static void add(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void add(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	xml.size += (size_t)vsnprintf(
		xml.text + xml.size, sizeof(xml.text) - xml.size, format, args);
	va_end(args);
}

static void add_row(const struct row *r)
{
	for (unsigned int i = 0; i < r->count; i++) {
		add("<reg name=\"%s", r->name);
		if (r->count > 1) {
			add("%u", i);
		}
		add("\" bitsize=\"%u\" type=\"%s\"/>", r->bits, r->type);
	}
}

const char *registers_xml(void)
{
	if (xml.size != 0) {
		return xml.text;
	}
	add("<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM "
	    "\"gdb-target.dtd\"><target>"
	    "<architecture>i386:x86-64</architecture>");
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].feature != NULL) {
			add("%s<feature name=\"%s\">",
			    i != 0 ? "</feature>" : "", rows[i].feature);
		}
		add_row(&rows[i]);
	}
	add("</feature></target>");
	return xml.text;
}
