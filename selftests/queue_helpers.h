/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a queue: a reader takes records out of a descriptor one by one and
 * checks of each that it is well-formed and that the sequence grows.
 */
#ifndef SELFTESTS_QUEUE_HELPERS_H
#define SELFTESTS_QUEUE_HELPERS_H

#include <sys/mman.h>
#include <time.h>

#include "localstate_helpers.h"

#define QUEUE_MIN 4096U

/* Bytes of an event with two numbers, and how many fit into the smallest queue. */
#define INT_RECORD (sizeof(struct localstate_event) + 16)
#define N_INT_RECORDS ((int)(QUEUE_MIN / INT_RECORD))

static inline __s64 now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static inline __u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* The parts of an event that follow its header. */

static inline const void *event_old(const struct localstate_event *event)
{
	return event + 1;
}

static inline const void *event_new(const struct localstate_event *event)
{
	return (const char *)event_old(event) + LOCALSTATE_ALIGN(event->old_len);
}

static inline const void *event_metadata(const struct localstate_event *event)
{
	return (const char *)event_new(event) + LOCALSTATE_ALIGN(event->new_len);
}

static inline __u64 event_bits(const void *value)
{
	__u64 bits;

	memcpy(&bits, value, sizeof(bits));
	return bits;
}

static inline __s64 event_old_int(const struct localstate_event *event)
{
	return event_bits(event_old(event));
}

static inline __s64 event_new_int(const struct localstate_event *event)
{
	return event_bits(event_new(event));
}

static inline bool event_part_is(const void *part, __u32 part_len,
				 const void *bytes, size_t len)
{
	return part_len == len && !memcmp(part, bytes, len);
}

static inline bool event_old_is(const struct localstate_event *event,
				const void *bytes, size_t len)
{
	return event_part_is(event_old(event), event->old_len, bytes, len);
}

static inline bool event_new_is(const struct localstate_event *event,
				const void *bytes, size_t len)
{
	return event_part_is(event_new(event), event->new_len, bytes, len);
}

static inline bool event_metadata_is(const struct localstate_event *event,
				     const void *bytes, size_t len)
{
	return event_part_is(event_metadata(event), event->metadata_len, bytes,
			     len);
}

static inline bool event_gap_is_zero(const void *part, __u32 len)
{
	return is_zero((const char *)part + len, LOCALSTATE_ALIGN(len) - len);
}

/* A part without its flag has no bytes; one that is not cut has all. */
static inline bool event_part_agrees(const struct localstate_event *event,
				     __u32 present, __u32 cut, __u32 len,
				     __u32 full)
{
	if (present && !(event->flags & present))
		return !len && !full && !(event->flags & cut);
	return event->flags & cut ? len < full : len == full;
}

/* Lengths, flags, gaps and size agree with each other. */
static inline bool event_is_sound(const struct localstate_event *event,
				  size_t available)
{
	if (available < sizeof(*event) || event->size > available ||
	    event->size % 8)
		return false;
	if (event->size != sizeof(*event) + LOCALSTATE_ALIGN(event->old_len) +
			   LOCALSTATE_ALIGN(event->new_len) +
			   LOCALSTATE_ALIGN(event->metadata_len))
		return false;
	return event_gap_is_zero(event_old(event), event->old_len) &&
	       event_gap_is_zero(event_new(event), event->new_len) &&
	       event_gap_is_zero(event_metadata(event), event->metadata_len) &&
	       event_part_agrees(event, LOCALSTATE_EVENT_OLD,
				 LOCALSTATE_EVENT_OLD_TRUNCATED,
				 event->old_len, event->old_full) &&
	       event_part_agrees(event, LOCALSTATE_EVENT_NEW,
				 LOCALSTATE_EVENT_NEW_TRUNCATED,
				 event->new_len, event->new_full) &&
	       event_part_agrees(event, 0, LOCALSTATE_EVENT_METADATA_TRUNCATED,
				 event->metadata_len, event->metadata_full) &&
	       (!event->transaction ||
		event->cause == LOCALSTATE_CAUSE_BATCH || event->merged);
}

static inline bool event_counts_as_change(const struct localstate_event *event)
{
	return event->cause != LOCALSTATE_CAUSE_INITIAL &&
	       (event->kind == LOCALSTATE_EVENT_CHANGED ||
		event->kind == LOCALSTATE_EVENT_DELETED);
}

/* Waits until @fd is readable: 1, or 0 if it is not by the deadline. */
static inline int wait_readable(int fd, int timeout_ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	int n = poll(&pfd, 1, timeout_ms);

	if (n < 0)
		return -errno;
	return n && (pfd.revents & (POLLIN | POLLHUP));
}

/* A page that nothing can be read into: EFAULT. */
static inline void *memory_nowhere(void)
{
	return mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static inline int read_nowhere(int fd)
{
	void *nowhere = memory_nowhere();

	return nowhere == MAP_FAILED ? 0 : read(fd, nowhere, 4096);
}

/**
 * struct reader - takes events out of a descriptor one by one
 * @fd: the descriptor
 * @started: there was an event
 * @limit: bytes that one read() asks for
 * @len: bytes in @buffer
 * @position: bytes of them that were handed out
 * @sequence: sequence of the last event
 * @buffer: what the last read() gave
 */
struct reader {
	int fd;
	bool started;
	size_t limit;
	size_t len;
	size_t position;
	__u64 sequence;
	__u64 buffer[2048];
};

static inline void reader_init(struct reader *reader, int fd)
{
	memset(reader, 0, sizeof(*reader));
	reader->fd = fd;
	reader->limit = sizeof(reader->buffer);
}

static inline bool reader_is_empty(const struct reader *reader)
{
	return reader->position == reader->len;
}

/* One read(): bytes, 0 at a deadline, or -errno. */
static inline ssize_t reader_fill(struct reader *reader, int timeout_ms)
{
	int ready = wait_readable(reader->fd, timeout_ms);
	ssize_t len;

	if (ready <= 0)
		return ready;
	len = read(reader->fd, reader->buffer, reader->limit);
	if (len < 0)
		return -errno;
	reader->len = len;
	reader->position = 0;
	return len;
}

/*
 * The next event: 1, or 0 if there is none by the deadline, -errno if read()
 * fails, -EPROTO if it is malformed.  The event lives until the next call.
 */
static inline int reader_next(struct reader *reader, int timeout_ms,
			      const struct localstate_event **event)
{
	const struct localstate_event *next;
	ssize_t err;

	if (reader_is_empty(reader)) {
		err = reader_fill(reader, timeout_ms);
		if (err <= 0)
			return err;
	}
	next = (const void *)((const char *)reader->buffer + reader->position);
	if (!event_is_sound(next, reader->len - reader->position) ||
	    (reader->started && next->sequence <= reader->sequence))
		return -EPROTO;
	reader->position += next->size;
	reader->started = true;
	reader->sequence = next->sequence;
	*event = next;
	return 1;
}

/* Whether the next event is there already, and is this one. */
static inline bool reader_next_is(struct reader *reader, __u32 kind,
				  __u64 version)
{
	const struct localstate_event *event;

	return reader_next(reader, 0, &event) == 1 && event->kind == kind &&
	       event->version == version;
}

/* Nothing is left, neither here nor in the kernel. */
static inline bool reader_is_drained(const struct reader *reader)
{
	return reader_is_empty(reader) && !is_readable(reader->fd);
}

/* The next event is there, and of this kind, cause and watch. */
#define ASSERT_EVENT(_reader, _kind, _cause, _ref, _event) do {		\
	const struct localstate_event **__event = (_event);		\
									\
	ASSERT_EQ(1, reader_next(_reader, DEADLINE_MS, __event));	\
	ASSERT_EQ(LOCALSTATE_EVENT_##_kind, (*__event)->kind);		\
	ASSERT_EQ(LOCALSTATE_CAUSE_##_cause, (*__event)->cause);	\
	ASSERT_EQ(_ref, (*__event)->ref);				\
} while (0)

/**
 * struct tally - what a watch has seen of one variable, and whether it may
 * @version: version of the last event
 * @value: value of the last event
 * @events: changes and deletions that came as an event
 * @merged: those that were merged into one
 * @wrong: the first event that breaks the order, by its number, or 0
 * @seen: events so far
 *
 * The variable is an integer.  Versions have no hole but those that merged
 * counts, and the old value of an event is the new one of the event before.
 */
struct tally {
	__u64 version;
	__s64 value;
	__u64 events;
	__u64 merged;
	__u64 wrong;
	__u64 seen;
};

static inline bool tally_follows(const struct tally *tally,
				 const struct localstate_event *event)
{
	if (event->version != tally->version + 1 + event->merged)
		return false;
	if (event->kind == LOCALSTATE_EVENT_DELETED && !event->old_len)
		return true;
	return event->old_len == 8 && event_old_int(event) == tally->value;
}

/* Takes one event in. */
static inline void tally_event(struct tally *tally,
			       const struct localstate_event *event)
{
	tally->seen++;
	if (event_counts_as_change(event)) {
		tally->events++;
		tally->merged += event->merged;
		if (!tally_follows(tally, event) && !tally->wrong)
			tally->wrong = tally->seen;
	}
	tally->version = event->version;
	tally->value = event_new_int(event);
}

#endif /* SELFTESTS_QUEUE_HELPERS_H */
