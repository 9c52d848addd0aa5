# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# The early allocators: what they show of themselves, and that both leave the
# same memory to the buddy.

# Run in the guest: the sums that the files must agree in.
EARLY_SUMS='
cd /sys/kernel/debug/shadow_mm || exit 1
sums() {
	head -n 1 audit
	awk "/handed over:/ { released += \$3; map += \$9 }
	     /frames  0  free/ { free += \$2 }
	     END { print \"bootmem released\", released, \"runs\", free, \"map\", map }" bootmem
	awk "/^pages freed/ { print \"handover freed\", \$3 }" handover
	awk "/^0x/ { n++; sum += \$2 } /ranges, / { print \"owners\", n == \$1, sum == \$3 }" memblock_owners
}
'

# Every frame that bootmem says was free has gone to the buddy, and its bitmap's.
test_bootmem_view() {
	guest --params 'early=bootmem size=64M' -- "$EARLY_SUMS"'
	sums
	grep "^bytes returned" bootmem
	echo reset early=memblock >ctl || exit 1
	cat bootmem
	sums'
	expect_status 0
	expect_match '^bytes returned: 4096, '
	expect_match '^early=memblock: there are no bitmaps; .* 2048 bytes$'
	[ "$(grep -c '^OK$' "$work/out")" -eq 2 ] ||
		{ show_last; fail "both audits were expected to be OK"; }
	[ "$(grep -c '^owners 1 1$' "$work/out")" -eq 2 ] ||
		{ show_last; fail "the rows of memblock_owners do not add up"; }
	awk '/^bootmem released [1-9]/ { ok = $3 == $5; bytes = $7; n = $3 }
	/^handover freed/ && !seen++ { ok = ok && $3 == n + bytes / 4096 }
	END { exit !ok }' "$work/out" || { show_last; fail "frames are missing"; }
}

# A board of 2 x 300 ranges: rows are bounded, the raw files have all.
test_early_views_bounded() {
	local i board=$work/many.txt
	{
		echo memory
		echo '   0: 0x0000000080000000..0x00000000bfffffff'
		echo reserved
		for ((i = 0; i < 300; i++)); do
			printf ' %3d: 0x%016x..0x%016x\n' $i \
				$((0x80000000 + i * 0x100000)) \
				$((0x80000000 + i * 0x100000 + 0x4fff))
		done
	} >"$board"
	guest --board "$board" --params 'board=many early=bootmem size=64M' -- "$EARLY_SUMS"'
	sums
	for f in bootmem memblock_owners; do
		echo "$f $(grep -c 0x.*[.][.]0x $f) $(grep -c 0x.*[.][.]0x ../shadow_mm_raw/main/$f)"
	done
	grep "^bytes returned" bootmem
	echo reset early=memblock >ctl || exit 1
	grep "^pages freed" handover'
	expect_status 0
	expect_match '^OK$'
	expect_match '^bootmem 40 600$'
	expect_match '^memblock_owners 40 300$'
	# Of a board that is a snapshot, nothing but what it says is missing.
	expect_match '^bytes returned: 0, '
	expect_match '^handover freed 260644$'
	expect_match '^pages freed  *260644$'
}
