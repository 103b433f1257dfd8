/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_grant_table_op(cmd, array, count).
 *
 * Each element reports in its own status field; the call fails only when the
 * array itself cannot be read or written. Long arrays are done in pieces, with
 * address and count advanced in the caller's registers in between.
 *
 * The 32-bit layouts are the same except for gnttab_copy, whose gmfn is a long
 * (refused from 32-bit callers), and the lists that version 2 and classic PV
 * guests ask for.
 */
#include "domain/grant_op.h"
#include "call/call.h"

static_assert(sizeof(struct gnttab_map_grant_ref) == 32, "as in 32 bits");
static_assert(sizeof(struct gnttab_unmap_grant_ref) == 24, "as in 32 bits");
static_assert(sizeof(struct gnttab_query_size) == 16, "as in 32 bits");
static_assert(sizeof(struct gnttab_get_version) == 8, "as in 32 bits");
static_assert(sizeof(struct gnttab_swap_grant_ref) == 12, "as in 32 bits");
static_assert(sizeof(struct gnttab_cache_flush) == 16, "as in 32 bits");

struct grant_row {
	struct call_op call;
	uint32_t step; /* elements at one go; 0: exactly one is allowed */
};

static long run_map_grant_ref(struct call *c, void *arg)
{
	grant_map(c->vcpu->domain, arg);
	return 0;
}

static long run_unmap_grant_ref(struct call *c, void *arg)
{
	grant_unmap(c->vcpu->domain, arg);
	return 0;
}

static long run_copy(struct call *c, void *arg)
{
	grant_copy(c->vcpu->domain, arg);
	return 0;
}

static long run_swap_grant_ref(struct call *c, void *arg)
{
	grant_swap(c->vcpu->domain, arg);
	return 0;
}

static long run_cache_flush(struct call *c, void *arg)
{
	return grant_cache_flush(c->vcpu->domain, arg);
}

static long run_query_size(struct call *c, void *arg)
{
	grant_query_size(c->vcpu->domain, arg);
	return 0;
}

static long run_set_version(struct call *c, void *arg)
{
	return grant_set_version(c->vcpu->domain, arg);
}

static long run_get_version(struct call *c, void *arg)
{
	return grant_get_version(c->vcpu->domain, arg);
}

/* Only version 2 has status frames. The fields before the list of frames are
 * all we touch. */
#define STATUS_FRAMES_SIZE offsetof(struct gnttab_get_status_frames, frame_list)

static_assert(STATUS_FRAMES_SIZE == 8, "as in 32 bits");

static long run_get_status_frames(struct call *c, void *arg)
{
	struct gnttab_get_status_frames *op = arg;

	(void)c;
	op->status = GNTST_general_error;
	return 0;
}

#define IN     CALL_SAME32
#define IN_OUT (CALL_SAME32 | CALL_COPY_BACK)

#define ROW(name, size, flags, step)                                           \
	{                                                                      \
		{ GNTTABOP_##name, size, flags, run_##name }, step             \
	}
#define SIZE(name) sizeof(struct gnttab_##name)

/* clang-format off */
static const struct grant_row rows[] = {
	ROW(map_grant_ref,     SIZE(map_grant_ref),   IN_OUT,          64),
	ROW(unmap_grant_ref,   SIZE(unmap_grant_ref), IN_OUT,          64),
	ROW(copy,              SIZE(copy),            CALL_COPY_BACK, 128),
	ROW(swap_grant_ref,    SIZE(swap_grant_ref),  IN_OUT,         128),
	ROW(cache_flush,       SIZE(cache_flush),     IN,             128),
	ROW(query_size,        SIZE(query_size),      IN_OUT,           0),
	ROW(set_version,       SIZE(set_version),     IN_OUT,           0),
	ROW(get_version,       SIZE(get_version),     IN_OUT,           0),
	ROW(get_status_frames, STATUS_FRAMES_SIZE,    IN_OUT,           0),
};

/* clang-format on */

static const struct grant_row *find_row(uint64_t cmd)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].call.op == cmd) {
			return &rows[i];
		}
	}
	return NULL;
}

long call_grant_table_op(struct call *c)
{
	const struct grant_row *row = find_row(c->arg[0]);
	const uint32_t count = (uint32_t)c->arg[2];

	if (row == NULL) {
		return -XEN_ENOSYS;
	}
	if (count > INT32_MAX || (row->step == 0 && count != 1)) {
		return -XEN_EINVAL;
	}
	if (row->step == 0 || count <= row->step) {
		return call_array_run(c, &row->call, c->arg[1], count);
	}

	const long rc = call_array_run(c, &row->call, c->arg[1], row->step);

	if (rc < 0) {
		return rc;
	}
	c->arg[1] += row->step * row->call.size;
	c->arg[2] = count - row->step;
	return CALL_AGAIN;
}
