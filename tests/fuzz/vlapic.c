/* SPDX-License-Identifier: MIT */
/*
 * Whatever guests and devices do to the interrupt controllers: nothing breaks,
 * no lock is left, and what gets through is above the processor priority.
 */
#include <stdlib.h>
#include <string.h>

#include "arch/x86/hooks.h"
#include "arch/x86/percpu.h"
#include "virt/vm.h"

#define VCPUS 4u

struct step {
	uint8_t action;
	uint8_t vcpu;
	uint16_t where;
	uint32_t value;
};

static void serve(struct vcpu *v)
{
	const int vector = vlapic_pending(v);
	uint64_t ppr;

	if (vector < 0) {
		return;
	}
	if (vlapic_has_window(v)) {
		ppr = vlapic_read(v, 0xa0);
	} else if (vlapic_msr_read(v, 0x80a, &ppr) != 0) {
		ppr = 0;
	}
	if (vector < 16 || (uint64_t)vector >> 4 <= ppr >> 4) {
		abort();
	}
	vlapic_accept(v, (uint8_t)vector);
}

static void act(struct fake_vm *vm, const struct step *s)
{
	static const uint64_t pages[] = { 0xfee00000, 0xfec00000, 0xfec01000 };
	struct vcpu *v = vm->v[s->vcpu % VCPUS];
	const gaddr_t at = gaddr(pages[s->vcpu / 4 % 3] + (s->where & 0xfff));
	const unsigned int size = 1u << s->vcpu / 16 % 4;
	const uint32_t msr = s->where % 8 == 0 ? 0x1b : 0x800 + s->where % 0x48;
	struct vlapic_message m;
	uint64_t value = (uint64_t)s->value << 32 | s->value;

	fake_cpu = s->vcpu / 64;
	switch (s->action % 10) {
	case 0:
		value = mmio_read(v, at, size);
		break;
	case 1:
		mmio_write(v, at, size, value);
		break;
	case 2:
		(void)!vlapic_msr_read(v, msr, &value);
		break;
	case 3: /* 32 bits, and both halves as only ICR takes them */
		(void)!vlapic_msr_write(v, msr,
					msr == 0x830 ? value : s->value);
		break;
	case 4:
		vlapic_set_irq(v, (uint8_t)s->where, s->value & 1);
		break;
	case 5:
		m = vlapic_msi_message(s->value, s->where);
		vlapic_deliver(vm->d, &m);
		break;
	case 6:
		serve(v);
		break;
	case 7:
		fake_vm_pass(s->value);
		break;
	case 8:
		fake_pin_fire(s->where % 32);
		break;
	case 9:
		vlapic_set_tpr(v, (uint8_t)s->where);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fake_vm vm;
	struct step s;

	fake_now = 1000000;
	fake_cpu = 0;
	fake_vm_create(&vm, VCPUS);
	for (uint32_t i = 0; i < VCPUS; i++) {
		fake_vm_enable_apic(vm.v[i]);
	}
	for (; size >= sizeof(s); size -= sizeof(s), data += sizeof(s)) {
		memcpy(&s, data, sizeof(s));
		act(&vm, &s);
		assert(fake_locks_held() == 0);
	}
	fake_cpu = 0;
	fake_vm_destroy(&vm);
	return 0;
}
