# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# What a person can write, and what happens when it is nonsense.

# The message of a failed write names the errno; the shell's printf has none.
CTL='
cd /sys/kernel/debug/shadow_mm
w() { echo "$*" >ctl; }
state() { cat buddyinfo slabinfo vmallocinfo page_tables; grep ^live ctl; }
'

test_ctl_everything() {
	guest --params 'size=128M' -- "$CTL"'
	w drain
	state >/tmp/before
	w "alloc_pages 3 zone=NORMAL count=5 as=pages" || echo bad
	w "kmalloc 100 count=50 as=objects" || echo bad
	w "vmalloc 1M as=area" || echo bad
	head -n 1 audit
	grep -E "^live: 3" ctl
	w "mmu_check 200 seed=7" || echo bad
	head -n 1 mmu_check
	w "free_pages pages
	kfree objects
	vfree area
	vmalloc_purge" || echo bad
	w drain
	grep -E "^live: 0" ctl
	head -n 1 audit
	grep -v slab <buddyinfo >/dev/null
	w reset || echo bad
	w drain
	state >/tmp/after
	cmp /tmp/before /tmp/after || diff /tmp/before /tmp/after'
	expect_status 0
	expect_no_match '^bad'
	expect_match '^live: 3'
	expect_match '^live: 0'
	expect_match '^MMU checked=[0-9]+ .*mismatch=0'
	[ "$(grep -c '^OK$' "$work/out")" -eq 2 ] || { show_last; fail "audit is not OK"; }
	expect_no_match '^[-+<>]'
}

test_ctl_double_free() {
	guest -- "$CTL"'
	w "alloc_pages 0 as=a
	kmalloc 64 as=b
	vmalloc 8K as=c"
	w "free_pages a"; (w "free_pages a") 2>&1
	w "kfree b"; (w "kfree b") 2>&1
	(w "kfree c") 2>&1
	(w "free_pages c") 2>&1
	w "vfree c"; (w "vfree c") 2>&1
	head -n 1 audit
	grep "^live" ctl'
	expect_status 0
	[ "$(grep -cE 'No such|Invalid' "$work/out")" -eq 5 ] ||
		{ show_last; fail "five refusals were expected"; }
	expect_match '^OK$'
	expect_match '^live: 0'
}

# Every write surface, 2,000 pieces of noise each: no oops, no half-done
# effect, and the machine is sound after it.
test_garbage() {
	guest --timeout 600 -- "$CTL"'
	for file in ctl vtop page; do
		i=0
		while [ $i -lt 1000 ]; do
			n=$((i * 7 % 4097 + 1))
			dd if=/dev/urandom of=$file bs=$n count=1 2>/dev/null
			i=$((i + 1))
		done
	done
	# Lines that are nearly right.
	for word in alloc_pages alloc_pages_exact alloc_pages_bulk split_page get_page put_page free_pages kmalloc kfree vmalloc vfree vmalloc_purge vmap vunmap ioremap iounmap map unmap mmu_check reset set drain \
		create destroy step continue memblock_add memblock_remove memblock_reserve memblock_free \
		early_alloc early_ioremap early_iounmap "create x" "reset seed=1"; do
		for rest in "" " " " 0" " -1" " 18446744073709551615" " 0x" " 0 0 0 0 0" \
			" 99999999999999999999" " ==" " 1 count=" " 1 as=" " 1 as=a as=a" \
			" 1 count=18446744073709551615" " \\" " %s%n" " 1 zone=" " 1 gfp=" " 1 gfp=,|" " 1 node=9" " size=" " size=\"" " size=-1" \
			" share=1 share=1" " cmdline=\"a b\"c" " until=\"\""; do
			case "$word$rest" in reset | "reset " | "create x" | "create x ") continue ;; esac
			(printf "%s\n" "$word$rest" >ctl) 2>/dev/null
		done
	done
	for rest in "" 0 -1 x "host" "host x" "host 0" "host 0xffffffffffffffff" 0x8000000000000000 \
		"0 0" 0xffffffffffffffff 99999999999999999999; do
		(printf "%s" "$rest" >vtop) 2>/dev/null
		cat vtop >/dev/null || echo "vtop is not readable"
		(printf "%s" "$rest" >page) 2>/dev/null
		(printf "pa %s" "$rest" >page) 2>/dev/null
		cat page >/dev/null || echo "page is not readable"
	done
	cat * >/dev/null || echo "cat failed"
	head -n 1 audit; w reset; head -n 1 audit'
	expect_status 0
	expect_out 'OK
OK'
}

# Files that a person only reads refuse a write.
test_read_only_files() {
	guest -- '
	cd /sys/kernel/debug/shadow_mm
	for f in *; do
		case $f in ctl | vtop | page) continue ;; esac
		(echo x >$f) 2>/dev/null && echo "$f was written"
	done
	true'
	expect_status 0
	expect_out ''
}

# Any address of the running kernel can be explained.
test_vtop_host() {
	guest --append nokaslr -- '
	cd /sys/kernel/debug/shadow_mm
	text=$(sed -n "s/^\([0-9a-f]*\) T _stext$/\1/p;s/^\([0-9a-f]*\) T _text$/\1/p" /proc/kallsyms | head -n 1)
	pa=$(sed -n "s/^ *\([0-9a-f]*\)-.*Kernel code/\1/p" /proc/iomem)
	echo "host 0x$text" >vtop && cat vtop
	echo "text at $text, pa $pa"'
	expect_status 0
	local pa
	pa=$(sed -n 's/^text at .* pa 0*//p' "$work/out")
	expect_match "result: PA 0x$pa"
}

# Before any write it is the kernel image's first page, and the walk's end is
# the frame that the image lies in.
test_vtop_image() {
	guest -- '
	cd /sys/kernel/debug/shadow_mm
	sed -n "s/^image=\(0x[0-9a-f]*\)+.*/image \1/p" config
	sed -n "s/^result: PA \(0x[0-9a-f]*\) .*/result \1/p" vtop
	va=$(sed -n "s/^VA \(0x[0-9a-f]*\).*/\1/p" vtop)
	echo $va >vtop; sed -n "s/^result: PA \(0x[0-9a-f]*\) .*/again \1/p" vtop'
	expect_status 0
	awk '{ v[$1] = $2 } END { exit !(v["image"] && v["image"] == v["result"] && v["again"] == v["result"]) }' \
		"$work/out" || { show_last; fail "the three addresses differ"; }
}
