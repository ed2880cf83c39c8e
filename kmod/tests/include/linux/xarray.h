/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALSTATE_SHIM_LINUX_XARRAY_H
#define LOCALSTATE_SHIM_LINUX_XARRAY_H

struct xarray {
	char unused;
};

#endif
