/* SPDX-License-Identifier: MIT */
/*
 * The table of subcommands.
 */
#include "toolstack/command.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
const struct command commands[] = {
	{ "create",   "FILE", HAS(OPTION_PAUSED) | HAS(OPTION_CONSOLE),
	  "make a guest from its XML file and start it", cmd_create, true },
	{ "convert",  "FILE", 0,
	  "print a guest of Xen's xl, FILE, as domain XML", cmd_convert,
	  false },
	{ "start",    "GUEST", HAS(OPTION_PAUSED) | HAS(OPTION_CONSOLE),
	  "start a defined guest", cmd_start, true },
	{ "autostart", "GUEST", HAS(OPTION_DISABLE),
	  "start a defined guest whenever the machine starts", cmd_autostart,
	  false },
	{ "xml define", "FILE", 0,
	  "keep a guest's description, to start it by its name",
	  cmd_xml_define, false },
	{ "xml dumpxml", "GUEST", 0,
	  "print a guest's description", cmd_xml_dumpxml, false },
	{ "xml edit", "GUEST", 0,
	  "change the description of a defined guest", cmd_xml_edit, false },
	{ "xml undefine", "GUEST", 0,
	  "forget the description of a guest", cmd_xml_undefine, false },
	{ "xml list", NULL, HAS(OPTION_JSON),
	  "list the defined guests", cmd_xml_list, true },
	{ "list",     NULL, HAS(OPTION_JSON) | HAS(OPTION_ALL),
	  "list the domains", cmd_list, true },
	{ "info",     "GUEST", HAS(OPTION_JSON) | HAS(OPTION_XML),
	  "tell more about one guest", cmd_info, true },
	{ "events",   NULL, HAS(OPTION_JSON),
	  "tell what happens to guests, until Ctrl-C", cmd_events, false },
	{ "history",  "[GUEST]", HAS(OPTION_JSON),
	  "list crashes of guests; of one, with its console", cmd_history,
	  false },
	{ "console",  "GUEST", 0,
	  "attach to a guest's console; Ctrl-] leaves it", cmd_console, true },
	{ "pause",    "GUEST", 0,
	  "stop a guest's vCPUs", cmd_pause, true },
	{ "unpause",  "GUEST", 0,
	  "let them go on", cmd_unpause, true },
	{ "shutdown", "GUEST", HAS(OPTION_WAIT),
	  "ask a guest to power off", cmd_shutdown, true },
	{ "suspend",  "GUEST", HAS(OPTION_TIMEOUT),
	  "have a guest suspend itself; it stays in memory", cmd_suspend, true },
	{ "resume",   "GUEST", 0,
	  "let a suspended guest go on", cmd_resume, true },
	{ "reboot",   "GUEST", HAS(OPTION_WAIT),
	  "ask a guest to reboot", cmd_reboot, true },
	{ "destroy",  "GUEST", 0,
	  "end a guest at once and remove what belongs to it", cmd_destroy,
	  true },
	{ "rename",   "GUEST NAME", 0,
	  "give a guest another name", cmd_rename, true },
	{ "mem-set",  "GUEST SIZE", 0,
	  "change how much memory a guest uses; 512M, 2G", cmd_mem_set, true },
	{ "mem-max",  "GUEST SIZE", 0,
	  "change how much mem-set lets a guest have", cmd_mem_max, true },
	{ "sysrq",    "GUEST KEY", 0,
	  "send a key of Linux's magic SysRq", cmd_sysrq, true },
	{ "disk-list", "GUEST", HAS(OPTION_JSON),
	  "list a guest's disks", cmd_disk_list, true },
	{ "disk-attach", "GUEST FILE TARGET", HAS(OPTION_READONLY),
	  "give a running guest another disk", cmd_disk_attach, true },
	{ "disk-detach", "GUEST DISK", HAS(OPTION_TIMEOUT),
	  "take a disk from a running guest", cmd_disk_detach, true },
	{ "nic-list", "GUEST", HAS(OPTION_JSON),
	  "list a guest's network interfaces", cmd_nic_list, true },
	{ "nic-attach", "GUEST BRIDGE [MAC]", 0,
	  "give a running guest another network interface", cmd_nic_attach,
	  true },
	{ "nic-detach", "GUEST NUMBER|MAC", HAS(OPTION_TIMEOUT),
	  "take a network interface from a running guest", cmd_nic_detach,
	  true },
	{ "vcpu-list", "[GUEST]", HAS(OPTION_JSON),
	  "list vCPUs and where they run", cmd_vcpu_list, true },
	{ "vcpu-pin", "GUEST VCPU CPUS", 0,
	  "say on which pCPUs a vCPU runs; all vCPUs, 0,2-5", cmd_vcpu_pin,
	  true },
	{ "vcpu-set", "GUEST COUNT", 0,
	  "change how many vCPUs a guest uses", cmd_vcpu_set, true },
	{ "sched",    "GUEST", HAS(OPTION_WEIGHT) | HAS(OPTION_CAP) |
	  HAS(OPTION_NO_CAP) | HAS(OPTION_JSON),
	  "print or change a guest's share of the pCPUs", cmd_sched, true },
	{ "top",      NULL, HAS(OPTION_BATCH) | HAS(OPTION_DELAY) |
	  HAS(OPTION_TIMES),
	  "show what the domains do; q ends it", cmd_top, true },
	{ "dump",     "GUEST FILE", HAS(OPTION_LIVE) | HAS(OPTION_CRASH),
	  "write a guest's memory to a core file for gdb or crash", cmd_dump,
	  true },
	{ "trigger",  "GUEST EVENT [VCPU]", 0,
	  "have an event happen to a guest: nmi", cmd_trigger, true },
	{ "domid",    "GUEST", 0,
	  "print the number of a guest's domain", cmd_domid, true },
	{ "domname",  "GUEST", 0,
	  "print a guest's name", cmd_domname, true },
	{ "dmesg",    NULL, HAS(OPTION_CLEAR),
	  "print the hypervisor's log", cmd_dmesg, true },
	{ "debug-keys", "KEYS", 0,
	  "press keys of the hypervisor's console; see dmesg", cmd_debug_keys,
	  true },
	{ "host",     NULL, HAS(OPTION_JSON),
	  "tell about this host", cmd_host, true },
	{ "version",  NULL, HAS(OPTION_JSON),
	  "print the versions of this tool and of the hypervisor",
	  cmd_version, false },
	{ "help",     "[COMMAND] [WORD]", 0,
	  "print this list, or the help text of a command", cmd_help, false },
	{ NULL, NULL, 0, NULL, NULL, false },
};

/* clang-format on */

const struct command *command_find(const char *name)
{
	for (const struct command *command = commands; command->name != NULL;
	     command++) {
		if (strcmp(command->name, name) == 0) {
			return command;
		}
	}
	return NULL;
}

const struct command *command_of(const char *const *words, int *count)
{
	const struct command *command = command_find(words[0]);
	char name[64];

	*count = 1;
	if (command == NULL && words[1] != NULL) {
		snprintf(name, sizeof(name), "%s %s", words[0], words[1]);
		command = command_find(name);
		*count = 2;
	}
	return command;
}
