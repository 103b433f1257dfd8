/* SPDX-License-Identifier: MIT */
/*
 * Length of an intercepted instruction whose opcode the intercept names.
 *
 * Without NRIPS an exit does not say where the next instruction starts, so
 * this runs on every hypercall: the form without prefixes is one compare.
 */
#include "virt/emul/insn.h"

/* Prefixes seen before the opcode. */
#define PREFIX_66   BIT(0)
#define PREFIX_67   BIT(1)
#define PREFIX_F3   BIT(2)
#define PREFIX_LOCK BIT(3)

enum pattern_kind {
	PATTERN_PLAIN,  /* nothing follows that changes the length */
	PATTERN_MODRM,  /* the last opcode byte is a ModRM byte */
	PATTERN_MEMORY, /* the same, and register forms are something else */
	PATTERN_F3,     /* plain, with a mandatory F3 */
};

struct pattern {
	uint32_t opcode; /* first byte lowest */
	uint32_t mask;
	uint8_t count; /* bytes of the opcode, with ModRM where there is one */
	uint8_t total; /* the same with an immediate */
	enum pattern_kind kind;
};

#define PLAIN(op, bytes)                                                       \
	{                                                                      \
		.opcode = (op), .mask = (1u << 8 * (bytes)) - 1,               \
		.count = (bytes), .total = (bytes), .kind = PATTERN_PLAIN,     \
	}

/* Opcode 0F `second` /`reg`. */
#define GROUP(second, reg, how)                                                \
	{                                                                      \
		.opcode = 0x0f | (second) << 8 | (reg) << 19,                  \
		.mask = 0x38ffff, .count = 3, .total = 3, .kind = (how),       \
	}

/* AMD APM 3 appendix A. */
/* clang-format off */
#define ROW(op, m, n, length, how) \
	{ .opcode = (op), .mask = (m), .count = (n), .total = (length), \
	  .kind = (how) }

static const struct pattern patterns[] = {
	[INSN_CLGI] = PLAIN(0xdd010f, 3),
	[INSN_CLTS] = PLAIN(0x060f, 2),
	[INSN_CPUID] = PLAIN(0xa20f, 2),
	[INSN_HLT] = PLAIN(0xf4, 1),
	[INSN_ICEBP] = PLAIN(0xf1, 1),
	[INSN_INT3] = PLAIN(0xcc, 1),
	[INSN_INTN] = ROW(0xcd, 0xff, 1, 2, PATTERN_PLAIN),
	[INSN_INTO] = PLAIN(0xce, 1),
	[INSN_INVD] = PLAIN(0x080f, 2),
	[INSN_INVLPG] = GROUP(0x01, 7, PATTERN_MEMORY),
	[INSN_INVLPGA] = PLAIN(0xdf010f, 3),
	[INSN_INVPCID] = ROW(0x82380f, 0xffffff, 4, 4, PATTERN_MEMORY),
	/* The ports by immediate; see other_io for the rest. */
	[INSN_IO] = ROW(0xe4, 0xfc, 1, 2, PATTERN_PLAIN),
	[INSN_IRET] = PLAIN(0xcf, 1),
	[INSN_LGDT] = GROUP(0x01, 2, PATTERN_MEMORY),
	[INSN_LIDT] = GROUP(0x01, 3, PATTERN_MEMORY),
	[INSN_LLDT] = GROUP(0x00, 2, PATTERN_MODRM),
	[INSN_LMSW] = GROUP(0x01, 6, PATTERN_MODRM),
	[INSN_LTR] = GROUP(0x00, 3, PATTERN_MODRM),
	[INSN_MONITOR] = PLAIN(0xc8010f, 3),
	/* Bit 1 of the opcode is the direction; ModRM.mod is ignored. */
	[INSN_MOV_CR] = ROW(0x200f, 0xfdff, 2, 3, PATTERN_PLAIN),
	[INSN_MOV_DR] = ROW(0x210f, 0xfdff, 2, 3, PATTERN_PLAIN),
	[INSN_MWAIT] = PLAIN(0xc9010f, 3),
	[INSN_PAUSE] = ROW(0x90, 0xff, 1, 1, PATTERN_F3),
	[INSN_POPF] = PLAIN(0x9d, 1),
	[INSN_PUSHF] = PLAIN(0x9c, 1),
	[INSN_RDMSR] = PLAIN(0x320f, 2),
	[INSN_RDPMC] = PLAIN(0x330f, 2),
	[INSN_RDTSC] = PLAIN(0x310f, 2),
	[INSN_RDTSCP] = PLAIN(0xf9010f, 3),
	[INSN_RSM] = PLAIN(0xaa0f, 2),
	[INSN_SGDT] = GROUP(0x01, 0, PATTERN_MEMORY),
	[INSN_SIDT] = GROUP(0x01, 1, PATTERN_MEMORY),
	[INSN_SKINIT] = PLAIN(0xde010f, 3),
	[INSN_SLDT] = GROUP(0x00, 0, PATTERN_MODRM),
	[INSN_SMSW] = GROUP(0x01, 4, PATTERN_MODRM),
	[INSN_STGI] = PLAIN(0xdc010f, 3),
	[INSN_STR] = GROUP(0x00, 1, PATTERN_MODRM),
	[INSN_VMCALL] = PLAIN(0xc1010f, 3),
	[INSN_VMLOAD] = PLAIN(0xda010f, 3),
	[INSN_VMMCALL] = PLAIN(0xd9010f, 3),
	[INSN_VMRUN] = PLAIN(0xd8010f, 3),
	[INSN_VMSAVE] = PLAIN(0xdb010f, 3),
	[INSN_WBINVD] = PLAIN(0x090f, 2),
	[INSN_WRMSR] = PLAIN(0x300f, 2),
	[INSN_XSETBV] = PLAIN(0xd1010f, 3),
};

static const struct pattern other_io[] = {
	ROW(0xec, 0xfc, 1, 1, PATTERN_PLAIN), /* DX */
	ROW(0x6c, 0xfc, 1, 1, PATTERN_PLAIN), /* strings */
};

/* clang-format on */

struct prefixes {
	size_t count; /* bytes, with REX */
	uint64_t seen;
	uint8_t rex;
};

static uint64_t prefix_bit(uint8_t byte, bool *is_prefix)
{
	*is_prefix = true;
	switch (byte) {
	case 0x66:
		return PREFIX_66;
	case 0x67:
		return PREFIX_67;
	case 0xf0:
		return PREFIX_LOCK;
	case 0xf3:
		return PREFIX_F3;
	case 0x26:
	case 0x2e:
	case 0x36:
	case 0x3e:
	case 0x64:
	case 0x65:
	case 0xf2:
		return 0;
	default:
		*is_prefix = false;
		return 0;
	}
}

static struct prefixes skip_prefixes(enum insn_mode mode, const uint8_t *bytes,
				     size_t count)
{
	struct prefixes p = { 0 };

	for (; p.count < count; p.count++) {
		bool is_prefix;
		uint64_t seen = prefix_bit(bytes[p.count], &is_prefix);

		if (!is_prefix) {
			break;
		}
		p.seen |= seen;
	}
	if (mode == INSN_MODE_64 && p.count < count &&
	    (bytes[p.count] & 0xf0) == 0x40) {
		p.rex = bytes[p.count++];
	}
	return p;
}

/* Bytes of SIB and displacement after `modrm`; APM 3 1.4.2, tables A-33..35. */
static int modrm_tail(bool is_16, const uint8_t *modrm, size_t count)
{
	uint8_t mod = modrm[0] >> 6;
	uint8_t base = modrm[0] & 7;
	int sib = 0;

	if (mod == 3) {
		return 0;
	}
	if (is_16) {
		return mod == 1 ? 1 : mod == 2 || base == 6 ? 2 : 0;
	}
	if (base == 4) {
		if (count < 2) {
			/* At least the SIB byte is missing. */
			return 1;
		}
		base = modrm[1] & 7;
		sib = 1;
	}
	return sib + (mod == 1 ? 1 : mod == 2 || base == 5 ? 4 : 0);
}

static bool bytes_match(const struct pattern *p, const uint8_t *bytes,
			size_t count)
{
	for (size_t i = 0; i < p->count && i < count && i < 3; i++) {
		uint8_t mask = (uint8_t)(p->mask >> 8 * i);

		if ((bytes[i] & mask) != (uint8_t)(p->opcode >> 8 * i)) {
			return false;
		}
	}
	return true;
}

/* Length of opcode and operands at `bytes`, after the prefixes. */
static int match(const struct pattern *p, const uint8_t *bytes, size_t count,
		 bool is_16)
{
	size_t last = p->count - 1u;
	int total = p->total;

	if (!bytes_match(p, bytes, count)) {
		return INSN_UNKNOWN;
	}
	if (p->kind == PATTERN_MODRM || p->kind == PATTERN_MEMORY) {
		if (last >= count) {
			return INSN_NEED_MORE;
		}
		if (p->kind == PATTERN_MEMORY && bytes[last] >> 6 == 3) {
			return INSN_UNKNOWN;
		}
		total += modrm_tail(is_16, bytes + last, count - last);
	}
	return (size_t)total > count ? INSN_NEED_MORE : total;
}

static int match_any(enum insn_intercept what, const uint8_t *bytes,
		     size_t count, bool is_16)
{
	int length = match(&patterns[what], bytes, count, is_16);

	if (what == INSN_IO) {
		for (size_t i = 0; i < ARRAY_SIZE(other_io); i++) {
			if (length == INSN_UNKNOWN) {
				length = match(&other_io[i], bytes, count,
					       is_16);
			}
		}
	}
	return length;
}

/* Out of line, so that the common case saves no registers. */
static __attribute__((noinline)) int
length_with_prefixes(enum insn_mode mode, const uint8_t *bytes, size_t count,
		     enum insn_intercept what)
{
	size_t limit = count < INSN_MAX_LENGTH ? count : INSN_MAX_LENGTH;
	struct prefixes p = skip_prefixes(mode, bytes, limit);
	bool is_16 = mode != INSN_MODE_64 &&
		     (mode == INSN_MODE_16) == !(p.seen & PREFIX_67);
	int length;

	length = match_any(what, bytes + p.count, limit - p.count, is_16);
	if (length == INSN_NEED_MORE) {
		return limit == INSN_MAX_LENGTH ? INSN_UNKNOWN : INSN_NEED_MORE;
	}
	if (length < 0) {
		return length;
	}
	if (what == INSN_PAUSE && !(p.seen & PREFIX_F3)) {
		return INSN_UNKNOWN;
	}
	return length + (int)p.count;
}

int insn_length(enum insn_mode mode, const uint8_t *bytes, size_t count,
		enum insn_intercept what)
{
	const struct pattern *p = &patterns[what];

	if (likely(count >= 3 && p->kind == PATTERN_PLAIN)) {
		uint32_t opcode = bytes[0] | (uint32_t)bytes[1] << 8 |
				  (uint32_t)bytes[2] << 16;

		if (likely((opcode & p->mask) == p->opcode)) {
			return p->total;
		}
	}
	return length_with_prefixes(mode, bytes, count, what);
}

int insn_control(enum insn_mode mode, const uint8_t *bytes, size_t count,
		 struct insn_control *out)
{
	enum insn_intercept what = INSN_MOV_CR;
	int length = insn_length(mode, bytes, count, what);
	struct prefixes p;
	const uint8_t *op;

	if (length == INSN_UNKNOWN) {
		what = INSN_MOV_DR;
		length = insn_length(mode, bytes, count, what);
	}
	if (length <= 0) {
		return length;
	}

	p = skip_prefixes(mode, bytes, (size_t)length);
	op = bytes + p.count;
	out->is_debug = what == INSN_MOV_DR;
	out->is_write = (op[1] & 2) != 0;
	out->index = (uint8_t)((op[2] >> 3 & 7) | (p.rex & 4) << 1);
	out->gpr = (uint8_t)((op[2] & 7) | (p.rex & 1) << 3);
	if (!out->is_debug && (p.seen & PREFIX_LOCK)) {
		/* APM 3 "MOV CRn": LOCK reaches CR8 without REX. */
		out->index |= 8;
	}
	return length;
}
