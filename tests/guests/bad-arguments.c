/* SPDX-License-Identifier: MIT */
/*
 * Every hypercall with arguments that make no sense: each row is a call and
 * the answer that the ABI gives.
 *
 * A bug would be a crash, a fault injected into the caller (the ABI promises
 * -EFAULT), or a success. Kernels tell errors apart: -ENOSYS says "this
 * hypervisor is older", everything else is a failure.
 */
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"

/* Any negative answer will do: the ABI does not say which. */
#define ANY_ERROR 1
#define PTR(p)    ((unsigned long)(p))
#define BAD       PTR(NOWHERE)

struct row {
	const char *name;
	unsigned long number;
	unsigned long args[3];
	long want;
};

static uint8_t zeros[512];
static uint8_t ones[512];

#define VERSION  __HYPERVISOR_xen_version
#define MEMORY   __HYPERVISOR_memory_op
#define CONSOLE  __HYPERVISOR_console_io
#define GRANT    __HYPERVISOR_grant_table_op
#define VCPU     __HYPERVISOR_vcpu_op
#define SCHED    __HYPERVISOR_sched_op
#define EVENT    __HYPERVISOR_event_channel_op
#define PHYSDEV  __HYPERVISOR_physdev_op
#define HVM      __HYPERVISOR_hvm_op
#define PLATFORM __HYPERVISOR_platform_op
#define SYSCTL   __HYPERVISOR_sysctl
#define DOMCTL   __HYPERVISOR_domctl

/* clang-format off */
static const struct row rows[] = {
	/* numbers */
	{ "number 63", 63, { 0 }, -XEN_ENOSYS },
	{ "number 1000", 1000, { 0 }, -XEN_ENOSYS },
	{ "set_trap_table", __HYPERVISOR_set_trap_table, { 0 }, -XEN_ENOSYS },
	{ "mmu_update", __HYPERVISOR_mmu_update, { 0 }, -XEN_ENOSYS },
	{ "iret", __HYPERVISOR_iret, { 0 }, -XEN_ENOSYS },
	{ "set_gdt", __HYPERVISOR_set_gdt, { 0 }, -XEN_ENOSYS },

	/* pointers that lead nowhere */
	{ "extraversion, bad pointer", VERSION, { XENVER_extraversion, BAD }, -XEN_EFAULT },
	{ "get_features, bad pointer", VERSION, { XENVER_get_features, BAD }, -XEN_EFAULT },
	{ "compile_info, bad pointer", VERSION, { XENVER_compile_info, BAD }, -XEN_EFAULT },
	{ "memory_map, bad pointer", MEMORY, { XENMEM_memory_map, BAD }, -XEN_EFAULT },
	{ "add_to_physmap, bad pointer", MEMORY, { XENMEM_add_to_physmap, BAD }, -XEN_EFAULT },
	{ "add_to_physmap_batch, bad pointer", MEMORY, { XENMEM_add_to_physmap_batch, BAD }, -XEN_EFAULT },
	{ "remove_from_physmap, bad pointer", MEMORY, { XENMEM_remove_from_physmap, BAD }, -XEN_EFAULT },
	{ "current_reservation, bad pointer", MEMORY, { XENMEM_current_reservation, BAD }, -XEN_EFAULT },
	{ "acquire_resource, bad pointer", MEMORY, { XENMEM_acquire_resource, BAD }, -XEN_EFAULT },
	{ "console write, bad pointer", CONSOLE, { CONSOLEIO_write, 10, BAD }, -XEN_EFAULT },
	{ "map_grant_ref, bad pointer", GRANT, { GNTTABOP_map_grant_ref, BAD, 1 }, -XEN_EFAULT },
	{ "unmap_grant_ref, bad pointer", GRANT, { GNTTABOP_unmap_grant_ref, BAD, 1 }, -XEN_EFAULT },
	{ "grant copy, bad pointer", GRANT, { GNTTABOP_copy, BAD, 1 }, -XEN_EFAULT },
	{ "query_size, bad pointer", GRANT, { GNTTABOP_query_size, BAD, 1 }, -XEN_EFAULT },
	{ "set_version, bad pointer", GRANT, { GNTTABOP_set_version, BAD, 1 }, -XEN_EFAULT },
	{ "register_vcpu_info, bad pointer", VCPU, { VCPUOP_register_vcpu_info, 0, BAD }, -XEN_EFAULT },
	{ "register_runstate, bad pointer", VCPU, { VCPUOP_register_runstate_memory_area, 0, BAD }, -XEN_EFAULT },
	{ "set_singleshot_timer, bad pointer", VCPU, { VCPUOP_set_singleshot_timer, 0, BAD }, -XEN_EFAULT },
	{ "get_runstate_info, bad pointer", VCPU, { VCPUOP_get_runstate_info, 0, BAD }, -XEN_EFAULT },
	{ "poll, bad pointer", SCHED, { SCHEDOP_poll, BAD }, -XEN_EFAULT },
	{ "shutdown, bad pointer", SCHED, { SCHEDOP_shutdown, BAD }, -XEN_EFAULT },
	{ "alloc_unbound, bad pointer", EVENT, { EVTCHNOP_alloc_unbound, BAD }, -XEN_EFAULT },
	{ "bind_virq, bad pointer", EVENT, { EVTCHNOP_bind_virq, BAD }, -XEN_EFAULT },
	{ "bind_ipi, bad pointer", EVENT, { EVTCHNOP_bind_ipi, BAD }, -XEN_EFAULT },
	{ "bind_interdomain, bad pointer", EVENT, { EVTCHNOP_bind_interdomain, BAD }, -XEN_EFAULT },
	{ "send, bad pointer", EVENT, { EVTCHNOP_send, BAD }, -XEN_EFAULT },
	{ "close, bad pointer", EVENT, { EVTCHNOP_close, BAD }, -XEN_EFAULT },
	{ "unmask, bad pointer", EVENT, { EVTCHNOP_unmask, BAD }, -XEN_EFAULT },
	{ "status, bad pointer", EVENT, { EVTCHNOP_status, BAD }, -XEN_EFAULT },
	{ "init_control, bad pointer", EVENT, { EVTCHNOP_init_control, BAD }, -XEN_EFAULT },
	{ "set_param, bad pointer", HVM, { HVMOP_set_param, BAD }, -XEN_EFAULT },
	{ "get_param, bad pointer", HVM, { HVMOP_get_param, BAD }, -XEN_EFAULT },
	{ "pci_device_add, bad pointer", PHYSDEV, { PHYSDEVOP_pci_device_add, BAD }, -XEN_EFAULT },
	{ "pci_mmcfg_reserved, bad pointer", PHYSDEV, { PHYSDEVOP_pci_mmcfg_reserved, BAD }, -XEN_EFAULT },
	{ "platform_op, bad pointer", PLATFORM, { BAD }, -XEN_EFAULT },
	{ "sysctl, bad pointer", SYSCTL, { BAD }, -XEN_EFAULT },
	{ "domctl, bad pointer", DOMCTL, { BAD }, -XEN_EFAULT },

	/* pointers near the end of what can be addressed */
	{ "memory_map, pointer -1", MEMORY, { XENMEM_memory_map, -1ul }, -XEN_EFAULT },
	{ "add_to_physmap, pointer -8", MEMORY, { XENMEM_add_to_physmap, -8ul }, -XEN_EFAULT },

	/* operations that are not there */
	{ "version op 99", VERSION, { 99, 0 }, -XEN_ENOSYS },
	{ "memory op 60", MEMORY, { 60, 0 }, -XEN_ENOSYS },
	{ "console op 99", CONSOLE, { 99, 0, 0 }, -XEN_ENOSYS },
	{ "grant op 99", GRANT, { 99, PTR(zeros), 1 }, -XEN_ENOSYS },
	{ "vcpu op 99", VCPU, { 99, 0, PTR(zeros) }, -XEN_ENOSYS },
	{ "sched op 99", SCHED, { 99, PTR(zeros) }, -XEN_ENOSYS },
	{ "event op 99", EVENT, { 99, PTR(zeros) }, -XEN_ENOSYS },
	{ "hvm op 99", HVM, { 99, PTR(zeros) }, -XEN_ENOSYS },
	{ "physdev op 99", PHYSDEV, { 99, PTR(zeros) }, -XEN_ENOSYS },

	/* interface versions that do not fit */
	{ "platform_op, version 0", PLATFORM, { PTR(zeros) }, -XEN_EACCES },
	{ "sysctl, version 0", SYSCTL, { PTR(zeros) }, -XEN_EACCES },
	{ "domctl, version 0", DOMCTL, { PTR(zeros) }, -XEN_EACCES },

	/* structures of zeros and of ones */
	{ "add_to_physmap of ones", MEMORY, { XENMEM_add_to_physmap, PTR(ones) }, ANY_ERROR },
	{ "remove_from_physmap of ones", MEMORY, { XENMEM_remove_from_physmap, PTR(ones) }, ANY_ERROR },
	{ "acquire_resource of ones", MEMORY, { XENMEM_acquire_resource, PTR(ones) }, ANY_ERROR },
	{ "current_reservation of ones", MEMORY, { XENMEM_current_reservation, PTR(ones) }, -XEN_ESRCH },
	{ "alloc_unbound of ones", EVENT, { EVTCHNOP_alloc_unbound, PTR(ones) }, -XEN_ESRCH },
	{ "bind_interdomain of ones", EVENT, { EVTCHNOP_bind_interdomain, PTR(ones) }, ANY_ERROR },
	{ "bind_virq of ones", EVENT, { EVTCHNOP_bind_virq, PTR(ones) }, -XEN_EINVAL },
	{ "bind_ipi of ones", EVENT, { EVTCHNOP_bind_ipi, PTR(ones) }, ANY_ERROR },
	{ "send of ones", EVENT, { EVTCHNOP_send, PTR(ones) }, -XEN_EINVAL },
	{ "send of zeros", EVENT, { EVTCHNOP_send, PTR(zeros) }, -XEN_EINVAL },
	{ "close of ones", EVENT, { EVTCHNOP_close, PTR(ones) }, -XEN_EINVAL },
	{ "close of zeros", EVENT, { EVTCHNOP_close, PTR(zeros) }, -XEN_EINVAL },
	{ "unmask of ones", EVENT, { EVTCHNOP_unmask, PTR(ones) }, -XEN_EINVAL },
	{ "status of ones", EVENT, { EVTCHNOP_status, PTR(ones) }, -XEN_ESRCH },
	{ "init_control of ones", EVENT, { EVTCHNOP_init_control, PTR(ones) }, ANY_ERROR },
	{ "expand_array of ones", EVENT, { EVTCHNOP_expand_array, PTR(ones) }, ANY_ERROR },
	{ "set_priority of ones", EVENT, { EVTCHNOP_set_priority, PTR(ones) }, ANY_ERROR },
	{ "bind_vcpu of ones", EVENT, { EVTCHNOP_bind_vcpu, PTR(ones) }, ANY_ERROR },
	{ "set_param of ones", HVM, { HVMOP_set_param, PTR(ones) }, ANY_ERROR },
	{ "get_param of ones", HVM, { HVMOP_get_param, PTR(ones) }, ANY_ERROR },
	{ "register_vcpu_info of ones", VCPU, { VCPUOP_register_vcpu_info, 0, PTR(ones) }, ANY_ERROR },
	{ "poll of ones", SCHED, { SCHEDOP_poll, PTR(ones) }, ANY_ERROR },
	{ "grant count of ones", GRANT, { GNTTABOP_map_grant_ref, BAD, -1ul }, ANY_ERROR },

	/* vCPUs that are not there */
	{ "is_up of vCPU 1000", VCPU, { VCPUOP_is_up, 1000, 0 }, ANY_ERROR },
	{ "down of vCPU 1000", VCPU, { VCPUOP_down, 1000, 0 }, ANY_ERROR },
	{ "up of vCPU -1", VCPU, { VCPUOP_up, -1ul, 0 }, ANY_ERROR },
	{ "stop timer of vCPU 1000", VCPU, { VCPUOP_stop_singleshot_timer, 1000, 0 }, ANY_ERROR },

	/* what works without an argument, to see that all is still well */
	{ "console write of nothing", CONSOLE, { CONSOLEIO_write, 0, BAD }, 0 },
	{ "is_up of vCPU 0", VCPU, { VCPUOP_is_up, 0, 0 }, 1 },
	{ "yield", SCHED, { SCHEDOP_yield, 0 }, 0 },
};

/* clang-format on */

static bool good(long rc, long want)
{
	return want == ANY_ERROR ? rc < 0 : rc == want;
}

void guest_main(void)
{
	memset(ones, 0xff, sizeof(ones));
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		long rc;

		rc = (int)hypercall(row->number, row->args[0], row->args[1],
				    row->args[2], 0, 0);
		/* 1 is a real answer of is_up, elsewhere it means any error. */
		expect(row->want == 1 && strstr(row->name, "is_up of vCPU 0")
			       ? rc == 1
			       : good(rc, row->want),
		       row->name, "%ld, want %ld", rc, row->want);
	}
}
