/* SPDX-License-Identifier: MIT */
/*
 * The table of xl's subcommands.
 */
#include <stdio.h>

#include "toolstack/xl/xl.h"

static int no_migration(struct corbel *c, const struct arguments *a)
{
	(void)c;
	(void)a;
	fprintf(stderr, "xl: guests cannot be saved or migrated yet\n");
	return EXIT_FAILED;
}

/* clang-format off */
const struct command commands[] = {
	{ "create",   "FILE ...", HAS(OPTION_PAUSED) | HAS(OPTION_CONSOLE) |
	  HAS(OPTION_QUIET) | HAS(OPTION_DRY_RUN),
	  "make a guest from FILE, with NAME=VALUE instead of what it says",
	  xl_create, true },
	{ "list",     "...", 0,
	  "list all domains, or those of these names", xl_list, true },
	{ "info",     NULL, 0,
	  "tell about this host", xl_info, true },
	{ "domid",    "GUEST", 0,
	  "print the number of a guest's domain", cmd_domid, true },
	{ "domname",  "GUEST", 0,
	  "print a guest's name", cmd_domname, true },
	{ "shutdown", "...", HAS(OPTION_WAIT),
	  "ask guests to power off", xl_shutdown, true },
	{ "reboot",   "...", HAS(OPTION_WAIT),
	  "ask guests to reboot", xl_reboot, true },
	{ "destroy",  "GUEST", 0,
	  "end a guest at once", cmd_destroy, true },
	{ "pause",    "GUEST", 0,
	  "stop a guest's vCPUs", cmd_pause, true },
	{ "unpause",  "GUEST", 0,
	  "let them go on", cmd_unpause, true },
	{ "console",  "GUEST", 0,
	  "attach to a guest's console; Ctrl-] leaves it", cmd_console, true },
	{ "rename",   "GUEST NAME", 0,
	  "give a guest another name", cmd_rename, true },
	{ "mem-set",  "GUEST SIZE", 0,
	  "change how much memory a guest uses; MiB", cmd_mem_set, true },
	{ "vcpu-list", "...", 0,
	  "list vCPUs and where they run", xl_vcpu_list, true },
	{ "uptime",   "...", 0,
	  "tell how long domains have run", xl_uptime, true },
	{ "vcpu-pin", "GUEST VCPU CPUS", 0,
	  "say on which pCPUs a vCPU runs", cmd_vcpu_pin, true },
	{ "vcpu-set", "GUEST COUNT", 0,
	  "change how many vCPUs a guest uses", cmd_vcpu_set, true },
	{ "sched-credit", NULL, HAS(OPTION_DOMAIN) | HAS(OPTION_WEIGHT) |
	  HAS(OPTION_CAP),
	  "list or change shares of the pCPUs", xl_sched, true },
	{ "sched-credit2", NULL, HAS(OPTION_DOMAIN) | HAS(OPTION_WEIGHT) |
	  HAS(OPTION_CAP),
	  "list or change shares of the pCPUs", xl_sched, true },
	{ "block-list", "...", 0,
	  "list guests' disks", xl_block_list, true },
	{ "block-attach", "GUEST ...", 0,
	  "give a running guest another disk", xl_block_attach, true },
	{ "block-detach", "GUEST TARGET", HAS(OPTION_TIMEOUT),
	  "take a disk from a running guest", cmd_disk_detach, true },
	{ "cd-insert", "GUEST DRIVE FILE", HAS(OPTION_TIMEOUT),
	  "put a medium into a CD-ROM drive", cmd_cdrom_insert, true },
	{ "cd-eject", "GUEST DRIVE", HAS(OPTION_TIMEOUT),
	  "take the medium out of a CD-ROM drive", cmd_cdrom_eject, true },
	{ "network-list", "...", 0,
	  "list guests' network interfaces", xl_network_list, true },
	{ "network-attach", "GUEST ...", 0,
	  "give a running guest another network interface",
	  xl_network_attach, true },
	{ "network-detach", "GUEST NUMBER|MAC", HAS(OPTION_TIMEOUT),
	  "take a network interface from a running guest", cmd_nic_detach,
	  true },
	{ "sysrq",    "GUEST KEY", 0,
	  "send a key of Linux's magic SysRq", cmd_sysrq, true },
	{ "trigger",  "GUEST EVENT [VCPU]", 0,
	  "have an event happen to a guest: nmi", cmd_trigger, true },
	{ "dump-core", "GUEST FILE", HAS(OPTION_LIVE) | HAS(OPTION_CRASH),
	  "write a guest's memory to a core file", cmd_dump, true },
	{ "top",      NULL, HAS(OPTION_BATCH) | HAS(OPTION_DELAY) |
	  HAS(OPTION_TIMES),
	  "show what the domains do; q ends it", cmd_top, true },
	{ "dmesg",    NULL, HAS(OPTION_CLEAR),
	  "print the hypervisor's log", cmd_dmesg, true },
	{ "debug-keys", "KEYS", 0,
	  "press keys of the hypervisor's console", cmd_debug_keys, true },
	{ "migrate",  "...", 0,
	  "not there yet", no_migration, false },
	{ "save",     "...", 0,
	  "not there yet", no_migration, false },
	{ "restore",  "...", 0,
	  "not there yet", no_migration, false },
	{ "help",     "[COMMAND]", 0,
	  "print this list, or the help text of a command", cmd_help, false },
	{ NULL, NULL, 0, NULL, NULL, false },
};

/* clang-format on */
