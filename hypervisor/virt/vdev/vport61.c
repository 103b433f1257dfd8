/* SPDX-License-Identifier: MIT */
#include "virt/vdev/vport61.h"

#include "core/clock.h"
#include "domain/domain.h"
#include "virt/vdev/machine.h"
#include "virt/vdev/pio.h"

/* ISA bridge data sheets (for example 82371SB): NMISC, NMI status/control. */
#define NMISC_WRITABLE 0x0fu /* speaker, gate, NMI source enables */
#define NMISC_REFRESH  0x10u /* toggles with every memory refresh */
#define NMISC_OUT2     0x20u /* 8254 channel 2: high, as after its last count */

#define REFRESH_NS     15000u

static uint64_t nmisc_read(void *context, struct vcpu *v, uint64_t offset,
			   unsigned int size)
{
	const struct vmachine *m = context;
	const bool odd = (clock_now() / REFRESH_NS) & 1;

	(void)v;
	(void)offset;
	(void)size;
	return __atomic_load_n(&m->port61, __ATOMIC_RELAXED) | NMISC_OUT2 |
	       (odd ? NMISC_REFRESH : 0);
}

static void nmisc_write(void *context, struct vcpu *v, uint64_t offset,
			unsigned int size, uint64_t value)
{
	struct vmachine *m = context;

	(void)v;
	(void)offset;
	(void)size;
	__atomic_store_n(&m->port61, (uint8_t)(value & NMISC_WRITABLE),
			 __ATOMIC_RELAXED);
}

static const struct claim_ops nmisc_ops = {
	.read = nmisc_read,
	.write = nmisc_write,
};

int vport61_create(struct domain *d)
{
	return pio_add(d, 0x61, 1, &nmisc_ops, d->machine);
}
