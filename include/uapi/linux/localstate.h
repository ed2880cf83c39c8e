/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * localstate: typed, constrained, versioned variables and their watches.
 *
 * The ABI of /dev/localstate: ioctls change and read variables, read(2)
 * delivers events of the variables that the open file description watches.
 */
#ifndef _UAPI_LINUX_LOCALSTATE_H
#define _UAPI_LINUX_LOCALSTATE_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * DOC: Habits of this ABI
 *
 * Every ioctl takes a pointer to one struct whose size is in the ioctl's
 * number.  A shorter struct than version 1's is EINVAL; a longer one is taken
 * if all that the kernel does not know is zero, and E2BIG otherwise.  Structs
 * grow at the end only.  Unknown flags and non-zero reserved fields are EINVAL.
 * An unknown ioctl number is ENOTTY.
 *
 * Pointers travel as __u64.  Strings are counted: pointer and length in bytes,
 * no NUL at the end.  Times are CLOCK_MONOTONIC nanoseconds.  A zero pointer
 * with a zero length means "none".
 *
 * Each struct ends with a struct localstate_error, which the kernel fills on
 * success (all zero but the index) and on failure.  On failure the other
 * outputs are zero unless their comment says otherwise; if the argument itself
 * is too short, too long or unreadable, nothing is written.
 *
 * One errno has one meaning:
 *
 * ==========  ==============================================================
 * EACCES      the session's owner and mode do not grant this right
 * EALREADY    this descriptor holds the claim already
 * EBADF       the descriptor is not open for this (O_RDONLY, O_WRONLY)
 * E2BIG       the argument has a non-zero tail that this kernel does not know
 * EBUSY       in use: somebody else holds the variable's claim, error.limit is the
 *             pid; or the queue cannot be resized, there was a WATCH already
 * EDQUOT      a limit is reached; error.limit says which number
 * EEXIST      the name or the id is taken; error.field says which
 * EFAULT      a pointer cannot be read or written
 * EILSEQ      a text is not valid UTF-8 or holds a NUL
 * EINTR       a signal came while the call waited
 * EINVAL      an argument makes no sense; error.field says which
 * EISCONN     the descriptor is attached to a session already
 * EMSGSIZE    the caller's buffer is too small; the needed size is returned
 * ENOENT      no such session, variable, watch or claim
 * ENOMEM      out of memory
 * ENOTCONN    the descriptor is not attached to a session yet
 * ENOTEMPTY   RESTORE comes too late: the session has given an id by itself
 * ENOTTY      no such ioctl
 * EPERM       only the session's owner may do this
 * ERANGE      the value violates a constraint; error.field and .limit say which
 * EROFS       the variable is READ_ONLY, or WRITE_ONCE and written
 * ESHUTDOWN   the session has ended
 * ESTALE      the variable's version is not the expected one
 * ETIMEDOUT   the claim was not free in time; error.limit is the holder's pid
 * ==========  ==============================================================
 */

#define LOCALSTATE_ABI_VERSION		1

/* The numbers that never change; the tunable ones are in GET_INFO. */
#define LOCALSTATE_NAME_MAX		127	/* bytes, [A-Za-z0-9_.:/-] */
#define LOCALSTATE_LABEL_MAX		127	/* bytes, as a name, or empty */
#define LOCALSTATE_DESCRIPTION_MAX	1024	/* bytes of UTF-8 */
#define LOCALSTATE_PATTERN_MAX		255	/* bytes of a glob pattern */
#define LOCALSTATE_METADATA_MAX		4096	/* bytes a variable */
#define LOCALSTATE_CHOICES_MAX		4096	/* bytes of a list of choices */
#define LOCALSTATE_VALUE_MAX		65536	/* bytes of a value; of an array's elements */
#define LOCALSTATE_BATCH_MAX		1024	/* entries of BATCH and GET_MANY */
#define LOCALSTATE_VERSION_MAX		0x7fffffffffffffffULL	/* of RESTORE */

/**
 * enum localstate_type - the type of a variable and of a value
 * @LOCALSTATE_TYPE_NONE: no value
 * @LOCALSTATE_TYPE_BOOL: 0 or 1
 * @LOCALSTATE_TYPE_INT: signed 64-bit integer
 * @LOCALSTATE_TYPE_UINT: unsigned 64-bit integer
 * @LOCALSTATE_TYPE_FLOAT: the bits of an IEEE-754 double
 * @LOCALSTATE_TYPE_STRING: UTF-8 without NUL
 * @LOCALSTATE_TYPE_CHOICE: one of a fixed list of strings; travels as a string
 * @LOCALSTATE_TYPE_BYTES: any bytes
 * @LOCALSTATE_TYPE_ARRAY: numbers with a shape: struct localstate_array
 *
 * The first four are scalars: eight bytes wherever they travel.
 */
enum localstate_type {
	LOCALSTATE_TYPE_NONE,
	LOCALSTATE_TYPE_BOOL,
	LOCALSTATE_TYPE_INT,
	LOCALSTATE_TYPE_UINT,
	LOCALSTATE_TYPE_FLOAT,
	LOCALSTATE_TYPE_STRING,
	LOCALSTATE_TYPE_CHOICE,
	LOCALSTATE_TYPE_BYTES,
	LOCALSTATE_TYPE_ARRAY,
};

#define LOCALSTATE_ALIGN(length)	(((length) + 7U) & ~7U)

/**
 * enum localstate_element - the type of an array's elements
 * @LOCALSTATE_ELEMENT_NONE: none
 * @LOCALSTATE_ELEMENT_F32: IEEE-754 single, 4 bytes
 * @LOCALSTATE_ELEMENT_F64: IEEE-754 double, 8 bytes
 * @LOCALSTATE_ELEMENT_S32: signed integer, 4 bytes
 * @LOCALSTATE_ELEMENT_S64: signed integer, 8 bytes
 * @LOCALSTATE_ELEMENT_U8: unsigned integer, one byte
 */
enum localstate_element {
	LOCALSTATE_ELEMENT_NONE,
	LOCALSTATE_ELEMENT_F32,
	LOCALSTATE_ELEMENT_F64,
	LOCALSTATE_ELEMENT_S32,
	LOCALSTATE_ELEMENT_S64,
	LOCALSTATE_ELEMENT_U8,
};

/**
 * struct localstate_array - what the value of an array begins with
 * @element: enum localstate_element
 * @rank: number of dimensions, 0..LOCALSTATE_RANK_MAX; 0: one element
 * @shape: @rank dimensions; if one of them is 0 there is no element
 *
 * An array is one run of bytes wherever it travels: this, zero to the next
 * multiple of 8 (LOCALSTATE_ARRAY_HEADER() bytes so far), and then the elements,
 * the last dimension running fastest, in the order of bytes of the machine.
 * The elements have at most LOCALSTATE_VALUE_MAX bytes.
 */
struct localstate_array {
	__u32 element;
	__u32 rank;
	__u32 shape[];
};

#define LOCALSTATE_RANK_MAX		8U
#define LOCALSTATE_ARRAY_HEADER(rank)	LOCALSTATE_ALIGN(8U + 4U * (rank))
#define LOCALSTATE_ARRAY_HEADER_MAX	LOCALSTATE_ARRAY_HEADER(LOCALSTATE_RANK_MAX)

/**
 * enum localstate_field - what an error is about
 * @LOCALSTATE_FIELD_NONE: nothing in particular
 * @LOCALSTATE_FIELD_FLAGS: an unknown flag, or flags that exclude each other; with
 *	EROFS, the variable's flags
 * @LOCALSTATE_FIELD_RESERVED: a reserved field that is not zero
 * @LOCALSTATE_FIELD_NAME: the name: its length, its letters, or it is missing
 * @LOCALSTATE_FIELD_ID: the id
 * @LOCALSTATE_FIELD_TYPE: the type; error.type is the variable's
 * @LOCALSTATE_FIELD_VALUE: the value itself, its length or its encoding
 * @LOCALSTATE_FIELD_MIN: the minimum; with ERANGE, the value is below it
 * @LOCALSTATE_FIELD_MAX: the maximum; with ERANGE, the value is above it
 * @LOCALSTATE_FIELD_STEP: the step; with ERANGE, the value lies between steps
 * @LOCALSTATE_FIELD_MIN_LENGTH: the minimum length, in characters, or in bytes if
 *	the type is bytes
 * @LOCALSTATE_FIELD_MAX_LENGTH: the maximum length, likewise
 * @LOCALSTATE_FIELD_PATTERN: the glob pattern
 * @LOCALSTATE_FIELD_CHOICES: the list of choices
 * @LOCALSTATE_FIELD_LABEL: the label
 * @LOCALSTATE_FIELD_DESCRIPTION: the description
 * @LOCALSTATE_FIELD_METADATA: the metadata
 * @LOCALSTATE_FIELD_VERSION: the expected version; error.limit is the current
 * @LOCALSTATE_FIELD_MODE: the session's mode or owner
 * @LOCALSTATE_FIELD_TARGETS: the list of targets
 * @LOCALSTATE_FIELD_INLINE_LIMIT: the watch's inline limit
 * @LOCALSTATE_FIELD_REF: the watch's ref
 * @LOCALSTATE_FIELD_QUEUE_SIZE: the size of the queue
 * @LOCALSTATE_FIELD_BUFFER: the caller's buffer
 * @LOCALSTATE_FIELD_SESSIONS: the number of sessions of this user
 * @LOCALSTATE_FIELD_CLIENTS: the number of clients of this user
 * @LOCALSTATE_FIELD_VARIABLES: the number of variables of this user
 * @LOCALSTATE_FIELD_WATCHES: the number of watches of this user
 * @LOCALSTATE_FIELD_LINKS: the number of targets and links of this user
 * @LOCALSTATE_FIELD_CLAIMS: the number of claims of this user
 * @LOCALSTATE_FIELD_OPERATION: the operation; error.type is the variable's type if
 *	the operation does not suit it, NONE if there is no such operation
 * @LOCALSTATE_FIELD_CLAIM: the variable's claim; with EBUSY and ETIMEDOUT,
 *	error.limit is the holder's pid as the caller sees it, 0 if it does not
 * @LOCALSTATE_FIELD_ON_END: what happens when the claim ends
 * @LOCALSTATE_FIELD_TIMEOUT: the timeout
 * @LOCALSTATE_FIELD_FILTER: the filter; error.index is the term, or the target that
 *	a term does not suit, and then error.type is its type and error.limit the term
 * @LOCALSTATE_FIELD_ELEMENT: the type of an array's elements; with ERANGE,
 *	error.limit is the one that the variable has
 * @LOCALSTATE_FIELD_SHAPE: the shape of an array; with ERANGE, error.index is the
 *	dimension and error.limit what it has to be; with EINVAL, the elements
 *	would have more than error.limit bytes
 * @LOCALSTATE_FIELD_RANK: the number of dimensions; error.limit is the greatest,
 *	or with ERANGE the one that the variable has
 * @LOCALSTATE_FIELD_FINITE: with ERANGE, an element is infinite or NaN
 * @LOCALSTATE_FIELD_ENTRIES: the list of entries: their number, or where they
 *	are; of an entry: its variable is that of an earlier entry, whose index
 *	is error.limit
 * @LOCALSTATE_FIELD_BYTES: the bytes of this user
 */
enum localstate_field {
	LOCALSTATE_FIELD_NONE,
	LOCALSTATE_FIELD_FLAGS,
	LOCALSTATE_FIELD_RESERVED,
	LOCALSTATE_FIELD_NAME,
	LOCALSTATE_FIELD_ID,
	LOCALSTATE_FIELD_TYPE,
	LOCALSTATE_FIELD_VALUE,
	LOCALSTATE_FIELD_MIN,
	LOCALSTATE_FIELD_MAX,
	LOCALSTATE_FIELD_STEP,
	LOCALSTATE_FIELD_MIN_LENGTH,
	LOCALSTATE_FIELD_MAX_LENGTH,
	LOCALSTATE_FIELD_PATTERN,
	LOCALSTATE_FIELD_CHOICES,
	LOCALSTATE_FIELD_LABEL,
	LOCALSTATE_FIELD_DESCRIPTION,
	LOCALSTATE_FIELD_METADATA,
	LOCALSTATE_FIELD_VERSION,
	LOCALSTATE_FIELD_MODE,
	LOCALSTATE_FIELD_TARGETS,
	LOCALSTATE_FIELD_INLINE_LIMIT,
	LOCALSTATE_FIELD_REF,
	LOCALSTATE_FIELD_QUEUE_SIZE,
	LOCALSTATE_FIELD_BUFFER,
	LOCALSTATE_FIELD_SESSIONS,
	LOCALSTATE_FIELD_CLIENTS,
	LOCALSTATE_FIELD_VARIABLES,
	LOCALSTATE_FIELD_WATCHES,
	LOCALSTATE_FIELD_LINKS,
	LOCALSTATE_FIELD_CLAIMS,
	LOCALSTATE_FIELD_OPERATION,
	LOCALSTATE_FIELD_CLAIM,
	LOCALSTATE_FIELD_ON_END,
	LOCALSTATE_FIELD_TIMEOUT,
	LOCALSTATE_FIELD_FILTER,
	LOCALSTATE_FIELD_ELEMENT,
	LOCALSTATE_FIELD_SHAPE,
	LOCALSTATE_FIELD_RANK,
	LOCALSTATE_FIELD_FINITE,
	LOCALSTATE_FIELD_ENTRIES,
	LOCALSTATE_FIELD_BYTES,
};

#define LOCALSTATE_NO_INDEX		0xffffffffU

/**
 * struct localstate_error - why a call was refused
 * @index: index of the first failing entry of a list, or of the first element of
 *	an array that breaks MIN, MAX or FINITE; else LOCALSTATE_NO_INDEX
 * @code: the errno, positive; 0 after success
 * @field: enum localstate_field: what is wrong
 * @type: enum localstate_type of @limit; the variable's type when the value or
 *	its type is wrong
 * @limit: the violated limit: bits of @type for MIN, MAX and STEP, where an
 *	element of an array counts as int, uint or float; a count for lengths,
 *	numbers and versions; 0 where there is none
 */
struct localstate_error {
	__u32 index;
	__u32 code;
	__u32 field;
	__u32 type;
	__aligned_u64 limit;
};

/**
 * struct localstate_key - names one variable
 * @id: its id, or 0 to go by name; then @name and @name_len must be 0
 * @name: pointer to the name
 * @name_len: bytes at @name, 1..LOCALSTATE_NAME_MAX
 * @reserved: 0
 */
struct localstate_key {
	__aligned_u64 id;
	__aligned_u64 name;
	__u32 name_len;
	__u32 reserved;
};

/**
 * struct localstate_value - a value on its way in or out
 * @data: a scalar's bits (a bool is 0 or 1); else a pointer to the bytes
 * @length: bytes of the value: 8 for a scalar
 * @type: enum localstate_type
 */
struct localstate_value {
	__aligned_u64 data;
	__u32 length;
	__u32 type;
};

/* GET_INFO: features that this kernel offers. */
#define LOCALSTATE_FEATURE_COMPARE_AND_SET	(1ULL << 0)
#define LOCALSTATE_FEATURE_INITIAL		(1ULL << 1)
#define LOCALSTATE_FEATURE_NETLINK		(1ULL << 2)
#define LOCALSTATE_FEATURE_CLAIMS		(1ULL << 3)
#define LOCALSTATE_FEATURE_BATCH		(1ULL << 4)
#define LOCALSTATE_FEATURE_FILTERS		(1ULL << 5)
#define LOCALSTATE_FEATURE_PATTERNS		(1ULL << 6)
#define LOCALSTATE_FEATURE_NO_SELF		(1ULL << 7)
#define LOCALSTATE_FEATURE_REWATCH		(1ULL << 8)
#define LOCALSTATE_FEATURE_SNAPSHOT		(1ULL << 9)
#define LOCALSTATE_FEATURE_CONFLATE		(1ULL << 10)

/**
 * struct localstate_info - GET_INFO: version, features and limits
 * @flags: in: 0
 * @abi_version: LOCALSTATE_ABI_VERSION of the kernel
 * @features: LOCALSTATE_FEATURE_*
 * @queue_default: bytes of a queue that was not sized by hand
 * @queue_max: largest queue, in bytes: the parameter, rounded down to a power
 *	of two
 * @inline_default: inline limit of a watch that asks for 0
 * @inline_max: largest inline limit
 * @max_targets: targets in one watch, and links that it may have
 * @max_user_sessions: sessions that one user may have made
 * @max_user_clients: open descriptors of one user
 * @max_user_variables: variables that one user may have registered
 * @max_user_watches: watches of one user
 * @max_user_links: targets and links together of one user's watches
 * @max_user_claims: claims of one user
 * @reserved: out: 0
 * @max_user_bytes: bytes that long values, metadata, constraints, queues and
 *	links of one user may take
 * @error: why it failed
 *
 * Needs no session.  Errors: EFAULT, EINVAL.
 */
struct localstate_info {
	__u32 flags;
	__u32 abi_version;
	__aligned_u64 features;
	__u32 queue_default;
	__u32 queue_max;
	__u32 inline_default;
	__u32 inline_max;
	__u32 max_targets;
	__u32 max_user_sessions;
	__u32 max_user_clients;
	__u32 max_user_variables;
	__u32 max_user_watches;
	__u32 max_user_links;
	__u32 max_user_claims;
	__u32 reserved;
	__aligned_u64 max_user_bytes;
	struct localstate_error error;
};

/* ATTACH: flags. */
#define LOCALSTATE_ATTACH_CREATE	(1U << 0)	/* make it if it is absent */
#define LOCALSTATE_ATTACH_EXCLUSIVE	(1U << 1)	/* with CREATE: EEXIST if it is there */
#define LOCALSTATE_ATTACH_PERSISTENT	(1U << 2)	/* with CREATE: outlives its clients */

/* ATTACH: rights. */
#define LOCALSTATE_RIGHT_READ		(1U << 0)	/* get, list, watch */
#define LOCALSTATE_RIGHT_WRITE		(1U << 1)	/* register, set, delete, claim */
#define LOCALSTATE_RIGHT_OWNER		(1U << 2)	/* destroy */

/**
 * struct localstate_attach - ATTACH: bind the descriptor to a session
 * @name: pointer to the session's name; 0 makes a private session that nobody
 *	else can find and that ends with this descriptor
 * @name_len: bytes at @name, 0 or 1..LOCALSTATE_NAME_MAX
 * @flags: LOCALSTATE_ATTACH_*; a private session takes none
 * @mode: permission bits 0..0777 of a session that is made now, less the
 *	caller's umask; 'r' and 'w' bits count
 * @rights: out: LOCALSTATE_RIGHT_* that this descriptor has from now on
 * @session: out: the session's id
 * @created: out: 1 if the session was made by this call
 * @reserved: 0
 * @error: why it failed
 *
 * Names are unique in the network namespace of the caller.  The rights are
 * computed once, now, and travel with the descriptor.  Whoever makes a session
 * has all rights to it through this descriptor, whatever the mode.  The owner
 * can attach even without a right, in order to DESTROY.  Of a session that is
 * there already, CREATE takes neither mode nor PERSISTENT.
 *
 * Errors: EACCES (no right at all), EDQUOT (SESSIONS), EEXIST, EFAULT, EINVAL,
 * EISCONN, ENOENT, ENOMEM, ESHUTDOWN (the network namespace is ending).
 */
struct localstate_attach {
	__aligned_u64 name;
	__u32 name_len;
	__u32 flags;
	__u32 mode;
	__u32 rights;
	__aligned_u64 session;
	__u32 created;
	__u32 reserved;
	struct localstate_error error;
};

/**
 * struct localstate_destroy - DESTROY: end the attached session
 * @flags: 0
 * @reserved: 0
 * @error: why it failed
 *
 * The name is free at once.  Every client still reads what its queue holds,
 * then one SESSION_END; then poll tells EPOLLHUP and read fails with
 * ESHUTDOWN.  Every other call that needs a session fails with ESHUTDOWN at
 * once.
 *
 * Errors: EBADF, EFAULT, EINVAL, ENOTCONN, EPERM, ESHUTDOWN.
 */
struct localstate_destroy {
	__u32 flags;
	__u32 reserved;
	struct localstate_error error;
};

/* Constraints that a variable has. */
#define LOCALSTATE_HAS_MIN		(1U << 0)	/* int, uint, float, array */
#define LOCALSTATE_HAS_MAX		(1U << 1)	/* int, uint, float, array */
#define LOCALSTATE_HAS_STEP		(1U << 2)	/* int, uint */
#define LOCALSTATE_HAS_MIN_LENGTH	(1U << 3)	/* string, bytes */
#define LOCALSTATE_HAS_MAX_LENGTH	(1U << 4)	/* string, bytes */
#define LOCALSTATE_HAS_PATTERN		(1U << 5)	/* string */
#define LOCALSTATE_HAS_CHOICES		(1U << 6)	/* choice: always */
#define LOCALSTATE_HAS_ELEMENT		(1U << 7)	/* array: always */
#define LOCALSTATE_HAS_SHAPE		(1U << 8)	/* array: all of its shape */
#define LOCALSTATE_HAS_RANK		(1U << 9)	/* array, without HAS_SHAPE */
#define LOCALSTATE_HAS_FINITE		(1U << 10)	/* array of f32, f64: no inf, no NaN */

/* REGISTER: flags; the variable keeps the first two. */
#define LOCALSTATE_REGISTER_READ_ONLY	(1U << 0)	/* keeps its initial value */
#define LOCALSTATE_REGISTER_WRITE_ONCE	(1U << 1)	/* can be changed once */
#define LOCALSTATE_REGISTER_RESTORE	(1U << 2)	/* with this id and version */

/**
 * struct localstate_register - REGISTER: make a variable
 * @name: pointer to its name
 * @name_len: bytes at @name, 1..LOCALSTATE_NAME_MAX
 * @type: enum localstate_type, not NONE
 * @flags: LOCALSTATE_REGISTER_*; READ_ONLY and WRITE_ONCE exclude each other
 * @constraints: LOCALSTATE_HAS_*: which of the following count; a constraint
 *	that makes no sense for @type is EINVAL
 * @value: the initial value, of @type; type NONE takes the default: false, 0
 *	or the limit nearest to 0, the empty string, the first choice,
 *	@min_length zero bytes, an array of zeroes: of its shape if it has one,
 *	else of @rank dimensions of 0, else of one dimension of 0
 * @min: smallest value, inclusive: bits of @type; the smallest element of an
 *	array: an int for s32 and s64, an uint for u8, a float for f32 and f64.
 *	It must be one that an s32 or u8 can have.  NaN is neither above nor
 *	below anything: with @min or @max it is refused
 * @max: largest value, inclusive: likewise
 * @step: distance of the legal values, counted from @min, else from 0; > 0
 * @min_length: least number of characters (code points), or of bytes
 * @max_length: greatest number of characters, or of bytes
 * @pattern: pointer to a glob pattern (``*``, ``?``, ``[...]``, ``\``), which
 *	matches bytes
 * @choices: pointer to the choices, each followed by a NUL
 * @label: pointer to a type name for people and programs, may be none
 * @description: pointer to a text, UTF-8, may be none
 * @metadata: pointer to ``key=value`` strings, each followed by a NUL
 * @pattern_len: bytes at @pattern, 1..LOCALSTATE_PATTERN_MAX
 * @choices_len: bytes at @choices, 1..LOCALSTATE_CHOICES_MAX
 * @label_len: bytes at @label, 0..LOCALSTATE_LABEL_MAX
 * @description_len: bytes at @description, 0..LOCALSTATE_DESCRIPTION_MAX
 * @metadata_len: bytes at @metadata, 0..LOCALSTATE_METADATA_MAX
 * @element: enum localstate_element; 0 if @type is not array
 * @shape: with HAS_SHAPE, pointer to @rank dimensions (__u32)
 * @rank: with HAS_SHAPE or HAS_RANK, number of dimensions
 * @reserved: 0
 * @restore_id: with RESTORE: the id, from 1 to two below the number of unsigned
 *	longs of the kernel (2^64 - 2 on a 64-bit one); else 0
 * @restore_version: with RESTORE: the version, 0..LOCALSTATE_VERSION_MAX; else 0
 * @id: out: the id, never given again in this session
 * @error: why it failed
 *
 * The variable starts with version 0, and with the id that is one above the
 * highest that was ever given in the session.  Watches by this name, or by a
 * pattern that it matches, get CREATED before any change of it; one that has no room
 * for it gets LOST, and REGISTER succeeds all the same.
 *
 * RESTORE makes a variable as it was in another session: @value is its present
 * value, and id and version are the caller's.  It works until the session's
 * first REGISTER without RESTORE that succeeds, and is ENOTEMPTY from then on,
 * even if all variables are deleted: ids below the highest may have been given
 * then.
 *
 * Errors: EACCES, EBADF, EDQUOT (VARIABLES; BYTES; ID: no id is left), EEXIST
 * (NAME, ID), EFAULT, EILSEQ, EINVAL, ENOMEM, ENOTCONN, ENOTEMPTY, ERANGE (the initial
 * value), ESHUTDOWN.
 */
struct localstate_register {
	__aligned_u64 name;
	__u32 name_len;
	__u32 type;
	__u32 flags;
	__u32 constraints;
	struct localstate_value value;
	__aligned_u64 min;
	__aligned_u64 max;
	__aligned_u64 step;
	__u32 min_length;
	__u32 max_length;
	__aligned_u64 pattern;
	__aligned_u64 choices;
	__aligned_u64 label;
	__aligned_u64 description;
	__aligned_u64 metadata;
	__u32 pattern_len;
	__u32 choices_len;
	__u32 label_len;
	__u32 description_len;
	__u32 metadata_len;
	__u32 element;
	__aligned_u64 shape;
	__u32 rank;
	__u32 reserved;
	__aligned_u64 restore_id;
	__aligned_u64 restore_version;
	__aligned_u64 id;
	struct localstate_error error;
};

/* SET: flags. */
#define LOCALSTATE_SET_IF_VERSION	(1U << 0)	/* only if @expected_version is current */
#define LOCALSTATE_SET_FORCE		(1U << 1)	/* an equal value is a change, too */

/* SET: results. */
#define LOCALSTATE_SET_CHANGED		(1U << 0)	/* the value was another one */

/**
 * enum localstate_operation - how a SET makes the new value
 * @LOCALSTATE_OPERATION_ASSIGN: it is the given one
 * @LOCALSTATE_OPERATION_ADD: the sum of old and given: int, uint
 * @LOCALSTATE_OPERATION_OR: the bits of either: int, uint
 * @LOCALSTATE_OPERATION_AND: the bits of both: int, uint
 * @LOCALSTATE_OPERATION_XOR: the bits of one of them: int, uint
 * @LOCALSTATE_OPERATION_TOGGLE: the other one: bool; no value is given
 * @LOCALSTATE_OPERATION_CHECK: the old one: nothing changes, but the version has
 *	to be the expected one; in a BATCH only, with IF_VERSION, without value
 *	and metadata.  A claim or the variable's flags do not forbid it
 *
 * One step under the variable's lock, whoever else changes it meanwhile.
 */
enum localstate_operation {
	LOCALSTATE_OPERATION_ASSIGN,
	LOCALSTATE_OPERATION_ADD,
	LOCALSTATE_OPERATION_OR,
	LOCALSTATE_OPERATION_AND,
	LOCALSTATE_OPERATION_XOR,
	LOCALSTATE_OPERATION_TOGGLE,
	LOCALSTATE_OPERATION_CHECK,
};

/**
 * struct localstate_set - SET: change a variable
 * @key: which variable
 * @value: in: the new value, or what the operation takes, of the variable's
 *	type; ADD to a uint takes an int, too; TOGGLE takes type NONE.  out, if an
 *	operation other than ASSIGN and CHECK succeeds: the variable's value after it
 * @metadata: pointer to ``key=value`` strings, each followed by a NUL; merged
 *	into the variable's: a known key's value is replaced where it stands, a
 *	new one is appended; one key twice is EINVAL
 * @metadata_len: bytes at @metadata, 0..LOCALSTATE_METADATA_MAX
 * @flags: LOCALSTATE_SET_*
 * @expected_version: with IF_VERSION; else 0
 * @version: out: the variable's version after the call
 * @result: out: LOCALSTATE_SET_CHANGED or 0
 * @operation: enum localstate_operation
 * @error: why it failed
 *
 * The type is checked before anything of the value is looked at: EINVAL with
 * field TYPE tells the variable's type in error.type.
 *
 * A value equal to the present one changes nothing: no version, no metadata,
 * no event; unless FORCE is given: then it is a change like others.  -0.0
 * equals 0.0, NaN equals NaN, in arrays too.  If the outputs cannot be written
 * the call fails with EFAULT and the change stands.
 *
 * The result of an operation is checked as a value is.  A sum that does not fit
 * into 64 bits is ERANGE: above the maximum or below the minimum, which is the
 * variable's, or its type's if it has none.
 *
 * A variable that is READ_ONLY takes no set.  One that is WRITE_ONCE takes none
 * after the first that changed it, which is when its version is not 0.
 *
 * Errors: EACCES, EBADF, EBUSY (CLAIM), EDQUOT (BYTES; METADATA: merged they
 * would be too long), EFAULT, EILSEQ, EINVAL, ENOENT, ENOMEM, ENOTCONN, ERANGE, EROFS,
 * ESHUTDOWN, ESTALE.
 */
struct localstate_set {
	struct localstate_key key;
	struct localstate_value value;
	__aligned_u64 metadata;
	__u32 metadata_len;
	__u32 flags;
	__aligned_u64 expected_version;
	__aligned_u64 version;
	__u32 result;
	__u32 operation;
	struct localstate_error error;
};

/**
 * struct localstate_get - GET: a variable's value
 * @key: which variable
 * @buffer: where all but a scalar goes; not used for a scalar
 * @buffer_len: bytes at @buffer
 * @flags: 0
 * @value: out: a scalar's bits, or 0 and the value's length in bytes, which
 *	is set even if the call fails with EMSGSIZE
 * @id: out: the variable's id
 * @version: out: its version
 * @changed_ns: out: time of the last change
 * @pid: out: who changed it last, as the caller's pid namespace sees it; 0 if
 *	that does not see it
 * @uid: out: the effective uid of that process, as the caller sees it
 * @error: why it failed
 *
 * Errors: EACCES, EBADF, EFAULT, EINVAL, EMSGSIZE, ENOENT, ENOTCONN, ESHUTDOWN.
 */
struct localstate_get {
	struct localstate_key key;
	__aligned_u64 buffer;
	__u32 buffer_len;
	__u32 flags;
	struct localstate_value value;
	__aligned_u64 id;
	__aligned_u64 version;
	__aligned_u64 changed_ns;
	__u32 pid;
	__u32 uid;
	struct localstate_error error;
};

/**
 * struct localstate_variable - all that is known of a variable
 * @size: bytes of this record, all that follows it included; a multiple of 8
 * @type: enum localstate_type
 * @flags: LOCALSTATE_REGISTER_READ_ONLY or _WRITE_ONCE, as it was registered
 * @constraints: LOCALSTATE_HAS_*: which of the following count
 * @id: the id
 * @version: the version
 * @created_ns: when it was registered
 * @changed_ns: when it was changed last; @created_ns if never
 * @pid: who changed or registered it, as in struct localstate_get
 * @uid: the effective uid of that process
 * @min: smallest value, bits of @type; of an array's elements as in struct
 *	localstate_register
 * @max: largest value, likewise
 * @step: distance of the legal values
 * @min_length: least number of characters, or of bytes
 * @max_length: greatest number of characters, or of bytes
 * @name_len: bytes of the name
 * @value_len: bytes of the value: 8 for a scalar
 * @label_len: bytes of the label
 * @description_len: bytes of the description
 * @pattern_len: bytes of the pattern
 * @choices_len: bytes of the choices, a NUL after each
 * @metadata_len: bytes of the metadata, a NUL after each ``key=value``
 * @element: enum localstate_element
 * @rank: number of dimensions, with HAS_SHAPE or HAS_RANK
 * @target: from WATCH: index of the target that it was found for; else 0
 *
 * Then follow, in this order, value, name, label, description, pattern,
 * choices, metadata, and with HAS_SHAPE @rank dimensions (__u32): each starts at a
 * multiple of 8, the gaps are zero.
 * LOCALSTATE_ALIGN() of the length is what one takes.
 */
struct localstate_variable {
	__u32 size;
	__u32 type;
	__u32 flags;
	__u32 constraints;
	__aligned_u64 id;
	__aligned_u64 version;
	__aligned_u64 created_ns;
	__aligned_u64 changed_ns;
	__u32 pid;
	__u32 uid;
	__aligned_u64 min;
	__aligned_u64 max;
	__aligned_u64 step;
	__u32 min_length;
	__u32 max_length;
	__u32 name_len;
	__u32 value_len;
	__u32 label_len;
	__u32 description_len;
	__u32 pattern_len;
	__u32 choices_len;
	__u32 metadata_len;
	__u32 element;
	__u32 rank;
	__u32 target;
};

/**
 * struct localstate_describe - DESCRIBE: all that is known of one variable
 * @key: which variable
 * @buffer: where the struct localstate_variable goes, with all that follows it
 * @buffer_len: bytes at @buffer
 * @flags: 0
 * @size: out: bytes of the record, set even if the call fails with EMSGSIZE
 * @reserved: 0
 * @error: why it failed
 *
 * Errors: as GET, and ENOMEM.
 */
struct localstate_describe {
	struct localstate_key key;
	__aligned_u64 buffer;
	__u32 buffer_len;
	__u32 flags;
	__u32 size;
	__u32 reserved;
	struct localstate_error error;
};

/**
 * struct localstate_list - LIST: variables in the order of their ids
 * @after: in: list ids above this one; 0 starts.  out: the last id looked at,
 *	for the next call
 * @buffer: where the records go, struct localstate_variable one after another
 * @buffer_len: bytes at @buffer
 * @flags: 0
 * @pattern: pointer to a glob pattern that the names must match, or none
 * @pattern_len: bytes at @pattern, 0..LOCALSTATE_PATTERN_MAX
 * @count: out: records written; 0 at the end of the list
 * @size: out: bytes written; the size of the first record if the call fails
 *	with EMSGSIZE
 * @reserved: 0
 * @error: why it failed
 *
 * Each record is consistent by itself; the list is not a snapshot: what is
 * registered or deleted while it is read may or may not be there.
 *
 * Errors: EACCES, EBADF, EFAULT, EILSEQ (the pattern holds a NUL), EINVAL,
 * EMSGSIZE (not even one record fits), ENOMEM, ENOTCONN, ESHUTDOWN.
 */
struct localstate_list {
	__aligned_u64 after;
	__aligned_u64 buffer;
	__u32 buffer_len;
	__u32 flags;
	__aligned_u64 pattern;
	__u32 pattern_len;
	__u32 count;
	__u32 size;
	__u32 reserved;
	struct localstate_error error;
};

/**
 * struct localstate_delete - DELETE: remove a variable
 * @key: which variable
 * @flags: 0
 * @reserved: 0
 * @id: out: the id that it had
 * @version: out: the version that DELETED carries, one above the last
 * @error: why it failed
 *
 * A claim of this descriptor ends with the variable.
 *
 * Errors: EACCES, EBADF, EBUSY (CLAIM), EFAULT, EINVAL, ENOENT, ENOTCONN,
 * ESHUTDOWN.
 */
struct localstate_delete {
	struct localstate_key key;
	__u32 flags;
	__u32 reserved;
	__aligned_u64 id;
	__aligned_u64 version;
	struct localstate_error error;
};

/**
 * enum localstate_target_kind - what a target is given by
 * @LOCALSTATE_TARGET_ID: an id
 * @LOCALSTATE_TARGET_NAME: a name; it goes on to the next variable of the name
 *	when this one is deleted
 * @LOCALSTATE_TARGET_PATTERN: a glob pattern, as LIST takes it: all variables whose
 *	names match it, now and later
 */
enum localstate_target_kind {
	LOCALSTATE_TARGET_ID,
	LOCALSTATE_TARGET_NAME,
	LOCALSTATE_TARGET_PATTERN,
};

/**
 * struct localstate_target - one entry of a watch list
 * @kind: enum localstate_target_kind
 * @name_len: bytes at @name: 1..LOCALSTATE_NAME_MAX of a name,
 *	1..LOCALSTATE_PATTERN_MAX of a pattern; 0 for an id
 * @id: the id; 0 for a name or a pattern
 * @name: pointer to the name or the pattern; 0 for an id
 */
struct localstate_target {
	__u32 kind;
	__u32 name_len;
	__aligned_u64 id;
	__aligned_u64 name;
};

/**
 * DOC: Filters
 *
 * A watch may have a filter of up to LOCALSTATE_FILTER_TERMS terms, combined by
 * ANY or ALL.  It is asked about the old and the new value of each change,
 * before anything is queued; a change that it holds back is counted as filtered.
 * INITIAL events pass through it, too; CREATED, DELETED, SYNC and LOST do not.
 *
 * A reference is what the new value is compared to: the value before the change
 * or, with REPORTED, the new value of the last change that the filter let
 * through, at first the value that the variable had when the watch was made, or
 * when REWATCH gave it this filter.
 *
 * A term that cannot be evaluated lets the change pass, whatever the other terms
 * say: a comparison with NaN, a variable that was registered after WATCH with a
 * type that the term does not suit, an INITIAL event where the term needs an old
 * value.  A term that never makes sense for a target is refused by WATCH; for a
 * pattern that is one that does not suit a variable which matches it then.
 *
 * ========================  =======  ========================================
 * operation                 types    true if
 * ========================  =======  ========================================
 * CHANGED                   numbers  ``|new - reference| >= operand``
 * CHANGED, ABOVE            numbers  ``|new - reference| > operand``
 * CHANGED, UP or DOWN       numbers  ``new - reference``, ``reference - new``
 *                                    instead
 * CHANGED, PERCENT          numbers  100 times the difference instead, and
 *                                    ``operand * |reference|``
 * INSIDE                    numbers  ``operand <= new && new <= high``
 * OUTSIDE                   numbers  ``!(operand <= new && new <= high)``
 * ENTERS                    numbers  it comes into the range
 * LEAVES                    numbers  it leaves the range
 * EQUALS                    all      ``new == operand``
 * DIFFERS                   all      ``new != operand``
 * DIFFERS, no operand       all      ``new != reference``
 * BITS                      int,     ``new & operand``
 *                           uint
 * BITS_CHANGED              int,     ``(new ^ reference) & operand``
 *                           uint
 * ========================  =======  ========================================
 *
 * Numbers are int, uint and float.  Differences of integers are exact, those of
 * floats what C gives.  -0.0 equals 0.0, and for EQUALS and DIFFERS NaN equals NaN.
 *
 * A bound of type NONE is no bound; ABOVE takes the lower bound itself out of
 * the range, BELOW the upper one.  So "rises above 30" is ENTERS with ABOVE and the
 * operand 30, "falls below 10" is ENTERS with BELOW and 10 in high.
 *
 * A hysteresis makes the range that ENTERS has come into wider, on both sides,
 * until the value has left it; and that which LEAVES has left narrower until the
 * value has come back.  Whether it is inside when the watch is made is said by the
 * range itself.
 */

#define LOCALSTATE_FILTER_TERMS		4U
#define LOCALSTATE_FILTER_PERCENT_ONE	1000000ULL	/* 1 % of integers */

/**
 * enum localstate_filter_operation - what a term asks
 * @LOCALSTATE_FILTER_CHANGED: whether the value has moved by so much
 * @LOCALSTATE_FILTER_INSIDE: whether it is in the range
 * @LOCALSTATE_FILTER_OUTSIDE: whether it is not in the range
 * @LOCALSTATE_FILTER_ENTERS: whether it comes into the range
 * @LOCALSTATE_FILTER_LEAVES: whether it leaves the range
 * @LOCALSTATE_FILTER_EQUALS: whether it is this value
 * @LOCALSTATE_FILTER_DIFFERS: whether it is another value
 * @LOCALSTATE_FILTER_BITS: whether one of these bits is set
 * @LOCALSTATE_FILTER_BITS_CHANGED: whether one of these bits has changed
 */
enum localstate_filter_operation {
	LOCALSTATE_FILTER_CHANGED = 1,
	LOCALSTATE_FILTER_INSIDE,
	LOCALSTATE_FILTER_OUTSIDE,
	LOCALSTATE_FILTER_ENTERS,
	LOCALSTATE_FILTER_LEAVES,
	LOCALSTATE_FILTER_EQUALS,
	LOCALSTATE_FILTER_DIFFERS,
	LOCALSTATE_FILTER_BITS,
	LOCALSTATE_FILTER_BITS_CHANGED,
};

/* Flags of a term. */
#define LOCALSTATE_FILTER_REPORTED	(1U << 0)	/* reference: the last that passed */
#define LOCALSTATE_FILTER_PERCENT	(1U << 1)	/* CHANGED: of the reference */
#define LOCALSTATE_FILTER_UP		(1U << 2)	/* CHANGED: only upwards */
#define LOCALSTATE_FILTER_DOWN		(1U << 3)	/* CHANGED: only downwards */
#define LOCALSTATE_FILTER_ABOVE		(1U << 4)	/* without the operand itself */
#define LOCALSTATE_FILTER_BELOW		(1U << 5)	/* without high itself */

/**
 * struct localstate_filter_term - one term of a filter
 * @operation: enum localstate_filter_operation
 * @flags: LOCALSTATE_FILTER_*; REPORTED with CHANGED and BITS_CHANGED, and with
 *	DIFFERS without operand, where it suits bool, int, uint and float only
 * @operand: the amount, the lower bound, the value, or the bits.  Of the type of the
 *	variable; but an amount of int variables, and bits, are UINT.  A percentage of
 *	floats is a FLOAT; that of integers a UINT, in millionths of a percent
 * @high: the upper bound; type NONE where there is none
 * @hysteresis: with ENTERS and LEAVES: of integers a UINT, of floats the bits of a
 *	FLOAT that is not negative; else 0
 */
struct localstate_filter_term {
	__u32 operation;
	__u32 flags;
	struct localstate_value operand;
	struct localstate_value high;
	__aligned_u64 hysteresis;
};

/**
 * enum localstate_filter_match - how terms are combined
 * @LOCALSTATE_FILTER_ANY: one that is true is enough
 * @LOCALSTATE_FILTER_ALL: all have to be true
 */
enum localstate_filter_match {
	LOCALSTATE_FILTER_ANY,
	LOCALSTATE_FILTER_ALL,
};

/**
 * struct localstate_filter - which changes a watch wants
 * @terms: pointer to an array of struct localstate_filter_term
 * @n_terms: their number, 0..LOCALSTATE_FILTER_TERMS; 0: all changes
 * @match: enum localstate_filter_match
 */
struct localstate_filter {
	__aligned_u64 terms;
	__u32 n_terms;
	__u32 match;
};

/* WATCH: options. */
#define LOCALSTATE_WATCH_INITIAL	(1U << 0)	/* the current values first, then SYNC */
#define LOCALSTATE_WATCH_ALLOW_MISSING	(1U << 1)	/* wait for names to be registered */
#define LOCALSTATE_WATCH_NO_SELF	(1U << 2)	/* not what this client does itself */
#define LOCALSTATE_WATCH_CONFLATE	(1U << 3)	/* of each variable only the latest */
#define LOCALSTATE_WATCH_SNAPSHOT	(1U << 4)	/* the current values into the buffer */

/* The inline limit that a watch may ask for; the largest is in GET_INFO. */
#define LOCALSTATE_INLINE_MIN		16U

/**
 * struct localstate_watch - WATCH: tell this descriptor of changes
 * @targets: pointer to an array of struct localstate_target
 * @n_targets: their number, 1..max_targets
 * @flags: LOCALSTATE_WATCH_*
 * @status: pointer to an array of __s32, one for each target, or 0: gets 0 or
 *	the negative errno of that target (EILSEQ: a pattern that holds a NUL;
 *	EINVAL: it is malformed, or a term of the filter does not suit the type of
 *	its variable or of one of them; ENOENT)
 * @filter: which changes it wants
 * @buffer: with SNAPSHOT: where the variables go, struct localstate_variable one
 *	after another as LIST has them, with @target; else 0
 * @buffer_len: bytes at @buffer
 * @inline_limit: bytes of old value, new value and metadata together that an
 *	event carries, LOCALSTATE_INLINE_MIN..inline_max; 0 takes the default
 * @ref: out: the watch's number in this client, never given again in it;
 *	events carry it
 * @failed: out, also on failure: number of targets that failed
 * @count: out: with SNAPSHOT: variables written
 * @size: out: bytes written; how many are needed, if the call fails with EMSGSIZE
 * @error: why it failed; index of the first failing target
 *
 * All or nothing: if a target fails the call fails with the errno of the first
 * failing one, nothing is installed, and every failing one is in @status.  One
 * variable named twice is one link; events carry the first index.
 *
 * Names and patterns stay when variables are deleted: each one that is registered
 * under a watched name gets a new link, and CREATED is its first event.  A pattern
 * need not match anything.  With ALLOW_MISSING neither need a name: then no ENOENT
 * comes but of an id.
 *
 * With INITIAL each variable's current value comes first as a CHANGED event
 * with cause INITIAL and no old value, if the filter lets it pass, then one SYNC;
 * all later events of the variable have a higher version, and none is missing.
 *
 * With SNAPSHOT the current values of all variables are in @buffer when the call
 * returns, whole, and whatever the filter says; there is neither INITIAL nor SYNC.
 * Each is of the moment from which on its variable is watched: all events of the
 * variable have a higher version, and none is missing.  The moments of two variables
 * may differ, but no transaction lies between them.  INITIAL at the same time is
 * EINVAL.  If the buffer is too small nothing is watched, and @size is what was needed;
 * the values may grow until the next try.
 *
 * With NO_SELF there are no events of what is done through this descriptor: SET,
 * BATCH, REGISTER and DELETE, and RELEASE of its own claims.  Its changes and
 * deletions count as filtered.  What the filter knows as REPORTED stays; the terms
 * that look at crossings see them, too.
 *
 * With CONFLATE one event of each variable waits at most, and later changes are merged
 * into it until read() takes it.  It waits beside the queue, of which it takes no
 * room; read() takes from both in turn, and says nothing of their order to each
 * other.  It never has the flag END.
 *
 * Errors: EACCES, EBADF, EDQUOT (WATCHES, LINKS, BYTES; TARGETS: the targets are
 * more than max_targets variables), EFAULT (the watch is undone), EILSEQ (a pattern,
 * or a text in the filter), EINTR (the caller is being killed; with CONFLATE, a signal
 * came while a read() of another thread stood still), EINVAL, EMSGSIZE (BUFFER),
 * ENOENT, ENOMEM, ENOTCONN, ESHUTDOWN.
 */
struct localstate_watch {
	__aligned_u64 targets;
	__u32 n_targets;
	__u32 flags;
	__aligned_u64 status;
	struct localstate_filter filter;
	__aligned_u64 buffer;
	__u32 buffer_len;
	__u32 inline_limit;
	__u32 ref;
	__u32 failed;
	__u32 count;
	__u32 size;
	struct localstate_error error;
};

/**
 * struct localstate_unwatch - UNWATCH: end a watch of this descriptor
 * @ref: the watch
 * @flags: 0
 * @error: why it failed
 *
 * When it returns no event of that watch can be queued, and those still queued
 * are dropped; a read() that overlaps the call may still deliver some.
 *
 * Errors: EACCES, EBADF, EFAULT, EINVAL, ENOENT, ENOTCONN, ESHUTDOWN.
 */
struct localstate_unwatch {
	__u32 ref;
	__u32 flags;
	struct localstate_error error;
};

/**
 * struct localstate_rewatch - REWATCH: replace filter and options of a watch
 * @ref: the watch
 * @flags: LOCALSTATE_WATCH_NO_SELF, or 0: told of its own client's changes, too; the
 *	other flags of WATCH stay as they are, and error.limit has those that are refused
 * @filter: which changes it wants from now on
 * @inline_limit: as in struct localstate_watch, but at most what the watch was made
 *	with; 0: as it is
 * @reserved: 0
 * @error: why it failed; with FILTER, the index is the target that a term does not
 *	suit, as in WATCH
 *
 * For each variable there is one moment at which it happens: the changes before are
 * judged by the old filter and flag, those after by the new ones, and none is left out.
 * When the call returns that moment has been for all of them.  The references of
 * REPORTED are then the values of that moment, and what ENTERS and LEAVES remember is
 * told anew, as if the watch had just been made.  Ref, targets, queued events and
 * counters stay as they are.
 *
 * CONFLATE is not to be changed: of a variable's events, one that waits in the queue
 * and one that waits beside it would be read in any order.
 *
 * Variables that are registered later are judged by the new filter, too.  If a
 * term does not suit one that the watch watches now, nothing has changed.
 * If only @error cannot be written the call fails with EFAULT and the change stands.
 *
 * Errors: EACCES, EBADF, EDQUOT (BYTES), EFAULT (FILTER: nothing has changed), EILSEQ
 * (a text in the filter), EINTR (the caller is being killed), EINVAL (INLINE_LIMIT:
 * error.limit is the greatest), ENOENT, ENOMEM, ENOTCONN, ESHUTDOWN.
 */
struct localstate_rewatch {
	__u32 ref;
	__u32 flags;
	struct localstate_filter filter;
	__u32 inline_limit;
	__u32 reserved;
	struct localstate_error error;
};

/**
 * struct localstate_watch_info - a watch of this descriptor, with its counters
 * @ref: its number
 * @flags: LOCALSTATE_WATCH_* that it was made with, NO_SELF as it is now
 * @n_targets: number of targets
 * @n_links: variables that it watches now, and deleted ones whose DELETED
 *	waits outside of the queue's ring
 * @inline_limit: bytes of values and metadata that its events carry
 * @reserved: 0
 * @created_ns: when it was made
 * @queued: events that wait for read()
 * @delivered: events that read() has handed over
 * @events: changes and deletions that were queued as an event of their own
 * @merged: changes and deletions that were merged into a waiting event
 * @filtered: changes that a filter held back, and changes and deletions that
 *	NO_SELF did
 *
 * events + merged + filtered is the number of changes and deletions of its
 * variables since it watches them.
 */
struct localstate_watch_info {
	__u32 ref;
	__u32 flags;
	__u32 n_targets;
	__u32 n_links;
	__u32 inline_limit;
	__u32 reserved;
	__aligned_u64 created_ns;
	__aligned_u64 queued;
	__aligned_u64 delivered;
	__aligned_u64 events;
	__aligned_u64 merged;
	__aligned_u64 filtered;
};

/**
 * struct localstate_watches - WATCHES: the watches of this descriptor
 * @buffer: where an array of struct localstate_watch_info goes
 * @buffer_len: bytes at @buffer
 * @after: in: list refs above this one; 0 starts.  out: the last ref written
 * @entry_size: bytes from one entry to the next: sizeof(struct
 *	localstate_watch_info) as the caller knows it
 * @count: out: entries written; 0 at the end of the list
 * @flags: 0
 * @reserved: 0
 * @error: why it failed
 *
 * Errors: EACCES, EBADF, EFAULT, EINVAL, EMSGSIZE (not even one entry fits),
 * ENOTCONN, ESHUTDOWN.
 */
struct localstate_watches {
	__aligned_u64 buffer;
	__u32 buffer_len;
	__u32 after;
	__u32 entry_size;
	__u32 count;
	__u32 flags;
	__u32 reserved;
	struct localstate_error error;
};

/**
 * struct localstate_queue - QUEUE: size of this descriptor's event queue
 * @size: in: bytes wanted, rounded up to a power of two of whole pages; 0 asks
 *	only.  out: bytes that it has, or will have
 * @flags: 0
 * @error: why it failed
 *
 * The size is fixed by the first WATCH that succeeds, and while one is at work.  If
 * one is refused while another thread is in read() it may stay fixed.  Needs no
 * session.
 *
 * Errors: EBUSY, EFAULT, EINVAL (QUEUE_SIZE: above queue_max).
 */
struct localstate_queue {
	__u32 size;
	__u32 flags;
	struct localstate_error error;
};

/* BATCH: flags. */
#define LOCALSTATE_BATCH_ATOMIC		(1U << 0)	/* all entries or none */

/**
 * struct localstate_batch - BATCH: several SETs in one call
 * @entries: pointer to an array of struct localstate_set, each with outputs and
 *	an error part of its own
 * @n_entries: their number, 1..LOCALSTATE_BATCH_MAX
 * @entry_size: bytes from one entry to the next, a multiple of 8 up to a page:
 *	sizeof(struct localstate_set) as the caller knows it; a non-zero tail that
 *	the kernel does not know is E2BIG
 * @flags: LOCALSTATE_BATCH_*
 * @reserved: 0
 * @transaction: out: number of the transaction, which its events carry; 0 if
 *	there was none, or nothing changed
 * @failed: out, also on failure: number of entries that failed
 * @changed: out: number of entries that changed their variable
 * @error: why it failed; if an entry did, its error and its index
 *
 * Without ATOMIC each entry is done for itself, in their order; the call
 * succeeds, and error.code of each entry tells of that one.
 *
 * ATOMIC makes a transaction of it.  All entries are checked before anything
 * changes.  If one fails the call fails with the errno of the first failing one,
 * nothing has changed, and each failing entry says why.  Otherwise all are made
 * at one moment: nobody changes one of the variables in between, a GET_MANY sees
 * all or none, all events have one time, and in each queue they stand one after
 * another, the last with LOCALSTATE_EVENT_END.  A variable may be named once.
 *
 * If the outputs cannot be written the call fails with EFAULT and the changes
 * stand.
 *
 * Errors: EACCES, EBADF, EFAULT, EINTR, EINVAL, ENOMEM, ENOTCONN, ESHUTDOWN; with
 * ATOMIC also those of SET.
 */
struct localstate_batch {
	__aligned_u64 entries;
	__u32 n_entries;
	__u32 entry_size;
	__u32 flags;
	__u32 reserved;
	__aligned_u64 transaction;
	__u32 failed;
	__u32 changed;
	struct localstate_error error;
};

/**
 * struct localstate_get_many - GET_MANY: the values of several variables at one
 *	moment
 * @entries: pointer to an array of struct localstate_get, each with a buffer,
 *	outputs and an error part of its own
 * @n_entries: their number, 1..LOCALSTATE_BATCH_MAX
 * @entry_size: as in struct localstate_batch, of struct localstate_get
 * @flags: 0
 * @failed: out: number of entries that failed
 * @transaction: out: number of the last transaction of the session before that
 *	moment, 0 if there was none
 * @error: why it failed
 *
 * Of each transaction the values show all or nothing.  Between changes that are
 * no transactions the moments of two variables may differ.  The call succeeds
 * even if entries fail; error.code of each entry tells.
 *
 * Errors: EACCES, EBADF, EFAULT, EINVAL, ENOMEM, ENOTCONN, ESHUTDOWN.
 */
struct localstate_get_many {
	__aligned_u64 entries;
	__u32 n_entries;
	__u32 entry_size;
	__u32 flags;
	__u32 failed;
	__aligned_u64 transaction;
	struct localstate_error error;
};

/**
 * enum localstate_claim_end - what happens to a variable when its claim ends
 * @LOCALSTATE_CLAIM_END_NONE: nothing
 * @LOCALSTATE_CLAIM_END_RESET: it gets the value that it was registered with
 * @LOCALSTATE_CLAIM_END_DELETE: it is deleted
 * @LOCALSTATE_CLAIM_END_WILL: it gets the value and the metadata of the claim
 *
 * Its events have cause RELEASE and the holder as writer.
 */
enum localstate_claim_end {
	LOCALSTATE_CLAIM_END_NONE,
	LOCALSTATE_CLAIM_END_RESET,
	LOCALSTATE_CLAIM_END_DELETE,
	LOCALSTATE_CLAIM_END_WILL,
};

/* CLAIM: flags. */
#define LOCALSTATE_CLAIM_WAIT		(1U << 0)	/* until it is free, or timeout_ns */

#define LOCALSTATE_TIMEOUT_NONE		(~0ULL)		/* wait for ever */

/**
 * struct localstate_claim - CLAIM: the exclusive right to change a variable
 * @key: which variable
 * @will: with END_WILL: the value, of the variable's type; else type NONE
 * @metadata: with END_WILL: pointer to ``key=value`` strings, each followed by
 *	a NUL, merged into the variable's as SET does; if merged they would be
 *	too long, the variable keeps its own and the event alone carries these
 * @metadata_len: bytes at @metadata, 0..LOCALSTATE_METADATA_MAX
 * @flags: LOCALSTATE_CLAIM_*
 * @on_end: enum localstate_claim_end
 * @reserved: 0
 * @timeout_ns: with WAIT: how long to wait at most, LOCALSTATE_TIMEOUT_NONE for
 *	ever; else 0
 * @id: out: the variable's id
 * @version: out: its version
 * @error: why it failed
 *
 * From now on SET and DELETE of everybody else fail with EBUSY.  The claim
 * belongs to the descriptor and ends by RELEASE, with the last reference to the
 * descriptor, or with the variable.  Then @on_end is done: the will has been
 * checked by CLAIM, and nothing can fail any more.  A DESTROY of the session
 * does nothing to its variables.
 *
 * The waiting descriptors learn in no particular order that the claim is free.
 *
 * Errors: EACCES, EALREADY, EBADF, EBUSY, EDQUOT (CLAIMS, BYTES), EFAULT (the claim is
 * undone), EILSEQ, EINTR, EINVAL, ENOENT, ENOMEM, ENOTCONN, ERANGE (the will),
 * EROFS (RESET or a will), ESHUTDOWN, ETIMEDOUT.
 */
struct localstate_claim {
	struct localstate_key key;
	struct localstate_value will;
	__aligned_u64 metadata;
	__u32 metadata_len;
	__u32 flags;
	__u32 on_end;
	__u32 reserved;
	__aligned_u64 timeout_ns;
	__aligned_u64 id;
	__aligned_u64 version;
	struct localstate_error error;
};

/**
 * struct localstate_release - RELEASE: end a claim of this descriptor
 * @key: which variable
 * @flags: 0
 * @reserved: 0
 * @id: out: the variable's id
 * @version: out: its version after what the claim's end has done to it
 * @error: why it failed
 *
 * Errors: EACCES, EBADF, EFAULT, EINVAL, ENOENT (field CLAIM: this descriptor
 * does not hold it), ENOTCONN, ESHUTDOWN.
 */
struct localstate_release {
	struct localstate_key key;
	__u32 flags;
	__u32 reserved;
	__aligned_u64 id;
	__aligned_u64 version;
	struct localstate_error error;
};

#define LOCALSTATE_IOC_MAGIC	0xBE

#define LOCALSTATE_IOC_GET_INFO	_IOWR(LOCALSTATE_IOC_MAGIC, 0x00, struct localstate_info)
#define LOCALSTATE_IOC_ATTACH	_IOWR(LOCALSTATE_IOC_MAGIC, 0x01, struct localstate_attach)
#define LOCALSTATE_IOC_DESTROY	_IOWR(LOCALSTATE_IOC_MAGIC, 0x02, struct localstate_destroy)
#define LOCALSTATE_IOC_REGISTER	_IOWR(LOCALSTATE_IOC_MAGIC, 0x03, struct localstate_register)
#define LOCALSTATE_IOC_SET	_IOWR(LOCALSTATE_IOC_MAGIC, 0x04, struct localstate_set)
#define LOCALSTATE_IOC_GET	_IOWR(LOCALSTATE_IOC_MAGIC, 0x05, struct localstate_get)
#define LOCALSTATE_IOC_DESCRIBE	_IOWR(LOCALSTATE_IOC_MAGIC, 0x06, struct localstate_describe)
#define LOCALSTATE_IOC_LIST	_IOWR(LOCALSTATE_IOC_MAGIC, 0x07, struct localstate_list)
#define LOCALSTATE_IOC_DELETE	_IOWR(LOCALSTATE_IOC_MAGIC, 0x08, struct localstate_delete)
#define LOCALSTATE_IOC_WATCH	_IOWR(LOCALSTATE_IOC_MAGIC, 0x09, struct localstate_watch)
#define LOCALSTATE_IOC_UNWATCH	_IOWR(LOCALSTATE_IOC_MAGIC, 0x0a, struct localstate_unwatch)
#define LOCALSTATE_IOC_WATCHES	_IOWR(LOCALSTATE_IOC_MAGIC, 0x0b, struct localstate_watches)
#define LOCALSTATE_IOC_QUEUE	_IOWR(LOCALSTATE_IOC_MAGIC, 0x0c, struct localstate_queue)
#define LOCALSTATE_IOC_BATCH	_IOWR(LOCALSTATE_IOC_MAGIC, 0x0d, struct localstate_batch)
#define LOCALSTATE_IOC_GET_MANY	_IOWR(LOCALSTATE_IOC_MAGIC, 0x0e, struct localstate_get_many)
#define LOCALSTATE_IOC_CLAIM	_IOWR(LOCALSTATE_IOC_MAGIC, 0x0f, struct localstate_claim)
#define LOCALSTATE_IOC_RELEASE	_IOWR(LOCALSTATE_IOC_MAGIC, 0x10, struct localstate_release)
#define LOCALSTATE_IOC_REWATCH	_IOWR(LOCALSTATE_IOC_MAGIC, 0x11, struct localstate_rewatch)

/**
 * enum localstate_event_kind - what an event tells
 * @LOCALSTATE_EVENT_CHANGED: the value changed; with cause INITIAL: this is the
 *	value that the watch starts from
 * @LOCALSTATE_EVENT_CREATED: a variable of a watched name or pattern was
 *	registered: the new value is its initial one, the version 0 or that of RESTORE, there is no
 *	old value
 * @LOCALSTATE_EVENT_DELETED: the variable is gone: the new value is the last
 *	that it had, and so is the old one if nothing was merged; the version is
 *	one above its last
 * @LOCALSTATE_EVENT_SYNC: all INITIAL events of the watch came before this
 * @LOCALSTATE_EVENT_LOST: a variable of a watched name or pattern could not be
 *	linked: the watch or its user is at the limit, or memory is out; watch
 *	again to get it
 * @LOCALSTATE_EVENT_SESSION_END: the session was destroyed: the last event
 */
enum localstate_event_kind {
	LOCALSTATE_EVENT_CHANGED = 1,
	LOCALSTATE_EVENT_CREATED,
	LOCALSTATE_EVENT_DELETED,
	LOCALSTATE_EVENT_SYNC,
	LOCALSTATE_EVENT_LOST,
	LOCALSTATE_EVENT_SESSION_END,
};

/**
 * enum localstate_event_cause - why it happened
 * @LOCALSTATE_CAUSE_SET: a call that concerned this variable alone
 * @LOCALSTATE_CAUSE_BATCH: one entry of a BATCH
 * @LOCALSTATE_CAUSE_INITIAL: the watch was made
 * @LOCALSTATE_CAUSE_RELEASE: a claim ended
 */
enum localstate_event_cause {
	LOCALSTATE_CAUSE_SET = 1,
	LOCALSTATE_CAUSE_BATCH,
	LOCALSTATE_CAUSE_INITIAL,
	LOCALSTATE_CAUSE_RELEASE,
};

/* Flags of an event. */
#define LOCALSTATE_EVENT_OLD			(1U << 0)	/* there is an old value */
#define LOCALSTATE_EVENT_NEW			(1U << 1)	/* there is a new value */
#define LOCALSTATE_EVENT_OLD_TRUNCATED		(1U << 2)	/* only the start is carried */
#define LOCALSTATE_EVENT_NEW_TRUNCATED		(1U << 3)
#define LOCALSTATE_EVENT_METADATA_TRUNCATED	(1U << 4)
#define LOCALSTATE_EVENT_END			(1U << 5)	/* see @transaction */

/**
 * struct localstate_event - one record of a queue, as read() delivers it
 * @size: bytes of the record, all that follows included; a multiple of 8
 * @kind: enum localstate_event_kind
 * @cause: enum localstate_event_cause
 * @flags: LOCALSTATE_EVENT_OLD and the like
 * @ref: the watch; 0 for SESSION_END
 * @target: index of the target in the watch's list; 0 for SYNC, SESSION_END
 * @id: the variable; 0 for SYNC, LOST, SESSION_END
 * @sequence: grows from record to record of one queue, and may skip
 * @version: the variable's version after the change
 * @transaction: number of the transaction that the change was part of, else 0.
 *	The events of a transaction stand one after another, but for those of
 *	CONFLATE watches, which may stand anywhere; and the last one has
 *	the flag END: whoever has read up to it has seen all of it.  Where events
 *	have waited for room in the queue and were merged, END comes with the one
 *	behind which none waits any more, whatever that tells of
 * @time_ns: when the change was made
 * @pid: who made it, as the pid namespace of the watcher's open() sees it; 0
 *	if that does not see it
 * @uid: effective uid of that process, as the user namespace of open() sees it
 * @merged: further changes that this event stands for, because they came while
 *	it waited for room in the queue, or with CONFLATE for read()
 * @type: enum localstate_type of the values
 * @old_len: bytes of the old value that follow
 * @new_len: bytes of the new value that follow
 * @metadata_len: bytes of the change's metadata that follow; INITIAL and
 *	CREATED carry all that the variable has
 * @old_full: bytes that the old value has; more than @old_len if it was cut
 * @new_full: bytes that the new value has
 * @metadata_full: bytes that the change's metadata has
 *
 * Then follow old value, new value, metadata: each starts at a multiple of 8,
 * the gaps are zero.  The old value is the one before this change, or before
 * the first of the changes that were merged; an event that began as INITIAL or
 * CREATED has none.  What exceeds the watch's inline
 * limit is cut: the metadata first, by whole entries, then the old value, then
 * the new one: a string at a character, bytes anywhere, an array behind an
 * element (its head tells the whole shape, or is not there either); GET returns
 * the whole.
 */
struct localstate_event {
	__u32 size;
	__u8 kind;
	__u8 cause;
	__u16 flags;
	__u32 ref;
	__u32 target;
	__aligned_u64 id;
	__aligned_u64 sequence;
	__aligned_u64 version;
	__aligned_u64 transaction;
	__aligned_u64 time_ns;
	__u32 pid;
	__u32 uid;
	__u32 merged;
	__u32 type;
	__u32 old_len;
	__u32 new_len;
	__u32 metadata_len;
	__u32 old_full;
	__u32 new_full;
	__u32 metadata_full;
};

#define LOCALSTATE_SLOT_INLINE	32U
#define LOCALSTATE_SLOT_ASK	0xffffU

/**
 * struct localstate_slot - a variable's state as a reader of memory sees it
 * @sequence: odd while a writer is at work; a reader takes what it read if the
 *	sequence was even and the same before and after
 * @type: enum localstate_type; NONE in a slot that is not in use
 * @length: bytes of the value, or LOCALSTATE_SLOT_ASK if it does not fit here
 * @id: the variable's id
 * @version: its version
 * @changed_ns: time of its last change
 * @value: the value: a scalar's bits, or the bytes of a short string
 *
 * The layout in which variables will be mapped; the kernel keeps them in it.
 */
struct localstate_slot {
	__u32 sequence;
	__u16 type;
	__u16 length;
	__aligned_u64 id;
	__aligned_u64 version;
	__aligned_u64 changed_ns;
	__aligned_u64 value[LOCALSTATE_SLOT_INLINE / 8];
};

#endif /* _UAPI_LINUX_LOCALSTATE_H */
