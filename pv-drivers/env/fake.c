/* SPDX-License-Identifier: MIT */
/*
 * Pages that can be granted come from one memory file, so that mapping them is
 * a real second mapping, read-only ones fault when written, and pages from
 * anywhere can be mapped side by side.
 */
#include "pv-drivers/env/fake.h"
#include "pv-drivers/env/env.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES  4096u
#define GRANTS 4096u
#define PORTS  64u

struct grant {
	bool in_use;
	bool writable;
	uint32_t page;
	unsigned int maps;
};

struct port {
	bool in_use;
	bool is_pending;
	uint32_t peer; /* 0: nobody yet */
	env_handler *handler;
	void *context;
};

struct env {
	int memory_fd;
	uint8_t *memory;
	uint32_t pages_given;
	struct grant grants[GRANTS];
	struct port ports[PORTS]; /* 0 is never used */
	struct fake_counts counts;
	unsigned int maps_to_fail;
};

struct env *env_open(void)
{
	const size_t bytes = (size_t)PAGES * ENV_PAGE_SIZE;
	struct env *e = calloc(1, sizeof(*e));

	if (e == NULL) {
		return NULL;
	}
	e->memory_fd = memfd_create("fake guest", MFD_CLOEXEC);
	if (e->memory_fd < 0 || ftruncate(e->memory_fd, (off_t)bytes) != 0) {
		abort();
	}
	e->memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			 e->memory_fd, 0);
	if (e->memory == MAP_FAILED) {
		abort();
	}
	return e;
}

void env_close(struct env *e)
{
	munmap(e->memory, (size_t)PAGES * ENV_PAGE_SIZE);
	close(e->memory_fd);
	free(e);
}

struct fake_counts fake_counts(const struct env *e)
{
	return e->counts;
}

void fake_fail_maps(struct env *e, unsigned int count)
{
	e->maps_to_fail = count;
}

int env_fd(const struct env *e)
{
	(void)e;
	return -1;
}

void env_dispatch(struct env *e)
{
	for (uint32_t i = 1; i < PORTS; i++) {
		struct port *p = &e->ports[i];

		if (p->in_use && p->is_pending) {
			p->is_pending = false;
			p->handler(p->context);
		}
	}
}

void env_wait(struct env *e)
{
	env_dispatch(e);
}

void env_notify(struct env *e, uint32_t port)
{
	e->counts.notifies++;
	if (e->ports[port].peer != 0) {
		e->ports[e->ports[port].peer].is_pending = true;
	}
}

static int new_port(struct env *e, env_handler *handler, void *context)
{
	for (uint32_t i = 1; i < PORTS; i++) {
		if (!e->ports[i].in_use) {
			e->ports[i] = (struct port){ .in_use = true,
						     .handler = handler,
						     .context = context };
			e->counts.ports++;
			return (int)i;
		}
	}
	return -ENOSPC;
}

int env_offer(struct env *e, uint16_t domain, env_handler *handler,
	      void *context)
{
	(void)domain;
	return new_port(e, handler, context);
}

int env_listen(struct env *e, uint32_t port, env_handler *handler,
	       void *context)
{
	if (port == 0 || port >= PORTS || !e->ports[port].in_use) {
		return -EINVAL;
	}
	e->ports[port].handler = handler;
	e->ports[port].context = context;
	return 0;
}

int env_bind(struct env *e, uint16_t domain, uint32_t remote_port,
	     env_handler *handler, void *context)
{
	if (domain != FAKE_GUEST || remote_port == 0 || remote_port >= PORTS ||
	    !e->ports[remote_port].in_use || e->ports[remote_port].peer != 0) {
		return -EINVAL;
	}

	const int port = new_port(e, handler, context);

	if (port > 0) {
		e->ports[port].peer = remote_port;
		e->ports[remote_port].peer = (uint32_t)port;
		/* As binding does: what was sent before is not lost. */
		e->ports[port].is_pending = true;
	}
	return port;
}

void env_unbind(struct env *e, uint32_t port)
{
	e->ports[e->ports[port].peer].peer = 0;
	e->ports[port].in_use = false;
	e->counts.ports--;
}

void *env_pages(struct env *e, unsigned int count)
{
	if (e->pages_given + count > PAGES) {
		return NULL;
	}
	e->pages_given += count;
	return e->memory + (size_t)(e->pages_given - count) * ENV_PAGE_SIZE;
}

int env_grant(struct env *e, uint16_t domain, void *page, bool writable)
{
	const size_t offset = (size_t)((uint8_t *)page - e->memory);

	(void)domain;
	/* The first references are reserved, as in a real table. */
	for (uint32_t i = 8; i < GRANTS; i++) {
		if (!e->grants[i].in_use) {
			e->grants[i] = (struct grant){
				.in_use = true,
				.writable = writable,
				.page = (uint32_t)(offset / ENV_PAGE_SIZE),
			};
			return (int)i;
		}
	}
	return -ENOSPC;
}

int env_revoke(struct env *e, uint32_t ref)
{
	if (e->grants[ref].maps != 0) {
		return -EBUSY;
	}
	e->grants[ref].in_use = false;
	return 0;
}

static struct grant *find(struct env *e, uint16_t domain, uint32_t ref,
			  bool for_writing)
{
	if (domain != FAKE_GUEST || ref >= GRANTS || !e->grants[ref].in_use ||
	    (for_writing && !e->grants[ref].writable)) {
		return NULL;
	}
	return &e->grants[ref];
}

/*
 * The references of a mapping stand in a page of their own before it, for
 * env_unmap().
 */
void *env_map(struct env *e, uint16_t domain, const uint32_t *refs,
	      unsigned int count, bool writable)
{
	const int protection = PROT_READ | (writable ? PROT_WRITE : 0);

	e->counts.map_calls++;
	if (e->maps_to_fail != 0) {
		e->maps_to_fail--;
		return NULL;
	}
	for (unsigned int i = 0; i < count; i++) {
		if (find(e, domain, refs[i], writable) == NULL) {
			return NULL;
		}
	}

	uint8_t *range = mmap(NULL, (size_t)(count + 1) * ENV_PAGE_SIZE,
			      PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (range == MAP_FAILED) {
		return NULL;
	}
	memcpy(range, refs, count * sizeof(refs[0]));
	for (unsigned int i = 0; i < count; i++) {
		struct grant *g = &e->grants[refs[i]];

		g->maps++;
		if (mmap(range + (size_t)(i + 1) * ENV_PAGE_SIZE, ENV_PAGE_SIZE,
			 protection, MAP_SHARED | MAP_FIXED, e->memory_fd,
			 (off_t)g->page * ENV_PAGE_SIZE) == MAP_FAILED) {
			abort();
		}
	}
	e->counts.maps += count;
	return range + ENV_PAGE_SIZE;
}

void env_unmap(struct env *e, void *address, unsigned int count)
{
	uint8_t *range = (uint8_t *)address - ENV_PAGE_SIZE;
	const uint32_t *refs = (const uint32_t *)range;

	for (unsigned int i = 0; i < count; i++) {
		e->grants[refs[i]].maps--;
	}
	munmap(range, (size_t)(count + 1) * ENV_PAGE_SIZE);
	e->counts.maps -= count;
}

int env_copy(struct env *e, uint16_t domain, const struct env_copy *pieces,
	     unsigned int count, bool to_granted)
{
	for (unsigned int i = 0; i < count; i++) {
		const struct env_copy *c = &pieces[i];
		const struct grant *g = find(e, domain, c->ref, to_granted);

		if (g == NULL || c->offset + c->bytes > ENV_PAGE_SIZE) {
			return -EFAULT;
		}

		uint8_t *there =
			e->memory + (size_t)g->page * ENV_PAGE_SIZE + c->offset;

		memcpy(to_granted ? there : c->local,
		       to_granted ? c->local : there, c->bytes);
		e->counts.copies++;
	}
	return 0;
}
