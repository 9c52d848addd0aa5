# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# Caches in a guest: commands, engines side by side, another module that
# allocates from a machine, and in which order the two can go.

test_slab_commands() {
	guest --params 'size=64M' -- '
	cd /sys/kernel/debug/shadow_mm
	last() { sed -n "s/^last: //p" ctl; }
	echo "cache_create dentry 192 align=64 flags=HWCACHE_ALIGN" > ctl && last
	echo "cache_alloc dentry count=50 as=some" > ctl
	sed -n "s/^\(dentry  *[0-9]* *[0-9]* *192 *21 *1\) .*/\1/p" slabinfo
	echo "cache_destroy dentry" > ctl 2>/dev/null || last
	echo "cache_free some" > ctl && echo "cache_destroy dentry" > ctl && last
	echo "kmalloc 40 as=k" > ctl; echo "krealloc k 5000" > ctl && last
	echo "cache_create safe 500 flags=TYPESAFE_BY_RCU" > ctl
	echo "cache_alloc safe count=100 as=s" > ctl
	echo "cache_free s" > ctl; echo "cache_shrink safe" > ctl && last
	sleep 1
	echo "cache_shrink safe" > ctl && last
	echo "fail slab probability=100 times=2" > ctl && sed -n "/^fail: /p" ctl
	echo "cache_alloc safe count=100" > ctl 2>/dev/null || last
	head -1 audit
	'
	expect_status 0
	expect_match '^ok, commands run: 1; line 1: dentry: 192 bytes, 192 from one to the next, align 64, 21 in a slab of 1 pages$'
	expect_match '^dentry +[0-9]+ +[0-9]+ +192 +21 +1$'
	expect_match 'EBUSY .*cache_destroy: dentry has objects in use: id 1 \(50\); pa 0x'
	expect_match 'dentry: destroyed; '
	expect_match 'id 2: 5000 bytes \(8192 usable\), now at pa 0x'
	expect_match 'safe: .* 0 remain; [1-9][0-9]* of any cache wait for a grace period'
	expect_match 'safe: .* 0 remain; 0 of any cache wait for a grace period'
	expect_match '^fail: slab probability=100 interval=1 times=2 space=0 seed=1: 0 of 0 calls failed$'
	expect_match 'ENOMEM .*out of memory'
	expect_match '^OK$'
}

# Different machines, different engines, at the same time
test_slab_engines() {
	guest --params 'size=128M slab=slab' -- '
	cd /sys/kernel/debug/shadow_mm
	for e in slub slob; do
		echo "create $e share=16M slab=$e" > ctl || sed -n "s/^last: //p" ctl
	done
	for d in . ../shadow_mm.slub ../shadow_mm.slob; do
		sed -n "s/^\(slab=[a-z]*\) .*/\1/p" $d/config
		echo "cache_create x 100" > $d/ctl && echo "cache_alloc x count=1000 as=a" > $d/ctl
		echo "kmalloc 300 count=1000 as=b" > $d/ctl
		sed -n "/^x /p" $d/slabinfo
		echo "cache_free a" > $d/ctl && echo "kfree b" > $d/ctl && echo "cache_destroy x" > $d/ctl
		head -1 $d/audit
	done
	rmmod shadow_mm && echo gone
	'
	expect_status 0
	expect_match '^slab=slab$'
	expect_match '^slab=slub$'
	expect_match '^slab=slob$'
	[ "$(grep -c '^OK$' "$work/out")" -eq 3 ] || fail "three machines were to be well"
	[ "$(grep -c '^x ' "$work/out")" -eq 3 ] || fail "three caches were to be shown"
	expect_match '^gone$'
}

example_orders() {
	guest --kernel "$1" --params 'size=64M' -- '
	cd /
	d=/sys/kernel/debug/shadow_mm
	insmod /shadow_example.ko || exit 1
	rmmod shadow_mm 2>/dev/null && echo "went while it was held"
	echo reset > $d/ctl 2>/dev/null || sed -n "s/^last: //p" $d/ctl
	head -1 $d/audit
	rmmod shadow_example || exit 1
	head -1 $d/audit
	echo reset > $d/ctl && echo "reset again"
	insmod /shadow_example.ko leak=3 && rmmod shadow_example
	sed -n "s/^\(example  *[0-9]*\) .*/\1/p" $d/slabinfo
	insmod /shadow_example.ko machine=nobody 2>/dev/null || echo "nobody has none"
	rmmod shadow_mm && echo gone
	insmod /shadow_example.ko 2>/dev/null || echo "no symbols, no module"
	dmesg | sed -n "s/.*shadow_example: /E: /p"
	'
	expect_status 0
	expect_no_match 'went while it was held'
	expect_match 'EBUSY .*1 modules hold the machine'
	[ "$(grep -c '^OK$' "$work/out")" -eq 2 ] || fail "the machine was to be well, twice"
	expect_match '^reset again$'
	expect_match '^example +[0-9]+$'
	expect_match '^nobody has none$'
	expect_match '^gone$'
	expect_match '^no symbols, no module$'
	expect_match "^E: holds machine 'main'$"
	expect_match '^E: 32 objects of 100 bytes from a cache of its own$'
	expect_match '^E: kmalloc of 1000 bytes: 1024 usable$'
	expect_match '^E: 4 pages from pfn [0-9]+ on$'
	expect_match '^E: vmalloc of 65536 bytes at VA 0xffff8'
	expect_match '^E: cache destroyed: 0$'
	expect_match '^E: cache destroyed: -16$'
	expect_match '^E: all given back$'
}

test_slab_example() {
	example_orders 6.12-cloud
}

test_slab_example_old() {
	example_orders 6.1-cloud
}

# Each mistake of a driver is found with each engine, at the latest when its
# cache goes, and the machine lives on. Nothing readable by all has an address
# of the host, and what an engine keeps for itself is not called a leak.
test_slab_mistakes() {
	guest --no-insmod -- '
	d=/sys/kernel/debug/shadow_mm
	for e in slub slab slob; do
		for k in overrun use-after-free double-free wrong-cache foreign-free freelist; do
			insmod /shadow_mm.ko size=64M mmu_check=off slab=$e slab_debug=FZPU
			insmod /shadow_example.ko corrupt=$k && rmmod shadow_example
			echo "$e $k: $(sed -n "s/^BUG example: //p" $d/slab_reports), $(head -1 $d/audit)"
			grep "0xffff" $d/slab_reports $d/leaks
			rmmod shadow_mm
		done
	done
	dmesg | grep "shadow_mm: .*objects of cache"'
	expect_status 1
	for e in slub slab slob; do
		expect_match "^$e overrun: Right Redzone overwritten, OK$"
		expect_match "^$e use-after-free: Poison overwritten, OK$"
		expect_match "^$e double-free: Object already free, OK$"
		expect_match "^$e wrong-cache: Wrong slab cache, OK$"
		expect_match "^$e foreign-free: Invalid object pointer, OK$"
		expect_match "^$e freelist: Poison overwritten, OK$"
	done
	[ "$(wc -l <"$work/out")" -eq 18 ] || fail "nothing more was to be said"
}
