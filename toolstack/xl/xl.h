/* SPDX-License-Identifier: MIT */
/*
 * Commands that print as Xen's xl does, for programs that read it. Those that
 * print nothing are corbel's own.
 */
#pragma once

#include "toolstack/command.h"

/* ---- join.c ---- */

/* One text of them; free() it. NULL if there is no memory. */
char *xl_join(const char *const *words, const char *between);

/* ---- create.c, life.c ---- */

int xl_create(struct corbel *c, const struct arguments *a);
int xl_shutdown(struct corbel *c, const struct arguments *a);
int xl_reboot(struct corbel *c, const struct arguments *a);
int xl_trigger(struct corbel *c, const struct arguments *a);
int xl_config_update(struct corbel *c, const struct arguments *a);

/* ---- list.c ---- */

int xl_list(struct corbel *c, const struct arguments *a);
int xl_vcpu_list(struct corbel *c, const struct arguments *a);
int xl_vm_list(struct corbel *c, const struct arguments *a);
int xl_uptime(struct corbel *c, const struct arguments *a);
int xl_sched_credit(struct corbel *c, const struct arguments *a);
int xl_sched_credit2(struct corbel *c, const struct arguments *a);

/* Tells about one domain. */
typedef int (*xl_put_t)(struct corbel *c, const struct corbel_info *info,
			void *context);
/* Calls `put` for each of the guests that the rest of the arguments names, or for
 * all domains. Fails at the first that is not there. */
int xl_each(struct corbel *c, const struct arguments *a, xl_put_t put,
	    void *context);

/* ---- info.c ---- */

int xl_info(struct corbel *c, const struct arguments *a);

/* ---- device.c ---- */

int xl_block_list(struct corbel *c, const struct arguments *a);
int xl_block_attach(struct corbel *c, const struct arguments *a);
int xl_network_list(struct corbel *c, const struct arguments *a);
int xl_network_attach(struct corbel *c, const struct arguments *a);

/* ---- long.c ---- */

int xl_list_long(struct corbel *c, const struct arguments *a);

/* ---- pool.c ---- */

int xl_cpupool_list(struct corbel *c, const struct arguments *a);
int xl_cpupool_create(struct corbel *c, const struct arguments *a);
