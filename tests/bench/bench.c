/* SPDX-License-Identifier: MIT */
/*
 * What a guest pays for the hypervisor: medians of 2000 rounds by RDTSC. Under
 * QEMU's `-icount shift=0` a tick is an instruction, the hypervisor's included,
 * and every run gives the same numbers (docs/testing.md).
 *
 * Prints `bench NAME VALUE`. `empty` is what two RDTSC in a row cost, a lot where
 * they are intercepted; the others are without it. The option `ipi` measures
 * between two vCPUs instead.
 */
#include "lib/acpi.h"
#include "lib/apic.h"
#include "lib/clock.h"
#include "lib/cpu.h"
#include "lib/event.h"
#include "lib/grant.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"
#include "lib/trap.h"

#define ROUNDS     2000
#define VECTOR_IPI 0x50

static uint64_t samples[ROUNDS];
static uint64_t pm_timer_at_start;

/* Shell sort: small, and no recursion. */
static uint64_t median(void)
{
	for (unsigned gap = ROUNDS / 2; gap > 0; gap /= 2) {
		for (unsigned i = gap; i < ROUNDS; i++) {
			uint64_t sample = samples[i];
			unsigned j = i;

			for (; j >= gap && samples[j - gap] > sample;
			     j -= gap) {
				samples[j] = samples[j - gap];
			}
			samples[j] = sample;
		}
	}
	return samples[ROUNDS / 2];
}

static uint64_t empty;

static void report(const char *name)
{
	print("bench %s %lu\n", name, median() - empty);
}

/* Operations that are over when they return. */

static void nothing(void)
{
}

static void do_cpuid(void)
{
	cpuid(0, 0);
}

static void do_null(void)
{
	hypercall_version(XENVER_version, NULL);
}

static void do_unknown(void)
{
	hypercall(63, 0, 0, 0, 0, 0);
}

static void do_rdmsr(void)
{
	rdmsr(MSR_APIC_BASE);
}

static void do_lapic_read(void)
{
	*(volatile uint32_t *)(APIC_BASE + APIC_ID);
}

static void do_tpr_write(void)
{
	*(volatile uint32_t *)(APIC_BASE + APIC_TPR) = 0;
}

static void do_yield(void)
{
	hypercall_sched(SCHEDOP_yield, NULL);
}

static uint8_t *page;

static void do_page(void)
{
	xen_pfn_t frame = page_gfn(page);
	struct xen_memory_reservation reservation = { .nr_extents = 1,
						      .domid = DOMID_SELF };

	set_xen_guest_handle(reservation.extent_start, &frame);
	hypercall_memory(XENMEM_decrease_reservation, &reservation);
	hypercall_memory(XENMEM_populate_physmap, &reservation);
}

static void do_copy(void)
{
	struct gnttab_copy op = { .flags = GNTCOPY_source_gref,
				  .len = PAGE_SIZE };

	op.source.domid = GRANT_SELF;
	op.source.u.ref = GRANT_FIRST_FREE;
	op.dest.domid = DOMID_SELF;
	op.dest.u.gmfn = page_gfn(page) + 2;
	hypercall_grant(GNTTABOP_copy, &op, 1);
}

static const struct {
	const char *name;
	void (*run)(void);
} operations[] = {
	{ "cpuid", do_cpuid },
	{ "null-hypercall", do_null },
	{ "unknown-hypercall", do_unknown },
	{ "rdmsr-apicbase", do_rdmsr },
	{ "lapic-mmio-read", do_lapic_read },
	{ "tpr-write", do_tpr_write },
	{ "yield", do_yield },
	{ "page-out-and-in", do_page },
	{ "grant-copy-4k", do_copy },
};

static void measure(void (*run)(void))
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t start = rdtsc();

		run();
		samples[round] = rdtsc() - start;
	}
}

static void measure_empty(void)
{
	measure(nothing);
	report("empty");
	empty = median();
}

static void measure_operations(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(operations); i++) {
		measure(operations[i].run);
		report(operations[i].name);
	}
}

/*
 * Interrupts: the first instructions of the handler read the clock, before any
 * register is saved by C code.
 */
volatile uint64_t bench_entered;
volatile unsigned bench_count;
struct vcpu_info *bench_info;
void bench_upcall(void);
void bench_ipi(void);

asm("bench_upcall:\n"
    "push %rax; push %rdx\n"
    "rdtsc; shl $32, %rdx; or %rdx, %rax; mov %rax, bench_entered\n"
    "mov bench_info, %rax; movb $0, (%rax)\n"
    "xor %edx, %edx; xchg %rdx, 8(%rax)\n"
    "incl bench_count\n"
    "pop %rdx; pop %rax; iretq\n"
    "bench_ipi:\n"
    "push %rax; push %rcx; push %rdx\n"
    "rdtsc; shl $32, %rdx; or %rdx, %rax; mov %rax, bench_entered\n"
    "mov $0x80b, %ecx; xor %eax, %eax; xor %edx, %edx; wrmsr\n"
    "incl bench_count\n"
    "pop %rdx; pop %rcx; pop %rax; iretq\n");

static void measure_event(void)
{
	unsigned port = (unsigned)event_bind_ipi(0);

	event_clear_mask(port);
	irq_enable();
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned before = bench_count;
		uint64_t start = rdtsc();

		event_send(port);
		while (bench_count == before) {
			cpu_pause();
		}
		samples[round] = bench_entered - start;
		event_test_and_clear(port);
	}
	irq_disable();
	report("event-to-self");
}

/* From the deadline to the handler of a vCPU that sleeps in HLT. */
static void measure_timer(void)
{
	unsigned port = (unsigned)event_bind_virq(VIRQ_TIMER, 0);

	event_clear_mask(port);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct vcpu_set_singleshot_timer timer = {
			.timeout_abs_ns = clock_now() + 100000,
		};
		struct vcpu_time_info info;
		unsigned before = bench_count;

		hypercall_vcpu(VCPUOP_set_singleshot_timer, 0, &timer);
		while (bench_count == before) {
			irq_wait();
		}
		info = clock_read(&event_vcpu_info(0)->time);
		samples[round] = clock_convert(&info, bench_entered) -
				 timer.timeout_abs_ns;
		event_test_and_clear(port);
	}
	/* No RDTSC pair in this one. */
	print("bench timer-latency-ns %lu\n", median());
}

static volatile bool stop, sleeping;

static void listen(unsigned cpu)
{
	(void)cpu;
	apic_enable(true);
	while (!stop) {
		if (sleeping) {
			irq_wait();
		} else {
			irq_enable();
			cpu_pause();
		}
	}
	irq_disable();
}

static void measure_ipi(const char *name)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned before = bench_count;
		uint64_t start = rdtsc();

		apic_send(smp_apic_id(1), ICR_FIXED | VECTOR_IPI);
		while (bench_count == before) {
			cpu_pause();
		}
		samples[round] = bench_entered - start;
		clock_spin(20000);
	}
	report(name);
}

static void measure_ipis(void)
{
	if (!apic_has_x2() || smp_count() < 2) {
		skip("IPIs", "no second vCPU with an x2APIC");
		return;
	}
	apic_enable(true);
	trap_idt_set(VECTOR_IPI, bench_ipi);
	if (!expect(smp_call_begin(1, listen), "second vCPU", "no start")) {
		return;
	}
	clock_spin(MILLISECOND);
	measure_ipi("ipi-to-running");
	sleeping = true;
	apic_send(smp_apic_id(1), ICR_FIXED | VECTOR_IPI);
	clock_spin(MILLISECOND);
	measure_ipi("ipi-to-sleeping");
	stop = true;
	apic_send(smp_apic_id(1), ICR_FIXED | VECTOR_IPI);
	smp_wait(1);
}

/* The ACPI timer runs since power-on: 3.579545 MHz, 24 bits are 4.6 s. */
static uint32_t read_pm_timer(void)
{
	const struct acpi_header *fadt = acpi_find("FACP");
	uint32_t port;

	if (fadt == NULL) {
		return 0;
	}
	memcpy(&port, (const uint8_t *)fadt + 76, sizeof(port));
	return port == 0 ? 0 : in32((uint16_t)port) & 0xffffff;
}

static void report_machine(void)
{
	unsigned count;
	const struct hvm_memmap_table_entry *map = memory_map(&count);
	uint64_t ram = 0;

	for (unsigned i = 0; i < count; i++) {
		if (map[i].type == XEN_HVM_MEMMAP_TYPE_RAM) {
			ram += map[i].size;
		}
	}
	print("bench service-vm-ram-kib %lu\n", ram >> 10);
	print("bench power-on-to-guest-us %lu\n",
	      pm_timer_at_start * 1000000 / 3579545);
}

void guest_main(void)
{
	uint8_t *pages = page_alloc(3);

	pm_timer_at_start = read_pm_timer();
	page = pages;
	event_init();
	bench_info = event_vcpu_info(0);
	trap_idt_set(EVENT_VECTOR, bench_upcall);
	measure_empty();
	if (option("ipi", 0) != 0) {
		measure_ipis();
		return;
	}
	apic_enable(false);
	grant_init(1);
	grant_give(GRANT_FIRST_FREE, GRANT_SELF, page_gfn(pages) + 1, true);
	report_machine();
	measure_operations();
	measure_event();
	measure_timer();
	expect(true, "all was measured", "-");
}
