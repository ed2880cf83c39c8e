#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the KUnit suites, by loading the module that they are, and tells how each of
# their cases ended. A suite that is missing, empty or unknown here is a failure.

ksft_skip=4
suites=(value constraint array operation filter text metadata record ring)
kunit=/sys/kernel/debug/kunit
release=$(uname -r)
lines=()
failed=0

skip()
{
	echo "1..0 # SKIP $*"
	exit "$ksft_skip"
}

fail()
{
	echo '1..1'
	echo "not ok 1 - suites_are_loaded"
	echo "# $*"
	exit 1
}

# Where it is installed, else in the tree of these tests, which lie in
# build/kselftest/localstate.
find_module()
{
	local file

	for file in "/lib/modules/$release/updates" "$(dirname "$0")"/../../*/; do
		file+=/localstate_kunit.ko
		if [[ -e $file && $(modinfo -F vermagic "$file") == "$release "* ]]; then
			module=$file
			return
		fi
	done
	fail "there is no localstate_kunit.ko for $release"
}

# report RESULT NAME: RESULT is "ok" or "not ok".
report()
{
	lines+=("$1 - $2")
	[[ $1 == ok ]] || failed=$((failed + 1))
}

# report_suite NAME: from KTAP, in which its cases are one level down.
report_suite()
{
	local results=$kunit/localstate_$1/results line plan=0 ran=0
	local plan_line='^    1\.\.([0-9]+)$' case_line='^    ((not )?ok) [0-9]+ (.*)$'

	if [[ ! -r $results ]]; then
		report 'not ok' "$1: it_is_there"
		return
	fi
	while IFS= read -r line; do
		if [[ $line =~ $plan_line ]]; then
			plan=${BASH_REMATCH[1]}
		elif [[ $line =~ $case_line ]]; then
			report "${BASH_REMATCH[1]}" "$1: ${BASH_REMATCH[3]}"
			ran=$((ran + 1))
		else
			lines+=("# $line")
		fi
	done < "$results"
	if ((ran > 0 && ran == plan)); then
		report ok "$1: all_cases_ran"
	else
		lines+=("# $ran of $plan cases")
		report 'not ok' "$1: all_cases_ran"
	fi
}

report_unknown_suites()
{
	local folder name

	# Whatever their names: those that were there before are the kernel's own.
	for folder in "$kunit"/*; do
		name=${folder##*/}
		[[ " ${before[*]} ${suites[*]/#/localstate_} " == *" $name "* ]] ||
			report 'not ok' "$name: this test knows it"
	done
}

print_report()
{
	local line number=0

	echo 'TAP version 13'
	echo "1..$(printf '%s\n' "${lines[@]}" | grep -cE '^(not )?ok ')"
	for line in "${lines[@]}"; do
		if [[ $line != '#'* ]]; then
			number=$((number + 1))
			line=${line/ok/ok $number}
		fi
		printf '%s\n' "$line"
	done
}

[[ -d $kunit ]] || modprobe -q kunit || skip "this kernel has no KUnit"
[[ -d $kunit ]] || skip "KUnit shows no results in $kunit"
find_module
mapfile -t before < <(ls "$kunit")
trap 'rmmod localstate_kunit 2>/dev/null' EXIT
insmod "$module" || fail "$module cannot be loaded"
for suite in "${suites[@]}"; do
	report_suite "$suite"
done
report_unknown_suites
print_report
exit $((failed > 0))
