/* SPDX-License-Identifier: MIT */
#include "svcvm/loader/host.h"

#include <cpuid.h>
#include <stdbool.h>
#include <stdint.h>
#include <xen/arch-x86/cpuid.h>

#define LEAVES     0x40000000u /* without other interfaces before them */
#define HVM_LEAF   4u
#define COPY_WORDS "swiotlb=force"

/* Tests run the loader without a hypervisor. */
static bool has_leaf(uint32_t leaf)
{
	uint32_t max, ebx, ecx, edx;

	__cpuid(LEAVES, max, ebx, ecx, edx);
	return ebx == XEN_CPUID_SIGNATURE_EBX &&
	       ecx == XEN_CPUID_SIGNATURE_ECX &&
	       edx == XEN_CPUID_SIGNATURE_EDX && max >= LEAVES + leaf;
}

const char *host_words(void)
{
	uint32_t flags, ebx, ecx, edx;

	if (!has_leaf(HVM_LEAF)) {
		return "";
	}
	__cpuid_count(LEAVES + HVM_LEAF, 0, flags, ebx, ecx, edx);
	return (flags & XEN_HVM_CPUID_IOMMU_MAPPINGS) != 0 ? "" : COPY_WORDS;
}

/* Leaf 0xb at the level of cores: threads of the machine. */
unsigned int host_vcpus(void)
{
	uint32_t eax, count, ecx, edx;

	__cpuid_count(0xb, 1, eax, count, ecx, edx);
	return count & 0xffff;
}
