/* SPDX-License-Identifier: MIT */
/*
 * corbel events: what corbeld tells while we listen.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "toolstack/command.h"
#include "toolstack/record.h"

#define SOCKET_PATH "/run/corbel/corbeld.sock"

/* With HTTP 1.0 what comes behind the header is not cut in chunks. */
static const char request[] = "GET /v1/events HTTP/1.0\r\n\r\n";

static FILE *ask(void)
{
	const struct sockaddr_un address = { AF_UNIX, SOCKET_PATH };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FILE *stream;

	if (fd < 0) {
		return NULL;
	}
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) !=
		    0 ||
	    write(fd, request, sizeof(request) - 1) < 0) {
		close(fd);
		return NULL;
	}
	stream = fdopen(fd, "r");
	if (stream == NULL) {
		close(fd);
	}
	return stream;
}

/* Leaves the stream behind the header. */
static bool is_accepted(FILE *stream, char **line, size_t *size)
{
	if (getline(line, size, stream) < 0 || strstr(*line, " 200 ") == NULL) {
		return false;
	}
	while (getline(line, size, stream) > 0) {
		if (strcmp(*line, "\r\n") == 0) {
			return true;
		}
	}
	return false;
}

static void print_text(const char *line)
{
	struct record *const event = record_parse(line);

	if (event == NULL) {
		return; /* none of corbeld's */
	}
	printf("%-20s  %-10s %5s  %-24s %s%s%s\n", record_text(event, "time"),
	       record_text(event, "event"), record_text(event, "id"),
	       record_text(event, "name"), record_text(event, "reason"),
	       record_text(event, "disk"), record_text(event, "nic"));
	record_free(event);
}

static int print_all(FILE *stream, bool json)
{
	char *line = NULL;
	size_t size = 0;
	int ret = EXIT_OK;

	if (!is_accepted(stream, &line, &size)) {
		ret = report_text(SOCKET_PATH, "no answer that we understand");
	}
	while (ret == EXIT_OK && getline(&line, &size, stream) > 0) {
		if (json) {
			fputs(line, stdout);
		} else {
			print_text(line);
		}
		/* Whoever reads this wants it now. */
		if (fflush(stdout) != 0) {
			ret = report_errno("output", "write");
		}
	}
	free(line);
	return ret;
}

int cmd_events(struct corbel *c, const struct arguments *a)
{
	FILE *const stream = ask();
	int ret;

	(void)c;
	if (stream == NULL) {
		return report_errno(SOCKET_PATH,
				    "no connection (is corbeld running?)");
	}
	ret = print_all(stream, a->given[OPTION_JSON]);
	fclose(stream);
	return ret == EXIT_OK ? report_text(SOCKET_PATH, "corbeld has ended")
			      : ret;
}
