# SPDX-License-Identifier: MIT
# What the image has beside Debian's packages; sourced by build.sh. All of it is
# put together anew at each start.

# What this tree builds, under the build folder, and where it goes.
built='
svcvm/corbel-stored	usr/sbin
svcvm/corbel-consoled	usr/sbin
pv-drivers/corbel-blkback	usr/sbin
toolstack/corbel	usr/sbin
toolstack/corbeld	usr/sbin
toolstack/xl	usr/lib/corbel/bin
libctl/libcorbel.so.0	usr/lib/x86_64-linux-gnu
'

# add_files TREE: init and what it copies over Debian's files.
add_files() {
	cp "$here/init" "$1/init"
	cp -r "$here/files" "$1/files"
}

# add_built TREE FOLDER: what is in the build folder by now.
add_built() {
	local tree=$1/files folder=$2 file target

	while read -r file target; do
		if [ -n "$file" ] && [ -e "$folder/$file" ]; then
			mkdir -p "$tree/$target"
			cp -L "$folder/$file" "$tree/$target"
			strip "$tree/$target/$(basename "$file")"
		fi
	done <<<"$built"
	mkdir -p "$tree/etc/corbel/hotplug" "$tree/etc/systemd/system"
	for file in "$here"/../units/*; do
		sed 's,@PREFIX@,/usr,' "$file" \
			>"$tree/etc/systemd/system/$(basename "$file")"
	done
	cp "$here"/../hotplug/{block,vif-bridge} "$tree/etc/corbel/hotplug"
}

# guest_initramfs KERNEL BUSYBOX TREE FILE: the guest's first and only user space,
# put together in TREE.
guest_initramfs() {
	local tree=$3

	mkdir -p "$tree/bin" "$tree/etc" "$tree/modules"
	cp "$here/guest/init" "$tree/init"
	cp "$here/files/usr/lib/corbel/dhcp" "$tree/dhcp"
	cp "$2" "$tree/bin/busybox"
	early_modules "$1" "$tree/modules" xen-blkfront xen-netfront
	archive "$tree" "$4"
}

# add_guest TREE KERNEL BUSYBOX: a guest's definition with what it needs.
add_guest() {
	local target=$1/files/etc/corbel/guests

	mkdir -p "$target"
	guest_initramfs "$2" "$3" "$folder/new/guest" "$target/debian.initramfs"
	cp "$2/vmlinuz" "$target/debian.vmlinuz"
	cp "$here/guest/debian.xml" "$here/guest/start" "$target"
}
