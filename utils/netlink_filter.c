// SPDX-License-Identifier: GPL-2.0-only
/*
 * The filter of a watch in a dump: from attributes to the terms of the uAPI, and by
 * the library to the expression that says them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/localstate.h>
#include <linux/localstate_netlink.h>
#include <netlink/attr.h>

#include <localstate.h>

#include "netlink.h"

/* What stands for the rest of a text. */
#define REST "..."

/* A filter in the making, with the bytes that its terms point to. */
struct filter {
	struct localstate_filter_term terms[LOCALSTATE_FILTER_TERMS];
	char *data[LOCALSTATE_FILTER_TERMS];
	uint32_t n;
	uint32_t match;
};

static struct nla_policy policy[LOCALSTATE_A_MAX + 1] = {
	[LOCALSTATE_A_FLAGS] = { .type = NLA_U32 },
	[LOCALSTATE_A_TYPE] = { .type = NLA_U32 },
	[LOCALSTATE_A_OPERATION] = { .type = NLA_U32 },
	[LOCALSTATE_A_OPERAND] = { .type = NLA_NESTED },
	[LOCALSTATE_A_HIGH] = { .type = NLA_NESTED },
	[LOCALSTATE_A_HYSTERESIS] = { .type = NLA_U64 },
	[LOCALSTATE_A_BITS] = { .type = NLA_U64 },
	[LOCALSTATE_A_LENGTH] = { .type = NLA_U32 },
};

static int parse(struct nlattr **attrs, struct nlattr *nest)
{
	return nla_parse_nested(attrs, LOCALSTATE_A_MAX, nest, policy) < 0 ?
	       -EPROTO : 0;
}

/* The rest of bytes is none of them: as text they are base64 of what is there, and REST. */
static int show_cut_bytes(struct localstate_value *value, size_t length, char **data)
{
	const struct lstate_value bytes = {
		.type = LSTATE_TYPE_BYTES, .length = length, .data = *data,
	};
	int text_length = lstate_value_format(&bytes, NULL, 0);
	char *text = malloc(text_length + sizeof(REST));

	if (!text)
		return -ENOMEM;
	lstate_value_format(&bytes, text, text_length + 1);
	strcpy(text + text_length, REST);
	free(*data);
	*data = text;
	value->data = (uintptr_t)text;
	value->length = strlen(text);
	value->type = LOCALSTATE_TYPE_STRING;
	return 0;
}

/*
 * A long value, which the caller frees; *@data is NULL if it has none.  A cut text has
 * REST behind it; a cut array has fewer elements than its shape says, which is no array
 * that an expression takes.
 */
static int take_data(struct nlattr **attrs, struct localstate_value *value,
		     char **data)
{
	struct nlattr *attr = attrs[LOCALSTATE_A_DATA];
	size_t length = attr ? nla_len(attr) : 0;
	bool cut = length < netlink_u32(attrs[LOCALSTATE_A_LENGTH]);

	if (!attr)
		return 0;
	*data = malloc(length + sizeof(REST));
	if (!*data)
		return -ENOMEM;
	memcpy(*data, nla_data(attr), length);
	memcpy(*data + length, REST, sizeof(REST));
	value->data = (uintptr_t)*data;
	value->length = length;
	if (cut && value->type != LOCALSTATE_TYPE_ARRAY)
		value->length += strlen(REST);
	return cut && value->type == LOCALSTATE_TYPE_BYTES ?
	       show_cut_bytes(value, length, data) : 0;
}

static int take_operand(struct nlattr *nest, struct localstate_value *value,
			char **data)
{
	struct nlattr *attrs[LOCALSTATE_A_MAX + 1];
	int rc;

	if (!nest)
		return 0;
	rc = parse(attrs, nest);
	if (rc)
		return rc;
	value->type = netlink_u32(attrs[LOCALSTATE_A_TYPE]);
	if (!attrs[LOCALSTATE_A_BITS])
		return take_data(attrs, value, data);
	value->data = netlink_u64(attrs[LOCALSTATE_A_BITS]);
	value->length = sizeof(value->data);
	return 0;
}

static int take_term(struct filter *filter, struct nlattr *nest)
{
	struct localstate_filter_term *term = &filter->terms[filter->n];
	struct nlattr *attrs[LOCALSTATE_A_MAX + 1];
	char *unused = NULL;
	int rc;

	if (filter->n == LOCALSTATE_FILTER_TERMS)
		return -EPROTO;
	rc = parse(attrs, nest);
	if (rc)
		return rc;
	term->operation = netlink_u32(attrs[LOCALSTATE_A_OPERATION]);
	term->flags = netlink_u32(attrs[LOCALSTATE_A_FLAGS]);
	term->hysteresis = netlink_u64(attrs[LOCALSTATE_A_HYSTERESIS]);
	rc = take_operand(attrs[LOCALSTATE_A_OPERAND], &term->operand,
			  &filter->data[filter->n++]);
	if (!rc)
		rc = take_operand(attrs[LOCALSTATE_A_HIGH], &term->high, &unused);
	free(unused);
	return rc;
}

static int take(struct filter *filter, struct nlattr *nest)
{
	struct nlattr *attr;
	int rest, rc = 0;

	nla_for_each_nested(attr, nest, rest) {
		if (nla_type(attr) == LOCALSTATE_A_MATCH &&
		    nla_len(attr) >= (int)sizeof(filter->match))
			filter->match = nla_get_u32(attr);
		else if (nla_type(attr) == LOCALSTATE_A_TERM)
			rc = take_term(filter, attr);
		if (rc)
			break;
	}
	return rc;
}

static int format(const struct filter *filter, char **expression)
{
	const struct localstate_filter raw = {
		.terms = (uintptr_t)filter->terms,
		.n_terms = filter->n,
		.match = filter->match,
	};
	int length = lstate_filter_format(&raw, NULL, 0);

	/* A kernel that is newer than this program may have more to say. */
	if (length == -EINVAL) {
		*expression = strdup("?");
		return *expression ? 0 : -ENOMEM;
	}
	if (length < 0)
		return length;
	*expression = malloc(length + 1);
	if (!*expression)
		return -ENOMEM;
	lstate_filter_format(&raw, *expression, length + 1);
	return 0;
}

int netlink_filter(struct nlattr *nest, char **expression)
{
	struct filter filter = { .n = 0 };
	uint32_t i;
	int rc;

	*expression = NULL;
	if (!nest)
		return 0;
	rc = take(&filter, nest);
	if (!rc && filter.n)
		rc = format(&filter, expression);
	for (i = 0; i < LOCALSTATE_FILTER_TERMS; i++)
		free(filter.data[i]);
	return rc;
}
