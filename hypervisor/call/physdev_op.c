/* SPDX-License-Identifier: MIT */
/*
 * physdev_op: what the service VM's kernel says about PCI devices.
 *
 * It owns the devices and knows them best, but nothing here is needed for its
 * own drivers: functions are also met on first access (virt/vdev/vpci.h). The
 * interrupt operations (pirqs) are absent on purpose: without
 * XENFEAT_hvm_pirqs nobody issues them.
 */
#include "call/call.h"
#include "domain/domain.h"
#include "virt/vdev/vpci.h"

static uint32_t sbdf_of(uint16_t segment, uint8_t bus, uint8_t devfn)
{
	return (uint32_t)segment << 16 | (uint32_t)bus << 8 | devfn;
}

static uint32_t device_sbdf(const void *arg)
{
	const struct physdev_pci_device *a = arg;

	return sbdf_of(a->seg, a->bus, a->devfn);
}

static long device_add(struct call *c, void *arg)
{
	const struct physdev_pci_device_add *a = arg;

	return vpci_added(c->vcpu->domain, sbdf_of(a->seg, a->bus, a->devfn));
}

static long device_remove(struct call *c, void *arg)
{
	return vpci_removed(c->vcpu->domain, device_sbdf(arg));
}

static long restore_msi_ext(struct call *c, void *arg)
{
	return vpci_restore_msi(c->vcpu->domain, device_sbdf(arg));
}

/* The older forms know only segment 0. */
static long manage_add(struct call *c, void *arg)
{
	const struct physdev_manage_pci *a = arg;

	return vpci_added(c->vcpu->domain, sbdf_of(0, a->bus, a->devfn));
}

static long manage_add_ext(struct call *c, void *arg)
{
	const struct physdev_manage_pci_ext *a = arg;

	return vpci_added(c->vcpu->domain, sbdf_of(0, a->bus, a->devfn));
}

static long manage_remove(struct call *c, void *arg)
{
	const struct physdev_manage_pci *a = arg;

	return vpci_removed(c->vcpu->domain, sbdf_of(0, a->bus, a->devfn));
}

static long restore_msi(struct call *c, void *arg)
{
	const struct physdev_restore_msi *a = arg;

	return vpci_restore_msi(c->vcpu->domain, sbdf_of(0, a->bus, a->devfn));
}

/*
 * Good news that changes nothing. mmcfg: the ranges are known from the MCFG.
 * msix: tables are found again whenever a BAR moves. dbgp: no debug port of
 * ours is behind a controller that is being reset.
 */
static long noted(struct call *c, void *arg)
{
	(void)c;
	(void)arg;
	return 0;
}

#define DEVICE_ADD_SIZE offsetof(struct physdev_pci_device_add, optarr)

#define FLAGS           (CALL_PRIVILEGED | CALL_SAME32)

static const struct call_op ops[] = {
	{ PHYSDEVOP_pci_mmcfg_reserved,
	  sizeof(struct physdev_pci_mmcfg_reserved), FLAGS, noted },
	{ PHYSDEVOP_pci_device_add, DEVICE_ADD_SIZE, FLAGS, device_add },
	{ PHYSDEVOP_pci_device_remove, sizeof(struct physdev_pci_device), FLAGS,
	  device_remove },
	{ PHYSDEVOP_manage_pci_add, sizeof(struct physdev_manage_pci), FLAGS,
	  manage_add },
	{ PHYSDEVOP_manage_pci_add_ext, sizeof(struct physdev_manage_pci_ext),
	  FLAGS, manage_add_ext },
	{ PHYSDEVOP_manage_pci_remove, sizeof(struct physdev_manage_pci), FLAGS,
	  manage_remove },
	{ PHYSDEVOP_prepare_msix, sizeof(struct physdev_pci_device), FLAGS,
	  noted },
	{ PHYSDEVOP_release_msix, sizeof(struct physdev_pci_device), FLAGS,
	  noted },
	{ PHYSDEVOP_restore_msi, sizeof(struct physdev_restore_msi), FLAGS,
	  restore_msi },
	{ PHYSDEVOP_restore_msi_ext, sizeof(struct physdev_pci_device), FLAGS,
	  restore_msi_ext },
	{ PHYSDEVOP_dbgp_op, sizeof(struct physdev_dbgp_op), FLAGS, noted },
};

long call_physdev_op(struct call *c)
{
	return call_table_run(c, ops, ARRAY_SIZE(ops), c->arg[0], c->arg[1]);
}
