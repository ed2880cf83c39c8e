# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the tests of lstate monitor share. Sourced behind lstate_helpers.sh, never run.

is_listening()
{
	local said

	slurp said "$1"
	[[ $said = '# listening'* || $said = '{"event":"listening",'* ]]
}

# monitor FILE COMMAND...: in the background; it listens when this returns.
monitor()
{
	# Another test may have left the file there.
	: > "$1"
	start "$@"
	until_true is_listening "$1"
}

# told FILE PATTERN: waits for a line that matches the regular expression.
told()
{
	until_true grep -qE -- "$2" "$1"
}

# python [ARGUMENT]...: a script on stdin; it has the library as lib.
python()
{
	local library

	library=$(ldd "$(command -v lstate)" | awk '/liblocalstate/ { print $3 }')
	/usr/bin/python3 -c '
import ctypes, json, sys
lib = ctypes.CDLL(sys.argv.pop(1))

def attach(name):
    session = ctypes.c_void_p()
    rc = lib.lstate_session_open(ctypes.byref(session), name, 0, 0, None)
    assert rc == 0, rc
    return session

exec(sys.stdin.read())' "$library" "$@"
}

# records FILE EXPRESSION...: do the expressions of python hold of each line's
# object as e? They see the list of all as events.
records()
{
	python "$@" <<-'END' || fail "JSON of $1"
	with open(sys.argv[1]) as file:
	    events = [json.loads(line) for line in file]
	assert events, "no line"
	for expression in sys.argv[2:]:
	    for e in events:
	        assert eval("(" + expression + ")"), e
	END
}

# flood COUNT: as many clients come and go.
flood()
{
	ok python "$1" "$LSTATE_SESSION" <<-'END'
	for i in range(int(sys.argv[1])):
	    lib.lstate_session_close(attach(sys.argv[2].encode()))
	END
}
