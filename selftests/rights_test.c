// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which rights an owner and a mode give, and that they are fixed by ATTACH and
 * travel with the descriptor. What they are good for is the permission matrix.
 */
#include <sys/stat.h>

#include "process_helpers.h"

#define READ LOCALSTATE_RIGHT_READ
#define WRITE LOCALSTATE_RIGHT_WRITE
#define OWNER LOCALSTATE_RIGHT_OWNER

/**
 * struct visit - a child attaches as somebody else
 * @uid: who
 * @gid: and of which group
 * @supplementary: another group
 * @fd: the descriptor, shared with the parent
 * @user_ns: in a user namespace of its own, with all capabilities there
 * @req: the request, with its outputs
 * @result: what the call returned
 */
struct visit {
	uid_t uid;
	gid_t gid;
	gid_t supplementary;
	int fd;
	bool user_ns;
	struct localstate_attach req;
	int result;
};

static int visit_run(void *data)
{
	struct visit *visit = data;

	CHILD_CHECK(!setgroups(1, &visit->supplementary));
	CHILD_CHECK(!setresgid(visit->gid, visit->gid, visit->gid));
	CHILD_CHECK(!setresuid(visit->uid, visit->uid, visit->uid));
	if (visit->user_ns && unshare(CLONE_NEWUSER))
		return KSFT_SKIP;
	visit->result = call(visit->fd, LOCALSTATE_IOC_ATTACH, &visit->req);
	return 0;
}

struct rights_world {
	struct session_name name;
	struct visit *visit;
	int fd;
	mode_t umask;
};

FIXTURE(rights) {
	struct rights_world world;
};

FIXTURE_SETUP(rights)
{
	struct rights_world *w = &self->world;

	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	if (geteuid())
		SKIP(return, "needs root to become others");
	w->name = session_name_unique("rights");
	w->visit = shared_alloc(sizeof(*w->visit));
	ASSERT_NE(NULL, w->visit);
	w->fd = device_open(O_RDWR);
	ASSERT_LE(0, w->fd);
	w->umask = umask(0);
}

FIXTURE_TEARDOWN(rights)
{
	struct rights_world *w = &self->world;

	umask(w->umask);
	close(w->fd);
}

/* Attaches @fd as @uid, @gid; the result and the outputs are in w->visit. */
static int visit_as(struct rights_world *w, int fd, uid_t uid, gid_t gid,
		    __u32 flags, __u32 mode)
{
	*w->visit = (struct visit) {
		.uid = uid,
		.gid = gid,
		.supplementary = gid,
		.fd = fd,
		.req = attach_request(w->name.text, flags, mode),
		.result = 1,
	};
	return child_run(visit_run, w->visit);
}

/* The session belongs to OTHER_UID and OTHER_GID, and w->fd keeps it. */
static int owned_create(struct rights_world *w, __u32 mode)
{
	int err = visit_as(w, w->fd, OTHER_UID, OTHER_GID,
			   LOCALSTATE_ATTACH_CREATE, mode);

	return err ?: w->visit->result;
}

static void owned_end(struct rights_world *w)
{
	close(w->fd);
	w->fd = device_open(O_RDWR);
}

struct mode_case {
	const char *who;
	__u32 mode;
	uid_t uid;
	gid_t gid;
	__u32 rights;
};

static const struct mode_case mode_cases[] = {
	{ "owner", 0600, OTHER_UID, OTHER_GID, READ | WRITE | OWNER },
	{ "owner", 0400, OTHER_UID, OTHER_GID, READ | OWNER },
	{ "owner", 0200, OTHER_UID, OTHER_GID, WRITE | OWNER },
	{ "owner", 0000, OTHER_UID, OTHER_GID, OWNER },
	{ "owner", 0066, OTHER_UID, OTHER_GID, OWNER },
	{ "owner", 0111, OTHER_UID, OTHER_GID, OWNER },
	{ "owner", 0600, OTHER_UID, STRANGER_GID, READ | WRITE | OWNER },
	{ "group", 0060, STRANGER_UID, OTHER_GID, READ | WRITE },
	{ "group", 0040, STRANGER_UID, OTHER_GID, READ },
	{ "group", 0020, STRANGER_UID, OTHER_GID, WRITE },
	{ "group", 0606, STRANGER_UID, OTHER_GID, 0 },
	{ "group", 0646, STRANGER_UID, OTHER_GID, READ },
	{ "other", 0006, STRANGER_UID, STRANGER_GID, READ | WRITE },
	{ "other", 0004, STRANGER_UID, STRANGER_GID, READ },
	{ "other", 0002, STRANGER_UID, STRANGER_GID, WRITE },
	{ "other", 0660, STRANGER_UID, STRANGER_GID, 0 },
	{ "other", 0771, STRANGER_UID, STRANGER_GID, 0 },
	{ "root", 0000, 0, 0, READ | WRITE | OWNER },
};

TEST_F(rights, mode_decides_as_for_a_file)
{
	struct rights_world *w = &self->world;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mode_cases); i++) {
		const struct mode_case *c = &mode_cases[i];
		const struct visit *visit = w->visit;
		int fd = device_open(O_RDWR);

		ASSERT_EQ(0, owned_create(w, c->mode));
		EXPECT_EQ(READ | WRITE | OWNER, visit->req.rights);
		ASSERT_EQ(0, visit_as(w, fd, c->uid, c->gid, 0, 0));
		EXPECT_EQ(c->rights ? 0 : -EACCES, visit->result) {
			TH_LOG("%s, mode %04o", c->who, c->mode);
		}
		EXPECT_EQ(c->rights, visit->req.rights);
		EXPECT_EQ(c->rights ? 0 : LOCALSTATE_FIELD_MODE,
			  visit->req.error.field);
		EXPECT_EQ(!c->rights, !visit->req.session);
		close(fd);
		owned_end(w);
	}
}

TEST_F(rights, supplementary_group_counts)
{
	struct rights_world *w = &self->world;
	int fd = device_open(O_RDWR);
	struct visit *visit = w->visit;

	ASSERT_EQ(0, owned_create(w, 0040));
	*visit = (struct visit) {
		.uid = STRANGER_UID,
		.gid = STRANGER_GID,
		.supplementary = OTHER_GID,
		.fd = fd,
		.req = attach_request(w->name.text, 0, 0),
	};
	ASSERT_EQ(0, child_run(visit_run, visit));
	EXPECT_EQ(0, visit->result);
	EXPECT_EQ(READ, visit->req.rights);
	close(fd);
}

/* CAP_DAC_OVERRIDE counts in the owner's user namespace only. */
TEST_F(rights, capability_of_a_foreign_user_namespace_is_worth_nothing)
{
	struct rights_world *w = &self->world;
	int fd = device_open(O_RDWR);
	struct visit *visit = w->visit;
	int status;

	ASSERT_EQ(0, owned_create(w, 0600));
	*visit = (struct visit) {
		.uid = STRANGER_UID,
		.gid = STRANGER_GID,
		.supplementary = STRANGER_GID,
		.fd = fd,
		.user_ns = true,
		.req = attach_request(w->name.text, 0, 0),
	};
	status = child_run(visit_run, visit);
	if (status == KSFT_SKIP)
		SKIP(return, "no user namespaces for users");
	ASSERT_EQ(0, status);
	EXPECT_EQ(-EACCES, visit->result);
	close(fd);
}

TEST_F(rights, refused_attach_leaves_the_descriptor_unattached)
{
	struct rights_world *w = &self->world;
	int fd = device_open(O_RDWR);
	struct localstate_get get;

	ASSERT_EQ(0, owned_create(w, 0600));
	ASSERT_EQ(0, visit_as(w, fd, STRANGER_UID, STRANGER_GID, 0, 0));
	ASSERT_EQ(-EACCES, w->visit->result);
	EXPECT_EQ(-ENOTCONN, variable_get(fd, "x", &get));
	EXPECT_EQ(0, session_attach(fd, NULL, 0, 0));
	close(fd);
}

TEST_F(rights, umask_takes_bits_of_a_new_session)
{
	struct rights_world *w = &self->world;
	int fd = device_open(O_RDWR);

	umask(0026);
	ASSERT_EQ(0, owned_create(w, 0666));
	umask(0);
	ASSERT_EQ(0, visit_as(w, fd, STRANGER_UID, OTHER_GID, 0, 0));
	EXPECT_EQ(0, w->visit->result);
	EXPECT_EQ(READ, w->visit->req.rights);
	close(fd);
	fd = device_open(O_RDWR);
	ASSERT_EQ(0, visit_as(w, fd, STRANGER_UID, STRANGER_GID, 0, 0));
	EXPECT_EQ(-EACCES, w->visit->result);
	close(fd);
}

TEST_F(rights, mode_of_a_found_session_is_not_changed)
{
	struct rights_world *w = &self->world;
	int fd = device_open(O_RDWR);

	ASSERT_EQ(0, owned_create(w, 0604));
	ASSERT_EQ(0, visit_as(w, fd, STRANGER_UID, STRANGER_GID,
			      LOCALSTATE_ATTACH_CREATE, 0666));
	EXPECT_EQ(0, w->visit->result);
	EXPECT_EQ(READ, w->visit->req.rights);
	EXPECT_EQ(0, w->visit->req.created);
	close(fd);
}

/* Rights travel with the descriptor. */

static int set_as_stranger(void *data)
{
	int fd = *(int *)data;

	CHILD_CHECK(user_become(STRANGER_UID, STRANGER_GID));
	CHILD_CHECK(!variable_set(fd, "x", value_int(2)));
	return 0;
}

TEST_F(rights, inherited_descriptor_keeps_its_rights)
{
	struct rights_world *w = &self->world;
	struct localstate_get get;

	ASSERT_EQ(0, session_attach(w->fd, w->name.text,
				    LOCALSTATE_ATTACH_CREATE, 0600));
	ASSERT_EQ(0, variable_register(w->fd, "x", value_int(1)));
	EXPECT_EQ(0, child_run(set_as_stranger, &w->fd));
	ASSERT_EQ(0, variable_get(w->fd, "x", &get));
	EXPECT_EQ(2, get.value.data);
	EXPECT_EQ(STRANGER_UID, get.uid);
}

struct gift {
	int socket[2];
	const char *name;
};

/* Root's descriptor in the hands of a stranger, who could not get one. */
static int gift_use(void *data)
{
	struct gift *gift = data;
	int fd;

	CHILD_CHECK(user_become(STRANGER_UID, STRANGER_GID));
	CHILD_CHECK(session_open(gift->name) == -EACCES);
	CHILD_CHECK(wait_readable(gift->socket[1], DEADLINE_MS) == 1);
	fd = fd_receive(gift->socket[1]);
	CHILD_CHECK(fd >= 0);
	CHILD_CHECK(!variable_set(fd, "x", value_int(3)));
	CHILD_CHECK(!session_destroy(fd));
	return 0;
}

TEST_F(rights, descriptor_that_was_sent_keeps_its_rights)
{
	struct rights_world *w = &self->world;
	struct gift gift = { .name = w->name.text };
	struct localstate_get get;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, gift.socket));
	ASSERT_EQ(0, session_attach(w->fd, w->name.text,
				    LOCALSTATE_ATTACH_CREATE, 0600));
	ASSERT_EQ(0, variable_register(w->fd, "x", value_int(1)));
	pid = child_start(gift_use, &gift);
	EXPECT_EQ(0, fd_send(gift.socket[0], w->fd));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(-ESHUTDOWN, variable_get(w->fd, "x", &get));
}

TEST_HARNESS_MAIN
