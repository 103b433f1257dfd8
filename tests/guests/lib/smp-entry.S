/* SPDX-License-Identifier: MIT */
/* Where a vCPU starts: real mode at a page below 1 MiB, then as head.S. */

	.set trampoline, 0x8000

	.text
	.globl ap_code
	.globl ap_code_end
	.code16
ap_code:
	cli
	cld
	mov %cs, %ax
	mov %ax, %ds
	lgdtl ap_gdt_pointer - ap_code
	mov %cr0, %eax
	or $1, %eax
	mov %eax, %cr0
	ljmpl $0x08, $(ap_32 - ap_code + trampoline)

	.code32
ap_32:
	mov $0x10, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	mov $page_root, %eax
	mov %eax, %cr3
	mov %cr4, %eax
	or $0x620, %eax
	mov %eax, %cr4
	mov $0xc0000080, %ecx
	rdmsr
	or $0x900, %eax
	wrmsr
	mov $0x80010033, %eax
	mov %eax, %cr0
	ljmp $0x18, $ap_64

	.align 8
ap_gdt_pointer:
	.word 0x3f
	.long gdt
ap_code_end:

	.code64
ap_64:
	mov ap_stack, %rsp
	mov ap_number, %edi
	xor %ebp, %ebp
	call ap_start
	ud2

	.bss
	.globl ap_stack
	.globl ap_number
	.align 8
ap_stack:
	.skip 8
ap_number:
	.skip 4

	.section .note.GNU-stack, "", @progbits
