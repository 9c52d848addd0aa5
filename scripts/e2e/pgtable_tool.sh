# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# scripts/shadow-pgtable: on memory made for it, and on what QEMU saves of a
# guest that has powered off, as a debugger would of a board.

PGTABLE_SUITE=$SHADOW_SCRIPTS/shadow_pgtable

# The browser is asked where there is one; the script's own walk runs in node.
test_pgtable_tool_suite() {
	local dir browser
	dir=$(clone_build_dir)/host/tables
	with_lock "$(basename "$(clone_build_dir)")-tables" \
		make -s -j2 -C "$SHADOW_TOP/kunit/host" O="$dir" SANITIZE=0 \
		TREE="$("$SHADOW_SCRIPTS/kernel-tree.sh")" tables >&2
	browser=$(command -v chromium || command -v chromium-browser || true)
	"$PGTABLE_SUITE/test.py" --tables "$dir/tables" \
		${browser:+--browser "$browser"} >"$work/out" 2>&1 || {
		sed 's/^/#   /' "$work/out"
		fail "the tests of the tool"
	}
	expect_match '^[1-9][0-9]+ passed, 0 failed$'
}

# pgtable_guest PARAMETERS: boots, asks, and saves the block's memory. The
# machine's own words go to files in $work: tree, vtop, regs.
pgtable_guest() {
	local base bytes saver guest_rc=0
	rm -f "$work/qmp"
	"$SHADOW_SCRIPTS/guest.sh" --params "$1" \
		--qemu "-no-shutdown -qmp unix:$work/qmp,server=on,wait=off" -- '
		cd /sys/kernel/debug/shadow_mm
		echo "vmalloc 300000" >ctl
		echo "vmalloc 5000000" >ctl
		for va in $(sed -n "s/^\(0x[0-9a-f]*\)-.*/\1/p" page_tables); do
			echo $va >vtop
			echo "=vtop $va"
			cat vtop
		done
		echo =regs; cat regs
		echo =config; cat config
		echo =tree; cat ../shadow_mm_raw/main/page_tables
		echo =end' >"$work/out" 2>"$work/err" </dev/null &
	saver=$!
	# The block lies anywhere in the guest's memory: all of it is saved.
	"$PGTABLE_SUITE/pmemsave.py" "$work/qmp" 0x40000000 0x40000000 "$work/memory" ||
		fail "the guest's memory was not saved"
	wait "$saver" || guest_rc=$?
	rc=$guest_rc
	expect_status 0
	sed -n '/^=tree$/,/^=end$/p' "$work/out" | sed '1d;$d' >"$work/tree"
}

pgtable_reg() {
	sed -n "s/^$1 *\(0x[0-9a-f]*\) .*/\1/p" "$work/out" | head -n 1
}

# The tool on the saved memory says what the machine said.
pgtable_same() {
	local regs tree
	regs=(--dump "$work/memory@0x40000000" --tcr "$(pgtable_reg TCR_EL1)"
		--mair "$(pgtable_reg MAIR_EL1)"
		--ttbr0 "$(pgtable_reg TTBR0_EL1)" --ttbr1 "$(pgtable_reg TTBR1_EL1)")
	mapfile -t vas < <(sed -n 's/^=vtop //p' "$work/out")
	[ "${#vas[@]}" -gt 20 ] || fail "the machine has no tables: $out"
	# Whose walk it is stands in the first line of each.
	"$SHADOW_SCRIPTS/shadow-pgtable" "${regs[@]}" "${vas[@]}" |
		sed '/^VA /d; /^$/d' >"$work/said" || true
	sed -n '/^=vtop/,/^=regs/p' "$work/out" | sed '/^=/d; /^VA /d; /^$/d' >"$work/vtop"
	cmp "$work/vtop" "$work/said" || {
		diff "$work/vtop" "$work/said" | head -n 20
		fail "the machine's vtop, and the tool's"
	}
	"$SHADOW_SCRIPTS/shadow-pgtable" "${regs[@]}" --raw >"$work/raw" ||
		fail "the tool's tree of the saved memory"
	for tree in idmap_pg_dir:TTBR0_EL1 swapper_pg_dir:TTBR1_EL1; do
		pgtable_lines "${tree%:*}" "$work/tree" >"$work/one"
		pgtable_lines "${tree#*:}" "$work/raw" >"$work/two"
		[ -s "$work/one" ] || fail "no tree ${tree%:*}"
		cmp "$work/one" "$work/two" || fail "${tree%:*} of the machine and of the dump"
	done
	"$SHADOW_SCRIPTS/shadow-pgtable" --draw "$work/tree" -o "$work/tree.html" ||
		fail "the machine's trees cannot be drawn"
}

# pgtable_lines TREE FILE: the tables of one tree.
pgtable_lines() {
	sed -n "/^tree=$1 /,/^[te]/p" "$2" | grep '^ '
}

test_pgtable_tool_saved_memory() {
	pgtable_guest 'size=64M'
	pgtable_same
}

test_pgtable_tool_saved_64k() {
	pgtable_guest 'size=256M granule=64k va_bits=52'
	pgtable_same
}

# The whole file in pieces of any size is the same, at any place.
test_pgtable_tool_stream() {
	guest --params 'size=64M' -- '
	cd /sys/kernel/debug/shadow_mm_raw/main
	stat -c "mode %a" page_tables
	for i in $(seq 200); do echo "vmalloc 4096"; done >../../shadow_mm/ctl
	cat page_tables >/tmp/whole
	dd if=page_tables bs=777 2>/dev/null | cmp - /tmp/whole && echo pieces
	dd if=page_tables bs=1 skip=9999 count=3000 2>/dev/null >/tmp/part
	tail -c +10000 /tmp/whole | head -c 3000 | cmp - /tmp/part && echo place
	# A machine that is booted again is not mixed with the one before
	(dd bs=500 count=1; echo "reset va_bits=39" >../../shadow_mm/ctl
		cat) <page_tables >/tmp/mixed 2>/tmp/err
	echo "reset: $(grep -c "^end " /tmp/mixed) $(grep -c -i stale /tmp/err)"
	grep -c "^tree=" page_tables'
	expect_status 0
	expect_match '^mode 400$'
	expect_match '^pieces$'
	expect_match '^place$'
	expect_match '^reset: 0 1$'
	expect_match '^3$'
}
