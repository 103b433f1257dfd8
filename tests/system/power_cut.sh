# SPDX-License-Identifier: MIT
# The disks of power-cut, which are NVMe disks known by their serial numbers.

# disk_with_serial SERIAL
disk_with_serial() {
	local tries controller
	for ((tries = 0; tries < 100; tries++)); do
		for controller in /sys/class/nvme/nvme*; do
			if [ "$(tr -d ' ' <"$controller/serial")" = "$1" ]; then
				ls -d "$controller"/nvme*n1 | sed 's,.*/,/dev/,'
				return
			fi
		done
		sleep 0.1
	done
	echo "no disk $1" >&2
	return 1
}

partition_of() {
	echo "$(disk_with_serial "$1")p1"
}
