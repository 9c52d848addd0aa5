# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# The ctl language in a guest: batches, ids and names, the errno of each
# refusal, and that a refusal changes nothing.

QUICK+=(language_batches)

# put TEXT: one write, as it is; prints the errno's text, or ok.
# last: what ctl says of it.
LANGUAGE='
cd /sys/kernel/debug/shadow_mm
put() {
	printf "$1" >/text
	if dd if=/text of=ctl bs=8192 2>/err; then
		echo ok
	else
		sed -n "s/^dd: error writing .ctl.: //p; s/^dd: writing .ctl.: //p" /err
	fi
}
last() { sed -n "s/^last: //p" ctl; }
live() { sed -n "s/^live: \([0-9]*\),.*/\1/p" ctl; }
state() {
	printf drain >ctl
	cat buddyinfo slabinfo vmallocinfo page_tables
	live
}
'

# Lines are parsed before the first runs; what fails later leaves what was done.
test_language_batches() {
	guest -- "$LANGUAGE"'
	state >/before
	put "alloc_pages 0\nalloc_pages 1\nalloc_pages x\n"; last; live
	put "alloc_pages 0\ncache_create y 8 flags=PANIC\n"; last; live
	state >/after; cmp /before /after
	put "# two\n\nalloc_pages 0 as=a\nfree_pages b\nalloc_pages 0 as=c\n"; last; live
	put "free_pages a\nalloc_pages 2 as=a count=3\nfree_pages a"; last; live
	put ""; put "\n\n"; last
	state >/after; cmp /before /after
	head -n 1 audit'
	expect_status 0
	expect_out "Invalid argument
line 3: EINVAL (-22), commands run before it: 0: alloc_pages: ORDER 'x': allowed: a number from 0 to 18
0
Operation not supported
line 2: EOPNOTSUPP (-95), commands run before it: 0: cache_create: flags= 'PANIC': allowed: HWCACHE_ALIGN, CACHE_DMA, RECLAIM_ACCOUNT, POISON, RED_ZONE, STORE_USER, TYPESAFE_BY_RCU
0
No such file or directory
line 4: ENOENT (-2), commands run before it: 1: 'b': no such name is live
1
ok
ok, commands run: 3; line 3: id 2: 3 freed
0
ok
ok
ok, no command in it
OK"
}

# 4 KiB is what one write may have, a byte more is refused whole.
test_language_size() {
	guest -- "$LANGUAGE"'
	{ printf "alloc_pages 0\n"; head -c 5000 /dev/zero | tr "\0" "#"; } >/long
	head -c 4096 /long >/fits
	head -c 4097 /long >/too_long
	dd if=/too_long of=ctl bs=8192 2>&1 | grep -c "too long"
	last; live
	dd if=/fits of=ctl bs=8192 2>/dev/null && echo ok
	live
	printf "alloc_pages 0\000" >/nul
	dd if=/nul of=ctl bs=8192 2>&1 | grep -c "Invalid argument"
	live
	head -n 1 audit'
	expect_status 0
	expect_out '1
E2BIG (-7): 4097 bytes: allowed: up to 4096 in one write
0
ok
1
1
1
OK'
}

# Each line: what is written, and what the errno says. Nothing changes.
language_table() {
	cat <<'TABLE'
bogus|Invalid argument
alloc_pages|Invalid argument
alloc_pages 11|Invalid argument
alloc_pages 0 cpu=64|Invalid argument
alloc_pages 0 zone=DMA32|Invalid argument
alloc_pages 0 zone=movable|Invalid argument
alloc_pages 0 zone=DMA count=8000|Cannot allocate memory
alloc_pages 0 gfp=1|Invalid argument
alloc_pages 0 as=main|Invalid argument
alloc_pages 0 as=pages|File exists
alloc_pages 0 count=0|Invalid argument
alloc_pages 0 count=1 count=1|Invalid argument
alloc_pages 10 count=1048576|Cannot allocate memory
alloc_pages 0 count=16000|Cannot allocate memory
free_pages 99|No such file or directory
free_pages 0|Invalid argument
free_pages gone|No such file or directory
free_pages objects|Invalid argument
kfree area|Invalid argument
vfree pages|Invalid argument
kmalloc 18446744073709551615|Invalid argument
kmalloc 1G|Cannot allocate memory
kmalloc 4096 count=16000|Cannot allocate memory
vmalloc 0|Invalid argument
vmalloc 1G|Cannot allocate memory
vmalloc 1000000G|Cannot allocate memory
map 0xffff800000800001 0x40000000 1 rw|Invalid argument
map 0xffff800000800000 0x40000001 1 rw|Invalid argument
map 0xffff800000800000 0x40000000 1 rwx|Operation not permitted
map 0xffff800000800000 0x40000000 1 PAGE_NONSENSE|Invalid argument
map 0xffff800000800000 0xffffffffffffe000 1 rw|Invalid argument
map 0x0001000000000000 0x40000000 1 rw|Invalid argument
map 0xffff800000400000 0x40000000 1 rw|File exists
unmap 0xffff800000800000 1|No such file or directory
unmap 0xffff800000400000 5|No such file or directory
unmap 0xffff800000400000 0|Invalid argument
mmu_check 0|Invalid argument
mmu_check 100001|Numerical result out of range
mmu_check loads=100001|Numerical result out of range
mmu_check unmapped=x|Invalid argument
set counters maybe|Invalid argument
set size 64M|Operation not supported
create main|Invalid argument
create host|Invalid argument
create Other|Invalid argument
create other size=1M|Numerical result out of range
create other size=4M size=4M|Invalid argument
create other colour=red|Invalid argument
create other slab=slib|Invalid argument
destroy other|No such file or directory
destroy main|Invalid argument
reset now|Invalid argument
reset size=4M|Operation not permitted
reset seed=x|Invalid argument
reset cmdline="a b|Invalid argument
step|Invalid argument
step nowhere|Invalid argument
continue|Invalid argument
memblock_add 0x40000000 4K|Operation not permitted
memblock_free 0x40000000|Invalid argument
early_alloc 4K|Operation not permitted
early_alloc 4K align=3|Invalid argument
early_ioremap 0x9000000 4K|Operation not permitted
early_iounmap 0x1000|Operation not permitted
TABLE
}

test_language_refused() {
	language_table >"$work/table"
	guest --timeout 600 --file "$work/table:/table" -- "$LANGUAGE"'
	put "alloc_pages 3 as=pages\nkmalloc 100 as=objects\nvmalloc 1M as=area\nalloc_pages 0 as=gone\nfree_pages gone\nmap 0xffff800000400000 0x40000000 4 PAGE_KERNEL_RO"
	state >/before
	n=0
	while IFS="|" read -r line says; do
		got=$(put "$line\n")
		[ "$got" = "$says" ] || echo "$line: $got: $(last)"
		last | grep -q "^line 1: E[A-Z]* (-[0-9]*), commands run before it: 0: ." ||
			echo "$line: ctl says: $(last)"
		state >/after
		cmp /before /after || { echo "$line changed something"; diff /before /after; }
		n=$((n + 1))
	done </table
	echo $n
	put "free_pages pages\nkfree objects\nvfree area\nunmap 0xffff800000400000 4"
	head -n 1 audit'
	expect_status 0
	expect_out "ok
$(wc -l <"$work/table")
ok
OK"
}

# Ids are never used again, not by reset either, which ends all handles.
test_language_ids() {
	guest -- "$LANGUAGE"'
	put "alloc_pages 0\nalloc_pages 0 as=x\nfree_pages 1\nkmalloc 8\n"; last
	put "reset"; last; live
	put "free_pages x"; put "kfree 3"
	put "vmalloc 4096 as=x"; last; put "vfree 4"; live
	put "mmu_check 200 seed=3"; last
	head -n 1 audit'
	expect_status 0
	expect_match 'line 4: id 3: 1 of 8 bytes \(8 usable\), at pa 0x[0-9a-f]+ va 0xffff[0-9a-f]+'
	expect_match 'line 1: id 4: 4096 bytes in 1 pages at va 0xffff8[0-9a-f]+'
	expect_match '^ok, commands run: 1; line 1: MMU checked=[1-9][0-9]* agree=[1-9][0-9]* mismatch=0'
	[ "$(grep -c '^No such file or directory$' "$work/out")" -eq 2 ] ||
		{ show_last; fail "ids live on after reset"; }
	[ "$(tail -n 1 "$work/out")" = OK ] || { show_last; fail "audit is not OK"; }
}

# 50,000 live handles: the view stays short, the whole dump has them all.
test_language_many_handles() {
	guest --timeout 600 -- "$LANGUAGE"'
	i=0
	while [ $i -lt 250 ]; do
		yes "kmalloc 8" | head -n 200 >ctl
		i=$((i + 1))
	done
	live
	[ $(wc -l <ctl) -lt 200 ] || echo "ctl has $(wc -l <ctl) lines"
	grep "more in" ctl
	grep -c "kmalloc 8 " ctl
	grep -c "kmalloc 8 " ../shadow_mm_raw/main/ctl
	put "kfree 1\nkfree 25000\nkfree 50000"; live
	head -n 1 audit'
	expect_status 0
	expect_out '50000
… 49960 more in shadow_mm_raw/main/ctl
40
50000
ok
49997
OK'
}

# What costs the block nothing, or little, does not cost the host its memory.
test_language_host_memory() {
	guest --mem 512M --timeout 600 -- "$LANGUAGE"'
	yes "kmalloc 0 count=1048576" | head -n 120 >/many
	free=$(sed -n "s/^MemFree: *\([0-9]*\) kB/\1/p" /proc/meminfo)
	dd if=/many of=ctl bs=4096 2>/dev/null && echo ok
	live
	now=$(sed -n "s/^MemFree: *\([0-9]*\) kB/\1/p" /proc/meminfo)
	[ $((free - now)) -lt 10000 ] || echo "$((free - now)) KiB are gone"
	i=0
	while put "kmalloc 1 count=1000000" | grep -q ok; do i=$((i + 1)); done
	[ $i -lt 5 ] || echo "$i million objects"
	last | sed "s/in use.*/in use/; s/[0-9]* KiB are/N KiB are/"
	put "reset"
	head -n 1 audit'
	expect_status 0
	expect_match '^120$'
	expect_match '^line 1: ENOMEM \(-12\), .*(of the host for all ids|were given back|has only)'
	expect_no_match 'KiB are gone|million'
	[ "$(tail -n 1 "$work/out")" = OK ] || { show_last; fail "audit is not OK"; }
}

# Who is killed in a long write ends, and nobody hangs behind him.
test_language_killed() {
	guest --timeout 600 -- "$LANGUAGE"'
	put "mmu_check 100001"
	start=$(cut -d. -f1 /proc/uptime)
	put "mmu_check 100000"
	took=$(($(cut -d. -f1 /proc/uptime) - start))
	[ $took -le 20 ] || echo "100000 samples took $took s"
	i=0
	while [ $i -lt 100 ]; do
		echo "kmalloc 8 count=1000000 as=x"; echo "kfree x"
		i=$((i + 1))
	done >/long
	dd if=/long of=ctl bs=4096 2>/dev/null &
	writer=$!
	sleep 2
	cat config >/dev/null &
	reader=$!
	sleep 1
	kill -9 $reader; wait $reader; echo "reader $?"
	start=$(cut -d. -f1 /proc/uptime)
	kill -9 $writer; wait $writer; echo "writer $?"
	took=$(($(cut -d. -f1 /proc/uptime) - start))
	[ $took -le 20 ] || echo "the writer took $took s"
	last
	put "reset"
	head -n 1 audit'
	expect_status 0
	expect_match '^Numerical result out of range$'
	expect_match '^reader 137$'
	expect_match '^writer 137$'
	expect_match '^line [0-9]+: EINTR \(-4\), commands run before it: [0-9]+: interrupted (before|after)'
	expect_no_match 'took'
	[ "$(tail -n 1 "$work/out")" = OK ] || { show_last; fail "audit is not OK"; }
}

# checked=0 is explained, and a seed that is shown is the one that was used.
test_language_unchecked() {
	guest --params 'mmu_check=off seed=11' -- "$LANGUAGE"'
	cat mmu_check
	put "mmu_check"; grep "seed" mmu_check; grep -c "checked=0" mmu_check
	put "mmu_check 50 seed=0"; grep "seed" mmu_check
	put "reset"; head -n 2 mmu_check'
	expect_status 0
	expect_out "MMU checked=0 agree=0 mismatch=0
  not asked for (mmu_check=off)
HOST checked=0 agree=0 mismatch=0
  not asked for (mmu_check=off)
  the running kernel's own tables, read only: text, modules, vmalloc, linear map, vmemmap, holes
ok
  first and last page of each region, 10000 random pages, 2000 words loaded, 1000 unmapped addresses (seed 11);
0
ok
  first and last page of each region, 50 random pages, 2000 words loaded, 1000 unmapped addresses (seed 0);
ok
MMU checked=0 agree=0 mismatch=0
  not asked for (mmu_check=off)"
}
