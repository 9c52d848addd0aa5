# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# What the shadow derives beside what a kernel derived: one shape of
# `make fidelity`, and that each part of its table can turn red.

QUICK+=(fidelity_parsers)

test_fidelity_parsers() {
	expect_unittest "$SHADOW_SCRIPTS/fidelity_test.py"
}

# unexplained FILE SED: with this said differently, the table says so.
unexplained() {
	local copy=$work/spoiled
	rm -rf "$copy"
	cp -r "$work/kept/numa" "$copy"
	sed -i "$2" "$copy/$1"
	! cmp -s "$copy/$1" "$work/kept/numa/$1" || fail "$1: '$2' changes nothing"
	if "$SHADOW_SCRIPTS/fidelity.py" compare "$copy" >"$work/out" 2>"$work/err"; then
		fail "$1: '$2' is not noticed"
	fi
	expect_match ' UNEXPLAINED$'
	expect_match '^fidelity: [1-9][0-9]* equal, [0-9]+ explained, [1-9][0-9]* unexplained$'
}

test_fidelity_nodes() {
	rc=0
	"$SHADOW_SCRIPTS/fidelity.sh" --keep "$work/kept" numa >"$work/out" \
		2>"$work/err" || rc=$?
	expect_status 0
	expect_match '^fidelity: [1-9][0-9]+ equal, [0-9]+ explained, 0 unexplained$'
	expect_match '^  memory \[0xc0000000-0x13fffffff\] +node 1 NONE +node 1 NONE +equal$'
	expect_match '^  memory \[0x50802000-0x50806fff\] +NOMAP +NOMAP +equal$'
	expect_match '^  reserved \[0x51000000-0x51002344\] +reserved +reserved +equal$'
	expect_match '^  node 1: zone Normal +frames 0x100000 to 0x13ffff .* equal$'
	expect_match '^  orders of .* 10x[0-9]+.* equal$'
	expect_match '^  released 8192 frames .* different: 8192 frames 0x54000 to 0x55fff: a pool of CMA'
	expect_match '^  node 0: fallback +0:DMA 1:Normal 1:DMA +0:DMA 1:Normal 1:DMA +equal$'
	expect_match '^# with min_free_kbytes=6001 watermark_scale_factor=237 '
	expect_match '^  node 1: zone Normal, min low high promo +[1-9].* equal$'
	unexplained early/memblock_memory 's/NOMAP/NONE/'
	unexplained early/memblock_reserved '/0x0000000051000000/s/2344/2345/'
	unexplained tree/memblock_memory '/0x00000000c0000000/s/  1 NONE/  0 NONE/'
	unexplained tree/zoneinfo 's/spanned  524288/spanned  524287/'
	unexplained tree/zoneinfo 's/present  262144/present  262143/'
	unexplained tree/zoneinfo 's/start_pfn: *1048576/start_pfn: 1048577/'
	unexplained tree/boot '/> Initmem setup node 1/d'
	unexplained tree/boot 's/nomap non-reusable hidden/map non-reusable hidden/'
	unexplained now/handover '/^\[0x50604000-/d'
	unexplained now/zoneinfo 's/managed  [1-9][0-9]*/managed  1/'
	unexplained handover/handover 's/ frames: orders 9$/ frames: orders 8x2/'
	unexplained host/zoneinfo 's/cma      8192/cma      8191/'
	unexplained marks/0/shadow/zoneinfo 's/promo    [1-9][0-9]*/promo    1/'
	unexplained marks/1/shadow/zoneinfo 's/high_max: [1-9][0-9]*/high_max: 1/'
	unexplained marks/2/shadow/zoneinfo 's/protection: (0, 0, 0, /protection: (0, 0, 1, /'
	unexplained marks/3/host/zoneinfo 's/min      [1-9][0-9]*/min      1/'
	unexplained marks/zonelists 's/0:DMA 1:Normal/1:Normal 0:DMA/'
	unexplained handover/boot 's/K reserved, 0K cma/1K reserved, 0K cma/'
}
