# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# The commands about pages, and the files why and page.

PAGES='
cd /sys/kernel/debug/shadow_mm
w() { printf "%b\n" "$*" >ctl 2>/dev/null; sed -n "s/^last: //p" ctl; }
'

# Each command and what it says; all frames are there again at the end.
test_page_commands() {
	guest --params 'size=256M' -- "$PAGES"'
	free() { awk "/^Node/ { for (i = 5; i <= NF; i++) n += \$i * 2 ^ (i - 5) } END { print n }" buddyinfo; }
	w drain; before=$(free)
	w alloc_pages 3 gfp=ATOMIC,ZERO as=a
	w split_page a
	w free_pages a count=3
	w alloc_pages 2 gfp=COMP as=c
	w split_page c
	w get_page c
	w free_pages c
	w put_page c
	w alloc_pages 3 as=n
	w get_page n
	w free_pages n
	w put_page n
	w alloc_pages_exact 20000 as=e
	w alloc_pages_bulk 100 as=b
	w free_pages a; w free_pages e; w free_pages b; w drain
	[ $(free) = $before ] || echo "$(free) frames are free, $before were"
	head -n 1 audit'
	expect_status 0
	expect_match 'id 1: 1 of order 3, at pfn [0-9]+ pa 0x[0-9a-f]+ zone [A-Za-z0-9]+ va 0xffff[0-9a-f]+'
	expect_match 'id 1: 1 of order 3 are 8 of order 0 now'
	expect_match 'id 1: 3 freed, 5 left'
	expect_match 'split_page: id 2 is one compound page: allowed: a block without COMP'
	expect_match 'id 2: references to each of 1: 2'
	expect_match 'id 2: references left to each of 1: 1'
	expect_match 'id 2: 1 freed'
	expect_match 'id 3: of each of 1 the first page is left, references: 1'
	expect_match 'id 4: 5 of order 0, the first at pfn '
	expect_match 'id 5: 100 of order 0, the first at pfn '
	expect_match '^OK$'
}

# A refusal is one line with the arithmetic, and `why` has it with every zone.
test_page_refusals() {
	guest --params 'size=256M' -- "$PAGES"'
	w alloc_pages 0 gfp=DMA,HIGHMEM
	w alloc_pages 0 gfp=NOFAIL,ATOMIC
	w alloc_pages 0 gfp=SLEEP
	w alloc_pages 0 node=1
	w alloc_pages 0 gfp=COLD
	w kmalloc 8 gfp=COMP
	i=0
	while echo alloc_pages 9 >ctl; do i=$((i + 1)); done 2>/dev/null
	sed -n "s/^last: //p" ctl
	cat why
	head -n 1 audit'
	expect_status 0
	expect_match 'of DMA, DMA32 and HIGHMEM at most one'
	expect_match 'NOFAIL only where the caller can wait'
	expect_match "gfp= 'SLEEP': allowed: HIGHUSER_MOVABLE, HIGHUSER, ATOMIC"
	expect_match 'alloc_pages: node=1: allowed: 0 to 0'
	expect_match 'gfp=COLD: the per-CPU lists have no cold end: allowed: with pcp=hotcold'
	expect_match 'kmalloc: gfp=: allowed: KERNEL, USER, ATOMIC'
	expect_match 'out of memory after 0 of 1, which were given back: node 0 zone [A-Za-z0-9]+: free [0-9]+ - 511 for the order'
	expect_match '^refusals: [1-9][0-9]* so far'
	expect_match 'tried: low, wake, min, unreserve, drain, min'
	expect_match '^OK$'
}

# The frame that alloc_pages names is the one that page tells of.
test_page_of_a_frame() {
	guest --params 'size=256M' -- "$PAGES"'
	w alloc_pages 4 gfp=COMP as=x
	pfn=$(sed -n "s/^.* x .*pfn \([0-9]*\) .*/\1/p" ctl)
	echo $pfn >page; grep -c "^compound     head of order 4$" page
	echo pa $(((pfn + 5) * 4096)) >page
	grep -c "^compound     tail 5 of the head at pfn $pfn$" page
	echo 1 >page; grep "the machine.s memory" page
	echo 1x >page || head -n 1 page
	echo 1 >page; grep -c "write was refused" page
	echo set routes on >ctl; echo vmalloc 8192 >ctl; echo set routes off >ctl
	grep -c "^[0-9]* order 0 HIGHUSER" why'
	expect_status 0
	expect_match '^below the machine.s memory, which is pfn [0-9]+ to [0-9]+$'
	expect_match "^the last write was refused: '1x': allowed: PFN or pa ADDRESS, "
	expect_match '^0$'
	expect_match '^1$'
}
