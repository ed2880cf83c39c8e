// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a set of a text that nobody watches costs, against its length: the value is
 * copied into memory of its own, which is charged to the user.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "count.h"

#define SAMPLES 200U

struct text {
	int fd;
	struct localstate_set set;
	char bytes[4096];
};

static uint64_t text_register(int fd)
{
	static const char name[] = "bench/text";
	struct localstate_register req = {
		.name = (uintptr_t)name,
		.name_len = sizeof(name) - 1,
		.type = LOCALSTATE_TYPE_STRING,
	};

	bench_check(ioctl(fd, LOCALSTATE_IOC_REGISTER, &req) ? -errno : 0, "REGISTER");
	return req.id;
}

/* Another value than the one it has, of the same length. */
static void prepare(void *data)
{
	struct text *text = data;

	text->bytes[0] ^= 'a' ^ 'b';
}

static int run(void *data)
{
	struct text *text = data;

	return ioctl(text->fd, LOCALSTATE_IOC_SET, &text->set) ? -errno : 0;
}

void bench_count_texts(void)
{
	static struct text text;
	struct bench_measure measure = {
		.op = "set text",
		.parameter = "bytes",
		.run = run,
		.prepare = prepare,
		.data = &text,
		.samples = SAMPLES,
	};
	uint32_t length;

	memset(text.bytes, 'a', sizeof(text.bytes));
	text.fd = bench_session_open(NULL, 0);
	text.set = bench_set_request(text_register(text.fd));
	text.set.value.type = LOCALSTATE_TYPE_STRING;
	text.set.value.data = (uintptr_t)text.bytes;
	for (length = 1; length <= sizeof(text.bytes); length *= 16) {
		text.set.value.length = length;
		measure.value = length;
		bench_measure_run(&measure);
	}
	close(text.fd);
}
