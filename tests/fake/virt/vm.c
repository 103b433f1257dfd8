/* SPDX-License-Identifier: MIT */
#include "virt/vm.h"

#include "abi/abi.h"
#include "arch/x86/hooks.h"
#include "arch/x86/percpu.h"
#include "core/clock.h"
#include "core/ioapic.h"
#include "core/irq.h"
#include "core/timer.h"
#include "dev/iommu.h"
#include "fake.h"
#include "mm/heap.h"

#define FIRST_VECTOR 0x30
#define VECTORS      8u

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

struct ioapic_info ioapic_table[] = {
	{ .base = 0xfec00000,
	  .gsi_base = 0,
	  .pins = 24,
	  .id = 1,
	  .version = 0x20 },
	{ .base = 0xfec01000,
	  .gsi_base = 24,
	  .pins = 8,
	  .id = 2,
	  .version = 0x11 },
};

unsigned int ioapic_count = ARRAY_SIZE(ioapic_table);
struct fake_pin fake_pins[32];
unsigned int fake_vectors_left = VECTORS;

static struct {
	irq_handler_t handler;
	void *context;
} vectors[FIRST_VECTOR + VECTORS];

int iommu_pin_set(uint32_t gsi, const struct iommu_irq *q, bool active_low)
{
	fake_pins[gsi] =
		(struct fake_pin){ q->vector, pcpu_table[q->cpu]->apic_id,
				   q->level, active_low, true };
	return 0;
}

void iommu_pin_clear(uint32_t gsi, const struct iommu_irq *q)
{
	assert(fake_pins[gsi].vector == q->vector && fake_pins[gsi].masked);
}

void ioapic_mask(uint32_t gsi)
{
	assert(fake_pins[gsi].vector != 0);
	fake_pins[gsi].masked = true;
}

void ioapic_unmask(uint32_t gsi)
{
	assert(fake_pins[gsi].vector != 0);
	fake_pins[gsi].masked = false;
}

int irq_vector_alloc(unsigned int cpu, irq_handler_t handler, void *context)
{
	(void)cpu;
	for (int v = FIRST_VECTOR; fake_vectors_left != 0; v++) {
		if (vectors[v].handler == NULL) {
			vectors[v].handler = handler;
			vectors[v].context = context;
			fake_vectors_left--;
			return v;
		}
	}
	return -XEN_ENOSPC;
}

void irq_vector_free(unsigned int cpu, unsigned int vector)
{
	(void)cpu;
	assert(vectors[vector].handler != NULL);
	vectors[vector].handler = NULL;
	fake_vectors_left++;
}

static unsigned int eoi_count;

void irq_eoi(void)
{
	eoi_count++;
}

bool fake_pin_fire(uint32_t gsi)
{
	const struct fake_pin *p = &fake_pins[gsi];

	if (p->masked) {
		return false;
	}
	eoi_count = 0;
	vectors[p->vector].handler(p->vector, vectors[p->vector].context);
	assert(eoi_count == 1);
	assert(fake_locks_held() == 0);
	return true;
}

static void pins_reset(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(fake_pins); i++) {
		fake_pins[i] = (struct fake_pin){ .masked = true };
	}
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

static void create(struct fake_vm *vm, unsigned int vcpus, uint16_t id)
{
	start_timers();
	pins_reset();
	vm->d = fake_domain_add(id, vcpus);
	vm->v = vm->d->vcpus;
	if (machine_create(vm->d) != 0) {
		panic("no machine\n");
	}
	for (uint32_t i = 0; i < vcpus; i++) {
		vm->v[i]->wait = i == 0 ? WAIT_NOTHING : WAIT_START;
		if (vlapic_create(vm->v[i]) != 0) {
			panic("no local APIC\n");
		}
	}
}

void fake_vm_create(struct fake_vm *vm, unsigned int vcpus)
{
	create(vm, vcpus, 0);
}

void fake_vm_create_guest(struct fake_vm *vm, unsigned int vcpus)
{
	create(vm, vcpus, 1);
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
	if (fake_vectors_left != VECTORS) {
		panic("interrupt vectors are left\n");
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
