// SPDX-License-Identifier: GPL-2.0-only
/*
 * The habits that all ioctls share: what each refuses, and that a refused call
 * leaves everything as it was.
 *
 * Each variant is one ioctl with a valid request; each test spoils one thing.
 */
#include <stddef.h>

#include <sys/mman.h>

#include "batch_helpers.h"
#include "filter_helpers.h"

#define N_POINTERS 6

/* How a pointer and the length that belongs to it stand in a request. */
struct pointer_field {
	const char *name;
	size_t pointer;
	size_t length;
};

#define POINTER(_name, _pointer, _length) {				\
	.name = #_pointer,						\
	.pointer = offsetof(struct localstate_##_name, _pointer),	\
	.length = offsetof(struct localstate_##_name, _length),		\
}

#define NOWHERE ((size_t)-1)

/**
 * struct world - what a request is made in
 * @fd: a descriptor with a session, three variables and a watch
 * @bare: a descriptor without a session
 * @ref: the watch
 * @guard: memory that is not there, behind memory that is
 * @frozen: memory that can be made read-only
 * @before: all as it was before the call
 * @buffer: for results
 * @status: for results of WATCH
 * @targets: of a watch
 */
struct world {
	int fd;
	int bare;
	__u32 ref;
	char *guard;
	char *frozen;
	struct snapshot before;
	char buffer[4096];
	__s32 status[2];
	struct localstate_target targets[2];
};

/**
 * struct ioctl_case - one ioctl
 * @request: its number
 * @fill: makes a valid request
 * @size: bytes of the request
 * @error: where the error part is
 * @outputs: where the first output is that must be zero after a failure
 * @outputs_end: where those behind it end
 * @flags: where the flags are
 * @known_flags: those that exist
 * @reserved: where reserved fields are, or NOWHERE
 * @pointers: pointers with their lengths
 * @bare: needs a descriptor without a session
 * @free: works without a session
 * @stands: a change stands if its outputs cannot be written
 */
struct ioctl_case {
	unsigned long request;
	void (*fill)(struct world *world, void *req);
	size_t size;
	size_t error;
	size_t outputs;
	size_t outputs_end;
	size_t flags;
	__u32 known_flags;
	size_t reserved[2];
	struct pointer_field pointers[N_POINTERS];
	bool bare;
	bool free;
	bool stands;
};

FIXTURE(ioctl) {
	struct world world;
};

FIXTURE_VARIANT(ioctl) {
	struct ioctl_case ioctl;
};

static void fill_info(struct world *world, void *req)
{
	struct localstate_info *info = req;

	(void)world;
	poison(info, sizeof(*info));
	info->flags = 0;
}

static void fill_attach(struct world *world, void *req)
{
	(void)world;
	*(struct localstate_attach *)req =
		attach_request("test/ioctl.attach", LOCALSTATE_ATTACH_CREATE,
			       0600);
}

static void fill_destroy(struct world *world, void *req)
{
	(void)world;
	*(struct localstate_destroy *)req = (struct localstate_destroy) {
		.error = poisoned_error(),
	};
}

static void fill_register(struct world *world, void *req)
{
	struct localstate_register *reg = req;

	(void)world;
	*reg = register_request("fresh", value_string("abc"));
	reg->constraints = LOCALSTATE_HAS_PATTERN;
	reg->pattern = pointer("a*");
	reg->pattern_len = 2;
	reg->label = pointer("word");
	reg->label_len = 4;
	reg->description = pointer("a word");
	reg->description_len = 6;
	reg->metadata = pointer("k=v");
	reg->metadata_len = 4;
}

static void fill_set(struct world *world, void *req)
{
	struct localstate_set *set = req;

	(void)world;
	*set = set_request(key_name("text"), value_string("changed"));
	set->metadata = pointer("k=v");
	set->metadata_len = 4;
}

static void fill_get(struct world *world, void *req)
{
	*(struct localstate_get *)req =
		get_request(key_name("text"), world->buffer,
			    sizeof(world->buffer));
}

static void fill_describe(struct world *world, void *req)
{
	*(struct localstate_describe *)req =
		describe_request(key_name("text"), world->buffer,
				 sizeof(world->buffer));
}

static void fill_list(struct world *world, void *req)
{
	struct localstate_list *list = req;

	*list = list_request(0, world->buffer, sizeof(world->buffer));
	list->pattern = pointer("*");
	list->pattern_len = 1;
}

static void fill_delete(struct world *world, void *req)
{
	(void)world;
	*(struct localstate_delete *)req = delete_request(key_name("other"));
}

static void fill_watch(struct world *world, void *req)
{
	struct localstate_watch *watch = req;

	world->targets[0] = target_name("text");
	world->targets[1] = target_name("count");
	*watch = watch_request(world->targets, 2, LOCALSTATE_WATCH_SNAPSHOT);
	watch->buffer = pointer(world->buffer);
	watch->buffer_len = sizeof(world->buffer);
	watch->status = pointer(world->status);
	poison(world->status, sizeof(world->status));
}

static void fill_unwatch(struct world *world, void *req)
{
	*(struct localstate_unwatch *)req = unwatch_request(world->ref);
}

static void fill_rewatch(struct world *world, void *req)
{
	static struct localstate_filter_term term;

	term = term_equals(0, value_bool(true));
	*(struct localstate_rewatch *)req = rewatch_request(world->ref, &term, 1);
}

static void fill_watches(struct world *world, void *req)
{
	*(struct localstate_watches *)req =
		watches_request(world->buffer, sizeof(world->buffer));
}

static void fill_queue(struct world *world, void *req)
{
	(void)world;
	*(struct localstate_queue *)req = (struct localstate_queue) {
		.error = poisoned_error(),
	};
}

static void fill_claim(struct world *world, void *req)
{
	struct localstate_claim *claim = req;

	(void)world;
	*claim = claim_will("text", value_string("will"));
	claim->metadata = pointer("k=v");
	claim->metadata_len = 4;
}

static void fill_release(struct world *world, void *req)
{
	(void)world;
	*(struct localstate_release *)req = release_request(key_name("claimed"));
}

static void fill_batch(struct world *world, void *req)
{
	static struct localstate_set entries[2];

	(void)world;
	entries[0] = set_request(key_name("text"), value_string("changed"));
	entries[1] = set_request(key_name("count"), value_int(77));
	*(struct localstate_batch *)req = batch_request(entries, 2, 0);
}

static void fill_get_many(struct world *world, void *req)
{
	static struct localstate_get entries[2];

	(void)world;
	entries[0] = get_request(key_name("count"), NULL, 0);
	entries[1] = get_request(key_name("count"), NULL, 0);
	*(struct localstate_get_many *)req = get_many_request(entries, 2);
}

#define IOCTL(_NAME, _name)						\
	.request = LOCALSTATE_IOC_##_NAME,				\
	.fill = fill_##_name,						\
	.size = sizeof(struct localstate_##_name),			\
	.error = offsetof(struct localstate_##_name, error),		\
	.flags = offsetof(struct localstate_##_name, flags)

/* The outputs from @_first on, up to @_end. */
#define OUTPUTS(_name, _first, _end)					\
	.outputs = offsetof(struct localstate_##_name, _first),		\
	.outputs_end = offsetof(struct localstate_##_name, _end)

#define RESERVED(_name)	offsetof(struct localstate_##_name, reserved)
#define KEY_RESERVED(_name) offsetof(struct localstate_##_name, key.reserved)

FIXTURE_VARIANT_ADD(ioctl, get_info) {
	.ioctl = {
		.request = LOCALSTATE_IOC_GET_INFO,
		.fill = fill_info,
		.size = sizeof(struct localstate_info),
		.error = offsetof(struct localstate_info, error),
		.flags = offsetof(struct localstate_info, flags),
		.reserved = { NOWHERE, NOWHERE },
		OUTPUTS(info, features, error),
		.free = true,
	},
};

FIXTURE_VARIANT_ADD(ioctl, attach) {
	.ioctl = {
		IOCTL(ATTACH, attach),
		OUTPUTS(attach, rights, reserved),
		.known_flags = LOCALSTATE_ATTACH_CREATE |
			       LOCALSTATE_ATTACH_EXCLUSIVE |
			       LOCALSTATE_ATTACH_PERSISTENT,
		.reserved = { RESERVED(attach), NOWHERE },
		.pointers = { POINTER(attach, name, name_len) },
		.bare = true,
		.free = true,
	},
};

FIXTURE_VARIANT_ADD(ioctl, destroy) {
	.ioctl = {
		IOCTL(DESTROY, destroy),
		.reserved = { RESERVED(destroy), NOWHERE },
	},
};

FIXTURE_VARIANT_ADD(ioctl, register) {
	.ioctl = {
		IOCTL(REGISTER, register),
		OUTPUTS(register, id, error),
		.known_flags = LOCALSTATE_REGISTER_READ_ONLY |
			       LOCALSTATE_REGISTER_WRITE_ONCE |
			       LOCALSTATE_REGISTER_RESTORE,
		.reserved = { RESERVED(register), NOWHERE },
		.pointers = {
			POINTER(register, name, name_len),
			POINTER(register, value.data, value.length),
			POINTER(register, pattern, pattern_len),
			POINTER(register, label, label_len),
			POINTER(register, description, description_len),
			POINTER(register, metadata, metadata_len),
		},
	},
};

FIXTURE_VARIANT_ADD(ioctl, set) {
	.ioctl = {
		IOCTL(SET, set),
		OUTPUTS(set, version, operation),
		.known_flags = LOCALSTATE_SET_IF_VERSION |
			       LOCALSTATE_SET_FORCE,
		.reserved = { KEY_RESERVED(set), NOWHERE },
		.pointers = {
			POINTER(set, key.name, key.name_len),
			POINTER(set, value.data, value.length),
			POINTER(set, metadata, metadata_len),
		},
		.stands = true,
	},
};

FIXTURE_VARIANT_ADD(ioctl, batch) {
	.ioctl = {
		IOCTL(BATCH, batch),
		OUTPUTS(batch, transaction, error),
		.known_flags = LOCALSTATE_BATCH_ATOMIC,
		.reserved = { RESERVED(batch), NOWHERE },
		.pointers = { POINTER(batch, entries, n_entries) },
	},
};

FIXTURE_VARIANT_ADD(ioctl, get_many) {
	.ioctl = {
		IOCTL(GET_MANY, get_many),
		OUTPUTS(get_many, failed, error),
		.reserved = { NOWHERE, NOWHERE },
		.pointers = { POINTER(get_many, entries, n_entries) },
	},
};

FIXTURE_VARIANT_ADD(ioctl, get) {
	.ioctl = {
		IOCTL(GET, get),
		OUTPUTS(get, value, error),
		.reserved = { KEY_RESERVED(get), NOWHERE },
		.pointers = {
			POINTER(get, key.name, key.name_len),
			POINTER(get, buffer, buffer_len),
		},
	},
};

FIXTURE_VARIANT_ADD(ioctl, describe) {
	.ioctl = {
		IOCTL(DESCRIBE, describe),
		OUTPUTS(describe, size, reserved),
		.reserved = { RESERVED(describe), KEY_RESERVED(describe) },
		.pointers = {
			POINTER(describe, key.name, key.name_len),
			POINTER(describe, buffer, buffer_len),
		},
	},
};

FIXTURE_VARIANT_ADD(ioctl, list) {
	.ioctl = {
		IOCTL(LIST, list),
		OUTPUTS(list, count, reserved),
		.reserved = { RESERVED(list), NOWHERE },
		.pointers = {
			POINTER(list, buffer, buffer_len),
			POINTER(list, pattern, pattern_len),
		},
	},
};

FIXTURE_VARIANT_ADD(ioctl, delete) {
	.ioctl = {
		IOCTL(DELETE, delete),
		OUTPUTS(delete, id, error),
		.reserved = { RESERVED(delete), KEY_RESERVED(delete) },
		.pointers = { POINTER(delete, key.name, key.name_len) },
	},
};

FIXTURE_VARIANT_ADD(ioctl, watch) {
	.ioctl = {
		IOCTL(WATCH, watch),
		OUTPUTS(watch, ref, error),
		.known_flags = LOCALSTATE_WATCH_INITIAL |
			       LOCALSTATE_WATCH_ALLOW_MISSING |
			       LOCALSTATE_WATCH_NO_SELF |
			       LOCALSTATE_WATCH_CONFLATE |
			       LOCALSTATE_WATCH_SNAPSHOT,
		.reserved = { NOWHERE, NOWHERE },
		.pointers = {
			POINTER(watch, targets, n_targets),
			POINTER(watch, status, n_targets),
			POINTER(watch, buffer, buffer_len),
		},
	},
};

FIXTURE_VARIANT_ADD(ioctl, unwatch) {
	.ioctl = {
		IOCTL(UNWATCH, unwatch),
		.reserved = { NOWHERE, NOWHERE },
	},
};

FIXTURE_VARIANT_ADD(ioctl, rewatch) {
	.ioctl = {
		IOCTL(REWATCH, rewatch),
		.known_flags = LOCALSTATE_WATCH_NO_SELF,
		.reserved = { RESERVED(rewatch), NOWHERE },
		.pointers = { POINTER(rewatch, filter.terms, filter.n_terms) },
	},
};

FIXTURE_VARIANT_ADD(ioctl, watches) {
	.ioctl = {
		IOCTL(WATCHES, watches),
		OUTPUTS(watches, count, flags),
		.reserved = { RESERVED(watches), NOWHERE },
		.pointers = { POINTER(watches, buffer, buffer_len) },
	},
};

FIXTURE_VARIANT_ADD(ioctl, queue) {
	.ioctl = {
		IOCTL(QUEUE, queue),
		.reserved = { NOWHERE, NOWHERE },
		.free = true,
	},
};

FIXTURE_VARIANT_ADD(ioctl, claim) {
	.ioctl = {
		IOCTL(CLAIM, claim),
		OUTPUTS(claim, id, error),
		.known_flags = LOCALSTATE_CLAIM_WAIT,
		.reserved = { RESERVED(claim), KEY_RESERVED(claim) },
		.pointers = {
			POINTER(claim, key.name, key.name_len),
			POINTER(claim, will.data, will.length),
			POINTER(claim, metadata, metadata_len),
		},
	},
};

FIXTURE_VARIANT_ADD(ioctl, release) {
	.ioctl = {
		IOCTL(RELEASE, release),
		OUTPUTS(release, id, error),
		.reserved = { RESERVED(release), KEY_RESERVED(release) },
		.pointers = { POINTER(release, key.name, key.name_len) },
	},
};

FIXTURE_SETUP(ioctl)
{
	struct world *w = &self->world;
	char *area;

	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	w->fd = session_private();
	ASSERT_LE(0, w->fd);
	w->bare = device_open(O_RDWR);
	ASSERT_LE(0, w->bare);
	ASSERT_EQ(0, variable_register(w->fd, "text", value_string("abc")));
	ASSERT_EQ(0, variable_register(w->fd, "count", value_int(5)));
	ASSERT_EQ(0, variable_register(w->fd, "other", value_bool(true)));
	ASSERT_EQ(0, variable_register(w->fd, "claimed", value_bool(true)));
	ASSERT_EQ(0, claim_add(w->fd, "claimed", LOCALSTATE_CLAIM_END_DELETE));
	ASSERT_EQ(0, variable_set(w->fd, "count", value_int(6)));
	w->ref = watch_name(w->fd, "other", 0);
	ASSERT_LE(1, (int)w->ref);

	/* Four pages to write on, one that is not there, one to read only. */
	area = mmap(NULL, 6 * 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, area);
	w->guard = area + 4 * 4096;
	ASSERT_EQ(0, mprotect(w->guard, 4096, PROT_NONE));
	w->frozen = w->guard + 4096;
	ASSERT_EQ(0, snapshot_take(w->fd, &w->before));
}

FIXTURE_TEARDOWN(ioctl)
{
	close(self->world.fd);
	close(self->world.bare);
}

/* A valid request that ends where @end says. */
static void *request_before(struct world *w, const struct ioctl_case *c,
			    char *end)
{
	void *req = end - c->size;

	c->fill(w, req);
	return req;
}

/* A valid request that ends where the memory ends. */
static void *request_valid(struct world *w, const struct ioctl_case *c)
{
	return request_before(w, c, w->guard);
}

static int request_fd(const struct world *w, const struct ioctl_case *c)
{
	return c->bare ? w->bare : w->fd;
}

static int request_call(const struct world *w, const struct ioctl_case *c,
			void *req)
{
	return call(request_fd(w, c), c->request, req);
}

/* Calls the ioctl with another size in its number. */
static int request_call_sized(const struct world *w, const struct ioctl_case *c,
			      void *req, size_t size)
{
	unsigned long request = c->request;

	request = _IOC(_IOC_DIR(request), _IOC_TYPE(request), _IOC_NR(request),
		       size);
	return call(request_fd(w, c), request, req);
}

static const struct localstate_error *request_error(const struct ioctl_case *c,
						    const void *req)
{
	return (const void *)((const char *)req + c->error);
}

static __u32 *request_word(void *req, size_t offset)
{
	return (void *)((char *)req + offset);
}

static __u64 *request_pointer(void *req, size_t offset)
{
	return (void *)((char *)req + offset);
}

static bool request_outputs_are_zero(const struct ioctl_case *c, const void *req)
{
	return is_zero((const char *)req + c->outputs,
		       c->outputs_end - c->outputs);
}

/* Neither the session nor the bare descriptor knows of the call. */
static bool nothing_changed(const struct world *w)
{
	struct localstate_get get;

	return snapshot_holds(w->fd, &w->before) &&
	       variable_get(w->bare, "text", &get) == -ENOTCONN &&
	       session_open("test/ioctl.attach") == -ENOENT;
}

/* The call failed with @_code; its error part says so, the rest is zero. */
#define EXPECT_FAILED(_case, _code, _result, _req) do {			\
	const struct ioctl_case *__case = (_case);			\
	const void *__req = (_req);					\
	int __code = (_code);						\
									\
	EXPECT_EQ(-__code, _result);					\
	EXPECT_EQ(__code, request_error(__case, __req)->code);		\
	EXPECT_EQ(LOCALSTATE_NO_INDEX, request_error(__case, __req)->index); \
	EXPECT_TRUE(request_outputs_are_zero(__case, __req));		\
} while (0)

/* All the others would pass for a wrong reason if this one failed. */
TEST_F(ioctl, valid_request_is_accepted)
{
	const struct ioctl_case *c = &variant->ioctl;
	void *req = request_valid(&self->world, c);

	EXPECT_EQ(0, request_call(&self->world, c, req));
	EXPECT_TRUE(error_is_clear(request_error(c, req)));
}

TEST_F(ioctl, bad_pointer_is_efault)
{
	const struct ioctl_case *c = &variant->ioctl;
	struct world *w = &self->world;

	EXPECT_EQ(-EFAULT, request_call(w, c, NULL));
	EXPECT_EQ(-EFAULT, request_call(w, c, w->guard));
	EXPECT_EQ(-EFAULT, request_call(w, c, (void *)-4096L));
	EXPECT_TRUE(nothing_changed(w));
}

/* The last word of the request lies where nothing is. */
TEST_F(ioctl, half_a_request_is_efault)
{
	const struct ioctl_case *c = &variant->ioctl;
	char *req = request_valid(&self->world, c);

	memmove(req + 8, req, c->size - 8);
	EXPECT_EQ(-EFAULT, request_call(&self->world, c, req + 8));
	EXPECT_TRUE(nothing_changed(&self->world));
}

TEST_F(ioctl, short_request_is_einval)
{
	const struct ioctl_case *c = &variant->ioctl;
	const size_t sizes[] = { c->size - 1, c->size - 8, 8, 1, 0 };
	struct world *w = &self->world;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		char *req = request_valid(w, c);

		EXPECT_EQ(-EINVAL, request_call_sized(w, c, req, sizes[i])) {
			TH_LOG("size %zu", sizes[i]);
		}
		/* Nothing is written behind the end that the caller told. */
		EXPECT_TRUE(is_poison(req + c->size - 8, 8));
	}
	EXPECT_TRUE(nothing_changed(w));
}

TEST_F(ioctl, long_request_with_zero_tail_is_accepted)
{
	const struct ioctl_case *c = &variant->ioctl;
	struct world *w = &self->world;
	const size_t tail = 64;
	char *req;

	memset(w->guard - tail, 0, tail);
	req = request_before(w, c, w->guard - tail);
	EXPECT_EQ(0, request_call_sized(w, c, req, c->size + tail));
	EXPECT_TRUE(error_is_clear(request_error(c, req)));
	EXPECT_TRUE(is_zero(w->guard - tail, tail));
}

TEST_F(ioctl, nonzero_tail_is_e2big)
{
	const struct ioctl_case *c = &variant->ioctl;
	const size_t tails[] = { 1, 8, 4096 };
	struct world *w = &self->world;
	unsigned int i;

	for (i = 0; i < 2 * ARRAY_SIZE(tails); i++) {
		size_t len = tails[i / 2];
		char *tail = w->guard - len;
		char *spoilt = tail + (i % 2 ? len - 1 : 0);
		char *req;

		memset(tail, 0, len);
		req = request_before(w, c, tail);
		*spoilt = 1;
		EXPECT_EQ(-E2BIG, request_call_sized(w, c, req, c->size + len)) {
			TH_LOG("tail of %zu bytes", len);
		}
		*spoilt = 0;
		EXPECT_TRUE(is_zero(tail, len));
	}
	EXPECT_TRUE(nothing_changed(w));
}

TEST_F(ioctl, unknown_flag_is_einval)
{
	const struct ioctl_case *c = &variant->ioctl;
	struct world *w = &self->world;
	int bit;

	for (bit = 0; bit < 32; bit++) {
		void *req = request_valid(w, c);

		if (c->known_flags & (1U << bit))
			continue;
		*request_word(req, c->flags) |= 1U << bit;
		EXPECT_FAILED(c, EINVAL, request_call(w, c, req), req);
		EXPECT_EQ(LOCALSTATE_FIELD_FLAGS, request_error(c, req)->field);
		EXPECT_TRUE(nothing_changed(w));
	}
}

TEST_F(ioctl, nonzero_reserved_is_einval)
{
	const struct ioctl_case *c = &variant->ioctl;
	const __u32 words[] = { 1, 0x80000000 };
	struct world *w = &self->world;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		void *req = request_valid(w, c);

		if (c->reserved[i / 2] == NOWHERE)
			continue;
		*request_word(req, c->reserved[i / 2]) = words[i % 2];
		EXPECT_FAILED(c, EINVAL, request_call(w, c, req), req);
		EXPECT_EQ(LOCALSTATE_FIELD_RESERVED,
			  request_error(c, req)->field);
		EXPECT_TRUE(nothing_changed(w));
	}
}

/* Every pointer inside of the request. */
TEST_F(ioctl, bad_inner_pointer_is_efault)
{
	const __u64 bad[] = { 0, pointer(self->world.guard), -4096ULL };
	const struct ioctl_case *c = &variant->ioctl;
	struct world *w = &self->world;
	unsigned int i;

	for (i = 0; i < N_POINTERS * ARRAY_SIZE(bad); i++) {
		const struct pointer_field *field = &c->pointers[i / 3];
		void *req = request_valid(w, c);

		if (!field->name)
			break;
		/* Without a status the caller does not want to know it. */
		if (!bad[i % 3] && !strcmp(field->name, "status"))
			continue;
		*request_pointer(req, field->pointer) = bad[i % 3];
		EXPECT_FAILED(c, EFAULT, request_call(w, c, req), req);
		EXPECT_EQ(0, _metadata->exit_code) {
			TH_LOG("%s = %#llx", field->name, bad[i % 3]);
		}
		EXPECT_TRUE(nothing_changed(w));
	}
}

/* Input that the kernel can read from memory that it cannot write to. */
TEST_F(ioctl, read_only_request_is_efault_and_does_nothing)
{
	const struct ioctl_case *c = &variant->ioctl;
	struct world *w = &self->world;

	c->fill(w, w->frozen);
	ASSERT_EQ(0, mprotect(w->frozen, 4096, PROT_READ));
	EXPECT_EQ(-EFAULT, request_call(w, c, w->frozen));
	if (!c->stands)
		EXPECT_TRUE(nothing_changed(w));
}

TEST_F(ioctl, without_session_is_enotconn)
{
	const struct ioctl_case *c = &variant->ioctl;
	struct world *w = &self->world;
	void *req = request_valid(w, c);

	if (c->free)
		return;
	EXPECT_FAILED(c, ENOTCONN, call(w->bare, c->request, req), req);
	EXPECT_TRUE(nothing_changed(w));
}

TEST_F(ioctl, after_destroy_is_eshutdown)
{
	const struct ioctl_case *c = &variant->ioctl;
	struct world *w = &self->world;
	void *req = request_valid(w, c);

	if (c->free)
		return;
	ASSERT_EQ(0, session_destroy(w->fd));
	EXPECT_FAILED(c, ESHUTDOWN, call(w->fd, c->request, req), req);
}

TEST_HARNESS_MAIN
