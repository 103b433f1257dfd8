/* SPDX-License-Identifier: MIT */
/*
 * The table of subcommands.
 */
#include "toolstack/command.h"

#include <string.h>

/* clang-format off */
const struct command commands[] = {
	{ "create",   "FILE", HAS(OPTION_PAUSED) | HAS(OPTION_CONSOLE),
	  "make a guest from its XML file and start it", cmd_create, true },
	{ "list",     NULL, HAS(OPTION_JSON),
	  "list the domains", cmd_list, true },
	{ "info",     "GUEST", HAS(OPTION_JSON),
	  "tell more about one guest", cmd_info, true },
	{ "console",  "GUEST", 0,
	  "attach to a guest's console; Ctrl-] leaves it", cmd_console, true },
	{ "pause",    "GUEST", 0,
	  "stop a guest's vCPUs", cmd_pause, true },
	{ "unpause",  "GUEST", 0,
	  "let them go on", cmd_unpause, true },
	{ "shutdown", "GUEST", HAS(OPTION_WAIT),
	  "ask a guest to power off", cmd_shutdown, true },
	{ "reboot",   "GUEST", HAS(OPTION_WAIT),
	  "ask a guest to reboot", cmd_reboot, true },
	{ "destroy",  "GUEST", 0,
	  "end a guest at once and remove what belongs to it", cmd_destroy,
	  true },
	{ "dmesg",    NULL, HAS(OPTION_CLEAR),
	  "print the hypervisor's log", cmd_dmesg, true },
	{ "host",     NULL, HAS(OPTION_JSON),
	  "tell about this host", cmd_host, true },
	{ "version",  NULL, HAS(OPTION_JSON),
	  "print the versions of this tool and of the hypervisor",
	  cmd_version, false },
	{ "help",     "[COMMAND]", 0,
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
