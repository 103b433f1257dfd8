/* SPDX-License-Identifier: MIT */
/*
 * Debug builds check the order of locks: each pCPU remembers the ranks it holds
 * (enum lock_rank) and stops when it takes a lock that is not above all of them.
 *
 * An NMI or a machine check takes no lock unless it ends in a panic, and a panic
 * ends all checks; so the lists need no protection.
 */
#include "arch/x86/spinlock.h"

#include "arch/x86/hooks.h"
#include "arch/x86/percpu.h"
#include "core/panic.h"

/* Before its area is loaded a CPU has nowhere to note what it holds. */
static bool is_checking(void)
{
	return pcpu_count != 0 && !panic_is_under_way();
}

void spinlock_check_take(struct spinlock *l)
{
	if (!is_checking()) {
		return;
	}

	struct pcpu *p = this_pcpu();

	if (l->rank == 0) {
		panic("a lock without a rank is taken\n");
	}
	for (unsigned int i = 0; i < p->lock_depth; i++) {
		const uint8_t held = p->locks[i];

		if (held >= l->rank) {
			panic("lock order: rank %u is taken under %u\n",
			      l->rank, held);
		}
	}
	if (p->lock_depth == ARRAY_SIZE(p->locks)) {
		panic("more than %u locks are held\n", p->lock_depth);
	}
	p->locks[p->lock_depth++] = l->rank;
}

void spinlock_check_drop(struct spinlock *l)
{
	if (!is_checking()) {
		return;
	}

	struct pcpu *p = this_pcpu();

	for (unsigned int i = p->lock_depth; i-- > 0;) {
		if (p->locks[i] == l->rank) {
			p->locks[i] = p->locks[--p->lock_depth];
			return;
		}
	}
	panic("lock order: rank %u is dropped but not held\n", l->rank);
}
