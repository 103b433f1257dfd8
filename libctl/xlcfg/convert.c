/* SPDX-License-Identifier: MIT */
/*
 * A guest of xl.cfg(5) as libvirt's domain XML. What has no counterpart is told,
 * line by line; nothing is left out in silence.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libctl/core/internal.h"
#include "libctl/xlcfg/conversion.h"

/* Settings that Xen's xl knows, and that have nothing here to set. Others may be
 * mistyped. */
static const char elsewhere[] =
	" acpi altp2m apic bios bootloader bootloader_args "
	"claim_mode cpuid cpus_soft device_model_args "
	"device_model_override device_model_version driver_domain "
	"e820_host firmware hap hpet ioports iomem irqs keymap localtime "
	"max_event_channels max_grant_frames max_grant_version "
	"max_maptrack_frames nestedhvm nographic nomigrate nx "
	"on_soft_reset on_watchdog oos pae passthrough pci pvshim "
	"rdm rtc_timeoffset sdl seclabel serial shadow_memory soundhw "
	"spice stdvga timer_mode tsc_mode usb usbdevice vfb vga videoram "
	"viridian vkb vnc vncdisplay vnclisten vncpasswd vncunused vnuma "
	"vsnd vtpm vuart xen_platform_pci ";

/* ---- the guest ---- */

static const char *text_of(struct conversion *v, const char *name)
{
	const struct setting *const setting =
		conversion_take(v, name, SETTING_TEXT);

	return setting != NULL ? setting->value->text : NULL;
}

/* A kernel for PV guests has the entry for PVH, too, since Linux 4.11. */
static void read_type(struct conversion *v)
{
	const struct setting *type = conversion_take(v, "type", SETTING_TEXT);

	if (type == NULL) {
		type = conversion_take(v, "builder", SETTING_TEXT);
	}
	if (type == NULL) {
		fprintf(v->notes,
			"%s: type: not given, which is a PV guest: "
			"it becomes PVH\n",
			v->source);
		return;
	}
	v->hvm = strcmp(type->value->text, "hvm") == 0;
	if (!v->hvm && strcmp(type->value->text, "pvh") != 0) {
		conversion_note(v, type, type->value, "it becomes PVH");
	}
}

/* `maxvcpus` may differ where guests can grow; here they are made with all. */
static void check_vcpus(struct conversion *v, uint64_t now)
{
	const struct setting *const most =
		conversion_take(v, "maxvcpus", SETTING_NUMBER);

	if (most != NULL && most->value->number != now) {
		conversion_note(v, most, most->value,
				"guests do not grow: it is %" PRIu64, now);
	}
}

static void add_mib(xmlNode *domain, const char *name, uint64_t mib)
{
	xml_set(xml_add_number(domain, name, mib), "unit", "MiB");
}

static void add_memory(struct conversion *v, xmlNode *domain, uint64_t start)
{
	const struct setting *const most =
		conversion_take(v, "maxmem", SETTING_NUMBER);

	if (most == NULL || most->value->number <= start) {
		add_mib(domain, "memory", start);
		return;
	}
	add_mib(domain, "memory", most->value->number);
	add_mib(domain, "currentMemory", start);
}

static int add_size(struct conversion *v, xmlNode *domain)
{
	const struct setting *const memory =
		conversion_take(v, "memory", SETTING_NUMBER);
	const struct setting *const vcpus =
		conversion_take(v, "vcpus", SETTING_NUMBER);
	const uint64_t count = vcpus != NULL ? vcpus->value->number : 1;

	if (memory == NULL) {
		return conversion_missing(v, "memory", "");
	}
	add_memory(v, domain, memory->value->number);
	convert_tune(v, domain, xml_add_number(domain, "vcpu", count));
	check_vcpus(v, count);
	return 0;
}

/* `cmdline` is the whole; else it is made of `root` and `extra`. */
static void add_cmdline(struct conversion *v, xmlNode *os)
{
	const char *const whole = text_of(v, "cmdline");
	const char *const root = text_of(v, "root");
	const char *const extra = text_of(v, "extra");
	char *text = NULL;

	if (whole != NULL) {
		xml_add(os, "cmdline", whole);
	} else if (root != NULL || extra != NULL) {
		if (asprintf(&text, "%s%s%s%s", root != NULL ? "root=" : "",
			     root != NULL ? root : "",
			     root != NULL && extra != NULL ? " " : "",
			     extra != NULL ? extra : "") >= 0) {
			xml_add(os, "cmdline", text);
			free(text);
		}
	}
}

/* In xl's letters: CD-ROM, disk, network. */
static void add_boot_order(struct conversion *v, xmlNode *os)
{
	const struct setting *const order =
		conversion_take(v, "boot", SETTING_TEXT);

	for (const char *at = order != NULL ? order->value->text : "";
	     *at != '\0'; at++) {
		const char *const device = *at == 'c'   ? "hd"
					   : *at == 'd' ? "cdrom"
					   : *at == 'n' ? "network"
							: NULL;

		if (device == NULL) {
			conversion_note(v, order, order->value,
					"'%c' is not known", *at);
		} else {
			xml_set(xml_add(os, "boot", NULL), "dev", device);
		}
	}
}

/* Pool-0 is where guests are that name none. */
static void add_pool(struct conversion *v, xmlNode *domain)
{
	const char *const pool = text_of(v, "pool");
	char path[128];

	if (pool != NULL && strcmp(pool, "Pool-0") != 0) {
		snprintf(path, sizeof(path), "/%.120s", pool);
		xml_add(xml_add(domain, "resource", NULL), "partition", path);
	}
}

static int add_os(struct conversion *v, xmlNode *domain)
{
	xmlNode *const os = xml_add(domain, "os", NULL);
	const char *const kernel = text_of(v, "kernel");
	const char *const ramdisk = text_of(v, "ramdisk");

	xml_add(os, "type", v->hvm ? "hvm" : "xenpvh");
	if (v->hvm) {
		add_boot_order(v, os);
	} else if (kernel == NULL) {
		return conversion_missing(
			v, "kernel",
			": there is no bootloader that would find it");
	}
	if (kernel != NULL) {
		xml_add(os, "kernel", kernel);
	}
	if (ramdisk != NULL) {
		xml_add(os, "initrd", ramdisk);
	}
	add_cmdline(v, os);
	return 0;
}

static void add_action(struct conversion *v, xmlNode *domain, const char *name)
{
	static const struct {
		const char *xl;
		const char *action;
		const char *lost;
	} actions[] = {
		{ "destroy", "destroy", NULL },
		{ "restart", "restart", NULL },
		{ "preserve", "preserve", NULL },
		{ "rename-restart", "restart", "it is restarted, not kept" },
		{ "coredump-destroy", "destroy", "it leaves no core" },
		{ "coredump-restart", "restart", "it leaves no core" },
		{ "soft-reset", "restart", "it is restarted" },
	};
	const struct setting *const setting =
		conversion_take(v, name, SETTING_TEXT);

	for (size_t i = 0;
	     setting != NULL && i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(setting->value->text, actions[i].xl) != 0) {
			continue;
		}
		xml_add(domain, name, actions[i].action);
		if (actions[i].lost != NULL) {
			conversion_note(v, setting, setting->value, "%s",
					actions[i].lost);
		}
		return;
	}
	if (setting != NULL) {
		conversion_note(v, setting, setting->value, "'%s' is not known",
				setting->value->text);
	}
}

/* ---- the whole ---- */

static int fill(struct conversion *v, xmlNode *domain)
{
	const char *const name = text_of(v, "name");
	const char *const uuid = text_of(v, "uuid");

	xml_set(domain, "type", "xen");
	if (name == NULL) {
		return conversion_missing(v, "name", "");
	}
	xml_add(domain, "name", name);
	if (uuid != NULL) {
		xml_add(domain, "uuid", uuid);
	}
	read_type(v);
	add_pool(v, domain);
	if (add_size(v, domain) != 0 || add_os(v, domain) != 0) {
		return -1;
	}
	add_action(v, domain, "on_poweroff");
	add_action(v, domain, "on_reboot");
	add_action(v, domain, "on_crash");
	convert_devices(v, domain);
	return 0;
}

static bool is_known(const char *name)
{
	char word[32];

	return (size_t)snprintf(word, sizeof(word), " %s ", name) <
		       sizeof(word) &&
	       strstr(elsewhere, word) != NULL;
}

static void note_unused(struct conversion *v)
{
	for (const struct setting *s = v->settings.first; s != NULL;
	     s = s->next) {
		if (!s->used) {
			conversion_note(v, s, s->value,
					is_known(s->name)
						? "has no meaning here"
						: "not known");
		}
	}
}

static int build(struct conversion *v)
{
	xmlNode *const domain = xmlNewDocNode(v->document, NULL,
					      (const xmlChar *)"domain", NULL);

	if (domain == NULL) {
		return corbel_fail(v->c, CORBEL_NO_MEMORY, v->source,
				   "no memory left");
	}
	xmlDocSetRootElement(v->document, domain);
	if (fill(v, domain) != 0) {
		return -1;
	}
	note_unused(v);
	return 0;
}

static int convert(struct conversion *v, const char *text, const char *more,
		   char **xml)
{
	xmlChar *buffer = NULL;
	int size;

	if (settings_parse(v->c, v->source, text, &v->settings) != 0 ||
	    (more != NULL &&
	     settings_parse(v->c, "command line", more, &v->settings) != 0) ||
	    build(v) != 0) {
		return -1;
	}
	xmlDocDumpFormatMemory(v->document, &buffer, &size, 1);
	*xml = buffer != NULL ? strdup((const char *)buffer) : NULL;
	xmlFree(buffer);
	return *xml != NULL ? 0
			    : corbel_fail(v->c, CORBEL_NO_MEMORY, v->source,
					  "no memory left");
}

int convert_text(struct corbel *c, const char *name, const char *text,
		 const char *more, struct corbel_conversion *out)
{
	struct conversion v = { .c = c, .source = name };
	size_t size;
	int ret;

	*out = (struct corbel_conversion){ 0 };
	v.notes = open_memstream(&out->notes, &size);
	if (v.notes == NULL) {
		return corbel_fail_errno(c, name, "notes");
	}
	v.document = xmlNewDoc((const xmlChar *)"1.0");
	ret = v.document != NULL ? convert(&v, text, more, &out->xml)
				 : corbel_fail(c, CORBEL_NO_MEMORY, name,
					       "no memory left");
	xmlFreeDoc(v.document);
	arena_free(&v.settings.arena);
	if (fclose(v.notes) != 0 && ret == 0) {
		ret = corbel_fail(c, CORBEL_NO_MEMORY, name, "no memory left");
	}
	out->partial = v.partial;
	if (ret != 0) {
		corbel_conversion_free(out);
	}
	return ret;
}

int corbel_convert(struct corbel *c, const char *path, const char *more,
		   struct corbel_conversion *out)
{
	size_t size;
	char *const text = file_read_text(c, path, &size);
	int ret;

	*out = (struct corbel_conversion){ 0 };
	if (text == NULL) {
		return -1;
	}
	ret = strlen(text) == size ? convert_text(c, path, text, more, out)
				   : corbel_fail(c, CORBEL_INVALID, path,
						 "it has a zero byte");
	free(text);
	return ret;
}

void corbel_conversion_free(struct corbel_conversion *conversion)
{
	free(conversion->xml);
	free(conversion->notes);
	*conversion = (struct corbel_conversion){ 0 };
}
