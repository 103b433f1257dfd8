/* SPDX-License-Identifier: MIT */
#include "svcvm/console/buffer.h"

#include <string.h>

void buffer_add(struct buffer *buffer, const char *from, size_t size)
{
	size_t end, first;

	if (size > BUFFER_SIZE) {
		from += size - BUFFER_SIZE;
		size = BUFFER_SIZE;
	}
	if (buffer->size + size > BUFFER_SIZE) {
		buffer_drop(buffer, buffer->size + size - BUFFER_SIZE);
	}

	end = (buffer->start + buffer->size) % BUFFER_SIZE;
	first = size < BUFFER_SIZE - end ? size : BUFFER_SIZE - end;
	memcpy(buffer->bytes + end, from, first);
	memcpy(buffer->bytes, from + first, size - first);
	buffer->size += size;
}

const char *buffer_front(const struct buffer *buffer, size_t *size)
{
	size_t to_end = BUFFER_SIZE - buffer->start;

	*size = buffer->size < to_end ? buffer->size : to_end;
	return buffer->bytes + buffer->start;
}

void buffer_drop(struct buffer *buffer, size_t size)
{
	buffer->start = (buffer->start + size) % BUFFER_SIZE;
	buffer->size -= size;
}
