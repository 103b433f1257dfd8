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

# add_guest TREE KERNEL BUSYBOX: a guest's definition with what it needs.
add_guest() {
	local kernel=$2 target=$1/files/etc/corbel/guests root=$folder/new/guest

	mkdir -p "$target" "$root/bin" "$root/etc" "$root/modules"
	cp "$here/guest/init" "$root/init"
	cp "$here/files/usr/lib/corbel/dhcp" "$root/dhcp"
	cp "$3" "$root/bin/busybox"
	early_modules "$kernel" "$root/modules" xen-blkfront xen-netfront
	archive "$root" "$target/debian.initramfs"
	cp "$kernel/vmlinuz" "$target/debian.vmlinuz"
	cp "$here/guest/debian.xml" "$here/guest/start" "$target"
}
