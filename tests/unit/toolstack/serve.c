/* SPDX-License-Identifier: MIT */
/*
 * corbeld's socket and its events, asked through a real socket, with a library
 * that has one guest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include <event2/event.h>

#include "toolstack/history.h"
#include "toolstack/owner/metrics.h"
#include "toolstack/owner/owner.h"

#define NAME "{\"name\":\"web1\",\"console\":\"\"}"

static char folder[] = "/tmp/corbel-serve-XXXXXX";
static char own[64];
static char path[64];
static struct event_base *loop;
static struct corbel_error error;
static bool anybody;
static struct corbel_info guests[2] = {
	{ .domid = 0, .name = "Domain-0" },
	{ .domid = 7, .name = "web1", .state = CORBEL_STATE_BLOCKED },
};

/* ---- the library ---- */

static struct corbel *const handle = (struct corbel *)&error;
static unsigned int open_count;

int corbel_open(struct corbel **c)
{
	open_count++;
	*c = handle;
	return 0;
}

void corbel_close(struct corbel *c)
{
	if (c != NULL) {
		assert_ptr_equal(c, handle);
		open_count--;
	}
}

const struct corbel_error *corbel_error(const struct corbel *c)
{
	(void)c;
	return &error;
}

int corbel_list(struct corbel *c, struct corbel_info **list, size_t *count)
{
	(void)c;
	*list = malloc(sizeof(guests));
	memcpy(*list, guests, sizeof(guests));
	*count = 2;
	return 0;
}

int corbel_vcpus(struct corbel *c, uint32_t domid, struct corbel_vcpu **list,
		 size_t *count)
{
	(void)c;
	if (domid == 0) {
		return -1; /* gone meanwhile */
	}
	*list = calloc(1, sizeof(**list));
	(*list)[0].cpu_ns = 1500000000;
	(*list)[0].steal_ns = 250000000;
	(*list)[0].events = 9;
	*count = 1;
	return 0;
}

int corbel_find(struct corbel *c, const char *name, uint32_t *domid)
{
	(void)c;
	*domid = 7;
	if (strcmp(name, "web1") == 0) {
		return 0;
	}
	error = (struct corbel_error){ CORBEL_NOT_FOUND, "guest",
				       "there is none" };
	return -1;
}

int corbel_info(struct corbel *c, uint32_t domid, struct corbel_info *info)
{
	(void)c;
	assert_int_equal(domid, 7);
	*info = guests[1];
	return 0;
}

int corbel_host(struct corbel *c, struct corbel_host *host)
{
	(void)c;
	*host = (struct corbel_host){ .version = "4.17-corbel", .cpus = 2 };
	return 0;
}

static struct corbel_device devices[2];
static size_t device_count;

int corbel_devices(struct corbel *c, uint32_t domid,
		   struct corbel_device **list, size_t *count)
{
	(void)c;
	assert_int_equal(domid, 7);
	*list = malloc(sizeof(devices));
	memcpy(*list, devices, sizeof(devices));
	*count = device_count;
	return 0;
}

void log_line(const char *format, ...)
{
	(void)format;
}

/* ---- a client ---- */

static char got[65536];

static int connect_to(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(
		connect(fd, (const struct sockaddr *)&address, sizeof(address)),
		0);
	return fd;
}

static void send_to(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* Runs the server until what it has sent so far has `text`, or it has closed. */
static bool gets(int fd, const char *text)
{
	size_t size = strlen(got);
	ssize_t more;

	for (int i = 0; i < 1000; i++) {
		event_base_loop(loop, EVLOOP_NONBLOCK);
		more = recv(fd, got + size, sizeof(got) - size - 1,
			    MSG_DONTWAIT);
		if (more > 0) {
			size += (size_t)more;
			got[size] = '\0';
		}
		if (text != NULL ? strstr(got, text) != NULL : more == 0) {
			return true;
		}
		usleep(1000);
	}
	return false;
}

/* What is answered, behind the header. */
static const char *answer_to(const char *request)
{
	const int fd = connect_to();
	const char *body;

	got[0] = '\0';
	send_to(fd, request);
	assert_true(gets(fd, NULL));
	close(fd);
	body = strstr(got, "\r\n\r\n");
	assert_non_null(body);
	return body + 4;
}

static bool is_status(const char *status)
{
	return strncmp(got + strlen("HTTP/1.0 "), status, 3) == 0;
}

/* ---- tests ---- */

static void answers(void **state)
{
	const char *text;

	(void)state;
	text = answer_to("GET /v1/list HTTP/1.0\r\n\r\n");
	assert_true(is_status("200"));
	assert_non_null(strstr(got, "Content-Type: application/json"));
	assert_memory_equal(text, "[{\"id\":0,", 9);
	assert_non_null(strstr(text, "\"name\":\"web1\""));
	text = answer_to("GET /v1/info/web1 HTTP/1.0\r\n\r\n");
	assert_memory_equal(text, "{\"id\":7,\"name\":\"web1\"", 21);
	text = answer_to("GET /v1/host HTTP/1.0\r\n\r\n");
	assert_non_null(strstr(text, "\"cpus\":2"));
	text = answer_to("GET /v1/history HTTP/1.0\r\n\r\n");
	assert_string_equal(text, "[" NAME "," NAME "]");
	assert_int_equal(open_count, 0);
}

static void refuses(void **state)
{
	const char *text;

	(void)state;
	text = answer_to("GET /v1/info/web%32 HTTP/1.0\r\n\r\n");
	assert_true(is_status("404"));
	assert_string_equal(text, "{\"object\":\"guest\",\"error\":\"there is "
				  "none\"}");
	answer_to("GET /v1/lists HTTP/1.0\r\n\r\n");
	assert_true(is_status("404"));
	answer_to("GET / HTTP/1.0\r\n\r\n");
	assert_true(is_status("404"));
	answer_to("DELETE /v1/info/web1 HTTP/1.0\r\n\r\n");
	assert_true(is_status("501"));
	answer_to("GET /v1/info HTTP/1.0\r\n\r\n");
	assert_true(is_status("404"));
	assert_int_equal(open_count, 0);
}

static void has_line(const char *text, const char *line)
{
	char whole[256];

	snprintf(whole, sizeof(whole), "\n%s\n", line);
	if (strstr(text, whole) == NULL) {
		fail_msg("no %s in:\n%s", line, text);
	}
}

static void put_figure(const char *file, const char *text)
{
	char command[256];

	snprintf(command, sizeof(command),
		 "mkdir -p $(dirname %s/%s) && echo %s >%s/%s", folder, file,
		 text, folder, file);
	assert_int_equal(system(command), 0);
}

static void has_figures(void **state)
{
	const char *text;

	(void)state;
	put_figure("vbd-7-51712/statistics/rd_req", "17");
	put_figure("vbd-7-51712/statistics/wr_sect", "3");
	put_figure("own/vbd-7-51728/statistics/wr_sect",
		   "00000000000000000010");
	put_figure("vif-7-1/net/web1-lan/statistics/tx_bytes", "1234");
	put_figure("vif-9-0/net/vif9.0/statistics/tx_bytes", "1");
	guests[1].cpu_ns = 2500000000;
	guests[1].steal_ns = 500000000;
	guests[1].events = 12;
	guests[1].store_requests = 40;
	guests[1].store_held_ns = 1500000000;
	guests[1].memory_kib = 4;
	text = answer_to("GET /metrics HTTP/1.0\r\n\r\n");
	assert_non_null(strstr(got, "text/plain; version=0.0.4"));
	has_line(text, "corbel_hypervisor_info{version=\"4.17-corbel\"} 1");
	has_line(text, "corbel_host_cpus 2");
	has_line(text, "# TYPE corbel_domain_cpu_seconds_total counter");
	has_line(text, "corbel_domain_cpu_seconds_total{domain=\"web1\","
		       "id=\"7\"} 2.5");
	has_line(text, "corbel_domain_memory_bytes{domain=\"web1\","
		       "id=\"7\"} 4096");
	has_line(text, "corbel_domain_state{domain=\"web1\",id=\"7\","
		       "state=\"blocked\"} 1");
	has_line(text, "corbel_vcpu_cpu_seconds_total{domain=\"web1\","
		       "id=\"7\",vcpu=\"0\"} 1.5");
	has_line(text, "corbel_domain_steal_seconds_total{domain=\"web1\","
		       "id=\"7\"} 0.5");
	has_line(text, "corbel_domain_events_total{domain=\"web1\",id=\"7\"}"
		       " 12");
	has_line(text, "corbel_domain_store_requests_total{domain=\"web1\","
		       "id=\"7\"} 40");
	has_line(text, "corbel_domain_store_held_seconds_total{domain=\"web1\","
		       "id=\"7\"} 1.5");
	has_line(text, "corbel_vcpu_steal_seconds_total{domain=\"web1\","
		       "id=\"7\",vcpu=\"0\"} 0.25");
	has_line(text, "corbel_vcpu_events_total{domain=\"web1\","
		       "id=\"7\",vcpu=\"0\"} 9");
	has_line(text, "corbel_disk_reads_total{domain=\"web1\",id=\"7\","
		       "device=\"51712\"} 17");
	has_line(text, "corbel_disk_written_bytes_total{domain=\"web1\","
		       "id=\"7\",device=\"51712\"} 1536");
	has_line(text, "corbel_disk_written_bytes_total{domain=\"web1\","
		       "id=\"7\",device=\"51728\"} 5120");
	has_line(text, "corbel_network_receive_bytes_total{domain=\"web1\","
		       "id=\"7\",device=\"1\"} 1234");
	assert_null(strstr(text, "id=\"9\""));
	has_line(text, "corbel_crashes_remembered 2");
	assert_int_equal(open_count, 0);
}

static void escapes_names(void **state)
{
	const char *text;

	(void)state;
	strcpy(guests[1].name, "a\"b\\c\nd");
	text = answer_to("GET /metrics HTTP/1.0\r\n\r\n");
	has_line(text, "corbel_domain_vcpus{domain=\"a\\\"b\\\\c d\",id=\"7\"}"
		       " 0");
	strcpy(guests[1].name, "web1");
}

static bool devices_changed = true;

static void look(void)
{
	events_look(guests, 2);
	events_look_at_devices(handle, devices_changed);
}

static void tells(int fd, const char *event)
{
	got[0] = '\0';
	look();
	if (!gets(fd, event)) {
		fail_msg("no %s: %s", event, got);
	}
}

static int listen_to_events(void)
{
	const int fd = connect_to();

	got[0] = '\0';
	send_to(fd, "GET /v1/events HTTP/1.0\r\n\r\n");
	assert_true(gets(fd, "\"event\":\"listening\"}\n"));
	assert_true(anybody);
	return fd;
}

static void leave(int fd)
{
	close(fd);
	for (int i = 0; i < 1000 && anybody; i++) {
		event_base_loop(loop, EVLOOP_NONBLOCK);
		usleep(1000);
	}
}

static void tells_what_happens(void **state)
{
	const int fd = listen_to_events();

	(void)state;
	guests[1].state = CORBEL_STATE_PAUSED;
	tells(fd, "\"event\":\"created\",\"name\":\"web1\"");
	guests[1].state = CORBEL_STATE_RUNNING;
	tells(fd, "\"event\":\"started\"");
	guests[1].state = CORBEL_STATE_BLOCKED;
	look();
	guests[1].state = CORBEL_STATE_PAUSED;
	tells(fd, "\"event\":\"paused\"");
	assert_null(strchr(strchr(got, '\n') + 1, '{')); /* and no more */
	guests[1].state = CORBEL_STATE_RUNNING;
	tells(fd, "\"event\":\"unpaused\"");
	strcpy(guests[1].name, "web2");
	tells(fd, "\"event\":\"renamed\",\"name\":\"web2\"");
	guests[1].state = CORBEL_STATE_CRASHED;
	guests[1].shutdown_reason = 3;
	tells(fd, "\"event\":\"crashed\"");
	assert_non_null(strstr(got, "\"reason\":\"crash\""));
	guests[1].state = CORBEL_STATE_DYING;
	tells(fd, "\"event\":\"destroyed\"");
	guests[1].state = CORBEL_STATE_RUNNING;
	guests[1].uuid[0]++;
	tells(fd, "\"event\":\"created\"");
	guests[1].state = CORBEL_STATE_SHUTDOWN;
	guests[1].shutdown_reason = 0;
	tells(fd, "\"event\":\"shutdown\"");
	assert_non_null(strstr(got, "\"reason\":\"poweroff\""));
	leave(fd);
	assert_false(anybody);
}

static void tells_of_devices(void **state)
{
	const int fd = listen_to_events();

	(void)state;
	guests[1].state = CORBEL_STATE_RUNNING;
	guests[1].uuid[0]++;
	devices[0] = (struct corbel_device){
		.kind = CORBEL_DEVICE_DISK,
		.number = 1,
		.name = "xvda",
		.source = "/srv/a.img",
	};
	devices[1] = (struct corbel_device){
		.kind = CORBEL_DEVICE_NIC,
		.number = 1,
		.name = "00:16",
	};
	device_count = 1;
	/* It is seen to run when nothing has changed in the store. */
	devices_changed = false;
	tells(fd, "\"event\":\"started\"");
	assert_null(strstr(got, "attached")); /* those that it was made with */
	devices_changed = true;
	device_count = 2;
	tells(fd, "\"event\":\"attached\",");
	assert_non_null(strstr(got, "\"nic\":\"00:16\"}"));
	assert_null(strstr(got, "\"disk\""));
	device_count = 0;
	tells(fd, "\"nic\":\"00:16\"}");
	assert_non_null(strstr(got, "\"disk\":\"xvda\"}"));
	assert_non_null(strstr(got, "\"event\":\"detached\""));
	/* What is lost on its way out is not told. */
	device_count = 2;
	look();
	guests[1].state = CORBEL_STATE_SHUTDOWN;
	device_count = 0;
	tells(fd, "\"event\":\"shutdown\"");
	assert_null(strstr(got, "detached"));
	leave(fd);
}

static void tells_of_media(void **state)
{
	const int fd = listen_to_events();

	(void)state;
	guests[1].state = CORBEL_STATE_RUNNING;
	guests[1].uuid[0]++;
	devices[0].cdrom = true;
	devices[0].source[0] = '\0';
	device_count = 1;
	devices_changed = true;
	tells(fd, "\"event\":\"started\"");
	look();
	strcpy(devices[0].source, "/srv/a.iso");
	tells(fd, "\"event\":\"attached\"");
	assert_non_null(strstr(got, "\"disk\":\"xvda\"}"));
	devices[0].source[0] = '\0';
	tells(fd, "\"event\":\"detached\"");
	guests[1].state = CORBEL_STATE_SHUTDOWN;
	device_count = 0;
	tells(fd, "\"event\":\"shutdown\"");
	leave(fd);
}

/* A guest of another that takes the same number within one look. */
static void knows_another_guest_of_the_same_number(void **state)
{
	const int fd = listen_to_events();

	(void)state;
	look();
	guests[1].uuid[0]++;
	tells(fd, "\"event\":\"destroyed\"");
	assert_non_null(strstr(got, "\"event\":\"created\""));
	leave(fd);
}

static void drops_who_does_not_read(void **state)
{
	const int fd = listen_to_events();
	char line[1000];

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	for (int i = 0; i < 5000 && anybody; i++) {
		serve_event(line);
	}
	assert_false(anybody);
	close(fd);
}

static void tells_all_who_listen(void **state)
{
	const int first = listen_to_events(), second = listen_to_events();

	(void)state;
	serve_event("{}");
	got[0] = '\0';
	assert_true(gets(first, "{}\n"));
	leave(first);
	assert_true(anybody);
	serve_event("{1}");
	got[0] = '\0';
	assert_true(gets(second, "{1}\n"));
	leave(second);
	assert_false(anybody);
}

static void on_listeners(bool any, void *context)
{
	assert_ptr_equal(context, &anybody);
	anybody = any;
}

static void write_record(const char *name)
{
	char record[128];
	FILE *file;

	snprintf(record, sizeof(record), "%s/%s.json", folder, name);
	file = fopen(record, "w");
	assert_non_null(file);
	fputs(NAME, file);
	fclose(file);
}

static int start(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL) {
		return -1;
	}
	snprintf(path, sizeof(path), "%s/socket", folder);
	serve_path = path;
	history_folder = folder;
	snprintf(own, sizeof(own), "%s/own", folder);
	metrics_devices[0] = folder;
	metrics_devices[1] = own;
	write_record("1");
	write_record("2");
	loop = event_base_new();
	return serve_start(loop, on_listeners, &anybody) ? 0 : -1;
}

static int stop(void **state)
{
	char command[64];

	(void)state;
	serve_stop();
	event_base_free(loop);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(refuses),
		cmocka_unit_test(has_figures),
		cmocka_unit_test(escapes_names),
		cmocka_unit_test(tells_what_happens),
		cmocka_unit_test(tells_of_devices),
		cmocka_unit_test(tells_of_media),
		cmocka_unit_test(knows_another_guest_of_the_same_number),
		cmocka_unit_test(drops_who_does_not_read),
		cmocka_unit_test(tells_all_who_listen),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
