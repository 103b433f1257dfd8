/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "libctl/build/build.h"
#include "libctl/build/start.h"

static int read_kernel(struct build *b)
{
	const char *path = b->config->kernel;
	struct report why = { "" };
	char object[128];

	if (image_read_kernel(b->c, path, &b->kernel) != 0) {
		return -1;
	}
	if (layout_take_kernel(&b->layout, &b->kernel.layout, &why) != 0) {
		snprintf(object, sizeof(object), "kernel %s", path);
		return corbel_fail(b->c, CORBEL_INVALID, object, "%s",
				   why.text);
	}
	return 0;
}

static int read_initrd(struct build *b)
{
	const char *path = b->config->initrd;
	struct report why = { "" };
	char object[128];

	if (path == NULL) {
		return 0;
	}
	snprintf(object, sizeof(object), "initrd %s", path);
	if (image_open_file(b->c, object, path, &b->initrd) != 0) {
		return -1;
	}
	if (b->initrd.bytes.size == 0) {
		return corbel_fail(b->c, CORBEL_INVALID, object,
				   "the file is empty");
	}
	if (layout_take(&b->layout, b->initrd.bytes.size, PLACE_LIMIT,
			&b->initrd_at, &why) != 0) {
		return corbel_fail(b->c, CORBEL_INVALID, object, "%s",
				   why.text);
	}
	return 0;
}

static int place_start_info(struct build *b)
{
	const struct start_inputs in = {
		.layout = &b->layout,
		.cmdline = b->config->cmdline,
	};
	struct report why = { "" };

	if (layout_take(&b->layout, start_size(&in), LAYOUT_START_LIMIT,
			&b->start_at, &why) != 0) {
		return corbel_fail(b->c, CORBEL_INVALID, b->object,
				   "start info: %s", why.text);
	}
	return 0;
}

/* The start info before the initrd, which may take all room below its limit. */
int files_read(struct build *b)
{
	layout_init(&b->layout, config_start_kib(b->config));
	if (read_kernel(b) != 0 || place_start_info(b) != 0) {
		return -1;
	}
	return read_initrd(b);
}

void files_free(struct build *b)
{
	image_free(&b->kernel);
	image_close_file(&b->initrd);
}
