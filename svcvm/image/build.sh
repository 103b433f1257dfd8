#!/bin/bash
# SPDX-License-Identifier: MIT
# Build the boot image of the service VM from Debian 12 packages.
#
#	svcvm/image/build.sh [--guest] FOLDER [PACKAGE...]
#
# leaves in FOLDER, and prints, the initramfs with the named packages beside
# those of svcvm/image/packages, and with what the build has left beside FOLDER
# (see parts.sh). With --guest it brings a guest to start. FOLDER/kernel gets
# the stock kernel: vmlinuz as Debian ships it (xz), vmlinux (its payload),
# vmlinuz-zstd (see bzimage).
#
# The packages come from where this machine's own come from. What was built once
# is kept: FOLDER/kernel, and FOLDER/base-<key> for each list of packages, a
# week after it was last asked for. Images are quickly made from them and go after
# an hour: a machine has read its image by then. Each part is made under FOLDER/new
# and renamed when it is whole.
set -eu -o pipefail

PATH=$PATH:/usr/sbin:/sbin # depmod is there
here=$(dirname "$(readlink -f "$0")")
. "$here/debian.sh"
. "$here/tree.sh"
. "$here/parts.sh"
guest=
if [ "$1" = --guest ]; then
	guest=-guest
	shift
fi
folder=$1
shift
mkdir -p "$folder"
build=$(readlink -f "$(dirname "$folder")")
folder=$(readlink -f "$folder")
kernel=$folder/kernel

# words FILE: the file without comments and blanks.
words() {
	sed -E 's/#.*//; s/[[:space:]]+//g; /^$/d' "$1"
}

say() {
	echo "image: $*" >&2
}

build_kernel() {
	local tree=$folder/new/tree out=$folder/new/kernel release modules

	say "fetching the kernel"
	debian extract linux-image-amd64 "$tree.tar" "$folder/log"
	mkdir -p "$tree" "$out"
	tar -C "$tree" -xf "$tree.tar" ./boot ./lib/modules
	release=$(basename "$tree"/lib/modules/*)
	modules=$out/modules/lib/modules/$release
	cp "$tree/boot/vmlinuz-$release" "$out/vmlinuz"
	cp "$tree/boot/config-$release" "$out/config"
	"$here/bzimage" "$out/vmlinuz" "$out/vmlinux" "$out/vmlinuz-zstd"

	mkdir -p "$modules"
	cp "$tree/lib/modules/$release"/modules.* "$modules"
	depmod -b "$tree" "$release"
	(
		cd "$tree/lib/modules/$release"
		words "$here/modules" | sed 's,^,kernel/,' |
			xargs -I{} find {} -name '*.ko' | with_dependencies |
			cpio -pdm --quiet "$modules"
	)
	depmod -b "$out/modules" "$release"
	echo "$release" >"$out/release"
	echo "$recipe" >"$out/recipe"
	rm -rf "$kernel"
	mv "$out" "$kernel"
	rm -rf "$tree" "$tree.tar"
}

# What is the same for every start from these packages: root and early modules.
build_base() {
	local packages=$1 base=$2 tree=$folder/new/base

	say "building the root from: ${packages//,/ }"
	mkdir -p "$tree/bin" "$tree/early"
	debian minbase "$packages" "$folder/new/root.tar" "$folder/log" \
		--customize-hook="copy-in $kernel/modules/lib/modules /usr/lib" \
		--customize-hook="download /bin/busybox $tree/bin/busybox" \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-include=/usr/share/doc/*/copyright' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/info/*'
	chmod 755 "$tree/bin/busybox"

	early_modules "$kernel" "$tree/early" loop squashfs overlay

	# LZ4: the emulated machine spends its time on decompression.
	mksquashfs - "$tree/root.squashfs" -tar -root-mode 755 \
		-comp lz4 -no-progress -quiet <"$folder/new/root.tar" >&2
	archive "$tree" "$folder/new/base.cpio"
	mv "$tree/bin/busybox" "$base.busybox"
	rm -rf "$folder/new/root.tar" "$tree"
	mv "$folder/new/base.cpio" "$base"
}

# The kernel unpacks archives that follow each other one over the other.
build_image() {
	local base=$1 image=$2 tree=$folder/new/files

	mkdir -p "$tree"
	add_files "$tree"
	add_built "$tree" "$build"
	if [ -n "$guest" ]; then
		add_guest "$tree" "$kernel" "$base.busybox"
	fi
	archive "$tree" "$folder/new/files.cpio"
	cat "$base" "$folder/new/files.cpio" >"$folder/new/image"
	if ! cmp -s "$folder/new/image" "$image"; then
		mv "$folder/new/image" "$image"
	fi
}

# drop_old NAMES MINUTES: what has not been asked for since, but the image that
# FOLDER/initramfs leads to.
drop_old() {
	find "$folder" -maxdepth 1 -type f -name "$1" -mmin "+$2" \
		! -name "$(readlink "$folder/initramfs")" -delete
}

exec 9>"$folder/lock"
flock 9
rm -rf "$folder/new"
mkdir "$folder/new"

# A change here makes everything anew.
recipe=$(cat "$0" "$here"/{debian.sh,tree.sh,bzimage,modules} | sha256sum)
if [ "$(cat "$kernel/recipe" 2>/dev/null)" != "$recipe" ]; then
	rm -f "$folder"/base-* "$folder"/initramfs-*
	build_kernel
fi

packages=$( (words "$here/packages"; printf '%s\n' "$@") | sed '/^$/d' |
	sort -u | paste -sd,)
key=$(echo "$packages $(cat "$kernel/release") $recipe" | sha256sum | cut -c1-16)
base=$folder/base-$key
# Two builds with one FOLDER have an image each.
mine=$(echo "$key $build" | sha256sum | cut -c1-16)
image=$folder/initramfs-$mine$guest
if [ ! -f "$base" ]; then
	build_base "$packages" "$base"
fi
build_image "$base" "$image"
if [ $# -eq 0 ] && [ -z "$guest" ]; then
	ln -sf "$(basename "$image")" "$folder/initramfs"
fi
touch "$base" "$base.busybox" "$image"
drop_old 'base-*' $((7 * 24 * 60))
drop_old 'initramfs-*' 60
rm -rf "$folder/new"
echo "$image"
