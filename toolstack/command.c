/* SPDX-License-Identifier: MIT */
#include "toolstack/command.h"

#include <stdio.h>
#include <string.h>

const struct command *command_find(const char *name)
{
	for (const struct command *command = commands; command->name != NULL;
	     command++) {
		if (command->run != NULL && strcmp(command->name, name) == 0) {
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
