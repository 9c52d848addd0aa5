#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bench-native.sh - what a call costs at native speed, and what two
# processors make of it
#
# usage: scripts/bench-native.sh [--runs N]
#
# Boots a UML kernel without sanitizers, in which the benchmark is a suite, N
# times (default 5), and prints the lowest figure of each row, in cycles of the
# time-stamp counter:
#
#	BENCH name=ROW shadow=N host=N ratio=R features=equal
#
# as scripts/bench.sh does in instructions. Then, in user space and without
# sanitizers, how many pairs of alloc and free one and two threads do in a
# second, from per-CPU lists alone (hits) and with what refills them (refill).
# The rows are reported; the status is 1 if two threads do less than 1.8 times
# as much as one on hits, or 1.3 times with refill. Figures are worth nothing
# while something else runs: the load is printed beside them.

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

RUNS=5

load() {
	echo "load average of the last minute: $(cut -d ' ' -f 1 /proc/loadavg)"
}

# Once more for each run: the first builds.
measure_rows() {
	local log i
	log=$(clone_build_dir)/kunit-native.log
	for ((i = 0; i < RUNS; i++)); do
		say "rows, run $((i + 1)) of $RUNS"
		"$SHADOW_SCRIPTS/kunit.sh" native shadow_bench >"$work/kunit" 2>&1 || {
			cat "$work/kunit" >&2
			die "the rows could not be measured"
		}
		grep -ao 'BENCH name=.*' "$log" | tr -d '\r' >>"$work/rows"
	done
}

# The lowest of each row; the host's lowest need not be of the same run.
lowest() {
	awk '
	function value(word) { sub(/^[a-z]*=/, "", word); return word }
	function lower(list, key, new) {
		if (!(key in list) || (new != "-" && new + 0 < list[key] + 0))
			list[key] = new
	}
	{
		name = value($2)
		if (!(name in shadow))
			order[++rows] = name
		lower(shadow, name, value($3))
		lower(host, name, value($4))
	}
	END {
		for (i = 1; i <= rows; i++) {
			name = order[i]
			ratio = "-"
			if (host[name] != "-" && host[name] > 0)
				ratio = sprintf("%.3f", shadow[name] / host[name])
			printf "BENCH name=%s shadow=%s host=%s ratio=%s features=equal\n",
				name, shadow[name], host[name], ratio
		}
	}' "$1"
}

# Before everybody else, where that is allowed: a processor that is taken away
# from one of two threads is what would be measured.
run_threads() {
	local dir rc=0 first=()
	[ "$(nproc)" -ge 2 ] || die "two threads want two processors"
	dir=$(clone_build_dir)/host/fast
	with_lock "$(basename "$(clone_build_dir)")-host" \
		make -s -j2 -C "$SHADOW_TOP/kunit/host" O="$dir" \
		TREE="$("$SHADOW_SCRIPTS/kernel-tree.sh")" SANITIZE=0 threads >&2
	! chrt -f 1 true 2>/dev/null || first=(timeout -k 5 120 chrt -f 1)
	${first[@]+"${first[@]}"} "$dir/threads" >"$work/threads" || rc=$?
	grep '^NATIVE ' "$work/threads" || {
		cat "$work/threads" >&2
		die "the threads could not be measured"
	}
	[ $rc -eq 0 ] || warn "goal missed: hits 1.80, refill 1.30"
	return $rc
}

main() {
	while [ $# -gt 0 ]; do
		case $1 in
		-h | --help)	print_help "$0"; exit 0 ;;
		--runs)
			need_value "$1" $#
			need_number --runs "$2" 1 100
			RUNS=$2
			shift
			;;
		*)	usage_error "unknown argument '$1'" ;;
		esac
		shift
	done
	work=$(mktemp -d "${TMPDIR:-/tmp}/shadow-native.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	measure_rows
	load
	lowest "$work/rows"
	load
	run_threads
}

main "$@"
