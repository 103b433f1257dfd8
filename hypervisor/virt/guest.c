/* SPDX-License-Identifier: MIT */
#include "virt/guest.h"

#include "virt/exit.h"
#include "virt/mtrr.h"
#include "virt/vdev/machine.h"
#include "virt/vdev/vlapic.h"

static int create_vcpu(struct vcpu *v)
{
	int err = virt->vcpu_create(v);

	if (err == 0) {
		err = translate_vcpu_init(v);
	}
	return err != 0 ? err : vlapic_create(v);
}

static int create_parts(struct domain *d)
{
	int err = machine_create(d);

	if (err == 0) {
		err = mtrr_create(d);
	}
	for (unsigned int i = 0; err == 0 && i < d->vcpu_count; i++) {
		err = create_vcpu(d->vcpus[i]);
	}
	return err;
}

int guest_create(const struct domain_config *config, struct domain **out)
{
	struct domain *d;
	int err = domain_create(config, &d);

	*out = NULL;
	if (err != 0) {
		return err;
	}
	err = create_parts(d);
	if (err != 0) {
		guest_discard(d);
		return err;
	}
	*out = d;
	return 0;
}

void guest_discard(struct domain *d)
{
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		vlapic_destroy(d->vcpus[i]);
		translate_vcpu_destroy(d->vcpus[i]);
		virt->vcpu_destroy(d->vcpus[i]);
	}
	mtrr_destroy(d);
	machine_destroy(d);
	virt->domain_destroy(d);
	domain_discard(d);
}
