/* SPDX-License-Identifier: MIT */
/* The service VM's loader, as a file of bytes. */
	.section .rodata.loader, "a"
	.balign 4096
	.globl loader_start, loader_end
loader_start:
	.incbin LOADER_BIN
loader_end:
