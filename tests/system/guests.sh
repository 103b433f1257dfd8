# SPDX-License-Identifier: MIT
# What tests with a guest share: the one that the image brings, see
# svcvm/image/guest.

guest=debian
definition=/etc/corbel/guests/$guest.xml
patience=1 # what times limits are multiplied by
guest_log=/var/log/corbel/console/$guest.log

# be NAME: what is said and done from here on is about that guest.
be() {
	guest=$1
	guest_log=/var/log/corbel/console/$guest.log
	definition=/tmp/$guest.xml
}

# within SECONDS COMMAND...: COMMAND succeeds before that.
within() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return
		sleep 0.2
	done
}

state_is() {
	corbel info "$guest" | grep -qxE "state +$1"
}

make_disks() {
	mkdir -p /var/lib/corbel
	truncate -s 64M /var/lib/corbel/$guest-{a,b}.img
}

free_memory() {
	corbel host --json | tr -d ' ,' | sed -n 's/.*"memory_free_kib"://p'
}

memory_is() {
	[ "$(free_memory)" = "$1" ]
}

is_listed() {
	corbel list | grep -qw "$guest"
}

is_gone() {
	! is_listed
}

# log_since BYTES REGEX: the guest's log has a match behind that point.
log_since() {
	tail -c "+$(($1 + 1))" "$guest_log" 2>/dev/null | grep -aqE "$2"
}

log_size() {
	stat -c %s "$guest_log" 2>/dev/null || echo 0
}

# guest_is_up COMMAND...: after COMMAND the guest reaches its user space.
guest_is_up() {
	local before
	before=$(log_size)
	"$@" && within $((100 * patience)) \
		log_since "$before" '^guest is up'
}

# type_line TEXT: at the guest's console, and leave it with Ctrl-].
type_line() {
	printf '%s\r\035' "$1" | timeout $((20 * patience)) \
		corbel console "$guest" >/dev/null
}

# guest_run COMMAND: run it in the guest, print what it prints, return its
# status. The line as it is typed comes back too, broken anywhere, but has no line
# that looks like one of the two marks.
guest_run() {
	local before mark=$RANDOM
	before=$(log_size)
	type_line "echo begin-\$(($mark+0)); $1; echo end-\$?-\$(($mark+0))"
	within $((60 * patience)) log_since "$before" "^end-[0-9]+-$mark" ||
		return
	tail -c "+$((before + 1))" "$guest_log" | tr -d '\r' |
		sed -n "/^begin-$mark/,/^end-[0-9]*-$mark/{//!p}"
	log_since "$before" "^end-0-$mark"
}

sum_of() {
	dd if="$1" bs=64k count=16 status=none | md5sum | cut -d' ' -f1
}

# disk_holds NAME FILE: what the guest writes to its disk is in the file.
disk_holds() {
	local sum
	sum=$(guest_run "dd if=/dev/urandom of=/dev/$1 bs=64k count=16 \
conv=fsync 2>/dev/null && dd if=/dev/$1 bs=64k count=16 2>/dev/null | md5sum")
	sum=$(grep -oE '[0-9a-f]{32}' <<<"$sum")
	echo "$1: $sum"
	[ -n "$sum" ] && [ "$sum" = "$(sum_of "$2")" ]
}

# runs_on NAME CPUS: where all vCPUs of a domain may run, and where they do if it
# is one pCPU.
runs_on() {
	corbel vcpu-list "$1" | awk -v "cpus=$2" 'NR > 1 && ($7 != cpus ||
		(cpus ~ /^[0-9]$/ && $5 == "running" && $4 != cpus)) {
		print
		wrong = 1
	} END { exit wrong }'
}

# What to look at when a check has failed.
show_guest() {
	corbel list
	tail -n 20 /var/log/corbel/*.log
	tail -n 30 "$guest_log"
	corbel dmesg | tail -n 20
	dmesg | tail -n 20
}

conclude_guests() {
	if [ $failures -gt 0 ]; then
		show_guest
	fi
	conclude
}
