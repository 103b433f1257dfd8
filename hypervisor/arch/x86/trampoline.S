/* SPDX-License-Identifier: MIT */
/*
 * Where a started CPU begins: real mode at a page below 1 MiB, straight to long
 * mode with the hypervisor's tables. core/smp.c copies this blob there, mapped
 * at its own address too, and fills in the parameters at the end.
 */
#include "arch/x86/trampoline.h"

	.section .rodata, "a"
	.globl trampoline_start, trampoline_end
	.balign 16
	.code16
trampoline_start:
	cli
	cld
	movw %cs, %ax
	movw %ax, %ds
	xorl %ebx, %ebx
	movw %cs, %bx
	shll $4, %ebx /* our linear address */

	/* Pointers with our address in them. */
	leal (tramp_gdt - trampoline_start)(%ebx), %eax
	movl %eax, (tramp_gdt_pointer - trampoline_start + 2)
	leal (tramp_long - trampoline_start)(%ebx), %eax
	movl %eax, (tramp_far - trampoline_start)
	lgdtl (tramp_gdt_pointer - trampoline_start)

	movl $0x20, %eax /* CR4.PAE */
	movl %eax, %cr4
	movl (tramp_params - trampoline_start + TRAMPOLINE_CR3), %eax
	movl %eax, %cr3
	movl $0xc0000080, %ecx /* EFER: LME, NXE */
	rdmsr
	orl $0x900, %eax
	wrmsr
	movl $0x80010011, %eax /* CR0: PG, WP, ET, PE at once */
	movl %eax, %cr0
	ljmpl *(tramp_far - trampoline_start)

	.code64
tramp_long:
	movl $0x10, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	leaq tramp_params(%rip), %rcx
	movq TRAMPOLINE_STACK(%rcx), %rsp
	movq TRAMPOLINE_PCPU(%rcx), %rdi
	xorl %ebp, %ebp
	movq TRAMPOLINE_ENTRY(%rcx), %rax
	call *%rax
	ud2

	.balign 8
tramp_gdt:
	.quad 0
	.quad 0x00af9b000000ffff
	.quad 0x00cf93000000ffff
tramp_gdt_pointer:
	.short . - tramp_gdt - 1
	.long 0
	.balign 8
tramp_far:
	.long 0
	.short 0x08
	.balign 8
tramp_params:
	.skip TRAMPOLINE_PARAMS_SIZE
trampoline_end:
