/* SPDX-License-Identifier: MIT */
/*
 * Put before libcorbel by LD_PRELOAD: a host that is made up, with one of each kind
 * that the commands print differently. tests/checks/schemas looks at what they say.
 */
#include "libctl/corbel.h"

#include <stdlib.h>
#include <string.h>

#include <xen/trace.h>

static struct corbel *const handle = (struct corbel *)"";
static const struct corbel_error no_error;

int corbel_open(struct corbel **c)
{
	*c = handle;
	return 0;
}

void corbel_close(struct corbel *c)
{
	(void)c;
}

void corbel_set_progress(struct corbel *c, corbel_progress_t call,
			 void *context)
{
	(void)c;
	(void)call;
	(void)context;
}

const struct corbel_error *corbel_error(const struct corbel *c)
{
	(void)c;
	return &no_error;
}

/* A copy for who frees it. */
static int give(const void *list, size_t size, size_t of, void **out,
		size_t *count)
{
	*out = malloc(size);
	memcpy(*out, list, size);
	*count = size / of;
	return 0;
}

#define GIVE(list, out, count)                                                 \
	give(list, sizeof(list), sizeof((list)[0]), (void **)(out), count)

/* ---- domains ---- */

static const struct corbel_info domains[] = {
	{ .domid = 0,
	  .name = "Domain-0",
	  .pool = "Pool-0",
	  .state = CORBEL_STATE_RUNNING,
	  .vcpus = 2,
	  .vcpus_online = 2,
	  .memory_kib = 1 << 20,
	  .memory_max_kib = UINT64_MAX,
	  .cpu_ns = UINT64_MAX,
	  .steal_ns = UINT64_MAX,
	  .events = UINT64_MAX,
	  .store_requests = UINT64_MAX,
	  .store_held_ns = UINT64_MAX },
	{ .domid = 1,
	  .name = "quote\" \\ \n \xff",
	  .uuid = { 1, 0xff },
	  .pool = "batch",
	  .state = CORBEL_STATE_BLOCKED,
	  .vcpus = 128,
	  .memory_max_kib = 1 << 18 },
	{ .domid = 2, .name = "paused", .state = CORBEL_STATE_PAUSED },
	{ .domid = 3,
	  .name = "stopped",
	  .state = CORBEL_STATE_SHUTDOWN,
	  .shutdown_reason = 1 },
	{ .domid = 4,
	  .name = "crashed",
	  .state = CORBEL_STATE_CRASHED,
	  .shutdown_reason = 3 },
	{ .domid = 5, .name = "asleep", .state = CORBEL_STATE_SUSPENDED },
	{ .domid = 6, .state = CORBEL_STATE_DYING },
};

int corbel_list(struct corbel *c, struct corbel_info **list, size_t *count)
{
	(void)c;
	return GIVE(domains, list, count);
}

/* Their names are their numbers here. */
int corbel_find(struct corbel *c, const char *name, uint32_t *domid)
{
	(void)c;
	*domid = (uint32_t)strtoul(name, NULL, 10);
	return 0;
}

int corbel_info(struct corbel *c, uint32_t domid, struct corbel_info *info)
{
	(void)c;
	*info = domains[domid];
	return 0;
}

int corbel_vcpus(struct corbel *c, uint32_t domid, struct corbel_vcpu **list,
		 size_t *count)
{
	const struct corbel_vcpu vcpus[] = {
		{ .domid = domid,
		  .online = true,
		  .running = true,
		  .affinity = { { 3 } },
		  .cpu_ns = UINT64_MAX },
		{ .domid = domid, .id = 1, .online = true, .blocked = true },
		{ .domid = domid, .id = 2, .online = true, .events = 1 },
		{ .domid = domid, .id = 3, .affinity = { { 1 } } },
	};

	(void)c;
	return GIVE(vcpus, list, count);
}

bool fake_bare; /* guests have no devices */

int corbel_devices(struct corbel *c, uint32_t domid,
		   struct corbel_device **list, size_t *count)
{
	static const struct corbel_device devices[] = {
		{ CORBEL_DEVICE_DISK, 51712, "xvda", "/a", true, false, true },
		{ CORBEL_DEVICE_DISK, 51728, "xvdb", "", false, true, false },
		{ CORBEL_DEVICE_NIC, 0, "00:16:3e:01:02:03", "br0", true, false,
		  false },
	};

	(void)c;
	(void)domid;
	if (fake_bare) {
		*list = NULL;
		*count = 0;
		return 0;
	}
	return GIVE(devices, list, count);
}

int corbel_sched_get(struct corbel *c, uint32_t domid,
		     struct corbel_sched *sched)
{
	(void)c;
	(void)domid;
	*sched = (struct corbel_sched){ 256, 150 };
	return 0;
}

/* ---- the host ---- */

int corbel_definitions(struct corbel *c, struct corbel_definition **list,
		       size_t *count)
{
	static const struct corbel_definition defined[] = {
		{ .name = "off", .uuid = { 2 }, .vcpus = 1, .memory_kib = 1 },
		{ .name = "windows", .uuid = { 3 }, .hvm = true },
		{ .name = "broken", .autostart = true, .problem = "no XML" },
	};

	(void)c;
	return GIVE(defined, list, count);
}

int corbel_pools(struct corbel *c, struct corbel_pool **list, size_t *count)
{
	static const struct corbel_pool pools[] = {
		{ 0, "Pool-0", { { 1 } }, 6 },
		{ 1, "batch", { { 2 } }, 1 },
	};

	(void)c;
	return GIVE(pools, list, count);
}

/* ---- a trace: one of each record ---- */

#define RECORD(event, words) (event) | (uint32_t)(words) << TRACE_EXTRA_SHIFT

int corbel_trace_open(struct corbel *c, uint32_t events,
		      const struct corbel_cpus *cpus,
		      struct corbel_trace **trace)
{
	(void)c;
	(void)events;
	(void)cpus;
	*trace = (struct corbel_trace *)"";
	return 0;
}

int corbel_trace_file(const struct corbel_trace *trace)
{
	(void)trace;
	return -1;
}

int corbel_trace_read(struct corbel_trace *trace, corbel_trace_take_t take,
		      void *context)
{
	static const uint32_t records[] = {
		RECORD(TRC_SCHED_CONTINUE_RUNNING, 1),
		1 << 16,
		RECORD(TRC_HVM_VMENTRY, 0),
		RECORD(TRC_HVM_VMEXIT64, 3),
		0x81,
		1,
		2,
		RECORD(TRC_HVM_VMMCALL, 2),
		32,
		4,
		RECORD(TRC_HVM_HLT, 1),
		0,
		RECORD(TRC_HVM_MSR_READ, 3),
		0x10,
		1,
		2,
		RECORD(TRC_HVM_MSR_WRITE, 3),
		0x10,
		1,
		2,
		RECORD(TRC_HVM_IOPORT_READ, 2),
		0x70,
		1,
		RECORD(TRC_HVM_IOPORT_WRITE, 2),
		0x70,
		1,
		RECORD(TRC_HVM_NPF, 6),
		0xfee00000,
		0,
		~0u,
		~0u,
		2,
		1,
		RECORD(TRC_HVM_INJ_VIRQ, 2),
		243,
		0,
		RECORD(TRC_LOST_RECORDS, 4),
		3,
		1,
		0,
		0,
		RECORD(TRC_HVM_CPUID, 3),
		1,
		2,
		3,
		RECORD(TRC_SCHED_RUNSTATE_CHANGE | 2 << 4, 1),
		1 << 16,
	};
	static bool taken;

	(void)trace;
	if (!taken) {
		taken = true;
		take(context, 0, records, sizeof(records));
	}
	return 0;
}

int corbel_trace_stop(struct corbel_trace *trace)
{
	(void)trace;
	return 0;
}

void corbel_trace_close(struct corbel_trace *trace)
{
	(void)trace;
}

int corbel_host(struct corbel *c, struct corbel_host *host)
{
	(void)c;
	*host = (struct corbel_host){
		.version = "4.17-corbel",
		.cpus = 2,
		.nodes = 1,
		.cores_per_socket = 2,
		.threads_per_core = 1,
		.cpu_khz = 2596006,
		.memory_kib = 1 << 21,
		.memory_free_kib = 1 << 20,
	};
	return 0;
}
