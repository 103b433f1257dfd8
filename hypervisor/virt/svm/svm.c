/* SPDX-License-Identifier: MIT */
/* AMD SVM: turning it on, switching vCPUs, entering (AMD APM 2, chapter 15). */
#include "virt/svm/svm.h"

#include "arch/x86/features.h"
#include "arch/x86/hooks.h"
#include "arch/x86/msr.h"
#include "arch/x86/regs.h"
#include "mm/heap.h"

#define VM_CR_SVMDIS  BIT(4)
#define TLB_FLUSH_ALL 1

static int cpu_enable(void)
{
	struct pcpu *p = this_pcpu();
	struct svm_cpu *c = heap_alloc(sizeof(*c));
	void *hsave = heap_alloc_pages(0);
	void *host = heap_alloc_pages(0);

	if (c == NULL || hsave == NULL || host == NULL) {
		return -XEN_ENOMEM;
	}
	if (!cpu_features.svm || !cpu_features.svm_npt ||
	    (rdmsr(MSR_VM_CR) & VM_CR_SVMDIS) != 0) {
		return -XEN_ENOSYS;
	}
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
	c->hsave_pa = virt_to_maddr(hsave).v;
	c->host_vmcb_pa = virt_to_maddr(host).v;
	c->generation = 1;
	c->next_asid = 1;
	wrmsr(MSR_VM_HSAVE_PA, c->hsave_pa);
	svm_save_host(c->host_vmcb_pa);
	p->virt = c;
	return p->id == 0 ? svm_maps_init() : 0;
}

static void load(struct vcpu *v)
{
	fpu_load(&v->virt->fpu);
}

static void unload(struct vcpu *v)
{
	fpu_save(&v->virt->fpu);
}

static void flush(struct vcpu *v)
{
	v->virt->asid_generation = 0;
}

/* APM 2 15.16.1: an ASID not used since the last flush needs no flush. */
static void take_asid(struct virt_vcpu *vv, struct svm_cpu *c)
{
	if (c->next_asid >= cpu_features.svm_asids) {
		c->generation++;
		c->next_asid = 1;
		vv->vmcb->tlb_control = TLB_FLUSH_ALL;
	}
	vv->vmcb->asid = c->next_asid++;
	vv->asid_generation = c->generation;
	vv->asid_cpu = this_cpu();
}

/* CR4 has the bits that matter up to 21 and is moved out of the way; CR0.PG is
 * bit 31 and WP 16, EFER.LMA 10 and NXE 11, RFLAGS.AC 18. */
static void note_mode(struct vcpu *v, const struct vmcb *c)
{
	v->cr3 = c->cr3;
	v->paging = (c->cr0 & (CR0_PG | CR0_WP)) ^ (c->cr4 << 32) ^
		    (c->efer & (EFER_LMA | EFER_NXE)) ^ (c->rflags & RFLAGS_AC);
	v->mode = (uint8_t)emul_mode(c->cs.attr, (c->efer & EFER_LMA) != 0);
	v->cpl = c->cpl;
}

static void enter(struct vcpu *v, struct vcpu_exit *exit)
{
	struct virt_vcpu *vv = v->virt;
	struct svm_cpu *c = this_pcpu()->virt;
	struct vmcb *vmcb = vv->vmcb;

	vmcb->tlb_control = 0;
	if (unlikely(vv->asid_generation != c->generation ||
		     vv->asid_cpu != this_cpu())) {
		take_asid(vv, c);
	}
	vmcb->rax = v->gpr[GPR_RAX];
	vmcb->rsp = v->gpr[GPR_RSP];
	vmcb->rip = v->rip;
	vmcb->rflags = v->rflags | v->step;
	svm_run(vv->vmcb_pa, v->gpr, c->host_vmcb_pa);
	v->gpr[GPR_RAX] = vmcb->rax;
	v->gpr[GPR_RSP] = vmcb->rsp;
	v->rip = vmcb->rip;
	v->rflags = vmcb->rflags & ~v->step;
	note_mode(v, vmcb);
	svm_translate(v, exit);
}

const struct virt_ops virt_ops_svm = {
	.cpu_enable = cpu_enable,
	.vcpu_create = svm_vcpu_create,
	.vcpu_destroy = svm_vcpu_destroy,
	.trap_ports = svm_trap_ports,
	.domain_destroy = svm_domain_destroy,
	.reset = svm_reset,
	.start_real = svm_start_real,
	.start_pvh = svm_start_pvh,
	.set_state = svm_set_state,
	.get_state = svm_get_state,
	.load = load,
	.unload = unload,
	.enter = enter,
	.flush = flush,
	.has_event = svm_has_event,
	.can_interrupt = svm_can_interrupt,
	.can_nmi = svm_can_nmi,
	.inject_interrupt = svm_inject_interrupt,
	.inject_nmi = svm_inject_nmi,
	.inject_fault = svm_inject_fault,
	.inject_software = svm_inject_software,
	.want_debug = svm_want_debug,
	.want_window = svm_want_window,
	.want_tpr = svm_want_tpr,
	.set_tpr = svm_set_tpr,
	.get_tpr = svm_get_tpr,
	.advance = svm_advance,
	.cr = svm_cr,
	.segment = svm_segment,
	.msr_read = svm_msr_read,
	.msr_write = svm_msr_write,
	.dump = svm_dump,
};
