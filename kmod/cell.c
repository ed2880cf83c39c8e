// SPDX-License-Identifier: GPL-2.0-only
/* Immutable, reference-counted bytes that are freed after a grace period. */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "private.h"

struct ls_cell *localstate_cell_alloc(u32 length)
{
	struct ls_cell *cell;
	size_t size = struct_size(cell, data, length + 1);

	cell = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!cell)
		return NULL;
	refcount_set(&cell->ref, 1);
	cell->length = length;
	cell->user = NULL;
	cell->size = size;
	cell->data[length] = '\0';
	return cell;
}
EXPORT_SYMBOL_IF_KUNIT(localstate_cell_alloc);

/* A cell with @length bytes of the caller, or an ERR_PTR. */
struct ls_cell *localstate_cell_copy(u64 from, u32 length)
{
	struct ls_cell *cell = localstate_cell_alloc(length);

	if (!cell)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(cell->data, u64_to_user_ptr(from), length)) {
		kvfree(cell);
		return ERR_PTR(-EFAULT);
	}
	return cell;
}
EXPORT_SYMBOL_IF_KUNIT(localstate_cell_copy);

static noinline void localstate_cell_free(struct ls_cell *cell)
{
	localstate_cell_uncharge(cell);
	kvfree_rcu(cell, rcu);
}

void localstate_cell_put(struct ls_cell *cell)
{
	if (cell && refcount_dec_and_test(&cell->ref))
		localstate_cell_free(cell);
}
EXPORT_SYMBOL_IF_KUNIT(localstate_cell_put);
