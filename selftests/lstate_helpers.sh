# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the tests of the command share. A test is a function test_CLAIM; it runs
# in a subshell, in a session of its own, and fails by fail(). Sourced, never run.

ksft_skip=4
deadline=60 # seconds; emulated machines are slow
# Kernels that watch themselves are slower.
[[ $(uname -r) != *-localstate-* ]] || deadline=300
out='' err=''

if ! command -v lstate >/dev/null; then
	echo '1..0 # SKIP lstate is not in PATH'
	exit "$ksft_skip"
fi
if [[ ! -c /dev/localstate ]]; then
	echo '1..0 # SKIP there is no /dev/localstate'
	exit "$ksft_skip"
fi

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
# Umask and environment are part of what is tested.
umask 022
unset LSTATE_SESSION

fail()
{
	printf '%s (line %s)\n' "$*" "${BASH_LINENO[1]}" >&2
	exit 1
}

# slurp VARIABLE FILE: as VARIABLE=$(cat FILE), but without a process: those are
# slow in an emulated machine.
slurp()
{
	local text

	IFS= read -r -d '' text < "$2"
	while [[ $text = *$'\n' ]]; do
		text=${text%$'\n'}
	done
	printf -v "$1" %s "$text"
}

# expect STATUS COMMAND...: $out and $err are what it said.
expect()
{
	local status=$1 got

	shift
	"$@" > "$work/out" 2> "$work/err"
	got=$?
	slurp out "$work/out"
	slurp err "$work/err"
	((got == status)) ||
		fail "$*: exit status $got, not $status; stdout: $out; stderr: $err"
	((status == 0)) || [[ -n $err ]] || fail "$*: failed without a word"
}

# ok COMMAND...: succeeds, and says nothing on stderr.
ok()
{
	expect 0 "$@"
	[[ -z $err ]] || fail "$*: stderr: $err"
}

is()
{
	[[ $1 = "$2" ]] || fail "\"$1\" is not \"$2\""
}

has()
{
	local part

	for part in "${@:2}"; do
		[[ $1 = *"$part"* ]] || fail "\"$1\" does not have \"$part\""
	done
}

# until_true COMMAND...: waits for it, as long as the deadline allows.
until_true()
{
	local end=$((SECONDS + deadline))

	until "$@"; do
		((SECONDS < end)) || fail "not within $deadline s: $*"
		sleep 0.05
	done
}

# start FILE COMMAND...: in the background; $started is its pid.
# shellcheck disable=SC2034
start()
{
	# Now, and not by the process: what an earlier one left is none of its words.
	: > "$1"
	"${@:2}" > "$1" 2> "$1.err" &
	started=$!
}

# ends PID STATUS: waits for a background process.
ends()
{
	local got

	until_true is_over "$1"
	wait "$1"
	got=$?
	((got == $2)) || fail "process ended with $got, not $2"
}

# end_jobs: what has been stopped hears of its end only when it goes on.
end_jobs()
{
	local -a pids

	mapfile -t pids < <(jobs -p)
	((${#pids[@]})) || return 0
	kill "${pids[@]}" 2>/dev/null
	kill -CONT "${pids[@]}" 2>/dev/null
	wait
}

is_over()
{
	local status=

	[[ -d /proc/$1 ]] && slurp status "/proc/$1/status"
	[[ -z $status || $status = *State:?Z* ]]
}

is_stopped()
{
	local status

	slurp status "/proc/$1/status"
	[[ $status = *State:?T* ]]
}

count_lines()
{
	local lines

	mapfile -t lines < "$1"
	count=${#lines[@]}
}

has_lines()
{
	count_lines "$1"
	((count >= $2))
}

# lines FILE NUMBER: has it exactly so many?
lines()
{
	count_lines "$1"
	((count == $2)) || fail "$1 has $count lines, not $2"
}

# column PID TITLE: of the table of watchers.
column()
{
	lstate watchers | awk -v pid="$1" -v title="$2" '
	NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
	$at["PID"] == pid { print $at[title] }'
}

is_watching()
{
	[[ -n $(column "$1" PID) ]]
}

is_gone()
{
	! is_watching "$1"
}

has_merged()
{
	(($(column "$1" MERGED) > 0))
}

# start_judge: one process of perl for all that json() asks: to start one takes an
# emulated machine half a second. Requests are a file, an expression, and the session for
# $ENV{LSTATE_SESSION} in it; the answer is a line, empty if all is well.
start_judge()
{
	mkfifo "$work/questions" "$work/answers" || exit 1
	# shellcheck disable=SC2016
	perl -MJSON::PP -e '
		$| = 1;
		$/ = "\0";
		while (my $path = <STDIN>) {
			my $expression = <STDIN>;
			$ENV{LSTATE_SESSION} = <STDIN>;
			chomp($path, $expression, $ENV{LSTATE_SESSION});
			my $answer = eval {
				local $/ = "\n";
				my $code = eval "sub { $expression }" or die $@;
				open my $file, "<", $path or die "$path: $!";
				my $json = JSON::PP->new->utf8;
				while (my $line = <$file>) {
					local $_ = $json->decode($line);
					$code->() or die "line $.: not true: $expression: $line";
				}
				$. or die "no line";
				"";
			} // $@;
			$answer =~ tr/\n/ /;
			print "$answer\n";
		}' < "$work/questions" > "$work/answers" &
	exec {questions}> "$work/questions" {answers}< "$work/answers"
}

# json FILE EXPRESSION: is all of it JSON, and does the expression of perl hold
# of it as $_? One document a line.
json()
{
	local answer file=$1

	# What only this shell has open.
	if [[ $file = /dev/fd/* ]]; then
		file=$work/asked
		cat "$1" > "$file"
	fi
	printf '%s\0%s\0%s\0' "$file" "$2" "$LSTATE_SESSION" >&"$questions"
	IFS= read -r answer <&"$answers" || answer='nobody answers'
	[[ -z $answer ]] || fail "JSON of $1: $answer"
}

run_test()
{
	local number=$1 name=$2

	export LSTATE_SESSION=test.$$.$number
	if (
		trap end_jobs EXIT
		"$name"
	) > "$work/log" 2>&1; then
		echo "ok $number - ${name#test_}"
	else
		failed=$((failed + 1))
		sed 's/^/# /' "$work/log"
		echo "not ok $number - ${name#test_}"
	fi
	lstate session destroy "$LSTATE_SESSION" 2>/dev/null
}

# run_tests SCRIPT: all its functions test_*, in the order of the file.
run_tests()
{
	local tests source i

	mapfile -t tests < <(sed -n 's/^\(test_[a-z0-9_]*\)()$/\1/p' "$1")
	failed=0
	slurp source "$1"
	[[ $source != *$'\tjson '* ]] || start_judge
	echo 'TAP version 13'
	echo "1..${#tests[@]}"
	for i in "${!tests[@]}"; do
		run_test "$((i + 1))" "${tests[i]}"
	done
	echo "# Totals: pass:$((${#tests[@]} - failed)) fail:$failed xfail:0 xpass:0 skip:0 error:0"
	exit "$((failed > 0))"
}
