#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Very many variables: registered, listed, exported, imported and deleted, and what one
# costs in memory. So many as $LOCALSTATE_MANY says, by default a few for a machine that is
# emulated; a million take minutes there:
#
#   scripts/vm --memory 4G --timeout 3000 -- env LOCALSTATE_MANY=1000000 \
#       build/kselftest/localstate/lstate_many_test.sh

# $out and $err are set by expect(), and run_tests() finds the tests by their
# names.
# shellcheck disable=SC2154,SC2317

# shellcheck source=selftests/lstate_helpers.sh
. "$(dirname "$0")/lstate_helpers.sh"

many=${LOCALSTATE_MANY:-20000}

# Bytes of all slabs, by the pages that they take.
slab_bytes()
{
	sync
	awk 'NR > 2 { for (i = 1; i <= NF; i++) if ($i == "slabdata") n += $(i + 2) * $6 }
		END { printf "%.0f\n", n * 4096 }' /proc/slabinfo
}

# A file of ints, as export writes them.
declare_many()
{
	awk -v n="$many" 'BEGIN {
		printf "{\"localstate\":1,\"variables\":["
		for (i = 1; i <= n; i++)
			printf "%s\n{\"id\":%d,\"version\":0,\"name\":\"many/%07d\",\"type\":\"int\",\"value\":%d}",
				(i > 1 ? "," : ""), i, i, i
		printf "\n]}\n"
	}'
}

# How long what follows the last call of this took.
took()
{
	echo "$1: $((SECONDS - began)) s" >> "$work/times"
	began=$SECONDS
}

test_many_variables_come_and_go()
{
	local before after limit began=$SECONDS

	limit=$(lstate info | awk '/variables/ { print $NF }')
	[[ -z $limit ]] || ((limit >= many)) || fail "only $limit variables are allowed"
	declare_many > "$work/many.json"
	took 'file'
	before=$(slab_bytes)
	ok lstate import --quiet "$work/many.json"
	is "$out" "$many created, 0 changed, 0 equal, 0 refused"
	took 'registered'
	after=$(slab_bytes)
	echo "$(((after - before) / many)) bytes of slabs a variable" >> "$work/times"
	is "$(lstate list | wc -l)" $((many + 1))
	took 'listed'
	ok lstate export "$work/a.json"
	cmp "$work/many.json" "$work/a.json" || fail 'export is another one'
	took 'exported'
	ok lstate session destroy "$LSTATE_SESSION"
	took 'destroyed'
	ok lstate import --quiet "$work/a.json"
	took 'imported'
	ok lstate export "$work/b.json"
	cmp "$work/a.json" "$work/b.json" || fail 'the second export is another one'
	took 'exported'
	seq -f 'many/%07.0f' "$many" | xargs lstate delete || fail 'delete'
	took 'deleted'
	is "$(lstate list | wc -l)" 1
	sed 's/^/# /' "$work/times" >&3
}

# Past the log, which is shown only if a test fails.
exec 3>&1
run_tests "$0"
