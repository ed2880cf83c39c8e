/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * liblocalstate: variables that processes of one machine share, and watches on
 * them, kept by the kernel behind /dev/localstate.
 */
#ifndef LOCALSTATE_H
#define LOCALSTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/**
 * DOC: How to read this header
 *
 * A process opens a session, which is a named space of variables; it registers,
 * sets and gets variables in it, and watches some, perhaps all together like
 * this::
 *
 *	static void show(const char *identifier,
 *			 const struct lstate_value *old_value,
 *			 const struct lstate_value *new_value,
 *			 const struct lstate_metadata *metadata,
 *			 const struct lstate_event *event, void *user_data)
 *	{
 *		if (old_value && new_value)
 *			printf("%s: %" PRId64 " -> %" PRId64 "\n", identifier,
 *			       old_value->i, new_value->i);
 *	}
 *
 *	const char *targets[] = { "temp" };
 *	struct lstate_session *s;
 *
 *	if (lstate_session_open(&s, "default", LSTATE_OPEN_CREATE, 0644, NULL) < 0)
 *		return 1;
 *	if (lstate_register_int(s, "temp", 20) < 0 ||
 *	    lstate_watch_add(s, targets, 1, NULL, show, NULL, NULL, NULL) < 0)
 *		fprintf(stderr, "%s\n",
 *			lstate_error_message(lstate_session_error(s)));
 *	while (lstate_session_wait(s, -1) > 0 && lstate_session_dispatch(s) >= 0)
 *		;
 *	lstate_session_close(s);
 *
 * Names.  Functions are called lstate_<noun>_<verb>.  The four things that one
 * does with a variable all day go without their noun: lstate_register(),
 * lstate_set(), lstate_get(), lstate_delete().
 *
 * Results.  Functions that can fail return a negative errno, and 0 or a
 * positive number after success: test with ``< 0``.  What they give is in their
 * out parameters; those are written after success only, unless said otherwise,
 * and may be NULL where the description says "may be NULL".
 *
 * Errors.  After a call on a session failed, lstate_session_error() tells why,
 * in words and in parts.  The list of errors of a function leaves out -ENOMEM,
 * -ESHUTDOWN (the session has ended), -EACCES (the session does not grant this
 * right), -EBADF (the session was opened read-only or write-only) and -EPROTO
 * (this library does not understand what the kernel answered), which all calls
 * on a session can return.
 *
 * Identifiers.  Where a function takes an identifier, ``@42`` is the variable
 * with the id 42, and anything else is a name: 1 to 127 of the characters
 * ``A-Z a-z 0-9 _ . : / -``.  An id is never used again in its session.
 *
 * Text.  All text is UTF-8 with a NUL at its end.  Numbers are read and written
 * as in the C locale, whatever the program's locale is.
 *
 * Times are CLOCK_MONOTONIC nanoseconds.
 *
 * Ownership.  What a function gives through a pointer to a pointer belongs to
 * the caller, who ends it with the function named in the description; these
 * accept NULL.  What a function returns as a pointer to const belongs to the
 * object that it came from and lives as long as that.
 *
 * Threads.  The library has no global state.  A session, with its watches,
 * events, lists and last error, may be used by one thread at a time; different
 * sessions, also of the same name, are independent of each other.  Other
 * objects (specs, values, variables, infos, errors) may be read by any number
 * of threads at once, or be changed by one.  Only the descriptors of a session
 * may be polled by another thread meanwhile.  A program whose threads share a session
 * has a lock for it, held around each call: callbacks then run under that lock, and
 * when lstate_watch_remove() has returned, to whichever thread, none of that watch runs
 * or will.
 *
 * Signals.  Calls go on after a signal; only lstate_session_wait(),
 * lstate_event_next(), lstate_condition_wait() and an lstate_claim_take() that waits
 * return -EINTR, so that a program which waits can look at what its handler noted.
 *
 * Descriptors are close-on-exec.  The library never prints and never exits.
 */

/* The version of this header; lstate_version() is that of the library. */
#define LSTATE_VERSION		"0.1.0"
#define LSTATE_VERSION_MAJOR	0
#define LSTATE_VERSION_MINOR	1

/**
 * lstate_version - version of the library that runs
 *
 * Return: text like "0.1.0".  Since 0.1.
 */
const char *lstate_version(void);

/* Objects of which only pointers are known outside the library. */
struct lstate_session;		/* an open session */
struct lstate_error;		/* why a call failed */
struct lstate_info;		/* limits and features of the kernel half */
struct lstate_spec;		/* a variable to be registered */
struct lstate_variable;		/* all that is known of a variable */
struct lstate_list;		/* a list of variables that is being read */
struct lstate_export;		/* a session that is being written as JSON */
struct lstate_history;		/* recorded changes that are being read */
struct lstate_watch;		/* an interest in some variables */
struct lstate_watch_options;	/* how a watch is to be made */
struct lstate_event;		/* what a watch was told */

/* ======================================================================== */
/* Values                                                                   */
/* ======================================================================== */

/**
 * enum lstate_type - type of a variable and of a value
 * @LSTATE_TYPE_NONE: no value
 * @LSTATE_TYPE_BOOL: false or true
 * @LSTATE_TYPE_INT: signed 64-bit integer
 * @LSTATE_TYPE_UINT: unsigned 64-bit integer
 * @LSTATE_TYPE_FLOAT: IEEE-754 double
 * @LSTATE_TYPE_STRING: UTF-8 text
 * @LSTATE_TYPE_CHOICE: one of a fixed list of texts
 * @LSTATE_TYPE_BYTES: any bytes
 * @LSTATE_TYPE_ARRAY: numbers with a shape
 *
 * More types may come; a program must expect numbers that it does not know.
 */
enum lstate_type {
	LSTATE_TYPE_NONE,
	LSTATE_TYPE_BOOL,
	LSTATE_TYPE_INT,
	LSTATE_TYPE_UINT,
	LSTATE_TYPE_FLOAT,
	LSTATE_TYPE_STRING,
	LSTATE_TYPE_CHOICE,
	LSTATE_TYPE_BYTES,
	LSTATE_TYPE_ARRAY,
};

/**
 * struct lstate_value - a value and its type
 * @type: which member of the union counts
 * @length: for STRING and CHOICE the bytes at @s, without a NUL at the end; for
 *	BYTES and ARRAY those at @data; else 0
 * @b: BOOL
 * @i: INT
 * @u: UINT
 * @f: FLOAT
 * @s: STRING, CHOICE: the text.  Values that the library hands out have a NUL
 *	after @length bytes; those that it is given need none.
 * @data: BYTES: the bytes.  ARRAY: what lstate_value_array() made; read it by
 *	lstate_value_as_array()
 *
 * A value that the library filled in (lstate_get(), lstate_value_parse(),
 * lstate_value_copy()) owns its text: end it with lstate_value_clear().  One
 * that was made by lstate_value_int() and its like borrows it.
 */
struct lstate_value {
	enum lstate_type type;
	size_t length;
	union {
		bool b;
		int64_t i;
		uint64_t u;
		double f;
		const char *s;
		const void *data;
	};
};

/**
 * lstate_value_bool - a value of type bool
 * @b: the value
 *
 * Return: the value.  Since 0.1.
 */
static inline struct lstate_value lstate_value_bool(bool b)
{
	struct lstate_value value = { LSTATE_TYPE_BOOL, 0, { 0 } };

	value.b = b;
	return value;
}

/**
 * lstate_value_int - a value of type int
 * @i: the value
 *
 * Return: the value.  Since 0.1.
 */
static inline struct lstate_value lstate_value_int(int64_t i)
{
	struct lstate_value value = { LSTATE_TYPE_INT, 0, { 0 } };

	value.i = i;
	return value;
}

/**
 * lstate_value_uint - a value of type uint
 * @u: the value
 *
 * Return: the value.  Since 0.1.
 */
static inline struct lstate_value lstate_value_uint(uint64_t u)
{
	struct lstate_value value = { LSTATE_TYPE_UINT, 0, { 0 } };

	value.u = u;
	return value;
}

/**
 * lstate_value_float - a value of type float
 * @f: the value
 *
 * Return: the value.  Since 0.1.
 */
static inline struct lstate_value lstate_value_float(double f)
{
	struct lstate_value value = { LSTATE_TYPE_FLOAT, 0, { 0 } };

	value.f = f;
	return value;
}

/**
 * lstate_value_string - a value of type string
 * @s: the text, not NULL; it must outlive the value
 *
 * Return: the value, which borrows @s.  Since 0.1.
 */
static inline struct lstate_value lstate_value_string(const char *s)
{
	struct lstate_value value = { LSTATE_TYPE_STRING, strlen(s), { 0 } };

	value.s = s;
	return value;
}

/**
 * lstate_value_choice - a value of type choice
 * @s: the text, not NULL; it must outlive the value
 *
 * Return: the value, which borrows @s.  Since 0.1.
 */
static inline struct lstate_value lstate_value_choice(const char *s)
{
	struct lstate_value value = { LSTATE_TYPE_CHOICE, strlen(s), { 0 } };

	value.s = s;
	return value;
}

/**
 * lstate_value_bytes - a value of type bytes
 * @data: the bytes; may be NULL if @length is 0; they must outlive the value
 * @length: their number
 *
 * Return: the value, which borrows @data.  Since 0.1.
 */
static inline struct lstate_value lstate_value_bytes(const void *data,
						     size_t length)
{
	struct lstate_value value = { LSTATE_TYPE_BYTES, length, { 0 } };

	value.data = data;
	return value;
}

/**
 * enum lstate_element - type of the elements of an array
 * @LSTATE_ELEMENT_NONE: none
 * @LSTATE_ELEMENT_F32: IEEE-754 single: float
 * @LSTATE_ELEMENT_F64: IEEE-754 double: double
 * @LSTATE_ELEMENT_S32: int32_t
 * @LSTATE_ELEMENT_S64: int64_t
 * @LSTATE_ELEMENT_U8: uint8_t
 */
enum lstate_element {
	LSTATE_ELEMENT_NONE,
	LSTATE_ELEMENT_F32,
	LSTATE_ELEMENT_F64,
	LSTATE_ELEMENT_S32,
	LSTATE_ELEMENT_S64,
	LSTATE_ELEMENT_U8,
};

/* The most dimensions of an array. */
#define LSTATE_RANK_MAX		8

/**
 * struct lstate_array - what is in a value of type array
 * @element: the type of the elements
 * @rank: number of dimensions; 0: a single element
 * @shape: the first @rank are the dimensions
 * @count: elements at @elements: the product of the dimensions, or fewer if the
 *	value is one of an event, and was cut
 * @elements: an array of float, double, int32_t, int64_t or uint8_t, the last
 *	dimension running fastest
 */
struct lstate_array {
	enum lstate_element element;
	size_t rank;
	uint32_t shape[LSTATE_RANK_MAX];
	size_t count;
	const void *elements;
};

/**
 * lstate_value_array - make a value of type array
 * @value: gets the value; end it with lstate_value_clear()
 * @element: type of the elements
 * @shape: @rank dimensions; may be NULL if that is 0
 * @rank: number of dimensions, 0..LSTATE_RANK_MAX
 * @elements: as many as the product of the dimensions; they are copied
 *
 * Errors: -EINVAL (no such element type, more dimensions), -ERANGE (the elements
 * have more than 65536 bytes), -ENOMEM.
 *
 * Return: 0 or a negative errno.  Since 0.1.
 */
int lstate_value_array(struct lstate_value *value, enum lstate_element element,
		       const uint32_t *shape, size_t rank,
		       const void *elements);

/**
 * lstate_value_as_array - look into a value of type array
 * @value: the value
 * @array: gets what is in it; it borrows from @value
 *
 * Return: 0, or -EINVAL if it is none, or was cut so far that not even its
 * shape is left.  Since 0.1.
 */
int lstate_value_as_array(const struct lstate_value *value,
			  struct lstate_array *array);

/**
 * lstate_array_element - one element of an array
 * @array: the array
 * @index: which one
 * @value: gets it, as a float, int or uint
 *
 * Return: 0, or -EINVAL if there are not as many.  Since 0.1.
 */
int lstate_array_element(const struct lstate_array *array, size_t index,
			 struct lstate_value *value);

/**
 * lstate_element_name - name of an element type
 * @element: the element type
 *
 * Return: "f32", "f64", "s32", "s64" or "u8"; "none"; "unknown" for another
 * number.  Since 0.1.
 */
const char *lstate_element_name(enum lstate_element element);

/**
 * lstate_element_type - type of the value that an element is
 * @element: the element type
 *
 * It is also the type of the limits of an array's elements.
 *
 * Return: float, int or uint; none for another number.  Since 0.1.
 */
enum lstate_type lstate_element_type(enum lstate_element element);

/**
 * lstate_element_parse - element type of a name
 * @name: the name
 * @element: gets the element type
 *
 * Return: 0, or -EINVAL if there is no such type.  Since 0.1.
 */
int lstate_element_parse(const char *name, enum lstate_element *element);

/**
 * lstate_value_parse - read a value from text
 * @type: the type that is wanted
 * @text: the text; all of it must be the value, without blanks around it
 * @value: gets the value; end it with lstate_value_clear()
 *
 * What is understood, by type:
 *
 * - bool: true, yes, on, 1; false, no, off, 0; letters of either case
 * - int, uint: an optional sign, then decimal digits, or 0x and hex digits;
 *   leading zeros do not make it octal
 * - float: an optional sign, then decimal or hex digits as strtod() reads them
 *   in the C locale, inf, infinity or nan; what is too small becomes the nearest
 *   double, perhaps 0
 * - string, choice: the text as it is
 * - bytes: base64 with padding (RFC 4648, section 4)
 * - array: element type, dimensions, elements, like ``f32[2,3]: 1 2 3 4 5 6`` or
 *   ``u8[]: 7``, which has no dimension; blanks or commas part the elements,
 *   which are read like a float, int or uint
 *
 * Errors:
 *
 * - -EINVAL: the text is not a value of that type
 * - -ERANGE: the number does not fit into the type
 * - -EOPNOTSUPP: there is no text form of that type
 * - -ENOMEM
 *
 * Return: 0 or a negative errno.  Since 0.1.
 */
int lstate_value_parse(enum lstate_type type, const char *text,
		       struct lstate_value *value);

/**
 * lstate_value_format - write a value as text
 * @value: the value
 * @buffer: where the text goes, with a NUL at its end; may be NULL if @size is 0
 * @size: bytes at @buffer; LSTATE_VALUE_FORMAT_MAX suffices for all but texts,
 *	bytes and arrays
 *
 * lstate_value_parse() of the text gives an equal value: floats are printed with
 * 15, 16 or 17 digits, the fewest of these that give the same double, elements of
 * type f32 with 6 to 9; the special ones are inf, -inf and nan.
 *
 * Return: bytes of the whole text without its NUL, as snprintf(): if that is
 * not less than @size, the text was cut.  -EINVAL if the type is unknown or
 * NONE; -ENOMEM.  Since 0.1.
 */
int lstate_value_format(const struct lstate_value *value, char *buffer,
			size_t size);

/* Bytes that the text of a bool, int, uint or float takes, with its NUL. */
#define LSTATE_VALUE_FORMAT_MAX	32

/**
 * lstate_value_copy - make a value that owns its text
 * @to: gets the copy; end it with lstate_value_clear().  What it held is not cleared
 * @from: the value
 *
 * Return: 0 or -ENOMEM.  Since 0.1.
 */
int lstate_value_copy(struct lstate_value *to, const struct lstate_value *from);

/**
 * lstate_value_clear - end a value that owns its text
 * @value: the value, may be NULL; its type is NONE afterwards
 *
 * Since 0.1.
 */
void lstate_value_clear(struct lstate_value *value);

/**
 * lstate_type_name - name of a type
 * @type: the type
 *
 * Return: "bool", "int" and so on, which live for ever; "none"; "unknown" for a type
 * that this library does not know.  Since 0.1.
 */
const char *lstate_type_name(enum lstate_type type);

/**
 * lstate_type_parse - type of a name
 * @name: "bool", "int", "uint", "float", "string", "choice", "bytes" or "array"
 * @type: gets the type
 *
 * Return: 0, or -EINVAL if there is no such type.  Since 0.1.
 */
int lstate_type_parse(const char *name, enum lstate_type *type);

/**
 * struct lstate_metadata - one entry of a list of metadata
 * @key: the key: not empty, without ``=``
 * @value: its value, not NULL
 *
 * Lists of metadata, those that the library is given and those that it hands
 * out, are arrays that end with an entry whose key is NULL.  A list that is
 * given may be NULL instead of empty; one that is handed out never is.
 */
struct lstate_metadata {
	const char *key;
	const char *value;
};

/* ======================================================================== */
/* Errors                                                                   */
/* ======================================================================== */

/**
 * enum lstate_field - what an error is about
 * @LSTATE_FIELD_NONE: nothing in particular
 * @LSTATE_FIELD_FLAGS: an unknown flag, or flags that exclude each other
 * @LSTATE_FIELD_RESERVED: a field that this kernel does not know
 * @LSTATE_FIELD_NAME: a name
 * @LSTATE_FIELD_ID: an id
 * @LSTATE_FIELD_TYPE: the type
 * @LSTATE_FIELD_VALUE: the value itself, its length or its encoding
 * @LSTATE_FIELD_MIN: the minimum
 * @LSTATE_FIELD_MAX: the maximum
 * @LSTATE_FIELD_STEP: the step
 * @LSTATE_FIELD_MIN_LENGTH: the minimum length
 * @LSTATE_FIELD_MAX_LENGTH: the maximum length
 * @LSTATE_FIELD_PATTERN: the glob pattern
 * @LSTATE_FIELD_CHOICES: the list of choices
 * @LSTATE_FIELD_LABEL: the label
 * @LSTATE_FIELD_DESCRIPTION: the description
 * @LSTATE_FIELD_METADATA: the metadata
 * @LSTATE_FIELD_VERSION: the expected version
 * @LSTATE_FIELD_MODE: the session's mode or owner
 * @LSTATE_FIELD_TARGETS: the targets of a watch
 * @LSTATE_FIELD_INLINE_LIMIT: the inline limit of a watch
 * @LSTATE_FIELD_REF: a watch
 * @LSTATE_FIELD_QUEUE_SIZE: the size of the queue
 * @LSTATE_FIELD_BUFFER: a buffer
 * @LSTATE_FIELD_SESSIONS: the number of sessions of this user
 * @LSTATE_FIELD_CLIENTS: the number of open sessions of this user
 * @LSTATE_FIELD_VARIABLES: the number of variables of this user
 * @LSTATE_FIELD_WATCHES: the number of watches of this user
 * @LSTATE_FIELD_LINKS: the number of targets and links of this user
 * @LSTATE_FIELD_CLAIMS: the number of claims of this user
 * @LSTATE_FIELD_OPERATION: the operation of a set
 * @LSTATE_FIELD_CLAIM: a claim; the limit is the pid of its holder
 * @LSTATE_FIELD_ON_END: what happens when a claim ends
 * @LSTATE_FIELD_TIMEOUT: a timeout
 * @LSTATE_FIELD_FILTER: a watch's filter
 * @LSTATE_FIELD_ELEMENT: the type of an array's elements
 * @LSTATE_FIELD_SHAPE: the shape of an array
 * @LSTATE_FIELD_RANK: the number of dimensions of an array
 * @LSTATE_FIELD_FINITE: elements must be finite
 * @LSTATE_FIELD_ENTRIES: the number of entries; of an entry: its variable is
 *	that of an earlier entry
 * @LSTATE_FIELD_BYTES: the bytes of this user
 */
enum lstate_field {
	LSTATE_FIELD_NONE,
	LSTATE_FIELD_FLAGS,
	LSTATE_FIELD_RESERVED,
	LSTATE_FIELD_NAME,
	LSTATE_FIELD_ID,
	LSTATE_FIELD_TYPE,
	LSTATE_FIELD_VALUE,
	LSTATE_FIELD_MIN,
	LSTATE_FIELD_MAX,
	LSTATE_FIELD_STEP,
	LSTATE_FIELD_MIN_LENGTH,
	LSTATE_FIELD_MAX_LENGTH,
	LSTATE_FIELD_PATTERN,
	LSTATE_FIELD_CHOICES,
	LSTATE_FIELD_LABEL,
	LSTATE_FIELD_DESCRIPTION,
	LSTATE_FIELD_METADATA,
	LSTATE_FIELD_VERSION,
	LSTATE_FIELD_MODE,
	LSTATE_FIELD_TARGETS,
	LSTATE_FIELD_INLINE_LIMIT,
	LSTATE_FIELD_REF,
	LSTATE_FIELD_QUEUE_SIZE,
	LSTATE_FIELD_BUFFER,
	LSTATE_FIELD_SESSIONS,
	LSTATE_FIELD_CLIENTS,
	LSTATE_FIELD_VARIABLES,
	LSTATE_FIELD_WATCHES,
	LSTATE_FIELD_LINKS,
	LSTATE_FIELD_CLAIMS,
	LSTATE_FIELD_OPERATION,
	LSTATE_FIELD_CLAIM,
	LSTATE_FIELD_ON_END,
	LSTATE_FIELD_TIMEOUT,
	LSTATE_FIELD_FILTER,
	LSTATE_FIELD_ELEMENT,
	LSTATE_FIELD_SHAPE,
	LSTATE_FIELD_RANK,
	LSTATE_FIELD_FINITE,
	LSTATE_FIELD_ENTRIES,
	LSTATE_FIELD_BYTES,
};

/**
 * lstate_field_name - name of a field
 * @field: the field
 *
 * Return: "min", "queue_size" and so on, which live for ever; "unknown" for a field
 * that this library does not know.  Since 0.1.
 */
const char *lstate_field_name(enum lstate_field field);

/**
 * lstate_error_message - why a call failed, for a person
 * @error: the error, may be NULL
 *
 * One line without a newline: what is wrong, the value and the limit, such as
 * ``temp: 31.5 is above the maximum 30`` or ``watch: no such variable: foo,
 * bar``.  Control characters and broken UTF-8 in it are escaped, and long
 * values are cut.
 *
 * Return: the text, never NULL.  Since 0.1.
 */
const char *lstate_error_message(const struct lstate_error *error);

/**
 * lstate_error_code - what the call returned
 * @error: the error, may be NULL
 *
 * Return: the negative errno; 0 if @error is NULL or nothing failed so far.
 * Since 0.1.
 */
int lstate_error_code(const struct lstate_error *error);

/**
 * lstate_error_field - what the error is about
 * @error: the error, may be NULL
 *
 * Return: the field; LSTATE_FIELD_NONE if it is about nothing in particular.
 * Since 0.1.
 */
enum lstate_field lstate_error_field(const struct lstate_error *error);

/**
 * lstate_error_name - whom the error is about
 * @error: the error, may be NULL
 *
 * Return: the identifier of the variable or the name of the session, as the
 * caller gave it; "" if there is none.  Since 0.1.
 */
const char *lstate_error_name(const struct lstate_error *error);

/**
 * lstate_error_value - the value that was refused
 * @error: the error, may be NULL
 *
 * That is the value which was to be set, or, as the field says, the version
 * which was expected, a bound of a spec, the size of a queue.
 *
 * Return: the value as text, whole and not escaped; NULL if the call was refused
 * for something else.  Since 0.1.
 */
const char *lstate_error_value(const struct lstate_error *error);

/**
 * lstate_error_typed_value - the value that was refused, for a program
 * @error: the error, may be NULL
 *
 * It has the type of the variable; it is a string if the text given to
 * lstate_set_text() is no value of that type.  Versions, lengths and sizes are
 * uint.
 *
 * Return: what lstate_error_value() has as text; it lives as long as the error.
 * NULL if there is none.  Since 0.1.
 */
const struct lstate_value *
lstate_error_typed_value(const struct lstate_error *error);

/**
 * lstate_error_limit - the limit that was violated
 * @error: the error, may be NULL
 *
 * Return: the limit as text: the minimum, the current version, the greatest
 * number of watches and so on, choices with commas between; NULL if there is
 * none.  Since 0.1.
 */
const char *lstate_error_limit(const struct lstate_error *error);

/**
 * lstate_error_typed_limit - the limit that was violated, for a program
 * @error: the error, may be NULL
 *
 * A minimum, a maximum and a step have the type of the variable, a pattern is a
 * string; versions, lengths, sizes and counts are uint.
 *
 * Return: what lstate_error_limit() has as text; it lives as long as the error.
 * NULL if there is none, or if it is a list of choices.  Since 0.1.
 */
const struct lstate_value *
lstate_error_typed_limit(const struct lstate_error *error);

/**
 * lstate_error_choices - the choices that a value is none of
 * @error: the error, may be NULL
 * @n: gets their number, may be NULL
 *
 * Return: an array that ends with NULL and lives as long as the error; NULL if
 * the limit is no list of choices, or one that the caller may not read.
 * Since 0.1.
 */
const char *const *lstate_error_choices(const struct lstate_error *error,
					size_t *n);

/**
 * lstate_error_count - number of list entries that failed
 * @error: the error, may be NULL
 *
 * Return: how many targets of a watch, or entries of a batch, failed; 0 if the
 * call had no list.
 * Since 0.1.
 */
size_t lstate_error_count(const struct lstate_error *error);

/**
 * lstate_error_index - which list entry failed
 * @error: the error, may be NULL
 * @n: 0 to lstate_error_count() - 1, in the order of the list
 *
 * Return: the index of the entry in the caller's list; SIZE_MAX if @n is out of
 * bounds.  Since 0.1.
 */
size_t lstate_error_index(const struct lstate_error *error, size_t n);

/**
 * lstate_error_identifier - which list entry failed, by name
 * @error: the error, may be NULL
 * @n: as for lstate_error_index()
 *
 * Return: the entry as the caller gave it; NULL if @n is out of bounds.
 * Since 0.1.
 */
const char *lstate_error_identifier(const struct lstate_error *error, size_t n);

/**
 * lstate_error_entry - all that is known of why a list entry failed
 * @error: the error, may be NULL
 * @n: as for lstate_error_index()
 *
 * Of a batch's entry it has the value and the limit, as the error of lstate_set()
 * would; that of a target has code, field, name and message.
 *
 * Return: an error about this entry alone, for lstate_error_value() and the others;
 * it has no list, and lives as long as @error, with copies of the values that were
 * refused.  NULL if @n is out of bounds.
 * Since 0.1.
 */
const struct lstate_error *lstate_error_entry(const struct lstate_error *error,
					      size_t n);

/**
 * lstate_error_status - why a list entry failed
 * @error: the error, may be NULL
 * @n: as for lstate_error_index()
 *
 * Return: the negative errno of this entry: of a target -ENOENT (no such variable)
 * or -EINVAL (neither a name nor an id, or the filter does not suit it), of a batch's
 * what lstate_set() fails with; 0 if @n is out of bounds.  Since 0.1.
 */
int lstate_error_status(const struct lstate_error *error, size_t n);

/**
 * lstate_error_entry_message - why a list entry failed, for a person
 * @error: the error, may be NULL
 * @n: as for lstate_error_index()
 *
 * Of the same form as lstate_error_message(), about this entry alone: ``foo: no
 * such variable``.
 *
 * Return: the text; NULL if @n is out of bounds.  Since 0.1.
 */
const char *lstate_error_entry_message(const struct lstate_error *error,
				       size_t n);

/**
 * lstate_error_free - end an error that the caller owns
 * @error: the error, may be NULL; never one of lstate_session_error()
 *
 * Since 0.1.
 */
void lstate_error_free(struct lstate_error *error);

/* ======================================================================== */
/* The kernel half: limits and features                                     */
/* ======================================================================== */

/**
 * enum lstate_info_key - what GET_INFO tells
 * @LSTATE_INFO_ABI_VERSION: version of the kernel's interface
 * @LSTATE_INFO_FEATURES: bits LSTATE_FEATURE_*
 * @LSTATE_INFO_QUEUE_DEFAULT: bytes of a queue that nobody sized
 * @LSTATE_INFO_QUEUE_MAX: bytes of the largest queue
 * @LSTATE_INFO_INLINE_DEFAULT: bytes of values that an event carries, by default
 * @LSTATE_INFO_INLINE_MAX: and at most
 * @LSTATE_INFO_MAX_TARGETS: targets of one watch
 * @LSTATE_INFO_MAX_USER_SESSIONS: sessions that one user may have made
 * @LSTATE_INFO_MAX_USER_CLIENTS: sessions that one user may have open
 * @LSTATE_INFO_MAX_USER_VARIABLES: variables that one user may have registered
 * @LSTATE_INFO_MAX_USER_WATCHES: watches of one user
 * @LSTATE_INFO_MAX_USER_LINKS: targets and links of one user's watches
 * @LSTATE_INFO_MAX_USER_CLAIMS: claims of one user
 * @LSTATE_INFO_MAX_USER_BYTES: bytes that long values, metadata, constraints,
 *	queues and watches of one user may take
 * @LSTATE_INFO_COUNT: number of the keys; grows with the library
 */
enum lstate_info_key {
	LSTATE_INFO_ABI_VERSION,
	LSTATE_INFO_FEATURES,
	LSTATE_INFO_QUEUE_DEFAULT,
	LSTATE_INFO_QUEUE_MAX,
	LSTATE_INFO_INLINE_DEFAULT,
	LSTATE_INFO_INLINE_MAX,
	LSTATE_INFO_MAX_TARGETS,
	LSTATE_INFO_MAX_USER_SESSIONS,
	LSTATE_INFO_MAX_USER_CLIENTS,
	LSTATE_INFO_MAX_USER_VARIABLES,
	LSTATE_INFO_MAX_USER_WATCHES,
	LSTATE_INFO_MAX_USER_LINKS,
	LSTATE_INFO_MAX_USER_CLAIMS,
	LSTATE_INFO_MAX_USER_BYTES,
	LSTATE_INFO_COUNT,
};

#define LSTATE_FEATURE_COMPARE_AND_SET	(1ULL << 0)	/* lstate_set() with a version */
#define LSTATE_FEATURE_INITIAL		(1ULL << 1)	/* watches with initial values */
#define LSTATE_FEATURE_NETLINK		(1ULL << 2)	/* the generic netlink family */
#define LSTATE_FEATURE_CLAIMS		(1ULL << 3)	/* lstate_claim_take() */
#define LSTATE_FEATURE_BATCH		(1ULL << 4)	/* lstate_batch_run(), lstate_get_many() */
#define LSTATE_FEATURE_FILTERS		(1ULL << 5)	/* watches with a filter */
#define LSTATE_FEATURE_PATTERNS		(1ULL << 6)	/* watches by pattern */
#define LSTATE_FEATURE_NO_SELF		(1ULL << 7)	/* watches of what others do */
#define LSTATE_FEATURE_REWATCH		(1ULL << 8)	/* lstate_watch_change() */
#define LSTATE_FEATURE_SNAPSHOT		(1ULL << 9)	/* watches that begin with a snapshot */
#define LSTATE_FEATURE_CONFLATE		(1ULL << 10)	/* watches of the latest alone */

/**
 * lstate_info_read - ask the kernel half for its limits and features
 * @info: gets them; end it with lstate_info_free()
 * @error: gets why it failed, may be NULL; end it with lstate_error_free()
 *
 * Needs no session: it opens the device for as long as the call takes.
 *
 * Errors:
 *
 * - -ENODEV: there is no device: the module is not loaded
 * - -ENOMEM, or what open(2) fails with
 *
 * Return: 0 or a negative errno.  Since 0.1.
 */
int lstate_info_read(struct lstate_info **info, struct lstate_error **error);

/**
 * lstate_info_get - one number of an info
 * @info: the info
 * @key: which one
 *
 * Return: the number; 0 for an unknown key.  Since 0.1.
 */
uint64_t lstate_info_get(const struct lstate_info *info,
			 enum lstate_info_key key);

/**
 * lstate_info_key_name - name of a key
 * @key: the key
 *
 * Return: "queue_max" and so on, which live for ever; NULL for an unknown key.
 * Since 0.1.
 */
const char *lstate_info_key_name(enum lstate_info_key key);

/**
 * lstate_info_free - end an info
 * @info: the info, may be NULL
 *
 * Since 0.1.
 */
void lstate_info_free(struct lstate_info *info);

/* ======================================================================== */
/* Sessions                                                                 */
/* ======================================================================== */

/* lstate_session_open(): flags. */
#define LSTATE_OPEN_READ_ONLY	(1U << 0)	/* get, list and watch only */
#define LSTATE_OPEN_WRITE_ONLY	(1U << 1)	/* register, set and delete only */
#define LSTATE_OPEN_CREATE	(1U << 2)	/* make the session if it is absent */
#define LSTATE_OPEN_EXCLUSIVE	(1U << 3)	/* with CREATE: fail if it is there */
#define LSTATE_OPEN_PERSISTENT	(1U << 4)	/* with CREATE: it outlives its clients */

/* lstate_session_rights(): bits. */
#define LSTATE_RIGHT_READ	(1U << 0)	/* get, list, watch */
#define LSTATE_RIGHT_WRITE	(1U << 1)	/* register, set, delete, claim */
#define LSTATE_RIGHT_OWNER	(1U << 2)	/* destroy the session */

/**
 * lstate_session_open - open a session
 * @session: gets the session; NULL after a failure.  End it with
 *	lstate_session_close()
 * @name: its name; NULL makes a private session, which nobody else can find and
 *	which takes none of CREATE, EXCLUSIVE and PERSISTENT
 * @flags: LSTATE_OPEN_*; neither READ_ONLY nor WRITE_ONLY: for both
 * @mode: permission bits of a session that is made now, less the umask: ``r``
 *	is get, list and watch, ``w`` is register, set, delete and
 *	claim
 * @error: gets why it failed, may be NULL; end it with lstate_error_free().
 *	NULL after success and if memory is out
 *
 * Sessions are found by name within the caller's network namespace.  One that
 * is not PERSISTENT ends with its last client.  A session opened for both that
 * grants only one of reading and writing is opened; lstate_session_rights()
 * tells what it grants.
 *
 * Errors:
 *
 * - -ENODEV: there is no device: the module is not loaded
 * - -ENOENT: there is no such session, and CREATE was not asked for
 * - -EEXIST: there is one, and EXCLUSIVE was asked for
 * - -EACCES: the session grants the caller no right
 * - -EINVAL: the name is none, flags exclude each other, or @mode is above 0777
 * - -EDQUOT: a limit of this user is reached
 * - -ESHUTDOWN: the network namespace is ending
 * - -ENOMEM, or what open(2) fails with
 *
 * Return: 0 or a negative errno.  Since 0.1.
 */
int lstate_session_open(struct lstate_session **session, const char *name,
			unsigned int flags, mode_t mode,
			struct lstate_error **error);

/**
 * lstate_session_adopt - take over a descriptor that is attached already
 * @session: gets the session; NULL after a failure.  End it with
 *	lstate_session_close()
 * @fd: a descriptor of the device, as another process has inherited or received
 *	it; it belongs to the session after success
 * @error: as lstate_session_open()
 *
 * Both processes are one client then: they share queue, watches and claims.  So
 * one of two may read events, the other changes what the first has claimed.
 * What is known of the descriptor is read from /proc/self/fdinfo.
 *
 * Errors:
 *
 * - -EBADF: no descriptor, or none of the device
 * - -ENOTCONN: it is not attached to a session
 * - -ESHUTDOWN: its session has ended
 * - -ENOMEM, or what open(2) of /proc fails with
 *
 * Return: 0 or a negative errno.  Since 0.1.
 */
int lstate_session_adopt(struct lstate_session **session, int fd,
			 struct lstate_error **error);

/**
 * lstate_session_close - close a session
 * @session: the session, may be NULL
 *
 * Removes its watches, and calls their destructors; lists of it must be closed
 * before.  Inside a callback it is allowed too: no further callback is called,
 * lstate_session_dispatch() returns, and nobody may use the session any more.
 *
 * Since 0.1.
 */
void lstate_session_close(struct lstate_session *session);

/**
 * lstate_session_destroy - end a session for all who opened it
 * @session: the session; it must still be closed
 *
 * Its name is free at once.  Every client still gets the events that are queued
 * for it, then LSTATE_EVENT_SESSION_END; all its other calls fail with
 * -ESHUTDOWN.
 *
 * Errors:
 *
 * - -EPERM: only the owner may do this
 *
 * Return: 0 or a negative errno.  Since 0.1.
 */
int lstate_session_destroy(struct lstate_session *session);

/**
 * lstate_session_fd - the descriptor for an event loop
 * @session: the session, which keeps the descriptor
 *
 * When it is readable (POLLIN, or POLLHUP after the session has ended) call
 * lstate_session_dispatch().  Do not read from it or close it.
 *
 * Return: the descriptor.  Since 0.1.
 */
int lstate_session_fd(const struct lstate_session *session);

/**
 * lstate_session_name - the name of a session
 * @session: the session
 *
 * Return: the name; NULL for a private session.  Since 0.1.
 */
const char *lstate_session_name(const struct lstate_session *session);

/**
 * lstate_session_id - the number of a session
 * @session: the session
 *
 * Return: its number, which is unique in its network namespace as long as the
 * module is loaded.  Since 0.1.
 */
uint64_t lstate_session_id(const struct lstate_session *session);

/**
 * lstate_session_rights - what the session grants
 * @session: the session
 *
 * Return: bits LSTATE_RIGHT_*, fixed when it was opened.  Since 0.1.
 */
unsigned int lstate_session_rights(const struct lstate_session *session);

/**
 * lstate_session_is_new - was the session made when it was opened?
 * @session: the session
 *
 * Return: true if it was made by this lstate_session_open().  Since 0.1.
 */
bool lstate_session_is_new(const struct lstate_session *session);

/**
 * lstate_session_error - why the last failing call on this session failed
 * @session: the session
 *
 * Return: the error, which belongs to the session and lives until the next call
 * on the session; never NULL.  Only of use after a call that failed.
 * Since 0.1.
 */
const struct lstate_error *
lstate_session_error(const struct lstate_session *session);

/**
 * lstate_session_info - limits and features, through an open session
 * @session: the session
 * @info: gets them; end it with lstate_info_free()
 *
 * Return: 0 or -ENOMEM.  Since 0.1.
 */
int lstate_session_info(struct lstate_session *session,
			struct lstate_info **info);

/**
 * lstate_session_queue_size - how large the session's event queue is
 * @session: the session
 * @size: gets the bytes
 *
 * Return: 0; or -ENOTTY of a kernel that does not know the call.  Since 0.1.
 */
int lstate_session_queue_size(struct lstate_session *session, size_t *size);

/**
 * lstate_session_set_queue_size - make the session's event queue larger or smaller
 * @session: the session
 * @size: bytes wanted; rounded up to a power of two of whole pages
 *
 * A small queue loses nothing that counts: when it is full, changes of one
 * variable are merged into one event, see lstate_event_merged().
 *
 * Errors:
 *
 * - -EBUSY: the first watch has fixed the size
 * - -EINVAL: 0, or more than LSTATE_INFO_QUEUE_MAX
 *
 * Return: 0 or a negative errno.  Since 0.1.
 */
int lstate_session_set_queue_size(struct lstate_session *session, size_t size);

/**
 * lstate_session_poll_fd - the descriptor for an event loop, with the library's times
 * @session: the session
 *
 * As lstate_session_fd(), but it is readable also when a watch that has an interval, a
 * heartbeat or a process is due.  Call lstate_session_dispatch() then.  Do not read from
 * it or close it; the session owns it.  It is made by the first call: SIGIO and io_uring's
 * read want lstate_session_fd().
 *
 * Errors: -ENOMEM, and those of epoll_create1(2), timerfd_create(2) and epoll_ctl(2),
 * such as -EMFILE.
 *
 * Return: the descriptor, the same every time, or a negative errno.  Since 0.1.
 */
int lstate_session_poll_fd(struct lstate_session *session);

/**
 * lstate_session_wait - wait until there is something to dispatch
 * @session: the session
 * @timeout_ms: milliseconds to wait at most; 0 does not wait, -1 waits for ever
 *
 * Errors:
 *
 * - -EINTR: a signal was handled
 *
 * Return: 1 if lstate_session_dispatch() has something to do, which may be to
 * say -ESHUTDOWN; 0 when the time is over; or a negative errno.  Since 0.1.
 */
int lstate_session_wait(struct lstate_session *session, int timeout_ms);

/**
 * lstate_session_dispatch - take queued events and call the watches' callbacks
 * @session: the session
 *
 * Takes what is queued now, up to a buffer full, and calls the callback of each
 * event's watch in the order of the queue.  Never waits, whatever the
 * descriptor's flags are.  Edge-triggered event loops call it until it returns
 * 0.
 *
 * When the session has ended, each watch gets LSTATE_EVENT_SESSION_END once,
 * after all other events; the call after that returns -ESHUTDOWN.
 *
 * Errors:
 *
 * - -ESHUTDOWN: the session has ended and everything was delivered
 * - -EBUSY: called inside a callback of this session
 *
 * Return: the number of events taken, 0 if none was there, or a negative errno.
 * Since 0.1.
 */
int lstate_session_dispatch(struct lstate_session *session);

/* ======================================================================== */
/* Registering variables                                                    */
/* ======================================================================== */

/**
 * lstate_spec_new - begin the description of a variable to be registered
 * @spec: gets the spec; end it with lstate_spec_free()
 * @name: the variable's name; copied
 * @type: its type
 *
 * A spec may be registered any number of times, in any session.  All that the
 * setters below are given is copied.  Whether it makes sense is for the kernel
 * to say, in lstate_register(); the setters check types only.
 *
 * Return: 0 or -ENOMEM.  Since 0.1.
 */
int lstate_spec_new(struct lstate_spec **spec, const char *name,
		    enum lstate_type type);

/**
 * lstate_spec_new_preset - begin the description of a variable that is well known
 * @spec: gets the spec; end it with lstate_spec_free()
 * @name: the variable's name
 * @preset: the label, which stands for a type with constraints
 * @shape: @rank dimensions; may be NULL if that is 0
 * @rank: their number
 *
 * The presets:
 *
 * - module: a string that looks like ``[A-Z]*``; it needs an initial value
 * - embedding: an array of F32 with one dimension, which @shape tells
 * - tensor: an array of F32 with the dimensions of @shape
 *
 * All can be changed afterwards: lstate_spec_set_element() makes another array.
 *
 * Return: 0; -ENOENT if there is no such preset, -EINVAL if the number of
 * dimensions does not suit it, -ENOMEM.  Since 0.1.
 */
int lstate_spec_new_preset(struct lstate_spec **spec, const char *name,
			   const char *preset, const uint32_t *shape,
			   size_t rank);

/**
 * lstate_spec_free - end a spec
 * @spec: the spec, may be NULL
 *
 * Since 0.1.
 */
void lstate_spec_free(struct lstate_spec *spec);

/**
 * lstate_spec_set_value - the initial value
 * @spec: the spec
 * @value: the value, of the spec's type; NULL takes the default again: false,
 *	0 or the limit nearest to 0, the empty string, the first choice
 *
 * Return: 0, -EINVAL (another type), -ENOMEM.  Since 0.1.
 */
int lstate_spec_set_value(struct lstate_spec *spec,
			  const struct lstate_value *value);

/**
 * lstate_spec_set_min - the smallest legal value
 * @spec: the spec, of type int, uint or float, or of an array
 * @min: the value itself is legal; of the spec's type, or of that of an array's
 *	elements, which lstate_spec_set_element() has to say before
 *
 * Return: 0, or -EINVAL (another type, or a type without minimum).  Since 0.1.
 */
int lstate_spec_set_min(struct lstate_spec *spec, const struct lstate_value *min);

/**
 * lstate_spec_set_max - the largest legal value
 * @spec: the spec, of type int, uint or float, or of an array
 * @max: the value itself is legal; of the spec's type, or of that of an array's
 *	elements, which lstate_spec_set_element() has to say before
 *
 * Return: 0, or -EINVAL (another type, or a type without maximum).  Since 0.1.
 */
int lstate_spec_set_max(struct lstate_spec *spec, const struct lstate_value *max);

/**
 * lstate_spec_set_step - the distance of the legal values
 * @spec: the spec, of type int or uint
 * @step: the distance, counted from the minimum if there is one, else from 0;
 *	above 0; of the spec's type
 *
 * Return: 0, or -EINVAL (another type, or a type without step).  Since 0.1.
 */
int lstate_spec_set_step(struct lstate_spec *spec,
			 const struct lstate_value *step);

/**
 * lstate_spec_set_range_int - smallest and largest legal value of an int
 * @spec: the spec, of type int, or of an array whose elements are set to S32 or S64
 * @min: the smallest
 * @max: the largest
 *
 * Return: 0, or -EINVAL (another type).  Since 0.1.
 */
int lstate_spec_set_range_int(struct lstate_spec *spec, int64_t min,
			      int64_t max);

/**
 * lstate_spec_set_range_uint - smallest and largest legal value of a uint
 * @spec: the spec, of type uint, or of an array whose elements are set to U8
 * @min: the smallest
 * @max: the largest
 *
 * Return: 0, or -EINVAL (another type).  Since 0.1.
 */
int lstate_spec_set_range_uint(struct lstate_spec *spec, uint64_t min,
			       uint64_t max);

/**
 * lstate_spec_set_range_float - smallest and largest legal value of a float
 * @spec: the spec, of type float, or of an array whose elements are set to F32 or F64
 * @min: the smallest
 * @max: the largest
 *
 * Return: 0, or -EINVAL (another type).  Since 0.1.
 */
int lstate_spec_set_range_float(struct lstate_spec *spec, double min,
				double max);

/**
 * lstate_spec_set_min_length - the least length of a string or of bytes
 * @spec: the spec, of type string or bytes
 * @characters: number of Unicode code points, or of bytes
 *
 * Return: 0, or -EINVAL (another type).  Since 0.1.
 */
int lstate_spec_set_min_length(struct lstate_spec *spec, uint32_t characters);

/**
 * lstate_spec_set_max_length - the greatest length of a string or of bytes
 * @spec: the spec, of type string or bytes
 * @characters: number of Unicode code points, or of bytes
 *
 * Return: 0, or -EINVAL (another type).  Since 0.1.
 */
int lstate_spec_set_max_length(struct lstate_spec *spec, uint32_t characters);

/**
 * lstate_spec_set_pattern - a glob pattern that a string must match
 * @spec: the spec, of type string
 * @pattern: ``*``, ``?``, ``[...]``, ``\``, matching bytes; 1 to 255 bytes
 *
 * Return: 0, -EINVAL (another type), -ENOMEM.  Since 0.1.
 */
int lstate_spec_set_pattern(struct lstate_spec *spec, const char *pattern);

/**
 * lstate_spec_set_choices - the texts of which a choice is one
 * @spec: the spec, of type choice, which needs them
 * @choices: array of texts
 * @n: their number, above 0; 4096 bytes at most together, a NUL after each
 *
 * Return: 0, -EINVAL (another type), -ENOMEM.  Since 0.1.
 */
int lstate_spec_set_choices(struct lstate_spec *spec,
			    const char *const *choices, size_t n);

/**
 * lstate_spec_set_read_only - whether the variable keeps its initial value
 * @spec: the spec
 * @read_only: true: each set fails with -EROFS
 *
 * Not together with lstate_spec_set_write_once().  Since 0.1.
 */
void lstate_spec_set_read_only(struct lstate_spec *spec, bool read_only);

/**
 * lstate_spec_set_write_once - whether the variable can be changed only once
 * @spec: the spec
 * @write_once: true: each set after the first that changed it fails with -EROFS
 *
 * Not together with lstate_spec_set_read_only().  Since 0.1.
 */
void lstate_spec_set_write_once(struct lstate_spec *spec, bool write_once);

/**
 * lstate_spec_set_element - what the elements of an array are; each needs it
 * @spec: the spec, of an array
 * @element: the element type
 *
 * Limits of elements are given afterwards: lstate_spec_set_min() and its like
 * take a float for F32 and F64, an int for S32 and S64, an uint for U8.
 *
 * Return: 0, or -EINVAL if the spec is not one of an array, there is no such type,
 * or the limits that it has are of another.  Since 0.1.
 */
int lstate_spec_set_element(struct lstate_spec *spec,
			    enum lstate_element element);

/**
 * lstate_spec_set_shape - the shape that an array always has
 * @spec: the spec, of an array
 * @shape: @rank dimensions; may be NULL if that is 0
 * @rank: number of dimensions, 0..LSTATE_RANK_MAX
 *
 * It replaces a rank.
 *
 * Return: 0, or -EINVAL (no array, or more dimensions).  Since 0.1.
 */
int lstate_spec_set_shape(struct lstate_spec *spec, const uint32_t *shape,
			  size_t rank);

/**
 * lstate_spec_set_rank - the number of dimensions that an array always has
 * @spec: the spec, of an array
 * @rank: number of dimensions
 *
 * It replaces a shape.
 *
 * Return: 0, or -EINVAL (no array).  Since 0.1.
 */
int lstate_spec_set_rank(struct lstate_spec *spec, uint32_t rank);

/**
 * lstate_spec_set_finite - let no element be infinite or NaN
 * @spec: the spec, of an array of F32 or F64
 *
 * Return: 0, or -EINVAL (no array).  Since 0.1.
 */
int lstate_spec_set_finite(struct lstate_spec *spec);

/**
 * lstate_spec_set_label - a type name for people and programs
 * @spec: the spec
 * @label: 0 to 127 bytes of the characters of a name, like "percent"
 *
 * Return: 0 or -ENOMEM.  Since 0.1.
 */
int lstate_spec_set_label(struct lstate_spec *spec, const char *label);

/**
 * lstate_spec_set_description - a sentence that says what the variable is
 * @spec: the spec
 * @description: 0 to 1024 bytes
 *
 * Return: 0 or -ENOMEM.  Since 0.1.
 */
int lstate_spec_set_description(struct lstate_spec *spec,
				const char *description);

/**
 * lstate_spec_set_metadata - the variable's metadata
 * @spec: the spec
 * @metadata: the list; replaces an earlier one; 4096 bytes at most together,
 *	two bytes more for each entry
 *
 * Return: 0, -EINVAL (a key is empty or has a ``=``, or a value is NULL),
 * -ENOMEM.  Since 0.1.
 */
int lstate_spec_set_metadata(struct lstate_spec *spec,
			     const struct lstate_metadata *metadata);

/**
 * lstate_spec_set_restore - the id and version that the variable is to have
 * @spec: the spec
 * @id: the id, from 1 to 2^64 - 2
 * @version: the version, from 0 to 2^63 - 1
 *
 * Makes a variable as it was in another session.  Registering it works until
 * the session has given an id by itself, and fails with -ENOTEMPTY from then
 * on; -EEXIST says by lstate_error_field() whether id or name is taken.
 *
 * Return: 0, -EINVAL (@id is 0).  Since 0.1.
 */
int lstate_spec_set_restore(struct lstate_spec *spec, uint64_t id,
			    uint64_t version);

/**
 * lstate_register - make a variable
 * @session: the session
 * @spec: what it is to be
 * @id: gets its id, may be NULL
 *
 * It starts with version 0, or that of lstate_spec_set_restore().  Watches by this
 * name are told before any change.
 *
 * Errors:
 *
 * - -EEXIST: the name is taken, or the id of lstate_spec_set_restore()
 * - -ENOTEMPTY: the spec has such an id, and the session has given one by itself
 * - -EINVAL: the name is none, a constraint makes no sense for the type or
 *   contradicts another, a text is too long
 * - -EILSEQ: a text is not UTF-8
 * - -ERANGE: the initial value violates a constraint
 * - -EDQUOT: a limit of this user is reached, or the session has no id left
 *
 * Return: 0 or a negative errno.  Since 0.1.
 */
int lstate_register(struct lstate_session *session,
		    const struct lstate_spec *spec, uint64_t *id);

/**
 * lstate_register_bool - make a variable of type bool
 * @session: the session
 * @name: its name
 * @initial: its initial value
 *
 * Return: as lstate_register().  Since 0.1.
 */
int lstate_register_bool(struct lstate_session *session, const char *name,
			 bool initial);

/**
 * lstate_register_int - make a variable of type int
 * @session: the session
 * @name: its name
 * @initial: its initial value
 *
 * Return: as lstate_register().  Since 0.1.
 */
int lstate_register_int(struct lstate_session *session, const char *name,
			int64_t initial);

/**
 * lstate_register_uint - make a variable of type uint
 * @session: the session
 * @name: its name
 * @initial: its initial value
 *
 * Return: as lstate_register().  Since 0.1.
 */
int lstate_register_uint(struct lstate_session *session, const char *name,
			 uint64_t initial);

/**
 * lstate_register_float - make a variable of type float
 * @session: the session
 * @name: its name
 * @initial: its initial value
 *
 * Return: as lstate_register().  Since 0.1.
 */
int lstate_register_float(struct lstate_session *session, const char *name,
			  double initial);

/**
 * lstate_register_string - make a variable of type string
 * @session: the session
 * @name: its name
 * @initial: its initial value
 *
 * Return: as lstate_register().  Since 0.1.
 */
int lstate_register_string(struct lstate_session *session, const char *name,
			   const char *initial);

/**
 * lstate_register_choice - make a variable of type choice
 * @session: the session
 * @name: its name
 * @choices: array of texts
 * @n: their number
 * @initial: its initial value; NULL takes the first choice
 *
 * Return: as lstate_register().  Since 0.1.
 */
int lstate_register_choice(struct lstate_session *session, const char *name,
			   const char *const *choices, size_t n,
			   const char *initial);

/**
 * lstate_delete - remove a variable
 * @session: the session
 * @identifier: which one
 *
 * Errors:
 *
 * - -ENOENT: no such variable
 * - -EINVAL: the identifier is neither a name nor an id
 * - -EBUSY: somebody else has claimed it
 *
 * Return: 0 or a negative errno.  Since 0.1.
 */
int lstate_delete(struct lstate_session *session, const char *identifier);

/* ======================================================================== */
/* Setting                                                                  */
/* ======================================================================== */

/* lstate_set(): do not compare versions. */
#define LSTATE_ANY_VERSION	UINT64_MAX

/**
 * lstate_set - change a variable
 * @session: the session
 * @identifier: which one
 * @value: the new value, of the variable's type
 * @metadata: merged into the variable's: a known key gets the new value, a new
 *	one comes last; the event carries exactly these.  May be NULL
 * @if_version: change it only if its version is this one; LSTATE_ANY_VERSION
 *	changes it in any case
 * @version: gets the version after the call, and after -ESTALE the present one;
 *	may be NULL
 *
 * A value equal to the present one changes nothing, the metadata neither, and
 * nobody is told.  -0.0 equals 0.0, NaN equals NaN.
 *
 * Errors:
 *
 * - -ENOENT: no such variable
 * - -EINVAL: the identifier is neither a name nor an id, the value is of another
 *   type or too long, the metadata are malformed or too long
 * - -EBUSY: somebody else has claimed the variable; the error's limit is the pid
 *   of the holder
 * - -EDQUOT: this user has no room for so many bytes, or the merged metadata would
 *   be too long
 * - -EILSEQ: a text is not UTF-8
 * - -ERANGE: the value violates a constraint
 * - -EROFS: the variable is read-only, or was to be written once and is written
 * - -ESTALE: the version is another one
 *
 * Return: 1 if the variable changed, 0 if it had this value already, or a
 * negative errno.  Since 0.1.
 */
int lstate_set(struct lstate_session *session, const char *identifier,
	       const struct lstate_value *value,
	       const struct lstate_metadata *metadata, uint64_t if_version,
	       uint64_t *version);

/**
 * lstate_set_forced - change a variable, even to the value that it has
 * @session: the session
 * @identifier: which one
 * @value: as lstate_set()
 * @metadata: as lstate_set()
 * @if_version: as lstate_set()
 * @version: as lstate_set()
 *
 * An equal value is a change like others: a new version, the metadata, an event.
 *
 * Return: as lstate_set(), but never 0.  Since 0.1.
 */
int lstate_set_forced(struct lstate_session *session, const char *identifier,
		      const struct lstate_value *value,
		      const struct lstate_metadata *metadata,
		      uint64_t if_version, uint64_t *version);

/**
 * lstate_set_text - change a variable to what a text says
 * @session: the session; the right to write suffices
 * @identifier: which one
 * @text: the new value, read by lstate_value_parse() as the variable's type
 * @metadata: as lstate_set()
 * @if_version: as lstate_set()
 * @version: as lstate_set()
 *
 * Errors:
 *
 * - -EINVAL: also: the text is not a value of the variable's type
 * - -ERANGE: also: the number does not fit into the variable's type
 * - -EAGAIN: the variable was made anew with yet another type too many times
 *   while this was tried
 * - others: as lstate_set()
 *
 * Return: as lstate_set().  Since 0.1.
 */
int lstate_set_text(struct lstate_session *session, const char *identifier,
		    const char *text, const struct lstate_metadata *metadata,
		    uint64_t if_version, uint64_t *version);

/**
 * lstate_set_text_forced - lstate_set_text(), even to the value that it has
 * @session: the session; the right to write suffices
 * @identifier: which one
 * @text: as lstate_set_text()
 * @metadata: as lstate_set()
 * @if_version: as lstate_set()
 * @version: as lstate_set()
 *
 * Return: as lstate_set_text(), but never 0.  Since 0.1.
 */
int lstate_set_text_forced(struct lstate_session *session,
			   const char *identifier, const char *text,
			   const struct lstate_metadata *metadata,
			   uint64_t if_version, uint64_t *version);

/**
 * enum lstate_operation - what lstate_operate() makes of old value and operand
 * @LSTATE_OPERATION_ADD: the sum: int, uint
 * @LSTATE_OPERATION_OR: the bits of either: int, uint
 * @LSTATE_OPERATION_AND: the bits of both: int, uint
 * @LSTATE_OPERATION_XOR: the bits of one of them: int, uint
 * @LSTATE_OPERATION_TOGGLE: the other value: bool; there is no operand
 * @LSTATE_OPERATION_CHECK: the old value: what lstate_batch_check() does, and
 *	only that
 */
enum lstate_operation {
	LSTATE_OPERATION_ADD = 1,
	LSTATE_OPERATION_OR,
	LSTATE_OPERATION_AND,
	LSTATE_OPERATION_XOR,
	LSTATE_OPERATION_TOGGLE,
	LSTATE_OPERATION_CHECK,
};

/**
 * lstate_operate - change a variable by an operation
 * @session: the session; the right to write suffices
 * @identifier: which one
 * @operation: what to do
 * @operand: what to do it with, of the variable's type; to a uint an int can be
 *	added, too, so that it can be lowered; NULL for LSTATE_OPERATION_TOGGLE
 * @metadata: as lstate_set()
 * @if_version: as lstate_set()
 * @result: gets the variable's value after the call, which needs no
 *	lstate_value_clear(); may be NULL
 * @version: as lstate_set()
 *
 * One step for all who change or read the variable: nothing is lost if many do
 * it at the same time.
 *
 * Errors:
 *
 * - -EINVAL: also: the operation does not suit the variable's type
 * - -ERANGE: the result violates a constraint, or does not fit into the type
 * - others: as lstate_set()
 *
 * Return: 1 if the variable changed, 0 if the result is the value that it had,
 * or a negative errno.  Since 0.1.
 */
int lstate_operate(struct lstate_session *session, const char *identifier,
		   enum lstate_operation operation,
		   const struct lstate_value *operand,
		   const struct lstate_metadata *metadata, uint64_t if_version,
		   struct lstate_value *result, uint64_t *version);

/**
 * lstate_add_int - add to a variable of type int, or to a uint, to lower it
 * @session: the session
 * @identifier: which one
 * @i: what to add
 * @result: gets the sum; may be NULL.  A uint above INT64_MAX does not fit: take
 *	lstate_operate()
 *
 * Return: as lstate_operate().  Since 0.1.
 */
int lstate_add_int(struct lstate_session *session, const char *identifier,
		   int64_t i, int64_t *result);

/**
 * lstate_add_uint - add to a variable of type uint
 * @session: the session
 * @identifier: which one
 * @u: what to add
 * @result: gets the sum; may be NULL
 *
 * Return: as lstate_operate().  Since 0.1.
 */
int lstate_add_uint(struct lstate_session *session, const char *identifier,
		    uint64_t u, uint64_t *result);

/**
 * lstate_toggle - turn a variable of type bool
 * @session: the session
 * @identifier: which one
 * @result: gets what it is now; may be NULL
 *
 * Return: as lstate_operate().  Since 0.1.
 */
int lstate_toggle(struct lstate_session *session, const char *identifier,
		  bool *result);

/**
 * lstate_set_bool - change a variable of type bool
 * @session: the session
 * @identifier: which one
 * @b: the new value
 *
 * Return: as lstate_set().  Since 0.1.
 */
int lstate_set_bool(struct lstate_session *session, const char *identifier,
		    bool b);

/**
 * lstate_set_int - change a variable of type int
 * @session: the session
 * @identifier: which one
 * @i: the new value
 *
 * Return: as lstate_set().  Since 0.1.
 */
int lstate_set_int(struct lstate_session *session, const char *identifier,
		   int64_t i);

/**
 * lstate_set_uint - change a variable of type uint
 * @session: the session
 * @identifier: which one
 * @u: the new value
 *
 * Return: as lstate_set().  Since 0.1.
 */
int lstate_set_uint(struct lstate_session *session, const char *identifier,
		    uint64_t u);

/**
 * lstate_set_float - change a variable of type float
 * @session: the session
 * @identifier: which one
 * @f: the new value
 *
 * Return: as lstate_set().  Since 0.1.
 */
int lstate_set_float(struct lstate_session *session, const char *identifier,
		     double f);

/**
 * lstate_set_string - change a variable of type string
 * @session: the session
 * @identifier: which one
 * @s: the new value
 *
 * Return: as lstate_set().  Since 0.1.
 */
int lstate_set_string(struct lstate_session *session, const char *identifier,
		      const char *s);

/**
 * lstate_set_choice - change a variable of type choice
 * @session: the session
 * @identifier: which one
 * @s: the new value
 *
 * Return: as lstate_set().  Since 0.1.
 */
int lstate_set_choice(struct lstate_session *session, const char *identifier,
		      const char *s);

/**
 * lstate_set_bytes - change a variable of type bytes
 * @session: the session
 * @identifier: the variable
 * @data: the bytes; may be NULL if @length is 0
 * @length: their number
 *
 * Return: as lstate_set().  Since 0.1.
 */
int lstate_set_bytes(struct lstate_session *session, const char *identifier,
		     const void *data, size_t length);

/**
 * lstate_set_array - change a variable of type array
 * @session: the session
 * @identifier: the variable
 * @element: type of the elements
 * @shape: @rank dimensions; may be NULL if that is 0
 * @rank: number of dimensions
 * @elements: as many as the product of the dimensions
 *
 * Return: as lstate_set(); and as lstate_value_array().  Since 0.1.
 */
int lstate_set_array(struct lstate_session *session, const char *identifier,
		     enum lstate_element element, const uint32_t *shape,
		     size_t rank, const void *elements);

/* ======================================================================== */
/* Claims                                                                   */
/* ======================================================================== */

/**
 * enum lstate_claim_end - what happens to a variable when its claim ends
 * @LSTATE_CLAIM_END_NONE: nothing
 * @LSTATE_CLAIM_END_RESET: it gets the value that it was registered with
 * @LSTATE_CLAIM_END_DELETE: it is deleted
 * @LSTATE_CLAIM_END_WILL: it gets the will
 */
enum lstate_claim_end {
	LSTATE_CLAIM_END_NONE,
	LSTATE_CLAIM_END_RESET,
	LSTATE_CLAIM_END_DELETE,
	LSTATE_CLAIM_END_WILL,
};

/* lstate_claim_take(): wait until the claim is free, however long. */
#define LSTATE_FOREVER	(-1)

/**
 * lstate_claim_take - claim a variable: the exclusive right to change it
 * @session: the session
 * @identifier: which one
 * @on_end: what happens when the claim ends
 * @will: with LSTATE_CLAIM_END_WILL the value, of the variable's type; else NULL
 * @metadata: with LSTATE_CLAIM_END_WILL the metadata, as lstate_set(), may be NULL;
 *	else NULL
 * @timeout_ns: nanoseconds to wait if somebody else has it; 0 does not wait,
 *	LSTATE_FOREVER waits for ever
 *
 * From now on everybody else who changes or deletes the variable is refused with
 * -EBUSY.  The claim ends with lstate_claim_release(), with the session, however
 * the process dies, and with the variable.
 *
 * Errors:
 *
 * - -ENOENT: no such variable, or it was deleted while this waited
 * - -EBUSY: somebody else has it, and this does not wait; the error's limit is
 *   the pid of the holder
 * - -ETIMEDOUT: the same after waiting
 * - -EINTR: a signal came while this waited
 * - -EALREADY: this session has it
 * - -EDQUOT: the limit of claims of this user is reached, or there is no room for
 *   the bytes of the will
 * - -EROFS: the variable is read-only or to be written once, and the claim is to end
 *   with LSTATE_CLAIM_END_RESET or a will
 * - -EINVAL, -EILSEQ, -ERANGE: the will, as lstate_set() refuses it; or a will
 *   without LSTATE_CLAIM_END_WILL
 *
 * Return: 0 or a negative errno.  Since 0.1.
 */
int lstate_claim_take(struct lstate_session *session, const char *identifier,
		      enum lstate_claim_end on_end,
		      const struct lstate_value *will,
		      const struct lstate_metadata *metadata,
		      int64_t timeout_ns);

/**
 * lstate_claim_release - end a claim, and do what it was taken with
 * @session: the session that took it
 * @identifier: which variable
 *
 * Errors:
 *
 * - -ENOENT: no such variable, or this session has no claim on it
 * - -EINVAL: the identifier is neither a name nor an id
 *
 * Return: 0 or a negative errno.  Since 0.1.
 */
int lstate_claim_release(struct lstate_session *session,
			 const char *identifier);

/* ======================================================================== */
/* Getting                                                                  */
/* ======================================================================== */

/**
 * struct lstate_stamp - which state of a variable a value belongs to
 * @id: the variable's id
 * @version: its version
 * @changed_ns: when it was changed last, or registered
 * @pid: who did that, as the caller's pid namespace sees it; 0 if it does not
 * @uid: the effective uid of that process
 */
struct lstate_stamp {
	uint64_t id;
	uint64_t version;
	uint64_t changed_ns;
	pid_t pid;
	uid_t uid;
};

/**
 * lstate_get - read a variable
 * @session: the session
 * @identifier: which one
 * @value: gets the value; end it with lstate_value_clear()
 * @stamp: gets what belongs to that very value, may be NULL
 *
 * Errors:
 *
 * - -ENOENT: no such variable
 * - -EINVAL: the identifier is neither a name nor an id
 *
 * Return: 0 or a negative errno.  Since 0.1.
 */
int lstate_get(struct lstate_session *session, const char *identifier,
	       struct lstate_value *value, struct lstate_stamp *stamp);

/**
 * lstate_get_bool - read a variable of type bool
 * @session: the session
 * @identifier: which one
 * @b: gets the value
 *
 * Return: 0, -EINVAL also if the variable has another type, or as lstate_get().
 * Since 0.1.
 */
int lstate_get_bool(struct lstate_session *session, const char *identifier,
		    bool *b);

/**
 * lstate_get_int - read a variable of type int
 * @session: the session
 * @identifier: which one
 * @i: gets the value
 *
 * Return: as lstate_get_bool().  Since 0.1.
 */
int lstate_get_int(struct lstate_session *session, const char *identifier,
		   int64_t *i);

/**
 * lstate_get_uint - read a variable of type uint
 * @session: the session
 * @identifier: which one
 * @u: gets the value
 *
 * Return: as lstate_get_bool().  Since 0.1.
 */
int lstate_get_uint(struct lstate_session *session, const char *identifier,
		    uint64_t *u);

/**
 * lstate_get_float - read a variable of type float
 * @session: the session
 * @identifier: which one
 * @f: gets the value
 *
 * Return: as lstate_get_bool().  Since 0.1.
 */
int lstate_get_float(struct lstate_session *session, const char *identifier,
		     double *f);

/**
 * lstate_get_string - read a variable of type string or choice
 * @session: the session
 * @identifier: which one
 * @s: gets the text; end it with free()
 *
 * Return: as lstate_get_bool().  Since 0.1.
 */
int lstate_get_string(struct lstate_session *session, const char *identifier,
		      char **s);

/**
 * lstate_get_choice - read a variable of type choice
 * @session: the session
 * @identifier: which one
 * @s: gets the text; end it with free()
 *
 * Return: as lstate_get_bool().  Since 0.1.
 */
int lstate_get_choice(struct lstate_session *session, const char *identifier,
		      char **s);

/**
 * lstate_get_bytes - the value of a variable of type bytes
 * @session: the session
 * @identifier: the variable
 * @data: gets the bytes; free() them
 * @length: gets their number
 *
 * Return: 0 or a negative errno, as lstate_get_int().  Since 0.1.
 */
int lstate_get_bytes(struct lstate_session *session, const char *identifier,
		     void **data, size_t *length);

/**
 * lstate_get_array - the value of a variable of type array
 * @session: the session
 * @identifier: the variable
 * @value: gets the value, for lstate_value_as_array(); end it with
 *	lstate_value_clear()
 *
 * Return: 0 or a negative errno, as lstate_get_int().  Since 0.1.
 */
int lstate_get_array(struct lstate_session *session, const char *identifier,
		     struct lstate_value *value);

/* ======================================================================== */
/* All that is known of a variable                                          */
/* ======================================================================== */

/**
 * lstate_describe - read all that is known of a variable
 * @session: the session
 * @identifier: which one
 * @variable: gets it; end it with lstate_variable_free()
 *
 * The object is a picture of one moment; it does not follow the variable.
 *
 * Return: 0 or a negative errno, as lstate_get().  Since 0.1.
 */
int lstate_describe(struct lstate_session *session, const char *identifier,
		    struct lstate_variable **variable);

/**
 * lstate_list_open - begin to list variables
 * @session: the session; it must stay open as long as the list
 * @pattern: a glob pattern that the names must match; NULL lists all
 * @list: gets the list; end it with lstate_list_close()
 *
 * Return: 0 or -ENOMEM.  Since 0.1.
 */
int lstate_list_open(struct lstate_session *session, const char *pattern,
		     struct lstate_list **list);

/**
 * lstate_list_next - the next variable of a list
 * @list: the list
 * @variable: gets it; end it with lstate_variable_free()
 *
 * Variables come in the order of their ids, each once, and each is consistent
 * by itself.  What is registered or deleted meanwhile may or may not be there.
 * After a failure one may try again, and nothing is missed.
 *
 * Errors:
 *
 * - -EINVAL: the pattern is longer than 255 bytes
 *
 * Return: 1 with a variable, 0 at the end, or a negative errno.  Since 0.1.
 */
int lstate_list_next(struct lstate_list *list,
		     struct lstate_variable **variable);

/**
 * lstate_list_close - end a list
 * @list: the list, may be NULL; variables that came from it stay
 *
 * Since 0.1.
 */
void lstate_list_close(struct lstate_list *list);

/**
 * lstate_variable_free - end the description of a variable
 * @variable: the description, may be NULL; the variable itself stays
 *
 * Since 0.1.
 */
void lstate_variable_free(struct lstate_variable *variable);

/**
 * lstate_variable_id - its id
 * @variable: the description
 *
 * Return: the id.  Since 0.1.
 */
uint64_t lstate_variable_id(const struct lstate_variable *variable);

/**
 * lstate_variable_name - its name
 * @variable: the description
 *
 * Return: the name.  Since 0.1.
 */
const char *lstate_variable_name(const struct lstate_variable *variable);

/**
 * lstate_variable_type - its type
 * @variable: the description
 *
 * Return: the type.  Since 0.1.
 */
enum lstate_type lstate_variable_type(const struct lstate_variable *variable);

/**
 * lstate_variable_value - its value
 * @variable: the description
 *
 * Return: the value, never NULL.  Since 0.1.
 */
const struct lstate_value *
lstate_variable_value(const struct lstate_variable *variable);

/**
 * lstate_variable_version - its version
 * @variable: the description
 *
 * Return: the version: 0, or that of lstate_spec_set_restore(), and one more for each
 * change.  Since 0.1.
 */
uint64_t lstate_variable_version(const struct lstate_variable *variable);

/**
 * lstate_variable_created_ns - when it was registered
 * @variable: the description
 *
 * Return: CLOCK_MONOTONIC nanoseconds.  Since 0.1.
 */
uint64_t lstate_variable_created_ns(const struct lstate_variable *variable);

/**
 * lstate_variable_changed_ns - when it was changed last
 * @variable: the description
 *
 * Return: CLOCK_MONOTONIC nanoseconds; the time of registration if it was never
 * changed.  Since 0.1.
 */
uint64_t lstate_variable_changed_ns(const struct lstate_variable *variable);

/**
 * lstate_variable_pid - who changed or registered it last
 * @variable: the description
 *
 * Return: the process id, as the caller's pid namespace sees it; 0 if it does
 * not.  Since 0.1.
 */
pid_t lstate_variable_pid(const struct lstate_variable *variable);

/**
 * lstate_variable_uid - who changed or registered it last
 * @variable: the description
 *
 * Return: the effective uid of that process.  Since 0.1.
 */
uid_t lstate_variable_uid(const struct lstate_variable *variable);

/**
 * lstate_variable_is_read_only - whether it keeps its initial value
 * @variable: the description
 *
 * Return: whether it does.  Since 0.1.
 */
bool lstate_variable_is_read_only(const struct lstate_variable *variable);

/**
 * lstate_variable_is_write_once - whether it can be changed only once
 * @variable: the description
 *
 * Return: whether that is so; it is written if its version is not 0.  Since 0.1.
 */
bool lstate_variable_is_write_once(const struct lstate_variable *variable);

/**
 * lstate_variable_label - its label
 * @variable: the description
 *
 * Return: the label; "" if there is none.  Since 0.1.
 */
const char *lstate_variable_label(const struct lstate_variable *variable);

/**
 * lstate_variable_description - the sentence that says what it is
 * @variable: the description
 *
 * Return: the text; "" if there is none.  Since 0.1.
 */
const char *lstate_variable_description(const struct lstate_variable *variable);

/**
 * lstate_variable_metadata - its metadata
 * @variable: the description
 *
 * Return: the list, which ends with a NULL key; never NULL.  Since 0.1.
 */
const struct lstate_metadata *
lstate_variable_metadata(const struct lstate_variable *variable);

/**
 * lstate_variable_min - its minimum
 * @variable: the description
 *
 * Return: the smallest legal value; NULL if there is none.  Since 0.1.
 */
const struct lstate_value *
lstate_variable_min(const struct lstate_variable *variable);

/**
 * lstate_variable_max - its maximum
 * @variable: the description
 *
 * Return: the largest legal value; NULL if there is none.  Since 0.1.
 */
const struct lstate_value *
lstate_variable_max(const struct lstate_variable *variable);

/**
 * lstate_variable_step - its step
 * @variable: the description
 *
 * Return: the distance of the legal values; NULL if there is none.  Since 0.1.
 */
const struct lstate_value *
lstate_variable_step(const struct lstate_variable *variable);

/**
 * lstate_variable_min_length - its minimum length
 * @variable: the description
 *
 * Return: the least number of characters, or of bytes; -1 if there is no limit.
 * Since 0.1.
 */
int64_t lstate_variable_min_length(const struct lstate_variable *variable);

/**
 * lstate_variable_max_length - its maximum length
 * @variable: the description
 *
 * Return: the greatest number of characters, or of bytes; -1 if there is no limit.
 * Since 0.1.
 */
int64_t lstate_variable_max_length(const struct lstate_variable *variable);

/**
 * lstate_variable_pattern - the glob pattern that its value matches
 * @variable: the description
 *
 * Return: the pattern; NULL if there is none.  Since 0.1.
 */
const char *lstate_variable_pattern(const struct lstate_variable *variable);

/**
 * lstate_variable_choices - the texts of which its value is one
 * @variable: the description
 * @n: gets their number, may be NULL
 *
 * Return: an array that ends with NULL; NULL if it is no choice.  Since 0.1.
 */
const char *const *
lstate_variable_choices(const struct lstate_variable *variable, size_t *n);

/**
 * lstate_variable_element - what the elements of an array are
 * @variable: the variable
 *
 * Return: the element type; LSTATE_ELEMENT_NONE if it is no array.  Since 0.1.
 */
enum lstate_element
lstate_variable_element(const struct lstate_variable *variable);

/**
 * lstate_variable_rank - the number of dimensions that an array must have
 * @variable: the variable
 *
 * Return: the number, -1 if any will do.  Since 0.1.
 */
int lstate_variable_rank(const struct lstate_variable *variable);

/**
 * lstate_variable_shape - the shape that an array must have
 * @variable: the variable
 *
 * Return: lstate_variable_rank() dimensions, NULL if any will do.  Since 0.1.
 */
const uint32_t *lstate_variable_shape(const struct lstate_variable *variable);

/**
 * lstate_variable_is_finite - must the elements of an array be finite?
 * @variable: the variable
 *
 * Return: true if no element may be infinite or NaN.  Since 0.1.
 */
bool lstate_variable_is_finite(const struct lstate_variable *variable);

/* ======================================================================== */
/* Watching                                                                 */
/* ======================================================================== */

/**
 * lstate_watch_options_new - begin the options of a watch
 * @options: gets the defaults; end it with lstate_watch_options_free()
 *
 * Return: 0 or -ENOMEM.  Since 0.1.
 */
int lstate_watch_options_new(struct lstate_watch_options **options);

/**
 * lstate_watch_options_free - end the options of a watch
 * @options: the options, may be NULL; watches made with them stay
 *
 * Since 0.1.
 */
void lstate_watch_options_free(struct lstate_watch_options *options);

/**
 * lstate_watch_options_set_initial - begin with the present values
 * @options: the options
 * @initial: true: each variable's present value comes first, as an event with
 *	cause LSTATE_CAUSE_INITIAL and without old value, then one
 *	LSTATE_EVENT_SYNC.  No later change is missed or comes twice.
 *	Default: false
 *
 * Since 0.1.
 */
void lstate_watch_options_set_initial(struct lstate_watch_options *options,
				      bool initial);

/**
 * typedef lstate_snapshot_fn - what a new watch starts from
 * @identifier: the target as it was given to lstate_watch_add()
 * @variable: the variable, with its value and version; ends when this returns
 * @user_data: as it was given to lstate_watch_options_set_snapshot()
 *
 * Called by lstate_watch_add() alone.  It may call everything of this library but
 * lstate_watch_remove() on the new watch, and functions that close the session.
 */
typedef void (*lstate_snapshot_fn)(const char *identifier,
				   const struct lstate_variable *variable,
				   void *user_data);

/**
 * lstate_watch_options_set_snapshot - get the present values from lstate_watch_add()
 * @options: the options
 * @callback: called for each variable before lstate_watch_add() returns, once the
 *	watch is made; NULL: no snapshot, as is the default
 * @user_data: handed to @callback
 *
 * As an alternative to lstate_watch_options_set_initial(), with which it excludes
 * itself: nothing has to be dispatched before the values are known.  They are whole,
 * and there is one for each variable, whatever the filter says.  Each is of the moment
 * from which on the variable is watched: its events have higher versions than
 * lstate_variable_version(), and none is missing.
 *
 * Since 0.1.
 */
void lstate_watch_options_set_snapshot(struct lstate_watch_options *options,
				       lstate_snapshot_fn callback,
				       void *user_data);

/**
 * lstate_watch_options_set_allow_missing - watch names that do not exist yet
 * @options: the options
 * @allow_missing: true: a name that no variable has is waited for: its first
 *	event is LSTATE_EVENT_CREATED.  An ``@id`` must exist all the same, and a
 *	pattern always may match nothing.  Default: false
 *
 * With a filter there must be one variable, see lstate_watch_options_set_filter().
 *
 * Since 0.1.
 */
void lstate_watch_options_set_allow_missing(struct lstate_watch_options *options,
					    bool allow_missing);

/**
 * lstate_watch_options_set_no_self - only what others do
 * @options: the options
 * @no_self: true: what is done through the session object that watches is not
 *	told: sets, batches, registrations, removals, and what the end of a claim
 *	does that lstate_claim_release() ends.  Another session object counts as
 *	another one, also if it is of the same process.  Such changes and
 *	removals count as filtered, and a filter that compares with the value
 *	last reported goes on with that.  Default: false
 *
 * Since 0.1.
 */
void lstate_watch_options_set_no_self(struct lstate_watch_options *options,
				      bool no_self);

/**
 * lstate_watch_options_set_conflate - only the latest
 * @options: the options
 * @conflate: true: of each variable one event waits at most.  Later changes are
 *	merged into it until it is read: the old value is the one before the first
 *	of them, the new value that of the last, and lstate_event_merged() says
 *	how many came in between.  It takes no room in the queue; its order with
 *	events of other watches of the session object is not told.  It never is
 *	the end of a transaction.  Default: false
 *
 * Since 0.1.
 */
void lstate_watch_options_set_conflate(struct lstate_watch_options *options,
				       bool conflate);

/**
 * lstate_watch_options_set_inline_limit - how much an event carries
 * @options: the options
 * @bytes: bytes of old value, new value and metadata together, 16 to
 *	LSTATE_INFO_INLINE_MAX; 0 takes LSTATE_INFO_INLINE_DEFAULT, as is the
 *	default.  What exceeds it is cut: the metadata first, then the old
 *	value, then the new one.
 *
 * Since 0.1.
 */
void lstate_watch_options_set_inline_limit(struct lstate_watch_options *options,
					   uint32_t bytes);

/**
 * lstate_watch_options_set_fetch - get new values that were cut
 * @options: the options
 * @fetch: true: a new value that was cut is read by lstate_get() before the
 *	callback is called.  If the variable was changed again meanwhile that is
 *	a later value, see lstate_event_value_version(); if it is gone, the cut
 *	value stays.  Default: false
 *
 * Since 0.1.
 */
void lstate_watch_options_set_fetch(struct lstate_watch_options *options,
				    bool fetch);

/**
 * lstate_watch_options_set_filter - want only some of the changes
 * @options: the options
 * @expression: which, as lstate-filter(7) says it, for instance
 *	``abs(new - old) > 1 || new >= 30``; copied.  NULL wants all again, as is the
 *	default.
 * @error: gets the error, end it with lstate_error_free(); may be NULL
 *
 * The kernel asks the filter before it queues anything: what it holds back wakes
 * nobody, and is counted by lstate_watch_stat_read().  An event of cause
 * LSTATE_CAUSE_INITIAL passes through it; LSTATE_EVENT_CREATED, LSTATE_EVENT_DELETED,
 * LSTATE_EVENT_SYNC and LSTATE_EVENT_LOST always come.
 *
 * Here it is only seen whether the expression is one.  Numbers in it are of the
 * type of the variables, which lstate_watch_add() asks for: it fails with -EINVAL
 * and LSTATE_FIELD_FILTER if the expression makes no sense for one of them, or if
 * there is none yet, though targets may be missing; ``old != new``, which has no
 * numbers and no texts, needs none.  A variable that is registered
 * later with a type that the expression does not suit is always told.
 *
 * Errors: -EINVAL (LSTATE_FIELD_FILTER; the message names the column), -ENOMEM.
 * Then the options are as they were.
 *
 * Return: 0 or a negative errno.  Since 0.1.
 */
int lstate_watch_options_set_filter(struct lstate_watch_options *options,
				    const char *expression,
				    struct lstate_error **error);

struct localstate_filter;	/* of <linux/localstate.h>: terms as the kernel has them */

/**
 * lstate_filter_format - a filter of the kernel as an expression
 * @filter: its terms, which WATCH has taken or a dump by generic netlink shows;
 *	the texts in them are as long as they say
 * @buffer: gets the expression, with a NUL, as far as it fits; may be NULL if
 *	@size is 0
 * @size: bytes at @buffer
 *
 * From the expression lstate_watch_options_set_filter() makes terms that say the
 * same, for a variable of the same type.  Some terms that the kernel takes are none
 * of lstate-filter(7): a range that leaves out one of its two ends, and
 * texts with both kinds of quotes.  What is written for these, ``>10..20`` or
 * ``$'it\x27s'``, is for people, and never a valid expression.
 *
 * Errors: -EINVAL (no terms, or of a kind that this library does not know), -ENOMEM.
 *
 * Return: the expression's length without its NUL, be @size large enough or not, or
 * a negative errno.  Since 0.1.
 */
int lstate_filter_format(const struct localstate_filter *filter, char *buffer,
			 size_t size);

/**
 * typedef lstate_filter_fn - a filter of the program's own
 * @old_value: as lstate_watch_fn
 * @new_value: as lstate_watch_fn
 * @user_data: as it was given to lstate_watch_options_set_callback_filter()
 *
 * It may call what an lstate_watch_fn may call.
 *
 * Return: 0: the change is not wanted; positive: it is; negative: the filter failed,
 * and the change is told.
 */
typedef int (*lstate_filter_fn)(const struct lstate_value *old_value,
				const struct lstate_value *new_value,
				void *user_data);

/**
 * lstate_watch_options_set_callback_filter - want only changes that a function wants
 * @options: the options
 * @filter: the function, for what no expression can say; NULL wants all again, as is
 *	the default
 * @user_data: handed to @filter; it has to live until the watch has another filter of the
 *	program's, or is gone
 *
 * It is asked by lstate_session_dispatch() and lstate_event_next() about each event of
 * kind LSTATE_EVENT_CHANGED, those of cause LSTATE_CAUSE_INITIAL included, that the
 * expression has let pass, if there is one.  By then the kernel has queued the event
 * and woken the program: an expression costs less.
 *
 * Since 0.1.
 */
void lstate_watch_options_set_callback_filter(struct lstate_watch_options *options,
					      lstate_filter_fn filter,
					      void *user_data);

/**
 * lstate_watch_options_set_interval - want each variable at most once in a while
 * @options: the options
 * @interval_ms: milliseconds between two changes of one variable that are told; 0: they
 *	are told as they come, as is the default
 *
 * The first change is told at once.  Those that come within the interval behind it are
 * made one, which is told when it is over: its new value is the latest, its old value
 * the first that was not told, and lstate_event_merged() counts the others.  So the
 * last value always follows.  An lstate_watch_options_set_callback_filter() is asked
 * about each of them before.  What is held when the variable is deleted becomes part
 * of LSTATE_EVENT_DELETED; what is held when the session ends is told before that.
 * Events that are no changes come at once, as do those of cause LSTATE_CAUSE_INITIAL.
 * No event of such a watch is the end of a transaction: lstate_event_is_end().
 *
 * The kernel queues each change all the same, and the library holds it: a program in a
 * loop of its own polls lstate_session_poll_fd().
 *
 * Since 0.1.
 */
void lstate_watch_options_set_interval(struct lstate_watch_options *options,
				       uint32_t interval_ms);

/**
 * lstate_watch_options_set_heartbeat - want to hear something now and then
 * @options: the options
 * @heartbeat_ms: milliseconds of silence after which the watch gets an
 *	LSTATE_EVENT_HEARTBEAT, which is about no variable; again after as many more.
 *	0: never, as is the default
 *
 * Since 0.1.
 */
void lstate_watch_options_set_heartbeat(struct lstate_watch_options *options,
					uint32_t heartbeat_ms);

/**
 * typedef lstate_watch_fn - what a watch calls
 * @identifier: the target as it was given to lstate_watch_add(): a name, an
 *	``@id`` or a pattern; "" for LSTATE_EVENT_SYNC, LSTATE_EVENT_SESSION_END and
 *	LSTATE_EVENT_HEARTBEAT, which are about no variable
 * @old_value: the value before this change, or before the first of the changes
 *	that were merged; NULL if there is none (created, initial)
 * @new_value: the value after it; the last one of a deleted variable; NULL if
 *	there is none (sync, lost, session end, heartbeat)
 * @metadata: the metadata of this change; ends with a NULL key; never NULL
 * @event: the rest, for the functions lstate_event_*()
 * @user_data: as it was given to lstate_watch_add()
 *
 * Called by lstate_session_dispatch() and by nothing else.  All that it is given
 * lives until it returns; lstate_value_copy() makes a value last.  It may call
 * everything of this library but lstate_session_dispatch() and lstate_event_next() on
 * its session.
 */
typedef void (*lstate_watch_fn)(const char *identifier,
				const struct lstate_value *old_value,
				const struct lstate_value *new_value,
				const struct lstate_metadata *metadata,
				const struct lstate_event *event,
				void *user_data);

/**
 * lstate_watch_add - ask to be told of changes
 * @session: the session
 * @targets: array of identifiers, copied.  A target by name goes on with the
 *	next variable of that name after the first was deleted.  One with a ``*``,
 *	``?``, ``[`` or ``\`` is a glob pattern, as lstate_list_open() takes it: all
 *	variables whose names match, now and later; lstate_event_name() tells
 *	which one an event is about
 * @n: their number, 1 to LSTATE_INFO_MAX_TARGETS
 * @options: how; NULL takes the defaults
 * @callback: called for each event; NULL if lstate_event_next() takes them
 * @user_data: handed to @callback
 * @destructor: called exactly once with @user_data when the watch is gone and neither
 *	@callback nor its filter runs; may be NULL.  If this function fails there was no
 *	watch, and it is not called: @user_data is the caller's still
 * @watch: gets the watch, may be NULL.  It belongs to the session, which removes
 *	it when it is closed; lstate_watch_remove() does so before
 *
 * All or nothing: if a target fails nothing is watched, and lstate_error_count()
 * and lstate_error_index() tell all that failed.  A variable that is named twice
 * is watched once, under the first identifier.  Changes that are made after
 * this function returned are told; those before are not.
 *
 * Errors:
 *
 * - -ENOENT: a variable does not exist
 * - -EINVAL: an identifier is neither a name nor an id nor a pattern, @n is out of bounds, or
 *   the inline limit is, or the present values are wanted as events and as a snapshot
 * - -EDQUOT: a limit of this user is reached, or the patterns match more than
 *   LSTATE_INFO_MAX_TARGETS variables
 *
 * With several failing targets it is the errno of the first.
 *
 * Return: 0 or a negative errno.  Since 0.1.
 */
int lstate_watch_add(struct lstate_session *session,
		     const char *const *targets, size_t n,
		     const struct lstate_watch_options *options,
		     lstate_watch_fn callback, void *user_data,
		     void (*destructor)(void *user_data),
		     struct lstate_watch **watch);

/**
 * lstate_watch_change - give a watch another filter and other options
 * @watch: the watch
 * @options: how it is to be from now on; NULL takes the defaults: all changes
 *
 * Of the options it takes filters, inline limit, fetch, interval, heartbeat, and
 * whether it is told of what its own session object does.  The inline limit may be at
 * most what the watch was made with, 0 leaves it as it is.  The other options stay as
 * they are, and have to be left alone in @options.
 *
 * For each variable there is one moment at which it happens: the changes before it
 * are judged by the old options, those after it by the new ones, and when the function
 * returns it has been.  What a filter remembers of a variable (the last value that
 * passed, the side of a range) is told anew from the value of that moment.
 * A callback filter judges from then on all that was not handed out yet, but for what an
 * interval holds, which was judged before.  Callback, ref, targets, counters and what is
 * queued stay as they are.
 *
 * Errors; the watch is as it was then:
 *
 * - -EDQUOT: this user has no room for the texts of the filter
 * - -EINVAL: the filter makes no sense for a variable (LSTATE_FIELD_FILTER), the
 *   inline limit is out of bounds (LSTATE_FIELD_INLINE_LIMIT), or an option is only
 *   for making a watch (LSTATE_FIELD_FLAGS)
 * - -ENOMEM, -ESHUTDOWN
 *
 * Return: 0 or a negative errno.  Since 0.1.
 */
int lstate_watch_change(struct lstate_watch *watch,
			const struct lstate_watch_options *options);

/**
 * lstate_watch_flush - do not wait for the end of an interval
 * @watch: the watch
 *
 * What an interval holds back of it is due now, as if its time had passed: the next
 * lstate_session_dispatch() or lstate_event_next() tells it.  What waits in the queue
 * was not read yet, and is no part of it.  Nothing happens to a watch without an interval.
 *
 * Since 0.1.
 */
void lstate_watch_flush(struct lstate_watch *watch);

/**
 * lstate_watch_remove - end a watch
 * @watch: the watch, may be NULL
 *
 * After this its callback is never called again, whatever was queued.  It may be
 * called inside any callback, its own included: then the destructor runs right
 * after that callback returned, else before this function returns.
 *
 * Since 0.1.
 */
void lstate_watch_remove(struct lstate_watch *watch);

/**
 * lstate_watch_bind_pidfd - let a watch end with a process
 * @watch: the watch
 * @pidfd: a descriptor of the process, as pidfd_open(2) gives it; it need not be a
 *	child, and the caller may close it
 *
 * When the process exits the watch ends, as by lstate_watch_remove(): in
 * lstate_session_dispatch() or lstate_event_next(), after the events that these have
 * read; what the kernel still has, or an interval holds, is told no more.  The destructor
 * tells that it happened.  Another call takes another process instead.
 *
 * A program in a loop of its own polls lstate_session_poll_fd().
 *
 * Errors: -EBADF (that is no pidfd), and those of epoll_ctl(2).  Then the watch is as it
 * was.
 *
 * Return: 0 or a negative errno.  Since 0.1.
 */
int lstate_watch_bind_pidfd(struct lstate_watch *watch, int pidfd);

/**
 * lstate_watch_next - iterate over the watches of a session
 * @session: the session
 * @watch: the watch before; NULL starts
 *
 * Return: the next watch in the order of their refs; NULL at the end.
 * Since 0.1.
 */
struct lstate_watch *lstate_watch_next(const struct lstate_session *session,
				       const struct lstate_watch *watch);

/**
 * lstate_watch_ref - number of a watch
 * @watch: the watch
 *
 * Return: its number, unique in its session object, by which the kernel's own
 * lists name it.  Since 0.1.
 */
uint32_t lstate_watch_ref(const struct lstate_watch *watch);

/**
 * lstate_watch_targets - what a watch asked for
 * @watch: the watch
 * @n: gets their number, may be NULL
 *
 * Return: the identifiers as they were given, an array that ends with NULL.
 * Since 0.1.
 */
const char *const *lstate_watch_targets(const struct lstate_watch *watch,
					size_t *n);

/**
 * struct lstate_watch_stat - a watch's state and counters
 * @created_ns: when it was made
 * @n_targets: number of its targets
 * @n_links: variables that it watches now, and deleted ones of which it was not
 *	told yet
 * @inline_limit: bytes that its events carry
 * @initial: it began with the present values
 * @allow_missing: it waits for names that were missing
 * @no_self: it is not told of what its own session object does
 * @conflate: it is told of the latest alone
 * @queued: events that wait in the kernel
 * @delivered: events that were taken from the kernel
 * @events: changes and deletions that became an event of their own
 * @merged: changes and deletions that were merged into a waiting event
 * @filtered: changes that a filter held back, and changes and deletions of its own
 *	that it did not want
 * @reserved: 0
 *
 * @events + @merged + @filtered is the number of changes and deletions of its
 * variables since it watches them.
 */
struct lstate_watch_stat {
	uint64_t created_ns;
	uint32_t n_targets;
	uint32_t n_links;
	uint32_t inline_limit;
	bool initial;
	bool allow_missing;
	bool no_self;
	bool conflate;
	uint64_t queued;
	uint64_t delivered;
	uint64_t events;
	uint64_t merged;
	uint64_t filtered;
	uint64_t reserved[8];
};

/**
 * lstate_watch_stat_read - read a watch's state and counters
 * @watch: the watch
 * @stat: gets them
 *
 * Errors: -ESHUTDOWN (the session has ended), -ENOENT (the kernel has no such watch any
 * more).
 *
 * Return: 0 or a negative errno, then lstate_session_error() of its session
 * tells more.  Since 0.1.
 */
int lstate_watch_stat_read(const struct lstate_watch *watch,
			   struct lstate_watch_stat *stat);

/* lstate_condition_wait(): wait for the variable, too. */
#define LSTATE_CONDITION_ALLOW_MISSING	(1U << 0)

/**
 * lstate_condition_wait - wait until a condition on a variable holds
 * @session: the session; it has a name, and grants this user the right to read
 * @condition: which, as lstate-filter(7) says it, for instance ``temp > 30``,
 *	``state == 'ready'``, ``n in 10..20`` or ``@42 != 0``
 * @flags: 0, or LSTATE_CONDITION_ALLOW_MISSING: a name that no variable has, or has
 *	no longer, is waited for; a value of it that is too long for an event counts only
 *	if it is still there when it is asked for
 * @timeout_ms: milliseconds to wait at most; 0 only looks, -1 waits for ever
 * @value: gets the value that fulfilled it; end it with lstate_value_clear(); may
 *	be NULL.  One that is too long for an event may be a later one
 * @stamp: gets where that comes from; may be NULL
 *
 * It is fulfilled at once if the present value does so; else by the first later
 * one that does, however short: no value comes between unseen.  That it held is all
 * that can be said: it may have changed again.
 *
 * This opens the session once more, and calls no callback: the watches of @session
 * go on, and their events wait for lstate_session_dispatch().  It may be called
 * inside a callback.
 *
 * Errors:
 *
 * - -ETIMEDOUT: it did not hold within the time
 * - -ENOENT: no such variable, or it was deleted; not with ALLOW_MISSING, but for an
 *   ``@id``
 * - -EINVAL: the condition is none, or makes no sense for the variable
 *   (LSTATE_FIELD_FILTER; the message names the column); unknown flags
 * - -EINTR: a signal was handled
 * - -ESHUTDOWN: the session has ended
 * - -EOPNOTSUPP: the session is private: nobody can open it once more
 * - -EACCES, -EDQUOT, -ENOMEM: as lstate_session_open() and lstate_watch_add()
 *
 * Return: 0 or a negative errno.  Since 0.1.
 */
int lstate_condition_wait(struct lstate_session *session,
			  const char *condition, unsigned int flags,
			  int timeout_ms, struct lstate_value *value,
			  struct lstate_stamp *stamp);

/* ======================================================================== */
/* Events                                                                   */
/* ======================================================================== */

/**
 * enum lstate_event_kind - what an event tells
 * @LSTATE_EVENT_CHANGED: the value changed; with cause INITIAL: this is the
 *	value that the watch starts from
 * @LSTATE_EVENT_CREATED: a variable of a watched name was registered
 * @LSTATE_EVENT_DELETED: the variable is gone; the new value is the last it had
 * @LSTATE_EVENT_SYNC: all initial events of the watch came before this
 * @LSTATE_EVENT_LOST: a variable of a watched name was registered but cannot be
 *	watched: a limit is reached or memory is out; add a watch again to get it
 * @LSTATE_EVENT_SESSION_END: the session was destroyed: the last event
 * @LSTATE_EVENT_HEARTBEAT: nothing else was told for so long, see
 *	lstate_watch_options_set_heartbeat(); made by the library
 *
 * More kinds may come; a callback must expect numbers that it does not know.
 */
enum lstate_event_kind {
	LSTATE_EVENT_CHANGED = 1,
	LSTATE_EVENT_CREATED,
	LSTATE_EVENT_DELETED,
	LSTATE_EVENT_SYNC,
	LSTATE_EVENT_LOST,
	LSTATE_EVENT_SESSION_END,
	LSTATE_EVENT_HEARTBEAT = 128,
};

/**
 * enum lstate_event_cause - why it happened
 * @LSTATE_CAUSE_SET: a call that concerned this variable alone
 * @LSTATE_CAUSE_BATCH: a call that concerned several variables
 * @LSTATE_CAUSE_INITIAL: the watch was made
 * @LSTATE_CAUSE_RELEASE: a claim ended
 */
enum lstate_event_cause {
	LSTATE_CAUSE_SET = 1,
	LSTATE_CAUSE_BATCH,
	LSTATE_CAUSE_INITIAL,
	LSTATE_CAUSE_RELEASE,
};

/**
 * lstate_event_kind_name - name of a kind
 * @kind: the kind
 *
 * Return: "changed", "created", "deleted", "sync", "lost", "session_end", "heartbeat";
 * "unknown" for others.  Since 0.1.
 */
const char *lstate_event_kind_name(enum lstate_event_kind kind);

/**
 * lstate_event_cause_name - name of a cause
 * @cause: the cause
 *
 * Return: "set", "batch", "initial", "release"; "unknown" for others.
 * Since 0.1.
 */
const char *lstate_event_cause_name(enum lstate_event_cause cause);

/**
 * lstate_event_next - wait for the next event and take it
 * @session: the session
 * @timeout_ms: milliseconds to wait at most; 0 does not wait, -1 waits for ever
 * @event: gets the event, which lives until the next call of this function or of
 *	lstate_session_dispatch() on @session, or until that is closed
 *
 * For programs that have nothing else to wait for::
 *
 *	while (lstate_event_next(s, -1, &event) > 0)
 *		...
 *
 * It takes the events of all watches of the session, in the order of the queue, and
 * calls none of their callbacks.  When the session has ended, one
 * LSTATE_EVENT_SESSION_END comes, of which lstate_event_watch() is NULL.
 *
 * Some events are read ahead.  A program that also polls the descriptor has to call
 * this with a timeout of 0 until it returns 0 before it polls; lstate_session_wait()
 * knows of them.  A watch may be removed while the program has an event of it: then
 * its destructor is called when that event ends.
 *
 * Errors: those of lstate_session_wait() and lstate_session_dispatch().  -ESHUTDOWN is also
 * what it returns when a filter or a destructor of the program has closed the session
 * meanwhile: then the session is gone, and has no error to ask for.
 *
 * Return: 1; 0: there was none within the time, or as many as the queue holds and wanted
 * by nobody (a callback filter, an interval), and some may still wait; or a negative
 * errno.  Since 0.1.
 */
int lstate_event_next(struct lstate_session *session, int timeout_ms,
		      const struct lstate_event **event);

/**
 * lstate_event_kind - what the event tells
 * @event: the event
 *
 * Return: the kind.  Since 0.1.
 */
enum lstate_event_kind lstate_event_kind(const struct lstate_event *event);

/**
 * lstate_event_cause - why it happened
 * @event: the event
 *
 * Return: the cause.  Since 0.1.
 */
enum lstate_event_cause lstate_event_cause(const struct lstate_event *event);

/**
 * lstate_event_watch - the watch that was told
 * @event: the event
 *
 * Return: the watch; NULL of an LSTATE_EVENT_SESSION_END that lstate_event_next() gave.
 * Since 0.1.
 */
struct lstate_watch *lstate_event_watch(const struct lstate_event *event);

/**
 * lstate_event_target - which target of the watch it is about
 * @event: the event
 *
 * Return: the index in the list given to lstate_watch_add(); 0 for SYNC,
 * SESSION_END and HEARTBEAT.  Since 0.1.
 */
size_t lstate_event_target(const struct lstate_event *event);

/**
 * lstate_event_identifier - the target as it was given
 * @event: the event
 *
 * Return: what the callback gets as its identifier: "" for SYNC, SESSION_END and
 * HEARTBEAT.  Since 0.1.
 */
const char *lstate_event_identifier(const struct lstate_event *event);

/**
 * lstate_event_name - the name of the variable
 * @event: the event
 *
 * Return: the name, also if the target was an ``@id`` or a pattern.  With a pattern
 * the kernel is asked for it at the variable's first event: if the variable is gone
 * by then it is ``@`` and the id.  "" for SYNC, SESSION_END and HEARTBEAT; the target
 * for LOST.  Since 0.1.
 */
const char *lstate_event_name(const struct lstate_event *event);

/**
 * lstate_event_id - the id of the variable
 * @event: the event
 *
 * Return: the id; 0 for SYNC, LOST, SESSION_END and HEARTBEAT.  Since 0.1.
 */
uint64_t lstate_event_id(const struct lstate_event *event);

/**
 * lstate_event_version - the variable's version after the change
 * @event: the event
 *
 * Return: the version.  Since 0.1.
 */
uint64_t lstate_event_version(const struct lstate_event *event);

/**
 * lstate_event_value_version - the version that the new value belongs to
 * @event: the event
 *
 * Return: lstate_event_version(), or a later one if the new value was fetched,
 * see lstate_watch_options_set_fetch().  Since 0.1.
 */
uint64_t lstate_event_value_version(const struct lstate_event *event);

/**
 * lstate_event_sequence - place of the event in its queue
 * @event: the event
 *
 * Return: a number that grows from event to event of a session, and may skip.
 * Since 0.1.
 */
uint64_t lstate_event_sequence(const struct lstate_event *event);

/**
 * lstate_event_transaction - the transaction that the change was part of
 * @event: the event
 *
 * Return: its number; 0 if there is none.  Since 0.1.
 */
uint64_t lstate_event_transaction(const struct lstate_event *event);

/**
 * lstate_event_is_end - whether all transactions so far have been told whole
 * @event: the event
 *
 * The events of a transaction come one after another, and this is so of the last
 * one.  Where events have waited for room in the queue and were merged, it is so
 * of the one behind which none waits any more, whatever that tells of.
 *
 * Return: whether it is so.  Since 0.1.
 */
bool lstate_event_is_end(const struct lstate_event *event);

/**
 * lstate_event_merged - changes that the event stands for besides its own
 * @event: the event
 *
 * Return: how many further changes came while the event waited: for room in the
 * queue, to be read (lstate_watch_options_set_conflate()), or for an interval to be
 * over.  Since 0.1.
 */
uint32_t lstate_event_merged(const struct lstate_event *event);

/**
 * lstate_event_time_ns - when the change was made
 * @event: the event
 *
 * Return: CLOCK_MONOTONIC nanoseconds.  Since 0.1.
 */
uint64_t lstate_event_time_ns(const struct lstate_event *event);

/**
 * lstate_event_pid - who made the change
 * @event: the event
 *
 * Return: the process id, as the pid namespace sees it in which the session was
 * opened; 0 if it does not.  Since 0.1.
 */
pid_t lstate_event_pid(const struct lstate_event *event);

/**
 * lstate_event_uid - who made the change
 * @event: the event
 *
 * Return: the effective uid of that process.  Since 0.1.
 */
uid_t lstate_event_uid(const struct lstate_event *event);

/**
 * lstate_event_old - the value before
 * @event: the event
 *
 * Return: what the callback gets as old value, may be NULL.  Since 0.1.
 */
const struct lstate_value *lstate_event_old(const struct lstate_event *event);

/**
 * lstate_event_new - the value after
 * @event: the event
 *
 * Return: what the callback gets as new value, may be NULL.  Since 0.1.
 */
const struct lstate_value *lstate_event_new(const struct lstate_event *event);

/**
 * lstate_event_metadata - the metadata of the change
 * @event: the event
 *
 * Return: what the callback gets as metadata, never NULL.  Since 0.1.
 */
const struct lstate_metadata *
lstate_event_metadata(const struct lstate_event *event);

/*
 * lstate_event_truncated(): what exceeded the inline limit and was cut: texts at a
 * character, bytes anywhere, arrays between elements or before their head.
 */
#define LSTATE_TRUNCATED_OLD		(1U << 0)	/* the old value */
#define LSTATE_TRUNCATED_NEW		(1U << 1)	/* the new value */
#define LSTATE_TRUNCATED_METADATA	(1U << 2)	/* the metadata, whole entries */

/**
 * lstate_event_truncated - what of the event was cut
 * @event: the event
 *
 * Return: bits LSTATE_TRUNCATED_*; 0 if the event is whole.  Since 0.1.
 */
unsigned int lstate_event_truncated(const struct lstate_event *event);

/**
 * lstate_event_old_length - bytes that the whole old value has
 * @event: the event
 *
 * Return: the bytes of a text, of bytes, or of an array with its head, before it was
 * cut; 0 for other types.  Since 0.1.
 */
size_t lstate_event_old_length(const struct lstate_event *event);

/**
 * lstate_event_new_length - bytes that the whole new value has
 * @event: the event
 *
 * Return: the bytes of a text, of bytes, or of an array with its head, before it was
 * cut; 0 for other types.  Since 0.1.
 */
size_t lstate_event_new_length(const struct lstate_event *event);

/* ------------------------------------------------------------------------
 * Export and import.  These need json-c, which a static program then links.
 * ------------------------------------------------------------------------ */

/**
 * lstate_export_open - begin to write a session as JSON
 * @session: the session, which must stay open meanwhile
 * @pattern: glob pattern of the names, or NULL for all
 * @exporting: gets the export; end it with lstate_export_close()
 *
 * The text is one object, {"localstate":1,"variables":[...]}, with a line for
 * each variable in the order of the ids: id, version, name, type, label,
 * description, constraints, metadata and value, those that there are.  The same
 * variables always give the same bytes.  It is not a snapshot: each variable is
 * consistent by itself.
 *
 * Return: 0 or -ENOMEM.  Since 0.1.
 */
int lstate_export_open(struct lstate_session *session, const char *pattern,
		       struct lstate_export **exporting);

/**
 * lstate_export_next - the next part of the text
 * @exporting: the export
 * @data: gets the text, which lives until the next call; not NUL-terminated
 * @length: gets its bytes
 *
 * A part is a variable at most, so that memory does not grow with their number.
 *
 * Return: 1; 0 at the end; or a negative errno, as lstate_list_next(): then
 * lstate_session_error() of the session tells more.  Since 0.1.
 */
int lstate_export_next(struct lstate_export *exporting, const char **data,
		       size_t *length);

/**
 * lstate_export_close - end an export
 * @exporting: the export, may be NULL
 *
 * Since 0.1.
 */
void lstate_export_close(struct lstate_export *exporting);

/* lstate_import(): flags. */
#define LSTATE_IMPORT_DRY_RUN	(1U << 0)	/* change nothing, only report */
#define LSTATE_IMPORT_ATOMIC	(1U << 1)	/* all entries or none */
#define LSTATE_IMPORT_DECLARE	(1U << 2)	/* register what is missing; set nothing */

/**
 * enum lstate_import_status - what became of an entry, or would become of it
 * @LSTATE_IMPORT_CREATED: the variable was made
 * @LSTATE_IMPORT_CHANGED: it was there, and got the value
 * @LSTATE_IMPORT_EQUAL: it was there, and had the value
 * @LSTATE_IMPORT_REFUSED: nothing was done: the reason says why
 */
enum lstate_import_status {
	LSTATE_IMPORT_CREATED,
	LSTATE_IMPORT_CHANGED,
	LSTATE_IMPORT_EQUAL,
	LSTATE_IMPORT_REFUSED,
};

/**
 * lstate_import_status_name - "created", "changed", "equal" or "refused"
 * @status: the status
 *
 * Return: never NULL.  Since 0.1.
 */
const char *lstate_import_status_name(enum lstate_import_status status);

/**
 * typedef lstate_import_fn - hears of each entry of an import
 * @name: the variable's name
 * @status: what became of it
 * @line: where the entry begins in the file, from 1
 * @reason: a sentence that begins with the name if it was refused, else NULL
 * @user_data: what was given to lstate_import()
 *
 * All that it is given lives until it returns.
 */
typedef void (*lstate_import_fn)(const char *name,
				 enum lstate_import_status status,
				 uint64_t line, const char *reason,
				 void *user_data);

/**
 * lstate_import - bring the variables of a file into a session
 * @session: the session, with the rights to read and to write
 * @fd: what lstate_export_next() has written, from where the descriptor stands;
 *	what cannot be read again, a pipe say, is kept in memory
 * @flags: LSTATE_IMPORT_*
 * @report: is called for each entry, in the order of the file; may be NULL
 * @user_data: for @report
 *
 * Of an entry name and type are necessary.  A file that is no JSON, has unknown
 * members, values of the wrong type, or a name or id twice is refused as a
 * whole: -EBADMSG, with the line in the message, and nothing is changed.
 *
 * A session that has no variables, and has never given an id by itself, gets
 * those of the file with their ids and versions.  Otherwise what is missing is
 * registered anew, and what is there gets value and metadata of the file if
 * type, constraints, label and description are the same; else that entry is
 * refused.  Metadata come with a change of the value only, and keys that it has
 * beside those of the file stay.
 *
 * With ATOMIC the kernel is asked first of every entry whether it would do, and if
 * one is refused nothing is done.  Then what is missing is registered, and at last
 * all that was there is set in one transaction, if it is still as it was when it was
 * looked at; at most 1024 variables (-EINVAL).  If that or anything before fails,
 * because another process has interfered or a limit is reached, no value has changed,
 * and what was registered is deleted again; -EUCLEAN if that cannot be, because
 * another process has claimed it.  Others see variables come and go meanwhile.
 * Nothing is reported before all is decided, but refusals.
 *
 * With DECLARE the file says what there has to be: ids, versions, and values of
 * variables that are there count for nothing, nor do label and description if
 * the file has none.  What is missing is registered, nothing else is changed.
 *
 * Return: how many entries were refused; -EINVAL also if flags are unknown; -EBADMSG;
 * -EUCLEAN; -EDQUOT and others
 * that end it, without ATOMIC with what was done before; errors of reading the descriptor.
 * Since 0.1.
 */
int lstate_import(struct lstate_session *session, int fd, unsigned int flags,
		  lstate_import_fn report, void *user_data);

/**
 * lstate_record_write - an event as a line of JSON
 * @event: an event that has a new value
 * @value: the value to write, NULL for that of the event; an event's may be cut
 * @line: gets the line with its newline; end it with free()
 *
 * Return: bytes of the line; -EINVAL (no variable or value), -ENOMEM.
 * Since 0.1.
 */
int lstate_record_write(const struct lstate_event *event,
			const struct lstate_value *value, char **line);

/**
 * struct lstate_record - one recorded change
 * @line: where it stands in the file, from 1
 * @name: of the variable
 * @kind: of the event, as lstate_event_kind_name() gives it
 * @value: the value after it
 * @metadata: of the change; never NULL
 * @id: of the variable
 * @version: of the variable after it
 * @time_ns: when it was made, nanoseconds since 1970
 * @pid: who made it
 * @uid: who made it
 */
struct lstate_record {
	uint64_t line;
	const char *name;
	const char *kind;
	const struct lstate_value *value;
	const struct lstate_metadata *metadata;
	uint64_t id;
	uint64_t version;
	uint64_t time_ns;
	pid_t pid;
	uid_t uid;
};

/**
 * lstate_history_open - begin to read lines of lstate_record_write()
 * @history: gets the history; end it with lstate_history_close()
 * @fd: where they are read from; stays open
 *
 * Return: 0 or -ENOMEM.  Since 0.1.
 */
int lstate_history_open(struct lstate_history **history, int fd);

/**
 * lstate_history_next - the next recorded change
 * @history: the history
 * @record: gets it; what it points to lives until the next call
 *
 * Return: 1; 0 at the end; -EBADMSG (that is none), -ENOMEM, errors of read(2).
 * Since 0.1.
 */
int lstate_history_next(struct lstate_history *history,
			struct lstate_record *record);

/**
 * lstate_history_problem - why lstate_history_next() failed
 * @history: the history
 *
 * Return: a sentence, which for -EBADMSG begins with the line; it lives until the
 * next call of lstate_history_next() or lstate_history_close().  Since 0.1.
 */
const char *lstate_history_problem(const struct lstate_history *history);

/**
 * lstate_history_close - end a history
 * @history: the history, may be NULL
 *
 * Since 0.1.
 */
void lstate_history_close(struct lstate_history *history);

/* ======================================================================== */
/* Several variables at once                                                */
/* ======================================================================== */

/* lstate_batch_run(): all entries or none. */
#define LSTATE_BATCH_ATOMIC	1U

struct lstate_batch;

/**
 * lstate_batch_new - a list of changes
 * @batch: gets it; end it with lstate_batch_free()
 *
 * Return: 0 or -ENOMEM.  Since 0.1.
 */
int lstate_batch_new(struct lstate_batch **batch);

/**
 * lstate_batch_free - end a batch
 * @batch: the batch, may be NULL
 *
 * Since 0.1.
 */
void lstate_batch_free(struct lstate_batch *batch);

/**
 * lstate_batch_count - number of entries
 * @batch: the batch
 *
 * Return: the number.  Since 0.1.
 */
size_t lstate_batch_count(const struct lstate_batch *batch);

/**
 * lstate_batch_set - add an entry that changes a variable
 * @batch: the batch; copies all that it is given
 * @identifier: which variable
 * @value: as lstate_set()
 * @metadata: as lstate_set()
 * @if_version: as lstate_set()
 *
 * Return: 0, -EINVAL (the metadata are malformed) or -ENOMEM.  Since 0.1.
 */
int lstate_batch_set(struct lstate_batch *batch, const char *identifier,
		     const struct lstate_value *value,
		     const struct lstate_metadata *metadata,
		     uint64_t if_version);

/**
 * lstate_batch_operate - add an entry that does an operation
 * @batch: the batch
 * @identifier: which variable
 * @operation: as lstate_operate()
 * @operand: as lstate_operate()
 *
 * Return: 0 or -ENOMEM.  Since 0.1.
 */
int lstate_batch_operate(struct lstate_batch *batch, const char *identifier,
			 enum lstate_operation operation,
			 const struct lstate_value *operand);

/**
 * lstate_batch_check - add an entry that fails if the version is another one
 * @batch: the batch
 * @identifier: which variable
 * @version: the version that it must have
 *
 * Return: 0 or -ENOMEM.  Since 0.1.
 */
int lstate_batch_check(struct lstate_batch *batch, const char *identifier,
		       uint64_t version);

/**
 * lstate_batch_run - make the changes of a batch
 * @session: the session
 * @batch: the batch, of 1 to 1024 entries; it may be run again
 * @flags: 0 or LSTATE_BATCH_ATOMIC
 * @transaction: gets the number that the events of a transaction carry, or 0;
 *	may be NULL
 *
 * Without ATOMIC each entry is made for itself, in their order.  With it all are
 * checked first, and made at one moment or not at all; then a variable may be
 * named once.
 *
 * If entries fail, lstate_error_count() of the session's error and what goes
 * with it tell which and why, and lstate_batch_status() of each entry.
 *
 * Errors of the call: -EINVAL (no entry, or more than 1024; unknown flags; with ATOMIC,
 * a variable that is named twice), -ENOMEM; of entries: as lstate_set() and
 * lstate_operate().
 *
 * Return: 0 if no entry failed, else the negative errno of the first that did,
 * or of the call.  Since 0.1.
 */
int lstate_batch_run(struct lstate_session *session,
		     struct lstate_batch *batch, unsigned int flags,
		     uint64_t *transaction);

/**
 * lstate_batch_status - what became of an entry in the last run
 * @batch: the batch
 * @i: the entry, from 0
 *
 * Return: 1 if its variable changed, 0 if not, or the negative errno that it
 * failed with; -EINVAL if there is no such entry.  Since 0.1.
 */
int lstate_batch_status(const struct lstate_batch *batch, size_t i);

/**
 * lstate_batch_version - the version after the last run
 * @batch: the batch
 * @i: the entry, from 0
 *
 * Return: the version, 0 if the entry failed.  Since 0.1.
 */
uint64_t lstate_batch_version(const struct lstate_batch *batch, size_t i);

/**
 * lstate_get_many - read several variables as they are at one moment
 * @session: the session
 * @identifiers: which ones
 * @n: their number, 1 to 1024
 * @values: gets the values; end each with lstate_value_clear()
 * @stamps: gets where they come from; may be NULL
 * @transaction: gets the number of the session's last transaction before that
 *	moment; may be NULL
 *
 * Of each transaction the values show all or nothing.  On failure there is
 * nothing to end, and the error is that of the first variable that failed.
 *
 * Errors: as lstate_get(); -EINVAL also if @n is 0 or above 1024.
 *
 * Return: 0 or a negative errno.  Since 0.1.
 */
int lstate_get_many(struct lstate_session *session,
		    const char *const *identifiers, size_t n,
		    struct lstate_value *values, struct lstate_stamp *stamps,
		    uint64_t *transaction);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* LOCALSTATE_H */
