/* SPDX-License-Identifier: MIT */
#include "arch/x86/mce.h"

#include "arch/x86/hooks.h"
#include "arch/x86/msr.h"
#include "arch/x86/percpu.h"
#include "arch/x86/regs.h"
#include "arch/x86/traps.h"
#include "lib/printf.h"

#define CPUID_MCE          BIT(7) /* leaf 1, EDX */
#define CPUID_MCA          BIT(14)

#define CAP_BANKS          0xffu
#define CAP_CTL            BIT(8)
#define GLOBAL_RIPV        BIT(0) /* the interrupted program can go on */

#define STATUS_VALID       BIT(63)
#define STATUS_OVERFLOW    BIT(62)
#define STATUS_UNCORRECTED BIT(61)
#define STATUS_MISC_VALID  BIT(59)
#define STATUS_ADDR_VALID  BIT(58)
#define STATUS_DEFERRED    BIT(44) /* AMD: poisoned data, not used yet */

/* Four registers a bank: control, status, address, miscellaneous. */
#define BANK_CTL(i)    (MSR_MC0_CTL + 4 * (i))
#define BANK_STATUS(i) (BANK_CTL(i) + 1)
#define BANK_ADDR(i)   (BANK_CTL(i) + 2)
#define BANK_MISC(i)   (BANK_CTL(i) + 3)
#define BANKS_MAX      32u /* MSRs 0x400 to 0x47f */

struct report {
	unsigned int bank;
	uint64_t status; /* 0: nothing found */
	uint64_t addr;   /* 0 when the bank gives none */
	uint64_t misc;
};

static unsigned int bank_count; /* pCPUs are alike */

static const char *const requests[16] = {
	"error",     "read",       "write",
	"data read", "data write", "instruction fetch",
	"prefetch",  "eviction",   "snoop",
};
static const char *const memories[4] = { "instruction", "data", "generic",
					 "other" };

static const char *request_name(uint64_t code)
{
	const char *name = requests[code >> 4 & 15];

	return name == NULL ? "request" : name;
}

static const char *severity_name(uint64_t status)
{
	if ((status & STATUS_UNCORRECTED) != 0) {
		return "uncorrected";
	}
	return (status & STATUS_DEFERRED) != 0 ? "deferred" : "corrected";
}

/* APM 2 9.3.2.1, SDM 3B 15.9.2: three forms share the low 16 bits. */
void mce_describe(uint64_t status, char *buf, size_t size)
{
	const uint64_t code = status & 0xffff;
	const char *severity = severity_name(status);
	const char *memory = memories[code >> 2 & 3];
	const unsigned int level = code & 3;

	if ((code & 0xfff0) == 0x0010) {
		snprintf(buf, size, "%s, %s TLB L%u", severity, memory, level);
	} else if ((code & 0xff00) == 0x0100) {
		snprintf(buf, size, "%s, %s cache L%u, %s", severity, memory,
			 level, request_name(code));
	} else if ((code & 0xf800) == 0x0800) {
		snprintf(buf, size, "%s, bus or memory controller, %s",
			 severity, request_name(code));
	} else {
		snprintf(buf, size, "%s, error code %04x", severity,
			 (unsigned int)code);
	}
}

static struct report read_bank(unsigned int i)
{
	struct report r = { .bank = i, .status = rdmsr(BANK_STATUS(i)) };

	if ((r.status & STATUS_VALID) == 0) {
		r.status = 0;
		return r;
	}
	if ((r.status & STATUS_ADDR_VALID) != 0) {
		r.addr = rdmsr(BANK_ADDR(i));
	}
	if ((r.status & STATUS_MISC_VALID) != 0) {
		r.misc = rdmsr(BANK_MISC(i));
	}
	return r;
}

static void format_report(const struct report *r, char *buf, size_t size)
{
	char what[80];

	mce_describe(r->status, what, sizeof(what));
	snprintf(buf, size, "bank %u: %s%s, status %llx address %llx misc %llx",
		 r->bank, what,
		 (r->status & STATUS_OVERFLOW) != 0 ? ", more were lost" : "",
		 (unsigned long long)r->status, (unsigned long long)r->addr,
		 (unsigned long long)r->misc);
}

/* Reports and clears the banks. When there is a fatal one it is left as it is
 * (the firmware may log it too) and returned in words. */
static bool find_fatal(char *buf, size_t size)
{
	const bool can_go_on = (rdmsr(MSR_MCG_STATUS) & GLOBAL_RIPV) != 0;
	unsigned int found = 0;

	for (unsigned int i = 0; i < bank_count; i++) {
		const struct report r = read_bank(i);

		if (r.status == 0) {
			continue;
		}
		format_report(&r, buf, size);
		if (!can_go_on || (r.status & STATUS_UNCORRECTED) != 0) {
			return true;
		}
		log_from_trap("machine check on pCPU %u, %s\n", this_cpu(),
			      buf);
		wrmsr(BANK_STATUS(i), 0);
		found++;
	}
	if (found == 0) {
		snprintf(buf, size, "no bank says why");
		if (can_go_on) {
			log_from_trap("machine check on pCPU %u, %s\n",
				      this_cpu(), buf);
		}
	}
	wrmsr(MSR_MCG_STATUS, 0); /* another one may come */
	return !can_go_on;
}

void mce_received(const struct trap_frame *f)
{
	char text[180];

	if (find_fatal(text, sizeof(text))) {
		panic_at(f, "machine check, %s\n", text);
	}
}

void mce_in_guest(void)
{
	char text[180];

	if (find_fatal(text, sizeof(text))) {
		panic("machine check in a guest, %s\n", text);
	}
}

/* What is there before we are: from before the reset, or from the firmware. */
static void report_old(unsigned int i)
{
	const struct report r = read_bank(i);
	char text[180];

	if (r.status != 0) {
		format_report(&r, text, sizeof(text));
		log_warning("pCPU %u: old machine check, %s\n", this_cpu(),
			    text);
	}
}

void mce_cpu_init(void)
{
	const uint32_t needed = CPUID_MCE | CPUID_MCA;

	if ((cpuid(1, 0).edx & needed) != needed) {
		return;
	}

	const uint64_t cap = rdmsr(MSR_MCG_CAP);

	bank_count = (unsigned int)min_u64(cap & CAP_BANKS, BANKS_MAX);
	if ((cap & CAP_CTL) != 0) {
		wrmsr(MSR_MCG_CTL, UINT64_MAX);
	}
	for (unsigned int i = 0; i < bank_count; i++) {
		report_old(i);
		wrmsr(BANK_CTL(i), UINT64_MAX);
		wrmsr(BANK_STATUS(i), 0);
	}
}
