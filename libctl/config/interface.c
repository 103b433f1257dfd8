/* SPDX-License-Identifier: MIT */
/*
 * <interface>: a guest's network card, and its back end in the service VM.
 */
#include <stdlib.h>
#include <string.h>

#include "libctl/config/config.h"

/* What Linux' front and back ends take (68 is IPv4's least). */
#define MTU_MIN 68
#define MTU_MAX 65517

static int read_mac(struct reader *r, xmlNode *node, struct corbel_nic *nic)
{
	char *const text = reader_attribute(node, "address");
	int ret = 0;

	if (text == NULL) {
		return reader_no_memory(r, node);
	}
	if (!value_mac(text, nic->mac)) {
		ret = reader_fail(r, node, CORBEL_INVALID,
				  "<mac>: '%.60s' is no address "
				  "(00:16:3e:xx:xx:xx)",
				  text);
	} else if ((nic->mac[0] & 1) != 0) {
		ret = reader_fail(r, node, CORBEL_INVALID,
				  "<mac>: '%s' is a group's address, not one "
				  "interface's",
				  text);
	}
	free(text);
	return ret;
}

static int read_source(struct reader *r, xmlNode *node, struct corbel_nic *nic)
{
	nic->bridge = reader_attribute(node, "bridge");
	if (nic->bridge == NULL) {
		return reader_no_memory(r, node);
	}
	return check_bridge(r, node, nic->bridge);
}

/* libvirt writes such names into what it saves of a running guest. */
static bool is_given_by_itself(const char *name)
{
	return strncmp(name, "vif", 3) == 0 || strncmp(name, "vnet", 4) == 0;
}

static bool is_taken(const struct corbel_config *config, const char *name)
{
	for (size_t i = 0; i < config->nic_count; i++) {
		if (config->nics[i].target != NULL &&
		    strcmp(config->nics[i].target, name) == 0) {
			return true;
		}
	}
	return false;
}

/* Takes `name` over. */
static int set_target(struct reader *r, xmlNode *node, struct corbel_nic *nic,
		      char *name)
{
	int ret = 0;

	if (is_given_by_itself(name)) {
		ret = reader_warn(r, node,
				  "ignored: names with vif or vnet in front "
				  "are new at each start");
	} else if (!value_interface(name)) {
		ret = reader_fail(r, node, CORBEL_INVALID,
				  "<target>: '%.60s' cannot be the name of an "
				  "interface",
				  name);
	} else if (is_taken(r->config, name)) {
		ret = reader_fail(r, node, CORBEL_INVALID,
				  "<target>: '%s' is there a second time",
				  name);
	} else {
		nic->target = name;
		return 0;
	}
	free(name);
	return ret;
}

static int read_target(struct reader *r, xmlNode *node, struct corbel_nic *nic)
{
	char *const name = reader_attribute(node, "dev");

	return name != NULL ? set_target(r, node, nic, name)
			    : reader_no_memory(r, node);
}

/* A number from `min` to `max`. */
static int read_number(struct reader *r, xmlNode *node, const char *attribute,
		       uint32_t min, uint32_t max, uint32_t *number)
{
	char *const text = reader_attribute(node, attribute);
	uint64_t value;
	int ret = 0;

	if (text == NULL) {
		return reader_no_memory(r, node);
	}
	if (!value_number(text, &value) || value < min || value > max) {
		ret = reader_fail(r, node, CORBEL_INVALID,
				  "<%s>: %s '%.60s' is not possible (%u to %u)",
				  (const char *)node->name, attribute, text,
				  min, max);
	} else {
		*number = (uint32_t)value;
	}
	free(text);
	return ret;
}

static int read_mtu(struct reader *r, xmlNode *node, struct corbel_nic *nic)
{
	return read_number(r, node, "size", MTU_MIN, MTU_MAX, &nic->mtu);
}

static int read_bandwidth(struct reader *r, xmlNode *node,
			  struct corbel_nic *nic)
{
	return read_number(r, reader_find(node, "outbound"), "average", 1,
			   UINT32_MAX, &nic->rate_kib);
}

static int read_model(struct reader *r, xmlNode *node, struct corbel_nic *nic)
{
	char *const type = reader_attribute(node, "type");
	int ret = 0;

	(void)nic;
	if (type == NULL) {
		return reader_no_memory(r, node);
	}
	if (strcmp(type, "netfront") != 0 && !r->config->hvm) {
		ret = reader_warn(r, node,
				  "ignored: a PVH guest has no other card "
				  "than netfront's");
	}
	free(type);
	return ret;
}

static struct corbel_nic *add_nic(struct corbel_config *config)
{
	struct corbel_nic *const nics =
		realloc(config->nics, (config->nic_count + 1) * sizeof(*nics));

	if (nics == NULL) {
		return NULL;
	}
	config->nics = nics;
	nics[config->nic_count] = (struct corbel_nic){ 0 };
	return &nics[config->nic_count++];
}

/* What is not said stays 0: the address comes from the guest's name, which may
 * be read later, the MTU from the bridge. */
int interface_read(struct reader *r, xmlNode *node)
{
	static const struct {
		const char *name;
		int (*read)(struct reader *r, xmlNode *node,
			    struct corbel_nic *nic);
	} parts[] = {
		{ "mac", read_mac },     { "target", read_target },
		{ "mtu", read_mtu },     { "bandwidth", read_bandwidth },
		{ "model", read_model }, { "source", read_source },
	};
	struct corbel_nic *const nic = add_nic(r->config);

	if (nic == NULL) {
		return reader_no_memory(r, node);
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		xmlNode *const part = reader_find(node, parts[i].name);

		if (part != NULL && parts[i].read(r, part, nic) != 0) {
			return -1;
		}
	}
	return 0;
}

/* clang-format off */
const struct attribute interface_attributes[] = {
	{ .name = "type", .values = "bridge", .required = true },
	{ .name = NULL },
};

static const struct attribute source_attributes[] = {
	{ .name = "bridge", .required = true },
	{ .name = NULL },
};

static const struct attribute mac_attributes[] = {
	{ .name = "address", .required = true },
	{ .name = NULL },
};

static const struct attribute target_attributes[] = {
	{ .name = "dev", .required = true },
	{ .name = NULL },
};

static const struct attribute mtu_attributes[] = {
	{ .name = "size", .required = true },
	{ .name = NULL },
};

static const struct attribute model_attributes[] = {
	{ .name = "type", .required = true },
	{ .name = NULL },
};

static const struct attribute rate_attributes[] = {
	{ .name = "average", .required = true },
	{ .name = NULL },
};

static const struct element bandwidth_elements[] = {
	{ .name = "outbound", .rules = ELEMENT_ONCE | ELEMENT_REQUIRED,
	  .attributes = rate_attributes },
	{ .name = NULL },
};

const struct element interface_elements[] = {
	{ .name = "source", .rules = ELEMENT_ONCE | ELEMENT_REQUIRED,
	  .attributes = source_attributes },
	{ .name = "mac", .rules = ELEMENT_ONCE, .attributes = mac_attributes },
	{ .name = "target", .rules = ELEMENT_ONCE,
	  .attributes = target_attributes },
	{ .name = "mtu", .rules = ELEMENT_ONCE, .attributes = mtu_attributes },
	{ .name = "bandwidth", .rules = ELEMENT_ONCE,
	  .inside = bandwidth_elements },
	{ .name = "model", .rules = ELEMENT_ONCE,
	  .attributes = model_attributes },
	{ .name = NULL },
};
/* clang-format on */
