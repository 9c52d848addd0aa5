# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# Parameters and the places that a block can come from.

# refusals FILE [OPTION...]: each line of FILE is "PARAMETERS|STATUS|REGEX".
# insmod must end with that status (busybox hands the errno through), the log
# must have grown by one line that matches, and the host must be as before.
refusals() {
	local list=$1
	shift
	guest --no-insmod --file "$list:/list" "$@" -- '
	# busybox tries a second system call when the first is refused, so the
	# same line may come twice.
	log() { dmesg | sed "s/^\[[^]]*\] *//" | grep "^shadow_mm: " | grep -v taint; }
	n=$(log | wc -l)
	while IFS="|" read -r params want regex; do
		insmod /shadow_mm.ko $params 2>/dev/null
		rc=$?
		[ $rc -eq $want ] || echo "$params: status $rc, not $want"
		[ $rc -ne 0 ] || rmmod shadow_mm
		log | tail -n +$((n + 1)) | sort -u >/tmp/new
		n=$(log | wc -l)
		[ $rc -eq 0 ] || [ $(wc -l </tmp/new) -eq 1 ] || {
			echo "$params: one line was expected:"; cat /tmp/new; }
		grep -qE -- "$regex" /tmp/new || {
			echo "$params: no line matches $regex:"; cat /tmp/new; }
	done </list
	insmod /shadow_mm.ko && head -n 1 /sys/kernel/debug/shadow_mm/audit'
	expect_status 0
	expect_out OK
}

test_params_refused() {
	cat >"$work/list" <<'LIST'
size=0|34|size=0: .*allowed
size=hello|22|size=hello: .*allowed
size=64Q|22|size=64Q: .*allowed
size=-1|22|size=-1: .*allowed
size=12345|34|size=12345: .*
size=2T|34|size=2T: .*allowed
granule=5k|22|granule=5k: .*4k.*16k.*64k
granule=|22|granule=: .*4k
va_bits=40|22|va_bits=40: .*39.*48.*52
va_bits=x|22|va_bits=x: .*39
lpa2=maybe|22|lpa2=maybe: .*auto.*on.*off
nodes=9|34|nodes=9: .*
nodes=2|95|nodes=2: not supported yet
slab=slob|95|slab=slob: not supported yet
slab=slab|95|slab=slab: not supported yet
slab=foo|22|slab=foo: .*slub
early=bootmem|95|early=bootmem: not supported yet
early=foo|22|early=foo: .*memblock
image=5|22|image=5: .*
image=0x1000+0|34|image=0x1000\+0: .*
dtb=x+y|22|dtb=x\+y: .*
initrd=1+|22|initrd=1\+: .*
seed=x|22|seed=x: .*
seed=-1|22|seed=-1: .*
mmu_check=x|22|mmu_check=x: .*
base=x|22|base=x: .*
region=no_such_region|19|region=no_such_region: .*
board=imx6ul|95|board=imx6ul: not supported yet
until=mem_init|95|until=mem_init: not supported yet
LIST
	refusals "$work/list"
}

# No address is believed: each kind of occupant is refused by its name.
test_base_refused() {
	local text data
	guest --no-insmod --append nokaslr -- 'grep -E "Kernel (code|data)" /proc/iomem'
	expect_status 0
	text=$(sed -n 's/^ *\([0-9a-f]*\)-.*Kernel code/\1/p' "$work/out")
	data=$(sed -n 's/^ *\([0-9a-f]*\)-.*Kernel data/\1/p' "$work/out")
	if [ -z "$text" ] || [ -z "$data" ]; then
		show_last
		fail "no kernel in /proc/iomem"
	fi
	cat >"$work/list" <<LIST
base=0x09000000 size=64M|16|base=0x0*9000000: .*(pl011|ttyAMA|uart|UART)
base=0x0$text size=64M|16|base=0x0*$text: .*[Kk]ernel
base=0x$(printf %x $((16#$data / 65536 * 65536))) size=64M|16|base=.*: .*([Kk]ernel|RAM)
base=0x60000000 size=64M|16|base=0x60000000: .*(RAM|resource)
base=0x40000001 size=64M|22|base=0x40000001: .*
base=0xfffffffffff00000 size=64M|34|base=0x.*: .*
base=0x100000000 size=64M|22|base=0x100000000: .*
base=0x8000000 size=4M|16|base=0x8000000: .*(intc|gic|GIC)
LIST
	refusals "$work/list" --append nokaslr
}

# Memory that the host was told not to use is what base= is for.
test_rung_base() {
	guest --mem 1G --append 'mem=768M' --params 'base=0x70000000 size=256M' -- '
	cd /sys/kernel/debug/shadow_mm
	grep -E "^\*" config; head -n 1 audit; head -n 1 mmu_check
	grep -i shadow /proc/iomem
	# Claimed: a second owner is turned away.
	rmmod shadow_mm; insmod /shadow_mm.ko base=0x70000000 size=256M; echo $?
	grep -ci shadow /proc/iomem; rmmod shadow_mm; grep -ci shadow /proc/iomem'
	expect_match '^\* carve-out at base'
	expect_match '^OK'
	expect_match '^MMU checked=1[0-9]* .*mismatch=0'
	expect_match '70000000-7fffffff : .*shadow'
	[ "$(tail -n 3 "$work/out" | tr '\n' ' ')" = '0 1 0 ' ] ||
		{ show_last; fail "the claim is not exact"; }
}

# /memory ends where the RAM does.
test_base_beyond_memory() {
	printf 'base=0x78000000 size=256M|22|base=0x78000000: .*memory\n' >"$work/list"
	refusals "$work/list" --mem 1G --append 'mem=512M'
}

# Where contiguous ranges are left, the top of RAM is taken.
test_rung_contig() {
	guest --params 'size=256M' -- 'grep -E "^\*" /sys/kernel/debug/shadow_mm/config
	dmesg | grep -c "shadow_mm: block .* from alloc_contig_range"'
	expect_status 0
	expect_match '^\* alloc_contig_range'
}

# The host keeps 32 MiB: refused before anything is reclaimed.
test_size_leaves_the_host_alive() {
	guest --no-insmod --mem 512M -- '
	read_free() { sed -n "s/^MemAvailable: *\([0-9]*\) kB/\1/p" /proc/meminfo; }
	a=$(read_free)
	insmod /shadow_mm.ko size=$(((a - 16384) / 1024))M; echo $?
	dmesg | grep "shadow_mm: " | grep -v taint
	grep -E "^(pgscan_direct|oom_kill) " /proc/vmstat
	insmod /shadow_mm.ko size=64M; echo $?'
	expect_status 0
	[ "$(sed -n 1p "$work/out")" = 12 ] || { show_last; fail "-ENOMEM was expected"; }
	expect_match 'shadow_mm: size=[0-9]+M?: .*allowed'
	expect_match '^oom_kill 0'
	expect_match '^pgscan_direct 0'
	[ "$(tail -n 1 "$work/out")" = 0 ] || { show_last; fail "64M was refused"; }
}

# Sizes from the smallest to three quarters of the guest.
test_sizes() {
	guest --no-insmod --mem 2G -- '
	for s in 1M 2M 3M 4M 7M 16M 100M 512M 1G; do
		if insmod /shadow_mm.ko size=$s; then
			echo "$s $(head -n 1 /sys/kernel/debug/shadow_mm/audit) $(head -n 1 /sys/kernel/debug/shadow_mm/mmu_check)"
			rmmod shadow_mm
		else
			echo "$s refused: $(dmesg | grep shadow_mm: | tail -n 1)"
		fi
	done'
	expect_status 0
	local size
	for size in 16M 100M 512M 1G; do
		expect_match "^$size OK MMU checked=1[0-9]* .*mismatch=0"
	done
	expect_no_match '(Cannot|frozen|mismatch=[1-9])'
}
