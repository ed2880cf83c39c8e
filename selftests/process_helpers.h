/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other processes, other users, module parameters.
 *
 * A child never uses the harness: it returns 0, or the number of the line at
 * which it gave up, and its parent checks that.  It dies with its parent.
 */
#ifndef SELFTESTS_PROCESS_HELPERS_H
#define SELFTESTS_PROCESS_HELPERS_H

#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "queue_helpers.h"

/* Ids that nobody uses in the machine where the tests run. */
#define OTHER_UID 54321
#define OTHER_GID 54322
#define STRANGER_UID 54331
#define STRANGER_GID 54332

static inline void child_give_up(int line)
{
	/* An exit status has eight bits: say the line, too. */
	fprintf(stderr, "# child %d gave up at line %d\n", getpid(), line);
	_exit(line % 255 + 1);
}

/* In a child: gives up with the number of this line. */
#define CHILD_CHECK(_condition) ({					\
	if (!(_condition))						\
		child_give_up(__LINE__);				\
})

static inline pid_t child_start(int (*run)(void *data), void *data)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(run(data));
}

/*
 * The exit status of the child, 128 + signal if it was killed, or -ETIME if
 * it does not end by the deadline; then it is killed.
 */
static inline int child_wait_for(pid_t pid, int timeout_ms)
{
	int pidfd = pidfd_open(pid, 0);
	struct pollfd pfd = { .fd = pidfd, .events = POLLIN };
	bool ended = pidfd >= 0 && poll(&pfd, 1, timeout_ms) == 1;
	int status;

	close(pidfd);
	if (!ended)
		kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid)
		return -errno;
	if (!ended)
		return -ETIME;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static inline int child_wait(pid_t pid)
{
	return child_wait_for(pid, DEADLINE_MS);
}

static inline int child_run(int (*run)(void *data), void *data)
{
	return child_wait(child_start(run, data));
}

static inline char child_state(pid_t pid)
{
	char path[64], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return 0;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	fclose(file);
	return state;
}

/* Waits until the child sleeps; whoever does so in read() waits for events. */
static inline bool child_falls_asleep(pid_t pid)
{
	__s64 deadline = now_ms() + DEADLINE_MS;

	while (now_ms() < deadline) {
		if (child_state(pid) == 'S')
			return true;
		sched_yield();
	}
	return false;
}

static inline int child_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	return child_wait(pid);
}

/* Memory that children share with their parent, zeroed. */
static inline void *shared_alloc(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/**
 * struct gate - lets processes start together, and tells when to stop
 * @barrier: the start
 * @stop: set when whoever runs until then shall end
 */
struct gate {
	pthread_barrier_t barrier;
	bool stop;
};

static inline struct gate *gate_alloc(unsigned int n_processes)
{
	struct gate *gate = shared_alloc(sizeof(*gate));
	pthread_barrierattr_t attributes;

	if (!gate)
		return NULL;
	pthread_barrierattr_init(&attributes);
	pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&gate->barrier, &attributes, n_processes);
	return gate;
}

static inline void gate_pass(struct gate *gate)
{
	pthread_barrier_wait(&gate->barrier);
}

static inline void gate_stop(struct gate *gate)
{
	__atomic_store_n(&gate->stop, true, __ATOMIC_RELEASE);
}

static inline bool gate_is_stopped(const struct gate *gate)
{
	return __atomic_load_n(&gate->stop, __ATOMIC_ACQUIRE);
}

/* A token that one process gives and another takes. */
struct token {
	int fd[2];
};

static inline int token_init(struct token *token)
{
	return pipe2(token->fd, O_CLOEXEC);
}

static inline bool token_give(struct token *token)
{
	return write(token->fd[1], "", 1) == 1;
}

static inline bool token_take(struct token *token)
{
	char c;

	return wait_readable(token->fd[0], DEADLINE_MS) == 1 &&
	       read(token->fd[0], &c, 1) == 1;
}

static inline void token_free(struct token *token)
{
	close(token->fd[0]);
	close(token->fd[1]);
}

/* Sends a descriptor along a socket: 0, or -errno. */
static inline int fd_send(int socket, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(fd))] = "";
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	return sendmsg(socket, &msg, 0) == 1 ? 0 : -errno;
}

static inline int fd_receive(int socket)
{
	char byte, control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(socket, &msg, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&msg))
		return -errno;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

/* Becomes another user for good, without any capability. */
static inline bool user_become(uid_t uid, gid_t gid)
{
	return !setgroups(0, NULL) && !setresgid(gid, gid, gid) &&
	       !setresuid(uid, uid, uid) &&
	       !prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* The module's parameters. */

static inline int parameter_path(const char *name, int flags)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/localstate/parameters/%s",
		 name);
	return open(path, flags | O_CLOEXEC);
}

/* The value, or -errno. */
static inline long long parameter_get(const char *name)
{
	char text[32] = "";
	int fd = parameter_path(name, O_RDONLY);
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	return len > 0 ? strtoll(text, NULL, 0) : -EIO;
}

static inline int parameter_set(const char *name, long long value)
{
	char text[32];
	int fd = parameter_path(name, O_WRONLY);
	int len = snprintf(text, sizeof(text), "%lld\n", value);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != len)
		err = errno ? -errno : -EIO;
	close(fd);
	return err;
}

/* The bytes that the user of a descriptor has, or -errno. */
static inline long long user_bytes(int fd)
{
	static const char key[] = "\nuser-bytes:\t";
	char path[64], text[4096], *at;
	ssize_t len;
	int info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return -errno;
	/* One read() of a short file: the line stands near its beginning. */
	len = read(info, text, sizeof(text) - 1);
	close(info);
	if (len < 0)
		return -EIO;
	text[len] = '\0';
	at = strstr(text, key);
	return at ? strtoll(at + strlen(key), NULL, 10) : -ENOENT;
}

#endif /* SELFTESTS_PROCESS_HELPERS_H */
