/* SPDX-License-Identifier: MIT */
#include "libctl/debug/registers.h"

#include <string.h>

#define PLACE(name, field)                                                     \
	{                                                                      \
		CORBEL_##name, offsetof(struct hvm_hw_cpu, field),             \
			sizeof(((struct hvm_hw_cpu *)0)->field)                \
	}

struct place {
	enum corbel_register number;
	size_t offset;
	size_t size;
};

static const struct place changeable[] = {
	PLACE(RAX, rax),
	PLACE(RBX, rbx),
	PLACE(RCX, rcx),
	PLACE(RDX, rdx),
	PLACE(RSI, rsi),
	PLACE(RDI, rdi),
	PLACE(RBP, rbp),
	PLACE(RSP, rsp),
	PLACE(R8, r8),
	PLACE(R9, r9),
	PLACE(R10, r10),
	PLACE(R11, r11),
	PLACE(R12, r12),
	PLACE(R13, r13),
	PLACE(R14, r14),
	PLACE(R15, r15),
	PLACE(RIP, rip),
	PLACE(RFLAGS, rflags),
	PLACE(FS_BASE, fs_base),
	PLACE(GS_BASE, gs_base),
	PLACE(KERNEL_GS_BASE, shadow_gs),
};

/* A selector without its descriptor would be half of a segment. */
static const struct place fixed[] = {
	PLACE(CS, cs_sel), PLACE(SS, ss_sel),     PLACE(DS, ds_sel),
	PLACE(ES, es_sel), PLACE(FS, fs_sel),     PLACE(GS, gs_sel),
	PLACE(CR0, cr0),   PLACE(CR2, cr2),       PLACE(CR3, cr3),
	PLACE(CR4, cr4),   PLACE(EFER, msr_efer),
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct hvm_hw_cpu *registers_find(void *records, size_t size, unsigned int vcpu)
{
	uint8_t *at = records;

	while (size >= sizeof(struct hvm_save_descriptor)) {
		struct hvm_save_descriptor d;

		memcpy(&d, at, sizeof(d));
		at += sizeof(d);
		size -= sizeof(d);
		if (d.length > size) {
			return NULL;
		}
		if (d.typecode == HVM_SAVE_CODE(CPU) && d.instance == vcpu &&
		    d.length == sizeof(struct hvm_hw_cpu)) {
			return (struct hvm_hw_cpu *)(void *)at;
		}
		at += d.length;
		size -= d.length;
	}
	return NULL;
}

static void get(const struct hvm_hw_cpu *cpu, const struct place *table,
		size_t count, struct corbel_registers *out)
{
	for (size_t i = 0; i < count; i++) {
		memcpy(&out->value[table[i].number],
		       (const char *)cpu + table[i].offset, table[i].size);
	}
}

void registers_get(const struct hvm_hw_cpu *cpu, struct corbel_registers *out)
{
	memset(out, 0, sizeof(*out));
	get(cpu, changeable, COUNT(changeable), out);
	get(cpu, fixed, COUNT(fixed), out);
	memcpy(out->fxsave, cpu->fpu_regs, sizeof(out->fxsave));
}

void registers_set(struct hvm_hw_cpu *cpu, const struct corbel_registers *in)
{
	for (size_t i = 0; i < COUNT(changeable); i++) {
		memcpy((char *)cpu + changeable[i].offset,
		       &in->value[changeable[i].number], changeable[i].size);
	}
	memcpy(cpu->fpu_regs, in->fxsave, sizeof(in->fxsave));
}

void registers_context(struct registers_context *out, unsigned int vcpu,
		       const struct hvm_hw_cpu *cpu)
{
	memset(out, 0, sizeof(*out));
	out->header_descriptor.typecode = HVM_SAVE_CODE(HEADER);
	out->header_descriptor.length = sizeof(out->header);
	out->header.magic = HVM_FILE_MAGIC;
	out->header.version = HVM_FILE_VERSION;
	out->cpu_descriptor.typecode = HVM_SAVE_CODE(CPU);
	out->cpu_descriptor.instance = (uint16_t)vcpu;
	out->cpu_descriptor.length = sizeof(out->cpu);
	memcpy(&out->cpu, cpu, sizeof(out->cpu));
}
