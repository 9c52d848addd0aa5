#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC1090,SC2034,SC2043
#
# record.sh - a run of a workload, moment by moment, where the module is
#
# usage: sh record.sh OUT WORKLOAD [MACHINE]
#
# Sources WORKLOAD, which calls `snap NAME` whenever there is something to see:
# the machine's files are copied to OUT/000, OUT/001, ... with a file `moment`
# that says when. What belongs to the whole run is copied once, at its end, to
# the last of them. MACHINE is the name of another machine than the first.

out=$1
workload=$2
debug=/sys/kernel/debug
machine=$debug/shadow_mm${3:+.$3}
raw=$debug/shadow_mm_raw/${3:-main}
ctl=$machine/ctl
moment=0

# Small, and different each time; the second list is whole in the other folder.
EACH='audit buddyinfo extfrag_index pagetypeinfo slabinfo
	unusable_index vmallocinfo vmstat zoneinfo'
EACH_WHOLE='map page_tables slab_objects'
ONCE='board boot config handover layout memblock_memory memblock_owners why'
ONCE_WHOLE='events.bin'

# A file that this module does not have is left out: its view says so.
keep() {
	[ -e "$1/$2" ] || return 0
	cat "$1/$2" >"$dir/$2" || rm -f "$dir/$2"
}

now_s() {
	cut -d ' ' -f 1 /proc/uptime
}

# The newest record: what comes after it belongs to the next moment.
newest() {
	[ ! -e "$machine/events" ] ||
		sed -n 's/^ *\([0-9]\{1,\}\) .*/\1/p' "$machine/events" |
		sort -n | tail -n 1
}

take() {
	seq=$(newest)
	{
		echo "name=$*"
		echo "uptime_s=$(now_s)"
		[ -z "$seq" ] || echo "seq=$seq"
	} >"$dir/moment"
	for file in $EACH; do
		keep "$machine" "$file"
	done
	for file in $EACH_WHOLE; do
		keep "$raw" "$file"
	done
}

# Again where something happened meanwhile, as after a grace period: all files of a
# moment are of one.
snap() {
	dir=$(printf '%s/%03d' "$out" "$moment")
	mkdir -p "$dir"
	for try in 1 2 3 4 5; do
		take "$@"
		[ "$seq" != "$(newest)" ] || break
	done
	moment=$((moment + 1))
	echo "record: $moment: $*" >&2
}

# tell: lines for ctl from standard input, as many in one write as it takes. A
# refusal is part of what is shown: the next write goes on.
tell() {
	awk -v ctl="$ctl" '
		function flush() {
			if (batch != "") {
				printf "%s", batch >ctl
				close(ctl)
			}
			batch = ""
		}
		{
			if (length(batch) + length($0) > 3800)
				flush()
			batch = batch $0 "\n"
		}
		END { flush() }' 2>/dev/null
}

[ -w "$ctl" ] || {
	echo "record: no machine at $machine" >&2
	exit 1
}
mkdir -p "$out"
# A letter a frame: then a snapshot shows each of them
echo 'set map_frames 1' >"$ctl" 2>/dev/null
. "$workload"
[ "$moment" -gt 0 ] || snap end
for file in $ONCE; do
	keep "$machine" "$file"
done
for file in $ONCE_WHOLE; do
	keep "$raw" "$file"
done
