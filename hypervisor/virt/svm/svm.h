/* SPDX-License-Identifier: MIT */
/* What the files of this folder share. */
#pragma once

#include "arch/x86/fpu.h"
#include "virt/svm/vmcb.h"
#include "virt/virt.h"

/* The vendor's part of a vCPU. */
struct virt_vcpu {
	struct vmcb *vmcb;
	uint64_t vmcb_pa;
	struct fpu fpu;
	uint32_t asid_cpu;        /* pCPU its ASID is from */
	uint64_t asid_generation; /* 0: has none */
};

/* ASIDs are handed out anew on each pCPU and never given back: when they run
 * out, all are flushed and a new generation begins. A vCPU whose translations
 * must go simply takes the next one. */
struct svm_cpu {
	uint64_t hsave_pa;
	uint64_t host_vmcb_pa;
	uint64_t generation;
	uint32_t next_asid;
};

void svm_run(uint64_t vmcb_pa, uint64_t *gpr, uint64_t host_vmcb_pa);
void svm_save_host(uint64_t host_vmcb_pa);

/* svm_vmcb.c */
int svm_vcpu_create(struct vcpu *v) must_check;
void svm_vcpu_destroy(struct vcpu *v);
int svm_trap_ports(struct domain *d, uint16_t first, uint32_t count,
		   bool trap) must_check;
void svm_domain_destroy(struct domain *d);
void svm_reset(struct vcpu *v);
void svm_start_real(struct vcpu *v, uint8_t vector);
void svm_start_pvh(struct vcpu *v, uint32_t entry, uint32_t ebx);
int svm_maps_init(void) must_check;

/* svm_context.c */
void svm_set_state(struct vcpu *v, const struct hvm_hw_cpu *s);
void svm_get_state(const struct vcpu *v, struct hvm_hw_cpu *s);

/* svm_exit.c */
void svm_translate(struct vcpu *v, struct vcpu_exit *exit);

/* svm_state.c */
bool svm_has_virtual_interrupt(const struct vmcb *c);
bool svm_has_event(const struct vcpu *v);
bool svm_can_interrupt(const struct vcpu *v);
bool svm_can_nmi(const struct vcpu *v);
void svm_inject_interrupt(struct vcpu *v, uint8_t vector);
void svm_inject_nmi(struct vcpu *v);
void svm_inject_fault(struct vcpu *v, const struct emul_fault *fault);
void svm_inject_software(struct vcpu *v, uint8_t vector, uint8_t length);
void svm_want_debug(struct vcpu *v, bool want);
void svm_want_window(struct vcpu *v, bool want);
void svm_want_tpr(struct vcpu *v, bool want);
void svm_set_tpr(struct vcpu *v, uint8_t cr8);
uint8_t svm_get_tpr(const struct vcpu *v);
void svm_advance(struct vcpu *v, uint64_t rip);
uint64_t svm_cr(const struct vcpu *v, unsigned int n);
void svm_segment(const struct vcpu *v, enum insn_segment s,
		 struct emul_segment *out);
bool svm_msr_read(const struct vcpu *v, uint32_t msr, uint64_t *value);
bool svm_msr_write(struct vcpu *v, uint32_t msr, uint64_t value);
void svm_dump(const struct vcpu *v);
