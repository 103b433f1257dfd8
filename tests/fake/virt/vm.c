/* SPDX-License-Identifier: MIT */
#include "virt/vm.h"

#include "arch/x86/hooks.h"
#include "arch/x86/percpu.h"
#include "core/clock.h"
#include "core/timer.h"
#include "fake.h"
#include "mm/heap.h"

uint64_t fake_now = 1000000;
struct clock_scale clock_scale = { .tsc_khz = 1000000 };

uint64_t clock_now(void)
{
	return fake_now;
}

uint64_t clock_of_tsc(uint64_t tsc)
{
	return tsc;
}

void smp_kick(unsigned int cpu)
{
	(void)cpu;
}

static void start_timers(void)
{
	for (unsigned int cpu = 0; cpu < FAKE_CPUS; cpu++) {
		if (pcpu_table[cpu]->timer == NULL &&
		    timer_cpu_init(cpu) != 0) {
			panic("no timers\n");
		}
	}
}

void fake_vm_create(struct fake_vm *vm, unsigned int vcpus,
		    const struct machine_config *c)
{
	static const struct machine_config plain = { .x2apic = true };

	start_timers();
	vm->d = fake_domain_add(1, vcpus);
	vm->v = vm->d->vcpus;
	if (machine_create(vm->d, c != NULL ? c : &plain) != 0) {
		panic("no machine\n");
	}
	for (uint32_t i = 0; i < vcpus; i++) {
		vm->v[i]->wait = i == 0 ? WAIT_NOTHING : WAIT_START;
		if (vlapic_create(vm->v[i], vlapic_id_of(i)) != 0) {
			panic("no local APIC\n");
		}
	}
}

void fake_vm_destroy(struct fake_vm *vm)
{
	for (uint32_t i = 0; i < vm->d->vcpu_count; i++) {
		vlapic_destroy(vm->v[i]);
	}
	machine_destroy(vm->d);
	fake_quiesce();
	fake_check_clean();
	if (vm->d->heap_pages != 0) {
		panic("heap pages are left\n");
	}
	fake_domain_remove(vm->d);
}

uint32_t fake_vm_work(struct vcpu *v)
{
	return __atomic_exchange_n(&v->work, 0, __ATOMIC_SEQ_CST);
}

void fake_vm_pass(uint64_t ns)
{
	const unsigned int here = fake_cpu;

	fake_now += ns;
	fake_tsc = fake_now;
	for (fake_cpu = 0; fake_cpu < FAKE_CPUS; fake_cpu++) {
		while (timer_run()) {
		}
	}
	fake_cpu = here;
}

void fake_vm_enable_apic(struct vcpu *v)
{
	fake_apic_write(v, 0xf0, 0x1ff);
}

void fake_vm_enter_x2apic(struct vcpu *v)
{
	uint64_t base;

	if (vlapic_msr_read(v, 0x1b, &base) != 0 ||
	    vlapic_msr_write(v, 0x1b, base | BIT(10)) != 0) {
		panic("no x2APIC\n");
	}
}
