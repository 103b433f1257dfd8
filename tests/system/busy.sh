# SPDX-License-Identifier: MIT
# Guests that are busy from their first moment on: writers to a disk of each back
# end, who read again what they wrote, past the caches; a network card, whose echo is
# compared; rows on the console. Each stops at the first thing that is wrong. Goes
# with guests.sh and guest-image.sh.

busy_initramfs=/tmp/busy.initramfs
busy_disks=/var/lib/corbel
busy_address=10.9.0.254 # the service VM's
busy_writers=1 # for each disk
busy_device=   # a block device, for a third disk
busy_row='of a console that does not lose one'

write_busy_programs() {
	cat >"$1/start" <<-'END'
	#!/bin/busybox sh
	# A shell gives /dev/null to what it puts into the background.
	/bin/busybox mknod /dev/null c 1 3
	/busy/work &
	exec /init
	END
	cat >"$1/work" <<-'END'
	#!/bin/busybox sh
	# The kernel hands on what it does not know of its command line: $disks,
	# $writers, $number.
	until set -- /dev/xvd? && [ $# = $disks ]; do
		/bin/busybox sleep 1
	done
	export PATH=/busy:/usr/sbin:/usr/bin:/sbin:/bin
	dmesg -n 1
	for disk; do
		for place in $(seq $writers); do
			disk ${disk#/dev/} $((place - 1)) &
		done
	done
	network $number &
	rows &
	END
	cat >"$1/disk" <<-'END'
	#!/bin/busybox sh
	# disk NAME PLACE: 512 KiB at a time, all over its 16 MiB.
	file=/tmp/$1-$2
	round=0
	result=right
	dd if=/dev/urandom of=$file.base bs=64k count=8 2>/dev/null
	while [ ! -e /tmp/stop ] && [ $result = right ]; do
		round=$((round + 1))
		at=$((($2 * 32 + round % 32) * 8))
		{ echo $1 $2 $round; cat $file.base; } | head -c 512k >$file
		dd if=$file of=/dev/$1 bs=64k seek=$at oflag=direct 2>$file.error &&
			dd if=/dev/$1 bs=64k skip=$at count=8 iflag=direct \
				2>$file.error | cmp - $file >>$file.error 2>&1 ||
			result=wrong
	done
	echo "$1 $2: $round rounds, $result" >$file.report
	[ $result = right ] || cat $file.error >>$file.report
	END
	cat >"$1/network" <<-END
	#!/bin/busybox sh
	# network NUMBER: port 7 sends back what it gets, port 9 says when to stop. It is
	# less than sockets' buffers hold, as nc and cat both write before they read.
	round=0
	result=right
	dd if=/dev/urandom of=/tmp/payload bs=16k count=2 2>/dev/null
	until [ -n "\$(nc $busy_address 9 2>/dev/null)" ]; do
		ip link set eth0 up
		ip addr add 10.9.0.\$1/24 dev eth0
	done 2>/dev/null
	until [ "\$(nc $busy_address 9)" = stop ] || [ \$result = wrong ]; do
		round=\$((round + 1))
		{ nc $busy_address 7 </tmp/payload | cmp - /tmp/payload; } \
			2>/tmp/network.error || result=wrong
	done
	touch /tmp/stop
	echo "network: \$round rounds, \$result" >/tmp/network.report
	[ \$result = right ] || cat /tmp/network.error >>/tmp/network.report
	END
	cat >"$1/rows" <<-END
	#!/bin/busybox sh
	# As fast as the console takes them for a moment, then a pause.
	row=0
	while [ ! -e /tmp/stop ]; do
		row=\$((row + 1))
		echo "row \$row $busy_row"
		[ \$((row % 60)) != 0 ] || sleep 1
	done
	echo \$row >/tmp/rows
	END
	chmod 755 "$1"/*
}

# The image's own udhcpc would take the address away that a guest gives itself.
leave_addresses_alone() {
	printf '#!/bin/busybox true\n' >"$1/dhcp"
	chmod 755 "$1/dhcp"
}

# What the guests need of the service VM.
prepare_busy() {
	local top=/tmp/busy
	mkdir -p $top/busy $busy_disks
	write_busy_programs $top/busy
	leave_addresses_alone $top
	make_initrd $busy_initramfs $top || return
	ip link add busy0 type bridge forward_delay 0
	ip link set busy0 up
	ip addr add $busy_address/24 dev busy0
	busy_phase go
	busybox nc -ll -p 7 -e cat </dev/null >/dev/null 2>&1 &
	busybox nc -ll -p 9 -e cat /tmp/busy.phase </dev/null >/dev/null 2>&1 &
}

busy_phase() {
	echo "$1" >/tmp/busy.phase.new
	mv /tmp/busy.phase.new /tmp/busy.phase
}

# define_busy NAME NUMBER
define_busy() {
	local a b disks=2
	be "$1"
	a=$busy_disks/$1-a.img b=$busy_disks/$1-b.img
	truncate -s $((16 * busy_writers))M "$a" "$b"
	[ -z "$busy_device" ] || disks=3
	define_guest 128 1 $busy_initramfs "
$(disk_xml xvda corbel "$a")
$(disk_xml xvdb file "$b")
${busy_device:+$(disk_xml xvdc phy "$busy_device")}
<interface type='bridge'><source bridge='busy0'/></interface>" |
		sed "s,console=hvc0,& rdinit=/busy/start disks=$disks \
writers=$busy_writers number=$2," >"$definition"
}

# rows_since BYTES: the guest has written rows behind that point of its log.
rows_since() {
	log_since "$1" "^row [0-9]+ $busy_row"
}
