#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The command's failures for programs: with --json each is one object in one line
# of stderr, and nothing else is there.

# $out and $err are set by expect(), perl's variables are not the shell's, and
# run_tests() finds the tests by their names.
# shellcheck disable=SC2154,SC2016,SC2317

# shellcheck source=selftests/lstate_helpers.sh
. "$(dirname "$0")/lstate_helpers.sh"

nobody='setpriv --reuid 65534 --regid 65534 --clear-groups'
parameters=/sys/module/localstate/parameters

# object CODE NAME VALUE LIMIT MESSAGE: $object is the line; NAME, VALUE and LIMIT
# are JSON already.
object()
{
	local message=${5//\\/\\\\}

	object='{"error":{"code":"'$1'","message":"'${message//\"/\\\"}
	object+='","name":'$2',"value":'$3',"limit":'$4'}}'
}

# are_objects FILE: JSON, and all five members with their types in each line.
are_objects()
{
	json "$1" '
		my $error = $_->{error};
		join(" ", keys %$_) eq "error"
		and join(" ", sort keys %$error) eq "code limit message name value"
		and $error->{code} =~ /^[A-Z][A-Z0-9]+$/
		and length $error->{message} and $error->{message} !~ /^lstate:/
		and (!defined $error->{name} or length $error->{name})'
}

# refused STATUS CODE NAME VALUE LIMIT MESSAGE COMMAND...: by this one object.
refused()
{
	local object

	object "${@:2:5}"
	expect "$1" "${@:7}"
	[[ $out = '' ]] || fail "${*:7}: stdout: $out"
	[[ $err = "$object" ]] || fail "${*:7}: stderr: $err; not: $object"
	cat "$work/err" >> "$work/refusals.$LSTATE_SESSION"
}

# All that were refused: one line each that a parser reads.
check_refusals()
{
	lines "$work/refusals.$LSTATE_SESSION" "$1"
	are_objects "$work/refusals.$LSTATE_SESSION"
}

test_each_constraint_has_value_and_limit_with_their_types()
{
	ok lstate register i --type int --min -9223372036854775807 --max -1 --step 2
	ok lstate register u --type uint --max 18446744073709551614 --step 7
	ok lstate register f --type float --min 0 --max 30
	ok lstate register s --type string --value ABC --min-length 2 --max-length 3 \
		--pattern '[A-Z]*'
	ok lstate register c --type choice --choices 'eco,two words'

	refused 1 ERANGE '"i"' -9223372036854775808 -9223372036854775807 \
		'i: -9223372036854775808 is below the minimum -9223372036854775807' \
		lstate --json set i -9223372036854775808
	refused 1 ERANGE '"i"' 0 -1 'i: 0 is above the maximum -1' lstate set --json i 0
	refused 1 ERANGE '"i"' -2 2 'i: -2 lies between the steps of 2' \
		lstate set i -2 --json
	refused 1 ERANGE '"u"' 18446744073709551615 18446744073709551614 \
		'u: 18446744073709551615 is above the maximum 18446744073709551614' \
		lstate --json set u 18446744073709551615
	refused 1 ERANGE '"u"' 9007199254740993 7 \
		'u: 9007199254740993 lies between the steps of 7' \
		lstate --json set u 9007199254740993
	refused 1 ERANGE '"f"' 30.5 30.0 'f: 30.5 is above the maximum 30' \
		lstate --json set f 30.5
	refused 1 ERANGE '"f"' '"-Infinity"' 0.0 'f: -inf is below the minimum 0' \
		lstate --json set f -inf
	refused 1 ERANGE '"f"' '"NaN"' 0.0 'f: nan is not within the minimum 0' \
		lstate --json set f nan
	refused 1 ERANGE '"s"' '"A"' 2 \
		's: "A" has 1 character, fewer than the minimum 2' lstate --json set s A
	refused 1 ERANGE '"s"' '"ÄÖÜß"' 3 \
		's: "ÄÖÜß" has 4 characters, more than the maximum 3' lstate --json set s ÄÖÜß
	refused 1 ERANGE '"s"' '"abc"' '"[A-Z]*"' \
		's: "abc" does not match the pattern "[A-Z]*"' lstate --json set s abc
	refused 1 ERANGE '"c"' '"turbo"' '["eco","two words"]' \
		'c: "turbo" is not one of eco, "two words"' lstate --json set c turbo
	check_refusals 12
}

test_what_is_not_of_the_type_is_a_string()
{
	ok lstate register i --type int
	ok lstate register b --type bool
	refused 1 EINVAL '"i"' '"x"' null 'i: "x" is not an int' lstate --json set i x
	refused 1 EINVAL '"b"' '"2"' null 'b: "2" is not a bool' lstate --json set b 2
	refused 1 ERANGE '"i"' '"9223372036854775808"' null \
		'i: "9223372036854775808" is too large for an int' \
		lstate --json set i 9223372036854775808
	ok lstate register s --type string
	expect 1 lstate --json set s $'\xff'
	has "$err" '"code":"EILSEQ"' '"name":"s","value":"�","limit":null}}'
	are_objects "$work/err"
	check_refusals 3
}

test_a_stale_version_has_both()
{
	ok lstate register i --type int
	refused 1 ESTALE '"i"' 7 0 'i: version is 0, not 7' \
		lstate --json set i 1 --if-version 7
	ok lstate get i
	is "$out" 0
	check_refusals 1
}

test_each_missing_name_has_an_object()
{
	local command list="see: lstate -s $LSTATE_SESSION list"

	ok lstate register a --type int
	refused 3 ENOENT '"n"' null null "n: no such variable; $list" \
		lstate --json set n 1
	refused 3 ENOENT '"@99"' null null "@99: no such variable; $list" \
		lstate --json get @99
	check_refusals 2
	for command in get delete watch; do
		expect 3 lstate --json "$command" n a m
		is "$out" ''
		object ENOENT '"n"' null null "n: no such variable; $list"
		is "${err%%$'\n'*}" "$object"
		object ENOENT '"m"' null null "m: no such variable; $list"
		is "${err#*$'\n'}" "$object"
		are_objects "$work/err"
	done
	expect 3 lstate --json watch n 'not a name'
	lines "$work/err" 2
	has "$err" '"code":"EINVAL"' '"name":"not a name"'
	are_objects "$work/err"
	ok lstate get a
}

test_an_absent_session_is_named()
{
	local session=test.$$.absent command

	for command in 'get t' 'set t 1' 'delete t' list 'watch t' watchers; do
		# shellcheck disable=SC2086
		refused 3 ENOENT "\"$session\"" null null \
			"no session \"$session\"; make it with: lstate -s $session register NAME --type TYPE" \
			lstate --json -s "$session" $command
	done
	refused 3 ENOENT "\"$session\"" null null \
		"no session \"$session\"; make it with: lstate -s $session register NAME --type TYPE" \
		lstate session destroy "$session" --json
	check_refusals 7
}

test_register_tells_what_makes_no_sense()
{
	ok lstate register t --type int
	refused 1 EEXIST '"t"' null null 't: there is a variable of that name already' \
		lstate --json register t --type int --value 5
	refused 1 EINVAL '"f"' -0.5 -1.5 'f: the minimum -0.5 is above the maximum -1.5' \
		lstate --json register f --type float --min -0.5 --max -1.5
	refused 1 EINVAL '"f"' 5 0 'f: the minimum 5 is above the maximum 0' \
		lstate --json register f --type int --min 5 --max 0
	refused 1 EINVAL '"s"' 3 2 's: the minimum length 3 is above the maximum 2' \
		lstate --json register s --type string --min-length 3 --max-length 2
	refused 1 ERANGE '"f"' 31.5 30.0 'f: 31.5 is above the maximum 30' \
		lstate --json register f --type float --max 30 --value 31.5
	refused 1 ERANGE '"c"' '"x"' '["A","B"]' 'c: "x" is not one of A, B' \
		lstate --json register c --type choice --choices A,B --value x
	refused 1 EINVAL '"f"' '"warm"' null 'f: --min: "warm" is not of type int' \
		lstate --json register f --type int --min warm
	refused 1 ERANGE '"f"' '"-1"' null 'f: --value: "-1" does not fit into type uint' \
		lstate --json register f --type uint --value -1
	check_refusals 8
	expect 1 lstate --json register 'not a name' --type int
	has "$err" '"code":"EINVAL"' '"name":"not a name","value":null,"limit":null}}'
	are_objects "$work/err"
}

test_missing_rights_are_told()
{
	ok lstate register t --type int --value 5
	# shellcheck disable=SC2086
	{
		refused 1 EACCES '"t"' null null \
			't: permission denied: the session does not grant the right to write' \
			$nobody lstate --json set t 6
		expect 1 $nobody lstate --json session destroy "$LSTATE_SESSION"
		has "$err" '"code":"EPERM"' "\"name\":\"$LSTATE_SESSION\",\"value\":null,"
		are_objects "$work/err"
		ok lstate session create "$LSTATE_SESSION.x" --mode 0600
		expect 1 $nobody lstate --json -s "$LSTATE_SESSION.x" list
		has "$err" '"code":"EACCES"' "\"name\":\"$LSTATE_SESSION.x\",\"value\":null,"
		are_objects "$work/err"
		expect 1 $nobody lstate --json -s "$LSTATE_SESSION.x" watchers
		has "$err" '"code":"EACCES"' "\"name\":\"$LSTATE_SESSION.x\",\"value\":null,"
		are_objects "$work/err"
	}
	ok lstate session destroy "$LSTATE_SESSION.x"
	ok lstate get t
	is "$out" 5
	check_refusals 1
}

test_limits_have_their_number()
{
	local most=$parameters/max_user_variables before

	ok lstate register t --type int
	before=$(cat "$most")
	trap 'echo "$before" > "$most"; end_jobs' EXIT
	echo 1 > "$most"
	refused 1 EDQUOT '"u"' null 1 'u: the limit of 1 variables of this user is reached' \
		lstate --json register u --type int
	echo "$before" > "$most"
	most=$(cat "$parameters/queue_max")
	refused 1 EINVAL "\"$LSTATE_SESSION\"" 4294967295 "$most" \
		"queue: 4294967295 bytes are above the maximum $most" \
		lstate --json watch t --queue 4294967295
	check_refusals 2
}

test_sessions_tell_by_name()
{
	ok lstate session create "$LSTATE_SESSION"
	expect 1 lstate session create "$LSTATE_SESSION" --json
	is "$out" ''
	object EEXIST "\"$LSTATE_SESSION\"" null null \
		"session $LSTATE_SESSION: there is a session of that name already"
	is "$err" "$object"
	are_objects "$work/err"
}

test_watch_tells_how_it_ends()
{
	ok lstate register t --type int
	expect 4 lstate --json watch t --initial --count 3 --timeout 0.1
	lines "$work/out" 2
	json "$work/out" '$_->{kind}'
	object TIMEOUT "\"$LSTATE_SESSION\"" null null 'timed out: 1 of 3 events came'
	is "$err" "$object"
	are_objects "$work/err"
	ok lstate --json watch t --timeout 0.01

	start "$work/watch" lstate --json watch t
	until_true is_watching "$started"
	ok lstate session destroy "$LSTATE_SESSION"
	ends "$started" 1
	lines "$work/watch" 1
	json "$work/watch" '$_->{kind} eq "session_end"'
	object ESHUTDOWN "\"$LSTATE_SESSION\"" null null \
		"session \"$LSTATE_SESSION\" was destroyed"
	slurp err "$work/watch.err"
	is "$err" "$object"
	are_objects "$work/watch.err"
}

test_a_signal_is_no_failure()
{
	ok lstate register t --type int
	start "$work/watch" lstate --json watch t
	until_true is_watching "$started"
	kill "$started"
	ends "$started" 0
	lines "$work/watch.err" 0
}

test_usage_errors_have_the_word()
{
	local value line

	while read -r value line; do
		# shellcheck disable=SC2086
		expect 2 lstate $line
		is "$out" ''
		has "$err" '{"error":{"code":"USAGE","message":"' '--help","name":null,' \
			",\"value\":$value,\"limit\":null}}"
		lines "$work/err" 1
		cat "$work/err" >> "$work/refusals.$LSTATE_SESSION"
	done <<-'END'
	null --json
	null --json get
	null get --json
	"nonsense" nonsense --json
	"nonsense" session nonsense --json
	"--nonsense" get --nonsense x --json
	"--nonsense=1" list --nonsense=1 --json
	"-x" set t -x --json
	"--version" --version --json
	"b" --json list a b
	"1" get --json=1 x --json
	null --json set t 1 --meta
	"x" set t 1 --meta x --json
	"-1" set t 1 --if-version -1 --json
	null --json register t
	"nonsense" register t --type nonsense --json
	null --json register t --type int --pattern x
	"x" register t --type string --min-length x --json
	"0" watch t --count 0 --json
	"x" watch t --timeout x --json
	"999" session create a --mode 999 --json
	"x" watchers x --json
	"x" info x --json
	"b" module load a b --json
	END
	check_refusals 24
}

test_json_is_only_what_asks_for_it()
{
	expect 2 lstate get --nonsense -- --json
	has "$err" 'lstate: unknown option --nonsense'
	expect 3 lstate get x -s --json
	has "$err" 'lstate: no session "--json"'
	expect 3 lstate get -- --json
	has "$err" 'lstate: no session'
}

test_modules_that_cannot_be_loaded_are_told()
{
	refused 1 ENOENT null '"/nonexistent.ko"' null \
		'/nonexistent.ko: No such file or directory' \
		lstate --json module load /nonexistent.ko
	refused 1 ENOEXEC null '"/etc/passwd"' null \
		'/etc/passwd: cannot load: Exec format error; it was built for another kernel, see: dmesg' \
		lstate --json module load /etc/passwd
	ok lstate register t --type int
	start "$work/watch" lstate watch t
	until_true is_watching "$started"
	expect 1 lstate module unload --json
	has "$err" '"code":"EAGAIN"' 'in use' '"name":null,"value":null,"limit":null}}'
	are_objects "$work/err"
	kill "$started"
	ends "$started" 0
	check_refusals 2
}

test_lost_output_is_told()
{
	local command object

	ok lstate register t --type int
	object ENOSPC null null null 'cannot write: No space left on device'
	for command in 'get t' list info 'session list' watchers 'set t 1' 'module status' \
		'watch t --initial --count 1'; do
		# shellcheck disable=SC2086
		lstate --json $command > /dev/full 2> "$work/err" && fail "$command did not fail"
		slurp err "$work/err"
		is "$err" "$object"
	done
	object EPIPE null null null 'cannot write: Broken pipe'
	mkfifo "$work/fifo"
	for command in 'get t' 'watch t --initial'; do
		# A reader lets the writer open it, and is gone before the first write.
		exec 3<> "$work/fifo"
		exec 4> "$work/fifo"
		exec 3>&-
		# shellcheck disable=SC2086
		lstate --json $command >&4 2> "$work/err" && fail "$command did not fail"
		exec 4>&-
		slurp err "$work/err"
		is "$err" "$object"
	done
	are_objects "$work/err"
}

test_without_the_device_programs_are_told()
{
	expect 0 unshare --mount bash -c '
		mount --bind /dev/null /dev/localstate || exit
		for command in info "get t" "module status"; do
			lstate --json $command > "$1/out" 2>> "$1/device" && exit 1
		done
		true' - "$work"
	lines "$work/device" 3
	are_objects "$work/device"
}

run_tests "$0"
