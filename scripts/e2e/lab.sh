# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2034,SC2154
#
# docs/lab.txt: what its exercises show is what the machine shows.

# lab NUMBER...
lab() {
	rc=0
	"$SHADOW_SCRIPTS/lab.py" "$@" >"$work/out" 2>"$work/err" || rc=$?
	expect_status 0
	[ "$(grep -c '^ok ' "$work/out")" -eq $# ] || { show_last; fail "$# exercises"; }
}

test_lab_boot() {
	lab 1 2 3 4
}

test_lab_allocators() {
	lab 5 6 7 8
}

test_lab_faults() {
	lab 9 10 11 12
}

# A line that is not what the machine shows is found, and named.
test_lab_compares() {
	local args
	sed 's/ free_order: order of/ free_order: order off/' "$SHADOW_TOP/docs/lab.txt" \
		>"$work/lab.txt"
	rc=0
	LAB=$work/lab.txt "$SHADOW_SCRIPTS/lab.py" 12 >"$work/out" 2>"$work/err" || rc=$?
	expect_status 1
	expect_match "^exercise 12: # echo 'break free_order'"
	expect_match '^  differs at: last: ok, commands run: 1; line 1: free_order: order off'
	expect_match '^not ok 12 Break it$'
	for args in 0 13 x; do
		rc=0
		"$SHADOW_SCRIPTS/lab.py" $args >"$work/out" 2>"$work/err" || rc=$?
		expect_status 2
		expect_match "'$args': an exercise, 1 to 12, is allowed" "$work/err"
	done
}
