// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Batches: many sets in one call, each for itself or all as a transaction.
 *
 * A batch owns copies of all that it was given, and may be run again: with each
 * run the requests are made anew from its entries.
 */
#include "private.h"

#include <stdlib.h>
#include <string.h>

struct lstate_batch_entry {
	char *identifier;
	struct lstate_value value;	/* type NONE: the operation takes none */
	char *metadata;			/* packed */
	size_t metadata_length;
	enum lstate_operation operation;
	uint32_t flags;			/* LOCALSTATE_SET_* */
	uint64_t if_version;
};

struct lstate_batch {
	struct lstate_batch_entry *entries;
	size_t n;
	struct localstate_set *requests;	/* of the last run, or NULL */
	size_t n_requests;
};

int lstate_batch_new(struct lstate_batch **batch)
{
	*batch = calloc(1, sizeof(**batch));
	return *batch ? 0 : -ENOMEM;
}

static void lstate_batch_clear_entry(struct lstate_batch_entry *entry)
{
	free(entry->identifier);
	free(entry->metadata);
	lstate_value_clear(&entry->value);
}

void lstate_batch_free(struct lstate_batch *batch)
{
	size_t i;

	if (!batch)
		return;
	for (i = 0; i < batch->n; i++)
		lstate_batch_clear_entry(&batch->entries[i]);
	free(batch->entries);
	free(batch->requests);
	free(batch);
}

size_t lstate_batch_count(const struct lstate_batch *batch)
{
	return batch->n;
}

/* Take over @entry, or clear it. */
static int lstate_batch_append(struct lstate_batch *batch,
			       struct lstate_batch_entry *entry)
{
	struct lstate_batch_entry *larger;

	larger = realloc(batch->entries, (batch->n + 1) * sizeof(*larger));
	if (!larger) {
		lstate_batch_clear_entry(entry);
		return -ENOMEM;
	}
	batch->entries = larger;
	larger[batch->n++] = *entry;
	return 0;
}

static int lstate_batch_fill(struct lstate_batch_entry *entry,
			     const char *identifier,
			     const struct lstate_value *value,
			     const struct lstate_metadata *metadata)
{
	const char *bad_key;
	int rc;

	rc = lstate_metadata_check(metadata, &bad_key);
	if (rc < 0)
		return rc;
	entry->identifier = strdup(identifier);
	if (!entry->identifier)
		return -ENOMEM;
	rc = value ? lstate_value_copy(&entry->value, value) : 0;
	if (rc == 0)
		rc = lstate_metadata_pack(metadata, &entry->metadata,
					  &entry->metadata_length);
	if (rc < 0)
		lstate_batch_clear_entry(entry);
	return rc;
}

int lstate_batch_set(struct lstate_batch *batch, const char *identifier,
		     const struct lstate_value *value,
		     const struct lstate_metadata *metadata,
		     uint64_t if_version)
{
	struct lstate_batch_entry entry = {
		.flags = if_version == LSTATE_ANY_VERSION ?
			 0 : LOCALSTATE_SET_IF_VERSION,
		.if_version = if_version,
	};
	int rc = lstate_batch_fill(&entry, identifier, value, metadata);

	return rc < 0 ? rc : lstate_batch_append(batch, &entry);
}

int lstate_batch_operate(struct lstate_batch *batch, const char *identifier,
			 enum lstate_operation operation,
			 const struct lstate_value *operand)
{
	struct lstate_batch_entry entry = {
		.operation = operation,
		.if_version = LSTATE_ANY_VERSION,
	};
	int rc = lstate_batch_fill(&entry, identifier, operand, NULL);

	return rc < 0 ? rc : lstate_batch_append(batch, &entry);
}

int lstate_batch_check(struct lstate_batch *batch, const char *identifier,
		       uint64_t version)
{
	struct lstate_batch_entry entry = {
		.operation = LSTATE_OPERATION_CHECK,
		.flags = LOCALSTATE_SET_IF_VERSION,
		.if_version = version,
	};
	int rc = lstate_batch_fill(&entry, identifier, NULL, NULL);

	return rc < 0 ? rc : lstate_batch_append(batch, &entry);
}

/* ------------------------------------------------------------------------ */

static void lstate_batch_pack(const struct lstate_batch_entry *entry,
			      struct localstate_set *request)
{
	memset(request, 0, sizeof(*request));
	lstate_key_parse(entry->identifier, &request->key);
	if (entry->value.type != LSTATE_TYPE_NONE)
		lstate_value_pack(&entry->value, &request->value);
	request->metadata = lstate_pointer(entry->metadata);
	request->metadata_len = lstate_length(entry->metadata_length);
	request->operation = entry->operation;
	request->flags = entry->flags;
	if (entry->flags & LOCALSTATE_SET_IF_VERSION)
		request->expected_version = entry->if_version;
}

static int lstate_batch_prepare(struct lstate_batch *batch)
{
	size_t i;

	free(batch->requests);
	batch->n_requests = 0;
	batch->requests = calloc(batch->n + 1, sizeof(*batch->requests));
	if (!batch->requests)
		return -ENOMEM;
	batch->n_requests = batch->n;
	for (i = 0; i < batch->n; i++)
		lstate_batch_pack(&batch->entries[i], &batch->requests[i]);
	return 0;
}

/* Why one entry failed, as a call of its own would say. */
static void lstate_batch_explain_entry(struct lstate_session *session,
				       struct lstate_error *error,
				       const struct lstate_batch *batch, size_t i)
{
	const struct lstate_batch_entry *entry = &batch->entries[i];
	const struct localstate_error *why = &batch->requests[i].error;
	struct lstate_error one = { 0 };
	struct lstate_attempt attempt = {
		.session = session,
		.error = &one,
		.subject = entry->identifier,
		.writing = true,
		.value = entry->value.type == LSTATE_TYPE_NONE ?
			 NULL : &entry->value,
		.operation = entry->operation,
		.expected = entry->if_version,
	};
	int code = -(int)why->code;

	lstate_explain(&attempt, code, why);
	/* The first one is what the call failed of. */
	if (!error->code) {
		attempt.error = error;
		lstate_explain(&attempt, code, why);
	}
	lstate_error_adopt(error, i, entry->identifier, &one);
}

/* Entries that failed, or the call itself. */
static int lstate_batch_explain(struct lstate_session *session,
				const struct lstate_batch *batch,
				const struct localstate_batch *arg, int code)
{
	struct lstate_error fresh = { 0 };
	struct lstate_attempt attempt = {
		.session = session,
		.error = &session->error,
		.topic = "batch",
		.writing = true,
	};
	size_t i;

	if (!arg->failed)
		return lstate_explain(&attempt, code, &arg->error);
	for (i = 0; i < batch->n; i++) {
		if (batch->requests[i].error.code)
			lstate_batch_explain_entry(session, &fresh, batch, i);
	}
	code = fresh.code;
	lstate_error_replace(&session->error, &fresh);
	return code;
}

int lstate_batch_run(struct lstate_session *session,
		     struct lstate_batch *batch, unsigned int flags,
		     uint64_t *transaction)
{
	struct localstate_batch arg = { .flags = flags };
	int rc;

	if (transaction)
		*transaction = 0;
	rc = lstate_batch_prepare(batch);
	if (rc < 0)
		return lstate_error_fail(&session->error, rc, LSTATE_FIELD_NONE,
					 "out of memory");
	arg.entries = lstate_pointer(batch->requests);
	arg.n_entries = lstate_length(batch->n);
	arg.entry_size = sizeof(*batch->requests);
	rc = lstate_device_ioctl(session->fd, LOCALSTATE_IOC_BATCH, &arg);
	if (rc < 0 || arg.failed)
		return lstate_batch_explain(session, batch, &arg, rc);
	if (transaction)
		*transaction = arg.transaction;
	return 0;
}

int lstate_batch_status(const struct lstate_batch *batch, size_t i)
{
	const struct localstate_set *request;

	if (i >= batch->n_requests)
		return -EINVAL;
	request = &batch->requests[i];
	if (request->error.code)
		return -(int)request->error.code;
	return request->result & LOCALSTATE_SET_CHANGED ? 1 : 0;
}

uint64_t lstate_batch_version(const struct lstate_batch *batch, size_t i)
{
	return i < batch->n_requests ? batch->requests[i].version : 0;
}
