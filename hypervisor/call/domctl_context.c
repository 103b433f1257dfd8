/* SPDX-License-Identifier: MIT */
/*
 * The state of a domain's virtual machine as a stream of records (ABI
 * hvm/save.h): a header, for each vCPU its memory types and, if it was started,
 * its registers, and an end.
 *
 * A stream is copied once, checked as a whole and then taken over, which cannot
 * fail. The domain stands still meanwhile, and its lock keeps two tools apart.
 */
#include "call/domctl_context.h"

#include "arch/x86/features.h"
#include "arch/x86/hooks.h"
#include "arch/x86/regs.h"
#include "call/domctl.h"
#include "core/clock.h"
#include "domain/domain.h"
#include "lib/string.h"
#include "virt/context.h"
#include "virt/mtrr.h"

#define STREAM_MAX (512u << 10)

static_assert(DOMAIN_MAX_VCPUS * (sizeof(struct hvm_hw_cpu) +
				  sizeof(struct hvm_hw_mtrr) + 16) <
		      STREAM_MAX,
	      "room for all vCPUs");

struct record {
	uint16_t code;
	uint32_t size;
	int (*check)(struct vcpu *v, const void *data);
	void (*set)(struct vcpu *v, const void *data);
	void (*get)(const struct vcpu *v, void *data);
};

static int header_check(struct vcpu *v, const void *data)
{
	const struct hvm_save_header *h = data;

	(void)v;
	return h->magic == HVM_FILE_MAGIC && h->version == HVM_FILE_VERSION
		       ? 0
		       : -XEN_EINVAL;
}

static void header_set(struct vcpu *v, const void *data)
{
	(void)v;
	(void)data;
}

static void header_get(const struct vcpu *v, void *data)
{
	struct hvm_save_header *h = data;

	(void)v;
	h->magic = HVM_FILE_MAGIC;
	h->version = HVM_FILE_VERSION;
	h->cpuid = cpuid(1, 0).eax;
	h->gtsc_khz = clock_scale.tsc_khz;
}

static int cpu_check(struct vcpu *v, const void *data)
{
	return context_check(v, data);
}

/* With registers it is as if it had been started; one of a domain that shut
 * down stays stopped. */
static void cpu_set(struct vcpu *v, const void *data)
{
	context_set(v, data);
	spin_lock(&v->lock);
	if (v->wait != WAIT_STOPPED) {
		v->wait = WAIT_NOTHING;
	}
	spin_unlock(&v->lock);
}

static void cpu_get(const struct vcpu *v, void *data)
{
	context_get(v, data);
}

static int types_check(struct vcpu *v, const void *data)
{
	(void)v;
	return mtrr_check(data) ? 0 : -XEN_EINVAL;
}

static void types_set(struct vcpu *v, const void *data)
{
	mtrr_set(v, data);
}

static void types_get(const struct vcpu *v, void *data)
{
	mtrr_get(v, data);
}

static const struct record header = { HVM_SAVE_CODE(HEADER),
				      HVM_SAVE_LENGTH(HEADER), header_check,
				      header_set, header_get };
static const struct record cpu = { HVM_SAVE_CODE(CPU), HVM_SAVE_LENGTH(CPU),
				   cpu_check, cpu_set, cpu_get };
static const struct record types = { HVM_SAVE_CODE(MTRR), HVM_SAVE_LENGTH(MTRR),
				     types_check, types_set, types_get };

static const struct record *const records[] = { &header, &cpu, &types };

static const struct record *find_record(uint16_t code)
{
	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		if (records[i]->code == code) {
			return records[i];
		}
	}
	return NULL;
}

static int refuse(struct domain *d, const struct hvm_save_descriptor *r)
{
	log_guest("domain %u: context record %u of %u, %u bytes: refused\n",
		  d->id, r->typecode, r->instance, r->length);
	return -XEN_EINVAL;
}

/* Checks the record whose data, `left` bytes at most, is at `data`. */
static int check_record(struct domain *d, const struct hvm_save_descriptor *r,
			const void *data, uint32_t left)
{
	const struct record *record = find_record(r->typecode);

	if (record == NULL || r->length != record->size || r->length > left ||
	    r->instance >= d->vcpu_count ||
	    record->check(d->vcpus[r->instance], data) != 0) {
		return refuse(d, r);
	}
	return 0;
}

/* What is behind the end record is nobody's business. */
static int check_stream(struct domain *d, const char *stream, uint32_t size)
{
	struct hvm_save_descriptor r;
	uint32_t at = 0;

	while (size - at >= sizeof(r)) {
		memcpy(&r, stream + at, sizeof(r));
		at += sizeof(r);
		if (r.typecode == HVM_SAVE_CODE(END)) {
			return r.length == 0 ? 0 : refuse(d, &r);
		}
		/* It begins with the header. */
		if (at == sizeof(r) && r.typecode != header.code) {
			return refuse(d, &r);
		}

		const int err = check_record(d, &r, stream + at, size - at);

		if (err != 0) {
			return err;
		}
		at += r.length;
	}
	log_guest("domain %u: context without an end\n", d->id);
	return -XEN_EINVAL;
}

/* The end is the first record that none of ours is like. */
static void set_stream(struct domain *d, const char *stream)
{
	for (;;) {
		struct hvm_save_descriptor r;

		memcpy(&r, stream, sizeof(r));

		const struct record *record = find_record(r.typecode);

		if (record == NULL) {
			return;
		}
		record->set(d->vcpus[r.instance], stream + sizeof(r));
		stream += sizeof(r) + r.length;
	}
}

static bool was_started(const struct vcpu *v)
{
	return v->wait != WAIT_START;
}

/* The most a domain's stream has. */
static uint32_t size_limit(const struct domain *d)
{
	const size_t descriptor = sizeof(struct hvm_save_descriptor);

	return (uint32_t)(descriptor + header.size + descriptor +
			  d->vcpu_count * (descriptor + types.size +
					   descriptor + cpu.size));
}

static char *put_record(char *to, const struct record *record, struct vcpu *v)
{
	const struct hvm_save_descriptor r = { record->code, (uint16_t)v->id,
					       record->size };

	memcpy(to, &r, sizeof(r));
	record->get(v, to + sizeof(r));
	return to + sizeof(r) + r.length;
}

/* Into zeroed memory: the end record is all zeros. Returns the size. */
static uint32_t get_stream(struct domain *d, char *stream)
{
	char *to = put_record(stream, &header, d->vcpus[0]);

	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		to = put_record(to, &types, d->vcpus[i]);
		if (was_started(d->vcpus[i])) {
			to = put_record(to, &cpu, d->vcpus[i]);
		}
	}
	return (uint32_t)(to - stream + sizeof(struct hvm_save_descriptor));
}

static bool may_be_set(struct domain *d)
{
	spin_lock(&d->lock);
	const bool may = d->state != DOMAIN_RUNNING || d->pause_count != 0;
	spin_unlock(&d->lock);
	return may;
}

static int set_context(struct domain *d, const char *stream, uint32_t size)
{
	int err = domain_pause(d);

	if (err != 0) {
		return err;
	}
	spin_lock(&d->lock);
	err = check_stream(d, stream, size);
	if (err == 0) {
		set_stream(d, stream);
	}
	spin_unlock(&d->lock);

	const int end = domain_unpause(d);

	return err != 0 ? err : end;
}

long domctl_sethvmcontext(struct call *c, void *arg)
{
	const struct xen_domctl *op = arg;
	const uint32_t size = op->u.hvmcontext.size;
	struct domain *d;
	int err = domctl_other(c, op->domain, &d);

	if (err != 0) {
		return err;
	}
	if (size == 0 || size > STREAM_MAX) {
		return -XEN_EINVAL;
	}
	if (!may_be_set(d)) {
		return -XEN_EBUSY;
	}

	char *stream = domain_alloc(c->vcpu->domain, size);

	if (stream == NULL) {
		return -XEN_ENOMEM;
	}
	err = guest_read(c->vcpu, stream,
			 (uint64_t)(uintptr_t)op->u.hvmcontext.buffer.p, size);
	if (err == 0) {
		err = set_context(d, stream, size);
	}
	domain_free(c->vcpu->domain, stream, size);
	return err;
}

static int copy_context(struct domain *d, char *stream, uint32_t *size)
{
	const int err = domain_pause(d);

	if (err != 0) {
		return err;
	}
	spin_lock(&d->lock);
	*size = get_stream(d, stream);
	spin_unlock(&d->lock);
	return domain_unpause(d);
}

long domctl_gethvmcontext(struct call *c, void *arg)
{
	struct xen_domctl *op = arg;
	const uint64_t buffer = (uint64_t)(uintptr_t)op->u.hvmcontext.buffer.p;
	const uint32_t room = op->u.hvmcontext.size;
	struct domain *d;
	int err = domctl_other(c, op->domain, &d);

	if (err != 0) {
		return err;
	}

	const uint32_t limit = size_limit(d);
	char *stream = domain_alloc(c->vcpu->domain, limit);

	if (stream == NULL) {
		return -XEN_ENOMEM;
	}
	err = copy_context(d, stream, &op->u.hvmcontext.size);
	if (err == 0 && buffer != 0) {
		err = room < op->u.hvmcontext.size
			      ? -XEN_ENOSPC
			      : guest_write(c->vcpu, buffer, stream,
					    op->u.hvmcontext.size);
	}
	domain_free(c->vcpu->domain, stream, limit);
	return err;
}
