/* SPDX-License-Identifier: MIT */
/*
 * void svm_run(uint64_t vmcb, uint64_t *gpr, uint64_t host_vmcb)
 *
 * Enters the guest and returns after #VMEXIT. `gpr` is struct vcpu's array in
 * hardware order; RAX and RSP are in the VMCB.
 *
 * Interrupts are off when we come. CLGI holds them (and NMIs) back so that STI
 * can let them end guest mode: with V_INTR_MASKING the host's IF decides
 * (AMD APM 2, 15.21.1). #VMEXIT clears GIF again; after CLI, STGI is safe.
 */
	.section .text, "ax"
	.globl svm_run
	.type svm_run, @function
svm_run:
	pushq %rbp
	movq %rsp, %rbp
	pushq %rbx
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	pushq %rdx
	pushq %rsi
	movq %rdi, %rax
	movq 1 * 8(%rsi), %rcx
	movq 2 * 8(%rsi), %rdx
	movq 3 * 8(%rsi), %rbx
	movq 5 * 8(%rsi), %rbp
	movq 7 * 8(%rsi), %rdi
	movq 8 * 8(%rsi), %r8
	movq 9 * 8(%rsi), %r9
	movq 10 * 8(%rsi), %r10
	movq 11 * 8(%rsi), %r11
	movq 12 * 8(%rsi), %r12
	movq 13 * 8(%rsi), %r13
	movq 14 * 8(%rsi), %r14
	movq 15 * 8(%rsi), %r15
	movq 6 * 8(%rsi), %rsi
	clgi
	sti
	vmload %rax
	vmrun %rax
	vmsave %rax
	cli
	pushq %rsi
	movq 8(%rsp), %rsi
	movq %rcx, 1 * 8(%rsi)
	movq %rdx, 2 * 8(%rsi)
	movq %rbx, 3 * 8(%rsi)
	movq %rbp, 5 * 8(%rsi)
	popq 6 * 8(%rsi)
	movq %rdi, 7 * 8(%rsi)
	movq %r8, 8 * 8(%rsi)
	movq %r9, 9 * 8(%rsi)
	movq %r10, 10 * 8(%rsi)
	movq %r11, 11 * 8(%rsi)
	movq %r12, 12 * 8(%rsi)
	movq %r13, 13 * 8(%rsi)
	movq %r14, 14 * 8(%rsi)
	movq %r15, 15 * 8(%rsi)
	addq $8, %rsp
	popq %rax
	vmload %rax
	/* Nothing of the guest's is left for speculation to start from. */
	xorl %ebx, %ebx
	xorl %ecx, %ecx
	xorl %edx, %edx
	xorl %esi, %esi
	xorl %edi, %edi
	xorl %r8d, %r8d
	xorl %r9d, %r9d
	xorl %r10d, %r10d
	xorl %r11d, %r11d
	stgi
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbx
	popq %rbp
	ret
	.size svm_run, . - svm_run

/* void svm_save_host(uint64_t host_vmcb): what VMLOAD brings back. */
	.globl svm_save_host
	.type svm_save_host, @function
svm_save_host:
	movq %rdi, %rax
	vmsave %rax
	ret
	.size svm_save_host, . - svm_save_host
