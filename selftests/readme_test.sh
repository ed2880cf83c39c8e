#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The README word for word: what stands there after "$ " is typed, and what
# stands below must come out. Only process ids and times may differ. Ids begin
# at 1 in a network namespace of its own, as they do on a fresh machine.

# run_tests() finds the tests by their names.
# shellcheck disable=SC2317

if [[ -z ${README_TEST-} ]]; then
	# On a terminal, as in the README, each line of output appears at once.
	README_TEST=y exec stdbuf -oL unshare --net "$BASH" "$0"
fi

# shellcheck source=selftests/lstate_helpers.sh
. "$(dirname "$0")/lstate_helpers.sh"

project=$(cd "$(dirname "$(command -v lstate)")/../.." && pwd)
readme=$project/README.md
if [[ ! -e $readme ]]; then
	echo "1..0 # SKIP there is no README.md above the lstate in PATH"
	exit "$ksft_skip"
fi

# block TITLE LANGUAGE: what is fenced in the section, as one text.
block()
{
	awk -v title="## $1" -v fence="\`\`\`$2" '
	/^## / { inside = $0 == title }
	!inside { next }
	/^```/ { fenced = !fenced; wanted = fenced && $0 == fence; next }
	wanted' "$readme"
}

# What is the same whenever it is typed.
lasting()
{
	sed -E -e 's/pid [0-9]+/pid N/g' -e 's/"pid":[0-9]+/"pid":N/g' \
		-e 's/_ns":[0-9]+/_ns":N/g' -e 's/[[:space:]]+/ /g' \
		-e 's/^([0-9]+ [0-9]+) [0-9]+ lstate /\1 N lstate /'
}

# What has come to the screen since it had that many bytes.
screen_since()
{
	tail -c +$(($1 + 1)) "$work/screen" | lasting
}

# Does the command only look? Then it may have looked too early.
only_looks()
{
	[[ $1 = 'cat '* || $1 = 'tail '* || $1 = 'lstate watchers' ]]
}

status=0
type_in()
{
	# Set what "$?" means in the command.
	(exit "$status")
	eval "$1" >>"$work/screen" 2>&1
	status=$?
}

somebody_watches()
{
	[[ -n $(lstate watchers 2>/dev/null) ]]
}

# play COMMAND WANTED: types it, and waits until the screen shows what is wanted.
play()
{
	local command=$1 wanted got before end=$((SECONDS + deadline))

	wanted=$(lasting <<<"$2")
	before=$(stat -c %s "$work/screen")
	type_in "$command"
	if [[ $command = *'&' && -z $wanted ]]; then
		until_true somebody_watches
	fi
	until got=$(screen_since "$before"); [[ $got = "$wanted" ]]; do
		((SECONDS < end)) ||
			fail "\$ $command: this came: \"$got\", not this: \"$wanted\""
		sleep 0.05
		if only_looks "$command"; then
			truncate -s "$before" "$work/screen"
			type_in "$command"
		fi
	done
}

# follow TITLE: plays what a section shows.
follow()
{
	local line command='' wanted='' n=0
	local -a lines

	unset LSTATE_SESSION
	cd "$work" || fail "$work"
	: >screen
	mapfile -t lines < <(block "$1" '')
	for line in "${lines[@]}" '$ :'; do
		if [[ $line != '$ '* ]]; then
			wanted+=${wanted:+$'\n'}$line
			continue
		fi
		[[ -z $command ]] || play "$command" "$wanted"
		command=${line#'$ '}
		wanted=''
		n=$((n + 1))
	done
	((n > 5)) || fail "there are only $n commands in section \"$1\""
}

test_tour_is_as_it_says()
{
	follow 'A tour with lstate'
}

# What make has built is seen from here.
test_program_with_the_library_is_as_it_says()
{
	local name

	for name in Makefile scripts include lib build; do
		ln -s "$project/$name" "$work/$name"
	done
	block 'A program with the library' c >"$work/thermostat.c"
	follow 'A program with the library'
}

run_tests "$0"
