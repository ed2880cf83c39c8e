// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device /dev/localstate and the life of the module: limits, file
 * operations, start and end.
 */
#include <linux/kernel.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/uio.h>

#include "private.h"

struct ls_params localstate_params = {
	.queue_default = 16384,
	.queue_max = 1048576,
	.inline_default = 256,
	.inline_max = 4096,
	.max_targets = 1024,
	.max_user = {
		[LS_SESSIONS] = 1024,
		[LS_CLIENTS] = 32768,
		[LS_VARIABLES] = 2097152,
		[LS_WATCHES] = 32768,
		[LS_LINKS] = 2097152,
		[LS_CLAIMS] = 32768,
	},
	.max_user_bytes = 1ULL << 30,
};

module_param_named(queue_default, localstate_params.queue_default, uint, 0644);
MODULE_PARM_DESC(queue_default, "bytes of a queue that was not sized by hand");
module_param_named(queue_max, localstate_params.queue_max, uint, 0644);
MODULE_PARM_DESC(queue_max, "largest queue, in bytes");
module_param_named(inline_default, localstate_params.inline_default, uint, 0644);
MODULE_PARM_DESC(inline_default, "bytes of values and metadata that an event carries by default");
module_param_named(inline_max, localstate_params.inline_max, uint, 0644);
MODULE_PARM_DESC(inline_max, "most bytes of values and metadata that an event carries");
module_param_named(max_targets, localstate_params.max_targets, uint, 0644);
MODULE_PARM_DESC(max_targets, "targets of one watch, and links that it may have");
module_param_named(max_user_sessions,
		   localstate_params.max_user[LS_SESSIONS], uint, 0644);
MODULE_PARM_DESC(max_user_sessions, "sessions of one user");
module_param_named(max_user_clients,
		   localstate_params.max_user[LS_CLIENTS], uint, 0644);
MODULE_PARM_DESC(max_user_clients, "open descriptors of one user");
module_param_named(max_user_variables,
		   localstate_params.max_user[LS_VARIABLES], uint, 0644);
MODULE_PARM_DESC(max_user_variables, "variables of one user");
module_param_named(max_user_watches,
		   localstate_params.max_user[LS_WATCHES], uint, 0644);
MODULE_PARM_DESC(max_user_watches, "watches of one user");
module_param_named(max_user_links,
		   localstate_params.max_user[LS_LINKS], uint, 0644);
MODULE_PARM_DESC(max_user_links, "targets and links together of one user's watches");
module_param_named(max_user_claims,
		   localstate_params.max_user[LS_CLAIMS], uint, 0644);
MODULE_PARM_DESC(max_user_claims, "claims of one user");
module_param_named(max_user_bytes,
		   localstate_params.max_user_bytes, ullong, 0644);
MODULE_PARM_DESC(max_user_bytes, "bytes of one user's long values, metadata, constraints, queues and links");

static int localstate_open(struct inode *inode, struct file *file)
{
	struct ls_client *client = localstate_client_open();

	if (IS_ERR(client))
		return PTR_ERR(client);
	file->private_data = client;
	/* read_iter honours IOCB_NOWAIT: io_uring need not use a thread. */
	file->f_mode |= FMODE_NOWAIT;
	return stream_open(inode, file);
}

static int localstate_release(struct inode *inode, struct file *file)
{
	localstate_client_release(file->private_data);
	return 0;
}

static ssize_t localstate_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *file = iocb->ki_filp;
	bool nowait = (file->f_flags & O_NONBLOCK) ||
		      (iocb->ki_flags & IOCB_NOWAIT);

	return localstate_queue_read(file->private_data, to, nowait);
}

static __poll_t localstate_poll(struct file *file, struct poll_table_struct *pt)
{
	struct ls_client *client = file->private_data;

	poll_wait(file, &client->wait, pt);
	return localstate_queue_poll(client);
}

static int localstate_fasync(int fd, struct file *file, int on)
{
	struct ls_client *client = file->private_data;
	int ret = fasync_helper(fd, file, on, &client->fasync);

	if (ret >= 0 && on)
		localstate_queue_arm(client);
	return ret;
}

static const struct file_operations localstate_fops = {
	.owner = THIS_MODULE,
	.open = localstate_open,
	.release = localstate_release,
	.read_iter = localstate_read_iter,
	.poll = localstate_poll,
	.fasync = localstate_fasync,
	.unlocked_ioctl = localstate_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.show_fdinfo = localstate_fdinfo_show,
};

static struct miscdevice localstate_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "localstate",
	.fops = &localstate_fops,
	.mode = 0666,
};

static int __init localstate_init(void)
{
	int ret;

	ret = localstate_variable_cache_init();
	if (ret)
		return ret;
	ret = localstate_netns_init();
	if (ret)
		goto err_cache;
	ret = localstate_netlink_init();
	if (ret)
		goto err_netns;
	ret = misc_register(&localstate_device);
	if (ret)
		goto err_netlink;
	return 0;

err_netlink:
	localstate_netlink_exit();
err_netns:
	localstate_netns_exit();
err_cache:
	rcu_barrier();
	localstate_variable_cache_exit();
	return ret;
}

static void __exit localstate_exit(void)
{
	misc_deregister(&localstate_device);
	localstate_netlink_exit();
	localstate_netns_exit();
	/* The callbacks of call_rcu() are code of this module. */
	rcu_barrier();
	localstate_variable_cache_exit();
}

module_init(localstate_init);
module_exit(localstate_exit);

MODULE_DESCRIPTION("Typed, versioned variables with watches");
MODULE_AUTHOR("The localstate developers");
MODULE_LICENSE("GPL");
