/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_platform_op(op): the machine's part, from the service VM.
 *
 * firmware_info is absent: what it tells comes from firmware services that we
 * do not keep, and its callers take the error for "not EFI".
 */
#include "call/control.h"
#include "core/clock.h"
#include "dev/acpi_madt.h"
#include "domain/pvclock.h"

static uint32_t acpi_ids[MAX_CPUS]; /* by pCPU; constant after boot */

static_assert(sizeof(struct xen_platform_op) <= CALL_ARG_MAX, "argument");

static void note_cpu(const struct acpi_cpu *cpu, void *)
{
	for (unsigned int i = 0; i < pcpu_count; i++) {
		if (pcpu_table[i]->apic_id == cpu->apic_id) {
			acpi_ids[i] = cpu->uid;
		}
	}
}

void platform_op_init(void)
{
	acpi_madt_cpus(note_cpu, NULL);
}

static long settime64(struct call *, void *arg)
{
	const struct xen_platform_op *op = arg;
	const struct xenpf_settime64 *t = &op->u.settime64;

	if (t->mbz != 0 || t->nsecs >= NSEC_PER_SEC) {
		return -XEN_EINVAL;
	}
	clock_wall_set(t->secs, t->nsecs, t->system_time);
	pvclock_publish_wall();
	return 0;
}

static long get_cpuinfo(struct call *, void *arg)
{
	struct xen_platform_op *op = arg;
	struct xenpf_pcpuinfo *info = &op->u.pcpu_info;

	info->max_present = pcpu_count - 1;
	if (info->xen_cpuid >= pcpu_count) {
		info->flags = XEN_PCPU_FLAGS_INVALID;
		return 0;
	}
	info->flags = XEN_PCPU_FLAGS_ONLINE;
	info->apic_id = pcpu_table[info->xen_cpuid]->apic_id;
	info->acpi_id = acpi_ids[info->xen_cpuid];
	return 0;
}

static const struct call_op rows[] = {
	{ XENPF_settime64, sizeof(struct xen_platform_op), 0, settime64 },
	{ XENPF_get_cpuinfo, sizeof(struct xen_platform_op), CALL_COPY_BACK,
	  get_cpuinfo },
};

long call_platform_op(struct call *c)
{
	return control_run(c, rows, ARRAY_SIZE(rows), XENPF_INTERFACE_VERSION);
}
