# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
#
# What a person types: the targets that build, and the benchmark's goals.

copy_of_sources() {
	mkdir -p "$work/src"
	rsync -r --exclude='.git' --exclude='*.o' --exclude='*.ko' \
		--exclude='.*.cmd' "$SHADOW_TOP/" "$work/src/"
}

run_make() {
	rc=0
	env -u ARCH -u CROSS_COMPILE -u KDIR -u MAKEFLAGS -u MAKELEVEL \
		make "$@" >"$work/out" 2>"$work/err" || rc=$?
}

# Where the target is not arm64, three lines say what to do instead.
test_make_elsewhere() {
	local args
	for args in ARCH=x86_64 ARCH=riscv KDIR=/nonexistent; do
		[ "$args" != KDIR=/nonexistent ] || [ "$(uname -m)" != aarch64 ] || continue
		run_make -C "$SHADOW_TOP" --no-print-directory "$args"
		expect_status 2
		[ "$(wc -l <"$work/out")" -eq 3 ] || { show_last; fail "three lines were expected"; }
		expect_match '^make run '
		expect_match '^make test '
		expect_match 'ARCH=arm64 CROSS_COMPILE='
	done
}

test_make_help() {
	local target
	run_make -C "$SHADOW_TOP" help
	expect_status 0
	for target in modules_install clean run demo test test-quick test-host \
		test-canary bench bench-frag bench-native soak board boards help; do
		expect_match "^ +make $target "
	done
}

# Build, nothing to build, install, and away with all of it.
test_make_cross() {
	local kdir
	kdir=$("$SHADOW_SCRIPTS/kernels.sh" 6.12-cloud)/build
	copy_of_sources
	(cd "$work/src" && find . -type f | LC_ALL=C sort) >"$work/before"
	set -- -C "$work/src" "KDIR=$kdir" ARCH=arm64 "CROSS_COMPILE=$(cross_prefix)"
	run_make "$@"
	expect_status 0
	[ -s "$work/src/shadow_mm.ko" ] || fail "no shadow_mm.ko"
	run_make "$@"
	expect_no_match '^ +CC '
	run_make "$@" INSTALL_MOD_PATH="$work/root" modules_install
	expect_status 0
	[ -n "$(find "$work/root" -name 'shadow_mm.ko*')" ] || fail "nothing was installed"
	run_make "$@" clean
	expect_status 0
	(cd "$work/src" && find . -type f | LC_ALL=C sort) | diff "$work/before" - ||
		fail "clean left something or took too much"
}

# Two boots within 1 %, and no goal missed.
test_bench_goals() {
	rc=0
	"$SHADOW_SCRIPTS/bench.sh" >"$work/out" 2>"$work/err" || rc=$?
	expect_status 0
	[ "$(grep -c '^BENCH ' "$work/out")" -ge 20 ] || { show_last; fail "rows are missing"; }
}
