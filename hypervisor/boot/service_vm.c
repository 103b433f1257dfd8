/* SPDX-License-Identifier: MIT */
/*
 * The service VM: domain 0, PVH, RAM mapped one to one.
 *
 * Its first code is our loader (svcvm/loader), which runs as a guest and unpacks
 * the kernel: no image is parsed here. The boot modules are handed over where
 * the boot loader put them.
 */
#include "boot/boot.h"

#include "boot/options_table.h"
#include "boot/service_map.h"
#include "core/clock.h"
#include "core/log.h"
#include "dev/acpi.h"
#include "dev/iommu.h"
#include "domain/grant.h"
#include "domain/guest_copy.h"
#include "domain/memory_map.h"
#include "domain/p2m.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "svcvm/loader/loader.h"
#include "virt/guest.h"
#include "virt/vdev/machine.h"
#include "virt/virt.h"

/* Everything the loader is told, in one piece of guest memory. */
struct start_block {
	struct hvm_start_info info;
	struct hvm_modlist_entry modules[BOOT_MODULES_MAX];
	struct hvm_memmap_table_entry map[RANGES_MAX];
	char arguments[BOOT_CMDLINE_MAX];
	char kernel_cmdline[BOOT_CMDLINE_MAX];
};

extern const char loader_start[];
extern const char loader_end[];

static_assert(sizeof(struct start_block) <= LOADER_ALIGN,
	      "it lies below the loader, in one alignment unit");

static struct service_map service;
static struct start_block block;

/* The largest page that fits at `f` with `left` frames to go. */
static unsigned int order_at(uint64_t f, uint64_t left)
{
	for (unsigned int order = P2M_ORDER_1G; order > 0; order -= 9) {
		if ((f & (BIT(order) - 1)) == 0 && left >= BIT(order)) {
			return order;
		}
	}
	return P2M_ORDER_4K;
}

static void map_ram(struct domain *d, const struct range *r)
{
	uint64_t f = r->start >> PAGE_SHIFT;
	const uint64_t end = (r->start + r->size) >> PAGE_SHIFT;

	frames_assign(mfn(f), end - f, d->id);
	d->frame_count += end - f;
	while (f < end) {
		const unsigned int order = order_at(f, end - f);

		boot_must(p2m_map(d, gfn(f), mfn(f), order, P2M_RAM_RW),
			  "service VM: no memory for its nested page tables");
		f += BIT(order);
	}
}

static void add_to_pool(uint64_t start, uint64_t size)
{
	frames_add_pool(mfn(start >> PAGE_SHIFT), size >> PAGE_SHIFT);
}

/* RAM that is neither ours nor the service VM's goes to the pool for guests. */
static void fill_pool(const struct boot_region *r)
{
	frames_keep(mfn(r->start >> PAGE_SHIFT), r->size >> PAGE_SHIFT);
	add_to_pool(r->start + r->size, r->hole_size - r->size);
	for (unsigned int i = 0; i < service.spare.count; i++) {
		if (service.spare.at[i].type == RANGE_RAM) {
			add_to_pool(service.spare.at[i].start,
				    service.spare.at[i].size);
		}
	}
}

static void write_guest(struct domain *d, uint64_t at, const void *src,
			size_t len)
{
	boot_must(guest_phys_write(d, gaddr(at), src, len),
		  "service VM: its memory cannot be written");
}

static void fill_block(const struct boot_info *b, uint64_t at, uint64_t rsdp,
		       const char *arguments)
{
	block.info = (struct hvm_start_info){
		.magic = XEN_HVM_START_MAGIC_VALUE,
		.version = 1,
		.flags = SIF_PRIVILEGED | SIF_INITDOMAIN,
		.nr_modules = b->module_count,
		.modlist_paddr = at + offsetof(struct start_block, modules),
		.cmdline_paddr = at + offsetof(struct start_block, arguments),
		.rsdp_paddr = rsdp,
		.memmap_paddr = at + offsetof(struct start_block, map),
		.memmap_entries = service.map.count,
	};
	for (unsigned int i = 0; i < b->module_count; i++) {
		block.modules[i].paddr = b->modules[i].start;
		block.modules[i].size = b->modules[i].size;
	}
	block.modules[0].cmdline_paddr =
		at + offsetof(struct start_block, kernel_cmdline);
	for (unsigned int i = 0; i < service.map.count; i++) {
		block.map[i].addr = service.map.at[i].start;
		block.map[i].size = service.map.at[i].size;
		block.map[i].type = service.map.at[i].type;
	}
	if (arguments != NULL) {
		memcpy(block.arguments, arguments,
		       min_u64(strlen(arguments), BOOT_CMDLINE_MAX - 1));
	}
	memcpy(block.kernel_cmdline, b->kernel_cmdline, BOOT_CMDLINE_MAX);
}

/* For kernels that ask (XENMEM_memory_map) instead of reading the table. */
static void keep_map(struct domain *d)
{
	struct memory_map *m = domain_alloc(d, sizeof(*m));

	boot_must(m == NULL ? -XEN_ENOMEM : 0,
		  "service VM: no memory for its memory map");
	for (unsigned int i = 0; i < service.map.count; i++) {
		m->entry[i].start = service.map.at[i].start;
		m->entry[i].size = service.map.at[i].size;
		m->entry[i].type = service.map.at[i].type;
	}
	m->count = service.map.count;
	d->memory_map = m;
}

static uint64_t take(uint64_t size, uint64_t align, uint32_t type,
		     const char *what)
{
	const uint64_t at = service_map_take(&service, size, align, type);

	if (at == 0) {
		panic("service VM: no room for %s\n", what);
	}
	return at;
}

/* Memory, tables and the loader; the first vCPU at its entry. */
static void load(struct domain *d, const struct boot_info *b,
		 const char *arguments)
{
	const struct loader_header *header = (const void *)loader_start;
	const uint64_t acpi = take(LOADER_ACPI_SIZE, PAGE_SIZE, RANGE_ACPI,
				   "its ACPI tables");

	for (unsigned int i = 0; i < service.map.count; i++) {
		if (service.map.at[i].type == RANGE_RAM ||
		    service.map.at[i].start == acpi) {
			map_ram(d, &service.map.at[i]);
		}
	}

	/* One piece: the start block, and the loader at the next alignment.
	 * The loader sees both as RAM and moves what it still needs. */
	const uint64_t info = take(LOADER_ALIGN + header->total_size,
				   LOADER_ALIGN, RANGE_RAM, "the loader");
	const uint64_t loader = info + LOADER_ALIGN;

	fill_block(b, info, acpi, arguments);
	write_guest(d, acpi, &acpi_root, sizeof(acpi_root));
	write_guest(d, info, &block, sizeof(block));
	write_guest(d, loader, loader_start,
		    (size_t)(loader_end - loader_start));
	virt->start_pvh(d->vcpus[0], (uint32_t)loader, (uint32_t)info);
}

static struct domain *create(void)
{
	const struct domain_config config = {
		.privileged = option_svcvm_privileged,
		.vcpus = option_svcvm_vcpus != 0 ? option_svcvm_vcpus
						 : pcpu_count,
		.event_ports = DOMAIN_EVENT_PORTS,
		.grant_frames = DOMAIN_GRANT_FRAMES,
		.grant_mappings = GRANT_MAPPINGS_MAX,
	};
	struct domain *d;

	boot_must(guest_create(&config, &d), "service VM: no memory for it");
	d->one_to_one = true;
	d->sched.weight = option_svcvm_weight;
	d->frame_max = UINT64_MAX;
	return d;
}

void service_vm_start(const struct boot_info *b, const struct boot_region *r,
		      const char *arguments)
{
	if (b->module_count == 0) {
		panic("no service VM: the boot loader passed no module (its "
		      "kernel, then its initramfs)\n");
	}

	struct domain *d = create();
	struct iommu_space *dma = iommu_space_create();

	p2m_set_dma(d, dma);
	service_map_build(b, r, option_svcvm_mem, &service);
	load(d, b, arguments);
	keep_map(d);
	fill_pool(r);
	iommu_start(dma);
	service_ports_init(d);
	boot_must(vpci_create(d), "service VM: no memory for its PCI");
	d->state = DOMAIN_RUNNING;
	boot_must(domain_publish(d), "service VM: there is one already");
	log_info("service VM: %lu MiB, %u vCPUs, started at %lu ms\n",
		 (ranges_size(&service.map, RANGE_RAM) >> 20), d->vcpu_count,
		 (clock_now() / 1000000));
	d->vcpus[0]->wait = WAIT_NOTHING;
	sched_wake(&d->vcpus[0]->unit);
}
