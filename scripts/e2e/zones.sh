# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# Nodes, zones and zonelists by parameter: what the files show is what was asked
# for, and the machine is whole.

# Run in the guest: after each reset, the machine must be OK and its zones'
# frames must be those of the block.
ZONES_RESET='
cd /sys/kernel/debug/shadow_mm || exit 1
again() {
	echo "== $*"
	echo "reset $*" >ctl || { grep "^last:" ctl; return; }
	head -n 1 audit
	grep -c mismatch=0 boot
	awk "/^        present/ { sum += \$2 } END { print \"present\", sum }" zoneinfo
}
'

expect_count() {
	[ "$(grep -acE -- "$2" "$work/out")" -eq "$1" ] && return
	show_last
	fail "$1 lines were expected: $2"
}

# Four nodes in a ring: the order that find_next_best_node() gives, worked out
# by hand, and a quarter of each node MOVABLE.
test_zones_nodes() {
	guest --params 'size=256M nodes=4 distance=10,20,30,20,20,10,20,30,30,20,10,20,20,30,20,10 movablecore=25%' -- "$ZONES_RESET"'
	head -n 1 audit
	cat zonelists
	grep -e "Fallback order" -e "zonelists, mobility" -e "  Node " boot
	awk "/^Node/ { node = \$2 } /^        present/ { n[node] += \$2 }
	     END { for (i in n) print \"node\", i, n[i] }" zoneinfo | sort'
	expect_status 0
	expect_match '^OK$'
	for order in '0: 0 1 3 2' '1: 1 2 0 3' '2: 2 3 1 0' '3: 3 0 2 1'; do
		expect_match "Fallback order for Node $order \$"
	done
	expect_match 'Built 4 zonelists, mobility grouping on\.  Total pages: 65536'
	expect_match '^   2:  30  20  10  20$'
	expect_match '^  has_cpu +0 1 \(2\)$'
	expect_match '^  no-fallback 3:Movable 3:Normal$'
	expect_match 'GFP_DMA=0:DMA .*GFP_HIGHUSER_MOVABLE=3:Movable$'
	awk '/^node [0-7], / { sum += $3; if ($3 < 15360 || $3 > 17408) bad = 1 }
	END { exit bad || sum != 65536 }' "$work/out" ||
		{ show_last; fail "the nodes are not equal parts"; }
}

# Above the linear map: zone, log, counts; and nothing of the machine's own.
test_zones_highmem() {
	guest --params 'size=256M highmem=192M nodes=2' -- "$ZONES_RESET"'
	head -n 1 audit
	grep -e "Zone ranges" -A 7 -e free_highpages -e "Memory:" boot
	sed -n "s/^zones=//p" config
	tail -n 3 handover
	grep HIGHMEM handover
	grep "memory :" layout
	echo "alloc_pages 0 count=16384 zone=HIGHMEM as=all" >ctl
	grep -A 9 "zone  HighMem" zoneinfo
	echo "free_pages all" >ctl
	echo "vmalloc 1M as=v" >ctl
	head -n 1 audit
	again early=bootmem
	again early= movablecore=50% nodes=
	grep "  Node 0" boot
	again movablecore= highmem=256M
	grep -e HighMem -e free_highpages boot'
	expect_status 0
	expect_match 'free_highpages: 16384 pages above the linear map'
	expect_match 'Memory: .*, 65536K highmem\)$'
	expect_match '16384 frames of HIGHMEM, page by page'
	expect_match ': they agree$'
	expect_match 'memory : .*\( +196608 KB\)'
	expect_match '^   >   HighMem  empty$'
	expect_match 'free_highpages: 0 pages above'
	expect_count 5 '^OK$'
	expect_count 3 '^present 65536$'
	expect_no_match mismatch=[1-9]
}

# Limits at the ends of memory, at each granule, with either early allocator.
test_zones_shapes() {
	guest --params 'size=128M' -- "$ZONES_RESET"'
	pages=32768
	for granule in 4k 16k 64k; do
		for early in memblock bootmem; do
			set="granule=$granule early=$early"
			again $set dma=0 dma32= highmem= nodes= movablecore=
			again dma=128M dma32=128M
			again dma=16M dma32=64M highmem=96M nodes=3
			again dma=0 dma32=0 highmem=64M movablecore=25% nodes=8
			again dma= dma32= highmem= kernelcore=50% nodes=2
			echo "reset kernelcore=" >ctl
		done
		pages=$((pages / 4))
	done
	again nodes=2
	echo "create two size=16M nodes=4 highmem=12M" >ctl
	head -n 1 ../shadow_mm.two/audit
	grep -c "^  fallback" ../shadow_mm.two/zonelists
	echo "destroy two" >ctl'
	expect_status 0
	expect_count 32 '^OK$'
	expect_no_match "^last:"
	expect_count 10 '^present 32768$'
	expect_count 10 '^present 8192$'
	expect_count 11 '^present 2048$'
	expect_count 31 '^1$'
	expect_match '^4$'
}

# A board with nodes of its own is followed; one without is split; a virtual
# board's command line says what is movable.
test_zones_boards() {
	local boards
	boards=$("$SHADOW_SCRIPTS/build-boards.sh")
	guest --board "$boards/qemu-virt-numa.dtb" --board "$boards/qemu-virt.dtb" \
		--params 'board=qemu-virt-numa size=128M' -- "$ZONES_RESET"'
	again board=qemu-virt-numa
	grep -e "Fallback order" -e "^   1: " zonelists boot
	again nodes=3
	again nodes=2 distance=10,15,25,10
	grep "^   1: " zonelists
	again board=qemu-virt nodes=4 distance= cmdline=movablecore=512M
	grep -e "  Node [0-3]" -e "Built" boot
	again nodes= cmdline=kernelcore=mirror
	grep mirror boot'
	expect_status 0
	expect_match 'nodes=3: board=qemu-virt-numa says itself which of 2 nodes'
	expect_match '^   1:  25  10$'
	expect_match 'Built 4 zonelists'
	expect_count 4 '  Node [0-3]: 0x'
	expect_match 'The system has no mirror memory, ignore kernelcore=mirror\.'
	expect_count 4 '^OK$'
}
