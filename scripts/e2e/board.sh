# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2034,SC2154
#
# make board: a device tree as a board, and a real kernel's log beside it. The
# logs are those of guests, whose trees are known because they were dumped.

QUICK+=(board_log_reader)

LOUD='loglevel=8 earlycon=pl011,0x9000000'

# real_board NAME GUEST-OPTION...: $work/NAME.txt, its console, and NAME.dtb
real_board() {
	local name=$1
	shift
	guest --no-insmod --console "$work/$name.txt" "$@" -- 'cat /sys/firmware/fdt'
	expect_status 0
	cp "$work/out" "$work/$name.dtb"
	dtc -q -I dtb -O dts -o "$work/$name.dts" "$work/$name.dtb"
}

# board STATUS ARGUMENT...: scripts/board.sh, its output in $work/out
board() {
	local status=$1
	shift
	rc=0
	"$SHADOW_SCRIPTS/board.sh" --keep "$work/shadow" "$@" \
		>"$work/out" 2>"$work/err" </dev/null || rc=$?
	expect_status "$status"
}

# changed NAME OLD NEW: $work/NAME.dtb of true.dts with a piece changed
changed() {
	python3 - "$work/true.dts" "$work/$1.dts" "$2" "$3" <<-'EOF'
		import re, sys
		text = open(sys.argv[1]).read()
		new = re.sub(sys.argv[3], sys.argv[4], text, count=1, flags=re.S)
		assert new != text, "nothing to change"
		open(sys.argv[2], "w").write(new)
	EOF
	dtc -q -I dts -O dtb -o "$work/$1.dtb" "$work/$1.dts"
}

# with_region NAME NODES: $work/NAME.dtb, true.dts with /reserved-memory
with_region() {
	changed "$1" '\};\s*$' "reserved-memory { #address-cells = <2>;
		#size-cells = <2>; ranges; $2 };
	};"
}

# offset NAME PROPERTY: no offset is 0, and what stands there is the property's
expect_named() {
	expect_match "^line [0-9]+: .*$1"
	expect_match "follows from $2 \(offset 0x[1-9a-f][0-9a-f]*\)"
}

test_board_log_reader() {
	python3 "$SHADOW_SCRIPTS/test-board-log.py" >"$work/out" 2>"$work/err" ||
		{ rc=1; show_last; fail "the reader of logs"; }
	expect_match '^[0-9]{3,} cases$'
}

test_board_usage() {
	local args
	: >"$work/x.dts"
	: >"$work/x.dtb"
	for args in '' /no/such "$work/x.dts" "$work/x.dtb /no/such" "$work/x.dtb a b" \
		"--bogus"; do
		# shellcheck disable=SC2086
		board 64 $args
		[ "$(wc -l <"$work/err")" -eq 1 ] || fail "one line was expected for '$args'"
		expect_match 'make board DTB=FILE' "$work/err"
	done
	for args in nonsense 'board=x' 'cmdline="open'; do
		PARAMS=$args board 64 "$work/x.dtb"
		expect_match 'make board DTB=FILE' "$work/err"
	done
}

# What the issue's person types, quotes and all.
test_board_make() {
	"$SHADOW_SCRIPTS/build-boards.sh" >"$work/folder"
	cp "$(cat "$work/folder")/qemu-virt.dtb" "$work/a board,1.dtb"
	rc=0
	make -C "$SHADOW_TOP" --no-print-directory board DTB="$work/a board,1.dtb" \
		PARAMS='early=bootmem cmdline="mem=512M cma=0"' \
		>"$work/out" 2>"$work/err" </dev/null || rc=$?
	expect_status 0
	expect_match '^==> boot <==$'
	expect_match '^==> layout <==$'
	expect_match '^==> handover <==$'
	expect_match '> +node +0: \[mem 0x0000000040000000-0x000000005fffffff\]'
	expect_match 'from bootmem; file handover'
	expect_no_match '^==> config'
	head -c 200 "$work/a board,1.dtb" >"$work/short.dtb"
	board 1 "$work/short.dtb"
	[ "$(wc -l <"$work/out")" -eq 1 ] || { show_last; fail "one line was expected"; }
	expect_match '^board=short: .*totalsize.*'
}

# A tree with regions of every kind, two of which overlap: the real kernel and
# the shadow say the same, wherever the log ends.
regions='
	video@50000000 { reg = <0 0x50000000 0 0x1000000>; no-map; };
	dsp@50800000 { reg = <0 0x50800000 0 0x1000000>; };
	pool@60000000 { compatible = "shared-dma-pool"; reusable;
		reg = <0 0x60000000 0 0x1000000>; };
	late { compatible = "shared-dma-pool"; size = <0 0x800000>; no-map;
		alloc-ranges = <0 0x40000000 0 0x40000000>; };'

agrees_with() {
	local kernel=$1
	real_board true --kernel "$kernel" --mem 1G
	with_region faulty "$regions"
	real_board real --kernel "$kernel" --mem 1G --qemu "-dtb $work/faulty.dtb" \
		--append "$LOUD memblock=debug"
	board 0 "$work/real.dtb" "$work/real.txt"
	expect_match '^log and shadow agree as far as the log goes: [3-9][0-9] lines'
	expect_match '^image= is taken from line [0-9]+ of the log'
	expect_match 'OVERLAP DETECTED!'
	python3 "$SHADOW_SCRIPTS/test-board-log.py" "$work/real.dtb" \
		"$work/real.txt" "$work/shadow" >"$work/out" 2>"$work/err" ||
		{ rc=1; show_last; fail "cut or changed logs"; }
	expect_match '^[4-9][0-9]{2} cases$'
}

test_board_agrees() {
	agrees_with 6.12-cloud
}

test_board_agrees_6_1() {
	agrees_with 6.1-cloud
}

THREE_BANKS='-numa node,memdev=a,cpus=0 -numa node,memdev=b -numa node,memdev=c
	-object memory-backend-ram,id=a,size=512M
	-object memory-backend-ram,id=b,size=512M
	-object memory-backend-ram,id=c,size=512M'

# Seeded fault: a bank that the tree does not have
test_board_fault_bank() {
	real_board true --mem 1536M --qemu "$THREE_BANKS" --append "$LOUD"
	board 0 "$work/true.dtb" "$work/true.txt"
	expect_match '^log and shadow agree as far as the log goes'
	changed middle 'memory@60000000 \{.*?\};' ''
	board 0 "$work/middle.dtb" "$work/true.txt"
	expect_named '`node   1: \[mem 0x0*60000000-0x0*7fffffff\]`' \
		'/memory@[48]0000000 reg'
	expect_match 'has \[0x60000000-0x7fffffff\] \(512 MiB\)'
	# The other way round: a tree that promises what is not there
	changed larger '0x80000000 0x00 0x20000000' '0x80000000 0 0x40000000'
	board 0 "$work/larger.dtb" "$work/true.txt"
	expect_named 'DMA +\[mem 0x0*40000000-0x0*9fffffff\]' '/memory@80000000 reg'
	expect_match 'has not \[0xa0000000-0xbfffffff\] \(512 MiB\)'
}

# Seeded faults: cells; an initrd outside of memory; an image, and another
# region, in a region's way
test_board_faults() {
	real_board true --mem 1G --append "$LOUD memblock=debug"
	grep -v memblock_ "$work/true.txt" >"$work/plain.txt"

	changed cells '#size-cells = <0x02>' '#size-cells = <1>'
	board 1 "$work/cells.dtb" "$work/plain.txt"
	expect_named 'NUMA: Faking a node' '/ #size-cells'
	expect_match '^the shadow refuses the tree: .*/memory@40000000 reg: 16 bytes'

	# By number: dtc shows a value whose bytes are letters as a string
	cp "$work/true.dtb" "$work/outside.dtb"
	fdtput -t x "$work/outside.dtb" /chosen linux,initrd-start 88000000
	fdtput -t x "$work/outside.dtb" /chosen linux,initrd-end 89000000
	board 0 "$work/outside.dtb" "$work/plain.txt"
	expect_named 'initrd not fully accessible|Initmem|NUMA: Faking|node' \
		'/chosen linux,initrd-start'
	board 0 "$work/outside.dtb" "$work/true.txt"
	expect_named 'memblock_add: \[0x0*48000000-' '/chosen linux,initrd-start'

	with_region overlap 'tee@50000000 { reg = <0 0x50000000 0 0x400000>; no-map; };
		fb@50200000 { reg = <0 0x50200000 0 0x400000>; no-map; };'
	board 0 "$work/overlap.dtb" "$work/plain.txt"
	expect_named 'No reserved-memory node' '/reserved-memory/tee@50000000 reg'
	expect_match 'it overlaps /reserved-memory/fb@50200000 reg \(offset 0x'
	with_region inuse 'tee@48800000 { reg = <0 0x48800000 0 0x400000>; no-map; };'
	board 0 "$work/inuse.dtb" "$work/plain.txt"
	expect_named 'failed to reserve memory for node' '/reserved-memory/tee@48800000 reg'
	expect_match 'it overlaps the initrd'

	with_region image 'fw@40800000 { reg = <0 0x40800000 0 0x100000>; };'
	board 1 "$work/image.dtb" "$work/true.txt"
	expect_named 'memblock_reserve: \[0x0*40200000-' '/reserved-memory/fw@40800000 reg'
	board 0 "$work/image.dtb" "$work/plain.txt"
	expect_named 'No reserved-memory node' '/reserved-memory/fw@40800000 reg'
}

# Real kernels with a faulty tree: what they meet is what is said.
test_board_real_faults() {
	real_board true --mem 1G
	with_region image 'fw@40400000 { reg = <0 0x40400000 0 0x100000>; no-map; };'
	real_board real --mem 1G --qemu "-dtb $work/image.dtb" \
		--append "$LOUD memblock=debug"
	board 1 "$work/real.dtb" "$work/real.txt"
	expect_match "^the shadow refuses the tree: image=.* region 'fw@40400000'"
	expect_match "^line [0-9]+: .*failed to reserve.*fw@40400000.*met the same"

	with_region cells 'fw@50000000 { reg = <0 0x50000000 0 0x100000>; };'
	sed -i '/reserved-memory/,$s/#size-cells = <2>/#size-cells = <1>/' "$work/cells.dts"
	dtc -q -I dts -O dtb -o "$work/cells.dtb" "$work/cells.dts"
	real_board real --mem 1G --qemu "-dtb $work/cells.dtb" --append "$LOUD mem=640M"
	expect_match 'unsupported node format' "$work/real.txt"
	board 0 "$work/real.dtb" "$work/real.txt"
	expect_match '^log and shadow agree as far as the log goes'
	expect_match '> .*unsupported node format, ignoring'
	expect_match '> +node +0: \[mem 0x0*40000000-0x0*67ffffff\]'
	# A command line that the tree does not have is taken, and its mem= named
	sed -i 's/ mem=640M//' "$work/real.dts"
	dtc -q -I dts -O dtb -o "$work/less.dtb" "$work/real.dts"
	board 0 "$work/less.dtb" "$work/real.txt"
	expect_match 'follows from (/memory@40000000 reg|/chosen bootargs) \(offset 0x'
	sed -i '/bootargs/d' "$work/real.dts"
	dtc -q -I dts -O dtb -o "$work/none.dtb" "$work/real.dts"
	board 0 "$work/none.dtb" "$work/real.txt"
	expect_match '^cmdline= is taken from line [0-9]+ of the log'
	expect_match '^log and shadow agree as far as the log goes'
}

# A tree as a build leaves it: the boot loader's part comes from the log, or
# else it is said that it is needed.
test_board_boot_loader() {
	real_board true --mem 1G --append "$LOUD memblock=debug"
	sed 's/reg = <0x00 0x40000000 0x00 0x40000000>/reg = <0 0 0 0>/
		/initrd-/d; /bootargs/d' "$work/true.dts" >"$work/bare.dts"
	dtc -q -I dts -O dtb -o "$work/bare.dtb" "$work/bare.dts"
	board 1 "$work/bare.dtb"
	expect_match '^board=bare: /memory: .*memory=START'
	board 0 "$work/bare.dtb" "$work/true.txt"
	for word in cmdline memory initrd image; do
		expect_match "^$word= is taken from line [0-9]+ of the log: "
	done
	expect_match '^log and shadow agree as far as the log goes'
	# The log of the same board with less memory
	PARAMS='memory=0x40000000+0x60000000' board 0 "$work/bare.dtb" "$work/true.txt"
	expect_no_match '^memory= is taken'
	expect_match '^line [0-9]+: .*the shadow has'
}

# Larger pages are read off the log.
test_board_16k() {
	real_board true --kernel 6.12-16k --mem 1G --append "$LOUD"
	board 0 "$work/true.dtb" "$work/true.txt"
	expect_match '^granule= is taken from line [0-9]+ of the log'
	expect_match '> Built 1 zonelists.*Total pages: 65536'
	expect_match '^log and shadow agree as far as the log goes'
}
