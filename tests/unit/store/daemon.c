/* SPDX-License-Identifier: MIT */
/*
 * The daemon itself, without a hypervisor, as Debian's client library sees it.
 */
#define _GNU_SOURCE 1

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <xen/io/xs_wire.h>
#include <xenstore.h>

#define TRIES 500 /* 10 ms each */

static char program[512];
static char folder[] = "/tmp/corbel-store-XXXXXX";
static char path[64];
static pid_t daemon_pid;

static char *print(const char *before, const char *file)
{
	char *text = NULL;

	assert_true(asprintf(&text, "%s%s/%s", before, folder, file) > 0);
	return text;
}

static void run_daemon(void)
{
	char *socket = print("--socket=", "run/socket");
	char *state = print("--state=", "state");
	char *pid = print("--pid-file=", "pid");

	daemon_pid = fork();
	if (daemon_pid == 0) {
		dup2(open("/dev/null", O_WRONLY), 2);
		execl(program, program, "--no-domains", socket, state, pid,
		      NULL);
		_exit(127);
	}
	free(socket);
	free(state);
	free(pid);
}

static struct xs_handle *open_store(void)
{
	struct xs_handle *xs = NULL;

	for (int i = 0; i < TRIES && xs == NULL; i++) {
		xs = xs_open(0);
		if (xs == NULL) {
			usleep(10000);
		}
	}
	assert_non_null(xs);
	return xs;
}

static void end_daemon(int signal_number)
{
	kill(daemon_pid, signal_number);
	assert_int_equal(waitpid(daemon_pid, NULL, 0), daemon_pid);
}

static int setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/run/socket", folder);
	setenv("XENSTORED_PATH", path, 1);
	run_daemon();
	return 0;
}

static int teardown(void **state)
{
	static const char *const files[] = { "run/socket", "run", "state",
					     "pid" };

	(void)state;
	end_daemon(SIGTERM);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *file = print("", files[i]);

		remove(file);
		free(file);
	}
	return rmdir(folder);
}

static void assert_node(struct xs_handle *xs, const char *node,
			const char *value)
{
	unsigned int len = 0;
	char *found = xs_read(xs, XBT_NULL, node, &len);

	assert_non_null(found);
	assert_string_equal(found, value);
	free(found);
}

static void test_nodes(void **state)
{
	struct xs_permissions perms[] = { { 0, XS_PERM_NONE },
					  { 3, XS_PERM_READ } };
	struct xs_handle *xs = open_store();
	struct xs_permissions *found;
	unsigned int count = 0;
	struct stat status;

	(void)state;
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_true(xs_write(xs, XBT_NULL, "/a/b", "value", 5));
	assert_node(xs, "/a/b", "value");
	assert_true(xs_set_permissions(xs, XBT_NULL, "/a/b", perms, 2));
	found = xs_get_permissions(xs, XBT_NULL, "/a/b", &count);
	assert_int_equal(count, 2);
	assert_int_equal(found[1].id, 3);
	free(found);
	assert_true(xs_rm(xs, XBT_NULL, "/a"));
	assert_null(xs_read(xs, XBT_NULL, "/a/b", &count));
	xs_close(xs);
}

/* Longer than one reply. */
static void test_directory(void **state)
{
	struct xs_handle *xs = open_store();
	unsigned int count = 0;
	char node[100];
	char **names;

	(void)state;
	for (unsigned int i = 0; i < 200; i++) {
		snprintf(node, sizeof(node), "/dir/%050u", i);
		assert_true(xs_mkdir(xs, XBT_NULL, node));
	}
	names = xs_directory(xs, XBT_NULL, "/dir", &count);
	assert_non_null(names);
	assert_int_equal(count, 200);
	snprintf(node, sizeof(node), "%050u", 199);
	assert_string_equal(names[199], node);
	free(names);
	assert_true(xs_rm(xs, XBT_NULL, "/dir"));
	xs_close(xs);
}

static void test_watch(void **state)
{
	struct xs_handle *xs = open_store();
	struct xs_handle *other = open_store();
	unsigned int count = 0;
	char **event;

	(void)state;
	assert_true(xs_watch(xs, "/w", "token"));
	event = xs_read_watch(xs, &count);
	assert_string_equal(event[XS_WATCH_PATH], "/w");
	free(event);
	assert_true(xs_write(other, XBT_NULL, "/w/x", "", 0));
	event = xs_read_watch(xs, &count);
	assert_string_equal(event[XS_WATCH_PATH], "/w/x");
	assert_string_equal(event[XS_WATCH_TOKEN], "token");
	free(event);
	assert_true(xs_unwatch(xs, "/w", "token"));
	xs_close(other);
	xs_close(xs);
}

static void test_transaction(void **state)
{
	struct xs_handle *xs = open_store();
	xs_transaction_t t = xs_transaction_start(xs);

	(void)state;
	assert_true(xs_write(xs, t, "/t", "in", 2));
	assert_true(xs_write(xs, XBT_NULL, "/t", "out", 3));
	assert_false(xs_transaction_end(xs, t, false));
	assert_node(xs, "/t", "out");
	xs_close(xs);
}

static void test_domain(void **state)
{
	struct xs_handle *xs = open_store();
	char *home = xs_get_domain_path(xs, 7);
	char *answer;

	(void)state;
	assert_string_equal(home, "/local/domain/7");
	free(home);
	assert_true(xs_introduce_domain(xs, 7, 1, 2));
	assert_true(xs_is_domain_introduced(xs, 7));
	assert_true(xs_release_domain(xs, 7));
	assert_false(xs_is_domain_introduced(xs, 7));
	answer = xs_control_command(xs, "check", NULL, 0);
	assert_string_equal(answer, "OK");
	free(answer);
	xs_close(xs);
}

static void restart(int signal_number)
{
	struct xs_handle *xs = open_store();

	assert_true(xs_write(xs, XBT_NULL, "/kept", "yes", 3));
	end_daemon(signal_number);
	xs_close(xs);
	run_daemon();
	xs = open_store();
	assert_node(xs, "/kept", "yes");
	assert_true(xs_rm(xs, XBT_NULL, "/kept"));
	xs_close(xs);
}

static void test_restart(void **state)
{
	(void)state;
	restart(SIGTERM);
	restart(SIGKILL);
}

/* Of the list of what is in the root; Debian's library keeps it to itself. */
static uint64_t root_generation(void)
{
	static const char payload[] = "/\0000"; /* two strings */
	const struct xsd_sockmsg header = {
		.type = XS_DIRECTORY_PART,
		.len = sizeof(payload),
	};
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char answer[sizeof(header) + XENSTORE_PAYLOAD_MAX] = "";
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(
		connect(fd, (const struct sockaddr *)&address, sizeof(address)),
		0);
	assert_int_equal(write(fd, &header, sizeof(header)), sizeof(header));
	assert_int_equal(write(fd, payload, sizeof(payload)), sizeof(payload));
	assert_true(read(fd, answer, sizeof(answer) - 1) >
		    (ssize_t)sizeof(header));
	close(fd);
	return strtoull(answer + sizeof(header), NULL, 10);
}

/* A list whose parts come from two daemons is not taken for one. */
static void test_generations(void **state)
{
	struct xs_handle *xs = open_store();
	uint64_t before;

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_true(xs_mkdir(xs, XBT_NULL, "/new"));
		assert_true(xs_rm(xs, XBT_NULL, "/new"));
	}
	before = root_generation();
	assert_int_not_equal(before, 0);
	end_daemon(SIGKILL);
	xs_close(xs);
	run_daemon();
	xs_close(open_store());
	assert_true(root_generation() > before);
}

/* A second one must not take over from one that is at work. */
static void test_one_only(void **state)
{
	const pid_t first = daemon_pid;
	struct xs_handle *xs = open_store();
	int status;

	(void)state;
	run_daemon();
	assert_int_equal(waitpid(daemon_pid, &status, 0), daemon_pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	daemon_pid = first;
	assert_true(xs_write(xs, XBT_NULL, "/still", "", 0));
	xs_close(xs);
}

/* It is in BUILD/svcvm, this program in BUILD/unit/store. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_directory),
		cmocka_unit_test(test_watch),
		cmocka_unit_test(test_transaction),
		cmocka_unit_test(test_domain),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_generations),
		cmocka_unit_test(test_one_only),
	};

	(void)argc;
	snprintf(program, sizeof(program), "%s/../../svcvm/corbel-stored",
		 dirname(argv[0]));
	return cmocka_run_group_tests(tests, setup, teardown);
}
