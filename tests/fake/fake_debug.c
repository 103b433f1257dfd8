/* SPDX-License-Identifier: MIT */
#include "fake_debug.h"

#include <string.h>

void fake_debug_init(struct corbel_debug *d)
{
	memset(d, 0, sizeof(*d));
	for (unsigned int i = 0; i < FAKE_DEBUG_MEMORY; i++) {
		d->memory[i] = (uint8_t)i;
	}
	for (unsigned int v = 0; v < FAKE_DEBUG_VCPUS; v++) {
		struct corbel_registers *const r = &d->registers[v];

		for (unsigned int i = 0; i < CORBEL_REGISTERS; i++) {
			r->value[i] = (uint64_t)v << 8 | i;
		}
		memset(r->fxsave, 0x11, sizeof(r->fxsave));
		r->value[CORBEL_RIP] = FAKE_DEBUG_BASE;
	}
}

unsigned int corbel_debug_vcpus(const struct corbel_debug *d)
{
	(void)d;
	return FAKE_DEBUG_VCPUS;
}

bool corbel_debug_has(struct corbel_debug *d, unsigned int vcpu)
{
	(void)d;
	return vcpu < 2;
}

int corbel_debug_get(struct corbel_debug *d, unsigned int vcpu,
		     struct corbel_registers *registers)
{
	if (vcpu >= 2) {
		return -1;
	}
	*registers = d->registers[vcpu];
	return 0;
}

int corbel_debug_set(struct corbel_debug *d, unsigned int vcpu,
		     const struct corbel_registers *registers)
{
	if (vcpu >= 2) {
		return -1;
	}
	d->registers[vcpu] = *registers;
	return 0;
}

/* How much of it is there, and where. */
static size_t find(struct corbel_debug *d, uint64_t at, size_t size,
		   uint8_t **memory)
{
	const uint64_t offset = at - FAKE_DEBUG_BASE;

	*memory = d->memory;
	if (offset >= FAKE_DEBUG_MEMORY) {
		return 0;
	}
	*memory = d->memory + offset;
	return size < FAKE_DEBUG_MEMORY - offset ? size
						 : FAKE_DEBUG_MEMORY - offset;
}

size_t corbel_debug_read(struct corbel_debug *d, unsigned int vcpu, uint64_t at,
			 void *bytes, size_t size)
{
	uint8_t *memory;

	(void)vcpu;
	size = find(d, at, size, &memory);
	memcpy(bytes, memory, size);
	return size;
}

size_t corbel_debug_write(struct corbel_debug *d, unsigned int vcpu,
			  uint64_t at, const void *bytes, size_t size)
{
	uint8_t *memory;

	(void)vcpu;
	size = find(d, at, size, &memory);
	memcpy(memory, bytes, size);
	return size;
}

int corbel_debug_run(struct corbel_debug *d,
		     const enum corbel_debug_action *actions)
{
	if (d->cannot_run) {
		return -1;
	}
	memcpy(d->actions, actions, sizeof(d->actions));
	d->running = true;
	d->runs++;
	return 0;
}

int corbel_debug_interrupt(struct corbel_debug *d)
{
	d->running = false;
	d->interrupts++;
	return 0;
}

int corbel_debug_file(const struct corbel_debug *d)
{
	(void)d;
	return -1;
}

int corbel_debug_poll(struct corbel_debug *d, enum corbel_debug_event *event,
		      unsigned int *vcpu)
{
	*event = d->event;
	*vcpu = d->vcpu;
	if (d->event != CORBEL_DEBUG_NOTHING) {
		d->running = false;
		d->event = CORBEL_DEBUG_NOTHING;
	}
	return 0;
}

int corbel_debug_pass(struct corbel_debug *d, unsigned int vcpu)
{
	(void)vcpu;
	d->passes++;
	return 0;
}
