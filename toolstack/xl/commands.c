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
	{ "list",     "...", HAS(OPTION_LONG) | HAS(OPTION_VERBOSE) |
	  HAS(OPTION_CPUPOOL),
	  "list all domains, or those of these names", xl_list, true },
	{ "vm-list",  NULL, 0,
	  "list guests by their uuids", xl_vm_list, true },
	{ "info",     NULL, HAS(OPTION_NUMA),
	  "tell about this host", xl_info, true },
	{ "domid",    "GUEST", 0,
	  "print the number of a guest's domain", cmd_domid, true },
	{ "domname",  "GUEST", 0,
	  "print a guest's name", cmd_domname, true },
	{ "shutdown", "...", HAS(OPTION_WAIT) | HAS(OPTION_EVERY),
	  "ask guests to power off", xl_shutdown, true },
	{ "reboot",   "...", HAS(OPTION_WAIT) | HAS(OPTION_EVERY),
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
	{ "mem-max",  "GUEST SIZE", 0,
	  "change how much mem-set lets a guest have; MiB", cmd_mem_max,
	  true },
	{ "config-update", "...", 0,
	  "not there", xl_config_update, true },
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
	  "list or change shares of the pCPUs", xl_sched_credit, true },
	{ "sched-credit2", NULL, HAS(OPTION_DOMAIN) | HAS(OPTION_WEIGHT) |
	  HAS(OPTION_CAP),
	  "list or change shares of the pCPUs", xl_sched_credit2, true },
	{ "cpupool-list", "[POOL]", HAS(OPTION_CPUS),
	  "list the pools of pCPUs", xl_cpupool_list, true },
	{ "cpupool-create", "...", HAS(OPTION_DEFCONFIG) | HAS(OPTION_DRY_RUN),
	  "make a pool as FILE or NAME=VALUE say", xl_cpupool_create, true },
	{ "cpupool-destroy", "POOL", 0,
	  "give a pool's pCPUs back", cmd_cpupool_destroy, true },
	{ "cpupool-rename", "POOL NAME", 0,
	  "give a pool another name", cmd_cpupool_rename, true },
	{ "cpupool-cpu-add", "POOL CPUS", 0,
	  "give pCPUs to a pool", cmd_cpupool_add, true },
	{ "cpupool-cpu-remove", "POOL CPUS", 0,
	  "take pCPUs from a pool", cmd_cpupool_remove, true },
	{ "cpupool-migrate", "GUEST POOL", 0,
	  "move a guest to another pool", cmd_cpupool_migrate, true },
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
	  "have an event happen to a guest: nmi, power", xl_trigger, true },
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
