/* SPDX-License-Identifier: MIT */
/*
 * Finds the payload of a bzImage from its boot header. Offsets and meanings
 * are in the kernel's Documentation/x86/boot.rst; payload fields exist from
 * protocol 2.08 on.
 */
#include "svcvm/loader/bzimage.h"

#define SETUP_SECTORS_OFFSET  0x1f1
#define MAGIC_OFFSET          0x202
#define MAGIC                 0x53726448u /* "HdrS" */
#define VERSION_OFFSET        0x206
#define VERSION_WITH_PAYLOAD  0x208
#define PAYLOAD_OFFSET_OFFSET 0x248
#define PAYLOAD_LENGTH_OFFSET 0x24c

#define SECTOR_SIZE           512u
#define SETUP_SECTORS_DEFAULT 4u /* what a 0 in the field stands for */

bool bzimage_is(const struct bytes *file)
{
	uint32_t magic = 0;

	return bytes_read(file, MAGIC_OFFSET, &magic, sizeof(magic)) &&
	       magic == MAGIC;
}

/* The size of boot sector and setup code, which the payload comes after. */
static uint64_t setup_size(uint8_t sectors)
{
	return SECTOR_SIZE *
	       (1u + (sectors != 0 ? sectors : SETUP_SECTORS_DEFAULT));
}

static int find_payload(const struct bytes *file, struct bytes *out,
			struct report *why)
{
	uint8_t sectors = 0;
	uint16_t version = 0;
	uint32_t offset = 0;
	uint32_t length = 0;

	if (!bytes_read(file, SETUP_SECTORS_OFFSET, &sectors, 1) ||
	    !bytes_read(file, VERSION_OFFSET, &version, 2) ||
	    !bytes_read(file, PAYLOAD_OFFSET_OFFSET, &offset, 4) ||
	    !bytes_read(file, PAYLOAD_LENGTH_OFFSET, &length, 4)) {
		return report_error(why, "truncated bzImage header");
	}
	if (version < VERSION_WITH_PAYLOAD) {
		return report_error(why,
				    "bzImage protocol %#lx is older than "
				    "%#lx and does not say where the kernel is",
				    (unsigned long)version,
				    (unsigned long)VERSION_WITH_PAYLOAD);
	}

	const uint64_t start = setup_size(sectors) + offset;

	if (!bytes_hold(file, start, length)) {
		return report_error(why,
				    "truncated bzImage: payload (file "
				    "%#lx+%#lx) is beyond the end of the file "
				    "(%#lx)",
				    start, (unsigned long)length, file->size);
	}
	*out = (struct bytes){ file->data + start, length };
	return 0;
}

int bzimage_read(const struct bytes *file, struct bzimage *out,
		 struct report *why)
{
	uint32_t unpacked = 0;
	int rc;

	rc = find_payload(file, &out->payload, why);
	if (rc != 0) {
		return rc;
	}
	if (out->payload.size < sizeof(unpacked)) {
		return report_error(why,
				    "bzImage payload of %lu bytes is too "
				    "small",
				    out->payload.size);
	}
	bytes_read(&out->payload, out->payload.size - sizeof(unpacked),
		   &unpacked, sizeof(unpacked));
	out->unpacked_size = unpacked;
	return 0;
}
