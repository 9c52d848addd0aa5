# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# Tables of every shape: booted, read, judged by the CPU, taken down; rodata=;
# user mappings in the lower half; what is writable and executable.

SHAPES_BOOT='
	for granule in 4k 16k 64k; do
		for va_bits in 36 39 42 47 48 52; do
			insmod /shadow_mm.ko size=64M granule=$granule va_bits=$va_bits kaslr=on \
				seed=$va_bits mmu_check=300 $MORE 2>/dev/null || {
				echo "$granule $va_bits refused"
				continue
			}
			cd /sys/kernel/debug/shadow_mm
			cat * >/dev/null || echo "$granule $va_bits: a file cannot be read"
			echo "$granule $va_bits $(head -n 1 audit) $(head -n 1 check_wx_pages)" \
				$(grep -E "^(MMU checked| *not walkable)" mmu_check)
			cd /
			rmmod shadow_mm || echo "$granule $va_bits: cannot be removed"
		done
	done'

# shapes_each PATTERN: a line for each pair
shapes_each() {
	local granule va_bits
	expect_status 0
	for granule in 4k 16k 64k; do
		for va_bits in 36 39 42 47 48 52; do
			expect_match "^$granule $va_bits OK SUCCESS $1"
		done
	done
	expect_no_match 'refused|cannot|mismatch=[^0]'
}

SHAPES_AGREE='MMU checked=3[0-9]{3} agree=3[0-9]{3} mismatch=0'

test_shapes_48() {
	guest --no-insmod -- "MORE=pa_bits=48; $SHAPES_BOOT"
	shapes_each "$SHAPES_AGREE"
}

test_shapes_52_full() {
	guest --no-insmod -- "MORE='pa_bits=52 rodata=full'; $SHAPES_BOOT"
	shapes_each "$SHAPES_AGREE"
}

# More memory than a small half shows, above what it could name, too
test_shapes_boards() {
	guest --no-insmod -- "MORE='memory=1G+2G,0x880000000+1G,8T+512M'; $SHAPES_BOOT"
	shapes_each 'MMU checked=0 .*'
}

test_rodata_off() {
	guest --params 'size=64M rodata=off mmu_check=off' -- '
	cd /sys/kernel/debug/shadow_mm
	grep -e "memory protection" -e W+X boot
	cat check_wx_pages
	grep -E " \.(init\.)?text " layout
	head -n 1 audit'
	expect_status 0
	expect_match '^   > Kernel memory protection disabled\.$'
	expect_match '^  s> Checked W\+X mappings: FAILED, [1-9][0-9]* W\+X pages found, 0 non-UXN pages found$'
	expect_match '^FAILED$'
	[ "$(grep -c '^Found insecure W+X mapping at 0x' "$work/out")" = 2 ] ||
		fail "not .text and .init.text: $out"
	[ "$(grep -c PAGE_KERNEL_EXEC "$work/out")" = 2 ] || fail "segments: $out"
	expect_match '^OK$'
}

# What a user maps is seen by vtop, in page_tables_lower and by the audit
test_user_half() {
	guest --params 'size=64M lpa2=off' -- '
	cd /sys/kernel/debug/shadow_mm
	grep TTBR0 regs
	printf "map 0x400000 0x50000000 600 PAGE_READONLY_EXEC\nprotect 0x401000 2 rwu\n" >ctl || exit 1
	grep TTBR0 regs
	echo 0x401004 >vtop
	grep -e "^result" -e "^allowed" vtop
	sed -n "/User start/,/Identity map start/p" page_tables_lower
	printf "map 0x400000 0x50000000 1 rwxu\n" >ctl && exit 2
	grep "writable and executable" ctl
	head -n 1 check_wx_pages
	printf "unmap 0x400000 600\n" >ctl || exit 3
	head -n 1 audit'
	expect_status 0
	expect_match '^TTBR0_EL1 .* idmap_pg_dir$'
	expect_match "^TTBR0_EL1 .* a user's, since the first map there$"
	expect_match '^result: PA 0x50001004 '
	expect_match '^allowed: EL1 rw- EL0 rw-$'
	expect_match '^0x0000000000400000-0x0000000000401000           4K PTE   USR ro NX SHD AF NG                MEM/NORMAL$'
	expect_match '^0x0000000000401000-0x0000000000403000           8K PTE   USR RW NX SHD AF NG         UXN    MEM/NORMAL$'
	expect_match 'writable and executable at once: allowed: with force=on'
	expect_match '^SUCCESS$'
	expect_match '^OK$'
}
