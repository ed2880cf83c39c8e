/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values and what goes with them: names, texts, cells, constraints, operations,
 * arrays, metadata.  None of it knows a variable or a lock, so that all of it
 * also compiles, and is tested, in userspace.
 */
#ifndef LOCALSTATE_VALUE_H
#define LOCALSTATE_VALUE_H

#include <linux/localstate.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include <linux/types.h>

/* ---- text, names ------------------------------------------------------- */

/* The key of the name tables; embedded in what they hold. */
struct ls_name {
	const char *text;		/* NUL-terminated */
	u32 length;
};

u32 localstate_name_hash(const void *data, u32 length, u32 seed);
int localstate_name_compare(struct rhashtable_compare_arg *arg,
			    const void *object);

/* Parameters of a table of @type by its field name, linked by its field node. */
#define LS_NAME_TABLE(type) {					\
	.key_len = sizeof(struct ls_name),			\
	.key_offset = offsetof(type, name),			\
	.head_offset = offsetof(type, node),			\
	.hashfn = localstate_name_hash,				\
	.obj_cmpfn = localstate_name_compare,			\
	.automatic_shrinking = true,				\
}

bool localstate_name_is_valid(const char *text, u32 length);
int localstate_name_copy(char *to, u64 from, u32 length,
			 struct localstate_error *error);
int localstate_text_characters(const u8 *text, u32 length);
u32 localstate_text_cut(const u8 *text, u32 length, u32 max);

/* ---- cell -------------------------------------------------------------- */

struct ls_user;

/*
 * An immutable run of bytes: a value that does not fit into a slot, or
 * metadata.  Freed after a grace period: a reader may look at one, and take a
 * reference unless it is zero, under RCU.
 *
 * One that is kept is charged to the user through whose descriptor it came, once,
 * before others can see it; that is given back with the last reference, or by
 * whoever is the last that can keep it.
 */
struct ls_cell {
	refcount_t ref;
	u32 length;
	union {
		struct {
			struct ls_user *user;	/* referenced; NULL: nobody pays */
			u32 size;		/* bytes that were allocated */
		};
		struct rcu_head rcu;		/* after the last reference */
	};
	u8 data[] __aligned(8);		/* length bytes and a NUL */
};

struct ls_cell *localstate_cell_alloc(u32 length);
struct ls_cell *localstate_cell_copy(u64 from, u32 length);
void localstate_cell_put(struct ls_cell *cell);
void localstate_cell_uncharge(struct ls_cell *cell);

/* ---- value, constraint, operation, array, metadata --------------------- */

/* A value on its way: inline as in a slot, or in a cell if it is longer. */
struct ls_value {
	u32 type;
	u32 length;
	u64 word[LOCALSTATE_SLOT_INLINE / 8 + 1];	/* NUL after the bytes */
	struct ls_cell *cell;		/* referenced, or NULL */
};

/*
 * What a variable was registered with beyond name and type; immutable.  The
 * texts are NUL-terminated and stand in this order behind the struct; with
 * HAS_SHAPE the shape stands before them.
 */
struct ls_spec {
	u32 constraints;		/* LOCALSTATE_HAS_* */
	u32 min_length;
	u32 max_length;
	u16 element;			/* of arrays */
	u16 rank;
	u64 min;
	u64 max;
	u64 step;
	u32 pattern_len;
	u32 choices_len;		/* a NUL after each, counted */
	u32 label_len;
	u32 description_len;
	const char *pattern;
	const char *choices;
	const char *label;
	const char *description;
	char text[];			/* as aligned as the pointers */
};

/* Bytes of the shape at the start of a spec's text. */
static inline u32 localstate_spec_shape_size(const struct ls_spec *spec)
{
	return spec->constraints & LOCALSTATE_HAS_SHAPE ?
	       spec->rank * sizeof(u32) : 0;
}

/* Bytes of a spec and its texts. */
static inline u32 localstate_spec_size(const struct ls_spec *spec)
{
	return sizeof(*spec) + localstate_spec_shape_size(spec) +
	       spec->pattern_len + spec->choices_len + spec->label_len +
	       spec->description_len + 4;
}

static inline bool localstate_type_is_scalar(u32 type)
{
	return type >= LOCALSTATE_TYPE_BOOL && type <= LOCALSTATE_TYPE_FLOAT;
}

const void *localstate_value_data(const struct ls_value *value);
void *localstate_value_room(struct ls_value *value);
int localstate_value_take(struct ls_value *value,
			  const struct localstate_value *from, u32 type,
			  struct localstate_error *error);
int localstate_value_import(struct ls_value *value,
			    const struct localstate_value *from, u32 type,
			    struct localstate_error *error);
void localstate_value_drop(struct ls_value *value);
bool localstate_value_equal(const struct ls_value *a, const struct ls_value *b);
int localstate_value_compare(u32 type, u64 a, u64 b);

int localstate_spec_import(const struct ls_spec **spec,
			   const struct localstate_register *arg,
			   struct localstate_error *error);
int localstate_constraint_check(const struct ls_spec *spec,
				const struct ls_value *value,
				struct localstate_error *error);
int localstate_constraint_default(const struct ls_spec *spec, u32 type,
				  struct ls_value *value,
				  struct localstate_error *error);

int localstate_operation_check(u32 operation, u32 type,
			       const struct localstate_value *operand,
			       struct localstate_error *error);
int localstate_operation_apply(u32 operation,
			       const struct localstate_value *operand,
			       const struct ls_spec *spec, u64 old,
			       struct ls_value *value,
			       struct localstate_error *error);

u32 localstate_element_size(u32 element);
u64 localstate_array_widen(u32 bits);
int localstate_array_check_form(const void *data, u32 length,
				struct localstate_error *error);
u32 localstate_array_cut(const void *data, u32 length, u32 max);
bool localstate_array_equal(const struct localstate_array *x, u32 x_length,
			    const struct localstate_array *y, u32 y_length);
int localstate_array_check_spec(const struct localstate_register *arg,
				u32 *type, struct localstate_error *error);
int localstate_array_copy_shape(struct ls_spec *spec,
				const struct localstate_register *arg,
				struct localstate_error *error);
int localstate_array_check(const struct ls_spec *spec,
			   const struct ls_value *value,
			   struct localstate_error *error);
int localstate_array_default(const struct ls_spec *spec,
			     struct ls_value *value);

int localstate_metadata_import(struct ls_cell **cell, u64 from, u32 length,
			       struct localstate_error *error);
int localstate_metadata_merge(struct ls_cell **merged, struct ls_cell *old,
			      struct ls_cell *new,
			      struct localstate_error *error);
bool localstate_metadata_merge_into(struct ls_cell *merged,
				    const struct ls_cell *old,
				    const struct ls_cell *new);

#endif /* LOCALSTATE_VALUE_H */
