# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# The module on stock kernels: up, shown, proved by the CPU, and away again.

QUICK+=(kernel_6_12_cloud)

# Run in the guest: every file of the tour, and what the rules say of it.
TOUR_CHECK='
cd /sys/kernel/debug/shadow_mm || exit 1
cat * >/tmp/all || { echo "cat failed"; exit 1; }
[ $(wc -l </tmp/all) -lt 5000 ] || echo "over 5000 lines"
[ $(wc -c </tmp/all) -lt 1048576 ] || echo "over 1 MiB"
# Printable: what is left without printable ASCII, tabs, newlines, "…"
n=$(sed "s/…//g" /tmp/all | tr -d "\t\n -~" | wc -c)
[ $n -eq 0 ] || echo "$n bytes that are not printable"
for f in *; do
	[ ! -d $f ] || echo "$f is a folder"
	[ -s $f ] || [ -n "$(cat $f)" ] || [ $f = vmallocinfo ] || echo "$f is empty"
	grep -q "^$f  *[a-zA-Z0-9]" README || echo "README says nothing of $f"
done
for f in README config boot memblock_memory memblock_reserved buddyinfo \
	zoneinfo slabinfo vmallocinfo page_tables layout regs vtop handover \
	mmu_check audit ctl; do
	[ -e $f ] || echo "$f is missing"
done
# Reading changes nothing.
cat buddyinfo zoneinfo slabinfo audit ctl >/tmp/a
cat * >/dev/null
cat buddyinfo zoneinfo slabinfo audit ctl >/tmp/b
cmp /tmp/a /tmp/b || echo "reading changed something"
head -n 1 audit
head -n 1 mmu_check
grep "^HOST" mmu_check
cd /
rmmod shadow_mm || echo "rmmod failed"
ls -d /sys/kernel/debug/shadow_mm* 2>/dev/null
grep shadow_mm /proc/modules /proc/iomem
true
'

# check_proof: the last guest's three lines: audit, the MMU, the host's tables.
check_proof() {
	expect_status 0
	[ "$(wc -l <"$work/out")" -eq 3 ] || { show_last; fail "three lines were expected"; }
	expect_match '^OK$'
	awk '/^MMU checked=/ { split($2, c, "="); split($3, a, "="); split($4, m, "=")
		if (c[2] >= 1100 && c[2] == a[2] && m[2] == 0) mmu = 1 }
	/^HOST checked=/ { split($2, c, "="); split($3, a, "="); split($4, m, "=")
		if (c[2] >= 2000 && c[2] == a[2] && m[2] == 0) host = 1 }
	END { exit !(mmu && host) }' "$work/out" || { show_last; fail "the CPU does not agree"; }
}

proof() {
	guest "$@" -- "$TOUR_CHECK"
	check_proof
}

test_kernel_6_12_cloud()	{ proof --kernel 6.12-cloud --params size=256M; }
test_kernel_6_12()		{ proof --kernel 6.12; }
test_kernel_6_12_16k()		{ proof --kernel 6.12-16k; }
test_kernel_6_12_rt()		{ proof --kernel 6.12-rt; }
test_kernel_6_1_cloud()		{ proof --kernel 6.1-cloud; }
test_cpu_neoverse_n1()		{ proof --cpu neoverse-n1; }
test_cpu_neoverse_n1_16k()	{ proof --cpu neoverse-n1 --kernel 6.12-16k; }
test_cpu_neoverse_n1_6_1()	{ proof --cpu neoverse-n1 --kernel 6.1-cloud; }
test_cpu_cortex_a72()		{ proof --cpu cortex-a72; }
test_cpu_cortex_a72_6_1()	{ proof --cpu cortex-a72 --kernel 6.1-cloud; }
test_cpu_cortex_a72_rt()	{ proof --cpu cortex-a72 --kernel 6.12-rt; }
test_cpu_max_without_lpa2()	{ proof --cpu max,lpa2=off; }

# The kernel at EL2, as on real boards.
el2() {
	proof --qemu '-M virt,virtualization=on' "$@"
}

test_el2_max()			{ el2; }
test_el2_max_16k()		{ el2 --kernel 6.12-16k; }
test_el2_max_6_1()		{ el2 --kernel 6.1-cloud; }
test_el2_neoverse_n1()		{ el2 --cpu neoverse-n1; }
test_el2_cortex_a72()		{ el2 --cpu cortex-a72; }

# Interrupts that only DAIF masks arrive in the window, if it lets them.
test_pseudo_nmi() {
	proof --kernel 6.12 --append 'irqchip.gicv3_pseudo_nmi=1'
}

# What the CPU cannot judge is said, with the register that forbids it.
test_mmu_forbidden() {
	guest --cpu cortex-a72 --params 'granule=16k' -- \
		'head -n 2 /sys/kernel/debug/shadow_mm/mmu_check
		head -n 1 /sys/kernel/debug/shadow_mm/audit'
	expect_status 0
	expect_match 'checked=0.*'
	expect_match 'ID_AA64MMFR0_EL1'
	expect_match '^OK$'
}

# Each geometry that the CPU can judge, on one kernel.
test_geometries() {
	guest --no-insmod --qemu '-M virt,virtualization=on' -- '
	for granule in 4k 16k 64k; do
		for bits in 39 48 52; do
			insmod /shadow_mm.ko granule=$granule va_bits=$bits size=64M || {
				echo "$granule $bits: $(dmesg | grep shadow_mm: | tail -n 1)"
				continue
			}
			echo "$granule $bits: $(head -n 1 /sys/kernel/debug/shadow_mm/mmu_check
				head -n 1 /sys/kernel/debug/shadow_mm/audit)" | tr "\n" " "
			echo
			rmmod shadow_mm
		done
	done'
	expect_status 0
	local granule bits
	for granule in 4k 16k 64k; do
		for bits in 39 48 52; do
			expect_match "^$granule $bits: MMU checked=[1-9][0-9]* .*mismatch=0.* OK"
		done
	done
}

# After rmmod the host has every page back.
test_release_exact() {
	guest --no-insmod -- '
	settle() {
		sync; echo 3 >/proc/sys/vm/drop_caches
		echo 1 >/proc/sys/vm/compact_memory; sleep 0.2
	}
	memfree() { settle; sed -n "s/^MemFree: *\([0-9]*\) kB/\1/p" /proc/meminfo; }
	total() { sed -n "s/^MemTotal: *\([0-9]*\) kB/\1/p" /proc/meminfo; }
	t=$(total)
	i=0
	while [ $i -lt 100 ]; do
		insmod /shadow_mm.ko size=64M && rmmod shadow_mm || exit 1
		i=$((i + 1))
		[ $i -ne 1 ] || first=$(memfree)
	done
	last=$(memfree)
	echo "$first $last $((first - last))"
	[ $t -eq $(total) ] || echo "MemTotal changed"
	[ $((first - last)) -lt 1024 ] && [ $((last - first)) -lt 1024 ]'
	expect_status 0
	expect_no_match 'MemTotal'
}

test_release_while_used() {
	guest --params size=128M -- '
	cd /sys/kernel/debug/shadow_mm
	echo "alloc_pages 3 count=100
	kmalloc 100 count=1000
	vmalloc 1M" >ctl || exit 1
	head -n 1 audit
	cd /
	rmmod shadow_mm && insmod /shadow_mm.ko && head -n 1 /sys/kernel/debug/shadow_mm/audit'
	expect_status 0
	expect_out 'OK
OK'
}

# An open file holds the module, as everywhere; readers that come and go do not
# keep it for ever, and are not harmed when it goes.
test_rmmod_with_readers() {
	guest -- '
	exec 5</sys/kernel/debug/shadow_mm/audit
	rmmod shadow_mm 2>/dev/null && echo "gone under an open file"
	head -n 1 <&5
	exec 5<&-
	(while [ ! -e /tmp/done ]; do cat /sys/kernel/debug/shadow_mm/* >/dev/null 2>&1; done) &
	sleep 0.3
	i=0
	until rmmod shadow_mm 2>/dev/null; do
		i=$((i + 1))
		[ $i -lt 500 ] || { echo "never unloaded"; break; }
		usleep 5000
	done
	touch /tmp/done
	wait
	insmod /shadow_mm.ko && head -n 1 /sys/kernel/debug/shadow_mm/audit'
	expect_status 0
	expect_out 'OK
OK'
}

# Three writers and two readers for a while; then nothing is lost.
test_many_at_once() {
	guest --smp 4 -- '
	cd /sys/kernel/debug/shadow_mm
	w() {
		i=0
		while [ $i -lt 60 ]; do
			echo "alloc_pages 0 count=20 as=p$1x$i
			kmalloc 64 count=50 as=k$1x$i" >ctl
			echo "free_pages p$1x$i
			kfree k$1x$i" >ctl
			i=$((i + 1))
		done
	}
	r() { while [ ! -e /tmp/done ]; do cat * >/dev/null || echo "cat failed"; done; }
	r & r &
	w 1 & a=$!; w 2 & b=$!; w 3 & c=$!
	wait $a $b $c
	touch /tmp/done
	wait
	head -n 1 audit
	grep "^live: 0" ctl'
	expect_status 0
	expect_match '^OK$'
	expect_match '^live: 0'
	expect_no_match 'failed'
}

test_formats() {
	guest --params size=256M -- '
	cd /sys/kernel/debug/shadow_mm
	echo "alloc_pages 0 count=77
	kmalloc 100 count=300
	kmalloc 3000 count=10" >ctl || exit 1
	mkdir /tmp/p
	for f in buddyinfo zoneinfo slabinfo; do cat $f >/tmp/p/$f; done
	tar -c -C /tmp/p .'
	expect_status 0
	mkdir "$work/proc"
	tar -x -C "$work/proc" <"$work/out"
	"$SHADOW_SCRIPTS/check-formats.py" "$work/proc" || fail "the exporter disagrees"
}

# Without files it loads, says so once, and unloads.
no_files() {
	guest "$@" -- '
	cat /sys/kernel/debug/shadow_mm/* >/dev/null 2>&1 && echo "there are files"
	dmesg | grep "shadow_mm:.*debugfs"
	rmmod shadow_mm; echo $?; insmod /shadow_mm.ko; echo $?'
	expect_status 0
	[ "$(grep -c debugfs "$work/out")" -eq 1 ] ||
		{ show_last; fail "one line about debugfs was expected"; }
	[ "$(tail -n 2 "$work/out" | tr '\n' ' ')" = '0 0 ' ] ||
		{ show_last; fail "rmmod or insmod failed"; }
	expect_no_match 'there are files'
}

test_debugfs_off()		{ no_files --append debugfs=off; }
test_debugfs_no_mount()		{ guest --append debugfs=no-mount -- 'rmmod shadow_mm'; expect_status 0; }

# An unsigned module is refused under lockdown from the start, so this comes
# after; what was published before must be refused from then on, and go.
test_lockdown() {
	guest -- '
	echo confidentiality >/sys/kernel/security/lockdown 2>/dev/null || {
		mount -t securityfs s /sys/kernel/security
		echo confidentiality >/sys/kernel/security/lockdown; }
	cat /sys/kernel/debug/shadow_mm/audit 2>/dev/null && echo "readable"
	rmmod shadow_mm; echo $?'
	expect_status 0
	expect_out 0
}
