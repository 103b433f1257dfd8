/* SPDX-License-Identifier: MIT */
/*
 * From the PVH entry state to long mode, and back for the kernel.
 *
 * The code runs at whatever address it was copied to. It is linked for 0, so
 * a symbol's value is its offset; EBP has the address until C code runs.
 */
#include "svcvm/loader/loader.h"

/* Registers and bits: AMD APM vol. 2, chapter 3; segments: section 4.8. */
#define CR0_PE         0x00000001
#define CR0_MP         0x00000002
#define CR0_ET         0x00000010
#define CR0_PG         0x80000000
#define CR4_PAE        0x00000020
#define CR4_OSFXSR     0x00000200
#define CR4_OSXMMEXCPT 0x00000400
#define MSR_EFER       0xc0000080
#define MSR_FS_BASE    0xc0000100
#define EFER_LME       0x00000100
#define EFLAGS_FIXED   0x00000002

#define PTE_TABLE      0x003 /* present, writable */
#define PTE_LARGE      0x083 /* and a 2 MiB page */

#define CODE64         0x08
#define CODE32         0x10
#define DATA           0x18

/* In this section, a difference to a symbol of it is what can be linked. */
#define OFFSET(symbol) ((symbol) - loader_start)

	.section .head, "ax"
	.code32
	.globl loader_start
loader_start:
	.byte 0xeb, enter - . - 2 /* the short jump */
	nop
	nop
	.long LOADER_MAGIC
	.long OFFSET(image_end)
	.long OFFSET(loader_end)

enter:
	cld
	cli
	/*
	 * A call is how to learn the own address and needs a stack. Version 1
	 * of the start info ends with a reserved word, zero by contract.
	 */
	leal 56(%ebx), %esp
	call 1f
1:	popl %ebp
	subl $OFFSET(1b), %ebp
	movl $0, 52(%ebx)

	leal OFFSET(bss_start)(%ebp), %edi
	movl $OFFSET(loader_end), %ecx
	subl $OFFSET(bss_start), %ecx
	shrl $2, %ecx
	xorl %eax, %eax
	rep stosl
	leal OFFSET(stack_top)(%ebp), %esp

	/* The first 4 GiB one to one: 4 tables with 2 MiB pages. */
	leal OFFSET(page_directories)(%ebp), %edi
	movl $PTE_LARGE, %eax
2:	movl %eax, (%edi)
	addl $8, %edi
	addl $0x200000, %eax
	jnc 2b
	leal OFFSET(page_pointers)(%ebp), %edi
	leal (OFFSET(page_directories) + PTE_TABLE)(%ebp), %eax
	movl %eax, 0(%edi)
	addl $0x1000, %eax
	movl %eax, 8(%edi)
	addl $0x1000, %eax
	movl %eax, 16(%edi)
	addl $0x1000, %eax
	movl %eax, 24(%edi)
	leal OFFSET(page_root)(%ebp), %ecx
	leal PTE_TABLE(%edi), %eax
	movl %eax, (%ecx)

	movl $(CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT), %eax
	movl %eax, %cr4
	movl %ecx, %cr3
	movl $MSR_EFER, %ecx
	movl $EFER_LME, %eax
	xorl %edx, %edx
	wrmsr
	movl $(CR0_PG | CR0_ET | CR0_MP | CR0_PE), %eax
	movl %eax, %cr0

	leal OFFSET(gdt)(%ebp), %eax
	movl %eax, OFFSET(gdt_pointer + 2)(%ebp)
	lgdt OFFSET(gdt_pointer)(%ebp)
	leal OFFSET(enter64)(%ebp), %eax
	pushl $CODE64
	pushl %eax
	lretl

	.code64
enter64:
	movl $DATA, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	leaq loader_start(%rip), %rbp
	leaq stack_top(%rip), %rsp

	/* The libraries' stack check reads its value at FS:0x28. */
	leaq thread_area(%rip), %rax
	movq %rax, %rdx
	shrq $32, %rdx
	movl $MSR_FS_BASE, %ecx
	wrmsr

	/* Pointers in initialised data are offsets until now. The Makefile
	 * checks that there are no other kinds of relocation. */
	leaq relocations(%rip), %rsi
	leaq relocations_end(%rip), %rdx
3:	cmpq %rdx, %rsi
	jae 4f
	movq 0(%rsi), %rdi  /* r_offset */
	movq 16(%rsi), %rax /* r_addend */
	addq %rbp, %rax
	movq %rax, (%rbp, %rdi)
	addq $24, %rsi
	jmp 3b

4:	movl %ebx, %edi
	movq %rbp, %rsi
	movl 12(%rbp), %edx /* total_size */
	call loader_main

	/* Back: EAX is the kernel's entry point, the upper half its EBX. */
	movl %eax, %esi
	shrq $32, %rax
	movl %eax, %ebx
	leaq leave64(%rip), %rax
	pushq $CODE32
	pushq %rax
	lretq

	.code32
leave64:
	movl $DATA, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %fs
	movl %eax, %gs
	movl %eax, %ss
	movl $(CR0_ET | CR0_PE), %eax
	movl %eax, %cr0
	movl $MSR_EFER, %ecx
	xorl %eax, %eax
	xorl %edx, %edx
	wrmsr
	movl %eax, %cr4
	pushl $EFLAGS_FIXED
	popfl
	jmp *%esi

	.data
	.balign 8
gdt:
	.quad 0
	.quad 0x00af9b000000ffff /* CODE64 */
	.quad 0x00cf9b000000ffff /* CODE32 */
	.quad 0x00cf93000000ffff /* DATA */
gdt_pointer:
	.word . - gdt - 1
	.long 0

	.section .stack, "aw", @nobits
	.balign 4096
page_root:
	.skip 4096
page_pointers:
	.skip 4096
page_directories:
	.skip 4 * 4096
thread_area:
	.skip 64
	.balign 16
	.skip 65536
stack_top:

	.section .note.GNU-stack, "", @progbits
