# SPDX-License-Identifier: MIT
# Trees that become archives for a kernel, and the modules in them; sourced by
# scripts.

# Module files on stdin; they and what they need on stdout, needed ones first.
with_dependencies() {
	awk -F: '
		FILENAME != "-" { needs[$1] = $2; next }
		{ list($1) }
		function list(file, parts, n) {
			if (file in seen)
				return
			seen[file] = 1
			for (n = split(needs[file], parts, " "); n > 0; n--)
				list(parts[n])
			print file
		}' modules.dep -
}

# early_modules KERNEL TREE NAME...: the named modules and what they need, with a
# list of them in the order to load them. Newer releases pack them, which not
# every insmod reads.
early_modules() {
	local kernel=$1 tree=$2

	(
		cd "$kernel/modules/lib/modules/$(cat "$kernel/release")"
		for name in "${@:3}"; do
			find kernel -name "$name.ko" -o -name "$name.ko.xz"
		done | with_dependencies |
			while read -r module; do
				cp "$module" "$tree"
				basename "$module" .xz
			done >"$tree/order"
		find "$tree" -name '*.xz' -exec xz -d {} +
	)
}

# archive TREE FILE: the tree as cpio, every owner root.
archive() {
	(cd "$1" && find . | LC_ALL=C sort |
		cpio -o -H newc -R 0:0 --quiet) >"$2"
}
