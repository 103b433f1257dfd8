/* SPDX-License-Identifier: MIT */
/*
 * xen_version: what tools and kernels learn about the hypervisor, and the
 * feature bits that decide how Linux drives everything else.
 *
 * A bug here is quiet: one wrong feature bit makes a kernel use pirqs that are
 * not there, or no vector callback at all.
 */
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"

static bool ends(const char *text, size_t size)
{
	return strlen(text) < size;
}

static void check_texts(void)
{
	static xen_extraversion_t extra;
	static xen_capabilities_info_t capabilities;
	static xen_changeset_info_t changeset;
	static xen_compile_info_t compile;

	memset(extra, 0x7f, sizeof(extra));
	expect_eq("extraversion", hypercall_version(XENVER_extraversion, extra),
		  0);
	expect(ends(extra, sizeof(extra)), "extraversion ends", "no NUL");
	expect_eq("capabilities",
		  hypercall_version(XENVER_capabilities, capabilities), 0);
	expect(strstr(capabilities, "hvm-3.0-x86_32") != NULL &&
		       strstr(capabilities, "hvm-3.0-x86_64") != NULL,
	       "capabilities name hvm guests", "\"%s\"", capabilities);
	expect_eq("changeset", hypercall_version(XENVER_changeset, changeset),
		  0);
	expect_eq("compile info",
		  hypercall_version(XENVER_compile_info, &compile), 0);
	expect(ends(compile.compiler, sizeof(compile.compiler)),
	       "compile info ends", "no NUL");
}

static void check_numbers(void)
{
	int version = hypercall_version(XENVER_version, NULL);

	expect(version >> 16 == 4 && (version & 0xffff) == 17,
	       "version is the interface's", "%d.%d", version >> 16,
	       version & 0xffff);
	expect_eq("page size", hypercall_version(XENVER_pagesize, NULL),
		  PAGE_SIZE);
	expect_eq("unknown sub-op", hypercall_version(77, NULL), -XEN_ENOSYS);
	expect_eq("bad pointer",
		  hypercall_version(XENVER_extraversion, NOWHERE), -XEN_EFAULT);
	if (on_peer()) {
		skip("non-canonical pointer", "it drops the upper bits");
		return;
	}
	expect_eq("non-canonical pointer",
		  hypercall_version(XENVER_extraversion, NOT_CANONICAL),
		  -XEN_EFAULT);
}

struct feature {
	const char *name;
	unsigned bit;
	bool want;
};

static const struct feature features[] = {
	{ "feature auto_translated_physmap", XENFEAT_auto_translated_physmap,
	  true },
	{ "feature hvm_callback_vector", XENFEAT_hvm_callback_vector, true },
	{ "feature hvm_safe_pvclock", XENFEAT_hvm_safe_pvclock, true },
	/* With it Linux would ask for pirqs instead of its own IO-APIC. */
	{ "no feature hvm_pirqs", XENFEAT_hvm_pirqs, false },
	{ "feature dom0", XENFEAT_dom0, true },
};

static void check_features(void)
{
	struct xen_feature_info info = { .submap_idx = 0 };

	expect_eq("get_features", hypercall_version(XENVER_get_features, &info),
		  0);
	for (unsigned i = 0; i < ARRAY_SIZE(features); i++) {
		bool have = (info.submap >> features[i].bit & 1) != 0;

		expect(have == features[i].want, features[i].name, "0x%x",
		       info.submap);
	}
	info.submap_idx = 1000;
	expect_eq("get_features of no submap",
		  hypercall_version(XENVER_get_features, &info), -XEN_EINVAL);
}

static void check_handle(void)
{
	static xen_domain_handle_t handle;

	memset(handle, 0x7f, sizeof(handle));
	expect_eq("guest handle",
		  hypercall_version(XENVER_guest_handle, handle), 0);
	expect(handle[0] != 0x7f || handle[15] != 0x7f, "handle is written",
	       "it is not");
}

void guest_main(void)
{
	check_numbers();
	check_texts();
	check_features();
	check_handle();
}
