/* SPDX-License-Identifier: MIT */
/*
 * The RELAX NG schema, which is part of the library.
 *
 * The reader's tables give better messages, so the schema comes after them: it
 * keeps the two from saying different things.
 */
#include <libxml/relaxng.h>
#include <stdio.h>
#include <string.h>

#include "libctl/config/config.h"
#include "libctl/core/internal.h"

extern const char config_schema[], config_schema_end[];

__asm__(".pushsection .rodata\n"
	".global config_schema, config_schema_end\n"
	".hidden config_schema, config_schema_end\n"
	"config_schema:\n"
	".incbin \"libctl/config/domain.rng\"\n"
	"config_schema_end:\n"
	".popsection\n");

struct complaint {
	long line;
	char text[256];
};

/* The first complaint is about the innermost thing. */
static void complain(void *context, xmlError *error)
{
	struct complaint *const c = context;

	if (c->text[0] == '\0' && error->message != NULL) {
		c->line = error->line;
		snprintf(c->text, sizeof(c->text), "%.*s",
			 (int)strcspn(error->message, "\n"), error->message);
	}
}

static xmlRelaxNG *schema_read(void)
{
	xmlRelaxNGParserCtxt *const parser = xmlRelaxNGNewMemParserCtxt(
		config_schema, (int)(config_schema_end - config_schema));
	xmlRelaxNG *schema;

	if (parser == NULL) {
		return NULL;
	}
	schema = xmlRelaxNGParse(parser);
	xmlRelaxNGFreeParserCtxt(parser);
	return schema;
}

int schema_check(struct reader *r, xmlDoc *document)
{
	xmlNode *const root = xmlDocGetRootElement(document);
	struct complaint complaint = { 0 };
	xmlRelaxNG *const schema = schema_read();
	xmlRelaxNGValidCtxt *valid = NULL;
	int ret = -1;

	if (schema != NULL) {
		valid = xmlRelaxNGNewValidCtxt(schema);
	}
	if (valid == NULL) {
		ret = reader_no_memory(r, root);
		goto out;
	}
	xmlRelaxNGSetValidStructuredErrors(valid, complain, &complaint);
	if (xmlRelaxNGValidateDoc(valid, document) == 0) {
		ret = 0;
		goto out;
	}
	ret = reader_fail(r, root, CORBEL_INVALID,
			  "line %ld is not as the schema wants it: %s",
			  complaint.line, complaint.text);
out:
	xmlRelaxNGFreeValidCtxt(valid);
	xmlRelaxNGFree(schema);
	return ret;
}
