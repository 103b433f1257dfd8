/* SPDX-License-Identifier: MIT */
/* Streams of a domain's context: taken as a whole or not at all. */
#include "call/domctl_context.h"

#include "core/clock.h"
#include "fake.h"
#include "virt/context.h"
#include "virt/mtrr.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define BUFFER 0x1000u /* in the service VM */
#define PAGES  16u

struct clock_scale clock_scale = { .tsc_khz = 1000000 };

static struct domain *service;
static struct domain *guest;
static struct call call;
static unsigned int sets;
static int pauses;
static uint8_t stream[PAGES * PAGE_SIZE];
static uint32_t size;

/* Registers are good when RAX is. */
int context_check(struct vcpu *v, const struct hvm_hw_cpu *s)
{
	(void)v;
	return s->rax == 1 ? 0 : -XEN_EINVAL;
}

void context_set(struct vcpu *v, const struct hvm_hw_cpu *s)
{
	assert_int_equal(pauses, 1);
	v->gpr[GPR_RAX] = s->rax;
	sets++;
}

void context_get(const struct vcpu *v, struct hvm_hw_cpu *s)
{
	assert_int_equal(pauses, 1);
	s->rax = v->gpr[GPR_RAX];
}

bool mtrr_check(const struct hvm_hw_mtrr *m)
{
	return m->msr_pat_cr == 7;
}

void mtrr_set(struct vcpu *v, const struct hvm_hw_mtrr *m)
{
	(void)v;
	(void)m;
	sets++;
}

void mtrr_get(const struct vcpu *v, struct hvm_hw_mtrr *m)
{
	(void)v;
	m->msr_pat_cr = 7;
}

int domain_pause(struct domain *d)
{
	assert_ptr_equal(d, guest);
	pauses++;
	return 0;
}

int domain_unpause(struct domain *d)
{
	assert_ptr_equal(d, guest);
	pauses--;
	return 0;
}

static int setup(void **state)
{
	(void)state;
	fake_reset();
	service = fake_domain_add(0, 1);
	service->privileged = true;
	fake_domain_add_ram(service, BUFFER >> PAGE_SHIFT, PAGES);
	guest = fake_domain_add(1, 2);
	guest->state = DOMAIN_BUILDING;
	guest->vcpus[0]->wait = WAIT_START;
	guest->vcpus[1]->wait = WAIT_START;
	call = (struct call){ .vcpu = service->vcpus[0], .wide = true };
	sets = 0;
	size = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_check_clean();
	assert_int_equal(pauses, 0);
	assert_int_equal(service->heap_pages, 0);
	fake_domain_remove(guest);
	fake_domain_remove(service);
	return 0;
}

static void *put(uint16_t code, uint16_t instance, uint32_t length)
{
	struct hvm_save_descriptor *d = (void *)&stream[size];

	*d = (struct hvm_save_descriptor){ code, instance, length };
	memset(d + 1, 0, length);
	size += sizeof(*d) + length;
	return d + 1;
}

static void put_header(void)
{
	struct hvm_save_header *h =
		put(HVM_SAVE_CODE(HEADER), 0, HVM_SAVE_LENGTH(HEADER));

	h->magic = HVM_FILE_MAGIC;
	h->version = HVM_FILE_VERSION;
}

static void put_cpu(uint16_t instance, uint64_t rax)
{
	struct hvm_hw_cpu *cpu =
		put(HVM_SAVE_CODE(CPU), instance, HVM_SAVE_LENGTH(CPU));

	cpu->rax = rax;
}

static void put_types(uint64_t pat)
{
	struct hvm_hw_mtrr *m =
		put(HVM_SAVE_CODE(MTRR), 0, HVM_SAVE_LENGTH(MTRR));

	m->msr_pat_cr = pat;
}

static void put_end(void)
{
	put(HVM_SAVE_CODE(END), 0, 0);
}

static long set_domain(uint16_t domid)
{
	struct xen_domctl op = { .domain = domid };

	op.u.hvmcontext.size = size;
	op.u.hvmcontext.buffer.p = (void *)(uintptr_t)BUFFER;
	assert_int_equal(guest_write(call.vcpu, BUFFER, stream, size), 0);

	const long rc = domctl_sethvmcontext(&call, &op);

	size = 0;
	return rc;
}

static long set(void)
{
	return set_domain(1);
}

static void put_good(void)
{
	put_header();
	put_types(7);
	put_cpu(0, 1);
	put_end();
}

static void test_set(void **state)
{
	(void)state;
	put_good();
	assert_int_equal(set(), 0);
	assert_int_equal(sets, 2);
	assert_int_equal(guest->vcpus[0]->wait, WAIT_NOTHING);
	assert_int_equal(guest->vcpus[1]->wait, WAIT_START);
}

/* One that shut down has stopped, whatever its registers. */
static void test_stopped(void **state)
{
	(void)state;
	guest->vcpus[0]->wait = WAIT_STOPPED;
	put_good();
	assert_int_equal(set(), 0);
	assert_int_equal(guest->vcpus[0]->wait, WAIT_STOPPED);
}

static void test_targets(void **state)
{
	(void)state;
	put_good();
	assert_int_equal(set_domain(0), -XEN_EINVAL);
	put_good();
	assert_int_equal(set_domain(9), -XEN_ESRCH);
	guest->state = DOMAIN_RUNNING;
	put_good();
	assert_int_equal(set(), -XEN_EBUSY);
	guest->pause_count = 1;
	put_good();
	assert_int_equal(set(), 0);
}

/* Nothing of a stream with an error is taken over. */
static void test_all_or_nothing(void **state)
{
	(void)state;
	put_header();
	put_cpu(0, 1);
	put_cpu(1, 2);
	put_end();
	assert_int_equal(set(), -XEN_EINVAL);
	put_header();
	put_cpu(0, 1);
	put_types(8);
	put_end();
	assert_int_equal(set(), -XEN_EINVAL);
	put_header();
	put_cpu(0, 1);
	assert_int_equal(set(), -XEN_EINVAL); /* no end */
	assert_int_equal(sets, 0);
	assert_int_equal(guest->vcpus[0]->wait, WAIT_START);
}

static void test_bad_records(void **state)
{
	(void)state;
	assert_int_equal(set(), -XEN_EINVAL); /* none */
	put_cpu(0, 1);
	put_end();
	assert_int_equal(set(), -XEN_EINVAL); /* no header */
	put_header();
	put_cpu(2, 1);
	put_end();
	assert_int_equal(set(), -XEN_EINVAL);
	put_header();
	put(HVM_SAVE_CODE(PIC), 0, HVM_SAVE_LENGTH(PIC));
	put_end();
	assert_int_equal(set(), -XEN_EINVAL);
	put_header();
	put(HVM_SAVE_CODE(CPU), 0, HVM_SAVE_LENGTH(CPU) - 8);
	put_end();
	assert_int_equal(set(), -XEN_EINVAL);
	put_header();
	put(HVM_SAVE_CODE(END), 0, 8);
	assert_int_equal(set(), -XEN_EINVAL);
	put_header();
	put_cpu(0, 1);
	size -= 8; /* cut off */
	assert_int_equal(set(), -XEN_EINVAL);
	assert_int_equal(sets, 0);
}

static void test_bad_buffers(void **state)
{
	struct xen_domctl op = { .domain = 1 };

	(void)state;
	op.u.hvmcontext.size = UINT32_MAX;
	assert_int_equal(domctl_sethvmcontext(&call, &op), -XEN_EINVAL);
	op.u.hvmcontext.size = 100;
	op.u.hvmcontext.buffer.p = (void *)0x100000;
	assert_int_equal(domctl_sethvmcontext(&call, &op), -XEN_EFAULT);
	fake_alloc_fail_after(0);
	assert_int_equal(domctl_sethvmcontext(&call, &op), -XEN_ENOMEM);
	assert_int_equal(domctl_gethvmcontext(&call, &op), -XEN_ENOMEM);
	fake_alloc_fail_after(-1);
	assert_int_equal(domctl_gethvmcontext(&call, &op), -XEN_ENOSPC);
	op.u.hvmcontext.size = 100000;
	assert_int_equal(domctl_gethvmcontext(&call, &op), -XEN_EFAULT);
}

/* vCPUs that were not started have no registers to speak of. */
static void test_get(void **state)
{
	struct xen_domctl op = { .domain = 1 };
	uint32_t before;

	(void)state;
	assert_int_equal(domctl_gethvmcontext(&call, &op), 0);
	before = op.u.hvmcontext.size;
	guest->vcpus[1]->wait = WAIT_HALT;
	guest->vcpus[1]->gpr[GPR_RAX] = 1;
	assert_int_equal(domctl_gethvmcontext(&call, &op), 0);
	assert_int_equal(op.u.hvmcontext.size - before,
			 sizeof(struct hvm_save_descriptor) +
				 HVM_SAVE_LENGTH(CPU));
	op.u.hvmcontext.buffer.p = (void *)(uintptr_t)BUFFER;
	assert_int_equal(domctl_gethvmcontext(&call, &op), 0);
	guest->vcpus[1]->wait = WAIT_START;
	assert_int_equal(domctl_sethvmcontext(&call, &op), 0);
	assert_int_equal(sets, 3);
	assert_int_equal(guest->vcpus[0]->wait, WAIT_START);
	assert_int_equal(guest->vcpus[1]->wait, WAIT_NOTHING);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_set),         TEST(test_stopped),
		TEST(test_targets),     TEST(test_all_or_nothing),
		TEST(test_bad_records), TEST(test_bad_buffers),
		TEST(test_get),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
