// SPDX-License-Identifier: GPL-2.0-only
/*
 * close() while another thread is at work with the descriptor.
 *
 * As everywhere in Linux, it does not end what is under way: a read() goes on
 * to sleep, and the client lives until it returns.  The number of the
 * descriptor is free at once.
 */
#include <sys/epoll.h>
#include <sys/syscall.h>

#include "netlink_helpers.h"

FIXTURE(close) {
	struct session_name name;
	int keeper;
	int fd;
	int ref;
};

/* The keeper holds the session; fd has one watch in it, and is closed. */
FIXTURE_SETUP(close)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("close");
	self->keeper = session_create(self->name.text);
	ASSERT_LE(0, self->keeper);
	ASSERT_EQ(0, variable_register(self->keeper, "x", value_int(0)));
	self->fd = session_open(self->name.text);
	ASSERT_LE(0, self->fd);
	self->ref = watch_name(self->fd, "x", 0);
	ASSERT_LE(1, self->ref);
}

FIXTURE_TEARDOWN(close)
{
	close(self->fd);
	close(self->keeper);
}

#define WATCHES(_self) netlink_count_watches((_self)->name.text)

/**
 * struct worker - a thread that is at work with a descriptor
 * @run: what it does
 * @fd: with it
 * @epoll: for the one that waits there
 * @tid: the thread's number, once it runs
 * @result: bytes, or the events of a poll; -errno
 * @buffer: what it read
 */
struct worker {
	ssize_t (*run)(struct worker *worker);
	int fd;
	int epoll;
	pid_t tid;
	ssize_t result;
	__u64 buffer[512];
	pthread_t thread;
};

static void *worker_thread(void *data)
{
	struct worker *worker = data;

	__atomic_store_n(&worker->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	worker->result = worker->run(worker);
	return NULL;
}

/* Starts it, and waits until it sleeps. */
static bool worker_start(struct worker *worker)
{
	if (pthread_create(&worker->thread, NULL, worker_thread, worker))
		return false;
	while (!__atomic_load_n(&worker->tid, __ATOMIC_ACQUIRE))
		sched_yield();
	return child_falls_asleep(worker->tid);
}

static bool worker_sleeps(const struct worker *worker)
{
	return child_state(worker->tid) == 'S';
}

static ssize_t work_read(struct worker *worker)
{
	ssize_t len = read(worker->fd, worker->buffer, sizeof(worker->buffer));

	return len < 0 ? -errno : len;
}

static ssize_t work_poll(struct worker *worker)
{
	struct pollfd pfd = { .fd = worker->fd, .events = POLLIN };

	/* Without an end of its own, at which poll() would look once more. */
	return poll(&pfd, 1, -1) < 0 ? -errno : pfd.revents;
}

static ssize_t work_epoll(struct worker *worker)
{
	struct epoll_event event = { 0 };
	int n = epoll_wait(worker->epoll, &event, 1, -1);

	return n < 0 ? -errno : (ssize_t)event.events;
}

static const struct localstate_event *event_of(const struct worker *worker)
{
	return (const void *)worker->buffer;
}

TEST_F(close, leaves_a_sleeping_read_to_its_event)
{
	struct worker worker = { .run = work_read, .fd = self->fd };

	ASSERT_TRUE(worker_start(&worker));
	EXPECT_EQ(0, close(self->fd));
	self->fd = -1;
	EXPECT_TRUE(worker_sleeps(&worker));
	EXPECT_EQ(1, WATCHES(self));
	ASSERT_EQ(0, variable_set(self->keeper, "x", value_int(7)));
	pthread_join(worker.thread, NULL);
	ASSERT_EQ(INT_RECORD, worker.result);
	EXPECT_EQ(7, event_new_int(event_of(&worker)));
	EXPECT_EQ(0, WATCHES(self));
}

TEST_F(close, number_is_free_while_a_read_sleeps)
{
	struct worker worker = { .run = work_read, .fd = self->fd };
	struct localstate_get get;
	int fd;

	ASSERT_TRUE(worker_start(&worker));
	close(self->fd);
	EXPECT_EQ(-EBADF, variable_get(self->fd, "x", &get));
	fd = device_open(O_RDWR);
	EXPECT_EQ(self->fd, fd);
	/* The new one is another client: it has no session. */
	EXPECT_EQ(-ENOTCONN, variable_get(fd, "x", &get));
	ASSERT_EQ(0, variable_set(self->keeper, "x", value_int(7)));
	pthread_join(worker.thread, NULL);
	EXPECT_LT(0, worker.result);
}

TEST_F(close, end_of_the_session_reaches_a_read_of_what_was_closed)
{
	struct worker worker = { .run = work_read, .fd = self->fd };

	ASSERT_TRUE(worker_start(&worker));
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, session_destroy(self->keeper));
	pthread_join(worker.thread, NULL);
	ASSERT_EQ(sizeof(struct localstate_event), worker.result);
	EXPECT_EQ(LOCALSTATE_EVENT_SESSION_END, event_of(&worker)->kind);
}

static void on_signal(int number)
{
	(void)number;
}

TEST_F(close, signal_ends_a_read_of_what_was_closed)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct worker worker = { .run = work_read, .fd = self->fd };

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_TRUE(worker_start(&worker));
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, pthread_kill(worker.thread, SIGUSR1));
	pthread_join(worker.thread, NULL);
	EXPECT_EQ(-EINTR, worker.result);
	EXPECT_EQ(0, WATCHES(self));
}

/* It sleeps on, and when it is woken it finds that the number is nobody's. */
TEST_F(close, is_told_to_a_sleeping_poll_with_the_next_event)
{
	struct worker worker = { .run = work_poll, .fd = self->fd };

	ASSERT_TRUE(worker_start(&worker));
	close(self->fd);
	self->fd = -1;
	EXPECT_TRUE(worker_sleeps(&worker));
	EXPECT_EQ(1, WATCHES(self));
	ASSERT_EQ(0, variable_set(self->keeper, "x", value_int(7)));
	pthread_join(worker.thread, NULL);
	EXPECT_EQ(POLLNVAL, worker.result);
	EXPECT_EQ(0, WATCHES(self));
}

/* epoll holds nothing: the client is gone, and of it nothing more comes. */
TEST_F(close, takes_the_descriptor_from_a_sleeping_epoll)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct worker worker = { .run = work_epoll, .fd = self->fd };
	int other = session_open(self->name.text);

	ASSERT_LE(0, other);
	ASSERT_LE(1, watch_name(other, "x", 0));
	worker.epoll = epoll_create1(EPOLL_CLOEXEC);
	ASSERT_EQ(0, epoll_ctl(worker.epoll, EPOLL_CTL_ADD, self->fd, &event));
	ASSERT_TRUE(worker_start(&worker));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(1, WATCHES(self));
	ASSERT_EQ(0, variable_set(self->keeper, "x", value_int(7)));
	EXPECT_TRUE(worker_sleeps(&worker));
	/* It sleeps on for what else it has. */
	event.events = EPOLLIN | EPOLLONESHOT;
	ASSERT_EQ(0, epoll_ctl(worker.epoll, EPOLL_CTL_ADD, other, &event));
	pthread_join(worker.thread, NULL);
	EXPECT_EQ(EPOLLIN, worker.result);
	close(worker.epoll);
	close(other);
}

/* Calls that meet a close(). */

#define N_ROUNDS rounds(300)

/**
 * struct chase - threads that use a descriptor which another one closes
 * @barrier: before and after each round
 * @fd: of this round
 * @over: no further round
 * @wrong: results that must not be
 */
struct chase {
	pthread_barrier_t barrier;
	int fd;
	bool over;
	int wrong;
};

/* It worked, or the descriptor was not there any more. */
static void chase_check(struct chase *chase, int err)
{
	if (err < 0 && err != -EBADF)
		__atomic_add_fetch(&chase->wrong, 1, __ATOMIC_RELAXED);
}

static void chase_use(struct chase *chase)
{
	char buffer[4096];
	ssize_t len;
	int i;

	for (i = 0; i < 5; i++) {
		chase_check(chase, watch_name(chase->fd, "x",
					      LOCALSTATE_WATCH_INITIAL));
		len = read(chase->fd, buffer, sizeof(buffer));
		if (len < 0 && errno != EAGAIN)
			chase_check(chase, -errno);
		chase_check(chase, variable_set(chase->fd, "x",
						value_int(i)));
	}
}

static void *chase_thread(void *data)
{
	struct chase *chase = data;

	for (;;) {
		pthread_barrier_wait(&chase->barrier);
		if (chase->over)
			return NULL;
		chase_use(chase);
		pthread_barrier_wait(&chase->barrier);
	}
}

TEST_F_TIMEOUT(close, beside_calls_of_other_threads_is_clean, 90)
{
	struct chase chase = { 0 };
	pthread_t threads[2];
	int i;

	pthread_barrier_init(&chase.barrier, NULL, 3);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, chase_thread,
					    &chase));
	for (i = 0; i < N_ROUNDS; i++) {
		chase.fd = session_open_flags(self->name.text, 0, 0,
					      O_RDWR | O_NONBLOCK);
		ASSERT_LE(0, chase.fd);
		pthread_barrier_wait(&chase.barrier);
		sched_yield();
		close(chase.fd);
		pthread_barrier_wait(&chase.barrier);
	}
	chase.over = true;
	pthread_barrier_wait(&chase.barrier);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(0, chase.wrong);
	EXPECT_EQ(1, WATCHES(self));
}

TEST_HARNESS_MAIN
