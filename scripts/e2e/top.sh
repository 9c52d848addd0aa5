# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2034,SC2154
#
# scripts/shadow-top: pictures of files made for it, and of real guests.

QUICK+=(top_pictures)

test_top_pictures() {
	python3 "$SHADOW_SCRIPTS/shadow_top_test.py" >"$work/out" 2>&1 ||
		{ rc=1; show_last; fail "pictures and calls"; }
	expect_match '^[0-9]{5} cases$'
}

# A machine that works meanwhile, as plain text.
test_top_once() {
	cat >"$work/load.sh" <<-'EOT'
		cd /sys/kernel/debug/shadow_mm
		echo 'alloc_pages 9 count=8' >ctl
		echo 'kmalloc 3000 count=64' >ctl
	EOT
	rc=0
	"$SHADOW_SCRIPTS/shadow-top" --guest --run "$work/load.sh" --once --frames 4 \
		--ascii -- --params 'size=128M ring=4096' >"$work/out" 2>"$work/err" || rc=$?
	expect_status 0
	expect_match '^shadow-top  main  ..:..:..  every 1 s  booted'
	expect_match 'D{64}'
	expect_match 'kmalloc-4k +64 +[0-9]+ +4096'
	expect_match '^fragmentation +[0-9.]+% of free memory unusable at order  5'
	expect_match '^[0-9]+ [0-9.]+ [0-9]+ kmalloc bytes=3000 gfp=0x[0-9a-f]+ cpu=[0-9] pa=0x[0-9a-f]+'
	LC_ALL=C expect_no_match '[^ -~]'
	awk 'length > 80 { exit 1 }' "$work/out" || fail "a line is wider than 80 columns"
}

test_top_keys() {
	python3 "$SHADOW_SCRIPTS/shadow_top_test.py" "$SHADOW_SCRIPTS/shadow-top" --guest \
		--interval 0.5 -- --params 'size=64M until=paging_init' \
		>"$work/out" 2>&1 || { rc=1; show_last; fail "keys"; }
	expect_match '^3 cases$'
}
