/* SPDX-License-Identifier: MIT */
/*
 * The loader from start to end; start.S comes before and after it.
 */
#include <stdint.h>

#include "svcvm/loader/acpi.h"
#include "svcvm/loader/console.h"
#include "svcvm/loader/guest_memory.h"
#include "svcvm/loader/handover.h"
#include "svcvm/loader/host.h"
#include "svcvm/loader/inputs.h"
#include "svcvm/loader/load.h"
#include "svcvm/loader/place.h"
#include "svcvm/loader/report.h"
#include "svcvm/loader/rtc.h"

/* What start.S puts in RAX: the kernel's EIP and EBX. */
struct entry_state {
	uint32_t eip;
	uint32_t ebx;
};

struct entry_state loader_main(uint64_t start_info, uint64_t base,
			       uint64_t total_size);

static int run(uint64_t start_info, struct range loader,
	       struct entry_state *out, struct report *why)
{
	static struct inputs inputs;
	struct loaded loaded;
	struct place place;
	struct range block;
	int rc;

	console_set_clock(rtc_read());
	rc = inputs_read(start_info, host_words(), &inputs, why);
	if (rc != 0) {
		return rc;
	}
	rc = acpi_replace(&inputs, host_vcpus(), why);
	if (rc != 0) {
		return rc;
	}
	rc = load_kernel(&inputs, loader, &place, &loaded, why);
	if (rc != 0) {
		return rc;
	}
	if (!place_find(&place, sizeof(struct handover), HANDOVER_LIMIT,
			&block)) {
		return report_error(why,
				    "start info: no free memory below %#lx",
				    (unsigned long)HANDOVER_LIMIT);
	}
	handover_build(&inputs, loaded.initramfs, block.start,
		       guest_memory(block.start));
	out->eip = (uint32_t)loaded.entry;
	out->ebx = (uint32_t)block.start;
	return 0;
}

/*
 * Called once, in long mode, with the loader's place in guest memory. Returns
 * if the kernel is ready to be entered.
 */
struct entry_state loader_main(uint64_t start_info, uint64_t base,
			       uint64_t total_size)
{
	struct entry_state state;
	struct report why;

	if (run(start_info, range_of(base, total_size), &state, &why) != 0) {
		console_write("corbel-loader: ");
		console_write(why.text);
		console_write("\n");
		console_crash();
	}
	return state;
}
