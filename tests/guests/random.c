/* SPDX-License-Identifier: MIT */
/*
 * A million random hypercalls (option `count=`), from the seed that is printed
 * (option `seed=`). The hypervisor lives, answers a known call afterwards, and
 * has its memory back.
 *
 * Arguments are random registers, small numbers, and pointers to buffers of
 * random or plausible content. Only what would end or stop this run by design
 * is left out: see forbidden(). `no-control` leaves out the calls that only a
 * service VM has; `trace` prints each call before it is made.
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"

#define BUFFERS     16
#define BUFFER_SIZE 256
#define GUARD       1024

extern uint8_t image_start[], image_end[];

static uint64_t seed;
static uint64_t state;
static uint64_t no_ram; /* a frame */
static bool option_no_control, option_trace;
/* The last ones only take what answers write behind a buffer's end. */
static uint8_t buffers[BUFFERS + GUARD][BUFFER_SIZE]
	__attribute__((aligned(4096)));
static unsigned answers[4]; /* none, success, error, -ENOSYS */

enum { ANSWER_ZERO, ANSWER_POSITIVE, ANSWER_ERROR, ANSWER_NONE };

/* xorshift64* */
static uint64_t next(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dull;
}

static bool is_buffer(uint64_t number)
{
	return number >= (uintptr_t)buffers &&
	       number < (uintptr_t)buffers + sizeof(buffers);
}

/*
 * This program must survive what it asks for. Its frames, with room before
 * them for an extent that begins there; its memory but for the buffers.
 */
static bool is_our_frame(uint64_t number)
{
	return number + 512 >= (uintptr_t)image_start / PAGE_SIZE &&
	       number < (uintptr_t)image_end / PAGE_SIZE + 512;
}

static bool is_our_address(uint64_t number)
{
	return number >= (uintptr_t)image_start &&
	       number < (uintptr_t)image_end && !is_buffer(number);
}

static uint64_t any_value(void)
{
	switch (next() % 8) {
	case 0:
		return next();
	case 1:
		return next() % 64;
	case 2:
		return DOMID_SELF;
	case 3:
		return BIT(next() % 64) - (next() & 1);
	case 4:
		return next() % 4096;
	case 5:
		/* Frames behind all RAM: nothing of ours is there. */
		return no_ram + next() % 1024;
	default:
		return 0;
	}
}

/* A number as a caller might give it, or nonsense. */
static uint64_t value(void)
{
	uint64_t number = any_value();

	if (next() % 8 == 0) {
		return (uintptr_t)buffers[next() % BUFFERS];
	}
	return is_our_frame(number) || is_our_address(number) ? 0 : number;
}

/* Takes out what several small words next to each other make of this program. */
static void spare_ourselves(uint8_t *buffer)
{
	for (unsigned at = 0; at < BUFFER_SIZE; at += 8) {
		uint64_t *quad = (uint64_t *)(buffer + at);
		uint32_t *words = (uint32_t *)quad;

		if (is_our_frame(*quad) || is_our_address(*quad)) {
			*quad = 0;
		}
		for (unsigned i = 0; i < 2; i++) {
			if (is_our_frame(words[i])) {
				words[i] = 0;
			}
		}
	}
}

/* Words of 16, 32 or 64 bits, as the structures have them. */
static void fill(uint8_t *buffer)
{
	unsigned at = 0;

	while (at < BUFFER_SIZE) {
		unsigned size = 2u << next() % 3;
		uint64_t word = value();

		at = (at + size - 1) & ~(size - 1);
		if (at + size > BUFFER_SIZE) {
			break;
		}
		memcpy(buffer + at, &word, size);
		at += size;
	}
	spare_ourselves(buffer);
}

struct call {
	uint64_t number;
	uint64_t args[5];
};

/* Interface versions right half of the time, or nothing would get far. */
static void fix_version(struct call *call)
{
	uint8_t *buffer = buffers[next() % BUFFERS];
	uint32_t version;

	if (next() % 2 == 0) {
		return;
	}
	call->args[0] = (uintptr_t)buffer;
	switch (call->number) {
	case __HYPERVISOR_sysctl:
	case __HYPERVISOR_domctl:
		version = XEN_SYSCTL_INTERFACE_VERSION;
		break;
	case __HYPERVISOR_platform_op:
		version = XENPF_INTERFACE_VERSION;
		break;
	default:
		return;
	}
	*(uint32_t *)buffer = next() % 90;
	*(uint32_t *)(buffer + 4) = version;
}

static const uint8_t numbers[] = {
	__HYPERVISOR_platform_op,      __HYPERVISOR_memory_op,
	__HYPERVISOR_multicall,        __HYPERVISOR_set_timer_op,
	__HYPERVISOR_xen_version,      __HYPERVISOR_console_io,
	__HYPERVISOR_grant_table_op,   __HYPERVISOR_vm_assist,
	__HYPERVISOR_vcpu_op,          __HYPERVISOR_sched_op,
	__HYPERVISOR_event_channel_op, __HYPERVISOR_physdev_op,
	__HYPERVISOR_hvm_op,           __HYPERVISOR_sysctl,
	__HYPERVISOR_domctl,           __HYPERVISOR_dm_op,
};

static struct call make_call(void)
{
	struct call call;

	for (unsigned i = 0; i < 5; i++) {
		call.args[i] = value();
	}
	switch (next() % 16) {
	case 0:
		call.number = next();
		break;
	case 1:
		call.number = next() % 64;
		break;
	default:
		call.number = numbers[next() % ARRAY_SIZE(numbers)];
		/* A sub-op in the first, a structure in the second. */
		call.args[0] = next() % 32;
		call.args[1] = (uintptr_t)buffers[next() % BUFFERS];
		fix_version(&call);
	}
	if ((uint32_t)call.number == __HYPERVISOR_grant_table_op) {
		/* Millions of failing operations are legal, but take long. */
		call.args[2] %= 64;
	}
	if ((uint32_t)call.number == __HYPERVISOR_vcpu_op && next() % 2 == 0) {
		call.args[2] = call.args[1];
		call.args[1] = next() % 4;
	}
	return call;
}

/* SYSCTL and platform operations that stop the machine or a CPU. */
static bool forbidden_control(const struct call *call)
{
	const uint32_t *op = (const uint32_t *)call->args[0];

	if (!is_buffer(call->args[0])) {
		return false;
	}
	switch ((uint32_t)call->number) {
	case __HYPERVISOR_sysctl:
		return *op == XEN_SYSCTL_debug_keys ||
		       *op == XEN_SYSCTL_cpu_hotplug;
	case __HYPERVISOR_platform_op:
		return *op == XENPF_enter_acpi_sleep ||
		       *op == XENPF_cpu_offline || *op == XENPF_core_parking ||
		       *op == XENPF_efi_runtime_call;
	case __HYPERVISOR_domctl:
		/* This domain is among those that could be named. */
		return true;
	default:
		return false;
	}
}

/* Extents so large that this program would be among them. */
static bool forbidden_memory(const struct call *call)
{
	const struct xen_memory_reservation *reservation =
		(const void *)call->args[1];

	switch ((uint32_t)call->args[0] & 0x3f) {
	case XENMEM_decrease_reservation:
	case XENMEM_increase_reservation:
	case XENMEM_populate_physmap:
	case XENMEM_exchange:
		return !is_buffer(call->args[1]) ||
		       reservation->extent_order > 9;
	default:
		return false;
	}
}

static bool is_control(uint32_t number)
{
	return number == __HYPERVISOR_sysctl || number == __HYPERVISOR_domctl ||
	       number == __HYPERVISOR_platform_op ||
	       number == __HYPERVISOR_physdev_op ||
	       number == __HYPERVISOR_dm_op;
}

/*
 * Shutting down, sleeping for ever, going offline, printing noise; a multicall
 * would do any of them behind our back.
 */
static bool forbidden(const struct call *call)
{
	uint32_t number = (uint32_t)call->number;
	uint32_t op = (uint32_t)call->args[0];

	if (option_no_control && is_control(number)) {
		return true;
	}
	switch (number) {
	case __HYPERVISOR_sched_op:
		return op == SCHEDOP_shutdown || op == SCHEDOP_block ||
		       op == SCHEDOP_poll || op == SCHEDOP_shutdown_code ||
		       op == SCHEDOP_watchdog || op == SCHEDOP_remote_shutdown;
	case __HYPERVISOR_sched_op_compat:
		return true;
	case __HYPERVISOR_vcpu_op:
		return op == VCPUOP_down || op == VCPUOP_up ||
		       op == VCPUOP_initialise || op == VCPUOP_send_nmi;
	case __HYPERVISOR_memory_op:
		return forbidden_memory(call);
	case __HYPERVISOR_console_io:
		return op == CONSOLEIO_write;
	case __HYPERVISOR_kexec_op:
	case __HYPERVISOR_multicall:
	case __HYPERVISOR_arch_0: /* machine checks */
		return true;
	default:
		return forbidden_control(call);
	}
}

static void note(long rc)
{
	unsigned kind = rc == -XEN_ENOSYS ? ANSWER_NONE
			: rc < 0          ? ANSWER_ERROR
			: rc > 0          ? ANSWER_POSITIVE
					  : ANSWER_ZERO;

	answers[kind]++;
}

static void run(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		struct call call;

		if (i % 4 == 0) {
			fill(buffers[next() % BUFFERS]);
		}
		call = make_call();
		if (forbidden(&call)) {
			continue;
		}
		if (option_trace) {
			print("%lu: %lu(0x%lx, 0x%lx, 0x%lx)\n", i, call.number,
			      call.args[0], call.args[1], call.args[2]);
		}
		note((int)hypercall(call.number, call.args[0], call.args[1],
				    call.args[2], call.args[3], call.args[4]));
		if (i % (count / 4) == count / 4 - 1) {
			print("%lu calls done\n", i + 1);
		}
	}
}

static long reserved(void)
{
	domid_t domain = DOMID_SELF;

	return hypercall_memory(XENMEM_current_reservation, &domain);
}

/* Free frames by sysctl; -1: the call is not there. */
static long free_frames(void)
{
	static struct xen_sysctl op;

	memset(&op, 0, sizeof(op));
	op.cmd = XEN_SYSCTL_physinfo;
	op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	if (hypercall_sysctl(&op) != 0) {
		return -1;
	}
	return (long)op.u.physinfo.free_pages;
}

/* Closes every port, so that what they cost is given back. */
static void close_ports(void)
{
	for (unsigned port = 1; port < EVENT_PORTS; port++) {
		event_close(port);
	}
}

static void check_memory(long reserved_before, long free_before)
{
	long free_after = free_frames();
	long reserved_after = reserved();
	/* Tables that grew on demand stay: grant frames, port pages. */
	long slack = 256;
	long before = reserved_before + free_before;
	long after = reserved_after + free_after;

	print("reserved %ld, was %ld; free %ld, was %ld\n", reserved_after,
	      reserved_before, free_after, free_before);
	if (free_before < 0) {
		skip("free memory is as before", "no sysctl physinfo");
		return;
	}
	expect(after <= before && before - after <= slack,
	       "memory is where it was", "%ld frames now, %ld before", after,
	       before);
}

void guest_main(void)
{
	uint64_t count = option("count", 1000000);
	long before, free_before, free_middle, middle;

	seed = option("seed", rdtsc() | 1);
	state = seed | 1;
	no_ram = memory_end() / PAGE_SIZE + BIT(18);
	option_trace = option("trace", 0) != 0;
	option_no_control = option("no-control", 0) != 0;
	print("seed=%lu count=%lu\n", seed, count);
	before = reserved();
	free_before = free_frames();

	run(count / 2);
	close_ports();
	free_middle = free_frames();
	middle = reserved();
	run(count / 2);
	close_ports();

	print("answers: %u zero, %u positive, %u errors, %u not there\n",
	      answers[ANSWER_ZERO], answers[ANSWER_POSITIVE],
	      answers[ANSWER_ERROR], answers[ANSWER_NONE]);
	expect(hypercall_version(XENVER_version, NULL) >> 16 == 4,
	       "the hypervisor lives", "no version");
	expect(answers[ANSWER_ZERO] > count / 1000, "some calls succeeded",
	       "%u", answers[ANSWER_ZERO]);
	check_memory(before, free_before);
	if (free_middle >= 0) {
		/* A leak goes on; tables that are full do not grow. */
		long lost = middle + free_middle - reserved() - free_frames();

		expect(lost <= 16, "the second half lost nothing", "%ld frames",
		       lost);
	}
}
