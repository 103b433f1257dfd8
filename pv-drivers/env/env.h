/* SPDX-License-Identifier: MIT */
/*
 * What one half of a driver needs of the place it runs in: memory of the other
 * side, memory to share with it, events, waiting.
 *
 * linux.c is a Linux process in the service VM, with back halves only. bare.c is
 * a guest without Linux, with front halves only. fake.c joins a front and a back
 * half in one process, for unit tests. Which one a program gets is chosen when
 * it is linked.
 *
 * Nothing here is thread-safe. Errors are negative errno values.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENV_PAGE_SIZE 4096u

struct env;

/* One piece of a copy between our memory and one granted page. */
struct env_copy {
	void *local;
	uint32_t ref;
	uint16_t offset; /* within the granted page */
	uint16_t bytes;  /* stays within the granted page */
};

/* NULL if the place does not offer what a driver needs; errno says why. */
struct env *env_open(void);
void env_close(struct env *env);

/* ---- both halves: events ---- */

/* A handler is called from env_dispatch() or env_wait() only. */
typedef void env_handler(void *context);

/* Readable when env_dispatch() has something to do; -1 if there is no such. */
int env_fd(const struct env *env);

/* Calls the handlers of the ports that have events. */
void env_dispatch(struct env *env);

void env_notify(struct env *env, uint32_t port);

/* Frees a port; its handler is not called any more. */
void env_unbind(struct env *env, uint32_t port);

/* ---- back half ---- */

/* Binds to the port that `domain` offers; our own port number or an error. */
int env_bind(struct env *env, uint16_t domain, uint32_t remote_port,
	     env_handler *handler, void *context);

/*
 * Maps `count` granted pages of `domain` one after the other. NULL if one of
 * the references is not good.
 */
void *env_map(struct env *env, uint16_t domain, const uint32_t *refs,
	      unsigned int count, bool writable);
void env_unmap(struct env *env, void *address, unsigned int count);

/*
 * Copies all pieces, to the granted pages or from them. An error means that
 * some of it was not copied.
 */
int env_copy(struct env *env, uint16_t domain, const struct env_copy *pieces,
	     unsigned int count, bool to_granted);

/* ---- front half ---- */

/* `count` pages of zeroes that can be granted; NULL if there are none. */
void *env_pages(struct env *env, unsigned int count);

/* Grants one page of env_pages() to `domain`; the reference or an error. */
int env_grant(struct env *env, uint16_t domain, void *page, bool writable);

/* Takes a grant back: -EBUSY while the other side has it mapped. */
int env_revoke(struct env *env, uint32_t ref);

/* Offers a port to `domain`; its number or an error. */
int env_offer(struct env *env, uint16_t domain, env_handler *handler,
	      void *context);

/* Takes over a port that is there from the start: the store's, the console's.
 * The last handler counts. 0 or an error. */
int env_listen(struct env *env, uint32_t port, env_handler *handler,
	       void *context);

/* Sleeps until an event came, and calls the handlers. */
void env_wait(struct env *env);
