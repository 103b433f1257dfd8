/* SPDX-License-Identifier: MIT */
/*
 * PVH entry: 32-bit protected mode without paging, EBX = hvm_start_info.
 *
 * A 64-bit guest maps the first 4 GiB one to one with 2 MiB pages and goes on
 * in long mode; a 32-bit guest stays as it was entered, only with its own GDT.
 */

#define NOTE(type, desc) \
	.pushsection .note.Xen, "a", @note; \
	.align 4; \
	.long 4, 2f - 1f, type; \
	.asciz "Xen"; \
1:	desc; \
2:	.align 4; \
	.popsection

	/* 18 is PHYS32_ENTRY; the rest is for loaders that ask for more. */
	NOTE(18, .long _start)
	NOTE(6, .asciz "corbel-test")
	NOTE(7, .asciz "1")
	NOTE(5, .asciz "xen-3.0")
	NOTE(8, .asciz "generic")
	/* 17 is SUPPORTED_FEATURES: XENFEAT_dom0 is bit 11. */
	NOTE(17, .long 0x800)

	.section .head, "ax"
	.code32
	.globl _start
_start:
	cli
	cld
	lgdt gdt_pointer
	mov $0x10, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	mov $boot_stack_end, %esp
#ifdef __x86_64__
	mov $page_root, %eax
	mov %eax, %cr3
	mov %cr4, %eax
	or $0x620, %eax			/* OSXMMEXCPT, OSFXSR, PAE */
	mov %eax, %cr4
	mov $0xc0000080, %ecx		/* EFER */
	rdmsr
	or $0x900, %eax			/* NXE, LME */
	wrmsr
	mov $0x80010033, %eax		/* PG, WP, NE, ET, MP, PE */
	mov %eax, %cr0
	ljmp $0x18, $start_64

	.code64
start_64:
	mov $boot_stack_end, %rsp
	mov %ebx, %edi
	xor %ebp, %ebp
	call start
#else
	ljmp $0x08, $1f
1:	push $0
	push %ebx
	call start
#endif
	ud2

	.data
	.align 8
	.globl gdt_pointer
gdt_pointer:
	.word gdt_end - gdt - 1
#ifdef __x86_64__
	.quad gdt
#else
	.long gdt
#endif
	/* lib/cpu.h names the selectors. */
	.align 16
	.globl gdt
gdt:
	.quad 0
	.quad 0x00cf9b000000ffff	/* 0x08: 32-bit code */
	.quad 0x00cf93000000ffff	/* 0x10: data */
	.quad 0x00af9b000000ffff	/* 0x18: 64-bit code */
	.quad 0x00009b000000ffff	/* 0x20: 16-bit code, base set by users */
	.quad 0x00cffb000000ffff	/* 0x28: 32-bit code, user */
	.quad 0x00cff3000000ffff	/* 0x30: data, user */
	.quad 0x00affb000000ffff	/* 0x38: 64-bit code, user */
	.fill 16, 8, 0			/* 0x40: a TSS of 16 bytes for each CPU */
gdt_end:

#ifdef __x86_64__
	.data
	.align 4096
	.globl page_root
page_root:
	.quad page_root_3 + 7
	.fill 511, 8, 0
page_root_3:
	.quad page_root_2 + 0x0007
	.quad page_root_2 + 0x1007
	.quad page_root_2 + 0x2007
	.quad page_root_2 + 0x3007
	.fill 508, 8, 0
page_root_2:
	.set address, 0
	.rept 2048
	.quad address + 0x83
	.set address, address + 0x200000
	.endr
#endif

	.bss
	.align 16
	.skip 16384
boot_stack_end:

	.section .note.GNU-stack, "", @progbits
