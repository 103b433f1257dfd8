/* SPDX-License-Identifier: MIT */
#include "libctl/domain/store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake/fake_store.h"

#define HOME "/local/domain/7/"
#define VM   "/vm/01234567-89ab-cdef-0123-456789abcdef"

static struct corbel handle;

static struct corbel_config config = {
	.name = (char[]){ "web1" },
	.uuid = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23,
		  0x45, 0x67, 0x89, 0xab, 0xcd, 0xef },
	.memory_kib = 524288,
	.vcpus = 2,
	.kernel = (char[]){ "/boot/vmlinuz" },
};

static const struct domain_rings rings = {
	.store_port = 1,
	.console_port = 2,
	.store_gfn = 0xfeffc,
	.console_gfn = 0xfefff,
};

static int empty_store(void **state)
{
	(void)state;
	fake_store_reset();
	memset(&handle.error, 0, sizeof(handle.error));
	return 0;
}

static void is_node(const char *path, const char *text, const char *access)
{
	if (fake_store_text(path) == NULL) {
		fail_msg("%s is not there", path);
	}
	assert_string_equal(fake_store_text(path), text);
	if (strcmp(fake_store_access(path), access) != 0) {
		fail_msg("%s: %s", path, fake_store_access(path));
	}
}

static void add(void)
{
	assert_int_equal(store_domain_add(&handle, 7, &config, &rings), 0);
}

static void writes_what_the_guest_reads(void **state)
{
	(void)state;
	add();
	is_node("/local/domain/7", "", "n0,r7");
	is_node(HOME "name", "web1", "n0,r7");
	is_node(HOME "domid", "7", "n0,r7");
	is_node(HOME "vm", VM, "n0,r7");
	is_node(HOME "memory/static-max", "524288", "n0,r7");
	is_node(HOME "memory/target", "524288", "n0,r7");
	is_node(HOME "memory/maximum", "524288", "n0,r7");
	is_node(HOME "cpu/0/availability", "online", "n0,r7");
	is_node(HOME "cpu/1/availability", "online", "n0,r7");
	assert_null(fake_store_text(HOME "cpu/2"));
	is_node(HOME "store/port", "1", "n0,r7");
	is_node(HOME "store/ring-ref", "1044476", "n0,r7");
	is_node(HOME "control/platform-feature-xs_reset_watches", "1", "n0,r7");
	is_node(HOME "device", "", "n0,r7");
}

static void write_nested(struct store_txn *t, const void *context)
{
	(void)context;
	store_folder(t, STORE_GUEST_READS, "/top");
	store_folder(t, STORE_GUEST_OWNS, "/top/own");
	store_write(t, STORE_GUEST_OWNS, "/top/own", "a", "1");
	store_write(t, STORE_GUEST_READS, "/top/own", "b", "2");
	store_write(t, STORE_GUEST_READS, "/top", "ownership", "3");
	store_write(t, STORE_PRIVATE, "/top", "secret", "4");
	store_write(t, STORE_GUEST_READS, "/topmost", "c", "5");
}

/* Permissions that a node has by itself are not set: it is the nearest that counts. */
static void access_is_that_of_the_folder_or_given(void **state)
{
	(void)state;
	assert_int_equal(store_transaction(&handle, 7, "x", write_nested, NULL),
			 0);
	is_node("/top", "", "n0,r7");
	is_node("/top/own/a", "1", "n7");
	is_node("/top/own/b", "2", "n0,r7");
	is_node("/top/ownership", "3", "n0,r7");
	is_node("/top/secret", "4", "n0");
	is_node("/topmost/c", "5", "n0,r7");
}

static void gives_the_guest_what_it_writes(void **state)
{
	static const char *const owned[] = {
		"control/shutdown",
		"control/sysrq",
		"control/feature-reboot",
		"control/feature-poweroff",
		"control/feature-suspend",
		"device/suspend/event-channel",
		"data",
		"drivers",
		"feature",
		"attr",
		"error",
	};
	char path[128];

	(void)state;
	add();
	for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++) {
		snprintf(path, sizeof(path), HOME "%s", owned[i]);
		is_node(path, "", "n7");
	}
}

static void writes_the_console(void **state)
{
	(void)state;
	add();
	is_node(HOME "console/backend", "/local/domain/0/backend/console/7/0",
		"n0,r7");
	is_node(HOME "console/backend-id", "0", "n0,r7");
	is_node(HOME "console/limit", "1048576", "n0,r7");
	is_node(HOME "console/type", "xenconsoled", "n0,r7");
	is_node(HOME "console/output", "pty", "n0,r7");
	is_node(HOME "console/tty", "", "n0,r7");
	is_node(HOME "console/port", "2", "n0,r7");
	is_node(HOME "console/ring-ref", "1044479", "n0,r7");
	is_node("/local/domain/0/backend/console/7/0/frontend",
		"/local/domain/7/console", "n0,r7");
	is_node("/local/domain/0/backend/console/7/0/state", "1", "n0,r7");
	is_node("/local/domain/0/backend/console/7/0/protocol", "vt100",
		"n0,r7");
}

static void writes_what_tools_read(void **state)
{
	(void)state;
	add();
	is_node(VM "/uuid", "01234567-89ab-cdef-0123-456789abcdef", "n0,r7");
	is_node(VM "/name", "web1", "n0,r7");
	assert_non_null(fake_store_text(VM "/start_time"));
	is_node("/libxl/7/type", "pvh", "n0");
	is_node("/libxl/7/device/console/0/frontend", "/local/domain/7/console",
		"n0");
}

static void introduces_the_guest(void **state)
{
	(void)state;
	add();
	assert_int_equal(fake_ring.domid, 7);
	assert_int_equal(fake_ring.port, 1);
	assert_int_equal(fake_ring.gfn, 0xfeffc);
}

static void tries_again_after_a_collision(void **state)
{
	(void)state;
	fake_store_collide(3);
	add();
	is_node(HOME "name", "web1", "n0,r7");
}

static void leaves_nothing_behind_a_failure(void **state)
{
	(void)state;
	fake_store_refuse(HOME "console", ENOSPC);
	assert_int_equal(store_domain_add(&handle, 7, &config, &rings), -1);
	assert_string_equal(handle.error.object, "guest web1");
	assert_string_equal(handle.error.text,
			    "store, /local/domain/7/console: No space left on "
			    "device");
	assert_int_equal(fake_store_count(), 0);
	assert_int_equal(fake_ring.domid, 0);
}

static void removes_all_of_it(void **state)
{
	(void)state;
	fake_store_set("/vm/other/name", "other");
	add();
	assert_int_equal(store_domain_remove(&handle, 7), 0);
	assert_null(fake_store_text("/local/domain/7"));
	assert_null(fake_store_text("/libxl/7"));
	assert_null(fake_store_text(VM));
	assert_null(fake_store_text("/local/domain/0/backend/console/7"));
	assert_non_null(fake_store_text("/vm/other/name"));
	assert_int_equal(fake_ring.released, 7);
	/* What is not there is no failure. */
	assert_int_equal(store_domain_remove(&handle, 7), 0);
}

static void finds_names_and_ids(void **state)
{
	uint32_t domid = 99;
	char name[256];

	(void)state;
	add();
	fake_store_set("/local/domain/0/domid", "0");
	assert_int_equal(store_domain_name(&handle, 7, name), 0);
	assert_string_equal(name, "web1");
	assert_int_equal(store_domain_name(&handle, 0, name), 0);
	assert_string_equal(name, "Domain-0");
	assert_int_equal(store_domain_name(&handle, 8, name), -1);

	assert_int_equal(corbel_find(&handle, "web1", &domid), 0);
	assert_int_equal(domid, 7);
	assert_int_equal(corbel_find(&handle, "7", &domid), 0);
	assert_int_equal(domid, 7);
	assert_int_equal(corbel_find(&handle, "Domain-0", &domid), 0);
	assert_int_equal(domid, 0);
	assert_int_equal(corbel_find(&handle, "8", &domid), -1);
	assert_int_equal(handle.error.code, CORBEL_NOT_FOUND);
	assert_int_equal(corbel_find(&handle, "web2", &domid), -1);
	assert_string_equal(handle.error.object, "guest web2");
	assert_int_equal(handle.error.code, CORBEL_NOT_FOUND);
	assert_int_equal(corbel_find(&handle, "70000", &domid), -1);
	assert_int_equal(handle.error.code, CORBEL_NOT_FOUND);
}

static void finds_by_name_in_any_store(void **state)
{
	uint32_t domid;

	(void)state;
	add();
	fake_store_set("/local/domain/0/domid", "0");
	fake_store_is_stock = true;
	assert_int_equal(corbel_find(&handle, "web1", &domid), 0);
	assert_int_equal(domid, 7);
	assert_int_equal(corbel_find(&handle, "Domain-0", &domid), 0);
	assert_int_equal(domid, 0);
	assert_int_equal(corbel_find(&handle, "web2", &domid), -1);
	assert_int_equal(handle.error.code, CORBEL_NOT_FOUND);
}

static void finds_the_console(void **state)
{
	char *path;

	(void)state;
	add();
	fake_store_set(HOME "console/tty", "/dev/pts/3");
	assert_int_equal(corbel_console_path(&handle, 7, &path), 0);
	assert_string_equal(path, "/dev/pts/3");
	free(path);
	assert_int_equal(corbel_console_path(&handle, 0, &path), -1);
	assert_int_equal(handle.error.code, CORBEL_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(writes_what_the_guest_reads,
				       empty_store),
		cmocka_unit_test_setup(access_is_that_of_the_folder_or_given,
				       empty_store),
		cmocka_unit_test_setup(gives_the_guest_what_it_writes,
				       empty_store),
		cmocka_unit_test_setup(writes_the_console, empty_store),
		cmocka_unit_test_setup(writes_what_tools_read, empty_store),
		cmocka_unit_test_setup(introduces_the_guest, empty_store),
		cmocka_unit_test_setup(tries_again_after_a_collision,
				       empty_store),
		cmocka_unit_test_setup(leaves_nothing_behind_a_failure,
				       empty_store),
		cmocka_unit_test_setup(removes_all_of_it, empty_store),
		cmocka_unit_test_setup(finds_names_and_ids, empty_store),
		cmocka_unit_test_setup(finds_by_name_in_any_store, empty_store),
		cmocka_unit_test_setup(finds_the_console, empty_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
