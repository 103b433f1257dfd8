/* SPDX-License-Identifier: MIT */
/*
 * Stands in for the hypervisor: QEMU starts this by -kernel in the PVH entry
 * state, it completes the start info that the test wrote to memory with what
 * QEMU's own says of the machine, and enters the loader in the same state.
 *
 * INFO and LOADER are addresses that the test defines.
 */
	.section .note.pvh, "a", @note
	.long 4, 4, 18 /* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz "Xen"
	.long start

	.text
	.globl start
	.code32
start:
	movl $INFO, %edi
	movl 32(%ebx), %eax /* rsdp_paddr */
	movl %eax, 32(%edi)
	cmpl $0, 48(%edi) /* memmap_entries: the test may have its own */
	jne 1f
	movl 40(%ebx), %eax /* memmap_paddr */
	movl %eax, 40(%edi)
	movl 48(%ebx), %eax
	movl %eax, 48(%edi)
1:	movl %edi, %ebx
	movl $LOADER, %eax
	xorl %esp, %esp
	jmp *%eax

	.section .note.GNU-stack, "", @progbits
