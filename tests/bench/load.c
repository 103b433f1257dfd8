/* SPDX-License-Identifier: MIT */
/*
 * The work that make bench gives to guests, and what it needs beside it, as one
 * static program for guest and service VM of either hypervisor:
 *
 *	load disk NAME DEVICE read|write SIZE COUNT DEPTH [random]
 *	load serve
 *	load request NAME ADDRESS COUNT
 *	load stream NAME ADDRESS MIB send|receive
 *	load wait FILE TEXT SECONDS
 *	load free			KiB that the hypervisor has left
 *	load key CHARACTER		one of its debug keys
 *
 * Work prints `work NAME COUNT NANOSECONDS PACKETS`: what was done how often, in
 * what time, and how many packets the network card saw meanwhile. Each piece of
 * work stands between two writes to ports that nobody has, so that the
 * emulator's log shows which exits belong to it (tests/bench/guests.py).
 */
#define _GNU_SOURCE /* O_DIRECT, memmem */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <xen/sysctl.h>
#include <xen/xen.h>

#define PORT_BEGIN  0x84
#define PORT_END    0x85
#define SERVICE     7000
#define DEPTH_MAX   64
#define CHUNK       (64u << 10)
#define WAIT_PERIOD 5000 /* microseconds */

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Sent and received by the one card that a guest has. */
static uint64_t packets(void)
{
	char line[256];
	uint64_t in = 0, out = 0;
	FILE *file = fopen("/proc/net/dev", "r");

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line,
			   " eth0: %*u %lu %*u %*u %*u %*u %*u %*u %*u %lu",
			   &in, &out) == 2) {
			break;
		}
	}
	if (file != NULL) {
		fclose(file);
	}
	return in + out;
}

static struct {
	const char *name;
	uint64_t start, packets;
} work;

static void begin(const char *name)
{
	if (iopl(3) != 0) {
		err(1, "iopl");
	}
	work.name = name;
	work.packets = packets();
	outb(0, PORT_BEGIN);
	work.start = now();
}

static void end(uint64_t count)
{
	uint64_t time = now() - work.start;

	outb(0, PORT_END);
	printf("work %s %lu %lu %lu\n", work.name, count, time,
	       packets() - work.packets);
}

/* Disks: native AIO, so that a depth of 1 and of more take the same way. */

struct disk_work {
	bool is_write, is_random;
	uint64_t size, count, places, begun;
	int file;
	char *buffers;
	struct iocb requests[DEPTH_MAX];
};

/* The same places in each run (Knuth's multiplier of 64 bits). */
static uint64_t place(const struct disk_work *w)
{
	if (!w->is_random) {
		return w->begun % w->places;
	}
	return ((w->begun + 1) * 6364136223846793005u >> 24) % w->places;
}

static void submit(struct disk_work *w, aio_context_t context, unsigned slot)
{
	struct iocb *request = &w->requests[slot];
	const uint16_t code = w->is_write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;

	*request = (struct iocb){
		.aio_data = slot,
		.aio_lio_opcode = code,
		.aio_fildes = (uint32_t)w->file,
		.aio_buf = (uintptr_t)(w->buffers + slot * w->size),
		.aio_nbytes = w->size,
		.aio_offset = (int64_t)(place(w) * w->size),
	};
	if (syscall(SYS_io_submit, context, 1, &request) != 1) {
		err(1, "io_submit");
	}
	w->begun++;
}

static void run_disk(struct disk_work *w, unsigned depth)
{
	aio_context_t context = 0;
	struct io_event event;

	if (syscall(SYS_io_setup, depth, &context) != 0) {
		err(1, "io_setup");
	}
	for (unsigned slot = 0; slot < depth && w->begun < w->count; slot++) {
		submit(w, context, slot);
	}
	for (uint64_t done = 0; done < w->count; done++) {
		if (syscall(SYS_io_getevents, context, 1, 1, &event, NULL) !=
			    1 ||
		    event.res != (int64_t)w->size) {
			errx(1, "disk: request failed");
		}
		if (w->begun < w->count) {
			submit(w, context, (unsigned)event.data);
		}
	}
	syscall(SYS_io_destroy, context);
}

static void disk(char **arg)
{
	static struct disk_work w;

	w = (struct disk_work){
		.is_write = strcmp(arg[2], "write") == 0,
		.size = strtoul(arg[3], NULL, 0),
		.count = strtoul(arg[4], NULL, 0),
		.is_random = arg[6] != NULL,
	};
	const unsigned depth = (unsigned)atoi(arg[5]);

	if (w.size == 0 || depth < 1 || depth > DEPTH_MAX) {
		errx(2, "disk: SIZE or DEPTH");
	}
	w.file = open(arg[1], O_RDWR | O_DIRECT);
	if (w.file < 0) {
		err(1, "%s", arg[1]);
	}
	w.places = (uint64_t)lseek(w.file, 0, SEEK_END) / w.size;
	w.buffers = mmap(NULL, w.size * depth, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (w.places == 0 || w.buffers == MAP_FAILED) {
		err(1, "%s: size or memory", arg[1]);
	}
	begin(arg[0]);
	run_disk(&w, depth);
	end(w.count);
}

/*
 * Network. The first eight bytes of a connection say what the client wants:
 * so many bytes sent to it; or, with zero, one byte back for each of its own.
 * A client that sends a stream gets a byte when its end has arrived.
 */

static char chunk[CHUNK];

static void move_all(int s, bool send, uint64_t size)
{
	while (size > 0) {
		size_t part = size < CHUNK ? size : CHUNK;
		ssize_t n = send ? write(s, chunk, part) : read(s, chunk, part);

		if (n <= 0) {
			err(1, "connection");
		}
		size -= (size_t)n;
	}
}

enum wish { WISH_ECHO, WISH_RECEIVE, WISH_SEND };

static void answer(int s)
{
	uint64_t wish[2];

	if (read(s, wish, sizeof(wish)) != sizeof(wish)) {
		return;
	}
	if (wish[0] == WISH_ECHO) {
		for (uint64_t i = 0; i < wish[1]; i++) {
			move_all(s, false, 1);
			move_all(s, true, 1);
		}
		return;
	}
	move_all(s, wish[0] == WISH_RECEIVE, wish[1]);
	if (wish[0] == WISH_SEND) {
		move_all(s, true, 1);
	}
}

static int tcp_socket(void)
{
	const int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);

	if (s < 0 ||
	    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
	    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) != 0) {
		err(1, "socket");
	}
	return s;
}

static void serve(char **)
{
	const struct sockaddr_in here = { .sin_family = AF_INET,
					  .sin_port = htons(SERVICE) };
	const int s = tcp_socket();

	if (bind(s, (const struct sockaddr *)&here, sizeof(here)) != 0 ||
	    listen(s, 1) != 0) {
		err(1, "bind");
	}
	for (;;) {
		int client = accept(s, NULL, NULL);

		if (client >= 0) {
			answer(client);
			close(client);
		}
	}
}

static int connect_to(const char *address, enum wish wish, uint64_t count)
{
	const uint64_t words[2] = { wish, count };
	struct sockaddr_in there = { .sin_family = AF_INET,
				     .sin_port = htons(SERVICE) };
	const int s = tcp_socket();

	if (inet_pton(AF_INET, address, &there.sin_addr) != 1 ||
	    connect(s, (const struct sockaddr *)&there, sizeof(there)) != 0 ||
	    write(s, words, sizeof(words)) != sizeof(words)) {
		err(1, "%s", address);
	}
	return s;
}

static void request(char **arg)
{
	const uint64_t count = strtoul(arg[2], NULL, 0);
	const int s = connect_to(arg[1], WISH_ECHO, count);

	begin(arg[0]);
	for (uint64_t i = 0; i < count; i++) {
		move_all(s, true, 1);
		move_all(s, false, 1);
	}
	end(count);
	close(s);
}

static void stream(char **arg)
{
	const uint64_t mib = strtoul(arg[2], NULL, 0);
	const bool send = strcmp(arg[3], "send") == 0;
	const int s =
		connect_to(arg[1], send ? WISH_SEND : WISH_RECEIVE, mib << 20);

	begin(arg[0]);
	move_all(s, send, mib << 20);
	if (send) {
		move_all(s, false, 1);
	}
	end(mib);
	close(s);
}

/* wait_for FILE TEXT SECONDS: until TEXT stands in FILE. */
static void wait_for(char **arg)
{
	const uint64_t limit = now() + strtoul(arg[2], NULL, 0) * 1000000000;
	static char text[1 << 20];

	for (;;) {
		int file = open(arg[0], O_RDONLY);
		ssize_t size =
			file < 0 ? 0 : read(file, text, sizeof(text) - 1);

		if (file >= 0) {
			close(file);
		}
		if (size > 0 && memmem(text, (size_t)size, arg[1],
				       strlen(arg[1])) != NULL) {
			return;
		}
		if (now() > limit) {
			errx(1, "no '%s' in %s", arg[1], arg[0]);
		}
		usleep(WAIT_PERIOD);
	}
}

/* Both hypervisors have the calls that are made here. */
static struct xen_sysctl *sysctl(uint32_t command, const char *key)
{
	struct hypercall {
		uint64_t number, arg[5];
	} call = { .number = __HYPERVISOR_sysctl };
	struct xen_sysctl *op =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	const int file = open("/dev/xen/privcmd", O_RDWR);

	if (op == MAP_FAILED || file < 0) {
		err(1, "privcmd");
	}
	op->cmd = command;
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	if (key != NULL) {
		char *const copy = (char *)(op + 1); /* in the locked page */

		*copy = *key;
		set_xen_guest_handle(op->u.debug_keys.keys, copy);
		op->u.debug_keys.nr_keys = 1;
	}
	call.arg[0] = (uintptr_t)op;
	if (ioctl(file, _IOC(_IOC_NONE, 'P', 0, sizeof(call)), &call) != 0) {
		err(1, "sysctl %u", command);
	}
	close(file);
	return op;
}

static void print_free(char **)
{
	const struct xen_sysctl_physinfo *info =
		&sysctl(XEN_SYSCTL_physinfo, NULL)->u.physinfo;

	printf("%lu\n", (info->free_pages + info->scrub_pages) * 4);
}

static void press_key(char **arg)
{
	sysctl(XEN_SYSCTL_debug_keys, arg[0]);
}

static const struct {
	const char *name;
	int words;
	void (*run)(char **arg);
} commands[] = {
	{ "disk", 6, disk },     { "request", 3, request },
	{ "stream", 4, stream }, { "serve", 0, serve },
	{ "wait", 3, wait_for }, { "free", 0, print_free },
	{ "key", 1, press_key },
};

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(name, commands[i].name) == 0 &&
		    argc - 2 >= commands[i].words) {
			commands[i].run(argv + 2);
			return 0;
		}
	}
	errx(2, "what is '%s'?", name);
}
