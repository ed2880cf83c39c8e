#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# lstate apply: what a file declares is there afterwards, and running it again
# does nothing.

# $out and $err are set by expect(), and run_tests() finds the tests by their
# names.
# shellcheck disable=SC2154,SC2317

# shellcheck source=selftests/lstate_helpers.sh
. "$(dirname "$0")/lstate_helpers.sh"

declare_oven()
{
	cat > "$work/oven.json" <<-'END'
	{
	  "variables": [
	    {
	      "name": "oven/temp", "type": "float", "label": "celsius",
	      "min": 0, "max": 300
	    },
	    { "name": "oven/mode", "type": "choice",
	      "choices": ["off", "heat", "hold"] },
	    { "name": "oven/target", "type": "float", "value": 180 }
	  ]
	}
	END
}

test_missing_variables_are_registered()
{
	declare_oven
	ok lstate apply "$work/oven.json"
	is "$out" $'created oven/temp\ncreated oven/mode\ncreated oven/target\n3 created, 0 changed, 0 equal, 0 refused'
	ok lstate get oven/temp oven/mode oven/target
	is "$out" $'oven/temp = 0\noven/mode = off\noven/target = 180'
}

test_second_time_does_nothing()
{
	declare_oven
	ok lstate apply --quiet "$work/oven.json"
	ok lstate set oven/target 200 --meta by=me
	ok lstate export "$work/a.json"
	ok lstate apply "$work/oven.json"
	has "$out" '0 created, 0 changed, 3 equal, 0 refused'
	ok lstate export "$work/b.json"
	cmp "$work/a.json" "$work/b.json" || fail 'something has changed'
}

test_difference_is_told_and_stays()
{
	declare_oven
	ok lstate register oven/temp --type int
	ok lstate register oven/mode --type choice --choices off,heat --label mode
	expect 1 lstate apply "$work/oven.json"
	is "$out" $'created oven/target\n1 created, 0 changed, 0 equal, 2 refused'
	# The label is not declared, the choices are.
	is "$err" "lstate: $work/oven.json:3: oven/temp: the variable that is there is of type int, not float
lstate: $work/oven.json:7: oven/mode: the variable that is there has another choices"
}

test_dry_run_registers_nothing()
{
	declare_oven
	ok lstate apply --dry-run "$work/oven.json"
	has "$out" '3 created' 'this was a dry run'
	expect 3 lstate list
}

test_ids_and_versions_count_for_nothing()
{
	printf '{"variables":[{"id":7,"version":9,"name":"a","type":"int"},{"id":7,"name":"b","type":"int"}]}' \
		> "$work/file"
	ok lstate apply - < "$work/file"
	ok lstate get a --json
	has "$out" '"id":1,' '"version":0'
}

test_broken_file_is_told_with_its_line()
{
	ok lstate session create "$LSTATE_SESSION"
	printf '{"variables":[{"name":"a","type":"int"},\n{"name":"b"}]}' > "$work/file"
	expect 1 lstate apply "$work/file"
	has "$err" 'line 2: b: "type" is missing'
	ok lstate list
	lines "$work/out" 1
	expect 2 lstate apply
	expect 2 lstate apply --atomic "$work/file"
}

run_tests "$0"
