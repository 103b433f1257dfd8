/* SPDX-License-Identifier: MIT */
/* FIFO event delivery, with a guest that keeps to the ABI and ones that don't. */
#include "domain/event.h"
#include "domain/event_port.h"

#include "fake.h"

#include <pthread.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define PORTS       (1u << 17)
#define CONTROL_GFN 8u /* vCPU n's block: at n * 512 */
#define ARRAY_GFN   16u
#define RAM_FRAMES  160u
#define DEFAULT     EVTCHN_FIFO_PRIORITY_DEFAULT

#define PENDING     (1u << EVTCHN_FIFO_PENDING)
#define MASKED      (1u << EVTCHN_FIFO_MASKED)
#define LINKED      (1u << EVTCHN_FIFO_LINKED)
#define BUSY        (1u << EVTCHN_FIFO_BUSY)

static struct domain *guest;
static uint32_t heads[4][16]; /* the guest's own copies */

static int setup(void **state)
{
	(void)state;
	fake_reset();
	memset(heads, 0, sizeof(heads));
	guest = fake_domain_add(1, 4);
	fake_domain_add_ram(guest, 0, RAM_FRAMES);
	assert_int_equal(event_domain_init(guest, PORTS), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_check_clean();
	fake_guest_step = NULL;
	fake_alloc_fail_after(-1);
	while (!event_close_some(guest, 1000)) {
	}
	for (unsigned int i = 0; i < RAM_FRAMES; i++) {
		assert_int_equal(
			fake_frame_refs(p2m_lookup(guest, gfn(i), NULL)), 1);
	}
	event_domain_destroy(guest);
	assert_int_equal(guest->heap_pages, 0);
	fake_domain_remove(guest);
	return 0;
}

static int init_control(uint64_t g, uint32_t offset, uint32_t vcpu)
{
	struct evtchn_init_control op = { .control_gfn = g,
					  .offset = offset,
					  .vcpu = vcpu };
	const int rc = event_init_control(guest, &op);

	return rc == 0 ? op.link_bits : rc;
}

static int expand(uint64_t g)
{
	struct evtchn_expand_array op = { .array_gfn = g };

	return event_expand_array(guest, &op);
}

static int set_priority(uint32_t port, uint32_t priority)
{
	struct evtchn_set_priority op = { .port = port, .priority = priority };

	return event_set_priority(guest, &op);
}

/* All vCPUs, one page of words, all of them unmasked. */
static void turn_on(void)
{
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(init_control(CONTROL_GFN, i * 512, i),
				 EVTCHN_FIFO_LINK_BITS);
	}
	assert_int_equal(expand(ARRAY_GFN), 0);
}

static uint32_t *word(uint32_t port)
{
	return (uint32_t *)fake_guest(guest,
				      (ARRAY_GFN + port / 1024) * PAGE_SIZE) +
	       port % 1024;
}

static struct evtchn_fifo_control_block *control(uint32_t vcpu)
{
	return fake_guest(guest, CONTROL_GFN * PAGE_SIZE + vcpu * 512);
}

static uint32_t bind_ipi(uint32_t vcpu)
{
	struct evtchn_bind_ipi op = { .vcpu = vcpu };

	assert_int_equal(event_bind_ipi(guest, &op), 0);
	return op.port;
}

static void send(uint32_t port)
{
	assert_int_equal(event_send(guest, port), 0);
}

static unsigned int upcalls(uint32_t vcpu)
{
	struct vcpu_info *info = &guest->shared_info->vcpu_info[vcpu];
	const unsigned int n = info->evtchn_upcall_pending;

	info->evtchn_upcall_pending = 0;
	return n;
}

/* The guest's side of the ABI: the next event of the queue, 0 if empty. */
static uint32_t consume(uint32_t vcpu, uint32_t priority)
{
	uint32_t *head = &heads[vcpu][priority];
	uint32_t *ready = &control(vcpu)->ready;

	if (*head == 0) {
		if ((__atomic_fetch_and(ready, ~(1u << priority),
					__ATOMIC_SEQ_CST) &
		     1u << priority) == 0) {
			return 0;
		}
		*head = __atomic_load_n(&control(vcpu)->head[priority],
					__ATOMIC_SEQ_CST);
	}

	const uint32_t port = *head;
	uint32_t *w = word(port);
	uint32_t old = __atomic_load_n(w, __ATOMIC_SEQ_CST);

	while (!__atomic_compare_exchange_n(
		w, &old, old & ~(LINKED | EVTCHN_FIFO_LINK_MASK), false,
		__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
	}
	*head = old & EVTCHN_FIFO_LINK_MASK;
	return port;
}

/* Clears PENDING as a handler does. */
static uint32_t handle(uint32_t vcpu, uint32_t priority)
{
	const uint32_t port = consume(vcpu, priority);

	if (port != 0) {
		__atomic_fetch_and(word(port), ~PENDING, __ATOMIC_SEQ_CST);
	}
	return port;
}

static void test_init_errors(void **state)
{
	(void)state;
	const mfn_t frame = p2m_lookup(guest, gfn(CONTROL_GFN), NULL);

	assert_int_equal(init_control(CONTROL_GFN, 0, 4), -XEN_ENOENT);
	assert_int_equal(init_control(CONTROL_GFN, PAGE_SIZE - 64, 0),
			 -XEN_EINVAL);
	assert_int_equal(init_control(CONTROL_GFN, 4, 0), -XEN_EINVAL);
	assert_int_equal(init_control(CONTROL_GFN, ~7u, 0), -XEN_EINVAL);
	assert_int_equal(init_control(RAM_FRAMES, 0, 0), -XEN_EINVAL);
	assert_int_equal(init_control(~UINT64_C(0), 0, 0), -XEN_EINVAL);
	assert_int_equal(expand(ARRAY_GFN), -XEN_EOPNOTSUPP);
	assert_int_equal(set_priority(1, 0), -XEN_EINVAL);
	bind_ipi(0);
	assert_int_equal(set_priority(1, 0), -XEN_ENOSYS);
	assert_int_equal(fake_frame_refs(frame), 1);
	assert_ptr_equal(guest->events->abi, &event_2level_abi);

	assert_int_equal(init_control(CONTROL_GFN, PAGE_SIZE - 72, 0),
			 EVTCHN_FIFO_LINK_BITS);
	assert_int_equal(fake_frame_refs(frame), 2);
	assert_int_equal(init_control(CONTROL_GFN, 0, 0), -XEN_EINVAL);
	assert_int_equal(fake_frame_refs(frame), 2);
	assert_int_equal(expand(RAM_FRAMES), -XEN_EINVAL);
}

/* Only ordinary RAM of its own may hold what we write to. */
static void test_foreign_frames(void **state)
{
	struct domain *other = fake_domain_add(2, 1);

	(void)state;
	fake_domain_add_ram(other, 0, 1);
	const mfn_t theirs = p2m_lookup(other, gfn(0), NULL);
	const mfn_t mine = p2m_lookup(guest, gfn(5), NULL);

	assert_int_equal(p2m_map(guest, gfn(200), theirs, 0, P2M_RAM_RW), 0);
	assert_int_equal(init_control(200, 0, 0), -XEN_EINVAL);
	assert_int_equal(p2m_map(guest, gfn(200), theirs, 0, P2M_GRANT_RW), 0);
	assert_int_equal(init_control(200, 0, 0), -XEN_EINVAL);
	assert_int_equal(p2m_map(guest, gfn(200), mine, 0, P2M_RAM_RO), 0);
	assert_int_equal(init_control(200, 0, 0), -XEN_EINVAL);
	assert_int_equal(init_control(CONTROL_GFN, 0, 0), 17);
	assert_int_equal(expand(200), -XEN_EINVAL);
	assert_int_equal(p2m_unmap(guest, gfn(200), 0), 0);
	fake_domain_remove(other);
}

static void test_array_size(void **state)
{
	(void)state;
	turn_on();
	for (unsigned int i = 1; i < 128; i++) {
		assert_int_equal(expand(ARRAY_GFN + i), 0);
	}
	assert_int_equal(expand(ARRAY_GFN + 128), -XEN_ENOSPC);
}

static void test_send(void **state)
{
	(void)state;
	turn_on();
	const uint32_t port = bind_ipi(2);

	send(port);
	assert_int_equal(*word(port), PENDING | LINKED);
	assert_int_equal(control(2)->ready, 1 << DEFAULT);
	assert_int_equal(control(2)->head[DEFAULT], port);
	assert_int_equal(upcalls(2), 1);
	assert_int_equal(fake_kicks(guest->vcpus[2], NULL), 1);
	assert_true(event_is_pending(guest, port));
	/* Pending and linked already. */
	send(port);
	assert_int_equal(upcalls(2), 0);
	assert_int_equal(handle(2, DEFAULT), port);
	assert_int_equal(handle(2, DEFAULT), 0);
	assert_false(event_is_pending(guest, port));
	send(port);
	assert_int_equal(upcalls(2), 1);
	assert_int_equal(handle(2, DEFAULT), port);
	assert_int_equal(*word(port), 0);
}

static void test_order(void **state)
{
	uint32_t ports[5];

	(void)state;
	turn_on();
	for (unsigned int i = 0; i < 5; i++) {
		ports[i] = bind_ipi(0);
	}
	for (unsigned int i = 0; i < 5; i++) {
		send(ports[i * 2 % 5]);
	}
	/* One upcall for the lot. */
	assert_int_equal(fake_kicks(guest->vcpus[0], NULL), 1);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(handle(0, DEFAULT), ports[i * 2 % 5]);
	}
	/* Appended while the guest is in the middle. */
	send(ports[0]);
	assert_int_equal(handle(0, DEFAULT), ports[1]);
	assert_int_equal(handle(0, DEFAULT), ports[3]);
	assert_int_equal(handle(0, DEFAULT), ports[0]);
	assert_int_equal(handle(0, DEFAULT), 0);
}

/* The tail was taken out: the next event becomes the head. */
static void test_tail_consumed(void **state)
{
	(void)state;
	turn_on();
	const uint32_t a = bind_ipi(0);
	const uint32_t b = bind_ipi(0);

	send(a);
	assert_int_equal(handle(0, DEFAULT), a);
	send(b);
	assert_int_equal(*word(a), 0);
	assert_int_equal(control(0)->head[DEFAULT], b);
	/* A port that is the tail itself. */
	assert_int_equal(handle(0, DEFAULT), b);
	send(b);
	assert_int_equal(*word(b), PENDING | LINKED);
	assert_int_equal(handle(0, DEFAULT), b);
}

static void test_mask(void **state)
{
	(void)state;
	turn_on();
	const uint32_t port = bind_ipi(0);

	*word(port) = MASKED;
	send(port);
	assert_int_equal(*word(port), PENDING | MASKED);
	assert_int_equal(upcalls(0), 0);
	assert_int_equal(event_unmask(guest, port), 0);
	assert_int_equal(*word(port), PENDING | LINKED);
	assert_int_equal(upcalls(0), 1);
	/* Linked already: only the mask goes. */
	*word(port) |= MASKED;
	assert_int_equal(event_unmask(guest, port), 0);
	assert_int_equal(*word(port), PENDING | LINKED);
	assert_int_equal(upcalls(0), 0);
	assert_int_equal(handle(0, DEFAULT), port);
	*word(port) = MASKED;
	assert_int_equal(event_unmask(guest, port), 0);
	assert_int_equal(*word(port), 0);
	/* Other bits of the word stay. */
	*word(port) = MASKED | 0x01234567 % EVTCHN_FIFO_NR_CHANNELS;
	send(port);
	assert_int_equal(*word(port) & EVTCHN_FIFO_LINK_MASK,
			 0x01234567 % EVTCHN_FIFO_NR_CHANNELS);
}

static void test_priority(void **state)
{
	(void)state;
	turn_on();
	const uint32_t low = bind_ipi(1);
	const uint32_t high = bind_ipi(1);

	assert_int_equal(set_priority(low, 15), 0);
	assert_int_equal(set_priority(high, 0), 0);
	assert_int_equal(set_priority(high, 16), -XEN_EINVAL);
	assert_int_equal(set_priority(PORTS, 0), -XEN_EINVAL);
	assert_int_equal(set_priority(5000, 0), -XEN_EINVAL);
	send(low);
	send(high);
	assert_int_equal(control(1)->ready, 1 << 15 | 1 << 0);
	/* It stays where it is linked, the next time it goes elsewhere. */
	assert_int_equal(set_priority(low, 3), 0);
	send(low);
	assert_int_equal(handle(1, 3), 0);
	assert_int_equal(handle(1, 15), low);
	assert_int_equal(handle(1, 0), high);
	send(low);
	assert_int_equal(handle(1, 15), 0);
	assert_int_equal(handle(1, 3), low);
	/* A new owner of the number starts at the default. */
	event_close(guest, low);
	assert_int_equal(bind_ipi(1), low);
	send(low);
	assert_int_equal(handle(1, DEFAULT), low);
}

/* An event moves to another vCPU's queue while it is the tail of its old one:
 * the old queue must not append to it any more. */
static void test_move(void **state)
{
	(void)state;
	turn_on();
	struct evtchn_alloc_unbound mk = { .dom = DOMID_SELF,
					   .remote_dom = DOMID_SELF };
	struct evtchn_bind_interdomain bd = { .remote_dom = DOMID_SELF };

	assert_int_equal(event_alloc_unbound(guest, &mk), 0);
	bd.remote_port = mk.port;
	assert_int_equal(event_bind_interdomain(guest, &bd), 0);
	assert_int_equal(handle(0, DEFAULT), bd.local_port);

	const uint32_t moving = mk.port;
	const uint32_t staying = bind_ipi(0);
	struct evtchn_bind_vcpu to = { .port = moving, .vcpu = 3 };

	send(bd.local_port);
	assert_int_equal(handle(0, DEFAULT), moving);
	assert_int_equal(event_bind_vcpu(guest, &to), 0);
	send(bd.local_port);
	assert_int_equal(control(3)->head[DEFAULT], moving);
	/* vCPU 0's queue has forgotten it. */
	send(staying);
	assert_int_equal(*word(moving), PENDING | LINKED);
	assert_int_equal(handle(0, DEFAULT), staying);
	assert_int_equal(handle(3, DEFAULT), moving);
}

/* Linux allocates a port first and gives the page of its word then: all ports
 * of the page are raised, since any of them may have been. */
static void test_early(void **state)
{
	(void)state;
	assert_int_equal(init_control(CONTROL_GFN, 0, 0), 17);
	const uint32_t a = bind_ipi(0);
	const uint32_t b = bind_ipi(0);

	send(a);
	send(b);
	assert_int_equal(event_unmask(guest, a), 0);
	event_close(guest, b);
	assert_int_equal(upcalls(0), 0);
	assert_int_equal(expand(ARRAY_GFN), 0);
	assert_int_equal(upcalls(0), 1);
	assert_int_equal(handle(0, DEFAULT), a);
	assert_int_equal(handle(0, DEFAULT), 0);
}

/* What was pending in the 2-level bits is not lost. */
static void test_carry_over(void **state)
{
	(void)state;
	const uint32_t a = bind_ipi(0);
	uint32_t last = 0;

	for (unsigned int i = 0; i < 600; i++) {
		last = bind_ipi(1);
	}
	guest->shared_info->evtchn_mask[0] = 1 << a;
	send(a);
	send(last);
	upcalls(1);
	turn_on();
	assert_int_equal(upcalls(0), 1);
	assert_int_equal(upcalls(1), 1);
	assert_int_equal(handle(0, DEFAULT), a);
	for (uint32_t port = a + 1; port <= last; port++) {
		assert_int_equal(handle(1, DEFAULT), port);
	}
	assert_int_equal(handle(1, DEFAULT), 0);
}

/* No control block yet: the bit is there, the next send after it links. */
static void test_vcpu_without_control(void **state)
{
	(void)state;
	assert_int_equal(init_control(CONTROL_GFN, 0, 0), 17);
	assert_int_equal(expand(ARRAY_GFN), 0);
	const uint32_t port = bind_ipi(1);

	send(port);
	assert_int_equal(*word(port), PENDING);
	assert_int_equal(init_control(CONTROL_GFN, 512, 1), 17);
	send(port);
	assert_int_equal(handle(1, DEFAULT), port);
}

/* A closed port that still hangs in a queue is not given out. */
static void test_busy_port(void **state)
{
	(void)state;
	turn_on();
	const uint32_t a = bind_ipi(0);

	send(a);
	event_close(guest, a);
	assert_int_equal(*word(a), LINKED);
	assert_int_not_equal(bind_ipi(0), a);
	assert_int_equal(consume(0, DEFAULT), a);
	assert_int_equal(bind_ipi(0), a);
	/* A guest that calls all its ports busy is not searched for ever. */
	for (unsigned int i = 0; i < 1024; i++) {
		*word(i) |= LINKED;
	}
	struct evtchn_bind_ipi op = { .vcpu = 0 };

	assert_int_equal(event_bind_ipi(guest, &op), -XEN_ENOSPC);
}

static void test_reset(void **state)
{
	(void)state;
	turn_on();
	const uint32_t port = bind_ipi(0);

	send(port);
	assert_true(event_close_some(guest, 10));
	assert_ptr_equal(guest->events->abi, &event_2level_abi);
	assert_int_equal(
		fake_frame_refs(p2m_lookup(guest, gfn(CONTROL_GFN), NULL)), 1);
	/* Nothing of the old queues is left when FIFO comes again. */
	memset(fake_guest(guest, CONTROL_GFN * PAGE_SIZE), 0, PAGE_SIZE);
	memset(fake_guest(guest, ARRAY_GFN * PAGE_SIZE), 0, PAGE_SIZE);
	memset(heads, 0, sizeof(heads));
	turn_on();
	assert_int_equal(bind_ipi(0), port);
	send(port);
	assert_int_equal(handle(0, DEFAULT), port);
}

/* A late sender that still has the FIFO in its hands. */
static void test_raise_after_reset(void **state)
{
	(void)state;
	turn_on();
	const uint32_t port = bind_ipi(0);

	event_fifo_release(guest);
	event_fifo_abi.raise(guest->vcpus[0], port,
			     event_port_find(guest, port));
	event_fifo_abi.unmask(guest->vcpus[0], port,
			      event_port_find(guest, port));
	assert_int_equal(*word(port), 0);
	/* And one that saw 2-level when FIFO came. */
	send(port);
	assert_int_equal(guest->shared_info->evtchn_pending[0], 1 << port);
}

static void test_no_vcpu_info(void **state)
{
	struct domain *d = fake_domain_add(7, 34);

	(void)state;
	fake_domain_add_ram(d, 0, 2);
	assert_int_equal(event_domain_init(d, 100), 0);

	struct evtchn_init_control ic = { .vcpu = 33 };
	struct evtchn_expand_array ea = { .array_gfn = 1 };
	struct evtchn_bind_ipi ipi = { .vcpu = 33 };

	assert_int_equal(event_init_control(d, &ic), 0);
	assert_int_equal(event_expand_array(d, &ea), 0);
	assert_int_equal(event_bind_ipi(d, &ipi), 0);
	assert_int_equal(event_send(d, ipi.port), 0);
	assert_int_equal(fake_kicks(d->vcpus[33], NULL), 0);
	assert_int_equal(*(uint32_t *)fake_guest(d, 0), 1 << DEFAULT);
	assert_true(event_close_some(d, 10));
	event_domain_destroy(d);
	fake_domain_remove(d);
}

/* Guests that do not keep to the ABI, one step before each of our accesses. */
static uint32_t *victim;
static unsigned int steps;

static void clear_linked(void *w)
{
	if (w == victim) {
		__atomic_fetch_and(victim, ~LINKED, __ATOMIC_SEQ_CST);
	}
}

static void change_always(void *w)
{
	if (w == victim) {
		steps++;
		*victim = (*victim ^ MASKED) | LINKED;
	}
}

static void garble(void *w)
{
	static uint32_t seed = 1;
	uint32_t *const words[] = { w, victim };

	for (unsigned int i = 0; i < 2; i++) {
		seed = seed * 1103515245 + 12345;
		*words[i] = seed ^ seed >> 16;
	}
}

static void test_tail_unlinked_meanwhile(void **state)
{
	(void)state;
	turn_on();
	const uint32_t a = bind_ipi(0);
	const uint32_t b = bind_ipi(0);

	send(a);
	control(0)->ready = 0;
	upcalls(0);
	victim = word(a);
	fake_guest_step = clear_linked;
	send(b);
	fake_guest_step = NULL;
	/* Then the new event is the head, and the old word has no BUSY. */
	assert_int_equal(control(0)->head[DEFAULT], b);
	assert_int_equal(*word(a), PENDING);
	assert_int_equal(upcalls(0), 1);
}

static void test_tail_never_rests(void **state)
{
	(void)state;
	turn_on();
	const uint32_t a = bind_ipi(0);
	const uint32_t b = bind_ipi(0);

	send(a);
	victim = word(a);
	steps = 0;
	fake_guest_step = change_always;
	send(b);
	fake_guest_step = NULL;
	assert_in_range(steps, 1, 12);
	assert_int_equal(*victim & BUSY, 0);
}

static void test_garbage(void **state)
{
	uint32_t ports[6];

	(void)state;
	turn_on();
	for (unsigned int i = 0; i < 6; i++) {
		ports[i] = bind_ipi(i % 4);
	}
	fake_guest_step = garble;
	for (unsigned int i = 0; i < 5000; i++) {
		victim = i % 3 == 0 ? &control(i % 4)->head[i % 16]
				    : word(ports[i % 5]);
		send(ports[i % 6]);
		event_unmask(guest, ports[i * 7 % 6]);
		set_priority(ports[i % 6], i / 7 % 16);
	}
	fake_guest_step = NULL;
	memset(fake_guest(guest, ARRAY_GFN * PAGE_SIZE), 0, PAGE_SIZE);
}

/* Senders on two CPUs, the guest consuming on a third: nothing gets lost. */
#define SENDS 30000

static uint32_t racing[8];
static bool senders_done;

static void *sender(void *arg)
{
	for (unsigned int i = 0; i < SENDS; i++) {
		send(racing[(i * 5 + (uintptr_t)arg) % 8]);
		if (i % 64 == 0) {
			set_priority(racing[i / 64 % 8], i / 512 % 16);
		}
	}
	return NULL;
}

static void *consumer(void *arg)
{
	bool done;

	do {
		done = __atomic_load_n(&senders_done, __ATOMIC_SEQ_CST);
		for (uint32_t priority = 0; priority < 16; priority++) {
			while (handle(0, priority) != 0) {
			}
		}
	} while (!done);
	return arg;
}

static void test_races(void **state)
{
	pthread_t t[3];

	(void)state;
	turn_on();
	for (unsigned int i = 0; i < 8; i++) {
		racing[i] = bind_ipi(0);
	}
	senders_done = false;
	pthread_create(&t[0], NULL, sender, NULL);
	pthread_create(&t[1], NULL, sender, (void *)(uintptr_t)3);
	pthread_create(&t[2], NULL, consumer, NULL);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	__atomic_store_n(&senders_done, true, __ATOMIC_SEQ_CST);
	pthread_join(t[2], NULL);
	for (unsigned int i = 0; i < 8; i++) {
		assert_int_equal(*word(racing[i]), 0);
	}
	for (uint32_t priority = 0; priority < 16; priority++) {
		assert_int_equal(handle(0, priority), 0);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_init_errors),
		TEST(test_foreign_frames),
		TEST(test_array_size),
		TEST(test_send),
		TEST(test_order),
		TEST(test_tail_consumed),
		TEST(test_mask),
		TEST(test_priority),
		TEST(test_move),
		TEST(test_early),
		TEST(test_carry_over),
		TEST(test_vcpu_without_control),
		TEST(test_busy_port),
		TEST(test_reset),
		TEST(test_raise_after_reset),
		TEST(test_no_vcpu_info),
		TEST(test_tail_unlinked_meanwhile),
		TEST(test_tail_never_rests),
		TEST(test_garbage),
		TEST(test_races),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
