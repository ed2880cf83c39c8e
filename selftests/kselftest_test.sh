#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# These tests are a kselftest collection: the kernel's own runner runs one of them by name
# and says so in its words, which scripts/run-tests says, too.

here=$(cd "$(dirname "$0")" && pwd)
name=${here##*/}
runner=$here/../run_kselftest.sh

echo 'TAP version 13'
if [[ ! -x $runner ]]; then
	echo '1..0 # SKIP there is no run_kselftest.sh beside these tests'
	exit 4
fi

said=$("$runner" -t "$name:event_test" 2>&1)
status=$?

echo '1..1'
if ((status == 0)) &&
	[[ $said == 'TAP version 13'$'\n1..1\n'* ]] &&
	[[ $said == *$'\n'"# selftests: $name: event_test"$'\n'* ]] &&
	[[ $said == *$'\n''# ok 1 '* ]] &&
	[[ $said == *$'\n'"ok 1 selftests: $name: event_test" ]]; then
	echo 'ok 1 - runner_of_the_kernel_runs_a_test'
else
	printf '# %s\n' "${said//$'\n'/$'\n# '}"
	echo 'not ok 1 - runner_of_the_kernel_runs_a_test'
	exit 1
fi
