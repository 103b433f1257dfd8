/* SPDX-License-Identifier: MIT */
/* The shared page and two-level event channels. */
#include "lib/event.h"

#include "lib/clock.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"
#include "lib/trap.h"

struct shared_info *shared_info;
volatile unsigned event_counts[EVENT_PORTS];
volatile uint64_t event_entered;

static struct vcpu_info *registered[CPU_MAX];

struct vcpu_info *event_vcpu_info(unsigned vcpu)
{
	return registered[vcpu] != NULL ? registered[vcpu]
					: &shared_info->vcpu_info[vcpu];
}

/*
 * Clears upcall_pending before the selector, and that before it looks at the
 * words: in any other order an event that comes in between is lost.
 */
static void upcall(struct trap_frame *frame)
{
	struct vcpu_info *info = event_vcpu_info(cpu_number());
	unsigned long words;

	(void)frame;
	event_entered = rdtsc();
	__atomic_store_n(&info->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
	words = __atomic_exchange_n(&info->evtchn_pending_sel, 0,
				    __ATOMIC_SEQ_CST);
	while (words != 0) {
		unsigned word = __builtin_ctzl(words);
		unsigned long ports = shared_info->evtchn_pending[word] &
				      ~shared_info->evtchn_mask[word];

		words &= words - 1;
		while (ports != 0) {
			unsigned bit = __builtin_ctzl(ports);

			ports &= ports - 1;
			if (event_test_and_clear(word * 64 + bit)) {
				event_counts[word * 64 + bit]++;
			}
		}
	}
}

void event_map_shared_info(void *page)
{
	struct xen_add_to_physmap map = {
		.domid = DOMID_SELF,
		.space = XENMAPSPACE_shared_info,
		.gpfn = page_gfn(page),
	};
	long rc = hypercall_memory(XENMEM_add_to_physmap, &map);

	if (rc != 0) {
		test_abort("add_to_physmap(shared_info): %ld", rc);
	}
	shared_info = page;
}

void event_init(void)
{
	struct xen_hvm_param param = {
		.domid = DOMID_SELF,
		.index = HVM_PARAM_CALLBACK_IRQ,
		.value = (uint64_t)HVM_PARAM_CALLBACK_TYPE_VECTOR << 56 |
			 EVENT_VECTOR,
	};
	int rc;

	event_map_shared_info(page_alloc(1));
	for (unsigned port = 0; port < EVENT_PORTS; port++) {
		event_mask(port);
	}
	trap_handle(EVENT_VECTOR, upcall);
	rc = hypercall_hvm(HVMOP_set_param, &param);
	if (rc != 0) {
		test_abort("set_param(CALLBACK_IRQ): %d", rc);
	}
}

int event_register_vcpu_info(unsigned vcpu, void *place)
{
	struct vcpu_register_vcpu_info info = {
		.mfn = page_gfn(place),
		.offset = (uintptr_t)place % PAGE_SIZE,
	};
	int rc = hypercall_vcpu(VCPUOP_register_vcpu_info, vcpu, &info);

	if (rc == 0) {
		registered[vcpu] = place;
	}
	return rc;
}

int event_alloc_unbound(unsigned domain, unsigned remote)
{
	struct evtchn_alloc_unbound op = { .dom = (domid_t)domain,
					   .remote_dom = (domid_t)remote };
	int rc = hypercall_event(EVTCHNOP_alloc_unbound, &op);

	return rc != 0 ? rc : (int)op.port;
}

int event_bind_interdomain(unsigned remote, unsigned remote_port)
{
	struct evtchn_bind_interdomain op = { .remote_dom = (domid_t)remote,
					      .remote_port = remote_port };
	int rc = hypercall_event(EVTCHNOP_bind_interdomain, &op);

	return rc != 0 ? rc : (int)op.local_port;
}

int event_bind_virq(unsigned virq, unsigned vcpu)
{
	struct evtchn_bind_virq op = { .virq = virq, .vcpu = vcpu };
	int rc = hypercall_event(EVTCHNOP_bind_virq, &op);

	return rc != 0 ? rc : (int)op.port;
}

int event_bind_ipi(unsigned vcpu)
{
	struct evtchn_bind_ipi op = { .vcpu = vcpu };
	int rc = hypercall_event(EVTCHNOP_bind_ipi, &op);

	return rc != 0 ? rc : (int)op.port;
}

int event_close(unsigned port)
{
	struct evtchn_close op = { .port = port };

	return hypercall_event(EVTCHNOP_close, &op);
}

int event_send(unsigned port)
{
	struct evtchn_send op = { .port = port };

	return hypercall_event(EVTCHNOP_send, &op);
}

int event_hypercall_unmask(unsigned port)
{
	struct evtchn_unmask op = { .port = port };

	return hypercall_event(EVTCHNOP_unmask, &op);
}

int event_status(unsigned port, struct evtchn_status *status)
{
	*status = (struct evtchn_status){ .dom = DOMID_SELF, .port = port };
	return hypercall_event(EVTCHNOP_status, status);
}

void event_mask(unsigned port)
{
	__atomic_fetch_or(&shared_info->evtchn_mask[port / 64], BIT(port % 64),
			  __ATOMIC_SEQ_CST);
}

void event_clear_mask(unsigned port)
{
	__atomic_fetch_and(&shared_info->evtchn_mask[port / 64],
			   ~BIT(port % 64), __ATOMIC_SEQ_CST);
}

bool event_is_masked(unsigned port)
{
	return (__atomic_load_n(&shared_info->evtchn_mask[port / 64],
				__ATOMIC_SEQ_CST) &
		BIT(port % 64)) != 0;
}

bool event_is_pending(unsigned port)
{
	return (__atomic_load_n(&shared_info->evtchn_pending[port / 64],
				__ATOMIC_SEQ_CST) &
		BIT(port % 64)) != 0;
}

bool event_test_and_clear(unsigned port)
{
	return (__atomic_fetch_and(&shared_info->evtchn_pending[port / 64],
				   ~BIT(port % 64), __ATOMIC_SEQ_CST) &
		BIT(port % 64)) != 0;
}

bool event_wait(unsigned port, unsigned want, uint64_t ns)
{
	bool came;

	irq_enable();
	came = wait_for(&event_counts[port], want, ns);
	irq_disable();
	return came;
}
