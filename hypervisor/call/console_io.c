/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_console_io(cmd, count, buffer): the serial console, which the
 * hypervisor owns and the service VM uses (ABI xen.h, CONSOLEIO_*).
 */
#include "call/call.h"
#include "core/log.h"

/* A serial line takes its time: this much, then interrupts get their turn. */
#define WRITE_STEP 4096u
#define PIECE      256u

static long write_piece(struct call *c, size_t len)
{
	char text[PIECE];

	if (guest_read(c->vcpu, text, c->arg[2], len) != 0) {
		return -XEN_EFAULT;
	}
	log_console_write(text, len);
	return 0;
}

/* What is written is taken off the caller's count and buffer. */
static long write(struct call *c)
{
	const uint32_t count = (uint32_t)c->arg[1];
	uint32_t left = count;

	while (left > 0 && count - left < WRITE_STEP) {
		const uint32_t n = (uint32_t)min_u64(left, PIECE);
		const long rc = write_piece(c, n);

		if (rc != 0) {
			return rc;
		}
		left -= n;
		c->arg[2] += n;
	}
	c->arg[1] = left;
	return left == 0 ? 0 : CALL_AGAIN;
}

/* As much as one piece: whoever wants more asks again. */
static long read(struct call *c)
{
	char text[PIECE];
	const size_t n = console_input_read(
		text, min_u64((uint32_t)c->arg[1], sizeof(text)));

	if (guest_write(c->vcpu, c->arg[2], text, n) != 0) {
		return -XEN_EFAULT;
	}
	return (long)n;
}

long call_console_io(struct call *c)
{
	switch (c->arg[0]) {
	case CONSOLEIO_write:
		return write(c);
	case CONSOLEIO_read:
		return read(c);
	default:
		return -XEN_ENOSYS;
	}
}
