/* SPDX-License-Identifier: MIT */
/* The service VM's console, in pieces; and what is typed there. */
#include "call/call.h"

#include "core/debugkeys.h"
#include "core/log.h"
#include "fake.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define TEXT    0x1000u
#define NOWHERE 0x1000000u

static struct domain *service;
static struct call call;
static char written[16384];
static size_t written_len;
static unsigned int told;

void log_console_write(const char *text, size_t len)
{
	memcpy(written + written_len, text, len);
	written_len += len;
}

void debug_key_later(char key)
{
	(void)key;
}

static void tell(void)
{
	told++;
}

static int setup(void **state)
{
	(void)state;
	fake_reset();
	written_len = 0;
	told = 0;
	console_input_hook = NULL;
	service = fake_domain_add(0, 1);
	service->privileged = true;
	fake_domain_add_ram(service, 0, 8);
	call = (struct call){ .vcpu = service->vcpus[0], .wide = true };
	return 0;
}

static int teardown(void **state)
{
	char rest[2048];

	(void)state;
	fake_check_clean();
	(void)console_input_read(rest, sizeof(rest));
	fake_domain_remove(service);
	return 0;
}

static long issue(uint64_t cmd, uint64_t count, uint64_t buffer)
{
	call.arg[0] = cmd;
	call.arg[1] = count;
	call.arg[2] = buffer;
	return call_console_io(&call);
}

static void test_write(void **state)
{
	unsigned int goes = 1;
	long rc;

	(void)state;
	for (unsigned int i = 0; i < 10000; i++) {
		*(char *)fake_guest(service, TEXT + i) = (char)(i % 97);
	}
	rc = issue(CONSOLEIO_write, 10000, TEXT);
	while (rc == CALL_AGAIN) {
		rc = call_console_io(&call);
		goes++;
	}
	assert_int_equal(rc, 0);
	assert_int_equal(goes, 3);
	assert_int_equal(written_len, 10000);
	for (unsigned int i = 0; i < 10000; i++) {
		assert_int_equal(written[i], i % 97);
	}
	assert_int_equal(issue(CONSOLEIO_write, 0, NOWHERE), 0);
	assert_int_equal(issue(CONSOLEIO_write, 1, NOWHERE), -XEN_EFAULT);
}

static void test_read(void **state)
{
	(void)state;
	console_input_hook = tell;
	assert_int_equal(issue(CONSOLEIO_read, 16, TEXT), 0);
	console_input_put('l');
	console_input_put('s');
	assert_int_equal(told, 2);
	assert_int_equal(issue(CONSOLEIO_read, 1, TEXT), 1);
	assert_int_equal(issue(CONSOLEIO_read, 16, TEXT + 1), 1);
	assert_memory_equal(fake_guest(service, TEXT), "ls", 2);
	assert_int_equal(issue(CONSOLEIO_read, 16, TEXT), 0);
}

/* What comes first is kept. */
static void test_full(void **state)
{
	char text[2048];

	(void)state;
	for (unsigned int i = 0; i < sizeof(text); i++) {
		console_input_put((char)(i % 61));
	}
	assert_int_equal(console_input_read(text, sizeof(text)), 1024);
	for (unsigned int i = 0; i < 1024; i++) {
		assert_int_equal(text[i], i % 61);
	}
}

static void test_refused(void **state)
{
	(void)state;
	assert_int_equal(issue(2, 1, TEXT), -XEN_ENOSYS);
	service->privileged = false;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_write),
		TEST(test_read),
		TEST(test_full),
		TEST(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
