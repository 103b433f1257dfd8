/* SPDX-License-Identifier: MIT */
/* mode_enter(selector, offset, registers), and the way back. */

	.text
	.code64
	.globl mode_enter
	.globl mode_return
mode_enter:
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	push %rdx
	push %rdi
	push %rsi
	mov (%rdx), %eax
	mov 4(%rdx), %ebx
	mov 8(%rdx), %ecx
	mov 16(%rdx), %esi
	mov 20(%rdx), %edi
	mov 12(%rdx), %edx
	/* A far return of two quads; interrupts stay off in there. */
	lretq $0
	ud2

	.align 16
mode_return:
	xchg %rdx, (%rsp)
	mov %eax, (%rdx)
	mov %ebx, 4(%rdx)
	mov %ecx, 8(%rdx)
	mov %esi, 16(%rdx)
	mov %edi, 20(%rdx)
	pop %rax
	mov %eax, 12(%rdx)
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	ret

	.section .note.GNU-stack, "", @progbits
