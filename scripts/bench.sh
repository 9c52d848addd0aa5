#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bench.sh - what a call costs, in instructions, shadow against host
#
# usage: scripts/bench.sh [OPTION OF scripts/guest.sh]...
#
# Loads kunit/shadow_bench.ko in guests that count instructions, with one
# processor and the host's extra work switched off, everything twice. Prints
# the rows of the first boots,
#
#	BENCH name=ROW shadow=N host=N ratio=R features=equal
#
# where N are instructions: for a pair of alloc and free, or for one call where
# the row says alloc, free or mixed. Rows object_* and kmalloc_* have the host's
# SLUB beside them, in caches that are merged with no other; of object_bulk64,
# N are for each of 64 objects; of slab_* and slob_* the machine has another
# engine than the host. Rows waste_* are KiB that objects of a real kernel's boot
# take, replayed on both. Rows gpu_* have gpu_buddy for a host, and
# are measured on the kernel that has it built in, 6.12. Rows table_* have
# io-pgtable-arm, for each leaf or walk; those with _plain do without contiguous
# hints and folding, which the host's tables do not have. Rows audit_* are one
# audit of 1 GiB, and for how long it keeps a zone locked at most. The status is 1 if two
# boots differ by more than 1 %, or a goal is missed. (mixed_* of the host, single
# calls out of a million, and its vmalloc differ from boot to boot.) What hooks
# cost follows, see scripts/bench-cost.sh. Options are passed on, for example: scripts/bench.sh --kernel 6.12-16k

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# Highest ratio of shadow to host, or instructions of the shadow's own.
GOALS='
page_order0 ratio 0.35
page_bulk32 ratio 0.40
page_bulk4096 ratio 0.40
page_order3 ratio 0.50
page_order4 ratio 0.50
page_order9_free ratio 0.15
buddy_order0 shadow 250
buddy_split shadow 50
buddy_merge shadow 50
gpu_order0 ratio 0.999
gpu_split_merge ratio 0.999
mixed ratio 0.60
growth_ratio shadow 2.10
object_8 ratio 0.80
object_64 ratio 0.80
object_256 ratio 0.80
object_512 ratio 0.80
object_1024 ratio 0.80
object_4096 ratio 0.80
object_bulk64 ratio 0.60
object_random1000 ratio 0.90
kmalloc_100 ratio 0.90
kmalloc_1000 ratio 0.90
slab_object_8 ratio 1.10
slab_object_64 ratio 1.10
slab_object_256 ratio 1.10
slab_object_1024 ratio 1.10
slab_object_4096 ratio 1.10
slab_object_bulk64 ratio 1.10
slab_object_random1000 ratio 1.10
slab_kmalloc_100 ratio 1.10
slab_kmalloc_1000 ratio 1.10
waste_peak ratio 1.00
waste_end ratio 1.00
table_page_map shadow 210
table_page_unmap shadow 180
table_range256 shadow 20
table_walk shadow 60
table_block_map shadow 40
vmalloc_4k ratio 0.40
vmalloc_4k_1000live ratio 0.40
vmalloc_2m ratio 0.40
boot_frame shadow 100
boot_frame_board8g shadow 70
audit_fresh shadow 150000000
audit_full shadow 150000000
audit_full_locked shadow 30000000
'

# measure OPTION... COMMAND: the rows that the guest's command makes
measure() {
	"$SHADOW_SCRIPTS/guest.sh" --icount --smp 1 --mem 1G \
		--params 'size=256M' --timeout 600 \
		--append 'init_on_alloc=0 init_on_free=0 nokaslr' \
		--file "$SHADOW_SCRIPTS/traces/boot-6.12.kmem:/lib/firmware/shadow_mm/" \
		"${@:1:$#-1}" -- "${*: -1}
		dmesg | sed -n 's/^\(\[[^]]*\] *\)*shadow_bench: BENCH /BENCH /p'"
}

run_boot() {
	measure "$@" '
		rows() {
			insmod /shadow_bench.ko "$@" || exit 1
			rmmod shadow_bench
		}
		# The boot at insmod shares the processor with the guest'"'"'s own
		# start; the one after a reset has it alone.
		sleep 5
		for i in 1 2 3; do
			echo reset >/sys/kernel/debug/shadow_mm/ctl || exit 1
		done
		rows rows=boot
		rows rows=calls
		rows rows=tables
		rows rows=vmalloc
		rows rows=mixed
		further() {
			echo "create $*" >/sys/kernel/debug/shadow_mm/ctl || exit 1
		}
		further waste size=128M
		rows rows=waste machine=waste
		echo destroy waste >/sys/kernel/debug/shadow_mm/ctl || exit 1
		for engine in slab slob; do
			further $engine size=64M slab=$engine
			rows rows=objects machine=$engine
			echo destroy $engine >/sys/kernel/debug/shadow_mm/ctl || exit 1
		done
		echo "create board8g size=128M memory=0x40000000+3G,0x100000000+5G" \
			>/sys/kernel/debug/shadow_mm/ctl || exit 1
		for i in 1 2 3; do
			echo reset >/sys/kernel/debug/shadow_mm.board8g/ctl || exit 1
		done
		rows rows=boot machine=board8g
		rows rows=growth machine=board8g'
	measure "$@" --mem 2G --params size=1G '
		sleep 5
		insmod /shadow_bench.ko rows=audit || exit 1'
	measure "$@" --kernel 6.12 '
		sleep 5
		insmod /shadow_bench.ko rows=gpu || exit 1'
}

# Field by field: name, value of the first boot, value of the second.
compare_boots() {
	awk '
	function value(word) { sub(/^[a-z]*=/, "", word); return word + 0 }
	function differ(a, b) { return a > b ? (a - b) > b / 100 : (b - a) > a / 100 }
	FNR == NR { first[$2] = $0; rows++; next }
	{
		split(first[$2], f, " ")
		# Single calls of the host, and its vmalloc, are not the same in each boot.
		last = $2 ~ /^name=(mixed_|vmalloc_)/ ? 3 : 4
		for (i = 3; i <= last; i++)
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
		row=$(grep "^BENCH name=$name .*features=equal" "$1" || true)
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
	local boot rc=0
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
	compare_boots "$dir/boot1" "$dir/boot2" || rc=1
	check_goals "$dir/boot1" || rc=1
	say "measuring what hooks cost"
	"$SHADOW_SCRIPTS/bench-cost.sh" "$@" || rc=1
	return $rc
}

main "$@"
