# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# The tour stays a tour when the machine is full: 50,000 live allocations and
# 1,000 vmalloc areas, at most 5,000 lines, 1 MiB and 3 s.

# Run in the guest. A write takes 4 KiB, so 250 commands go in one.
FILL='
cd /sys/kernel/debug/shadow_mm || exit 1
line() { i=0; while [ $i -lt 250 ]; do echo "$1"; i=$((i + 1)); done; }
line "kmalloc 64" >/tmp/objects
line "alloc_pages 0" >/tmp/pages
line "vmalloc 4K" >/tmp/areas
i=0
while [ $i -lt 100 ]; do
	cat /tmp/objects >ctl || exit 1
	cat /tmp/pages >ctl || exit 1
	i=$((i + 1))
done
for i in 1 2 3 4; do cat /tmp/areas >ctl || exit 1; done
grep "^live:" ctl
s=$(cut -d " " -f 1 /proc/uptime)
cat * >/tmp/all || echo "cat failed"
e=$(cut -d " " -f 1 /proc/uptime)
awk -v s=$s -v e=$e "BEGIN { exit !(e - s < 3) }" || echo "took from $s to $e"
[ $(wc -l </tmp/all) -lt 5000 ] || echo "$(wc -l </tmp/all) lines"
[ $(wc -c </tmp/all) -lt 1048576 ] || echo "$(wc -c </tmp/all) bytes"
grep "more in" ctl
wc -l <../shadow_mm_raw/main/ctl
wc -l <vmallocinfo
head -n 1 audit
cd / && rmmod shadow_mm && dmesg | grep -o "main: [0-9]* pages were still in use"
'

test_tour_when_full() {
	guest --params 'size=512M' --mem 2G -- "$FILL"
	expect_status 0
	expect_match '^live: 51000'
	expect_match 'more in shadow_mm_raw/main/ctl'
	expect_match '^1000$'
	expect_match '^OK$'
	expect_match 'pages were still in use'
	expect_no_match 'took from|lines$|bytes$|failed'
}

# An address of neither half faults, whatever the halves' size.
test_vtop_between_the_halves() {
	guest --no-insmod -- '
	for bits in 39 48 52; do
		insmod /shadow_mm.ko va_bits=$bits lpa2=on mmu_check=off || exit 1
		echo 0x0f10000000000000 >/sys/kernel/debug/shadow_mm/vtop || exit 1
		cat /sys/kernel/debug/shadow_mm/vtop
		rmmod shadow_mm
	done'
	expect_status 0
	[ "$(grep -c 'between the two halves' "$work/out")" -eq 3 ] ||
		{ show_last; fail "three addresses between the halves were expected"; }
	[ "$(grep -c '^result: translation fault, level' "$work/out")" -eq 3 ] ||
		{ show_last; fail "three translation faults were expected"; }
}
