# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# Watermarks by hand: what is given at insmod and set at run time is what
# zoneinfo shows, and what is wrong is refused in one line.

QUICK+=(marks_set)

# What a zone has of a line of zoneinfo: of KEY, in the zone that is named.
marks_zone='
zone() {
	sed -n "/^Node 0, zone  *$1\$/,/start_pfn/s/^ *$2:* *//p" zoneinfo | head -n 1
}
cd /sys/kernel/debug/shadow_mm'

test_marks_set() {
	guest --params 'size=256M min_free_kbytes=4096 lowmem_reserve_ratio=64,64' -- "$marks_zone"'
		refused() {
			if echo "set $1" >ctl 2>/dev/null; then echo "taken: $1"; fi
			tail -n 2 ctl | grep -q "$2" || { echo "$1:"; tail -n 2 ctl; }
		}
		managed=$(zone Normal managed)
		[ $(zone DMA protection | cut -d, -f3) -eq $((managed / 64)) ] || echo "protection"
		before=$(zone Normal min)
		[ $((before + $(zone DMA min))) -ge 1023 ] || echo "min $before"
		[ $((before + $(zone DMA min))) -le 1024 ] || echo "min $before"
		echo "set min_free_kbytes 8192
set watermark_scale_factor 1000
set lowmem_reserve_ratio 32 32
set watermark_boost_factor 0
set percpu_pagelist_high_fraction 100" >ctl
		[ $(zone Normal min) -eq $((2 * before)) ] ||
			[ $(zone Normal min) -eq $((2 * before + 1)) ] || echo "min $(zone Normal min)"
		[ $(zone Normal low) -eq $(($(zone Normal min) + managed / 10)) ] || echo low
		[ $(zone Normal high) -eq $(($(zone Normal low) + managed / 10)) ] || echo high
		[ $(zone Normal promo) -eq $(($(zone Normal high) + managed / 10)) ] || echo promo
		[ $(zone Normal high_min) -eq $(zone Normal high_max) ] || echo fraction
		[ $(zone DMA protection | cut -d, -f3) -eq $((managed / 32)) ] || echo "protection"
		[ "$(zone Movable min) $(zone Device min)" = "32 0" ] || echo "empty zones"
		sed -n "s/ *\(#\|	#\) *\(set\|[a-z]*\).*//; /^min_free\|^watermark\|^lowmem\|^percpu/p" config
		refused "min_free_kbytes 2147483648" "min_free_kbytes VALUE .2147483648.: allowed: a number from 0 to 2147483647"
		refused "min_free_kbytes -1" "VALUE .-1."
		refused "watermark_scale_factor 0" "from 1 to 3000"
		refused "watermark_scale_factor 3001" "from 1 to 3000"
		refused "percpu_pagelist_high_fraction 7" "0 or a number from 8"
		refused "lowmem_reserve_ratio 1,x" "up to 6 numbers"
		refused "size 64M" "it stays while the machine runs"
		[ $(zone Normal min) -ge $((2 * before)) ] || echo "a refusal has changed min"
		echo reset >ctl
		[ $(zone Normal min) -eq $before ] || echo "after reset: min $(zone Normal min)"
		head -n 1 audit'
	expect_status 0
	expect_out 'min_free_kbytes=8192
watermark_scale_factor=1000
lowmem_reserve_ratio=32,32,32,0,0,0
watermark_boost_factor=0
percpu_pagelist_high_fraction=100
OK'
}

# Before the phase that makes them there is nothing to set.
test_marks_too_early() {
	guest --params 'size=64M until=mem_init' -- 'cd /sys/kernel/debug/shadow_mm
		echo "set counters on" >ctl
		echo "set min_free_kbytes 5000" >ctl
		tail -n 2 ctl | grep -o "not before phase [a-z_]*"
		echo continue >ctl
		echo "set min_free_kbytes 5000" >ctl
		tail -n 2 ctl | grep -o "min_free_kbytes is 5000"'
	expect_status 0
	expect_out 'not before phase init_per_zone_wmark_min
min_free_kbytes is 5000'
}

# More than half of the memory is refused, on a board as in a block.
test_marks_half() {
	guest --no-insmod -- '
		insmod /shadow_mm.ko size=64M min_free_kbytes=32769 2>/dev/null && echo taken
		insmod /shadow_mm.ko size=64M memory=1G+64M min_free_kbytes=32769 2>/dev/null && echo taken
		insmod /shadow_mm.ko size=64M min_free_kbytes=20000 || echo refused
		dmesg | sed -n "s/.*shadow_mm: .*\(min_free_kbytes=32769: out of range.*\)/\1/p" | sort -u'
	expect_status 0
	expect_match '^min_free_kbytes=32769: out of range; allowed: 0 to 32768, half of the block$'
	expect_match '^min_free_kbytes=32769: out of range; allowed: 0 to [0-9]+, half of the memory$'
	expect_no_match 'taken|refused'
}
