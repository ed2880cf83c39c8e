#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The command as a listener to what comes and goes: what it tells, and to whom.

# $out and $err are set by expect(), and run_tests() finds the tests by their names.
# shellcheck disable=SC2154,SC2317

# shellcheck source=selftests/lstate_helpers.sh
. "$(dirname "$0")/lstate_helpers.sh"
# shellcheck source=selftests/lstate_monitor_helpers.sh
. "$(dirname "$0")/lstate_monitor_helpers.sh"

nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

test_monitor_tells_what_comes_and_goes()
{
	local s=$LSTATE_SESSION client='\(lstate, pid [0-9]+, uid 0\)' i=0 line
	local lines=(
		'# listening: .*'
		"$s: session created \\(id [0-9]+, owner 0, mode 0644, persistent, pid [0-9]+\\)"
		"$s: client 1 attached $client"
		"$s: client 1 gone $client"
		"$s: client 2 attached $client"
		"$s: variable a/t registered \\(id 1, float, label celsius, pid [0-9]+\\)"
		"$s: client 2 gone $client"
		"$s: client 3 attached $client"
		"$s: variable a/t deleted \\(id 1, float, label celsius, version 1, pid [0-9]+\\)"
		"$s: client 3 gone $client"
		"$s: client 4 attached $client"
		"$s: session ended \\(id [0-9]+\\)"
		"$s: client 4 gone $client"
	)

	monitor "$work/monitor" lstate monitor -s "$s" --count 12
	ok lstate session create "$s" --mode 0644
	ok lstate register a/t --type float --label celsius
	ok lstate delete a/t
	ok lstate session destroy "$s"
	ends "$started" 0
	lines "$work/monitor" 13
	while read -r line; do
		[[ $line =~ ^${lines[i++]}$ ]] || fail "$line is not ${lines[i - 1]}"
	done < "$work/monitor"
	is "$(cat "$work/monitor.err")" ''
}

test_monitor_json_has_all_members_with_their_types()
{
	monitor "$work/monitor" lstate monitor -s "$LSTATE_SESSION" --json --count 9
	ok lstate register a/t --type uint --label celsius
	ok lstate delete a/t
	ok lstate session destroy "$LSTATE_SESSION"
	ends "$started" 0
	records "$work/monitor" '[n["event"] for n in events] == ["listening",
		"session-created", "client-attached", "variable-registered", "client-gone",
		"client-attached", "variable-deleted", "client-gone",
		"client-attached", "session-ended"]' \
		'set(e) >= {"event", "session", "session_id", "time_ns",
		"pid", "uid"}' \
		'e["event"] == "listening"
		or e["session"] == "'"$LSTATE_SESSION"'" and type(e["session_id"]) is int
		and e["session_id"] == events[1]["session_id"] > 0
		and e["time_ns"] >= events[1]["time_ns"] > 0' \
		'(e["pid"] is None and e["uid"] is None)
		if e["event"] in ("listening", "session-ended")
		else (e["pid"] > 1 and e["uid"] == 0)' \
		'e["event"] != "session-created"
		or (e["gid"], e["mode"], e["persistent"]) == (0, "0644", True)' \
		'not e["event"].startswith("variable")
		or (e["name"], e["id"], e["type"], e["label"], e["version"]) ==
		("a/t", 1, "uint", "celsius", int(e["event"] == "variable-deleted"))' \
		'not e["event"].startswith("client")
		or (type(e["client"]) is int and e["client"] > 0 and e["comm"] == "lstate")'
}

test_only_the_option_chooses_a_session()
{
	local other=$LSTATE_SESSION.other

	monitor "$work/all" lstate monitor
	monitor "$work/one" lstate monitor -s "$other"
	ok lstate register t --type int
	ok lstate -s "$other" register u --type int
	told "$work/one" "^$other: variable u registered"
	told "$work/all" "^$other: variable u registered"
	grep -q "^$LSTATE_SESSION: variable t registered" "$work/all" || fail 'not told'
	grep -q "^$LSTATE_SESSION:" "$work/one" && fail 'of another session'
	ok lstate session destroy "$other"
}

test_sessions_that_not_everybody_may_read_take_all()
{
	monitor "$work/all" lstate monitor --all
	monitor "$work/some" lstate monitor
	ok lstate session create "$LSTATE_SESSION.dark" --mode 0640
	ok lstate session destroy "$LSTATE_SESSION.dark"
	ok lstate session create "$LSTATE_SESSION"
	told "$work/some" "^$LSTATE_SESSION: session created"
	told "$work/all" "^$LSTATE_SESSION: session created"
	grep -q dark "$work/some" && fail 'told to everybody'
	has "$(cat "$work/all")" "$LSTATE_SESSION.dark: session created" ', mode 0640, ' \
		"$LSTATE_SESSION.dark: session ended"
}

test_all_is_refused_without_the_capability()
{
	expect 1 "${nobody[@]}" lstate monitor --all --timeout 0
	is "$out" ''
	has "$err" 'permission denied' CAP_NET_ADMIN
	expect 1 "${nobody[@]}" lstate monitor --all --timeout 0 --json
	has "$err" '"code":"EPERM"' CAP_NET_ADMIN
	ok lstate monitor --all --timeout 0
	ok "${nobody[@]}" unshare --user --map-root-user --net lstate monitor --all --timeout 0
}

test_everybody_may_listen()
{
	monitor "$work/monitor" "${nobody[@]}" lstate monitor --count 1
	ok lstate session create "$LSTATE_SESSION"
	ends "$started" 0
	has "$(cat "$work/monitor")" "$LSTATE_SESSION: session created" ', owner 0, '
}

test_private_sessions_and_other_namespaces_are_not_told()
{
	monitor "$work/monitor" lstate monitor --all --json --count 1
	ok python <<-'END'
	lib.lstate_session_close(attach(None))
	END
	ok unshare --net lstate session create "$LSTATE_SESSION"
	ok lstate session create "$LSTATE_SESSION.here"
	ends "$started" 0
	records "$work/monitor" 'e["session"] in (None, "'"$LSTATE_SESSION.here"'")'
	ok lstate session destroy "$LSTATE_SESSION.here"
}

test_a_killed_client_is_gone()
{
	local watcher

	ok lstate register t --type int
	monitor "$work/monitor" lstate monitor -s "$LSTATE_SESSION" --json --count 2
	start "$work/watch" lstate watch t
	watcher=$started
	told "$work/monitor" client-attached
	kill -KILL "$watcher"
	told "$work/monitor" client-gone
	records "$work/monitor" 'e["event"] == "listening" or e["pid"] == '"$watcher"'
		and e["client"] == events[1]["client"]'
}

test_lost_events_are_told_behind_the_gap()
{
	ok lstate session create "$LSTATE_SESSION"
	monitor "$work/monitor" lstate monitor --json
	kill -STOP "$started"
	until_true is_stopped "$started"
	flood 4000
	kill -CONT "$started"
	told "$work/monitor" '"lost"'
	ok lstate register t --type int
	told "$work/monitor" variable-registered
	# All that waited stands before the line, all that came after it behind.
	records "$work/monitor" '[n["event"] for n in events].count("lost") == 1' \
		'(lambda lost: lost > 100
		and [n["client"] for n in events[1:lost]] ==
			[i // 2 + 2 for i in range(lost - 1)]
		and [n["client"] for n in events[lost + 1:] if "client" in n] == [4002, 4002]
		and events[lost]["session"] is None)(
			[n["event"] for n in events].index("lost"))'
	kill "$started"
	ends "$started" 0
}

test_lost_events_are_told_to_people_and_do_not_count()
{
	ok lstate session create "$LSTATE_SESSION"
	monitor "$work/monitor" lstate monitor -s "$LSTATE_SESSION.none" --count 1
	kill -STOP "$started"
	until_true is_stopped "$started"
	flood 4000
	kill -CONT "$started"
	told "$work/monitor" '^# lost: '
	ok lstate session create "$LSTATE_SESSION.none"
	ends "$started" 0
	has "$(tail -n 1 "$work/monitor")" "$LSTATE_SESSION.none: session created"
	ok lstate session destroy "$LSTATE_SESSION.none"
}

test_only_the_kernel_is_believed()
{
	monitor "$work/monitor" lstate monitor --all --count 1
	ok python <<-'END'
	import socket, struct
	NETLINK_GENERIC, CTRL, GETFAMILY, NAME, ID = 16, 16, 3, 2, 1
	SESSION_CREATED, SESSION_ENDED, DELFAMILY, SESSION_NAME = 4, 5, 2, 2

	def attribute(kind, data):
	    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)

	def message(kind, command, data):
	    return struct.pack("=IHHIIBBH", 20 + len(data), kind, 1, 1, 0, command, 1, 0) + data

	s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
	s.bind((0, 0))
	s.sendto(message(CTRL, GETFAMILY, attribute(NAME, b"localstate\0")), (0, 0))
	answer = s.recv(65536)
	at = 20
	while struct.unpack_from("=HH", answer, at)[1] != ID:
	    at += (struct.unpack_from("=H", answer, at)[0] + 3) & ~3
	family = struct.unpack_from("=H", answer, at + 4)[0]
	with open("/proc/net/netlink") as table:
	    rows = [line.split() for line in table][1:]
	# Who listens to nlctrl's group, which has the number 16.
	ports = [int(row[2]) for row in rows
	         if row[1] == "16" and int(row[3], 16) & 1 << 15]
	assert ports
	for port in ports:
	    name = attribute(SESSION_NAME, b"forged\0")
	    s.sendto(message(family, SESSION_CREATED, name), (port, 0))
	    s.sendto(message(CTRL, DELFAMILY, attribute(ID, struct.pack("=H", family))),
	             (port, 0))
	END
	ok lstate session create "$LSTATE_SESSION"
	ends "$started" 0
	lines "$work/monitor" 2
	has "$(tail -n 1 "$work/monitor")" "$LSTATE_SESSION: session created"
}

run_tests "$0"
