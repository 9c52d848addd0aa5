#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# canary.sh - prove that the suites can fail
#
# usage: scripts/canary.sh [--list | NAME...]
#
# Each kunit/canary/NAME.patch puts one bug into a copy of the sources. Its
# first lines say what the bug is, and in a line "Suites:" which suites must
# notice. They are run in user space: green without the bug, red with it. A
# patch that no longer applies, or a bug that breaks the build, is a failure
# of the canary, not a success. The last line is "N passed, N failed".

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# A bug may also show as a loop without an end.
TIMEOUT=120

WORK=
TREE=

# The copy as it was, with new times where something had been patched.
restore() {
	mkdir -p "$WORK/src"
	rsync -rc --delete --prune-empty-dirs --include='/kunit/***' \
		--include='/include/***' --include='/*.c' --include='/Kbuild' \
		--exclude='*' "$SHADOW_TOP/" "$WORK/src/"
}

build() {
	make -s -j"$(nproc)" -C "$WORK/src/kunit/host" O="$WORK/obj" \
		TREE="$TREE" SRC="$WORK/src" SANITIZE=1 >"$WORK/build.log" 2>&1
}

# run SUITE...: 0 green, else red; what was printed is in the log.
run() {
	timeout -k 5 "$TIMEOUT" "$WORK/obj/runner" "$@" >"$WORK/test.log" 2>&1
}

suites_of() {
	sed -n 's/^Suites: *//p' "$SHADOW_TOP/kunit/canary/$1.patch" | head -n 1
}

# The first thing that noticed.
witness() {
	local line
	line=$(grep -m 1 -E '^    not ok |ERROR: AddressSanitizer|runtime error:|^lock: ' \
		"$WORK/test.log" | sed 's/^ *not ok [0-9]* //; s/^.*runtime error/UBSAN/') || true
	printf '%s\n' "${line:-the run did not end}"
}

# Prints why not, if not.
try() {
	local name=$1 patch=$SHADOW_TOP/kunit/canary/$1.patch suites
	suites=$(suites_of "$name")
	if [ -z "$suites" ]; then
		echo "no line 'Suites:'"
		return 1
	fi
	restore || return
	if ! patch -d "$WORK/src" -p1 -s -f --no-backup-if-mismatch <"$patch" \
		>"$WORK/patch.log" 2>&1; then
		echo "the patch does not apply"
		cat "$WORK/patch.log"
		return 1
	fi
	if ! build; then
		echo "does not build"
		tail -n 10 "$WORK/build.log"
		return 1
	fi
	# shellcheck disable=SC2086
	if run $suites; then
		echo "nobody noticed ($suites)"
		return 1
	fi
	echo "$(witness)"
}

canaries() {
	local name passed=0 failed=0 why suites

	say "building the suites"
	restore || return
	build || {
		tail -n 20 "$WORK/build.log" >&2
		die "the suites do not build without a bug"
	}
	suites=$(for name; do suites_of "$name"; done | tr ' ' '\n' | sort -u)
	# shellcheck disable=SC2086
	run $suites || {
		grep -E '^ *(not ok|# .*expected)' "$WORK/test.log" | head -n 10 >&2
		die "the suites are red without a bug"
	}
	for name; do
		if why=$(try "$name"); then
			echo "ok $name: $why"
			passed=$((passed + 1))
		else
			printf 'not ok %s: %s\n' "$name" "$why"
			failed=$((failed + 1))
		fi
	done
	echo "$passed passed, $failed failed"
	[ $failed -eq 0 ] && [ $passed -gt 0 ]
}

main() {
	local names=() name
	case ${1:-} in
	-h | --help)	print_help "$0"; exit 0 ;;
	--list)
		for name in "$SHADOW_TOP"/kunit/canary/*.patch; do
			printf '%-28s %s\n' "$(basename "$name" .patch)" \
				"$(sed -n 1p "$name")"
		done
		exit 0
		;;
	-*)		usage_error "unknown option '$1'" ;;
	esac
	for name in "$SHADOW_TOP"/kunit/canary/*.patch; do
		names+=("$(basename "$name" .patch)")
	done
	[ $# -eq 0 ] || names=("$@")
	for name in "${names[@]}"; do
		[ -e "$SHADOW_TOP/kunit/canary/$name.patch" ] ||
			usage_error "no canary '$name'"
	done
	TREE=$("$SHADOW_SCRIPTS/kernel-tree.sh")
	WORK=$(clone_build_dir)/canary
	with_lock "$(basename "$(clone_build_dir)")-canary" \
		canaries "${names[@]}"
}

main "$@"
