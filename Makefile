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
# What depends on where it will be installed.
install_out := $(build)/install
cache := $(shell . scripts/common.sh && printf %s "$$cache")

# The kernels in the cache to build for and to test on.
KERNELS ?= $(or $(KERNEL),6.1 6.12)
# Any other kernel: the folder of its headers or of its build.
KDIR ?=

VERSION := $(shell sed -n 's/^\#define LSTATE_VERSION[[:space:]]*"\(.*\)"/\1/p' \
	lib/include/localstate.h 2>/dev/null)
SOVERSION := 0

# Where things are installed, by the names of the GNU coding standards. Debian's udev,
# systemd and bash-completion look below /usr/local as well as below /usr.
prefix = /usr/local
exec_prefix = $(prefix)
bindir = $(exec_prefix)/bin
libdir = $(exec_prefix)/lib
includedir = $(prefix)/include
datarootdir = $(prefix)/share
mandir = $(datarootdir)/man
pkgconfigdir = $(libdir)/pkgconfig
bashcompletiondir = $(datarootdir)/bash-completion/completions
udevrulesdir = $(prefix)/lib/udev/rules.d
modulesloaddir = $(prefix)/lib/modules-load.d
systemdunitdir = $(prefix)/lib/systemd/system

INSTALL = install
INSTALL_PROGRAM = $(INSTALL)
INSTALL_DATA = $(INSTALL) -m 644

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
		while IFS=$$'\t' read -r name text; do printf '  %-16s %s\n' "$$name" "$$text"; done
	@echo
	@echo "KDIR=PATH             build the module for the kernel with these headers"
	@echo "KERNELS='6.1 6.12'    kernels of the cache that modules are built for"
	@echo "KERNEL=6.12           check: run the tests on this kernel only"
	@echo "TESTS='a_test b_test' check: run these tests only"
	@echo "SCOPE=programs        check: kselftests that are programs, alone; also scripts, module"
	@echo "MODULE='FILE...'      install: these modules, instead of building one"
	@echo "prefix=DIR            install: where to; /usr/local. Also DESTDIR, bindir, libdir,"
	@echo "                      includedir, mandir, bashcompletiondir, udevrulesdir, modulesloaddir,"
	@echo "                      systemdunitdir"

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

# Debian's headers name the compiler of their kernel, ours do not.
module-debug module-kcsan: module_arguments = CC=gcc-12

module-%:
	+@WERROR=1 scripts/build-module "$(cache)/kernels/$*" "$*" W=1 $(module_arguments)

## sparse: the modules once more, checked by sparse
sparse: $(addprefix sparse-,$(KERNELS))

# After the module, in the same tree: C=2 checks what need not be compiled again.
sparse-%: module-%
	+@WERROR=1 scripts/build-module "$(cache)/kernels/$*" "$*" W=1 C=2

# --- the library ------------------------------------------------------------

lib_out := $(build)/lib
# What needs json-c is apart, in lib/json: whoever links the static library and does not
# call it does not need json-c.
lib_sources := $(wildcard lib/*.c lib/json/*.c)
lib_objects := $(lib_sources:lib/%.c=$(lib_out)/obj/%.o)
lib_packages := json-c
lib_cflags = $(eval lib_cflags := $(shell $(PKG_CONFIG) --cflags $(lib_packages)))$(lib_cflags)
lib_libs = $(eval lib_libs := $(shell $(PKG_CONFIG) --libs $(lib_packages)))$(lib_libs)
lib_flags := $(common_flags) -fvisibility=hidden -fPIC
lib_so := $(lib_out)/liblocalstate.so
lib_a := $(lib_out)/liblocalstate.a

## lib: liblocalstate, shared and static
lib: $(lib_so) $(lib_a) $(lib_out)/localstate.pc

$(lib_out)/obj/%.o: lib/%.c Makefile | $(lib_out)/obj/json
	@echo "  CC      $@"
	@$(CC) $(lib_flags) $(lib_cflags) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(lib_so).$(SOVERSION): $(lib_objects) lib/liblocalstate.map
	@echo "  LD      $@"
	@$(CC) -shared $(CFLAGS) -Wl,-soname,$(@F) -Wl,-z,defs \
		-Wl,--version-script=lib/liblocalstate.map $(LDFLAGS) $(lib_objects) $(lib_libs) \
		-lm -o $@

$(lib_so): $(lib_so).$(SOVERSION)
	@ln -sfn $(<F) $@

$(lib_a): $(lib_objects)
	@echo "  AR      $@"
	@rm -f $@
	@$(AR) rcs $@ $(lib_objects)

below_prefix = $(patsubst $(prefix)/%,$${prefix}/%,$(1))

$(lib_out)/localstate.pc: lib/localstate.pc.in lib/include/localstate.h Makefile $(install_out)/paths
	@sed -e 's|@PREFIX@|$(prefix)|g' -e 's|@LIBDIR@|$(call below_prefix,$(libdir))|g' \
		-e 's|@INCLUDEDIR@|$(call below_prefix,$(includedir))|g' \
		-e 's|@VERSION@|$(VERSION)|g' $< >$@

# --- the examples -----------------------------------------------------------

# Built as a reader of theirs would do it: by the public header and the library.
examples_out := $(build)/examples
examples_sources := $(wildcard lib/examples/*.c)
examples_programs := $(examples_sources:lib/examples/%.c=$(examples_out)/%)
examples_flags := -std=gnu11 $(WARNINGS) -MMD -MP -Ilib/include

## examples: the programs of lib/examples
examples: $(examples_programs)

$(examples_out)/watch_uring: examples_packages := liburing
$(examples_out)/watch_sdevent: examples_packages := libsystemd
$(examples_out)/watch_glib: examples_packages := glib-2.0
$(examples_out)/watch_uv: examples_packages := libuv

$(examples_out)/%: lib/examples/%.c $(lib_so) Makefile | $(examples_out)
	@echo "  CC      $@"
	@$(CC) $(examples_flags) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $< -o $@ -L$(lib_out) -llocalstate \
		-Wl,-rpath,'$$ORIGIN/../lib' \
		$(if $(examples_packages),$$($(PKG_CONFIG) --cflags --libs $(examples_packages)))

# --- the command ------------------------------------------------------------

utils_out := $(build)/utils
utils_sources := $(wildcard utils/*.c)
utils_objects := $(utils_sources:utils/%.c=$(utils_out)/obj/%.o)
utils_packages := libnl-genl-3.0 libkmod json-c ncursesw
# Asked only when something is compiled: `make help` needs no packages.
utils_cflags = $(eval utils_cflags := $(shell $(PKG_CONFIG) --cflags $(utils_packages)))$(utils_cflags)
utils_libs = $(eval utils_libs := $(shell $(PKG_CONFIG) --libs $(utils_packages)))$(utils_libs)

## utils: the command lstate
utils: $(utils_out)/lstate $(install_out)/lstate $(install_out)/localstate-apply@.service

# A unit names its command by the whole path.
$(install_out)/localstate-apply@.service: system/localstate-apply@.service $(install_out)/paths
	@sed -e 's|@BINDIR@|$(bindir)|g' $< >$@

$(utils_out)/obj/%.o: utils/%.c Makefile | $(utils_out)/obj
	@echo "  CC      $@"
	@$(CC) $(common_flags) $(utils_cflags) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

# It is linked twice: to run from build/, where it finds the library beside itself,
# and to be installed, where the loader looks by itself only in the system's folders.
$(utils_out)/lstate: run_path = -Wl,-rpath,'$$ORIGIN/../lib'
$(install_out)/lstate: run_path = $(if $(filter /lib% /usr/lib%,$(libdir)),,-Wl,-rpath,'$(libdir)')
$(install_out)/lstate: $(install_out)/paths

# The command opens libkmod itself, when it needs it; --as-needed keeps that out of
# each start.
$(utils_out)/lstate $(install_out)/lstate: $(utils_objects) $(lib_so)
	@echo "  LD      $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) $(utils_objects) -Wl,--as-needed -L$(lib_out) -llocalstate \
		$(run_path) $(utils_libs) -lm -o $@

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

$(unit_out)/obj/%.o: lib/%.c Makefile | $(unit_out)/obj/json
	@echo "  CC      $@"
	@$(CC) $(unit_flags) $(lib_cflags) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(unit_out)/liblocalstate.a: $(unit_objects)
	@rm -f $@
	@$(AR) rcs $@ $(unit_objects)

$(unit_out)/%_test: lib/tests/%_test.c $(unit_out)/liblocalstate.a Makefile
	@echo "  CC      $@"
	@$(CC) $(unit_flags) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $< $(unit_out)/liblocalstate.a \
		$(lib_libs) -lpthread -lm -o $@

$(plain_out)/%_test: lib/tests/%_test.c $(lib_a) Makefile | $(plain_out)
	@echo "  CC      $@"
	@$(CC) $(common_flags) -Ilib $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $< $(lib_a) $(lib_libs) \
		-lpthread -lm -o $@

# The module's logic that needs no device is built once more for this machine, with
# the sanitizers, against what stands in for the kernel's headers: its KUnit suites
# are programs then, and so are tests that need a processor's floating point, or memory
# that runs out.
kunit_out := $(build)/kunit
kunit_sources := array cell constraint error filter float metadata operation record text value
kunit_objects := $(kunit_sources:%=$(kunit_out)/obj/%.o) $(kunit_out)/obj/tests/runner.o \
	$(kunit_out)/obj/glob.o
kunit_suites := $(patsubst kmod/%.c,$(kunit_out)/%,$(wildcard kmod/*_kunit.c))
kunit_tests := $(patsubst kmod/tests/%.c,$(kunit_out)/%, \
	$(filter-out %/runner.c,$(wildcard kmod/tests/*.c)))
# The kernel's own idea of warnings and of strict aliasing, and of memcpy(), which may
# get NULL there if it has nothing to copy.
kunit_flags := -std=gnu11 -D_GNU_SOURCE $(WARNINGS) -Wno-sign-compare -Wno-unused-parameter \
	-Wno-pointer-sign -Wno-missing-field-initializers -fno-strict-aliasing -MMD -MP \
	-Ikmod/tests/include -Iinclude/uapi -Ikmod -fsanitize=address,undefined \
	-fno-sanitize=nonnull-attribute -fno-sanitize-recover=all -fno-omit-frame-pointer

# Arithmetic of doubles is the kernel's own, from its headers.
math_emu = $(firstword $(wildcard $(foreach headers,usr/src/linux-headers-*-common headers, \
	$(addsuffix /$(headers)/include/math-emu,$(cache)/kernels/6.12 $(cache)/kernels/*))))
$(kunit_out)/include/math-emu:
	@test -n '$(math_emu)' || \
		{ echo "there are no kernel headers in $(cache): run scripts/setup" >&2; exit 1; }
	@mkdir -p $(@D)
	@ln -sfn '$(math_emu)' $@

$(kunit_out)/obj/float.o: kunit_flags += -Ikmod/softfp -I$(kunit_out)/include
$(kunit_out)/obj/float.o: | $(kunit_out)/include/math-emu

# What stands in for the kernel's glob_match().
$(kunit_out)/obj/glob.o: utils/glob.c Makefile | $(kunit_out)/obj/tests
	@echo "  CC      $@"
	@$(CC) $(kunit_flags) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(kunit_out)/obj/%.o: kmod/%.c Makefile | $(kunit_out)/obj/tests
	@echo "  CC      $@"
	@$(CC) $(kunit_flags) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(kunit_suites): $(kunit_out)/%: kmod/%.c $(kunit_objects) Makefile
	@echo "  CC      $@"
	@$(CC) $(kunit_flags) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $< $(kunit_objects) -o $@

$(kunit_tests): $(kunit_out)/%: kmod/tests/%.c $(kunit_objects) Makefile
	@echo "  CC      $@"
	@$(CC) $(kunit_flags) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $< $(kunit_objects) -lm -o $@

library-tests: $(unit_tests)

unit-tests: library-tests $(plain_tests) $(kunit_suites) $(kunit_tests)

## check-unit: run the tests that need no device on this machine
check-unit: unit-tests
	@scripts/check --unit

selftests_out := $(abspath $(build))/selftests
kselftest := $(abspath $(build))/kselftest
framework := $(cache)/source/tools/testing/selftests

# What is the same is not touched: tests may be running.
## selftests: build the kselftests and install them in build/kselftest
selftests: $(lib_a) $(unit_out)/liblocalstate.a
	@test -e "$(framework)/lib.mk" || \
		{ echo "there is no kselftest framework in $(cache): run scripts/setup" >&2; exit 1; }
	@mkdir -p $(selftests_out) $(kselftest)
	+@flock $(selftests_out) $(MAKE) -s -C selftests install KSELFTEST="$(framework)" \
		OUTPUT=$(selftests_out) INSTALL_PATH=$(kselftest)/localstate
	@$(MAKE) -s -C selftests emit_tests KSELFTEST="$(framework)" OUTPUT=$(selftests_out) \
		COLLECTION=localstate >$(selftests_out)/list
	@install -C -m 644 $(selftests_out)/list $(kselftest)/kselftest-list.txt
	@for kind in debug stock newest; do \
		$(MAKE) -s -C selftests emit_$${kind}_tests KSELFTEST="$(framework)" \
			OUTPUT=$(selftests_out) >$(selftests_out)/list; \
		install -C -m 644 $(selftests_out)/list $(kselftest)/$$kind-tests.txt; \
	done
	@mkdir -p $(kselftest)/kselftest
	@install -C -m 755 "$(framework)"/run_kselftest.sh $(kselftest)/
	@install -C -m 755 "$(framework)"/kselftest/{runner.sh,prefix.pl,ktap_helpers.sh} $(kselftest)/kselftest/

## check: build everything and run every test, on both kernels
check: setup
	+@$(MAKE) all unit-tests
	@scripts/check

# The kernels of our own that are wanted.
debug_kernels = $(if $(KERNEL),$(filter debug kcsan,$(KERNEL)),debug kcsan)

setup-debug:
	@scripts/setup $(debug_kernels)

## check-debug: the kselftests under kernels that watch memory, locks and races
check-debug: setup-debug
	+@$(MAKE) lib utils examples selftests $(addprefix module-,$(debug_kernels))
	@scripts/check --debug

# The library once more, so that it counts its lines, with its own tests and with those
# kselftests that call each of its functions.
coverage_out := $(abspath $(build))/coverage
coverage_tests = $(patsubst selftests/%.c,$(coverage_out)/selftests/%,$(wildcard selftests/library_*_test.c))

coverage-lib:
	+@$(MAKE) build=$(coverage_out) CFLAGS='-O0 -g --coverage' library-tests
	@mkdir -p $(coverage_out)/selftests
	+@$(MAKE) -s -C selftests KSELFTEST="$(framework)" OUTPUT=$(coverage_out)/selftests \
		SANITIZED=$(coverage_out)/unit/liblocalstate.a \
		LDFLAGS="--coverage -Wl,--wrap=_exit coverage_exit.c" $(coverage_tests)

## coverage: which lines of module and library the tests run, file by file
coverage: setup-debug
	+@$(MAKE) check-debug KERNEL=debug
	+@$(MAKE) coverage-lib
	@scripts/coverage

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

# --- the benchmark ----------------------------------------------------------

bench_out := $(build)/bench
bench_peer_sources := $(wildcard bench/peers/*.c)
bench_count_sources := $(wildcard bench/*.c bench/count/*.c)
bench_throughput_sources := $(wildcard bench/*.c bench/throughput/*.c)
bench_packages := libsystemd hiredis
bench_object = $(patsubst bench/%.c,$(bench_out)/obj/%.o,$(1))

$(bench_out)/obj/%.o: bench/%.c Makefile
	@echo "  CC      $@"
	@mkdir -p $(@D)
	@$(CC) $(common_flags) $$($(PKG_CONFIG) --cflags $(bench_packages)) $(CPPFLAGS) $(CFLAGS) \
		-c $< -o $@

$(bench_out)/count: $(call bench_object,$(bench_count_sources) $(bench_peer_sources))
$(bench_out)/throughput: $(call bench_object,$(bench_throughput_sources) $(bench_peer_sources))

$(bench_out)/count $(bench_out)/throughput:
	@echo "  LD      $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) $^ $$($(PKG_CONFIG) --libs $(bench_packages)) -o $@

## bench: instructions, throughput and plots, in build/bench
bench: setup
	+@$(MAKE) $(addprefix module-,$(KERNELS)) bench-programs
	@KERNELS='$(KERNELS)' bench/run

## bench-count: the instruction counts alone
bench-count: setup
	+@$(MAKE) $(addprefix module-,$(KERNELS)) bench-programs
	@KERNELS='$(KERNELS)' bench/run --count

bench-programs: $(bench_out)/count $(bench_out)/throughput

NEW ?= $(bench_out)/bench.json
## bench-compare: what changed since BASE=FILE, a bench.json; fails on a loss over 2 %
bench-compare:
	@test -n '$(BASE)' || { echo "BASE=FILE names the older bench.json" >&2; exit 1; }
	@bench/compare '$(BASE)' '$(NEW)'

## bench-profile: where the instructions of one operation go: OP=NAME, also VALUE, PEER
bench-profile: setup
	@test -n '$(OP)' || { echo "OP=NAME names the operation, as bench-count does" >&2; exit 1; }
	+@$(MAKE) module-$(or $(KERNEL),6.12) bench-programs
	@bench/profile --kernel '$(or $(KERNEL),6.12)' --value '$(VALUE)' --peer '$(PEER)' '$(OP)'

# --- installation -----------------------------------------------------------

# A new file only when the paths have changed.
$(install_out)/paths: always | $(install_out)
	@echo '$(prefix) $(libdir) $(includedir) $(bindir)' | cmp -s - $@ || \
		echo '$(prefix) $(libdir) $(includedir) $(bindir)' >$@

# The modules: those of MODULE, which are there already, else that of KDIR, else
# those of KERNELS if it was asked for, else that of the running kernel.
running = $(shell uname -r)
ifneq ($(MODULE),)
modules_to_install = $(MODULE)
module-to-install:
else ifneq ($(KDIR),)
modules_to_install = $(build)/$(shell MAKEFLAGS= make -s -C '$(KDIR)' kernelrelease)/localstate.ko
module-to-install: modules
else ifneq ($(filter command environment,$(origin KERNELS) $(origin KERNEL)),)
modules_to_install = $(KERNELS:%=$(build)/%/localstate.ko)
module-to-install: modules
else
modules_to_install = $(build)/$(running)/localstate.ko
module-to-install:
	@test -e /lib/modules/$(running)/build/Makefile || { \
		echo "There are no headers of the running kernel, Linux $(running)." >&2; \
		echo "Install them (on Debian: apt-get install linux-headers-$(running))," >&2; \
		echo "or name those of another kernel with KDIR=PATH, or leave the module out:" >&2; \
		echo "make install-userland" >&2; exit 1; }
	+@scripts/build-module /lib/modules/$(running)/build $(running)
endif

## install: the module, and what loads it at boot; library, command, manual
install: install-modules install-userland

# If something cannot be built nothing is installed.
ifneq ($(filter install,$(MAKECMDGOALS)),)
install-modules install-lib install-utils install-man: | module-to-install lib utils
endif

## install-modules: the module, udev rule and modules-load file alone
install-modules: module-to-install
	@DESTDIR='$(DESTDIR)' scripts/install-module $(modules_to_install)
	@echo "  INSTALL $(DESTDIR)$(udevrulesdir)/60-localstate.rules"
	@$(INSTALL_DATA) -D system/60-localstate.rules \
		'$(DESTDIR)$(udevrulesdir)/60-localstate.rules'
	@echo "  INSTALL $(DESTDIR)$(modulesloaddir)/localstate.conf"
	@$(INSTALL_DATA) -D system/localstate.conf '$(DESTDIR)$(modulesloaddir)/localstate.conf'

## install-userland: all but that
install-userland: install-lib install-utils install-man

# The loader's cache knows only what ldconfig has found.
ldconfig = [[ '$(DESTDIR)' || $$EUID != 0 ]] || PATH=$$PATH:/usr/sbin:/sbin ldconfig

install-lib: lib
	@echo "  INSTALL $(DESTDIR)$(libdir)/liblocalstate.so.$(SOVERSION)"
	@$(INSTALL_DATA) -D $(lib_so).$(SOVERSION) \
		'$(DESTDIR)$(libdir)/liblocalstate.so.$(SOVERSION)'
	@ln -sfn liblocalstate.so.$(SOVERSION) '$(DESTDIR)$(libdir)/liblocalstate.so'
	@$(INSTALL_DATA) -D $(lib_a) '$(DESTDIR)$(libdir)/liblocalstate.a'
	@$(INSTALL_DATA) -D $(lib_out)/localstate.pc '$(DESTDIR)$(pkgconfigdir)/localstate.pc'
	@echo "  INSTALL $(DESTDIR)$(includedir)/localstate.h"
	@$(INSTALL_DATA) -D lib/include/localstate.h '$(DESTDIR)$(includedir)/localstate.h'
	@$(INSTALL_DATA) -D -t '$(DESTDIR)$(includedir)/linux' include/uapi/linux/*.h
	@$(ldconfig)

install-utils: utils
	@echo "  INSTALL $(DESTDIR)$(bindir)/lstate"
	@$(INSTALL_PROGRAM) -D $(install_out)/lstate '$(DESTDIR)$(bindir)/lstate'
	@$(INSTALL_DATA) -D utils/lstate.bash-completion '$(DESTDIR)$(bashcompletiondir)/lstate'
	@echo "  INSTALL $(DESTDIR)$(systemdunitdir)/localstate-apply@.service"
	@$(INSTALL_DATA) -D $(install_out)/localstate-apply@.service \
		'$(DESTDIR)$(systemdunitdir)/localstate-apply@.service'

man_pages := $(wildcard Documentation/man/*.[1-9])
# $(call man_place,PAGE): man4/localstate.4, say.
man_place = man$(subst .,,$(suffix $(1)))/$(notdir $(1))

install-man:
	@echo "  INSTALL $(DESTDIR)$(mandir)"
	@$(foreach page,$(man_pages),$(INSTALL_DATA) -D $(page) \
		'$(DESTDIR)$(mandir)/$(call man_place,$(page))';)

userland_files = $(bindir)/lstate $(bashcompletiondir)/lstate \
	$(systemdunitdir)/localstate-apply@.service \
	$(libdir)/liblocalstate.so.$(SOVERSION) $(libdir)/liblocalstate.so $(libdir)/liblocalstate.a \
	$(pkgconfigdir)/localstate.pc $(includedir)/localstate.h \
	$(patsubst include/uapi/%,$(includedir)/%,$(wildcard include/uapi/linux/*.h)) \
	$(foreach page,$(man_pages),$(mandir)/$(call man_place,$(page)))

## uninstall: remove what install has put there, the modules of all kernels included
uninstall: uninstall-modules uninstall-userland

uninstall-modules:
	@DESTDIR='$(DESTDIR)' scripts/install-module --remove
	@cd '$(DESTDIR)/' && rm -f $(patsubst /%,%,$(udevrulesdir)/60-localstate.rules \
		$(modulesloaddir)/localstate.conf)

uninstall-userland:
	@echo "  REMOVE  $(DESTDIR)$(bindir)/lstate, library and manual"
	@cd '$(DESTDIR)/' && rm -f $(patsubst /%,%,$(userland_files))
	@$(ldconfig)

# --- the rest ---------------------------------------------------------------

## clean: remove build/
clean:
	rm -rf $(build)

$(lib_out)/obj/json $(utils_out)/obj $(unit_out)/obj/json $(plain_out) $(examples_out) \
	$(kunit_out)/obj/tests $(install_out):
	@mkdir -p $@

-include $(lib_objects:.o=.d) $(utils_objects:.o=.d) $(unit_objects:.o=.d) $(unit_tests:=.d) \
	$(plain_tests:=.d) $(kunit_objects:.o=.d) $(kunit_suites:=.d) \
	$(kunit_tests:=.d) $(examples_programs:=.d) \
	$(wildcard $(bench_out)/obj/*.d $(bench_out)/obj/*/*.d)

.PHONY: help setup all modules sparse lib examples utils library-tests unit-tests check-unit \
	selftests check demo \
	setup-debug check-debug coverage coverage-lib shell lint bench bench-count bench-programs \
	bench-compare bench-profile module-to-install install install-modules install-userland \
	install-lib install-utils install-man uninstall uninstall-modules uninstall-userland \
	always clean
