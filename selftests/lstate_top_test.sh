#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# lstate top: tables that follow a session, and the screen, on a terminal of its own.

# $out and $err are set by expect(), perl's variables are not the shell's, and
# run_tests() finds the tests by their names.
# shellcheck disable=SC2154,SC2016,SC2317

# shellcheck source=selftests/lstate_helpers.sh
. "$(dirname "$0")/lstate_helpers.sh"

# row NAME: its line in the last table that top printed.
row()
{
	awk -v name="$1" '$1 == name { line = $0 } END { $0 = line; $1 = $1; print }' "$work/out"
}

test_a_table_has_values_versions_and_watchers()
{
	local pids=()

	ok lstate register temp --type float
	ok lstate register mode --type string --value 'two words'
	start "$work/a" lstate watch temp mode
	until_true is_watching "$started"
	pids+=("$started")
	start "$work/b" lstate watch 't*' temp @1
	until_true is_watching "$started"
	pids+=("$started")
	ok lstate set temp 20.5
	until_true has_lines "$work/a" 1
	until_true has_lines "$work/b" 1
	ok lstate top -b -n1 --sort name
	lines "$work/out" 4
	is "$(sed -n 1p "$work/out")" \
		"session $LSTATE_SESSION: 2 variables, 2 watches, - changes/s; by name"
	is "$(sed -n 2p "$work/out" | tr -s ' ')" 'NAME VERSION RATE WATCHERS QUEUED MERGED VALUE'
	is "$(row mode)" 'mode 0 - 1 0 0 "two words"'
	is "$(row temp)" 'temp 1 - 2 0 0 20.5'
	is "$(sed -n 3p "$work/out")" "$(grep ^mode "$work/out")"
	kill "${pids[@]}"
}

test_lag_is_that_of_the_watchers()
{
	local version watchers queued merged value

	ok lstate register slow --type int
	ok lstate register quick --type int
	start "$work/slow" lstate watch slow --queue 4096
	until_true is_watching "$started"
	kill -STOP "$started"
	until_true is_stopped "$started"
	printf 'slow=%d\n' {1..60} >"$work/sets"
	ok lstate batch "$work/sets"
	ok lstate top --batch --iterations 1 --sort lag
	is "$(sed -n 3p "$work/out")" "$(grep ^slow "$work/out")"
	read -r _ version _ watchers queued merged value < <(row slow)
	is "$version $watchers $value" '60 1 60'
	((queued > 0 && merged > 0 && queued + merged == 60)) ||
		fail "$queued queued and $merged merged are not 60"
	is "$(row quick)" 'quick 0 - 0 0 0 0'
	kill -CONT "$started"
	kill "$started"
	ends "$started" 0
}

# Changes that come while it looks, and are in its rates, one way or the other.
test_rates_are_the_changes_between_two_looks()
{
	ok lstate register a --type int
	ok lstate register b --type int
	start "$work/top" lstate top --batch --json --interval 0.2
	until_true has_lines "$work/top" 1
	for i in {1..5}; do
		ok lstate set a "$i"
	done
	ok lstate register late --type int
	ok lstate set late 1
	# One more behind the look that may have been under way.
	until_true has_lines "$work/top" $(($(wc -l <"$work/top") + 2))
	kill -INT "$started"
	ends "$started" 0
	# Rates times the seconds between are the changes.
	json <(paste -sd, "$work/top" | sed 's/.*/[&]/') 'my ($last, %sum) = $_->[0];
		for (@$_[1 .. $#$_]) {
			my $seconds = ($_->{time_ns} - $last->{time_ns}) / 1e9;
			$sum{$_->{name}} += ($_->{rate} // 0) * $seconds
				for @{$_->{variables}};
			$sum{all} += $_->{rate} * $seconds;
			$last = $_;
		}
		abs($sum{a} - 5) < 1e-6 and $sum{b} == 0 and
			abs($sum{late} - 1) < 1e-6 and abs($sum{all} - 6) < 1e-6 and
			!defined $_->[0]{rate} and
			!defined $_->[0]{variables}[0]{rate} and
			$_->[-1]{variables}[0]{version} == 5 and
			$_->[-1]{variables}[0]{value} eq "5" and
			$_->[-1]{session} eq $ENV{LSTATE_SESSION}'
}

test_a_pattern_selects()
{
	ok lstate register oven/temp --type int
	ok lstate register lamp --type int
	ok lstate top 'oven/*' --batch -n 1
	has "$out" '1 variable, 0 watches' '; only oven/*' 'oven/temp'
	[[ $out != *lamp* ]] || fail 'there is a lamp'
	ok lstate top 'oven[' --batch -n 1
	has "$out" '0 variables, 0 watches'
	lines "$work/out" 2
}

test_long_values_are_cut_and_stay_on_their_line()
{
	local cut long

	printf -v long 'ä%.0s' {1..300}
	printf -v cut 'ä%.0s' {1..100}
	ok lstate register s --type string --value "$long"
	ok lstate register t --type string --value $'a\nb\e[1m'
	ok lstate top -b -n1
	lines "$work/out" 4
	is "$(row s)" "s 0 - 0 0 0 $cut..."
	has "$(row t)" '"a\nb\x1b[1m"'
}

test_the_end_of_the_session_ends_it_at_once()
{
	ok lstate register a --type int
	start "$work/top" lstate top --batch --interval 100000
	until_true has_lines "$work/top" 3
	ok lstate session destroy "$LSTATE_SESSION"
	ends "$started" 1
	is "$(cat "$work/top.err")" "lstate: session \"$LSTATE_SESSION\" was destroyed"
	expect 3 lstate top -b
	has "$err" "no session \"$LSTATE_SESSION\""
}

test_signals_and_a_closed_pipe_end_it()
{
	ok lstate register a --type int
	start "$work/top" lstate top --interval 100000
	until_true has_lines "$work/top" 3
	kill -INT "$started"
	ends "$started" 0
	start "$work/top" lstate top -b -d 0.01
	until_true has_lines "$work/top" 6
	kill -TERM "$started"
	ends "$started" 0
	is "$(cat "$work/top.err")" ''
	expect 0 sh -c '{ lstate top -b -d 0.01; echo $? >&3; } 3>"$1" | head -n 1' sh "$work/status"
	is "$(cat "$work/status")" 1
}

test_wrong_options_are_told()
{
	local arguments

	for arguments in '-n0' '-n' '-n x' '-d0' '--interval -1' '--sort size' '-x' '-bx' 'a b'; do
		# shellcheck disable=SC2086
		expect 2 lstate top $arguments
		has "$err" 'see: lstate top --help'
	done
}

# ---- the screen ----------------------------------------------------------------

# on_screen COMMAND...: on a terminal of its own; keys come from descriptor 5, what is
# drawn goes to $work/screen, and the exit status to $work/status.
on_screen()
{
	mkfifo "$work/keys"
	: >"$work/screen"
	TERM=xterm LC_ALL=C.UTF-8 script -qfc \
		"stty rows 12 cols 90; tty >$work/tty; $*; echo \$? >$work/status" /dev/null \
		<"$work/keys" >>"$work/screen" 2>&1 &
	started=$!
	exec 5>"$work/keys"
}

# What has been drawn, without the terminal's commands.
drawn()
{
	perl -0777 -pe 's/\e\[[0-9;?]*[a-zA-Z]|\e[()][A-Z0-9]|\e[=>78]|\x0f//g' "$work/screen"
}

shows()
{
	[[ $(drawn) = *"$1"* ]]
}

press()
{
	printf %b "$1" >&5
}

# forget: what was drawn so far.
forget()
{
	: >"$work/screen"
}

# redrawn_shows TEXT [OTHER]: TEXT, and not OTHER; else only what is new is drawn.
redrawn_shows()
{
	forget
	press '\f'
	sleep 0.1
	shows "$1" && { [[ -z ${2-} ]] || ! shows "$2"; }
}

screen_ends()
{
	exec 5>&-
	until_true is_over "$started"
	wait "$started"
	is "$(cat "$work/status")" "$1"
	rm "$work/keys"
}

# v10 to v40, at once.
register_many()
{
	local names

	printf -v names '{"name":"v%d","type":"int","value":0},' {10..40}
	echo "{\"localstate\":1,\"variables\":[${names%,}]}" >"$work/many"
	expect 0 lstate import "$work/many"
}

test_the_screen_shows_changes_and_takes_keys()
{
	register_many
	ok lstate register text --type string --value 'grüße'
	on_screen lstate top -d 0.1
	until_true shows '32 variables, 0 watches'
	until_true shows 'by rate'
	until_true shows v10
	press s
	until_true redrawn_shows 'by name'
	ok lstate set v10 4711
	until_true redrawn_shows 4711 v40
	press '\eOF'
	until_true redrawn_shows v40 v10
	press '/te*\r'
	until_true redrawn_shows '1 variable, 0 watches'
	until_true shows 'grüße'
	press '/x\e'
	press '/v1?\r'
	until_true redrawn_shows '10 variables, 0 watches'
	has "$(drawn)" '; only v1?'
	press q
	screen_ends 0
	grep -q $'\e\[?1049l' "$work/screen" || fail 'the terminal was not given back'
}

# Its terminal is that of the process that script has started.
test_the_screen_follows_the_terminals_size()
{
	local tty

	register_many
	on_screen lstate top --sort name
	until_true redrawn_shows v18 v19
	tty=$(<"$work/tty")
	stty -F "$tty" rows 20 cols 60
	until_true redrawn_shows v26 v27
	stty -F "$tty" rows 2 cols 10
	until_true redrawn_shows 'session ' v10
	stty -F "$tty" rows 24 cols 100
	until_true redrawn_shows v30
	press q
	screen_ends 0
}

test_the_screen_is_given_back_before_an_error_is_told()
{
	ok lstate register a --type int
	on_screen lstate top -d 1000
	until_true shows '1 variable'
	ok lstate session destroy "$LSTATE_SESSION"
	screen_ends 1
	perl -0777 -ne 'exit !/\e\[\?1049l.*session "\Q$ENV{LSTATE_SESSION}\E" was destroyed/s' \
		"$work/screen" || fail 'the message is not behind the screen'
}

test_what_is_typed_can_be_mended()
{
	ok lstate register a --type int
	ok lstate register ab --type int
	on_screen lstate top -d 1000
	until_true shows '2 variables'
	press '/a['
	until_true redrawn_shows 'only names like: a['
	has "$(drawn)" '2 variables'
	press '\x7f?\r'
	until_true redrawn_shows '1 variable, 0 watches'
	press q
	screen_ends 0
}

test_a_terminal_that_cannot_be_drawn_on_is_told()
{
	ok lstate register a --type int
	TERM=none expect 0 script -qec 'TERM=dumb-as-can-be lstate top; [ $? = 1 ]' /dev/null
	has "$out" 'cannot be drawn on' --batch
}

run_tests "$0"
