// SPDX-License-Identifier: GPL-2.0-only
/*
 * All peers, nobody asleep: what publishing costs, and what taking the value costs,
 * in one process.  A value that another process carries is left to where readers
 * sleep: it is not there when publish() returns.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "count.h"

#define SAMPLES 500U

struct exchange {
	const struct bench_peer *peer;
	void *state;
	unsigned int n;
	uint64_t value;
	uint64_t got;
};

static int publish_run(void *data)
{
	struct exchange *exchange = data;

	return exchange->peer->publish(exchange->state, exchange->value);
}

static int receive_run(void *data)
{
	struct exchange *exchange = data;

	return exchange->peer->receive(exchange->state, 0, &exchange->got);
}

static void receive_all(struct exchange *exchange, unsigned int from)
{
	unsigned int i;

	for (i = from; i < exchange->n; i++) {
		uint64_t got = 0;

		bench_check(exchange->peer->receive(exchange->state, i, &got),
			    exchange->peer->name);
		if (got != exchange->value)
			bench_fail("%s: reader %u did not get the value",
				   exchange->peer->name, i);
	}
}

/* What was published before is taken by every reader. */
static void prepare_publish(void *data)
{
	struct exchange *exchange = data;

	if (exchange->value)
		receive_all(exchange, 0);
	exchange->value++;
}

static void prepare_receive(void *data)
{
	struct exchange *exchange = data;

	exchange->value++;
	bench_check(publish_run(data), exchange->peer->name);
	receive_all(exchange, 1);
}

static void count(struct exchange *exchange)
{
	struct bench_measure measure = {
		.op = "publish",
		.peer = exchange->peer->name,
		.parameter = "readers",
		.value = exchange->n,
		.run = publish_run,
		.prepare = prepare_publish,
		.data = exchange,
		.samples = SAMPLES,
	};

	bench_measure_run(&measure);
	if (exchange->value)
		receive_all(exchange, 0);
	if (exchange->n > 1)
		return;
	measure.op = "receive";
	measure.run = receive_run;
	measure.prepare = prepare_receive;
	bench_measure_run(&measure);
	if (exchange->value && exchange->got != exchange->value)
		bench_fail("%s: wrong value", exchange->peer->name);
}

static void count_peer(const struct bench_peer *peer, unsigned int n)
{
	struct exchange exchange = { .peer = peer, .n = n };
	unsigned int i;
	int ret;

	if (n > peer->max_readers || (peer->flags & BENCH_CARRIED))
		return;
	ret = peer->open(&exchange.state, n);
	for (i = 0; !ret && peer->reader_open && i < n; i++)
		ret = peer->reader_open(exchange.state, i);
	if (!ret)
		count(&exchange);
	else if (ret == -ENOSYS || ret == -ENOENT)
		fprintf(stderr, "count: %s is left out: %s\n", peer->name,
			strerror(-ret));
	else
		bench_check(ret, peer->name);
	peer->close(exchange.state);
}

void bench_count_peers(void)
{
	const struct bench_peer *const *at;

	bench_check_peers();
	bench_for_each_peer(at) {
		count_peer(*at, 1);
		count_peer(*at, 10);
	}
}
