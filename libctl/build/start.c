/* SPDX-License-Identifier: MIT */
/*
 * The start of a PVH kernel: <xen/arch-x86/hvm/start_info.h> has the state that
 * it must find, <xen/arch-x86/hvm/save.h> how a vCPU's state is written down.
 */
#include "libctl/build/start.h"

#include <string.h>

#include <xen/hvm/save.h>

/* Start info and what it points to; the command line comes behind. */
struct start_page {
	struct hvm_start_info info;
	struct hvm_modlist_entry initrd;
	struct hvm_memmap_table_entry map[LAYOUT_MAP_MAX];
};

_Static_assert(offsetof(struct start_page, initrd) == 56, "no holes");
_Static_assert(offsetof(struct start_page, map) == 88, "no holes");

static const char *cmdline_of(const struct start_inputs *in)
{
	return in->cmdline != NULL ? in->cmdline : "";
}

size_t start_size(const struct start_inputs *in)
{
	return sizeof(struct start_page) + strlen(cmdline_of(in)) + 1;
}

void start_build(const struct start_inputs *in, uint64_t gaddr, uint8_t *out)
{
	const char *cmdline = cmdline_of(in);
	struct start_page page = {
		.info = {
			.magic = XEN_HVM_START_MAGIC_VALUE,
			.version = 1,
			.cmdline_paddr = gaddr + sizeof(page),
			.rsdp_paddr = in->rsdp,
			.memmap_paddr = gaddr + offsetof(struct start_page, map),
			.memmap_entries = in->layout->map_count,
		},
	};

	if (range_size(in->initrd) != 0) {
		page.info.nr_modules = 1;
		page.info.modlist_paddr =
			gaddr + offsetof(struct start_page, initrd);
		page.initrd.paddr = in->initrd.start;
		page.initrd.size = range_size(in->initrd);
	}
	memcpy(page.map, in->layout->map,
	       in->layout->map_count * sizeof(page.map[0]));
	memcpy(out, &page, sizeof(page));
	memcpy(out + sizeof(page), cmdline, strlen(cmdline) + 1);
}

/* Segment attributes in the packed form of the save record. */
#define CODE_SEGMENT    0xc9bu /* present, 32-bit, execute and read */
#define DATA_SEGMENT    0xc93u /* present, 32-bit, read and write */
#define TASK_SEGMENT    0x08bu /* busy 32-bit TSS */
#define TASK_LIMIT      0x67u

#define CR0_PE          0x01u
#define CR0_ET          0x10u
#define RFLAGS_RESERVED 0x2u
#define DR6_DEFAULT     0xffff0ff0u
#define DR7_DEFAULT     0x400u

/* MTRRs on, memory is write-back; 8 variable ones, fixed ones and WC exist. */
#define MTRR_DEFAULT_TYPE 0x806u
#define MTRR_CAPABILITIES 0x508u
#define PAT_DEFAULT       UINT64_C(0x0007040600070406)

/* The record's place, which is cleared, behind its descriptor. All lengths are
 * multiples of 8. */
static void *put(uint8_t **out, uint16_t code, uint16_t instance, size_t size)
{
	struct hvm_save_descriptor *d = (void *)*out;

	d->typecode = code;
	d->instance = instance;
	d->length = (uint32_t)size;
	memset(d + 1, 0, size);
	*out += sizeof(*d) + size;
	return d + 1;
}

static size_t record_size(size_t length)
{
	return sizeof(struct hvm_save_descriptor) + length;
}

size_t start_context_size(unsigned int vcpus)
{
	return record_size(HVM_SAVE_LENGTH(HEADER)) +
	       record_size(HVM_SAVE_LENGTH(CPU)) +
	       vcpus * record_size(HVM_SAVE_LENGTH(MTRR)) + record_size(0);
}

static void put_header(uint8_t **out)
{
	struct hvm_save_header *h =
		put(out, HVM_SAVE_CODE(HEADER), 0, sizeof(*h));

	h->magic = HVM_FILE_MAGIC;
	h->version = HVM_FILE_VERSION;
}

static void put_mtrr(uint8_t **out, unsigned int vcpu)
{
	struct hvm_hw_mtrr *m =
		put(out, HVM_SAVE_CODE(MTRR), (uint16_t)vcpu, sizeof(*m));

	m->msr_pat_cr = PAT_DEFAULT;
	m->msr_mtrr_cap = MTRR_CAPABILITIES;
	m->msr_mtrr_def_type = MTRR_DEFAULT_TYPE;
}

static void put_cpu(uint8_t **out, uint64_t entry, uint64_t start_info)
{
	struct hvm_hw_cpu *cpu = put(out, HVM_SAVE_CODE(CPU), 0, sizeof(*cpu));

	cpu->rip = entry;
	cpu->rbx = start_info;
	cpu->rflags = RFLAGS_RESERVED;
	cpu->cr0 = CR0_PE | CR0_ET;
	cpu->dr6 = DR6_DEFAULT;
	cpu->dr7 = DR7_DEFAULT;
	cpu->cs_limit = UINT32_MAX;
	cpu->cs_arbytes = CODE_SEGMENT;
	cpu->ds_limit = UINT32_MAX;
	cpu->ds_arbytes = DATA_SEGMENT;
	cpu->es_limit = UINT32_MAX;
	cpu->es_arbytes = DATA_SEGMENT;
	cpu->ss_limit = UINT32_MAX;
	cpu->ss_arbytes = DATA_SEGMENT;
	cpu->tr_limit = TASK_LIMIT;
	cpu->tr_arbytes = TASK_SEGMENT;
}

void start_context(void *out, unsigned int vcpus, uint64_t entry,
		   uint64_t start_info)
{
	uint8_t *at = out;

	put_header(&at);
	for (unsigned int i = 0; i < vcpus; i++) {
		put_mtrr(&at, i);
	}
	put_cpu(&at, entry, start_info);
	put(&at, HVM_SAVE_CODE(END), 0, 0);
}
