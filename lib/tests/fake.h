/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A kernel that is not there: a session whose ioctls and reads a test answers.
 * The functions stand in front of the C library's.
 */
#ifndef LSTATE_TESTS_FAKE_H
#define LSTATE_TESTS_FAKE_H

#include "private.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

/* Answers: 0 or a negative errno; NULL answers -ENOTTY. */
static int (*fake_ioctl)(unsigned long request, void *argument);
static ssize_t (*fake_read)(void *buffer, size_t size);

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *argument;
	int rc;

	(void)fd;
	va_start(args, request);
	argument = va_arg(args, void *);
	va_end(args);
	rc = fake_ioctl ? fake_ioctl(request, argument) : -ENOTTY;
	if (rc < 0)
		errno = -rc;
	return rc < 0 ? -1 : rc;
}

ssize_t preadv2(int fd, const struct iovec *iov, int n, off_t offset, int flags)
{
	ssize_t rc = -EINVAL;

	(void)fd;
	/* Anything else might wait. */
	if (n == 1 && offset == -1 && flags == RWF_NOWAIT)
		rc = fake_read ? fake_read(iov->iov_base, iov->iov_len) : -EAGAIN;
	if (rc < 0)
		errno = -(int)rc;
	return rc < 0 ? -1 : rc;
}

static inline struct lstate_session *fake_session(void)
{
	struct lstate_session *session = calloc(1, sizeof(*session));

	if (!session)
		abort();
	session->fd = -1;
	return session;
}

/* Fill an error part.  Return: @code. */
static inline int fake_refuse(struct localstate_error *error, int code,
			      uint32_t field, uint32_t type, uint64_t limit)
{
	error->index = LOCALSTATE_NO_INDEX;
	error->code = (uint32_t)-code;
	error->field = field;
	error->type = type;
	error->limit = limit;
	return code;
}

/* The text that travels as a pointer and a length; for one call only. */
static inline const char *fake_text(uint64_t pointer, uint32_t length)
{
	static char text[70000];

	if (length)
		memcpy(text, (const void *)(uintptr_t)pointer, length);
	text[length] = '\0';
	return text;
}

#endif
