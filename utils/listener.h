/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A listener to the lifecycle events that the kernel multicasts by generic
 * netlink.  It does not hold the module: its end is one more thing to hear of.
 */
#ifndef LISTENER_H
#define LISTENER_H

#include <stdbool.h>

#include "lifecycle.h"

struct nl_sock;

/*
 * Takes an event, whose texts live as long as the call; false if no further
 * one is wanted.
 */
typedef bool take_event_fn(void *data, const struct lifecycle_event *event);

struct listener {
	take_event_fn *take;
	void *data;			/* for take() */
	struct nl_sock *events;
	struct nl_sock *control;	/* for questions to the kernel */
	int family;			/* its id; a module loaded anew has another */
	unsigned int before_gap;	/* messages at most before LOST is told; 0: none is due */
	bool stopped;			/* take() wants no more */
};

/*
 * After it nothing is missed, or LOST tells so.  With all: also of sessions
 * that not everybody may read.  Both return an exit code and have told on
 * stderr what is wrong; the listener is closed after a failure, too.
 */
int listener_open(struct listener *listener, bool all, take_event_fn *take,
		  void *data);
int listener_read(struct listener *listener);

int listener_fd(const struct listener *listener);
void listener_close(struct listener *listener);

#endif /* LISTENER_H */
