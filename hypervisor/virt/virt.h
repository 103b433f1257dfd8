/* SPDX-License-Identifier: MIT */
/*
 * The seam to the CPU vendor's virtualisation hardware. Vendor code translates:
 * a hardware exit to a struct vcpu_exit, our state to its control block. It
 * knows no policy; nothing above it knows a vendor.
 *
 * Unless said otherwise calls are for the vCPU that is loaded on this pCPU, or
 * for one that does not run at all.
 */
#pragma once

#include "domain/vcpu.h"
#include "virt/emul/emul.h"

enum vcpu_exit_kind {
	EXIT_BROKEN,    /* the hardware refused our state, or an unknown exit */
	EXIT_NONE,      /* dealt with by vendor code: enter again */
	EXIT_INTERRUPT, /* a physical interrupt is pending */
	EXIT_HYPERCALL,
	EXIT_CPUID,
	EXIT_HALT,
	EXIT_MSR_READ,
	EXIT_MSR_WRITE,
	EXIT_IO,
	EXIT_MEMORY,    /* nested page fault */
	EXIT_WINDOW,    /* interrupts (or NMIs) can be taken now */
	EXIT_TPR,       /* MOV to CR8, when asked for by want_tpr() */
	EXIT_CACHE,     /* WBINVD, INVD */
	EXIT_UNDEFINED, /* an instruction this guest does not have: #UD */
	EXIT_PROTECTED, /* one it may not use: #GP(0) */
	EXIT_SHUTDOWN,  /* triple fault */
	EXIT_DEBUG,     /* #DB; this one and the next two while debugged */
	EXIT_BREAKPOINT,
	EXIT_SOFTWARE_INTERRUPT,
	EXIT_KINDS,
};

struct vcpu_exit {
	enum vcpu_exit_kind kind;
	/* The instruction to be skipped when done, for those that have one. */
	enum insn_intercept insn;
	uint8_t length; /* of it, when the hardware tells; else 0 */
	/* The hardware's words: its code for the exit, and with EXIT_BROKEN two
	 * more. */
	uint64_t raw[3];

	/* EXIT_MEMORY */
	gaddr_t gaddr;
	bool is_write;
	bool is_fetch;

	/* EXIT_DEBUG: for RFLAGS.TF, which DR6 does not say any more */
	bool is_step;

	/* EXIT_IO; string forms go through the emulator */
	uint16_t port;
	uint8_t size;
	bool is_in;
	bool is_string;
};

struct virt_ops {
	/* Turns virtualisation on on this pCPU. 0, -XEN_ENOMEM, -XEN_ENOSYS. */
	int (*cpu_enable)(void);

	/* v->virt, in the state after INIT. 0 or -XEN_ENOMEM. */
	int (*vcpu_create)(struct vcpu *v);
	void (*vcpu_destroy)(struct vcpu *v);
	/* Ports [first, first + count) of the domain trap, or go through. */
	int (*trap_ports)(struct domain *d, uint16_t first, uint32_t count,
			  bool trap);
	void (*domain_destroy)(struct domain *d);

	/* Registers as after INIT (AMD APM 2, 14.1). */
	void (*reset)(struct vcpu *v);
	/* After SIPI: real mode at vector << 12. */
	void (*start_real)(struct vcpu *v, uint8_t vector);
	/* PVH: 32-bit protected mode, flat, no paging; EBX = start info. */
	void (*start_pvh)(struct vcpu *v, uint32_t entry, uint32_t ebx);
	/* For virt/context.c: all but the general registers, RIP and RFLAGS,
	 * of a vCPU that does not run. */
	void (*set_state)(struct vcpu *v, const struct hvm_hw_cpu *s);
	void (*get_state)(const struct vcpu *v, struct hvm_hw_cpu *s);

	/* Puts what the hardware does not switch by itself into this pCPU, and
	 * back into memory. */
	void (*load)(struct vcpu *v);
	void (*unload)(struct vcpu *v);
	/* Runs it until the next exit. Interrupts off, all checks made. Fills in
	 * v->cr3, paging, mode and cpl. */
	void (*enter)(struct vcpu *v, struct vcpu_exit *exit);
	/* Forget its cached translations before the next entry. */
	void (*flush)(struct vcpu *v);

	/* True when an event waits to be delivered at the next entry. */
	bool (*has_event)(const struct vcpu *v);
	bool (*can_interrupt)(const struct vcpu *v);
	bool (*can_nmi)(const struct vcpu *v);
	void (*inject_interrupt)(struct vcpu *v, uint8_t vector);
	void (*inject_nmi)(struct vcpu *v);
	void (*inject_fault)(struct vcpu *v, const struct emul_fault *fault);
	/* INT n at RIP, `length` bytes. */
	void (*inject_software)(struct vcpu *v, uint8_t vector, uint8_t length);
	/* Ask for EXIT_DEBUG and EXIT_BREAKPOINT. */
	void (*want_debug)(struct vcpu *v, bool want);
	/* Ask for EXIT_WINDOW when interrupts can be taken. */
	void (*want_window)(struct vcpu *v, bool want);
	/* Ask for EXIT_TPR at the next MOV to CR8. */
	void (*want_tpr)(struct vcpu *v, bool want);
	void (*set_tpr)(struct vcpu *v, uint8_t cr8);
	uint8_t (*get_tpr)(const struct vcpu *v);

	/* An instruction was emulated: RIP moves, the interrupt shadow ends,
	 * and with RFLAGS.TF a #DB follows; a step is WORK_STEPPED. */
	void (*advance)(struct vcpu *v, uint64_t rip);
	uint64_t (*cr)(const struct vcpu *v, unsigned int n); /* 0, 2, 3, 4 */
	void (*segment)(const struct vcpu *v, enum insn_segment s,
			struct emul_segment *out);
	/* MSRs that are part of the switched state. False: not one of them. */
	bool (*msr_read)(const struct vcpu *v, uint32_t msr, uint64_t *value);
	bool (*msr_write)(struct vcpu *v, uint32_t msr, uint64_t value);
	/* Registers to the log, for a crash report. */
	void (*dump)(const struct vcpu *v);
};

/* The CPU's; set once at boot. */
extern const struct virt_ops *virt;

extern const struct virt_ops virt_ops_svm;

/* EFER, from msr_read. */
uint64_t virt_efer(const struct vcpu *v);
