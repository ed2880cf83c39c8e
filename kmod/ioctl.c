// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dispatcher: the one place where arguments come in and results go out,
 * and where session, descriptor and rights are checked.
 */
#include <linux/fs.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>

#include "private.h"

union ls_argument {
	struct localstate_info info;
	struct localstate_attach attach;
	struct localstate_destroy destroy;
	struct localstate_register reg;
	struct localstate_set set;
	struct localstate_get get;
	struct localstate_describe describe;
	struct localstate_list list;
	struct localstate_delete del;
	struct localstate_watch watch;
	struct localstate_unwatch unwatch;
	struct localstate_watches watches;
	struct localstate_queue queue;
	struct localstate_batch batch;
	struct localstate_get_many get_many;
	struct localstate_claim claim;
	struct localstate_release release;
	struct localstate_rewatch rewatch;
};

/* The ABI's sizes are for ever. */
static_assert(sizeof(struct localstate_error) == 24);
static_assert(sizeof(struct localstate_key) == 24);
static_assert(sizeof(struct localstate_value) == 16);
static_assert(sizeof(struct localstate_array) == 8);
static_assert(sizeof(struct localstate_info) == 96);
static_assert(sizeof(struct localstate_attach) == 64);
static_assert(sizeof(struct localstate_destroy) == 32);
static_assert(sizeof(struct localstate_register) == 200);
static_assert(sizeof(struct localstate_set) == 104);
static_assert(sizeof(struct localstate_get) == 112);
static_assert(sizeof(struct localstate_variable) == 128);
static_assert(sizeof(struct localstate_describe) == 72);
static_assert(sizeof(struct localstate_list) == 72);
static_assert(sizeof(struct localstate_delete) == 72);
static_assert(sizeof(struct localstate_target) == 24);
static_assert(sizeof(struct localstate_filter_term) == 48);
static_assert(sizeof(struct localstate_filter) == 16);
static_assert(sizeof(struct localstate_watch) == 96);
static_assert(sizeof(struct localstate_unwatch) == 32);
static_assert(sizeof(struct localstate_watch_info) == 72);
static_assert(sizeof(struct localstate_watches) == 56);
static_assert(sizeof(struct localstate_queue) == 32);
static_assert(sizeof(struct localstate_batch) == 64);
static_assert(sizeof(struct localstate_get_many) == 56);
static_assert(sizeof(struct localstate_claim) == 112);
static_assert(sizeof(struct localstate_release) == 72);
static_assert(sizeof(struct localstate_rewatch) == 56);
static_assert(sizeof(struct localstate_event) == 96);
static_assert(sizeof(struct localstate_slot) == 64);

/**
 * struct ls_operation - one ioctl
 * @size: bytes of its argument
 * @error: where in the argument the error part is
 * @out: where its outputs are, which are zeroed before anything is done
 * @out_size: bytes of them
 * @session: needs a session that has not ended
 * @mode: FMODE_* that the descriptor must have, else EBADF
 * @rights: LOCALSTATE_RIGHT_* that the client must have
 * @probe: write the argument back before anything is done, so that memory
 *	which cannot take the results is found out first; not on the fast paths
 * @handler: gets the argument in kernel memory, with an empty error part
 * @undo: takes the effect back if the results cannot be written
 */
struct ls_operation {
	u32 size;
	u32 error;
	u32 out;
	u32 out_size;
	bool session;
	bool probe;
	fmode_t mode;
	u32 rights;
	int (*handler)(struct ls_client *client, void *data);
	void (*undo)(struct ls_client *client, void *data);
};

static int localstate_get_info(struct ls_client *client, void *data)
{
	const struct ls_params *params = &localstate_params;
	struct localstate_info *arg = data;
	u32 queue_max = localstate_queue_ceiling();
	u32 inline_max = localstate_watch_inline_ceiling();
	int ret;

	ret = localstate_error_unless_zero(&arg->error, arg->flags, 0);
	if (ret)
		return ret;
	*arg = (struct localstate_info){
		.abi_version = LOCALSTATE_ABI_VERSION,
		.features = LOCALSTATE_FEATURE_COMPARE_AND_SET |
			    LOCALSTATE_FEATURE_INITIAL |
			    LOCALSTATE_FEATURE_NETLINK |
			    LOCALSTATE_FEATURE_CLAIMS |
			    LOCALSTATE_FEATURE_BATCH |
			    LOCALSTATE_FEATURE_FILTERS |
			    LOCALSTATE_FEATURE_PATTERNS |
			    LOCALSTATE_FEATURE_NO_SELF |
			    LOCALSTATE_FEATURE_REWATCH |
			    LOCALSTATE_FEATURE_SNAPSHOT |
			    LOCALSTATE_FEATURE_CONFLATE,
		.queue_default = min(READ_ONCE(params->queue_default),
				     queue_max),
		.queue_max = queue_max,
		.inline_default = clamp(READ_ONCE(params->inline_default),
					LOCALSTATE_INLINE_MIN, inline_max),
		.inline_max = inline_max,
		.max_targets = READ_ONCE(params->max_targets),
		.max_user_sessions = READ_ONCE(params->max_user[LS_SESSIONS]),
		.max_user_clients = READ_ONCE(params->max_user[LS_CLIENTS]),
		.max_user_variables = READ_ONCE(params->max_user[LS_VARIABLES]),
		.max_user_watches = READ_ONCE(params->max_user[LS_WATCHES]),
		.max_user_links = READ_ONCE(params->max_user[LS_LINKS]),
		.max_user_claims = READ_ONCE(params->max_user[LS_CLAIMS]),
		.max_user_bytes = READ_ONCE(params->max_user_bytes),
		.error = { .index = LOCALSTATE_NO_INDEX },
	};
	return 0;
}

#define LS_OPERATION(_cmd, _struct, _handler, ...)			\
	[_IOC_NR(LOCALSTATE_IOC_##_cmd)] = {				\
		.size = sizeof(struct _struct),				\
		.error = offsetof(struct _struct, error),		\
		.handler = _handler,					\
		__VA_ARGS__						\
	}

/* The outputs of an operation are neighbours. */
#define LS_OUT(_struct, _first, _last)					\
	.out = offsetof(struct _struct, _first),			\
	.out_size = offsetofend(struct _struct, _last) -		\
		    offsetof(struct _struct, _first)

#define LS_READS	.session = true, .mode = FMODE_READ,		\
			.rights = LOCALSTATE_RIGHT_READ
#define LS_WRITES	.session = true, .mode = FMODE_WRITE,		\
			.rights = LOCALSTATE_RIGHT_WRITE

static const struct ls_operation localstate_operations[] = {
	LS_OPERATION(GET_INFO, localstate_info, localstate_get_info,
		     LS_OUT(localstate_info, abi_version, max_user_bytes)),
	LS_OPERATION(ATTACH, localstate_attach, localstate_session_attach,
		     LS_OUT(localstate_attach, rights, created),
		     .probe = true),
	LS_OPERATION(DESTROY, localstate_destroy, localstate_session_destroy,
		     .session = true, .mode = FMODE_WRITE, .probe = true,
		     .rights = LOCALSTATE_RIGHT_OWNER),
	LS_OPERATION(REGISTER, localstate_register,
		     localstate_variable_register, LS_WRITES, .probe = true,
		     LS_OUT(localstate_register, id, id)),
	LS_OPERATION(SET, localstate_set, localstate_variable_set, LS_WRITES,
		     LS_OUT(localstate_set, version, result)),
	LS_OPERATION(GET, localstate_get, localstate_variable_get, LS_READS,
		     LS_OUT(localstate_get, value, uid)),
	LS_OPERATION(DESCRIBE, localstate_describe,
		     localstate_variable_describe, LS_READS,
		     LS_OUT(localstate_describe, size, size)),
	LS_OPERATION(LIST, localstate_list, localstate_variable_list, LS_READS,
		     LS_OUT(localstate_list, count, size)),
	LS_OPERATION(DELETE, localstate_delete, localstate_variable_delete,
		     LS_WRITES, .probe = true,
		     LS_OUT(localstate_delete, id, version)),
	LS_OPERATION(WATCH, localstate_watch, localstate_watch_add, LS_READS,
		     LS_OUT(localstate_watch, ref, size), .probe = true,
		     .undo = localstate_watch_undo),
	LS_OPERATION(UNWATCH, localstate_unwatch, localstate_watch_remove,
		     LS_READS, .probe = true),
	LS_OPERATION(WATCHES, localstate_watches, localstate_watch_list,
		     LS_READS, LS_OUT(localstate_watches, count, count)),
	LS_OPERATION(QUEUE, localstate_queue, localstate_queue_resize,
		     .probe = true),
	LS_OPERATION(BATCH, localstate_batch, localstate_batch_set, LS_WRITES,
		     LS_OUT(localstate_batch, transaction, changed),
		     .probe = true),
	LS_OPERATION(GET_MANY, localstate_get_many, localstate_get_many,
		     LS_READS,
		     LS_OUT(localstate_get_many, failed, transaction)),
	LS_OPERATION(CLAIM, localstate_claim, localstate_claim_add, LS_WRITES,
		     LS_OUT(localstate_claim, id, version), .probe = true,
		     .undo = localstate_claim_undo),
	LS_OPERATION(RELEASE, localstate_release, localstate_claim_remove,
		     LS_WRITES, LS_OUT(localstate_release, id, version),
		     .probe = true),
	LS_OPERATION(REWATCH, localstate_rewatch, localstate_watch_change,
		     LS_READS, .probe = true),
};

/* Session, then descriptor, then rights: what the caller can mend last. */
static int localstate_ioctl_check(const struct ls_operation *operation,
				  struct ls_client *client, fmode_t mode,
				  struct localstate_error *error)
{
	/* Pairs with the release in localstate_session_join(). */
	struct ls_session *session = smp_load_acquire(&client->session);
	u32 missing;

	if (!operation->session)
		return 0;
	if (!session)
		return -ENOTCONN;
	if (READ_ONCE(session->dead))
		return -ESHUTDOWN;
	if ((mode & operation->mode) != operation->mode)
		return -EBADF;
	missing = operation->rights & ~client->rights;
	if (!missing)
		return 0;
	return localstate_error(error,
				missing & LOCALSTATE_RIGHT_OWNER ?
				-EPERM : -EACCES,
				LOCALSTATE_FIELD_MODE);
}

static const struct ls_operation *localstate_ioctl_find(unsigned int cmd)
{
	const struct ls_operation *operation;
	unsigned int nr = _IOC_NR(cmd);

	if (_IOC_TYPE(cmd) != LOCALSTATE_IOC_MAGIC ||
	    _IOC_DIR(cmd) != (_IOC_READ | _IOC_WRITE) ||
	    nr >= ARRAY_SIZE(localstate_operations))
		return NULL;
	nr = array_index_nospec(nr, ARRAY_SIZE(localstate_operations));
	operation = &localstate_operations[nr];
	return operation->handler ? operation : NULL;
}

static int localstate_ioctl_run(const struct ls_operation *operation,
				struct file *file, union ls_argument *arg)
{
	struct localstate_error *error = (void *)arg + operation->error;
	struct ls_client *client = file->private_data;
	int ret;

	*error = (struct localstate_error){ .index = LOCALSTATE_NO_INDEX };
	memset((void *)arg + operation->out, 0, operation->out_size);
	ret = localstate_ioctl_check(operation, client, file->f_mode, error);
	if (!ret)
		ret = operation->handler(client, arg);
	error->code = -ret;
	return ret;
}

long localstate_ioctl(struct file *file, unsigned int cmd, unsigned long user)
{
	const struct ls_operation *operation = localstate_ioctl_find(cmd);
	void __user *to = (void __user *)user;
	union ls_argument arg;
	int ret;

	if (!operation)
		return -ENOTTY;
	if (_IOC_SIZE(cmd) < operation->size)
		return -EINVAL;
	ret = copy_struct_from_user(&arg, operation->size, to, _IOC_SIZE(cmd));
	if (ret)
		return ret;
	if (operation->probe && copy_to_user(to, &arg, operation->size))
		return -EFAULT;
	ret = localstate_ioctl_run(operation, file, &arg);
	if (!copy_to_user(to, &arg, operation->size))
		return ret;
	if (!ret && operation->undo)
		operation->undo(file->private_data, &arg);
	return ret ?: -EFAULT;
}
