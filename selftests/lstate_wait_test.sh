#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The command as one who waits for a condition: what it prints, how it ends.

# $out and $err are set by expect(), perl's variables are not the shell's, and
# run_tests() finds the tests by their names.
# shellcheck disable=SC2154,SC2016,SC2317

# shellcheck source=selftests/lstate_helpers.sh
. "$(dirname "$0")/lstate_helpers.sh"

test_condition_that_holds_is_not_waited_for()
{
	ok lstate register temp --type float --value 30.5
	ok lstate register state --type string --value ready
	ok lstate wait 'temp > 30'
	is "$out" 30.5
	ok lstate wait "state == 'ready'" --timeout 0
	is "$out" ready
	ok lstate wait --json 'temp in 30..31' --timeout 0
	json "$work/out" '$_->{condition} eq "temp in 30..31" and $_->{value} == 30.5
		and $_->{version} == 0 and $_->{type} eq "float" and $_->{id} == 1'
}

test_wait_ends_with_the_value_that_fulfils_it()
{
	ok lstate register n --type int
	start "$work/wait" lstate wait 'n > 5 && n != 7'
	until_true is_watching "$started"
	for value in 3 7 5 9 2; do
		ok lstate set n "$value"
	done
	ends "$started" 0
	is "$(cat "$work/wait")" 9
}

test_timeout_is_4()
{
	ok lstate register n --type int
	expect 4 lstate wait 'n > 5' --timeout 0.1
	is "$out" ''
	is "$err" 'lstate: n: the condition did not hold within the time'
	expect 4 lstate wait 'n > 5' --timeout 0
	expect 4 lstate wait 'none > 5' --timeout 0.1 --allow-missing
	is "$err" 'lstate: none: there was no such variable within the time'
	expect 4 lstate --json wait 'n > 5' --timeout 0
	json "$work/err" '$_->{error}{code} eq "TIMEOUT" and $_->{error}{name} eq "n"'
}

test_what_is_missing_is_3_or_waited_for()
{
	ok lstate register n --type int
	expect 3 lstate wait 'none > 5'
	has "$err" 'no such variable: none'
	expect 3 lstate -s "$LSTATE_SESSION.none" wait 'none > 5'
	start "$work/wait" lstate wait 'late == true' --allow-missing
	until_true is_watching "$started"
	ok lstate register late --type bool --value true
	ends "$started" 0
	is "$(cat "$work/wait")" true
	start "$work/wait" lstate wait 'n > 5'
	until_true is_watching "$started"
	ok lstate delete n
	ends "$started" 3
	has "$(cat "$work/wait.err")" 'n: it was deleted before the condition held'
}

test_condition_that_is_none_is_1_and_names_the_column()
{
	ok lstate register n --type int
	expect 1 lstate wait 'n = 5'
	is "$err" 'lstate: condition: column 3: == is wanted, not ='
	expect 1 lstate wait 'n > 1.5'
	is "$err" 'lstate: n: condition: column 5: "1.5" is not an int'
	expect 2 lstate wait
	expect 2 lstate wait 'n > 5' 'n < 3'
	expect 2 lstate wait 'n > 5' --timeout soon
	expect 2 lstate wait 'n > 5' --timeout 3000000
}

test_end_of_the_session_is_1()
{
	ok lstate register n --type int
	start "$work/wait" lstate wait 'n > 5'
	until_true is_watching "$started"
	ok lstate session destroy "$LSTATE_SESSION"
	ends "$started" 1
	is "$(cat "$work/wait.err")" 'lstate: the session has ended'
}

run_tests "$0"
