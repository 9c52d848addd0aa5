#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bench-cost.sh - what hooks cost: nothing, counters, the ring
#
# usage: scripts/bench-cost.sh [OPTION OF scripts/guest.sh]...
#
# Loads two modules in guests that count instructions: one whose hooks expand to
# nothing (-DSHADOW_NO_EVENTS), and the ordinary one. Prints, for a pair of alloc
# and free,
#
#	COST name=ROW bare=N off=N counters=N ring=N
#
# where bare is the first module, and the others are the second with nobody
# watching, with counters on, and of a machine with a ring. A goal that is missed
# is said, and the status is 1: off is at most 2 instructions a site or 2 % above
# bare, whichever is more, counters 10 % above it, the ring 2.5 times as much.

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# measure COMMAND: the rows that the guest's command makes, behind what it says
measure() {
	"$SHADOW_SCRIPTS/guest.sh" --icount --smp 1 --mem 1G \
		--params 'size=128M' --timeout 600 \
		--append 'init_on_alloc=0 init_on_free=0 nokaslr' \
		"${@:1:$#-1}" -- "${*: -1}
		dmesg | sed -n 's/^\(\[[^]]*\] *\)*shadow_bench: BENCH name=\([^ ]*\) shadow=\([^ ]*\) .*/\2 \3/p'" |
		grep -E '^((slab_)?(page|object|kmalloc)_|table_page_(un)?map |table_range256 |vmalloc_2m )'
}

ROWS='
	rows() {
		insmod /shadow_bench.ko rows=cost machine=$1 || exit 1
		rmmod shadow_bench
	}
	tables() {
		for set in tables vmalloc; do
			insmod /shadow_bench.ko rows=$set machine=$1 || exit 1
			rmmod shadow_bench
		done
	}
	further() {
		echo "create $*" >/sys/kernel/debug/shadow_mm/ctl || exit 1
	}
	sleep 5
	further slab size=64M slab=slab
	rows main
	tables main
	rows slab'

run_bare() {
	EXTRA_CFLAGS="${EXTRA_CFLAGS:-} -DSHADOW_NO_EVENTS" \
		SHADOW_BUILD="$(clone_build_dir)-bare" measure "$@" "$ROWS"
}

# Rows thrice: nobody watches, counters, a ring
run_hooked() {
	measure "$@" "$ROWS
	further counters size=128M
	echo 'set counters on' >/sys/kernel/debug/shadow_mm/ctl || exit 1
	rows counters
	tables counters
	rows slab
	echo 'set counters off' >/sys/kernel/debug/shadow_mm/ctl || exit 1
	echo destroy counters >/sys/kernel/debug/shadow_mm/ctl || exit 1
	further ring size=128M ring=4096
	rows ring
	tables ring
	echo destroy ring >/sys/kernel/debug/shadow_mm/ctl || exit 1
	further ringslab size=64M slab=slab ring=4096
	rows ringslab"
}

# The second file has each row three times
compare() {
	awk '
	NR == FNR { bare[$1] = $2; next }
	{ value[$1, ++nr[$1]] = $2; if (nr[$1] == 1) order[++rows] = $1 }
	END {
		for (i = 1; i <= rows; i++) {
			row = order[i]
			off = value[row, 1]; counters = value[row, 2]; ring = value[row, 3]
			printf "COST name=%s bare=%.6g off=%.6g counters=%.6g ring=%.6g\n",
				row, bare[row], off, counters, ring
			if (!(row in bare) || nr[row] != 3) {
				print "goal: " row " is not there in all ways"
				bad = 1
				continue
			}
			# Sites in a pair of calls; ten where both go through the buddy
			sites = row ~ /page_order4$/ ? 10 : 2
			most = bare[row] * 0.02 > 2 * sites ? bare[row] * 0.02 : 2 * sites
			if (off > bare[row] + most) {
				print "goal missed: " row " with nobody watching"
				bad = 1
			}
			if (counters > bare[row] * 1.1) {
				print "goal missed: " row " with counters"
				bad = 1
			}
			if (ring > bare[row] * 2.5) {
				print "goal missed: " row " with the ring"
				bad = 1
			}
		}
		exit bad || !rows
	}' "$1" "$2"
}

main() {
	case ${1:-} in
	-h | --help)	print_help "$0"; exit 0 ;;
	esac
	dir=$(mktemp -d "${TMPDIR:-/tmp}/shadow-cost.XXXXXX")
	trap 'rm -rf "$dir"' EXIT
	run_bare "$@" >"$dir/bare"
	run_hooked "$@" >"$dir/hooked"
	compare "$dir/bare" "$dir/hooked"
}

main "$@"
