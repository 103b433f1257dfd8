/* SPDX-License-Identifier: MIT */
/*
 * The control calls a service VM makes: what the machine is, which domains
 * there are, the hypervisor's log, the wall clock, PCI devices it has found.
 *
 * A bug would show a tool another machine than the one it runs on, write
 * behind the end of its buffer, or change wall-clock time for nobody.
 */
#include "lib/clock.h"
#include "lib/cpu.h"
#include "lib/event.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/pci.h"
#include "lib/test.h"

#include <xen/domctl.h>

static struct xen_sysctl control;

static struct xen_sysctl *prepare(uint32_t cmd)
{
	memset(&control, 0, sizeof(control));
	control.cmd = cmd;
	control.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return &control;
}

static void check_machine(void)
{
	struct xen_sysctl_physinfo *info = &control.u.physinfo;
	unsigned cpus = (unsigned)option("cpus", 1);

	expect_eq("physinfo", hypercall_sysctl(prepare(XEN_SYSCTL_physinfo)),
		  0);
	expect_eq("CPUs", info->nr_cpus, cpus);
	expect(info->total_pages >= memory_end() / PAGE_SIZE / 2,
	       "memory in all", "%lu pages", info->total_pages);
	expect(info->free_pages <= info->total_pages, "free memory",
	       "%lu of %lu pages", info->free_pages, info->total_pages);
	expect(info->cpu_khz > 100000, "frequency", "%u kHz", info->cpu_khz);
	expect((info->capabilities & XEN_SYSCTL_PHYSCAP_hvm) != 0 &&
		       (info->capabilities & XEN_SYSCTL_PHYSCAP_hap) != 0,
	       "it runs hardware guests", "0x%x", info->capabilities);
	prepare(XEN_SYSCTL_physinfo)->interface_version--;
	expect_eq("another interface version", hypercall_sysctl(&control),
		  -XEN_EACCES);
	expect_eq("no such control call", hypercall_sysctl(prepare(500)),
		  -XEN_ENOSYS);
}

static void check_shape(void)
{
	struct xen_sysctl_cputopoinfo *cpus = &control.u.cputopoinfo;
	struct xen_sysctl_numainfo *nodes = &control.u.numainfo;

	expect_eq("shape of CPUs",
		  hypercall_sysctl(prepare(XEN_SYSCTL_cputopoinfo)), 0);
	expect_eq("as many", cpus->num_cpus, (long)option("cpus", 1));
	expect_eq("memory's nodes",
		  hypercall_sysctl(prepare(XEN_SYSCTL_numainfo)), 0);
	expect(nodes->num_nodes >= 1, "one or more", "%u", nodes->num_nodes);
	expect_eq("scheduler", hypercall_sysctl(prepare(XEN_SYSCTL_sched_id)),
		  0);
}

/* The policy's leaf 1 is what a CPU says here, where CPUs do not differ. */
static void check_policy(void)
{
	static xen_cpuid_leaf_t leaves[256];
	struct xen_sysctl_cpu_policy *policy = &control.u.cpu_policy;
	uint32_t features = cpuid(1, 0).d & ~BIT(28); /* not HTT */
	uint32_t words[4] = { 0 };

	prepare(XEN_SYSCTL_get_cpu_policy);
	policy->index = XEN_SYSCTL_cpu_policy_hvm_default;
	policy->nr_leaves = 256;
	set_xen_guest_handle(policy->leaves, leaves);
	expect_eq("CPU policy", hypercall_sysctl(&control), 0);
	for (unsigned i = 0; i < policy->nr_leaves && i < 256; i++) {
		if (leaves[i].leaf == 1) {
			expect_eq("features in it", leaves[i].d & features,
				  features);
		}
	}
	prepare(XEN_SYSCTL_get_cpu_featureset);
	control.u.cpu_featureset.index = XEN_SYSCTL_cpu_featureset_hvm;
	control.u.cpu_featureset.nr_features = 4;
	set_xen_guest_handle(control.u.cpu_featureset.features, words);
	hypercall_sysctl(&control); /* there are more than four */
	expect_eq("features in the set", words[0] & features, features);
}

static void check_domains(void)
{
	static struct xen_domctl_getdomaininfo domains[4];
	struct xen_sysctl_getdomaininfolist *list =
		&control.u.getdomaininfolist;
	domid_t self = DOMID_SELF;
	long pages = hypercall_memory(XENMEM_current_reservation, &self);

	memset(domains, 0x7f, sizeof(domains));
	prepare(XEN_SYSCTL_getdomaininfolist);
	list->max_domains = 4;
	set_xen_guest_handle(list->buffer, domains);
	expect_eq("list of domains", hypercall_sysctl(&control), 0);
	if (!expect_eq("there is one", list->num_domains, 1)) {
		return;
	}
	expect_eq("its number", domains[0].domain, 0);
	expect((domains[0].flags & XEN_DOMINF_hvm_guest) != 0 &&
		       (domains[0].flags & XEN_DOMINF_running) != 0,
	       "it runs", "flags 0x%x", domains[0].flags);
	expect_eq("its memory", (long)domains[0].tot_pages, pages);
	expect(domains[0].nr_online_vcpus >= 1, "its vCPUs", "%u",
	       domains[0].nr_online_vcpus);
	expect(domains[0].cpu_time > 0, "its time", "%lu ns",
	       domains[0].cpu_time);
	expect_eq("the next entry is untouched", domains[1].domain, 0x7f7f);
	set_xen_guest_handle(list->buffer, NOWHERE);
	list->first_domain = 0;
	list->max_domains = 4;
	expect_eq("list to nowhere", hypercall_sysctl(&control), -XEN_EFAULT);
}

static void check_log(void)
{
	static char text[32768];
	struct xen_sysctl_readconsole *log = &control.u.readconsole;

	prepare(XEN_SYSCTL_readconsole);
	set_xen_guest_handle(log->buffer, text);
	log->count = sizeof(text) - 1;
	expect_eq("read the log", hypercall_sysctl(&control), 0);
	expect(log->count > 100 && log->count < sizeof(text), "it has text",
	       "%u bytes", log->count);
	text[log->count < sizeof(text) ? log->count : 0] = '\0';
	expect(strlen(text) == log->count, "and only text", "%lu of %u bytes",
	       strlen(text), log->count);
	prepare(XEN_SYSCTL_readconsole);
	memset(text, 0x7f, 100);
	set_xen_guest_handle(log->buffer, text);
	log->count = 10;
	expect_eq("read ten bytes", hypercall_sysctl(&control), 0);
	expect(log->count <= 10 && text[10] == 0x7f, "no more than ten",
	       "%u bytes", log->count);
}

/* Debug key w walks the hypervisor's page tables and counts frames of domains
 * that they map. None may be outside the windows, however much the hypervisor
 * has read and written for us. */
static void check_no_direct_map(void)
{
	static char text[32768];
	struct xen_sysctl_readconsole *log = &control.u.readconsole;
	static char key = 'w';

	prepare(XEN_SYSCTL_debug_keys);
	set_xen_guest_handle(control.u.debug_keys.keys, &key);
	control.u.debug_keys.nr_keys = 1;
	expect_eq("debug key w", hypercall_sysctl(&control), 0);
	prepare(XEN_SYSCTL_readconsole);
	set_xen_guest_handle(log->buffer, text);
	log->count = sizeof(text) - 1;
	expect_eq("read its answer", hypercall_sysctl(&control), 0);
	text[log->count < sizeof(text) ? log->count : 0] = '\0';
	expect(strstr(text, "guests' pages in windows: ") != NULL,
	       "windows are counted", "no such line");
	expect(strstr(text, "guests' pages mapped elsewhere: 0\n") != NULL,
	       "no frame of a domain is mapped elsewhere", "no such line");
}

static uint64_t wall_seconds(void)
{
	uint32_t version;
	uint64_t seconds;

	do {
		version = shared_info->wc_version;
		barrier();
		seconds = (uint64_t)shared_info->wc_sec_hi << 32 |
			  shared_info->wc_sec;
		barrier();
	} while ((version & 1) != 0 || version != shared_info->wc_version);
	return seconds;
}

static void check_wall_clock(void)
{
	uint32_t version = shared_info->wc_version;
	uint64_t now = clock_now();
	struct xen_platform_op op = {
		.cmd = XENPF_settime64,
		.interface_version = XENPF_INTERFACE_VERSION,
	};
	uint64_t wall;

	op.u.settime64.secs = 2000000000;
	op.u.settime64.system_time = now;
	expect_eq("set the wall clock", hypercall_platform(&op), 0);
	wall = wall_seconds() + now / SECOND;
	expect(wall >= 1999999998 && wall <= 2000000002, "it is set", "%lu s",
	       wall);
	expect(shared_info->wc_version != version, "its version changed", "%u",
	       version);
	op.u.settime64.mbz = 1;
	expect(hypercall_platform(&op) < 0, "reserved field set", "accepted");
}

static void check_cpus(void)
{
	struct xen_platform_op op = {
		.cmd = XENPF_get_cpuinfo,
		.interface_version = XENPF_INTERFACE_VERSION,
	};

	expect_eq("pCPU 0", hypercall_platform(&op), 0);
	expect((op.u.pcpu_info.flags & XEN_PCPU_FLAGS_ONLINE) != 0,
	       "it is online", "flags 0x%x", op.u.pcpu_info.flags);
	expect_eq("number of the last one", op.u.pcpu_info.max_present,
		  (long)option("cpus", 1) - 1);
	op.u.pcpu_info.xen_cpuid = 200;
	expect(hypercall_platform(&op) != 0 ||
		       (op.u.pcpu_info.flags & XEN_PCPU_FLAGS_INVALID) != 0,
	       "pCPU 200", "flags 0x%x", op.u.pcpu_info.flags);
	op.cmd = 200;
	expect_eq("no such platform call", hypercall_platform(&op),
		  -XEN_ENOSYS);
}

static void check_devices(void)
{
	struct physdev_pci_device_add add = { .devfn = 0 };
	struct physdev_pci_device device = { .devfn = 0 };

	expect_eq("a PCI device is announced",
		  hypercall_physdev(PHYSDEVOP_pci_device_add, &add), 0);
	if (on_peer()) {
		skip("and taken back", "then it is hidden");
		return;
	}
	expect_eq("and taken back",
		  hypercall_physdev(PHYSDEVOP_pci_device_remove, &device), 0);
	expect(pci_read(0, 0) != PCI_NONE, "it is still there", "all ones");
}

static void check_console(void)
{
	char text[16];

	memset(text, 0x7f, sizeof(text));
	expect_eq("no console input",
		  hypercall_console(CONSOLEIO_read, sizeof(text), text), 0);
	expect_eq("nothing was written", text[0], 0x7f);
}

void guest_main(void)
{
	event_init();
	check_machine();
	check_shape();
	check_policy();
	check_domains();
	check_log();
	check_no_direct_map();
	check_wall_clock();
	check_cpus();
	check_devices();
	check_console();
}
