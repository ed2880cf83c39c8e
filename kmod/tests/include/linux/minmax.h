/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALSTATE_SHIM_LINUX_MINMAX_H
#define LOCALSTATE_SHIM_LINUX_MINMAX_H

/* Unlike the kernel's they take two types that differ. */
#define min(a, b) ({							\
	__auto_type a_ = (a);						\
	__auto_type b_ = (b);						\
									\
	a_ < b_ ? a_ : b_;						\
})
#define max_t(type, a, b) ({						\
	type a_ = (a);							\
	type b_ = (b);							\
									\
	a_ > b_ ? a_ : b_;						\
})

#endif
