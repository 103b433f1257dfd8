/* SPDX-License-Identifier: MIT */
/* The virtual machine control block (AMD APM 2, appendix B). */
#pragma once

#include "lib/types.h"

struct vmcb_segment {
	uint16_t selector;
	uint16_t attr; /* descriptor bits 55:52 and 47:40 */
	uint32_t limit;
	uint64_t base;
};

struct vmcb {
	/* Control area */
	uint32_t intercept_cr;         /* 0x000: reads 15:0, writes 31:16 */
	uint32_t intercept_dr;         /* 0x004 */
	uint32_t intercept_exceptions; /* 0x008 */
	uint32_t intercept_1;          /* 0x00c */
	uint32_t intercept_2;          /* 0x010 */
	uint32_t intercept_3;          /* 0x014 */
	uint8_t reserved_018[0x03c - 0x018];
	uint16_t pause_threshold;
	uint16_t pause_count;
	uint64_t iopm_base;  /* 0x040 */
	uint64_t msrpm_base; /* 0x048 */
	uint64_t tsc_offset; /* 0x050 */
	uint32_t asid;       /* 0x058 */
	uint8_t tlb_control; /* 0x05c */
	uint8_t reserved_05d[3];
	uint64_t vintr;          /* 0x060 */
	uint64_t shadow;         /* 0x068: bit 0 interrupt shadow */
	uint64_t exit_code;      /* 0x070 */
	uint64_t exit_info_1;    /* 0x078 */
	uint64_t exit_info_2;    /* 0x080 */
	uint64_t exit_int_info;  /* 0x088 */
	uint64_t nested_control; /* 0x090: bit 0 nested paging */
	uint8_t reserved_098[0x0a8 - 0x098];
	uint64_t event_inject; /* 0x0a8 */
	uint64_t nested_cr3;   /* 0x0b0 */
	uint64_t virt_ext;     /* 0x0b8 */
	uint32_t clean;        /* 0x0c0 */
	uint32_t reserved_0c4;
	uint64_t next_rip;   /* 0x0c8 */
	uint8_t insn_length; /* 0x0d0 */
	uint8_t insn_bytes[15];
	uint8_t reserved_0e0[0x400 - 0x0e0];

	/* State save area */
	struct vmcb_segment es; /* 0x400 */
	struct vmcb_segment cs;
	struct vmcb_segment ss;
	struct vmcb_segment ds;
	struct vmcb_segment fs;
	struct vmcb_segment gs;
	struct vmcb_segment gdtr;
	struct vmcb_segment ldtr;
	struct vmcb_segment idtr;
	struct vmcb_segment tr;
	uint8_t reserved_4a0[0x4cb - 0x4a0];
	uint8_t cpl; /* 0x4cb */
	uint32_t reserved_4cc;
	uint64_t efer; /* 0x4d0 */
	uint8_t reserved_4d8[0x548 - 0x4d8];
	uint64_t cr4; /* 0x548 */
	uint64_t cr3;
	uint64_t cr0;
	uint64_t dr7;
	uint64_t dr6;
	uint64_t rflags; /* 0x570 */
	uint64_t rip;    /* 0x578 */
	uint8_t reserved_580[0x5d8 - 0x580];
	uint64_t rsp; /* 0x5d8 */
	uint8_t reserved_5e0[0x5f8 - 0x5e0];
	uint64_t rax; /* 0x5f8 */
	uint64_t star;
	uint64_t lstar;
	uint64_t cstar;
	uint64_t sfmask;
	uint64_t kernel_gs_base;
	uint64_t sysenter_cs;
	uint64_t sysenter_esp;
	uint64_t sysenter_eip;
	uint64_t cr2; /* 0x640 */
	uint8_t reserved_648[0x668 - 0x648];
	uint64_t pat; /* 0x668 */
	uint8_t reserved_670[0x1000 - 0x670];
};

static_assert(offsetof(struct vmcb, iopm_base) == 0x040, "APM 2 B.1");
static_assert(offsetof(struct vmcb, asid) == 0x058, "APM 2 B.1");
static_assert(offsetof(struct vmcb, exit_code) == 0x070, "APM 2 B.1");
static_assert(offsetof(struct vmcb, event_inject) == 0x0a8, "APM 2 B.1");
static_assert(offsetof(struct vmcb, next_rip) == 0x0c8, "APM 2 B.1");
static_assert(offsetof(struct vmcb, es) == 0x400, "APM 2 B.2");
static_assert(offsetof(struct vmcb, cpl) == 0x4cb, "APM 2 B.2");
static_assert(offsetof(struct vmcb, cr4) == 0x548, "APM 2 B.2");
static_assert(offsetof(struct vmcb, rip) == 0x578, "APM 2 B.2");
static_assert(offsetof(struct vmcb, rax) == 0x5f8, "APM 2 B.2");
static_assert(offsetof(struct vmcb, pat) == 0x668, "APM 2 B.2");
static_assert(sizeof(struct vmcb) == 4096, "APM 2 15.5.1");

/* intercept_1 */
#define SVM_INTR     BIT(0)
#define SVM_NMI      BIT(1)
#define SVM_INIT     BIT(3)
#define SVM_VINTR    BIT(4)
#define SVM_RDPMC    BIT(15)
#define SVM_CPUID    BIT(18)
#define SVM_RSM      BIT(19)
#define SVM_IRET     BIT(20)
#define SVM_INTN     BIT(21)
#define SVM_INVD     BIT(22)
#define SVM_HLT      BIT(24)
#define SVM_INVLPGA  BIT(26)
#define SVM_IOIO     BIT(27)
#define SVM_MSR      BIT(28)
#define SVM_SHUTDOWN BIT(31)
/* intercept_2 */
#define SVM_VMRUN     BIT(0)
#define SVM_VMMCALL   BIT(1)
#define SVM_VMLOAD    BIT(2)
#define SVM_VMSAVE    BIT(3)
#define SVM_STGI      BIT(4)
#define SVM_CLGI      BIT(5)
#define SVM_SKINIT    BIT(6)
#define SVM_WBINVD    BIT(9)
#define SVM_MONITOR   BIT(10)
#define SVM_MWAIT     BIT(11)
#define SVM_CR8_WRITE BIT(24) /* in intercept_cr */

/* Exit codes (appendix C) */
enum {
	SVM_EXIT_CR8_WRITE = 0x18,
	SVM_EXIT_EXCEPTION = 0x40,
	SVM_EXIT_INTR = 0x60,
	SVM_EXIT_NMI = 0x61,
	SVM_EXIT_SMI = 0x62,
	SVM_EXIT_INIT = 0x63,
	SVM_EXIT_VINTR = 0x64,
	SVM_EXIT_RDPMC = 0x6f,
	SVM_EXIT_CPUID = 0x72,
	SVM_EXIT_RSM = 0x73,
	SVM_EXIT_IRET = 0x74,
	SVM_EXIT_INTN = 0x75,
	SVM_EXIT_INVD = 0x76,
	SVM_EXIT_HLT = 0x78,
	SVM_EXIT_INVLPGA = 0x7a,
	SVM_EXIT_IOIO = 0x7b,
	SVM_EXIT_MSR = 0x7c,
	SVM_EXIT_SHUTDOWN = 0x7f,
	SVM_EXIT_VMRUN = 0x80,
	SVM_EXIT_VMMCALL = 0x81,
	SVM_EXIT_SKINIT = 0x86,
	SVM_EXIT_WBINVD = 0x89,
	SVM_EXIT_MONITOR = 0x8a,
	SVM_EXIT_MWAIT = 0x8b,
	SVM_EXIT_NPF = 0x400,
};

/* vintr */
#define VINTR_TPR            UINT64_C(0xff)
#define VINTR_IRQ            BIT(8)
#define VINTR_PRIORITY_SHIFT 16
#define VINTR_IGNORE_TPR     BIT(20)
#define VINTR_MASKING        BIT(24)
#define VINTR_VECTOR_SHIFT   32

/* event_inject and exit_int_info (15.20) */
#define EVENT_TYPE_SHIFT 8
#define EVENT_NMI        2u
#define EVENT_EXCEPTION  3u
#define EVENT_SOFT       4u
#define EVENT_HAS_ERROR  BIT(11)
#define EVENT_VALID      BIT(31)

/* dr6: causes of #DB (13.1.1.3) */
#define DR6_SINGLE_STEP BIT(14)

/* NPF exit_info_1 */
#define NPF_WRITE BIT(1)
#define NPF_FETCH BIT(4)
/* IOIO exit_info_1 (15.10.2) */
#define IOIO_IN         BIT(0)
#define IOIO_STRING     BIT(2)
#define IOIO_SIZE_SHIFT 4 /* one-hot: 1, 2, 4 bytes */
#define IOIO_PORT_SHIFT 16
