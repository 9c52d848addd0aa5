#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# e2e.sh - the tests that boot guests
#
# usage: scripts/e2e.sh [--quick | --list | TEST...]
#
# TEST may hold * and ?. Each test is a function test_<name> in
# scripts/e2e/*.sh; two run at a time. Prints a line `ok NAME` or
# `not ok NAME` for each, what went wrong below it, and at the end
# "N passed, N failed". --quick runs those that a file lists in QUICK.

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

AT_ONCE=2
QUICK=()

# ------------------------------------------------- what the tests are made of

# Where the fault is said, and the test ends.
fail() {
	echo "# $*"
	exit 1
}

# guest [OPTION...] -- COMMAND: runs one; sets $rc and $out;
# the streams are in $work/out and $work/err.
guest() {
	rc=0
	"$SHADOW_SCRIPTS/guest.sh" "$@" >"$work/out" 2>"$work/err" </dev/null || rc=$?
	out=$(tr -d '\0' <"$work/out")
}

show_last() {
	echo "# status $rc; standard output:"
	tail -n 60 "$work/out" | sed 's/^/#   /'
	echo "# standard error:"
	tail -n 80 "$work/err" | sed 's/^/#   /'
}

# expect_status N: the last guest ended so.
expect_status() {
	[ "$rc" -eq "$1" ] && return
	show_last
	fail "status $1 was expected, $rc came"
}

expect_out() {
	[ "$out" = "$1" ] && return
	show_last
	fail "this output was expected: $1"
}

# expect_match REGEX [FILE]: some line matches (extended).
expect_match() {
	grep -aqE -- "$1" "${2:-$work/out}" && return
	show_last
	fail "no line matches: $1"
}

expect_no_match() {
	grep -aqE -- "$1" "${2:-$work/out}" || return 0
	show_last
	fail "a line matches: $1"
}

# expect_unittest SCRIPT: it is of Python's unittest, and each of its tests passes.
expect_unittest() {
	rc=0
	"$1" >"$work/out" 2>"$work/err" || rc=$?
	expect_status 0
	expect_match '^Ran [1-9][0-9]* tests' "$work/err"
}

# ------------------------------------------------------------------ the runner

run_one() {
	local name=$1 start=$SECONDS rc=0
	(
		set -euo pipefail
		work=$results/$name.work
		mkdir -p "$work"
		"test_$name"
	) >"$results/$name.log" 2>&1 || rc=$?
	{
		if [ $rc -eq 0 ]; then
			echo "ok $name ($((SECONDS - start)) s)"
		else
			echo "not ok $name ($((SECONDS - start)) s)"
			cat "$results/$name.log"
		fi
	} >"$results/$name.done.new"
	rm -rf "$results/$name.work"
	mv "$results/$name.done.new" "$results/$name.done"
}

# Kernels and modules are made before, one after another: the tests' own times
# are then those of their guests.
prepare() {
	local kernel
	"$SHADOW_SCRIPTS/kernels.sh" --busybox >/dev/null
	for kernel in $("$SHADOW_SCRIPTS/kernels.sh" --list); do
		if [ -n "$quick" ] && [ "$kernel" != 6.12-cloud ]; then
			continue
		fi
		"$SHADOW_SCRIPTS/build.sh" "$kernel" >/dev/null
	done
}

select_tests() {
	local all name pattern
	all=$(declare -F | sed -n 's/^declare -f test_//p')
	if [ -n "$quick" ]; then
		set -- "${QUICK[@]}"
	fi
	if [ $# -eq 0 ]; then
		echo "$all"
		return
	fi
	for pattern in "$@"; do
		for name in $all; do
			# shellcheck disable=SC2053
			if [[ $name == $pattern ]]; then
				echo "$name"
			fi
		done
	done | awk '!seen[$0]++'
}

report_done() {
	local file
	for file in "$results"/*.done; do
		[ -e "$file" ] || continue
		cat "$file"
		if grep -q '^ok ' "$file"; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
		fi
		rm "$file"
	done
}

main() {
	local name tests passed=0 failed=0 file
	quick=
	for file in "$SHADOW_SCRIPTS"/e2e/*.sh; do
		# shellcheck disable=SC1090
		. "$file"
	done
	case ${1:-} in
	-h | --help)	print_help "$0"; exit 0 ;;
	--list)		select_tests; exit 0 ;;
	--quick)	quick=1; shift ;;
	-*)		usage_error "unknown option '$1'" ;;
	esac
	tests=$(select_tests "$@")
	[ -n "$tests" ] || usage_error "no test matches '$*'; --list shows them"
	results=$(mktemp -d "${TMPDIR:-/tmp}/shadow-e2e.XXXXXX")
	# shellcheck disable=SC2154
	trap 'rm -rf "$results"; kill $(jobs -p) 2>/dev/null || true' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	if ! prepare; then
		echo "not ok prepare"
		echo "0 passed, 1 failed"
		exit 1
	fi
	for name in $tests; do
		while [ "$(jobs -rp | wc -l)" -ge $AT_ONCE ]; do
			wait -n || true
		done
		report_done
		run_one "$name" &
	done
	wait
	report_done
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}

main "$@"
