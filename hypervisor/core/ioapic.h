/* SPDX-License-Identifier: MIT */
/* Physical I/O APICs, by global system interrupt (GSI). */
#pragma once

#include "lib/types.h"

struct ioapic_info {
	uint64_t base;     /* maddr of its registers */
	uint32_t gsi_base; /* first GSI */
	uint32_t pins;
	uint8_t id;
	uint8_t version;
};

extern struct ioapic_info ioapic_table[];
extern unsigned int ioapic_count;

/* Adds one from the MADT; maps it and masks all pins. */
void ioapic_add(uint8_t id, uint64_t base, uint32_t gsi_base);
/* The pin sends `message`: its entry, but for trigger, polarity and mask. Starts
 * masked. */
void ioapic_route(uint32_t gsi, uint64_t message, bool level, bool active_low);
/* A level interrupt on its way has ended, too. */
void ioapic_mask(uint32_t gsi);
void ioapic_unmask(uint32_t gsi);

/* Masks the two 8259s of a PC. Local APICs take nothing from them anyway. */
void ioapic_disable_8259(void);
