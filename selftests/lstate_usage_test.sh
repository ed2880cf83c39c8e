#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The command's frame: usage, help, exit codes, lost output.

# $out and $err are set by expect(), perl's variables are not the shell's, and
# run_tests() finds the tests by their names.
# shellcheck disable=SC2154,SC2016,SC2317

# shellcheck source=selftests/lstate_helpers.sh
. "$(dirname "$0")/lstate_helpers.sh"

test_usage_errors_are_2_and_name_the_help()
{
	local line

	while read -r line; do
		# shellcheck disable=SC2086
		expect 2 lstate $line
		is "$out" ''
		has "$err" 'lstate: ' '--help'
	done <<-'END'
	nonsense
	get
	get --nonsense x
	get --json=1 x
	set t
	set t 1 2
	set t -x
	set t 1 --meta
	set t 1 --meta x
	set t 1 --meta =x
	set t 1 --if-version x
	register
	register t
	register t --type nonsense
	register t --type choice
	register t --type int --pattern x
	register t --type string --min 1
	register t --type float --step 1
	register t --type bool --max 1
	register t --type int --choices a
	register t --type string --min-length x
	list a b
	watch
	watch t --count 0
	watch t --count x
	watch t --timeout x
	watch t --timeout -1
	watch t --queue 0
	watchers x
	info x
	session
	session nonsense
	session create
	session create a --mode 999
	session create a --mode 1777
	session destroy
	module
	module load a b
	END
	expect 2 lstate
	expect 3 lstate list
}

test_an_unknown_type_lists_the_types()
{
	expect 2 lstate register t --type nonsense
	has "$err" nonsense bool int uint float string choice
}

test_help_and_version_are_0()
{
	local command

	for command in '' register set get delete list watch watchers top monitor session \
		'session create' 'session list' 'session destroy' info \
		module 'module load' 'module unload' 'module status'; do
		# shellcheck disable=SC2086
		ok lstate $command --help
		has "$out" "Usage: lstate" "$command" 'Exit status'
	done
	ok lstate --version
	[[ $out =~ ^lstate\ [0-9]+\.[0-9]+ ]] || fail "version: $out"
}

test_global_options_stand_before_and_behind_the_command()
{
	ok lstate -s "$LSTATE_SESSION" register t --type int --value 7
	unset LSTATE_SESSION
	ok lstate -s "test.$$.$number" get t
	is "$out" 7
	ok lstate get t -s "test.$$.$number"
	is "$out" 7
	ok lstate get "-stest.$$.$number" t
	is "$out" 7
	ok lstate --session="test.$$.$number" --json get t
	has "$out" '"value":7'
	ok lstate get --session "test.$$.$number" t --json
	has "$out" '"value":7'
	expect 3 lstate -s "test.$$.absent" get t
	export LSTATE_SESSION=test.$$.$number
	expect 3 lstate -s "test.$$.absent" get t
}

test_an_absent_session_is_3_and_names_register()
{
	local command

	for command in 'get t' 'set t 1' 'delete t' list 'watch t' watchers 'top -b' \
		"session destroy $LSTATE_SESSION"; do
		# shellcheck disable=SC2086
		expect 3 lstate $command
		is "$out" ''
		has "$err" "$LSTATE_SESSION" register
	done
}

test_info_tells_version_and_limits()
{
	ok lstate info
	has "$out" abi_version queue_max max_targets
	ok lstate info --json
	json "$work/out" '$_->{abi_version} == 1 and $_->{queue_max} > 4096
		and ref $_->{features} eq "ARRAY"'
	ok lstate module status --json
	json "$work/out" '$_->{loaded} and $_->{device} eq "/dev/localstate"
		and $_->{abi_version} == 1'
	ok lstate module status
	expect 1 lstate module load /nonexistent.ko
	has "$err" /nonexistent.ko
}

test_unload_is_refused_while_the_device_is_open()
{
	ok lstate register t --type int
	start "$work/watch" lstate watch t
	until_true is_watching "$started"
	expect 1 lstate module unload
	has "$err" 'in use'
	ok lstate get t
	kill "$started"
	ends "$started" 0
}

test_lost_output_is_an_error()
{
	ok lstate register t --type int
	lstate get t > /dev/full 2> "$work/err" && fail 'it did not fail'
	slurp err "$work/err"
	has "$err" 'No space left'
	lstate watch t --initial --count 1 > /dev/full 2> "$work/err" && fail 'it did not fail'
	slurp err "$work/err"
	has "$err" 'No space left'
}

run_tests "$0"
