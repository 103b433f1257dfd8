/* SPDX-License-Identifier: MIT */
/*
 * Port I/O in all widths and forms, on ports that nothing owns, on those that
 * the hypervisor keeps, and on those the service VM drives.
 *
 * A read of no port gives all ones of its width and leaves the rest of RAX
 * alone (32-bit reads clear the upper half). A bug would clobber RAX, write
 * beyond a string operand, or let the guest program the machine's timer.
 */
#include "lib/cpu.h"
#include "lib/memory.h"
#include "lib/test.h"
#include "lib/trap.h"

#define NO_PORT 0x5f0 /* nothing decodes it */

static void check_widths(void)
{
	uint64_t a;

	asm volatile("mov $0x1122334455667788, %%rax; in %%dx, %%al"
		     : "=&a"(a)
		     : "d"(NO_PORT));
	expect(a == 0x11223344556677ff, "IN of 8 bits", "0x%lx", a);
	asm volatile("mov $0x1122334455667788, %%rax; in %%dx, %%ax"
		     : "=&a"(a)
		     : "d"(NO_PORT));
	expect(a == 0x112233445566ffff, "IN of 16 bits", "0x%lx", a);
	asm volatile("mov $0x1122334455667788, %%rax; in %%dx, %%eax"
		     : "=&a"(a)
		     : "d"(NO_PORT));
	expect(a == 0xffffffff, "IN of 32 bits", "0x%lx", a);
	asm volatile("mov $0x1122334455667788, %%rax; in $0xe8, %%al"
		     : "=&a"(a));
	expect(a == 0x11223344556677ff, "IN with immediate port", "0x%lx", a);
	asm volatile("mov $0x1122334455667788, %%rax; out %%eax, %%dx"
		     : "=&a"(a)
		     : "d"(NO_PORT));
	expect(a == 0x1122334455667788, "OUT keeps RAX", "0x%lx", a);
}

static void check_strings(void)
{
	uint8_t bytes[16];
	void *to = bytes + 4;
	const void *from = bytes;
	uint64_t left = 4;

	memset(bytes, 0, sizeof(bytes));
	asm volatile("rep insb"
		     : "+D"(to), "+c"(left)
		     : "d"(NO_PORT)
		     : "memory");
	expect(left == 0 && to == bytes + 8, "REP INSB counts",
	       "%lu left, %ld bytes", left, (long)((uint8_t *)to - bytes) - 4);
	expect(bytes[3] == 0 && bytes[4] == 0xff && bytes[7] == 0xff &&
		       bytes[8] == 0,
	       "REP INSB writes four bytes", "%02x %02x %02x %02x", bytes[3],
	       bytes[4], bytes[7], bytes[8]);
	to = bytes;
	asm volatile("insl" : "+D"(to) : "d"(NO_PORT) : "memory");
	expect(to == bytes + 4 && bytes[0] == 0xff, "INSD", "%02x", bytes[0]);
	left = 3;
	asm volatile("rep outsw" : "+S"(from), "+c"(left) : "d"(NO_PORT));
	expect(left == 0 && from == bytes + 6, "REP OUTSW counts", "%lu left",
	       left);
	left = 3;
	from = bytes + 15;
	asm volatile("std; rep outsb; cld"
		     : "+S"(from), "+c"(left)
		     : "d"(NO_PORT));
	expect(left == 0 && from == bytes + 12, "REP OUTSB downwards",
	       "%lu left", left);
}

static uint64_t hole;

static void string_to_hole(void *arg)
{
	void *to = (void *)(uintptr_t)hole;

	(void)arg;
	asm volatile("insb" : "+D"(to) : "d"(NO_PORT) : "memory");
}

static void check_fault(void)
{
	struct trap trap;

	hole = page_address(1);
	trap = trap_catch(string_to_hole, NULL);
	expect(trap.vector == VECTOR_PF && trap.error == 2 && trap.cr2 == hole,
	       "INS to an unmapped page", "vector %u, error 0x%x, cr2 0x%lx",
	       trap.vector, trap.error, trap.cr2);
}

/* What the hypervisor keeps: the guest must not reach it. */
static void check_kept(void)
{
	uint8_t first, second;

	/* PIC: mask registers would hold what is written. */
	out8(0x21, 0x55);
	first = in8(0x21);
	out8(0x21, 0xaa);
	second = in8(0x21);
	expect(first != 0x55 || second != 0xaa, "the PIC is not there",
	       "0x%x 0x%x", first, second);
	if (on_peer()) {
		skip("the timer is not there", "it emulates a PIT");
	} else {
		/* PIT: latch counter 2 twice; a running one differs. */
		out8(0x43, 0x80);
		first = in8(0x42);
		in8(0x42);
		expect_eq("the timer stands still", first, 0);
	}
}

/* The RTC is the service VM's: its seconds are BCD. */
static void check_rtc(void)
{
	uint8_t seconds, status;

	out8(0x70, 0);
	seconds = in8(0x71);
	out8(0x70, 0xd);
	status = in8(0x71);
	expect(seconds < 0x60 && (seconds & 15) < 10, "RTC seconds", "0x%x",
	       seconds);
	expect_eq("RTC has power", status, 0x80);
}

void guest_main(void)
{
	check_widths();
	check_strings();
	check_fault();
	check_kept();
	check_rtc();
}
