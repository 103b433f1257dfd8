# SPDX-License-Identifier: MIT
# An ELF file that has some symbols of a kernel and nothing else: gdb takes it for
# the kernel that it debugs.

# le BYTES NUMBER: as little-endian bytes.
le() {
	local left=$1 number=$(($2))
	while ((left-- > 0)); do
		printf "\\x$(printf %02x $((number & 255)))"
		number=$((number >> 8))
	done
}

# section NAME TYPE FLAGS ADDRESS OFFSET SIZE LINK INFO ENTRY
section() {
	le 4 $1; le 4 $2; le 8 $3; le 8 $4; le 8 $5; le 8 $6
	le 4 $7; le 4 $8; le 8 1; le 8 $9
}

# symbols_elf ADDRESS NAME...: functions of a kernel's text, addresses without 0x.
symbols_elf() {
	local names=23 symbols=$((($# / 2 + 1) * 24)) at words=("$@")
	printf '\x7fELF\x02\x01\x01'; le 9 0
	# ET_EXEC, EM_X86_64; four sections behind the header.
	le 2 2; le 2 62; le 4 1; le 8 0; le 8 0; le 8 64; le 4 0
	le 2 64; le 2 0; le 2 0; le 2 64; le 2 4; le 2 3
	section 0 0 0 0 0 0 0 0 0
	section 1 8 6 0xffffffff80000000 0 0x40000000 0 0 0
	section 7 2 0 0 320 $symbols 3 1 24
	section 15 3 0 0 $((320 + symbols)) 4096 0 0 0
	le 24 0
	for ((at = 0; at < $#; at += 2)); do
		le 4 $names; le 1 0x12; le 1 0; le 2 1
		le 8 "0x${words[at]}"; le 8 0
		names=$((names + ${#words[at + 1]} + 1))
	done
	printf '\0.text\0.symtab\0.strtab\0'
	while [ $# -gt 0 ]; do
		printf '%s\0' "$2"
		shift 2
	done
	le 4096 0
}
