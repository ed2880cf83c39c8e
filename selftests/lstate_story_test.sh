#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The story of the demo with the command alone: one process publishes what
# /proc tells, others watch; one is killed, one is stopped and comes back.

# $out and $err are set by expect(), perl's variables are not the shell's, and
# run_tests() finds the tests by their names.
# shellcheck disable=SC2154,SC2016,SC2317

# shellcheck source=selftests/lstate_helpers.sh
. "$(dirname "$0")/lstate_helpers.sh"

variables=(load mem_available_kb context_switches interrupts processes)

register_all()
{
	ok lstate register load --type float --min 0
	ok lstate register mem_available_kb --type uint --label kilobytes
	ok lstate register context_switches --type uint
	ok lstate register interrupts --type uint
	ok lstate register processes --type uint
}

# What the running system does, each into a shell variable of the same name.
# shellcheck disable=SC2034
sample()
{
	local key value rest

	read -r load rest < /proc/loadavg
	while read -r key value rest; do
		[[ $key = MemAvailable: ]] && mem_available_kb=$value
	done < /proc/meminfo
	while read -r key value rest; do
		case $key in
		ctxt) context_switches=$value ;;
		intr) interrupts=$value ;;
		processes) processes=$value ;;
		esac
	done < /proc/stat
}

publish()
{
	local name

	until [[ -e $work/stop ]]; do
		sample
		for name in "${variables[@]}"; do
			lstate set "$name" "${!name}" --meta source=/proc || exit
		done
	done
}

start_publisher()
{
	rm -f "$work/stop"
	publish > /dev/null 2> "$work/publisher.err" &
	publisher=$!
}

stop_publisher()
{
	touch "$work/stop"
	wait "$publisher" || fail 'the publisher failed'
	is "$(< "$work/publisher.err")" ''
}

# The sum of all versions is the number of changes so far.
count_changes()
{
	changes=$(lstate list | awk 'NR > 1 { sum += $5 } END { print sum }')
}

test_watchers_see_every_published_change_with_old_and_new()
{
	register_all
	start "$work/a" lstate watch load mem_available_kb --json
	local a=$started

	start "$work/b" lstate watch context_switches interrupts processes --json
	local b=$started

	until_true is_watching "$a"
	until_true is_watching "$b"
	start_publisher
	until_true has_lines "$work/a" 3
	until_true has_lines "$work/b" 9
	stop_publisher
	kill "$a" "$b"
	ends "$a" 0
	ends "$b" 0
	# No version is missing, and each old value is the new one of before.
	json "$work/a" '$_->{kind} eq "changed" and $_->{cause} eq "set"'
	json "$work/b" '
		our (%value, %version);
		my $name = $_->{name};
		my $good = $_->{old} == ($value{$name} // 0)
			&& $_->{version} == ($version{$name} // 0) + 1
			&& $_->{merged} == 0 && $_->{metadata}{source} eq "/proc";
		$value{$name} = $_->{new};
		$version{$name} = $_->{version};
		$good'
	lstate get context_switches > /dev/null || fail 'the variable is gone'
}

test_a_killed_watcher_leaves_nothing()
{
	register_all
	start "$work/a" lstate watch load
	local a=$started

	start "$work/b" lstate watch "${variables[@]}"
	until_true is_watching "$a"
	until_true is_watching "$started"
	kill -KILL "$started"
	ends "$started" 137
	until_true is_gone "$started"
	ok lstate watchers
	lines "$work/out" 2
	has "$out" " $a "
	ok lstate set load 1
	until_true has_lines "$work/a" 1
}

test_a_refused_value_shows_its_error_and_changes_nothing()
{
	register_all
	start "$work/a" lstate watch load
	until_true is_watching "$started"
	expect 1 lstate set load -0.5
	is "$err" 'lstate: load: -0.5 is below the minimum 0'
	ok lstate get load --json
	has "$out" '"value":0.0' '"version":0'
	ok lstate set load 0.5
	until_true has_lines "$work/a" 1
	lines "$work/a" 1
	has "$(< "$work/a")" '0 -> 0.5 (version 1,'
}

test_a_stopped_reader_gets_the_last_values_with_merged_counts()
{
	local name reader

	register_all
	start "$work/c" lstate watch "${variables[@]}" --initial --queue 4096 --json
	reader=$started
	until_true has_lines "$work/c" 6
	kill -STOP "$reader"
	until_true is_stopped "$reader"
	start_publisher
	until_true has_merged "$reader"
	stop_publisher
	count_changes
	expect 0 lstate watchers --json
	json "$work/out" '$_->[0]{events} + $_->[0]{merged} == '"$changes"'
		and $_->[0]{merged} > 0 and $_->[0]{queued} > 0'
	kill -CONT "$reader"
	until_true is_read "$reader"
	kill "$reader"
	ends "$reader" 0
	# How many changes an event stands for is a matter of timing.
	grep -q '"merged":[1-9]' "$work/c" || fail "no event is a merged one"
	for name in "${variables[@]}"; do
		slurp value <(lstate get "$name")
		json <(grep "\"target\":\"$name\"" "$work/c" | tail -n 1) '$_->{new} == '"$value"
	done
}

is_read()
{
	(($(column "$1" QUEUED) == 0))
}

run_tests "$0"
