/* SPDX-License-Identifier: MIT */
#include "virt/vdev/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "abi/abi.h"
#include "arch/x86/percpu.h"
#include "core/irq.h"
#include "dev/acpi_devices.h"
#include "dev/pci.h"
#include "domain/physmap.h"
#include "domain/vcpu.h"
#include "fake/fake.h"
#include "fake/iommu.h"
#include "fake/pci_machine.h"
#include "virt/vdev/vlapic.h"

#define MCFG_BASE 0x400000u
#define DEVICE    0x0108u /* bus 1, device 1: what the tests drive */
#define MSI       0x50u
#define MSIX      0x70u
#define ENTRIES   300u /* their table takes more than a page */
#define BAR       0x800000u
#define TABLE     0x2800u /* in the BAR: ends in the middle of a page */
#define ROOM      (BAR + 0x8000u)

struct acpi_mcfg acpi_mcfg[ACPI_MAX_MCFG];
unsigned int acpi_mcfg_count;
struct acpi_iommu acpi_iommus[ACPI_MAX_IOMMUS];
unsigned int acpi_iommu_count;

struct handler {
	irq_handler_t run;
	void *context;
};

struct claimed {
	uint64_t start;
	uint64_t length;
	const struct claim_ops *ops;
	void *context;
};

static struct domain *d;
static struct vmachine machine;
static struct pci_machine_function *device;
static struct handler handlers[FAKE_CPUS][256];
static struct claimed mmio[8];
static struct claimed pio;
static struct vlapic_message delivered;
static unsigned int delivered_count;
static unsigned int eoi_count;
static bool no_vectors;

/* What is around the tested code. */

int irq_vector_alloc(unsigned int cpu, irq_handler_t handler, void *context)
{
	for (int v = 0x30; !no_vectors && v < 0xe0; v++) {
		if (handlers[cpu][v].run == NULL) {
			handlers[cpu][v] = (struct handler){ handler, context };
			return v;
		}
	}
	return -XEN_ENOSPC;
}

void irq_vector_free(unsigned int cpu, unsigned int vector)
{
	assert_non_null(handlers[cpu][vector].run);
	handlers[cpu][vector].run = NULL;
}

void irq_eoi(void)
{
	eoi_count++;
}

unsigned int irq_guest_cpu(const struct vcpu *v)
{
	return v == NULL ? 0 : v->unit.cpu;
}

struct vlapic_message vlapic_msi_message(uint64_t address, uint32_t data)
{
	return (struct vlapic_message){ .dest = address >> 12 & 0xff,
					.vector = (uint8_t)data };
}

unsigned int vlapic_deliver(struct domain *to, const struct vlapic_message *m)
{
	assert_ptr_equal(to, d);
	assert_int_equal(fake_locks_held(), 0);
	delivered = *m;
	delivered_count++;
	return 1;
}

bool identity_allows(maddr_t a)
{
	return frame_get(mfn_of(a)) == NULL;
}

int pio_add(struct domain *to, uint16_t port, uint32_t count,
	    const struct claim_ops *ops, void *context)
{
	assert_ptr_equal(to, d);
	pio = (struct claimed){ port, count, ops, context };
	return 0;
}

static struct claimed *mmio_at(uint64_t address)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(mmio); i++) {
		if (mmio[i].ops != NULL && address >= mmio[i].start &&
		    address < mmio[i].start + mmio[i].length) {
			return &mmio[i];
		}
	}
	return NULL;
}

int mmio_add(struct domain *to, gaddr_t start, uint64_t length,
	     const struct claim_ops *ops, void *context)
{
	assert_ptr_equal(to, d);
	for (unsigned int i = 0; i < ARRAY_SIZE(mmio); i++) {
		if (mmio[i].ops == NULL) {
			mmio[i] = (struct claimed){ start.v, length, ops,
						    context };
			return 0;
		}
	}
	return -XEN_ENOMEM;
}

void mmio_remove(struct domain *to, gaddr_t start)
{
	struct claimed *c = mmio_at(start.v);

	assert_ptr_equal(to, d);
	assert_non_null(c);
	assert_int_equal(c->start, start.v);
	c->ops = NULL;
}

/* What the guest does. */

static uint64_t port_in(uint16_t port, unsigned int size)
{
	return pio.ops->read(pio.context, d->vcpus[0], port - pio.start, size);
}

static void port_out(uint16_t port, unsigned int size, uint32_t value)
{
	pio.ops->write(pio.context, d->vcpus[0], port - pio.start, size, value);
}

static uint32_t config_in(uint32_t bdf, unsigned int reg, unsigned int size)
{
	port_out(0xcf8, 4, 0x80000000 | bdf << 8 | (reg & 0xfc));
	return (uint32_t)port_in((uint16_t)(0xcfc + (reg & 3)), size);
}

static void config_out(uint32_t bdf, unsigned int reg, unsigned int size,
		       uint32_t value)
{
	port_out(0xcf8, 4, 0x80000000 | bdf << 8 | (reg & 0xfc));
	port_out((uint16_t)(0xcfc + (reg & 3)), size, value);
}

static uint64_t memory_in(uint64_t at, unsigned int size)
{
	const struct claimed *c = mmio_at(at);

	assert_non_null(c);
	return c->ops->read(c->context, d->vcpus[0], at - c->start, size);
}

static void memory_out(uint64_t at, unsigned int size, uint64_t value)
{
	const struct claimed *c = mmio_at(at);

	assert_non_null(c);
	c->ops->write(c->context, d->vcpus[0], at - c->start, size, value);
}

static uint64_t entry_at(uint32_t bar, unsigned int i)
{
	return bar + TABLE + 16 * i;
}

/* As a driver sets up an entry: message for a vCPU, then unmask. */
static void entry_out(unsigned int i, unsigned int vcpu, uint8_t vector)
{
	memory_out(entry_at(BAR, i), 4, 0xfee00000 | vcpu << 13);
	memory_out(entry_at(BAR, i) + 4, 4, 0);
	memory_out(entry_at(BAR, i) + 8, 4, vector);
	memory_out(entry_at(BAR, i) + 12, 4, 0);
}

/* What the device has. */

static uint32_t table_word(unsigned int i, unsigned int word)
{
	const uint32_t *e = pci_machine_memory(entry_at(BAR, i));

	return e[word];
}

static unsigned int vectors_used(void)
{
	unsigned int count = 0;

	for (unsigned int cpu = 0; cpu < FAKE_CPUS; cpu++) {
		for (unsigned int v = 0; v < 256; v++) {
			count += handlers[cpu][v].run != NULL;
		}
	}
	return count;
}

/* The device sends the message; fake pCPU n has APIC id 2n. */
static void fire(uint32_t address, uint32_t data)
{
	const struct handler *h =
		&handlers[(address >> 12 & 0xff) / 2][data & 0xff];

	assert_non_null(h->run);
	h->run(data & 0xff, h->context);
}

static void fire_entry(unsigned int i)
{
	assert_int_equal(table_word(i, 3), 0);
	fire(table_word(i, 0), table_word(i, 2));
}

static enum p2m_type page_type(uint64_t at)
{
	enum p2m_type type;

	(void)p2m_lookup(d, gfn(at >> PAGE_SHIFT), &type);
	return type;
}

static int setup(void **state)
{
	(void)state;
	fake_reset();
	pci_machine_reset();
	memset(handlers, 0, sizeof(handlers));
	memset(mmio, 0, sizeof(mmio));
	memset(&machine, 0, sizeof(machine));
	delivered_count = 0;
	eoi_count = 0;
	no_vectors = false;

	acpi_mcfg[0] = (struct acpi_mcfg){ maddr(MCFG_BASE), 0, 512 };
	acpi_mcfg_count = 1;
	acpi_iommu_count = 0;
	pci_init();

	device = pci_machine_add(DEVICE, 0x12348086);
	pci_machine_add_msi(device, MSI, 0x0180 | 5 << 1);
	pci_machine_add_msix(device, MSIX, ENTRIES, 0, TABLE);
	pci_machine_set_bar(device, 0, 0x8000, 0, BAR);
	device->config[PCI_COMMAND] = PCI_COMMAND_MEMORY;

	d = fake_domain_add(0, 4);
	d->machine = &machine;
	for (unsigned int i = 0; i < 4; i++) {
		d->vcpus[i]->unit.cpu = i;
	}
	for (uint64_t at = MIB(2); at < MIB(16); at += PAGE_SIZE) {
		assert_int_equal(p2m_map(d, gfn(at >> PAGE_SHIFT),
					 mfn(at >> PAGE_SHIFT), 0,
					 P2M_MMIO_DIRECT),
				 0);
	}
	assert_int_equal(vpci_create(d), 0);
	(void)config_in(DEVICE, 0, 4); /* now it is met */
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	vpci_removed(d, DEVICE);
	vpci_removed(d, 0x20);
	fake_quiesce();
	assert_int_equal(vectors_used(), 0);
	assert_null(mmio_at(BAR + TABLE));
	/* All that is left is what it lives with. */
	domain_free(d, machine.pci, PAGE_SIZE * d->heap_pages);
	d->machine = NULL;
	fake_check_clean();
	fake_domain_remove(d);
	return 0;
}

static void test_ports(void **state)
{
	(void)state;
	assert_int_equal(config_in(DEVICE, 0, 4), 0x12348086);
	assert_int_equal(config_in(DEVICE, 2, 2), 0x1234);
	assert_int_equal(config_in(DEVICE, 1, 1), 0x80);
	assert_int_equal(port_in(0xcf8, 4), 0x80000000 | DEVICE << 8);
	/* Misaligned, as no hardware would take it whole. */
	assert_int_equal(port_in(0xcfd, 2), 0x3480);
	assert_int_equal(config_in(DEVICE + 8, 0, 4), UINT32_MAX);
	port_out(0xcf8, 4, DEVICE << 8);
	assert_int_equal(port_in(0xcfc, 4), UINT32_MAX);
	/* Parts of the address register are somebody else's. */
	port_out(0xcfa, 2, 0xffff);
	assert_int_equal(port_in(0xcf8, 4), DEVICE << 8);
	assert_int_equal(port_in(0xcfa, 1) & 0xff, 0xff);
}

static void test_reset_port(void **state)
{
	(void)state;
	port_out(0xcf9, 1, 0x02);
	assert_int_equal(d->state, DOMAIN_RUNNING);
	port_out(0xcf9, 1, 0x06);
	assert_int_equal(d->state, DOMAIN_SHUTDOWN);
	assert_int_equal(d->shutdown_reason, SHUTDOWN_reboot);
}

static void test_memory(void **state)
{
	const uint64_t at = MCFG_BASE + (DEVICE << 12);
	uint8_t *extended = pci_machine_memory(at + 0x100);

	(void)state;
	assert_int_equal(memory_in(at, 4), 0x12348086);
	assert_int_equal(memory_in(at + 1, 2), 0x3480);
	assert_int_equal(memory_in(at, 8) & 0xffffffff, 0x12348086);
	extended[3] = 0x77;
	assert_int_equal(memory_in(at + 0x103, 1), 0x77);
	memory_out(at + 0x108, 8, 0x0102030405060708);
	assert_int_equal(extended[8], 8);
	assert_int_equal(extended[15], 1);
	assert_int_equal(memory_in(at + 0x8000, 4), UINT32_MAX);
}

static void test_hidden(void **state)
{
	(void)state;
	pci_machine_add(0x0018, 0x55555555);
	acpi_iommus[0].sbdf = 0x0018;
	acpi_iommu_count = 1;
	assert_int_equal(config_in(0x0018, 0, 4), UINT32_MAX);
	config_out(0x0018, PCI_COMMAND, 2, 7);
	assert_int_equal(pci_read(0x0018, PCI_COMMAND, 2), 0);
}

static void test_bar_sizing(void **state)
{
	(void)state;
	config_out(DEVICE, PCI_COMMAND, 2, 0);
	config_out(DEVICE, PCI_BAR(0), 4, UINT32_MAX);
	assert_int_equal(config_in(DEVICE, PCI_BAR(0), 4), 0xffff8000);
	config_out(DEVICE, PCI_BAR(0), 4, BAR);
	config_out(DEVICE, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_int_equal(config_in(DEVICE, PCI_BAR(0), 4), BAR);
	assert_non_null(mmio_at(BAR + TABLE));
}

static void test_table_pages_follow_the_bar(void **state)
{
	(void)state;
	assert_int_equal(page_type(BAR + 0x1000), P2M_MMIO_DIRECT);
	assert_int_equal(page_type(BAR + 0x2000), P2M_NONE);
	assert_int_equal(page_type(BAR + 0x3000), P2M_NONE);
	assert_int_equal(page_type(BAR + 0x4000), P2M_MMIO_DIRECT);

	config_out(DEVICE, PCI_COMMAND, 2, 0);
	assert_null(mmio_at(BAR + TABLE));
	config_out(DEVICE, PCI_BAR(0), 4, ROOM);
	assert_null(mmio_at(ROOM + TABLE));
	config_out(DEVICE, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_non_null(mmio_at(ROOM + TABLE));
	assert_int_equal(page_type(ROOM + 0x3000), P2M_NONE);

	/* Moved while it decodes, by single bytes. */
	config_out(DEVICE, PCI_BAR(0) + 1, 1, 0);
	assert_null(mmio_at(ROOM + TABLE));
	assert_non_null(mmio_at(BAR + TABLE));
}

static void test_bar_on_ram_is_not_followed(void **state)
{
	const uint64_t ram = FAKE_FIRST_MFN << PAGE_SHIFT;

	(void)state;
	assert_null(mmio_at(ram + TABLE));
	config_out(DEVICE, PCI_BAR(0), 4, (uint32_t)ram);
	assert_null(mmio_at(ram + TABLE));
	assert_null(mmio_at(BAR + TABLE));
}

static void test_rest_of_the_pages_is_the_devices(void **state)
{
	uint32_t *before = pci_machine_memory(BAR + 0x2004);
	uint8_t *behind = pci_machine_memory(BAR + 0x3fff);

	(void)state;
	*before = 0xabcdef01;
	assert_int_equal(memory_in(BAR + 0x2004, 4), 0xabcdef01);
	assert_int_equal(memory_in(BAR + 0x2006, 2), 0xabcd);
	memory_out(BAR + 0x3fff, 1, 0x99);
	assert_int_equal(*behind, 0x99);
	memory_out(BAR + 0x2008, 8, 0x1122334455667788);
	assert_int_equal(memory_in(BAR + 0x2008, 8), 0x1122334455667788);
}

static void test_msix_entry_is_virtual(void **state)
{
	(void)state;
	assert_int_equal(memory_in(entry_at(BAR, 0) + 12, 4), 1);
	memory_out(entry_at(BAR, 3), 8, 0x1fee02004);
	memory_out(entry_at(BAR, 3) + 8, 8, UINT64_C(0x44));
	assert_int_equal(memory_in(entry_at(BAR, 3), 4), 0xfee02004);
	assert_int_equal(memory_in(entry_at(BAR, 3) + 4, 4), 1);
	assert_int_equal(memory_in(entry_at(BAR, 3) + 8, 4), 0x44);
	assert_int_equal(memory_in(entry_at(BAR, 3) + 12, 4), 0);
	/* Not enabled: nothing has reached the device, no vector is used. */
	assert_int_equal(table_word(3, 0), 0);
	assert_int_equal(vectors_used(), 0);
	/* Accesses the specification does not know. */
	memory_out(entry_at(BAR, 3) + 8, 2, 0x99);
	assert_int_equal(memory_in(entry_at(BAR, 3) + 8, 2) & 0xffff, 0x44);
	memory_out(entry_at(BAR, 3) + 9, 4, 0x99);
	assert_int_equal(memory_in(entry_at(BAR, 3) + 8, 4), 0x44);
}

static void test_msix_enable(void **state)
{
	(void)state;
	entry_out(1, 2, 0x51);
	config_out(DEVICE, MSIX + 2, 2, 0x8000);
	assert_int_equal(config_in(DEVICE, MSIX + 2, 2),
			 0x8000 | (ENTRIES - 1));
	/* vCPU 2 is on pCPU 2, whose APIC id is 4. */
	assert_int_equal(table_word(1, 0), 0xfee04000);
	assert_int_equal(table_word(0, 3), 1);
	assert_int_equal(table_word(ENTRIES - 1, 3), 1);
	assert_int_equal(vectors_used(), 1);
	/* A conventional function behind a bridge: the id may be that one's. */
	assert_int_equal(fake_irq(2, 0x30)->source, IOMMU_ANY_SOURCE);
	assert_int_equal(fake_irq(2, 0x30)->index, 1);
	fire_entry(1);
	assert_int_equal(delivered.dest, 4);
	assert_int_equal(delivered.vector, 0x51);
	assert_int_equal(eoi_count, 1);

	memory_out(entry_at(BAR, 1) + 12, 4, 1);
	assert_int_equal(table_word(1, 3), 1);
	memory_out(entry_at(BAR, 1) + 12, 4, 0);
	assert_int_equal(table_word(1, 3), 0);
	assert_int_equal(vectors_used(), 1);

	config_out(DEVICE, MSIX + 2, 2, 0);
	assert_int_equal(pci_machine_get(device, MSIX) >> 30, 0);
	assert_int_equal(vectors_used(), 0);
	assert_int_equal(fake_irq_count, 0);
}

static void test_msix_mask_all(void **state)
{
	(void)state;
	config_out(DEVICE, MSIX + 2, 2, 0xc000);
	entry_out(0, 0, 0x52);
	assert_int_equal(pci_machine_get(device, MSIX) >> 30, 3);
	config_out(DEVICE, MSIX, 4, 0x8000u << 16);
	assert_int_equal(pci_machine_get(device, MSIX) >> 30, 2);
	fire_entry(0);
	assert_int_equal(delivered.vector, 0x52);
}

/* The message changes at once; the host vector stays. */
static void test_msix_moves(void **state)
{
	(void)state;
	config_out(DEVICE, MSIX + 2, 2, 0x8000);
	entry_out(0, 0, 0x51);
	memory_out(entry_at(BAR, 0) + 12, 4, 1);
	entry_out(0, 3, 0x61);
	assert_int_equal(vectors_used(), 1);
	assert_int_equal(table_word(0, 0), 0xfee00000);
	fire_entry(0);
	assert_int_equal(delivered.dest, 6);
	assert_int_equal(delivered.vector, 0x61);
}

static void test_msix_without_vectors(void **state)
{
	(void)state;
	config_out(DEVICE, MSIX + 2, 2, 0x8000);
	no_vectors = true;
	entry_out(0, 0, 0x51);
	assert_int_equal(table_word(0, 3), 1);
	assert_int_equal(memory_in(entry_at(BAR, 0) + 12, 4), 0);
	no_vectors = false;
	memory_out(entry_at(BAR, 0) + 12, 4, 0);
	fire_entry(0);
}

static void test_msix_enabled_before_decoding(void **state)
{
	(void)state;
	entry_out(0, 0, 0x51);
	config_out(DEVICE, PCI_COMMAND, 2, 0);
	config_out(DEVICE, MSIX + 2, 2, 0x8000);
	assert_int_equal(vectors_used(), 0);
	config_out(DEVICE, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	fire_entry(0);
	assert_int_equal(delivered.vector, 0x51);
}

static void test_msi(void **state)
{
	(void)state;
	/* One message only, whatever the device can do. */
	assert_int_equal(config_in(DEVICE, MSI + 2, 2), 0x0180);
	config_out(DEVICE, MSI + 4, 4, 0xfee02000);
	config_out(DEVICE, MSI + 8, 4, 0);
	config_out(DEVICE, MSI + 12, 2, 0x45);
	assert_int_equal(config_in(DEVICE, MSI + 4, 4), 0xfee02000);
	assert_int_equal(config_in(DEVICE, MSI + 12, 2), 0x45);
	assert_int_equal(vectors_used(), 0);
	config_out(DEVICE, MSI + 2, 2, 0x0181 | 3 << 4);
	assert_int_equal(config_in(DEVICE, MSI + 2, 2), 0x0181);
	assert_int_equal(pci_machine_get(device, MSI) >> 20 & 7, 0);
	assert_int_equal(config_in(DEVICE, MSI + 12, 1), 0x45);
	fire(pci_machine_get(device, MSI + 4),
	     pci_machine_get(device, MSI + 12));
	assert_int_equal(delivered.vector, 0x45);
	assert_int_equal(delivered.dest, 2);

	/* Rewritten while enabled: only the delivery changes. */
	config_out(DEVICE, MSI + 12, 2, 0x46);
	fire(pci_machine_get(device, MSI + 4),
	     pci_machine_get(device, MSI + 12));
	assert_int_equal(delivered.vector, 0x46);
	/* Mask bits are the device's. */
	config_out(DEVICE, MSI + 16, 4, 1);
	assert_int_equal(pci_machine_get(device, MSI + 16), 1);

	config_out(DEVICE, MSI + 2, 2, 0);
	assert_int_equal(pci_machine_get(device, MSI) >> 16 & 1, 0);
	assert_int_equal(vectors_used(), 0);
}

static void test_firmware_interrupts_are_stopped(void **state)
{
	struct pci_machine_function *f = pci_machine_add(0x20, 0x1);

	(void)state;
	pci_machine_add_msi(f, MSI, 1);
	(void)config_in(0x20, 0, 4);
	assert_int_equal(pci_machine_get(f, MSI) >> 16, 0);
}

/* Reset by the domain: the device forgets, the domain's words are kept. */
static void test_restore(void **state)
{
	(void)state;
	config_out(DEVICE, MSIX + 2, 2, 0x8000);
	entry_out(2, 1, 0x55);
	pci_write(DEVICE, MSIX + 2, 2, 0);
	memset(pci_machine_memory(BAR), 0, 0x8000);
	config_out(DEVICE, MSIX + 2, 2, 0x8000);
	fire_entry(2);
}

static void test_removed_and_found_again(void **state)
{
	(void)state;
	config_out(DEVICE, MSIX + 2, 2, 0x8000);
	entry_out(2, 1, 0x55);
	vpci_removed(d, DEVICE);
	vpci_removed(d, DEVICE);
	assert_int_equal(vectors_used(), 0);
	assert_null(mmio_at(BAR + TABLE));
	fake_quiesce();
	assert_int_equal(config_in(DEVICE, 0, 4), 0x12348086);
	assert_non_null(mmio_at(BAR + TABLE));
	assert_int_equal(memory_in(entry_at(BAR, 2) + 8, 4), 0);
}

/* Another device in the slot is noticed by its identity, and not touched. */
static void test_replaced(void **state)
{
	const uint32_t id = 0x99991111;

	(void)state;
	config_out(DEVICE, MSIX + 2, 2, 0x8000);
	entry_out(2, 1, 0x55);
	device->gone = true;
	assert_int_equal(config_in(DEVICE, 0, 4), UINT32_MAX);
	assert_int_equal(vectors_used(), 1);
	device->gone = false;
	device->msix = 0;
	device->config[PCI_STATUS] = 0;
	memcpy(device->config, &id, sizeof(id));
	assert_int_equal(config_in(DEVICE, 0, 4), id);
	assert_int_equal(vectors_used(), 0);
	assert_null(mmio_at(BAR + TABLE));
	assert_int_equal(pci_machine_get(device, MSIX) >> 31, 1);
}

static void test_no_memory(void **state)
{
	struct pci_machine_function *f = pci_machine_add(0x20, 0x1);

	(void)state;
	pci_machine_add_msix(f, MSIX, 4, 0, 0);
	fake_alloc_fail_after(1); /* the table of entries */
	assert_int_equal(config_in(0x20, 0, 4), UINT32_MAX);
	fake_alloc_fail_after(-1);
	assert_int_equal(config_in(0x20, 0, 4), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ports),
		TEST(test_reset_port),
		TEST(test_memory),
		TEST(test_hidden),
		TEST(test_bar_sizing),
		TEST(test_table_pages_follow_the_bar),
		TEST(test_bar_on_ram_is_not_followed),
		TEST(test_rest_of_the_pages_is_the_devices),
		TEST(test_msix_entry_is_virtual),
		TEST(test_msix_enable),
		TEST(test_msix_mask_all),
		TEST(test_msix_moves),
		TEST(test_msix_without_vectors),
		TEST(test_msix_enabled_before_decoding),
		TEST(test_msi),
		TEST(test_firmware_interrupts_are_stopped),
		TEST(test_restore),
		TEST(test_removed_and_found_again),
		TEST(test_replaced),
		TEST(test_no_memory),
	};

	return cmocka_run_group_tests_name("vpci", tests, NULL, NULL);
}
