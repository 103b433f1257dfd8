/* SPDX-License-Identifier: MIT */
/* XEN_DOMCTL_sethvmcontext and _gethvmcontext; `arg` is a struct xen_domctl. */
#pragma once

#include "call/call.h"

/* Only of a domain that is paused or has not begun to run: -XEN_EBUSY, then
 * -XEN_EINVAL, -XEN_EFAULT, -XEN_ENOMEM, -XEN_ESRCH. All of it or nothing. */
long domctl_sethvmcontext(struct call *c, void *arg);
/* Of any other domain, which is paused for it. Without a buffer the size only;
 * -XEN_ENOSPC for a buffer that is too small. */
long domctl_gethvmcontext(struct call *c, void *arg);
