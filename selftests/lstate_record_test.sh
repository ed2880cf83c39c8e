#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# lstate record, history and rollback: what was changed is in the file, and can
# be set again.

# $out and $err are set by expect(), perl's variables are not the shell's, and
# run_tests() finds the tests by their names.
# shellcheck disable=SC2154,SC2016,SC2317

# shellcheck source=selftests/lstate_helpers.sh
. "$(dirname "$0")/lstate_helpers.sh"

# record N TARGET...: in the background, until it has N events.
record()
{
	start "$work/record" lstate record "${@:2}" "$work/file" --count "$1"
	until_true is_watching "$started"
}

test_changes_are_recorded_and_rolled_back()
{
	rm -f "$work/file"
	ok lstate register t --type float --value 20
	ok lstate register other --type int
	record 5
	ok lstate set t inf --meta source=probe
	ok lstate set other 1
	ok lstate set t -0.5
	ends "$started" 0
	lines "$work/file" 5
	json "$work/file" '$_->{time_ns} > 1e18 and $_->{id} and exists $_->{value}'
	ok lstate history "$work/file" t
	lines "$work/out" 3
	has "$(sed -n 1p "$work/out")" '1  20' '  20  (changed, version 0, '
	has "$(sed -n 2p "$work/out")" '  inf  (changed, version 1, ' 'source=probe'
	has "$(sed -n 3p "$work/out")" '  -0.5  (changed, version 2, '
	ok lstate history "$work/file" t --json
	json "$work/out" '$_->{entry} == $. and $_->{version} == $. - 1'
	ok lstate rollback "$work/file" t
	ok lstate get t
	is "$out" inf
	ok lstate rollback "$work/file" t 1
	ok lstate get t --json
	has "$out" '"value":20.0' '"version":4'
	expect 3 lstate rollback "$work/file" t 4
	has "$err" 'there are only 3 entries of t'
	expect 3 lstate history "$work/file" absent
	has "$err" 'there is no entry of absent'
	expect 2 lstate rollback "$work/file" t 0
	expect 2 lstate rollback "$work/file" t x
	expect 2 lstate history "$work/file"
}

test_targets_are_names_and_patterns()
{
	rm -f "$work/file"
	ok lstate register a1 --type string --value $'"\n.'
	ok lstate register a2 --type int
	ok lstate register b --type bool
	ok lstate register c --type int
	record 4 'a*' b
	ok lstate set c 1
	ok lstate set b true
	ends "$started" 0
	lines "$work/file" 4
	ok lstate set a1 x
	ok lstate rollback "$work/file" a1 1
	ok lstate get a1
	is "$out" $'"\n.'
	expect 3 lstate record absent "$work/file"
	rm -f "$work/file"
	record 1 'z*'
	ok lstate register z1 --type int --value 5
	ends "$started" 0
	has "$(< "$work/file")" '"name":"z1"' '"kind":"created"' '"value":5'
}

# Longer than an event carries.
test_long_value_is_recorded_whole()
{
	local long

	rm -f "$work/file"
	printf -v long '%04000d' 7
	ok lstate register s --type string
	record 2 s
	ok lstate set s "$long"
	ends "$started" 0
	ok lstate set s x
	ok lstate rollback "$work/file" s 2
	ok lstate get s
	is "$out" "$long"
}

test_broken_file_is_told_with_its_line()
{
	ok lstate register t --type int
	printf '{"name":"t","kind":"changed","type":"int","value":1}\n{"name":"t",' > "$work/file"
	expect 1 lstate rollback "$work/file" t
	has "$err" 'line 2: the file ends in the middle'
	printf '\n{"name":"t","kind":"changed","type":"int","value":"1"}\n' > "$work/file"
	expect 1 lstate rollback "$work/file" t 1
	has "$err" 'line 2: the value is not of type int'
	printf '[1]' > "$work/file"
	expect 1 lstate history "$work/file" t
	has "$err" 'line 1: an object is wanted'
	printf '{"name":"t"}' > "$work/file"
	expect 1 lstate history "$work/file" t
	has "$err" 'line 1: name, kind, type or value is missing'
	ok lstate get t
	is "$out" 0
	expect 3 lstate history "$work/absent" t
	has "$err" "cannot read $work/absent: No such file or directory"
	expect 1 lstate history "$work" t
	has "$err" 'Is a directory'
}

test_full_disk_is_told()
{
	ok lstate register t --type int
	expect 1 lstate record t /dev/full
	has "$err" 'cannot write /dev/full: No space left on device'
	expect 3 lstate record t "$work/absent/file"
	has "$err" "cannot write $work/absent/file: No such file or directory"
}

has_device()
{
	[[ $(readlink "/proc/$1"/fd/*) = */dev/localstate* ]]
}

is_asleep()
{
	local status

	slurp status "/proc/$1/status"
	[[ $status = *State:?S* ]]
}

test_no_half_of_a_line_is_left_behind()
{
	local long count

	printf -v long '%01500d' 7
	mkdir "$work/small" || fail mkdir
	mount -t tmpfs -o size=4k none "$work/small" || fail mount
	trap 'end_jobs; umount "$work/small"' EXIT
	ok lstate register s --type string
	start "$work/record" lstate record s "$work/small/file"
	until_true is_watching "$started"
	for count in 1 2 3; do
		ok lstate set s "$long$count"
	done
	ends "$started" 1
	is "$(< "$work/record.err")" \
		"lstate: cannot write $work/small/file: No space left on device"
	lines "$work/small/file" 3
	ok mount -o remount,size=64k "$work/small"
	ok lstate record s "$work/small/file" --count 1
	ok lstate history "$work/small/file" s
	lines "$work/out" 4
}

test_a_variable_that_is_not_recorded_is_told()
{
	local limit=/sys/module/localstate/parameters/max_user_links old

	rm -f "$work/file"
	old=$(< "$limit")
	ok lstate register a --type int
	record 1 'z*'
	trap 'echo "$old" > "$limit"; end_jobs' EXIT
	echo 1 > "$limit"
	ok lstate register z1 --type int
	echo "$old" > "$limit"
	ok lstate register z2 --type int
	ends "$started" 1
	is "$(< "$work/record.err")" \
		'lstate: z*: a variable that was registered cannot be watched and is not recorded'
	has "$(< "$work/file")" '"name":"z2"'
}

test_nobody_has_to_read_its_stdout()
{
	rm -f "$work/file"
	ok lstate register t --type int
	mkfifo "$work/fifo"
	lstate record t "$work/file" --count 2 > "$work/fifo" &
	started=$!
	exec 3< "$work/fifo"
	until_true is_watching "$started"
	exec 3<&-
	ok lstate set t 1
	ends "$started" 0
	lines "$work/file" 2
	# A FIFO that nobody reads does not make it deaf.
	lstate record t "$work/fifo" &
	started=$!
	until_true has_device "$started"
	until_true is_asleep "$started"
	kill "$started"
	ends "$started" 143
}

test_it_ends_as_watch_does()
{
	ok lstate register t --type int
	ok lstate record t "$work/file" --timeout 0.1
	expect 4 lstate record t "$work/file" --timeout 0.1 --count 2
	record 9 t
	ok lstate session destroy "$LSTATE_SESSION"
	ends "$started" 1
	has "$(< "$work/record.err")" 'was destroyed'
}

run_tests "$0"
