/* SPDX-License-Identifier: MIT */
/* vCPUs as threads. */
#include "toolstack/gdb/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool thread_take(const char **text, uint64_t *thread)
{
	if (strncmp(*text, "-1", 2) == 0) {
		*text += 2;
		*thread = THREAD_ALL;
		return true;
	}
	return packet_number(text, thread);
}

/* Of the vCPU with that thread; 0 is any. */
static bool vcpu_of(struct gdb_server *s, uint64_t thread, unsigned int *vcpu)
{
	if (thread == 0 || thread == THREAD_ALL) {
		*vcpu = s->last;
		return true;
	}
	if (thread > s->vcpus ||
	    !corbel_debug_has(s->d, (unsigned int)thread - 1)) {
		return false;
	}
	*vcpu = (unsigned int)thread - 1;
	return true;
}

void command_select(struct gdb_server *s, const char *text)
{
	uint64_t thread;

	/* Which threads 'c' and 's' mean, vCont says. */
	if (*text++ != 'g') {
		answer(s, "OK");
		return;
	}
	answer_result(s, thread_take(&text, &thread) &&
				 vcpu_of(s, thread, &s->current));
}

void command_alive(struct gdb_server *s, const char *text)
{
	unsigned int unused;
	uint64_t thread;

	answer_result(s, packet_number(&text, &thread) &&
				 vcpu_of(s, thread, &unused));
}

/* As many as an answer has room for; the rest at the next question. */
static void send_threads(struct gdb_server *s)
{
	char *to = s->answer;

	for (; s->listed < s->vcpus && to < s->answer + PACKET_MAX - 16;
	     s->listed++) {
		if (corbel_debug_has(s->d, s->listed)) {
			to += sprintf(to, "%c%x", to == s->answer ? 'm' : ',',
				      s->listed + 1);
		}
	}
	if (to == s->answer) {
		answer(s, "l");
	} else {
		answer_bytes(s, s->answer, (size_t)(to - s->answer));
	}
}

void command_first_threads(struct gdb_server *s, const char *)
{
	s->listed = 0;
	send_threads(s);
}

void command_next_threads(struct gdb_server *s, const char *)
{
	send_threads(s);
}

void command_thread_name(struct gdb_server *s, const char *text)
{
	uint64_t thread;
	char name[32];

	if (!packet_number(&text, &thread)) {
		answer_result(s, false);
		return;
	}
	snprintf(name, sizeof(name), "vCPU %" PRIu64, thread - 1);
	packet_to_hex(s->answer, name, strlen(name));
	answer(s, s->answer);
}

void command_current_thread(struct gdb_server *s, const char *)
{
	answer_format(s, "QC%x", s->last + 1);
}
