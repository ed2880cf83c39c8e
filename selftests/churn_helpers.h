/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A few variables that are set, deleted and registered again all the time, for
 * tests of what watchers are told meanwhile.
 */
#ifndef SELFTESTS_CHURN_HELPERS_H
#define SELFTESTS_CHURN_HELPERS_H

#include "pattern_helpers.h"
#include "process_helpers.h"

#define N_NAMES		8
#define N_CHURNERS	4

static const char * const names[N_NAMES] = {
	"v/0", "v/1", "v/2", "v/3", "v/4", "v/5", "v/6", "v/7",
};

/* What a child needs: when to begin and to end, and where. */
struct actor {
	struct gate *gate;
	const char *session;
};

/* Values grow, and the bits of one name's are of all kinds. */
static inline int setter_run(void *data)
{
	struct actor *actor = data;
	int fd = session_open(actor->session);
	int i, err;

	CHILD_CHECK(fd >= 0);
	gate_pass(actor->gate);
	for (i = 1; !gate_is_stopped(actor->gate); i++) {
		err = variable_set(fd, names[i % N_NAMES],
				   value_int(i + i / N_NAMES));
		CHILD_CHECK(!err || err == -ENOENT);
	}
	return 0;
}

/* Registers what is not there; what is there is deleted at the next turn. */
static inline int registrar_run(void *data)
{
	struct actor *actor = data;
	int fd = session_open(actor->session);
	int i, err;

	CHILD_CHECK(fd >= 0);
	gate_pass(actor->gate);
	for (i = 0; !gate_is_stopped(actor->gate); i += 3) {
		const char *name = names[i % N_NAMES];

		err = variable_register(fd, name, value_int(-1));
		if (err == -EEXIST)
			err = variable_delete(fd, name);
		CHILD_CHECK(!err || err == -ENOENT);
	}
	return 0;
}

/* Half of them set, half of them register; the gate is the caller's to pass. */
static inline void churn_start(struct actor *actor, pid_t pid[N_CHURNERS])
{
	int i;

	for (i = 0; i < N_CHURNERS; i++)
		pid[i] = child_start(i % 2 ? setter_run : registrar_run, actor);
}

/* Return: 0, or what a child ended with. */
static inline int churn_stop(struct actor *actor, pid_t pid[N_CHURNERS])
{
	int i, status = 0;

	gate_stop(actor->gate);
	for (i = 0; i < N_CHURNERS; i++)
		status = child_wait(pid[i]) ?: status;
	return status;
}

/**
 * struct belief - what a watcher knows of one variable
 * @id: the variable, or 0
 * @tally: what was told of it
 */
struct belief {
	__u64 id;
	struct tally tally;
};

/* More than there are at once: DELETED may come after the next CREATED's id. */
#define N_BELIEFS	(2 * N_NAMES)

static inline struct belief *belief_find(struct belief beliefs[N_BELIEFS],
					 __u64 id)
{
	unsigned int i;

	for (i = 0; i < N_BELIEFS; i++) {
		if (beliefs[i].id == id)
			return &beliefs[i];
	}
	return NULL;
}

#endif /* SELFTESTS_CHURN_HELPERS_H */
