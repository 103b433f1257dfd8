/* SPDX-License-Identifier: MIT */
/* Console and store of a guest, and what pv-drivers/env/bare.c asks for. */
#include "lib/pv.h"

#include "lib/event.h"
#include "lib/grant.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"
#include "pv-drivers/con/front.h"
#include "pv-drivers/env/bare.h"
#include "pv-drivers/env/env.h"
#include "pv-drivers/xenbus/store_ring.h"

#define GRANT_FRAMES 4

struct env *pv_env;
static struct con_front console;
static struct store store;
struct store *pv_store = &store;

long bare_hypercall(unsigned number, unsigned long a, unsigned long b,
		    unsigned long c)
{
	return hypercall(number, a, b, c, 0, 0);
}

void *bare_pages(unsigned count)
{
	return page_alloc(count);
}

uint32_t bare_frame(const void *page)
{
	return (uint32_t)page_gfn(page);
}

volatile struct grant_entry_v1 *bare_grants(unsigned *count)
{
	*count = GRANT_FRAMES * PAGE_SIZE / sizeof(grant_table[0]);
	return grant_table;
}

void bare_unmask(uint32_t port)
{
	event_hypercall_unmask(port);
}

bool bare_take_event(uint32_t port)
{
	static unsigned seen[EVENT_PORTS];
	unsigned count = event_counts[port];
	bool any = count != seen[port];

	seen[port] = count;
	return any;
}

/* Interrupts are off but here, so none is slept over. */
void bare_sleep(void)
{
	irq_wait();
}

uint64_t pv_param(unsigned index)
{
	struct xen_hvm_param param = { .domid = DOMID_SELF, .index = index };
	int rc = hypercall_hvm(HVMOP_get_param, &param);

	if (rc != 0) {
		test_abort("get_param(%u): %d", index, rc);
	}
	return param.value;
}

static void *shared_page(unsigned param)
{
	return (void *)(pv_param(param) * PAGE_SIZE);
}

static void print_on_console(const char *text, size_t length)
{
	con_front_write(&console, text, length);
}

void pv_start(void)
{
	int rc;

	event_init();
	grant_init(GRANT_FRAMES);
	pv_env = env_open();
	rc = con_front_open(&console, pv_env,
			    shared_page(HVM_PARAM_CONSOLE_PFN),
			    (uint32_t)pv_param(HVM_PARAM_CONSOLE_EVTCHN));
	if (rc != 0) {
		test_abort("no console: %d", rc);
	}
	print_by = print_on_console;
	rc = store_ring_open(&store, pv_env, shared_page(HVM_PARAM_STORE_PFN),
			     (uint32_t)pv_param(HVM_PARAM_STORE_EVTCHN));
	if (rc != 0) {
		test_abort("no store: %d", rc);
	}
}

const char *pv_read(const char *path)
{
	static char value[STORE_VALUE_MAX];
	int rc = store_read(&store, path, value);

	if (rc != 0) {
		test_abort("%s: %d", path, rc);
	}
	return value;
}
