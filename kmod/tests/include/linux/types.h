/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every source of the module takes for granted: the types of the kernel,
 * and the macros that come with nearly any of its headers.
 */
#ifndef LOCALSTATE_SHIM_LINUX_TYPES_H
#define LOCALSTATE_SHIM_LINUX_TYPES_H

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include_next <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s32 s32;
typedef __s64 s64;
typedef unsigned int gfp_t;
typedef unsigned int fmode_t;
typedef unsigned short umode_t;

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	s64 counter;
} atomic64_t;

struct rcu_head {
	char unused;
};

struct list_head {
	struct list_head *next, *prev;
};

struct hlist_head {
	struct hlist_node *first;
};

struct hlist_node {
	struct hlist_node *next, **pprev;
};

#define __aligned(n)	__attribute__((aligned(n)))
#define fallthrough		__attribute__((__fallthrough__))

#define __rcu
#define __user

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define struct_size(p, member, n) \
	(sizeof(*(p)) + sizeof((p)->member[0]) * (n))
#define S32_MIN		INT_MIN
#define S32_MAX		INT_MAX
#define U8_MAX		UCHAR_MAX

#define __fls(word)		(63UL - __builtin_clzl(word))
#define __ffs(word)		((unsigned long)__builtin_ctzl(word))

#define noinline		__attribute__((__noinline__))
#define likely(condition)	__builtin_expect(!!(condition), 1)
#define unlikely(condition)	__builtin_expect(!!(condition), 0)

#define ERR_PTR(error)		((void *)(long)(error))
#define PTR_ERR(pointer)	((long)(pointer))
#define IS_ERR(pointer)		((unsigned long)(pointer) >= -4095UL)

#endif
