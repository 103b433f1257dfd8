/* SPDX-License-Identifier: MIT */
/*
 * FIFO event channels: event words in pages the guest gives, queues of them by
 * priority, and a control block for each vCPU.
 *
 * Higher priority (a lower number) is seen in `ready` at once; within one
 * queue events stay in the order they came. A bug would link a word twice,
 * lose the tail of a queue, or write outside the pages given.
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"
#include "lib/trap.h"

#define WORDS_PER_PAGE 1024

static struct evtchn_fifo_control_block *control;
static volatile event_word_t *words;
static volatile unsigned upcalls;

static void upcall(struct trap_frame *frame)
{
	(void)frame;
	upcalls++;
	event_vcpu_info(0)->evtchn_upcall_pending = 0;
}

static int init_control(uint64_t gfn, uint32_t offset, uint32_t vcpu)
{
	struct evtchn_init_control op = { gfn, offset, vcpu, 0, { 0 } };
	int rc = hypercall_event(EVTCHNOP_init_control, &op);

	return rc != 0 ? rc : op.link_bits;
}

static int expand(uint64_t gfn)
{
	struct evtchn_expand_array op = { .array_gfn = gfn };

	return hypercall_event(EVTCHNOP_expand_array, &op);
}

static int set_priority(unsigned port, unsigned priority)
{
	struct evtchn_set_priority op = { port, priority };

	return hypercall_event(EVTCHNOP_set_priority, &op);
}

static void word_set(unsigned port, uint32_t bits)
{
	__atomic_fetch_or(&words[port], bits, __ATOMIC_SEQ_CST);
}

static void word_clear(unsigned port, uint32_t bits)
{
	__atomic_fetch_and(&words[port], ~bits, __ATOMIC_SEQ_CST);
}

/* A port to self whose events stay to be consumed by hand. */
static unsigned make_port(unsigned priority)
{
	int rc = event_bind_ipi(0);

	if (rc <= 0) {
		test_abort("bind_ipi: %d", rc);
	}
	set_priority((unsigned)rc, priority);
	word_clear((unsigned)rc, BIT(EVTCHN_FIFO_MASKED));
	return (unsigned)rc;
}

/*
 * Takes the next event of `priority` as the ABI says: follow the head, unlink
 * it, and when it was the last, clear the ready bit. 0: the queue is empty.
 */
static unsigned consume(unsigned priority)
{
	static uint32_t heads[EVTCHN_FIFO_MAX_QUEUES];
	uint32_t port = heads[priority];
	uint32_t word;

	if (port == 0) {
		port = __atomic_load_n(&control->head[priority],
				       __ATOMIC_SEQ_CST);
	}
	if (port == 0) {
		return 0;
	}
	word = __atomic_load_n(&words[port], __ATOMIC_SEQ_CST);
	heads[priority] = word & EVTCHN_FIFO_LINK_MASK;
	word_clear(port, BIT(EVTCHN_FIFO_LINKED) | EVTCHN_FIFO_LINK_MASK);
	if (heads[priority] == 0) {
		__atomic_fetch_and(&control->ready, ~(1u << priority),
				   __ATOMIC_SEQ_CST);
		control->head[priority] = 0;
	}
	word_clear(port, BIT(EVTCHN_FIFO_PENDING));
	return port;
}

static void check_set_up(void)
{
	uint64_t control_gfn, words_gfn;
	int rc;

	control = page_alloc(1);
	words = page_alloc(1);
	control_gfn = page_gfn(control);
	words_gfn = page_gfn((const void *)words);
	for (unsigned i = 0; i < WORDS_PER_PAGE; i++) {
		words[i] = BIT(EVTCHN_FIFO_MASKED);
	}
	expect(expand(words_gfn) < 0, "expand_array before init_control",
	       "accepted");
	expect(init_control(control_gfn, PAGE_SIZE - 8, 0) < 0,
	       "control block over the end", "accepted");
	expect(init_control(control_gfn, 4, 0) < 0, "control block not aligned",
	       "accepted");
	expect(init_control(control_gfn, 0, 1000) < 0,
	       "control block of no vCPU", "accepted");
	expect(init_control(memory_end() / PAGE_SIZE + BIT(20), 0, 0) < 0,
	       "control block outside RAM", "accepted");
	rc = init_control(control_gfn, 0, 0);
	if (rc == -XEN_ENOSYS) {
		skip("init_control", "this hypervisor has no FIFO events");
		test_end();
	}
	expect_eq("init_control gives the link bits", rc,
		  EVTCHN_FIFO_LINK_BITS);
	expect(expand(memory_end() / PAGE_SIZE + BIT(20)) < 0,
	       "expand_array outside RAM", "accepted");
	expect_eq("expand_array", expand(words_gfn), 0);
}

static void check_one_event(void)
{
	unsigned port = make_port(EVTCHN_FIFO_PRIORITY_DEFAULT);

	irq_disable();
	event_send(port);
	expect((words[port] & BIT(EVTCHN_FIFO_PENDING)) != 0 &&
		       (words[port] & BIT(EVTCHN_FIFO_LINKED)) != 0,
	       "send sets PENDING and LINKED", "word 0x%x", words[port]);
	expect_eq("ready has the queue", control->ready, BIT(7));
	expect_eq("head is the port", control->head[7], port);
	irq_enable();
	expect(wait_for(&upcalls, 1, SECOND), "the upcall comes", "never");
	irq_disable();
	event_send(port);
	expect_eq("a second send changes nothing", control->head[7], port);
	expect_eq("consume it", consume(7), port);
	expect_eq("the queue is empty", consume(7), 0);
	event_close(port);
}

static void check_mask(void)
{
	unsigned port = make_port(EVTCHN_FIFO_PRIORITY_DEFAULT);

	word_set(port, BIT(EVTCHN_FIFO_MASKED));
	event_send(port);
	expect((words[port] & BIT(EVTCHN_FIFO_PENDING)) != 0 &&
		       (words[port] & BIT(EVTCHN_FIFO_LINKED)) == 0,
	       "a masked event is pending, not linked", "word 0x%x",
	       words[port]);
	expect_eq("unmask", event_hypercall_unmask(port), 0);
	expect((words[port] & BIT(EVTCHN_FIFO_LINKED)) != 0 &&
		       (words[port] & BIT(EVTCHN_FIFO_MASKED)) == 0,
	       "unmask links it", "word 0x%x", words[port]);
	expect_eq("consume it after unmask", consume(7), port);
	event_close(port);
}

static void check_order(void)
{
	unsigned ports[8];
	unsigned good = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(ports); i++) {
		ports[i] = make_port(EVTCHN_FIFO_PRIORITY_DEFAULT);
	}
	/* Not in the order of their numbers. */
	for (unsigned i = 0; i < ARRAY_SIZE(ports); i++) {
		event_send(ports[(i * 3) % ARRAY_SIZE(ports)]);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(ports); i++) {
		good += consume(7) == ports[(i * 3) % ARRAY_SIZE(ports)];
	}
	expect_eq("events come in the order of sends", good, ARRAY_SIZE(ports));
	expect_eq("and no more", consume(7), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(ports); i++) {
		event_close(ports[i]);
	}
}

static void check_priority(void)
{
	unsigned low = make_port(EVTCHN_FIFO_PRIORITY_MIN);
	unsigned high = make_port(EVTCHN_FIFO_PRIORITY_MAX);

	event_send(low);
	event_send(high);
	expect_eq("ready has both queues", control->ready, BIT(15) | BIT(0));
	expect_eq("high priority queue", consume(0), high);
	expect_eq("low priority queue", consume(15), low);
	expect_eq("priority out of range",
		  set_priority(low, EVTCHN_FIFO_MAX_QUEUES), -XEN_EINVAL);
	expect(set_priority(1000000, 7) < 0, "priority of no port", "accepted");
	/* A linked event stays where it is; the next goes to the new queue. */
	event_send(low);
	set_priority(low, 3);
	expect_eq("a queued event keeps its queue", consume(15), low);
	event_send(low);
	expect_eq("the next is in the new one", consume(3), low);
	event_close(low);
	event_close(high);
}

/*
 * Ports beyond the first page need a second one. Linux gets the port first and
 * gives the page then, so a port without a word must be possible.
 */
static void check_growth(void)
{
	uint8_t *page = page_alloc(1);
	volatile event_word_t *more = (volatile event_word_t *)page;
	int rc;

	do {
		rc = event_bind_ipi(0);
	} while (rc > 0 && rc < WORDS_PER_PAGE);
	if (!expect(rc >= WORDS_PER_PAGE, "a port that has no word yet", "%d",
		    rc)) {
		return;
	}
	expect_eq("send to it", event_send((unsigned)rc), 0);
	for (unsigned i = 0; i < WORDS_PER_PAGE; i++) {
		more[i] = BIT(EVTCHN_FIFO_MASKED);
	}
	expect_eq("expand_array again", expand(page_gfn(page)), 0);
	rc = event_bind_ipi(0);
	if (!expect(rc >= WORDS_PER_PAGE, "a port of the second page", "%d",
		    rc)) {
		return;
	}
	event_send((unsigned)rc);
	expect((more[rc - WORDS_PER_PAGE] & BIT(EVTCHN_FIFO_PENDING)) != 0,
	       "its word is in the second page", "0x%x",
	       more[rc - WORDS_PER_PAGE]);
}

void guest_main(void)
{
	event_init();
	trap_handle(EVENT_VECTOR, upcall);
	check_set_up();
	check_one_event();
	check_mask();
	check_order();
	check_priority();
	check_growth();
}
