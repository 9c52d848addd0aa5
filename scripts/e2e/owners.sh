# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# Who has what: owners by call site, leaks since a mark, what is left behind.

# Run in the guest: something from before the mark, something that is freed
# again, and what is lost. What is printed of leaks are rows, not stacks.
OWNERS_LOSE='
cd /sys/kernel/debug/shadow_mm || exit 1
rows() { sed -n "s/^ *\([0-9][0-9]*\)  *\([0-9]*\)  *[-0-9.]*  \([a-z]* [^ ]*\) .*/\1 \2 \3/p" "$1"; }
printf "alloc_pages 4\nvmalloc 1M\nmark\n" >ctl || exit 1
echo "before: $(rows leaks | wc -l)"
printf "alloc_pages 2 as=lost\nalloc_pages 3 as=given\nvmalloc 64K as=area\nkmalloc 64 as=object\nioremap 0x9000000 4096\nfree_pages given\n" >ctl || exit 1
rows leaks
head -n 1 audit
'

# Exactly what was lost: not what was there before, not what was freed again.
owners_expect() {
	local page=$1
	shift
	guest "$@" --params 'size=64M page_owner=on slab_debug=U' -- "$OWNERS_LOSE"'
	echo "aged: $(grep -cE " 1 +[0-9]+\.[0-9]{3}  objects kmalloc-64 " leaks)"
	echo "stack: $(grep -c "^ shadow_ctl_alloc_pages+" leaks)"
	cat leaks owners | grep -E "ffff[0-9a-f]{8}" && echo "an address"
	awk "/^  page_owner / { print \"layout\", \$2 }" layout
	awk "\$3 == \"page_owner\" { print \"taken\", \$2 }" memblock_owners
	cd / && dmesg -c >/dev/null && rmmod shadow_mm
	dmesg | sed -n "s/^.*shadow_mm: main: //p"'
	expect_status 0
	expect_match '^before: 0$'
	expect_match "^$((4 * page)) 1 pages direct\$"
	expect_no_match "^$((12 * page)) 2 pages direct\$"
	expect_match '^65536 1 area vmalloc$'
	expect_match '^4096 1 area ioremap$|^'"$page"' 1 area ioremap$'
	expect_match '^65536 [0-9]+ pages vmalloc$'
	expect_match '^64 1 objects kmalloc-64$'
	expect_match '^aged: 1$'
	expect_match '^OK$'
	expect_match '^stack: [1-9]'
	expect_no_match '^an address$'
	awk '/^layout/ { a = $2 } /^taken/ { b = $2 } END { exit !(a && a == b) }' \
		"$work/out" || { show_last; fail "layout does not say what is taken"; }
	expect_match "^left behind: 2 blocks of pages \(direct\), $((20 * page)) bytes, asked for in [a-z_]+\+0x"
	expect_match '^left behind: 2 areas \(vmalloc\), 1114112 bytes, asked for in '
	expect_match '^left behind: 1 areas \(ioremap\), '
	expect_match '^1 objects of cache kmalloc-64 in use, allocated in '
	expect_match '^[0-9]+ pages were still in use$'
}

test_owners()		{ owners_expect 4096; }
test_owners_16k()	{ owners_expect 16384 --kernel 6.12-16k; }
test_owners_6_1()	{ owners_expect 4096 --kernel 6.1-cloud; }
test_owners_rt()	{ owners_expect 4096 --kernel 6.12-rt; }

# Without page_owner: what frames are for, and how many more than at the mark.
test_owners_off() {
	guest --params 'size=64M' -- "$OWNERS_LOSE"'
	grep -c "page_owner=on" owners
	grep "pages direct\|^Sum: " leaks
	echo "cost: $(grep -c "^  page_owner" layout)"
	echo "reset page_owner=on" >ctl || exit 1
	grep "^page_owner=" config owners'
	expect_status 0
	expect_match '^ *\+16384  pages direct +65536 bytes at the mark, 81920 now$'
	expect_no_match '^Sum: '
	expect_match '^cost: 0$'
	expect_match '^config:page_owner=on '
	expect_match '^owners:page_owner=on: '
}

# Early memory is told apart by the mark, also where it is in one piece.
test_owners_early() {
	guest --params 'size=64M page_owner=on until=paging_init' -- '
	cd /sys/kernel/debug/shadow_mm || exit 1
	printf "early_alloc 4096\nmark\nearly_alloc 8192\n" >ctl || exit 1
	grep "early ctl" leaks
	grep -c "early ctl" owners
	echo continue >ctl || exit 1
	grep "early ctl" leaks
	head -n 1 audit'
	expect_status 0
	[ "$(grep -c '^ *8192 *1 .* early ctl ' "$work/out")" -eq 2 ] ||
		{ show_last; fail "the early reservation was expected twice"; }
	expect_match '^OK$'
}

# A driver that forgets: leaks name it, and the log when the machine goes.
test_owners_lost() {
	guest --params 'size=64M page_owner=on slab_debug=U' -- '
		cd /sys/kernel/debug/shadow_mm
		echo mark >ctl
		insmod /shadow_example.ko lose=nothing 2>/dev/null || echo refused
		insmod /shadow_example.ko lose=pages,area,kmalloc || exit 1
		grep shadow_example leaks | sort
		rmmod shadow_example
		echo "after: $(grep -c " pages direct \| area vmalloc \| objects kmalloc-1k " leaks)"
		head -n 1 audit
		cd /
		rmmod shadow_mm
		dmesg | sed -n "s/.*shadow_example: lose/lose/p; s/.*left behind: //p"'
	expect_status 0
	expect_match '^refused$'
	expect_match '^lose=nothing: allowed: pages, area, kmalloc$'
	expect_match '^ +16384 .* pages direct +shadow_example_init\+.*\[shadow_example\]'
	expect_match '^ +65536 .* area vmalloc +shadow_example_init\+.*\[shadow_example\]'
	expect_match '^after: 3$'
	expect_match '^OK$'
	expect_match '^1 blocks of pages \(direct\), 16384 bytes'
}
