# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# What the files about caches show: every object as a character, every class's
# waste, and the same in the whole dump.

# Objects that come and go are seen one by one; the dump has a line for each
# 64 objects, and as many marks as objects are in use.
test_slab_view() {
	guest --params 'size=64M' -- '
	cd /sys/kernel/debug/shadow_mm || exit 1
	raw=../shadow_mm_raw/main/slab_objects
	marks() { sed -n "s/^  //p" $raw | tr -cd "#" | wc -c; }
	head -n 1 slab_objects
	before=$(marks)
	printf "kmalloc 100 count=5 as=a\nkmalloc 200 count=3000 as=b\nkmalloc 100K as=c\n" >ctl
	echo "more $(($(marks) - before))"
	grep "^kmalloc-128  " slab_objects
	grep -A 1 "^kmalloc-128: slab" slab_objects
	grep -c "^… .* more slabs in shadow_mm_raw/main/slab_objects$" slab_objects
	wc -l <slab_objects
	printf "kfree a\nkfree b\nkfree c\n" >ctl
	echo "left $(($(marks) - before))"
	grep -e "^kmalloc-128 " -e "^kmalloc-256 " -e "^page allocator" kmalloc_waste
	dd if=$raw bs=100 2>/dev/null | cmp - $raw && echo "same in small pieces"
	head -n 1 audit'
	expect_status 0
	expect_match '^one character an object, in order of address: # in use, \. free; engine slub$'
	expect_match '^more 3005$'
	expect_match '^left 0$'
	expect_match '^kmalloc-128: slab at pfn [0-9]+, order 0, node 0, cpu [01]: 5 of 32 objects of 128 bytes in use$'
	expect_match '^1$'
	# 5 of 100 bytes in 128 each: 140 of 640; 3000 of 200 in 256; 100 KiB in 128
	expect_match '^kmalloc-128 +5 +500 +640 +140 +21\.8% +100$'
	expect_match '^kmalloc-256 +3000 +600000 +768000 +168000 +21\.8% +200$'
	expect_match '^page allocator +1 +102400 +131072 +28672 +21\.8% +102400$'
	expect_match '^same in small pieces$'
	expect_match '^OK$'
}
