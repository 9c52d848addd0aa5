# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# The reservation ladder: who is refused and by what name, where each rung's
# block comes from, and that all of it goes back.

# In the guest: `refused NAME=VALUE…` prints insmod's status and the last line
# of the module's log; `rung` prints which rung won.
POOL_GUEST='
refused() {
	dmesg -c >/dev/null
	status=0
	insmod /shadow_mm.ko "$@" 2>/dev/null || status=$?
	if [ $status = 0 ]; then
		echo "accepted: $*"
		rmmod shadow_mm
		return
	fi
	echo "$status $(dmesg | sed -n "s/.*shadow_mm: //p" | tail -n 1)"
}
rung() { sed -n "s/^\* \([^ ].*[^ ]\)  .*/\1/p" /sys/kernel/debug/shadow_mm/config; }
# Frames on per-CPU lists are free too; the kernel counts them as neither.
free_kb() {
	awk "/^MemFree/ { sum += \$2 } /^ +count:/ { sum += \$2 * page }
		END { print sum }" page="$PAGE_KB" /proc/meminfo /proc/zoneinfo
}
'

# Nothing is believed: what has an owner is refused by its name.
test_pool_refusals() {
	guest --no-insmod -- "$POOL_GUEST"'
	text=0x$(sed -n "s/-.*: Kernel code//p" /proc/iomem | tr -d " ")
	refused base=0x09000000 size=4M
	refused base=0x09000000
	refused base=$text size=4M
	refused base=0x50000000
	refused base=0x80000000
	refused base=0x10000000000000
	refused base=0xfffffffffffff000
	refused base=0x4010000000 size=4M
	refused base=0x60000800
	refused base=0x80000000 region=x
	refused size=4G
	refused region=nowhere
	refused base=0x80000000 base_force=1
	ls /sys/kernel/debug/shadow_mm 2>&1
	grep -c shadow_mm /proc/iomem'
	expect_match '^16 base=0x9000000: claimed by /pl011@9000000; allowed is '
	[ "$(grep -c '^16 base=0x9000000: claimed by /pl011@9000000' "$work/out")" = 2 ] ||
		fail "the UART is not named each time"
	expect_match "^16 base=0x[0-9a-f]*: the running kernel's text and data lie there;"
	expect_match '^16 base=0x50000000: System RAM that the host uses lies there;'
	[ "$(grep -c '^22 base=0x80000000: not inside a /memory range' "$work/out")" = 2 ] ||
		fail "an address that is no memory was not refused each time"
	expect_match '^(22|34) base=.*0x10000000000000'
	expect_match '^(22|34) base=.*0xfffffffffffff000'
	expect_match '^16 base=0x4010000000: claimed by /pcie@'
	expect_match '^22 base=.*0x60000800'
	expect_match '^12 size=4294967296: .*up to [0-9]+M is allowed now$'
	expect_match '^19 region=nowhere: the device tree has no /reserved-memory;'
	expect_no_match '^accepted'
	expect_match '^0$'
}

# The host keeps 32 MiB, and is not squeezed before it says so.
test_pool_host_keeps() {
	guest --no-insmod --mem 512M -- "$POOL_GUEST"'
	available() { sed -n "s/^MemAvailable: *\([0-9]*\).*/\1/p" /proc/meminfo; }
	scanned() { awk "/^pgscan_|^compact_stall|^pgmigrate_success/ { n += \$2 }
		END { print n }" /proc/vmstat; }
	before=$(scanned)
	refused size=$((($(available) - 16 * 1024) / 1024))M
	echo scanned $(($(scanned) - before))
	insmod /shadow_mm.ko size=256M && echo fits'
	expect_status 0
	expect_match '^12 size=[0-9]+: the host would keep less than 32 MiB'
	expect_match '^scanned 0$'
	expect_match '^fits$'
}

pool_cycles() {
	guest --no-insmod --kernel "$1" --smp 2 -- "PAGE_KB=$2$POOL_GUEST"'
	# The host itself moves by some hundred KiB from one moment to the next.
	settled() {
		for reading in 1 2 3 4 5 6 7; do
			free_kb
			sleep 0.3
		done | sort -n | sed -n 4p
	}
	for size in 64M 256M; do
		cycle() { insmod /shadow_mm.ko size=$size && rmmod shadow_mm; }
		cycle
		first=$(settled)
		n=0
		while [ $n -lt 100 ]; do
			cycle || exit 1
			n=$((n + 1))
		done
		last=$(settled)
		delta=$((first - last))
		echo "size=$size first=$first last=$last delta=${delta#-}"
	done'
	expect_status 0
	[ "$(awk -F= '/^size=/ && $NF < 1024' "$work/out" | wc -l)" = 2 ] ||
		fail "not within 1 MiB after 100 cycles: $out"
}

test_pool_exact_612() { pool_cycles 6.12-cloud 4; }
test_pool_exact_16k() { pool_cycles 6.12-16k 16; }
test_pool_exact_61() { pool_cycles 6.1-cloud 4; }

# Memory that the host was told to leave alone.
test_pool_carve_out() {
	guest --no-insmod --append mem=512M -- "$POOL_GUEST"'
	free=$(sed -n "s/^MemFree: *\([0-9]*\).*/\1/p" /proc/meminfo)
	insmod /shadow_mm.ko base=0x60000000 size=384M || exit
	rung
	sed -n "s/^block=//p" /sys/kernel/debug/shadow_mm/config
	grep shadow_mm /proc/iomem
	sed -n 1p /sys/kernel/debug/shadow_mm/mmu_check
	sed -n 1p /sys/kernel/debug/shadow_mm/audit
	now=$(sed -n "s/^MemFree: *\([0-9]*\).*/\1/p" /proc/meminfo)
	[ $((free - now)) -lt 65536 ] && echo "not from the host"
	rmmod shadow_mm
	grep -c shadow_mm /proc/iomem
	refused base=0x5ff00000
	refused base=0x70000000 size=512M'
	expect_match '^carve-out at base$'
	expect_match '^0x60000000-0x77ffffff'
	expect_match '^60000000-77ffffff : shadow_mm'
	expect_match '^MMU checked=[1-9][0-9]* agree=[1-9][0-9]* mismatch=0$'
	expect_match '^OK'
	expect_match '^not from the host$'
	expect_match '^0$'
	expect_match '^16 base=0x5ff00000: System RAM'
	expect_match '^22 base=0x70000000: not inside a /memory range'
}

# A tree with regions of every kind, in the last half of 1 GiB.
pool_tree() {
	qemu-system-aarch64 -M virt,gic-version=3,dumpdtb="$work/virt.dtb" \
		-cpu max -m 1G -smp 2 -nodefaults -nic none -display none \
		-device virtio-serial-pci >/dev/null 2>&1
	{
		dtc -q -I dtb -O dts "$work/virt.dtb"
		cat <<'DTS'
/ {
	reserved-memory {
		#address-cells = <2>;
		#size-cells = <2>;
		ranges;
		mapped@60000000 { reg = <0 0x60000000 0 0x4000000>; };
		hidden@64000000 { reg = <0 0x64000000 0 0x4000000>; no-map; };
		shared@68000000 {
			compatible = "shared-dma-pool";
			reg = <0 0x68000000 0 0x2000000>;
			reusable;
		};
		pool@6a000000 {
			compatible = "shared-dma-pool";
			reg = <0 0x6a000000 0 0x400000>;
			no-map;
		};
		firmware: owned@6b000000 {
			reg = <0 0x6b000000 0 0x1000000>;
			no-map;
		};
		asleep@6c000000 {
			reg = <0 0x6c000000 0 0x1000000>;
			status = "disabled";
		};
		twin@6d000000 { reg = <0 0x6d000000 0 0x400000>; };
		twin@6d400000 { reg = <0 0x6d400000 0 0x400000>; };
		anywhere { size = <0 0x800000>; alignment = <0 0x200000>; };
	};
	coprocessor {
		compatible = "shadow-test,coprocessor";
		memory-region = <&firmware>;
	};
};
DTS
	} | dtc -q -I dts -O dtb -o "$work/regions.dtb" -
}

test_pool_regions() {
	pool_tree
	guest --no-insmod --qemu "-dtb $work/regions.dtb" -- "$POOL_GUEST"'
	for region in mapped@60000000 mapped hidden@64000000 twin@6d400000 anywhere; do
		insmod /shadow_mm.ko region=$region size=4M || exit
		echo "$region: $(rung)," \
			"$(sed -n "s/^block=\([^ 	]*\).*/\1/p" /sys/kernel/debug/shadow_mm/config)," \
			"$(sed -n 1p /sys/kernel/debug/shadow_mm/mmu_check)"
		rmmod shadow_mm
	done
	refused region=shared@68000000 size=4M
	refused region=pool size=4M
	refused region=owned size=4M
	refused region=asleep size=4M
	refused region=twin size=4M
	refused region=mapped size=128M
	refused region=none size=4M
	refused base=0x64000000 size=4M
	refused base=0x60000000 size=4M
	grep -c shadow_mm /proc/iomem'
	local block='reserved-memory region, 0x[0-9a-f]+-0x[0-9a-f]+, MMU checked=[1-9][0-9]* agree=[1-9][0-9]* mismatch=0$'
	expect_match "^mapped@60000000: $block"
	expect_match "^mapped: reserved-memory region, 0x60000000-0x603fffff, "
	expect_match "^hidden@64000000: reserved-memory region, 0x64000000-0x643fffff, "
	expect_match "^hidden@64000000: $block"
	expect_match "^twin@6d400000: reserved-memory region, 0x6d400000-0x6d7fffff, "
	expect_match "^anywhere: $block"
	expect_match '^16 region=shared@68000000: /reserved-memory/shared@68000000 is reusable'
	expect_match '^16 region=pool: /reserved-memory/pool@6a000000 is claimed by a driver'
	expect_match '^16 region=owned: /reserved-memory/owned@6b000000 is claimed by /coprocessor'
	expect_match '^19 region=asleep: /reserved-memory/asleep@6c000000 is disabled'
	expect_match '^22 region=twin: 2 nodes have that name; add the unit address'
	expect_match '^22 region=mapped: .*size=134217728'
	expect_match '^19 region=none: no such node; /reserved-memory holds .*mapped@60000000, hidden@64000000'
	expect_match '^16 base=0x64000000: /reserved-memory/hidden@64000000 \(no-map\) lies there'
	expect_match '^16 base=0x60000000: System RAM'
	expect_match '^0$'
}

# Where ordinary memory has no such range, CMA does.
test_pool_cma() {
	local kernel
	for kernel in 6.12-cloud 6.1-cloud; do
		guest --no-insmod --kernel $kernel --mem 640M --append cma=320M -- \
			"$POOL_GUEST"'
		cma() { sed -n "s/^CmaFree: *\([0-9]*\).*/\1/p" /proc/meminfo; }
		before=$(cma)
		insmod /shadow_mm.ko size=256M || exit
		rung
		grep "alloc_contig_range.*no such range" /sys/kernel/debug/shadow_mm/config
		sed -n 1p /sys/kernel/debug/shadow_mm/mmu_check
		[ $((before - $(cma))) -ge 196608 ] && echo "out of CMA"
		rmmod shadow_mm
		[ $((before - $(cma))) -lt 1024 ] && echo "back in CMA"'
		expect_status 0
		expect_match '^CMA of the DMA API$'
		expect_match '^ *alloc_contig_range  .*no such range could be emptied'
		expect_match '^MMU checked=[1-9][0-9]* agree=[1-9][0-9]* mismatch=0$'
		expect_match '^out of CMA$'
		expect_match '^back in CMA$'
	done
}
