/* SPDX-License-Identifier: MIT */
/*
 * The scheduler on simulated pCPUs and a simulated clock: each pCPU runs what
 * it was given until its slice ends, it is kicked, or the unit blocks.
 */
#include "core/sched.h"
#include "arch/x86/percpu.h"
#include "core/clock.h"
#include "core/sched_queue.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UNITS 12
#define MS    NSEC_PER_MSEC

struct actor {
	struct sched_unit unit;
	struct sched_group group;
	uint64_t run;       /* ns it runs before it blocks, 0 = for ever */
	uint64_t sleep;     /* ns it is blocked then */
	uint64_t left;      /* of `run` */
	uint64_t wake_at;   /* 0: no wake-up planned */
	uint64_t woken;     /* clock of the last wake-up, 0 when it ran since */
	uint64_t ran;       /* ns on any pCPU */
	uint64_t on[8];     /* ns on each pCPU */
	uint64_t worst;     /* longest time between wake-up and running */
	unsigned int moves; /* times it began on another pCPU */
	unsigned int last;  /* pCPU */
};

static struct actor actors[UNITS];
static struct actor *current[FAKE_CPUS];
static uint64_t until[FAKE_CPUS];
static unsigned int switches;
static unsigned int kicks;
static uint64_t now;

uint64_t clock_now(void)
{
	return __atomic_load_n(&now, __ATOMIC_RELAXED);
}

void smp_kick(unsigned int cpu)
{
	assert_int_not_equal(cpu, this_cpu());
	__atomic_fetch_add(&kicks, 1, __ATOMIC_RELAXED);
}

static bool is_one_thread; /* time stands still during a call */

void sched_changed(struct sched_unit *u, enum sched_state to, uint64_t at)
{
	if (is_one_thread) {
		assert_int_equal(at, now);
		assert_int_equal(u->state, to);
	}
}

static void start(unsigned int cpus)
{
	now = 1000 * MS;
	pcpu_count = cpus;
	for (unsigned int i = 0; i < FAKE_CPUS; i++) {
		free(fake_pcpus[i].sched);
		fake_pcpus[i].need_resched = 0;
		assert_int_equal(sched_cpu_init(i), 0);
		current[i] = NULL;
		until[i] = 0;
	}
	memset(actors, 0, sizeof(actors));
	for (unsigned int i = 0; i < UNITS; i++) {
		actors[i].group.weight = SCHED_WEIGHT_DEFAULT;
		sched_unit_init(&actors[i].unit, &actors[i].group);
	}
	switches = 0;
	kicks = 0;
	is_one_thread = true;
}

static void wake(struct actor *a)
{
	a->wake_at = 0;
	a->woken = now;
	sched_wake(&a->unit);
}

static void began(struct actor *a, unsigned int cpu)
{
	assert_true(cpuset_has(&a->unit.affinity, cpu));
	assert_int_equal(a->unit.paused, 0);
	assert_int_equal(a->unit.state, SCHED_RUNNING);
	assert_true(sched_is_running(&a->unit));
	for (unsigned int i = 0; i < FAKE_CPUS; i++) {
		assert_true(i == cpu || current[i] != a);
	}
	a->moves += a->last != cpu;
	a->last = cpu;
	if (a->woken != 0 && now - a->woken > a->worst) {
		a->worst = now - a->woken;
	}
	a->woken = 0;
	if (a->left == 0) {
		a->left = a->run;
	}
}

static void pass(unsigned int cpu, bool block, bool yield)
{
	struct actor *prev = current[cpu];
	struct sched_choice c;

	fake_cpu = cpu;
	c = sched_switch(prev != NULL ? &prev->unit : NULL, block, yield);
	assert_int_equal(fake_locks_held(), 0);
	/* Equal when the cap was lowered below what is used already. */
	assert_true(c.until >= now);
	current[cpu] = c.unit != NULL ? container_of(c.unit, struct actor, unit)
				      : NULL;
	until[cpu] = c.until;
	if (current[cpu] == prev) {
		return;
	}
	switches++;
	if (prev != NULL) {
		sched_put_done(&prev->unit);
	}
	if (current[cpu] != NULL) {
		began(current[cpu], cpu);
	}
}

static void obey_kicks(void)
{
	for (unsigned int i = 0; i < pcpu_count; i++) {
		if (fake_pcpus[i].need_resched != 0) {
			pass(i, false, false);
			i = UINT32_MAX; /* from the start: others were kicked */
		}
	}
}

/* The time of whatever comes next. */
static uint64_t next_event(uint64_t end)
{
	for (unsigned int i = 0; i < pcpu_count; i++) {
		end = min_u64(end, until[i]);
		if (current[i] != NULL && current[i]->run != 0) {
			end = min_u64(end, now + current[i]->left);
		}
	}
	for (unsigned int i = 0; i < UNITS; i++) {
		if (actors[i].wake_at != 0) {
			end = min_u64(end, actors[i].wake_at);
		}
	}
	return end;
}

static void let_pass(uint64_t ns)
{
	now += ns;
	for (unsigned int i = 0; i < pcpu_count; i++) {
		if (current[i] != NULL) {
			current[i]->ran += ns;
			current[i]->on[i] += ns;
			current[i]->left -= current[i]->run != 0 ? ns : 0;
		}
	}
}

static void run_events(void)
{
	for (unsigned int i = 0; i < UNITS; i++) {
		if (actors[i].wake_at != 0 && actors[i].wake_at <= now) {
			fake_cpu = i % pcpu_count;
			wake(&actors[i]);
		}
	}
	for (unsigned int i = 0; i < pcpu_count; i++) {
		struct actor *a = current[i];

		if (a != NULL && a->run != 0 && a->left == 0) {
			a->wake_at = now + a->sleep;
			pass(i, true, false);
		} else if (until[i] <= now) {
			pass(i, false, false);
		}
	}
}

static void run(uint64_t ns)
{
	const uint64_t end = now + ns;

	obey_kicks();
	while (now < end) {
		let_pass(next_event(end) - now);
		run_events();
		obey_kicks();
	}
}

static void forget_times(void)
{
	for (unsigned int i = 0; i < UNITS; i++) {
		actors[i].ran = 0;
		actors[i].worst = 0;
		memset(actors[i].on, 0, sizeof(actors[i].on));
	}
}

/* Share of `a` in percent, times ten. */
static unsigned int share(const struct actor *a, uint64_t total)
{
	return (unsigned int)(a->ran * 1000 / total);
}

static void test_alone(void **state)
{
	(void)state;
	start(1);
	wake(&actors[0]);
	run(1000 * MS);
	assert_int_equal(actors[0].ran, 1000 * MS);
	assert_int_equal(until[0], UINT64_MAX);
	assert_int_equal(sched_run_time(&actors[0].unit), 1000 * MS);
	/* Yielding alone does not even look at the clock. */
	pass(0, false, true);
	assert_ptr_equal(current[0], &actors[0]);
	assert_int_equal(switches, 1);
}

static void test_weights(void **state)
{
	static const uint32_t weights[] = { 256, 512, 128, 1024, 128 };

	(void)state;
	start(1);
	for (unsigned int i = 0; i < 5; i++) {
		actors[i].group.weight = weights[i];
		wake(&actors[i]);
	}
	run(5000 * MS);
	for (unsigned int i = 0; i < 5; i++) {
		const int want = (int)(weights[i] * 1000 / 2048);

		assert_in_range(share(&actors[i], 5000 * MS) + 1000, 980 + want,
				1020 + want);
		/* Weighted time, within 2 % of its share. */
		assert_in_range(actors[i].ran,
				5000 * MS * weights[i] / 2048 * 96 / 100,
				5000 * MS * weights[i] / 2048 * 104 / 100);
	}
	/* Slices are not shorter than they have to be. */
	assert_in_range(switches, 500, 1300);
}

/* A weight that is changed counts from then on. */
static void test_weight_changes(void **state)
{
	(void)state;
	start(1);
	wake(&actors[0]);
	wake(&actors[1]);
	run(1000 * MS);
	actors[0].group.weight = 768;
	forget_times();
	run(2000 * MS);
	assert_in_range(share(&actors[0], 2000 * MS), 740, 760);
}

/* Who slept gets the CPU at once, but no more than its share. */
static void test_wake_latency(void **state)
{
	(void)state;
	start(1);
	wake(&actors[0]);
	wake(&actors[1]);
	wake(&actors[2]);
	actors[3].run = MS / 2;
	actors[3].sleep = 10 * MS;
	wake(&actors[3]);
	run(100 * MS);
	forget_times();
	run(2000 * MS);
	assert_in_range(actors[3].worst, 0, MS);
	assert_in_range(share(&actors[3], 2000 * MS), 40, 50);

	/* One that wants more than its share waits like the others. */
	actors[3].run = 20 * MS;
	actors[3].sleep = MS;
	forget_times();
	run(4000 * MS);
	assert_in_range(share(&actors[3], 4000 * MS), 200, 260);
	assert_in_range(share(&actors[0], 4000 * MS), 245, 270);
}

/* Who was just given the CPU keeps it for a moment, however often another one
 * is woken; who has had it for longer makes room at once. */
static void test_wake_storm(void **state)
{
	(void)state;
	start(1);
	wake(&actors[0]);
	actors[1].run = MS / 100;
	actors[1].sleep = MS / 50;
	wake(&actors[1]);
	run(100 * MS);
	forget_times();
	switches = 0;
	run(100 * MS);
	/* Two for each 500 us and the 10 us between. */
	assert_in_range(switches, 380, 400);
	assert_in_range(actors[1].worst, 4 * MS / 10, MS / 2);

	actors[1].sleep = MS;
	run(10 * MS);
	forget_times();
	run(100 * MS);
	assert_int_equal(actors[1].worst, 0);
}

/* A new one waits for a slice; a sleeper does not. */
static void test_new(void **state)
{
	(void)state;
	start(1);
	wake(&actors[0]);
	run(1000 * MS);
	wake(&actors[1]);
	run(4 * MS);
	assert_int_equal(actors[1].ran, 0);
	run(8 * MS);
	assert_in_range(actors[1].ran, 1, 6 * MS);
}

/* A long sleep is not saved up. */
static void test_long_sleep(void **state)
{
	(void)state;
	start(1);
	wake(&actors[0]);
	run(10000 * MS);
	wake(&actors[1]);
	forget_times();
	run(100 * MS);
	assert_in_range(share(&actors[0], 100 * MS), 440, 560);
}

static void test_cap(void **state)
{
	(void)state;
	start(1);
	actors[0].group.cap = 20;
	wake(&actors[0]);
	run(3000 * MS);
	/* Alone, and the CPU is idle for the rest. */
	assert_in_range(share(&actors[0], 3000 * MS), 195, 205);

	actors[1].group.cap = 50;
	wake(&actors[1]);
	forget_times();
	run(3000 * MS);
	assert_in_range(share(&actors[0], 3000 * MS), 195, 205);
	assert_in_range(share(&actors[1], 3000 * MS), 490, 505);

	/* Without the cap it takes what is left. */
	actors[0].group.cap = 0;
	actors[1].group.cap = 25;
	forget_times();
	run(3000 * MS);
	assert_in_range(share(&actors[0], 3000 * MS), 740, 755);
	assert_in_range(share(&actors[1], 3000 * MS), 245, 255);
}

/* Blocking does not renew a used-up cap. */
static void test_cap_and_sleep(void **state)
{
	(void)state;
	start(1);
	actors[0].group.cap = 10;
	actors[0].run = MS;
	actors[0].sleep = MS / 10;
	wake(&actors[0]);
	run(3000 * MS);
	assert_in_range(share(&actors[0], 3000 * MS), 90, 105);
}

static struct cpuset only(unsigned int cpu)
{
	struct cpuset s = { { 0 } };

	cpuset_add(&s, cpu);
	return s;
}

static void test_affinity(void **state)
{
	struct cpuset none = { { 0 } };

	(void)state;
	start(4);
	cpuset_add(&none, 5); /* not online */
	assert_true(sched_set_affinity(&actors[0].unit, none) < 0);
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(sched_set_affinity(&actors[i].unit, only(2)),
				 0);
		wake(&actors[i]);
	}
	run(400 * MS);
	for (unsigned int i = 0; i < 4; i++) {
		assert_in_range(actors[i].on[2], 85 * MS, 115 * MS);
	}

	/* Moves: a running one, a queued one, a blocked one. */
	for (unsigned int i = 0; i < 4; i++) {
		fake_cpu = 0;
		assert_int_equal(sched_set_affinity(&actors[i].unit, only(i)),
				 0);
	}
	forget_times();
	run(100 * MS);
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(actors[i].on[i], 100 * MS);
	}
	assert_int_equal(sched_set_affinity(&actors[7].unit, only(3)), 0);
	wake(&actors[7]);
	run(100 * MS);
	assert_in_range(actors[7].on[3], 40 * MS, 60 * MS);
}

/* Wake-ups use idle pCPUs; when one becomes idle it takes over work. */
static void test_spread_and_steal(void **state)
{
	(void)state;
	start(4);
	for (unsigned int i = 0; i < 4; i++) {
		wake(&actors[i]);
	}
	run(100 * MS);
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(actors[i].ran, 100 * MS);
		assert_in_range(actors[i].moves, 0, 1);
	}

	for (unsigned int i = 4; i < 8; i++) {
		wake(&actors[i]);
	}
	run(100 * MS);
	/* Two of each pCPU's: let both go to sleep on two pCPUs. */
	for (unsigned int i = 0; i < 8; i++) {
		if (actors[i].last < 2) {
			actors[i].run = 1;
			actors[i].left = 1;
			actors[i].sleep = 100000 * MS;
		}
	}
	run(20 * MS);
	forget_times();
	run(100 * MS);
	for (unsigned int i = 0; i < 8; i++) {
		assert_true(actors[i].run != 0 || actors[i].ran == 100 * MS);
	}
}

/* A queue that is longer by two gives one away though nobody is idle. */
static void test_balance(void **state)
{
	(void)state;
	start(2);
	for (unsigned int i = 0; i < 6; i++) {
		assert_int_equal(
			sched_set_affinity(&actors[i].unit, only(i != 0)), 0);
		wake(&actors[i]);
	}
	run(10 * MS);
	for (unsigned int i = 0; i < 6; i++) {
		assert_int_equal(
			sched_set_affinity(&actors[i].unit, cpuset_all()), 0);
	}
	run(200 * MS);
	forget_times();
	run(600 * MS);
	for (unsigned int i = 0; i < 6; i++) {
		assert_in_range(share(&actors[i], 600 * MS), 300, 370);
	}
}

static void test_yield(void **state)
{
	struct actor *first;

	(void)state;
	start(1);
	wake(&actors[0]);
	wake(&actors[1]);
	wake(&actors[2]);
	run(1);
	/* Three yields in a row: each of the three had its turn. */
	first = current[0];
	pass(0, false, true);
	assert_ptr_not_equal(current[0], first);
	run(1);
	pass(0, false, true);
	assert_ptr_not_equal(current[0], first);
	run(1);
	pass(0, false, true);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_not_equal(
			actors[i].unit.run_ns + (current[0] == &actors[i]), 0);
	}
}

static void test_pause(void **state)
{
	(void)state;
	start(2);
	wake(&actors[0]);
	run(10 * MS);
	sched_pause(&actors[0].unit); /* running */
	assert_true(sched_is_running(&actors[0].unit));
	run(1);
	assert_false(sched_is_running(&actors[0].unit));
	assert_null(current[0]);
	sched_wake(&actors[0].unit);
	sched_pause(&actors[0].unit);
	sched_unpause(&actors[0].unit);
	forget_times();
	run(10 * MS);
	assert_int_equal(actors[0].ran, 0);
	sched_unpause(&actors[0].unit);
	run(10 * MS);
	assert_int_equal(actors[0].ran, 10 * MS);

	/* While blocked: the wake-up is not lost. */
	sched_pause(&actors[1].unit);
	wake(&actors[1]);
	run(10 * MS);
	assert_int_equal(actors[1].ran, 0);
	sched_unpause(&actors[1].unit);
	run(10 * MS);
	assert_int_equal(actors[1].ran, 10 * MS);
}

/* A wake-up between the decision to block and sched_switch() counts. */
static void test_wake_while_running(void **state)
{
	(void)state;
	start(1);
	wake(&actors[0]);
	run(MS);
	sched_wake(&actors[0].unit);
	pass(0, true, false);
	assert_ptr_equal(current[0], &actors[0]);
	pass(0, true, false);
	assert_null(current[0]);
	wake(&actors[0]);
	run(MS);
	assert_ptr_equal(current[0], &actors[0]);
}

/* Registers still in the old pCPU: nobody else may run the unit. */
static void test_busy(void **state)
{
	struct sched_choice c;

	(void)state;
	start(2);
	wake(&actors[0]);
	run(MS);
	fake_cpu = current[0] != NULL ? 0 : 1;

	const unsigned int cpu = fake_cpu;

	c = sched_switch(&actors[0].unit, true, false);
	assert_null(c.unit);
	assert_true(sched_is_running(&actors[0].unit));
	current[cpu] = NULL;
	fake_cpu = 1 - cpu;
	sched_wake(&actors[0].unit);
	pass(1 - cpu, false, false);
	assert_null(current[1 - cpu]);
	assert_int_not_equal(fake_pcpus[cpu].need_resched, 0);

	/* Nor when it may not run there any more. */
	assert_int_equal(sched_set_affinity(&actors[0].unit, only(1 - cpu)), 0);
	pass(1 - cpu, false, false);
	assert_null(current[1 - cpu]);
	fake_cpu = cpu;
	sched_put_done(&actors[0].unit);
	run(MS);
	assert_ptr_equal(current[1 - cpu], &actors[0]);
}

static void test_retire(void **state)
{
	(void)state;
	start(1);
	wake(&actors[0]);
	wake(&actors[1]);
	run(MS);
	sched_unit_retire(&actors[0].unit);
	sched_unit_retire(&actors[1].unit);
	sched_unit_retire(&actors[2].unit);
	run(MS);
	assert_null(current[0]);
	for (unsigned int i = 0; i < 3; i++) {
		assert_false(sched_is_running(&actors[i].unit));
		sched_wake(&actors[i].unit);
		assert_int_equal(actors[i].unit.state, SCHED_BLOCKED);
	}
	run(MS);
	assert_null(current[0]);
}

static void random_step(void)
{
	struct actor *a = &actors[rand() % UNITS];
	struct cpuset set = { { (uint64_t)(rand() & 0xf) } };

	fake_cpu = (unsigned int)rand() % pcpu_count;
	switch (rand() % 6) {
	case 0:
		if (a->unit.paused < 3) {
			sched_pause(&a->unit);
		}
		break;
	case 1:
		if (a->unit.paused > 0) {
			sched_unpause(&a->unit);
		}
		break;
	case 2:
		wake(a);
		break;
	case 3:
		(void)!sched_set_affinity(&a->unit, set);
		break;
	case 4:
		a->group.cap = (uint32_t)(rand() % 3 * 30);
		break;
	case 5:
		pass(fake_cpu, rand() % 4 == 0, rand() % 2 == 0);
		break;
	}
}

/* Whatever is done: nobody runs twice, or where it may not, or is lost. */
static void test_random(void **state)
{
	(void)state;
	start(4);
	srand(7);
	for (unsigned int i = 0; i < UNITS; i++) {
		actors[i].run = i % 3 * 2 * MS;
		actors[i].sleep = i * MS + 1;
		wake(&actors[i]);
	}
	for (unsigned int i = 0; i < 30000; i++) {
		random_step();
		run((uint64_t)(rand() % 1000) * 1000 + 1);
	}
	for (unsigned int i = 0; i < UNITS; i++) {
		while (actors[i].unit.paused > 0) {
			sched_unpause(&actors[i].unit);
		}
		assert_int_equal(
			sched_set_affinity(&actors[i].unit, cpuset_all()), 0);
		actors[i].group.cap = 0;
		wake(&actors[i]);
	}
	forget_times();
	run(500 * MS);
	for (unsigned int i = 0; i < UNITS; i++) {
		assert_int_not_equal(actors[i].ran, 0);
	}
}

#define THREAD_PASSES 30000

static unsigned int owned[UNITS]; /* by a thread: how often */

/* Something from outside, on any unit; pauses are taken back at once. */
static void disturb(unsigned int *seed)
{
	struct actor *a = &actors[rand_r(seed) % UNITS];
	const struct cpuset set = { { (uint64_t)(rand_r(seed) & 7) } };

	switch (rand_r(seed) % 8) {
	case 0:
		sched_pause(&a->unit);
		sched_unpause(&a->unit);
		break;
	case 1:
		(void)!sched_set_affinity(&a->unit, set);
		break;
	default:
		sched_wake(&a->unit);
		break;
	}
}

static void *be_cpu(void *arg)
{
	struct actor *a = NULL;
	unsigned int seed = (unsigned int)(uintptr_t)arg;

	fake_cpu = seed;
	for (unsigned int i = 0; i < THREAD_PASSES; i++) {
		struct actor *prev = a;
		const struct sched_choice c = sched_switch(
			a != NULL ? &a->unit : NULL, rand_r(&seed) % 4 == 0,
			rand_r(&seed) % 4 == 0);

		a = c.unit != NULL ? container_of(c.unit, struct actor, unit)
				   : NULL;
		if (a != prev && prev != NULL) {
			__atomic_fetch_sub(&owned[prev - actors], 1,
					   __ATOMIC_SEQ_CST);
			sched_put_done(&prev->unit);
		}
		if (a != prev && a != NULL &&
		    __atomic_fetch_add(&owned[a - actors], 1,
				       __ATOMIC_SEQ_CST) != 0) {
			abort(); /* it runs elsewhere, too */
		}
		disturb(&seed);
		__atomic_fetch_add(&now, 20000, __ATOMIC_RELAXED);
	}
	if (a != NULL) {
		sched_switch(&a->unit, false, true);
	}
	return NULL;
}

/* pCPUs that really run at the same time. */
static void test_threads(void **state)
{
	pthread_t threads[3];

	(void)state;
	start(3);
	is_one_thread = false;
	memset(owned, 0, sizeof(owned));
	for (uintptr_t i = 0; i < 3; i++) {
		pthread_create(&threads[i], NULL, be_cpu, (void *)i);
	}
	for (unsigned int i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
	}
}

static int tear_down(void **state)
{
	(void)state;
	pcpu_count = FAKE_CPUS;
	fake_cpu = 0;
	return 0;
}

#define row(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_alone),
		row(test_weights),
		row(test_weight_changes),
		row(test_wake_latency),
		row(test_wake_storm),
		row(test_new),
		row(test_long_sleep),
		row(test_cap),
		row(test_cap_and_sleep),
		row(test_affinity),
		row(test_spread_and_steal),
		row(test_balance),
		row(test_yield),
		row(test_pause),
		row(test_wake_while_running),
		row(test_busy),
		row(test_retire),
		row(test_random),
		row(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
