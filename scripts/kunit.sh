#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kunit.sh - run the suites in a kernel, through the kernel's own kunit.py
#
# usage: scripts/kunit.sh [uml | arm64] [KUNIT.PY ARGUMENTS]
#        scripts/kunit.sh debug
#
# uml (the default) runs them on UML with KASAN, UBSAN and lockdep, at native
# speed; arm64 in QEMU, on the one arm64 kernel with debugging. `debug` only
# builds that kernel, unless it is there, for `scripts/guest.sh --kernel debug`;
# it lies in the cache, in debug-kernel.
#
# The arguments go to `kunit.py run`; another of its verbs may come first:
#
#	scripts/kunit.sh uml shadow_buddy		one suite
#	scripts/kunit.sh arm64 'shadow_slab.random*'	some cases
#	scripts/kunit.sh uml --kernel_args shadow_test.seed=7
#	scripts/kunit.sh uml build --make_options W=1
#
#	KSRC=PATH	use this kernel tree, and leave it as it was, also when
#			interrupted; otherwise a tree in the cache is used
#
# After a run, the last line is "N passed, N failed". A suite that did not
# run, a crash and a warning of the kernel count as failures.

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# Seconds in which the kernel must have ended.
TIMEOUT=1200

TARGET=uml
TREE=
BUILD=
BASE=()

# ---------------------------------------------------------------- the overlay

# Files whose content is the same keep their time, so builds are incremental.
copy_sources() {
	mkdir -p "$TREE/mm/shadow_mm"
	rsync -rc --delete --prune-empty-dirs --exclude=/kunit/host \
		--include='/kunit/' --include='/include/' --include='*.c' \
		--include='*.h' --include='/Kbuild' --include='/kunit/Kbuild' \
		--include='/kunit/Kconfig' --exclude='*' \
		"$SHADOW_TOP/" "$TREE/mm/shadow_mm/"
}

# append_once FILE LINE
append_once() {
	grep -qxF "$2" "$1" || printf '%s\n' "$2" >>"$1"
}

# shellcheck disable=SC2016
hook_up() {
	copy_sources &&
		append_once "$TREE/mm/Kconfig" 'source "mm/shadow_mm/kunit/Kconfig"' &&
		append_once "$TREE/mm/Makefile" \
			'obj-$(CONFIG_SHADOW_MM_KUNIT_TEST) += shadow_mm/'
}

# The user's own tree: what is changed is put aside first, and found there by
# the next run if this one is killed.
borrow() {
	local saved=$TREE/mm/.shadow_mm-saved
	if [ -d "$saved" ]; then
		give_back
	fi
	[ ! -e "$TREE/mm/shadow_mm" ] ||
		die "$TREE/mm/shadow_mm exists already and is not ours"
	rm -rf "$saved.new"
	mkdir "$saved.new" &&
		cp -p "$TREE/mm/Kconfig" "$TREE/mm/Makefile" "$saved.new/" &&
		mv -T "$saved.new" "$saved"
}

give_back() {
	local saved=$TREE/mm/.shadow_mm-saved
	[ -d "$saved" ] || return 0
	cp -p "$saved/Kconfig" "$saved/Makefile" "$TREE/mm/"
	rm -rf "$TREE/mm/shadow_mm" "$saved"
}

# ------------------------------------------------------------------ the build

setup() {
	local cross
	BASE=(--build_dir "$BUILD" --kunitconfig
		"$SHADOW_TOP/kunit/$TARGET.kunitconfig")
	if [ "$TARGET" = uml ]; then
		[ "$(uname -m)" = x86_64 ] ||
			die "UML runs on x86_64 only: use '$0 arm64'"
		return
	fi
	cross=$(cross_prefix)
	BASE+=(--arch=arm64)
	[ -z "$cross" ] || BASE+=(--cross_compile="$cross")
	if ! command -v "${cross}gcc" >/dev/null; then
		BASE+=(--make_options "CC=$(cross_cc)")
	fi
}

kunit() {
	(cd "$TREE" && exec tools/testing/kunit/kunit.py "$@" </dev/null)
}

build() {
	local label="building the $TARGET kernel with the suites"
	[ -e "$BUILD/vmlinux" ] || label+=" (some minutes the first time)"
	mkdir -p "$BUILD"
	run_logged "$label" "$BUILD/build.log" \
		kunit build --jobs "$(nproc)" "${BASE[@]}"
}

# What the published kernel was made from. The suites in it do not matter to
# a guest.
debug_identity() {
	cat "$TREE/.shadow-mm-package" &&
		grep -E '^(# )?CONFIG_' "$SHADOW_TOP/kunit/arm64.kunitconfig"
}

is_published() {
	debug_identity | cmp -s - "$SHADOW_CACHE/debug-kernel/identity"
}

# Laid out as scripts/kernels.sh lays out a stock kernel.
publish() {
	local dir=$SHADOW_CACHE/debug-kernel
	if is_published; then
		return
	fi
	# All that a guest needs is built in, so there is nothing to load.
	cp "$BUILD/arch/arm64/boot/Image" "$dir/Image.new" &&
		mv "$dir/Image.new" "$dir/Image" &&
		cp "$BUILD/.config" "$dir/config" &&
		cp "$BUILD/include/config/kernel.release" "$dir/release" &&
		mkdir -p "$dir/guest" && : >"$dir/guest/order" &&
		debug_identity >"$dir/identity"
}

# ---------------------------------------------------------------- the verdict

# The suites that there are, by the names that they give themselves.
suite_names() {
	sed -n '/struct kunit_suite/,/};/s/^\t\.name = "\(.*\)",$/\1/p' \
		"$SHADOW_TOP"/kunit/shadow_*_test.c
}

# What the kernel says when something is wrong with it.
complaints() {
	grep -aE 'BUG: |WARNING: |UBSAN: |KASAN: |Oops|Kernel panic|INFO: (possible|task|rcu|trying)|DEADLOCK|Unable to handle|Segfault' "$1" || true
}

# verdict STATUS FILTERED: counts test.log, prints the totals and last line.
verdict() {
	local status=$1 filtered=$2 log=$BUILD/clean.log passed failed name nr
	tr -d '\r' <"$BUILD/test.log" >"$log"
	passed=$(grep -acE '^    ok [0-9]+ ' "$log" || true)
	failed=$(grep -acE '^    not ok [0-9]+ ' "$log" || true)
	nr=$(grep -acE '^    ok [0-9]+ .*# SKIP' "$log" || true)
	passed=$((passed - nr))
	echo "suites:"
	for name in $(suite_names); do
		if ! grep -aqE "^(not )?ok [0-9]+ $name( |\$)" "$log"; then
			[ -z "$filtered" ] || continue
			echo "    $name: did not run to its end"
			failed=$((failed + 1))
			continue
		fi
		grep -aE "^# $name: pass:" "$log" | sed 's/^# /    /' ||
			echo "    $name: see above"
	done
	if [ -n "$(complaints "$log")" ]; then
		echo "the kernel complained:"
		complaints "$log" | sort | uniq -c | sed -n '1,20p'
		failed=$((failed + $(complaints "$log" | wc -l)))
	fi
	if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
		failed=1
	fi
	grep -a 'SPEED' "$log" | sed 's/^ *# */    /' || true
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

# Does an argument change what is built?
has_build_option() {
	local arg
	for arg; do
		case $arg in
		--kconfig_add* | --kunitconfig* | --make_options* | --alltests)
			return 0 ;;
		esac
	done
	return 1
}

# Does an argument choose among the suites?
has_filter() {
	local arg
	for arg; do
		case $arg in
		--filter* | --list_tests* | --raw_output* | -h | --help)
			return 0 ;;
		-* | *=*)	;;
		*)		return 0 ;;
		esac
	done
	return 1
}

run() {
	local verb=run status=0 filtered=
	case ${1:-} in
	run | build | config | exec | parse)
		verb=$1
		shift
		;;
	esac
	case $verb in
	config | build | parse)
		[ "$verb" = parse ] || set -- "${BASE[@]}" "$@"
		kunit "$verb" "$@"
		return
		;;
	esac
	build || return
	[ "$TARGET" = uml ] || [ -n "${KSRC:-}" ] || publish || return
	if has_filter "$@"; then
		filtered=1
	fi
	if ! has_build_option "$@"; then
		verb='exec'
	fi
	rm -f "$BUILD/test.log"
	[ "$TARGET" = uml ] || set -- --qemu_args '-smp 2' "$@"
	kunit "$verb" --timeout "$TIMEOUT" "${BASE[@]}" "$@" || status=$?
	if [ ! -e "$BUILD/test.log" ]; then
		return "$status"
	fi
	verdict "$status" "$filtered"
}

debug_kernel() {
	if is_published; then
		return
	fi
	build && publish
}

# Runs under the lock, in a process of its own. with_lock asks for its status,
# so `set -e` is of no effect from here on.
work() {
	# As a group leader's child it is stopped by a signal to the group; what
	# was borrowed goes back on any way out.
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	if [ -n "${KSRC:-}" ]; then
		trap give_back EXIT
		borrow || exit
	fi
	hook_up || exit
	if [ "$VERB" = debug ]; then
		debug_kernel
	else
		run "$@"
	fi
}

# A signal to this script alone must also end kunit.py, make and QEMU, and
# the tree must be whole again before we are gone.
guarded() {
	local pid rc=0
	set -m
	(
		trap : INT TERM HUP
		with_lock "$@"
	) </dev/null &
	pid=$!
	set +m
	# shellcheck disable=SC2064
	trap "kill -TERM -- -$pid 2>/dev/null" INT TERM HUP
	while :; do
		rc=0
		wait "$pid" || rc=$?
		kill -0 "$pid" 2>/dev/null || break
	done
	return $rc
}

main() {
	VERB=run
	case ${1:-} in
	-h | --help)
		print_help "$0"
		exit 0
		;;
	uml | arm64)
		TARGET=$1
		shift
		;;
	debug)
		[ $# -eq 1 ] || usage_error "debug takes no arguments"
		VERB=debug
		TARGET=arm64
		shift
		;;
	esac
	if [ -n "${KSRC:-}" ]; then
		[ "$VERB" != debug ] || die "the debug kernel is built from the cache's tree only"
		TREE=$(readlink -f "$KSRC")
		[ -e "$TREE/tools/testing/kunit/kunit.py" ] ||
			die "KSRC '$KSRC' is no kernel tree with KUnit"
		BUILD=$SHADOW_CACHE/kunit-ksrc/$(printf '%s' "$TREE" | sha256sum | cut -c1-12)-$TARGET
	else
		TREE=$("$SHADOW_SCRIPTS/kernel-tree.sh")
		BUILD=$SHADOW_CACHE/kunit-uml
		[ "$TARGET" = uml ] || BUILD=$SHADOW_CACHE/debug-kernel/build
	fi
	if [ "$VERB" = debug ] && is_published; then
		exit 0
	fi
	setup
	guarded kunit work "$@"
}

main "$@"
