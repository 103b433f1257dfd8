/* SPDX-License-Identifier: MIT */
/*
 * Figures in Prometheus' text format: of each domain what the hypervisor tells,
 * of its devices what the kernel's back ends count. All lines of a metric stand
 * together, so tables say which there are.
 */
#include "toolstack/owner/metrics.h"

#include <event2/buffer.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/describe.h"
#include "toolstack/history.h"

const char *metrics_devices[METRICS_PLACES] = { "/sys/bus/xen-backend/devices",
						"/run/corbel/backends" };

static void head(struct evbuffer *out, const char *name, const char *type,
		 const char *help)
{
	evbuffer_add_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help,
			    name, type);
}

/* Names of guests that other tools made may have anything in them. */
static void add_label(struct evbuffer *out, const char *name, const char *text)
{
	evbuffer_add_printf(out, "%s=\"", name);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\') {
			evbuffer_add(out, "\\", 1);
		}
		evbuffer_add(out, *text == '\n' ? " " : text, 1);
	}
	evbuffer_add(out, "\"", 1);
}

/* "METRIC{domain="NAME",id="N"", for more labels and a value behind it. */
static void begin(struct evbuffer *out, const char *metric,
		  const struct corbel_info *info)
{
	evbuffer_add_printf(out, "%s{", metric);
	add_label(out, "domain", describe_name(info));
	evbuffer_add_printf(out, ",id=\"%" PRIu32 "\"", info->domid);
}

/* ---- domains ---- */

static double cpu_seconds(const struct corbel_info *info)
{
	return (double)info->cpu_ns / 1e9;
}

static double steal_seconds(const struct corbel_info *info)
{
	return (double)info->steal_ns / 1e9;
}

static double events(const struct corbel_info *info)
{
	return (double)info->events;
}

static double store_requests(const struct corbel_info *info)
{
	return (double)info->store_requests;
}

static double store_held_seconds(const struct corbel_info *info)
{
	return (double)info->store_held_ns / 1e9;
}

static double memory(const struct corbel_info *info)
{
	return (double)info->memory_kib * 1024;
}

static double vcpus_online(const struct corbel_info *info)
{
	return info->vcpus_online;
}

static double vcpus(const struct corbel_info *info)
{
	return info->vcpus;
}

static const struct {
	const char *name, *type, *help;
	double (*value)(const struct corbel_info *info);
} domain_metrics[] = {
	{ "corbel_domain_cpu_seconds_total", "counter",
	  "Time that its vCPUs ran.", cpu_seconds },
	{ "corbel_domain_steal_seconds_total", "counter",
	  "Time that its vCPUs could have run, but had no pCPU.",
	  steal_seconds },
	{ "corbel_domain_events_total", "counter", "Events raised for it.",
	  events },
	{ "corbel_domain_store_requests_total", "counter",
	  "Requests that it made to the store.", store_requests },
	{ "corbel_domain_store_held_seconds_total", "counter",
	  "Time that its requests to the store were held back.",
	  store_held_seconds },
	{ "corbel_domain_memory_bytes", "gauge", "Memory that it has.",
	  memory },
	{ "corbel_domain_vcpus", "gauge", "vCPUs that it was made with.",
	  vcpus },
	{ "corbel_domain_vcpus_online", "gauge", "vCPUs that it uses.",
	  vcpus_online },
};

#define DOMAIN_METRICS (sizeof(domain_metrics) / sizeof(domain_metrics[0]))

static void add_states(struct evbuffer *out, const struct corbel_info *list,
		       size_t count)
{
	head(out, "corbel_domain_state", "gauge",
	     "1, with its state as a label.");
	for (size_t i = 0; i < count; i++) {
		begin(out, "corbel_domain_state", &list[i]);
		evbuffer_add_printf(out, ",state=\"%s\"} 1\n",
				    describe_state(list[i].state));
	}
}

static void add_domains(struct evbuffer *out, const struct corbel_info *list,
			size_t count)
{
	for (size_t m = 0; m < DOMAIN_METRICS; m++) {
		head(out, domain_metrics[m].name, domain_metrics[m].type,
		     domain_metrics[m].help);
		for (size_t i = 0; i < count; i++) {
			begin(out, domain_metrics[m].name, &list[i]);
			evbuffer_add_printf(out, "} %.17g\n",
					    domain_metrics[m].value(&list[i]));
		}
	}
	add_states(out, list, count);
}

/* ---- vCPUs ---- */

static double vcpu_cpu_seconds(const struct corbel_vcpu *v)
{
	return (double)v->cpu_ns / 1e9;
}

static double vcpu_steal_seconds(const struct corbel_vcpu *v)
{
	return (double)v->steal_ns / 1e9;
}

static double vcpu_events(const struct corbel_vcpu *v)
{
	return (double)v->events;
}

static const struct {
	const char *name, *help;
	double (*value)(const struct corbel_vcpu *v);
} vcpu_metrics[] = {
	{ "corbel_vcpu_cpu_seconds_total", "Time that a vCPU ran.",
	  vcpu_cpu_seconds },
	{ "corbel_vcpu_steal_seconds_total",
	  "Time that a vCPU could have run, but had no pCPU.",
	  vcpu_steal_seconds },
	{ "corbel_vcpu_events_total", "Events raised for a vCPU.",
	  vcpu_events },
};

#define VCPU_METRICS (sizeof(vcpu_metrics) / sizeof(vcpu_metrics[0]))

/* A domain's. */
struct vcpus {
	struct corbel_vcpu *list;
	size_t count;
};

static void add_vcpu_metric(struct evbuffer *out, size_t metric,
			    const struct corbel_info *info,
			    const struct vcpus *v)
{
	for (size_t i = 0; i < v->count; i++) {
		begin(out, vcpu_metrics[metric].name, info);
		evbuffer_add_printf(out, ",vcpu=\"%u\"} %.17g\n", v->list[i].id,
				    vcpu_metrics[metric].value(&v->list[i]));
	}
}

/* One that is gone by now has none. */
static void add_vcpus(struct evbuffer *out, struct corbel *c,
		      const struct corbel_info *list, size_t count)
{
	struct vcpus *const all = calloc(count, sizeof(*all));

	for (size_t i = 0; all != NULL && i < count; i++) {
		if (corbel_vcpus(c, list[i].domid, &all[i].list,
				 &all[i].count) != 0) {
			all[i] = (struct vcpus){ 0 };
		}
	}
	for (size_t m = 0; all != NULL && m < VCPU_METRICS; m++) {
		head(out, vcpu_metrics[m].name, "counter",
		     vcpu_metrics[m].help);
		for (size_t i = 0; i < count; i++) {
			add_vcpu_metric(out, m, &list[i], &all[i]);
		}
	}
	for (size_t i = 0; all != NULL && i < count; i++) {
		free(all[i].list);
	}
	free(all);
}

/* ---- devices ---- */

/* What is counted at the back end is told from the guest's side: it receives
 * what its back end sends. */
static const struct {
	const char *kind, *name, *help;
	const char *file; /* in the back end's folder */
	unsigned int unit;
} device_metrics[] = {
	{ "vbd", "corbel_disk_reads_total", "Read requests.",
	  "statistics/rd_req", 1 },
	{ "vbd", "corbel_disk_writes_total", "Write requests.",
	  "statistics/wr_req", 1 },
	{ "vbd", "corbel_disk_flushes_total", "Flush requests.",
	  "statistics/f_req", 1 },
	{ "vbd", "corbel_disk_read_bytes_total", "Bytes read.",
	  "statistics/rd_sect", 512 },
	{ "vbd", "corbel_disk_written_bytes_total", "Bytes written.",
	  "statistics/wr_sect", 512 },
	{ "vif", "corbel_network_receive_bytes_total",
	  "Bytes that the guest received.", "net/*/statistics/tx_bytes", 1 },
	{ "vif", "corbel_network_transmit_bytes_total",
	  "Bytes that the guest sent.", "net/*/statistics/rx_bytes", 1 },
	{ "vif", "corbel_network_receive_packets_total",
	  "Packets that the guest received.", "net/*/statistics/tx_packets",
	  1 },
	{ "vif", "corbel_network_transmit_packets_total",
	  "Packets that the guest sent.", "net/*/statistics/rx_packets", 1 },
	{ "vif", "corbel_network_receive_drop_total",
	  "Packets for the guest that were dropped.",
	  "net/*/statistics/tx_dropped", 1 },
};

#define DEVICE_METRICS (sizeof(device_metrics) / sizeof(device_metrics[0]))

static bool read_number(const char *path, uint64_t *number)
{
	FILE *const file = fopen(path, "re");
	bool done;

	if (file == NULL) {
		return false;
	}
	done = fscanf(file, "%" SCNu64, number) == 1;
	fclose(file);
	return done;
}

/* NULL if it is gone by now, or came after the list. */
static const struct corbel_info *find(const struct corbel_info *list,
				      size_t count, uint32_t domid)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i].domid == domid) {
			return &list[i];
		}
	}
	return NULL;
}

/* `path` is that of a file of "vbd-DOMAIN-NUMBER" or "vif-..." at `place`. */
static void add_device(struct evbuffer *out, size_t metric, const char *place,
		       const char *path, const struct corbel_info *list,
		       size_t count)
{
	const char *const folder = path + strlen(place) + 1;
	const struct corbel_info *info;
	unsigned int domid, number;
	uint64_t value;

	if (sscanf(folder, "%*3s-%u-%u", &domid, &number) != 2 ||
	    !read_number(path, &value)) {
		return;
	}
	info = find(list, count, domid);
	if (info != NULL) {
		begin(out, device_metrics[metric].name, info);
		evbuffer_add_printf(out, ",device=\"%u\"} %" PRIu64 "\n",
				    number,
				    value * device_metrics[metric].unit);
	}
}

static void add_place(struct evbuffer *out, size_t metric, const char *place,
		      const struct corbel_info *list, size_t count)
{
	char pattern[256];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%.100s/%s-*-*/%s", place,
		 device_metrics[metric].kind, device_metrics[metric].file);
	if (glob(pattern, 0, NULL, &found) != 0) {
		return;
	}
	for (size_t i = 0; i < found.gl_pathc; i++) {
		add_device(out, metric, place, found.gl_pathv[i], list, count);
	}
	globfree(&found);
}

static void add_devices(struct evbuffer *out, const struct corbel_info *list,
			size_t count)
{
	for (size_t m = 0; m < DEVICE_METRICS; m++) {
		head(out, device_metrics[m].name, "counter",
		     device_metrics[m].help);
		for (size_t i = 0; i < METRICS_PLACES; i++) {
			add_place(out, m, metrics_devices[i], list, count);
		}
	}
}

/* ---- the host ---- */

static void add_host(struct evbuffer *out, const struct corbel_host *host)
{
	head(out, "corbel_hypervisor_info", "gauge",
	     "1, with the hypervisor's version as a label.");
	evbuffer_add_printf(out, "corbel_hypervisor_info{");
	add_label(out, "version", host->version);
	evbuffer_add_printf(out, "} 1\n");
	head(out, "corbel_host_cpus", "gauge", "pCPUs.");
	evbuffer_add_printf(out, "corbel_host_cpus %u\n", host->cpus);
	head(out, "corbel_host_memory_bytes", "gauge",
	     "Memory of the machine.");
	evbuffer_add_printf(out, "corbel_host_memory_bytes %" PRIu64 "\n",
			    host->memory_kib * 1024);
	head(out, "corbel_host_memory_free_bytes", "gauge",
	     "Memory that is free for guests.");
	evbuffer_add_printf(out, "corbel_host_memory_free_bytes %" PRIu64 "\n",
			    host->memory_free_kib * 1024);
}

static bool count_crash(const char *text, void *context)
{
	(void)text;
	++*(unsigned int *)context;
	return true;
}

static void add_crashes(struct evbuffer *out)
{
	unsigned int count = 0;

	history_each(count_crash, &count);
	head(out, "corbel_crashes_remembered", "gauge",
	     "Crashes of guests in the history, which is bounded.");
	evbuffer_add_printf(out, "corbel_crashes_remembered %u\n", count);
}

int metrics_write(struct corbel *c, struct evbuffer *out)
{
	struct corbel_info *list;
	struct corbel_host host;
	size_t count;

	if (corbel_host(c, &host) != 0 || corbel_list(c, &list, &count) != 0) {
		return -1;
	}
	add_host(out, &host);
	add_domains(out, list, count);
	add_vcpus(out, c, list, count);
	add_devices(out, list, count);
	add_crashes(out);
	free(list);
	return 0;
}
