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
	zoneinfo slabinfo vmallocinfo page_tables layout regs vtop tlb handover fixmap page why \
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

# Sizes from small ones to half of the guest.
test_sizes() {
	guest --no-insmod --mem 2G -- '
	for s in 4M 7M 16M 100M 512M 1G; do
		if insmod /shadow_mm.ko size=$s; then
			echo "$s $(head -n 1 /sys/kernel/debug/shadow_mm/audit) $(head -n 1 /sys/kernel/debug/shadow_mm/mmu_check)"
			rmmod shadow_mm
		else
			echo "$s refused: $(dmesg | grep shadow_mm: | tail -n 1)"
		fi
	done'
	expect_status 0
	local size
	for size in 4M 7M 16M 100M 512M 1G; do
		expect_match "^$size OK MMU checked=1[0-9]* .*mismatch=0"
	done
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
# keep it for ever, and are not harmed when it goes. One CPU: delete_module() takes
# the last reference a few instructions before it says that the module is going,
# and whoever opens any module's debugfs file on another CPU between the two makes
# the host's full_proxy_open() warn. No module can help that.
test_rmmod_with_readers() {
	guest --smp 1 -- '
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
	echo "set counters on
	alloc_pages 0 count=77
	kmalloc 100 count=300
	kmalloc 3000 count=10" >ctl || exit 1
	mkdir /tmp/p
	for f in buddyinfo zoneinfo slabinfo vmstat; do cat $f >/tmp/p/$f; done
	tar -c -C /tmp/p .'
	expect_status 0
	mkdir "$work/proc"
	tar -x -C "$work/proc" <"$work/out"
	"$SHADOW_SCRIPTS/check-formats.py" "$("$SHADOW_SCRIPTS/kernels.sh" --exporter)" \
		"$work/proc" || fail "the exporter disagrees"
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
# after: what can only be read stays readable, as the kernel rules, writes end.
test_lockdown() {
	guest -- '
	mount -t securityfs s /sys/kernel/security
	echo confidentiality >/sys/kernel/security/lockdown
	cd /sys/kernel/debug/shadow_mm
	head -n 1 audit
	(echo drain >ctl) 2>&1 | grep -o "not permitted"
	cat vtop 2>&1 | grep -o "not permitted"
	cd /
	rmmod shadow_mm; echo $?'
	expect_status 0
	expect_out 'OK
not permitted
not permitted
0'
}
