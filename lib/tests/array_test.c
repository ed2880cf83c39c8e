// SPDX-License-Identifier: LGPL-2.1-or-later
/* Arrays and bytes: text to value and back, looking in, equality. */
#include "private.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "tap.h"

/* The text form of what @text is read as, for the caller to free. */
static char *again(enum lstate_type type, const char *text)
{
	struct lstate_value value;
	int rc = lstate_value_parse(type, text, &value);
	char *form;

	if (rc < 0)
		return strdup(strerrorname_np(-rc));
	form = lstate_value_text(&value);
	lstate_value_clear(&value);
	return form;
}

static void check_again(enum lstate_type type, const char *text,
			const char *expected)
{
	char *is = again(type, text);

	check_text(is, expected);
	free(is);
}

static void check_array(const char *text, const char *expected)
{
	check_again(LSTATE_TYPE_ARRAY, text, expected);
}

TEST(array_is_read_and_written)
{
	check_array("f32[2,3]: 1 2 3 4 5 6", "f32[2,3]: 1 2 3 4 5 6");
	check_array("f32[3]: 0.1 -0.0 1e-45", "f32[3]: 0.1 -0 1.4013e-45");
	check_array("f64[3]:0.1,inf,-inf", "f64[3]: 0.1 inf -inf");
	check_array("f64[2]: nan -nan", "f64[2]: nan nan");
	check_array("s32[2]: -2147483648 0x7fffffff",
		    "s32[2]: -2147483648 2147483647");
	check_array("s64[1]: -9223372036854775808",
		    "s64[1]: -9223372036854775808");
	check_array("u8[2,1,1,1,1,1,1,1]: 0 255",
		    "u8[2,1,1,1,1,1,1,1]: 0 255");
}

TEST(array_without_dimensions_has_one_element)
{
	check_array("u8[]: 7", "u8[]: 7");
	check_array("u8[]:", "EINVAL");
	check_array("u8[]: 7 8", "EINVAL");
}

TEST(array_with_a_dimension_of_0_has_no_element)
{
	check_array("f32[0]:", "f32[0]:");
	check_array("f32[4294967295,0,4294967295]:",
		    "f32[4294967295,0,4294967295]:");
	check_array("f32[0]: 1", "EINVAL");
}

TEST(array_of_another_form_is_einval)
{
	static const char *const texts[] = {
		"", "f32", "f32[", "f32[]", "f32]:[", "f32[2] 1 2", "f16[1]: 1",
		"none[1]: 1", "f32[2]: 1", "f32[2]: 1 2 3", "f32[1]: x", "f32[1]: nan(1)",
		"f32[x]: 1", "f32[1,1,1,1,1,1,1,1,1]: 1", "s32[1]: 1.5",
		"u8[1]: 1e2", "f32[1]: 1e", "f32[1]: 1x",
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		check_array(texts[i], "EINVAL");
}

TEST(element_that_does_not_fit_is_erange)
{
	check_array("f32[1]: 3.5e38", "ERANGE");
	check_array("f32[1]: -1e39", "ERANGE");
	check_array("f64[1]: 1e309", "ERANGE");
	check_array("s32[1]: 2147483648", "ERANGE");
	check_array("s32[1]: -2147483649", "ERANGE");
	check_array("s64[1]: 9223372036854775808", "ERANGE");
	check_array("u8[1]: 256", "ERANGE");
	check_array("u8[1]: -1", "ERANGE");
	check_array("u8[4294967296]: ", "ERANGE");
	check_array("u8[-1]: 1", "ERANGE");
	check_array("u8[65537]: ", "ERANGE");
	check_array("f64[65536,65536,65536,65536]: ", "ERANGE");
}

/* What is written is read as the same single, by way of a double as well. */
TEST(random_singles_survive_the_round_trip)
{
	struct lstate_value value, back;
	struct lstate_array array;
	uint32_t bits;
	char *text;
	float f;
	int i;

	srand48(1);
	for (i = 0; i < 20000; i++) {
		bits = (uint32_t)mrand48();
		memcpy(&f, &bits, sizeof(f));
		if (!isfinite(f))
			continue;
		check(!lstate_value_array(&value, LSTATE_ELEMENT_F32, NULL, 0, &f));
		text = lstate_value_text(&value);
		check((float)strtod(text + strlen("f32[]: "), NULL) == f);
		check(!lstate_value_parse(LSTATE_TYPE_ARRAY, text, &back));
		check(!lstate_value_as_array(&back, &array));
		check(!memcmp(array.elements, &f, sizeof(f)));
		free(text);
		lstate_value_clear(&value);
		lstate_value_clear(&back);
	}
}

TEST(locale_is_no_matter)
{
	if (!setlocale(LC_ALL, "de_DE.UTF-8"))
		setlocale(LC_ALL, "C.UTF-8");
	check_array("f32[1]: 0.5", "f32[1]: 0.5");
	check_array("f64[1]: 0.5", "f64[1]: 0.5");
	setlocale(LC_ALL, "C");
}

TEST(array_is_looked_into)
{
	static const uint32_t shape[] = { 1, 2 };
	static const int32_t elements[] = { -5, 6 };
	struct lstate_value value, element;
	struct lstate_array array;

	check(!lstate_value_array(&value, LSTATE_ELEMENT_S32, shape, 2, elements));
	check(!lstate_value_as_array(&value, &array));
	check(array.element == LSTATE_ELEMENT_S32);
	check(array.rank == 2);
	check(array.shape[0] == 1 && array.shape[1] == 2);
	check(array.count == 2);
	check(!memcmp(array.elements, elements, sizeof(elements)));
	check(!lstate_array_element(&array, 0, &element));
	check(element.type == LSTATE_TYPE_INT && element.i == -5);
	check(lstate_array_element(&array, 2, &element) == -EINVAL);

	/* As an event carries it: cut behind an element, or the head is gone. */
	value.length -= sizeof(int32_t);
	check(!lstate_value_as_array(&value, &array));
	check(array.shape[1] == 2 && array.count == 1);
	value.length = 0;
	check(lstate_value_as_array(&value, &array) == -EINVAL);
	value.length = sizeof(elements) + 16;
	lstate_value_clear(&value);
	value = lstate_value_int(1);
	check(lstate_value_as_array(&value, &array) == -EINVAL);
}

TEST(array_that_cannot_be_is_refused)
{
	static const uint32_t shape[] = { 65536, 65536, 2, 2, 2, 2, 2, 2, 2 };
	struct lstate_value value = lstate_value_int(1);

	check(lstate_value_array(&value, LSTATE_ELEMENT_NONE, NULL, 0, "") == -EINVAL);
	check(lstate_value_array(&value, LSTATE_ELEMENT_U8 + 1, NULL, 0, "") == -EINVAL);
	check(lstate_value_array(&value, LSTATE_ELEMENT_U8, shape, 9, "") == -EINVAL);
	check(lstate_value_array(&value, LSTATE_ELEMENT_U8, shape, 2, "") == -ERANGE);
	check(lstate_value_array(&value, LSTATE_ELEMENT_S32, shape, 1, "") == -ERANGE);
	check(value.type == LSTATE_TYPE_INT && value.i == 1);
}

static bool same(const char *a, const char *b)
{
	struct lstate_value x, y;
	bool is;

	if (lstate_value_parse(LSTATE_TYPE_ARRAY, a, &x) < 0 ||
	    lstate_value_parse(LSTATE_TYPE_ARRAY, b, &y) < 0)
		abort();
	is = lstate_value_same(&x, &y);
	lstate_value_clear(&x);
	lstate_value_clear(&y);
	return is;
}

TEST(arrays_are_equal_as_the_kernel_says)
{
	check(same("f32[2]: 0 nan", "f32[2]: -0 -nan"));
	check(same("f64[2]: 0 nan", "f64[2]: -0 -nan"));
	check(same("u8[0]:", "u8[0]:"));
	check(!same("u8[0]:", "u8[0,0]:"));
	check(!same("f32[2]: 1 2", "f32[2]: 1 3"));
	check(!same("f32[2]: 1 2", "f32[1,2]: 1 2"));
	check(!same("f32[1]: 0", "s32[1]: 0"));
	check(!same("s32[1]: 0", "s32[1]: -2147483648"));
}

TEST(bytes_are_base64)
{
	check_again(LSTATE_TYPE_BYTES, "", "");
	check_again(LSTATE_TYPE_BYTES, "AA==", "AA==");
	check_again(LSTATE_TYPE_BYTES, "AAA=", "AAA=");
	check_again(LSTATE_TYPE_BYTES, "AAAA", "AAAA");
	check_again(LSTATE_TYPE_BYTES, "+/79AP8=", "+/79AP8=");
}

TEST(other_texts_are_no_base64)
{
	static const char *const texts[] = {
		"A", "AA", "AAA", "AAAAA", "A===", "====", "AB==", "AAB=", "AA=A",
		"AA==AAAA", "A A=", "AAA\n", "AA-_", "AAA\xc3",
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		check_again(LSTATE_TYPE_BYTES, texts[i], "EINVAL");
}

TEST(bytes_of_all_lengths_come_back)
{
	unsigned char bytes[256];
	struct lstate_value value, back;
	char *text;
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(255 - i);
	for (i = 0; i <= sizeof(bytes); i++) {
		value = lstate_value_bytes(bytes, i);
		text = lstate_value_text(&value);
		check(!lstate_value_parse(LSTATE_TYPE_BYTES, text, &back));
		check(back.length == i && !memcmp(back.data, bytes, i));
		lstate_value_clear(&back);
		free(text);
	}
}

TEST(element_types_have_names)
{
	enum lstate_element element;

	check(!lstate_element_parse("f64", &element));
	check(element == LSTATE_ELEMENT_F64);
	check(lstate_element_parse("none", &element) == -EINVAL);
	check(lstate_element_parse("", &element) == -EINVAL);
	check_text(lstate_element_name(LSTATE_ELEMENT_U8), "u8");
	check_text(lstate_element_name(LSTATE_ELEMENT_U8 + 1), "unknown");
}

TEST(presets_are_types_with_constraints)
{
	static const uint32_t shape[] = { 3, 4 };
	struct lstate_spec *spec;

	check(!lstate_spec_new_preset(&spec, "m", "module", NULL, 0));
	check(spec->type == LSTATE_TYPE_STRING);
	check_text(spec->pattern, "[A-Z]*");
	check_text(spec->label, "module");
	lstate_spec_free(spec);
	check(!lstate_spec_new_preset(&spec, "e", "embedding", shape, 1));
	check(spec->type == LSTATE_TYPE_ARRAY);
	check(spec->element == LSTATE_ELEMENT_F32);
	check(spec->rank == 1 && spec->shape[0] == 3);
	lstate_spec_free(spec);
	check(!lstate_spec_new_preset(&spec, "t", "tensor", shape, 2));
	check(!lstate_spec_set_element(spec, LSTATE_ELEMENT_S64));
	check(spec->rank == 2 && spec->shape[1] == 4);
	lstate_spec_free(spec);
	check(lstate_spec_new_preset(&spec, "x", "nothing", NULL, 0) == -ENOENT);
	check(lstate_spec_new_preset(&spec, "x", "module", shape, 1) == -EINVAL);
	check(lstate_spec_new_preset(&spec, "x", "embedding", shape, 2) == -EINVAL);
}

TAP_MAIN
