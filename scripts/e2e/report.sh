# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# scripts/shadow-report and make demo: the page of a model, in a browser, and of
# real guests.

REPORT_TEST=$SHADOW_SCRIPTS/shadow_report_test.py

# expect_page FILE: a browser opens it without an error, the scrubber moves its
# map, and what the events lead to is what the snapshots say.
expect_page() {
	rc=0
	SHADOW_PAGE=$1 "$REPORT_TEST" Recorded >"$work/out" 2>"$work/err" || rc=$?
	expect_status 0
	expect_match '^Ran [1-9][0-9]* tests?' "$work/err"
	expect_no_match 'skipped' "$work/err"
}

test_report_page() {
	expect_unittest "$REPORT_TEST"
	expect_no_match 'skipped' "$work/err"
	expect_match '# 2 runs of 100,000 events: loaded in [0-9]+ ms, a step [0-9.]+ ms' "$work/err"
}

test_report_demo() {
	rc=0
	"$SHADOW_SCRIPTS/demo.sh" -o "$work/demo" >"$work/out" 2>"$work/err" || rc=$?
	expect_status 0
	expect_match "^open in a browser: file:///.*/demo/report.html$"
	expect_match '^took [0-9]+ s: packages and module [0-9]+ s, guest [0-9]+ s, page [0-9]+ s; [1-9][0-9]* s of CPU$'
	expect_page "$work/demo/report.html"
	# Ten that were taken, and the reset, which the events lead back to
	expect_match '^# run mobility=on: 11 moments, missing: \[\]$'
	expect_match '^# run mobility=off: 11 moments, missing: \[\]$'
}

# Another workload, another shape of machine, without a ring.
test_report_record() {
	cat >"$work/load" <<-'END'
		snap one
		echo 'alloc_pages 3 count=100 as=a' | tell
		snap two
	END
	rc=0
	"$SHADOW_SCRIPTS/shadow-report" --record "$work/run" --workload "$work/load" \
		--params 'size=64M nodes=2 slab=slob' -o "$work/page.html" -- --mem 768M \
		>"$work/out" 2>"$work/err" </dev/null || rc=$?
	expect_status 0
	for file in map buddyinfo zoneinfo slab_objects page_tables moment; do
		[ -s "$work/run/001/$file" ] || fail "no $file in the second moment"
	done
	expect_page "$work/page.html"
	expect_match '^# run run: 2 moments'
}

# Blocks that are split and folded, groups, areas, objects of another engine: what
# events lead to between snapshots, in each view.
test_report_moves() {
	cat >"$work/load" <<-'END'
		one() { while read -r line; do echo "$line" >"$ctl"; done; }
		snap one
		one <<-'LINES'
			map 0x40000000 0x80000000 1024 rw
			unmap 0x40003000 2
			unmap 0x40210000 33
			protect 0x40300000 16 r
			map 0x50000000 0x81000000 511 rw
			map 0x501ff000 0x811ff000 1 rw
			vmalloc 100000 count=9 as=x
			vmalloc 3M as=w
		LINES
		snap two
		one <<-'LINES'
			vfree x
			vfree w
			vmalloc_purge
			cache_create t1 700
			cache_alloc t1 count=333 as=o
			kmalloc 24 count=300 as=k
			cache_free o count=111
			alloc_pages_bulk 200 as=b
			free_pages b count=77
			alloc_pages 2 gfp=ATOMIC count=100 as=at
		LINES
		snap three
	END
	rc=0
	"$SHADOW_SCRIPTS/shadow-report" --record "$work/run" --workload "$work/load" \
		--params 'size=64M slab=slab pcp=hotcold ring=16384 mmu_check=off' \
		-o "$work/page.html" -- --mem 768M >"$work/out" 2>"$work/err" </dev/null || rc=$?
	expect_status 0
	expect_page "$work/page.html"
	expect_match '^# run run: 4 moments, missing: \[\]$'
}

test_report_refuses() {
	# A guest that is none ends with the runner's own status, and leaves nothing
	rc=0
	"$SHADOW_SCRIPTS/shadow-report" --record "$work/none" --params 'size=7' \
		-o "$work/none.html" >"$work/out" 2>"$work/err" </dev/null || rc=$?
	expect_status 72
	[ ! -e "$work/none" ] && [ ! -e "$work/none.html" ] ||
		fail "a run that failed left something behind"
}
