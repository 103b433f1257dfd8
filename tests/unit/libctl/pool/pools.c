/* SPDX-License-Identifier: MIT */
/*
 * Pools of pCPUs on a host that has four: the service VM with four vCPUs, domains
 * 7 and 8 with two. A change that is cut off anywhere is ended by the next call.
 */
#include "libctl/pool/pool.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "libctl/build/build.h"
#include "libctl/core/internal.h"
#include "libctl/domain/kept.h"
#include "libctl/ops/ops.h"

#define HOST 0xf

static struct corbel handle;
static char folder[] = "/tmp/corbel-pool-XXXXXX";
static char kept[64];

/* ---- the hypervisor ---- */

static struct domain {
	uint32_t id;
	bool gone;
	uint8_t affinity[4];
	unsigned int vcpus;
	char kept[32]; /* pool in its description */
} domains[] = {
	{ .id = 0, .vcpus = 4 },
	{ .id = 7, .vcpus = 2 },
	{ .id = 8, .vcpus = 2 },
};

static unsigned int sets;    /* affinities set so far */
static unsigned int fail_at; /* the one that fails */

static struct domain *domain_from(uint32_t domid)
{
	for (size_t i = 0; i < 3; i++) {
		if (domains[i].id >= domid && !domains[i].gone) {
			return &domains[i];
		}
	}
	errno = ESRCH;
	return NULL;
}

int domctl_info(struct corbel *c, uint32_t domid,
		struct xen_domctl_getdomaininfo *info)
{
	const struct domain *const d = domain_from(domid);

	(void)c;
	if (d == NULL) {
		return -1;
	}
	*info = (struct xen_domctl_getdomaininfo){
		.domain = (domid_t)d->id,
		.max_vcpu_id = d->vcpus - 1,
		.handle = { (uint8_t)(100 + d->id) },
	};
	return 0;
}

int sysctl_domains(struct corbel *c, struct xen_domctl_getdomaininfo **list,
		   size_t *count)
{
	struct xen_domctl_getdomaininfo info;

	*list = NULL;
	*count = 0;
	for (uint32_t next = 0; domctl_info(c, next, &info) == 0;
	     next = info.domain + 1u) {
		*list = reallocarray(*list, *count + 1, sizeof(**list));
		assert_non_null(*list);
		(*list)[(*count)++] = info;
	}
	return 0;
}

int domctl_get_affinity(struct corbel *c, uint32_t domid, uint32_t vcpu,
			uint8_t *map, size_t size)
{
	(void)c;
	memset(map, 0, size);
	map[0] = domain_from(domid)->affinity[vcpu];
	return 0;
}

int domctl_set_affinity(struct corbel *c, uint32_t domid, uint32_t vcpu,
			uint8_t *map, size_t size)
{
	(void)c;
	(void)size;
	if (++sets == fail_at) {
		errno = EIO;
		return -1;
	}
	if ((map[0] & HOST) == 0) {
		errno = EINVAL;
		return -1;
	}
	domain_from(domid)->affinity[vcpu] = map[0] & HOST;
	return 0;
}

/* Nobody asks for a share. */
int domctl_get_sched(struct corbel *c, uint32_t domid,
		     struct xen_domctl_sched_credit *s)
{
	(void)c;
	(void)domid;
	(void)s;
	return -1;
}

int domctl_set_sched(struct corbel *c, uint32_t domid,
		     const struct xen_domctl_sched_credit *s)
{
	(void)c;
	(void)domid;
	(void)s;
	return -1;
}

int sysctl_physinfo(struct corbel *c, struct xen_sysctl_physinfo *info)
{
	(void)c;
	*info = (struct xen_sysctl_physinfo){ .nr_cpus = 4 };
	return 0;
}

int store_domain_name(struct corbel *c, uint32_t domid, char name[256])
{
	(void)c;
	return snprintf(name, 256, "guest%u", domid) > 0 ? 0 : -1;
}

int kept_set_pool(struct corbel *c, uint32_t domid, const char *pool)
{
	(void)c;
	snprintf(domain_from(domid)->kept, 32, "%s", pool);
	return 0;
}

/* ---- helpers ---- */

static const struct corbel_cpus *set(const char *text)
{
	static struct corbel_cpus cpus;

	assert_true(corbel_cpus_parse(text, &cpus));
	return &cpus;
}

static int set_up(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s/pools* %s", folder, kept);
	assert_int_equal(system(command), 0);
	for (size_t i = 0; i < 3; i++) {
		memset(domains[i].affinity, HOST, 4);
		domains[i].gone = false;
		domains[i].kept[0] = '\0';
	}
	sets = fail_at = 0;
	return 0;
}

/* All vCPUs of a domain may run there. */
static void runs_on(uint32_t domid, uint8_t cpus)
{
	const struct domain *const d = domain_from(domid);

	for (unsigned int i = 0; i < d->vcpus; i++) {
		if (d->affinity[i] != cpus) {
			fail_msg("domain %u: vCPU %u has pCPUs 0x%x, not 0x%x",
				 domid, i, d->affinity[i], cpus);
		}
	}
}

/* "ID NAME CPUS DOMAINS" of each, with a semicolon behind. */
static void are(const char *text)
{
	struct corbel_pool *list;
	char all[256] = "", cpus[64];
	size_t count;

	assert_int_equal(corbel_pools(&handle, &list, &count), 0);
	for (size_t i = 0; i < count; i++) {
		corbel_cpus_text(&list[i].cpus, 4, cpus, sizeof(cpus));
		snprintf(all + strlen(all), sizeof(all) - strlen(all),
			 "%u %s %s %u;", list[i].id, list[i].name, cpus,
			 list[i].domains);
	}
	free(list);
	assert_string_equal(all, text);
}

static void is_refused(int ret, enum corbel_error_code code, const char *text)
{
	assert_int_equal(ret, -1);
	assert_int_equal(corbel_error(&handle)->code, code);
	if (strstr(corbel_error(&handle)->text, text) == NULL) {
		fail_msg("%s: %s", corbel_error(&handle)->object,
			 corbel_error(&handle)->text);
	}
}

static int make(const char *name, const char *cpus)
{
	return corbel_pool_create(&handle, name, set(cpus));
}

/* ---- tests ---- */

static void there_is_one(void **state)
{
	struct pools p;

	(void)state;
	assert_int_equal(pools_look(&handle, &p), 0);
	assert_int_equal(p.lock, -1);
	pools_close(&p);
	are("0 Pool-0 all 3;");
	assert_int_equal(sets, 0);
}

static void makes_and_ends(void **state)
{
	(void)state;
	assert_int_equal(make("batch", "2-3"), 0);
	are("0 Pool-0 0-1 3;1 batch 2-3 0;");
	runs_on(0, 3);
	runs_on(7, 3);
	assert_int_equal(make("web", "1"), 0);
	are("0 Pool-0 0 3;1 batch 2-3 0;2 web 1 0;");
	runs_on(8, 1);
	assert_int_equal(corbel_pool_destroy(&handle, "batch"), 0);
	are("0 Pool-0 0,2-3 3;2 web 1 0;");
	runs_on(0, 13);
	assert_int_equal(corbel_pool_destroy(&handle, "2"), 0);
	are("0 Pool-0 all 3;");
	runs_on(0, HOST);
	runs_on(7, HOST);
}

static void refuses(void **state)
{
	(void)state;
	assert_int_equal(make("batch", "2-3"), 0);
	is_refused(make("batch", "1"), CORBEL_EXISTS, "there is one already");
	is_refused(make("7", "1"), CORBEL_INVALID, "cannot be a name");
	is_refused(make("a b", "1"), CORBEL_INVALID, "cannot be a name");
	is_refused(make("web", "3-5"), CORBEL_NOT_FOUND, "no such pCPUs: 4-5");
	is_refused(make("web", "1-2"), CORBEL_EXISTS, "in pool batch: 2");
	is_refused(make("web", "0-1"), CORBEL_INVALID, "the service VM");
	is_refused(make("web", "1,^1"), CORBEL_INVALID, "no pCPUs are named");
	is_refused(corbel_pool_destroy(&handle, "web"), CORBEL_NOT_FOUND,
		   "no such pool");
	is_refused(corbel_pool_destroy(&handle, "0"), CORBEL_NOT_ALLOWED,
		   "the service VM is in it");
	is_refused(corbel_pool_remove(&handle, "batch", set("1-2")),
		   CORBEL_NOT_FOUND, "not in it: 1");
	is_refused(corbel_pool_remove(&handle, "batch", set("2-3")),
		   CORBEL_INVALID, "no pCPU would be left");
	is_refused(corbel_pool_add(&handle, "batch", set("0-1")),
		   CORBEL_INVALID, "the service VM");
	is_refused(corbel_pool_rename(&handle, "batch", "Pool-0"),
		   CORBEL_EXISTS, "there is one");
	is_refused(corbel_pool_migrate(&handle, 0, "batch"), CORBEL_NOT_ALLOWED,
		   "service VM");
	is_refused(corbel_pool_migrate(&handle, 9, "batch"), CORBEL_NOT_FOUND,
		   "no such domain");
	are("0 Pool-0 0-1 3;1 batch 2-3 0;");
}

/* A domain with a uuid that begins so. */
static void is_in(uint32_t domid, uint8_t uuid, const char *pool)
{
	const uint8_t whole[16] = { uuid };
	struct pools p;

	assert_int_equal(pools_look(&handle, &p), 0);
	assert_string_equal(pools_of(&p, domid, whole)->name, pool);
	pools_close(&p);
}

static void guests_move(void **state)
{
	(void)state;
	assert_int_equal(make("batch", "2-3"), 0);
	assert_int_equal(corbel_pool_migrate(&handle, 7, "batch"), 0);
	are("0 Pool-0 0-1 2;1 batch 2-3 1;");
	runs_on(7, 12);
	runs_on(8, 3);
	assert_string_equal(domains[1].kept, "batch");
	is_in(7, 107, "batch");
	is_in(7, 108, "Pool-0"); /* another of that number */
	is_in(8, 108, "Pool-0");
	is_refused(corbel_pool_destroy(&handle, "batch"), CORBEL_INVALID,
		   "guest guest7 is in it");
	assert_int_equal(corbel_pool_rename(&handle, "batch", "night"), 0);
	are("0 Pool-0 0-1 2;1 night 2-3 1;");
	assert_int_equal(corbel_pool_migrate(&handle, 7, "Pool-0"), 0);
	runs_on(7, 3);
	assert_int_equal(corbel_pool_migrate(&handle, 7, "night"), 0);
	domains[1].gone = true;
	assert_int_equal(corbel_pool_destroy(&handle, "night"), 0);
	are("0 Pool-0 all 2;");
}

static void pcpus_move(void **state)
{
	(void)state;
	assert_int_equal(make("batch", "3"), 0);
	assert_int_equal(corbel_pool_migrate(&handle, 7, "batch"), 0);
	assert_int_equal(corbel_pool_add(&handle, "batch", set("1-3")), 0);
	are("0 Pool-0 0 2;1 batch 1-3 1;");
	runs_on(7, 14);
	runs_on(0, 1);
	/* One that is pinned stays there, as long as it can. */
	domains[1].affinity[1] = 6;
	assert_int_equal(corbel_pool_remove(&handle, "batch", set("1")), 0);
	assert_int_equal(domains[1].affinity[0], 12);
	assert_int_equal(domains[1].affinity[1], 4);
	assert_int_equal(corbel_pool_remove(&handle, "batch", set("2")), 0);
	runs_on(7, 8);
	/* Those of pool 0 go to none, and can be had from there. */
	assert_int_equal(corbel_pool_remove(&handle, "0", set("1-2")), 0);
	are("0 Pool-0 0 2;1 batch 3 1;");
	assert_int_equal(corbel_pool_add(&handle, "batch", set("2")), 0);
	assert_int_equal(corbel_pool_add(&handle, "Pool-0", set("0-1")), 0);
	are("0 Pool-0 0-1 2;1 batch 2-3 1;");
	runs_on(0, 3);
	runs_on(7, 12);
}

static int pin(uint32_t domid, unsigned int vcpu, const char *cpus)
{
	return corbel_vcpu_pin(&handle, domid, vcpu, set(cpus));
}

static void pins_are_inside(void **state)
{
	(void)state;
	assert_int_equal(pin(7, 0, "3"), 0);
	assert_int_equal(domains[1].affinity[0], 8);
	is_refused(pin(7, 0, "4"), CORBEL_INVALID, "this host has none");
	assert_int_equal(make("batch", "2-3"), 0);
	runs_on(7, 3); /* where it was pinned is no more of its pool */
	is_refused(pin(7, 0, "2-3"), CORBEL_INVALID,
		   "none of these pCPUs is in its pool, Pool-0 (0-1)");
	is_refused(pin(7, 0, "4"), CORBEL_INVALID, "this host has none");
	assert_int_equal(pin(7, 0, "1-2"), 0);
	assert_int_equal(domains[1].affinity[0], 2);
	assert_int_equal(pin(7, 0, "all"), 0);
	assert_int_equal(domains[1].affinity[0], 3);
}

/* A guest that is made, by a configuration that names a pool or none. */
static int place(uint32_t domid, char *pool, struct corbel_cpus *pins)
{
	const struct corbel_config config = {
		.vcpus = 2,
		.pool = pool,
		.pins = pins,
		.uuid = { (uint8_t)(100 + domid) },
	};
	struct build b = { .c = &handle, .config = &config, .domid = domid };

	return cpus_set(&b);
}

static void guests_begin_in_their_pool(void **state)
{
	struct corbel_cpus pins[2] = { 0 };
	char batch[] = "batch", id[] = "1";

	(void)state;
	assert_int_equal(place(7, NULL, NULL), 0);
	assert_int_equal(sets, 0);
	is_refused(place(7, batch, NULL), CORBEL_NOT_FOUND, "no such pool");
	assert_int_equal(make("batch", "2-3"), 0);
	memset(domains[1].affinity, HOST, 4);
	assert_int_equal(place(7, NULL, NULL), 0);
	runs_on(7, 3);
	assert_int_equal(place(7, batch, NULL), 0);
	runs_on(7, 12);
	are("0 Pool-0 0-1 2;1 batch 2-3 1;");
	pins[1] = *set("3");
	assert_int_equal(place(8, id, pins), 0);
	assert_int_equal(domains[2].affinity[0], 12);
	assert_int_equal(domains[2].affinity[1], 8);
	pins[1] = *set("0-1");
	is_refused(place(8, batch, pins), CORBEL_INVALID, "in its pool, batch");
	are("0 Pool-0 0-1 1;1 batch 2-3 2;");
}

/* The machine starts again, without guests: what is in memory is gone, and all vCPUs
 * are anywhere. */
static void start_again(void)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/pools", folder);
	unlink(path);
	for (size_t i = 0; i < 3; i++) {
		memset(domains[i].affinity, HOST, 4);
		domains[i].gone = domains[i].id != 0;
	}
}

static void are_kept(void **state)
{
	(void)state;
	assert_int_equal(make("batch", "1"), 0);
	assert_int_equal(make("web", "2-3"), 0);
	assert_int_equal(corbel_pool_migrate(&handle, 7, "batch"), 0);
	assert_int_equal(corbel_pool_rename(&handle, "batch", "night"), 0);
	start_again();
	are("0 Pool-0 0 1;1 night 1 0;2 web 2-3 0;");
	runs_on(0, 1);
	start_again();
	assert_int_equal(corbel_pool_destroy(&handle, "web"), 0);
	start_again();
	domains[1].gone = false;
	is_in(7, 107, "Pool-0");
	are("0 Pool-0 0,2-3 2;1 night 1 0;");
	runs_on(7, 13);
}

/* The first that needs them is a guest which starts. */
static void guests_find_kept_ones(void **state)
{
	char batch[] = "batch";

	(void)state;
	assert_int_equal(make("batch", "2-3"), 0);
	start_again();
	domains[1].gone = false;
	assert_int_equal(place(7, batch, NULL), 0);
	runs_on(7, 12);
	are("0 Pool-0 0-1 1;1 batch 2-3 1;");
	runs_on(0, 3);
}

static void put_file(const char *in, const char *text)
{
	char path[96];
	FILE *file;

	snprintf(path, sizeof(path), "%s/pools", in);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* The machine has got other pCPUs meanwhile. */
static void kept_ones_need_pcpus(void **state)
{
	char big[] = "big";

	(void)state;
	assert_int_equal(make("batch", "2-3"), 0);
	start_again();
	put_file(kept, "pool 0 0-1 0-1 Pool-0\npool 1 2-9 2-9 some\n"
		       "pool 2 10-11 10-11 big\n");
	are("0 Pool-0 0-1 1;1 some 2-3 0;2 big  0;");
	domains[1].gone = false;
	is_refused(place(7, big, NULL), CORBEL_INVALID, "none of these pCPUs");
	domains[1].gone = true;
	assert_int_equal(corbel_pool_destroy(&handle, "big"), 0);
	start_again();
	put_file(kept, "pool 0 4-7 4-7 Pool-0\npool 1 0-3 0-3 all\n");
	is_refused(make("web", "1"), CORBEL_FAILED,
		   "this host has none of the pCPUs of Pool-0");
}

/* That it will not be found again is said, and is no harm to others. */
static void keeping_may_fail(void **state)
{
	(void)state;
	pool_kept_folder = "/dev/null/corbel";
	is_refused(make("batch", "2-3"), CORBEL_FAILED, "folder");
	are("0 Pool-0 0-1 3;1 batch 2-3 0;");
	pool_kept_folder = kept;
}

/* The affinities of all, when all pools were asked for. */
static void end_of(uint8_t all[12])
{
	struct corbel_pool *list;
	size_t count;

	assert_int_equal(corbel_pools(&handle, &list, &count), 0);
	free(list);
	for (size_t i = 0; i < 3; i++) {
		memcpy(all + 4 * i, domains[i].affinity, 4);
	}
}

static void before_the_cut(void)
{
	set_up(NULL);
	assert_int_equal(make("batch", "2-3"), 0);
	assert_int_equal(corbel_pool_migrate(&handle, 7, "batch"), 0);
	assert_int_equal(corbel_vcpu_pin(&handle, 8, 1, set("1")), 0);
	sets = 0;
}

static void ends_what_was_cut_off(void **state)
{
	uint8_t whole[12], cut[12];
	unsigned int calls;

	(void)state;
	before_the_cut();
	assert_int_equal(corbel_pool_add(&handle, "batch", set("1")), 0);
	calls = sets;
	assert_int_equal(calls, 4 + 2 + 2);
	end_of(whole);
	for (unsigned int at = 1; at <= calls; at++) {
		before_the_cut();
		fail_at = at;
		assert_int_equal(corbel_pool_add(&handle, "batch", set("1")),
				 -1);
		fail_at = 0;
		are("0 Pool-0 0 2;1 batch 1-3 1;");
		end_of(cut);
		assert_memory_equal(cut, whole, sizeof(whole));
	}
}

static void damaged_files(void **state)
{
	static const char *const texts[] = {
		"",
		"pool 1 0 0 a\n",
		"pool 0 0-1 0-1\n",
		"pool 0 0-x 0-1 Pool-0\n",
		"pool 0 0 0 Pool-0\ndomain 1 2 3\n",
		"pool 0 0 0 Pool-0\ndomain 7\n",
		"pool 0 0 0 Pool-0\nother\n",
	};
	struct corbel_pool *list;
	size_t count;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put_file(folder, texts[i]);
		is_refused(corbel_pools(&handle, &list, &count), CORBEL_FAILED,
			   "damaged");
	}
	put_file(folder, "pool 0 0 0-1 Pool-0\n");
	are("0 Pool-0 0 3;");
}

static void is_in_descriptions(void **state)
{
	static const char guest[] =
		"<domain type='xen'><name>a</name><memory>1024</memory>"
		"<os><type>xenpvh</type><kernel>/k</kernel></os></domain>";
	struct corbel_config *config;
	char *once, *twice;

	(void)state;
	once = pool_in_xml(guest, "batch");
	assert_non_null(strstr(once, "<resource><partition>/batch<"));
	twice = pool_in_xml(once, "night");
	assert_null(strstr(twice, "batch"));
	assert_int_equal(corbel_config_parse(&handle, "a", twice, &config), 0);
	assert_string_equal(config->pool, "night");
	assert_int_equal(corbel_config_set_pool(&handle, config, "web"), 0);
	assert_string_equal(config->pool, "web");
	assert_non_null(strstr(config->xml, "<partition>/web<"));
	assert_null(pool_in_xml("<domain", "web"));
	corbel_config_free(config);
	free(once);
	free(twice);
}

static int begin(void **state)
{
	(void)state;
	pool_folder = mkdtemp(folder);
	snprintf(kept, sizeof(kept), "%s/kept", folder);
	pool_kept_folder = kept;
	return pool_folder != NULL ? 0 : -1;
}

static int end(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(there_is_one),
		TEST(makes_and_ends),
		TEST(refuses),
		TEST(guests_move),
		TEST(pcpus_move),
		TEST(pins_are_inside),
		TEST(guests_begin_in_their_pool),
		TEST(are_kept),
		TEST(guests_find_kept_ones),
		TEST(kept_ones_need_pcpus),
		TEST(keeping_may_fail),
		TEST(ends_what_was_cut_off),
		TEST(damaged_files),
		TEST(is_in_descriptions),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
