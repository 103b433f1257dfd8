/* SPDX-License-Identifier: MIT */
/* The first and only program of the test's initramfs. */
	.globl _start
	.text
_start:
	movl $1, %eax /* write */
	movl $1, %edi
	leaq text(%rip), %rsi
	movl $text_end - text, %edx
	syscall
	movl $169, %eax /* reboot */
	movl $0xfee1dead, %edi
	movl $0x28121969, %esi
	movl $0x4321fedc, %edx /* power off */
	syscall
1:	jmp 1b

	.section .rodata
text:
	.ascii "init of the initramfs runs\n"
text_end:
	.section .note.GNU-stack, "", @progbits
