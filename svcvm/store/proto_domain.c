/* SPDX-License-Identifier: MIT */
/*
 * Requests about domains.
 */
#include "svcvm/store/path.h"
#include "svcvm/store/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The frame is not used: the ring is mapped by its grant. */
int request_introduce(struct request *r)
{
	uint64_t gfn = 0;
	uint64_t port = 0;
	uint16_t domid;
	int rc = request_domid(r, &domid);

	if (rc == 0) {
		rc = request_number(r, UINT64_MAX, &gfn);
	}
	if (rc == 0) {
		rc = request_number(r, UINT32_MAX, &port);
	}
	if (rc != 0 || domid == 0) {
		return -EINVAL;
	}
	rc = domain_introduce(r->store, domid, (uint32_t)gfn, (uint32_t)port);
	return rc == 0 ? request_ok(r) : rc;
}

int request_release(struct request *r)
{
	uint16_t domid;
	int rc = request_domid(r, &domid);

	if (rc != 0 || domid == 0) {
		return -EINVAL;
	}
	rc = domain_release(r->store, domid);
	return rc == 0 ? request_ok(r) : rc;
}

int request_resume(struct request *r)
{
	uint16_t domid;
	int rc = request_domid(r, &domid);

	if (rc != 0 || domid == 0) {
		return -EINVAL;
	}
	rc = domain_resume(r->store, domid);
	return rc == 0 ? request_ok(r) : rc;
}

int request_set_target(struct request *r)
{
	uint16_t domid;
	uint16_t target;
	int rc = request_domid(r, &domid);

	if (rc == 0) {
		rc = request_domid(r, &target);
	}
	if (rc != 0 || domid == 0) {
		return -EINVAL;
	}
	rc = domain_set_target(r->store, domid, target);
	return rc == 0 ? request_ok(r) : rc;
}

int request_is_introduced(struct request *r)
{
	uint16_t domid;
	const int rc = request_domid(r, &domid);

	if (rc == 0) {
		buf_add_string(&r->reply, domain_is_introduced(r->store, domid)
						  ? "T"
						  : "F");
	}
	return rc;
}

int request_domain_path(struct request *r)
{
	uint16_t domid;
	const int rc = request_domid(r, &domid);
	char *path;

	if (rc == 0) {
		path = path_home(domid);
		buf_add_string(&r->reply, path);
		free(path);
	}
	return rc;
}
