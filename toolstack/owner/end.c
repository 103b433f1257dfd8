/* SPDX-License-Identifier: MIT */
/*
 * A guest has stopped. Its description says what becomes of it: that is kept
 * with the guest, and for a guest that is started again in a file of its own
 * meanwhile, so that it comes back whenever we are killed in between.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "toolstack/history.h"
#include "toolstack/owner/owner.h"

/* One that crashes at once must not take all time of the machine. */
#define CRASH_PAUSE_S 2

static bool failed(const struct corbel *c, const char *name, const char *what)
{
	const struct corbel_error *const e = corbel_error(c);

	log_line("guest %s: %s: %s%s%s", name, what, e->object,
		 e->object[0] != '\0' ? ": " : "", e->text);
	return false;
}

/* The rest of a restart, when the guest is gone, or a first start. */
static bool make(struct corbel *c, struct pending *p,
		 const struct corbel_config *config)
{
	uint32_t domid;
	const bool made = corbel_create(c, config, 0, &domid) == 0;

	pending_end(p);
	if (!made) {
		return failed(c, config->name, "not started");
	}
	log_line("guest %s: started, as domain %u", config->name, domid);
	return true;
}

static bool end(struct corbel *c, const struct corbel_config *config,
		uint32_t domid)
{
	return corbel_destroy(c, domid) == 0 ||
	       failed(c, config->name, "not removed");
}

static bool restart(struct corbel *c, const struct corbel_config *config,
		    const struct corbel_info *info)
{
	struct pending p;

	if (!pending_begin(&p, config->name, config->xml)) {
		log_line("guest %s: not started again: %s: %s", config->name,
			 p.path, strerror(errno));
		return false;
	}
	if (!end(c, config, info->domid)) {
		pending_end(&p);
		return false;
	}
	if (info->state == CORBEL_STATE_CRASHED) {
		sleep(CRASH_PAUSE_S);
	}
	return make(c, &p, config);
}

static bool carry_out(struct corbel *c, const struct corbel_config *config,
		      const struct corbel_info *info)
{
	const char *const what =
		info->state == CORBEL_STATE_CRASHED ? "crashed" : "stopped";

	switch (corbel_action_of(config, info->shutdown_reason)) {
	case CORBEL_DESTROY:
		log_line("guest %s: %s, is removed", config->name, what);
		return end(c, config, info->domid);
	case CORBEL_RESTART:
		log_line("guest %s: %s, is started again", config->name, what);
		return restart(c, config, info);
	case CORBEL_PRESERVE:
		log_line("guest %s: %s, is left as it is", config->name, what);
		return true;
	}
	return true;
}

static struct corbel_config *read_config(struct corbel *c, const char *text,
					 const char *name)
{
	struct corbel_config *config;

	if (corbel_config_parse(c, "its description", text, &config) != 0) {
		failed(c, name, "is left as it is");
		return NULL;
	}
	return config;
}

/* It may have been renamed since its description was written. */
static bool take_name(struct corbel_config *config,
		      const struct corbel_info *info)
{
	char *name;

	if (info->name[0] == '\0') {
		return true;
	}
	name = strdup(info->name);
	if (name == NULL) {
		return false;
	}
	free(config->name);
	config->name = name;
	return true;
}

static bool left_alone(const struct corbel *c)
{
	log_line("%s: %s: left as it is", corbel_error(c)->object,
		 corbel_error(c)->text);
	return false;
}

/* Before it is gone. */
static void remember(const struct corbel_info *info)
{
	if (history_is_crash(info) && !history_add(info)) {
		log_line("guest %s: its crash is not noted: %s: %s", info->name,
			 history_folder, strerror(errno));
	}
}

bool end_handle(struct corbel *c, uint32_t domid)
{
	struct corbel_config *config;
	struct corbel_info info;
	char *text;
	bool done;

	if (corbel_info(c, domid, &info) != 0) {
		return left_alone(c);
	}
	remember(&info);
	if (corbel_xml(c, domid, &text) != 0) {
		return left_alone(c);
	}
	config = read_config(c, text, info.name);
	free(text);
	if (config == NULL) {
		return false;
	}
	done = take_name(config, &info) && carry_out(c, config, &info);
	corbel_config_free(config);
	return done;
}

/* What stands in a file that is at hand. */
static char *read_pending(const struct pending *p)
{
	const off_t size = lseek(p->fd, 0, SEEK_END);
	char *const text = calloc(1, size >= 0 ? (size_t)size + 1 : 1);

	if (text != NULL && size >= 0 &&
	    pread(p->fd, text, (size_t)size, 0) == size) {
		return text;
	}
	free(text);
	return NULL;
}

/* If it is there, it was not removed yet, or is made already. */
static bool resume(struct corbel *c, struct pending *p,
		   const struct corbel_config *config)
{
	uint32_t domid;

	if (corbel_find(c, config->name, &domid) == 0) {
		pending_end(p);
		return true;
	}
	if (corbel_error(c)->code != CORBEL_NOT_FOUND) {
		close(p->fd);
		return failed(c, config->name, "not started yet");
	}
	return make(c, p, config);
}

bool end_resume(struct corbel *c, const char *path)
{
	struct corbel_config *config = NULL;
	struct pending p;
	char *text;
	bool done;

	if (!pending_take(&p, path)) {
		return true;
	}
	text = read_pending(&p);
	if (text != NULL) {
		config = read_config(c, text, path);
	}
	free(text);
	if (config == NULL) {
		pending_end(&p);
		return false;
	}
	done = resume(c, &p, config);
	corbel_config_free(config);
	return done;
}
