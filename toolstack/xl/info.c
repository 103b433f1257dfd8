/* SPDX-License-Identifier: MIT */
/*
 * xl info.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "toolstack/xl/xl.h"

static void put(const char *name, const char *text)
{
	printf("%-23s: %s\n", name, text);
}

static void put_number(const char *name, uint64_t number)
{
	printf("%-23s: %" PRIu64 "\n", name, number);
}

/* "4.17.0-corbel", of which the first two are numbers of their own. */
static void put_version(const char *version)
{
	unsigned int major = 0, minor = 0;
	int rest = 0;

	(void)sscanf(version, "%u.%u%n", &major, &minor, &rest);
	put_number("xen_major", major);
	put_number("xen_minor", minor);
	put("xen_extra", version + rest);
	put("xen_version", version);
	printf("%-23s: hvm-%u.%u-x86_32 hvm-%u.%u-x86_32p hvm-%u.%u-x86_64\n",
	       "xen_caps", major, minor, major, minor, major, minor);
	put("xen_scheduler", "credit2");
	put_number("xen_pagesize", 4096);
	put("xend_config_format", "4");
}

static void put_machine(const struct corbel_host *host)
{
	put_number("nr_cpus", host->cpus);
	put_number("max_cpu_id", host->cpus - 1);
	put_number("nr_nodes", host->nodes);
	put_number("cores_per_socket", host->cores_per_socket);
	put_number("threads_per_core", host->threads_per_core);
	printf("%-23s: %u.%03u\n", "cpu_mhz", host->cpu_khz / 1000,
	       host->cpu_khz % 1000);
	put("virt_caps", "hvm hap gnttab_v1");
	put_number("total_memory", host->memory_kib / 1024);
	put_number("free_memory", host->memory_free_kib / 1024);
}

/* Each pCPU is a core of one socket, all memory one node (sysctl's answers). */
static void put_numa(const struct corbel_host *host)
{
	printf("cpu_topology           :\n"
	       "cpu:    core    socket     node\n");
	for (unsigned int i = 0; i < host->cpus; i++) {
		printf("%3u:    %4u     %4u     %4u\n", i, i, 0u, 0u);
	}
	printf("numa_info              :\n"
	       "node:    memsize    memfree    distances\n"
	       "%4u:    %6" PRIu64 "     %6" PRIu64 "      10\n",
	       0u, host->memory_kib / 1024, host->memory_free_kib / 1024);
}

int xl_info(struct corbel *c, const struct arguments *a)
{
	struct corbel_host host;
	struct utsname name;

	if (corbel_host(c, &host) != 0) {
		return report_failure(c);
	}
	if (uname(&name) == 0) {
		put("host", name.nodename);
		put("release", name.release);
		put("version", name.version);
		put("machine", name.machine);
	}
	put_machine(&host);
	if (a->given[OPTION_NUMA]) {
		put_numa(&host);
	}
	put_version(host.version);
	return EXIT_OK;
}
