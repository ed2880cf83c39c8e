#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The command as a listener to what comes and goes: how it ends.

# $out and $err are set by expect(), and run_tests() finds the tests by their names.
# shellcheck disable=SC2154,SC2317

# shellcheck source=selftests/lstate_helpers.sh
. "$(dirname "$0")/lstate_helpers.sh"
# shellcheck source=selftests/lstate_monitor_helpers.sh
. "$(dirname "$0")/lstate_monitor_helpers.sh"

test_monitor_ends_as_documented()
{
	local signal

	expect 4 lstate monitor -s "$LSTATE_SESSION" --count 1 --timeout 0.3
	has "$err" '0 of 1'
	expect 4 lstate monitor --count 1 --timeout 0
	ok lstate monitor --timeout 0.3
	ok lstate monitor --timeout 0
	has "$out" '# listening'
	for signal in INT TERM; do
		monitor "$work/monitor" lstate monitor
		kill "-$signal" "$started"
		ends "$started" 0
	done
}

test_monitor_prints_exactly_the_count()
{
	monitor "$work/monitor" lstate monitor -s "$LSTATE_SESSION" --count 2
	kill -STOP "$started"
	until_true is_stopped "$started"
	ok lstate register t --type int
	ok lstate delete t
	kill -CONT "$started"
	ends "$started" 0
	lines "$work/monitor" 3
	has "$(tail -n 1 "$work/monitor")" 'client 1 attached'
}

test_what_came_before_the_signal_is_printed()
{
	monitor "$work/monitor" lstate monitor -s "$LSTATE_SESSION"
	kill -STOP "$started"
	until_true is_stopped "$started"
	ok lstate register t --type int
	kill -TERM "$started"
	kill -CONT "$started"
	ends "$started" 0
	lines "$work/monitor" 5
}

test_monitor_without_a_reader_ends()
{
	local fifo=$work/fifo line

	mkfifo "$fifo"
	lstate monitor > "$fifo" 2> "$work/monitor.err" &
	started=$!
	exec 3< "$fifo"
	read -r line <&3
	has "$line" '# listening'
	exec 3<&-
	ends "$started" 1
	is "$(cat "$work/monitor.err")" ''
	lstate monitor > /dev/full 2> "$work/err" && fail 'it did not fail'
	slurp err "$work/err"
	has "$err" 'No space left'
}

test_a_full_pipe_does_not_make_monitor_deaf()
{
	local fifo=$work/fifo line

	ok lstate session create "$LSTATE_SESSION"
	mkfifo "$fifo"
	lstate monitor > "$fifo" &
	started=$!
	exec 3< "$fifo"
	read -r line <&3
	# 64 KiB of lines that are longer than 50 bytes.
	flood 700
	kill -TERM "$started"
	ends "$started" 0
	exec 3<&-
}

test_usage_errors_are_2()
{
	local line

	while read -r line; do
		# shellcheck disable=SC2086
		expect 2 lstate monitor $line
		is "$out" ''
		has "$err" 'see: lstate monitor --help'
	done <<-'END'
	x
	--count 0
	--count x
	--timeout x
	--timeout -1
	--all=1
	END
}

# The last one, for what fails in it may leave the module unloaded.
test_a_listener_hears_of_the_end_of_the_module()
{
	modprobe --dry-run --quiet localstate || fail 'modprobe does not know the module'
	monitor "$work/monitor" lstate monitor
	ok lstate module unload
	expect 1 lstate monitor
	ok lstate module load
	is "$out" ''
	ends "$started" 1
	is "$(cat "$work/monitor.err")" 'lstate: the module was unloaded'
	lines "$work/monitor" 1
	ok lstate monitor --timeout 0
}

run_tests "$0"
