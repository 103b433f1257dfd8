/* SPDX-License-Identifier: MIT */
#include "libctl/config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "libctl/core/internal.h"

/* The files it names are there; it runs in a folder of its own. */
static const char good[] =
	"<?xml version='1.0'?>\n"                               /* 1 */
	"<domain type='xen'>\n"                                 /* 2 */
	"  <name>web1</name>\n"                                 /* 3 */
	"  <uuid>01234567-89ab-cdef-0123-456789abcdef</uuid>\n" /* 4 */
	"  <memory unit='MiB'>512</memory>\n"                   /* 5 */
	"  <currentMemory>524288</currentMemory>\n"             /* 6 */
	"  <vcpu placement='static'>2</vcpu>\n"                 /* 7 */
	"  <os>\n"                                              /* 8 */
	"    <type arch='x86_64' machine='xenpvh'>xenpvh</type>\n"
	"    <kernel>@/kernel</kernel>\n"                      /* 10 */
	"    <initrd> @/initrd </initrd>\n"                    /* 11 */
	"    <cmdline>console=hvc0 root=/dev/xvda</cmdline>\n" /* 12 */
	"  </os>\n"                                            /* 13 */
	"  <on_reboot>destroy</on_reboot>\n"                   /* 14 */
	"  <on_crash>preserve</on_crash>\n"                    /* 15 */
	"  <devices>\n"                                        /* 16 */
	"    <!-- the root -->\n"                              /* 17 */
	"    <disk type='file' device='disk'>\n"               /* 18 */
	"      <source file='@/disk'/>\n"                      /* 19 */
	"      <target dev='xvda' bus='xen'/>\n"               /* 20 */
	"      <readonly/>\n"                                  /* 21 */
	"    </disk>\n"                                        /* 22 */
	"    <disk type='file'>\n"                             /* 23 */
	"      <driver name='file' type='raw'/>\n"             /* 24 */
	"      <source file='@/disk'/>\n"                      /* 25 */
	"      <target dev='xvdb1'/>\n"                        /* 26 */
	"    </disk>\n"                                        /* 27 */
	"    <console type='pty'/>\n"                          /* 28 */
	"  </devices>\n"                                       /* 29 */
	"</domain>\n";                                         /* 30 */

extern const char virt_install_pvh[], virt_install_hvm[], manual[];

__asm__(".pushsection .rodata\n"
	"virt_install_pvh:\n"
	".incbin \"tests/fuzz/corpus/config/virt-install-pvh.xml\"\n"
	".byte 0\n"
	"virt_install_hvm:\n"
	".incbin \"tests/fuzz/corpus/config/virt-install-hvm.xml\"\n"
	".byte 0\n"
	"manual:\n"
	".incbin \"docs/man/corbel-domain.5\"\n"
	".byte 0\n"
	".popsection\n");

static char folder[32];
static struct corbel handle;

int __wrap_stat(const char *path, struct stat *st);
int __real_stat(const char *path, struct stat *st);

/* There is a bridge br0. */
int __wrap_stat(const char *path, struct stat *st)
{
	return strcmp(path, "/sys/class/net/br0/bridge") == 0
		       ? 0
		       : __real_stat(path, st);
}

/* Replaces all of `from` in `text`. */
static char *replace(const char *text, const char *from, const char *to)
{
	char *out = calloc(1, 16384);
	const char *found;

	assert_non_null(out);
	while ((found = strstr(text, from)) != NULL) {
		strncat(out, text, (size_t)(found - text));
		strcat(out, to);
		text = found + strlen(from);
	}
	strcat(out, text);
	return out;
}

/* The good document with one change, read from its file. */
static int read_changed(const char *from, const char *to,
			struct corbel_config **config)
{
	char *const changed = replace(good, from, to);
	char *const text = replace(changed, "@", folder);
	FILE *const file = fopen("guest.xml", "w");
	int ret;

	assert_true(from[0] == '\n' || strcmp(changed, good) != 0);
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	free(text);
	free(changed);
	ret = corbel_config_read(&handle, "guest.xml", config);
	return ret;
}

/* `line` 0: the whole file is the object. `text` may have @ for the folder. */
static void refused(const char *from, const char *to, int line,
		    const char *text)
{
	char *const expected = replace(text, "@", folder);
	struct corbel_config *config = NULL;
	char object[64] = "guest.xml";

	if (line > 0) {
		snprintf(object, sizeof(object), "guest.xml:%d", line);
	}
	assert_int_equal(read_changed(from, to, &config), -1);
	assert_string_equal(handle.error.text, expected);
	assert_string_equal(handle.error.object, object);
	assert_int_not_equal(handle.error.code, CORBEL_OK);
	free(expected);
}

static void reads_all_there_is(void **state)
{
	static const uint8_t uuid[16] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab,
					  0xcd, 0xef, 0x01, 0x23, 0x45, 0x67,
					  0x89, 0xab, 0xcd, 0xef };
	struct corbel_config *c;
	char path[64];

	(void)state;
	if (read_changed("\n", "\n", &c) != 0) {
		fail_msg("%s: %s", handle.error.object, handle.error.text);
	}
	assert_string_equal(c->name, "web1");
	assert_memory_equal(c->uuid, uuid, sizeof(uuid));
	assert_int_equal(c->memory_kib, 512 * 1024);
	assert_int_equal(c->vcpus, 2);
	snprintf(path, sizeof(path), "%s/initrd", folder);
	assert_string_equal(c->initrd, path);
	assert_string_equal(c->cmdline, "console=hvc0 root=/dev/xvda");
	assert_int_equal(c->on_poweroff, CORBEL_DESTROY);
	assert_int_equal(c->on_reboot, CORBEL_DESTROY);
	assert_int_equal(c->on_crash, CORBEL_PRESERVE);
	assert_int_equal(c->disk_count, 2);
	assert_string_equal(c->disks[0].target, "xvda");
	assert_int_equal(c->disks[0].kind, CORBEL_DISK_FILE);
	assert_int_equal(c->disks[0].backend, CORBEL_BACKEND_DEFAULT);
	assert_true(c->disks[0].readonly);
	assert_int_equal(c->disks[1].backend, CORBEL_BACKEND_KERNEL);
	assert_false(c->disks[1].readonly);
	assert_int_equal(c->nic_count, 0);
	assert_null(c->warnings);
	assert_non_null(strstr(c->xml, "<name>web1</name>"));
	corbel_config_free(c);
}

static void an_image_may_be_qcow2(void **state)
{
	struct corbel_config *c;

	(void)state;
	assert_int_equal(read_changed("type='raw'", "type='qcow2'", &c), 0);
	assert_int_equal(c->disks[0].format, CORBEL_FORMAT_RAW);
	assert_int_equal(c->disks[1].format, CORBEL_FORMAT_QCOW2);
	corbel_config_free(c);
}

static void a_guest_may_start_with_less(void **state)
{
	struct corbel_config *c;

	(void)state;
	assert_int_equal(read_changed(">524288<", ">262144<", &c), 0);
	assert_int_equal(c->memory_kib, 524288);
	assert_int_equal(c->start_kib, 262144);
	corbel_config_free(c);
}

static void a_drive_may_be_empty(void **state)
{
	struct corbel_config *c;

	(void)state;
	assert_int_equal(read_changed("</devices>",
				      "<disk type='file' device='cdrom'>"
				      "<target dev='xvdc'/></disk></devices>",
				      &c),
			 0);
	assert_int_equal(c->disk_count, 3);
	assert_false(c->disks[0].cdrom);
	assert_true(c->disks[2].cdrom && c->disks[2].readonly);
	assert_null(c->disks[2].source);
	corbel_config_free(c);
	assert_int_equal(read_changed(" device='disk'", " device='cdrom'", &c),
			 0);
	assert_true(c->disks[0].cdrom && c->disks[0].readonly);
	assert_non_null(c->disks[0].source);
	corbel_config_free(c);
}

static void read_without_uuid(struct corbel_config **config)
{
	assert_int_equal(read_changed("  <uuid>01234567-89ab-cdef-0123-"
				      "456789abcdef</uuid>\n",
				      "", config),
			 0);
}

static void fills_in_what_is_not_said(void **state)
{
	static const uint8_t none[16];
	struct corbel_config *c;

	(void)state;
	read_without_uuid(&c);
	assert_memory_not_equal(c->uuid, none, sizeof(none));
	assert_int_equal(c->uuid[6] >> 4, 4);
	corbel_config_free(c);

	assert_int_equal(
		read_changed("  <vcpu placement='static'>2</vcpu>\n", "", &c),
		0);
	assert_int_equal(c->vcpus, 1);
	corbel_config_free(c);
}

/* What is kept of a guest makes the same guest again. */
static void text_to_keep_has_the_uuid(void **state)
{
	struct corbel_config *first, *second;
	FILE *file;

	(void)state;
	read_without_uuid(&first);
	file = fopen("guest.xml", "w");
	assert_non_null(file);
	fputs(first->xml, file);
	fclose(file);
	assert_int_equal(corbel_config_read(&handle, "guest.xml", &second), 0);
	assert_memory_equal(first->uuid, second->uuid, sizeof(first->uuid));
	assert_string_equal(first->xml, second->xml);
	corbel_config_free(first);
	corbel_config_free(second);
}

static void warns_of_an_emulator(void **state)
{
	struct corbel_config *c;

	(void)state;
	assert_int_equal(read_changed("    <console type='pty'/>\n",
				      "<emulator>/usr/bin/qemu</emulator>\n",
				      &c),
			 0);
	assert_string_equal(c->warnings,
			    "guest.xml:28: <emulator>: ignored: a PVH guest "
			    "has no device model\n");
	corbel_config_free(c);
}

static void refuses_what_is_no_xml(void **state)
{
	struct corbel_config *config;

	(void)state;
	assert_int_equal(read_changed("</os>", "</sos>", &config), -1);
	assert_string_equal(handle.error.object, "guest.xml:13");
	assert_int_equal(
		read_changed("?>\n", "?><!DOCTYPE domain []>\n", &config), -1);
	assert_string_equal(handle.error.text, "a DOCTYPE is not accepted");
	assert_int_equal(corbel_config_read(&handle, "none.xml", &config), -1);
	assert_string_equal(handle.error.object, "none.xml");
	assert_int_equal(handle.error.code, CORBEL_NOT_FOUND);
}

static void refuses_unknown_elements(void **state)
{
	(void)state;
	refused("<on_crash>preserve</on_crash>", "<idmap/>", 15,
		"<idmap> is not known inside <domain> (name, uuid, memory, "
		"currentMemory, vcpu, cputune, resource, os, on_poweroff, on_reboot, on_crash, "
		"devices)");
	refused("<readonly/>", "<shareable/>", 21,
		"<shareable> is not known inside <disk> (driver, source, "
		"target, readonly)");
	refused("<readonly/>", "<readonly><really/></readonly>", 21,
		"<really> is not known inside <readonly> (nothing may be "
		"there)");
	refused("domain", "network", 2, "<network> is not known here (domain)");
}

static void refuses_unknown_attributes_and_values(void **state)
{
	(void)state;
	refused("type='xen'", "type='kvm'", 2,
		"<domain>: type 'kvm' is not known (xen)");
	refused(" device='disk'", " model='x'", 18,
		"<disk>: attribute 'model' is not known (type, device)");
	refused("type='file' device='disk'", "device='disk'", 18,
		"<disk>: attribute 'type' is missing");
	refused("name='file'", "name='tap'", 24,
		"<driver>: name 'tap' is not known (phy, file, corbel, qemu)");
	refused("destroy</on_reboot>", "again</on_reboot>", 14,
		"<on_reboot>: 'again' is not known (destroy, restart, "
		"preserve)");
	refused("<readonly/>", "<readonly yes='1'/>", 21,
		"<readonly>: attribute 'yes' is not known (there are none)");
}

static void refuses_what_is_missing_or_too_much(void **state)
{
	(void)state;
	refused("  <name>web1</name>\n", "", 2, "<domain>: <name> is missing");
	refused("      <target dev='xvda' bus='xen'/>\n", "", 18,
		"<disk>: <target> is missing");
	refused("<readonly/>", "<readonly/><readonly/>", 21,
		"<readonly> is there a second time");
	refused("<devices>\n", "<devices> none\n", 16,
		"<devices>: text is not expected here");
}

static void refuses_wrong_numbers(void **state)
{
	(void)state;
	refused("'MiB'>512", "'GB2'>512", 5,
		"<memory>: unit 'GB2' is not known (b, bytes, k, KB, KiB, M, "
		"MB, MiB, G, GB, GiB, T, TB, TiB)");
	refused("'MiB'>512", "'MiB'>0", 5,
		"<memory>: a guest without memory cannot run");
	refused("'MiB'>512", "'MiB'>much", 5,
		"<memory>: 'much' is no whole number");
	refused("'MiB'>512", "'TiB'>99999999999", 5,
		"<memory>: more than any machine has");
	refused(">524288<", ">524289<", 6,
		"<currentMemory>: more than <memory>");
	refused(">524288<", ">0<", 6,
		"<currentMemory>: a guest without memory cannot run");
	refused(">2</vcpu>", ">0</vcpu>", 7,
		"<vcpu>: 0 vCPUs are not possible (1 to 128)");
	refused(">2</vcpu>", ">129</vcpu>", 7,
		"<vcpu>: 129 vCPUs are not possible (1 to 128)");
}

static void reads_shares_and_places(void **state)
{
	struct corbel_config *c;

	(void)state;
	if (read_changed("<vcpu placement='static'>2</vcpu>",
			 "<vcpu cpuset='0-3,^1'>2</vcpu><cputune>"
			 "<shares>512</shares>"
			 "<global_period>50000</global_period>"
			 "<global_quota>75000</global_quota>"
			 "<vcpupin vcpu='1' cpuset='9'/></cputune>",
			 &c) != 0) {
		fail_msg("%s", handle.error.text);
	}
	assert_int_equal(c->sched.weight, 512);
	assert_int_equal(c->sched.cap, 150);
	assert_int_equal(c->pins[0].bits[0], 0x0d);
	assert_int_equal(c->pins[1].bits[0], 0);
	assert_int_equal(c->pins[1].bits[1], 2);
	corbel_config_free(c);
	/* They may come before the number of vCPUs is known. */
	assert_int_equal(read_changed("<uuid>",
				      "<cputune><vcpupin vcpu='1' "
				      "cpuset='0'/></cputune><uuid>",
				      &c),
			 0);
	assert_int_equal(c->sched.weight, 0);
	assert_int_equal(c->pins[0].bits[0], 0);
	assert_int_equal(c->pins[1].bits[0], 1);
	corbel_config_free(c);
}

static void refuses_wrong_shares_and_places(void **state)
{
	static const struct {
		const char *inside, *text;
	} wrong[] = {
		{ "<shares>0</shares>",
		  "<shares>: 0 is not possible (1 to 65535)" },
		{ "<shares>many</shares>",
		  "<shares>: 'many' is no whole number" },
		{ "<global_quota>9</global_quota>",
		  "<global_quota>: 9 is not possible (1000 to 65535000)" },
		{ "<global_period>1</global_period>",
		  "<global_period>: 1 is not possible (1000 to 1000000)" },
		{ "<quota>1</quota>",
		  "<quota> is not known inside <cputune> (shares, "
		  "global_period, global_quota, vcpupin)" },
		{ "<vcpupin vcpu='2' cpuset='0'/>",
		  "<vcpupin>: vcpu '2' is not there (0 to 1)" },
		{ "<vcpupin vcpu='0' cpuset='first'/>",
		  "<vcpupin>: cpuset 'first' is no set of pCPUs (0,2-5)" },
	};

	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "<cputune>%s</cputune>\n  <os>",
			 wrong[i].inside);
		refused("<os>", text, 8, wrong[i].text);
	}
}

/* The example of corbel-domain(5), whose files may be elsewhere. */
static void reads_the_manual(void **state)
{
	const char *const begin = strstr(manual, "\n<domain ");
	const char *const end = strstr(manual, "\n</domain>");
	struct corbel_config *c;
	char *text;

	(void)state;
	assert_true(begin != NULL && end > begin);
	text = strndup(begin + 1, (size_t)(end - begin) + strlen("</domain>"));
	if (corbel_config_parse(&handle, "example", text, &c) != 0) {
		fail_msg("%s: %s", handle.error.object, handle.error.text);
	}
	assert_string_equal(c->name, "web1");
	assert_int_equal(c->disk_count, 2);
	assert_null(c->warnings);
	corbel_config_free(c);
	free(text);
}

static void reads_a_pool(void **state)
{
	struct corbel_config *c;

	(void)state;
	assert_int_equal(read_changed("<os>",
				      "<resource><partition> /batch "
				      "</partition></resource><os>",
				      &c),
			 0);
	assert_string_equal(c->pool, "batch");
	corbel_config_free(c);
	refused("<os>",
		"<resource><partition>/a/b</partition></resource>\n  <os>", 8,
		"<partition>: '/a/b' is no pool (/NAME)");
	refused("<os>", "<resource/>\n  <os>", 8,
		"<resource>: <partition> is missing");
}

static void refuses_wrong_names(void **state)
{
	(void)state;
	refused("web1", "17", 3,
		"<name>: '17' cannot be a name (1 to 64 letters, digits and "
		"-_.+, not digits only)");
	refused("web1", "a/b", 3,
		"<name>: 'a/b' cannot be a name (1 to 64 letters, digits and "
		"-_.+, not digits only)");
	refused("01234567-89ab", "1234567-89ab", 4,
		"<uuid>: '1234567-89ab-cdef-0123-456789abcdef' is no UUID "
		"(01234567-89ab-cdef-0123-456789abcdef)");
	refused(">xenpvh<", ">linux<", 9,
		"<type>: 'linux' means classic paravirtualization, which this "
		"hypervisor does not do (xenpvh)");
	refused(">xenpvh<", ">uml<", 9,
		"<type>: 'uml' is not known (xenpvh, hvm)");
	refused("    <kernel>@/kernel</kernel>\n", "", 8,
		"<os>: <kernel> is missing");
}

static void refuses_wrong_disks(void **state)
{
	(void)state;
	refused("'xvdb1'", "'sda'", 26,
		"<target>: 'sda' is no disk of a guest (xvda, xvdb, ...)");
	refused("'xvdb1'", "'xvda'", 26,
		"<target>: 'xvda' is there a second time");
	refused("<source file='@/disk'/>\n      <target dev='xvda'",
		"<source dev='@/disk'/>\n      <target dev='xvda'", 19,
		"<source>: a disk of type 'file' has 'file=' here");
	refused("disk type='file'>\n      <driver name='file' type='raw'/>\n"
		"      <source file=",
		"disk type='block'>\n      <driver name='file'/>\n"
		"      <source dev=",
		24,
		"<driver>: name 'file' is for disks of type 'file'; this one "
		"is of type 'block' (phy, corbel)");
	refused(" device='disk'", " device='floppy'", 18,
		"<disk>: a PVH guest has no floppies (device='disk' or "
		"'cdrom')");
	refused("      <source file='@/disk'/>\n      <target dev='xvda'",
		"      <target dev='xvda'", 18, "<disk>: <source> is missing");
}

static void warns_of_what_a_pvh_guest_has_not(void **state)
{
	struct corbel_config *c;

	(void)state;
	assert_int_equal(read_changed("<console type='pty'/>",
				      "<graphics type='vnc' port='-1'>"
				      "<x y='z'/></graphics>",
				      &c),
			 0);
	assert_string_equal(c->warnings,
			    "guest.xml:28: <graphics>: ignored: a PVH guest "
			    "has nothing like it\n");
	corbel_config_free(c);
	assert_int_equal(
		read_changed("'xvda' bus='xen'", "'hda' bus='ide'", &c), 0);
	assert_string_equal(c->disks[0].target, "xvda");
	assert_string_equal(c->warnings,
			    "guest.xml:20: <target>: a PVH guest has no IDE "
			    "disks: hda is xvda, hdb xvdb\n");
	corbel_config_free(c);
}

/* As Debian 12's virt-install --print-xml wrote them, for a guest of each
 * kind. */
static void reads_what_virt_install_writes(void **state)
{
	struct corbel_config *c;

	(void)state;
	if (corbel_config_parse(&handle, "pvh", virt_install_pvh, &c) != 0) {
		fail_msg("%s: %s", handle.error.object, handle.error.text);
	}
	assert_false(c->hvm);
	assert_string_equal(c->name, "web1");
	assert_int_equal(c->memory_kib, 524288);
	assert_string_equal(c->kernel, "/srv/vmlinuz");
	assert_int_equal(c->disk_count, 1);
	assert_int_equal(c->disks[0].backend, CORBEL_BACKEND_DEFAULT);
	assert_string_equal(c->disks[0].target, "xvda");
	assert_string_equal(c->nics[0].bridge, "br0");
	assert_non_null(strstr(c->warnings, "<graphics>: ignored"));
	corbel_config_free(c);
	if (corbel_config_parse(&handle, "hvm", virt_install_hvm, &c) != 0) {
		fail_msg("%s: %s", handle.error.object, handle.error.text);
	}
	assert_true(c->hvm);
	assert_string_equal(c->name, "web2");
	assert_null(c->warnings);
	corbel_config_free(c);
}

static void refuses_files_that_are_not_there(void **state)
{
	(void)state;
	refused("@/kernel", "@/none", 10,
		"<kernel>: @/none: No such file or directory");
	refused("@/kernel", "vmlinuz", 10,
		"<kernel>: 'vmlinuz' is no absolute path");
	refused("@/kernel", "@", 10, "<kernel>: @ is no file");
	refused("      <target dev='xvda'", "<!-- -->\n<target dev='xvdb1'", 27,
		"<target>: 'xvdb1' is there a second time");
	refused("type='file'>\n      <driver name='file' type='raw'/>\n"
		"      <source file=",
		"type='block'>\n      <source dev=", 24,
		"<source>: @/disk is no block device");
}

static void refuses_wrong_interfaces(void **state)
{
	(void)state;
	refused("<console type='pty'/>",
		"<interface type='bridge'>"
		"<source bridge='no-such-br'/></interface>",
		28,
		"<source>: there is no bridge no-such-br (make it with: ip "
		"link add no-such-br type bridge)");
	refused("<console type='pty'/>",
		"<interface type='bridge'><source bridge='../x'/></interface>",
		28, "<source>: '../x' cannot be the name of a bridge");
	refused("<console type='pty'/>", "<interface type='network'/>", 28,
		"<interface>: type 'network' is not known (bridge)");
	refused("<console type='pty'/>",
		"<interface type='bridge'><source bridge='br0'/>"
		"<mac address='01:16:3e:00:00:01'/></interface>",
		28,
		"<mac>: '01:16:3e:00:00:01' is a group's address, not one "
		"interface's");
	refused("<console type='pty'/>",
		"<interface type='bridge'><source bridge='br0'/>"
		"<mac address='00:16:3e'/></interface>",
		28, "<mac>: '00:16:3e' is no address (00:16:3e:xx:xx:xx)");
}

/* With the bridge br0; what is in `inside` comes behind <source>. */
static char *interface_with(const char *inside)
{
	static char text[512];

	snprintf(text, sizeof(text),
		 "<interface type='bridge'><source bridge='br0'/>%s"
		 "</interface>",
		 inside);
	return text;
}

static void reads_interfaces(void **state)
{
	struct corbel_config *c;

	(void)state;
	if (read_changed("<console type='pty'/>",
			 interface_with("<mac address='00:16:3e:00:00:01'/>"
					"<target dev='web1-lan'/>"
					"<mtu size='9000'/>"
					"<bandwidth><outbound average='512'/>"
					"</bandwidth>"
					"<model type='netfront'/>"),
			 &c) != 0) {
		fail_msg("%s", handle.error.text);
	}
	assert_int_equal(c->nic_count, 1);
	assert_string_equal(c->nics[0].bridge, "br0");
	assert_string_equal(c->nics[0].target, "web1-lan");
	assert_int_equal(c->nics[0].mac[5], 1);
	assert_int_equal(c->nics[0].mtu, 9000);
	assert_int_equal(c->nics[0].rate_kib, 512);
	assert_null(c->warnings);
	corbel_config_free(c);
}

static void warns_of_what_an_interface_cannot_have(void **state)
{
	struct corbel_config *c;

	(void)state;
	assert_int_equal(read_changed("<console type='pty'/>",
				      interface_with("<target dev='vif3.0'/>"
						     "<model type='e1000'/>"),
				      &c),
			 0);
	assert_null(c->nics[0].target);
	assert_int_equal(c->nics[0].mtu, 0);
	assert_int_equal(c->nics[0].rate_kib, 0);
	assert_string_equal(c->warnings,
			    "guest.xml:28: <target>: ignored: names with vif "
			    "or vnet in front are new at each start\n"
			    "guest.xml:28: <model>: ignored: a PVH guest has "
			    "no other card than netfront's\n");
	corbel_config_free(c);
}

static void refuses_wrong_parts_of_interfaces(void **state)
{
	static const struct {
		const char *inside, *text;
	} wrong[] = {
		{ "<target dev='a/b'/>",
		  "<target>: 'a/b' cannot be the name of an interface" },
		{ "<target dev='sixteen-is-long-'/>",
		  "<target>: 'sixteen-is-long-' cannot be the name of an "
		  "interface" },
		{ "<target dev='a'/></interface><interface type='bridge'>"
		  "<source bridge='br0'/><target dev='a'/>",
		  "<target>: 'a' is there a second time" },
		{ "<mtu size='67'/>",
		  "<mtu>: size '67' is not possible (68 to 65517)" },
		{ "<mtu size='65518'/>",
		  "<mtu>: size '65518' is not possible (68 to 65517)" },
		{ "<mtu size='big'/>",
		  "<mtu>: size 'big' is not possible (68 to 65517)" },
		{ "<mtu/>", "<mtu>: attribute 'size' is missing" },
		{ "<bandwidth/>", "<bandwidth>: <outbound> is missing" },
		{ "<bandwidth><inbound average='1'/></bandwidth>",
		  "<inbound> is not known inside <bandwidth> (outbound)" },
		{ "<bandwidth><outbound average='0'/></bandwidth>",
		  "<outbound>: average '0' is not possible (1 to "
		  "4294967295)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		refused("<console type='pty'/>",
			interface_with(wrong[i].inside), 28, wrong[i].text);
	}
}

static void numbers_disks(void **state)
{
	static const struct {
		const char *name;
		uint32_t number;
	} disks[] = {
		{ "xvda", 51712 },
		{ "xvda1", 51713 },
		{ "xvdb", 51728 },
		{ "xvdp15", 51967 },
		{ "xvdq", 1u << 28 | 16 << 8 },
		{ "xvdaa", 1u << 28 | 26 << 8 },
	};

	static const char *const wrong[] = { "xvd",       "xvd1",  "xvda01",
					     "xvda16",    "xvdA",  "hda",
					     "xvdaaaaaa", "xvda1x" };
	uint32_t number;

	(void)state;
	for (size_t i = 0; i < sizeof(disks) / sizeof(disks[0]); i++) {
		assert_true(value_disk_target(disks[i].name, &number));
		assert_int_equal(number, disks[i].number);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_false(value_disk_target(wrong[i], &number));
	}
}

static void makes_the_same_address_each_time(void **state)
{
	uint8_t a[6], b[6], other[6];

	(void)state;
	value_new_mac("web1", 0, a);
	value_new_mac("web1", 0, b);
	value_new_mac("web1", 1, other);
	assert_memory_equal(a, b, 6);
	assert_memory_not_equal(a, other, 6);
	assert_memory_equal(a, ((uint8_t[]){ 0x00, 0x16, 0x3e }), 3);
}

static void counts_memory(void **state)
{
	uint64_t kib;

	(void)state;
	assert_true(value_memory(1, "b", &kib));
	assert_int_equal(kib, 1);
	assert_true(value_memory(2, "GB", &kib));
	assert_int_equal(kib, 1953125);
	assert_true(value_memory(3, "G", &kib));
	assert_int_equal(kib, 3 << 20);
	assert_false(value_memory(UINT64_MAX, "KiB", &kib));
}

static void make_file(const char *name)
{
	FILE *const file = fopen(name, "w");

	assert_non_null(file);
	fclose(file);
}

static int enter_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/corbel-XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	make_file("kernel");
	make_file("initrd");
	make_file("disk");
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink("kernel");
	unlink("initrd");
	unlink("disk");
	unlink("guest.xml");
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_all_there_is),
		cmocka_unit_test(fills_in_what_is_not_said),
		cmocka_unit_test(an_image_may_be_qcow2),
		cmocka_unit_test(a_drive_may_be_empty),
		cmocka_unit_test(a_guest_may_start_with_less),
		cmocka_unit_test(text_to_keep_has_the_uuid),
		cmocka_unit_test(warns_of_an_emulator),
		cmocka_unit_test(refuses_what_is_no_xml),
		cmocka_unit_test(refuses_unknown_elements),
		cmocka_unit_test(refuses_unknown_attributes_and_values),
		cmocka_unit_test(refuses_what_is_missing_or_too_much),
		cmocka_unit_test(refuses_wrong_numbers),
		cmocka_unit_test(reads_shares_and_places),
		cmocka_unit_test(refuses_wrong_shares_and_places),
		cmocka_unit_test(reads_a_pool),
		cmocka_unit_test(reads_the_manual),
		cmocka_unit_test(refuses_wrong_names),
		cmocka_unit_test(refuses_wrong_disks),
		cmocka_unit_test(warns_of_what_a_pvh_guest_has_not),
		cmocka_unit_test(reads_what_virt_install_writes),
		cmocka_unit_test(refuses_files_that_are_not_there),
		cmocka_unit_test(refuses_wrong_interfaces),
		cmocka_unit_test(reads_interfaces),
		cmocka_unit_test(warns_of_what_an_interface_cannot_have),
		cmocka_unit_test(refuses_wrong_parts_of_interfaces),
		cmocka_unit_test(numbers_disks),
		cmocka_unit_test(makes_the_same_address_each_time),
		cmocka_unit_test(counts_memory),
	};

	return cmocka_run_group_tests(tests, enter_folder, remove_folder);
}
