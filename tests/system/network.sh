# SPDX-License-Identifier: MIT
# Checks of network cards: the gateways of QEMU's user networks answer.

ping_many() {
	ping -q -f -c 200 -w 60 -I "$1" "$2"
}

# check_network: the cards are on 10.0.2.0/24, 10.0.3.0/24 and so on; which of
# them got which name is up to the kernel.
check_network() {
	local kind number=2 name
	for kind in $nic; do
		name=$(ip -o -4 addr show to "10.0.$number.0/24" |
			awk '{ print $2 }')
		check "$kind has an address" test -n "$name"
		if [ -n "$name" ]; then
			check "ping through $kind" moves_msi \
				"/sys/class/net/$name/device" msix \
				ping_many "$name" "10.0.$number.2"
		fi
		number=$((number + 1))
	done
}
