/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A peer: one way to tell a new 8-byte value to one or more readers.  All peers
 * do this same job, each in its best way, so that they can be compared.
 *
 * A file in peers/ defines one peer (or a few that share code) and ends with
 * BENCH_PEER(), by which the programs find it.  Whatever a peer does outside of
 * publish(), receive() and wait() is free; those three do nothing but the job.
 *
 * Who calls what, where:
 *
 *	the parent	open(); forks; publish() again and again; close()
 *	each reader	reader_open() once, in the process that is going to read,
 *			then reader_fd(), receive(), wait() with its own number
 *
 * Readers may be children of the parent, forked between open() and the first
 * publish(), or the parent itself: it then calls reader_open() for each number and
 * publishes and receives in turn.  So state that both sides use is in memory from
 * bench_shared_alloc(), and what does not survive fork() (a D-Bus connection) is
 * made by reader_open().  The first publish() comes after every reader_open() has
 * returned: a value published from then on reaches every reader.
 *
 * A child ends by _exit() and is reaped by the parent before close(); the kernel
 * closes what it had.  close() runs in the parent alone, ends daemons too, and
 * must do so after a failed open() or reader_open() as well.
 *
 * Values only grow, and are never 0.  Nothing prints: errors are returned.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stdint.h>
#include <sys/mman.h>

/*
 * A reader that was late gets the newest value instead of all of them; publish()
 * never fails for want of room.
 */
#define BENCH_LATEST	0x1U
/*
 * Readers cannot sleep: reader_fd() and wait() are NULL, receive() is called in a
 * loop.  Says nothing on one processor but what publish() and receive() cost.
 */
#define BENCH_SPINS	0x2U
/*
 * Another process or kernel thread carries the value on: it is not there when
 * publish() returns.
 */
#define BENCH_CARRIED	0x4U
/*
 * receive() is one call on reader_fd() and sleeps in it if that is made to block: a
 * second way to wait that is tried.
 */
#define BENCH_READS	0x8U

/**
 * struct bench_peer - a peer
 * @name: a word: for --peer, and the key in bench.json, where it stays the same
 * @max_readers: the most that open() takes
 * @flags: BENCH_LATEST and the like
 * @open: prepares @n_readers readers numbered from 0 and the writer; starts what
 *	daemons it needs.  *@state is NULL before, and goes to close() whatever this
 *	returns: 0 or -errno; -ENOSYS and -ENOENT mean that this machine does not
 *	have it, and the peer is left out
 * @reader_open: the reader's own part, in its own process; NULL if there is none.
 *	0 or -errno
 * @publish: the writer's part: hand over the value.  It does not wait: -EAGAIN
 *	says that some reader has no room, and it will be called again with the same
 *	value, until it returns 0; no reader may get that twice
 * @receive: takes the next value; does not wait: -EAGAIN if there is none
 * @reader_fd: what a reader gives to epoll (EPOLLIN, level-triggered); receive()
 *	until -EAGAIN makes it unreadable.  NULL if there is no descriptor
 * @wait: sleeps until there may be something, in the peer's own way (a futex, say);
 *	NULL: epoll_wait() on reader_fd() is its way.  0 or -errno
 * @settle: returns once the carrier has done its part with all that was published;
 *	NULL unless BENCH_CARRIED.  0 or -errno
 * @close: frees everything; @state may be NULL
 */
struct bench_peer {
	const char *name;
	unsigned int max_readers;
	unsigned int flags;
	int (*open)(void **state, unsigned int n_readers);
	int (*reader_open)(void *state, unsigned int reader);
	int (*publish)(void *state, uint64_t value);
	int (*receive)(void *state, unsigned int reader, uint64_t *value);
	int (*reader_fd)(void *state, unsigned int reader);
	int (*wait)(void *state, unsigned int reader);
	int (*settle)(void *state);
	void (*close)(void *state);
};

/* Makes a peer known; the order is that of the names of the files. */
#define BENCH_PEER(_peer)						\
	static const struct bench_peer *const bench_known_##_peer	\
	__attribute__((used, section("bench_peers"))) = &(_peer)

/* Set up by the linker, which gathers what BENCH_PEER() has made. */
extern const struct bench_peer *const __start_bench_peers[];
extern const struct bench_peer *const __stop_bench_peers[];

#define bench_for_each_peer(_at)					\
	for ((_at) = __start_bench_peers; (_at) != __stop_bench_peers; (_at)++)

/* Zeroed memory that children share with their parent, or NULL. */
static inline void *bench_shared_alloc(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static inline void bench_shared_free(void *p, size_t size)
{
	if (p)
		munmap(p, size);
}

#endif /* BENCH_PEER_H */
