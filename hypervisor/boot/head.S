/* SPDX-License-Identifier: MIT */
/*
 * Entry from the boot loader, 32-bit protected mode without paging, and the
 * way from there to 64-bit code at its high address.
 *
 *   multiboot1, multiboot2: EAX = magic, EBX = information structure
 *   PVH (ELF note 18):      EBX = hvm_start_info
 *
 * The boot page tables map the first 4 GiB twice: at their own address, and the
 * first GiB at IMAGE_VBASE. boot/early.c leaves them for good.
 */
#include "mm/layout.h"

#define PHYS(symbol) ((symbol) - IMAGE_VBASE)

#define MB2_MAGIC 0xe85250d6
#define PVH_MAGIC 0x336ec578

	.section .boot.header, "a"
	.balign 8
mb2_header:
	.long MB2_MAGIC
	.long 0 /* i386, protected mode */
	.long mb2_header_end - mb2_header
	.long -(MB2_MAGIC + 0 + (mb2_header_end - mb2_header)) & 0xffffffff
	/* Tag 3: entry address. Without it GRUB takes the ELF header's. */
	.balign 8
	.short 3, 0
	.long 12
	.long boot_entry
	/* Tag 5: a framebuffer if there is one, any size, 32 bits; optional. */
	.balign 8
	.short 5, 1
	.long 20
	.long 0, 0, 32
	/* Tag 6: modules page aligned. */
	.balign 8
	.short 6, 0
	.long 8
	.balign 8
	.short 0, 0
	.long 8
mb2_header_end:

	.section .note.pvh, "a", @note
	.balign 4
	.long 4, 4, 18 /* name size, desc size, XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz "Xen"
	.long boot_entry_pvh

	.section .boot.text, "ax"
	.code32
	.globl boot_entry, boot_entry_pvh, boot_stack_top
boot_entry_pvh:
	movl $PVH_MAGIC, %eax
boot_entry:
	cli
	cld
	movl %eax, %edi /* first argument of boot_start() */
	movl %ebx, %esi /* second */
	movl $PHYS(boot_stack_top), %esp

	/* Long mode and NX, or nothing (AMD APM 3, Fn8000_0001_EDX). */
	movl $0x80000000, %eax
	cpuid
	cmpl $0x80000001, %eax
	jb .Lno_long_mode
	movl $0x80000001, %eax
	cpuid
	testl $(1 << 29), %edx
	jz .Lno_long_mode
	testl $(1 << 20), %edx
	jz .Lno_long_mode

	/* Four directories of 512 entries, 2 MiB each: identity of 4 GiB. */
	movl $PHYS(boot_pd), %ecx
	movl $0x83, %eax /* present, writable, large */
	movl $2048, %edx
.Lfill:
	movl %eax, (%ecx)
	movl $0, 4(%ecx)
	addl $0x200000, %eax
	addl $8, %ecx
	decl %edx
	jnz .Lfill

	movl $PHYS(boot_pd) + 3, %eax
	movl %eax, PHYS(boot_pdpt_low)
	movl %eax, PHYS(boot_pdpt_high) + 510 * 8
	addl $0x1000, %eax
	movl %eax, PHYS(boot_pdpt_low) + 8
	addl $0x1000, %eax
	movl %eax, PHYS(boot_pdpt_low) + 16
	addl $0x1000, %eax
	movl %eax, PHYS(boot_pdpt_low) + 24
	movl $PHYS(boot_pdpt_low) + 3, PHYS(boot_pml4)
	movl $PHYS(boot_pdpt_high) + 3, PHYS(boot_pml4) + 511 * 8

	movl $0x20, %eax /* CR4.PAE */
	movl %eax, %cr4
	movl $PHYS(boot_pml4), %eax
	movl %eax, %cr3
	movl $0xc0000080, %ecx /* EFER: LME, NXE */
	rdmsr
	orl $0x900, %eax
	wrmsr
	movl $0x80010011, %eax /* CR0: PG, WP, ET, PE */
	movl %eax, %cr0
	lgdt PHYS(boot_gdt_pointer)
	ljmp $0x08, $.Llong

.Lno_long_mode:
	movl $.Lno_long_mode_text, %esi
.Lprint:
	movw $0x3f8, %dx
	lodsb
	testb %al, %al
	jz .Lstop
	outb %al, %dx
	jmp .Lprint
.Lstop:
	hlt
	jmp .Lstop
.Lno_long_mode_text:
	.asciz "corbel: this CPU has no 64-bit mode with NX\r\n"

	.code64
.Llong:
	movl $0x10, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	xorl %eax, %eax
	movl %eax, %fs
	movl %eax, %gs
	movq $boot_stack_top, %rsp
	movl %edi, %edi
	movl %esi, %esi
	xorl %ebp, %ebp
	movq $boot_start, %rax
	call *%rax
	ud2

/*
 * void boot_switch(cr3, stack, entry): leaves the boot page tables, goes on
 * with `entry` on a new stack. Runs at its high address, mapped in both.
 */
	.section .text, "ax"
	.globl boot_switch
boot_switch:
	movq %rdi, %cr3
	movq %rsi, %rsp
	xorl %ebp, %ebp
	call *%rdx
	ud2

	.section .data, "aw"
	.balign 8
boot_gdt:
	.quad 0
	.quad 0x00af9b000000ffff /* 64-bit code */
	.quad 0x00cf93000000ffff /* data */
boot_gdt_pointer:
	.short . - boot_gdt - 1
	.long PHYS(boot_gdt)

	.section .bss.page, "aw", @nobits
	.balign 4096
boot_pml4:
	.skip 4096
boot_pdpt_low:
	.skip 4096
boot_pdpt_high:
	.skip 4096
boot_pd:
	.skip 4 * 4096
	.skip 4 * 4096
boot_stack_top:
