/* SPDX-License-Identifier: MIT */
/*
 * The handle's last failure: a code, what failed, and one line why.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "libctl/core/internal.h"

static void set(struct corbel *c, enum corbel_error_code code,
		const char *object, const char *format, va_list args)
	__attribute__((format(printf, 4, 0)));

static void set(struct corbel *c, enum corbel_error_code code,
		const char *object, const char *format, va_list args)
{
	struct corbel_error e = { .code = code };

	/* The arguments may be texts of the failure that is replaced. */
	snprintf(e.object, sizeof(e.object), "%s",
		 object != NULL ? object : "");
	vsnprintf(e.text, sizeof(e.text), format, args);
	c->error = e;
}

int corbel_fail(struct corbel *c, enum corbel_error_code code,
		const char *object, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set(c, code, object, format, args);
	va_end(args);
	return -1;
}

static enum corbel_error_code code_of(int number)
{
	switch (number) {
	case EPERM:
	case EACCES:
		return CORBEL_NOT_ALLOWED;
	case ENOENT:
	case ESRCH:
		return CORBEL_NOT_FOUND;
	case EEXIST:
		return CORBEL_EXISTS;
	case ENOMEM:
		return CORBEL_NO_MEMORY;
	case ENOSYS:
	case EOPNOTSUPP:
		return CORBEL_UNSUPPORTED;
	case ETIMEDOUT:
		return CORBEL_TIMEOUT;
	default:
		return CORBEL_FAILED;
	}
}

int corbel_fail_errno(struct corbel *c, const char *object, const char *format,
		      ...)
{
	const int number = errno;
	size_t used;
	va_list args;

	va_start(args, format);
	set(c, code_of(number), object, format, args);
	va_end(args);

	used = strlen(c->error.text);
	snprintf(c->error.text + used, sizeof(c->error.text) - used, ": %s",
		 strerror(number));
	return -1;
}

struct corbel_error error_keep(const struct corbel *c)
{
	return c->error;
}

void error_put_back(struct corbel *c, const struct corbel_error *kept)
{
	c->error = *kept;
}

const struct corbel_error *corbel_error(const struct corbel *c)
{
	return &c->error;
}
