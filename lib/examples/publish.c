// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A publisher: measures this machine once in a while and publishes what it finds.
 *
 * It knows nothing of those who watch, and none of them can hold it up.  Its
 * session is not persistent: the variables stay as long as anybody, publisher or
 * watcher, has it open.  So a publisher that is started again may find them.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include <localstate.h>

static int fail(const struct lstate_error *error)
{
	fprintf(stderr, "publish: %s\n", lstate_error_message(error));
	return EXIT_FAILURE;
}

/* Range and label are the kernel's to keep: no publisher can break them. */
static int register_load(struct lstate_session *session)
{
	const struct lstate_value least = lstate_value_float(0);
	struct lstate_spec *spec;
	int rc = lstate_spec_new(&spec, "load", LSTATE_TYPE_FLOAT);

	if (rc < 0)
		return rc;
	rc = lstate_spec_set_min(spec, &least);
	if (rc >= 0)
		rc = lstate_spec_set_label(spec, "processes");
	if (rc >= 0)
		rc = lstate_register(session, spec, NULL);
	lstate_spec_free(spec);
	return rc;
}

/* One that is there already was left by another publisher and is as good. */
static int register_all(struct lstate_session *session)
{
	static const char *const states[] = { "idle", "busy" };
	int rc = register_load(session);

	if (rc >= 0 || rc == -EEXIST)
		rc = lstate_register_choice(session, "state", states, 2, NULL);
	if (rc >= 0 || rc == -EEXIST)
		rc = lstate_register_uint(session, "rounds", 0);
	return rc == -EEXIST ? 0 : rc;
}

/* Setting a value that is there already succeeds, and nobody is woken for it. */
static int publish_once(struct lstate_session *session)
{
	const struct lstate_metadata source[] = {
		{ "source", "getloadavg" },
		{ NULL, NULL }
	};
	struct lstate_value value;
	uint64_t rounds;
	double load;

	if (getloadavg(&load, 1) != 1)
		load = 0;
	value = lstate_value_float(load);
	if (lstate_set(session, "load", &value, source, LSTATE_ANY_VERSION,
		       NULL) < 0 ||
	    lstate_set_choice(session, "state",
			      load < get_nprocs() ? "idle" : "busy") < 0 ||
	    lstate_get_uint(session, "rounds", &rounds) < 0 ||
	    lstate_set_uint(session, "rounds", rounds + 1) < 0)
		return -1;
	return 0;
}

/* Waiting for a signal is the clock, too: none can come at a bad moment. */
static int publish(struct lstate_session *session, unsigned long rounds,
		   unsigned long interval_ms)
{
	const struct timespec interval = {
		.tv_sec = interval_ms / 1000,
		.tv_nsec = interval_ms % 1000 * 1000000,
	};
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if (register_all(session) < 0)
		return fail(lstate_session_error(session));
	while (rounds--) {
		if (publish_once(session) < 0)
			return fail(lstate_session_error(session));
		if (rounds && sigtimedwait(&signals, NULL, &interval) > 0)
			break;
	}
	return EXIT_SUCCESS;
}

static int usage(void)
{
	fprintf(stderr, "Usage: publish [-s SESSION] [-n ROUNDS] [-i MILLISECONDS]\n"
		"\n"
		"Publishes load, state and rounds in the session (default: example), ROUNDS\n"
		"times (default: until SIGINT or SIGTERM), one round a second or as -i says.\n");
	return 2;
}

/* Takes all of a text as a number: false if it is none. */
static bool take_number(const char *text, unsigned long *number)
{
	char *end;

	errno = 0;
	*number = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

int main(int argc, char **argv)
{
	unsigned long rounds = -1UL, interval_ms = 1000;
	struct lstate_session *session;
	const char *name = "example";
	struct lstate_error *error;
	bool good = true;
	int option, status;

	while ((option = getopt(argc, argv, "s:n:i:")) != -1) {
		if (option == 's')
			name = optarg;
		else if (option == 'n')
			good = good && take_number(optarg, &rounds);
		else if (option == 'i')
			good = good && take_number(optarg, &interval_ms);
		else
			good = false;
	}
	if (!good || optind < argc)
		return usage();
	if (lstate_session_open(&session, name, LSTATE_OPEN_CREATE, 0644,
				&error) < 0) {
		status = fail(error);
		lstate_error_free(error);
		return status;
	}
	status = publish(session, rounds, interval_ms);
	lstate_session_close(session);
	return status;
}
