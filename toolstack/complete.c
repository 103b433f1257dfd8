/* SPDX-License-Identifier: MIT */
/*
 * What a shell may put in the place of a word: corbel --complete WORD..., where
 * the last word is the one begun. Candidates come from the table of commands and
 * from what there is on this host, one a line; FILES stands for names of files.
 * Words that do not begin alike are left to the shell.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "toolstack/command.h"

#define FILES ":files"

/* ---- candidates ---- */

/*
 * Words of commands behind `first`, which is "" or the first of two. Rows of one
 * first word follow one another.
 */
static void put_words(const char *first)
{
	const size_t skip = first[0] != '\0' ? strlen(first) + 1 : 0;
	const char *last = "";

	for (const struct command *command = commands; command->name != NULL;
	     command++) {
		const char *word;
		size_t length;

		if (command->run == NULL) { /* a heading */
			continue;
		}
		if (skip != 0 &&
		    (strncmp(command->name, first, skip - 1) != 0 ||
		     command->name[skip - 1] != ' ')) {
			continue;
		}
		word = command->name + skip;
		length = strcspn(word, " ");
		if (strncmp(word, last, length + 1) != 0) {
			printf("%.*s\n", (int)length, word);
		}
		last = word;
	}
}

static void put_commands(struct corbel *c, const char *none)
{
	(void)c;
	(void)none;
	put_words("");
}

static void put_second_words(struct corbel *c, const char *first)
{
	(void)c;
	put_words(first);
}

static void put_files(struct corbel *c, const char *guest)
{
	(void)c;
	(void)guest;
	puts(FILES);
}

static void put_events(struct corbel *c, const char *guest)
{
	(void)c;
	(void)guest;
	puts("nmi");
}

static bool is_listed(const struct corbel_info *list, size_t count,
		      const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i].name, name) == 0) {
			return true;
		}
	}
	return false;
}

/* Those that run, and then those that are defined only. */
static void put_guests(struct corbel *c, const char *guest)
{
	struct corbel_definition *defined = NULL;
	struct corbel_info *list = NULL;
	size_t count = 0, defined_count = 0;

	(void)guest;
	(void)corbel_list(c, &list, &count);
	for (size_t i = 0; i < count; i++) {
		if (list[i].domid != 0 && list[i].name[0] != '\0') {
			puts(list[i].name);
		}
	}
	(void)corbel_definitions(c, &defined, &defined_count);
	for (size_t i = 0; i < defined_count; i++) {
		if (!is_listed(list, count, defined[i].name)) {
			puts(defined[i].name);
		}
	}
	free(defined);
	free(list);
}

static bool is_disk(const struct corbel_device *d)
{
	return d->kind == CORBEL_DEVICE_DISK && !d->cdrom;
}

static bool is_drive(const struct corbel_device *d)
{
	return d->kind == CORBEL_DEVICE_DISK && d->cdrom;
}

static bool is_nic(const struct corbel_device *d)
{
	return d->kind == CORBEL_DEVICE_NIC;
}

static void put_devices(struct corbel *c, const char *guest,
			bool (*wanted)(const struct corbel_device *d))
{
	struct corbel_device *list;
	uint32_t domid;
	size_t count;

	if (corbel_find(c, guest, &domid) != 0 ||
	    corbel_devices(c, domid, &list, &count) != 0) {
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (wanted(&list[i])) {
			puts(list[i].name);
		}
		if (wanted(&list[i]) && is_nic(&list[i])) {
			printf("%u\n", list[i].number);
		}
	}
	free(list);
}

static void put_disks(struct corbel *c, const char *guest)
{
	put_devices(c, guest, is_disk);
}

static void put_drives(struct corbel *c, const char *guest)
{
	put_devices(c, guest, is_drive);
}

static void put_nics(struct corbel *c, const char *guest)
{
	put_devices(c, guest, is_nic);
}

static void put_vcpus(struct corbel *c, const char *guest)
{
	struct corbel_info info;
	uint32_t domid;

	if (corbel_find(c, guest, &domid) != 0 ||
	    corbel_info(c, domid, &info) != 0) {
		return;
	}
	puts("all");
	for (unsigned int i = 0; i < info.vcpus; i++) {
		printf("%u\n", i);
	}
}

static void put_pools(struct corbel *c, const char *first)
{
	struct corbel_pool *list = NULL;
	size_t count = 0;

	(void)first;
	(void)corbel_pools(c, &list, &count);
	for (size_t i = 0; i < count; i++) {
		puts(list[i].name);
	}
	free(list);
}

static void put_bridges(struct corbel *c, const char *guest)
{
	DIR *const folder = opendir("/sys/class/net");
	const struct dirent *entry;
	char path[512];

	(void)c;
	(void)guest;
	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		snprintf(path, sizeof(path), "/sys/class/net/%s/bridge",
			 entry->d_name);
		if (access(path, F_OK) == 0) {
			puts(entry->d_name);
		}
	}
	if (folder != NULL) {
		closedir(folder);
	}
}

/* ---- operands ---- */

/* What a row's operands are called, and who knows what there is. */
static const struct operand {
	const char *name;
	/* `first` is the command line's first operand. */
	void (*put)(struct corbel *c, const char *first);
} operand_kinds[] = {
	{ "BRIDGE", put_bridges },    { "COMMAND", put_commands },
	{ "DISK", put_disks },        { "DRIVE", put_drives },
	{ "EVENT", put_events },      { "FILE", put_files },
	{ "GUEST", put_guests },      { "NUMBER|MAC", put_nics },
	{ "POOL", put_pools },        { "VCPU", put_vcpus },
	{ "WORD", put_second_words },
};

/* The name of the operand at place `index`, without brackets. */
static void operand_name(const char *operands, size_t index, char *name,
			 size_t size)
{
	const char *at = operands != NULL ? operands : "";

	for (; index > 0 && at[0] != '\0'; index--) {
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	at += strspn(at, "[");
	snprintf(name, size, "%.*s", (int)strcspn(at, " ]"), at);
}

static void complete_operand(const struct command *command, int argc,
			     char **argv)
{
	struct corbel *c = NULL;
	struct arguments a;
	char name[32];
	size_t index = 0;

	options_skip(command, argc, argv, &a);
	while (index < OPERANDS_MAX && a.operand[index] != NULL) {
		index++;
	}
	operand_name(command->operands, index, name, sizeof(name));
	/* Where there is no host, defined guests are found all the same. */
	(void)corbel_open(&c);
	for (size_t i = 0; i < sizeof(operand_kinds) / sizeof(operand_kinds[0]);
	     i++) {
		if (strcmp(operand_kinds[i].name, name) == 0) {
			operand_kinds[i].put(c, a.operand[0]);
		}
	}
	corbel_close(c);
}

int complete(int argc, char **argv)
{
	const char *const last = argc > 0 ? argv[argc - 1] : "";
	const struct command *command;
	int words = 0;

	if (argc <= 1) {
		put_words("");
		return EXIT_OK;
	}
	argv[argc - 1] = NULL;
	command = command_of((const char *const *)argv, &words);
	if (command == NULL) {
		put_words(argv[0]);
	} else if (last[0] == '-') {
		options_list(command);
	} else {
		complete_operand(command, argc - words, argv + words - 1);
	}
	return EXIT_OK;
}
