#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bench.sh - what a call costs, in instructions, shadow against host
#
# usage: scripts/bench.sh [OPTION OF scripts/guest.sh]...
#
# Loads kunit/shadow_bench.ko in a guest whose clock counts instructions, with
# one processor and the host's extra work switched off, in two boots. Prints
# the rows of the first boot,
#
#	BENCH name=ROW shadow=N host=N ratio=R features=equal|bare
#
# where N are instructions for a pair of alloc and free. The status is 1 if
# the two boots differ by more than 1 %, or a goal is missed. Only rows with
# equal features are held against a goal. Options are passed on, for example:
# scripts/bench.sh --kernel 6.12-16k

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# Highest ratio of shadow to host, and for the last rows the instructions that
# booting the machine costs a frame: main, and a virtual board of 8 GiB.
GOALS='
page_order0 ratio 0.60
page_order9 ratio 0.50
object_64 ratio 1.20
object_512 ratio 1.20
boot_frame shadow 100
boot_frame_board8g shadow 70
'

run_boot() {
	"$SHADOW_SCRIPTS/guest.sh" --icount --smp 1 --mem 1G \
		--params 'size=256M' --timeout 600 \
		--append 'init_on_alloc=0 init_on_free=0 nokaslr' "$@" -- '
		# The boot at insmod shares the processor with the guest'"'"'s own
		# start; the one after a reset has it alone.
		sleep 5
		for i in 1 2 3; do
			echo reset >/sys/kernel/debug/shadow_mm/ctl || exit 1
		done
		insmod /shadow_bench.ko || exit 1
		rmmod shadow_bench
		echo "create board8g size=128M memory=0x40000000+3G,0x100000000+5G" \
			>/sys/kernel/debug/shadow_mm/ctl || exit 1
		for i in 1 2 3; do
			echo reset >/sys/kernel/debug/shadow_mm.board8g/ctl || exit 1
		done
		insmod /shadow_bench.ko machine=board8g || exit 1
		dmesg | sed -n "s/^\(\[[^]]*\] *\)*shadow_bench: BENCH /BENCH /p"'
}

# Field by field: name, value of the first boot, value of the second.
compare_boots() {
	awk '
	function value(word) { sub(/^[a-z]*=/, "", word); return word + 0 }
	function differ(a, b) { return a > b ? (a - b) > b / 100 : (b - a) > a / 100 }
	FNR == NR { first[$2] = $0; rows++; next }
	{
		split(first[$2], f, " ")
		for (i = 3; i <= 4; i++)
			if (!($2 in first) || differ(value(f[i]), value($i))) {
				printf "the boots differ by more than 1 %%: %s, then %s\n", first[$2], $0
				bad = 1
			}
		seen++
	}
	END { exit bad || !rows || seen != rows }' "$1" "$2"
}

check_goals() {
	local name field limit row missed=0
	while read -r name field limit; do
		[ -n "$name" ] || continue
		row=$(grep -E "^BENCH name=$name .*features=equal" "$1" || true)
		if [ -z "$row" ]; then
			echo "goal: $name has no row with equal features"
			missed=1
			continue
		fi
		sed "s/.* $field=\([0-9.]*\).*/\1/" <<<"$row" |
			awk -v limit="$limit" '{ exit !($1 <= limit) }' || {
			echo "goal missed: $name $field is to be at most $limit: $row"
			missed=1
		}
	done <<<"$GOALS"
	return $missed
}

main() {
	local boot
	case ${1:-} in
	-h | --help)	print_help "$0"; exit 0 ;;
	esac
	export SHADOW_PROGRESS=1
	dir=$(mktemp -d "${TMPDIR:-/tmp}/shadow-bench.XXXXXX")
	trap 'rm -rf "$dir"' EXIT
	for boot in 1 2; do
		say "measuring, boot $boot of 2"
		run_boot "$@" >"$dir/boot$boot"
	done
	cat "$dir/boot1"
	compare_boots "$dir/boot1" "$dir/boot2" || die "two boots do not agree"
	check_goals "$dir/boot1"
}

main "$@"
