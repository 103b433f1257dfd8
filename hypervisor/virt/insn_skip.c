/* SPDX-License-Identifier: MIT */
/*
 * The length of the instruction behind an exit. Where the CPU does not tell,
 * it is fetched and measured; the bytes are checked to be that instruction,
 * because another vCPU may have written over them.
 */
#include "virt/insn_skip.h"

#include "virt/translate.h"

uint64_t insn_linear_rip(const struct vcpu *v)
{
	struct emul_segment cs;

	if (v->mode == INSN_MODE_64) {
		return v->rip;
	}
	virt->segment(v, SEG_CS, &cs);
	return (uint32_t)(cs.base + v->rip);
}

/* The rest of an instruction that crosses into the next page. */
static size_t fetch_more(struct vcpu *v, uint64_t linear, uint8_t *bytes,
			 size_t have)
{
	uint8_t rest[16];
	const size_t more = translate_fetch(v, linear + have, rest, 16);

	for (size_t i = 0; i < more && have + i < INSN_MAX_LENGTH; i++) {
		bytes[have + i] = rest[i];
	}
	return min_u64(have + more, INSN_MAX_LENGTH);
}

bool insn_skip_length(struct vcpu *v, const struct vcpu_exit *exit,
		      unsigned int *length)
{
	const enum insn_mode mode = v->mode;
	const uint64_t linear = insn_linear_rip(v);
	uint8_t bytes[16];

	if (exit->length != 0) {
		*length = exit->length;
		return true;
	}

	size_t n = translate_fetch(v, linear, bytes, sizeof(bytes));
	int len = n == 0 ? INSN_UNKNOWN :
			   insn_length(mode, bytes, n, exit->insn);

	if (len == INSN_NEED_MORE) {
		n = fetch_more(v, linear, bytes, n);
		len = insn_length(mode, bytes, n, exit->insn);
	}
	if (len <= 0) {
		return false;
	}
	*length = (unsigned int)len;
	return true;
}

bool insn_skip_control(struct vcpu *v, const struct vcpu_exit *exit,
		       struct insn_control *control, unsigned int *length)
{
	uint8_t bytes[16];
	const uint64_t linear = insn_linear_rip(v);
	size_t n = translate_fetch(v, linear, bytes, sizeof(bytes));

	if (n == 0) {
		return false;
	}
	n = n < INSN_MAX_LENGTH ? fetch_more(v, linear, bytes, n) : n;

	const int len = insn_control(v->mode, bytes, n, control);

	*length = exit->length != 0 ? exit->length : (unsigned int)len;
	return len > 0;
}

void insn_skip(struct vcpu *v, unsigned int length)
{
	const uint64_t rip = v->rip + length;

	virt->advance(v, v->mode == INSN_MODE_64 ? rip : (uint32_t)rip);
}
