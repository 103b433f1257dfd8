/* SPDX-License-Identifier: MIT */
/*
 * Guests that are defined: kept in files, each under its name with one uuid.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "libctl/config/config.h"
#include "libctl/core/internal.h"
#include "libctl/domain/definition_file.h"

#define UUID  "01234567-89ab-cdef-0123-456789abcdef"
#define OTHER "76543210-89ab-cdef-0123-456789abcdef"

static char folder[] = "/tmp/corbel-definition-XXXXXX";
static char domains[64];
static struct corbel handle;

/* `uuid` may be NULL. What it names is not there, and need not be. */
static void write_guest(const char *file, const char *name, const char *uuid,
			unsigned int vcpus)
{
	FILE *const f = fopen(file, "w");

	assert_non_null(f);
	fprintf(f,
		"<domain type='xen'>\n<name>%s</name>\n%s%s%s"
		"<memory unit='MiB'>64</memory>\n<vcpu>%u</vcpu>\n"
		"<os><type>xenpvh</type><kernel>/no/kernel</kernel></os>\n"
		"</domain>\n",
		name, uuid != NULL ? "<uuid>" : "", uuid != NULL ? uuid : "",
		uuid != NULL ? "</uuid>" : "", vcpus);
	fclose(f);
}

static int define(const char *name, const char *uuid, unsigned int vcpus)
{
	struct corbel_config *config;
	int ret;

	write_guest("guest.xml", name, uuid, vcpus);
	ret = corbel_define(&handle, "guest.xml", &config);
	if (ret == 0) {
		assert_string_equal(config->name, name);
		corbel_config_free(config);
	}
	return ret;
}

static void defined(const char *name, const char *uuid, unsigned int vcpus)
{
	if (define(name, uuid, vcpus) != 0) {
		fail_msg("%s: %s", handle.error.object, handle.error.text);
	}
}

/* The only one there is. */
static struct corbel_definition the_one(void)
{
	struct corbel_definition *list, one;
	size_t count;

	assert_int_equal(corbel_definitions(&handle, &list, &count), 0);
	assert_int_equal(count, 1);
	one = list[0];
	free(list);
	return one;
}

static void keeps_what_was_defined(void **state)
{
	struct corbel_definition one;
	char *text, uuid[37];

	(void)state;
	defined("web1", UUID, 3);
	one = the_one();
	value_uuid_text(one.uuid, uuid);
	assert_string_equal(one.name, "web1");
	assert_string_equal(uuid, UUID);
	assert_int_equal(one.vcpus, 3);
	assert_int_equal(one.memory_kib, 64 * 1024);
	assert_string_equal(one.problem, "");
	assert_int_equal(corbel_definition_xml(&handle, "web1", &text), 0);
	assert_non_null(strstr(text, "<vcpu>3</vcpu>"));
	free(text);
}

static void takes_a_new_description(void **state)
{
	(void)state;
	defined("web1", UUID, 1);
	defined("web1", UUID, 2);
	assert_int_equal(the_one().vcpus, 2);
}

static void keeps_the_uuid_where_none_is_given(void **state)
{
	char uuid[37];

	(void)state;
	defined("web1", UUID, 1);
	defined("web1", NULL, 2);
	value_uuid_text(the_one().uuid, uuid);
	assert_string_equal(uuid, UUID);
	assert_int_equal(the_one().vcpus, 2);
}

static void refuses_two_of_one_kind(void **state)
{
	(void)state;
	defined("web1", UUID, 1);
	assert_int_equal(define("web1", OTHER, 1), -1);
	assert_int_equal(handle.error.code, CORBEL_EXISTS);
	assert_string_equal(handle.error.object, "guest web1");
	assert_string_equal(handle.error.text,
			    "it is defined with another uuid, " UUID);
	assert_int_equal(define("web2", UUID, 1), -1);
	assert_string_equal(handle.error.object, "guest web2");
	assert_string_equal(handle.error.text,
			    "its uuid is that of the defined guest web1");
	the_one();
}

static void makes_a_guest_of_that_name_the_defined_one(void **state)
{
	struct corbel_config *config;
	uint8_t uuid[16];

	(void)state;
	defined("web1", UUID, 1);
	assert_true(value_uuid(UUID, uuid));
	write_guest("guest.xml", "web1", NULL, 1);
	assert_int_equal(config_read(&handle, "guest.xml", true, &config), 0);
	assert_int_equal(corbel_definition_match(&handle, config), 0);
	assert_memory_equal(config->uuid, uuid, 16);
	assert_non_null(strstr(config->xml, UUID));
	corbel_config_free(config);

	write_guest("guest.xml", "web1", OTHER, 1);
	assert_int_equal(config_read(&handle, "guest.xml", true, &config), 0);
	assert_int_equal(corbel_definition_match(&handle, config), -1);
	corbel_config_free(config);
}

/* What it names has to be there only now. */
static void is_checked_again_at_its_start(void **state)
{
	struct corbel_config *config;
	char object[128];

	(void)state;
	defined("web1", UUID, 1);
	assert_int_equal(corbel_definition_read(&handle, "web1", &config), -1);
	snprintf(object, sizeof(object), "%s/web1.xml:6", domains);
	assert_string_equal(handle.error.object, object);
	assert_string_equal(handle.error.text, "<kernel>: /no/kernel: No such "
					       "file or directory");
}

static void autostarts(void **state)
{
	(void)state;
	defined("web1", UUID, 1);
	assert_false(the_one().autostart);
	assert_int_equal(corbel_autostart(&handle, "web1", true), 0);
	assert_int_equal(corbel_autostart(&handle, "web1", true), 0);
	assert_true(the_one().autostart);
	assert_int_equal(corbel_autostart(&handle, "web1", false), 0);
	assert_int_equal(corbel_autostart(&handle, "web1", false), 0);
	assert_false(the_one().autostart);
}

static void forgets(void **state)
{
	struct corbel_definition *list;
	size_t count;

	(void)state;
	defined("web1", UUID, 1);
	assert_int_equal(corbel_autostart(&handle, "web1", true), 0);
	assert_int_equal(corbel_undefine(&handle, "web1"), 0);
	assert_int_equal(corbel_definitions(&handle, &list, &count), 0);
	assert_int_equal(count, 0);
	free(list);
	assert_int_equal(corbel_undefine(&handle, "web1"), -1);
	assert_int_equal(handle.error.code, CORBEL_NOT_FOUND);
	assert_int_equal(corbel_autostart(&handle, "web1", true), -1);
	assert_int_equal(handle.error.code, CORBEL_NOT_FOUND);
	/* As a new guest with a new uuid, its autostart is not taken up. */
	defined("web1", OTHER, 1);
	assert_false(the_one().autostart);
}

/* One that an admin has spoilt is in nobody's way. */
static void lists_what_cannot_be_read(void **state)
{
	struct corbel_definition *list;
	char path[128], problem[256];
	size_t count;
	FILE *file;

	(void)state;
	defined("web1", UUID, 1);
	snprintf(path, sizeof(path), "%s/bad.xml", domains);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("<domain type='xen'>\n<nam/></domain>\n", file);
	fclose(file);
	assert_int_equal(corbel_definitions(&handle, &list, &count), 0);
	assert_int_equal(count, 2);
	assert_string_equal(list[0].name, "bad");
	snprintf(problem, sizeof(problem), "%s:2: <nam> is not known", path);
	assert_memory_equal(list[0].problem, problem, strlen(problem));
	assert_string_equal(list[1].name, "web1");
	free(list);
	defined("bad", OTHER, 1);
	assert_int_equal(corbel_undefine(&handle, "bad"), 0);
}

static void names_lead_nowhere_else(void **state)
{
	char *text;

	(void)state;
	write_guest("guest.xml", "web1", UUID, 1);
	assert_int_equal(corbel_definition_xml(&handle, "../guest", &text), -1);
	assert_int_equal(handle.error.code, CORBEL_NOT_FOUND);
	assert_int_equal(corbel_undefine(&handle, "../guest"), -1);
	assert_int_equal(access("guest.xml", F_OK), 0);
}

static int enter_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL || chdir(folder) != 0) {
		return -1;
	}
	snprintf(domains, sizeof(domains), "%s/etc/domains", folder);
	definition_folder = domains;
	return 0;
}

static int forget_all(void **state)
{
	(void)state;
	return system("rm -rf etc guest.xml");
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

#define TEST(name) cmocka_unit_test_teardown(name, forget_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keeps_what_was_defined),
		TEST(takes_a_new_description),
		TEST(keeps_the_uuid_where_none_is_given),
		TEST(refuses_two_of_one_kind),
		TEST(makes_a_guest_of_that_name_the_defined_one),
		TEST(is_checked_again_at_its_start),
		TEST(autostarts),
		TEST(forgets),
		TEST(lists_what_cannot_be_read),
		TEST(names_lead_nowhere_else),
	};

	return cmocka_run_group_tests(tests, enter_folder, remove_folder);
}
