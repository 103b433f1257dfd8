/* SPDX-License-Identifier: MIT */
#include "boot/options_table.h"

#include "core/log.h"
#include "core/panic.h"
#include "core/pcpu_watch.h"
#include "core/sched.h"
#include "lib/options.h"
#include "lib/printf.h"

uint64_t option_svcvm_mem;
uint32_t option_svcvm_vcpus;
uint32_t option_svcvm_weight = 4 * SCHED_WEIGHT_DEFAULT;
bool option_svcvm_privileged = true;
uint32_t option_svcvm_crash = SVCVM_CRASH_STOP;
uint32_t option_max_cpus;
bool option_iommu = true;
bool option_reboot = true;

static const struct option table[] = {
	OPTION_FLAG("iommu", &option_iommu,
		    "no-iommu: devices reach all of memory"),
	OPTION_ENUM("loglevel", &log_level_max,
		    "error|warning|info|debug|guest",
		    "least important lines that are logged [info]"),
	OPTION_UINT("maxcpus", &option_max_cpus, 1, 256,
		    "physical CPUs to use [all]"),
	OPTION_ENUM("panic", &panic_policy, "reboot|halt",
		    "after a crash of the hypervisor [halt]"),
	OPTION_FLAG("reboot", &option_reboot,
		    "no-reboot: stop where the machine would reboot"),
	OPTION_ENUM("svcvm_crash", &option_svcvm_crash, "stop|reboot|poweroff",
		    "after a crash of the service VM [stop]"),
	OPTION_SIZE("svcvm_mem", &option_svcvm_mem, MIB(16), UINT64_MAX,
		    "memory of the service VM [all that is left]"),
	OPTION_FLAG("svcvm_privileged", &option_svcvm_privileged,
		    "no-svcvm_privileged: it gets a plain guest's calls only"),
	OPTION_UINT("svcvm_vcpus", &option_svcvm_vcpus, 1, 128,
		    "vCPUs of the service VM [as many as physical CPUs]"),
	OPTION_UINT("svcvm_weight", &option_svcvm_weight, 1, SCHED_WEIGHT_MAX,
		    "its share of busy pCPUs; a guest has 256 [1024]"),
	OPTION_FLAG("watchdog", &pcpu_watch_wanted,
		    "no-watchdog: do not look for stuck pCPUs"),
};

static void say(const char *fmt, ...)
{
	char line[160];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	log_warning("%s\n", line);
}

const char *options_read(const char *line)
{
	return options_parse(table, ARRAY_SIZE(table), line, say);
}
