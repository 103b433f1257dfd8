/* SPDX-License-Identifier: MIT */
#include "boot/boot.h"

#include "arch/x86/hooks.h"
#include "arch/x86/lapic.h"
#include "boot/options_table.h"
#include "core/smp.h"
#include "dev/acpi_madt.h"
#include "virt/run.h"
#include "virt/virt.h"

#define TRAMPOLINE_HIGHEST 0x9e000

static bool released;

static void ap_main(void)
{
	if (virt->cpu_enable() != 0) {
		panic("pCPU %u: virtualisation cannot be turned on\n",
		      this_cpu());
	}
	while (!load_acquire(&released)) {
		cpu_pause();
	}
	run_loop();
}

static void start_one(const struct acpi_cpu *cpu, void *context)
{
	const uint64_t page = *(const uint64_t *)context;
	const unsigned int limit =
		option_max_cpus != 0 ? option_max_cpus : MAX_CPUS;

	if (cpu->apic_id == lapic_id() || pcpu_count >= limit) {
		return;
	}
	if (cpu->apic_id > 0xff && !lapic_is_x2apic()) {
		log_warning("CPU with APIC id %u needs x2APIC: left alone\n",
			    cpu->apic_id);
		return;
	}
	if (smp_start(cpu->apic_id, page, ap_main) != 0) {
		log_warning("CPU with APIC id %u does not start\n",
			    cpu->apic_id);
	}
}

void processors_start(void)
{
	/* A page for a moment: nothing is placed below 1 MiB yet. */
	uint64_t page = ranges_place(&boot_info.map, PAGE_SIZE, PAGE_SIZE,
				     PAGE_SIZE, TRAMPOLINE_HIGHEST);

	if (page == 0) {
		log_warning("no page below 640 KiB: one CPU only\n");
		return;
	}
	acpi_madt_cpus(start_one, &page);
	log_info("%u pCPUs, %s\n", pcpu_count,
		 lapic_is_x2apic() ? "x2APIC" : "xAPIC");
}

void processors_release(void)
{
	store_release(&released, true);
}
