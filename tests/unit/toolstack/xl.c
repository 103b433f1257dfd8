/* SPDX-License-Identifier: MIT */
/*
 * The tables that xl prints, column by column: programs read them. And which
 * guests its commands are about.
 */
#include "toolstack/xl/xl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GUESTS 4

static const struct corbel_info guests[GUESTS] = {
	{ .domid = 0,
	  .name = "Domain-0",
	  .pool = "Pool-0",
	  .state = CORBEL_STATE_RUNNING,
	  .vcpus_online = 2,
	  .memory_kib = 1023 << 10,
	  .cpu_ns = 31400000000 },
	{ .domid = 7,
	  .name = "web1",
	  .uuid = { 0xab },
	  .pool = "batch",
	  .vcpus = 2,
	  .memory_max_kib = 256 << 10,
	  .state = CORBEL_STATE_BLOCKED,
	  .vcpus_online = 1,
	  .memory_kib = (256 << 10) + 64,
	  .cpu_ns = 1250000000 },
	{ .domid = 8,
	  .name = "web2",
	  .shutdown_reason = 3,
	  .state = CORBEL_STATE_CRASHED,
	  .vcpus_online = 1,
	  .memory_kib = 128 << 10 },
	{ .domid = 9, .state = CORBEL_STATE_DYING },
};

static struct corbel_error error;
static struct corbel_sched sched;
static char asked[64]; /* who was asked to stop */
static char *printed;

/* ---- the library ---- */

const struct corbel_error *corbel_error(const struct corbel *c)
{
	(void)c;
	return &error;
}

static int not_found(void)
{
	error = (struct corbel_error){ CORBEL_NOT_FOUND, "guest", "none" };
	return -1;
}

int corbel_find(struct corbel *c, const char *name, uint32_t *domid)
{
	(void)c;
	for (size_t i = 0; i < GUESTS; i++) {
		if (strcmp(guests[i].name, name) == 0) {
			*domid = guests[i].domid;
			return 0;
		}
	}
	return not_found();
}

int corbel_info(struct corbel *c, uint32_t domid, struct corbel_info *info)
{
	(void)c;
	for (size_t i = 0; i < GUESTS; i++) {
		if (guests[i].domid == domid) {
			*info = guests[i];
			return 0;
		}
	}
	return not_found();
}

int corbel_list(struct corbel *c, struct corbel_info **list, size_t *count)
{
	(void)c;
	*list = malloc(sizeof(guests));
	memcpy(*list, guests, sizeof(guests));
	*count = GUESTS;
	return 0;
}

int corbel_host(struct corbel *c, struct corbel_host *host)
{
	(void)c;
	*host = (struct corbel_host){ .version = "4.17.0-corbel",
				      .cpus = 2,
				      .nodes = 1,
				      .cores_per_socket = 2,
				      .threads_per_core = 1,
				      .cpu_khz = 2596006,
				      .memory_kib = 2043 << 10,
				      .memory_free_kib = 700 << 10 };
	return 0;
}

/* The one that dies has none left to tell of. */
int corbel_vcpus(struct corbel *c, uint32_t domid, struct corbel_vcpu **list,
		 size_t *count)
{
	(void)c;
	if (domid == 9) {
		return not_found();
	}
	*list = calloc(2, sizeof(**list));
	*count = 2;
	(*list)[0] = (struct corbel_vcpu){
		.domid = domid, .online = true, .blocked = true, .cpu = 1
	};
	(*list)[1] = (struct corbel_vcpu){ .domid = domid, .id = 1 };
	return 0;
}

void corbel_cpus_text(const struct corbel_cpus *cpus, unsigned int host,
		      char *text, size_t size)
{
	(void)cpus;
	assert_int_equal(host, 2);
	snprintf(text, size, "all");
}

int corbel_uptime(struct corbel *c, uint32_t domid, uint64_t *seconds)
{
	(void)c;
	*seconds = domid == 0 ? 2 * 86400 + 3661 : 59;
	return 0;
}

int corbel_sched_get(struct corbel *c, uint32_t domid, struct corbel_sched *s)
{
	(void)c;
	(void)domid;
	*s = sched;
	return 0;
}

int corbel_devices(struct corbel *c, uint32_t domid,
		   struct corbel_device **list, size_t *count)
{
	(void)c;
	(void)domid;
	*list = calloc(2, sizeof(**list));
	*count = 2;
	(*list)[0] = (struct corbel_device){ .kind = CORBEL_DEVICE_DISK,
					     .number = 51712,
					     .name = "xvda",
					     .source = "/dev/vg/web1",
					     .connected = true };
	(*list)[1] = (struct corbel_device){ .kind = CORBEL_DEVICE_NIC,
					     .name = "00:16:3e:00:00:01" };
	return 0;
}

static int note_asked(const char *what, uint32_t domid, unsigned int seconds)
{
	const size_t used = strlen(asked);

	snprintf(asked + used, sizeof(asked) - used, "%s %u%s;", what, domid,
		 seconds != 0 ? " and wait" : "");
	return 0;
}

int corbel_shutdown(struct corbel *c, uint32_t domid, unsigned int seconds)
{
	(void)c;
	return note_asked("shutdown", domid, seconds);
}

int corbel_reboot(struct corbel *c, uint32_t domid, unsigned int seconds)
{
	(void)c;
	return note_asked("reboot", domid, seconds);
}

int corbel_disk_attach_text(struct corbel *c, uint32_t domid, const char *text)
{
	(void)c;
	assert_int_equal(domid, 7);
	assert_string_equal(text, "file:/x,xvdc,w");
	return 0;
}

int corbel_nic_attach_text(struct corbel *c, uint32_t domid, const char *text,
			   unsigned int *number)
{
	(void)c;
	assert_int_equal(domid, 7);
	assert_string_equal(text, "");
	*number = 1;
	return 0;
}

static struct corbel_conversion conversion;
static unsigned int made;

int corbel_convert(struct corbel *c, const char *path, const char *more,
		   struct corbel_conversion *out)
{
	(void)c;
	assert_string_equal(path, "web1.cfg");
	assert_string_equal(more, "memory=64\nvcpus=2");
	*out = conversion;
	return 0;
}

void corbel_conversion_free(struct corbel_conversion *done)
{
	*done = (struct corbel_conversion){ 0 };
}

static char kernel[] = "/boot/k";

int corbel_config_parse(struct corbel *c, const char *name, const char *text,
			struct corbel_config **out)
{
	(void)c;
	(void)name;
	assert_memory_equal(text, "<domain/>", 9);
	*out = calloc(1, sizeof(**out));
	(*out)->kernel = kernel;
	return 0;
}

int create_guest(struct corbel *c, struct corbel_config *config,
		 const struct arguments *a)
{
	(void)c;
	(void)a;
	free(config);
	made++;
	return EXIT_OK;
}

void corbel_set_progress(struct corbel *c, corbel_progress_t call,
			 void *context)
{
	(void)c;
	(void)call;
	(void)context;
}

int corbel_xml(struct corbel *c, uint32_t domid, char **text)
{
	(void)c;
	*text = strdup("<domain/>");
	return domid == 7 ? 0 : not_found();
}

void corbel_config_free(struct corbel_config *config)
{
	free(config);
}

int corbel_pools(struct corbel *c, struct corbel_pool **list, size_t *count)
{
	(void)c;
	*list = calloc(2, sizeof(**list));
	(*list)[0] = (struct corbel_pool){ 0, "Pool-0", { { 1 } }, 3 };
	(*list)[1] = (struct corbel_pool){ 1, "batch", { { 14 } }, 1 };
	*count = 2;
	return 0;
}

int corbel_pool_read(struct corbel *c, const char *path, const char *more,
		     struct corbel_pool *out)
{
	(void)c;
	*out = (struct corbel_pool){ 0, "batch", { { 14 } }, 0 };
	snprintf(asked, sizeof(asked), "%s %s", path != NULL ? path : "none",
		 more);
	return 0;
}

int corbel_pool_create(struct corbel *c, const char *name,
		       const struct corbel_cpus *cpus)
{
	(void)c;
	assert_string_equal(name, "batch");
	assert_int_equal(cpus->bits[0], 14);
	made++;
	return 0;
}

int cmd_trigger(struct corbel *c, const struct arguments *a)
{
	(void)c;
	return note_asked(a->operand[1], 7, 0);
}

int cmd_sched(struct corbel *c, const struct arguments *a)
{
	(void)c;
	assert_string_equal(a->operand[0], "web1");
	assert_int_equal(a->number[OPTION_WEIGHT], 512);
	return EXIT_OK;
}

/* ---- the tests ---- */

static int set_up(void **state)
{
	(void)state;
	asked[0] = '\0';
	sched = (struct corbel_sched){ 256, 50 };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(printed);
	printed = NULL;
	return 0;
}

/* The exit status; what it prints is in `printed`. */
static int run_with(int (*command)(struct corbel *c, const struct arguments *a),
		    struct arguments a, const char *const *rest)
{
	static const char *const none[] = { NULL };
	FILE *const terminal = stdout;
	size_t size;
	int ret;

	free(printed);
	a.rest = rest != NULL ? rest : none;
	stdout = open_memstream(&printed, &size);
	ret = command(NULL, &a);
	fclose(stdout);
	stdout = terminal;
	return ret;
}

static void prints(int (*command)(struct corbel *c, const struct arguments *a),
		   const char *const *rest, const char *expected)
{
	assert_int_equal(run_with(command, (struct arguments){ 0 }, rest),
			 EXIT_OK);
	assert_string_equal(printed, expected);
}

static const char *const one[] = { "web1", NULL };
static const char *const no_such[] = { "web1", "none", NULL };

static void lists_domains(void **state)
{
	(void)state;
	prints(xl_list, NULL,
	       "Name                                        ID   Mem VCPUs"
	       "\tState\tTime(s)\n"
	       "Domain-0                                     0  1023     2"
	       "     r-----      31.4\n"
	       "web1                                         7   256     1"
	       "     -b----       1.2\n"
	       "web2                                         8   128     1"
	       "     ---sc-       0.0\n"
	       "(null)                                       9     0     0"
	       "     -----d       0.0\n");
}

/* Who asks for one wants to know by the status whether it is there. */
static void lists_those_that_are_named(void **state)
{
	static const char *const nobody[] = { "none", NULL };

	(void)state;
	prints(xl_list, one,
	       "Name                                        ID   Mem VCPUs"
	       "\tState\tTime(s)\n"
	       "web1                                         7   256     1"
	       "     -b----       1.2\n");
	assert_int_equal(run_with(xl_list, (struct arguments){ 0 }, no_such),
			 EXIT_FAILED);
	assert_int_equal(run_with(xl_list, (struct arguments){ 0 }, nobody),
			 EXIT_FAILED);
	assert_string_equal(printed, "");
}

/* Without the one that goes away meanwhile. */
static void lists_vcpus(void **state)
{
	(void)state;
	prints(xl_vcpu_list, one,
	       "Name                                ID  VCPU   CPU State   "
	       "Time(s) Affinity (Hard / Soft)\n"
	       "web1                                 7     0     1   -b-       "
	       "0.0  all / all\n"
	       "web1                                 7     1     -   --p       "
	       "0.0  all / all\n");
	assert_int_equal(run_with(xl_vcpu_list, (struct arguments){ 0 }, NULL),
			 EXIT_OK);
	assert_null(strstr(printed, "(null)"));
}

static void tells_of_the_host(void **state)
{
	static const char *const lines[] = {
		"nr_cpus                : 2\n",
		"nr_nodes               : 1\n",
		"cores_per_socket       : 2\n",
		"threads_per_core       : 1\n",
		"cpu_mhz                : 2596.006\n",
		"total_memory           : 2043\n",
		"free_memory            : 700\n",
		"xen_major              : 4\n",
		"xen_minor              : 17\n",
		"xen_extra              : .0-corbel\n",
	};

	(void)state;
	assert_int_equal(run_with(xl_info, (struct arguments){ 0 }, NULL),
			 EXIT_OK);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (strstr(printed, lines[i]) == NULL) {
			fail_msg("no %s in:\n%s", lines[i], printed);
		}
	}
}

static void tells_how_long(void **state)
{
	static const char *const both[] = { "Domain-0", "web1", NULL };

	(void)state;
	prints(xl_uptime, both,
	       "Name                                ID Uptime\n"
	       "Domain-0                             0 2 days,  1:01:01\n"
	       "web1                                 7  0:00:59\n");
}

static void lists_and_changes_shares(void **state)
{
	struct arguments a = { 0 };

	(void)state;
	a.given[OPTION_DOMAIN] = true;
	a.text[OPTION_DOMAIN] = "web1";
	assert_int_equal(run_with(xl_sched_credit2, a, NULL), EXIT_OK);
	assert_string_equal(printed,
			    "Name                                ID Weight  "
			    "Cap\n"
			    "web1                                 7    256   "
			    "50\n");
	a.given[OPTION_WEIGHT] = true;
	a.number[OPTION_WEIGHT] = 512;
	assert_int_equal(run_with(xl_sched_credit2, a, NULL), EXIT_OK);
	assert_string_equal(printed, "");
	a.text[OPTION_DOMAIN] = NULL;
	assert_int_equal(run_with(xl_sched_credit2, a, NULL), EXIT_USAGE);
	prints(xl_sched_credit2, NULL,
	       "Cpupool Pool-0: ratelimit=500us\n"
	       "Name                                ID Weight  Cap\n"
	       "Domain-0                             0    256   50\n"
	       "Cpupool batch: ratelimit=500us\n"
	       "Name                                ID Weight  Cap\n"
	       "web1                                 7    256   50\n");
}

static void lists_pools(void **state)
{
	struct arguments a = { .given[OPTION_CPUS] = true };

	(void)state;
	prints(xl_cpupool_list, NULL,
	       "Name               CPUs   Sched     Active   Domain count\n"
	       "Pool-0               1   credit2       y          3\n"
	       "batch                3   credit2       y          1\n");
	a.operand[0] = "batch";
	assert_int_equal(run_with(xl_cpupool_list, a, NULL), EXIT_OK);
	assert_string_equal(printed, "Name               CPU list\n"
				     "batch              1,2,3\n");
	a.operand[0] = "none";
	assert_int_equal(run_with(xl_cpupool_list, a, NULL), EXIT_FAILED);
	assert_string_equal(printed, "");
}

static void makes_a_pool(void **state)
{
	static const char *const file[] = { "pool.cfg", "cpus=\"1-3\"", NULL };

	(void)state;
	made = 0;
	prints(xl_cpupool_create, file,
	       "Using config file \"pool.cfg\"\n"
	       "cpupool name:   batch\n"
	       "scheduler:      credit2\n"
	       "number of cpus: 3\n");
	assert_string_equal(asked, "pool.cfg cpus=\"1-3\"");
	assert_int_equal(
		run_with(xl_cpupool_create, (struct arguments){ 0 }, file + 1),
		EXIT_OK);
	assert_string_equal(asked, "none cpus=\"1-3\"");
	assert_int_equal(made, 2);
}

/* With what else there is in columns, and as JSON. */
static void lists_more(void **state)
{
	static const char *const crashed[] = { "web2", NULL };
	struct arguments a = { .given[OPTION_CPUPOOL] = true };

	(void)state;
	assert_int_equal(run_with(xl_list, a, one), EXIT_OK);
	assert_string_equal(
		printed,
		"Name                                        ID   Mem VCPUs"
		"\tState\tTime(s)         Cpupool\n"
		"web1                                         7   256     1"
		"     -b----       1.2           batch\n");
	a = (struct arguments){ .given[OPTION_VERBOSE] = true };
	assert_int_equal(run_with(xl_list, a, crashed), EXIT_OK);
	assert_non_null(strstr(printed,
			       "     ---sc-       0.0 00000000-0000-0000-0000-"
			       "000000000000        3                -\n"));
	a = (struct arguments){ .given[OPTION_LONG] = true };
	assert_int_equal(run_with(xl_list, a, one), EXIT_OK);
	assert_non_null(strstr(printed, "\"domid\": 7,\n    \"config\": {\n"
					"      \"c_info\": {"));
	assert_non_null(strstr(printed, "\"name\": \"web1\""));
	assert_non_null(strstr(printed, "\"max_memkb\": 262144"));
	assert_non_null(strstr(printed, "\"kernel\": \"/boot/k\""));
	assert_non_null(strstr(printed, "\"vdev\": \"xvda\""));
	assert_non_null(strstr(printed, "\"mac\": \"00:16:3e:00:00:01\""));
	prints(xl_vm_list, one,
	       "UUID                                  ID    name\n"
	       "ab000000-0000-0000-0000-000000000000  7    web1"
	       "                          \n");
}

static void lists_devices(void **state)
{
	(void)state;
	prints(xl_block_list, one,
	       "Vdev  BE  handle state evt-ch ring-ref BE-path                "
	       "       \n"
	       "51712 0   7      4     -      -        "
	       "/local/domain/0/backend/vbd/7/51712\n");
	prints(xl_network_list, one,
	       "Idx BE Mac Addr.         handle state evt-ch   tx-/rx-ring-ref"
	       " BE-path                       \n"
	       "0   0  00:16:3e:00:00:01      0     2      -     -/-           "
	       "/local/domain/0/backend/vif/7/0\n");
}

static void attaches_devices(void **state)
{
	struct arguments a = { .operand = { "web1" } };
	static const char *const parts[] = { "file:/x", "xvdc", "w", NULL };

	(void)state;
	assert_int_equal(run_with(xl_block_attach, a, parts), EXIT_OK);
	assert_int_equal(run_with(xl_network_attach, a, NULL), EXIT_OK);
	a.operand[0] = "none";
	assert_int_equal(run_with(xl_block_attach, a, parts), EXIT_FAILED);
}

/* Not without a device that it was to have. */
static void makes_a_guest(void **state)
{
	static const char *const more[] = { "memory=64", "vcpus=2", NULL };
	struct arguments a = { .operand = { "web1.cfg" } };

	(void)state;
	made = 0;
	conversion = (struct corbel_conversion){ (char[]){ "<domain/>\n" },
						 (char[]){ "" }, false };
	assert_int_equal(run_with(xl_create, a, more), EXIT_OK);
	assert_string_equal(printed, "Parsing config from web1.cfg\n");
	assert_int_equal(made, 1);
	conversion.partial = true;
	assert_int_equal(run_with(xl_create, a, more), EXIT_FAILED);
	a.given[OPTION_DRY_RUN] = true;
	assert_int_equal(run_with(xl_create, a, more), EXIT_OK);
	assert_string_equal(printed, "<domain/>\n");
	assert_int_equal(made, 1);
}

static void asks_each(void **state)
{
	struct arguments a = { 0 };
	static const char *const two[] = { "none", "web1", NULL };

	(void)state;
	assert_int_equal(run_with(xl_shutdown, a, two), EXIT_FAILED);
	assert_string_equal(printed, "Shutting down domain 7\n");
	a.given[OPTION_WAIT] = true;
	assert_int_equal(run_with(xl_reboot, a, one), EXIT_OK);
	assert_string_equal(asked, "shutdown 7;reboot 7 and wait;");
	assert_int_equal(run_with(xl_shutdown, a, NULL), EXIT_USAGE);
	asked[0] = '\0';
	a = (struct arguments){ .given[OPTION_EVERY] = true };
	assert_int_equal(run_with(xl_shutdown, a, NULL), EXIT_OK);
	assert_string_equal(asked, "shutdown 7;shutdown 8;shutdown 9;");
}

static void triggers(void **state)
{
	struct arguments a = { .operand = { "web1", "power" } };

	(void)state;
	assert_int_equal(run_with(xl_trigger, a, NULL), EXIT_OK);
	a.operand[1] = "nmi";
	assert_int_equal(run_with(xl_trigger, a, NULL), 0);
	assert_string_equal(asked, "shutdown 7;nmi 7;");
}

#define row(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(lists_domains),  row(lists_those_that_are_named),
		row(lists_vcpus),    row(tells_of_the_host),
		row(tells_how_long), row(lists_and_changes_shares),
		row(lists_devices),  row(attaches_devices),
		row(makes_a_guest),  row(asks_each),
		row(lists_pools),    row(makes_a_pool),
		row(lists_more),     row(triggers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
