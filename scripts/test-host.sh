#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# test-host.sh - run the suites in user space, without any kernel build
#
# usage: scripts/test-host.sh [--list] [--fast | --sanitize] [SUITE[.CASE]]...
#
# The core and the suites are compiled twice: with the address and undefined
# behaviour sanitizers, and without them and with -O3. Both are run, unless
# --sanitize or --fast chooses one. SUITE and CASE may hold * and ?.
#
#	SHADOW_SEED=N	seed of the randomised tests
#	HOSTCC=CC	the compiler (gcc)
#
# A line that starts with SPEED says how fast a test was. The last line is
# "N passed, N failed".

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# The suites end within seconds; a list that has become a circle does not.
TIMEOUT=${SHADOW_HOST_TIMEOUT:-600}

PASSED=0
FAILED=0

# build KIND SANITIZE: make the runner and set RUNNER.
build() {
	local dir
	dir=$(clone_build_dir)/host/$1
	RUNNER=$dir/runner
	with_lock "$(basename "$(clone_build_dir)")-host" \
		make -s -j2 -C "$SHADOW_TOP/kunit/host" \
		O="$dir" TREE="$TREE" SANITIZE="$2" >&2
}

# run KIND ARGUMENTS: the runner's report, and what it adds up to.
run() {
	local kind=$1 log rc=0 pass fail
	shift
	log=$(mktemp "$(dirname "$RUNNER")/test.XXXXXX")
	echo "== user space, $kind"
	timeout -k 5 "$TIMEOUT" "$RUNNER" "$@" 2>&1 | tee "$log" || rc=$?
	pass=$(grep -c '^    ok ' "$log" || true)
	fail=$(grep -c '^    not ok ' "$log" || true)
	# No totals: a sanitizer, a signal or the clock ended it midway.
	if ! grep -q '^# Totals:' "$log"; then
		warn "the $kind run ended early (status $rc)"
		fail=$((fail + 1))
	elif [ "$rc" -ne 0 ] && [ "$fail" -eq 0 ]; then
		warn "the $kind run failed (status $rc)"
		fail=1
	fi
	rm -f "$log"
	PASSED=$((PASSED + pass))
	FAILED=$((FAILED + fail))
}

main() {
	local kinds='sanitize fast' kind list=

	while [ $# -gt 0 ]; do
		case $1 in
		-h | --help)	print_help "$0"; exit 0 ;;
		--list)		list=1 ;;
		--fast)		kinds=fast ;;
		--sanitize)	kinds=sanitize ;;
		-*)		usage_error "unknown option '$1'" ;;
		*)		break ;;
		esac
		shift
	done
	TREE=$("$SHADOW_SCRIPTS/kernel-tree.sh")
	if [ -n "$list" ]; then
		build fast 0
		exec "$RUNNER" --list "$@"
	fi
	for kind in $kinds; do
		say "building the suites for user space ($kind)"
		if [ "$kind" = fast ]; then
			build "$kind" 0
		else
			build "$kind" 1
		fi
		run "$kind" "$@"
	done
	echo "$PASSED passed, $FAILED failed"
	[ "$FAILED" -eq 0 ] && [ "$PASSED" -gt 0 ]
}

main "$@"
