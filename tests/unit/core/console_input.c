/* SPDX-License-Identifier: MIT */
#include "core/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86/spinlock.h"
#include "core/debugkeys.h"

static char keys[16];
static unsigned int key_count;
static unsigned int told;

void debug_key_later(char key)
{
	keys[key_count++] = key;
}

static void tell(void)
{
	told++;
	assert_int_equal(fake_locks_held(), 0);
}

static void type(const char *text)
{
	for (; *text != '\0'; text++) {
		console_input_put(*text);
	}
}

static void expect(const char *text)
{
	char buf[64];
	const size_t n = console_input_read(buf, sizeof(buf));

	assert_int_equal(n, strlen(text));
	assert_memory_equal(buf, text, n);
}

static void test_service_vm_reads(void **state)
{
	char one;

	(void)state;
	console_input_hook = tell;
	type("ab");
	assert_int_equal(told, 2);
	assert_int_equal(console_input_read(&one, 1), 1);
	assert_int_equal(one, 'a');
	expect("b");
	expect("");
}

/* Two of them, or three with something between, are just input. */
static void test_not_the_switch(void **state)
{
	(void)state;
	type("\1\1x\1\1");
	expect("\1\1x\1\1");
	type("x");
	expect("x");
	assert_int_equal(key_count, 0);
}

static void test_switch(void **state)
{
	(void)state;
	type("\1\1\1q\1\1\1y");
	expect("\1\1y");
	assert_int_equal(key_count, 3);
	assert_memory_equal(keys, "q\1\1", 3);
}

static void test_full(void **state)
{
	char buf[2048];

	(void)state;
	for (unsigned int i = 0; i < 1500; i++) {
		console_input_put((char)('a' + i % 26));
	}
	assert_int_equal(console_input_read(buf, sizeof(buf)), 1024);
	assert_int_equal(buf[0], 'a');
	assert_int_equal(buf[1023], 'a' + 1023 % 26);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_service_vm_reads),
		cmocka_unit_test(test_not_the_switch),
		cmocka_unit_test(test_switch),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
