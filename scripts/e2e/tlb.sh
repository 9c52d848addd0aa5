# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# What changes of the tables ask of a TLB: the log is judged by a reader of its
# own, and a forgotten invalidation shows as a stale translation.

QUICK+=(tlb_judge)

# The judge itself: each of its rules has a log that breaks it.
test_tlb_judge() {
	expect_unittest "$SHADOW_SCRIPTS/shadow_bbm_test.py"
}

# Blocks that are split and folded, contiguous groups, permissions, tables that
# come and go, vmalloc: three times over, at
# addresses of the modules.
TLB_WORK='
cd /sys/kernel/debug/shadow_mm || exit 1
for again in 1 2 3; do
	{
		echo "map 0xffff800000000000 0x40000000 1 rw"
		echo "map 0xffff800010000000 0x50000000 2048 rw"
		echo "map 0xffff800040000000 0x80000000 32 r"
		echo "unmap 0xffff800010030000 5"
		echo "unmap 0xffff800040010000 1"
		echo "map 0xffff800010030000 0x50030000 5 rw"
		echo "map 0xffff800040010000 0x80010000 1 rx"
		echo "unmap 0xffff800040010000 1"
		echo "map 0xffff800040010000 0x90000000 1 rw"
		echo "unmap 0xffff800000000000 1"
		echo "vmalloc 3M as=one"
		echo "vmalloc 40000 count=20 as=many"
		echo "vfree one"
		echo "vfree many"
		echo "unmap 0xffff800010000000 2048"
		echo "unmap 0xffff800040000000 32"
	} >ctl || sed -n "/^last/p" ctl
done
head -n 1 audit
echo "== log"
cat ../shadow_mm_raw/main/tlb'

# tlb_log: the part of the last guest's output that is the log.
tlb_log() {
	sed '1,/^== log$/d' "$work/out"
}

tlb_protocol() {
	guest "$@" -- "$TLB_WORK"
	expect_status 0
	expect_match '^OK$'
	expect_no_match '^last: '
	tlb_log >"$work/log"
	"$SHADOW_SCRIPTS/shadow-bbm" "$work/log" >"$work/judged" ||
		{ head -n 20 "$work/judged"; fail "the protocol is broken"; }
	grep -qE '^swapper_pg_dir: [1-9][0-9]{2,} records, [0-9]{3,} writes, [0-9]{2,} invalidations.* 0 wrong$' \
		"$work/judged" || { cat "$work/judged"; fail "too little was judged"; }
	[ "$(grep -c '^end$' "$work/log")" -eq 3 ] || fail "three trees were expected"
}

test_tlb_protocol() { tlb_protocol --params 'size=256M mmu_check=off'; }
test_tlb_protocol_64k() {
	tlb_protocol --params 'size=256M granule=64k mmu_check=off'
}

# The judge sees what is missing: the same work with all invalidations left out.
test_tlb_left_out() {
	guest --params 'size=256M mmu_check=off tlbi=stale' -- "$TLB_WORK"
	expect_status 0
	expect_match '^OK$'
	tlb_log >"$work/log"
	if "$SHADOW_SCRIPTS/shadow-bbm" "$work/log" >"$work/judged"; then
		fail "left out invalidations are not seen"
	fi
	grep -qE '^swapper_pg_dir [0-9]+: change: .*no invalidation of that address$' \
		"$work/judged" || { head "$work/judged"; fail "no change is named"; }
	grep -qE '^swapper_pg_dir [0-9]+: free: table 0x.*may be cached' \
		"$work/judged" || { head "$work/judged"; fail "no table is named"; }
	if grep -E ' (log|state|visible|group): ' "$work/judged"; then
		fail "other rules are said to be broken"
	fi
}

# A stale translation is seen, told from a wrong one, and goes by hand.
test_tlb_stale() {
	guest --params 'size=256M tlbi=stale' -- '
	cd /sys/kernel/debug/shadow_mm || exit 1
	echo "map 0xffff800000000000 0x40000000 1 rw" >ctl
	echo 0xffff800000000123 >vtop; echo == first; cat vtop
	echo "unmap 0xffff800000000000 1" >ctl
	echo 0xffff800000000123 >vtop; echo == unmapped; cat vtop vtop; grep STALE tlb
	echo "tlbi 0xffff800000000fff" >ctl && echo == performed; cat vtop; grep -c STALE tlb
	echo "map 0xffff800000200000 0x40200000 512 r" >ctl
	echo 0xffff800000233000 >vtop
	echo "unmap 0xffff800000233000 1" >ctl
	echo == block; cat vtop; sed -n "/^  0x/p" tlb
	echo "tlbi 0xffff800000200000 1" >ctl; tail -n 2 ctl
	echo "tlbi all" >ctl; tail -n 2 ctl
	echo "tlbi 0x0001000000000000" >ctl; tail -n 2 ctl
	echo "reset tlbi=on" >ctl; sed -n "s/^tlbi=/config tlbi=/p" config
	echo "tlbi all" >ctl; tail -n 2 ctl; head -n 1 tlb audit'
	expect_match '^TLB hit: PA 0x40000123, EL1 rw- EL0 ---, AttrIndx=0; the tables say the same$'
	expect_match '^STALE translation: the TLB still says PA 0x40000123, .*; the tables say translation fault, level [123]$'
	expect_match '^  missing since [0-9]+\.[0-9]{3} s: tlbi vaa(l?)e1is of 0xffff800000000000-0x[0-9a-f]+, record [1-9][0-9]* of the log; `tlbi VA` in ctl performs it$'
	expect_match '^  0xffff800000000000-0xffff800000000fff PA 0x40000000, .*: STALE at 0xffff800000000000, missing since '
	expect_match '^TLB: no entry, and a walk that faults leaves none$'
	expect_match '^STALE translation: the TLB still says PA 0x40233000'
	expect_match '^  entry of 2048 KiB at VA 0xffff800000200000 to PA 0x40200000'
	expect_match 'tlbi vaae1is 0xffff800000200000: 1 pages, 1 entries of the TLB went'
	expect_match 'tlbi vmalle1is: 0 entries of the TLB went'
	expect_match 'tlbi: VA 0x1000000000000, 1 pages: allowed: all of them up to 0xffffffffffff, or from '
	expect_match '^config tlbi=on '
	expect_match 'tlbi: with tlbi=on every invalidation has taken place already: allowed: .*tlbi=stale'
	expect_match '^tlbi=on: '
	expect_match '^OK$'
}

# A walk in words: what would be needed, by value, and what the attributes mean.
test_tlb_vtop_words() {
	guest --params 'size=256M lpa2=off mmu_check=off' -- '
	cd /sys/kernel/debug/shadow_mm || exit 1
	echo "map 0xffff800000000000 0x40000000 16 r" >ctl
	echo "map 0xffff800000100000 0x9000000 1 rw,dev" >ctl
	echo "map 0xffff800000200000 0x40000000 1 rw,nc" >ctl
	for va in 0xffff800000001000 0xffff800000100000 0xffff800000200000 0xffff800000300000 \
		0x0000900000000000 0x0080000000000000 0x0123456789; do
		echo "== $va"; echo $va >vtop; cat vtop
	done
	for bad in "" x 0x 12z "1 2" "host" 99999999999999999999 -1; do
		(echo "$bad" >vtop) 2>/dev/null && echo "taken: $bad"
		sed -n "s/^the last write was refused: /refused: /p" vtop
	done
	true'
	expect_status 0
	expect_match '^  type +AttrIndx=0: byte 0xff of MAIR_EL1 = Normal, write-back, read and write allocate$'
	expect_match '^  type +AttrIndx=4: byte 0x04 of MAIR_EL1 = Device-nGnRE$'
	expect_match '^  type +AttrIndx=2: byte 0x44 of MAIR_EL1 = Normal, non-cacheable$'
	expect_match '^  access +AP\[2:1\]=10: EL1 reads, EL0 does not; PXN=1 UXN=1'
	expect_match '^  sharing +SH=3: inner shareable$'
	expect_match '^  sharing +SH=3, but outer shareable, as such memory always is$'
	expect_match '^  software +(dirty \(bit 55\) )?special \(bit 56\)'
	expect_match '^  group +Contiguous=1: member 1 of 16, VA 0xffff800000000000-0xffff80000000ffff, descriptors at PA 0x[0-9a-f]+0-'
	expect_match '^needed: at PA 0x[0-9a-f]+, which is index [0-9]+ of the level [123] table at PA 0x[0-9a-f]+000, '
	expect_match '^  a (page|block) of [0-9]+ KiB \(bits 1:0 = [13]\): 0x[0-9a-f]{16} for PA 0x[0-9a-f]+ as PAGE_KERNEL$'
	expect_match '^the address lies between the two halves: bits (55|63):48'
	expect_match "^refused: 'x': allowed: ADDRESS or host ADDRESS"
	expect_match "^refused: '99999999999999999999': allowed"
	expect_no_match '^taken: '
	expect_no_match 'WARNING'
}
