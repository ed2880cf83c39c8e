#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The command as a watcher: what it prints, when, and how it ends.

# $out and $err are set by expect(), perl's variables are not the shell's, and
# run_tests() finds the tests by their names.
# shellcheck disable=SC2154,SC2016,SC2317

# shellcheck source=selftests/lstate_helpers.sh
. "$(dirname "$0")/lstate_helpers.sh"

test_watch_prints_old_and_new_as_they_come()
{
	ok lstate register temp --type float --value 20.5
	start "$work/watch" lstate watch temp
	until_true is_watching "$started"
	ok lstate set temp 22 --meta source=probe
	until_true has_lines "$work/watch" 1
	[[ $(cat "$work/watch") =~ ^'temp: 20.5 -> 22 (version 1, pid '[0-9]+') source=probe'$ ]] ||
		fail "$(cat "$work/watch")"
	ok lstate set temp 23
	until_true has_lines "$work/watch" 2
	kill -INT "$started"
	ends "$started" 0
}

test_watch_tells_creation_and_deletion()
{
	ok lstate register t --type int --value 3
	start "$work/watch" lstate watch t --count 4 --json
	until_true is_watching "$started"
	ok lstate set t 4
	ok lstate delete t
	ok lstate register t --type int --value 8
	ok lstate set t 9
	ends "$started" 0
	is "$(sed 's/.*"kind":"\([a-z]*\)".*/\1/' "$work/watch" | tr '\n' ' ')" \
		'changed deleted created changed '
	json "$work/watch" '$_->{kind} ne "created" or !defined $_->{old}
		and $_->{new} == 8 and $_->{version} == 0'
	json "$work/watch" '$_->{kind} ne "deleted" or $_->{new} == 4 and $_->{version} == 2'
}

test_watch_prints_what_its_filter_lets_pass()
{
	ok lstate register temp --type float --value 20
	start "$work/watch" lstate watch temp --filter 'new - old > 1.0' --count 1
	until_true is_watching "$started"
	ok lstate set temp 20.5
	ok lstate set temp 22
	ends "$started" 0
	[[ $(cat "$work/watch") =~ ^'temp: 20.5 -> 22 (version 2, pid '[0-9]+')'$ ]] ||
		fail "$(cat "$work/watch")"
	start "$work/watch" lstate watch temp --filter 'rises 30 by 2 || new == 0' --count 2
	until_true is_watching "$started"
	for value in 31 29 31 28 30.5 0; do
		ok lstate set temp "$value"
	done
	ends "$started" 0
	[[ $(sed 's/ (.*//' "$work/watch" | tr '\n' ';') == 'temp: 22 -> 31;temp: 28 -> 30.5;' ]] ||
		fail "$(cat "$work/watch")"
	ok lstate watch temp --initial --count 1 --filter 'new == 0' --timeout 60
	ok lstate watch temp --initial --filter 'new == 1' --timeout 0.3
	is "$out" '# sync: all initial values came before this'
}

test_watch_says_what_is_wrong_with_a_filter()
{
	ok lstate register n --type int
	expect 1 lstate watch n --filter 'new = 5'
	is "$err" 'lstate: filter: column 5: == is wanted, not ='
	expect 1 lstate watch n --filter 'new > 1.5'
	is "$err" 'lstate: n: filter: column 7: "1.5" is not an int'
	expect 3 lstate watch none --filter 'new > 1.5'
	expect 2 lstate watch n --filter 'new > 5' --filter
}

test_watch_is_paced_and_the_last_value_follows()
{
	ok lstate register n --type int
	start "$work/watch" lstate watch n --interval 200ms
	until_true is_watching "$started"
	# However slow the machine is, it finds all three at once.
	kill -STOP "$started"
	until_true is_stopped "$started"
	ok lstate batch <<< $'n=1\nn=2\nn=3'
	kill -CONT "$started"
	until_true has_lines "$work/watch" 2
	kill -INT "$started"
	ends "$started" 0
	is "$(sed 's/ (.*//' "$work/watch")" $'n: 0 -> 1\nn: 1 -> 3'
	has "$(cat "$work/watch")" 'merged 1)'
	expect 2 lstate watch n --interval 0
	has "$err" '--interval wants a time like 100ms, 5s or 0.5, not "0"'
	expect 2 lstate watch n --heartbeat 5h
}

test_what_an_interval_holds_is_told_before_the_end()
{
	ok lstate register n --type int
	start "$work/watch" lstate watch n --interval 60min --filter 'new != 5'
	until_true is_watching "$started"
	ok lstate batch <<< $'n=1\nn=2\nn=5'
	until_true has_lines "$work/watch" 1
	kill -INT "$started"
	ends "$started" 0
	is "$(sed 's/ (.*//' "$work/watch")" $'n: 0 -> 1\nn: 1 -> 2'
	start "$work/watch" lstate watch n --initial --interval 60min --heartbeat 60min --count 4 \
		--timeout 6
	until_true has_lines "$work/watch" 2
	ok lstate batch <<< $'n=6\nn=7\nn=8'
	ends "$started" 4
	is "$(sed '1,2d; s/ (.*//' "$work/watch")" 'n: 5 -> 8'
	has "$(< "$work/watch.err")" 'timed out: 2 of 4 events came'
}

test_what_is_held_is_told_whatever_the_filter_suits_by_then()
{
	ok lstate register n --type int
	start "$work/watch" lstate watch '*' --interval 60min --filter 'new >= 0'
	until_true is_watching "$started"
	ok lstate register text --type string
	ok lstate batch <<< $'n=1\nn=2'
	until_true has_lines "$work/watch" 2
	kill -INT "$started"
	ends "$started" 0
	is "$(sed '1d; s/ (.*//' "$work/watch")" $'n: 0 -> 1\nn: 1 -> 2'
	# What waits in the queue is part of it, however much that is.
	start "$work/watch" lstate watch n --interval 60min --queue 1048576
	until_true is_watching "$started"
	kill -STOP "$started"
	until_true is_stopped "$started"
	seq 1000 1999 | sed 's/^/n=/' | lstate batch > "$work/out" || fail "batch: $?"
	kill -INT "$started"
	kill -CONT "$started"
	ends "$started" 0
	is "$(tail -n 1 "$work/watch" | sed 's/ (.*//')" 'n: 1000 -> 1999'
}

test_heartbeat_comes_after_silence()
{
	ok lstate register n --type int
	start "$work/watch" lstate watch n --heartbeat 0.05 --json
	until_true has_lines "$work/watch" 2
	kill -INT "$started"
	ends "$started" 0
	json "$work/watch" '$_->{kind} eq "heartbeat" and !grep { defined } @$_{qw(name new cause seq id)}'
	start "$work/watch" lstate watch n --heartbeat 50ms
	until_true has_lines "$work/watch" 1
	kill -INT "$started"
	ends "$started" 0
	is "$(head -n 1 "$work/watch")" '# heartbeat'
}

test_watch_takes_patterns_and_waits_for_names()
{
	ok lstate register a1 --type int --value 3
	start "$work/watch" lstate watch 'a*' later --allow-missing --initial --count 4
	until_true is_watching "$started"
	until_true has_lines "$work/watch" 2
	ok lstate watchers
	has "$out" 'a* later'
	ok lstate register a2 --type int --value 8
	until_true has_lines "$work/watch" 3
	ok lstate register b --type int
	ok lstate register later --type int
	until_true has_lines "$work/watch" 4
	ok lstate set a2 9
	ends "$started" 0
	is "$(sed 's/(.*//' "$work/watch" | tr '\n' ,)" \
		'a1: 3 ,# sync: all initial values came before this,a2: created with 8 ,later: created with 0 ,a2: 8 -> 9 ,'
	expect 3 lstate watch 'a*' other
	has "$err" other
	ok lstate watch 'a*' --initial --count 1 --filter 'new > 8' --timeout 60
	has "$out" 'a2: 9'
	expect 1 lstate watch 'z*' --filter 'new > 8'
	is "$err" 'lstate: filter: there is no variable yet that tells the type of its numbers'
}

test_watch_conflates_what_nobody_has_read()
{
	ok lstate register n --type int
	start "$work/watch" lstate watch n --conflate --count 2
	until_true is_watching "$started"
	ok lstate set n 1
	until_true has_lines "$work/watch" 1
	kill -STOP "$started"
	until_true is_stopped "$started"
	for value in 2 3 4; do
		ok lstate set n "$value"
	done
	ok lstate watchers --json
	json "$work/out" '$_->[0]{conflate} and !$_->[0]{no_self} and $_->[0]{queued} == 1'
	kill -CONT "$started"
	ends "$started" 0
	[[ $(cat "$work/watch") =~ $'\n''n: 1 -> 4 (version 4, pid '[0-9]+', merged 2)'$ ]] ||
		fail "$(cat "$work/watch")"
}

test_watch_refuses_unknown_names_all_at_once()
{
	ok lstate register a --type int
	ok lstate register b --type int
	expect 3 lstate watch a nope b missing @4711
	is "$out" ''
	has "$err" nope missing @4711
	ok lstate watchers
	lines "$work/out" 1
}

test_watch_ends_as_documented()
{
	ok lstate register t --type int
	expect 4 lstate watch t --count 1 --timeout 0.3
	expect 4 lstate watch t --initial --count 2 --timeout 0.3
	ok lstate watch t --timeout 0.3
	ok lstate watch t --timeout 0
	ok lstate watch t --initial --count 1 --timeout 60
	lines "$work/out" 1
	start "$work/watch" lstate watch t
	until_true is_watching "$started"
	kill -TERM "$started"
	ends "$started" 0
	start "$work/watch" lstate watch t
	until_true is_watching "$started"
	ok lstate session destroy "$LSTATE_SESSION"
	ends "$started" 1
	has "$(cat "$work/watch")" 'session end'
}

test_watch_prints_exactly_the_count()
{
	local i

	ok lstate register t --type int
	start "$work/watch" lstate watch t --count 3
	until_true is_watching "$started"
	kill -STOP "$started"
	until_true is_stopped "$started"
	for i in 1 2 3 4 5 6; do
		ok lstate set t "$i"
	done
	kill -CONT "$started"
	ends "$started" 0
	lines "$work/watch" 3
	has "$(tail -n 1 "$work/watch")" '2 -> 3'
}

test_watch_without_a_reader_ends()
{
	local fifo=$work/fifo

	ok lstate register t --type int
	mkfifo "$fifo"
	lstate watch t > "$fifo" 2> "$work/watch.err" &
	started=$!
	exec 3< "$fifo"
	until_true is_watching "$started"
	exec 3<&-
	ends "$started" 1
	is "$(cat "$work/watch.err")" ''
}

test_a_full_pipe_does_not_make_watch_deaf()
{
	local fifo=$work/fifo long i

	long=$(printf '%04000d' 0)
	ok lstate register s --type string
	mkfifo "$fifo"
	lstate watch s > "$fifo" &
	started=$!
	exec 3< "$fifo"
	until_true is_watching "$started"
	# More than the pipe and the queue hold; both values are in a line.
	for ((i = 0; i < 16; i++)); do
		ok lstate set s "$long$i"
	done
	kill -TERM "$started"
	ends "$started" 0
	exec 3<&-
}

test_long_values_are_whole_or_marked()
{
	local long

	long=$(printf '%030000d' 7)
	ok lstate register s --type string
	start "$work/watch" lstate watch s --count 2 --json
	until_true is_watching "$started"
	ok lstate set s "$long"
	until_true has_lines "$work/watch" 1
	ok lstate set s short
	ends "$started" 0
	json <(sed -n 1p "$work/watch") 'length $_->{new} == 30000 and !exists $_->{truncated}'
	json <(sed -n 2p "$work/watch") '$_->{new} eq "short"
		and $_->{truncated}[0] eq "old"'
}

test_watchers_lists_all_targets_of_everybody()
{
	local names=() i

	for i in {100..140}; do
		names+=("a.rather.long.name.for.a.variable.$i")
		ok lstate register "${names[-1]}" --type int
	done
	start "$work/watch" lstate watch "${names[@]}" @1 --initial
	until_true has_lines "$work/watch" 42
	ok lstate watchers
	lines "$work/out" 2
	has "$out" "${names[*]} @1" "$started" lstate
	ok lstate watchers --json
	json "$work/out" '@$_ == 1 and $_->[0]{pid} == '"$started"'
		and $_->[0]{comm} eq "lstate" and @{$_->[0]{targets}} == 42
		and $_->[0]{targets}[41] eq "\@1" and $_->[0]{delivered} == 42
		and $_->[0]{queued} == 0 and $_->[0]{merged} == 0 and $_->[0]{uid} == 0
		and $_->[0]{ref} == 1 and $_->[0]{initial}'
	kill "$started"
	ends "$started" 0
}

test_watchers_shows_filters_and_what_they_held_back()
{
	local long pids=()

	ok lstate register a --type int
	ok lstate register s --type string
	printf -v long 'x%.0s' {1..300}
	start "$work/watch" lstate watch a --filter '(abs(old-new)>=2) ||new>5'
	until_true is_watching "$started"
	pids+=("$started")
	ok lstate set a 1
	ok lstate set a 2
	ok lstate set a 4
	until_true has_lines "$work/watch" 1
	start "$work/text" lstate watch s --filter "new == '$long'"
	until_true is_watching "$started"
	pids+=("$started")
	start "$work/all" lstate watch 'a*'
	until_true is_watching "$started"
	pids+=("$started")
	ok lstate watchers
	lines "$work/out" 4
	has "$(sed -n 1p "$work/out")" ' MERGED  FILTERED  FILTER '
	has "$(sed -n 2p "$work/out")" ' 2         "abs(new - old) >= 2 || new > 5"  '
	has "$(sed -n 3p "$work/out")" " \"new == '${long:0:256}...'\"  s"
	has "$(sed -n 4p "$work/out")" ' -  ' ' a*'
	ok lstate watchers --json
	json "$work/out" '$_->[0]{filtered} == 2 and $_->[0]{events} == 1
		and $_->[0]{filter} eq "abs(new - old) >= 2 || new > 5"
		and exists $_->[2]{filter} and !defined $_->[2]{filter}
		and !$_->[2]{allow_missing} and !$_->[2]{no_self}'
	kill "${pids[@]}"
}

test_watchers_show_bytes_and_arrays_as_they_are_written()
{
	local zeroes cut many few pids=()

	printf -v many ' 0%.0s' {1..400}
	printf -v few ' 0%.0s' {1..240}
	printf -v zeroes 'A%.0s' {1..400}
	printf -v cut 'A%.0s' {1..342}
	ok lstate register b --type bytes
	ok lstate register a --type array --element f32
	start "$work/short" lstate watch b --filter 'new == "AAEC"'
	until_true is_watching "$started"
	pids+=("$started")
	start "$work/long" lstate watch b --filter "new != '$zeroes'"
	until_true is_watching "$started"
	pids+=("$started")
	start "$work/array" lstate watch a --filter "new == 'f32[2]: 0.5, -1'"
	until_true is_watching "$started"
	pids+=("$started")
	ok lstate register c --type array --element u8
	start "$work/cut" lstate watch c --filter "new == 'u8[400]:$many'"
	until_true is_watching "$started"
	pids+=("$started")
	ok lstate watchers --json
	json "$work/out" '$_->[0]{filter} eq "new == \x27AAEC\x27"
		and $_->[1]{filter} eq "new != \x27'"$cut"'==...\x27"
		and $_->[2]{filter} eq "new == \x27f32[2]: 0.5 -1\x27"
		and $_->[3]{filter} eq "new == \x27u8[400]:'"$few"'\x27"'
	kill "${pids[@]}"
}

test_watchers_tell_what_their_watches_want()
{
	local library

	ok lstate register a --type int
	start "$work/watch" lstate watch a later --allow-missing
	until_true is_watching "$started"
	# Not to be told of itself is of use to a program only.
	library=$(ldd "$(command -v lstate)" | awk '$1 ~ /^liblocalstate/ { print $3 }')
	ok python3 -c "$(cat <<-'EOF'
		import ctypes, os, subprocess, sys
		lib = ctypes.CDLL(sys.argv[1])
		session, options, watch = (ctypes.c_void_p() for _ in range(3))
		name = os.environ["LSTATE_SESSION"].encode()
		assert not lib.lstate_session_open(ctypes.byref(session), name, 0, 0, None)
		assert not lib.lstate_watch_options_new(ctypes.byref(options))
		lib.lstate_watch_options_set_no_self(options, ctypes.c_bool(True))
		targets = (ctypes.c_char_p * 1)(b"a")
		assert not lib.lstate_watch_add(session, targets, ctypes.c_size_t(1), options,
						None, None, None, ctypes.byref(watch))
		subprocess.run(["lstate", "watchers", "--json"], check=True)
		EOF
	)" "$library"
	json "$work/out" '@$_ == 2
		and $_->[0]{allow_missing} and !$_->[0]{no_self} and !$_->[0]{initial}
		and !$_->[1]{allow_missing} and $_->[1]{no_self} and !$_->[1]{initial}'
	kill "$started"
}

run_tests "$0"
