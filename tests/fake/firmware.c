/* SPDX-License-Identifier: MIT */
/* See firmware.h. */
#include "firmware.h"
#include "mm/vmap.h"

#include <stdlib.h>
#include <string.h>

static uint8_t memory[FIRMWARE_LENGTH];
static unsigned int mappings;

void firmware_reset(void)
{
	memset(memory, 0, sizeof(memory));
	mappings = 0;
}

void *firmware_at(uint64_t address)
{
	return memory + (address - FIRMWARE_BASE);
}

void firmware_sum(void *p, size_t len, uint8_t *checksum)
{
	const uint8_t *bytes = p;
	uint8_t sum = 0;

	*checksum = 0;
	for (size_t i = 0; i < len; i++) {
		sum = (uint8_t)(sum + bytes[i]);
	}
	*checksum = (uint8_t)-sum;
}

void firmware_table(uint64_t address, const char *signature, const void *body,
		    size_t body_len)
{
	struct acpi_header *h = firmware_at(address);

	memset(h, 0, sizeof(*h));
	memcpy(h->signature, signature, 4);
	h->length = (uint32_t)(sizeof(*h) + body_len);
	if (body_len != 0) {
		memcpy(h + 1, body, body_len);
	}
	firmware_sum(h, h->length, &h->checksum);
}

maddr_t firmware_root(const uint64_t *tables, unsigned int count)
{
	const uint64_t xsdt = FIRMWARE_ROOT + 0x40;
	struct acpi_rsdp *r = firmware_at(FIRMWARE_ROOT);

	*r = (struct acpi_rsdp){
		.signature = { 'R', 'S', 'D', ' ', 'P', 'T', 'R', ' ' },
		.revision = 2,
		.length = sizeof(*r),
		.xsdt = xsdt,
	};
	firmware_sum(r, 20, &r->checksum);
	firmware_sum(r, sizeof(*r), &r->extended_checksum);
	firmware_table(xsdt, "XSDT", tables, count * sizeof(tables[0]));
	return maddr(FIRMWARE_ROOT);
}

unsigned int firmware_mappings(void)
{
	return mappings;
}

/* Everything outside the memory reads as zero. */
const void *mm_map_firmware(maddr_t base, size_t len)
{
	uint8_t *copy = calloc(1, len + (len == 0));

	if (base.v >= FIRMWARE_BASE &&
	    base.v - FIRMWARE_BASE < sizeof(memory)) {
		const uint64_t at = base.v - FIRMWARE_BASE;

		memcpy(copy, memory + at, min_u64(len, sizeof(memory) - at));
	}
	mappings++;
	return copy;
}

void mm_unmap_firmware(const void *p, size_t len)
{
	(void)len;
	mappings--;
	free((void *)(uintptr_t)p);
}
