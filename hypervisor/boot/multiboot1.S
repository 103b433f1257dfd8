/* SPDX-License-Identifier: MIT */
/*
 * The multiboot1 header, only in the build/corbel-mb1 copy: QEMU refuses a
 * 64-bit ELF that carries one.
 */
	.section .boot.mb1, "a"
	.balign 4
	.long 0x1badb002
	.long 0x00000003 /* modules page aligned, memory map wanted */
	.long -(0x1badb002 + 0x00000003)
