# SPDX-License-Identifier: MIT
# What tests of our Debian packages share. They run as root on a Debian that has
# what the packages depend on, with the packages beside them.

packages="corbel-hypervisor corbel-utils libcorbel0 libcorbel-dev"
daemons="corbel-stored corbel-consoled corbel-blkback corbeld"
export DEBIAN_FRONTEND=noninteractive

# needed FILE...: names in Depends of these packages that are not our own.
needed() {
	local deb
	for deb; do
		dpkg-deb -f "$deb" Depends | tr ',' '\n'
	done | sed -E '/^$/d; s/^ *([^ ]+).*/\1/' | grep -v corbel | sort -u |
		paste -sd,
}

# What is printed is of use only when it fails.
quietly() {
	local output
	output=$("$@" 2>&1) || {
		echo "$output"
		return 1
	}
}

# All files that no program changes by itself.
files() {
	find / -xdev ! -path '/proc/*' ! -path '/var/log/*' ! -path '/tmp/*' \
		! -path '/var/lib/dpkg/*' ! -path '/var/cache/*' \
		! -path '/root/*' ! -path '/run/*' ! -path '/var/lib/systemd/*' |
		sort
}

has_files() {
	local package file
	for package in $packages; do
		while read -r file; do
			[ -e "$file" ] || [ -L "$file" ] || {
				echo "no $file of $package"
				return 1
			}
		done <<<"$(dpkg -L "$package" | grep -v '^/usr/share/doc')"
	done
}

left_nothing() {
	files | diff before -
}

try_packages() {
	files >before
	check "install" quietly dpkg -i ./*.deb
	check "their files are there" has_files
	check "units are enabled" quietly systemctl is-enabled $daemons \
		corbel-guests
	check "the command runs" corbel version
	check "remove" quietly dpkg --remove $packages
	check "purge" quietly dpkg --purge $packages
	check "nothing is left" left_nothing
}
