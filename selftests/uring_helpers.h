/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * io_uring by its system calls alone: one submission, one completion.
 */
#ifndef SELFTESTS_URING_HELPERS_H
#define SELFTESTS_URING_HELPERS_H

#include <sys/syscall.h>

#include <linux/io_uring.h>

#include "process_helpers.h"

#define URING_ENTRIES 8
#define URING_MAP_SIZE 8192

/**
 * struct uring - a ring of one mapping
 * @fd: the ring
 * @params: where things are in @map
 * @map: submission and completion queue
 * @sqes: the submissions
 */
struct uring {
	int fd;
	struct io_uring_params params;
	char *map;
	struct io_uring_sqe *sqes;
};

static inline __u32 *uring_at(const struct uring *uring, __u32 offset)
{
	return (void *)(uring->map + offset);
}

static inline int uring_init(struct uring *uring)
{
	const int prot = PROT_READ | PROT_WRITE;

	memset(uring, 0, sizeof(*uring));
	uring->fd = syscall(__NR_io_uring_setup, URING_ENTRIES, &uring->params);
	if (uring->fd < 0)
		return -errno;
	if (!(uring->params.features & IORING_FEAT_SINGLE_MMAP))
		return -EOPNOTSUPP;
	uring->map = mmap(NULL, URING_MAP_SIZE, prot, MAP_SHARED | MAP_POPULATE,
			  uring->fd, IORING_OFF_SQ_RING);
	uring->sqes = mmap(NULL, URING_ENTRIES * sizeof(*uring->sqes), prot,
			   MAP_SHARED | MAP_POPULATE, uring->fd,
			   IORING_OFF_SQES);
	if (uring->map == MAP_FAILED || uring->sqes == (void *)MAP_FAILED)
		return -errno;
	return 0;
}

/* Only then is the ring given up, and all that was submitted cancelled. */
static inline void uring_free(struct uring *uring)
{
	munmap(uring->map, URING_MAP_SIZE);
	munmap(uring->sqes, URING_ENTRIES * sizeof(*uring->sqes));
	close(uring->fd);
	uring->fd = -1;
}

/* Submits one entry, which comes back with @data. */
static inline int uring_submit(struct uring *uring, struct io_uring_sqe sqe,
			       __u64 data)
{
	const struct io_sqring_offsets *off = &uring->params.sq_off;
	__u32 tail = *uring_at(uring, off->tail);
	__u32 slot = tail & *uring_at(uring, off->ring_mask);

	sqe.user_data = data;
	uring->sqes[slot] = sqe;
	uring_at(uring, off->array)[slot] = slot;
	__atomic_store_n(uring_at(uring, off->tail), tail + 1, __ATOMIC_RELEASE);
	return syscall(__NR_io_uring_enter, uring->fd, 1, 0, 0, NULL, 0) == 1 ?
	       0 : -errno;
}

static inline int uring_read(struct uring *uring, int fd, void *buffer,
			     size_t len, __u64 data)
{
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_READ,
		.fd = fd,
		.addr = pointer(buffer),
		.len = len,
	};

	return uring_submit(uring, sqe, data);
}

/* Takes one completion: 1, or 0 if there is none by the deadline. */
static inline int uring_take(struct uring *uring, int timeout_ms,
			     struct io_uring_cqe *cqe)
{
	const struct io_cqring_offsets *off = &uring->params.cq_off;
	__u32 head = *uring_at(uring, off->head);
	const struct io_uring_cqe *cqes;

	/* The kernel finishes work on its way back from a system call. */
	if (wait_readable(uring->fd, timeout_ms) != 1)
		return 0;
	if (head == __atomic_load_n(uring_at(uring, off->tail),
				    __ATOMIC_ACQUIRE))
		return 0;
	cqes = (const void *)(uring->map + off->cqes);
	*cqe = cqes[head & *uring_at(uring, off->ring_mask)];
	__atomic_store_n(uring_at(uring, off->head), head + 1, __ATOMIC_RELEASE);
	return 1;
}

static inline int uring_register(struct uring *uring, unsigned int what,
				 const void *arg, unsigned int n)
{
	return syscall(__NR_io_uring_register, uring->fd, what, arg, n) < 0 ?
	       -errno : 0;
}

#endif /* SELFTESTS_URING_HELPERS_H */
