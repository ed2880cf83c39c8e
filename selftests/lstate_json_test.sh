#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The command's output for programs: nothing is lost in it.

# $out and $err are set by expect(), perl's variables are not the shell's, and
# run_tests() finds the tests by their names.
# shellcheck disable=SC2154,SC2016,SC2317

# shellcheck source=selftests/lstate_helpers.sh
. "$(dirname "$0")/lstate_helpers.sh"

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

run_tests "$0"
