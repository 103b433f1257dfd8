/* SPDX-License-Identifier: MIT */
/*
 * corbel gdb: what it answers to gdb's packets, about a guest of two vCPUs and one
 * that was never started (tests/fake/fake_debug.c).
 */
#include "toolstack/gdb/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_debug.h"
#include "toolstack/gdb/registers.h"

static struct corbel_debug d;
static struct gdb_server *s;
static char sent[2 * PACKET_SENT_MAX];

static int set_up(void **state)
{
	(void)state;
	fake_debug_init(&d);
	s = gdb_server_new(&d);
	return s == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	gdb_server_free(s);
	return 0;
}

/* What it says to these bytes, without an acknowledgement. */
static const char *talk(const char *bytes, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < size; i++) {
		const size_t n = gdb_server_take(s, (uint8_t)bytes[i]);

		memcpy(sent + used, s->out, n);
		used += n;
	}
	sent[used] = '\0';
	return sent[0] == '+' ? sent + 1 : sent;
}

/* The data of the answer to a packet; NULL if there is none. */
static const char *ask_bytes(const char *data, size_t size)
{
	static char packet[PACKET_SENT_MAX + 1];
	const char *answer = talk(packet, packet_write(packet, data, size));
	const size_t length = strlen(answer);

	if (length == 0) {
		return NULL;
	}
	assert_in_range(length, 4, sizeof(sent));
	assert_int_equal(answer[0], '$');
	assert_int_equal(answer[length - 3], '#');
	sent[answer - sent + length - 3] = '\0';
	return answer + 1;
}

static const char *ask(const char *text)
{
	return ask_bytes(text, strlen(text));
}

/* What it says by itself, while the guest runs. */
static const char *look(void)
{
	s->out[gdb_server_look(s)] = '\0';
	return s->out;
}

static void test_packets(void **state)
{
	(void)state;
	assert_string_equal(talk("$?#3f", 5), "$T05thread:1;#d7");
	assert_int_equal(sent[0], '+');
	assert_string_equal(talk("$?#3e", 5), "-");
	assert_string_equal(talk("$?#zz", 5), "-");
	/* The last answer once more. */
	assert_string_equal(talk("$?#3f", 5), "$T05thread:1;#d7");
	assert_string_equal(talk("-", 1), "$T05thread:1;#d7");
	assert_string_equal(talk("noise+", 6), "");
	assert_string_equal(ask("QStartNoAckMode"), "OK");
	talk("$?#3f", 5);
	assert_int_equal(sent[0], '$');
	assert_string_equal(ask("qUnknown"), "");
}

static void test_too_long(void **state)
{
	static char bytes[PACKET_MAX + 2];

	(void)state;
	memset(bytes, 'm', sizeof(bytes));
	bytes[0] = '$';
	assert_string_equal(talk(bytes, sizeof(bytes)), "");
	assert_string_equal(talk("mm#00", 5), "-");
	assert_string_equal(ask("?"), "T05thread:1;");
}

static void test_threads(void **state)
{
	(void)state;
	assert_string_equal(ask("qfThreadInfo"), "m1,2");
	assert_string_equal(ask("qsThreadInfo"), "l");
	assert_string_equal(ask("qC"), "QC1");
	assert_string_equal(ask("T2"), "OK");
	assert_string_equal(ask("T3"), "E01");
	assert_string_equal(ask("T4"), "E01");
	assert_string_equal(ask("qThreadExtraInfo,2"), "764350552031");
	assert_string_equal(ask("Hg2"), "OK");
	assert_string_equal(ask("Hg3"), "E01");
	assert_string_equal(ask("Hg0"), "OK");
	assert_string_equal(ask("Hc-1"), "OK");
}

static void test_registers(void **state)
{
	char all[PACKET_MAX];

	(void)state;
	assert_string_equal(ask("Hg2"), "OK");
	assert_string_equal(ask("p1"), "0101000000000000");
	assert_string_equal(ask("p10"), "00000081ffffffff");
	assert_string_equal(ask("P1=0807060504030201"), "OK");
	assert_true(d.registers[1].value[CORBEL_RBX] == 0x0102030405060708);
	assert_string_equal(ask("P1=08070605040302"), "E01");
	assert_string_equal(ask("P1:0807060504030201"), "E01");
	assert_string_equal(ask("p99"), "E01");
	/* cs is what it is. */
	assert_string_equal(ask("P12=12010000"), "OK");
	assert_string_equal(ask("P12=13010000"), "E01");
	snprintf(all, sizeof(all), "G%s", ask("g"));
	memcpy(all + 1, "ff", 2);
	assert_string_equal(ask(all), "OK");
	assert_int_equal(d.registers[1].value[CORBEL_RAX], 0x1ff);
	all[strlen(all) - 1] = '\0';
	assert_string_equal(ask(all), "E01");
}

/* Two bits for each register that the FPU uses or not. */
static void test_fpu_tag(void **state)
{
	uint8_t bytes[REGISTER_BYTES_MAX];

	(void)state;
	d.registers[0].fxsave[4] = 0x81;
	assert_int_equal(registers_size(34), 4);
	registers_read(34, &d.registers[0], bytes);
	assert_int_equal(bytes[0], 0xfc);
	assert_int_equal(bytes[1], 0x3f);
	assert_int_equal(bytes[2], 0);
}

static void test_description(void **state)
{
	const char *answer = ask("qXfer:features:read:target.xml:0,2000");
	unsigned int count = 0;

	(void)state;
	assert_int_equal(answer[0], 'l');
	assert_string_equal(answer + 1, registers_xml());
	for (const char *at = answer; (at = strstr(at, "<reg ")) != NULL;
	     at++) {
		count++;
	}
	assert_int_equal(count, registers_count());
	assert_string_equal(ask("qXfer:features:read:target.xml:0,5"),
			    "m<?xml");
	assert_string_equal(ask("qXfer:features:read:target.xml:ffff,5"),
			    "E01");
}

static void test_memory(void **state)
{
	(void)state;
	assert_string_equal(ask("mffffffff81000010,4"), "10111213");
	assert_string_equal(ask("mffffffff81001ffe,4"), "feff");
	assert_string_equal(ask("m10,4"), "E01");
	assert_string_equal(ask("mffffffff81000010"), "E01");
	assert_string_equal(ask("Mffffffff81000010,2:aabb"), "OK");
	assert_string_equal(ask("Mffffffff81000010,2:aab"), "E01");
	assert_string_equal(ask("Mffffffff81001fff,2:aabb"), "E01");
	assert_string_equal(ask_bytes("Xffffffff81000012,3:#$}", 23), "OK");
	assert_string_equal(ask_bytes("Xffffffff81000012,2:#$}", 23), "E01");
	assert_string_equal(ask("mffffffff81000010,6"), "aabb23247d15");
	assert_string_equal(ask("Mffffffff81000010,ffffffffffffffff:aa"),
			    "E01");
	assert_string_equal(ask("mfffffffff81000010,4"), "E01");
}

/* Who reads sees what was there, and who writes there writes that. */
static void test_breakpoints(void **state)
{
	(void)state;
	assert_string_equal(ask("Z0,ffffffff81000011,1"), "OK");
	assert_string_equal(ask("Z0,ffffffff81000011,1"), "OK");
	assert_string_equal(ask("Z1,ffffffff81000013,1"), "OK");
	assert_int_equal(d.memory[0x11], 0xcc);
	assert_int_equal(d.memory[0x13], 0xcc);
	assert_string_equal(ask("mffffffff81000010,4"), "10111213");
	assert_string_equal(ask("Mffffffff81000010,2:aabb"), "OK");
	assert_int_equal(d.memory[0x10], 0xaa);
	assert_int_equal(d.memory[0x11], 0xcc);
	assert_string_equal(ask("z0,ffffffff81000011,1"), "OK");
	assert_int_equal(d.memory[0x11], 0xbb);
	assert_string_equal(ask("z0,ffffffff81000011,1"), "OK");
	assert_string_equal(ask("Z0,10,1"), "E01");
	assert_string_equal(ask("Z0,x"), "E01");
	assert_string_equal(ask("Z2,ffffffff81000011,1"), "");
}

static void test_memory_is_as_it_was(void **state)
{
	(void)state;
	ask("Z0,ffffffff81000011,1");
	ask("Z0,ffffffff81000012,1");
	/* Written over by the guest: that stays. */
	d.memory[0x12] = 7;
	gdb_server_free(s);
	assert_int_equal(d.memory[0x11], 0x11);
	assert_int_equal(d.memory[0x12], 7);
	s = gdb_server_new(&d);
}

static void happens(enum corbel_debug_event event, unsigned int vcpu)
{
	d.event = event;
	d.vcpu = vcpu;
}

static void test_continue(void **state)
{
	(void)state;
	ask("Z0,ffffffff81000011,1");
	assert_null(ask("vCont;c"));
	assert_int_equal(d.actions[0], CORBEL_DEBUG_RUN);
	assert_int_equal(d.actions[1], CORBEL_DEBUG_RUN);
	assert_string_equal(look(), "");
	/* It has nothing to say to a guest that runs. */
	assert_null(ask("g"));
	d.registers[1].value[CORBEL_RIP] = FAKE_DEBUG_BASE + 0x11;
	happens(CORBEL_DEBUG_BREAKPOINT, 1);
	assert_string_equal(look(), "$T05swbreak:;thread:2;#3c");
	assert_string_equal(ask("qC"), "QC2");
	assert_string_equal(ask("p1"), "0101000000000000");
	assert_int_equal(d.passes, 0);
}

/* An INT3 that is none of gdb's. */
static void test_the_guests_own_breakpoint(void **state)
{
	(void)state;
	assert_null(ask("c"));
	happens(CORBEL_DEBUG_BREAKPOINT, 1);
	assert_string_equal(look(), "");
	assert_int_equal(d.passes, 1);
	assert_int_equal(d.runs, 2);
	assert_true(s->running);
}

static void test_step(void **state)
{
	(void)state;
	assert_null(ask("vCont;s:2"));
	assert_int_equal(d.actions[0], CORBEL_DEBUG_STAY);
	assert_int_equal(d.actions[1], CORBEL_DEBUG_STEP);
	happens(CORBEL_DEBUG_STEPPED, 1);
	assert_string_equal(look(), "$T05thread:2;#d8");
	assert_null(ask("vCont;S05:1;c"));
	assert_int_equal(d.actions[0], CORBEL_DEBUG_STEP);
	assert_int_equal(d.actions[1], CORBEL_DEBUG_RUN);
	happens(CORBEL_DEBUG_STEPPED, 0);
	look();
	assert_null(ask("s"));
	assert_int_equal(d.actions[0], CORBEL_DEBUG_STEP);
	assert_int_equal(d.actions[1], CORBEL_DEBUG_RUN);
}

static void test_senseless_actions(void **state)
{
	(void)state;
	assert_string_equal(ask("vCont;x"), "E01");
	assert_string_equal(ask("vCont;c:9"), "E01");
	assert_string_equal(ask("vCont;C"), "E01");
	assert_string_equal(ask("vContc"), "E01");
	assert_int_equal(d.runs, 0);
	d.cannot_run = true;
	assert_string_equal(ask("vCont;c"), "E01");
	assert_false(s->running);
}

static void test_interrupt(void **state)
{
	(void)state;
	assert_string_equal(talk("\x03", 1), "");
	ask("c");
	assert_string_equal(talk("\x03", 1), "$T02thread:1;#d4");
	assert_int_equal(d.interrupts, 1);
	assert_false(s->running);
}

static void test_ends(void **state)
{
	(void)state;
	ask("c");
	happens(CORBEL_DEBUG_STOPPED, 0);
	assert_string_equal(look(), "$T06thread:1;#d8");
	assert_false(s->ended);
	ask("c");
	happens(CORBEL_DEBUG_GONE, 0);
	assert_string_equal(look(), "$W00#b7");
	assert_true(s->ended);
}

static void test_detach(void **state)
{
	(void)state;
	assert_string_equal(ask("D"), "OK");
	assert_true(s->ended);
}

/* The guest goes on. */
static void test_kill(void **state)
{
	(void)state;
	assert_null(ask("k"));
	assert_true(s->ended);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_packets),
		TEST(test_too_long),
		TEST(test_threads),
		TEST(test_registers),
		TEST(test_fpu_tag),
		TEST(test_description),
		TEST(test_memory),
		TEST(test_breakpoints),
		TEST(test_memory_is_as_it_was),
		TEST(test_continue),
		TEST(test_the_guests_own_breakpoint),
		TEST(test_step),
		TEST(test_senseless_actions),
		TEST(test_interrupt),
		TEST(test_ends),
		TEST(test_detach),
		TEST(test_kill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
