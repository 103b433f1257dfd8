/* SPDX-License-Identifier: MIT */
/*
 * xl.cfg: any text is converted or refused, and what is refused is refused with
 * a reason. What comes out is good XML.
 */
#include <libxml/parser.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "libctl/core/internal.h"
#include "libctl/xlcfg/xlcfg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_xml(const char *xml)
{
	xmlDoc *const document = xmlReadMemory(
		xml, (int)strlen(xml), NULL, NULL,
		XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);

	if (document == NULL) {
		abort();
	}
	xmlFreeDoc(document);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A name that it needs; what is missing besides is said at the end. */
	static const char head[] = "name='a'\ntype='pvh'\nmemory=1\n"
				   "kernel='/k'\n";
	char *const text = calloc(1, sizeof(head) + size);
	struct corbel_conversion out;
	struct corbel c = { 0 };

	memcpy(text, head, sizeof(head) - 1);
	memcpy(text + sizeof(head) - 1, data, size);
	if (convert_text(&c, "fuzz.cfg", text, NULL, &out) == 0) {
		check_xml(out.xml);
		corbel_conversion_free(&out);
	} else if (c.error.code == CORBEL_OK || c.error.text[0] == '\0') {
		abort();
	}
	free(text);
	return 0;
}
