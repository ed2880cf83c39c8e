// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Claims: the exclusive right to change a variable.
 */
#include "private.h"

#include <stdlib.h>
#include <string.h>

_Static_assert((int)LSTATE_CLAIM_END_NONE == LOCALSTATE_CLAIM_END_NONE &&
	       (int)LSTATE_CLAIM_END_RESET == LOCALSTATE_CLAIM_END_RESET &&
	       (int)LSTATE_CLAIM_END_DELETE == LOCALSTATE_CLAIM_END_DELETE &&
	       (int)LSTATE_CLAIM_END_WILL == LOCALSTATE_CLAIM_END_WILL,
	       "the ends are those of the kernel");

static int lstate_claim_call(struct lstate_session *session,
			     struct localstate_claim *arg, int64_t timeout_ns)
{
	if (!timeout_ns)
		return lstate_device_ioctl(session->fd, LOCALSTATE_IOC_CLAIM,
					   arg);
	arg->flags = LOCALSTATE_CLAIM_WAIT;
	arg->timeout_ns = timeout_ns < 0 ? LOCALSTATE_TIMEOUT_NONE :
					   (uint64_t)timeout_ns;
	return lstate_device_wait(session->fd, LOCALSTATE_IOC_CLAIM, arg);
}

int lstate_claim_take(struct lstate_session *session, const char *identifier,
		      enum lstate_claim_end on_end,
		      const struct lstate_value *will,
		      const struct lstate_metadata *metadata,
		      int64_t timeout_ns)
{
	struct lstate_attempt attempt = {
		.session = session,
		.error = &session->error,
		.subject = identifier,
		.writing = true,
		.value = will,
	};
	struct localstate_claim arg = { .on_end = on_end };
	size_t length;
	char *packed;
	int rc;

	rc = lstate_metadata_prepare(session, metadata, &packed, &length);
	if (rc < 0)
		return rc;
	lstate_key_parse(identifier, &arg.key);
	if (will)
		lstate_value_pack(will, &arg.will);
	arg.metadata = lstate_pointer(packed);
	arg.metadata_len = lstate_length(length);
	rc = lstate_claim_call(session, &arg, timeout_ns);
	if (rc < 0)
		lstate_explain(&attempt, rc, &arg.error);
	free(packed);
	return rc;
}

int lstate_claim_release(struct lstate_session *session, const char *identifier)
{
	struct lstate_attempt attempt = {
		.session = session,
		.error = &session->error,
		.subject = identifier,
		.writing = true,
	};
	struct localstate_release arg = { 0 };
	int rc;

	lstate_key_parse(identifier, &arg.key);
	rc = lstate_device_ioctl(session->fd, LOCALSTATE_IOC_RELEASE, &arg);
	return rc < 0 ? lstate_explain(&attempt, rc, &arg.error) : 0;
}
