/* SPDX-License-Identifier: MIT */
/*
 * A guest's pool in its description: <resource><partition>/NAME.
 */
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>

#include "libctl/config/config.h"
#include "libctl/core/internal.h"
#include "libctl/pool/pool.h"

/* What is inside `node` under that name; made, if there is none. */
static xmlNode *child(xmlNode *node, const char *name)
{
	xmlNode *const found = node != NULL ? reader_find(node, name) : NULL;

	if (node == NULL || found != NULL) {
		return found;
	}
	return xmlNewChild(node, NULL, (const xmlChar *)name, NULL);
}

static char *with_pool(xmlDoc *document, const char *pool)
{
	xmlNode *const partition = child(
		child(xmlDocGetRootElement(document), "resource"), "partition");
	char path[CORBEL_POOL_NAME + 1], *copy;
	xmlChar *text = NULL;
	int size;

	if (partition == NULL) {
		return NULL;
	}
	snprintf(path, sizeof(path), "/%s", pool);
	xmlNodeSetContent(partition, (const xmlChar *)path);
	xmlDocDumpMemory(document, &text, &size);
	copy = text != NULL ? strdup((const char *)text) : NULL;
	xmlFree(text);
	return copy;
}

char *pool_in_xml(const char *xml, const char *pool)
{
	xmlDoc *const document = xmlReadMemory(
		xml, (int)strlen(xml), NULL, NULL,
		XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	char *const text = document != NULL ? with_pool(document, pool) : NULL;

	xmlFreeDoc(document);
	return text;
}

int corbel_config_set_pool(struct corbel *c, struct corbel_config *config,
			   const char *pool)
{
	char *const copy = strdup(pool);
	char *const xml = copy != NULL ? pool_in_xml(config->xml, pool) : NULL;

	if (xml == NULL) {
		free(copy);
		return corbel_fail(c, CORBEL_NO_MEMORY, config->name,
				   "no memory left");
	}
	free(config->pool);
	free(config->xml);
	config->pool = copy;
	config->xml = xml;
	return 0;
}
