/* SPDX-License-Identifier: MIT */
/*
 * Between the files of the server: commands, each with what stands behind its
 * name, and answers.
 */
#pragma once

#include "toolstack/gdb/server.h"

#define SIGNAL_INT  2
#define SIGNAL_TRAP 5
#define SIGNAL_ABRT 6

/* ---- server.c: one answer to a command; "" says that it is not known ---- */

void answer(struct gdb_server *s, const char *text);
void answer_bytes(struct gdb_server *s, const char *data, size_t size);
void answer_format(struct gdb_server *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void answer_result(struct gdb_server *s, bool good);

/* ---- threads.c ---- */

#define THREAD_ALL UINT64_MAX

/* "1f", "-1" or "0", the last two being all and any; moves `*text` behind it.
 * False: no thread. */
bool thread_take(const char **text, uint64_t *thread);

void command_select(struct gdb_server *s, const char *text);
void command_alive(struct gdb_server *s, const char *text);
void command_first_threads(struct gdb_server *s, const char *text);
void command_next_threads(struct gdb_server *s, const char *text);
void command_thread_name(struct gdb_server *s, const char *text);
void command_current_thread(struct gdb_server *s, const char *text);

/* ---- data.c ---- */

/* "ADDRESS,SIZE"; moves `*text` behind it. */
bool data_take_range(const char **text, uint64_t *at, uint64_t *size);

void command_read_registers(struct gdb_server *s, const char *text);
void command_write_registers(struct gdb_server *s, const char *text);
void command_read_register(struct gdb_server *s, const char *text);
void command_write_register(struct gdb_server *s, const char *text);
void command_read_memory(struct gdb_server *s, const char *text);
void command_write_memory(struct gdb_server *s, const char *text);
void command_write_binary(struct gdb_server *s, const char *text);
void command_insert(struct gdb_server *s, const char *text);
void command_remove(struct gdb_server *s, const char *text);

/* ---- running.c ---- */

/* Ctrl-C. */
void running_interrupt(struct gdb_server *s);

void command_last_stop(struct gdb_server *s, const char *text);
void command_continue(struct gdb_server *s, const char *text);
void command_step(struct gdb_server *s, const char *text);
void command_actions_known(struct gdb_server *s, const char *text);
void command_actions(struct gdb_server *s, const char *text);
