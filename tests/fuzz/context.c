/* SPDX-License-Identifier: MIT */
/* Contexts as tools give them: any bytes. What was taken is taken again. */
#include "call/domctl_context.h"

#include <stdint.h>
#include <string.h>

#include "arch/x86/features.h"
#include "core/clock.h"
#include "fake.h"
#include "virt/exit.h"
#include "virt/mtrr.h"
#include "virt/virt.h"

#define BUFFER    0x10000u
#define PAGES     4u
#define INPUT_MAX (PAGES * PAGE_SIZE)

struct cpu_features cpu_features = { .phys_bits = 40 };
struct clock_scale clock_scale = { .tsc_khz = 1000000 };

static struct hvm_hw_cpu kept;

static void set_state(struct vcpu *v, const struct hvm_hw_cpu *s)
{
	(void)v;
	kept = *s;
}

static void get_state(const struct vcpu *v, struct hvm_hw_cpu *s)
{
	(void)v;
	*s = kept;
}

static bool field_write(struct vcpu *v, uint32_t msr, uint64_t value)
{
	(void)v;
	(void)msr;
	(void)value;
	return true;
}

static bool field_read(const struct vcpu *v, uint32_t msr, uint64_t *value)
{
	(void)v;
	(void)msr;
	*value = 0;
	return true;
}

static const struct virt_ops ops = {
	.set_state = set_state,
	.get_state = get_state,
	.msr_read = field_read,
	.msr_write = field_write,
};
const struct virt_ops *virt = &ops;

struct cpuid_regs cpuid_guest(struct vcpu *v, uint32_t leaf, uint32_t sub)
{
	(void)v;
	(void)leaf;
	(void)sub;
	return (struct cpuid_regs){ ~0u, ~0u, ~0u, ~0u };
}

int domain_pause(struct domain *d)
{
	d->pause_count++;
	return 0;
}

int domain_unpause(struct domain *d)
{
	d->pause_count--;
	return 0;
}

static long run(struct call *c, long (*call)(struct call *c, void *arg),
		uint32_t *size)
{
	struct xen_domctl op = { .domain = 1 };

	op.u.hvmcontext.size = *size;
	op.u.hvmcontext.buffer.p = (void *)(uintptr_t)BUFFER;

	const long rc = call(c, &op);

	*size = op.u.hvmcontext.size;
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t given = (uint32_t)size;
	uint32_t room = INPUT_MAX;

	if (size > INPUT_MAX) {
		return 0;
	}
	fake_reset();

	struct domain *service = fake_domain_add(0, 1);
	struct domain *guest = fake_domain_add(1, 2);
	struct call c = { .vcpu = service->vcpus[0], .wide = true };

	fake_domain_add_ram(service, BUFFER >> PAGE_SHIFT, PAGES);
	guest->state = DOMAIN_BUILDING;
	guest->vcpus[0]->wait = WAIT_START;
	guest->vcpus[1]->wait = WAIT_START;
	if (guest_write(c.vcpu, BUFFER, data, size) != 0 ||
	    mtrr_create(guest) != 0) {
		__builtin_trap();
	}
	if (run(&c, domctl_sethvmcontext, &given) == 0 &&
	    (run(&c, domctl_gethvmcontext, &room) != 0 ||
	     run(&c, domctl_sethvmcontext, &room) != 0)) {
		__builtin_trap();
	}
	fake_check_clean();
	mtrr_destroy(guest);
	fake_domain_remove(guest);
	fake_domain_remove(service);
	return 0;
}
