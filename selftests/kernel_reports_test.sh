#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Which reports of a kernel are the module's (scripts/kernel-reports): by them the runs
# under debug kernels pass or fail.

# $out and $err are set by expect(), and run_tests() finds the tests by their names.
# shellcheck disable=SC2154,SC2317

# shellcheck source=selftests/lstate_helpers.sh
. "$(dirname "$0")/lstate_helpers.sh"

# The tests are installed in build/kselftest/localstate of the tree.
reports=$(cd "$(dirname "$0")/../../.." && pwd)/scripts/kernel-reports
if [[ ! -x $reports ]]; then
	echo '1..0 # SKIP these tests do not lie in the tree that they were built in'
	exit "$ksft_skip"
fi
log=$work/log

# Where a system call comes from: below everything.
entry='ioctl __x64_sys_ioctl do_syscall_64 entry_SYSCALL_64_after_hwframe'
ours="localstate_queue_push localstate_notify_change localstate_ioctl $entry"
timer='__hrtimer_run_queues hrtimer_interrupt asm_sysvec_apic_timer_interrupt'

new_log()
{
	: >"$log"
}

# say LINE...: as the kernel's log has it.
say()
{
	printf '[  247.166224] %s\r\n' "$@" >>"$log"
}

stack()
{
	local function

	for function; do
		case $function in
		localstate_*) say " $function+0x30a/0x840 [localstate]" ;;
		*) say " $function+0x37/0x60" ;;
		esac
	done
}

rule()
{
	say ==================================================================
}

# race BY STACK [BY STACK]: two accesses, or one by nobody knows whom.
race()
{
	local what=write

	rule
	if (($# > 2)); then
		say "BUG: KCSAN: data-race in ${2%% *} / ${4%% *}" ''
	else
		say "BUG: KCSAN: data-race in ${2%% *}+0x37/0x60" ''
		what='race at unknown origin, with write'
	fi
	while (($#)); do
		say "$what to 0xffff88817bc1efd8 of 8 bytes by $1 on cpu 1:"
		# shellcheck disable=SC2086
		stack $2
		say ''
		shift 2
	done
	say 'Reported by Kernel Concurrency Sanitizer on:' \
		'CPU: 1 UID: 0 PID: 8584 Comm: stress_test Tainted: G           O       6.12.117 #1'
	rule
}

expect_ours()
{
	expect 0 "$reports" --through localstate "$log"
	[[ $out == *'BUG: '* ]] || fail "shown: $out"
}

expect_not_ours()
{
	"$reports" --through localstate "$log" >"$work/out"
	(($? == 1)) || fail 'a report that is none of the module'
	[[ ! -s $work/out ]] || fail "shown: $(<"$work/out")"
	"$reports" "$log" >"$work/out" || fail 'it is a report all the same'
	[[ -s $work/out ]] || fail 'nothing is shown'
}

test_quiet_log_has_no_report()
{
	new_log
	say 'localstate: loading out-of-tree module taints kernel.' 'KTAP version 1'
	"$reports" "$log" >"$work/out"
	(($? == 1)) || fail 'there is none'
	[[ ! -s $work/out ]] || fail "shown: $(<"$work/out")"
}

test_log_that_cannot_be_read_is_an_error()
{
	expect 2 "$reports" --through localstate "$work/none"
	[[ $err == *"$work/none"* ]] || fail "said: $err"
}

test_report_counts_if_the_module_is_in_its_trace()
{
	new_log
	rule
	say 'BUG: KASAN: slab-use-after-free in __mutex_lock+0x1a0/0x1240'
	# shellcheck disable=SC2086
	stack __mutex_lock $ours
	rule
	expect_ours
	[[ $out == *localstate_notify_change* ]] || fail "shown: $out"
}

test_report_of_the_kernel_alone_does_not_count()
{
	new_log
	rule
	say 'BUG: KASAN: slab-use-after-free in __mutex_lock+0x1a0/0x1240'
	# shellcheck disable=SC2086
	stack __mutex_lock $entry
	rule
	expect_not_ours
}

test_race_counts_if_the_module_does_one_access()
{
	new_log
	race 'task 8585' "$ours" 'task 8584' "do_sys_poll $entry"
	expect_ours
	new_log
	race 'task 8585' "do_sys_poll $entry" 'task 8584' "$ours"
	expect_ours
}

test_race_counts_if_the_module_has_called_for_both()
{
	new_log
	race 'task 8585' "memcpy $ours" 'task 8584' "strlen __xa_store $ours"
	expect_ours
}

test_race_counts_if_the_other_access_is_unknown()
{
	new_log
	race 'task 8585' "memcpy $ours"
	expect_ours
}

# race_with_free BY STACK: the other access is the kernel's.
race_with_free()
{
	rule
	say 'BUG: KCSAN: assert: race in kfree / remove_wait_queue' '' \
		"assert no accesses to 0xffff88817bc1efd8 of 512 bytes by $1 on cpu 0:"
	# shellcheck disable=SC2086
	stack $2
	say '' 'write to 0xffff88817bc1efe8 of 8 bytes by task 8584 on cpu 1:'
	# shellcheck disable=SC2086
	stack remove_wait_queue poll_freewait do_sys_poll $entry
	say '' 'Reported by Kernel Concurrency Sanitizer on:'
	rule
}

test_race_with_what_frees_counts_for_one_access()
{
	new_log
	race_with_free 'task 8585' "kfree localstate_client_put localstate_release __fput $entry"
	expect_ours
	new_log
	race_with_free 'interrupt' "kfree $timer $ours"
	expect_not_ours
}

# A waker and a sleeper share what is on the sleeper's stack.
test_race_about_what_is_the_kernels_does_not_count()
{
	new_log
	race 'task 8585' "pollwake __wake_up_common __wake_up $ours" \
		'task 8584' "poll_schedule_timeout do_sys_poll $entry"
	expect_not_ours
}

test_race_of_an_interrupt_is_not_that_of_the_interrupted()
{
	new_log
	race 'interrupt' "hrtimer_active $timer do_sigtimedwait $entry" \
		'interrupt' "$timer $ours"
	expect_not_ours
	new_log
	race 'interrupt' "$timer $ours" 'interrupt' "$timer $ours"
	expect_not_ours
}

test_reports_are_told_apart()
{
	new_log
	race 'task 8585' "pollwake $ours" 'task 8584' "do_sys_poll $entry"
	race 'task 8585' "$ours" 'task 8584' "$ours"
	race 'task 8585' "pollwake $ours" 'task 8584' "do_sys_poll $entry"
	expect 0 "$reports" --through localstate "$log"
	[[ $out != *pollwake* && $out == *localstate_queue_push* ]] || fail "shown: $out"
}

run_tests "$0"
