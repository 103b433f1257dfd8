/* SPDX-License-Identifier: MIT */
/* The table of contents: everything that happens at boot, in order. */
#include "boot/boot.h"
#include "boot/options_table.h"

#include "arch/x86/cpu.h"
#include "arch/x86/features.h"
#include "arch/x86/regs.h"
#include "arch/x86/traps.h"
#include "call/call.h"
#include "core/clock.h"
#include "core/irq.h"
#include "core/log.h"
#include "core/pcpu_watch.h"
#include "core/smp.h"
#include "dev/acpi_devices.h"
#include "dev/acpi_madt.h"
#include "dev/acpi_power.h"
#include "dev/iommu.h"
#include "dev/pci.h"
#include "dev/screen.h"
#include "domain/physmap.h"
#include "domain/runstate.h"
#include "mm/vmap.h"
#include "virt/run.h"
#include "virt/virt.h"

#define LAPIC_BASE 0xfee00000

void boot_must(int err, const char *what)
{
	if (err != 0) {
		panic("%s (error %d)\n", what, -err);
	}
}

static void say_hello(void)
{
	log_info("Corbel, started by %s on %s\n", boot_info.loader,
		 cpu_features.model_name);
	log_info("options: %s\n", boot_info.cmdline);
	log_info("hypervisor memory: %lu KiB at %#lx\n",
		 (boot_region.size >> 10), boot_region.start);
}

static void log_to_screen(const struct boot_framebuffer *f)
{
	const struct screen_mode mode = {
		.base = maddr(f->base),
		.pitch = f->pitch,
		.width = f->width,
		.height = f->height,
		.bpp = f->bpp,
		.is_text = f->type == BOOT_FRAMEBUFFER_TEXT,
	};

	if (f->present && f->type != BOOT_FRAMEBUFFER_INDEXED &&
	    !screen_init(&mode)) {
		log_warning("screen of %u x %u, %u bits: not used\n", f->width,
			    f->height, f->bpp);
	}
}

static void first_cpu(void)
{
	const bool x2apic = cpu_features.x2apic;
	void *registers = mm_map_device(maddr(LAPIC_BASE), PAGE_SIZE);

	traps_init();
	lapic_init(registers, x2apic);

	struct pcpu *p = smp_create(0, 0);

	if (p == NULL) {
		panic("no memory for the first CPU\n");
	}
	cpu_load(p);
	lapic_cpu_init();
	p->apic_id = lapic_id();
	pcpu_count = 1;
}

static void read_acpi(void)
{
	boot_must(acpi_init(maddr(boot_info.rsdp)), "no ACPI tables found");
	boot_must(acpi_madt_init(),
		  "no MADT: cannot find the interrupt controllers");
	boot_must(acpi_power_init(), "no FADT");
	acpi_devices_init();
}

/* Registers that the service VM must not reach. */
static void keep_devices(void)
{
	identity_keep(maddr(LAPIC_BASE), PAGE_SIZE);
	if (acpi_hpet.v != 0) {
		identity_keep(acpi_hpet, PAGE_SIZE);
	}
	for (unsigned int i = 0; i < acpi_iommu_count; i++) {
		identity_keep(acpi_iommus[i].base, acpi_iommus[i].length);
	}
}

static void virtualisation(void)
{
	if (!cpu_features.svm || !cpu_features.svm_npt) {
		panic("this CPU (%s) has no AMD SVM with nested paging, or the "
		      "firmware turned it off; Intel VT-x comes later\n",
		      cpu_features.vendor);
	}
	virt = &virt_ops_svm;
	p2m_format = &p2m_format_npt;
	boot_must(virt->cpu_enable(), "virtualisation cannot be turned on");
}

/* On a stack with a guard page, where call chains can be followed. */
static noreturn void boot_on_own_stack(void)
{
	const char *service_arguments = options_read(boot_info.cmdline);

	say_hello();
	log_to_screen(&boot_info.framebuffer);
	mitigations_init();
	mitigations_cpu_init();
	mce_cpu_init();
	read_acpi();
	clock_init();
	log_info("TSC %u kHz, APIC timer %u kHz\n", clock_scale.tsc_khz,
		 clock_apic_khz);
	pci_init();
	keep_devices();
	virtualisation();
	processors_start();
	platform_op_init();
	xen_version_commandline = boot_info.cmdline;
	pcpu_watch_start();
	debug_domain_init();
	machine_power_init();
	iommu_init(option_iommu);
	service_vm_start(&boot_info, &boot_region, service_arguments);
	serial_console_init();
	screen_release(); /* it is the service VM's */
	processors_release();
	run_loop();
}

void boot_main(void)
{
	first_cpu();
	cpu_leave_stack(boot_on_own_stack);
}
