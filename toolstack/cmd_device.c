/* SPDX-License-Identifier: MIT */
/*
 * corbel disk-list, disk-attach, disk-detach, cdrom-insert, cdrom-eject, nic-list,
 * nic-attach, nic-detach.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "toolstack/command.h"
#include "toolstack/json.h"

#define DETACH_SECONDS 10

/* ---- lists ---- */

static bool is_empty(const struct corbel_device *d)
{
	return d->cdrom && d->source[0] == '\0';
}

static const char *format_name(const struct corbel_device *d)
{
	return d->format == CORBEL_FORMAT_QCOW2 ? "qcow2" : "raw";
}

static const char *mode_name(const struct corbel_device *d)
{
	if (d->cdrom) {
		return "cd";
	}
	return d->readonly ? "ro" : "rw";
}

static void put_disk(const struct corbel_device *d, const char *state)
{
	if (is_empty(d)) {
		printf("%-6s %-10s %-6s %-4s %-6s %s\n", d->name, "empty", "-",
		       mode_name(d), "-", "-");
		return;
	}
	printf("%-6s %-10s %-6s %-4s %-6s %s\n", d->name, state,
	       d->user ? "user" : "kernel", mode_name(d), format_name(d),
	       d->source);
}

static void put_row(const struct corbel_device *d)
{
	const char *const state = d->connected ? "connected" : "waiting";

	if (d->kind == CORBEL_DEVICE_DISK) {
		put_disk(d, state);
	} else {
		printf("%6u %-10s %-17s %s\n", d->number, state, d->name,
		       d->source);
	}
}

static void put_json(struct json *j, const struct corbel_device *d)
{
	json_object(j, NULL);
	if (d->kind == CORBEL_DEVICE_DISK) {
		json_text(j, "target", d->name);
		json_text(j, "device", d->cdrom ? "cdrom" : "disk");
		json_text(j, "source", d->source);
		json_text(j, "format", format_name(d));
		json_text(j, "backend", d->user ? "user" : "kernel");
		json_bool(j, "readonly", d->readonly);
	} else {
		json_number(j, "number", d->number);
		json_text(j, "mac", d->name);
		json_text(j, "bridge", d->source);
	}
	json_bool(j, "connected", d->connected);
	json_object_end(j);
}

static void print_rows(enum corbel_device_kind kind,
		       const struct corbel_device *list, size_t count)
{
	if (kind == CORBEL_DEVICE_DISK) {
		printf("%-6s %-10s %-6s %-4s %-6s %s\n", "TARGET", "STATE",
		       "BACK", "MODE", "FORMAT", "SOURCE");
	} else {
		printf("%6s %-10s %-17s %s\n", "NUMBER", "STATE", "MAC",
		       "BRIDGE");
	}
	for (size_t i = 0; i < count; i++) {
		if (list[i].kind == kind) {
			put_row(&list[i]);
		}
	}
}

static int print_json(enum corbel_device_kind kind,
		      const struct corbel_device *list, size_t count)
{
	struct json *const j = json_start();

	if (j == NULL) {
		return report_errno("output", "JSON");
	}
	json_list(j, NULL);
	for (size_t i = 0; i < count; i++) {
		if (list[i].kind == kind) {
			put_json(j, &list[i]);
		}
	}
	json_list_end(j);
	return json_print(j);
}

static int list_kind(struct corbel *c, const struct arguments *a,
		     enum corbel_device_kind kind)
{
	struct corbel_device *list;
	uint32_t domid;
	size_t count;
	int ret = EXIT_OK;

	if (corbel_find(c, a->operand[0], &domid) != 0 ||
	    corbel_devices(c, domid, &list, &count) != 0) {
		return report_failure(c);
	}
	if (a->given[OPTION_JSON]) {
		ret = print_json(kind, list, count);
	} else {
		print_rows(kind, list, count);
	}
	free(list);
	return ret;
}

int cmd_disk_list(struct corbel *c, const struct arguments *a)
{
	return list_kind(c, a, CORBEL_DEVICE_DISK);
}

int cmd_nic_list(struct corbel *c, const struct arguments *a)
{
	return list_kind(c, a, CORBEL_DEVICE_NIC);
}

/* ---- disks ---- */

static unsigned int seconds_of(const struct arguments *a)
{
	return a->given[OPTION_TIMEOUT]
		       ? (unsigned int)a->number[OPTION_TIMEOUT]
		       : DETACH_SECONDS;
}

static int read_format(const struct arguments *a,
		       enum corbel_disk_format *format)
{
	const char *const text = a->text[OPTION_FORMAT];

	*format = CORBEL_FORMAT_RAW;
	if (!a->given[OPTION_FORMAT] || strcmp(text, "raw") == 0) {
		return EXIT_OK;
	}
	*format = CORBEL_FORMAT_QCOW2;
	if (strcmp(text, "qcow2") == 0) {
		return EXIT_OK;
	}
	return report_usage("--format", "raw and qcow2 are known");
}

int cmd_disk_attach(struct corbel *c, const struct arguments *a)
{
	enum corbel_disk_format format;
	uint32_t domid;
	int ret = EXIT_OK;

	if (read_format(a, &format) != EXIT_OK) {
		return EXIT_USAGE;
	}
	signals_hold();
	if (corbel_find(c, a->operand[0], &domid) != 0 ||
	    corbel_disk_attach(c, domid, a->operand[1], a->operand[2], format,
			       a->given[OPTION_READONLY]) != 0) {
		ret = report_failure(c);
	}
	signals_release();
	return ret;
}

/* The guest is asked to let go of what the second operand names. */
static int take(struct corbel *c, const struct arguments *a,
		int (*call)(struct corbel *c, uint32_t domid, const char *name,
			    unsigned int seconds))
{
	uint32_t domid;

	if (corbel_find(c, a->operand[0], &domid) != 0 ||
	    call(c, domid, a->operand[1], seconds_of(a)) != 0) {
		return report_failure(c);
	}
	return EXIT_OK;
}

int cmd_disk_detach(struct corbel *c, const struct arguments *a)
{
	return take(c, a, corbel_disk_detach);
}

int cmd_cdrom_insert(struct corbel *c, const struct arguments *a)
{
	uint32_t domid;
	int ret = EXIT_OK;

	signals_hold();
	if (corbel_find(c, a->operand[0], &domid) != 0 ||
	    corbel_cdrom_insert(c, domid, a->operand[1], a->operand[2],
				seconds_of(a)) != 0) {
		ret = report_failure(c);
	}
	signals_release();
	return ret;
}

int cmd_cdrom_eject(struct corbel *c, const struct arguments *a)
{
	return take(c, a, corbel_cdrom_eject);
}

/* ---- network interfaces ---- */

int cmd_nic_attach(struct corbel *c, const struct arguments *a)
{
	unsigned int number;
	uint32_t domid;
	int ret;

	signals_hold();
	if (corbel_find(c, a->operand[0], &domid) != 0 ||
	    corbel_nic_attach(c, domid, a->operand[1], a->operand[2],
			      &number) != 0) {
		ret = report_failure(c);
	} else {
		printf("interface %u\n", number);
		ret = EXIT_OK;
	}
	signals_release();
	return ret;
}

/* By its number, or by its MAC. */
static int find_nic(struct corbel *c, uint32_t domid, const char *name,
		    unsigned int *number)
{
	struct corbel_device *list;
	uint64_t asked;
	size_t count;
	int ret = -1;

	if (options_number(name, UINT16_MAX, &asked)) {
		*number = (unsigned int)asked;
		return 0;
	}
	if (corbel_devices(c, domid, &list, &count) != 0) {
		report_failure(c);
		return -1;
	}
	for (size_t i = 0; i < count && ret != 0; i++) {
		if (list[i].kind == CORBEL_DEVICE_NIC &&
		    strcasecmp(list[i].name, name) == 0) {
			*number = list[i].number;
			ret = 0;
		}
	}
	free(list);
	if (ret != 0) {
		fprintf(stderr,
			"%s: interface %s: the guest has none with "
			"this number or MAC\n",
			PROGRAM, name);
	}
	return ret;
}

int cmd_nic_detach(struct corbel *c, const struct arguments *a)
{
	unsigned int number;
	uint32_t domid;

	if (corbel_find(c, a->operand[0], &domid) != 0) {
		return report_failure(c);
	}
	if (find_nic(c, domid, a->operand[1], &number) != 0) {
		return EXIT_FAILED;
	}
	return corbel_nic_detach(c, domid, number, seconds_of(a)) == 0
		       ? EXIT_OK
		       : report_failure(c);
}
