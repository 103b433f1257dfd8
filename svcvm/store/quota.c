/* SPDX-License-Identifier: MIT */
#include "svcvm/store/quota.h"
#include "svcvm/clock.h"
#include "svcvm/store/buf.h"
#include "svcvm/store/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LOG_NS (10 * CLOCK_SECOND)

static const struct {
	const char *name;
	size_t limit;
} table[QUOTA_COUNT] = {
	[QUOTA_NODES] = { "nodes", 1000 },
	[QUOTA_NODE_SIZE] = { "node-size", 2048 },
	[QUOTA_NODE_PERMISSIONS] = { "node-permissions", 5 },
	[QUOTA_WATCHES] = { "watches", 128 },
	[QUOTA_TRANSACTIONS] = { "transactions", 10 },
	[QUOTA_TRANSACTION_NODES] = { "transaction-nodes", 1024 },
	[QUOTA_MEMORY] = { "memory", 1u << 20 },
	[QUOTA_OUTSTANDING] = { "outstanding", 65536 },
	[QUOTA_REQUESTS] = { "requests", 500 },
};

void quota_defaults(struct quota_limits *q)
{
	for (size_t i = 0; i < QUOTA_COUNT; i++) {
		q->limit[i] = table[i].limit;
	}
}

bool quota_allows(const struct quota_limits *q, struct quota_log *log,
		  uint16_t domid, enum quota which, size_t value)
{
	const uint64_t now = clock_ns();

	if (domid == 0 || value <= q->limit[which]) {
		return true;
	}
	if (log->last[which] == 0 || now - log->last[which] >= LOG_NS) {
		log->last[which] = now;
		log_line("domain %u: quota %s: %zu is over %zu", domid,
			 table[which].name, value, q->limit[which]);
	}
	return false;
}

int quota_set(struct quota_limits *q, const char *name, const char *value)
{
	char *end;
	const unsigned long limit = strtoul(value, &end, 10);

	if (value[0] < '0' || value[0] > '9' || *end != '\0') {
		return -EINVAL;
	}
	for (size_t i = 0; i < QUOTA_COUNT; i++) {
		if (strcmp(name, table[i].name) == 0) {
			q->limit[i] = limit;
			return 0;
		}
	}
	return -ENOENT;
}

void quota_print(const struct quota_limits *q, struct buf *out)
{
	for (size_t i = 0; i < QUOTA_COUNT; i++) {
		buf_print(out, "%s: %zu\n", table[i].name, q->limit[i]);
	}
}
