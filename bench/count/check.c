// SPDX-License-Identifier: GPL-2.0-only
/*
 * The check of all peers, in a machine whose clock jumps.
 *
 * When all sleep the clock goes on to the next timer at once, also if they wait for
 * the host's files: a deadline of seconds is over in no time.  So while daemons start
 * and connect somebody is always awake.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "count.h"

static pid_t insomniac;

/* A child that runs when nobody else does. */
void bench_sleep_forbid(void)
{
	const struct sched_param param = { .sched_priority = 0 };

	insomniac = fork();
	if (insomniac < 0)
		bench_fail("fork: %s", strerror(errno));
	if (insomniac)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sched_setscheduler(0, SCHED_IDLE, &param);
	for (;;)
		;
}

void bench_sleep_allow(void)
{
	kill(insomniac, SIGKILL);
	waitpid(insomniac, NULL, 0);
}

void bench_check_peers(void)
{
	const struct bench_peer *const *at;
	static bool done;
	int ret;

	if (done)
		return;
	done = true;
	bench_sleep_forbid();
	bench_for_each_peer(at) {
		ret = bench_peer_check(*at);
		if (ret && ret != -ENOSYS && ret != -ENOENT)
			bench_fail("%s does not do its job", (*at)->name);
	}
	bench_sleep_allow();
}
