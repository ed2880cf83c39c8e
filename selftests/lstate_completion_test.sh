#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The completion of the command for bash: what it offers, in words that bash has
# broken as it does, and that it is silent where there is nothing to offer.

# $out and $err are set by expect(), run_tests() finds the tests by their names,
# perl's variables are not the shell's, and COMP_* and COMPREPLY are how bash and a
# completion talk to each other.
# shellcheck disable=SC2016,SC2034,SC2154,SC2206,SC2317

# shellcheck source=selftests/lstate_helpers.sh
. "$(dirname "$0")/lstate_helpers.sh"

if [[ ! -r /usr/share/bash-completion/bash_completion ]]; then
	echo '1..0 # SKIP there is no bash-completion'
	exit "$ksft_skip"
fi
# shellcheck source=/dev/null
. /usr/share/bash-completion/bash_completion
# shellcheck source=utils/lstate.bash-completion
. "$(dirname "$0")/lstate.bash-completion"

# Only within a real completion can one say how its words are shown.
compopt()
{
	:
}

# How long one may wait for an answer is measured for people, not for emulated
# machines. One test wants the real limit back.
timeout()
{
	"${@:2}"
}

# offered LINE: ${COMPREPLY[@]} is what TAB at the end of it offers.
offered()
{
	local line=$1 word said
	local breaks='^([^:=]*)([:=]+)(.*)$'

	COMP_LINE=$line
	COMP_POINT=${#line}
	COMP_WORDS=()
	for word in $line; do
		while [[ $word =~ $breaks ]]; do
			COMP_WORDS+=(${BASH_REMATCH[1]:+"${BASH_REMATCH[1]}"} "${BASH_REMATCH[2]}")
			word=${BASH_REMATCH[3]}
		done
		[[ -z $word ]] || COMP_WORDS+=("$word")
	done
	# Behind a blank, and behind a colon too, a word begins that is still empty.
	[[ $line != *[\ :=] ]] || COMP_WORDS+=('')
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	COMPREPLY=()
	_lstate lstate "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" \
		> "$work/said" 2>&1
	slurp said "$work/said"
	[[ -z $said ]] || fail "it said: $said"
}

# offers LINE [WORD]...: all of these and nothing else, in any order.
offers()
{
	local line=$1 word

	shift
	offered "$line"
	((${#COMPREPLY[@]} == $#)) || fail "\"$line\" offers \"${COMPREPLY[*]}\", not \"$*\""
	for word; do
		[[ " ${COMPREPLY[*]} " == *" $word "* ]] ||
			fail "\"$line\" offers \"${COMPREPLY[*]}\", not \"$*\""
	done
}

# read_help COMMAND...: $told_options and $told_commands, which --help tells of.
read_help()
{
	local first second

	told_options=() told_commands=()
	while read -r first second _; do
		case $first in
		-[a-z],) told_options+=("$second") ;;
		--*) told_options+=("$first") ;;
		[a-z]*) told_commands+=("$first") ;;
		esac
	done < <(lstate "$@" --help | grep '^  [a-z-]')
}

some_variables()
{
	ok lstate register oven/temp --type float
	ok lstate register oven/mode --type choice --choices off,heat,hold
	ok lstate register house:door --type bool
	ok lstate register house:window:left --type int
}

test_each_command_offers_the_options_and_commands_of_its_help()
{
	local path seen=
	local -a paths=('') told_options told_commands

	while ((${#paths[@]})); do
		path=${paths[0]}
		paths=("${paths[@]:1}")
		seen+="[$path]"
		# shellcheck disable=SC2086
		read_help $path
		((${#told_options[@]} > 2)) || fail "lstate $path --help has hardly an option"
		offers "lstate $path${path:+ }-" "${told_options[@]}"
		((${#told_commands[@]} == 0)) || offers "lstate $path${path:+ }" "${told_commands[@]}"
		paths+=("${told_commands[@]/#/$path${path:+ }}")
	done
	has "$seen" '[watch]' '[session create]' '[module status]'
	offered 'lstate register -'
	has "${COMPREPLY[*]}" --type --choices --session
}

test_commands_are_offered()
{
	offers 'lstate regi' register
	offers 'lstate nonsense'
	offers 'lstate session ' create destroy list
	offers 'lstate --json -s a session d' destroy
}

test_variables_are_offered_where_they_are_wanted()
{
	local command

	some_variables
	for command in get set delete watch wait list; do
		offers "lstate $command oven/" oven/mode oven/temp
		offers "lstate $command x"
	done
	offers 'lstate get ' house:door house:window:left oven/mode oven/temp
	offers 'lstate watch oven/temp --count 3 oven/m' oven/mode
	offers 'lstate top -n 3 oven/m' oven/mode
	offers 'lstate watch --initial -- oven/t' oven/temp
	offers 'lstate list oven/temp '
	offers 'lstate register '
	offers 'lstate session create '
	offers 'lstate info '
	# What is no part of a name is no pattern either.
	offers 'lstate get *'
}

test_names_that_bash_breaks_at_colons_are_offered_from_there_on()
{
	some_variables
	offers 'lstate get ho' house:door house:window:left
	offers 'lstate get house:' door window:left
	offers 'lstate get house:d' door
	offers 'lstate get house:window:' left
	offers 'lstate set house:door ' false true
	ok lstate -s "$LSTATE_SESSION:2" register a:b --type int
	offers "lstate -s $LSTATE_SESSION:2 get a" a:b
	ok lstate session destroy "$LSTATE_SESSION:2"
}

test_values_of_bool_and_choice_are_offered()
{
	some_variables
	offers 'lstate set house:door t' true
	offers 'lstate set oven/mode ' heat hold off
	offers 'lstate set oven/mode --meta a=b h' heat hold
	offers 'lstate set oven/temp '
	offers 'lstate set nonsense '
	offers 'lstate set oven/mode off '
	# The value wants quotes; what else the JSON tells must not look like choices.
	ok lstate register odd --type choice --choices 'a b,"c",d\e' \
		--description '"choices":["x"],"type":"bool"' --meta 'choices=["y"]'
	offered 'lstate set odd '
	is "${COMPREPLY[*]}" 'a\ b \"c\" d\\e'
}

test_sessions_are_offered()
{
	local own=$LSTATE_SESSION

	ok lstate session create "$own"
	ok lstate session create "$own.b"
	offers "lstate -s $own" "$own" "$own.b"
	offers "lstate --session $own." "$own.b"
	offers "lstate --session=$own." "$own.b"
	offers "lstate get -s $own." "$own.b"
	offers "lstate session destroy $own." "$own.b"
	ok lstate -s "$own.b" register only --type int
	offers 'lstate get o'
	offers "lstate -s $own.b get o" only
	offers "lstate get --session=$own.b o" only
	offers "lstate get -s$own.b o" only
	ok lstate session destroy "$own.b"
}

test_types_are_those_that_the_command_knows()
{
	local types

	expect 2 lstate register t --type nonsense
	types=${err#*there are }
	types=${types%%;*}
	types=${types//,/}
	# shellcheck disable=SC2086
	offers 'lstate register t --type ' ${types/ and / }
	has "$types" bool choice
	offers 'lstate register t --type=f' float
	offers 'lstate register t --min '
}

test_module_files_are_offered()
{
	mkdir "$work/files" "$work/files/folder"
	touch "$work"/files/{a.ko,b.ko.xz,c.txt}
	offers "lstate module load $work/files/" \
		"$work"/files/{a.ko,b.ko.xz,folder}
	offers "lstate module load $work/files/a.ko "
}

test_without_session_it_offers_no_names_and_makes_none()
{
	offers 'lstate get '
	offers 'lstate set t '
	expect 3 lstate list
}

test_without_module_it_offers_commands_and_options_alone()
{
	ok lstate module unload
	offers 'lstate get '
	offers 'lstate set t '
	offers 'lstate -s '
	offers 'lstate session destroy '
	offers 'lstate wat' watch watchers
	offers 'lstate get --h' --help
	ok lstate module load
}

test_a_command_that_hangs_or_is_absent_is_not_waited_for()
{
	local before=$SECONDS

	unset -f timeout
	mkdir "$work/bin"
	printf '#!/bin/sh\n[ "$*" = "${*%%--help}" ] && exec sleep 600\nexec %s "$@"\n' \
		"$(command -v lstate)" > "$work/bin/lstate"
	chmod +x "$work/bin/lstate"
	PATH=$work/bin:$PATH
	hash -r
	offers 'lstate get '
	((SECONDS - before < 300)) || fail 'it was waited for'
	printf '#!/bin/sh\nexit 127\n' > "$work/bin/lstate"
	offers 'lstate get '
	offers 'lstate -'
}

test_bash_completes_what_is_typed()
{
	some_variables
	cat > "$work/rc" <<-END
	. /usr/share/bash-completion/bash_completion
	. $(dirname "$0")/lstate.bash-completion
	$(declare -f timeout)
	deadline=$deadline PS1=
	bind 'set enable-bracketed-paste off'
	END
	# What bash has on its line is told by the command that it runs.
	printf 'lstate get house:d\t --json >%s; exit\n' "$work/typed" |
		command timeout $((deadline + 60)) \
			script -qec "bash --noprofile --rcfile $work/rc -i" /dev/null \
			> "$work/terminal" 2>&1
	json "$work/typed" '$_->[0]{name} eq "house:door"'
}

# Other tests want the module, whatever happened here.
trap 'rm -rf "$work"; [[ -c /dev/localstate ]] || lstate module load' EXIT

run_tests "$0"
