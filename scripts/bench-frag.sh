#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bench-frag.sh - how much free memory stays in large blocks, beside the host
#
# usage: scripts/bench-frag.sh [--seeds 'N...'] [OPTION OF scripts/guest.sh]...
#
# A trace of 10^6 allocations and frees of mixed size, mobility and lifetime
# (kunit/shadow_bench_frag.c) is run through alloc_pages() of a guest that has
# just booted, then on virtual boards with as many free frames, with mobility
# grouping and without. Prints a table for each seed (by default 1 2 3), in
# frames:
#
#	when	operations done; then all movable blocks freed (unmovable)
#	live	in use by the trace
#	free	free, per-CPU lists not counted
#	large	of those, in blocks of order 9 or more
#
# and their sums over all seeds. The status is 1 where the shadow's sum, with
# mobility grouping, is below the host's: over the trace, or at its end without
# what is movable.

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

SEEDS='1 2 3'
BASE=0x40000000

guest_command() {
	echo "seed=$1 base=$BASE"
	cat <<-'END'
		run() {
			insmod /shadow_bench.ko seed=$seed "$@" || exit 1
			rmmod shadow_bench
		}
		frag() {
			dmesg | sed -n 's/^\(\[[^]]*\] *\)*shadow_bench: FRAG //p'
		}
		ctl=/sys/kernel/debug/shadow_mm/ctl
		run rows=frag_host
		frames=$(frag | sed -n 's/^seed=.* frames=//p')
		# What its own boot takes is less than 64 MiB.
		memory=$base+$((frames * 4 + 65536))K
		echo "create on size=16M memory=$memory" >$ctl || exit 1
		run rows=frag_shadow machine=on frames=$frames
		if echo "create off size=16M memory=$memory mobility=off" >$ctl; then
			run rows=frag_shadow machine=off frames=$frames
		fi
		[ "$(head -n 1 /sys/kernel/debug/shadow_mm.on/audit)" = OK ] || exit 1
		frag
	END
}

# Lines `machine=M when=W live=N free=N large=N refused=N` to a table and sums.
table() {
	awk '
	function value(word) { sub(/^[a-z]*=/, "", word); return word }
	/^machine=/ {
		machine = value($1)
		when = value($2)
		if (!(when in live)) {
			order[++rows] = when
			live[when] = value($3)
		}
		free[machine, when] = value($4)
		large[machine, when] = value($5)
		refused[machine] = value($6)
		seen[machine] = 1
	}
	function cell(list, machine, when) {
		return (machine, when) in list ? list[machine, when] : "-"
	}
	END {
		printf "%-10s %7s | %7s %7s | %7s %7s | %7s %7s\n", "", "",
			"host", "", "shadow", "", "mobility=off", ""
		printf "%-10s %7s | %7s %7s | %7s %7s | %7s %7s\n", "when", "live",
			"free", "large", "free", "large", "free", "large"
		for (i = 1; i <= rows; i++) {
			w = order[i]
			printf "%-10s %7d | %7s %7s | %7s %7s | %7s %7s\n", w, live[w],
				cell(free, "host", w), cell(large, "host", w),
				cell(free, "on", w), cell(large, "on", w),
				cell(free, "off", w), cell(large, "off", w)
			if (w == 0)
				continue
			part = w == "unmovable" ? "unmovable" : "trace"
			for (m in seen)
				sum[m, part] += large[m, w]
		}
		for (m in seen)
			printf "sum %s %d %d %d\n", m, sum[m, "trace"],
				sum[m, "unmovable"], refused[m] >"/dev/stderr"
	}'
}

verdict() {
	awk '
	{ trace[$2] += $3; unmovable[$2] += $4; refused[$2] += $5 }
	END {
		for (m in trace)
			printf "large, %s: over the trace %d, without what is movable %d; refused %d\n",
				m == "host" ? "host" : "shadow, mobility=" m,
				trace[m], unmovable[m], refused[m] | "sort"
		close("sort")
		if (!("host" in trace) || !("on" in trace))
			exit 1
		bad = trace["on"] < trace["host"] || unmovable["on"] < unmovable["host"]
		print "fragmentation: the shadow is " (bad ? "below" : "not below") " the host"
		exit bad
	}' "$1"
}

main() {
	local options=() seed
	while [ $# -gt 0 ]; do
		case $1 in
		-h | --help)	print_help "$0"; exit 0 ;;
		--seeds)
			need_value "$1" $#
			[[ $2 =~ ^[1-9][0-9]{0,8}( [1-9][0-9]{0,8})*$ ]] ||
				usage_error "--seeds '$2': numbers from 1 on are allowed"
			SEEDS=$2
			shift
			;;
		*)	options+=("$1") ;;
		esac
		shift
	done
	work=$(mktemp -d "${TMPDIR:-/tmp}/shadow-frag.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	for seed in $SEEDS; do
		say "the trace of seed $seed"
		"$SHADOW_SCRIPTS/guest.sh" --icount --smp 1 --mem 512M \
			--params 'size=24M' --timeout 600 \
			--append 'init_on_alloc=0 init_on_free=0 nokaslr cma=0' \
			"${options[@]}" -- "$(guest_command "$seed")" >"$work/lines"
		echo "seed $seed"
		table <"$work/lines" 2>>"$work/sums"
	done
	verdict "$work/sums"
}

main "$@"
