/* SPDX-License-Identifier: MIT */
/* The guest that runs between two accesses to a word shared with it. */
#include "domain/guest_word.h"
#include "fake.h"

void (*fake_guest_step)(void *word);

void fake_guest_runs(void *word)
{
	void (*step)(void *w) = fake_guest_step;

	if (step != NULL) {
		fake_guest_step = NULL;
		step(word);
		if (fake_guest_step == NULL) {
			fake_guest_step = step;
		}
	}
}
