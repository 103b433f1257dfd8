/* SPDX-License-Identifier: MIT */
#include "domain/hvm_params.h"

#include "domain/pvclock.h"
#include "domain/vcpu.h"

#define CALLBACK_TYPE_SHIFT 56
#define VECTOR_MIN          0x10 /* below are exceptions */

#define GUEST_READS         0x1u
#define GUEST_SETS          0x2u
#define ONCE                0x4u /* a value other than 0 stays */
#define ZERO                0x8u /* switches on what we do not have */

static const uint8_t flags[HVM_NR_PARAMS] = {
	[HVM_PARAM_CALLBACK_IRQ] = GUEST_READS | GUEST_SETS,
	[HVM_PARAM_STORE_PFN] = GUEST_READS,
	[HVM_PARAM_STORE_EVTCHN] = GUEST_READS | GUEST_SETS,
	[HVM_PARAM_CONSOLE_PFN] = GUEST_READS,
	[HVM_PARAM_CONSOLE_EVTCHN] = GUEST_READS | GUEST_SETS,
	[HVM_PARAM_VM86_TSS] = GUEST_READS | GUEST_SETS,
	[HVM_PARAM_VM86_TSS_SIZED] = GUEST_READS | GUEST_SETS,
	[HVM_PARAM_ACPI_IOPORTS_LOCATION] = GUEST_READS | GUEST_SETS,
	[HVM_PARAM_VM_GENERATION_ID_ADDR] = GUEST_READS | GUEST_SETS,
	[HVM_PARAM_X87_FIP_WIDTH] = GUEST_READS,
	[HVM_PARAM_VIRIDIAN] = ZERO,
	[HVM_PARAM_NESTEDHVM] = ZERO,
	[HVM_PARAM_ALTP2M] = ZERO,
	[HVM_PARAM_MCA_CAP] = ZERO,
	[HVM_PARAM_IOREQ_SERVER_PFN] = ONCE,
	[HVM_PARAM_NR_IOREQ_SERVER_PAGES] = ONCE,
};

static bool callback_ok(uint64_t value)
{
	switch (value >> CALLBACK_TYPE_SHIFT) {
	case HVM_PARAM_CALLBACK_TYPE_GSI: /* 0 is "none" */
	case HVM_PARAM_CALLBACK_TYPE_PCI_INTX:
		return true;
	case HVM_PARAM_CALLBACK_TYPE_VECTOR:
		return (uint8_t)value >= VECTOR_MIN;
	default:
		return false;
	}
}

static bool value_ok(uint32_t index, uint64_t value)
{
	switch (index) {
	case HVM_PARAM_CALLBACK_IRQ:
		return callback_ok(value);
	case HVM_PARAM_TIMER_MODE:
		return value <= HVMPTM_one_missed_tick_pending;
	default:
		return value == 0 || (flags[index] & ZERO) == 0;
	}
}

/* Index in range, and `by` may do what `right` says. */
static int check(struct domain *by, struct domain *d, uint32_t index,
		 uint8_t right)
{
	if (index >= HVM_NR_PARAMS) {
		return -XEN_EINVAL;
	}
	if (!by->privileged && (by != d || (flags[index] & right) == 0)) {
		return -XEN_EPERM;
	}
	return 0;
}

static int store(struct domain *d, uint32_t index, uint64_t value)
{
	uint64_t *param = &d->hvm_params[index];
	int err = 0;

	spin_lock(&d->lock);
	if ((flags[index] & ONCE) != 0 && *param != 0 && *param != value) {
		err = -XEN_EEXIST;
	} else {
		__atomic_store_n(param, value, __ATOMIC_RELAXED);
	}
	spin_unlock(&d->lock);
	return err;
}

/* Events may have been pending before there was a way to tell. */
static void tell_pending(struct domain *d)
{
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		vcpu_kick(d->vcpus[i], WORK_EVENT);
	}
}

int hvm_params_set(struct domain *by, struct domain *d, uint32_t index,
		   uint64_t value)
{
	int err = check(by, d, index, GUEST_SETS);

	if (err != 0) {
		return err;
	}
	if (!value_ok(index, value)) {
		return -XEN_EINVAL;
	}
	err = store(d, index, value);
	if (err == 0 && index == HVM_PARAM_CALLBACK_IRQ) {
		tell_pending(d);
	}
	return err;
}

int hvm_params_get(struct domain *by, struct domain *d, uint32_t index,
		   uint64_t *value)
{
	const int err = check(by, d, index, GUEST_READS);

	if (err == 0) {
		*value = __atomic_load_n(&d->hvm_params[index],
					 __ATOMIC_RELAXED);
	}
	return err;
}

void hvm_params_latch_width(struct domain *d, bool wide)
{
	spin_lock(&d->lock);
	const bool changed = d->width32 == wide;

	d->width32 = !wide;
	spin_unlock(&d->lock);
	/* The wall clock is elsewhere in the other layout. */
	if (changed) {
		pvclock_publish(d);
	}
}
