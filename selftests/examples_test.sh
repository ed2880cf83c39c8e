#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The examples of the library: a publisher, and watchers by epoll, io_uring, SIGIO,
# sd-event, GLib and libuv.

# $out and $err are set by expect(), and run_tests() finds the tests by their
# names.
# shellcheck disable=SC2154,SC2317

# shellcheck source=selftests/lstate_helpers.sh
. "$(dirname "$0")/lstate_helpers.sh"

# They are built beside the command.
PATH=$(dirname "$(command -v lstate)")/../examples:$PATH
watchers=(watch_epoll watch_uring watch_sigio watch_sdevent watch_glib watch_uv)

for program in publish "${watchers[@]}"; do
	if ! command -v "$program" >/dev/null; then
		echo "1..0 # SKIP there is no example $program"
		exit "$ksft_skip"
	fi
done

# rounds N: publishes as many, in a session that stays.
rounds()
{
	ok publish -s "$LSTATE_SESSION" -i 0 -n "$1"
}

# watch PROGRAM ARGUMENT...: in the background, once it watches.
watch()
{
	start "$work/$1" "$1" -s "$LSTATE_SESSION" "${@:2}"
	until_true is_watching "$started"
}

# changes FROM TO: what a watcher prints of these rounds.
changes()
{
	local i

	for ((i = $1 + 1; i <= $2; i++)); do
		echo "rounds: $((i - 1)) -> $i (version $i)"
	done
}

# printed PROGRAM: all of it, but for the counters that come with time.
printed()
{
	sed '/^#/d' "$work/$1"
}

has_printed()
{
	[[ $(printed "$1") = *"$2"* ]]
}

without_device()
{
	# shellcheck disable=SC2016
	unshare --mount sh -c 'mount -t tmpfs none /dev && exec "$@"' sh "$@"
}

test_publish_makes_its_variables_and_goes_on_with_those_it_finds()
{
	ok lstate session create "$LSTATE_SESSION"
	rounds 3
	ok lstate get rounds
	is "$out" 3
	rounds 2
	ok lstate get rounds
	is "$out" 5
	ok lstate list
	has "$out" load processes state
	expect 1 lstate set load -1
}

test_publish_tells_what_the_session_refuses()
{
	ok lstate register state --type int
	expect 1 publish -s "$LSTATE_SESSION" -n 1
	has "$err" 'publish: state: ' choice
	is "$out" ''
}

test_publish_ends_with_its_session_on_sigint()
{
	start "$work/publish" publish -s "$LSTATE_SESSION" -i 1000000
	until_true lstate get rounds
	kill -INT "$started"
	ends "$started" 0
	expect 3 lstate get rounds
	is "$(cat "$work/publish.err")" ''
}

test_every_change_comes_once_and_in_order()
{
	local watcher pids=() i

	ok lstate session create "$LSTATE_SESSION"
	rounds 1
	for watcher in "${watchers[@]}"; do
		watch "$watcher" -n $((20 + (${#pids[@]} == 0))) rounds
		pids+=("$started")
	done
	rounds 15
	rounds 5
	for i in "${!watchers[@]}"; do
		ends "${pids[i]}" 0
		is "$(cat "$work/${watchers[i]}.err")" ''
	done
	is "$(printed watch_epoll)" "rounds: 1 (version 1)
$(changes 1 21)"
	for watcher in "${watchers[@]:1}"; do
		is "$(printed "$watcher")" "$(changes 1 21)"
	done
}

# A wake-up stands for all that came meanwhile, and the next one comes, too.
test_watchers_that_were_stopped_miss_nothing()
{
	local watcher

	ok lstate session create "$LSTATE_SESSION"
	rounds 1
	for watcher in "${watchers[@]}"; do
		watch "$watcher" rounds
		kill -STOP "$started"
		until_true is_stopped "$started"
		rounds 100
		kill -CONT "$started"
		until_true has_printed "$watcher" '-> 101 '
		rounds 1
		until_true has_printed "$watcher" '-> 102 '
		kill -INT "$started"
		ends "$started" 0
		is "$(printed "$watcher" | grep -e '->')" "$(changes 1 102)"
		ok lstate delete rounds
		rounds 1
	done
}

test_watchers_get_the_last_value_after_an_overflow()
{
	local watcher round=1

	ok lstate session create "$LSTATE_SESSION"
	rounds 1
	for watcher in "${watchers[@]}"; do
		watch "$watcher" rounds
		kill -STOP "$started"
		until_true is_stopped "$started"
		rounds 200
		round=$((round + 200))
		kill -CONT "$started"
		until_true has_printed "$watcher" "-> $round (version $round)"
		kill -TERM "$started"
		ends "$started" 0
	done
}

test_epoll_prints_metadata_and_counters()
{
	ok lstate register t --type float
	watch watch_epoll t
	ok lstate set t 2.5 --meta source=hand
	until_true has_printed watch_epoll 't: 0 -> 2.5 (version 1) source=hand'
	until_true grep -qx '# 3 events, 0 changes merged into them' "$work/watch_epoll"
	ok lstate delete t
	until_true has_printed watch_epoll 't: 2.5 -> 2.5 (version 2) deleted'
	kill -TERM "$started"
	ends "$started" 0
}

test_watchers_tell_the_end_of_the_session()
{
	local watcher

	for watcher in "${watchers[@]}"; do
		ok lstate register t --type int
		watch "$watcher" t
		ok lstate session destroy "$LSTATE_SESSION"
		ends "$started" 1
		is "$(cat "$work/$watcher.err")" "$watcher: the session has ended"
	done
}

test_watchers_refuse_what_is_not_there()
{
	local watcher

	for watcher in "${watchers[@]}"; do
		expect 1 "$watcher" -s "$LSTATE_SESSION" a
		has "$err" "$watcher: " "$LSTATE_SESSION"
	done
	ok lstate register a --type int
	for watcher in "${watchers[@]}"; do
		expect 1 "$watcher" -s "$LSTATE_SESSION" a b c
		is "$err" "$watcher: watch: no such variable: b, c"
		is "$out" ''
	done
}

test_wrong_usage_is_told()
{
	local watcher option

	for watcher in "${watchers[@]}"; do
		expect 2 "$watcher"
		for option in -n0 -n1x -x; do
			expect 2 "$watcher" "$option" a
			has "$err" "Usage: $watcher "
		done
	done
	for option in -n1x -i-1 -x a; do
		expect 2 publish "$option"
		has "$err" 'Usage: publish '
	done
}

test_a_missing_device_is_told()
{
	local program

	expect 1 without_device publish -n 1
	is "$out" ''
	has "$err" 'publish: /dev/localstate: ' 'not loaded'
	for program in "${watchers[@]}"; do
		expect 1 without_device "$program" a
		has "$err" "$program: /dev/localstate: " 'not loaded'
	done
}

run_tests "$0"
