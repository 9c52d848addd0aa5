# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# Several machines at once: made, used, booted again and taken away, also by
# many at a time, and what happens to those that cannot be made.

QUICK+=(machines_words)

# put MACHINE TEXT: one write to its ctl; prints the errno's text, or ok.
# last MACHINE: what its ctl says of it. free_kib: of the host.
MACHINES='
D=/sys/kernel/debug
dir() { [ "$1" = main ] && echo $D/shadow_mm || echo $D/shadow_mm.$1; }
put() {
	printf "$2" >/tmp/text.$$
	if dd if=/tmp/text.$$ of=$(dir $1)/ctl bs=8192 2>/tmp/err.$$; then
		echo ok
	else
		sed -n "s/^dd: error writing .*ctl.: //p; s/^dd: writing .*ctl.: //p" /tmp/err.$$
	fi
}
last() { sed -n "s/^last: //p" $(dir $1)/ctl; }
live() { cd $D; ls -d shadow_mm.* 2>/dev/null; cd shadow_mm_raw; ls | grep -vx host; cd /; }
free_kib() {
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	sed -n "s/^MemAvailable: *\([0-9]*\) kB/\1/p" /proc/meminfo
}
'

# What each command says, and that it holds in the files.
test_machines_words() {
	guest -- "$MACHINES"'
	put main "create a size=4M seed=7"; last main
	put main "create b share=6M granule=16k"; put main "create b share=16M granule=16k"; last main
	put main "create a size=4M"; last main
	put main "create main size=4M"; put main "create A"; put main "create x0123456789abcdef"
	put main "create x colour=red"; put main "create x size=4M size=8M"
	live
	for m in main a b; do
		head -n 1 $(dir $m)/audit
		head -n 1 $(dir $m)/mmu_check | sed "s/[0-9][0-9]*/N/; s/[0-9][0-9]*/N/"
		sed -n "s/^machine=//p; s/^seed=\([0-9]*\) .*/seed \1/p; s/^granule=\([0-9]*k\).*/granule \1/p" $(dir $m)/config
	done
	grep "^\*" $(dir a)/config | cut -c 1-20; grep "^\*" $(dir b)/config | cut -c 1-20
	grep " shared " $(dir main)/audit
	put a "create c size=4M"; last a
	put a "destroy b"
	put main "destroy c"; last main
	put main "destroy main"
	put main "destroy a\ndestroy b\ncreate a share=4M\ndestroy a"; last main
	live
	grep -c " shared " $(dir main)/audit; head -n 1 $(dir main)/audit'
	expect_status 0
	expect_match '^ok, commands run: 1; line 1: a: booted in 4096 KiB at 0x[0-9a-f]+ \(alloc_contig_range\), MMU checked=1[0-9]+ agree=1[0-9]+ mismatch=0$'
	expect_match '^ok, commands run: 1; line 1: b: booted in 16384 KiB at 0x[0-9a-f]+ \(share of the first machine\), MMU '
	sed -i '/^ok, commands run: 1; line 1: [ab]: booted/d' "$work/out"
	out=$(cat "$work/out")
	expect_out "ok
Numerical result out of range
ok
File exists
line 1: EEXIST (-17), commands run before it: 0: create a: the name is in use
Invalid argument
Invalid argument
Invalid argument
Invalid argument
Invalid argument
shadow_mm.a
shadow_mm.b
a
b
main
OK
MMU checked=N agree=N mismatch=0
main
seed 1
granule 4k
OK
MMU checked=N agree=N mismatch=0
a
seed 7
granule 4k
OK
MMU checked=N agree=N mismatch=0
b
seed 1
granule 16k
* alloc_contig_range
* share of the first
  shared                     4096  in use
Operation not permitted
line 1: EPERM (-1), commands run before it: 0: create: this is the ctl of machine a: allowed: in the first machine's
Operation not permitted
No such file or directory
line 1: ENOENT (-2), commands run before it: 0: destroy c: there is no such machine
Invalid argument
ok
ok, commands run: 4; line 4: a: destroyed, 0 pages were still in use
main
0
OK"
}

# Sixteen live ones, no two alike: every file can be read, each is itself, and
# rmmod with all of them alive gives the memory back.
test_machines_sixteen() {
	guest --no-insmod --mem 2G --timeout 600 -- "$MACHINES"'
	before=$(free_kib)
	insmod /shadow_mm.ko size=256M
	n=0
	for m in a b c d e f g h i j k l m n o p; do
		case $((n % 8)) in
		0) with="size=4M" ;;
		1) with="share=8M" ;;
		2) with="size=32M granule=64k" ;;
		3) with="share=16M granule=16k va_bits=39" ;;
		4) with="size=5M early=bootmem" ;;
		5) with="share=7M early=bootmem lpa2=off" ;;
		6) with="size=32M memory=1G+1G" ;;
		7) with="share=12M until=paging_init" ;;
		esac
		[ $(put main "create $m $with seed=$n") = ok ] || last main
		n=$((n + 1))
	done
	live | grep -c "^shadow_mm"
	for m in a b c d e f g h i j k l m n o p; do
		for f in $(dir $m)/*; do
			cat $f >/tmp/one || echo "$f cannot be read"
			[ -s /tmp/one ] || [ ${f##*/} = vmallocinfo ] || echo "$f is empty"
		done
		sed -n "s/^seed=\([0-9]*\) .*/\1/p" $(dir $m)/config
		put $m continue >/dev/null
		[ $(put $m "alloc_pages 1 count=3 as=x\nkmalloc 100 count=50 as=y\nvmalloc 64K as=z") = ok ] || last $m
		head -n 1 $(dir $m)/audit
	done | sort -n | uniq -c | tr -s " " | tr "\n" ","
	echo
	grep -h "^MMU" $D/shadow_mm.*/mmu_check | grep -c "mismatch=0"
	cat $D/shadow_mm.[go]/mmu_check | grep -c "not walkable: virtual board"
	head -n 1 $D/shadow_mm/audit
	rmmod shadow_mm || echo "rmmod failed"
	ls $D | grep shadow_mm
	grep shadow_mm /proc/iomem
	after=$(free_kib)
	[ $((before - after)) -lt 4096 ] || echo "$((before - after)) KiB are gone"'
	expect_status 0
	expect_out "16
 1 0, 16 OK, 1 1, 1 2, 1 3, 1 4, 1 5, 1 6, 1 7, 1 8, 1 9, 1 10, 1 11, 1 12, 1 13, 1 14, 1 15,
16
4
OK"
}

# Four at once make, use, reset and take away machines of their own, and one
# that all of them want, while others read whatever is there.
test_machines_writers() {
	guest --no-insmod --smp 4 --mem 2G --timeout 600 -- "$MACHINES"'
	before=$(free_kib)
	insmod /shadow_mm.ko size=128M
	end=$(($(cut -d. -f1 /proc/uptime) + 30))
	now() { cut -d. -f1 /proc/uptime; }
	writer() {
		n=0
		while [ $(now) -lt $end ]; do
			echo "create $1 $2 mmu_check=off" >$D/shadow_mm/ctl || last main
			for i in 1 2 3; do
				echo "alloc_pages 2 count=9 as=p$i
				kmalloc 64 count=99" >$D/shadow_mm.$1/ctl || last $1
				echo "reset seed=$i" >$D/shadow_mm.$1/ctl || last $1
			done
			[ "$(head -n 1 $D/shadow_mm.$1/audit)" = OK ] || echo "audit of $1"
			echo "create common share=4M mmu_check=off" >$D/shadow_mm/ctl
			echo "kmalloc 8 count=1000" >$D/shadow_mm.common/ctl
			echo "reset" >$D/shadow_mm.common/ctl
			echo "destroy common" >$D/shadow_mm/ctl
			echo "alloc_pages 0 as=$1
			free_pages $1" >$D/shadow_mm/ctl || last main
			echo "destroy $1" >$D/shadow_mm/ctl || last main
			n=$((n + 1))
		done
		echo "$1 $n"
	}
	reader() {
		while [ $(now) -lt $end ]; do
			cat $D/shadow_mm*/* >/dev/null
			cat $D/shadow_mm_raw/*/* >/dev/null
		done
	}
	writer wa size=4M 2>/dev/null &
	writer wb share=5M 2>/dev/null &
	writer wc size=6M 2>/dev/null &
	writer wd share=8M 2>/dev/null &
	reader 2>/dev/null & reader 2>/dev/null &
	wait
	echo "destroy common" >$D/shadow_mm/ctl 2>/dev/null
	live
	echo drain >$D/shadow_mm/ctl
	head -n 1 $D/shadow_mm/audit
	grep -c " shared " $D/shadow_mm/audit
	grep -cE " direct " $D/shadow_mm/audit
	echo reset >$D/shadow_mm/ctl || echo "no reset"
	rmmod shadow_mm || echo "rmmod failed"
	after=$(free_kib)
	[ $((before - after)) -lt 8192 ] || echo "$((before - after)) KiB are gone"'
	expect_status 0
	awk '/^w[a-d] [0-9]+$/ && $2 >= 5 { n++ } END { exit n != 4 }' "$work/out" ||
		{ show_last; fail "four writers with five rounds each were expected"; }
	sed -i '/^w[a-d] [0-9]*$/d' "$work/out"
	out=$(cat "$work/out")
	expect_out "main
OK
0
0"
}

# Each line: what a create is given, and a word of why it fails.
machines_refused() {
	cat <<'TABLE'
size=1M|size=1M: out of range
size=4M granule=64k|granule=64k
size=1T|the host would keep less than 32 MiB
size=4M share=4M|share=4M: allowed: without size
share=64M|no 16384 free frames in a row
share=5M granule=16k|share=5M: out of range
share=4097K|share=4097K: allowed: a multiple of 4K
share=10000000001|a multiple of
share=0|share=0
share=big|share=big
base=0x40000000 size=4M|base=0x40000000
region=none size=4M|region=none
slab=slqb|allowed: slub, slab, slob
quarantine=on|quarantine=on
until=never|until=never
early=never|early=never
board=never|board=never
memory=1G|memory=1G
memory=1G+16T|boot failed in free_area_init
size=4M image=3M+2M|image
TABLE
}

# What cannot be made leaves nothing: no file, no name, no frame, no memory.
test_machines_refused() {
	machines_refused >"$work/table"
	guest --mem 1G --timeout 600 --file "$work/table:/table" -- "$MACHINES"'
	state() { live; cat $(dir main)/buddyinfo $(dir main)/slabinfo; grep -v "^  free" $(dir main)/audit; cat /proc/iomem; }
	echo drain >$(dir main)/ctl
	state >/before
	before=$(free_kib)
	while IFS="|" read -r with says; do
		[ "$(put main "create x $with")" != ok ] || { echo "$with: was made"; put main "destroy x"; }
		last main | grep -qF "$says" || echo "$with: $(last main)"
		last main | grep -q "commands run before it: 0: create x: " || echo "$with: $(last main)"
		state >/after
		cmp /before /after || { echo "$with changed something"; diff /before /after; }
	done </table
	after=$(free_kib)
	[ $((before - after)) -lt 2048 ] || echo "$((before - after)) KiB are gone"
	put main "create x size=4M\ndestroy x"
	head -n 1 $(dir main)/audit'
	expect_status 0
	expect_out 'ok
OK'
}

# Who is held by another module, or has lent memory, stays.
test_machines_busy() {
	guest -- "$MACHINES"'
	put main "create a size=4M"
	insmod /shadow_bench.ko machine=a hold=1
	put main "destroy a"; last main
	put a reset; last a
	rmmod shadow_bench
	put a reset; put main "destroy a"
	insmod /shadow_bench.ko machine=main hold=1
	put main reset; last main
	rmmod shadow_mm 2>/dev/null && echo "the module went"
	rmmod shadow_bench
	put main "create b share=4M"; put main reset; last main
	put main "reset seed=x"; last main
	put b reset; put main "destroy b"; put main reset
	put main "create c size=4M until=mem_init"
	insmod /shadow_bench.ko machine=c hold=1 2>/dev/null && echo "c was held"
	insmod /shadow_bench.ko machine=d hold=1 2>/dev/null && echo "d was held"
	put c continue
	insmod /shadow_bench.ko machine=c hold=1
	rmmod shadow_bench
	# An open file holds the module, not the machine.
	exec 3<$(dir c)/audit
	put main "destroy c"; cat <&3 2>/dev/null && echo "a file of what is gone"
	exec 3<&-
	live; head -n 1 $(dir main)/audit; rmmod shadow_mm'
	expect_status 0
	expect_out "ok
Device or resource busy
line 1: EBUSY (-16), commands run before it: 0: destroy a: 1 modules hold it
Device or resource busy
line 1: EBUSY (-16), commands run before it: 0: 1 modules hold the machine
ok
ok
Device or resource busy
line 1: EBUSY (-16), commands run before it: 0: 1 modules hold the machine
ok
Device or resource busy
line 1: EBUSY (-16), commands run before it: 0: 1 machines live in this one's memory: allowed: after destroy of them
Device or resource busy
line 1: EBUSY (-16), commands run before it: 0: 1 machines live in this one's memory: allowed: after destroy of them
ok
ok
ok
ok
ok
ok
main
OK"
}

# What is not given stays, what is given empty is the default, what is wrong
# leaves the machine as it was, and what does not boot can be booted again.
test_machines_reset() {
	guest --params 'size=64M seed=5' -- "$MACHINES"'
	show() { sed -n "s/^\(seed\|granule\|until\|early\|cmdline\|memory\)=\([^#]*[^# ]\) *# \([a-z]*\):.*/\1=\2 \3/p" $(dir $1)/config | tr "\n" " " | sed "s, *\$,,"; echo; }
	show main
	put main "reset granule=64k"; show main
	put main "reset seed= cmdline=\"a  b\""; show main
	put main "alloc_pages 0 as=x"
	for with in size=32M base=0 base_force=on region=x share=4M debugfs=off; do
		put main "reset $with"; last main | sed "s/: it stays.*//"
	done
	for with in seed=x granule=5k slab=slqb va_bits=40 board=never image=1M+64K until=x memory=0+0; do
		put main "reset seed=9 $with"
	done
	show main
	put main "free_pages x"
	put main "reset granule= cmdline= early=bootmem until=paging_init"; show main
	grep -c "since\|boot has stopped after paging_init" $(dir main)/buddyinfo
	put main "reset until= early="; show main
	# Virtual memory without room for its memmap: down, said, and up again
	put main "reset memory=1G+512G"; last main | cut -c 1-52
	put main "kmalloc 8"; last main
	tail -n 1 $(dir main)/boot
	cat $(dir main)/* >/dev/null || echo "not all can be read"
	cat $(dir main)/audit $(dir main)/vtop
	put main "reset"; put main "reset memory="; put main "kmalloc 8"; show main
	head -n 1 $(dir main)/audit'
	expect_status 0
	expect_out 'seed=5 given granule=4k default early=memblock default until=mmu_check default
ok
seed=5 given granule=64k given early=memblock default until=mmu_check default
ok
cmdline="a  b" given seed=1 default granule=64k given early=memblock default until=mmu_check default
ok
Operation not permitted
line 1: EPERM (-1), commands run before it: 0: reset: size=
Operation not permitted
line 1: EPERM (-1), commands run before it: 0: reset: base=
Operation not permitted
line 1: EPERM (-1), commands run before it: 0: reset: base_force=
Operation not permitted
line 1: EPERM (-1), commands run before it: 0: reset: region=
Operation not permitted
line 1: EPERM (-1), commands run before it: 0: reset: share=
Operation not permitted
line 1: EPERM (-1), commands run before it: 0: reset: debugfs=
Invalid argument
Invalid argument
Invalid argument
Invalid argument
No such device
Numerical result out of range
Invalid argument
Invalid argument
cmdline="a  b" given seed=1 default granule=64k given early=memblock default until=mmu_check default
ok
ok
seed=1 default granule=4k default early=bootmem given until=paging_init given
1
ok
seed=1 default granule=4k default early=memblock default until=mmu_check default
Cannot allocate memory
line 1: ENOMEM (-12), commands run before it: 0: boo
No such device
line 1: ENODEV (-19), commands run before it: 0: kmalloc: the machine is down: allowed: reset
The machine is down; its earlier phases were undone.
audit: nothing to show, the machine is down, see boot
vtop: nothing to show, the machine is down, see boot
Cannot allocate memory
ok
ok
seed=1 default granule=4k default early=memblock default until=mmu_check default
OK'
}

# The module goes while others read, write and make machines: either it stays,
# or they find nothing any more.
test_machines_unload() {
	guest --no-insmod --smp 4 --timeout 600 -- "$MACHINES"'
	insmod /shadow_mm.ko size=32M mmu_check=off
	user() {
		while [ ! -e /stop ]; do
			echo "create $1 $2 mmu_check=off
			reset" >$D/shadow_mm/ctl
			cat $D/shadow_mm*/* >/dev/null
			echo "kmalloc 8 count=100" >$D/shadow_mm.$1/ctl
			echo "destroy $1" >$D/shadow_mm/ctl
			sleep 0.2
		done
	}
	user ua size=4M 2>/dev/null &
	user ub share=4M 2>/dev/null &
	user uc size=5M 2>/dev/null &
	n=0
	while [ $n -lt 5 ]; do
		if rmmod shadow_mm 2>/dev/null; then
			n=$((n + 1))
			ls $D | grep shadow_mm
			insmod /shadow_mm.ko size=32M mmu_check=off
		fi
	done
	echo >/stop
	wait
	rmmod shadow_mm
	ls $D | grep shadow_mm
	grep shadow_mm /proc/iomem /proc/modules
	echo $n'
	expect_status 0
	expect_out 5
}
