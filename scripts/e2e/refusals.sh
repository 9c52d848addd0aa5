# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2034,SC2154
#
# Every parameter: what insmod refuses, with which errno and which line in the
# log, and that what is given comes out in `config` and can be given again.

# What the guest's insmod exits with is the errno itself.
EINVAL=22
ENOMEM=12
ERANGE=34
EOPNOTSUPP=95
ENODEV=19

# One line: STATUS|PARAMETERS|WHAT THE LOG SAYS. The log's line names the
# parameter, its value and what is allowed.
refusals_table() {
	cat <<TABLE
$EINVAL|size=5X|size=5X: .*allowed
$EINVAL|size=|size=: .*allowed
$EINVAL|size=64MB|size=64MB: .*allowed
$EINVAL|size=-1|size=-1: .*allowed
$EINVAL|size=67108865|size=67108865: .*allowed: a multiple of 4K
$EINVAL|size=0|size=0: .*allowed
$ERANGE|size=1|size=1: .*allowed: 4M to 1T
$ERANGE|size=2T|size=2T: .*allowed: 4M to 1T
$ERANGE|size=99999999999999999999|size=9+: .*allowed
$ENOMEM|size=8G|size=.*allowed
$EINVAL|granule=8k|granule=8k: allowed: 4k, 16k, 64k
$EINVAL|granule=0|granule=0: allowed: 4k, 16k, 64k
$EINVAL|va_bits=40|va_bits=40: allowed: 36, 39, 42, 47, 48, 52
$EINVAL|va_bits=52 lpa2=off|va_bits=52: needs lpa2=on .*allowed with lpa2=off: 36, 39, 42, 47, 48
$EINVAL|pa_bits=47|pa_bits=47: allowed: 48, 52
$EINVAL|pa_bits=52 lpa2=off|pa_bits=52: needs lpa2=on .*allowed with lpa2=off: 48
$EINVAL|rodata=maybe|rodata=maybe: allowed: on, full, off
$EINVAL|granule=64k lpa2=on|lpa2=on: .*allowed with granule=64k: auto, off
$EINVAL|lpa2=maybe|lpa2=maybe: allowed: auto, on, off
$ERANGE|nodes=9|nodes=9: out of range; allowed: 1 to 8
$EINVAL|nodes=one|nodes=one: not a number; allowed: 1 to 8
$ERANGE|nodes=8 size=4M|nodes=8: 4096K of memory are 512K for each; .*allowed: 1 to 4
$EINVAL|distance=10|distance=10: allowed: together with nodes
$EINVAL|nodes=2 distance=10,20,20|distance=10,20,20: allowed: 4 numbers
$EINVAL|nodes=2 distance=10,20,255,10|distance=10,20,255,10: 255 from node 1 to node 0; allowed: 11 to 254
$EINVAL|dma=1|dma=1: allowed: a multiple of 4K
$EINVAL|dma32=4M dma=8M|dma32=0x400000: is address .*, below dma, .*allowed: ascending
$ERANGE|highmem=0|highmem=0x0: is address .*, but the image lies at .*; allowed
$ERANGE|movablecore=101%|movablecore=101%: out of range; allowed: 0% to 100%
$EOPNOTSUPP|kernelcore=mirror|kernelcore=mirror: there is no mirrored memory; allowed
$EINVAL|slab=slib|slab=slib: allowed: slub, slab, slob
$EINVAL|slab_debug=FX|slab_debug=FX: allowed: -, or of F .checks., Z .red zones., P .poison., U .user. each once
$EINVAL|slab_debug=F,a,,b|slab_debug=F,a,,b: allowed behind the letters: names of caches, each up to 31 characters, a . at its end or none
$EINVAL|quarantine=many|quarantine=many: not a number of bytes
$EINVAL|slab_hardened=maybe|slab_hardened=maybe: allowed: on, off
$EINVAL|slab_random=maybe|slab_random=maybe: allowed: on, off
$EINVAL|slab_merge=maybe|slab_merge=maybe: allowed: on, off
$EINVAL|early=none|early=none: allowed: memblock, bootmem
$EINVAL|seed=x|seed=x: not a number; allowed
$ERANGE|seed=18446744073709551616|seed=18446744073709551616: out of range; allowed
$EINVAL|min_free_kbytes=x|min_free_kbytes=x: not a number; allowed: 0 to 2147483647
$ERANGE|min_free_kbytes=2147483648|min_free_kbytes=2147483648: out of range; allowed: 0 to 2147483647
$ERANGE|min_free_kbytes=32769|min_free_kbytes=32769: out of range; allowed: 0 to 32768, half of the block
$ERANGE|watermark_scale_factor=0|watermark_scale_factor=0: out of range; allowed: 1 to 3000
$ERANGE|watermark_scale_factor=3001|watermark_scale_factor=3001: out of range; allowed: 1 to 3000
$EINVAL|lowmem_reserve_ratio=1,,2|lowmem_reserve_ratio=1,,2: allowed: up to 6 numbers
$ERANGE|lowmem_reserve_ratio=1,2,3,4,5,6,7|lowmem_reserve_ratio=1,2,3,4,5,6,7: allowed: up to 6 numbers
$EINVAL|mmu_check=some|mmu_check=some: allowed: on, off
$ERANGE|mmu_check=1000001|mmu_check=1000001: out of range; allowed
$EINVAL|debugfs=maybe|debugfs=maybe: allowed: on, off
$EINVAL|image=2M|image=2M: allowed: START\\+BYTES
$EINVAL|image=100+4M|image=100\\+4M: allowed: START and BYTES at a multiple of 4096
$EINVAL|image=0+1000001|image=0\\+1000001: allowed: START and BYTES at a multiple of 4096
$EINVAL|image=0+1|image=0\\+1: allowed: START and BYTES
$ERANGE|image=0+64K|image=0\\+64K: out of range; allowed: at least [0-9]+K
$ERANGE|granule=64k image=0+512K|image=0\\+512K: out of range; allowed: at least [0-9]+K
$ERANGE|image=0+64M|image=0\\+64M: leaves no room for the device tree; allowed
$ERANGE|image=0+65472K|image=0\\+65472K: leaves 0K, .*; allowed: what leaves [0-9]+K
$ERANGE|image=0+63M|image=0\\+63M: leaves [0-9]+K.*; allowed: what leaves [0-9]+K
$ERANGE|dtb=63M+64K initrd=0+63M|initrd=0\\+63M: leaves no room for the image; allowed
$ERANGE|size=64M image=0xfffff0000000000+4M|image=0xfffff0000000000\\+4M: out of range; allowed
$ERANGE|size=256G va_bits=39|size=256G: out of range; allowed: up to 261120M
$ERANGE|image=60M+5M|image=60M\\+5M: .*inside the block
$ERANGE|dtb=0+3M|dtb=0\\+3M: out of range; allowed: up to 2M
$EINVAL|dtb=4+64k|dtb=4\\+64k: allowed: START at a multiple of 8
$EINVAL|image=2M+4M initrd=5M+1M|initrd=5M\\+1M: overlaps image
$ERANGE|initrd=0x1000+64M|initrd=0x1000\\+64M: out of range
$EINVAL|base_force=1|base_force=1: allowed: only together with base
$EINVAL|base=0x80000800|base=0x80000800: allowed: a multiple of 4K
$EINVAL|base=1G region=x|region=x: allowed: base or region, not both
$ERANGE|base=0xfffffffffffff000|base=0xfffffffffffff000: out of range
$EINVAL|region=a%b|region=a%b: allowed: letters
$EINVAL|board=a.b|board=a.b: allowed: host, or a name
$ENODEV|board=nosuch|board=nosuch: neither nosuch.dtb nor .txt is in
$EINVAL|memory=1|memory=1: allowed: START\\+BYTES
$EINVAL|memory=1G+0|memory=1G\\+0: allowed: at least one byte
$EINVAL|cmdline=a"b|cmdline=a.b.*: allowed: printable characters
$EINVAL|kaslr=maybe|kaslr=maybe: .*allowed
$EINVAL|share=4M|share=4M: allowed: as a key of create
$EINVAL|max_order=ten|max_order=ten: not a number; allowed: 3 to 18
$ERANGE|max_order=2|max_order=2: out of range; allowed: 3, the largest order of the per-CPU lists, to 18
$ERANGE|max_order=18|max_order=18: out of range; allowed: 3 to 15, where a block is a section of 128 MiB; to 18 on a virtual board
$EINVAL|mobility=maybe|mobility=maybe: allowed: on, off
$EINVAL|memmodel=sparse|memmodel=sparse: allowed: flat, discontig, vmemmap
$EINVAL|pcp=cold|pcp=cold: allowed: on, hotcold, off
$EINVAL|tlbi=off|tlbi=off: allowed: on, stale
$EINVAL|until=never|until=never: allowed: a phase of the boot
$EINVAL|page_owner=maybe|page_owner=maybe: allowed: on, off
$EINVAL|ring=many|ring=many: not a number of records; allowed: 0, or like 64K, with K or M
$ERANGE|ring=100|ring=100: out of range; allowed: 0 .none., or 1K to 4M records of 64 bytes
$ERANGE|ring=5M|ring=5M: out of range; allowed: 0 .none., or 1K to 4M records of 64 bytes
TABLE
}

# The guest's insmod tries twice, by two system calls, so each refusal is there
# twice, one line each time; and nothing of the module stays.
refusals_loop='
while IFS="|" read -r status params says; do
	dmesg -c >/dev/null
	rc=0
	insmod /shadow_mm.ko $params 2>/dev/null || rc=$?
	dmesg -c | sed -n "s/^\[[^]]*\] shadow_mm: //p" |
		grep -v -e "taints kernel" -e "module verification" >/log
	[ $rc -eq 0 ] && rmmod shadow_mm
	if [ $rc -ne $status ]; then
		echo "$params: status $rc instead of $status: $(cat /log)"
	elif [ $(wc -l </log) -ne 2 ]; then
		echo "$params: not one line in the log: $(cat /log)"
	elif grep -qvE "^$says" /log; then
		echo "$params: the log says: $(cat /log)"
	fi
	[ ! -e /sys/module/shadow_mm ] || echo "$params: the module stayed"
	[ ! -e /sys/kernel/debug/shadow_mm ] || echo "$params: files stayed"
	n=$((n + 1))
done <table
echo "$n tried"'

test_refusals_of_insmod() {
	refusals_table >"$work/table"
	guest --no-insmod --timeout 600 --file "$work/table:/root/table" -- "$refusals_loop"
	expect_status 0
	expect_out "$(wc -l <"$work/table") tried"
}

# modinfo knows every parameter that the module has, and each is tried here.
test_refusals_complete() {
	local ko
	ko=$("$SHADOW_SCRIPTS/build.sh" 6.12-cloud)/shadow_mm.ko
	refusals_table | sed 's/^[^|]*|//; s/[=|].*//' | sort -u >"$work/tried"
	strings "$ko" | sed -n 's/^parm=\([a-z0-9_]*\):.*/\1/p' | sort -u >"$work/has"
	[ "$(comm -23 "$work/tried" "$work/has")" = "" ] ||
		fail "modinfo lacks: $(comm -23 "$work/tried" "$work/has" | tr '\n' ' ')"
	[ "$(comm -13 "$work/tried" "$work/has")" = "" ] ||
		fail "no refusal is tried of: $(comm -13 "$work/tried" "$work/has" | tr '\n' ' ')"
}

# What is given comes out; what comes out can be given again.
test_config_round_trip() {
	guest --params 'size=32M granule=4k va_bits=39 lpa2=off seed=7 mmu_check=50 image=1M+2M initrd=8M+12345' -- \
		'config=/sys/kernel/debug/shadow_mm/config
		for line in size=32M granule=4k va_bits=39 lpa2=off seed=7 mmu_check=50 \
			image=0x100000+2M initrd=0x800000+12345 slab=slub \
			early=memblock kaslr=off until=mmu_check debugfs=on; do
			grep -q "^$line .*#" $config || echo "config lacks $line"
		done
		sed -n "/^\$/q; /^machine=/d; s/ *#.*//; /=\$/d; /^base_force=/d; p" $config >/given
		[ $(wc -l </given) -ge 17 ] || echo "few: $(cat /given)"
		rmmod shadow_mm
		insmod /shadow_mm.ko $(cat /given) || echo "refused: $(cat /given)"
		for line in $(cat /given); do
			grep -q "^$line .*given" $config || echo "again, config lacks $line"
		done
		head -n 1 /sys/kernel/debug/shadow_mm/audit'
	expect_status 0
	expect_out 'OK'
}

# A parameter's file has what was given, else the default, and never (null).
test_parameters_in_sysfs() {
	guest --params 'size=32M image=1M+2M' -- \
		'cd /sys/module/shadow_mm/parameters
		grep -l null * && echo "a parameter is (null)"
		for name in size image granule va_bits seed lpa2 dtb; do
			echo "$name=$(cat $name)"
		done
		ls | wc -l'
	expect_status 0
	expect_out 'size=32M
image=1M+2M
granule=4k
va_bits=48
seed=1
lpa2=auto
dtb=
45'
}
