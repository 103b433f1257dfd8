/* SPDX-License-Identifier: MIT */
/* A network interface of xl.cfg: KEY=VALUE with commas between them. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libctl/xlcfg/xlcfg.h"

/* xl's, where nothing else is said. */
#define BRIDGE "xenbr0"

/* A letter's, in which rates count, and moves behind it. */
static uint64_t unit_of(const char **at)
{
	static const char letters[] = "KMG";
	const char *const letter = **at != '\0' ? strchr(letters, **at) : NULL;
	uint64_t unit = 1;

	if (letter == NULL) {
		return unit;
	}
	for (const char *p = letters; p <= letter; p++) {
		unit *= 1000;
	}
	(*at)++;
	return unit;
}

/* "10Mb/s", "1GB/s@20ms": b are bits. What is behind @ is how often the back end
 * is given its share; ours has its own way. */
static bool read_rate(const char *text, uint64_t *bytes)
{
	char *end;
	const char *at;
	uint64_t unit;

	errno = 0;
	*bytes = strtoull(text, &end, 10);
	at = end;
	unit = unit_of(&at);
	if (!isdigit((unsigned char)text[0]) || errno != 0 ||
	    *bytes > UINT32_MAX || (*at != 'b' && *at != 'B') ||
	    strncmp(at + 1, "/s", 2) != 0) {
		return false;
	}
	*bytes = *bytes * unit / (*at == 'b' ? 8 : 1);
	return at[3] == '\0' || at[3] == '@';
}

static const char *set_rate(struct xl_vif *vif, const char *text)
{
	uint64_t bytes;

	if (!read_rate(text, &bytes) || bytes == 0) {
		return "its rate is none (10Mb/s, 1GB/s)";
	}
	vif->rate_kib = (bytes + 1023) / 1024;
	return NULL;
}

static const char *set_mtu(struct xl_vif *vif, const char *text)
{
	char *end;
	const unsigned long mtu = strtoul(text, &end, 10);

	if (end == text || *end != '\0' || mtu == 0 || mtu > UINT32_MAX) {
		return "its mtu is no number";
	}
	vif->mtu = (uint32_t)mtu;
	return NULL;
}

/* The script that puts the interface on its bridge is what happens anyway. */
static bool means_nothing_new(const char *part)
{
	const char *const script = spec_value(part, "script");

	return part[0] == '\0' || strcmp(part, "type=vif") == 0 ||
	       (script != NULL &&
		(strcmp(script, "vif-bridge") == 0 ||
		 strcmp(script, "/etc/xen/scripts/vif-bridge") == 0));
}

static const char *take_part(struct arena *a, struct xl_vif *vif,
			     const char *part)
{
	const char *value;

	if ((value = spec_value(part, "bridge")) != NULL) {
		vif->bridge = value;
	} else if ((value = spec_value(part, "mac")) != NULL) {
		vif->mac = value;
	} else if ((value = spec_value(part, "vifname")) != NULL) {
		vif->name = value;
	} else if ((value = spec_value(part, "rate")) != NULL) {
		return set_rate(vif, value);
	} else if ((value = spec_value(part, "mtu")) != NULL) {
		return set_mtu(vif, value);
	} else if (!means_nothing_new(part)) {
		return spec_ignore(a, &vif->ignored, part);
	}
	return NULL;
}

const char *xl_vif_parse(struct arena *a, const char *spec, struct xl_vif *vif)
{
	const char *problem = NULL;
	const char *rest = spec;

	vif->bridge = BRIDGE;
	while (problem == NULL && rest != NULL) {
		const char *const part = spec_part(a, &rest);

		problem = part != NULL ? take_part(a, vif, part)
				       : "no memory left";
	}
	return problem;
}
