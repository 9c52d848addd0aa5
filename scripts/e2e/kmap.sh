# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# Addresses for frames outside the linear map, in machines of several shapes.

QUICK+=(kmap_slots)

# put TEXT: one write, then what ctl says of it, with frame numbers left out.
KMAP_PUT='
cd /sys/kernel/debug/shadow_mm || exit 1
put() {
	printf "$1\n" >ctl 2>/dev/null || printf "refused "
	sed -n "s/^last: //p" ctl | sed "s/pfn [0-9a-fx]*/pfn N/g; s/va 0x[0-9a-f]*/va V/g"
}
field() { sed -n "s/^$1 *\([0-9]*\) .*/\1/p" kmap; }
windows() { sed -n "/---\[ Kmap local start/,/---\[ PKMAP end/p" page_tables; }
'

# Slots with users, without, and as many as there are; one CPU's stack; what the
# CPU says of all of them; and nothing of it where there is no HIGHMEM.
test_kmap_slots() {
	guest --params 'size=64M highmem=32M' -- "$KMAP_PUT"'
	grep "pkmap :" layout
	put "alloc_pages 0 zone=HIGHMEM count=600 as=a\nalloc_pages 0 zone=HIGHMEM as=b\nalloc_pages 0 zone=DMA as=low"
	put "kmap a"
	put "kmap b\nkmap b\nkunmap b"
	put "kmap low"
	put "free_pages a count=88\nkmap a"
	put "kunmap b\nkmap a"
	put "kmap b"
	echo "used $(field used)"
	tail -n 1 kmap
	wc -l <kmap
	grep -c "in use$" ../shadow_mm_raw/main/kmap
	put "kunmap a"
	put "kmap b cpu=1\nkmap b cpu=1"
	put "kunmap b cpu=0"
	put "free_pages b"
	grep -c "freed by its owner" kmap
	put "mmu_check 5000"
	head -n 1 audit
	echo "mapped runs: $(windows | grep -c "RW NX")"
	put "map 0xffffffffff200000 0x80000000 1 rw"
	put "reset highmem="
	cat kmap
	grep -c "PKMAP\|Kmap" page_tables
	grep "^kmap_init" boot | grep -o "does not apply.*map"
	put "alloc_pages 0 as=a\nkmap a cpu=0"
	head -n 1 audit'
	expect_status 0
	expect_match '^       pkmap : 0xffffffffff200000 - 0xffffffffff3fffff   \(     2048 KB\)$'
	expect_match '^refused line 1: ENOSPC \(-28\), .* kmap: pfn N: each of the 512 slots has users, the kernel would sleep until one is free: allowed: kunmap first$'
	expect_match '^ok, commands run: 3; line 3: pfn N: users left: 1$'
	expect_match '^ok, commands run: 1; line 1: pfn N is not HIGHMEM: va V of the linear map shows it, nothing was mapped$'
	# 512 and the one of b are one too many; without it they fit
	expect_match '^ok, commands run: 2; line 2: 512 frames, the first at va V: 512 are HIGHMEM and were mapped$'
	expect_match '^… 472 more in shadow_mm_raw/main/kmap$'
	expect_match '^512$'
	expect_match '^used 512$'
	expect_match '^mapped runs: 2$'
	expect_match '^ok, commands run: 1; line 1: 512 frames: 512 are HIGHMEM and have a user less$'
	expect_match '^ok, commands run: 2; line 2: pfn N at va V: mapping 2 of CPU 1$'
	expect_match '^refused line 1: ENOENT \(-2\), .* kunmap: CPU 0 has not mapped pfn N: allowed: what kmap with cpu=0 has$'
	expect_match 'mismatch=0'
	expect_match 'belongs to pkmap'
	expect_match '^no HIGHMEM: without highmem= the linear map shows all memory; '
	expect_match '^does not apply: without highmem= the linear map$'
	expect_match '^ok, commands run: 2; line 2: pfn N is not HIGHMEM: '
	[ "$(grep -cx OK "$work/out")" -eq 2 ] || { show_last; fail 'audit'; }
}

# Other pages and sizes of addresses, nodes, and memory that is not there.
test_kmap_shapes() {
	guest --params 'size=128M highmem=64M' -- "$KMAP_PUT"'
	for with in granule=16k granule=64k "granule=16k va_bits=36" nodes=2 memmodel=discontig \
		"granule=4k va_bits=39" "memory=0x40000000+2G highmem=0x80000000"; do
		echo "== $with"
		echo "reset granule= va_bits= nodes= memmodel= memory= highmem=64M" >ctl
		echo "reset $with" >ctl || { grep ^last: ctl; continue; }
		put "alloc_pages 0 zone=HIGHMEM count=20 as=a\nalloc_pages 2 zone=HIGHMEM gfp=COMP as=b"
		put "kmap a\nkunmap a\nkmap a\nkmap b"
		put "kmap b cpu=0\nkmap b cpu=1\nkunmap b cpu=0"
		put "free_pages b\nfree_pages a"
		field used
		field "to be flushed"
		head -n 1 audit
		sed -n "s/^BAD.*//p" page_tables
	done'
	expect_status 0
	[ "$(grep -cx OK "$work/out")" -eq 7 ] || { show_last; fail 'audit'; }
	[ "$(grep -cx 21 "$work/out")" -eq 7 ] || { show_last; fail 'slots in use'; }
	! grep -qe '^refused' -e '^last:' "$work/out" || { show_last; fail 'refused'; }
}
