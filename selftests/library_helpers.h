/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the library begin with.  They and the library are built with
 * the address and undefined behaviour sanitizers, and each test ends by looking
 * for memory that nobody owns any more.
 */
#ifndef SELFTESTS_LIBRARY_HELPERS_H
#define SELFTESTS_LIBRARY_HELPERS_H

#include <localstate.h>
#include <sanitizer/lsan_interface.h>
#include <stdlib.h>

#include "process_helpers.h"

/*
 * The harness looks for a signal that ended a test, not at its exit status.  It
 * ends tests itself, so leaks are looked for by EXPECT_NO_LEAK().
 */
const char *__asan_default_options(void)
{
	return "abort_on_error=1:leak_check_at_exit=0";
}

const char *__ubsan_default_options(void)
{
	return "abort_on_error=1:print_stacktrace=1";
}

/* The tests of 32 bits are built without the sanitizers. */
#ifdef __SANITIZE_ADDRESS__
#define EXPECT_NO_LEAK() \
	EXPECT_EQ(0, __lsan_do_recoverable_leak_check())
#else
#define EXPECT_NO_LEAK() do { } while (0)
#endif

#define EXPECT_ERROR(_error, _code, _field, _message) do {		\
	const struct lstate_error *__error = (_error);			\
									\
	EXPECT_EQ(_code, lstate_error_code(__error));			\
	EXPECT_EQ(LSTATE_FIELD_##_field, lstate_error_field(__error));	\
	EXPECT_STREQ(_message, lstate_error_message(__error));		\
} while (0)

/* A call on a session fails, and the session says why. */
#define EXPECT_FAILS(_code, _field, _message, _call, _session) do {	\
	EXPECT_EQ(_code, _call);					\
	EXPECT_ERROR(lstate_session_error(_session), _code, _field,	\
		     _message);						\
} while (0)

static inline struct lstate_session *library_session(void)
{
	struct lstate_session *session;

	return lstate_session_open(&session, NULL, 0, 0, NULL) ? NULL : session;
}

/* The value of an int, or INT64_MIN if it cannot be read. */
static inline int64_t library_int(struct lstate_session *session,
				  const char *identifier)
{
	int64_t value;

	return lstate_get_int(session, identifier, &value) ? INT64_MIN : value;
}

/* Does the variable have this version? */
static inline bool library_version_is(struct lstate_session *session,
				      const char *identifier, uint64_t version)
{
	struct lstate_stamp stamp;
	struct lstate_value value;

	if (lstate_get(session, identifier, &value, &stamp))
		return false;
	lstate_value_clear(&value);
	return stamp.version == version;
}

static inline bool library_is_absent(struct lstate_session *session,
				     const char *identifier)
{
	struct lstate_value value;

	return lstate_get(session, identifier, &value, NULL) == -ENOENT;
}

/* Is it this one entry and no other? */
static inline bool library_metadata_is(const struct lstate_metadata *metadata,
				       const char *key, const char *value)
{
	return metadata[0].key && !strcmp(metadata[0].key, key) &&
	       !strcmp(metadata[0].value, value) && !metadata[1].key;
}

/* A text of many characters, for the caller to free. */
static inline char *library_long_text(size_t length)
{
	char *text = malloc(length + 1);

	memset(text, 'x', length);
	text[length] = '\0';
	return text;
}

#endif
