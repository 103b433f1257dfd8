/* SPDX-License-Identifier: MIT */
/* Checks behind the fake spinlock.h: what each thread holds, in what order. */
#include "arch/x86/spinlock.h"
#include "arch/x86/hooks.h"

#define MAX_HELD 16

static _Thread_local const struct spinlock *held[MAX_HELD];
static _Thread_local unsigned int held_count;

unsigned int fake_locks_held(void)
{
	return held_count;
}

/* Equal ranks are allowed: two domains' locks are taken in domid order. */
void spinlock_check_take(struct spinlock *l)
{
	if (l->rank == 0) {
		panic("lock without a rank\n");
	}
	for (unsigned int i = 0; i < held_count; i++) {
		if (held[i] == l) {
			panic("lock of rank %u taken twice\n", l->rank);
		}
		if (held[i]->rank > l->rank) {
			panic("lock of rank %u taken while %u is held\n",
			      l->rank, held[i]->rank);
		}
	}
	if (held_count == MAX_HELD) {
		panic("too many locks\n");
	}
	held[held_count++] = l;
}

void spinlock_check_drop(struct spinlock *l)
{
	for (unsigned int i = 0; i < held_count; i++) {
		if (held[i] == l) {
			held[i] = held[--held_count];
			return;
		}
	}
	panic("lock of rank %u dropped but not held\n", l->rank);
}
