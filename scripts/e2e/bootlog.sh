# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# What `boot` says in a kernel's words, beside what that kernel said: the
# machine gets the memory of the guest that it runs in. And slots that are
# borrowed while it boots.

QUICK+=(fixmap_lent)

# Lines of both, in both directions. "Memory:" is about the kernel's own image.
BOOTLOG_COMPARE='
cd /sys/kernel/debug/shadow_mm
sed -n "s/^   > //p" boot | grep -v "^Memory: " >/shadow
dmesg | sed "s/^\[[^]]*\] //" >/kernel
grep -E "^(Zone ranges|  DMA|  Normal|  Device|Movable zone|Early memory|  node |Initmem|On node|Fallback|Built|Policy|NUMA: )" /kernel >/expected
while IFS= read -r line; do
	grep -qxF -- "$line" /kernel || echo "shadow alone: $line"
done </shadow
while IFS= read -r line; do
	grep -qxF -- "$line" /shadow || echo "kernel alone: $line"
done </expected
# The same order, too
grep -xFf /shadow /expected >/a
grep -xFf /expected /shadow >/b
cmp /a /b
[ $(wc -l </a) -ge 13 ] || echo "only $(wc -l </a) lines"
memory() { grep -o "Memory: .*K/[0-9]*K available" | grep -o "/[0-9]*K"; }
[ "$(memory <boot)" = "$(memory </kernel)" ] || echo "other memory: $(memory <boot)"
grep -c "checked : memory | modules | vmalloc" boot
head -n 1 audit'

same_as_the_kernel() {
	guest "$@" --append cma=0 --params 'board=host size=96M mmu_check=off' \
		-- "$BOOTLOG_COMPARE"
	expect_status 0
	expect_out '1
OK'
}

test_bootlog_1g()	{ same_as_the_kernel --mem 1G; }
test_bootlog_5g()	{ same_as_the_kernel --mem 5G; }
test_bootlog_part_of_a_section() { same_as_the_kernel --mem 600M; }
test_bootlog_16k()	{ same_as_the_kernel --kernel 6.12-16k --mem 5000M; }
test_bootlog_nodes() {
	same_as_the_kernel --mem 3000M --qemu '-object memory-backend-ram,id=m0,size=1400M -object memory-backend-ram,id=m1,size=1600M -numa node,nodeid=0,memdev=m0,cpus=0 -numa node,nodeid=1,memdev=m1,cpus=1'
}

# Lent before paging_init, still there after it, and a leak in the end.
test_fixmap_lent() {
	guest --params 'size=64M until=early_fixmap_init' -- '
	cd /sys/kernel/debug/shadow_mm
	put() {
		echo "$*" >ctl 2>/dev/null || echo "refused: $*"
		sed -n "s/^last: //p" ctl
	}
	slot() { sed -n "s/^FIX_BTMAP, slot $1 *//p" fixmap; }
	sed -n "s/^tables  *//p" fixmap
	put early_ioremap 0x9000018 4096
	put early_ioremap 0xa000000 262144
	put early_ioremap 0xa000000 270337
	slot 0; slot 1; slot 2
	put early_iounmap 0xffffffffff431000
	put early_iounmap 0xffffffffff431018
	head -n 1 audit
	put continue
	sed -n "s/^tables  *//p" fixmap
	slot 0; slot 1
	tail -n 2 fixmap
	put early_ioremap 0x9000000 4096
	put early_iounmap 0xffffffffff472000
	grep DEVICE page_tables
	head -n 1 audit
	sed -n 1p mmu_check | grep -o mismatch=.*'
	expect_status 0
	expect_match '^at most 4, of the image, kept though empty; part of init_pg_dir until paging_init$'
	expect_match 'pa 0x9000018 at va 0xffffffffff431018, 4096 bytes, as a device$'
	expect_match 'pa 0xa000000 at va 0xffffffffff472000, 262144 bytes'
	expect_match '^refused: early_ioremap 0xa000000 270337$'
	expect_match '^975-911 0xffffffffff431018 0x9000018 +4096 PROT_DEVICE_nGnRE +ctl$'
	expect_match '^refused: early_iounmap 0xffffffffff431000$'
	expect_match 'part of swapper_pg_dir since paging_init$'
	expect_match '^975-911 0xffffffffff431000 - +- - +free$'
	expect_match '^early_ioremap: 2 lent, 1 refused, at most 2 slots of 65 pages at once$'
	expect_match '^Debug warning: early ioremap leak of 1 areas detected.$'
	expect_match '^refused: early_ioremap 0x9000000 4096$'
	expect_match '^refused: early_iounmap 0xffffffffff472000$'
	expect_match '^0xffffffffff472000-0xffffffffff4b2000 +256K PTE +RW NX .*DEVICE/nGnRE$'
	[ "$(grep -c '^OK$' "$work/out")" -eq 2 ] || { show_last; fail "audit"; }
	expect_match '^mismatch=0'
}
