/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of the library share.
 *
 * Every object that the kernel knows hangs off a session: its descriptor, its
 * queue of events, its watches, its last error.  Functions whose last argument
 * but the outputs is a struct localstate_error leave the session's error as it
 * was, so that an explanation may ask the kernel further questions.
 */
#ifndef LSTATE_PRIVATE_H
#define LSTATE_PRIVATE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <linux/localstate.h>
#include <localstate.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define LSTATE_DEVICE	"/dev/localstate"

#define LSTATE_PRINTF(at, first) \
	__attribute__((format(printf, at, first)))

#define LSTATE_MIN(a, b)	((a) < (b) ? (a) : (b))

/* A pointer, as it travels to the kernel. */
static inline uint64_t lstate_pointer(const void *pointer)
{
	return (uint64_t)(uintptr_t)pointer;
}

/* A length, as it travels: what does not fit is refused there as too long. */
static inline uint32_t lstate_length(size_t length)
{
	return length > UINT32_MAX ? UINT32_MAX : (uint32_t)length;
}

/* What a part of a record takes, which is a multiple of 8. */
static inline uint64_t lstate_align(uint32_t length)
{
	return ((uint64_t)length + 7) & ~7ULL;
}

/* --- text: a growing string, and text that is safe on a terminal --------- */

struct lstate_text {
	char *data;		/* NUL at the end; NULL while empty */
	size_t length;
	size_t capacity;
	bool failed;		/* memory was out: the text is of no use */
};

void lstate_text_add(struct lstate_text *text, const char *format, ...)
	LSTATE_PRINTF(2, 3);
void lstate_text_add_format(struct lstate_text *text, const char *format,
			    va_list args) LSTATE_PRINTF(2, 0);
void lstate_text_append(struct lstate_text *text, const char *data,
			size_t length);
void lstate_text_add_quoted(struct lstate_text *text, const char *s,
			    size_t length);
void lstate_text_add_name(struct lstate_text *text, const char *name);
void lstate_text_add_value(struct lstate_text *text,
			   const struct lstate_value *value);
char *lstate_text_take(struct lstate_text *text);

size_t lstate_utf8_length(const char *s, size_t length);
size_t lstate_utf8_count(const char *s, size_t length);

/* --- values -------------------------------------------------------------- */

bool lstate_type_is_text(enum lstate_type type);
bool lstate_type_is_long(enum lstate_type type);
bool lstate_type_is_number(enum lstate_type type);
const char *lstate_type_article(enum lstate_type type);
void lstate_value_pack(const struct lstate_value *value,
		       struct localstate_value *packed);
void lstate_value_unpack(uint32_t type, uint64_t bits,
			 struct lstate_value *value);
uint64_t lstate_value_bits(const struct lstate_value *value);
char *lstate_value_text(const struct lstate_value *value);

size_t lstate_element_size(enum lstate_element element);
int lstate_array_new(struct lstate_value *value, enum lstate_element element,
		     const uint32_t *shape, size_t rank);
int lstate_array_store(struct lstate_array *array, size_t index,
		       const struct lstate_value *value);
bool lstate_value_same(const struct lstate_value *a,
		       const struct lstate_value *b);
int lstate_array_parse(const char *text, struct lstate_value *value);
int lstate_array_format(const struct lstate_value *value, size_t most,
			struct lstate_text *text);
void lstate_base64_add(struct lstate_text *text, const void *data,
		       size_t length);
int lstate_base64_parse(const char *text, struct lstate_value *value);

/* --- metadata: lists, and the ``key=value`` strings that travel ---------- */

int lstate_metadata_check(const struct lstate_metadata *metadata,
			  const char **bad_key);
int lstate_metadata_pack(const struct lstate_metadata *metadata, char **packed,
			 size_t *length);
int lstate_metadata_prepare(struct lstate_session *session,
			    const struct lstate_metadata *metadata,
			    char **packed, size_t *length);
size_t lstate_strings_count(const char *strings, size_t length);
size_t lstate_metadata_unpack(char *packed, size_t length,
			      struct lstate_metadata *list, size_t capacity);

/* --- errors -------------------------------------------------------------- */

struct lstate_failure;

struct lstate_error {
	int code;			/* negative errno, 0: nothing failed */
	enum lstate_field field;
	char *message;			/* NULL if memory was out */
	char *name;
	char *value;			/* both as text */
	char *limit;
	struct lstate_value typed_value;	/* type NONE: there is none */
	struct lstate_value typed_limit;
	char **choices;			/* one block, a NULL ends them */
	size_t n_choices;
	struct lstate_failure *failures;
	size_t n_failures;
};

/* An entry of a list that failed, with an error of its own that has no failures. */
struct lstate_failure {
	size_t index;
	char *identifier;
	struct lstate_error error;
};

int lstate_error_fail(struct lstate_error *error, int code,
		      enum lstate_field field, const char *format, ...)
	LSTATE_PRINTF(4, 5);
void lstate_error_set_name(struct lstate_error *error, const char *name);
void lstate_error_set_value(struct lstate_error *error,
			    const struct lstate_value *value);
void lstate_error_set_limit(struct lstate_error *error,
			    const struct lstate_value *limit);
void lstate_error_set_numbers(struct lstate_error *error, uint64_t value,
			      uint64_t limit);
void lstate_error_set_choices(struct lstate_error *error, const char *choices,
			      size_t length);
void lstate_error_adopt(struct lstate_error *error, size_t index,
			const char *identifier, struct lstate_error *entry);
void lstate_error_add(struct lstate_error *error, size_t index, int status,
		      const char *identifier, const char *words);
const char *lstate_field_words(uint32_t field);
void lstate_error_clear(struct lstate_error *error);
void lstate_error_replace(struct lstate_error *error,
			  const struct lstate_error *fresh);
struct lstate_error *lstate_error_give(struct lstate_error *error);

/**
 * struct lstate_attempt - what was asked of the kernel, to explain a refusal
 * @session: the session, if there is one yet
 * @error: where the explanation goes
 * @subject: the variable's identifier or the session's name, if it is about one
 * @topic: what the message begins with otherwise
 * @writing: the call needs the right to write, not to read
 * @value: the value that was to be set, if any
 * @spec: the spec that was to be registered, if any
 * @expected: the version that was expected
 * @operation: what was to be done with the variable's value and @value; 0 if
 *	@value was to be the new one
 */
struct lstate_attempt {
	struct lstate_session *session;
	struct lstate_error *error;
	const char *subject;
	const char *topic;
	bool writing;
	const struct lstate_value *value;
	const struct lstate_spec *spec;
	uint64_t expected;
	enum lstate_operation operation;
};

int lstate_explain(const struct lstate_attempt *attempt, int code,
		   const struct localstate_error *why);
int lstate_explain_general(const struct lstate_attempt *attempt, int code,
			   const struct localstate_error *why);
int lstate_explain_range(const struct lstate_attempt *attempt,
			 const struct localstate_error *why);

/* --- the clock ------------------------------------------------------------ */

int64_t lstate_clock_ns(void);
int64_t lstate_deadline_of(int timeout_ms);
int lstate_deadline_left(int64_t deadline_ns);

/* --- the device ---------------------------------------------------------- */

int lstate_device_open(int flags, struct lstate_error *error);
int lstate_device_ioctl(int fd, unsigned long request, void *argument);
int lstate_device_wait(int fd, unsigned long request, void *argument);
ssize_t lstate_device_read(int fd, void *buffer, size_t size);

void lstate_key_parse(const char *identifier, struct localstate_key *key);
bool lstate_identifier_is_pattern(const char *identifier);
bool lstate_identifier_id(const char *identifier, uint64_t *id);

int lstate_info_ask(int fd, struct lstate_info **info,
		    struct localstate_error *why);

/* --- specs and variables ------------------------------------------------- */

struct lstate_spec {
	char *name;
	enum lstate_type type;
	uint32_t constraints;		/* LOCALSTATE_HAS_* */
	uint32_t flags;			/* those that the variable keeps */
	struct lstate_value value;	/* type NONE: the default */
	struct lstate_value min;
	struct lstate_value max;
	struct lstate_value step;
	uint32_t min_length;
	uint32_t max_length;
	enum lstate_element element;
	uint32_t rank;
	uint32_t shape[LSTATE_RANK_MAX];
	char *pattern;
	char *choices;			/* a NUL after each */
	size_t choices_length;
	char *label;
	char *description;
	char *metadata;			/* ``key=value``, a NUL after each */
	size_t metadata_length;
	uint64_t restore_id;		/* 0: the kernel gives one */
	uint64_t restore_version;
};

int lstate_variable_parse(const void *record, size_t size,
			  struct lstate_variable **variable);
int lstate_variable_ask(struct lstate_session *session,
			const struct localstate_key *key,
			struct lstate_variable **variable,
			struct localstate_error *why);
void lstate_get_unpack(const struct localstate_get *get, char *text,
		       struct lstate_value *value, struct lstate_stamp *stamp);
int lstate_get_ask(struct lstate_session *session,
		   const struct localstate_key *key,
		   struct lstate_value *value, struct lstate_stamp *stamp,
		   struct localstate_error *why);

/* --- watches and events -------------------------------------------------- */

struct lstate_filter;

struct lstate_watch_options {
	struct lstate_filter *filter;	/* NULL: all changes */
	bool filter_may_wait;		/* all, too, until there is a variable */
	bool initial;
	bool allow_missing;
	bool no_self;
	bool conflate;
	bool fetch;
	uint32_t inline_limit;
	lstate_filter_fn judge;		/* NULL: all that comes is wanted */
	void *judge_data;
	lstate_snapshot_fn snapshot;	/* NULL: none is wanted */
	void *snapshot_data;
	uint32_t interval_ms;		/* 0: as they come */
	uint32_t heartbeat_ms;		/* 0: none */
};

TAILQ_HEAD(lstate_held_list, lstate_held);

/* How often a watch is told. */
struct lstate_pace {
	int64_t interval_ns;		/* 0: as they come */
	int64_t heartbeat_ns;		/* 0: none */
	int64_t told_ns;		/* when it was told anything last */
	struct lstate_held_list told;	/* variables that were told, by that time */
	void *by_id;			/* the same: root of a tree */
	struct lstate_held *first;	/* of them that has something to tell, or NULL */
	uint64_t turns;			/* how often one was put at the end of them */
};

/* What ids are called: *names is the root of a tree, NULL when it is empty. */
const char *lstate_names_get(void **names, struct lstate_session *session,
			     uint64_t id);
void lstate_names_forget(void **names, uint64_t id);
void lstate_names_free(void **names);

struct lstate_watch {
	struct lstate_session *session;
	uint32_t ref;
	bool fetch;
	bool is_filtered;		/* by the kernel */
	bool running;			/* its callback is being called */
	bool removed;			/* while running: free it afterwards */
	uint64_t born;			/* queue.reads when it was made */
	lstate_filter_fn judge;
	void *judge_data;
	struct lstate_pace pace;
	int pidfd;			/* of the process that it ends with; 0: none */
	lstate_watch_fn callback;	/* NULL: for lstate_event_next() only */
	void *user_data;
	void (*destructor)(void *user_data);
	size_t n_targets;
	char **targets;			/* as given; a NULL ends them */
	char **names;			/* of targets that are ids, else NULL */
	void *matched;			/* names; by targets that are patterns */
	struct lstate_start *start;	/* while it is made with a snapshot */
};

/* What a watch starts from: NULL, for one without a snapshot, is taken by all. */
int lstate_start_new(struct lstate_watch *watch,
		     const struct lstate_watch_options *options);
void lstate_start_free(struct lstate_start *start);
int lstate_start_watch(struct lstate_start *start, int fd,
		       struct localstate_watch *arg);
int lstate_start_parse(struct lstate_start *start);
void lstate_start_tell(const struct lstate_watch *watch);

/* The watches of a session, in the order of their refs. */
struct lstate_watches {
	struct lstate_watch **list;
	size_t count;
	size_t capacity;
};

struct lstate_watch *lstate_watches_find(const struct lstate_watches *watches,
					 uint32_t ref);
struct lstate_watch *lstate_watches_after(const struct lstate_watches *watches,
					  uint32_t ref);
void lstate_watch_destroy(struct lstate_watch *watch);
void lstate_watch_take_options(struct lstate_watch *watch,
			       const struct lstate_watch_options *options);
int lstate_watch_bind(struct lstate_session *session,
		      const struct lstate_watch *watch,
		      const struct lstate_watch_options *options,
		      struct localstate_filter_term *terms, bool *found);
uint32_t lstate_watch_flags(const struct lstate_watch_options *options);
int lstate_watch_refuse_unbound(struct lstate_session *session);
int lstate_watch_explain(struct lstate_session *session,
			 const struct lstate_watch *watch,
			 const struct lstate_watch_options *options,
			 const struct localstate_watch *arg,
			 int32_t *status, int code);

struct lstate_event {
	struct localstate_event record;	/* the fixed part */
	struct lstate_watch *watch;
	const char *name;		/* what a pattern matched; else NULL */
	struct lstate_value old_value;
	struct lstate_value new_value;
	struct lstate_value whole;	/* what was fetched for new_value */
	const char *raw;		/* the record as it was read */
	char *buffer;			/* a record that is this event's own; or NULL */
	bool is_paced;			/* it was held, and is to be told now */
	const struct lstate_metadata *metadata;
	uint64_t value_version;
};

/* The most entries that LOCALSTATE_METADATA_MAX bytes can hold, and the end. */
#define LSTATE_METADATA_ENTRIES	(LOCALSTATE_METADATA_MAX / 3 + 1)

/**
 * struct lstate_queue - what was read from the descriptor
 * @records: a buffer for whole records
 * @text: as many bytes and 16 more: values of one event, with NULs
 * @metadata: LSTATE_METADATA_ENTRIES of the same event
 * @size: bytes at @records
 * @filled: of them, bytes of records that were read
 * @position: of the first record that was not handed out yet
 * @reads: counts reads, so that a watch which is made while records wait here
 *	does not get those of another that had its ref before
 */
struct lstate_queue {
	char *records;
	char *text;
	struct lstate_metadata *metadata;
	size_t size;
	size_t filled;
	size_t position;
	uint64_t reads;
};

void lstate_queue_free(struct lstate_queue *queue);
ssize_t lstate_event_decode(const struct lstate_queue *queue,
			    const char *record, size_t available,
			    struct lstate_event *event);
bool lstate_event_begin(struct lstate_event *event, struct lstate_watch *watch);
void lstate_event_finish(struct lstate_event *event);
ssize_t lstate_queue_fill(struct lstate_session *session);
int lstate_queue_take(struct lstate_session *session,
		      struct lstate_event *event);
struct lstate_watch *lstate_queue_watch(const struct lstate_session *session,
					const struct lstate_event *event);
int lstate_queue_explain(struct lstate_session *session, const char *topic,
			 int code);
int lstate_dispatch_begin(struct lstate_session *session, const char *topic);
bool lstate_dispatch_finish(struct lstate_session *session);
void lstate_event_leave(struct lstate_session *session);

bool lstate_pace_admits(struct lstate_event *event);
int64_t lstate_pace_due(struct lstate_session *session);
bool lstate_pace_beat(struct lstate_session *session, int64_t now_ns,
		      struct lstate_event *event);
bool lstate_pace_take(struct lstate_session *session, int64_t now_ns,
		      struct lstate_event *event);
void lstate_pace_set(struct lstate_watch *watch,
		     const struct lstate_watch_options *options);
void lstate_pace_init(struct lstate_pace *pace);
void lstate_pace_free(struct lstate_pace *pace);

void lstate_bound_look(struct lstate_session *session);
void lstate_bound_end(struct lstate_watch *watch);

struct lstate_poll;

void lstate_poll_arm(struct lstate_session *session);
void lstate_poll_free(struct lstate_poll *poll);

/* --- sessions ------------------------------------------------------------ */

struct lstate_session {
	int fd;
	char *name;			/* NULL: private */
	uint64_t id;
	unsigned int rights;
	bool is_new;
	bool dispatching;		/* functions of the program may be called */
	bool closed;			/* while dispatching: free it afterwards */
	bool has_paced;			/* there is or was a paced watch */
	bool holding;			/* the caller has the event below */
	struct lstate_event event;	/* of lstate_event_next() */
	struct lstate_poll *poll;	/* NULL until it is asked for */
	size_t n_bound;			/* watches that end with a process */
	struct lstate_error error;
	struct lstate_watches watches;
	struct lstate_queue queue;
};

int lstate_session_make(struct lstate_session **session, const char *name,
			unsigned int flags, mode_t mode,
			struct lstate_error *error);
void lstate_session_free(struct lstate_session *session);

#endif /* LSTATE_PRIVATE_H */
