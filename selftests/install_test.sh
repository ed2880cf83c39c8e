#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make install and uninstall: into a scratch root, and into the root of this
# (virtual) machine, where modprobe, udev, the loader, man and pkg-config are to
# find what was put there. It installs what is built already.

# $out and $err are set by expect(), and run_tests() finds the tests by their names.
# shellcheck disable=SC2154,SC2317

# shellcheck source=selftests/lstate_helpers.sh
. "$(dirname "$0")/lstate_helpers.sh"

skip()
{
	echo "1..0 # SKIP $*"
	exit "$ksft_skip"
}

# The tests are installed in build/kselftest/localstate of the tree.
top=$(cd "$(dirname "$0")/../../.." && pwd)
[[ -e $top/Kbuild && -e $top/build/install/lstate ]] ||
	skip 'these tests do not lie in the tree that they were built in'
[[ $(stat -f -c %T /) == overlayfs ]] || skip 'this root is not one to throw away'

release=$(uname -r)
module=
for file in "$top"/build/*/localstate.ko; do
	[[ $(modinfo -F vermagic "$file") != "$release "* ]] || module=$file
done
[[ $module ]] || skip "no module was built for $release"
modules=/lib/modules/$release
pages=("$top"/Documentation/man/*.[1-9])
pages=("${pages[@]##*/}")

# What a shell has that nobody prepared for the build.
unset LD_LIBRARY_PATH
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# make as called by hand, with jobs in any order; make variables as arguments.
run_make()
{
	make -s -C "$top" -j2 MODULE="$module" "$@"
}

list()
{
	(cd "$1" && find . ! -type d -printf '%m %P\n' | sort -k 2)
}

# make_kernel ROOT: a folder of modules that has none yet: depmod on all of a
# kernel's takes long in an emulated machine.
make_kernel()
{
	mkdir -p "$1$modules"
	touch "$1$modules"/modules.{order,builtin,builtin.modinfo}
}

# Other tests want the module loaded, whatever happened here.
restore()
{
	umount "$modules"
	[[ -c /dev/localstate ]] || insmod "$module"
}
mount -t tmpfs modules "$modules" || exit 1
trap 'rm -rf "$work"; restore' EXIT
make_kernel ''
depmod "$release"

test_a_scratch_root_gets_exactly_what_is_listed()
{
	local page

	umask 077
	ok run_make install DESTDIR="$work/root" prefix=/usr
	umask 022
	cp "$work/out" "$work/install.log"
	{
		cat <<-END
		644 lib/modules/$release/updates/localstate.ko
		755 usr/bin/lstate
		644 usr/include/linux/localstate.h
		644 usr/include/linux/localstate_netlink.h
		644 usr/include/localstate.h
		644 usr/lib/liblocalstate.a
		777 usr/lib/liblocalstate.so
		644 usr/lib/liblocalstate.so.0
		644 usr/lib/modules-load.d/localstate.conf
		644 usr/lib/pkgconfig/localstate.pc
		644 usr/lib/systemd/system/localstate-apply@.service
		644 usr/lib/udev/rules.d/60-localstate.rules
		644 usr/share/bash-completion/completions/lstate
		END
		for page in "${pages[@]}"; do
			echo "644 usr/share/man/man${page##*.}/$page"
		done
	} | sort -k 2 > "$work/wanted"
	list "$work/root" > "$work/got"
	diff -u "$work/wanted" "$work/got" || fail 'it is not what is listed'
	is "$(find "$work/root" -type d ! -perm 755)" ''
	is "$(readlink "$work/root/usr/lib/liblocalstate.so")" liblocalstate.so.0
	has "$(< "$work/root"/usr/lib/systemd/system/localstate-apply@.service)" \
		'ExecStart=/usr/bin/lstate -s %I apply'
	cmp "$module" "$work/root/lib/modules/$release/updates/localstate.ko" ||
		fail 'it is another module'
}

test_install_builds_nothing_but_the_command_for_its_place()
{
	is "$(grep -vE '^  (INSTALL .*|LD      build/install/lstate)$' "$work/install.log")" ''
}

test_folders_can_be_chosen_and_the_module_left_out()
{
	ok run_make install-userland DESTDIR="$work/other" prefix=/opt/l libdir=/opt/l/lib64
	list "$work/other" > "$work/got"
	has "$(< "$work/got")" opt/l/bin/lstate opt/l/lib64/liblocalstate.so.0 \
		opt/l/lib64/pkgconfig/localstate.pc opt/l/share/man/man4/localstate.4
	is "$(grep -E '\.ko|rules|\.conf' "$work/got")" ''
	is "$(PKG_CONFIG_PATH=$work/other/opt/l/lib64/pkgconfig pkg-config --libs localstate |
		xargs)" '-L/opt/l/lib64 -llocalstate'
	has "$(readelf -d "$work/other/opt/l/bin/lstate")" '[/opt/l/lib64]'
}

test_no_installed_text_or_run_path_names_the_build_tree()
{
	is "$(grep -rlIF "$top" "$work/root")" ''
	is "$(readelf -d "$work/root/usr/bin/lstate" | grep -E 'RPATH|RUNPATH')" ''
	is "$(readelf -d "$work/root/usr/lib/liblocalstate.so.0" | grep -E 'RPATH|RUNPATH')" ''
}

test_a_program_is_built_by_pkg_config_and_runs()
{
	local flags

	cat > "$work/program.c" <<-'END'
	#include <linux/localstate.h>
	#include <linux/localstate_netlink.h>
	#include <localstate.h>
	#include <stdio.h>

	int main(void)
	{
		return printf("%s %d\n", lstate_version(), LOCALSTATE_GENL_VERSION) < 0;
	}
	END
	export PKG_CONFIG_SYSROOT_DIR=$work/root PKG_CONFIG_LIBDIR=$work/root/usr/lib/pkgconfig
	flags=$(pkg-config --cflags --libs localstate) || fail 'pkg-config knows no localstate'
	# It leaves out the folders that compilers search anyway.
	# shellcheck disable=SC2086
	ok gcc -Wall -Werror "$work/program.c" -o "$work/program" -I"$work/root/usr/include" \
		-L"$work/root/usr/lib" $flags
	ok env LD_LIBRARY_PATH="$work/root/usr/lib" "$work/program"
	is "$out" "$(pkg-config --modversion localstate) 1"
	has "$(pkg-config --static --libs localstate)" -lm
}

test_man_finds_the_pages()
{
	local page

	for page in "${pages[@]}"; do
		is "$(man -M "$work/root/usr/share/man" -w "${page##*.}" "${page%.*}")" \
			"$work/root/usr/share/man/man${page##*.}/$page"
	done
}

test_uninstall_leaves_what_others_have_put_there()
{
	local others=(usr/bin/other usr/lib/liblocalstate.so.9 usr/lib/udev/rules.d/61-other.rules
		usr/include/linux/other.h "lib/modules/$release/updates/other.ko")
	local other

	for other in "${others[@]}"; do
		touch "$work/root/$other"
	done
	ok run_make uninstall DESTDIR="$work/root" prefix=/usr
	is "$(list "$work/root" | cut -d ' ' -f 2)" "$(printf '%s\n' "${others[@]}" | sort)"
}

test_without_headers_nothing_is_installed_and_the_advice_is_given()
{
	expect 2 make -C "$top" install DESTDIR="$work/nothing"
	has "$err" "headers of the running kernel, Linux $release" KDIR= install-userland
	[[ ! -e $work/nothing ]] || fail 'something was installed'
}

test_a_kernel_below_destdir_gets_an_index()
{
	export DESTDIR=$work/kernel

	make_kernel "$DESTDIR"
	ok "$top/scripts/install-module" "$module"
	is "$(modprobe -d "$DESTDIR" -S "$release" --show-depends localstate | xargs)" \
		"insmod $DESTDIR$modules/updates/localstate.ko"
	ok "$top/scripts/install-module" --remove
	expect 1 modprobe -d "$DESTDIR" -S "$release" --show-depends localstate
}

test_what_is_no_module_is_refused()
{
	export DESTDIR=$work/bad

	expect 1 "$top/scripts/install-module" "$top/README.md"
	has "$err" README.md
	expect 1 "$top/scripts/install-module" absent.ko
	has "$err" absent.ko
	[[ ! -e $work/bad ]] || fail 'something was installed'
}

test_modprobe_loads_the_installed_module()
{
	rmmod localstate || fail 'it cannot be unloaded'
	expect 1 modprobe localstate
	ok run_make install
	is "$(modinfo -n localstate)" "$modules/updates/localstate.ko"
	cmp "$module" "$modules/updates/localstate.ko" || fail 'it is another module'
	# The line of modules-load.d, as it is read at boot.
	ok modprobe "$(grep -v '^#' /usr/local/lib/modules-load.d/localstate.conf)"
	[[ -d /sys/module/localstate ]] || fail 'it is not loaded'
	is "$(< /sys/module/localstate/srcversion)" "$(modinfo -F srcversion localstate)"
	is "$(stat -c '%a %F' /dev/localstate)" '666 character special file'
}

test_the_installed_command_runs_with_the_installed_library()
{
	is "$(command -v lstate)" /usr/local/bin/lstate
	has "$(ldd /usr/local/bin/lstate)" '=> /usr/local/lib/liblocalstate.so.0 '
	has "$(/usr/sbin/ldconfig -p)" '=> /usr/local/lib/liblocalstate.so.0'
	ok lstate register t --type int --value 41
	ok lstate set t 42
	ok setpriv --reuid 65534 --regid 65534 --clear-groups lstate get t
	is "$out" 42
	ok lstate session destroy "$LSTATE_SESSION"
	# The command's own loading is modprobe's.
	ok lstate module unload
	ok lstate module load
	ok lstate module status
	is "$(realpath "$(man -w lstate)")" /usr/local/share/man/man1/lstate.1
	is "$(pkg-config --modversion localstate)" "$(lstate --version | cut -d ' ' -f 2)"
}

test_udev_applies_the_installed_rule()
{
	local rules=/usr/local/lib/udev/rules.d/60-localstate.rules

	chmod 600 /dev/localstate
	udevadm test --action=add /sys/class/misc/localstate > "$work/udev" 2>&1 ||
		fail "udevadm: $(tail -n 3 "$work/udev")"
	has "$(< "$work/udev")" "Reading rules file: $rules" "$rules:5 MODE 0666" ':systemd:'
	is "$(grep -F "$rules" "$work/udev" | grep -Ei 'invalid|unknown|error|ignor')" ''
	is "$(stat -c %a /dev/localstate)" 666
}

test_bash_loads_the_installed_completion()
{
	# shellcheck disable=SC2016
	has "$(bash -c '. /usr/share/bash-completion/bash_completion
		_completion_loader lstate; complete -p lstate')" '-F _lstate lstate'
}

test_uninstall_takes_it_back_from_the_system()
{
	local path

	ok run_make uninstall
	while read -r _ path; do
		[[ ! -e /${path/#usr/usr\/local} ]] || fail "/${path/#usr/usr\/local} is still there"
	done < "$work/wanted"
	is "$(/usr/sbin/ldconfig -p | grep liblocalstate)" ''
	rmmod localstate
	expect 1 modprobe localstate
}

run_tests "$0"
