/* SPDX-License-Identifier: MIT */
#include "core/smp.h"

#include "abi/abi.h"
#include "arch/x86/cpu.h"
#include "arch/x86/hooks.h"
#include "arch/x86/trampoline.h"
#include "core/clock.h"
#include "core/irq.h"
#include "core/sched.h"
#include "core/timer.h"
#include "lib/string.h"
#include "mm/paging.h"
#include "mm/window.h"

#define STARTUP_GAP_NS   (200 * NSEC_PER_USEC)
#define START_TIMEOUT_NS (2 * NSEC_PER_SEC)

struct pcpu *pcpu_table[MAX_CPUS];
unsigned int pcpu_count;

static void (*ap_entry)(void);
static unsigned int ap_online; /* set by the started CPU */

struct pcpu *smp_create(unsigned int id, uint32_t apic_id)
{
	struct pcpu *p = cpu_create(id, apic_id);

	pcpu_table[id] = p;
	if (p == NULL || window_cpu_init(p) != 0 || irq_cpu_init(id) != 0 ||
	    timer_cpu_init(id) != 0 || sched_cpu_init(id) != 0) {
		return NULL;
	}
	p->resting = 1; /* until its run loop begins */
	return p;
}

/* First C code of a started CPU. */
static noreturn void ap_start(struct pcpu *p)
{
	cpu_load(p);
	lapic_cpu_init();
	mitigations_cpu_init();
	mce_cpu_init();
	store_release(&ap_online, 1);
	ap_entry();
	panic("pCPU %u came back from its run loop\n", p->id);
}

static bool wait_online(uint64_t ns)
{
	const uint64_t end = clock_now() + ns;

	while (clock_now() < end) {
		if (load_acquire(&ap_online) != 0) {
			return true;
		}
		cpu_pause();
	}
	return false;
}

/* The page is reached twice: writable elsewhere, executable at its own place. */
static int place_trampoline(uint64_t page, const struct trampoline_params *t)
{
	const size_t size = (size_t)(trampoline_end - trampoline_start);
	char *copy = window_map(mfn_of(maddr(page)));

	memcpy(copy, trampoline_start, size);
	memcpy(copy + size - sizeof(*t), t, sizeof(*t));
	window_unmap(copy);
	return paging_map(page, maddr(page), PAGE_SIZE, MAP_RX & ~PTE_GLOBAL);
}

static bool send_start(uint32_t apic_id, uint64_t page)
{
	lapic_send(apic_id, LAPIC_INIT);
	wait_online(10 * NSEC_PER_MSEC);
	for (unsigned int i = 0; i < 2; i++) {
		lapic_send(apic_id, LAPIC_STARTUP(page));
		if (wait_online(i == 0 ? STARTUP_GAP_NS : START_TIMEOUT_NS)) {
			return true;
		}
	}
	return false;
}

int smp_start(uint32_t apic_id, uint64_t page, void (*entry)(void))
{
	struct pcpu *p = smp_create(pcpu_count, apic_id);

	if (p == NULL) {
		return -XEN_ENOMEM;
	}

	const struct trampoline_params t = {
		.cr3 = paging_root().v,
		.stack = cpu_stack_top(p),
		.pcpu = (uintptr_t)p,
		.entry = (uintptr_t)ap_start,
	};

	ap_entry = entry;
	ap_online = 0;
	if (place_trampoline(page, &t) != 0) {
		return -XEN_ENOMEM;
	}

	const bool started = send_start(apic_id, page);

	paging_unmap(page, PAGE_SIZE);
	if (!started) {
		pcpu_table[pcpu_count] = NULL;
		return -XEN_ETIME;
	}
	pcpu_count++;
	return 0;
}

void smp_kick(unsigned int cpu)
{
	if (cpu != this_cpu()) {
		lapic_send(pcpu_table[cpu]->apic_id, VECTOR_KICK);
	}
}
