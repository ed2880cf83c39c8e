#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The command on sessions and variables: what it does, what it refuses and how it
# says so.

# $out and $err are set by expect(), perl's variables are not the shell's, and
# run_tests() finds the tests by their names.
# shellcheck disable=SC2154,SC2016,SC2317

# shellcheck source=selftests/lstate_helpers.sh
. "$(dirname "$0")/lstate_helpers.sh"

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
	umask 077
	ok lstate session create "$LSTATE_SESSION" --mode 0664
	ok lstate session list
	[[ $out =~ $LSTATE_SESSION\ +[0-9]+\ +0\ +0\ +0664\ +yes ]] || fail "session list: $out"
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

test_add_and_toggle_print_the_new_value()
{
	ok lstate register n --type int --max 10
	ok lstate add n 7
	is "$out" 7
	ok lstate add n -9 --meta why=test
	is "$out" -2
	expect 1 lstate add n 13
	is "$out" ''
	has "$err" 'n: the result is above the maximum 10'
	expect 2 lstate add n seven
	ok lstate get n
	is "$out" -2
	ok lstate register u --type uint
	ok lstate add u 18446744073709551615
	is "$out" 18446744073709551615
	ok lstate add u -1 --json
	has "$out" '"name":"u"' '"value":18446744073709551614,"version":2,"changed":true'
	ok lstate register b --type bool
	ok lstate toggle b
	is "$out" true
	ok lstate toggle b --json --if-version 1
	has "$out" '"value":false,"version":2,"changed":true'
	expect 1 lstate toggle b --if-version 1
	expect 1 lstate toggle n
	expect 3 lstate toggle missing
}

test_force_makes_an_equal_value_a_change()
{
	ok lstate register i --type int --value 5
	ok lstate set i 5 --json
	has "$out" '"version":0,"changed":false'
	ok lstate set i 5 --force --json
	has "$out" '"version":1,"changed":true'
}

test_read_only_and_write_once_refuse_and_show()
{
	ok lstate register r --type int --value 5 --read-only
	ok lstate register w --type int --write-once
	expect 1 lstate set r 6
	has "$err" 'r: it is read-only'
	ok lstate set w 6
	expect 1 lstate set w 7
	has "$err" 'w: it was written once already'
	ok lstate list --json
	has "$out" '"read_only":true' '"write_once":true'
	ok lstate get r --json
	has "$out" '"read_only":true'
	expect 1 lstate register x --type int --read-only --write-once
	has "$err" 'both read-only and written once'
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

# Both are always the same to one who sees of a transaction all or nothing.
test_get_shows_no_half_of_a_transaction()
{
	local library i

	ok lstate register a --type int
	ok lstate register b --type int
	library=$(ldd "$(command -v lstate)" | awk '$1 ~ /^liblocalstate/ { print $3 }')
	start "$work/writer" python3 -c "$(cat <<-'EOF'
		import ctypes, os, sys, time
		class Int(ctypes.Structure): _fields_ = [
				("type", ctypes.c_int), ("length", ctypes.c_size_t),
				("i", ctypes.c_int64)]
		lib = ctypes.CDLL(sys.argv[1])
		session, batch = ctypes.c_void_p(), ctypes.c_void_p()
		name = os.environ["LSTATE_SESSION"].encode()
		assert not lib.lstate_session_open(ctypes.byref(session), name, 0, 0, None)
		assert not lib.lstate_batch_new(ctypes.byref(batch))
		one = Int(2, 0, 1)
		for target in b"a", b"b": assert not lib.lstate_batch_operate(batch, target, 1, ctypes.byref(one))
		while True: assert not lib.lstate_batch_run(session, batch, 1, None); time.sleep(.002)
		EOF
	)" "$library"
	until_true is_counting
	for i in {1..20}; do
		ok lstate get a b
		is "$out" "a = ${out##* }"$'\n'"b = ${out##* }"
	done
	ok lstate get a b --json
	json "$work/out" '$_->[0]{value} == $_->[1]{value} and $_->[0]{value} == $_->[0]{version}'
	is_counting || fail 'nobody writes'
}

is_counting()
{
	local before

	ok lstate get a
	before=$out
	ok lstate get a
	((out > before))
}

test_ids_stand_for_names()
{
	local id

	ok lstate register t --type int --json
	[[ $out =~ '"id":'([0-9]+) ]] || fail "$out"
	id=@${BASH_REMATCH[1]}
	ok lstate set "$id" 7 --json
	is "$out" "{\"name\":\"t\",\"id\":${id#@},\"version\":1,\"changed\":true}"
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
	ok lstate delete a b a
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

run_tests "$0"
