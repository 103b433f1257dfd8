# SPDX-License-Identifier: MIT
# `nm -n` of the first link to the symbol table of the second.
BEGIN {
	print "\t.section .rodata.symbols, \"a\"\n\t.balign 8"
	print "\t.globl symbol_table, symbol_count\nsymbol_table:"
}
$2 ~ /[tT]/ && $1 ~ /^ffffffff/ && $3 !~ /^\./ && $1 != last {
	printf "\t.quad 0x%s, name_%d\n", $1, count
	names[count++] = $3
	last = $1
}
END {
	printf "symbol_count:\t.quad %d\n", count
	for (i = 0; i < count; i++) {
		printf "name_%d:\t.asciz \"%s\"\n", i, names[i]
	}
}
