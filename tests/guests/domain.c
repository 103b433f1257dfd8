/* SPDX-License-Identifier: MIT */
/*
 * A second domain is built by hand, from a few pages, and runs: it finds itself
 * in the state of a PVH start, on a machine without devices, sends events and
 * gets them, lends a page, and ends in each way there is.
 *
 * A bug would start it with registers that nobody gave it, let it see a device
 * of the machine, lose an event between the two, or not tell us of its end.
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/grant.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"
#include "lib/tools.h"

#include <xen/hvm/save.h>

#define CODE    0x100u /* gfns of its memory */
#define MAILBOX 0x101u
#define LENT    0x102u
#define PAGES   3u

#define REF     8u /* in its grant table */
#define PATIENT (5 * SECOND)

/* Where the two leave words for each other; the other end is assembler. */
struct mailbox {
	uint32_t vcpu, domain, pci, pic, nowhere; /* what it saw */
	uint32_t sent, polled, answer;            /* what it did */
	uint32_t port, question;                  /* what it is told */

	struct {
		uint32_t ports, count;
		uint64_t timeout;
	} poll;

	uint32_t end, reason, by_vmmcall;
};

enum end { END_SHUTDOWN, END_HALT, END_FAULT };

_Static_assert(offsetof(struct mailbox, port) == 32, "as below");
_Static_assert(offsetof(struct mailbox, poll) == 40, "as below");
_Static_assert(offsetof(struct mailbox, end) == 56, "as below");

/* What runs there: 32-bit code that runs anywhere, the mailbox in EBX. */
asm(".pushsection .rodata\n\t"
    ".code32\n"
    "child_start:\n\t"
    "mov %ebx, %ebp\n\t"
    "lea 4096(%ebx), %esp\n\t"
    "mov $0x40000004, %eax\n\t"
    "cpuid\n\t"
    "mov %ebx, (%ebp)\n\t"
    "mov %ecx, 4(%ebp)\n\t"
    "mov $0x80000000, %eax\n\t"
    "mov $0xcf8, %edx\n\t"
    "out %eax, %dx\n\t"
    "mov $0xcfc, %edx\n\t"
    "in %dx, %eax\n\t"
    "mov %eax, 8(%ebp)\n\t"
    "xor %eax, %eax\n\t"
    "out %al, $0x21\n\t"
    "in $0x21, %al\n\t"
    "mov %eax, 12(%ebp)\n\t"
    "mov %eax, 0xe0000000\n\t"
    "mov 0xe0000000, %eax\n\t"
    "mov %eax, 16(%ebp)\n\t"
    "mov $32, %eax\n\t" /* event_channel_op, send */
    "mov $4, %ebx\n\t"
    "lea 32(%ebp), %ecx\n\t"
    "call 1f\n\t"
    "mov %eax, 20(%ebp)\n\t"
    "mov $29, %eax\n\t" /* sched_op, poll */
    "mov $3, %ebx\n\t"
    "lea 40(%ebp), %ecx\n\t"
    "call 1f\n\t"
    "mov %eax, 24(%ebp)\n\t"
    "mov 36(%ebp), %eax\n\t"
    "not %eax\n\t"
    "mov %eax, 28(%ebp)\n\t"
    "mov $32, %eax\n\t"
    "mov $4, %ebx\n\t"
    "lea 32(%ebp), %ecx\n\t"
    "call 1f\n\t"
    "cmpl $1, 56(%ebp)\n\t"
    "je 3f\n\t"
    "ja 4f\n\t"
    "mov $29, %eax\n\t" /* sched_op, shutdown */
    "mov $2, %ebx\n\t"
    "lea 60(%ebp), %ecx\n\t"
    "call 1f\n"
    "3:\tcli\n\t"
    "hlt\n"
    "4:\tud2\n" /* without an IDT */
    "1:\tcmpl $0, 64(%ebp)\n\t"
    "je 2f\n\t"
    "vmmcall\n\t"
    "ret\n"
    "2:\tvmcall\n\t"
    "ret\n"
    "child_end:\n\t"
    ".code64\n\t"
    ".popsection");

extern const uint8_t child_start[];
extern const uint8_t child_end[];

static uint64_t window; /* gfn: our view of its pages, then its grants */
static unsigned exc_port;

static void *view(unsigned page)
{
	return (void *)((window + page - CODE) * PAGE_SIZE);
}

static struct mailbox *mailbox(void)
{
	return view(MAILBOX);
}

/* A context of a header, a CPU and an end. */
struct context {
	struct hvm_save_descriptor header_is;
	struct hvm_save_header header;
	struct hvm_save_descriptor cpu_is;
	struct hvm_hw_cpu cpu;
	struct hvm_save_descriptor end_is;
};

static struct context context;

static void prepare_context(void)
{
	context = (struct context){
		.header_is = { HVM_SAVE_CODE(HEADER), 0,
			       HVM_SAVE_LENGTH(HEADER) },
		.header = { .magic = HVM_FILE_MAGIC,
			    .version = HVM_FILE_VERSION },
		.cpu_is = { HVM_SAVE_CODE(CPU), 0, HVM_SAVE_LENGTH(CPU) },
	};
	struct hvm_hw_cpu *cpu = &context.cpu;

	cpu->rip = CODE * PAGE_SIZE;
	cpu->rbx = MAILBOX * PAGE_SIZE;
	cpu->rflags = 2;
	cpu->cr0 = 0x11; /* ET, PE */
	cpu->dr6 = 0xffff0ff0;
	cpu->dr7 = 0x400;
	cpu->cs_limit = cpu->ds_limit = 0xffffffff;
	cpu->es_limit = cpu->ss_limit = 0xffffffff;
	cpu->cs_arbytes = 0xc9b;
	cpu->ds_arbytes = cpu->es_arbytes = cpu->ss_arbytes = 0xc93;
	cpu->tr_limit = 0x67;
	cpu->tr_arbytes = 0x8b;
}

static int hvm_context(uint32_t cmd, domid_t domain, void *buffer, size_t size)
{
	tools_control.u.hvmcontext.size = (uint32_t)size;
	set_xen_guest_handle(tools_control.u.hvmcontext.buffer,
			     (uint8_t *)buffer);
	return tools_domctl(cmd, domain);
}

static int set_context(domid_t domain)
{
	return hvm_context(XEN_DOMCTL_sethvmcontext, domain, &context,
			   sizeof(context));
}

static void check_bad_streams(domid_t domain)
{
	prepare_context();
	context.header.magic++;
	expect_eq("another magic number", set_context(domain), -XEN_EINVAL);
	prepare_context();
	context.cpu_is.instance = 1;
	expect_eq("a vCPU it does not have", set_context(domain), -XEN_EINVAL);
	prepare_context();
	context.cpu_is.length -= 8;
	expect_eq("a short record", set_context(domain), -XEN_EINVAL);
	prepare_context();
	context.cpu_is.typecode = HVM_SAVE_CODE(PIC);
	expect_eq("a device it does not have", set_context(domain),
		  -XEN_EINVAL);
	prepare_context();
	context.end_is.typecode = HVM_SAVE_CODE(CPU);
	expect_eq("no end", set_context(domain), -XEN_EINVAL);
	expect_eq("nothing",
		  hvm_context(XEN_DOMCTL_sethvmcontext, domain, &context, 0),
		  -XEN_EINVAL);
	expect_eq("from nowhere",
		  hvm_context(XEN_DOMCTL_sethvmcontext, domain, NOWHERE,
			      sizeof(context)),
		  -XEN_EFAULT);
	expect_eq("our own", set_context(0), -XEN_EINVAL);
	expect_eq("nobody's", set_context(DOMID_NONE), -XEN_ESRCH);
}

static void check_bad_registers(domid_t domain)
{
	prepare_context();
	context.cpu.cr0 = 0x80000010;
	expect_eq("paging without protection", set_context(domain),
		  -XEN_EINVAL);
	prepare_context();
	context.cpu.cr0 |= BIT(40);
	expect_eq("CR0 with a bit that is not", set_context(domain),
		  -XEN_EINVAL);
	prepare_context();
	context.cpu.cr4 = BIT(30);
	expect_eq("CR4 with such a bit", set_context(domain), -XEN_EINVAL);
	prepare_context();
	context.cpu.msr_efer = BIT(10);
	expect_eq("long mode without paging", set_context(domain), -XEN_EINVAL);
	prepare_context();
	context.cpu.dr7 |= BIT(32);
	expect_eq("DR7 with such a bit", set_context(domain), -XEN_EINVAL);
	prepare_context();
	context.cpu.gs_base = BIT(47);
	expect_eq("an address that is none", set_context(domain), -XEN_EINVAL);
	prepare_context();
	context.cpu.flags = XEN_X86_FPU_INITIALISED;
	memset(context.cpu.fpu_regs, 0xff, sizeof(context.cpu.fpu_regs));
	expect_eq("MXCSR of all ones", set_context(domain), -XEN_EINVAL);
	prepare_context();
	context.cpu.pending_event = BIT(31) | 1u << 8;
	expect_eq("an event of no kind", set_context(domain), -XEN_EINVAL);
}

/* What was given is what is got. */
static void check_get(domid_t domain)
{
	static uint8_t buffer[8192];
	const struct hvm_save_descriptor *d = (const void *)buffer;
	const struct hvm_hw_cpu *cpu;

	expect_eq("size of the context",
		  hvm_context(XEN_DOMCTL_gethvmcontext, domain, NULL, 0), 0);
	uint32_t size = tools_control.u.hvmcontext.size;

	expect_eq(
		"too little room",
		hvm_context(XEN_DOMCTL_gethvmcontext, domain, buffer, size - 1),
		-XEN_ENOSPC);
	expect_eq("get it",
		  hvm_context(XEN_DOMCTL_gethvmcontext, domain, buffer, size),
		  0);
	while (d->typecode != HVM_SAVE_CODE(CPU) && d->length != 0) {
		d = (const void *)((const uint8_t *)(d + 1) + d->length);
	}
	cpu = (const void *)(d + 1);
	if (expect_eq("it has a CPU", d->typecode, HVM_SAVE_CODE(CPU))) {
		expect_eq("its RIP", (long)cpu->rip, CODE * PAGE_SIZE);
		expect_eq("its RBX", (long)cpu->rbx, MAILBOX * PAGE_SIZE);
		expect_eq("its CR0", (long)cpu->cr0, 0x11);
		expect_eq("its code segment", cpu->cs_arbytes, 0xc9b);
		expect_eq("its EFER", (long)cpu->msr_efer, 0);
	}
	expect_eq("set it as it was got",
		  hvm_context(XEN_DOMCTL_sethvmcontext, domain, buffer, size),
		  0);
}

static int param(unsigned op, domid_t domain, uint32_t index, uint64_t *value)
{
	struct xen_hvm_param p = { .domid = domain,
				   .index = index,
				   .value = *value };
	int rc = hypercall_hvm(op, &p);

	*value = p.value;
	return rc;
}

static void check_params(domid_t domain)
{
	uint64_t value = MAILBOX;

	expect_eq("say where its store ring is",
		  param(HVMOP_set_param, domain, HVM_PARAM_STORE_PFN, &value),
		  0);
	value = 0;
	param(HVMOP_get_param, domain, HVM_PARAM_STORE_PFN, &value);
	expect_eq("it is there", (long)value, MAILBOX);
	value = 1;
	expect_eq("a hypervisor in it",
		  param(HVMOP_set_param, domain, HVM_PARAM_NESTEDHVM, &value),
		  -XEN_EINVAL);
}

static void check_claims(domid_t domain)
{
	struct xen_memory_reservation r = { .nr_extents = PAGES + 100,
					    .domid = domain };

	expect_eq("claim memory", hypercall_memory(XENMEM_claim_pages, &r), 0);
	expect_eq("again", hypercall_memory(XENMEM_claim_pages, &r),
		  -XEN_EINVAL);
	r.nr_extents = 0;
	expect_eq("give it up", hypercall_memory(XENMEM_claim_pages, &r), 0);
	r.nr_extents = tools_free_pages() + PAGES + 1;
	expect(hypercall_memory(XENMEM_claim_pages, &r) < 0,
	       "more than there is", "accepted");
}

static void check_memory_map(domid_t domain)
{
	static uint8_t map[20]; /* an E820 entry of nothing */
	struct xen_foreign_memory_map op = { .domid = domain,
					     .map.nr_entries = 1 };

	set_xen_guest_handle(op.map.buffer, map);
	expect_eq("set its memory map",
		  hypercall_memory(XENMEM_set_memory_map, &op), 0);
	op.map.nr_entries = 10000;
	expect_eq("an endless one",
		  hypercall_memory(XENMEM_set_memory_map, &op), -XEN_EINVAL);
}

static int write_memory(domid_t domain, uint64_t to, const void *from,
			size_t size)
{
	tools_control.u.gdbsx_guest_memio = (struct xen_domctl_gdbsx_memio){
		.gva = to,
		.uva = (uint64_t)from,
		.len = (uint32_t)size,
		.gwr = 1,
	};
	return tools_domctl(XEN_DOMCTL_gdbsx_guestmemio, domain);
}

static bool is_zero(const uint64_t *page)
{
	for (unsigned i = 0; i < PAGE_SIZE / sizeof(*page); i++) {
		if (page[i] != 0) {
			return false;
		}
	}
	return true;
}

/* Its pages, in our view, and the port between us; ours is returned. */
static unsigned build(domid_t domain, enum end end)
{
	tools_control.u.max_mem.max_memkb = 1024;
	tools_domctl(XEN_DOMCTL_max_mem, domain);
	expect_eq("its memory", tools_populate(domain, CODE, PAGES, 0), PAGES);
	for (unsigned i = CODE; i < CODE + PAGES; i++) {
		int rc = tools_map(domain, i, window + i - CODE);

		if (rc != 0) {
			test_abort("map its page %u: %d", i, rc);
		}
	}
	int port = event_alloc_unbound(domain, DOMID_SELF);

	expect(port > 0, "a port for it", "%d", port);
	expect(is_zero(view(MAILBOX)), "new memory is zero", "it is not");
	expect_eq("write its code",
		  write_memory(domain, CODE * PAGE_SIZE, child_start,
			       (size_t)(child_end - child_start)),
		  0);
	expect(memcmp(view(CODE), child_start,
		      (size_t)(child_end - child_start)) == 0,
	       "it is there", "it is not");
	expect(write_memory(domain, (CODE + PAGES) * PAGE_SIZE, child_start,
			    1) < 0,
	       "write where it has none", "accepted");
	*mailbox() = (struct mailbox){
		.port = (uint32_t)port,
		.question = 0x12345678,
		.poll = { .ports = MAILBOX * PAGE_SIZE +
				   offsetof(struct mailbox, port),
			  .count = 1 },
		.end = end,
		.reason = SHUTDOWN_reboot,
		.by_vmmcall = hypercall_by_vmmcall,
	};
	int ours = event_bind_interdomain(domain, (unsigned)port);

	expect(ours > 0, "our end of it", "%d", ours);
	event_test_and_clear((unsigned)ours);
	event_clear_mask((unsigned)ours);
	return (unsigned)ours;
}

static void check_view(domid_t domain)
{
	struct mailbox *m = mailbox();

	expect_eq("it knows its number", m->domain, domain);
	expect_eq("and its vCPU's", m->vcpu, 0);
	expect_eq("it has no PCI", m->pci, 0xffffffff);
	expect_eq("no interrupt controller", m->pic, 0xff);
	expect_eq("no device in memory", m->nowhere, 0xffffffff);
}

/* We seed its grant table, as its builder does for the rings. */
static void check_grant(domid_t domain)
{
	struct grant_entry_v1 *entries;
	uint64_t here = window + PAGES;
	grant_handle_t handle;

	expect_eq("map its grant table", tools_map_grants(domain, here), 0);
	entries = (void *)(here * PAGE_SIZE);
	entries[REF].domid = 0;
	entries[REF].frame = LENT;
	entries[REF].flags = GTF_permit_access;
	*(volatile uint32_t *)view(LENT) = 0x600df00d;
	if (expect_eq("map a grant of it",
		      grant_map((here + 1) * PAGE_SIZE, GNTMAP_host_map, domain,
				REF, &handle),
		      GNTST_okay)) {
		expect_eq("it is its page",
			  *(volatile uint32_t *)((here + 1) * PAGE_SIZE),
			  0x600df00d);
		expect_eq("unmap it",
			  grant_unmap((here + 1) * PAGE_SIZE, handle),
			  GNTST_okay);
	}
	expect_eq("unmap its grant table", tools_unmap(here), 0);
}

static void start(domid_t domain, unsigned port)
{
	unsigned count = event_counts[port];

	prepare_context();
	expect_eq("its registers", set_context(domain), 0);
	expect_eq("start it", tools_domctl(XEN_DOMCTL_unpausedomain, domain),
		  0);
	expect(event_wait(port, count + 1, PATIENT), "it sends an event",
	       "it does not");
	expect_eq("registers while it runs", set_context(domain), -XEN_EBUSY);
	if (!on_peer()) {
		/* By linear address; it has no paging. */
		expect_eq(
			"memory while it runs",
			write_memory(domain, CODE * PAGE_SIZE, child_start, 1),
			0);
		expect_eq("what it has not",
			  write_memory(domain, UINT32_MAX, child_start, 1),
			  -XEN_EFAULT);
	}
}

/* It waits for our event, answers, and ends. */
static void let_end(domid_t domain, unsigned port, uint32_t reason)
{
	unsigned answers = event_counts[port];
	unsigned ends = event_counts[exc_port];

	expect_eq("send it an event", event_send(port), 0);
	expect(event_wait(port, answers + 1, PATIENT), "it answers",
	       "it does not");
	expect_eq("what it read", mailbox()->answer, (long)~0x12345678u);
	expect_eq("its call to send", mailbox()->sent, 0);
	expect_eq("its call to poll", mailbox()->polled, 0);
	expect(event_wait(exc_port, ends + 1, PATIENT), "we are told it ends",
	       "not");
	expect((tools_flags(domain) & XEN_DOMINF_shutdown) != 0,
	       "it has shut down", "flags 0x%x", tools_flags(domain));
	expect_eq("why", tools_flags(domain) >> XEN_DOMINF_shutdownshift & 0xff,
		  reason);
}

static void take_down(domid_t domain, unsigned port)
{
	for (unsigned i = 0; i < PAGES; i++) {
		if (tools_unmap(window + i) != 0) {
			test_abort("unmap its page %u", i);
		}
	}
	expect_eq("destroy it", tools_domctl(XEN_DOMCTL_destroydomain, domain),
		  0);
	expect(tools_wait_gone(domain), "it is gone", "it is not");
	expect_eq("close our port", event_close(port), 0);
}

static domid_t create(void)
{
	int id = tools_create(1);

	if (id <= 0) {
		test_abort("no second domain: %d", id);
	}
	return (domid_t)id;
}

static void check_run(enum end end, uint32_t reason)
{
	domid_t domain = create();
	unsigned port = build(domain, end);

	start(domain, port);
	check_view(domain);
	check_grant(domain);
	let_end(domain, port, reason);
	take_down(domain, port);
}

static void check_arguments(void)
{
	domid_t domain = create();
	unsigned port = build(domain, END_SHUTDOWN);

	check_bad_streams(domain);
	check_bad_registers(domain);
	prepare_context();
	expect_eq("good registers", set_context(domain), 0);
	check_get(domain);
	check_params(domain);
	check_claims(domain);
	check_memory_map(domain);
	take_down(domain, port);
}

void guest_main(void)
{
	uint64_t before = tools_free_pages();

	event_init();
	exc_port = (unsigned)event_bind_virq(VIRQ_DOM_EXC, 0);
	event_clear_mask(exc_port);
	window = frame_empty(PAGES + 2);
	check_arguments();
	check_run(END_SHUTDOWN, SHUTDOWN_reboot);
	check_run(END_HALT, SHUTDOWN_poweroff);
	check_run(END_FAULT, SHUTDOWN_crash);
	expect(tools_wait_pages(before), "no memory is lost",
	       "%lu of %lu pages", tools_free_pages(), before);
}
