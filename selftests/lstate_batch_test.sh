#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The command on changes of several variables in one call: lstate batch.

# $out and $err are set by expect(), perl's variables are not the shell's, and
# run_tests() finds the tests by their names.
# shellcheck disable=SC2154,SC2016,SC2317

# shellcheck source=selftests/lstate_helpers.sh
. "$(dirname "$0")/lstate_helpers.sh"

register_some()
{
	ok lstate register i --type int --value 40 --max 100
	ok lstate register u --type uint
	ok lstate register b --type bool
	ok lstate register s --type string
}

test_batch_reads_lines()
{
	register_some
	printf '# a comment\n\ni=5\ns=a text=with more\nb=true\n' >"$work/lines"
	ok lstate batch "$work/lines"
	ok lstate get i
	is "$out" 5
	ok lstate get s
	is "$out" 'a text=with more'
	printf 'i=6\nu=x\nnone=1\ni=7\n' >"$work/lines"
	expect 1 lstate batch "$work/lines"
	has "$err" 'lstate: u: "x" is not of type uint' 'lstate: none: no such variable'
	ok lstate get i
	is "$out" 7
	printf 'nothing\n' >"$work/lines"
	expect 1 lstate batch "$work/lines"
	has "$err" 'line 1 is not NAME=VALUE'
	expect 3 lstate batch "$work/missing"
	has "$err" "cannot read $work/missing"
	expect 1 lstate batch /dev/null
	has "$err" '1 to 1024 entries are wanted'
}

# In lines as in JSON, whatever came before: also an entry that failed.
test_broken_input_changes_nothing()
{
	register_some
	printf 'none=1\ni=7\njunk\n' >"$work/lines"
	expect 1 lstate batch "$work/lines"
	has "$err" 'line 3 is not NAME=VALUE'
	for text in '{"i":7}{"u":7}' '{"i":7} junk' '{"i":7,}' '{"i":7,"u":' '{"i":7,"u":7x}' \
		'{"i":7 "u":7}' "{\"i\":7,'u':7}" '{"i":7,"u\u0000":7}' '{"none":1,"i":7'; do
		expect 1 lstate batch <<<"$text"
		has "$err" '-: line ' 'not an object of JSON'
	done
	ok lstate get i u
	is "$out" $'i = 40\nu = 0'
}

test_json_is_taken_as_it_is_written()
{
	register_some
	ok lstate register f --type float
	ok lstate batch <<<' { "f" : 100000000000000000000 , "i" : -9 ,"b":true,"s":"{\u0022}","u":1, "u":2 } '
	ok lstate get f i b s u
	is "$out" $'f = 1e+20\ni = -9\nb = true\ns = "{\\"}"\nu = 2'
	expect 1 lstate --json batch <<<'{"i":-99999999999999999999,"u":18446744073709551616,"s":"a\u0000b","f":null,"b":[]}'
	has "$err" 'does not fit into type int' 'does not fit into type uint' \
		's: a text that has a NUL is no value' 'f: null is no value' 'b: an object or a list'
	is "$out" ''
	expect 1 lstate batch --atomic <<<'{"u":6,"i":7,"u":8}'
	is "$err" 'lstate: u: entry 0 is of the same variable'
	ok lstate get f i b s u
	is "$out" $'f = 1e+20\ni = -9\nb = true\ns = "{\\"}"\nu = 2'
}

test_json_tells_what_was_made()
{
	register_some
	expect 1 lstate --json batch <<<$'i=101\nu=3'
	has "$err" '"code":"ERANGE"' '"name":"i","value":101,"limit":100'
	has "$out" '{"name":"i","version":0,"changed":false,"failed":true}' \
		'{"name":"u","version":1,"changed":true,"failed":false}'
	# What failed as a whole has made nothing.
	for ((i = 0; i < 1025; i++)); do
		echo "u=$i"
	done >"$work/lines"
	expect 1 lstate --json batch "$work/lines"
	is "$out" ''
	has "$err" '1 to 1024 entries are wanted'
	ok lstate get u
	is "$out" 3
}

test_json_tells_value_and_limit_of_each_failure()
{
	register_some
	ok lstate register level --type int --min 3 --value 3
	expect 1 lstate --json batch <<<$'i=101\nu=3\nlevel=2'
	has "$err" '"name":"i","value":101,"limit":100' '"name":"level","value":2,"limit":3'
}

test_atomic_batch_is_all_or_nothing()
{
	register_some
	printf 'u=6\ni=101\n' >"$work/lines"
	expect 1 lstate batch --atomic "$work/lines"
	is "$err" 'lstate: i: 101 is above the maximum 100'
	ok lstate get u
	is "$out" 0
	printf 'u=6\ni=7\nu=8\n' >"$work/lines"
	expect 1 lstate batch --atomic "$work/lines"
	is "$err" 'lstate: u: entry 0 is of the same variable'
	printf '{"u": 6, "i": -7, "b": true, "s": "x y"}' >"$work/json"
	ok lstate --json batch --atomic <"$work/json"
	has "$out" '"transaction":1' '{"name":"i","version":1,"changed":true,"failed":false}'
	ok lstate get s
	is "$out" 'x y'
	printf '{"u": ' >"$work/json"
	expect 1 lstate batch "$work/json"
	has "$err" 'not an object of JSON'
}

test_batch_is_made_under_the_claim_of_lstate_claim()
{
	register_some
	printf 'i=5\nu=6\n' >"$work/lines"
	ok lstate claim i -- bash -c 'lstate batch --atomic "$1"' - "$work/lines"
	ok lstate get i u
	is "$out" $'i = 5\nu = 6'
}

run_tests "$0"
