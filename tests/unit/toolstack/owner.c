/* SPDX-License-Identifier: MIT */
/*
 * What corbeld does about a guest's end, with a library that keeps books of one
 * guest; and that a guest comes back when corbeld is killed on the way.
 */
#include "toolstack/owner/owner.h"
#include "toolstack/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define POWEROFF 0
#define REBOOT   1
#define SUSPEND  2
#define CRASH    3

static char folder[] = "/tmp/corbel-owner-XXXXXX";
static char history[] = "/tmp/corbel-history-XXXXXX";
static struct corbel_error error;
static struct corbel_info guest; /* domid 0: there is none */
static const char *description;  /* "RRR": an action for each kind of end */
static char calls[256];
static const char *failing; /* the call that fails */
static const char *deadly;  /* the call that kills */

/* ---- the library ---- */

static int call(const char *name)
{
	strcat(strcat(calls, name), " ");
	if (deadly != NULL && strcmp(deadly, name) == 0) {
		_exit(99);
	}
	if (failing == NULL || strcmp(failing, name) != 0) {
		return 0;
	}
	error = (struct corbel_error){ CORBEL_FAILED, "guest web1", "failed" };
	return -1;
}

static int no_guest(void)
{
	error = (struct corbel_error){ CORBEL_NOT_FOUND, "guest", "not there" };
	return -1;
}

const struct corbel_error *corbel_error(const struct corbel *c)
{
	(void)c;
	return &error;
}

int corbel_info(struct corbel *c, uint32_t domid, struct corbel_info *info)
{
	(void)c;
	if (domid != guest.domid) {
		return no_guest();
	}
	*info = guest;
	return 0;
}

int corbel_find(struct corbel *c, const char *name, uint32_t *domid)
{
	(void)c;
	assert_string_equal(name, "web1");
	*domid = guest.domid;
	return guest.domid != 0 ? 0 : no_guest();
}

int corbel_xml(struct corbel *c, uint32_t domid, char **text)
{
	(void)c;
	(void)domid;
	if (description == NULL) {
		return no_guest();
	}
	*text = strdup(description);
	return 0;
}

static enum corbel_action action(char letter)
{
	return letter == 'D'   ? CORBEL_DESTROY
	       : letter == 'R' ? CORBEL_RESTART
			       : CORBEL_PRESERVE;
}

int corbel_config_parse(struct corbel *c, const char *name, const char *text,
			struct corbel_config **out)
{
	(void)name;
	(void)c;
	if (strlen(text) != 3) {
		return no_guest();
	}
	*out = calloc(1, sizeof(**out));
	(*out)->name = strdup("web1");
	(*out)->xml = strdup(text);
	(*out)->on_poweroff = action(text[0]);
	(*out)->on_reboot = action(text[1]);
	(*out)->on_crash = action(text[2]);
	return 0;
}

void corbel_config_free(struct corbel_config *config)
{
	free(config->name);
	free(config->xml);
	free(config);
}

int corbel_destroy(struct corbel *c, uint32_t domid)
{
	(void)c;
	assert_int_equal(domid, guest.domid);
	if (call("destroy") != 0) {
		return -1;
	}
	guest.domid = 0;
	return 0;
}

int corbel_create(struct corbel *c, const struct corbel_config *config,
		  unsigned int flags, uint32_t *domid)
{
	(void)c;
	assert_int_equal(flags, 0);
	if (call("create") != 0) {
		return -1;
	}
	guest = (struct corbel_info){ .domid = 8 };
	strcpy(guest.name, config->name);
	*domid = guest.domid;
	return 0;
}

/* Two start with the machine, and one of these cannot be read. */
int corbel_definitions(struct corbel *c, struct corbel_definition **list,
		       size_t *count)
{
	static const struct corbel_definition all[] = {
		{ .name = "web1", .autostart = true },
		{ .name = "web2" },
		{ .name = "web3", .autostart = true, .problem = "no XML" },
	};

	(void)c;
	*list = malloc(sizeof(all));
	memcpy(*list, all, sizeof(all));
	*count = 3;
	return 0;
}

int corbel_definition_xml(struct corbel *c, const char *name, char **text)
{
	(void)c;
	assert_string_equal(name, "web1");
	*text = strdup("DRD");
	return 0;
}

/* ---- the rest of corbeld ---- */

void log_line(const char *format, ...)
{
	(void)format;
}

/* ---- tests ---- */

static int make_folder(void **state)
{
	(void)state;
	pending_folder = folder;
	if (mkdtemp(history) == NULL) {
		return -1;
	}
	history_folder = history;
	history_console_folder = folder;
	return mkdtemp(folder) != NULL ? 0 : -1;
}

/* Nothing may be left in it. */
static int remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", history);
	if (system(command) != 0) {
		return -1;
	}
	return rmdir(folder);
}

static int set_up(void **state)
{
	(void)state;
	calls[0] = '\0';
	failing = deadly = NULL;
	return 0;
}

static void stops(unsigned int reason, const char *text)
{
	guest = (struct corbel_info){
		.domid = 7,
		.name = "web1",
		.state = reason == CRASH ? CORBEL_STATE_CRASHED
					 : CORBEL_STATE_SHUTDOWN,
		.shutdown_reason = reason,
	};
	description = text;
	calls[0] = '\0';
}

static void count(const char *path, void *context)
{
	(void)path;
	++*(unsigned int *)context;
}

static unsigned int pending_count(void)
{
	unsigned int n = 0;

	pending_each(count, &n);
	return n;
}

static void expect(unsigned int reason, const char *text, const char *done)
{
	stops(reason, text);
	assert_true(end_handle(NULL, 7));
	assert_string_equal(calls, done);
	assert_int_equal(pending_count(), 0);
}

static void does_what_the_description_says(void **state)
{
	(void)state;
	expect(POWEROFF, "DRP", "destroy ");
	expect(REBOOT, "DRP", "destroy create ");
	expect(CRASH, "DRP", "");
	expect(POWEROFF, "RPD", "destroy create ");
	expect(REBOOT, "RPD", "");
	expect(CRASH, "RPD", "destroy ");
	expect(CRASH, "PPR", "destroy create ");
	expect(SUSPEND, "DDD", "");
}

static void keeps_a_new_name(void **state)
{
	(void)state;
	stops(REBOOT, "DRD");
	strcpy(guest.name, "web2");
	assert_true(end_handle(NULL, 7));
	assert_string_equal(guest.name, "web2");
}

static void leaves_what_has_no_description(void **state)
{
	(void)state;
	stops(REBOOT, NULL);
	assert_false(end_handle(NULL, 7));
	stops(REBOOT, "no description");
	assert_false(end_handle(NULL, 7));
	assert_string_equal(calls, "");
}

/* An admin may have been faster, and may want it gone. */
static void does_not_make_what_it_could_not_remove(void **state)
{
	(void)state;
	stops(REBOOT, "DRD");
	failing = "destroy";
	assert_false(end_handle(NULL, 7));
	assert_string_equal(calls, "destroy ");
	assert_int_equal(pending_count(), 0);
}

static void gives_up_after_a_failed_start(void **state)
{
	(void)state;
	stops(REBOOT, "DRD");
	failing = "create";
	assert_false(end_handle(NULL, 7));
	assert_int_equal(pending_count(), 0);
}

static void die_in(const char *where)
{
	pid_t child;
	int status;

	stops(REBOOT, "DRD");
	deadly = where;
	child = fork();
	if (child == 0) {
		end_handle(NULL, 7);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 99);
	deadly = NULL;
	assert_int_equal(pending_count(), 1);
}

static void resume_one(const char *path, void *context)
{
	(void)context;
	assert_true(end_resume(NULL, path));
}

static void makes_it_after_being_killed(void **state)
{
	(void)state;
	die_in("create");
	guest.domid = 0; /* that far the other process came */
	pending_each(resume_one, NULL);
	assert_string_equal(calls, "create ");
	assert_int_equal(guest.domid, 8);
	assert_int_equal(pending_count(), 0);
}

/* Killed before it was removed: it is still there to be handled. */
static void does_not_make_it_twice(void **state)
{
	(void)state;
	die_in("destroy");
	pending_each(resume_one, NULL);
	assert_string_equal(calls, "");
	assert_int_equal(pending_count(), 0);
	assert_true(end_handle(NULL, 7));
	assert_string_equal(calls, "destroy create ");
}

/* Killed before the description was written. */
static void drops_an_empty_file(void **state)
{
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/web1.xml", folder);
	fclose(fopen(path, "w"));
	assert_false(end_resume(NULL, path));
	assert_int_equal(pending_count(), 0);
	assert_string_equal(calls, "");
}

static char mark[64];

/* The machine has started. */
static void begin_autostart(void)
{
	guest.domid = 0;
	snprintf(mark, sizeof(mark), "%s.started", folder);
	autostart_mark = mark;
	assert_true(autostart_begin(NULL));
}

static void starts_with_the_machine_once(void **state)
{
	(void)state;
	begin_autostart();
	assert_int_equal(pending_count(), 1);
	pending_each(resume_one, NULL);
	assert_string_equal(calls, "create ");
	assert_int_equal(guest.domid, 8);
	/* What an admin ends now stays ended. */
	guest.domid = 0;
	assert_true(autostart_begin(NULL));
	assert_int_equal(pending_count(), 0);
	unlink(mark);
}

/* Killed when all were noted, but none was made. */
static void starts_the_others_after_being_killed(void **state)
{
	(void)state;
	begin_autostart();
	assert_true(autostart_begin(NULL));
	pending_each(resume_one, NULL);
	assert_string_equal(calls, "create ");
	unlink(mark);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(does_what_the_description_says),
		TEST(keeps_a_new_name),
		TEST(leaves_what_has_no_description),
		TEST(does_not_make_what_it_could_not_remove),
		TEST(gives_up_after_a_failed_start),
		TEST(makes_it_after_being_killed),
		TEST(does_not_make_it_twice),
		TEST(drops_an_empty_file),
		TEST(starts_with_the_machine_once),
		TEST(starts_the_others_after_being_killed),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
