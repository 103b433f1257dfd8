/* SPDX-License-Identifier: MIT */
/* Building a VMCB: what is intercepted, and the states a vCPU starts in. */
#include "arch/x86/features.h"
#include "arch/x86/msr.h"
#include "arch/x86/regs.h"
#include "arch/x86/traps.h"
#include "domain/p2m.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "virt/svm/svm.h"

#define IOPM_ORDER  2 /* 12 KiB, one bit per port and three more */
#define MSRPM_ORDER 1 /* 8 KiB, two bits per MSR in three ranges */
#define MSRPM_SIZE  (2 * PAGE_SIZE)

/* Bits 11:8 of a descriptor's byte 6 and byte 5, as in the VMCB. */
#define ATTR_CODE16 0x009b
#define ATTR_DATA16 0x0093
#define ATTR_CODE32 0x0c9b
#define ATTR_DATA32 0x0c93
#define ATTR_LDT    0x0082
#define ATTR_TSS32  0x008b

#define PAT_RESET   UINT64_C(0x0007040600070406)
#define DR6_RESET   UINT64_C(0xffff0ff0)
#define DR7_RESET   UINT64_C(0x400)

struct virt_domain {
	uint8_t iopm[3 * PAGE_SIZE]; /* a set bit traps */
};

static uint8_t *msrpm;
/* Traps all ports: of domains that were given none. */
static struct virt_domain *closed;

/* State that VMRUN, VMLOAD and VMSAVE switch, or that is the guest's alone. */
static const uint32_t untrapped_msrs[] = {
	MSR_FS_BASE,      MSR_GS_BASE,     MSR_KERNEL_GS_BASE,
	MSR_STAR,         MSR_LSTAR,       MSR_CSTAR,
	MSR_SFMASK,       MSR_SYSENTER_CS, MSR_SYSENTER_ESP,
	MSR_SYSENTER_EIP, MSR_PAT,         MSR_TSC_AUX,
};

/* APM 2 15.11: two bits each, read then write, 2 KiB for each range. */
static void untrap_msr(uint32_t msr)
{
	uint32_t bit;

	if (msr < 0x2000) {
		bit = msr * 2;
	} else if (msr >= 0xc0000000 && msr < 0xc0002000) {
		bit = 0x800 * 8 + (msr - 0xc0000000) * 2;
	} else {
		return;
	}
	msrpm[bit / 8] &= (uint8_t) ~(3u << (bit % 8));
}

static struct virt_domain *alloc_closed(void)
{
	struct virt_domain *vd = heap_alloc_pages(IOPM_ORDER);

	if (vd != NULL) {
		memset(vd->iopm, 0xff, sizeof(vd->iopm));
	}
	return vd;
}

int svm_maps_init(void)
{
	msrpm = heap_alloc_pages(MSRPM_ORDER);
	closed = alloc_closed();
	if (msrpm == NULL || closed == NULL) {
		return -XEN_ENOMEM;
	}
	memset(msrpm, 0xff, MSRPM_SIZE);
	for (size_t i = 0; i < ARRAY_SIZE(untrapped_msrs); i++) {
		untrap_msr(untrapped_msrs[i]);
	}
	return 0;
}

static void set_port_map(struct vmcb *c, const struct domain *d)
{
	const struct virt_domain *vd = d->virt != NULL ? d->virt : closed;

	c->iopm_base = virt_to_maddr(vd->iopm).v;
}

/* A map of its own, before its vCPUs run. */
static int open_ports(struct domain *d)
{
	if (d->virt != NULL) {
		return 0;
	}
	d->virt = alloc_closed();
	if (d->virt == NULL) {
		return -XEN_ENOMEM;
	}
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		set_port_map(d->vcpus[i]->virt->vmcb, d);
	}
	return 0;
}

void svm_domain_destroy(struct domain *d)
{
	heap_free_pages(d->virt, IOPM_ORDER);
	d->virt = NULL;
}

int svm_trap_ports(struct domain *d, uint16_t first, uint32_t count, bool trap)
{
	const int err = open_ports(d);

	if (err != 0) {
		return err;
	}
	for (uint32_t p = first; p < first + count && p < 0x10000; p++) {
		const uint8_t bit = (uint8_t)(1u << (p % 8));

		if (trap) {
			d->virt->iopm[p / 8] |= bit;
		} else {
			d->virt->iopm[p / 8] &= (uint8_t)~bit;
		}
	}
	return 0;
}

static void set_controls(struct vmcb *c, const struct domain *d)
{
	c->intercept_exceptions = BIT(TRAP_MC);
	c->intercept_1 = SVM_INTR | SVM_NMI | SVM_INIT | SVM_RDPMC | SVM_CPUID |
			 SVM_RSM | SVM_INVD | SVM_HLT | SVM_INVLPGA | SVM_IOIO |
			 SVM_MSR | SVM_SHUTDOWN;
	c->intercept_2 = SVM_VMRUN | SVM_VMMCALL | SVM_VMLOAD | SVM_VMSAVE |
			 SVM_STGI | SVM_CLGI | SVM_SKINIT | SVM_WBINVD |
			 SVM_MONITOR | SVM_MWAIT;
	set_port_map(c, d);
	c->msrpm_base = virt_to_maddr(msrpm).v;
	c->vintr = VINTR_MASKING;
	c->nested_control = 1;
	c->nested_cr3 = p2m_root(d).v;
}

int svm_vcpu_create(struct vcpu *v)
{
	struct virt_vcpu *vv = domain_alloc(v->domain, sizeof(*vv));

	if (vv == NULL) {
		return -XEN_ENOMEM;
	}
	v->virt = vv;
	vv->vmcb = domain_alloc_page(v->domain);
	vv->fpu.area = domain_alloc(v->domain, fpu_area_size());
	if (vv->vmcb == NULL || vv->fpu.area == NULL) {
		svm_vcpu_destroy(v);
		return -XEN_ENOMEM;
	}
	vv->vmcb_pa = virt_to_maddr(vv->vmcb).v;
	set_controls(vv->vmcb, v->domain);
	svm_reset(v);
	return 0;
}

void svm_vcpu_destroy(struct vcpu *v)
{
	if (v->virt != NULL) {
		domain_free(v->domain, v->virt->fpu.area, fpu_area_size());
		domain_free_page(v->domain, v->virt->vmcb);
		domain_free(v->domain, v->virt, sizeof(*v->virt));
		v->virt = NULL;
	}
}

static struct vmcb_segment segment(uint16_t selector, uint64_t base,
				   uint32_t limit, uint16_t attr)
{
	return (struct vmcb_segment){ selector, attr, limit, base };
}

static void set_data_segments(struct vmcb *c, struct vmcb_segment s)
{
	c->ds = s;
	c->es = s;
	c->ss = s;
	c->fs = s;
	c->gs = s;
}

/* APM 2 14.1.3, table 14-1. */
void svm_reset(struct vcpu *v)
{
	struct vmcb *c = v->virt->vmcb;

	memset(v->gpr, 0, sizeof(v->gpr));
	v->gpr[GPR_RDX] = 0x600;
	v->rip = 0xfff0;
	v->rflags = RFLAGS_FIXED;
	c->cs = segment(0xf000, 0xffff0000, 0xffff, ATTR_CODE16);
	set_data_segments(c, segment(0, 0, 0xffff, ATTR_DATA16));
	c->gdtr = segment(0, 0, 0xffff, 0);
	c->idtr = segment(0, 0, 0xffff, 0);
	c->ldtr = segment(0, 0, 0xffff, ATTR_LDT);
	c->tr = segment(0, 0, 0xffff, ATTR_TSS32);
	c->cr0 = CR0_ET;
	c->cr2 = 0;
	c->cr3 = 0;
	c->cr4 = 0;
	c->efer = EFER_SVME; /* APM 2 15.5.1: VMRUN wants it in the guest too */
	c->dr6 = DR6_RESET;
	c->dr7 = DR7_RESET;
	c->pat = PAT_RESET;
	c->cpl = 0;
	c->shadow = 0;
	c->event_inject = 0;
	c->exit_int_info = 0;
	c->vintr = VINTR_MASKING;
	v->virt->asid_generation = 0;
	fpu_reset(&v->virt->fpu);
}

void svm_start_real(struct vcpu *v, uint8_t vector)
{
	struct vmcb *c = v->virt->vmcb;

	c->cs = segment((uint16_t)(vector << 8), (uint64_t)vector << 12, 0xffff,
			ATTR_CODE16);
	v->rip = 0;
}

/* ABI: PVH boot entry (xen.h's pvh notes; census of what Linux relies on). */
void svm_start_pvh(struct vcpu *v, uint32_t entry, uint32_t ebx)
{
	struct vmcb *c = v->virt->vmcb;

	svm_reset(v);
	c->cr0 = CR0_PE | CR0_ET;
	c->cs = segment(0x08, 0, 0xffffffff, ATTR_CODE32);
	set_data_segments(c, segment(0x10, 0, 0xffffffff, ATTR_DATA32));
	c->tr = segment(0, 0, 0x67, ATTR_TSS32);
	v->gpr[GPR_RDX] = 0;
	v->gpr[GPR_RBX] = ebx;
	v->rip = entry;
}
