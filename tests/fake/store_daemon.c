/* SPDX-License-Identifier: MIT */
#include "fake/store_daemon.h"

#include <setjmp.h>
#include <stdarg.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

char store_daemon_path[] = "/tmp/corbel-store-XXXXXX/socket";

static struct {
	int listener;
	int peer;
	pthread_t thread;
	void (*script)(void);
} server;

void store_daemon_listen(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strcpy(address.sun_path, store_daemon_path);
	server.listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(server.listener,
			      (const struct sockaddr *)&address,
			      sizeof(address)),
			 0);
	assert_int_equal(listen(server.listener, 64), 0);
}

void store_daemon_stop_listening(void)
{
	close(server.listener);
	server.listener = -1;
	unlink(store_daemon_path);
}

void store_daemon_accept(void)
{
	char byte;

	for (;;) {
		server.peer = accept(server.listener, NULL, NULL);
		if (recv(server.peer, &byte, 1, MSG_PEEK) == 1) {
			return;
		}
		close(server.peer);
	}
}

void store_daemon_hang_up(void)
{
	shutdown(server.peer, SHUT_RDWR);
	close(server.peer);
	server.peer = -1;
}

uint32_t store_daemon_take(char body[XENSTORE_PAYLOAD_MAX])
{
	struct xsd_sockmsg header;

	assert_int_equal(
		recv(server.peer, &header, sizeof(header), MSG_WAITALL),
		sizeof(header));
	assert_int_equal(recv(server.peer, body, header.len, MSG_WAITALL),
			 header.len);
	return header.type;
}

void store_daemon_give(uint32_t type, const char *body, size_t size)
{
	const struct xsd_sockmsg header = {
		.type = type,
		.len = (uint32_t)size,
	};

	assert_int_equal(send(server.peer, &header, sizeof(header), 0),
			 sizeof(header));
	assert_int_equal(send(server.peer, body, size, 0), size);
}

static void *serve(void *unused)
{
	store_daemon_accept();
	server.script();
	return unused;
}

void store_daemon_start(void (*script)(void))
{
	store_daemon_listen();
	server.script = script;
	assert_int_equal(pthread_create(&server.thread, NULL, serve, NULL), 0);
}

void store_daemon_end(void)
{
	pthread_join(server.thread, NULL);
	if (server.peer >= 0) {
		close(server.peer);
	}
	if (server.listener >= 0) {
		store_daemon_stop_listening();
	}
}

int store_daemon_set_up(void **state)
{
	(void)state;
	*strrchr(store_daemon_path, '/') = '\0';
	assert_non_null(mkdtemp(store_daemon_path));
	store_daemon_path[strlen(store_daemon_path)] = '/';
	setenv("XENSTORED_PATH", store_daemon_path, 1);
	return 0;
}

int store_daemon_tear_down(void **state)
{
	(void)state;
	*strrchr(store_daemon_path, '/') = '\0';
	return rmdir(store_daemon_path);
}
