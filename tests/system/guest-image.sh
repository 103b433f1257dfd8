# SPDX-License-Identifier: MIT
# Guests made for one test: programs of the service VM inside, and disks of the
# test's choice. Goes with guests.sh.

guest_files=/etc/corbel/guests

# with_libraries PROGRAM...: the files that they need to run.
with_libraries() {
	local program
	for program in ${@:+$(type -P "$@")}; do
		echo "$program"
		ldd "$program" | grep -oE '/[^ ]+'
	done | sort -u
}

# make_initrd FILE FOLDER [PROGRAM...]: the image's guest, and in it the programs
# and what is in the folder.
make_initrd() {
	local file=$1 folder=$2
	shift 2
	with_libraries "$@" | xargs -r cp -L --parents -t "$folder" || return
	(cd "$folder" && find . | cpio -o -H newc 2>/dev/null) |
		cat "$guest_files/debian.initramfs" - >"$file"
}

# disk_xml TARGET DRIVER SOURCE [readonly]: one disk of a definition. What kind
# it is follows from the source.
disk_xml() {
	local kind=file key=file
	if [ -b "$3" ]; then
		kind=block key=dev
	fi
	echo "<disk type='$kind'><driver name='$2'/><source $key='$3'/>"
	echo "<target dev='$1' bus='xen'/>${4:+<$4/>}</disk>"
}

# define_guest MIB VCPUS INITRD DISKS: the definition on stdout.
define_guest() {
	cat <<END
<domain type='xen'>
  <name>$guest</name>
  <memory unit='MiB'>$1</memory>
  <vcpu>$2</vcpu>
  <os>
    <type>xenpvh</type>
    <kernel>$guest_files/debian.vmlinuz</kernel>
    <initrd>$3</initrd>
    <cmdline>console=hvc0</cmdline>
  </os>
  <devices>
$4
  </devices>
</domain>
END
}
