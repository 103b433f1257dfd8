#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs in the service VM, on Corbel and on the peer: the same guests with the
# same work. Prints `time NAME MICROSECONDS`, `kib NAME KIB` and what load prints.
# A tick of the clock is an instruction or, while nobody works, waiting.
set -u

cd "$(dirname "$0")" || exit
guests=/tmp/guests
memory=256 # MiB
disk=32    # MiB
kernel=$guests/vmlinux
initramfs=$guests/initramfs
bridge=bench0
requests=800
rounds=400
mib=64

. "./toolstack-$(cat system)"

die() {
	echo "bench: $*" >&2
	tail -n 20 "$log_folder"/* /var/log/xen/*.log
	exit 1
}

now() {
	echo "${EPOCHREALTIME/./}"
}

# What all processes have, shared pages divided among them.
processes_kib() {
	cat /proc/[0-9]*/smaps_rollup 2>/dev/null |
		awk '/^Pss:/ { sum += $2 } END { print sum }'
}

up() {
	./load wait "$(log_of "$1")" "$2" 60 || die "$1: no '$2'"
}

# timed NAME COMMAND...
timed() {
	local name=$1 start
	shift
	start=$(now)
	"$@" || die "$name"
	echo "time $name $(($(now) - start))"
}

# create_and_wait WHAT GUEST: both times count from the same moment.
create_and_wait() {
	local start
	start=$(now)
	create "$2" || die "create $2"
	echo "time $1-returns $(($(now) - start))"
	up "$2" "guest is up"
	echo "time $1-user-space $(($(now) - start))"
}

prepare() {
	mkdir -p "$guests"
	mv vmlinux "$guests"
	cat /etc/corbel/guests/debian.initramfs overlay.cpio >"$initramfs"
	modprobe -a xen-blkback xen-netback &&
		modprobe brd rd_nr=3 rd_size=$((disk * 1024)) || die "modules"
	for n in 0 1 2; do
		dd if=/dev/zero of=/dev/ram$n bs=1M count=$disk status=none \
			oflag=direct
	done
	ip link add "$bridge" type bridge forward_delay 0
	ip link set "$bridge" up
	ip addr add 10.77.0.1/24 dev "$bridge"
	./load serve &
	server=$!
	trap 'kill $server' EXIT
}

# One guest without devices. The first is not measured: programs come from the
# compressed root then.
plain() {
	local free processes

	define warm ""
	create warm || die "create warm"
	up warm "guest is up"
	destroy warm || die "destroy warm"
	sleep 2
	define plain ""
	free=$(free_kib)
	processes=$(processes_kib)
	create_and_wait plain plain
	up plain "guest is done"
	echo "kib hypervisor $((free - $(free_kib) - memory * 1024))"
	echo "kib service-vm $(($(processes_kib) - processes))"
	timed plain-destroyed destroy plain
}

# disk_work DEVICE PREFIX: words for the command line.
disk_work() {
	local name kind size count depth rest

	while read -r name kind size count depth rest; do
		printf ' bench=disk,%s%s,/dev/%s,%s,%s,%s,%s%s' "$2" "$name" \
			"$1" "$kind" "$size" "$count" "$depth" \
			"${rest:+,$rest}"
	done <<-END
		read-4k read 4096 $requests 1 random
		write-4k write 4096 $requests 1 random
		read-4k-16 read 4096 $requests 16 random
		write-4k-16 write 4096 $requests 16 random
		read-1m read 1048576 $mib 1
		write-1m write 1048576 $mib 1
	END
}

# network_work ADDRESS PREFIX
network_work() {
	printf ' bench=request,%srequest,%s,%s' "$2" "$1" $rounds
	printf ' bench=stream,%ssend,%s,%s,send' "$2" "$1" $mib
	printf ' bench=stream,%sreceive,%s,%s,receive' "$2" "$1" $mib
}

busy() {
	define server " bench=wait_for,/sys/class/net/eth0 \
bench=address,10.77.0.2 bench=serve" ram1 1
	create_and_wait devices server
	define client " bench=wait_for,/sys/class/net/eth0 \
bench=address,10.77.0.3 bench=wait_for,/dev/xvda$(disk_work xvda disk-)$(
		network_work 10.77.0.1 net-)$(
		network_work 10.77.0.2 guests-)$(
		[ -z "$own" ] || disk_work xvdb own-)" ram0 3 ${own:+ram2}
	create client || die "create client"
	up client "guest is done"
	tr -d '\r' <"$(log_of client)" | grep '^work'
	timed devices-destroyed destroy client
	destroy server
}

prepare
plain
busy
