/* SPDX-License-Identifier: MIT */
/*
 * What bare.c needs of the kernel it is a part of: a guest without Linux, with
 * one vCPU that uses drivers, and events that interrupt it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct grant_entry_v1;

long bare_hypercall(unsigned int number, unsigned long a, unsigned long b,
		    unsigned long c);

/* `count` zeroed pages next to each other, or NULL; never given back. */
void *bare_pages(unsigned int count);
/* The number of a page's frame. */
uint32_t bare_frame(const void *page);

/* The guest's grant table (version 1), mapped; `*count` entries. */
volatile struct grant_entry_v1 *bare_grants(unsigned int *count);

/* From here on events of the port interrupt. */
void bare_unmask(uint32_t port);
/* Whether the port had an event since the last such question. */
bool bare_take_event(uint32_t port);

/* Sleeps until an interrupt comes. One that came since the caller last asked
 * bare_take_event() must not be slept over. */
void bare_sleep(void);
