/* SPDX-License-Identifier: MIT */
/*
 * physdev_op: what the service VM's kernel says about PCI devices.
 *
 * It owns the devices and knows them best: functions are met on first access
 * (virt/vdev/vpci.h), so only a removal tells us something. Absent on purpose
 * are operations of paravirtual kernels (pirqs, MSI, the older forms for
 * segment 0): Linux does not issue them here, or takes -ENOSYS well.
 */
#include "call/call.h"
#include "virt/vdev/machine.h"

static long device_remove(struct call *c, void *arg)
{
	const struct physdev_pci_device *a = arg;

	vpci_removed(c->vcpu->domain,
		     (uint32_t)a->seg << 16 | (uint32_t)a->bus << 8 | a->devfn);
	return 0;
}

/* Good news that changes nothing. mmcfg: the ranges are known from the MCFG.
 * dbgp: no debug port of ours is behind a controller that is being reset. */
static long noted(struct call *, void *)
{
	return 0;
}

#define DEVICE_ADD_SIZE offsetof(struct physdev_pci_device_add, optarr)

#define FLAGS           (CALL_PRIVILEGED | CALL_SAME32)

static const struct call_op ops[] = {
	{ PHYSDEVOP_pci_mmcfg_reserved,
	  sizeof(struct physdev_pci_mmcfg_reserved), FLAGS, noted },
	{ PHYSDEVOP_pci_device_add, DEVICE_ADD_SIZE, FLAGS, noted },
	{ PHYSDEVOP_pci_device_remove, sizeof(struct physdev_pci_device), FLAGS,
	  device_remove },
	{ PHYSDEVOP_dbgp_op, sizeof(struct physdev_dbgp_op), FLAGS, noted },
};

long call_physdev_op(struct call *c)
{
	return call_table_run(c, ops, ARRAY_SIZE(ops), c->arg[0], c->arg[1]);
}
