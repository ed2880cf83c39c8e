/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state that a failed call must not have changed, read without that call's
 * descriptor: the session's variables through another client, sessions and
 * watches by netlink, the queue by fdinfo.  And the user's counters, by the
 * limits.
 */
#ifndef SELFTESTS_FAIL_NTH_STATE_HELPERS_H
#define SELFTESTS_FAIL_NTH_STATE_HELPERS_H

#include "netlink_helpers.h"

/* What the module counts for each user, in the order of its parameters. */
enum resource {
	SESSIONS,
	CLIENTS,
	VARIABLES,
	WATCHES,
	LINKS,
	CLAIMS,
	N_RESOURCES
};

struct usage {
	int of[N_RESOURCES];
	long long bytes;
};

/**
 * struct meter - reads a user's counters off the limits
 * @fd: a client of a private session, which is counted, too
 * @id: its variable
 * @parameter: descriptors of the limits
 * @loose: the limits, as they were found
 *
 * Nothing tells a counter but that of the bytes.  But it is N if one more is refused
 * with a limit of N, and not with one of N + 1.
 */
struct meter {
	int fd;
	__u64 id;
	int parameter[N_RESOURCES];
	long long loose[N_RESOURCES];
};

static inline bool meter_init(struct meter *meter)
{
	static const char * const names[N_RESOURCES] = {
		"max_user_sessions", "max_user_clients", "max_user_variables",
		"max_user_watches", "max_user_links", "max_user_claims",
	};
	unsigned int i;

	for (i = 0; i < N_RESOURCES; i++) {
		meter->loose[i] = parameter_get(names[i]);
		meter->parameter[i] = parameter_path(names[i], O_WRONLY);
		if (meter->loose[i] < 0 || meter->parameter[i] < 0)
			return false;
	}
	meter->fd = session_private();
	return !variable_register_id(meter->fd, "meter", value_int(0),
				     &meter->id);
}

static inline void meter_free(struct meter *meter)
{
	unsigned int i;

	for (i = 0; i < N_RESOURCES; i++)
		close(meter->parameter[i]);
	close(meter->fd);
}

static inline void meter_limit(struct meter *meter, enum resource what,
			       long long limit)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%lld", limit);

	if (pwrite(meter->parameter[what], text, len, 0) != len)
		abort();
}

/* Takes one more, or two links, and gives it back: 0, or -errno. */
static inline int meter_try(struct meter *meter, enum resource what)
{
	int ret;

	switch (what) {
	case SESSIONS:
		ret = session_private();
		break;
	case CLIENTS:
		ret = device_open(O_RDWR);
		break;
	case VARIABLES:
		ret = variable_register(meter->fd, "more", value_int(0));
		return ret ?: variable_delete(meter->fd, "more");
	case CLAIMS:
		ret = claim_add(meter->fd, "meter", 0);
		return ret ?: claim_release(meter->fd, "meter");
	default:
		ret = watch_id(meter->fd, meter->id, 0);
		return ret < 0 ? ret : watch_end(meter->fd, ret);
	}
	if (ret < 0)
		return ret;
	return close(ret);
}

static inline bool meter_has_room(struct meter *meter, enum resource what,
				  int limit)
{
	int ret;

	meter_limit(meter, what, limit);
	ret = meter_try(meter, what);
	meter_limit(meter, what, meter->loose[what]);
	if (ret && ret != -EDQUOT)
		abort();
	return !ret;
}

/* The counter, which is looked for from @guess on. */
static inline int meter_read(struct meter *meter, enum resource what, int guess)
{
	/* A watch on one variable takes a target and its link. */
	const int step = what == LINKS ? 2 : 1;

	while (guess > 0 && meter_has_room(meter, what, guess + step - 1))
		guess--;
	while (!meter_has_room(meter, what, guess + step))
		guess++;
	return guess;
}

static inline void usage_take(struct meter *meter, struct usage *usage)
{
	unsigned int i;

	for (i = 0; i < N_RESOURCES; i++)
		usage->of[i] = meter_read(meter, i, usage->of[i]);
	usage->bytes = user_bytes(meter->fd);
}

static inline bool usage_is(const struct usage *a, const struct usage *b)
{
	return !memcmp(a->of, b->of, sizeof(a->of)) && a->bytes == b->bytes;
}

/* No counter of @a is above that of @b. */
static inline bool usage_is_within(const struct usage *a, const struct usage *b)
{
	unsigned int i;

	for (i = 0; i < N_RESOURCES; i++) {
		if (a->of[i] > b->of[i])
			return false;
	}
	return a->bytes <= b->bytes;
}

/* Waits until the counters are these: a file may be closed by a worker. */
static inline bool usage_becomes(struct meter *meter, const struct usage *usage)
{
	__s64 deadline = now_ms() + DEADLINE_MS;
	struct usage now = *usage;

	do {
		usage_take(meter, &now);
		if (usage_is(&now, usage))
			return true;
		sched_yield();
	} while (now_ms() < deadline);
	return false;
}

static inline void usage_print(const char *what, const struct usage *usage)
{
	fprintf(stderr, "# %s: sessions %d, clients %d, variables %d, ", what,
		usage->of[SESSIONS], usage->of[CLIENTS], usage->of[VARIABLES]);
	fprintf(stderr, "watches %d, links %d, claims %d, bytes %lld\n",
		usage->of[WATCHES], usage->of[LINKS], usage->of[CLAIMS],
		usage->bytes);
}

/* ---- all that can be seen ------------------------------------------------ */

/**
 * struct state - what can be seen at one moment
 * @len: bytes in @bytes
 * @bytes: one part after another
 */
struct state {
	size_t len;
	char bytes[1 << 19];
};

static inline void state_add(struct state *state, const void *bytes, size_t len)
{
	if (len > sizeof(state->bytes) - state->len)
		abort();
	memcpy(state->bytes + state->len, bytes, len);
	state->len += len;
}

/* The variables of the client's session; if it has ended, that. */
static inline void state_add_variables(struct state *state, int fd)
{
	static char buffer[65536];
	struct localstate_list list = list_request(0, buffer, sizeof(buffer));
	__u64 after = 0;
	int err;

	do {
		list.after = after;
		err = call(fd, LOCALSTATE_IOC_LIST, &list);
		if (!err)
			state_add(state, buffer, list.size);
		after = list.after;
	} while (!err && list.count);
	state_add(state, &err, sizeof(err));
}

/* The attributes of all answers to one dump. */
static inline void state_add_dump(struct state *state, struct netlink *netlink,
				  __u8 command, const char *session)
{
	struct attributes attributes;
	unsigned int i;
	int more;

	if (netlink_dump(netlink, command, session))
		abort();
	while ((more = netlink_next(netlink, &attributes)) == 1) {
		for (i = 0; i <= LOCALSTATE_A_MAX; i++) {
			const struct nlattr *attr = attributes.attr[i];

			if (attr)
				state_add(state, attr, attr->nla_len);
		}
	}
	if (more)
		abort();
	state_add(state, &netlink->error, sizeof(netlink->error));
}

static inline ssize_t fdinfo_read(int fd, char *text, size_t size)
{
	size_t done = 0;
	ssize_t len;
	char path[64];
	int info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return -errno;
	while ((len = read(info, text + done, size - 1 - done)) > 0)
		done += len;
	if (len < 0)
		len = -errno;
	close(info);
	text[done] = '\0';
	return len < 0 ? len : (ssize_t)done;
}

/* Takes out what follows @key up to the end of its line. */
static inline void fdinfo_forget(char *text, const char *key)
{
	char *at = strstr(text, key), *end;

	if (!at)
		return;
	at += strlen(key);
	end = strchr(at, '\n');
	if (end)
		memmove(at, end, strlen(end) + 1);
}

/*
 * Whether a reader is about to sleep is nobody's business, and the records of a
 * watch that was undone stay in the ring until the reader skips them.
 */
static inline void state_add_fdinfo(struct state *state, int fd)
{
	static char text[16384];

	if (fd < 0)
		return;
	if (fdinfo_read(fd, text, sizeof(text)) <= 0)
		abort();
	fdinfo_forget(text, "\narmed:\t");
	fdinfo_forget(text, "\nqueue-used:\t");
	state_add(state, text, strlen(text));
}

#endif /* SELFTESTS_FAIL_NTH_STATE_HELPERS_H */
