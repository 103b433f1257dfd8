/* SPDX-License-Identifier: MIT */
/*
 * Exceptions and interrupts of the hypervisor itself. One 16-byte stub per
 * vector pushes an error code where the CPU has none (AMD APM 2, 8.2) and the
 * vector, then all go one way to trap_entry() in traps.c.
 */
	.section .text, "ax"
	.globl trap_stubs
	.balign 16
trap_stubs:
	.set vector, 0
	.rept 256
	.balign 16
	.if (vector == 8) || ((vector >= 10) && (vector <= 14)) || (vector == 17) || (vector == 21) || (vector == 29) || (vector == 30)
	.else
	pushq $0
	.endif
	pushq $vector
	jmp trap_common
	.set vector, vector + 1
	.endr

	.balign 16
trap_common:
	cld
	pushq %rax
	pushq %rcx
	pushq %rdx
	pushq %rbx
	pushq %rbp
	pushq %rsi
	pushq %rdi
	pushq %r8
	pushq %r9
	pushq %r10
	pushq %r11
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	movq %rsp, %rdi
	call trap_entry
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %r11
	popq %r10
	popq %r9
	popq %r8
	popq %rdi
	popq %rsi
	popq %rbp
	popq %rbx
	popq %rdx
	popq %rcx
	popq %rax
	addq $16, %rsp
	iretq

/* bool rdmsr_safe(uint32_t msr, uint64_t *v) */
	.globl rdmsr_safe
rdmsr_safe:
	movl %edi, %ecx
1:	rdmsr
	shlq $32, %rdx
	orq %rdx, %rax
	movq %rax, (%rsi)
	movl $1, %eax
	ret
2:	xorl %eax, %eax
	movq %rax, (%rsi)
	ret
	.pushsection .fixup_table, "a"
	.quad 1b, 2b
	.popsection

/* bool wrmsr_safe(uint32_t msr, uint64_t v) */
	.globl wrmsr_safe
wrmsr_safe:
	movl %edi, %ecx
	movl %esi, %eax
	movq %rsi, %rdx
	shrq $32, %rdx
1:	wrmsr
	movl $1, %eax
	ret
2:	xorl %eax, %eax
	ret
	.pushsection .fixup_table, "a"
	.quad 1b, 2b
	.popsection
