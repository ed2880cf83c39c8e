// SPDX-License-Identifier: GPL-2.0-only
/*
 * The filter of a watch as attributes of a dump: each term as WATCH was given it.
 *
 * All of it fits into a message with room to spare, for long values are cut.
 */
#include <linux/localstate_netlink.h>
#include <net/genetlink.h>

#include "private.h"

/* The value of EQUALS and DIFFERS is what was made of it. */
static int localstate_value_put(struct sk_buff *skb, const struct ls_value *value)
{
	const struct ls_view view = {
		.data = localstate_value_data(value),
		.length = value->length,
	};

	if (nla_put_u32(skb, LOCALSTATE_A_LENGTH, view.length) ||
	    nla_put(skb, LOCALSTATE_A_DATA,
		    localstate_record_cut_value(value->type, &view, LOCALSTATE_GENL_DATA_MAX),
		    view.data))
		return -EMSGSIZE;
	return 0;
}

static int localstate_operand_put(struct sk_buff *skb, int attribute,
				  const struct localstate_value *given,
				  const struct ls_value *value)
{
	struct nlattr *nest;
	int ret;

	if (!given->type)
		return 0;
	nest = nla_nest_start(skb, attribute);
	if (!nest || nla_put_u32(skb, LOCALSTATE_A_TYPE, given->type))
		return -EMSGSIZE;
	if (localstate_type_is_scalar(given->type))
		ret = localstate_put_u64(skb, LOCALSTATE_A_BITS, given->data);
	else
		ret = localstate_value_put(skb, value);
	if (ret)
		return ret;
	nla_nest_end(skb, nest);
	return 0;
}

static int localstate_term_put(struct sk_buff *skb,
			       const struct localstate_filter_term *given,
			       const struct ls_term *term)
{
	struct nlattr *nest = nla_nest_start(skb, LOCALSTATE_A_TERM);

	if (!nest ||
	    nla_put_u32(skb, LOCALSTATE_A_OPERATION, given->operation) ||
	    nla_put_u32(skb, LOCALSTATE_A_FLAGS, given->flags) ||
	    localstate_operand_put(skb, LOCALSTATE_A_OPERAND, &given->operand,
				   &term->value) ||
	    localstate_operand_put(skb, LOCALSTATE_A_HIGH, &given->high, NULL))
		return -EMSGSIZE;
	if (given->hysteresis &&
	    localstate_put_u64(skb, LOCALSTATE_A_HYSTERESIS, given->hysteresis))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* @filter may be NULL.  After a failure the message is to be cancelled. */
int localstate_filter_put(struct sk_buff *skb, struct ls_filter *filter)
{
	struct nlattr *nest = nla_nest_start(skb, LOCALSTATE_A_FILTER);
	u32 i;

	if (!nest)
		return -EMSGSIZE;
	if (filter && nla_put_u32(skb, LOCALSTATE_A_MATCH,
				  filter->all ? LOCALSTATE_FILTER_ALL :
						LOCALSTATE_FILTER_ANY))
		return -EMSGSIZE;
	for (i = 0; filter && i < filter->n_terms; i++) {
		if (localstate_term_put(skb, &localstate_filter_given(filter)[i],
					&filter->terms[i]))
			return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}
