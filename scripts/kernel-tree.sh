#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kernel-tree.sh - unpack the kernel source of Debian's linux-source-6.12
#
# usage: scripts/kernel-tree.sh
#
# Prints the folder, which lies in the cache. KUnit kernels are built from it,
# the user-space tests are compiled against its tools/include, and the static
# checks are its own scripts. Where a newer package has been installed since,
# the tree is unpacked anew, and what was built from the old one goes with it.

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

PACKAGE=/usr/src/linux-source-6.12.tar.xz
TREE=$SHADOW_CACHE/linux-source-6.12

identity() {
	stat -L -c '%s %Y' "$PACKAGE"
}

is_current() {
	[ "$(cat "$TREE/.shadow-mm-package" 2>/dev/null)" = "$(identity)" ]
}

unpack_tree() {
	local tmp
	if is_current; then
		return
	fi
	say "unpacking the kernel source"
	tmp=$(mktemp -d "$SHADOW_CACHE/tmp.XXXXXX")
	# shellcheck disable=SC2064
	trap "rm -rf '$tmp'" EXIT
	tar -xf "$PACKAGE" -C "$tmp" --strip-components=1
	identity >"$tmp/.shadow-mm-package"
	# Files keep their upstream dates, so make would take objects of the
	# old tree for new ones.
	rm -rf "$TREE" "$SHADOW_CACHE"/kunit-{uml,native} "$SHADOW_CACHE/debug-kernel"
	mv -T "$tmp" "$TREE"
	trap - EXIT
}

case ${1:-} in
'')		;;
-h | --help)	print_help "$0"; exit 0 ;;
*)		usage_error "unknown argument '$1'" ;;
esac
[ -r "$PACKAGE" ] ||
	die "$PACKAGE is missing: install linux-source-6.12"
if ! is_current; then
	# Nobody may be building from the tree that goes.
	with_lock kunit with_lock kernel-tree unpack_tree
fi
echo "$TREE"
