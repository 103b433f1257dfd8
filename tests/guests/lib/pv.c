/* SPDX-License-Identifier: MIT */
/* Console and store of a guest, and what pv-drivers/env/bare.c asks for. */
#include "lib/pv.h"

#include "lib/clock.h"
#include "lib/event.h"
#include "lib/grant.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"
#include "pv-drivers/con/front.h"
#include "pv-drivers/env/bare.h"
#include "pv-drivers/env/env.h"
#include "pv-drivers/xenbus/front.h"
#include "pv-drivers/xenbus/store_ring.h"

#define GRANT_FRAMES 4
#define PATIENCE     (60 * SECOND)

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

void *pv_page(unsigned param)
{
	return (void *)(pv_param(param) * PAGE_SIZE);
}

static void print_on_console(const char *text, size_t length)
{
	con_front_write(&console, text, length);
}

void pv_console_again(void)
{
	int rc =
		con_front_open(&console, pv_env, pv_page(HVM_PARAM_CONSOLE_PFN),
			       (uint32_t)pv_param(HVM_PARAM_CONSOLE_EVTCHN));

	if (rc != 0) {
		test_abort("no console: %d", rc);
	}
}

void pv_store_again(void)
{
	int rc = store_ring_open(&store, pv_env, pv_page(HVM_PARAM_STORE_PFN),
				 (uint32_t)pv_param(HVM_PARAM_STORE_EVTCHN));

	if (rc != 0) {
		test_abort("no store: %d", rc);
	}
}

void pv_start(void)
{
	event_init();
	/* The upcall alone matters: it ends a sleep. */
	event_hypercall_unmask((unsigned)event_bind_virq(VIRQ_TIMER, 0));
	grant_init(GRANT_FRAMES);
	pv_env = env_open();
	pv_console_again();
	print_by = print_on_console;
	pv_store_again();
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

void pv_rest(uint64_t ns)
{
	struct vcpu_set_singleshot_timer timer = {
		.timeout_abs_ns = clock_now() + ns,
	};

	hypercall_vcpu(VCPUOP_set_singleshot_timer, 0, &timer);
	irq_wait();
	env_dispatch(pv_env);
}

bool pv_wait_for(const volatile unsigned *word, unsigned want, uint64_t ns)
{
	uint64_t end = clock_now() + ns;

	while (*word < want && clock_now() < end) {
		pv_rest(10 * MILLISECOND);
	}
	return *word >= want;
}

bool pv_settle(struct xenbus_front *bus,
	       bool done(const struct xenbus_front *bus))
{
	char path[STORE_PATH_MAX], token[STORE_PATH_MAX];
	uint64_t end = clock_now() + PATIENCE;

	while (!done(bus)) {
		if (xenbus_front_step(bus) != 0) {
			return false;
		}
		while (!done(bus) && store_event(&store, path, token) != 0) {
			if (clock_now() > end) {
				return false;
			}
			pv_rest(SECOND);
		}
	}
	return true;
}

#define DEVICES_MAX 8

static char names[DEVICES_MAX][16];
static unsigned name_count;

static void note_name(void *context, const char *name)
{
	(void)context;
	if (name_count < DEVICES_MAX) {
		snprintf(names[name_count++], sizeof(names[0]), "%s", name);
	}
}

unsigned pv_each(const char *kind, void use(const char *folder))
{
	char folder[STORE_PATH_MAX];

	name_count = 0;
	snprintf(folder, sizeof(folder), "device/%s", kind);
	store_list(&store, folder, note_name, NULL);
	for (unsigned i = 0; i < name_count; i++) {
		snprintf(folder, sizeof(folder), "device/%s/%s", kind,
			 names[i]);
		use(folder);
	}
	return name_count;
}
