#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# fidelity-guest.sh - what scripts/fidelity.sh runs in each guest
#
# usage: sh fidelity-guest.sh IMAGE_BYTES PAGE_BYTES
#
# Copies what the host shows, boots the shadow on the host's device tree and
# then on the host's memblock dumps, copies what the shadow shows, and writes
# all of it to standard output as a tar archive.

image_bytes=$1
page_bytes=$2

out=/tmp/fidelity
firmware=/lib/firmware/shadow_mm
shown=/sys/kernel/debug/shadow_mm
whole=/sys/kernel/debug/shadow_mm_raw/main
memblock=/sys/kernel/debug/memblock

die() {
	echo "fidelity-guest: $*" >&2
	exit 1
}

# keep FOLDER FILE...: copies; files of the kernel have no length to go by.
keep() {
	to=$1
	shift
	mkdir -p "$to"
	for file in "$@"; do
		cat "$file" >"$to/${file##*/}" || die "$file cannot be read"
	done
}

hex() {
	printf '0x%x' "$1"
}

# big_endian FILE: a number of a device tree.
big_endian() {
	printf '0x'
	hexdump -v -e '1/1 "%02x"' "$1"
}

# round_up and round_down to whole pages
down() {
	echo $(($1 / page_bytes * page_bytes))
}

up() {
	down $(($1 + page_bytes - 1))
}

keep_host() {
	keep $out/host /sys/firmware/fdt /proc/cmdline /proc/iomem /proc/zoneinfo \
		$memblock/memory $memblock/reserved
	dmesg >$out/host/dmesg
	dd if=/proc/kpageflags of=$out/host/kpageflags bs=1M 2>/dev/null ||
		die "/proc/kpageflags cannot be read"
}

# Where a boot loader put things: the image starts with its code, initrd is in
# the tree, and of the tree itself the kernel keeps as many bytes as it has.
find_given() {
	image=0x$(sed -n 's/^ *\([0-9a-f]*\)-.*: Kernel code$/\1/p' /proc/iomem)
	initrd_start=$(big_endian /proc/device-tree/chosen/linux,initrd-start)
	initrd_end=$(big_endian /proc/device-tree/chosen/linux,initrd-end)
	dtb_bytes=$(wc -c </sys/firmware/fdt)
	dtb=$(sed 's/^ *[0-9]*: \(0x[0-9a-f]*\)\.\.\(0x[0-9a-f]*\).*/\1 \2/' \
		$memblock/reserved | while read -r first last; do
		[ $((last - first + 1)) -ne "$dtb_bytes" ] || hex "$first"
	done)
	[ -n "$dtb" ] || die "no reserved range is as long as the device tree"
	{
		echo "image $image $image_bytes"
		echo "initrd $initrd_start $((initrd_end - initrd_start))"
		echo "dtb $dtb $dtb_bytes"
		echo "page $page_bytes"
	} >$out/given
}

# What was reserved at the handover and freed since: the kernel's init sections
# and the initrd. All other ranges of the dump have not changed.
freed_since() {
	sed -n '/: Kernel code$/{n;s/^ *\([0-9a-f]*\)-\([0-9a-f]*\) : reserved$/\1 \2/p}' \
		/proc/iomem | while read -r first last; do
		printf '0x%016x..0x%016x    x NONE\n' "0x$first" "0x$last"
	done
	printf '0x%016x..0x%016x    x NONE\n' "$(down "$initrd_start")" \
		$(($(up "$initrd_end") - 1))
}

write_boards() {
	mkdir -p $firmware
	cp /sys/firmware/fdt $firmware/tree.dtb
	{
		echo memory
		cat $memblock/memory
		echo reserved
		cat $memblock/reserved
	} >$firmware/now.txt
	{
		echo memory
		cat $memblock/memory
		echo reserved
		{
			sed 's/^ *[0-9]*: //' $memblock/reserved
			freed_since
		} | sort | awk '{ printf "%4d: %s\n", NR - 1, $0 }'
	} >$firmware/handover.txt
	keep $out/boards $firmware/now.txt $firmware/handover.txt
}

boot() {
	insmod /shadow_mm.ko size=128M mmu_check=off "$@" && return
	dmesg | grep shadow_mm | tail -n 5 >&2
	die "insmod $*"
}

# A file that is bounded is whole elsewhere.
keep_shadow() {
	folder=$1
	shift
	for name in "$@"; do
		[ ! -e "$whole/$name" ] || name=$whole/$name
		[ -e "$name" ] || name=$shown/$name
		keep "$folder" "$name"
	done
}

boot_tree() {
	boot board=tree "image=$image+$(hex "$image_bytes")" \
		"dtb=$dtb+$(hex "$dtb_bytes")" \
		"initrd=$initrd_start+$(hex $((initrd_end - initrd_start)))" \
		"cmdline=\"$(cat /proc/cmdline)\"" until=arm64_memblock_init
	keep_shadow $out/early memblock_memory memblock_reserved
	echo continue >$shown/ctl || die "the boot does not go on"
	keep_shadow $out/tree boot memblock_memory zoneinfo
	rmmod shadow_mm
}

boot_text() {
	boot "board=$1"
	keep_shadow "$out/$1" boot zoneinfo handover
	rmmod shadow_mm
}

mkdir -p $out
keep_host
find_given
write_boards
boot_tree
boot_text now
boot_text handover
tar cf - -C $out .
