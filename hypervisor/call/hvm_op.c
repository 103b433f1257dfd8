/* SPDX-License-Identifier: MIT */
/* HYPERVISOR_hvm_op(op, argument): what concerns a hardware-virtualised domain
 * as such. Layouts are the same for 32-bit callers. */
#include "call/call.h"
#include "domain/pvclock.h"

#define VECTOR_MIN          0x10 /* below are exceptions */

#define CALLBACK_TYPE_SHIFT 56

static_assert(sizeof(struct xen_hvm_param) == 16, "as in 32 bits");
static_assert(sizeof(struct xen_hvm_evtchn_upcall_vector) == 8,
	      "as in 32 bits");

#define GUEST_READS 0x1u
#define GUEST_SETS  0x2u

/* Numbers by which tools, device model and guest tell each other where things
 * are. The service VM may see and set all of them, a guest these of its own. */
static const uint8_t param_rights[HVM_NR_PARAMS] = {
	[HVM_PARAM_CALLBACK_IRQ] = GUEST_READS | GUEST_SETS,
	[HVM_PARAM_STORE_PFN] = GUEST_READS,
	[HVM_PARAM_STORE_EVTCHN] = GUEST_READS | GUEST_SETS,
	[HVM_PARAM_CONSOLE_PFN] = GUEST_READS,
	[HVM_PARAM_CONSOLE_EVTCHN] = GUEST_READS | GUEST_SETS,
};

/* Parameters by which tools turn features on and off: the highest value of each
 * that we have. The others hold whatever they are given. */
static const struct {
	uint32_t index;
	uint64_t most;
} switches[] = {
	{ HVM_PARAM_PAE_ENABLED, 1 },
	{ HVM_PARAM_VIRIDIAN, 0 },
	{ HVM_PARAM_TIMER_MODE, HVMPTM_one_missed_tick_pending },
	{ HVM_PARAM_HPET_ENABLED, 1 },
	{ HVM_PARAM_VPT_ALIGN, 1 },
	{ HVM_PARAM_ACPI_IOPORTS_LOCATION, 1 },
	{ HVM_PARAM_NESTEDHVM, 0 },
	{ HVM_PARAM_ALTP2M, XEN_ALTP2M_disabled },
	{ HVM_PARAM_MCA_CAP, 0 },
};

static bool switch_ok(uint32_t index, uint64_t value)
{
	for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
		if (switches[i].index == index) {
			return value <= switches[i].most;
		}
	}
	return true;
}

/* The parameter that the caller may use so. */
static int find_param(struct call *c, const struct xen_hvm_param *op,
		      uint8_t right, struct domain **d)
{
	const int err = call_target(c, op->domid, d);

	if (err != 0) {
		return err;
	}
	if (op->index >= HVM_NR_PARAMS) {
		return -XEN_EINVAL;
	}
	return c->vcpu->domain->privileged ||
			       (param_rights[op->index] & right) != 0
		       ? 0
		       : -XEN_EPERM;
}

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

/* Events may have been pending before there was a way to tell. */
static void callback_changed(struct call *c, struct domain *d)
{
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		vcpu_kick(d->vcpus[i], WORK_EVENT);
	}
	if (d == c->vcpu->domain) {
		pvclock_latch_width(d, c->wide);
	}
}

static long set_param(struct call *c, void *arg)
{
	const struct xen_hvm_param *op = arg;
	struct domain *d;
	const int err = find_param(c, op, GUEST_SETS, &d);

	if (err != 0) {
		return err;
	}
	if ((op->index == HVM_PARAM_CALLBACK_IRQ && !callback_ok(op->value)) ||
	    !switch_ok(op->index, op->value)) {
		return -XEN_EINVAL;
	}
	store_relaxed(&d->hvm_params[op->index], op->value);
	if (op->index == HVM_PARAM_CALLBACK_IRQ) {
		callback_changed(c, d);
	}
	return 0;
}

static long get_param(struct call *c, void *arg)
{
	struct xen_hvm_param *op = arg;
	struct domain *d;
	const int err = find_param(c, op, GUEST_READS, &d);

	if (err == 0) {
		op->value = load_relaxed(&d->hvm_params[op->index]);
	}
	return err;
}

/* From now on this vCPU is told of events through its local APIC. */
static long set_upcall_vector(struct call *c, void *arg)
{
	const struct xen_hvm_evtchn_upcall_vector *op = arg;
	struct vcpu *v = domain_vcpu(c->vcpu->domain, op->vcpu);

	if (op->vector < VECTOR_MIN) {
		return -XEN_EINVAL;
	}
	if (v == NULL) {
		return -XEN_ENOENT;
	}
	store_relaxed(&v->upcall_vector, op->vector);
	vcpu_kick(v, WORK_EVENT);
	return 0;
}

static const struct call_op rows[] = {
	{ HVMOP_set_param, sizeof(struct xen_hvm_param), CALL_SAME32,
	  set_param },
	{ HVMOP_get_param, sizeof(struct xen_hvm_param),
	  CALL_SAME32 | CALL_COPY_BACK, get_param },
	{ HVMOP_set_evtchn_upcall_vector,
	  sizeof(struct xen_hvm_evtchn_upcall_vector), CALL_SAME32,
	  set_upcall_vector },
};

long call_hvm_op(struct call *c)
{
	return call_table_run(c, rows, ARRAY_SIZE(rows), c->arg[0], c->arg[1]);
}
