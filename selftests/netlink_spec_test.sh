#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The specification of the netlink family, by the kernel's own tool for such: what
# it makes of the family must be what the command says.

# $out and $err are set by expect(), perl's variables are not the shell's, and
# run_tests() finds the tests by their names.
# shellcheck disable=SC2154,SC2016,SC2317

# shellcheck source=selftests/lstate_helpers.sh
. "$(dirname "$0")/lstate_helpers.sh"

here=$(cd "$(dirname "$0")" && pwd)

for file in ynl/cli.py localstate.yaml; do
	if [[ ! -e $here/$file ]]; then
		echo "1..0 # SKIP there is no $file beside this test"
		exit "$ksft_skip"
	fi
done
if ! /usr/bin/python3 -c 'import yaml' 2>/dev/null; then
	echo '1..0 # SKIP there is no yaml module of python3'
	exit "$ksft_skip"
fi

ynl()
{
	/usr/bin/python3 "$here/ynl/cli.py" --spec "$here/localstate.yaml" --no-schema "$@"
}

helper()
{
	/usr/bin/python3 "$here/netlink_spec_helpers.py" "$@"
}

# dump OPERATION [ATTRIBUTES]: the answer is in $work/ynl, as one line.
dump()
{
	ok ynl --output-json --dump "$1" ${2:+--json "$2"}
	mv "$work/out" "$work/ynl"
}

# same EXPRESSION COMMAND...: says the command, of lstate and with --json, the same
# as the dump? The expression makes text of one entry, $_, of either.
same()
{
	local expression=$1

	shift
	ok "$@" --json
	printf '[%s,%s]\n' "$(< "$work/ynl")" "$out" > "$work/both"
	json "$work/both" 'my ($ynl, $own) = map {
			join "\n", map { '"$expression"' } @$_
		} @$_;
		$ynl eq $own or die "ynl:\n$ynl\nlstate:\n$own\n"'
}

# whole OPERATION: has each message of the dump just the attributes that it should?
whole()
{
	json "$work/ynl" '@$_ and !grep {
			join(" ", "'"$1"'", sort keys %$_) ne "'"${attributes[$1]}"'"
		} @$_'
}

test_sessions_are_those_of_lstate()
{
	ok lstate session create "$LSTATE_SESSION" --mode 0640
	ok lstate register a --type int
	dump session-get
	whole session-get
	same 'join " ", @{$_}{qw(id name uid gid clients variables)},
		$_->{created_ns} // $_->{"created-ns"},
		$_->{mode} =~ /^0/ ? oct $_->{mode} : $_->{mode},
		(exists $_->{flags} ? $_->{flags} == 4 : $_->{persistent}) ? 1 : 0' \
		lstate session list
}

test_variables_are_those_of_lstate()
{
	local type

	for type in bool int uint float string; do
		ok lstate register "v.$type" --type "$type" --label "l.$type"
	done
	ok lstate register v.choice --type choice --choices a,b
	ok lstate set v.int 4
	ok lstate set v.int 5
	dump variable-get "{\"session-name\":\"$LSTATE_SESSION\"}"
	whole variable-get
	same 'join " ", @{$_}{qw(id name type label version pid uid)},
		$_->{created_ns} // $_->{"created-ns"},
		$_->{changed_ns} // $_->{"changed-ns"}' lstate list
}

test_watches_are_those_of_lstate()
{
	ok lstate register a --type int
	ok lstate register b --type int
	start "$work/watch" lstate watch a b @1 'b*' --initial
	until_true has_lines "$work/watch" 3
	ok lstate set b 1
	until_true has_lines "$work/watch" 4
	dump watch-get "{\"session-name\":\"$LSTATE_SESSION\"}"
	whole watch-get
	same 'join " ", @{$_}{qw(client ref pid comm uid)},
		@{$_}{qw(queued delivered events merged filtered)},
		$_->{created_ns} // $_->{"created-ns"},
		$_->{inline_limit} // $_->{"inline-limit"},
		(exists $_->{flags} ? $_->{flags} == 1 : $_->{initial}) ? 1 : 0,
		ref $_->{targets} eq "ARRAY" ? @{$_->{targets}} :
			(@{$_->{targets}{"target-name"}},
			 (map { "\@$_" } @{$_->{targets}{"target-id"}}),
			 @{$_->{targets}{"target-pattern"}})' lstate watchers
	json "$work/ynl" 'join(" ", @{$_->[0]{targets}{"target-name"}}) eq "a b"'
	kill "$started"
	ends "$started" 0
}

test_filters_are_those_of_lstate()
{
	local pids=()

	ok lstate register a --type int
	ok lstate register s --type string
	start "$work/watch" lstate watch a --filter 'rises 30 by 2 && (new ^ old) & 0x4'
	until_true is_watching "$started"
	pids+=("$started")
	start "$work/text" lstate watch s --filter "new == 'on'"
	until_true is_watching "$started"
	pids+=("$started")
	dump watch-get "{\"session-name\":\"$LSTATE_SESSION\"}"
	whole watch-get
	json "$work/ynl" 'my ($rises, $bits) = @{$_->[0]{filter}{term}};
		my ($text) = @{$_->[1]{filter}{term}};
		$_->[0]{filter}{match} eq "all" and $rises->{operation} eq "enters" and
		$rises->{flags} == 16 and $rises->{hysteresis} == 2 and
		$rises->{operand}{type} eq "int" and $rises->{operand}{bits} == 30 and
		!$rises->{high} and $bits->{operation} eq "bits-changed" and
		$bits->{operand}{bits} == 4 and $text->{operation} eq "equals" and
		$text->{operand}{type} eq "string" and $text->{operand}{length} == 2 and
		$text->{operand}{data} eq "6f6e"'
	ok lstate watchers --json
	json "$work/out" '$_->[0]{filter} eq "rises 30 by 2 && (new ^ old) & 0x4" and
		$_->[1]{filter} eq "new == \x27on\x27"'
	kill "${pids[@]}"
}

test_refusals_are_told()
{
	# The tool takes standard output for them.
	expect 1 eval 'ynl --dump variable-get --json "{\"session-name\":\"nowhere\"}" >&2'
	has "$err" 'Netlink error: No such file or directory'
	expect 1 eval 'ynl --dump watch-get >&2'
	has "$err" 'Netlink error: Invalid argument'
}

test_events_come_in_order_and_whole()
{
	local line name

	start "$work/events" helper listen events 10
	until_true has_lines "$work/events" 1
	ok lstate register a --type float --label percent
	ok lstate delete a
	ok lstate session destroy "$LSTATE_SESSION"
	ends "$started" 0
	is "$(cat "$work/events.err")" ''
	sed 1d "$work/events" > "$work/ynl"
	is "$(sed 's/.*"name": "\([a-z]*-[a-z]*\)", "msg".*/\1/' "$work/ynl" | tr '\n' ' ')" \
		"session-created client-attached variable-registered client-gone \
client-attached variable-deleted client-gone client-attached session-ended client-gone "
	json "$work/ynl" '$_->{msg}{"session-name"} eq $ENV{LSTATE_SESSION}'
	json <(grep variable- "$work/ynl") 'my $event = $_->{msg};
		join(" ", @$event{qw(name type label uid)}) eq "a float percent 0" and
		$event->{version} == ($_->{name} =~ /deleted/)'
	while read -r line; do
		name=${line#*\"name\": \"}
		name=${name%%\"*}
		json <(echo "$line") \
			'join(" ", $_->{name}, sort keys %{$_->{msg}}) eq "'"${attributes[$name]}"'"'
	done < "$work/ynl"
}

test_events_all_tells_of_sessions_that_not_all_may_read()
{
	start "$work/all" helper listen events_all 1
	until_true has_lines "$work/all" 1
	ok lstate session create "$LSTATE_SESSION" --mode 0600
	ends "$started" 0
	json <(sed 1d "$work/all") '$_->{name} eq "session-created" and
		$_->{msg}{"session-name"} eq $ENV{LSTATE_SESSION} and
		$_->{msg}{mode} == 0600 and $_->{msg}{flags} == 4'
}

declare -A attributes
while read -r line; do
	attributes[${line%% *}]=$line
done < <(helper attributes)

run_tests "$0"
