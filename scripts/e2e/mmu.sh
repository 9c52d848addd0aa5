# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# The CPU as the judge of the tables, on every kind of kernel and CPU, and of
# the tables that the host itself runs on.

MMU_SHOW='cat /sys/kernel/debug/shadow_mm/mmu_check'

ALL_AGREE='MMU checked=1[0-9]{4} agree=1[0-9]{4} mismatch=0'

# mmu_agrees: the last guest's file says that all agreed, and how much that was.
mmu_agrees() {
	expect_status 0
	expect_match '^MMU checked=[0-9]+ agree=[0-9]+ mismatch=0$'
	awk -F'[= ]' '/^MMU checked=/ { n++; if ($3 < 13000 || $3 != $5) bad = 1 }
		/^HOST checked=/ { n++; if ($3 < 1990 || $3 != $5) bad = 1 }
		END { exit bad || n < 2 }' "$work/out" ||
		fail "too few addresses, or not all agree: $out"
	expect_match '^HOST checked=[0-9]+ agree=[0-9]+ mismatch=0$'
	mmu_kinds S1E1R S1E1W S1E0R S1E0W ldr
}

# mmu_kinds NAME...: each was asked, all agreed, and those that can succeed did.
mmu_kinds() {
	awk -v want="$*" '
		/^HOST/ { exit }
		$1 ~ /^(S1E[01][RW]|ldt?r)$/ {
			asked[$1] = $2
			if ($2 != $3) bad = 1
			if ($4 + $5 + $6 + $7 + $8 != $2) bad = 1
			if ($1 ~ /^S1/ && !$5) bad = 1
			if ($1 == "S1E0W" || $1 == "S1E1W") denied += $6
			mapped[$1] = $4
		}
		END {
			n = split(want, name, " ")
			for (i = 1; i <= n; i++)
				if (asked[name[i]] < 1000) bad = 1
			if (!mapped["S1E1R"] || !mapped["S1E1W"] || !denied) bad = 1
			exit bad
		}' "$work/out" || fail "the kinds of questions: $out"
}

mmu_on() {
	guest "$@" -- "$MMU_SHOW"
	mmu_agrees
}

test_mmu_max() { mmu_on --cpu max; }
test_mmu_neoverse() { mmu_on --cpu neoverse-n1; }
test_mmu_a72() { mmu_on --cpu cortex-a72; }
test_mmu_el2_max() { mmu_on --qemu '-M virt,virtualization=on'; }
test_mmu_el2_a72() { mmu_on --cpu cortex-a72 --qemu '-M virt,virtualization=on'; }
test_mmu_nmi() { mmu_on --append irqchip.gicv3_pseudo_nmi=1; }
test_mmu_16k() { mmu_on --kernel 6.12-16k; }
test_mmu_16k_neoverse() {
	mmu_on --kernel 6.12-16k --cpu neoverse-n1 --qemu '-M virt,virtualization=on'
}
test_mmu_rt() { mmu_on --kernel 6.12-rt; }
test_mmu_61() { mmu_on --kernel 6.1-cloud; }
test_mmu_61_a72() {
	mmu_on --kernel 6.1-cloud --cpu cortex-a72 --qemu '-M virt,virtualization=on'
}

# Every format that the CPU has, in one boot each.
mmu_formats() {
	guest --no-insmod "$@" -- '
	for granule in 4k 16k 64k; do
		for va_bits in 39 48 52; do
			size=64M
			[ $granule = 64k ] && size=256M
			insmod /shadow_mm.ko size=$size granule=$granule va_bits=$va_bits 2>/dev/null || {
				echo "$granule $va_bits refused $?"
				continue
			}
			echo "$granule $va_bits" \
				$(sed -n "1,2p" /sys/kernel/debug/shadow_mm/mmu_check)
			rmmod shadow_mm
		done
	done'
	expect_status 0
	expect_no_match 'mismatch=[^0]'
}

test_mmu_formats_ds1() {
	mmu_formats --cpu max
	local granule va_bits
	for granule in 4k 16k 64k; do
		for va_bits in 39 48 52; do
			expect_match "^$granule $va_bits $ALL_AGREE"
		done
	done
}

test_mmu_formats_ds0() {
	mmu_formats --cpu cortex-a72
	expect_match "^4k 39 $ALL_AGREE"
	expect_match "^4k 48 $ALL_AGREE"
	expect_match "^64k 48 $ALL_AGREE"
	expect_match '^16k 48 MMU checked=0 .*ID_AA64MMFR0_EL1.TGran16'
	expect_match '^64k 52 MMU checked=0 .*ID_AA64MMFR2_EL1.VARange'
}

# checked=0 only with the register that forbids it.
test_mmu_forced_format() {
	guest --params lpa2=off -- "$MMU_SHOW"
	expect_status 0
	expect_match '^MMU checked=0 agree=0 mismatch=0$'
	expect_match '^ *TCR_EL1.DS = 1 on this kernel'
	guest --cpu cortex-a72 --params lpa2=on -- "$MMU_SHOW"
	expect_status 0
	expect_match '^MMU checked=0 agree=0 mismatch=0$'
	expect_match '^ *ID_AA64MMFR0_EL1.TGran4'
}

# What is mapped and unmapped later is judged too, also while user programs run
# on the other CPUs, whose lower half must not suffer.
test_mmu_again() {
	guest --smp 4 -- '
	cd /sys/kernel/debug/shadow_mm
	for n in 1 2 3; do (while :; do ls -lR /sys/kernel >/dev/null 2>&1; done) & done
	for n in 1 2 3 4 5 6 7 8; do
		echo "vmalloc 40000" >ctl
		echo "mmu_check 2000 seed=$n" >ctl
		sed -n "/checked=/p" mmu_check
	done
	kill %1 %2 %3'
	expect_status 0
	[ "$(grep -cE '^MMU checked=5[0-9]{3} agree=5[0-9]{3} mismatch=0$' "$work/out")" = 8 ] ||
		fail "not all eight checks agree: $out"
	expect_no_match 'HOST.*mismatch=[^0]'
}

# Bits of live descriptors that change behind the walker's back, and words behind
# the loads': all that can be seen is noticed, and nothing is loaded through what
# leads elsewhere.
mmu_flips() {
	guest "$@" -- 'insmod /shadow_bench.ko rows=mmu
	rc=$?
	dmesg | sed -n "s/.*shadow_bench: MMU/MMU/p"
	head -n 1 /sys/kernel/debug/shadow_mm/audit
	exit $rc'
	expect_status 0
	expect_match '^MMU flips=[4-9][0-9] errors=0$'
	expect_match '^MMU kernel: AP.2.: AT S1E1W: walker: pa 0x[0-9a-f]+, type 0xff, shareability 3; CPU: permission fault, level 3$'
	expect_match '^MMU user: other contents: ldtr: the frame at pa 0x[0-9a-f]+ holds 0x[0-9a-f]+; CPU: 0x[0-9a-f]+$'
	expect_match '^OK$'
}

test_mmu_flips_max() { mmu_flips; }
test_mmu_flips_ds0() {
	mmu_flips --cpu max,lpa2=off
	expect_match '^MMU kernel: SH to outer: AT S1E1R: .*shareability 2$'
}
test_mmu_flips_el2() { mmu_flips --qemu '-M virt,virtualization=on'; }
test_mmu_flips_a72() { mmu_flips --cpu cortex-a72 --kernel 6.1-cloud; }
test_mmu_flips_16k() { mmu_flips --kernel 6.12-16k; }

# What the lower half shows once somebody maps there, to EL0 too.
test_mmu_user() {
	guest -- '
	cd /sys/kernel/debug/shadow_mm
	w() { echo "$1" >ctl 2>/dev/null || head -n 3 ctl; }
	w "alloc_pages 6 as=frames"
	pfn=$(sed -n "s/^.* frames .*pfn \([0-9]*\) .*/\1/p" ctl)
	pa=$((pfn * 4096))
	w "map 0x400000 $pa 32 PAGE_SHARED"
	w "map 0x600000 $((pa + 0x20000)) 16 PAGE_READONLY_EXEC"
	w "map 0x800000 $((pa + 0x30000)) 16 PAGE_EXECONLY"
	w "mmu_check"
	cat mmu_check'
	expect_status 0
	expect_match '^MMU checked=2[0-9]{4} agree=2[0-9]{4} mismatch=0$'
	mmu_kinds S1E1R S1E1W S1E0R S1E0W ldr ldtr
}

# The running kernel's own tables, which no stock kernel shows: the format, the
# order of the regions, and that only root reads them, and no machine is needed.
mmu_host_tables() {
	local wanted=$1
	shift
	guest "$@" -- '
	cd /sys/kernel/debug/shadow_mm_raw/host
	[ "$(stat -c %a page_tables)" = 400 ] || echo "mode $(stat -c %a page_tables)"
	cat page_tables'
	expect_status 0
	"$SHADOW_SCRIPTS/ptdump.py" check "$work/out" || fail "not a dump: $out"
	[ "$("$SHADOW_SCRIPTS/ptdump.py" markers "$work/out" | sed -n 's/ start$//p' |
		tr '\n' ' ')" = "$wanted" ] || fail "not these markers: $wanted: $out"
	expect_match ' P(TE|MD) +(ro|RW) x .* MEM/NORMAL$'
	expect_match ' RW NX .* MEM/NORMAL-TAGGED$'
	expect_match ' DEVICE/nGnRE$'
}

test_mmu_host_tables() {
	mmu_host_tables 'Linear Mapping Modules vmemmap PCI I/O Fixmap '
}
test_mmu_host_tables_16k() {
	mmu_host_tables 'Linear Mapping Modules vmemmap PCI I/O Fixmap ' \
		--kernel 6.12-16k --cpu neoverse-n1
}
test_mmu_host_tables_61() {
	mmu_host_tables 'Linear Mapping Modules Fixmap PCI I/O vmemmap ' --kernel 6.1-cloud
}
