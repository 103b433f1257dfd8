# SPDX-License-Identifier: MIT
# What calls xl: Pacemaker's agent, and Ganeti's driver. Debian's own of both, with
# the `xl` of this tree before Debian's.

agent=/usr/lib/ocf/resource.d/heartbeat/Xen

# agent ACTION: as Pacemaker calls it, for the guest of $guest_cfg.
agent() {
	OCF_ROOT=/usr/lib/ocf OCF_RESOURCE_INSTANCE=$guest \
		OCF_RESKEY_xmfile=$guest_cfg OCF_RESKEY_name=$guest \
		OCF_RESKEY_shutdown_timeout=${patience}00 \
		OCF_RESKEY_CRM_meta_interval=10000 \
		"$agent" "$1"
}

# Pacemaker's words for it: 7 is "not running".
agent_says() {
	local status=0
	agent monitor >/tmp/agent.out 2>&1 || status=$?
	[ $status = "$1" ] || {
		cat /tmp/agent.out
		return 1
	}
}

# ganeti EXPRESSION: of Python, with `xen`, its driver; fails when it is false.
ganeti() {
	python3 - "$1" <<-'PYTHON'
	import sys
	sys.path.insert(0, "/usr/share/ganeti/3.0")
	from ganeti.hypervisor import hv_xen
	xen = hv_xen.XenPvmHypervisor(_cmd="xl")
	listed = {row[0]: row for row in xen._GetInstanceList(True, None)}
	node = xen.GetNodeInfo()
	if not eval(sys.argv[1].replace("\n", " ")):
	    print(listed, node)
	    sys.exit(1)
	PYTHON
}

silently() {
	"$@" >/dev/null 2>&1
}

# Debian's script for xendomains reads `xen list -l`, and finds it by PATH.
init_list() {
	mkdir -p /tmp/as-xen
	ln -sf /usr/lib/corbel/bin/xl /tmp/as-xen/xen
	PATH=/tmp/as-xen:$PATH /usr/lib/xen-common/bin/xen-init-list
}

pools() {
	check "xl cpupool-list" shows "^Pool-0 * 2 * credit2 * y * 2$" \
		xl cpupool-list
	check "Debian's cpupool-list" shows "^Pool-0 * 2 * credit2 * y * 2$" \
		"$xl" cpupool-list
	check "xl cpupool-create" quietly \
		xl cpupool-create 'name="batch"' 'cpus="1"'
	check "xl cpupool-list -c" shows "^batch *1$" xl cpupool-list -c
	check "xl cpupool-migrate" xl cpupool-migrate "$guest" batch
	check "xl list -c" shows "^$guest .* batch$" xl list -c
	check "xl vcpu-list: in it" shows "^$guest .* 1 / all" xl vcpu-list
	check "xl cpupool-destroy: not with a guest" \
		not xl cpupool-destroy batch
	check "xl cpupool-rename" xl cpupool-rename batch night
	check "xl cpupool-migrate: back" xl cpupool-migrate "$guest" Pool-0
	check "xl cpupool-cpu-add" not xl cpupool-cpu-add night 0
	check "xl cpupool-destroy" xl cpupool-destroy night
}

callers() {
	PATH=/usr/lib/corbel/bin:$PATH
	guest_cfg=/tmp/$guest.cfg
	check "xl is ours" [ "$(type -P xl)" = /usr/lib/corbel/bin/xl ]
	check "corbel convert" shows "<name>$guest</name>" \
		corbel convert "$guest_cfg"
	check "agent: not running" agent_says 7
	check "agent: starts it" guest_is_up quietly agent start
	check "agent: running" agent_says 0
	check "agent: starts it once" quietly agent start
	check "Ganeti: the guest" ganeti "'$guest' in xen.ListInstances() and
		hv_xen._InstanceRunning(listed['$guest']) and
		listed['$guest'][1] > 0 and listed['$guest'][2] == 256 and
		listed['$guest'][3] == 1 and
		xen.GetInstanceInfo('$guest')[0] == '$guest'"
	check "Ganeti: the host" ganeti "node['cpu_dom0'] == $cpus and
		node['cpu_total'] == $cpus and node['cpu_nodes'] == 1 and
		0 < node['memory_free'] < node['memory_total']"
	check "Ganeti: balloons it" quietly xl mem-set "$guest" 200
	check "Ganeti: sees it smaller" within 60 silently ganeti \
		"195 < listed['$guest'][2] < 205"

	check "xl vcpu-list" shows "^$guest .* all / all" xl vcpu-list
	check "xl uptime" shows "^$guest .* 0:[0-5][0-9]:" xl uptime
	check "xl info" shows "^xen_version *: 4.17" xl info
	check "xl block-list" shows "^51712 .* 4 " xl block-list "$guest"
	check "xl network-list" shows "^0 .* 4 " xl network-list "$guest"
	check "xl sched-credit2" shows "^$guest .* 300 " eval \
		"xl sched-credit2 -d $guest -w 300 &&
		 xl sched-credit2 -d $guest"
	check "xl block-attach" xl block-attach "$guest" \
		"file:/tmp/more.img,xvdc,w"
	check "xl block-list: both" shows "^51744 " xl block-list "$guest"
	check "xl block-detach" within 30 xl block-detach "$guest" xvdc
	check "xl rename" xl rename "$guest" other
	check "xl list: by the other name" quietly xl list other
	check "xl rename: back" xl rename other "$guest"
	check "xl list -l" shows "^[0-9]* $guest$" init_list
	check "xl list -v" shows "^$guest .*-.* - " xl list -v
	check "xl vm-list" shows "^[0-9a-f-]*  [0-9]*    $guest " xl vm-list
	check "xl mem-max" xl mem-max "$guest" 256
	check "xl info -n" shows "^cpu:    core    socket     node" xl info -n
	check "xl config-update is refused" not xl config-update "$guest"
	pools
	check "xl migrate is refused" not xl migrate "$guest" host
	check "xl list: one that is not there" not xl list nobody

	check "agent: stops it" quietly agent stop
	check "agent: stopped" agent_says 7
	check "agent: stops nothing" quietly agent stop
}
