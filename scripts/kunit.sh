#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kunit.sh - run the suites in a kernel, through the kernel's own kunit.py
#
# usage: scripts/kunit.sh [uml | arm64 | native] [KUNIT.PY ARGUMENTS]
#        scripts/kunit.sh debug
#
# uml (the default) runs them on UML with KASAN, UBSAN and lockdep, at native
# speed; arm64 in QEMU, on the one arm64 kernel with debugging. `debug` only
# builds that kernel, unless it is there, for `scripts/guest.sh --kernel debug`;
# it lies in the cache, in debug-kernel. native is UML without any of that, with
# the benchmark as one more suite: scripts/bench-native.sh runs it.
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
TIMEOUT=3600

VERB=run
TARGET=uml
TREE=
# Where the kernel is built, and where a copy of it is run: while one clone
# tests, another one may build.
BUILD=
STAGE=
BASE=()
BUILD_ARGS=()
EXEC_ARGS=()
FILTERED=

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
	if [ "$TARGET" != arm64 ]; then
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
		kunit build --jobs "$(nproc)" "${BASE[@]}" "${BUILD_ARGS[@]}"
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

# verdict STATUS FILTERED: counts test.log, prints the totals and the last line.
verdict() {
	local status=$1 filtered=$2 log=$STAGE/clean.log passed failed name nr
	tr -d '\r' <"$STAGE/test.log" >"$log"
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

# sort_arguments ARGUMENT...: which are for the build, which for the run, and
# is one of them a filter?
sort_arguments() {
	while [ $# -gt 0 ]; do
		case $1 in
		--kconfig_add | --make_options)
			BUILD_ARGS+=("$1" "${2:-}")
			EXEC_ARGS+=("$1" "${2:-}")
			shift
			;;
		--kconfig_add=* | --make_options=* | --alltests)
			BUILD_ARGS+=("$1")
			EXEC_ARGS+=("$1")
			;;
		--jobs)		BUILD_ARGS+=("$1" "${2:-}"); shift ;;
		--jobs=*)	BUILD_ARGS+=("$1") ;;
		--kernel_args | --timeout | --json | --run_isolated | --qemu_args)
			EXEC_ARGS+=("$1" "${2:-}")
			shift
			;;
		--filter | --filter_action)
			FILTERED=1
			EXEC_ARGS+=("$1" "${2:-}")
			shift
			;;
		--filter=* | --list_tests* | --raw_output* | [!-]*)
			FILTERED=1
			EXEC_ARGS+=("$1")
			;;
		*)		EXEC_ARGS+=("$1") ;;
		esac
		[ $# -eq 0 ] || shift
	done
}

# What kunit.py wants to find in a build folder in order to run it.
stage() {
	local image=linux
	[ "$TARGET" != arm64 ] || image=arch/arm64/boot/Image.gz
	mkdir -p "$(dirname "$STAGE/$image")" && cp "$BUILD/$image" "$STAGE/$image"
}

# Runs under the lock. with_lock asks for its status, so `set -e` is of no
# effect here.
make_kernel() {
	# What was borrowed goes back on any way out.
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	if [ -n "${KSRC:-}" ]; then
		trap give_back EXIT
		borrow || exit
	fi
	hook_up || exit
	case $VERB in
	config | build)
		mkdir -p "$BUILD" && kunit "$VERB" "${BASE[@]}" "${BUILD_ARGS[@]}"
		return
		;;
	debug)
		is_published || { build && publish; }
		return
		;;
	esac
	build || return
	if [ "$TARGET" = arm64 ] && [ -z "${KSRC:-}" ]; then
		publish || return
	fi
	stage
}

run_suites() {
	local status=0 extra=()
	[ "$TARGET" != arm64 ] || extra=(--qemu_args '-smp 2')
	kunit exec --timeout "$TIMEOUT" "${BASE[@]}" --build_dir "$STAGE" \
		"${extra[@]}" "${EXEC_ARGS[@]}" || status=$?
	[ -e "$STAGE/test.log" ] || return "$status"
	cp "$STAGE/test.log" "$(clone_build_dir)/kunit-$TARGET.log"
	verdict "$status" "$FILTERED"
}

work() {
	with_lock "$LOCK" make_kernel || return
	[ "$VERB" != run ] || run_suites
}

# A signal to this script alone must also end kunit.py, make and QEMU, and the
# tree must be whole again before we are gone.
guarded() {
	local pid rc=0 stopped=
	set -m
	(
		trap : INT TERM HUP
		work
	) </dev/null &
	pid=$!
	set +m
	# shellcheck disable=SC2064
	trap "stopped=143; kill -TERM -- -$pid 2>/dev/null" INT TERM HUP
	while :; do
		rc=0
		wait "$pid" || rc=$?
		kill -0 "$pid" 2>/dev/null || break
	done
	return "${stopped:-$rc}"
}

main() {
	case ${1:-} in
	-h | --help)
		print_help "$0"
		exit 0
		;;
	uml | arm64 | native)
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
	case ${1:-} in
	run | exec)	shift ;;
	build | config)	VERB=$1; shift ;;
	parse)		usage_error "'parse' needs no kernel: call kunit.py itself" ;;
	esac
	if [ -n "${KSRC:-}" ]; then
		[ "$VERB" != debug ] || die "the debug kernel is built from the cache's tree only"
		TREE=$(readlink -f "$KSRC")
		[ -e "$TREE/tools/testing/kunit/kunit.py" ] ||
			die "KSRC '$KSRC' is no kernel tree with KUnit"
		LOCK=kunit-$(printf '%s' "$TREE" | sha256sum | cut -c1-12)
		BUILD=$SHADOW_CACHE/kunit-ksrc/$LOCK-$TARGET
	else
		TREE=$("$SHADOW_SCRIPTS/kernel-tree.sh")
		LOCK=kunit
		BUILD=$SHADOW_CACHE/kunit-$TARGET
		[ "$TARGET" != arm64 ] || BUILD=$SHADOW_CACHE/debug-kernel/build
	fi
	if [ "$VERB" = debug ] && is_published; then
		exit 0
	fi
	sort_arguments "$@"
	setup
	mkdir -p "$(clone_build_dir)"
	STAGE=$(mktemp -d "$(clone_build_dir)/kunit-$TARGET.XXXXXX")
	trap 'rm -rf "$STAGE"' EXIT
	guarded
}

main "$@"
