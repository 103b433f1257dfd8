/* SPDX-License-Identifier: MIT */
/* Going on, steps, and what stops the guest. */
#include "toolstack/gdb/command.h"

#include <string.h>

static void send_stop(struct gdb_server *s, unsigned int signal,
		      const char *reason)
{
	s->running = false;
	s->current = s->last;
	answer_format(s, "T%02x%sthread:%x;", signal, reason, s->last + 1);
}

void command_last_stop(struct gdb_server *s, const char *)
{
	send_stop(s, SIGNAL_TRAP, "");
}

static void let_run(struct gdb_server *s)
{
	s->running = corbel_debug_run(s->d, s->actions) == 0;
	if (!s->running) {
		answer_result(s, false);
	}
}

static void set_all(struct gdb_server *s, enum corbel_debug_action action)
{
	for (unsigned int i = 0; i < s->vcpus; i++) {
		s->actions[i] = action;
	}
}

void command_continue(struct gdb_server *s, const char *)
{
	set_all(s, CORBEL_DEBUG_RUN);
	let_run(s);
}

void command_step(struct gdb_server *s, const char *)
{
	set_all(s, CORBEL_DEBUG_RUN);
	s->actions[s->current] = CORBEL_DEBUG_STEP;
	let_run(s);
}

void command_actions_known(struct gdb_server *s, const char *)
{
	answer(s, "vCont;c;C;s;S");
}

/* For a thread, what stands first counts: later ones find it taken. */
static bool set_actions(struct gdb_server *s, uint64_t thread,
			enum corbel_debug_action action)
{
	bool found = false;

	for (unsigned int i = 0; i < s->vcpus; i++) {
		const bool meant =
			thread == THREAD_ALL || thread == 0 || thread == i + 1;

		found = found || meant;
		if (meant && s->actions[i] == CORBEL_DEBUG_STAY) {
			s->actions[i] = action;
		}
	}
	return found;
}

/* ";ACTION[:THREAD]" */
static bool take_action(struct gdb_server *s, const char **text)
{
	uint64_t thread = THREAD_ALL, signal;
	char letter;

	if (*(*text)++ != ';') {
		return false;
	}
	letter = **text;
	if (letter == '\0' || strchr("cCsS", letter) == NULL) {
		return false;
	}
	(*text)++;
	/* A signal has no meaning here. */
	if ((letter == 'C' || letter == 'S') && !packet_number(text, &signal)) {
		return false;
	}
	if (**text == ':') {
		(*text)++;
		if (!thread_take(text, &thread)) {
			return false;
		}
	}
	return set_actions(s, thread,
			   letter == 'c' || letter == 'C' ? CORBEL_DEBUG_RUN
							  : CORBEL_DEBUG_STEP);
}

void command_actions(struct gdb_server *s, const char *text)
{
	set_all(s, CORBEL_DEBUG_STAY);
	while (*text != '\0') {
		if (!take_action(s, &text)) {
			answer_result(s, false);
			return;
		}
	}
	let_run(s);
}

static void send_end(struct gdb_server *s)
{
	s->running = false;
	s->ended = true;
	answer(s, "W00");
}

/* INT3s of the guest's own are none of gdb's. */
static void breakpoint(struct gdb_server *s)
{
	struct corbel_registers registers;

	if (corbel_debug_get(s->d, s->last, &registers) != 0 ||
	    breakpoints_has(&s->breakpoints, registers.value[CORBEL_RIP])) {
		send_stop(s, SIGNAL_TRAP, "swbreak:;");
		return;
	}
	if (corbel_debug_pass(s->d, s->last) != 0 ||
	    corbel_debug_run(s->d, s->actions) != 0) {
		send_stop(s, SIGNAL_TRAP, "");
	}
}

static void look(struct gdb_server *s)
{
	enum corbel_debug_event event;
	unsigned int vcpu;

	if (corbel_debug_poll(s->d, &event, &vcpu) != 0) {
		send_end(s);
		return;
	}
	switch (event) {
	case CORBEL_DEBUG_NOTHING:
		return;
	case CORBEL_DEBUG_BREAKPOINT:
		s->last = vcpu;
		breakpoint(s);
		return;
	case CORBEL_DEBUG_STEPPED:
		s->last = vcpu;
		send_stop(s, SIGNAL_TRAP, "");
		return;
	case CORBEL_DEBUG_STOPPED:
		send_stop(s, SIGNAL_ABRT, "");
		return;
	case CORBEL_DEBUG_GONE:
		send_end(s);
		return;
	}
}

size_t gdb_server_look(struct gdb_server *s)
{
	s->out_size = 0;
	if (s->running) {
		look(s);
	}
	return s->out_size;
}

void running_interrupt(struct gdb_server *s)
{
	if (!s->running) {
		return;
	}
	if (corbel_debug_interrupt(s->d) != 0) {
		send_end(s);
		return;
	}
	send_stop(s, SIGNAL_INT, "");
}
