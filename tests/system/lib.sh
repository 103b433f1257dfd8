# SPDX-License-Identifier: MIT
# What the scripts of the whole-machine tests share. They run inside the service
# VM, with this file and `settings` (what is known of the machine) beside them.

. ./settings

# The hypervisor's options can give the service VM another size.
if [[ ${options:-} =~ svcvm_vcpus=([0-9]+) ]]; then
	cpus=${BASH_REMATCH[1]}
fi
if [[ ${options:-} =~ svcvm_mem=([0-9]+G) ]]; then
	memory=${BASH_REMATCH[1]}
fi

failures=0

# check WHAT COMMAND...: count a failure when COMMAND fails.
check() {
	local what=$1
	shift
	if "$@"; then
		echo "ok: $what"
	else
		echo "failed: $what"
		failures=$((failures + 1))
	fi
}

# End the script with its verdict.
conclude() {
	exit $((failures > 0))
}

# wait_for PATH: drivers find their devices in the background.
wait_for() {
	local tries
	for ((tries = 0; tries < 100; tries++)); do
		if [ -e "$1" ]; then
			return 0
		fi
		sleep 0.1
	done
	echo "no $1" >&2
	return 1
}

# pci_device PATH: folder in sysfs of the PCI device that PATH belongs to.
pci_device() {
	local path
	path=$(readlink -f "$1")
	while [ "$path" != / ] && [ ! -e "$path/msi_bus" -o ! -e "$path/irq" ]; do
		path=$(dirname "$path")
	done
	echo "$path"
}

# msi_count PCI-FOLDER msi|msix: how many such interrupts came so far. Fails
# when the device has none set up.
msi_count() {
	local irqs
	irqs=$(cd "$1/msi_irqs" && grep -lx "$2" * | paste -sd'|') || return
	[ -n "$irqs" ] || return
	awk -v irqs="^($irqs):\$" '
		NR == 1 { cpus = NF; next }
		$1 ~ irqs { for (i = 2; i <= cpus + 1; i++) sum += $i }
		END { print sum + 0 }' /proc/interrupts
}

# moves_msi PATH msi|msix COMMAND...: COMMAND succeeds, and interrupts of that
# kind come from the device meanwhile.
moves_msi() {
	local device before after kind=$2
	device=$(pci_device "$1")
	shift 2
	before=$(msi_count "$device" "$kind") || return
	"$@" || return
	after=$(msi_count "$device" "$kind")
	echo "$(basename "$device") $kind interrupts: $before, then $after"
	[ "$after" -gt "$before" ]
}
