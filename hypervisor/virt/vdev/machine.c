/* SPDX-License-Identifier: MIT */
#include "virt/vdev/machine.h"

#include "domain/domain.h"

/* The service VM has one for each function with MSI-X. */
#define CLAIMS_SERVICE 1024u
#define CLAIMS_GUEST   32u

#define PORT_NMISC     0x61u
#define NMISC_OUT2     0x20u /* 8254 channel 2: high, as after its last count */
#define PORT_COUNTER2  0x42u

/*
 * Port 0x61, "NMI status and control", without the 8254 behind it. Kernels read
 * it on every NMI they cannot explain, and all ones there would mean a memory
 * parity error and a bus error.
 */
static uint64_t nmisc_read(void *, struct vcpu *, uint64_t, unsigned int)
{
	return NMISC_OUT2;
}

/*
 * What its counter then holds. All ones would be the start of a count: Linux
 * waits 100,000 reads for the next value.
 */
static uint64_t counter_read(void *, struct vcpu *, uint64_t, unsigned int)
{
	return 0;
}

static const struct claim_ops nmisc_ops = { .read = nmisc_read };
static const struct claim_ops counter_ops = { .read = counter_read };

static size_t size_for(uint32_t claims)
{
	return sizeof(struct vmachine) + claims * sizeof(struct claim);
}

int machine_create(struct domain *d)
{
	const uint32_t claims = d->id == 0 ? CLAIMS_SERVICE : CLAIMS_GUEST;
	struct vmachine *m = domain_alloc(d, size_for(claims));

	if (m == NULL) {
		return -XEN_ENOMEM;
	}
	spinlock_init(&m->claim_lock, LOCK_CLAIM);
	m->claim_max = claims;
	d->machine = m;

	int error = pio_add(d, PORT_NMISC, 1, &nmisc_ops, NULL);

	if (error == 0) {
		error = pio_add(d, PORT_COUNTER2, 1, &counter_ops, NULL);
	}
	if (error == 0 && d->id == 0) {
		error = vioapic_create(d);
	}
	if (error != 0) {
		machine_destroy(d);
	}
	return error;
}

void machine_destroy(struct domain *d)
{
	struct vmachine *m = d->machine;

	if (m == NULL) {
		return;
	}
	vioapic_destroy(d);
	d->machine = NULL;
	domain_free(d, m, size_for(m->claim_max));
}
