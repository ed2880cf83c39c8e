#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# lstate claim: what its command may do, what others may not, and how it ends.

# $out and $err are set by expect(), and run_tests() finds the tests by their names.
# shellcheck disable=SC2154,SC2016,SC2317

# shellcheck source=selftests/lstate_helpers.sh
. "$(dirname "$0")/lstate_helpers.sh"

register()
{
	ok lstate register x --type int --value 7
	ok lstate set x 8
}

value_is()
{
	ok lstate get x
	is "$out" "$1"
}

# hold NAME OPTION...: a claim in the background, until release; $claim is its pid.
hold()
{
	mkfifo "$work/hold.$LSTATE_SESSION"
	start "$work/claim.$LSTATE_SESSION" lstate claim "$@" -- \
		sh -c 'echo held; read -r _ < "$1"' sh "$work/hold.$LSTATE_SESSION"
	claim=$started
	until_true grep -q held "$work/claim.$LSTATE_SESSION"
}

release()
{
	echo > "$work/hold.$LSTATE_SESSION"
	ends "$claim" 0
}

test_others_are_refused_and_told_who_has_it()
{
	register
	hold x
	expect 1 lstate set x 9
	is "$err" "lstate: x: it is claimed by process $claim"
	expect 1 lstate delete x
	expect 1 lstate claim x --timeout 0 -- true
	is "$err" "lstate: x: it is claimed by process $claim"
	release
	ok lstate set x 9
}

test_its_command_may_change_and_delete()
{
	register
	ok lstate claim x -- sh -c 'lstate set x 9 && lstate get x'
	is "$out" 9
	ok lstate claim x -- lstate delete x
	expect 3 lstate get x
}

test_ends_as_it_was_asked()
{
	register
	ok lstate claim x --on-exit reset -- lstate set x 9
	value_is 7
	ok lstate claim x --on-exit -5 -- true
	value_is -5
	ok lstate claim x --will 6 --meta why=gone -- true
	value_is 6
	ok lstate claim x --on-exit delete -- true
	expect 3 lstate get x
}

test_word_that_means_something_can_be_a_value()
{
	ok lstate register s --type string
	ok lstate claim s --will reset -- true
	ok lstate get s
	is "$out" reset
}

test_status_is_that_of_the_command()
{
	register
	expect 0 lstate claim x -- true
	lstate claim x -- sh -c 'exit 42'
	is $? 42
	lstate claim x -- sh -c 'kill -TERM $$'
	is $? 143
	expect 127 lstate claim x -- ./no-such-command
	has "$err" 'cannot run ./no-such-command'
	expect 126 lstate claim x -- /dev/null
}

test_waits_until_it_is_free()
{
	register
	hold x --on-exit reset
	start "$work/second" lstate claim x -- lstate set x 10
	local second=$started
	release
	ends "$second" 0
	value_is 10
}

# Asks the kernel where it sleeps.
sleeps_in_claim()
{
	local stack

	slurp stack "/proc/$1/stack"
	[[ $stack = *localstate_claim* ]]
}

stop_and_continue()
{
	until_true sleeps_in_claim "$1"
	kill -STOP "$1"
	until_true is_stopped "$1"
	kill -CONT "$1"
}

test_goes_on_waiting_after_a_stop()
{
	register
	hold x
	start "$work/second" lstate claim x -- true
	local second=$started
	start "$work/third" lstate claim x --timeout 10 -- true
	local third=$started
	stop_and_continue "$second"
	stop_and_continue "$third"
	ends "$third" 4
	slurp err "$work/third.err"
	has "$err" 'it is still claimed by process'
	release
	ends "$second" 0
}

test_does_not_wait_for_the_one_that_runs_it()
{
	register
	ok lstate register y --type int
	expect 1 lstate claim x -- sh -c 'lstate claim @1 -- true'
	is "$err" 'lstate: @1: this session has claimed it already'
	ok lstate claim x -- lstate claim y -- lstate set y 2
	ok lstate get y
	is "$out" 2
	# Asking has left no claim behind.
	ok lstate claim x -- sh -c 'lstate claim y -- true; LSTATE_FD= lstate set y 3'
}

test_its_command_may_end_the_session()
{
	register
	ok lstate claim x -- lstate session destroy "$LSTATE_SESSION"
}

test_its_command_may_roll_back()
{
	register
	ok lstate record x "$work/file" --count 1
	ok lstate set x 9
	ok lstate claim x -- lstate rollback "$work/file" x 1
	value_is 8
}

test_what_was_deleted_is_told_though_something_is_claimed()
{
	register
	ok lstate register a --type int
	hold x
	expect 1 lstate --json delete a x a
	is "$out" '["a"]'
	release
}

test_timeout_is_4()
{
	register
	hold x
	expect 4 lstate claim x --timeout 0.05 -- true
	is "$err" "lstate: x: it is still claimed by process $claim"
	release
}

test_killed_it_lasts_as_long_as_its_command()
{
	register
	hold x --on-exit reset
	kill -KILL "$claim"
	ends "$claim" 137
	expect 1 lstate set x 9
	echo > "$work/hold.$LSTATE_SESSION"
	until_true lstate set x 9
}

test_term_goes_to_the_command()
{
	register
	start "$work/claim.$LSTATE_SESSION" lstate claim x --on-exit reset -- \
		sh -c 'echo held; exec sleep 1000'
	until_true grep -q held "$work/claim.$LSTATE_SESSION"
	kill -TERM "$started"
	ends "$started" 143
	value_is 7
}

test_what_it_leaves_running_does_not_keep_the_claim()
{
	register
	ok lstate claim x -- sh -c 'sleep 1000 >/dev/null 2>&1 & echo $!'
	local left=$out
	ok lstate set x 9
	kill "$left"
}

test_bad_words_are_usage()
{
	register
	expect 2 lstate claim x
	expect 2 lstate claim x --timeout soon -- true
	expect 2 lstate claim x --meta a=b -- true
	expect 1 lstate claim x --on-exit nothing -- true
	is "$err" 'lstate: x: "nothing" is no value of type int'
	expect 3 lstate claim none -- true
}

test_descriptor_of_another_session_is_not_taken()
{
	register
	local other=$LSTATE_SESSION.other

	ok lstate -s "$other" register x --type int
	ok lstate claim x -- lstate -s "$other" set x 1
	value_is 8
	LSTATE_FD=0 ok lstate set x 9
	LSTATE_FD=nonsense ok lstate set x 10
}

run_tests "$0"
