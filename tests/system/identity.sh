# SPDX-License-Identifier: MIT
# Checks of what the kernel says about its machine.

says() {
	dmesg | grep -qE "$1"
}

is_service_vm() {
	says 'Hypervisor detected: Xen' &&
		says 'Booting kernel on Xen PVH' &&
		[ "$(cat /sys/hypervisor/type)" = xen ] &&
		grep -q control_d /proc/xen/capabilities
}

has_cpus() {
	[ "$(nproc)" = "$1" ]
}

# memory_above PERCENT SIZE: the kernel has that much of the machine's memory.
# What it keeps for itself is not in MemTotal.
memory_above() {
	local total
	total=$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo)
	echo "MemTotal $total KiB of $2"
	[ $((total * 100)) -ge $((${2%G} * 1024 * 1024 * $1)) ]
}

# A kernel that found something wrong with its machine says so.
is_calm() {
	local words='BUG:|WARNING:|Call Trace:|Oops|\bstall|lockup|timed? ?out'
	words+='|nobody cared|firmware bug|DMAR: .*fault|IO_PAGE_FAULT'
	! dmesg | grep -E "$words"
}

# Without an IOMMU devices cannot reach what other domains share.
copies_for_devices() {
	if [ "${iommu:-none}" = none ]; then
		says 'software IO TLB' &&
			grep -qw swiotlb=force /proc/cmdline
	else
		! grep swiotlb /proc/cmdline
	fi
}

check_identity() {
	if [ "$system" != bare ]; then
		check "PVH on Xen's interface, privileged" is_service_vm
	fi
	if [ "$system" = corbel ]; then
		check "copies for devices without an IOMMU" copies_for_devices
	fi
	check "$cpus processors" has_cpus "$cpus"
	check "memory" memory_above 85 "$memory"
	lspci
	check "PCI devices" eval '[ "$(lspci | wc -l)" -ge 4 ]'
}
