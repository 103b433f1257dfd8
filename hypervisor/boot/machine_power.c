/* SPDX-License-Identifier: MIT */
/*
 * What happens to the machine when the service VM stops: it goes with it. This
 * is the one place to change when the service VM is restarted under running
 * guests instead.
 */
#include "boot/boot.h"

#include "arch/x86/hooks.h"
#include "boot/options_table.h"
#include "core/panic.h"
#include "dev/acpi_power.h"
#include "domain/event.h"

static noreturn void stop_here(const char *why)
{
	log_error("machine stopped: %s\n", why);
	/* Or its neighbour would report it as stuck. */
	quiesce_rest_begin();
	for (;;) {
		__asm__ volatile("cli; hlt");
	}
}

static noreturn void reboot(void)
{
	if (!option_reboot) {
		stop_here("a reboot is due and option no-reboot is set");
	}
	log_info("machine reboots\n");
	acpi_power_reset();
}

static noreturn void power_off(void)
{
	log_info("machine powers off\n");
	acpi_power_off();
	stop_here("the firmware did not turn the power off");
}

static noreturn void service_vm_crashed(void)
{
	switch ((enum svcvm_crash)option_svcvm_crash) {
	case SVCVM_CRASH_REBOOT:
		reboot();
	case SVCVM_CRASH_OFF:
		power_off();
	case SVCVM_CRASH_STOP:
		break;
	}
	stop_here("the service VM crashed (option svcvm_crash=reboot or "
		  "poweroff does something else)");
}

static void stopped(struct domain *d)
{
	if (d->id != 0) {
		event_virq_service(VIRQ_DOM_EXC);
		return;
	}
	log_info("service VM stopped, reason %u\n", d->shutdown_reason);
	switch (d->shutdown_reason) {
	case SHUTDOWN_poweroff:
		power_off();
	case SHUTDOWN_reboot:
	case SHUTDOWN_soft_reset:
		reboot();
	case SHUTDOWN_watchdog:
	case SHUTDOWN_crash:
	default:
		service_vm_crashed();
	}
}

void machine_power_init(void)
{
	domain_stopped_hook = stopped;
	panic_reboot = acpi_power_reset;
}
