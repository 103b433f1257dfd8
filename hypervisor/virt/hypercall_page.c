/* SPDX-License-Identifier: MIT */
#include "arch/x86/features.h"
#include "domain/guest_copy.h"
#include "virt/exit.h"

#define STUB_SIZE      32
#define HYPERCALL_IRET 23 /* classic PV only */

int hypercall_page_write(struct vcpu *v, gaddr_t page)
{
	for (uint32_t n = 0; n < PAGE_SIZE / STUB_SIZE; n++) {
		/* mov $n, %eax; vmmcall or vmcall; ret */
		uint8_t stub[STUB_SIZE] = {
			0xb8, (uint8_t)n,
			0,    0,
			0,    0x0f,
			0x01, cpu_features.is_amd ? 0xd9 : 0xc1,
			0xc3,
		};

		if (n == HYPERCALL_IRET) {
			stub[0] = 0x0f; /* ud2 */
			stub[1] = 0x0b;
		}

		const int err = guest_phys_write(v->domain,
						 gaddr(page.v + n * STUB_SIZE),
						 stub, sizeof(stub));

		if (err != 0) {
			return err;
		}
	}
	return 0;
}
