# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# The audit and the picture of memory, of machines of 1 GiB: how long a read
# takes, counted in instructions, and what it says.

QUICK+=(audit_map)

# What both print before the figures: nanoseconds of the guest since $1
audit_clock='now() { awk "/now at/ { print \$3; exit }" /proc/timer_list; }
	cd /sys/kernel/debug/shadow_mm'

# A read takes less than 150 ms of guest time, of a block and of a board.
test_audit_speed() {
	local audit_where audit_ns
	for audit_where in 'size=1G' 'size=128M memory=0x40000000+1G'; do
		guest --icount --mem 2G --params "$audit_where" -- "$audit_clock"'
			a=$(now); cat audit >/tmp/audit; b=$(now)
			head -n 1 /tmp/audit
			grep -c "^  .* OK$" /tmp/audit
			echo "ns $((b - a))"'
		expect_status 0
		audit_ns=$(sed -n 's/^ns //p' "$work/out")
		echo "# $audit_where: $audit_ns ns of guest time"
		[ "${audit_ns:-0}" -gt 0 ] && [ "$audit_ns" -lt 150000000 ] ||
			fail "a read of $audit_where: ${audit_ns:-no} ns"
		grep -qx OK "$work/out" || fail "not OK: $out"
	done
}

# At most 80 columns of ASCII, 40 rows, one letter for each frame's owner; by
# zone, what is spanned is what there is.
test_audit_map() {
	guest --smp 4 --params 'size=256M nodes=2' -- 'cd /sys/kernel/debug/shadow_mm
		awk "length > 80" map | wc -l
		tr -d "\12\40-\176" <map | wc -c
		[ $(grep -c "^Node ., zone" map) -eq $(grep -c "^  *[0-9] [A-Z].* [0-9]*$" audit) ] && echo zones
		[ $(grep -c "^0x" map) -le 40 ] && echo bounded
		awk "\$1 == \"=\" { print \$2, \$3 }" map
		echo "set map_frames 512" >ctl; grep -o "one character is 512 frames" map
		echo "set map_frames 1073741824" >ctl; awk "length > 80" map | wc -l
		awk "/^  *[0-9]+ (DMA|Normal)/ { if (\$3 != \$6 + \$7 + \$8 + \$9) bad++; n++ }
			END { print (n > 1), bad + 0 }" audit
		echo "reset until=arm64_memblock_init" >ctl
		awk "/ (static|reserved|managed)\$/ { print \$3 }" map
		head -n 1 audit'
	expect_status 0
	expect_out '0
0
zones
bounded
65536 100.0%
one character is 512 frames
0
1 0
static
reserved
managed
OK'
}
