# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# Machines that are damaged on purpose: each kind is seen by the check that it
# names, every file reads afterwards, commands come back, and the next machine
# is sound. A guest that oopses, warns or hangs fails by itself.

QUICK+=(break_kinds)

BREAK_PARAMS='size=16M highmem=8M tlbi=stale ring=4096 page_owner=1'

# kinds: those that ctl tells of. furnish: something of everything to damage.
# tour: every file, and what lies in the sibling folder, within two minutes.
# work: what anybody may say next.
BREAK='
cd /sys/kernel/debug/shadow_mm || exit 1
last() { sed -n "s/^last: //p" ctl; }
kinds() { sed -n "/^break /,/^[a-z]* *[A-Z]/{s/^\t\([a-z_]*\)[ :].* sees it\$/\1/p}" ctl; }
furnish() {
	for line in "alloc_pages 0 count=40" "alloc_pages 2 count=5 as=p" \
		"free_pages p count=2" "kmalloc 64 count=30" "kmalloc 100000" \
		"cache_create red 60 flags=RED_ZONE,POISON" "cache_alloc red count=7 as=r" \
		"cache_free r count=3" "vmalloc 8192" "vmalloc 20000 as=v" "vmalloc 4096" \
		"vfree v" "alloc_pages 0 gfp=HIGHMEM as=h" "kmap h"; do
		echo "$line" >ctl || echo "not: $line: $(last)"
	done
}
tour() {
	timeout 120 cat * ../shadow_mm_raw/main/* >/dev/null && return
	for file in * ../shadow_mm_raw/main/*; do
		timeout 60 cat "$file" >/dev/null || echo "$1: no reading of $file: $?"
	done
}
# host_kb: memory that nobody of the host has, also on lists of its CPUs.
host_kb() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk "/^MemFree/ { sum += \$2 } /^ +count:/ { sum += \$2 * 4 } END { print sum }" /proc/meminfo /proc/zoneinfo
}
work() {
	for line in "alloc_pages 0" "alloc_pages 3" "alloc_pages 0 gfp=HIGHMEM" "kmalloc 64 count=50" \
		"kmalloc 5000" "cache_alloc red count=20" "cache_shrink red" "vmalloc 30000" \
		"free_pages p" "free_pages 1" "kfree 3" "drain" "vmalloc_purge" "kunmap h"; do
		echo "$line" >ctl 2>/dev/null
	done
}
'

test_break_kinds() {
	guest --mem 512M --params "$BREAK_PARAMS" --timeout 600 -- "$BREAK"'
	nr=0
	for kind in $(kinds); do
		until=
		[ $kind != memblock_overlap ] || until=paging_init
		echo "reset until=$until" >ctl || echo "$kind: no reset: $(last)"
		[ -n "$until" ] || furnish
		echo "break $kind" >ctl || echo "$kind: refused: $(last)"
		last
		tour $kind
		sed -n "1s/^FROZEN/$kind: not: frozen by a reading:/p" audit
		work
		tour $kind
		nr=$((nr + 1))
	done
	echo "reset until=" >ctl
	head -n 1 audit
	echo "$nr kinds"'
	expect_status 0
	expect_match '^OK$'
	expect_match '^(2[0-9]|3[0-9]) kinds$'
	expect_no_match 'refused|not:|no reset|no reading|does not see it'
	[ "$(grep -c ' sees it: ' "$work/out")" -eq "$(sed -n 's/ kinds$//p' "$work/out")" ] ||
		fail "a kind is not seen"
}

# Taken down as it is, with damage of all sorts in it: every page comes back. What
# a machine of 16 MiB would lose, 512 MiB do not give as often as there are kinds.
test_break_rmmod() {
	guest --mem 512M --params "$BREAK_PARAMS" --timeout 600 -- "$BREAK"'
	all=$(kinds)
	nr=0
	for kind in stale_tlb nr_free $all; do
		[ $kind = memblock_overlap ] && echo "reset until=paging_init" >ctl || furnish
		echo "break $kind" >ctl || echo "$kind: refused: $(last)"
		work
		cd /
		rmmod shadow_mm || exit 1
		nr=$((nr + 1))
		[ $nr = 2 ] && first=$(host_kb)
		insmod /shadow_mm.ko '"$BREAK_PARAMS"' || exit 1
		cd /sys/kernel/debug/shadow_mm || exit 1
	done
	head -n 1 audit
	cd /
	rmmod shadow_mm
	now=$(host_kb)
	echo "times=$nr first=$first now=$now lost=$((first - now))"
	dmesg | grep -v " shadow_mm: main: " | grep -E "BUG|WARNING|Oops" || echo silent'
	expect_status 0
	expect_match '^OK$'
	expect_match '^silent$'
	expect_no_match 'refused|not:'
	[ "$(awk -F= '/^times=[34]/ && $NF < 1024' "$work/out" | wc -l)" = 1 ] ||
		fail "not within 1 MiB: $out"
}

# A few of them where the host has KASAN, UBSAN and lockdep
test_break_debug() {
	guest --kernel debug --mem 1G --params "$BREAK_PARAMS" --timeout 900 -- "$BREAK"'
	for kind in free_link free_cycle page_flags slab_link double_free desc_outside area_link; do
		echo "reset" >ctl
		furnish
		echo "break $kind" >ctl || echo "$kind: refused: $(last)"
		last
		tour $kind
		work
	done
	echo "reset" >ctl
	head -n 1 audit'
	expect_status 0
	expect_match '^OK$'
	expect_no_match 'refused|not:|no reading|does not see it'
}
