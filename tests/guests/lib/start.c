/* SPDX-License-Identifier: MIT */
/* From the entry code to guest_main(). */
#include "lib/cpu.h"
#include "lib/hypercall.h"
#include "lib/test.h"
#ifdef __x86_64__
#include "lib/trap.h"
#endif

const struct hvm_start_info *start_info;
const char *command_line = "";
bool hypercall_by_vmmcall;

/* Called by head.S with interrupts off. */
_Noreturn void start(uint32_t info);

_Noreturn void start(uint32_t info)
{
	struct cpuid vendor = cpuid(0, 0);

	/* The first letters of AuthenticAMD and HygonGenuine. */
	hypercall_by_vmmcall = vendor.b == 0x68747541 || vendor.b == 0x6f677948;
	start_info = (const struct hvm_start_info *)(uintptr_t)info;
	if (start_info->magic != XEN_HVM_START_MAGIC_VALUE) {
		test_abort("EBX does not point to a hvm_start_info");
	}
	if (start_info->cmdline_paddr != 0) {
		command_line =
			(const char *)(uintptr_t)start_info->cmdline_paddr;
	}
#ifdef __x86_64__
	trap_init();
#endif
	guest_main();
	test_end();
}
