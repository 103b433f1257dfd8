# SPDX-License-Identifier: MIT
# Debian packages from where this machine's own come from; sourced by scripts.

suite=bookworm # another of its releases can be put here

# sources FOLDER: files there that say where the packages of the suite are.
sources() {
	local file
	mkdir -p "$1"
	for file in $(grep -lsw bookworm /etc/apt/sources.list \
		/etc/apt/sources.list.d/*.list \
		/etc/apt/sources.list.d/*.sources); do
		sed "s/\<bookworm\>/$suite/g" "$file" >"$1/${file##*/}"
		echo "$1/${file##*/}"
	done
}

# debian VARIANT PACKAGES TAR LOG [ARG...]: mmdebstrap with this machine's
# sources. VARIANT extract only unpacks, minbase installs on a minimal base. The
# result is an archive since a tree would be full of other users' files when
# this does not run as root.
debian() {
	local sources
	mapfile -t sources < <(sources "$3.sources")
	mmdebstrap --variant="$1" --include="$2" "${@:5}" \
		--aptopt='APT::Install-Recommends "false"' \
		"$suite" "$3" "${sources[@]}" >"$4" 2>&1 || {
		cat "$4" >&2
		exit 1
	}
	rm -r "$3.sources"
}
