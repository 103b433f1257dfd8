/* SPDX-License-Identifier: MIT */
/*
 * A disk of xl.cfg: TARGET, FORMAT, VDEV, ACCESS by place or by name, or with
 * one of the prefixes of old times, behind which there is no FORMAT.
 */
#include <string.h>

#include "libctl/xlcfg/xlcfg.h"

struct disk_scan {
	struct arena *arena;
	struct xl_disk *disk;
	bool prefixed;
	bool has_access;
};

static const char no_memory[] = "no memory left";

static const char *set_access(struct xl_disk *disk, const char *text)
{
	disk->readonly = strcmp(text, "r") == 0 || strcmp(text, "ro") == 0;
	return disk->readonly || strcmp(text, "w") == 0 ||
			       strcmp(text, "rw") == 0 || text[0] == '\0'
		       ? NULL
		       : "its access is none of r, ro, w, rw";
}

static const char *set_kind(struct xl_disk *disk, const char *text)
{
	disk->cdrom = strcmp(text, "cdrom") == 0;
	return disk->cdrom || strcmp(text, "disk") == 0
		       ? NULL
		       : "its devtype is none of disk, cdrom";
}

static const char *set_format(struct xl_disk *disk, const char *text)
{
	static const char *const formats[] = { "raw", "qcow",  "qcow2",
					       "vhd", "empty", "qed" };

	disk->format = text[0] != '\0' ? text : "raw";
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(formats[i], disk->format) == 0) {
			return NULL;
		}
	}
	return "its format is not known (raw, qcow2, ...)";
}

/* "hdc:cdrom" */
static const char *set_vdev(struct disk_scan *s, char *text)
{
	char *const colon = strrchr(text, ':');

	s->disk->vdev = text;
	if (colon == NULL) {
		return NULL;
	}
	*colon = '\0';
	return set_kind(s->disk, colon + 1);
}

/* By place. A part without a target, "xvdb:cdrom", is an empty drive. */
static const char *set_next(struct disk_scan *s, char *text)
{
	struct xl_disk *const disk = s->disk;

	if (disk->target == NULL) {
		disk->target = text;
		return NULL;
	}
	if (disk->format == NULL && !s->prefixed) {
		if (disk->target[0] == '\0' && strchr(text, ':') != NULL) {
			disk->format = "empty";
			return set_vdev(s, text);
		}
		return set_format(disk, text);
	}
	if (disk->vdev == NULL) {
		return set_vdev(s, text);
	}
	if (!s->has_access) {
		s->has_access = true;
		return set_access(disk, text);
	}
	return "too many parts";
}

/* Sets what the part names; false if it names nothing. */
static bool set_named(struct xl_disk *disk, const char *part,
		      const char **problem)
{
	const char *value;

	if ((value = spec_value(part, "format")) != NULL) {
		*problem = set_format(disk, value);
	} else if ((value = spec_value(part, "access")) != NULL) {
		*problem = set_access(disk, value);
	} else if ((value = spec_value(part, "devtype")) != NULL) {
		*problem = set_kind(disk, value);
	} else if ((value = spec_value(part, "vdev")) != NULL) {
		disk->vdev = value;
	} else if ((value = spec_value(part, "backendtype")) != NULL) {
		disk->backend = value;
	} else if ((value = spec_value(part, "script")) != NULL) {
		disk->script = value;
	} else if (strcmp(part, "cdrom") == 0) {
		disk->cdrom = true;
	} else {
		return false;
	}
	return true;
}

/* Those that do not change what is on the disk. */
static bool is_hint(const char *part)
{
	static const char *const hints[] = { "direct-io-safe", "discard",
					     "no-discard", "trusted",
					     "untrusted" };

	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		if (strcmp(hints[i], part) == 0) {
			return true;
		}
	}
	return false;
}

static const char *take_part(struct disk_scan *s, char *part)
{
	const char *problem = NULL;

	if (set_named(s->disk, part, &problem)) {
		return problem;
	}
	if (is_hint(part) || strchr(part, '=') != NULL) {
		return spec_ignore(s->arena, &s->disk->ignored, part);
	}
	return set_next(s, part);
}

/* What stands before the path, "tap:aio:/image"; it goes. */
static const char *take_prefixes(struct disk_scan *s, const char *spec)
{
	static const char *const formats[] = { "raw:", "qcow:", "qcow2:",
					       "vhd:" };
	static const char *const others[] = { "tapdisk:", "tap:",   "tap2:",
					      "aio:",     "ioemu:", "file:" };
	size_t i = 0;

	if (strncmp(spec, "phy:", 4) == 0) {
		s->prefixed = true;
		s->disk->backend = "phy";
		return spec + 4;
	}
	while (i < sizeof(others) / sizeof(others[0])) {
		if (strncmp(spec, others[i], strlen(others[i])) == 0) {
			s->prefixed = true;
			spec += strlen(others[i]);
			i = 0;
		} else {
			i++;
		}
	}
	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		const size_t length = strlen(formats[i]);

		if (strncmp(spec, formats[i], length) == 0) {
			s->prefixed = true;
			s->disk->format =
				arena_text(s->arena, formats[i], length - 1);
			return spec + length;
		}
	}
	return spec;
}

/* "phy:vg0/web1" is below /dev. */
static const char *finish(struct disk_scan *s)
{
	struct xl_disk *const disk = s->disk;
	const size_t size = sizeof("/dev/") + strlen(disk->target);
	char *path;

	if (disk->format == NULL) {
		disk->format = "raw";
	}
	if (disk->vdev == NULL || disk->vdev[0] == '\0') {
		return "it has no vdev, its name in the guest";
	}
	if (!s->prefixed || disk->target[0] == '/' || disk->backend == NULL) {
		return NULL;
	}
	path = arena_alloc(s->arena, size);
	if (path == NULL) {
		return no_memory;
	}
	strcat(strcpy(path, "/dev/"), disk->target);
	disk->target = path;
	return NULL;
}

const char *xl_disk_parse(struct arena *a, const char *spec,
			  struct xl_disk *disk)
{
	struct disk_scan s = { .arena = a, .disk = disk };
	const char *rest = take_prefixes(&s, spec + strspn(spec, " \t"));
	const char *problem = NULL;

	while (problem == NULL && rest != NULL) {
		/* Commas in the path are possible this way only. */
		const char *const path =
			spec_value(rest + strspn(rest, " \t"), "target");
		char *const part = spec_part(a, &rest);

		if (part == NULL) {
			return no_memory;
		}
		if (path != NULL) {
			disk->target = path;
			break;
		}
		problem = take_part(&s, part);
	}
	if (problem == NULL && disk->target == NULL) {
		problem = "it has no target, the path";
	}
	return problem != NULL ? problem : finish(&s);
}

const char *xl_disk_problem(const struct xl_disk *disk)
{
	if (disk->script != NULL) {
		return "no scripts are run for disks";
	}
	if (disk->cdrom && disk->target[0] == '\0') {
		return NULL;
	}
	if (strcmp(disk->format, "raw") != 0 &&
	    strcmp(disk->format, "qcow2") != 0) {
		return "its format is neither raw nor qcow2";
	}
	return disk->target[0] != '/' ? "its path is not absolute" : NULL;
}

enum corbel_disk_format xl_disk_format(const struct xl_disk *disk)
{
	return strcmp(disk->format, "qcow2") == 0 ? CORBEL_FORMAT_QCOW2
						  : CORBEL_FORMAT_RAW;
}

const char *xl_disk_name(struct arena *a, const char *vdev)
{
	char *name;

	if (strncmp(vdev, "/dev/", 5) == 0) {
		vdev += 5;
	}
	if (strncmp(vdev, "hd", 2) != 0 && strncmp(vdev, "sd", 2) != 0) {
		return vdev;
	}
	name = arena_alloc(a, strlen(vdev) + 2);
	return name != NULL ? strcat(strcpy(name, "xvd"), vdev + 2) : vdev;
}
