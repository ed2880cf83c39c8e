#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The command's contract: exit codes, messages, what it prints for people and
# for programs.

# $out and $err are set by expect(), perl's variables are not the shell's, and
# run_tests() finds the tests by their names.
# shellcheck disable=SC2154,SC2016,SC2317

# shellcheck source=selftests/lstate_helpers.sh
. "$(dirname "$0")/lstate_helpers.sh"

# --- usage ------------------------------------------------------------------

test_usage_errors_are_2_and_name_the_help()
{
	local line

	while read -r line; do
		# shellcheck disable=SC2086
		expect 2 lstate $line
		is "$out" ''
		has "$err" 'lstate: ' '--help'
	done <<-'END'
	nonsense
	get
	get --nonsense x
	get --json=1 x
	set t
	set t 1 2
	set t -x
	set t 1 --meta
	set t 1 --meta x
	set t 1 --meta =x
	set t 1 --if-version x
	register
	register t
	register t --type nonsense
	register t --type choice
	register t --type int --pattern x
	register t --type string --min 1
	register t --type float --step 1
	register t --type bool --max 1
	register t --type int --choices a
	register t --type string --min-length x
	list a b
	watch
	watch t --count 0
	watch t --count x
	watch t --timeout x
	watch t --timeout -1
	watch t --queue 0
	watchers x
	info x
	session
	session nonsense
	session create
	session create a --mode 999
	session create a --mode 1777
	session destroy
	module
	module load a b
	END
	expect 2 lstate
	expect 3 lstate list
}

test_an_unknown_type_lists_the_types()
{
	expect 2 lstate register t --type nonsense
	has "$err" nonsense bool int uint float string choice
}

test_help_and_version_are_0()
{
	local command

	for command in '' register set get delete list watch watchers session \
		'session create' 'session list' 'session destroy' info \
		module 'module load' 'module unload' 'module status'; do
		# shellcheck disable=SC2086
		ok lstate $command --help
		has "$out" "Usage: lstate" "$command" 'Exit status'
	done
	ok lstate --version
	[[ $out =~ ^lstate\ [0-9]+\.[0-9]+ ]] || fail "version: $out"
}

test_global_options_stand_before_and_behind_the_command()
{
	ok lstate -s "$LSTATE_SESSION" register t --type int --value 7
	unset LSTATE_SESSION
	ok lstate -s "test.$$.$number" get t
	is "$out" 7
	ok lstate get t -s "test.$$.$number"
	is "$out" 7
	ok lstate get "-stest.$$.$number" t
	is "$out" 7
	ok lstate --session="test.$$.$number" --json get t
	has "$out" '"value":7'
	ok lstate get --session "test.$$.$number" t --json
	has "$out" '"value":7'
	expect 3 lstate -s "test.$$.absent" get t
	export LSTATE_SESSION=test.$$.$number
	expect 3 lstate -s "test.$$.absent" get t
}

# --- sessions ---------------------------------------------------------------

test_an_absent_session_is_3_and_names_register()
{
	local command

	for command in 'get t' 'set t 1' 'delete t' list 'watch t' watchers \
		"session destroy $LSTATE_SESSION"; do
		# shellcheck disable=SC2086
		expect 3 lstate $command
		is "$out" ''
		has "$err" "$LSTATE_SESSION" register
	done
}

test_register_makes_the_session_persistent_and_0644()
{
	ok lstate register t --type int
	is "$out" ''
	ok lstate session list
	[[ $out =~ $LSTATE_SESSION\ +[0-9]+\ +0\ +0\ +0644\ +yes\ +0\ +1 ]] ||
		fail "session list: $out"
	ok lstate get t
	is "$out" 0
}

test_sessions_are_made_listed_and_destroyed()
{
	ok lstate session create "$LSTATE_SESSION" --mode 0600 --json
	has "$out" "\"name\":\"$LSTATE_SESSION\"" '"id":'
	expect 1 lstate session create "$LSTATE_SESSION"
	has "$err" "$LSTATE_SESSION"
	ok lstate session list --json
	json "$work/out" 'ref $_ eq "ARRAY" and grep { $_->{name} eq $ENV{LSTATE_SESSION}
		and $_->{mode} eq "0600" and $_->{persistent} and $_->{uid} == 0
		and $_->{variables} == 0 } @$_'
	ok lstate list
	ok lstate session destroy "$LSTATE_SESSION"
	expect 3 lstate list
	ok lstate session list
	[[ $out != *"$LSTATE_SESSION "* ]] || fail 'it is still listed'
	expect 1 lstate session create 'not a name'
}

test_others_read_a_session_of_mode_0644_and_do_not_write()
{
	local nobody='setpriv --reuid 65534 --regid 65534 --clear-groups'

	ok lstate register t --type int --value 5
	# shellcheck disable=SC2086
	{
		ok $nobody lstate get t
		is "$out" 5
		ok $nobody lstate list
		ok $nobody lstate watchers
		ok $nobody lstate watch t --initial --count 1
		expect 1 $nobody lstate set t 6
		has "$err" t 'ermission'
		expect 1 $nobody lstate delete t
		expect 1 $nobody lstate register u --type int
		expect 1 $nobody lstate session destroy "$LSTATE_SESSION"
	}
	ok lstate get t
	is "$out" 5
}

# --- register, set, get, delete, list ---------------------------------------

test_every_type_is_registered_set_and_got()
{
	local name type first value

	while read -r name type first value; do
		# shellcheck disable=SC2086
		ok lstate register "$name" --type $type
		ok lstate get "$name"
		is "$out" "${first/EMPTY/}"
		ok lstate set "$name" "$value"
		is "$out" ''
		ok lstate get "$name"
		is "$out" "$value"
	done <<-'END'
	b bool false true
	i int 0 -9223372036854775808
	u uint 0 18446744073709551615
	f float 0 0.1
	s string EMPTY Grüße
	END
	ok lstate register c --type choice --choices idle,busy,gone --value busy
	ok lstate get c
	is "$out" busy
	ok lstate set c gone
	ok lstate register d --type choice --choices idle --choices busy
	ok lstate get c d
	is "$out" $'c = gone\nd = idle'
}

test_a_number_behind_the_name_is_a_value()
{
	ok lstate register i --type int --value -3 --min -1000
	ok lstate get i
	is "$out" -3
	ok lstate set i -5
	ok lstate get i
	is "$out" -5
	ok lstate register f --type float
	local value

	for value in -0.5 -.25 -inf -1e-3; do
		ok lstate set f "$value"
	done
	ok lstate get f
	is "$out" -0.001
	ok lstate set --meta a=b f -7 --json
	has "$out" '"changed":true'
	ok lstate register s --type string
	expect 2 lstate set s -x
	has "$err" --
	ok lstate set s -- -x
	ok lstate get s
	is "$out" -x
	ok lstate set -- s --json
	ok lstate get s
	is "$out" --json
}

test_an_equal_value_changes_nothing()
{
	ok lstate register f --type float --value 0
	ok lstate set f 1.5 --json
	has "$out" '"version":1' '"changed":true'
	ok lstate set f 1.50 --json --meta a=b
	has "$out" '"version":1' '"changed":false'
	ok lstate get f --json
	has "$out" '"version":1' '"metadata":{}'
}

test_constraints_are_told_with_value_and_limit()
{
	ok lstate register temp --type float --min -10 --max 30 --value 20.5
	expect 1 lstate set temp 31.5
	is "$err" 'lstate: temp: 31.5 is above the maximum 30'
	expect 1 lstate set temp -10.5
	has "$err" temp -10.5 -10 minimum
	ok lstate register n --type int --min 10 --step 5 --value 15
	expect 1 lstate set n 17
	has "$err" n 17 5
	ok lstate register s --type string --min-length 2 --max-length 3 \
		--pattern 'ä*' --value 'ää'
	expect 1 lstate set s ä
	has "$err" s 2
	expect 1 lstate set s äbcd
	has "$err" s 3
	expect 1 lstate set s bc
	has "$err" s bc 'ä*'
	ok lstate register c --type choice --choices A,B
	expect 1 lstate set c D
	has "$err" c D A B
	expect 1 lstate set n abc
	has "$err" n abc int
	expect 1 lstate set n 9223372036854775808
	has "$err" n 9223372036854775808
	ok lstate get temp n s c
	is "$out" $'temp = 20.5\nn = 15\ns = ää\nc = A'
}

test_register_refuses_what_makes_no_sense()
{
	expect 1 lstate register a --type int --min 5 --max 3
	has "$err" a 5 3
	expect 1 lstate register a --type int --max 3 --value 4
	has "$err" a 4 3
	expect 1 lstate register a --type int --value x
	has "$err" a x int
	expect 1 lstate register a --type uint --min -1
	expect 1 lstate register 'a b' --type int
	has "$err" 'a b'
	ok lstate register a --type int --json
	has "$out" '{"name":"a","id":'
	expect 1 lstate register a --type int
	has "$err" a
	ok lstate list --json
	json "$work/out" '@$_ == 1'
}

test_compare_and_set_wants_the_version()
{
	ok lstate register t --type int
	ok lstate set t 1 --if-version 0
	expect 1 lstate set t 2 --if-version 0
	has "$err" t 0 1
	ok lstate get t
	is "$out" 1
	ok lstate set t 2 --if-version 1
}

test_get_is_all_or_nothing()
{
	ok lstate register a --type int
	ok lstate register b --type int --value 4
	expect 3 lstate get a nope b missing
	is "$out" ''
	has "$err" nope missing
	[[ $err != *'a:'* && $err != *'b:'* ]] || fail "too much: $err"
	expect 3 lstate get nope --json
	is "$out" ''
	expect 3 lstate get @4711
	has "$err" @4711
	expect 3 lstate set nope 1
	has "$err" nope
	ok lstate get a b
	is "$out" $'a = 0\nb = 4'
}

test_ids_stand_for_names()
{
	local id

	ok lstate register t --type int --json
	[[ $out =~ '"id":'([0-9]+) ]] || fail "$out"
	id=@${BASH_REMATCH[1]}
	ok lstate set "$id" 7
	ok lstate get "$id"
	is "$out" 7
	ok lstate get --json "$id"
	has "$out" '"name":"t"'
	start "$work/watch" lstate watch "$id" --initial --count 2 --json
	until_true has_lines "$work/watch" 2
	ok lstate set t 8
	ends "$started" 0
	json "$work/watch" '$_->{kind} eq "sync" or $_->{name} eq "t" and $_->{target} eq q('"$id"')'
	ok lstate delete "$id"
	expect 3 lstate get t
}

test_delete_is_all_or_nothing()
{
	ok lstate register a --type int
	ok lstate register b --type int
	expect 3 lstate delete a nope b missing
	has "$err" nope missing
	ok lstate get a b
	ok lstate delete a b
	ok lstate list
	is "$out" "$(printf 'NAME  ID  TYPE  LABEL  VERSION  VALUE')"
	ok lstate list --json
	is "$out" '[]'
}

test_list_shows_what_matches()
{
	local name

	for name in room.temp room.light hall.temp; do
		ok lstate register "$name" --type int --label celsius
	done
	ok lstate list
	lines "$work/out" 4
	has "$out" room.temp room.light hall.temp celsius
	ok lstate list '*.temp'
	lines "$work/out" 3
	[[ $out != *room.light* ]] || fail "$out"
	ok lstate list 'room.*' --json
	json "$work/out" '@$_ == 2'
	ok lstate list nothing --json
	is "$out" '[]'
}

test_awkward_text_stays_in_its_line()
{
	ok lstate register s --type string --value $'two\nlines\t"\e[1m\\'
	ok lstate get s
	is "$out" $'two\nlines\t"\e[1m\\'
	ok lstate list
	lines "$work/out" 2
	has "$out" '"two\nlines\t\"\x1b[1m\\"'
	ok lstate get s --json
	lines "$work/out" 1
	json "$work/out" '$_->[0]{value} eq "two\nlines\t\"\e[1m\\"'
}

# --- JSON -------------------------------------------------------------------

test_json_has_all_keys_with_their_types()
{
	ok lstate register temp --type float --value 20 --min -10 --max 30 \
		--label celsius --description 'Temperatur außen' --meta z=1 --meta a=2
	ok lstate set temp 21 --meta m=x=y --meta z=3
	ok lstate get --json temp
	has "$out" '"metadata":{"z":"3","a":"2","m":"x=y"}'
	has "$out" '"value":21.0' '"min":-10.0' '"max":30.0'
	json "$work/out" '
		my $v = $_->[0];
		@$_ == 1 and $v->{name} eq "temp" and $v->{id} > 0
		and $v->{type} eq "float" and $v->{label} eq "celsius"
		and $v->{value} == 21 and $v->{version} == 1
		and $v->{created_ns} > 0 and $v->{changed_ns} > $v->{created_ns}
		and $v->{pid} > 1 and $v->{uid} == 0 and $v->{writer}{pid} == $v->{pid}
		and $v->{description} eq "Temperatur au\x{df}en"'
	ok lstate get temp
	is "$out" 21
}

test_json_keeps_every_number()
{
	local type value printed

	while read -r type value printed; do
		ok lstate register "v$type" --type "$type" 2>/dev/null
		ok lstate set "v$type" "$value" --json
		ok lstate get "v$type" --json
		has "$out" "\"value\":$printed,"
		json "$work/out" 1
		ok lstate get "v$type"
		ok lstate set "v$type" "$out" --json
		has "$out" '"changed":false'
		ok lstate delete "v$type"
	done <<-'END'
	int 9223372036854775807 9223372036854775807
	int -9223372036854775808 -9223372036854775808
	int 9007199254740993 9007199254740993
	uint 18446744073709551615 18446744073709551615
	float 0.1 0.1
	float 20 20.0
	float 1e22 1e+22
	float 123456789.123456789 123456789.12345679
	float 2.2250738585072014e-308 2.2250738585072014e-308
	float 4.94065645841247e-324 4.94065645841247e-324
	float 1.7976931348623157e308 1.7976931348623157e+308
	float inf "Infinity"
	float -inf "-Infinity"
	float nan "NaN"
	bool true true
	bool 1 true
	string 5 "5"
	END
	ok lstate register z --type float --value -0.0
	ok lstate get z --json
	has "$out" '"value":-0.0,'
}

test_json_has_the_constraints()
{
	ok lstate register i --type int --min -5 --max 9223372036854775807 --step 5
	ok lstate register s --type string --min-length 1 --max-length 9 \
		--pattern '[A-Z]*' --value A
	ok lstate register c --type choice --choices A,B
	ok lstate get --json i s c
	has "$out" '"min":-5,"max":9223372036854775807,"step":5' \
		'"min_length":1,"max_length":9,"pattern":"[A-Z]*"' '"choices":["A","B"]'
	json "$work/out" '@$_ == 3'
}

test_info_tells_version_and_limits()
{
	ok lstate info
	has "$out" abi_version queue_max max_targets
	ok lstate info --json
	json "$work/out" '$_->{abi_version} == 1 and $_->{queue_max} > 4096
		and ref $_->{features} eq "ARRAY"'
	ok lstate module status --json
	json "$work/out" '$_->{loaded} and $_->{device} eq "/dev/localstate"
		and $_->{abi_version} == 1'
	ok lstate module status
	expect 1 lstate module load /nonexistent.ko
	has "$err" /nonexistent.ko
}

# --- watch ------------------------------------------------------------------

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

test_watch_json_has_all_keys()
{
	ok lstate register t --type int --value 3
	start "$work/watch" lstate watch t --count 2 --initial --json
	until_true has_lines "$work/watch" 2
	ok lstate set t 4 --meta b=1 --meta a=2
	ends "$started" 0
	lines "$work/watch" 3
	json "$work/watch" '
		my $event = $_;
		!grep { !exists $event->{$_} } qw(kind cause target name old new version
			seq merged pid uid time_ns metadata id)'
	json <(sed -n 1p "$work/watch") '$_->{kind} eq "changed" and $_->{cause} eq "initial"
		and !defined $_->{old} and $_->{new} == 3 and $_->{version} == 0'
	json <(sed -n 2p "$work/watch") '$_->{kind} eq "sync" and !defined $_->{name}
		and !defined $_->{new} and !defined $_->{version}'
	json <(sed -n 3p "$work/watch") '$_->{kind} eq "changed" and $_->{cause} eq "set"
		and $_->{target} eq "t" and $_->{name} eq "t" and $_->{old} == 3
		and $_->{new} == 4 and $_->{version} == 1 and $_->{merged} == 0
		and $_->{uid} == 0 and $_->{pid} > 1 and $_->{time_ns} > 0'
	has "$(sed -n 3p "$work/watch")" '"metadata":{"b":"1","a":"2"}'
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

# --- output -----------------------------------------------------------------

test_lost_output_is_an_error()
{
	ok lstate register t --type int
	lstate get t > /dev/full 2> "$work/err" && fail 'it did not fail'
	slurp err "$work/err"
	has "$err" 'No space left'
	lstate watch t --initial --count 1 > /dev/full 2> "$work/err" && fail 'it did not fail'
	slurp err "$work/err"
	has "$err" 'No space left'
}

run_tests "$0"
