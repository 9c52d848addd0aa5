# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# The buddy by parameters: its largest order, grouping by mobility, and the
# files that say how free memory is grouped and how broken up it is.

QUICK+=(buddy_files)

# Each file has its columns, and a history that grows with what happens.
test_buddy_files() {
	guest --params 'size=64M' -- 'cd /sys/kernel/debug/shadow_mm
		awk "{ print NF - 4 }" buddyinfo | sort -u
		grep -c "^Node .* type  *[A-Z]" pagetypeinfo
		sed -n "s/^Number of \([a-z]*\).*/\1/p" pagetypeinfo
		awk "{ print NF - 4 }" extfrag_index unusable_index | sort -u
		head -n 1 frag_history | grep -o "one sample in [0-9]* ops"
		echo "set frag_interval 1" >ctl
		for i in 1 2 3 4 5 6 7 8 9 10; do echo "alloc_pages 5 count=8" >ctl; done
		head -n 1 frag_history | grep -o "one sample in [0-9]* ops"
		tail -n 1 frag_history | grep -o "^… .* more in .*" | sed "s/[0-9][0-9]*/N/"
		grep -c "^ *[0-9]" frag_history
		head -n 1 audit'
	expect_status 0
	expect_out '11
8
blocks
mixed
11
one sample in 1024 ops
one sample in 1 ops
… N more in shadow_mm_raw/main/frag_history
40
OK'
}

# A virtual board may have an order that no Linux has; it can be had, too.
test_buddy_max_order() {
	guest --no-insmod -- 'd=/sys/kernel/debug/shadow_mm
		for p in "max_order=18 memory=0x40000000+4G" "max_order=3" "max_order=15"; do
			insmod /shadow_mm.ko size=64M $p || exit 1
			awk "{ print NF - 5 }" $d/buddyinfo | sort -u
			o=${p#max_order=}; o=${o%% *}
			if [ $o -ne 15 ]; then
				echo "alloc_pages $o as=x" >$d/ctl || exit 1
				echo "free_pages x" >$d/ctl || exit 1
			fi
			head -n 1 $d/audit
			rmmod shadow_mm
		done'
	expect_status 0
	expect_out '18
OK
3
OK
15
OK'
}

# Nobody is grouped: what is movable takes unmovable pageblocks.
test_buddy_mobility_off() {
	guest --params 'size=64M mobility=off' -- 'cd /sys/kernel/debug/shadow_mm
		grep -o "mobility grouping [a-z]*" boot | sort -u
		echo "alloc_pages 0 gfp=MOVABLE|HIGHMEM count=64" >ctl || tail -n 3 ctl
		sed -n "/Number of mixed/,\$p" pagetypeinfo | awk "/^Node/ { n += \$5 + \$7 } END { print n }"
		head -n 1 audit'
	expect_status 0
	expect_match '^mobility grouping off$'
	expect_match '^OK$'
}
