/* SPDX-License-Identifier: MIT */
/*
 * A guest that floods its console, and one whose ring's indices are nonsense.
 * The console daemon slows it down and drops what cannot be, and its last lines
 * are read as any guest's.
 */
#include "lib/abi.h"

#include <xen/io/console.h>

#include "lib/clock.h"
#include "lib/pv.h"
#include "lib/test.h"
#include "pv-drivers/env/env.h"

#define FLOOD    (512u * 1024u)
#define GARBAGE  2000u
#define NOTIFIES 20000u

static struct xencons_interface *ring;
static uint32_t port;

/* Until the daemon, which slows a flood down, has taken all. */
static void drain(void)
{
	const uint64_t end = clock_now() + 60 * SECOND;

	while (ring->out_cons != ring->out_prod && clock_now() < end) {
		pv_rest(10 * MILLISECOND);
	}
}

static void flood(void)
{
	char line[256];

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\n';
	for (unsigned sent = 0; sent < FLOOD; sent += sizeof(line)) {
		print_by(line, sizeof(line));
	}
}

/* Events with nothing behind them. */
static void notify_often(void)
{
	for (unsigned i = 0; i < NOTIFIES; i++) {
		env_notify(pv_env, port);
	}
}

static void garbage(void)
{
	uint32_t seed = 1;

	for (unsigned i = 0; i < GARBAGE; i++) {
		seed = seed * 1664525 + 1013904223;
		switch (i % 4) {
		case 0:
			ring->out_prod = seed;
			break;
		case 1:
			ring->in_cons = seed;
			break;
		case 2:
			ring->out_cons = seed;
			break;
		default:
			ring->in_prod = seed;
		}
		env_notify(pv_env, port);
		/* The daemon looks now and then only, after a flood. */
		if (i % 20 == 0) {
			pv_rest(10 * MILLISECOND);
		}
	}
}

/* Says that there is nothing, which the daemon believes or makes so. */
static void begin_again(void)
{
	ring->out_prod = ring->out_cons;
	env_notify(pv_env, port);
	pv_rest(2 * SECOND);
	pv_console_again();
}

void guest_main(void)
{
	pv_start();
	ring = pv_page(HVM_PARAM_CONSOLE_PFN);
	port = (uint32_t)pv_param(HVM_PARAM_CONSOLE_EVTCHN);
	flood();
	drain();
	notify_often();
	print("now garbage\n");
	drain();
	garbage();
	begin_again();
	expect(true, "prints after all that", "it does not");
}
