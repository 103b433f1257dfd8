/* SPDX-License-Identifier: MIT */
#include <libxml/parser.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "libctl/config/config.h"
#include "libctl/core/internal.h"
#include "libctl/xlcfg/xlcfg.h"

#define HEAD "name = 'web1'\ntype = \"pvh\"\nmemory = 512\nkernel = '/boot/k'\n"

static struct corbel c;
static struct corbel_conversion out;

/* What the XML names need not be there. */
int check_file(struct reader *r, const xmlNode *node, const char *path)
{
	(void)r;
	(void)node;
	assert_int_equal(path[0], '/');
	return 0;
}

int check_block_device(struct reader *r, const xmlNode *node, const char *path)
{
	return check_file(r, node, path);
}

int check_bridge(struct reader *r, const xmlNode *node, const char *name)
{
	(void)r;
	(void)node;
	(void)name;
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	c = (struct corbel){ 0 };
	out = (struct corbel_conversion){ 0 };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	corbel_conversion_free(&out);
	xmlCleanupParser();
	return 0;
}

/* What comes out is what `corbel create` reads. */
static void convert(const char *text)
{
	struct corbel_config *config;

	corbel_conversion_free(&out);
	if (convert_text(&c, "web1.cfg", text, NULL, &out) != 0 ||
	    corbel_config_parse(&c, "web1.xml", out.xml, &config) != 0) {
		fail_msg("%s: %s", c.error.object, c.error.text);
	}
	corbel_config_free(config);
}

static void has(const char *part)
{
	if (strstr(out.xml, part) == NULL) {
		fail_msg("no %s in:\n%s", part, out.xml);
	}
}

static void notes(const char *expected)
{
	assert_string_equal(out.notes, expected);
}

static void refused(const char *text, const char *object, const char *why)
{
	assert_int_equal(convert_text(&c, "web1.cfg", text, NULL, &out), -1);
	assert_string_equal(c.error.object, object);
	if (strstr(c.error.text, why) == NULL) {
		fail_msg("'%s' in '%s'?", why, c.error.text);
	}
	assert_null(out.xml);
	assert_null(out.notes);
}

static void a_whole_guest(void **state)
{
	(void)state;
	convert("# a guest\n" HEAD "vcpus=2 ; uuid = \"01234567-89ab-cdef-"
		"0123-456789abcdef\"\n"
		"ramdisk='/boot/i'\nroot='/dev/xvda ro'\nextra='quiet'\n"
		"on_poweroff='destroy'\non_reboot='restart'\n"
		"on_crash='preserve'\npool='batch'\n"
		"disk = [ 'phy:/dev/vg0/web1,xvda,w', # the root\n"
		"         \"/srv/web1.img,raw,xvdb,r\", ]\n"
		"vif = [ 'mac=00:16:3e:00:00:01,bridge=br0,rate=8192Kb/s' ]\n");
	has("<name>web1</name>");
	has("<uuid>01234567-89ab-cdef-0123-456789abcdef</uuid>");
	has("<memory unit=\"MiB\">512</memory>");
	has("<vcpu>2</vcpu>");
	has("<type>xenpvh</type>");
	has("<kernel>/boot/k</kernel>");
	has("<initrd>/boot/i</initrd>");
	has("<cmdline>root=/dev/xvda ro quiet</cmdline>");
	has("<on_crash>preserve</on_crash>");
	has("<partition>/batch</partition>");
	has("<disk type=\"block\">\n      <source dev=\"/dev/vg0/web1\"/>\n"
	    "      <target dev=\"xvda\"/>\n    </disk>");
	has("<disk type=\"file\">\n      <source file=\"/srv/web1.img\"/>\n"
	    "      <target dev=\"xvdb\"/>\n      <readonly/>\n    </disk>");
	has("<source bridge=\"br0\"/>");
	has("<mac address=\"00:16:3e:00:00:01\"/>");
	has("<outbound average=\"1000\"/>");
	notes("");
	assert_false(out.partial);
}

static void later_and_more_win(void **state)
{
	(void)state;
	assert_int_equal(convert_text(&c, "web1.cfg",
				      HEAD "memory = 256\n"
					   "extra = 'a'\nextra += ' b'\n",
				      "name=\"web2\"\nmemory=128", &out),
			 0);
	has("<name>web2</name>");
	has("<memory unit=\"MiB\">128</memory>");
	has("<cmdline>a b</cmdline>");
	notes("");
}

static void lists_grow(void **state)
{
	(void)state;
	convert(HEAD "vif = [ 'bridge=br0' ]\nvif += [ 'bridge=br1', '' ]\n");
	has("bridge=\"br0\"");
	has("bridge=\"br1\"");
	has("bridge=\"xenbr0\"");
}

static void numbers_in_quotes(void **state)
{
	(void)state;
	convert("name=\"web1\"\ntype='pvh'\nkernel='/k'\nmemory='256'\n"
		"vcpus=0x2\n");
	has(">256<");
	has("<vcpu>2</vcpu>");
	notes("");
}

static void escapes(void **state)
{
	(void)state;
	convert(HEAD "extra = \"a\\\"b\\\\c\\x41\\101 <&>\\tz\"\n");
	has("<cmdline>a\"b\\cAA &lt;&amp;&gt;\tz</cmdline>");
}

static void shares_and_places(void **state)
{
	(void)state;
	convert(HEAD "vcpus = 2\ncpus = '0-2,^1'\ncpu_weight = 512\n"
		     "cap = 150\n");
	has("<vcpu cpuset=\"0-2,^1\">2</vcpu>");
	has("<shares>512</shares>");
	has("<global_quota>150000</global_quota>");
	notes("");
	convert(HEAD "vcpus = 2\ncpus = [ '1', 0 ]\ncap = 0\n");
	has("<vcpupin vcpu=\"0\" cpuset=\"1\"/>");
	has("<vcpupin vcpu=\"1\" cpuset=\"0\"/>");
	assert_null(strstr(out.xml, "global_quota"));
	convert(HEAD "cpus = 'nodes:0'\n");
	assert_null(strstr(out.xml, "cputune"));
	notes("web1.cfg:5: cpus: no pCPUs (\"0,2-5\")\n");
}

static void pools_are_read(void **state)
{
	struct corbel_pool pool;

	(void)state;
	assert_int_equal(corbel_pool_read(&c, NULL,
					  "name=\"batch\"\ncpus=[\"1\",'3-4']\n"
					  "sched='credit'",
					  &pool),
			 0);
	assert_string_equal(pool.name, "batch");
	assert_int_equal(pool.cpus.bits[0], 0x1a);
	assert_int_equal(corbel_pool_read(&c, NULL, "name='b'\ncpus=7", &pool),
			 0);
	assert_int_equal(pool.cpus.bits[0], 0x80);
	assert_int_equal(corbel_pool_read(&c, NULL, "name='b'", &pool), -1);
	assert_string_equal(c.error.text, "cpus is missing");
	assert_int_equal(
		corbel_pool_read(&c, NULL, "name='b'\ncpus='x'", &pool), -1);
	assert_string_equal(c.error.object, "command line:2");
	assert_int_equal(
		corbel_pool_read(&c, NULL, "name='b'\nnodes='0'", &pool), -1);
	assert_string_equal(c.error.text,
			    "nodes: not known here (name, cpus, sched)");
	assert_int_equal(corbel_pool_read(&c, "/none", "", &pool), -1);
	assert_int_equal(c.error.code, CORBEL_NOT_FOUND);
}

static void notes_have_lines(void **state)
{
	(void)state;
	convert(HEAD "bios = 'ovmf'\nmemroy = 1\nmaxmem = 1024\n"
		     "on_crash = 'coredump-restart'\n"
		     "extra = [ 'a' ]\n"
		     "vif = [\n 'bridge=br0,ip=10.0.0.1,model=e1000' ]\n");
	notes("web1.cfg:9: extra: it wants a text in quotes\n"
	      "web1.cfg:8: on_crash: it leaves no core\n"
	      "web1.cfg:11: vif: without ip=10.0.0.1, model=e1000\n"
	      "web1.cfg:5: bios: has no meaning here\n"
	      "web1.cfg:6: memroy: not known\n");
	assert_false(out.partial);
}

static void devices_that_are_left_out(void **state)
{
	(void)state;
	convert(HEAD "disk = [ 'vhd:/srv/a.img,xvda,w',\n"
		     "'iqn,,xvdc,w,"
		     "script=block-iscsi', '/srv/c', '/srv/d,raw,xvdd,q',\n"
		     "'nbd:host,xvde,w', 'c.img,raw,xvdf' ]\n");
	notes("web1.cfg:5: disk: left out: its format is neither raw nor "
	      "qcow2\n"
	      "web1.cfg:6: disk: left out: no scripts are run for disks\n"
	      "web1.cfg:6: disk: left out: it has no vdev, its name in the "
	      "guest\n"
	      "web1.cfg:6: disk: left out: its access is none of r, ro, w, "
	      "rw\n"
	      "web1.cfg:7: disk: left out: its format is not known (raw, "
	      "qcow2, ...)\n"
	      "web1.cfg:7: disk: left out: its path is not absolute\n");
	assert_true(out.partial);
	assert_null(strstr(out.xml, "<disk"));
}

static void disks_of_old_times(void **state)
{
	(void)state;
	convert(HEAD "disk = [ 'phy:vg0/a,sda1,w', 'tap:aio:/srv/b,hdb,r',\n"
		     "'file:/srv/c,xvdc', 'vdev=xvdd, access=ro, "
		     "backendtype=phy, target=/srv/with, comma' ]\n");
	has("dev=\"/dev/vg0/a\"");
	has("dev=\"xvda1\"");
	has("file=\"/srv/b\"");
	has("file=\"/srv/c\"");
	has("<driver name=\"file\"/>\n      <source file=\"/srv/with, comma\"/>"
	    "\n      <target dev=\"xvdd\"/>\n      <readonly/>");
	notes("web1.cfg:5: disk: sda1 is xvda1\n"
	      "web1.cfg:5: disk: hdb is xvdb\n");
}

static void rates(void **state)
{
	(void)state;
	convert(HEAD "vif = [ 'bridge=b,rate=1GB/s@20ms', 'bridge=b,"
		     "rate=1B/s' ]\n");
	has("average=\"976563\"");
	has("average=\"1\"");
	convert(HEAD "vif = [ 'rate=10', 'rate=-1Mb/s', 'rate=0b/s',\n"
		     "'mtu=x' ]\n");
	assert_true(out.partial);
	assert_null(strstr(out.xml, "<interface"));
}

static void pv_becomes_pvh(void **state)
{
	(void)state;
	convert("name='a'\nmemory=1\nkernel='/k'\n");
	notes("web1.cfg: type: not given, which is a PV guest: it becomes "
	      "PVH\n");
	convert("name='a'\nmemory=1\nkernel='/k'\nbuilder='generic'\n");
	notes("web1.cfg:4: builder: it becomes PVH\n");
}

static void memory_to_grow_into(void **state)
{
	(void)state;
	convert(HEAD "maxmem = 1024\n");
	has("<memory unit=\"MiB\">1024</memory>\n  "
	    "<currentMemory unit=\"MiB\">512</currentMemory>");
	notes("");
	convert(HEAD "maxmem = 512\n");
	has("<memory unit=\"MiB\">512</memory>");
	assert_null(strstr(out.xml, "currentMemory"));
}

static void drives(void **state)
{
	(void)state;
	convert(HEAD "disk = [ '/srv/b.iso,,hdc:cdrom,r', ',xvdd:cdrom',\n"
		     "'vdev=xvde,devtype=cdrom,target=/srv/c.iso' ]\n");
	has("<disk type=\"file\" device=\"cdrom\">\n      "
	    "<source file=\"/srv/b.iso\"/>\n      "
	    "<target dev=\"xvdc\"/>\n      <readonly/>");
	has("<disk type=\"file\" device=\"cdrom\">\n      "
	    "<target dev=\"xvdd\"/>\n      <readonly/>");
	has("<source file=\"/srv/c.iso\"/>\n      <target dev=\"xvde\"/>");
	notes("web1.cfg:5: disk: hdc is xvdc\n");
}

static void images(void **state)
{
	(void)state;
	convert(HEAD "disk = [ 'qcow2:/srv/a.img,xvda,w',\n"
		     "'format=qcow2, vdev=xvdb, access=ro, target=/srv/b' ]\n");
	has("<driver name=\"qemu\" type=\"qcow2\"/>\n      "
	    "<source file=\"/srv/a.img\"/>\n      "
	    "<target dev=\"xvda\"/>\n    </disk>");
	has("<source file=\"/srv/b\"/>\n      <target dev=\"xvdb\"/>\n      "
	    "<readonly/>");
	notes("");
}

static void hvm(void **state)
{
	(void)state;
	convert("name='win'\nbuilder='hvm'\nmemory=2048\nboot='dcx'\n"
		"disk = [ '/srv/win.qcow2,qcow2,hda,w',\n"
		"'/srv/setup.iso,,hdc:cdrom,r', ',hdd:cdrom',\n"
		"'/srv/x.vhd,vhd,hdb,w' ]\nvif = [ 'bridge=br0' ]\n");
	has("<type>hvm</type>\n    <boot dev=\"cdrom\"/>\n    "
	    "<boot dev=\"hd\"/>");
	has("<driver name=\"qemu\" type=\"qcow2\"/>\n      "
	    "<source file=\"/srv/win.qcow2\"/>\n      "
	    "<target dev=\"hda\"/>\n    </disk>");
	has("<disk type=\"file\" device=\"cdrom\">\n      "
	    "<source file=\"/srv/setup.iso\"/>\n      "
	    "<target dev=\"hdc\"/>\n      <readonly/>");
	has("<disk type=\"file\" device=\"cdrom\">\n      "
	    "<target dev=\"hdd\"/>");
	notes("web1.cfg:4: boot: 'x' is not known\n"
	      "web1.cfg:7: disk: left out: its format is neither raw nor "
	      "qcow2\n");
}

static void guests_that_are_none(void **state)
{
	(void)state;
	refused("type='pvh'", "web1.cfg", "name is missing");
	refused("name='a'\ntype='pvh'\n", "web1.cfg", "memory is missing");
	refused("name='a'\ntype='pvh'\nmemory=1\nbootloader='pygrub'",
		"web1.cfg", "kernel is missing");
}

static void bad_texts(void **state)
{
	(void)state;
	refused("name 'a'", "web1.cfg:1", "= is missing");
	refused("\n\nname = web1", "web1.cfg:3", "no value here");
	refused("a=1\nname = 'a\n'", "web1.cfg:2", "no closing quote");
	refused("a = [ 'x' 'y' ]", "web1.cfg:1", "a comma or ]");
	refused("a = [ 'x',\n", "web1.cfg:2", "no value here");
	refused("a = 12x", "web1.cfg:1", "no good number");
	refused("a = 99999999999999999999", "web1.cfg:1", "no good number");
	refused("a = 1 2", "web1.cfg:1", "behind the value");
	refused("Name = 1", "web1.cfg:1", "no setting");
	refused("a = '\\q'", "web1.cfg:1", "a backslash");
	refused("a = '\\x00'", "web1.cfg:1", "a backslash");
	refused("a = '\\x1'", "web1.cfg:1", "no UTF-8 text");
	refused("a = '\xff'", "web1.cfg:1", "no UTF-8 text");
	refused("a = 1\na += 2", "web1.cfg:2", "joins texts or lists");
	refused("a = [[[[[[[[[ 1 ]]]]]]]]]", "web1.cfg:1", "no value here");
	refused("import os", "web1.cfg:1", "= is missing");
}

#define row(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(a_whole_guest),
		row(later_and_more_win),
		row(lists_grow),
		row(numbers_in_quotes),
		row(escapes),
		row(shares_and_places),
		row(pools_are_read),
		row(notes_have_lines),
		row(devices_that_are_left_out),
		row(disks_of_old_times),
		row(rates),
		row(pv_becomes_pvh),
		row(memory_to_grow_into),
		row(drives),
		row(images),
		row(hvm),
		row(guests_that_are_none),
		row(bad_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
