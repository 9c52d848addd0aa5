#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# fidelity.sh - does the shadow derive what a real kernel derives?
#
# usage: scripts/fidelity.sh [--keep FOLDER] [SHAPE...]
#        scripts/fidelity.sh --list
#
# Boots a guest for each shape of memory and, in it, the shadow with what that
# guest's kernel was given by its boot loader: device tree, command line,
# addresses of kernel image and initrd. Then it boots the shadow with the
# host's memblock dumps. What the shadow made of them is compared with what
# the host shows, item by item; then the same values are written to the host's
# sysctls of the watermarks and to the shadow, and compared again. A table of each shape is printed, and at the end
#
#	fidelity: N equal, N explained, N unexplained
#
# with status 1 if anything is unexplained. A difference is explained where the
# table names the frames that account for it, to the page.
#
# To each guest's device tree /reserved-memory and a memory reservation are
# added, so that their rules are compared too. A kernel's earliest acts, of which
# no file tells, are watched through QEMU's gdb stub; nokaslr says where.
#
# --keep leaves in FOLDER/SHAPE all that was compared.

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

AT_ONCE=2
QEMU='qemu-system-aarch64'

# Name, kernel, memory, what it is; NUMA adds arguments of QEMU below.
SHAPES='
512m 6.12-cloud 512M 512 MiB
1g 6.12-cloud 1G 1 GiB
5g 6.12-cloud 5G 5 GiB, in DMA and Normal
numa 6.12-cloud 4G two nodes of 2 GiB, the second one crosses 4 GiB
16k 6.12-16k 1G 1 GiB in pages of 16 KiB
'
NUMA='-object memory-backend-ram,id=ram0,size=2G
	-object memory-backend-ram,id=ram1,size=2G
	-numa node,nodeid=0,cpus=0,memdev=ram0
	-numa node,nodeid=1,cpus=1,memdev=ram1
	-numa dist,src=0,dst=1,val=20'

# Regions of every kind, one that is placed next to another, a pool of CMA; some
# are no multiple of a large page.
REGIONS='
/ {
	reserved-memory {
		#address-cells = <2>;
		#size-cells = <2>;
		ranges;
		mapped@50000000 { reg = <0 0x50000000 0 0x200000>; };
		hidden@50400000 { reg = <0 0x50400000 0 0x100000>; no-map; };
		pieces@50601000 { reg = <0 0x50601000 0 0x3000>, <0 0x50700000 0 0x1800>; };
		narrow@50802000 { reg = <0 0x50802000 0 0x5000>; no-map; };
		asleep@50a00000 {
			reg = <0 0x50a00000 0 0x100000>;
			status = "disabled";
		};
		anywhere { size = <0 0x300000>; alignment = <0 0x100000>; };
		below {
			size = <0 0x100000>;
			alignment = <0 0x10000>;
			alloc-ranges = <0 0x40000000 0 0x8000000>;
			no-map;
		};
		beside {
			size = <0 0x100000>;
			alloc-ranges = <0 0x48000000 0 0x8000000>;
		};
		pool@54000000 {
			compatible = "shared-dma-pool";
			reg = <0 0x54000000 0 0x2000000>;
			reusable;
		};
	};
};
'
# The second lies in a region that is not mapped.
MEMRESERVE='/memreserve/ 0x51000000 0x2345; /memreserve/ 0x50480000 0x1000;'

SYMBOLS='arm64_memblock_init|memblock|memblock_free_all|memblock_free_pages'
SYMBOLS+='|node_data|percpu_pagelist_high_fraction_sysctl_handler'
# What of the kernel's structures is read, by the names that its BTF has
STRUCTURES='pglist_data zone zonelist zoneref'

# What is written to the host's sysctls and to the shadow, a moment a line:
# min_free_kbytes, watermark_scale_factor, lowmem_reserve_ratio (of DMA, DMA32
# and Normal), percpu_pagelist_high_fraction.
SETTINGS='
6001 10 256,256,32 0
6001 237 256,256,32 0
1407 237 53,97,11 0
20483 3000 0,256,1 100
'

# symbols KERNEL: prints the file with the addresses that are watched. They
# belong to the image: randomisation is switched off.
symbols() {
	local image id
	image=$("$SHADOW_SCRIPTS/kernels.sh" "$1")/Image
	id=$(sha256sum "$image" | cut -c1-16)
	with_lock "symbols-$id" make_symbols "$1" "$SHADOW_CACHE/fidelity/$id.symbols" >&2
	echo "$SHADOW_CACHE/fidelity/$id.symbols"
}

make_symbols() {
	local name
	! grep -qs '^layout ' "$2" || return 0
	say "asking the $1 kernel for its symbols"
	mkdir -p "$(dirname "$2")"
	"$SHADOW_SCRIPTS/guest.sh" --kernel "$1" --mem 512M --no-insmod \
		--append nokaslr -- "grep -E ' ($SYMBOLS)\$' /proc/kallsyms" >"$2.new" ||
		die "the $1 kernel does not name its symbols"
	"$SHADOW_SCRIPTS/guest.sh" --kernel "$1" --mem 512M --no-insmod -- \
		'cat /sys/kernel/btf/vmlinux' >"$2.btf" ||
		die "the $1 kernel does not tell its types"
	for name in $STRUCTURES; do
		structure "$name" "$2.btf" >>"$2.new" ||
			die "the $1 kernel's struct $name is not understood"
	done
	rm -f "$2.btf"
	mv "$2.new" "$2"
}

# structure NAME BTF: prints where its members lie, and its size, in bytes.
structure() {
	pahole -C "$1" "$2" | awk -v name="$1" '
	match($0, /[a-z_0-9]+(\[[0-9]+\])*; *\/\* +[0-9]+ +[0-9]+ \*\/$/) {
		split(substr($0, RSTART), part, /[][; ]+/)
		nr = split($0, word, " ")
		print "layout", name "." part[1], word[nr - 2]
	}
	$2 == "size:" { print "layout", name, $3 + 0; found = 1 }
	END { exit !found }'
}

# image_field FILE OFFSET: a number of the image's header, which boot loaders
# read (Documentation/arch/arm64/booting.rst).
image_field() {
	od -An -t u8 -j "$2" -N 8 "$1" | tr -d ' '
}

# Bits 1 and 2 of the flags: 4, 16 or 64 KiB.
image_page() {
	echo $((1024 << (2 * (($(image_field "$1" 24) >> 1) & 3))))
}

# The tree that QEMU would make for this guest, and our regions.
write_tree() {
	local dir=$1 mem=$2
	shift 2
	"$QEMU" -M "virt,gic-version=3,dumpdtb=$dir/virt.dtb" -cpu max -m "$mem" \
		-smp 2 -nodefaults -nic none -display none \
		-device virtio-serial-pci "$@" >"$dir/qemu.log" 2>&1 ||
		die "no device tree: $(cat "$dir/qemu.log")"
	{
		dtc -q -I dtb -O dts "$dir/virt.dtb" |
			sed "s|^/dts-v1/;|&\\n$MEMRESERVE|"
		echo "$REGIONS"
	} | dtc -q -I dts -O dtb -o "$dir/tree.dtb" - || die "no device tree"
}

# Both end; where one fails, the other would wait for it in vain. But a guest that
# has ended still says why.
wait_for_both() {
	if wait -n "$1" "$2" && wait "$1" && wait "$2"; then
		return
	fi
	timeout 10 tail --pid="$1" -f /dev/null || true
	kill "$1" "$2" 2>/dev/null || true
	wait "$1" "$2" 2>/dev/null || true
	return 1
}

run_guest() {
	local kernel=$1 mem=$2 dir=$3 qemu=$4 image symbols guest watcher
	symbols=$(symbols "$kernel")
	image=$("$SHADOW_SCRIPTS/kernels.sh" "$kernel")/Image
	"$SHADOW_SCRIPTS/fidelity.py" watch "$dir/gdb" "$symbols" "$dir/watched" \
		"$(grep -c . <<<"$SETTINGS")" &
	watcher=$!
	"$SHADOW_SCRIPTS/guest.sh" --kernel "$kernel" --mem "$mem" --smp 2 \
		--timeout 900 --no-insmod --append 'cma=0 nokaslr' \
		--qemu "$qemu -S -gdb unix:$dir/gdb,server=on,wait=off" \
		--file "$SHADOW_SCRIPTS/fidelity-guest.sh:/fidelity-guest.sh" \
		--file "$dir/settings:/settings" -- \
		"sh /fidelity-guest.sh $(image_field "$image" 16) $(image_page "$image")" \
		>"$dir/tar" &
	guest=$!
	wait_for_both "$guest" "$watcher" || return
	tar -xf "$dir/tar" -C "$dir"
	rm -f "$dir/tar" "$dir/gdb"
}

# run_shape NAME KERNEL MEM WHAT…: in a process of its own.
run_shape() {
	local name=$1 kernel=$2 mem=$3 dir=$results/$1 numa=()
	trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
	trap 'exit 143' TERM
	shift 3
	[ "$name" != numa ] || read -ra numa <<<"${NUMA//$'\n'/ }"
	mkdir -p "$dir"
	echo "$name: $*" >"$dir/shape"
	grep . <<<"$SETTINGS" >"$dir/settings"
	write_tree "$dir" "$mem" ${numa[@]+"${numa[@]}"}
	run_guest "$kernel" "$mem" "$dir" "-dtb $dir/tree.dtb ${numa[*]}" ||
		die "shape $name: its guest failed"
}

list_shapes() {
	local name kernel mem what
	while read -r name kernel mem what; do
		[ -z "$name" ] || echo "$name: $what"
	done <<<"$SHAPES"
}

# select_shapes NAME...: their lines, in our order.
select_shapes() {
	local name line
	for name in "$@"; do
		grep -q "^$name " <<<"$SHAPES" ||
			usage_error "shape '$name': one of $(list_shapes | cut -d: -f1 |
				paste -sd' ') is allowed"
	done
	while read -r line; do
		[ -n "$line" ] || continue
		[ $# -gt 0 ] && [[ " $* " != *" ${line%% *} "* ]] || echo "$line"
	done <<<"$SHAPES"
}

run_shapes() {
	local line failed=
	while read -r line; do
		while [ "$(jobs -rp | wc -l)" -ge $AT_ONCE ]; do
			wait -n || failed=1
		done
		say "shape ${line%% *}"
		# shellcheck disable=SC2086
		run_shape $line </dev/null &
	done <<<"$1"
	while [ -n "$(jobs -p)" ]; do
		wait -n || failed=1
	done
	[ -z "$failed" ]
}

main() {
	local shapes name kernel keep="" folders=()
	case ${1:-} in
	-h | --help)	print_help "$0"; exit 0 ;;
	--list)		list_shapes; exit 0 ;;
	--keep)		need_value "$1" $#; keep=$2; shift 2 ;;
	-*)		usage_error "unknown option '$1'" ;;
	esac
	shapes=$(select_shapes "$@")
	export SHADOW_PROGRESS=${SHADOW_PROGRESS-1}
	results=$(mktemp -d "${TMPDIR:-/tmp}/shadow-fidelity.XXXXXX")
	trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$results"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	# The kernels, once, before two guests want them.
	while read -r name kernel _; do
		"$SHADOW_SCRIPTS/build.sh" "$kernel" >/dev/null
		symbols "$kernel" >/dev/null
	done <<<"$shapes"
	run_shapes "$shapes" || die "not all guests ran"
	if [ -n "$keep" ]; then
		mkdir -p "$keep"
		cp -r "$results/." "$keep/"
	fi
	while read -r name _; do
		folders+=("$results/$name")
	done <<<"$shapes"
	"$SHADOW_SCRIPTS/fidelity.py" compare "${folders[@]}"
}

main "$@"
