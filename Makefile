# SPDX-License-Identifier: GPL-2.0-only
#
# Everything that is built goes to build/. The module is built by the kernel's own
# build system (Kbuild, through scripts/build-module), the tests by kselftest's
# (selftests/Makefile); the library, its examples and the command are built here.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

# One processor's worth of jobs each, unless the caller has said otherwise; a
# make that was called by make shares that one's.
ifeq ($(MAKELEVEL)$(filter -j% --jobserver%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif

build := build
cache := $(shell . scripts/common.sh && printf %s "$$cache")

# The kernels in the cache to build for and to test on.
KERNELS ?= $(or $(KERNEL),6.1 6.12)
# Any other kernel: the folder of its headers or of its build.
KDIR ?=

VERSION := $(shell sed -n 's/^\#define LSTATE_VERSION[[:space:]]*"\(.*\)"/\1/p' \
	lib/include/localstate.h 2>/dev/null)
SOVERSION := 0

CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
AR ?= ar
PKG_CONFIG ?= pkg-config

CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Werror
common_flags := -std=gnu11 -D_GNU_SOURCE $(WARNINGS) -MMD -MP -Iinclude/uapi -Ilib/include

## help: this list
help:
	@echo "localstate $(VERSION): targets"
	@sed -n 's/^## \([a-z-]*\): /\1\t/p' Makefile | \
		while IFS=$$'\t' read -r name text; do printf '  %-12s %s\n' "$$name" "$$text"; done
	@echo
	@echo "KDIR=PATH             build the module for the kernel with these headers"
	@echo "KERNELS='6.1 6.12'    kernels of the cache that modules are built for"
	@echo "KERNEL=6.12           check: run the tests on this kernel only"
	@echo "TESTS='a_test b_test' check: run these tests only"

## setup: install Debian packages and fetch kernels (scripts/setup)
setup:
	@scripts/setup

## all: modules, lib, utils, examples and selftests
all: modules lib utils examples selftests

# --- the module -------------------------------------------------------------

## modules: build/SERIES/localstate.ko for each kernel, or for KDIR alone
ifneq ($(KDIR),)
modules:
	+@scripts/build-module "$(KDIR)"
else
modules: $(addprefix module-,$(KERNELS))
endif

module-%:
	+@WERROR=1 scripts/build-module "$(cache)/kernels/$*" "$*" W=1

## sparse: the modules once more, checked by sparse
sparse: $(addprefix sparse-,$(KERNELS))

# After the module, in the same tree: C=2 checks what need not be compiled again.
sparse-%: module-%
	+@WERROR=1 scripts/build-module "$(cache)/kernels/$*" "$*" W=1 C=2

# --- the library ------------------------------------------------------------

lib_out := $(build)/lib
lib_sources := $(wildcard lib/*.c)
lib_objects := $(lib_sources:lib/%.c=$(lib_out)/obj/%.o)
lib_flags := $(common_flags) -fvisibility=hidden -fPIC
lib_so := $(lib_out)/liblocalstate.so
lib_a := $(lib_out)/liblocalstate.a

## lib: liblocalstate, shared and static
lib: $(lib_so) $(lib_a) $(lib_out)/localstate.pc

$(lib_out)/obj/%.o: lib/%.c Makefile | $(lib_out)/obj
	@echo "  CC      $@"
	@$(CC) $(lib_flags) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(lib_so).$(SOVERSION): $(lib_objects) lib/liblocalstate.map
	@echo "  LD      $@"
	@$(CC) -shared $(CFLAGS) -Wl,-soname,$(@F) -Wl,-z,defs \
		-Wl,--version-script=lib/liblocalstate.map $(LDFLAGS) $(lib_objects) -lm -o $@

$(lib_so): $(lib_so).$(SOVERSION)
	@ln -sfn $(<F) $@

$(lib_a): $(lib_objects)
	@echo "  AR      $@"
	@rm -f $@
	@$(AR) rcs $@ $(lib_objects)

$(lib_out)/localstate.pc: lib/localstate.pc.in lib/include/localstate.h Makefile | $(lib_out)/obj
	@sed -e 's|@PREFIX@|/usr/local|g' -e 's|@LIBDIR@|$${prefix}/lib|g' \
		-e 's|@INCLUDEDIR@|$${prefix}/include|g' -e 's|@VERSION@|$(VERSION)|g' $< >$@

# --- the examples -----------------------------------------------------------

# Built as a reader of theirs would do it: by the public header and the library.
examples_out := $(build)/examples
examples_sources := $(wildcard lib/examples/*.c)
examples_programs := $(examples_sources:lib/examples/%.c=$(examples_out)/%)
examples_flags := -std=gnu11 $(WARNINGS) -MMD -MP -Ilib/include

## examples: the programs of lib/examples
examples: $(examples_programs)

$(examples_out)/watch_uring: examples_packages := liburing

$(examples_out)/%: lib/examples/%.c $(lib_so) Makefile | $(examples_out)
	@echo "  CC      $@"
	@$(CC) $(examples_flags) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $< -o $@ -L$(lib_out) -llocalstate \
		-Wl,-rpath,'$$ORIGIN/../lib' \
		$(if $(examples_packages),$$($(PKG_CONFIG) --cflags --libs $(examples_packages)))

# --- the command ------------------------------------------------------------

utils_out := $(build)/utils
utils_sources := $(wildcard utils/*.c)
utils_objects := $(utils_sources:utils/%.c=$(utils_out)/obj/%.o)
utils_packages := libnl-genl-3.0 libkmod json-c
# Asked only when something is compiled: `make help` needs no packages.
utils_cflags = $(eval utils_cflags := $(shell $(PKG_CONFIG) --cflags $(utils_packages)))$(utils_cflags)
utils_libs = $(eval utils_libs := $(shell $(PKG_CONFIG) --libs $(utils_packages)))$(utils_libs)

## utils: the command lstate
utils: $(utils_out)/lstate

$(utils_out)/obj/%.o: utils/%.c Makefile | $(utils_out)/obj
	@echo "  CC      $@"
	@$(CC) $(common_flags) $(utils_cflags) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

# The run path lets the command find the library beside it in build/. It opens
# libkmod itself, when it needs it; --as-needed keeps that out of each start.
$(utils_out)/lstate: $(utils_objects) $(lib_so)
	@echo "  LD      $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) $(utils_objects) -Wl,--as-needed -L$(lib_out) -llocalstate \
		-Wl,-rpath,'$$ORIGIN/../lib' $(utils_libs) -lm -o $@

# --- tests ------------------------------------------------------------------

# The library's own tests need no device. They are built twice: with the library
# built once more with the sanitizers, and with the library as it is, for valgrind,
# which sees reads of what was never written.
unit_out := $(build)/unit
plain_out := $(build)/unit-plain
unit_sources := $(wildcard lib/tests/*_test.c)
unit_tests := $(unit_sources:lib/tests/%.c=$(unit_out)/%)
plain_tests := $(unit_sources:lib/tests/%.c=$(plain_out)/%)
unit_objects := $(lib_sources:lib/%.c=$(unit_out)/obj/%.o)
unit_flags := $(common_flags) -Ilib -fPIC -fsanitize=address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer

$(unit_out)/obj/%.o: lib/%.c Makefile | $(unit_out)/obj
	@echo "  CC      $@"
	@$(CC) $(unit_flags) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(unit_out)/liblocalstate.a: $(unit_objects)
	@rm -f $@
	@$(AR) rcs $@ $(unit_objects)

$(unit_out)/%_test: lib/tests/%_test.c $(unit_out)/liblocalstate.a Makefile
	@echo "  CC      $@"
	@$(CC) $(unit_flags) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $< $(unit_out)/liblocalstate.a \
		-lpthread -lm -o $@

$(plain_out)/%_test: lib/tests/%_test.c $(lib_a) Makefile | $(plain_out)
	@echo "  CC      $@"
	@$(CC) $(common_flags) -Ilib $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $< $(lib_a) -lpthread -lm -o $@

unit-tests: $(unit_tests) $(plain_tests)

## check-unit: run the library's own tests on this machine, also under valgrind
check-unit: unit-tests
	@scripts/check --unit-only

selftests_out := $(abspath $(build))/selftests
kselftest := $(abspath $(build))/kselftest
framework := $(cache)/source/tools/testing/selftests

## selftests: build the kselftests and install them in build/kselftest
selftests: $(lib_a) $(unit_out)/liblocalstate.a
	@test -e "$(framework)/lib.mk" || \
		{ echo "there is no kselftest framework in $(cache): run scripts/setup" >&2; exit 1; }
	@mkdir -p $(selftests_out) $(kselftest)
	+@flock $(selftests_out) $(MAKE) -s -C selftests install KSELFTEST="$(framework)" \
		OUTPUT=$(selftests_out) INSTALL_PATH=$(kselftest)/localstate
	@$(MAKE) -s -C selftests emit_tests KSELFTEST="$(framework)" OUTPUT=$(selftests_out) \
		COLLECTION=localstate >$(kselftest)/kselftest-list.txt
	@mkdir -p $(kselftest)/kselftest
	@install -m 755 "$(framework)"/run_kselftest.sh $(kselftest)/
	@install -m 755 "$(framework)"/kselftest/{runner.sh,prefix.pl,ktap_helpers.sh} $(kselftest)/kselftest/

## check: build everything and run every test, on both kernels
check: setup
	+@$(MAKE) all unit-tests
	@scripts/check

## demo: see it work: a guided tour of under a minute
demo: setup
	+@$(MAKE) module-6.12 lib utils
	@scripts/vm --kernel 6.12 -- scripts/demo

## shell: a prompt in the virtual machine, module loaded (KERNEL=6.1 for the older)
shell: setup
	+@$(MAKE) module-$(or $(KERNEL),6.12) lib utils
	@scripts/vm --kernel $(or $(KERNEL),6.12) --shell

## lint: checkpatch, shellcheck and cppcheck
lint: setup
	@scripts/lint

## clean: remove build/
clean:
	rm -rf $(build)

$(lib_out)/obj $(utils_out)/obj $(unit_out)/obj $(plain_out) $(examples_out):
	@mkdir -p $@

-include $(lib_objects:.o=.d) $(utils_objects:.o=.d) $(unit_objects:.o=.d) $(unit_tests:=.d) \
	$(plain_tests:=.d) $(examples_programs:=.d)

.PHONY: help setup all modules sparse lib examples utils unit-tests check-unit selftests check demo \
	shell lint clean
