# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2034,SC2154
#
# A machine's history: the files events and events.bin, and the same core in user
# space that makes a live machine's state of it again, byte for byte.

# All layers at once, by four CPUs; then both files between two marks, in text.
events_work='
cd /sys/kernel/debug/shadow_mm
work() {
	for j in 1 2 3 4 5 6 7 8; do
		echo "alloc_pages $((j % 4)) count=$(($1 * 3)) as=x$1$j" >ctl
		echo "kmalloc $((j * 333)) count=20 as=k$1$j" >ctl
		echo "vmalloc $((j * 3))K as=v$1$j" >ctl
		[ $((j % 2)) = 1 ] || echo "free_pages x$1$j" >ctl
		[ $((j % 3)) = 1 ] || echo "kfree k$1$j" >ctl
		[ $((j % 3)) = 0 ] || echo "vfree v$1$j" >ctl
	done
}
# Whoever looks meanwhile makes no difference
look() {
	while [ ! -e /tmp/done ]; do
		cat audit pagetypeinfo zoneinfo slabinfo map owners vmallocinfo >/dev/null
	done
}
look &
echo "cache_create things 200" >ctl
echo "cache_alloc things count=50 as=some" >ctl
echo "map 0xffff800000000000 0x80000000 16 PAGE_KERNEL_RO" >ctl
echo "unmap 0xffff800000001000 1" >ctl 2>/dev/null
pids=
for i in 1 2 3 4; do work $i & pids="$pids $!"; done
wait $pids
: >/tmp/done
wait
echo "alloc_pages_bulk 100 as=bulk" >ctl
echo "set min_free_kbytes 2048" >ctl
echo "free_pages bulk" >ctl; echo drain >ctl; echo vmalloc_purge >ctl
'
events_show='
cd ../shadow_mm_raw/main
cat state >/tmp/state
cat events.bin >/tmp/events.bin
dd if=events.bin bs=777 2>/dev/null | cmp - /tmp/events.bin || echo differs
for file in events.bin state; do echo "@@ $file"; gzip -c /tmp/$file | base64; done
echo "@@ end"
'

# events_file NAME: $work/NAME, out of what the guest printed
events_file() {
	sed -n "/^@@ $1\$/,/^@@ /p" "$work/out" | grep -v '^@@' | base64 -d |
		gunzip >"$work/$1"
}

# events_check: what the guest printed leads to the state that it printed
events_check() {
	events_file events.bin
	events_file state
	rc=0
	"$SHADOW_SCRIPTS/shadow-replay" "$work/events.bin" --check "$work/state" \
		>"$work/out" 2>"$work/err" || rc=$?
	expect_status 0
	expect_match 'state: equal, [0-9]+ bytes, at record [0-9]+$'
}

# events_replayed PARAMETERS OPTION...: a guest works, its history is run again
events_replayed() {
	local params=$1
	shift
	guest --smp 4 --params "ring=256K $params" "$@" -- "$events_work$events_show"
	expect_status 0
	expect_no_match '^differs$'
	events_check
	expect_match '^replayed [0-9]{4,} operations, ([0-9]+) records of \1: each as'
}

test_events_replayed() {
	events_replayed 'size=128M'
	events_replayed 'size=128M slab=slab slab_debug=FZPU quarantine=64K'
}

test_events_replayed_shapes() {
	"$SHADOW_SCRIPTS/build-boards.sh" >"$work/folder"
	events_replayed 'size=128M slab=slob nodes=2'
	events_replayed 'board=imx6ul' --board "$(cat "$work/folder")/imx6ul.txt"
}

# What break damages is part of it: a history goes on behind it, and through what
# the damaged machine did then. Files that are read change nothing.
test_events_replayed_broken() {
	guest --smp 4 --params 'size=64M ring=256K tlbi=stale' -- '
		cd /sys/kernel/debug/shadow_mm
		echo "alloc_pages 0 count=40 as=p" >ctl; echo "kmalloc 64 count=30 as=k" >ctl
		echo 0xffff000000080000 >vtop
		echo "break slab_inuse" >ctl; echo "kfree k" >ctl
		echo "break desc_bit" >ctl; echo "break stale_tlb" >ctl
		cat ../shadow_mm_raw/main/state >/tmp/before
		for file in *; do cat $file >/dev/null 2>&1; done
		cat ../shadow_mm_raw/main/state >/tmp/after
		cmp /tmp/before /tmp/after || echo "reading changed it"
		echo "break double_free" >ctl
		echo "break free_link" >ctl; echo "alloc_pages 3 count=900" >ctl 2>/dev/null
		echo "kmalloc 4096 count=300" >ctl 2>/dev/null
		cat audit | head -3'"$events_show"
	expect_status 0
	expect_no_match '^(differs|reading changed it)$'
	events_check
	expect_match '^fault: ' "$work/state"
}

# Histories made here, of more shapes, with lost and changed records.
test_events_random() {
	"$SHADOW_SCRIPTS/test-replay.sh" >"$work/out" 2>"$work/err" ||
		{ rc=1; show_last; fail "replays of random histories"; }
	expect_match '^[1-9][0-9]+ passed, 0 failed$'
}

# A ring that is too small keeps its first records and the newest.
test_events_lost() {
	guest --params 'size=64M ring=1K' -- "cd /sys/kernel/debug/shadow_mm
		echo 'kmalloc 100 count=2000 as=many' >ctl; echo 'kfree many' >ctl
		echo 'alloc_pages 5 as=last' >ctl
		cat events; $events_show"
	expect_status 0
	expect_match 'room for 1024, of which the first 960 stay; lost: [1-9][0-9]{3}\.'
	expect_match '  alloc_pages gfp=0x0 order=5 cpu=[0-9] pfn=[0-9]+: done$'
	expect_match '^… [0-9]+ more in shadow_mm_raw/main/events\.bin$'
	expect_no_match 'caller'
	[ "$(sed '/^@@/,$d' "$work/out" | wc -l)" -eq 43 ] ||
		{ show_last; fail "40 records were expected"; }
	events_file events.bin
	events_file state
	rc=0
	"$SHADOW_SCRIPTS/shadow-replay" "$work/events.bin" >"$work/out" 2>"$work/err" || rc=$?
	expect_status 0
	expect_match '^records are lost after 960: the last complete operation ends at 9[0-9][0-9]$'
}

# Who reads events waits for nobody; without a ring it says how to have one.
test_events_wait_for_nobody() {
	guest --params 'size=64M ring=4K' -- 'cd /sys/kernel/debug/shadow_mm
		(echo "mmu_check 100000" >ctl; : >/tmp/checked) &
		sleep 0.3
		cat events | head -1; [ -e /tmp/checked ] && echo waited
		wait
		for i in 1 2 3 4 5 6 7 8; do echo "reset ring=$((i % 2 * 2))K" >ctl; done &
		while kill -0 $! 2>/dev/null; do cat events >/dev/null || echo failed; done
		cat events
		head -c 8 ../shadow_mm_raw/main/events.bin; echo'
	expect_status 0
	expect_match '^# Machine main: [0-9]+ records'
	expect_no_match '^(waited|failed)'
	expect_match '^events: this machine keeps none; with ring=RECORDS it does'
	expect_match '^SHADOWEV$'
}
