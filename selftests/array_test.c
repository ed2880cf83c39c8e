// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arrays and bytes: at the limit a value is accepted, one step beyond it is
 * refused by name, number and element, and nothing has changed.
 */
#include <float.h>
#include <math.h>

#include "process_helpers.h"

#define HAS(_what) LOCALSTATE_HAS_##_what
#define FIELD(_what) LOCALSTATE_FIELD_##_what
#define ELEMENT(_what) LOCALSTATE_ELEMENT_##_what

/* The largest value that there is, and one byte more. */
static union {
	struct localstate_array head;
	__u64 words[(LOCALSTATE_VALUE_MAX + LOCALSTATE_ARRAY_HEADER_MAX) / 8 + 1];
} large;

/* A small array, as it travels. */
struct array {
	struct localstate_value value;
	union {
		struct localstate_array head;
		__u64 words[12];
	};
};

static size_t element_size(__u32 element)
{
	return element == ELEMENT(U8) ? 1 : element == ELEMENT(F32) || element == ELEMENT(S32) ?
	       4 : 8;
}

/* Fill @a, which the value points into, with @n elements. */
static struct localstate_value array_of(struct array *a, __u32 element, __u32 rank,
					const __u32 *shape, const void *elements, size_t n)
{
	size_t header = LOCALSTATE_ARRAY_HEADER(rank);

	memset(a, 0, sizeof(*a));
	a->head.element = element;
	a->head.rank = rank;
	memcpy(a->head.shape, shape, rank * sizeof(*shape));
	memcpy((char *)a->words + header, elements, n * element_size(element));
	a->value = value_bytes(LOCALSTATE_TYPE_ARRAY, a->words,
			       header + n * element_size(element));
	return a->value;
}

/* A vector of one or two elements, given by their bits. */
static struct localstate_value vector_of(struct array *a, __u32 element, __u64 first,
					 __u64 second, __u32 n)
{
	__u64 bits[2] = { first, second };
	char elements[16];
	__u32 i;

	for (i = 0; i < 2; i++)
		memcpy(elements + i * element_size(element), &bits[i], element_size(element));
	return array_of(a, element, 1, &n, elements, n);
}

static __u32 single_bits(float value)
{
	__u32 bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

FIXTURE(array) {
	int fd;
	struct snapshot before;
};

FIXTURE_SETUP(array)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->fd = session_private();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(array)
{
	close(self->fd);
}

/* A variable of any shape whose elements have limits. */
static struct localstate_register spec_of(__u32 element, __u32 constraints)
{
	struct localstate_register req = register_request("a", value_none());

	req.type = LOCALSTATE_TYPE_ARRAY;
	req.constraints = HAS(ELEMENT) | constraints;
	req.element = element;
	return req;
}

/* As EXPECT_REFUSED, which knows of no index; what there is stays as it was. */
#define EXPECT_REFUSED_AT(_code, _field, _limit, _index, _ioctl, _req) do { \
	ASSERT_EQ(0, snapshot_take(self->fd, &self->before));		\
	EXPECT_EQ(-(_code), call(self->fd, LOCALSTATE_IOC_##_ioctl, _req)); \
	EXPECT_EQ(_code, (_req)->error.code);				\
	EXPECT_EQ(_field, (_req)->error.field);				\
	EXPECT_EQ((__u64)(_limit), (_req)->error.limit);		\
	EXPECT_EQ(_index, (_req)->error.index);				\
	EXPECT_TRUE(snapshot_holds(self->fd, &self->before));		\
} while (0)

#define EXPECT_NOT_MADE(_code, _field, _limit, _req)			\
	EXPECT_REFUSED_AT(_code, FIELD(_field), _limit, LOCALSTATE_NO_INDEX, \
			  REGISTER, _req)

#define EXPECT_NOT_SET(_code, _field, _limit, _index, _value) do {	\
	struct localstate_set _set = set_request(key_name("a"), _value); \
									\
	EXPECT_REFUSED_AT(_code, _field, _limit, _index, SET, &_set);	\
} while (0)

struct element_case {
	const char *name;
	__u32 element;
	__u32 constraints;
	__u64 limit;
	__u64 good;
	__u64 bad;
	__u32 field;
	__u32 type;
};

#define CHECK_ELEMENT(_case) do {					\
	const struct element_case *_c = (_case);			\
	struct localstate_register _req;				\
	struct array _a;						\
									\
	_req = spec_of(_c->element, _c->constraints);			\
	_req.min = _c->constraints & HAS(MIN) ? _c->limit : 0;		\
	_req.max = _c->constraints & HAS(MAX) ? _c->limit : 0;		\
	_req.value = vector_of(&_a, _c->element, _c->bad, _c->bad, 1);	\
	EXPECT_REFUSED_AT(ERANGE, _c->field, _c->limit, 0, REGISTER, &_req); \
	EXPECT_EQ(_c->type, _req.error.type);				\
	_req.value = vector_of(&_a, _c->element, _c->good, _c->good, 1); \
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_REGISTER, &_req), &_req); \
	EXPECT_EQ(0, variable_set(self->fd, "a",			\
				  vector_of(&_a, _c->element, _c->good, _c->good, 2))); \
	EXPECT_NOT_SET(ERANGE, _c->field, _c->limit, 1,			\
		       vector_of(&_a, _c->element, _c->good, _c->bad, 2)); \
	ASSERT_EQ(0, variable_delete(self->fd, "a"));			\
	ASSERT_EQ(0, _metadata->exit_code) {				\
		TH_LOG("%s", _c->name);					\
	}								\
} while (0)

TEST_F(array, element_of_an_integer_type_is_held_to_its_limits)
{
	const struct element_case cases[] = {
		{ "s32 max", ELEMENT(S32), HAS(MAX), 30, 30, 31, FIELD(MAX),
		  LOCALSTATE_TYPE_INT },
		{ "s32 min", ELEMENT(S32), HAS(MIN), -30, -30, -31, FIELD(MIN),
		  LOCALSTATE_TYPE_INT },
		{ "s64 max", ELEMENT(S64), HAS(MAX), INT64_MAX - 1, INT64_MAX - 1, INT64_MAX,
		  FIELD(MAX), LOCALSTATE_TYPE_INT },
		{ "s64 min", ELEMENT(S64), HAS(MIN), INT64_MIN + 1, INT64_MIN + 1, INT64_MIN,
		  FIELD(MIN), LOCALSTATE_TYPE_INT },
		{ "u8 max", ELEMENT(U8), HAS(MAX), 254, 254, 255, FIELD(MAX),
		  LOCALSTATE_TYPE_UINT },
		{ "u8 min", ELEMENT(U8), HAS(MIN), 1, 1, 0, FIELD(MIN), LOCALSTATE_TYPE_UINT },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		CHECK_ELEMENT(&cases[i]);
}

TEST_F(array, element_of_a_float_type_is_held_to_its_limits)
{
	const struct element_case cases[] = {
		{ "f64 max", ELEMENT(F64), HAS(MAX), double_bits(0.1), double_bits(0.1),
		  double_bits(nextafter(0.1, 1)), FIELD(MAX), LOCALSTATE_TYPE_FLOAT },
		{ "f64 min", ELEMENT(F64), HAS(MIN), double_bits(-DBL_MIN), double_bits(-DBL_MIN),
		  double_bits(nextafter(-DBL_MIN, -1)), FIELD(MIN), LOCALSTATE_TYPE_FLOAT },
		{ "f32 max", ELEMENT(F32), HAS(MAX), double_bits(1), single_bits(1),
		  single_bits(nextafterf(1, 2)), FIELD(MAX), LOCALSTATE_TYPE_FLOAT },
		{ "f32 max that is no single", ELEMENT(F32), HAS(MAX),
		  double_bits(nextafter(1, 0)), single_bits(nextafterf(1, 0)), single_bits(1),
		  FIELD(MAX), LOCALSTATE_TYPE_FLOAT },
		{ "f32 denormal min", ELEMENT(F32), HAS(MIN), double_bits(FLT_TRUE_MIN),
		  single_bits(FLT_TRUE_MIN), 0, FIELD(MIN), LOCALSTATE_TYPE_FLOAT },
		{ "f32 zeroes", ELEMENT(F32), HAS(MIN), 0, single_bits(-0.0f),
		  single_bits(-FLT_TRUE_MIN), FIELD(MIN), LOCALSTATE_TYPE_FLOAT },
		{ "f32 nan", ELEMENT(F32), HAS(MAX), double_bits(INFINITY),
		  single_bits(INFINITY), single_bits(NAN), FIELD(MAX), LOCALSTATE_TYPE_FLOAT },
		{ "f64 nan", ELEMENT(F64), HAS(MIN), double_bits(-INFINITY),
		  double_bits(-INFINITY), double_bits(NAN), FIELD(MIN), LOCALSTATE_TYPE_FLOAT },
		{ "f32 finite", ELEMENT(F32), HAS(FINITE), 0, single_bits(FLT_MAX),
		  single_bits(INFINITY), FIELD(FINITE), LOCALSTATE_TYPE_ARRAY },
		{ "f64 finite", ELEMENT(F64), HAS(FINITE), 0, double_bits(-DBL_MAX),
		  double_bits(-INFINITY), FIELD(FINITE), LOCALSTATE_TYPE_ARRAY },
		{ "f64 finite, no nan", ELEMENT(F64), HAS(FINITE), 0, double_bits(DBL_MAX),
		  double_bits(-NAN), FIELD(FINITE), LOCALSTATE_TYPE_ARRAY },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		CHECK_ELEMENT(&cases[i]);
}

TEST_F(array, form_of_the_variable_is_kept)
{
	const __u32 shape[] = { 2, 1 }, turned[] = { 1, 2 };
	struct localstate_register req = spec_of(ELEMENT(U8), HAS(SHAPE));
	struct array a;

	req.shape = pointer(shape);
	req.rank = 2;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_REGISTER, &req), &req);
	EXPECT_EQ(0, variable_set(self->fd, "a", array_of(&a, ELEMENT(U8), 2, shape, "ab", 2)));
	EXPECT_NOT_SET(ERANGE, FIELD(SHAPE), 2, 0, array_of(&a, ELEMENT(U8), 2, turned, "ab", 2));
	EXPECT_NOT_SET(ERANGE, FIELD(RANK), 2, LOCALSTATE_NO_INDEX,
		       vector_of(&a, ELEMENT(U8), 1, 2, 2));
	EXPECT_NOT_SET(ERANGE, FIELD(ELEMENT), ELEMENT(U8), LOCALSTATE_NO_INDEX,
		       vector_of(&a, ELEMENT(S32), 1, 2, 2));
	EXPECT_NOT_SET(EINVAL, FIELD(TYPE), 0, LOCALSTATE_NO_INDEX, value_int(1));
}

TEST_F(array, malformed_value_is_refused)
{
	const __u32 shape[9] = { 1, 1, 1, 1, 1, 1, 1, 1, 1 };
	const __u32 huge[] = { 65536, 65536, 65536, 65536 };
	struct localstate_register req = spec_of(ELEMENT(U8), 0);
	struct array a;

	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_REGISTER, &req), &req);
	EXPECT_EQ(0, variable_set(self->fd, "a", array_of(&a, ELEMENT(U8), 0, shape, "a", 1)));
	EXPECT_EQ(0, variable_set(self->fd, "a", array_of(&a, ELEMENT(U8), 8, shape, "a", 1)));
	EXPECT_NOT_SET(EINVAL, FIELD(RANK), 8, LOCALSTATE_NO_INDEX,
		       array_of(&a, ELEMENT(U8), 9, shape, "a", 1));
	EXPECT_NOT_SET(EINVAL, FIELD(SHAPE), LOCALSTATE_VALUE_MAX, LOCALSTATE_NO_INDEX,
		       array_of(&a, ELEMENT(U8), 4, huge, "", 0));
	EXPECT_NOT_SET(EINVAL, FIELD(ELEMENT), 0, LOCALSTATE_NO_INDEX,
		       array_of(&a, ELEMENT(U8) + 1, 1, shape, "", 0));
	vector_of(&a, ELEMENT(U8), 1, 2, 2);
	a.value.length--;
	EXPECT_NOT_SET(EINVAL, FIELD(VALUE), 18, LOCALSTATE_NO_INDEX, a.value);
	a.value.length = 7;
	EXPECT_NOT_SET(EINVAL, FIELD(VALUE), 8, LOCALSTATE_NO_INDEX, a.value);
	vector_of(&a, ELEMENT(U8), 1, 2, 2);
	a.head.shape[1] = 1;
	EXPECT_NOT_SET(EINVAL, FIELD(RESERVED), 0, LOCALSTATE_NO_INDEX, a.value);
	a.value.data = 8;
	EXPECT_NOT_SET(EFAULT, FIELD(VALUE), 0, LOCALSTATE_NO_INDEX, a.value);
}

TEST_F(array, elements_have_at_most_64_kib)
{
	struct localstate_register req = spec_of(ELEMENT(U8), 0);
	struct localstate_value value = value_bytes(LOCALSTATE_TYPE_ARRAY, &large,
						    16 + LOCALSTATE_VALUE_MAX);

	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_REGISTER, &req), &req);
	large.head.element = ELEMENT(U8);
	large.head.rank = 1;
	large.head.shape[0] = LOCALSTATE_VALUE_MAX;
	EXPECT_EQ(0, variable_set(self->fd, "a", value));
	large.head.shape[0]++;
	value.length++;
	EXPECT_NOT_SET(EINVAL, FIELD(SHAPE), LOCALSTATE_VALUE_MAX, LOCALSTATE_NO_INDEX, value);
	value.length = LOCALSTATE_VALUE_MAX + LOCALSTATE_ARRAY_HEADER_MAX + 1;
	EXPECT_NOT_SET(EINVAL, FIELD(VALUE), LOCALSTATE_VALUE_MAX, LOCALSTATE_NO_INDEX, value);
}

TEST_F(array, senseless_constraints_are_refused)
{
	const __u32 shape[9] = { 65536, 2 };
	struct localstate_register req = spec_of(ELEMENT(NONE), 0);

	EXPECT_NOT_MADE(EINVAL, ELEMENT, 0, &req);
	req = spec_of(ELEMENT(U8) + 1, 0);
	EXPECT_NOT_MADE(EINVAL, ELEMENT, 0, &req);
	req = spec_of(ELEMENT(S32), HAS(FINITE));
	EXPECT_NOT_MADE(EINVAL, FINITE, 0, &req);
	req = spec_of(ELEMENT(U8), HAS(MAX));
	req.max = 256;
	EXPECT_NOT_MADE(EINVAL, MAX, 255, &req);
	req = spec_of(ELEMENT(F32), HAS(MIN) | HAS(MAX));
	req.min = double_bits(1);
	EXPECT_NOT_MADE(EINVAL, MIN, 0, &req);
	req = spec_of(ELEMENT(F64), HAS(FINITE) | HAS(MIN));
	req.min = double_bits(INFINITY);
	EXPECT_NOT_MADE(EINVAL, FINITE, 0, &req);
	req = spec_of(ELEMENT(F64), HAS(MAX));
	req.max = double_bits(NAN);
	EXPECT_NOT_MADE(EINVAL, MAX, 0, &req);
	req = spec_of(ELEMENT(U8), HAS(RANK));
	req.rank = 9;
	EXPECT_NOT_MADE(EINVAL, RANK, 8, &req);
	req = spec_of(ELEMENT(U8), HAS(SHAPE));
	req.shape = pointer(shape);
	req.rank = 2;
	EXPECT_NOT_MADE(EINVAL, SHAPE, LOCALSTATE_VALUE_MAX, &req);
	req.constraints |= HAS(RANK);
	EXPECT_NOT_MADE(EINVAL, RANK, 0, &req);
	req.constraints = HAS(ELEMENT) | HAS(SHAPE);
	req.shape = 8;
	EXPECT_NOT_MADE(EFAULT, SHAPE, 0, &req);
	req = spec_of(ELEMENT(U8), HAS(MIN_LENGTH));
	EXPECT_NOT_MADE(EINVAL, MIN_LENGTH, 0, &req);
}

TEST_F(array, equal_elements_change_nothing)
{
	struct localstate_register req = spec_of(ELEMENT(F32), 0);
	struct localstate_get get;
	struct array a;
	char buffer[64];

	req.value = vector_of(&a, ELEMENT(F32), single_bits(0.0f), single_bits(NAN), 2);
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_REGISTER, &req), &req);
	EXPECT_EQ(0, variable_set(self->fd, "a", vector_of(&a, ELEMENT(F32), single_bits(-0.0f),
							   single_bits(-NAN), 2)));
	get = get_request(key_name("a"), buffer, sizeof(buffer));
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_GET, &get), &get);
	EXPECT_EQ(0, get.version);
	EXPECT_EQ(24, get.value.length);
	EXPECT_EQ(0, variable_set(self->fd, "a", vector_of(&a, ELEMENT(F32), single_bits(0.0f),
							   single_bits(NAN), 1)));
	get = get_request(key_name("a"), buffer, sizeof(buffer));
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_GET, &get), &get);
	EXPECT_EQ(1, get.version);
	EXPECT_EQ(0, memcmp(buffer, &a.head, get.value.length));
}

TEST_F(array, description_tells_element_type_and_shape)
{
	const __u32 shape[] = { 3, 1, 2 };
	struct localstate_register req = spec_of(ELEMENT(S64), HAS(SHAPE));
	union {
		struct localstate_variable fixed;
		char bytes[1024];
	} record;

	req.shape = pointer(shape);
	req.rank = 3;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_REGISTER, &req), &req);
	ASSERT_EQ(0, variable_describe(self->fd, "a", &record, sizeof(record)));
	EXPECT_TRUE(variable_is_sound(&record.fixed));
	EXPECT_EQ(HAS(ELEMENT) | HAS(SHAPE), record.fixed.constraints);
	EXPECT_EQ(ELEMENT(S64), record.fixed.element);
	EXPECT_EQ(3, record.fixed.rank);
	EXPECT_TRUE(variable_part_is(&record.fixed, PART_SHAPE, shape, sizeof(shape)));
	EXPECT_EQ(24 + 48, record.fixed.value_len);
}

TEST_F(array, bytes_are_any_and_counted)
{
	struct localstate_register req = register_request("a", value_none());
	struct localstate_get get;
	char buffer[8];

	req.type = LOCALSTATE_TYPE_BYTES;
	req.constraints = HAS(MIN_LENGTH) | HAS(MAX_LENGTH);
	req.min_length = 4;
	req.max_length = 3;
	EXPECT_NOT_MADE(EINVAL, MIN_LENGTH, 3, &req);
	req.min_length = 2;
	req.constraints |= HAS(PATTERN);
	EXPECT_NOT_MADE(EINVAL, PATTERN, 0, &req);
	req.constraints &= ~HAS(PATTERN);
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_REGISTER, &req), &req);
	get = get_request(key_name("a"), buffer, sizeof(buffer));
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_GET, &get), &get);
	EXPECT_EQ(2, get.value.length);
	EXPECT_EQ(0, memcmp(buffer, "\0\0", 2));
	EXPECT_EQ(0, variable_set(self->fd, "a", value_bytes(req.type, "\xff\0\xc3", 3)));
	EXPECT_NOT_SET(ERANGE, FIELD(MAX_LENGTH), 3, LOCALSTATE_NO_INDEX,
		       value_bytes(req.type, "\xff\0\xc3\xa9", 4));
	EXPECT_NOT_SET(ERANGE, FIELD(MIN_LENGTH), 2, LOCALSTATE_NO_INDEX,
		       value_bytes(req.type, "a", 1));
	EXPECT_NOT_SET(ERANGE, FIELD(MIN_LENGTH), 2, LOCALSTATE_NO_INDEX,
		       value_bytes(req.type, "", 0));
	ASSERT_EQ(0, variable_delete(self->fd, "a"));
	EXPECT_EQ(0, variable_register(self->fd, "a", value_bytes(req.type, &large,
								  LOCALSTATE_VALUE_MAX)));
	EXPECT_NOT_SET(EINVAL, FIELD(VALUE), LOCALSTATE_VALUE_MAX, LOCALSTATE_NO_INDEX,
		       value_bytes(req.type, &large, LOCALSTATE_VALUE_MAX + 1));
}

TEST_HARNESS_MAIN
