# SPDX-License-Identifier: MIT
# Top of the build. Each top folder has one Makefile, read in here, with its
# objects listed by hand; nothing recurses.
#
# B is the build folder: give two builds that run at once different ones.
B ?= build

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-builtin-variables
.SUFFIXES:

WARNINGS := -Wall -Wextra -Wshadow -Wvla -Wundef -Wconversion \
	-Wno-sign-conversion -Wwrite-strings -Wcast-qual -Wcast-align \
	-Wstrict-prototypes -Wmissing-prototypes -Wmissing-declarations \
	-Wold-style-definition -Wredundant-decls -Wimplicit-fallthrough \
	-Wformat=2 -Wnull-dereference -Wenum-conversion -Wdate-time \
	-Wframe-larger-than=1024
GCC_WARNINGS := -Wduplicated-cond -Wlogical-op -Wtrampolines -Wbidi-chars=any

# config.mk comes from configure. Goals that run something first install what
# is missing on this machine; the others leave the machine alone.
RUNS := run check checks unit guests system bench fuzz
ifneq ($(filter clean distclean,$(MAKECMDGOALS)),$(or $(MAKECMDGOALS),all))
ifneq ($(filter $(RUNS),$(MAKECMDGOALS)),)
packages := $(B)/packages.stamp
$(packages): tests/packages tests/install-packages
	@tests/install-packages >&2
	@mkdir -p $(@D)
	@touch $@
-include $(packages) # empty: including it makes make build it first
endif
-include config.mk
config.mk: | $(packages)
	@./configure >&2
endif

.PHONY: all check checks unit guests system bench fuzz run format clean distclean

all:

-include hypervisor/Makefile
-include pv-drivers/Makefile
-include svcvm/loader/Makefile
-include svcvm/store/Makefile
-include svcvm/console/Makefile
-include libctl/Makefile
-include toolstack/Makefile
-include svcvm/install/Makefile
-include tests/Makefile

# One after the other also under -j: the machines' time limits are meant for a
# quiet host.
check:
	$(MAKE) checks
	$(MAKE) unit
	$(MAKE) guests
	$(MAKE) system

# Formats every tracked C file in place; commit first, look at the diff after.
format:
	git ls-files '*.c' '*.h' | xargs -r clang-format -i

clean:
	rm -rf $(B)

distclean: clean
	rm -f config.mk
