# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2034,SC2154
#
# Boards: those that come with it, real ones, and what is no board.

QUICK+=(boards_shipped)

MUTANTS=500
MUTANT_SEED=1

# In a guest: what comes of each board that lies there. The last line is the
# audit's, unless a device was left behind.
TRY_EACH=$GUEST_TRY'
	for file in /lib/firmware/shadow_mm/*; do
		board=${file##*/}
		echo "== ${board%.*}|$(try board=${board%.*})"
	done
	try board=
	sed -n 1p audit
	find /sys/devices -name "shadow_mm*"
'

# dts NAME BODY: a device tree in $work/boards; its root has two cells for all,
# unless the body begins with ! (dtc itself would refuse most of what is wrong in
# them: -f).
dts() {
	local body="#address-cells = <2>; #size-cells = <2>; $2"
	mkdir -p "$work/boards"
	[ "${2#!}" = "$2" ] || body=${2#!}
	printf '/dts-v1/;\n/ { %s };\n' "$body" >"$work/$1.dts"
	dtc -q -f -I dts -O dtb -o "$work/boards/$1.dtb" "$work/$1.dts" 2>/dev/null ||
		fail "dtc refuses $1"
}

MEMORY='memory@40000000 { device_type = "memory"; reg = <0 0x40000000 0 0x40000000>; };'

test_boards_shipped() {
	local boards
	boards=$("$SHADOW_SCRIPTS/build-boards.sh")
	guest --mem 2G --params 'size=512M' \
		--file "$boards:/lib/firmware/shadow_mm" -- "$GUEST_TRY"'
	for file in /lib/firmware/shadow_mm/*; do
		board=${file##*/}
		echo "== ${board%.*} $(try board=${board%.*})"
		cat memblock_memory
		sed -n 1p audit
		grep -m 1 "not walkable" mmu_check
	done'
	expect_status 0
	for name in qemu-virt qemu-virt-numa j722s-evm sa8775p-ride imx6ul; do
		expect_match "^== $name booted\$"
	done
	[ "$(grep -c '^== ' "$work/out")" -eq "$(find "$boards" -type f | wc -l)" ] ||
		{ show_last; fail "not every board was tried"; }
	[ "$(grep -c '^OK$' "$work/out")" -eq "$(grep -c '^== ' "$work/out")" ] ||
		{ show_last; fail "audit is not OK on every board"; }
	[ "$(grep -c 'not walkable: virtual board' "$work/out")" -eq "$(grep -c '^== ' "$work/out")" ] ||
		{ show_last; fail "the CPU was asked about a virtual board"; }
	expect_match '0x0000000040000000..0x00000000bfffffff +0 NONE'
	expect_match '0x00000000c0000000..0x000000013fffffff +1 NONE'
	[ "$(sed -n '/^== sa8775p-ride/,/^OK/p' "$work/out" | grep -c '\.\.0x')" -eq 16 ] ||
		{ show_last; fail "sa8775p-ride has not 16 banks"; }
}

# A machine of 128 MiB carries a board of 8 GiB.
test_boards_8g_in_128m() {
	guest --params 'size=128M board=j722s-evm' \
		--board "$("$SHADOW_SCRIPTS/build-boards.sh")/j722s-evm.dtb" -- \
		'cd /sys/kernel/debug/shadow_mm; cat memblock_memory; sed -n 1p audit'
	expect_status 0
	expect_match '0x0000000880000000..0x00000009ffffffff'
	expect_match '^OK$'
}

# One line: NAME|ERRNO|WHAT IS SAID, after "board=NAME: "|BODY
malformed_table() {
	local many reg i
	many=$(for i in $(seq 65); do printf '0 0x%x 0 0x1000 ' $((i << 24)); done)
	reg=$(for i in $(seq 1025); do printf '0x%x 0 0 0x1000 ' "$i"; done)
	cat <<TABLE
zero|EINVAL|/memory: left to the boot loader; allowed: with memory=|memory@0 { device_type = "memory"; reg = <0 0 0 0>; };
none|EINVAL|/memory: left to the boot loader; allowed: with memory=|chosen { };
regbytes|EINVAL|offset 0x[0-9a-f]+, /memory@0 reg: 12 bytes; allowed: multiples of 16|memory@0 { device_type = "memory"; reg = <0 0x40000000 0>; };
cells3|EINVAL|offset 0x[0-9a-f]+, / #address-cells: 3; allowed: 1 or 2|!#address-cells = <3>; #size-cells = <2>; $MEMORY
cells0|EINVAL|offset 0x[0-9a-f]+, / #size-cells: 0; allowed: 1 or 2|!#address-cells = <2>; #size-cells = <0>; $MEMORY
cellslong|EINVAL|offset 0x[0-9a-f]+, / #size-cells: 8 bytes; allowed: 4|!#address-cells = <2>; #size-cells = <2 2>; $MEMORY
wrap|ERANGE|offset 0x[0-9a-f]+, /memory .*0xfffffffffffff000\\+0x2000 wraps around; allowed|memory@0 { device_type = "memory"; reg = <0xffffffff 0xfffff000 0 0x2000>; };
far|ERANGE|offset 0x[0-9a-f]+, /memory .*0x10000000000000\\+0x1000 is out of reach; allowed: up to 52 bits|memory@0 { device_type = "memory"; reg = <0x100000 0 0 0x1000>; };
overlap|EINVAL|offset 0x[0-9a-f]+, /memory .*0x50000000\\+0x40000000 overlaps 0x40000000\\+0x40000000|$MEMORY memory@50000000 { device_type = "memory"; reg = <0 0x50000000 0 0x40000000>; };
ranges|E2BIG|offset 0x[0-9a-f]+, memory: range 1025 at .* is one too many; allowed: 1024|memory@0 { device_type = "memory"; reg = <$reg>; };
node|ERANGE|offset 0x[0-9a-f]+, /memory@0 numa-node-id: 8; allowed: 0 to 7|memory@0 { device_type = "memory"; numa-node-id = <8>; reg = <0 0x40000000 0 0x40000000>; };
matrix|ERANGE|offset 0x[0-9a-f]+, /distance-map distance-matrix: node 8; allowed: 0 to 7|memory@0 { device_type = "memory"; numa-node-id = <0>; reg = <0 0x40000000 0 0x40000000>; }; distance-map { compatible = "numa-distance-map-v1"; distance-matrix = <0 0 10 0 8 20>; };
initrd|EINVAL|offset 0x[0-9a-f]+, /chosen linux,initrd-start: 12 bytes; allowed: 4 or 8|$MEMORY chosen { linux,initrd-start = <0 0 0>; linux,initrd-end = <0 0>; };
usable|EINVAL|offset 0x[0-9a-f]+, /chosen linux,usable-memory-range: 8 bytes; allowed: multiples of 16|$MEMORY chosen { linux,usable-memory-range = <0 0x40000000>; };
places|E2BIG|offset 0x[0-9a-f]+, /reserved-memory/r alloc-ranges: more than 64 on this board|$MEMORY reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges; r { size = <0 0x1000>; alloc-ranges = <$many>; }; };
align|EINVAL|offset 0x[0-9a-f]+, /reserved-memory r: alignment is 0x3000; allowed: powers of two|$MEMORY reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges; r { size = <0 0x1000>; alignment = <0 0x3000>; }; };
ring|EINVAL|offset 0x[0-9a-f]+, /[ab] interconnects: DMA parents form a ring|$MEMORY a { phandle = <1>; #address-cells = <2>; #size-cells = <2>; #interconnect-cells = <0>; interconnects = <2>; interconnect-names = "dma-mem"; dma-ranges = <0 0 0 0 0 0x1000>; }; b { phandle = <2>; #address-cells = <2>; #size-cells = <2>; #interconnect-cells = <0>; interconnects = <1>; interconnect-names = "dma-mem"; dma-ranges; };
nocells|EINVAL|offset 0x[0-9a-f]+, /a/b dma-ranges: entries of no cells|$MEMORY a { #address-cells = <0>; #size-cells = <0>; b { #address-cells = <0>; #size-cells = <0>; dma-ranges = <0>; }; };
TABLE
}

# Trees that are no trees: made by hand from a good one.
broken_blobs() {
	local good=$work/good.dtb bytes
	dts good "$MEMORY"
	mv "$work/boards/good.dtb" "$good"
	bytes=$(stat -c %s "$good")
	head -c $((bytes - 1)) "$good" >"$work/boards/short.dtb"
	head -c 30 "$good" >"$work/boards/stump.dtb"
	: >"$work/boards/empty.dtb"
	{ cat "$good"; echo; } >"$work/boards/long.dtb"
	{ printf 'x'; tail -c +2 "$good"; } >"$work/boards/magic.dtb"
	head -c 3000000 /dev/zero >"$work/boards/big.dtb"
	local body='' i
	for i in $(seq 63); do
		body="n$i { $body };"
	done
	dts deep "$MEMORY $body"
}

test_boards_malformed() {
	local name errno what body
	while IFS='|' read -r name errno what body; do
		dts "$name" "$body"
	done < <(malformed_table)
	broken_blobs
	guest --params 'size=64M' --file "$work/boards:/lib/firmware/shadow_mm" -- \
		"$TRY_EACH"
	expect_status 0
	while IFS='|' read -r name errno what body; do
		expect_match "^== $name\\|.*$errno .*: board=$name: $what"
	done < <(malformed_table)
	for name in short stump magic long; do
		expect_match "^== $name\\|.*EINVAL .*: board=$name: offset 0x[0-9a-f]+, [a-z]+: .*; allowed"
	done
	expect_match '^== empty\|.*: board=empty: shadow_mm/empty.dtb is there, but reading it ended with -22'
	expect_match '^== big\|.*E2BIG .*: board=big: .*; allowed'
	expect_match '^== deep\|.*: board=deep: offset 0x[0-9a-f]+, .*; allowed'
	expect_match '^booted$'
	[ "$(tail -n 1 "$work/out")" = OK ] ||
		{ show_last; fail "not sound, or something was left behind"; }
}

# What a kernel leaves out with a message is left out with a message.
test_boards_skipped() {
	dts notes "$MEMORY
	memory@f0000000 { device_type = \"memory\"; };
	memory@e0000000 { device_type = \"memory\"; status = \"disabled\"; reg = <0 0xe0000000 0 0x1000000>; };
	chosen { linux,initrd-start = <0x48000000>; linux,initrd-end = <0x47000000>; };
	reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges;
		odd { reg = <0 0x50000000 0>; };
		empty { reg = <0 0x50000000 0 0>; };
		off { status = \"disabled\"; reg = <0 0x50000000 0 0x1000>; };
		size { size = <0x1000>; };
		alignment { size = <0 0x1000>; alignment = <0x1000>; };
		places { size = <0 0x1000>; alloc-ranges = <0 0x50000000>; };
		kept { no-map; reg = <0 0x60000000 0 0x1000>, <0 0x60100000 0 0x1000>; };
	};"
	dts cells "$MEMORY
	reserved-memory { #address-cells = <1>; #size-cells = <1>; ranges; r { no-map; reg = <0x50000000 0x1000>; }; };"
	dts matrix "memory@40000000 { device_type = \"memory\"; numa-node-id = <0>; reg = <0 0x40000000 0 0x40000000>; };
	memory@80000000 { device_type = \"memory\"; numa-node-id = <1>; reg = <0 0x80000000 0 0x40000000>; };
	distance-map { compatible = \"numa-distance-map-v1\"; distance-matrix = <0 1 9>; };"
	guest --params 'size=128M' --file "$work/boards:/lib/firmware/shadow_mm" -- \
		"$GUEST_TRY"'
	for board in notes cells matrix; do
		echo "== $(try board=$board)"
		cat memblock_memory
		dmesg -c | sed -n "s/.*shadow_mm: board /note /p"
	done'
	expect_status 0
	[ "$(grep -c '^== booted$' "$work/out")" -eq 3 ] ||
		{ show_last; fail "three boards were to boot"; }
	expect_match '^note notes: /memory@f0000000 reg: missing: skipped'
	expect_match '^note notes: /chosen linux,initrd-end: 0x47000000 lies before the start'
	expect_match '^note notes: /reserved-memory/odd reg: 12 bytes are no entries of 16: skipped'
	expect_match '^note notes: /reserved-memory/empty reg: 0x50000000\+0 is empty: skipped'
	expect_match '^note notes: /reserved-memory/size size: 4 bytes, 8 are expected: skipped'
	expect_match '^note notes: /reserved-memory/alignment alignment: 4 bytes, 8 are expected'
	expect_match '^note notes: /reserved-memory/places alloc-ranges: 8 bytes are no entries'
	expect_match '^note cells: /reserved-memory ranges: missing, or cells other'
	expect_match '^note matrix: /distance-map distance-matrix: 9 from node 0 to 1: no nodes'
	expect_match '0x0000000060000000..0x0000000060000fff +0 NOMAP'
	expect_match '0x0000000060100000..0x0000000060100fff +0 NOMAP'
	expect_no_match 'e0000000'
	expect_no_match '0000000050000'
	expect_match '0x0000000040000000..0x00000000bfffffff +0 NONE'
}

# Files: which are looked for, which is read, what is said.
test_boards_files() {
	local boards
	boards=$("$SHADOW_SCRIPTS/build-boards.sh")
	mkdir -p "$work/boards"
	cp "$boards/qemu-virt.dtb" "$work/boards/both.dtb"
	cp "$boards/imx6ul.txt" "$work/boards/both.txt"
	cp "$boards/imx6ul.txt" "$work/boards/text.txt"
	guest --params 'size=64M' --file "$work/boards:/lib/firmware/shadow_mm" -- \
		"$GUEST_TRY"'
	try board=both; cat memblock_memory
	try board=text; cat memblock_memory
	try board=nowhere
	dmesg | grep "shadow_mm: board=both"'
	expect_status 0
	expect_match '0x0000000040000000..0x000000007fffffff'
	expect_match '0x0000000080000000..0x000000009fffffff'
	expect_match 'ENODEV .*: board=nowhere: neither nowhere.dtb nor .txt is in /lib/firmware/shadow_mm/'
	expect_match 'board=both: both.dtb is read, /lib/firmware/shadow_mm/both.txt is not'
}

# What a boot loader fills in replaces what the tree says.
test_boards_loader() {
	dts all "memory@80000000 { device_type = \"memory\"; reg = <0 0x80000000 0 0>; };
	chosen { bootargs = \"mem=1G\"; linux,initrd-start = <0 0x88000000>; linux,initrd-end = <0 0x88100000>; };"
	guest --params 'size=128M' --board "$work/boards/all.dtb" -- "$GUEST_TRY"'
	try board=all
	try board=all memory=2G+1536M; cat memblock_memory
	try board=all memory=2G+512M,4G+256M cmdline=mem=600M; cat memblock_memory
	try board=all memory=2G+512M cmdline=quiet initrd=0x90000000+1M; cat memblock_reserved
	try board= memory=1G+256M initrd= cmdline=; cat memblock_memory'
	expect_status 0
	[ "$(grep -c '^booted$' "$work/out")" -eq 4 ] ||
		{ show_last; fail "four boots were expected"; }
	expect_match 'EINVAL .*: board=all: /memory: left to the boot loader'
	expect_match '0x0000000080000000..0x00000000bfffffff +0 NONE'
	expect_match '0x0000000100000000..0x00000001057fffff +0 NONE'
	expect_match '0x0000000090000000..0x00000000900fffff'
	expect_match '0x0000000040000000..0x000000004fffffff +0 NONE'
}

# The machine that it runs on, with a hole, two nodes and what is no-map.
test_boards_host() {
	guest --mem 2G --smp 2 \
		--qemu '-object memory-backend-ram,id=m0,size=1G -object memory-backend-ram,id=m1,size=1G -numa node,memdev=m0,cpus=0 -numa node,memdev=m1,cpus=1 -numa dist,src=0,dst=1,val=30' \
		--append 'mem=1800M' --params 'size=128M board=host cmdline=quiet' -- \
		'cd /sys/kernel/debug/shadow_mm
	sed -n "s/^\([0-9a-f]*-[0-9a-f]*\) : System RAM/ram \1/p" /proc/iomem
	cat memblock_memory; sed -n 1p audit'
	expect_status 0
	expect_match '0x0000000040000000..0x000000007fffffff +0 NONE'
	expect_match '0x0000000080000000..0x00000000b07fffff +1 NONE'
	expect_match '^ram 40000000-7fffffff$'
	expect_match '^ram 80000000-b07fffff$'
	expect_match '^OK$'
}

# Memory that the host does not map is no System RAM, but it is the board's.
test_boards_host_nomap() {
	qemu-system-aarch64 -M virt,gic-version=3,dumpdtb="$work/virt.dtb" \
		-cpu max -m 1G -smp 2 -nic none -nodefaults -display none \
		>/dev/null 2>&1
	{
		dtc -q -I dtb -O dts "$work/virt.dtb"
		echo '/ { reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges;
			kept@60000000 { no-map; reg = <0 0x60000000 0 0x100000>; };
			taken@61000000 { reg = <0 0x61000000 0 0x100000>; };
		}; };'
	} | dtc -q -I dts -O dtb -o "$work/host.dtb" -
	guest --qemu "-dtb $work/host.dtb" --params 'size=64M board=host' -- \
		'cd /sys/kernel/debug/shadow_mm; cat memblock_memory memblock_reserved
	grep System.RAM /proc/iomem'
	expect_status 0
	expect_match '0x0000000040000000..0x000000005fffffff +0 NONE'
	expect_match '0x0000000060000000..0x00000000600fffff +0 NOMAP'
	expect_match '0x0000000060100000..0x000000007fffffff +0 NONE'
	expect_match '0x0000000061000000..0x00000000610fffff'
	expect_match '^40000000-5fffffff : System RAM'
}

# Mutants of boards: each boots or is refused in one line, and the machine is
# sound after all of them.
test_boards_mutated() {
	local boards
	boards=$("$SHADOW_SCRIPTS/build-boards.sh")
	"$SHADOW_SCRIPTS/mutate-boards.py" $MUTANT_SEED $MUTANTS "$work/boards" "$boards"/*
	guest --params 'size=128M mmu_check=off' --timeout 900 \
		--file "$work/boards:/lib/firmware/shadow_mm" -- "$TRY_EACH"
	expect_status 0
	[ "$(grep -cE '^== m[0-9]+\|(booted$|line 1: E[A-Z0-9]+ \(-[0-9]+\), .*: (board=m[0-9]+: |boot failed in ))' "$work/out")" -eq $MUTANTS ] ||
		{ show_last; fail "not every mutant booted or was refused in one line"; }
	[ "$(tail -n 1 "$work/out")" = OK ] ||
		{ show_last; fail "not sound, or something was left behind"; }
}

# All of Debian's device trees.
test_boards_debian() {
	rc=0
	SHADOW_QUIET=1 "$SHADOW_SCRIPTS/boards.sh" >"$work/out" 2>"$work/err" || rc=$?
	expect_status 0
	expect_match '^ *1023  device trees$'
	expect_match '^0 differences'
}
