# SPDX-License-Identifier: MIT
# Login shells: init gives them no home. busybox fills in what no package
# brought, such as poweroff and vi.
export HOME=/root
PATH=$PATH:/usr/lib/corbel/busybox
cd
