/* SPDX-License-Identifier: MIT */
/* 256 stubs, the common way in and out, and the way back to trap_catch(). */

	.text
	.code64

	.globl trap_stubs
	.align 16
trap_stubs:
	.set vector, 0
	.rept 256
	.align 16
	/* 8, 10 to 14, 17 and 21 come with an error code. */
	.if vector != 8 && (vector < 10 || vector > 14) && vector != 17 && vector != 21
	push $0
	.endif
	push $vector
	jmp trap_common
	.set vector, vector + 1
	.endr

trap_common:
	push %rax
	push %rbx
	push %rcx
	push %rdx
	push %rsi
	push %rdi
	push %rbp
	push %r8
	push %r9
	push %r10
	push %r11
	push %r12
	push %r13
	push %r14
	push %r15
	cld
	mov %rsp, %rdi
	mov %rsp, %rbx
	and $~15, %rsp
	call trap_dispatch
	mov %rbx, %rsp
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rbp
	pop %rdi
	pop %rsi
	pop %rdx
	pop %rcx
	pop %rbx
	pop %rax
	add $16, %rsp
	iretq

	/* trap_catch_run(run, arg, &sp): the flags lie at the saved sp. */
	.globl trap_catch_run
	.globl trap_catch_return
trap_catch_run:
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	pushfq
	mov %rsp, (%rdx)
	mov %rdi, %rax
	mov %rsi, %rdi
	call *%rax
trap_catch_return:
	popfq
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	ret

	.section .note.GNU-stack, "", @progbits
