/* SPDX-License-Identifier: MIT */
/*
 * Guests' configurations: any text is read or refused, and what is refused is
 * refused with a reason. The tables and the schema agree: a text that the
 * tables let pass is none that the schema complains of.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "libctl/config/config.h"
#include "libctl/core/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the texts name is there. */
int check_file(struct reader *r, const xmlNode *node, const char *path)
{
	if (path[0] != '/') {
		return reader_fail(r, node, CORBEL_INVALID, "no path");
	}
	return 0;
}

int check_block_device(struct reader *r, const xmlNode *node, const char *path)
{
	return check_file(r, node, path);
}

int check_bridge(struct reader *r, const xmlNode *node, const char *name)
{
	if (strlen(name) < 1 || strlen(name) > 15) {
		return reader_fail(r, node, CORBEL_INVALID, "no bridge");
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct corbel_config *const config = calloc(1, sizeof(*config));
	struct corbel c = { 0 };
	const int ret = config_parse(&c, "fuzz.xml", (const char *)data, size,
				     false, config);

	if (ret != 0 &&
	    (c.error.code == CORBEL_OK || c.error.text[0] == '\0')) {
		abort();
	}
	if (ret != 0 && strncmp(c.error.text, "line ", 5) == 0) {
		abort();
	}
	corbel_config_free(config);
	return 0;
}
