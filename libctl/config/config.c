/* SPDX-License-Identifier: MIT */
/*
 * A guest's configuration from its file.
 */
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libctl/config/config.h"
#include "libctl/core/internal.h"

static void config_clear(struct corbel_config *config)
{
	for (size_t i = 0; i < config->disk_count; i++) {
		free(config->disks[i].target);
		free(config->disks[i].source);
	}
	for (size_t i = 0; i < config->nic_count; i++) {
		free(config->nics[i].bridge);
		free(config->nics[i].target);
	}
	free(config->pins);
	free(config->disks);
	free(config->nics);
	free(config->name);
	free(config->pool);
	free(config->kernel);
	free(config->initrd);
	free(config->cmdline);
	free(config->xml);
	free(config->warnings);
}

void corbel_config_free(struct corbel_config *config)
{
	if (config != NULL) {
		config_clear(config);
		free(config);
	}
}

static int parse_failed(struct corbel *c, const char *path,
			xmlParserCtxt *parser)
{
	const xmlError *const error = xmlCtxtGetLastError(parser);
	char object[sizeof(c->error.object)];

	if (error == NULL || error->message == NULL) {
		return corbel_fail(c, CORBEL_INVALID, path, "no XML");
	}
	snprintf(object, sizeof(object), "%.100s:%d", path, error->line);
	return corbel_fail(c, CORBEL_INVALID, object, "no good XML: %.*s",
			   (int)strcspn(error->message, "\n"), error->message);
}

/* Which kind of guest it is decides about other elements, wherever they are. */
static bool is_hvm(const xmlNode *root)
{
	const xmlNode *const os = reader_find(root, "os");
	const xmlNode *const type = os != NULL ? reader_find(os, "type") : NULL;
	char *const text = type != NULL ? reader_text(type) : NULL;
	const bool hvm = text != NULL && strcmp(text, "hvm") == 0;

	free(text);
	return hvm;
}

static int read_document(struct reader *r, xmlDoc *document)
{
	xmlNode *const root = xmlDocGetRootElement(document);

	if (document->intSubset != NULL) {
		return reader_fail(r, root, CORBEL_INVALID,
				   "a DOCTYPE is not accepted");
	}
	if (strcmp((const char *)root->name, config_elements[0].name) != 0 ||
	    root->ns != NULL) {
		return reader_fail(r, root, CORBEL_INVALID,
				   "<%.60s> is not known here (domain)",
				   (const char *)root->name);
	}
	r->config->hvm = is_hvm(root);
	if (reader_element(r, root, &config_elements[0]) != 0) {
		return -1;
	}
	return schema_check(r, document);
}

/* With what the reader has added to it: the guest can be made again from this and
 * is the same one. */
static int keep_document(struct reader *r, xmlDoc *document)
{
	xmlChar *text = NULL;
	int size;

	xmlDocDumpMemory(document, &text, &size);
	r->config->xml = text != NULL ? strdup((const char *)text) : NULL;
	xmlFree(text);
	return r->config->xml != NULL
		       ? 0
		       : reader_no_memory(r, xmlDocGetRootElement(document));
}

int config_parse(struct corbel *c, const char *path, const char *text,
		 size_t size, bool elsewhere, struct corbel_config *config)
{
	struct reader r = {
		.c = c,
		.path = path,
		.elsewhere = elsewhere,
		.config = config,
	};
	xmlParserCtxt *const parser = xmlNewParserCtxt();
	xmlDoc *document;
	int ret;

	if (parser == NULL) {
		return corbel_fail(c, CORBEL_NO_MEMORY, path, "no memory left");
	}
	document = xmlCtxtReadMemory(parser, text, (int)size, NULL, NULL,
				     XML_PARSE_NONET | XML_PARSE_NOERROR |
					     XML_PARSE_NOWARNING);
	ret = document != NULL ? read_document(&r, document)
			       : parse_failed(c, path, parser);
	if (ret == 0) {
		ret = keep_document(&r, document);
	}
	xmlFreeDoc(document);
	xmlFreeParserCtxt(parser);
	return ret;
}

static struct corbel_config *config_new(void)
{
	struct corbel_config *const config = calloc(1, sizeof(*config));

	if (config != NULL) {
		config->vcpus = 1;
		config->on_poweroff = CORBEL_DESTROY;
		config->on_reboot = CORBEL_RESTART;
		config->on_crash = CORBEL_DESTROY;
	}
	return config;
}

static int parse_new(struct corbel *c, const char *name, const char *text,
		     bool elsewhere, struct corbel_config **out)
{
	struct corbel_config *const config = config_new();

	if (config == NULL) {
		return corbel_fail(c, CORBEL_NO_MEMORY, name, "no memory left");
	}
	if (config_parse(c, name, text, strlen(text), elsewhere, config) != 0) {
		corbel_config_free(config);
		return -1;
	}
	*out = config;
	return 0;
}

int corbel_config_parse(struct corbel *c, const char *name, const char *text,
			struct corbel_config **out)
{
	return parse_new(c, name, text, true, out);
}

int config_read(struct corbel *c, const char *path, bool elsewhere,
		struct corbel_config **out)
{
	size_t size;
	char *const text = file_read_text(c, path, &size);
	int ret;

	if (text == NULL) {
		return -1;
	}
	ret = strlen(text) == size ? parse_new(c, path, text, elsewhere, out)
				   : corbel_fail(c, CORBEL_INVALID, path,
						 "no XML: it has a zero byte");
	free(text);
	return ret;
}

int corbel_config_read(struct corbel *c, const char *path,
		       struct corbel_config **out)
{
	return config_read(c, path, false, out);
}
