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

/* Elements at one go. */
#define STEP 64u

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
	const uint64_t cmd = c->arg[0];
	const uint32_t count = (uint32_t)c->arg[2];

	if (cmd >= ARRAY_SIZE(rows)) {
		return -XEN_ENOSYS;
	}
	if (count > INT32_MAX) {
		return -XEN_EINVAL;
	}

	const uint32_t step = (uint32_t)min_u64(count, STEP);
	const long rc = call_domain_run(c, &rows[cmd], c->arg[1], step);

	if (rc < 0 || step == count) {
		return rc;
	}
	c->arg[1] += step * rows[cmd].size;
	c->arg[2] = count - step;
	return CALL_AGAIN;
}
