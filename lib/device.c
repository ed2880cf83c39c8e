// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The device: the only place that makes system calls on it, and the only one
 * that goes on after a signal.  Also the key by which an ioctl names a variable.
 */
#include "private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

/* Repeat a call that a signal interrupted.  It is -1 with errno, or a result. */
#define LSTATE_RETRY(call)						\
({									\
	__typeof__(call) result_;					\
									\
	do {								\
		result_ = (call);					\
	} while (result_ < 0 && errno == EINTR);			\
	result_ < 0 ? -errno : result_;					\
})

static int lstate_device_explain(struct lstate_error *error, int code)
{
	switch (code) {
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
		return lstate_error_fail(error, -ENODEV, LSTATE_FIELD_NONE,
					 "%s: no such device: the kernel module localstate is not loaded",
					 LSTATE_DEVICE);
	case -EDQUOT:
		return lstate_error_fail(error, code, LSTATE_FIELD_CLIENTS,
					 "%s: the limit of open sessions of this user is reached",
					 LSTATE_DEVICE);
	default:
		return lstate_error_fail(error, code, LSTATE_FIELD_NONE,
					 "%s: %s", LSTATE_DEVICE,
					 strerrordesc_np(-code));
	}
}

/* @flags: O_RDONLY, O_WRONLY or O_RDWR.  Return: a descriptor. */
int lstate_device_open(int flags, struct lstate_error *error)
{
	int fd = LSTATE_RETRY(open(LSTATE_DEVICE, flags | O_CLOEXEC));

	return fd < 0 ? lstate_device_explain(error, fd) : fd;
}

int lstate_device_ioctl(int fd, unsigned long request, void *argument)
{
	return LSTATE_RETRY(ioctl(fd, request, argument));
}

/* A call that waits, and that a signal ends: the caller may want to know. */
int lstate_device_wait(int fd, unsigned long request, void *argument)
{
	return ioctl(fd, request, argument) < 0 ? -errno : 0;
}

/* Never waits: another thread or process may take what a poll just saw. */
ssize_t lstate_device_read(int fd, void *buffer, size_t size)
{
	struct iovec iov = { .iov_base = buffer, .iov_len = size };

	return LSTATE_RETRY(preadv2(fd, &iov, 1, -1, RWF_NOWAIT));
}

/* Is it an ``@id``?  Ids start at 1 and are decimal. */
bool lstate_identifier_id(const char *identifier, uint64_t *id)
{
	struct lstate_value value;

	if (identifier[0] != '@' || identifier[1] < '1' || identifier[1] > '9' ||
	    strspn(identifier + 1, "0123456789") != strlen(identifier + 1) ||
	    lstate_value_parse(LSTATE_TYPE_UINT, identifier + 1, &value) < 0)
		return false;
	*id = value.u;
	return true;
}

/*
 * What is no id goes as a name, and the kernel refuses what is none: no name
 * has an ``@``.
 */
void lstate_key_parse(const char *identifier, struct localstate_key *key)
{
	uint64_t id;

	memset(key, 0, sizeof(*key));
	if (!identifier)
		identifier = "";
	if (lstate_identifier_id(identifier, &id)) {
		key->id = id;
		return;
	}
	key->name = lstate_pointer(identifier);
	key->name_len = lstate_length(strlen(identifier));
}

/* No name has one of these letters. */
bool lstate_identifier_is_pattern(const char *identifier)
{
	return identifier && strpbrk(identifier, "*?[\\");
}
