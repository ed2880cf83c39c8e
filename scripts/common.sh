# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What several scripts here need to agree on. Sourced, never run.

# The kernels that this project is built for and tested on, oldest first.
# shellcheck disable=SC2034
kernel_series=(6.1 6.12)

# Kernels of our own, built from scripts/kernels: slow, and watchful.
# shellcheck disable=SC2034
debug_kernels=(debug kcsan)

project=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# Kernels are large and belong to no checkout: every clone shares them.
cache=${LOCALSTATE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/localstate}

# depmod and friends are in no ordinary user's PATH on Debian.
PATH=$PATH:/usr/sbin:/sbin

say()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die()
{
	say "$*"
	exit "${die_status:-1}"
}
