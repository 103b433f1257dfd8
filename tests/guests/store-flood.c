/* SPDX-License-Identifier: MIT */
/*
 * A guest that sends requests to the store as fast as they are taken, without an
 * end, and drops the answers; with `polite`, one that asks now and then and says
 * how long it had to wait (tests/system/evil). The daemon slows the first one
 * down, and the second must not notice.
 */
#include "lib/clock.h"
#include "lib/pv.h"
#include "lib/test.h"
#include "pv-drivers/env/env.h"
#include "pv-drivers/ring/byte_ring.h"
#include "pv-drivers/xenbus/store_ring.h"

#define QUESTIONS 10u
#define PAUSE     (500 * MILLISECOND)
#define PATIENCE  (5 * SECOND)

static const struct {
	struct xsd_sockmsg header;
	char payload[sizeof("data")];
} __attribute__((packed)) request = {
	.header = { .type = XS_READ, .len = sizeof("data") },
	.payload = "data",
};

static _Noreturn void flood(void)
{
	for (;;) {
		while (byte_ring_room(&pv_store->requests) >=
		       (int)sizeof(request)) {
			byte_ring_put(&pv_store->requests, &request,
				      sizeof(request));
		}
		byte_ring_drop(&pv_store->replies);
		env_notify(pv_env, pv_store->port);
		/* Until something was taken: it is not about the processor. */
		pv_rest(MILLISECOND);
	}
}

static void pause(void)
{
	uint64_t end = clock_now() + PAUSE;

	while (clock_now() < end) {
		pv_rest(end - clock_now());
	}
}

static void ask_politely(void)
{
	uint64_t worst = 0;

	for (unsigned i = 0; i < QUESTIONS; i++) {
		uint64_t asked = clock_now(), took;

		pv_read("name");
		took = clock_now() - asked;
		worst = took > worst ? took : worst;
		pause();
	}
	print("the longest wait: %lu ms\n",
	      (unsigned long)(worst / MILLISECOND));
	expect(worst < PATIENCE, "the store answers in time", "%lu ms",
	       (unsigned long)(worst / MILLISECOND));
}

void guest_main(void)
{
	pv_start();
	if (option("polite", 0) != 0) {
		ask_politely();
	} else {
		flood();
	}
}
