# SPDX-License-Identifier: MIT
# Checks of disks: what was written past the page cache is there after a reset.

file_mib=16

block_of() {
	case $1 in
	nvme) echo nvme0n1 ;;
	ahci) echo sda ;;
	virtio) echo vda ;;
	esac
}

# AHCI has MSI and no MSI-X.
msi_of() {
	[ "$1" = ahci ] && echo msi || echo msix
}

# The mark is made last, when all disks are written.
is_second_pass() {
	local first
	first=$(block_of "${disk%% *}")
	wait_for "/dev/$first" && mkdir -p /mnt &&
		mount "/dev/$first" /mnt 2>/dev/null || return
	[ -e /mnt/written ]
	local result=$?
	umount /mnt
	return $result
}

fill() {
	dd if=/dev/urandom of=/mnt/data bs=64k count=$((file_mib * 16)) \
		iflag=fullblock oflag=direct status=none
}

write_disk() {
	local block
	block=$(block_of "$1")
	wait_for "/dev/$block" && mkfs.ext4 -q "/dev/$block" && mkdir -p /mnt &&
		mount "/dev/$block" /mnt || return
	moves_msi "/sys/class/block/$block" "$(msi_of "$1")" fill
	local result=$?
	(cd /mnt && sha256sum data >sum)
	umount /mnt
	return $result
}

mark_written() {
	mount "/dev/$(block_of "${disk%% *}")" /mnt
	touch /mnt/written
	umount /mnt
}

read_disk() {
	local block
	block=$(block_of "$1")
	wait_for "/dev/$block" && mount -o ro "/dev/$block" /mnt || return
	(cd /mnt && sha256sum --quiet -c sum)
	local result=$?
	umount /mnt
	return $result
}
