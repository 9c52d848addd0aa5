# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# memmodel=: each model on a real machine, VMEMMAP as the CPU sees it, frames
# of zone Device, and a board whose flat memmap does not fit.

QUICK+=(memmodel_real)

# put COMMAND: one write to ctl; prints ok or the reason. model: what is in use.
MEMMODEL='
cd /sys/kernel/debug/shadow_mm
put() { echo "$1" >ctl 2>/dev/null && echo ok || sed -n "s/^last: //p" ctl; }
model() {
	sed -n "s/^free_area_init .* \([a-z]*: memmap [0-9]* KiB, pieces [0-9]*\),.*/\1/p" boot
	sed -n "s/^  \([a-z]*\) .*in use$/\1 in use/p" layout
	head -n 1 audit
}
# The first entry that is mapped at VMEMMAP, as the walker and the CPU find it
first_entry() {
	sed -n "/vmemmap start/,/vmemmap end/s/-0x.* RW NX .*//p" page_tables | head -n 1
}
'

test_memmodel_real() {
	guest --params size=256M -- "$MEMMODEL"'
		model
		first_entry >vtop; sed -n "/[Pp][Aa]/p" vtop | tail -n 1
		put "mmu_check 5000"; head -n 1 mmu_check
		put "memremap_pages 0x100000000 1G"
		grep -c "Device" zoneinfo; sed -n "s/^  device  *//p" audit; head -n 1 audit
		put "mmu_check 5000"; head -n 1 mmu_check
		put "memremap_pages 0x120000000 4M"
		put "memunmap_pages 0x100000000"; grep -c "^  device" audit
		put "memunmap_pages 0x100000000"
		put "memremap_pages 0x100000000 1G"
		put "reset memmodel=flat"; model
		put "memremap_pages 0x100000000 1G"
		put "reset memmodel=discontig"; model; first_entry | wc -l
		put "reset memmodel="; model
		put "mmu_check 5000"; head -n 1 mmu_check'
	expect_status 0
	for model in vmemmap flat discontig; do
		expect_match "^$model: memmap 20[0-9]{2} KiB, pieces 1\$"
		expect_match "^$model in use\$"
	done
	[ "$(grep -c '^OK$' "$work/out")" -eq 5 ] || { show_last; fail "audit is not OK"; }
	[ "$(grep -cE '^MMU checked=[0-9]{4,5} agree=[0-9]{4,5} mismatch=0$' "$work/out")" -eq 3 ] ||
		{ show_last; fail "the CPU disagrees"; }
	expect_match '^262144  of zone Device'
	expect_match 'memremap_pages: 0x120000000\+0x400000: overlaps memory or another range'
	expect_match 'memunmap_pages: no range begins at 0x100000000'
	expect_match 'memremap_pages: .*memmodel=flat gives frames no struct page later'
}

# 30 GiB between two pieces of memory: 8 GiB in a block of 128 MiB
test_memmodel_board() {
	guest --params 'size=128M board=j722s-evm' \
		--board "$("$SHADOW_SCRIPTS/build-boards.sh")/j722s-evm.dtb" -- "$MEMMODEL"'
		model
		grep -A 4 "^What a memmap for this memory" layout
		put "create x size=128M board=j722s-evm memmodel=flat"
		rmmod shadow_mm; insmod /shadow_mm.ko size=128M board=j722s-evm memmodel=flat 2>&1
		dmesg | grep memmodel=flat | tail -n 1'
	expect_match '^vmemmap: memmap [0-9]+ KiB, pieces [2-9]$'
	expect_match '^OK$'
	expect_match '^  flat .* refused: the block has 134217728$'
	expect_match 'memmodel=flat: no room for a memmap of [0-9]+ frames x 32 bytes = [0-9]+ KiB; allowed: less than the block, 131072 KiB'
}
