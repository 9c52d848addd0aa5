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
	# A guest that is none ends with the runner's own status, and leaves nothing
	rc=0
	"$SHADOW_SCRIPTS/shadow-report" --record "$work/none" --params 'size=7' \
		-o "$work/none.html" >"$work/out" 2>"$work/err" </dev/null || rc=$?
	expect_status 72
	[ ! -e "$work/none" ] && [ ! -e "$work/none.html" ] ||
		fail "a run that failed left something behind"
}
