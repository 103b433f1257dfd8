/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_grant_table_op(cmd, array, count).
 *
 * Each element reports in its own status field; the call fails only when the
 * array itself cannot be read or written. Long arrays are done in pieces, with
 * address and count advanced in the caller's registers in between.
 *
 * The 32-bit layouts are the same except for gnttab_copy, whose gmfn is a long
 * (refused from 32-bit callers).
 */
#include "call/call.h"
#include "domain/grant.h"

static_assert(sizeof(struct gnttab_map_grant_ref) == 32, "as in 32 bits");
static_assert(sizeof(struct gnttab_unmap_grant_ref) == 24, "as in 32 bits");
static_assert(sizeof(struct gnttab_query_size) == 16, "as in 32 bits");
static_assert(sizeof(struct gnttab_get_version) == 8, "as in 32 bits");

/* Chunks before the guest gets a chance to take an interrupt: 64 mappings, or 48
 * copies. */
#define STEP 4u

#define ROW(name, run, flags)                                                  \
	[GNTTABOP_##name] = { run, sizeof(struct gnttab_##name),               \
			      CALL_COPY_BACK | (flags) }

static const struct call_domain_op rows[] = {
	ROW(map_grant_ref, grant_map, CALL_SAME32),
	ROW(unmap_grant_ref, grant_unmap, CALL_SAME32),
	ROW(copy, grant_copy, 0),
	ROW(query_size, grant_query_size, CALL_SAME32),
	ROW(set_version, grant_set_version, CALL_SAME32),
	ROW(get_version, grant_get_version, CALL_SAME32),
};

long call_grant_table_op(struct call *c)
{
	uint32_t count = (uint32_t)c->arg[2];

	if (c->arg[0] >= ARRAY_SIZE(rows) || rows[c->arg[0]].run == NULL) {
		return -XEN_ENOSYS;
	}
	if (count > INT32_MAX) {
		return -XEN_EINVAL;
	}

	const struct call_domain_op *row = &rows[c->arg[0]];
	const uint32_t chunk = CALL_CHUNK / row->size;

	for (unsigned int i = 0; i < STEP && count > 0; i++) {
		const uint32_t n = (uint32_t)min_u64(count, chunk);
		const long rc = call_domain_run(c, row, c->arg[1], n);

		if (rc < 0) {
			return rc;
		}
		count -= n;
		c->arg[1] += n * row->size;
		c->arg[2] = count;
	}
	return count == 0 ? 0 : CALL_AGAIN;
}
