# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# A boot that is stopped after each phase, looked at, gone on with, and unloaded
# where it stands.

QUICK+=(stop_words)

# put TEXT: one write; prints the errno's text, or ok. last: what ctl says of it.
# look PHASE: every file can be read, is bounded and says something.
STOP='
D=/sys/kernel/debug/shadow_mm
PHASES="preserve_boot_args init_kernel_el create_init_idmap map_kernel __cpu_setup
__primary_switch early_fixmap_init setup_machine_fdt arm64_memblock_init paging_init
kmap_init bootmem_init free_area_init build_all_zonelists mem_init init_per_zone_wmark_min
kmem_cache_init vmalloc_init verify mmu_check"
put() {
	printf "$1" >/text
	if dd if=/text of=$D/ctl bs=8192 2>/err; then
		echo ok
	else
		sed -n "s/^dd: error writing .*ctl.: //p; s/^dd: writing .*ctl.: //p" /err
	fi
}
last() { sed -n "s/^last: //p" $D/ctl; }
look() {
	raw=$(ls ${D}_raw/main/* | grep -v "\.bin$")
	cat $D/* ${D}_raw/main/*.bin >/dev/null && cat $D/* $raw >/text_of_all ||
		for f in $D/* ${D}_raw/main/*; do
			cat $f >/dev/null || echo "$f cannot be read after $1"
		done
	# As in a kernel: no areas, or nothing reserved yet
	awk "{ seen[FILENAME] } END { for (i = 1; i < ARGC; i++)
		if (!(ARGV[i] in seen)) print ARGV[i], \"is empty after\", \"$1\" }" $D/* ${D}_raw/main/* |
		grep -v -e "/vmallocinfo is" -e "/memblock_reserved is empty after setup_machine_fdt$"
	[ $(sed "s/…//g" /text_of_all | tr -d "\t\n -~" | wc -c) -eq 0 ] ||
		echo "not printable after $1: $(grep -l "[^ -~	…]" $D/* $raw)"
	cat $D/* >/all
	[ $(wc -l </all) -lt 5000 ] || echo "over 5000 lines after $1"
	[ "$(head -n 1 $D/audit)" = OK ] || echo "after $1: $(head -n 1 $D/audit)"
	if [ $1 = mmu_check ]; then
		grep -q "the boot has stopped" /all && echo "a file says that the boot has stopped"
	else
		grep "the boot has stopped" /all | grep -v "after $1$"
	fi
	true
}
'

# Loaded with until=, at every phase with either allocator: looked at, and
# unloaded as it stands; loaded again, gone on with, and unloaded.
stop_everywhere() {
	guest --no-insmod --timeout 900 -- "$STOP"'
	n=0
	for phase in $PHASES; do
		insmod /shadow_mm.ko size=16M mmu_check=200 early='"$1"' until=$phase || exit 1
		look $phase
		rmmod shadow_mm || echo "rmmod failed after $phase"
		insmod /shadow_mm.ko size=16M mmu_check=200 early='"$1"' until=$phase
		if [ $phase != mmu_check ]; then
			[ "$(put "continue\nalloc_pages 2 as=a\nkmalloc 9\nvmalloc 64K\nfree_pages a")" = ok ] || last
		fi
		look mmu_check
		rmmod shadow_mm || echo "rmmod failed after all"
		n=$((n + 1))
	done
	echo $n
	ls -d /sys/kernel/debug/shadow_mm* 2>/dev/null
	grep shadow_mm /proc/iomem
	true'
	expect_status 0
	expect_out 20
}

test_stop_everywhere_memblock()	{ stop_everywhere memblock; }
test_stop_everywhere_bootmem()	{ stop_everywhere bootmem; }

# In steps of one from the first phase to the last, and reset to each of them.
stop_steps() {
	guest --params "size=16M mmu_check=200 early=$1" --timeout 600 -- "$STOP"'
	put "reset until=preserve_boot_args"
	look preserve_boot_args
	for phase in $PHASES; do
		[ $phase != preserve_boot_args ] || continue
		[ "$(put step)" = ok ] || last
		last | grep -q -e "stopped after $phase," -e "all 20 phases" || last
		look $phase
	done
	put step; last
	for phase in $PHASES; do
		[ "$(put "reset until=$phase")" = ok ] || last
		look $phase
	done
	put "reset until="; look mmu_check
	head -n 1 $D/mmu_check | sed "s/[0-9][0-9]*/N/; s/[0-9][0-9]*/N/"'
	expect_status 0
	expect_out "ok
Invalid argument
line 1: EINVAL (-22), commands run before it: 0: step: the boot is complete: allowed: reset until=PHASE
ok
MMU checked=N agree=N mismatch=0"
}

test_stop_steps_memblock()	{ stop_steps memblock; }
test_stop_steps_bootmem()	{ stop_steps bootmem; }

# What runs when, what it changes, and what it says where it does not run.
test_stop_words() {
	guest --params 'size=16M until=paging_init' -- "$STOP"'
	cat $D/buddyinfo
	put "kmalloc 8"; last
	put "step paging_init"; last
	put "step nowhere"
	put "early_alloc 64K align=64K"; pa=$(last | sed -n "s/.* at pa \(0x[0-9a-f]*\),.*/\1/p")
	[ $((pa % 65536)) -eq 0 ] || echo "not aligned: $pa"
	grep -c . $D/memblock_reserved >/n1
	put "memblock_reserve $((pa - 0x100000)) 12K"
	put "memblock_free $((pa - 0x100000 + 4096)) 4K"
	grep -c "0x0*$(printf %x $((pa - 0x100000)))\.\.0x0*$(printf %x $((pa - 0x100000 + 4095))) " $D/memblock_reserved
	put "memblock_remove $((pa - 0x200000)) 64K"
	put "memblock_add $((pa - 0x200000)) 32K"
	put "memblock_add 0 1M"
	put "early_ioremap 0x9000000 4K"; va=$(last | sed -n "s/.* at va \(0x[0-9a-f]*\),.*/\1/p")
	echo $va >$D/vtop; grep -c "^result: PA 0x9000000 " $D/vtop
	put "early_iounmap $va"; put "early_iounmap $va"
	put "early_alloc 1G"; put "alloc_pages 0"
	image=$(sed -n "s/^image=\(0x[0-9a-f]*\)+0x.*/\1/p" $D/config)
	put "memblock_free $image 4K"
	put continue; last
	head -n 1 $D/audit; grep "^  hole " $D/audit
	for text in "memblock_add 0 1M" "memblock_remove 0 1M" "memblock_reserve 0 1M" "memblock_free 0 1M" \
		"early_alloc 1" "early_ioremap 0 1" "early_iounmap 0x1000"; do
		put "$text"; last | sed "s/.*run before it: 0: //"
	done
	put "vmalloc 64K"'
	expect_status 0
	expect_out 'buddyinfo: nothing to show before phase mem_init is complete; the boot has stopped after paging_init
Operation not permitted
line 1: EPERM (-1), commands run before it: 0: kmalloc: not before phase kmem_cache_init, the boot has stopped after paging_init: allowed: step kmem_cache_init
Invalid argument
line 1: EINVAL (-22), commands run before it: 0: step: phase paging_init is complete: allowed: kmap_init to mmu_check
Invalid argument
ok
ok
ok
1
ok
ok
Numerical result out of range
ok
1
ok
No such file or directory
Cannot allocate memory
Operation not permitted
Device or resource busy
ok
ok, commands run: 1; line 1: booted on, all 20 phases
OK
  hole                          8  no memory there
Operation not permitted
memblock_add: the early allocator is gone since phase mem_init: allowed: before it, see until=
Operation not permitted
memblock_remove: the early allocator is gone since phase mem_init: allowed: before it, see until=
Operation not permitted
memblock_reserve: the early allocator is gone since phase mem_init: allowed: before it, see until=
Operation not permitted
memblock_free: the early allocator is gone since phase mem_init: allowed: before it, see until=
Operation not permitted
early_alloc: the early allocator is gone since phase mem_init: allowed: before it, see until=
Operation not permitted
early_ioremap: early mappings are over since phase mem_init: allowed: before it, see until=
Operation not permitted
early_iounmap: early mappings are over since phase mem_init: allowed: before it, see until=
ok'
}

# A machine that is stopped lends nothing, is held by nobody, and goes.
test_stop_machines() {
	guest --params 'until=build_all_zonelists' -- "$STOP"'
	put "create a share=4M"; last
	put "create a size=4M until=early_fixmap_init\ncreate b size=4M early=bootmem until=mem_init"
	insmod /shadow_bench.ko hold=1 2>/dev/null && echo "main was held"
	put "step mem_init\ncreate c share=4M"
	put step; last
	put "destroy c\nstep"
	cat $D/* ${D}.a/* ${D}.b/* >/dev/null || echo "not all can be read"
	rmmod shadow_mm
	ls -d ${D}* 2>/dev/null; true'
	expect_status 0
	expect_out "Operation not permitted
line 1: EPERM (-1), commands run before it: 0: create a: share=4194304: the first machine has no buddy allocator before mem_init; allowed: after it
ok
ok
Device or resource busy
line 1: EBUSY (-16), commands run before it: 0: 1 machines live in this one's memory: allowed: after destroy of them
ok"
}
