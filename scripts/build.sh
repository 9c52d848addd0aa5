#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# build.sh - build the module for one of the guests' kernels
#
# usage: scripts/build.sh [--force] FLAVOUR
#
# FLAVOUR is one of `scripts/kernels.sh --list`, or debug. The sources are
# copied to a folder of this clone and kernel in the cache and built there
# (W=1), so that the clone stays clean and kernels do not mix. Prints that
# folder: it holds shadow_mm.ko, kunit/shadow_bench.ko and build.log. Warnings
# of the compiler go to standard error. --force builds from nothing.
#
# EXTRA_CFLAGS in the environment is passed to the compiler, SHADOW_BUILD
# names the folder of the cache to build in.

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# What a guest needs of a kernel built for KUnit is laid out like a stock one.
kernel_dir() {
	if [ "$1" = debug ]; then
		"$SHADOW_SCRIPTS/kunit.sh" debug >&2
		echo "$SHADOW_CACHE/debug-kernel"
	else
		"$SHADOW_SCRIPTS/kernels.sh" "$1"
	fi
}

# By content, not by time: a file that came back with an older time must be
# compiled again, one that was only touched need not be. Prints what changed.
copy_sources() {
	mkdir -p "$1"
	rsync -rlci --delete --delete-excluded --prune-empty-dirs \
		--filter='P *.o' --filter='P *.ko' --filter='P *.mod' \
		--filter='P *.mod.c' --filter='P .*' --filter='P *.order' \
		--filter='P *.symvers' --filter='P build.*' --exclude='.*' \
		--exclude='*.mod.c' --include='/kunit/' --include='/include/' \
		--include='/include/**' --include='*.c' --include='*.h' \
		--include='/Kbuild' --include='/kunit/Kbuild' --exclude='*' \
		"$SHADOW_TOP/" "$1/"
}

build() {
	local flavour=$1 dir=$2 kdir=$3 rc=0 args changed start=$SECONDS

	[ -z "$force" ] || rm -rf "$dir"
	changed=$(copy_sources "$dir")
	args=(-C "$kdir" M="$dir" ARCH=arm64 CROSS_COMPILE="$(cross_prefix)" W=1)
	# Type information needs the kernel's own file, which 6.1 does not ship.
	[ -e "$kdir/vmlinux" ] || args+=(CONFIG_DEBUG_INFO_BTF_MODULES=)
	[ -z "${EXTRA_CFLAGS:-}" ] || args+=(KCFLAGS="$EXTRA_CFLAGS")
	# Nothing to do is found here in a moment; make needs a second for it.
	# The debug kernel itself may be another than before.
	if [ "$flavour" != debug ] && [ -z "$changed" ] && [ -e "$dir/shadow_mm.ko" ] &&
		[ "$(cat "$dir/build.done" 2>/dev/null)" = "${args[*]}" ]; then
		return
	fi
	rm -f "$dir/build.done"
	[ -e "$dir/shadow_mm.ko" ] || say "building the module for $flavour"
	make -j"$(nproc)" "${args[@]}" modules >"$dir/build.log" 2>&1 || rc=$?
	if [ $rc -ne 0 ]; then
		cat "$dir/build.log" >&2
		die "the module does not build for $flavour"
	fi
	if grep -qi 'warning:' "$dir/build.log"; then
		grep -vE '^ +[A-Z]+ (\[M\])? |^make' "$dir/build.log" >&2 || true
	fi
	echo "${args[*]}" >"$dir/build.done"
	[ $((SECONDS - start)) -lt 20 ] || say "built in $((SECONDS - start)) s"
}

main() {
	local dir kdir
	force=
	while [ $# -gt 0 ]; do
		case $1 in
		-h | --help)	print_help "$0"; exit 0 ;;
		--force)	force=1 ;;
		-*)		usage_error "unknown option '$1'" ;;
		*)		break ;;
		esac
		shift
	done
	[ $# -eq 1 ] || usage_error "one FLAVOUR is expected"
	kdir=$(kernel_dir "$1")/build
	dir=${SHADOW_BUILD:-$(clone_build_dir)}/$1
	with_lock "build-$(printf '%s' "$dir" | sha256sum | cut -c1-16)" \
		build "$1" "$dir" "$kdir"
	echo "$dir"
}

main "$@"
