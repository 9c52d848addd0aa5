#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# fidelity-guest.sh - what scripts/fidelity.sh runs in each guest
#
# usage: sh fidelity-guest.sh IMAGE_BYTES PAGE_BYTES
#
# Copies what the host shows, boots the shadow on the host's device tree and
# then on the host's memblock dumps, copies what the shadow shows; sets both as
# each line of /settings says and copies what they show then; and writes all of
# it to standard output as a tar archive.

image_bytes=$1
page_bytes=$2

out=/tmp/fidelity
firmware=/lib/firmware/shadow_mm
shown=/sys/kernel/debug/shadow_mm
whole=/sys/kernel/debug/shadow_mm_raw/main
memblock=/sys/kernel/debug/memblock
vm=/proc/sys/vm

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

# What the buddy was given without memblock being told, "FIRST LAST" each: pools
# of CMA.
pools() {
	dmesg | sed -n 's/.*Reserved memory: created CMA memory pool at \(0x[0-9a-f]*\), size \([0-9]*\) MiB.*/\1 \2/p' |
		while read -r first mib; do
			echo $((first)) $((first + mib * 1048576 - 1))
		done
}

# Frames that the initrd fills in part are off memblock.reserved, but were never
# freed.
parts() {
	for address in "$initrd_start" "$initrd_end"; do
		[ $((address % page_bytes)) -eq 0 ] ||
			echo "$(down "$address") $(($(up "$address") - 1))"
	done
}

# cut_out FIRST LAST: ranges of standard input, but for what is in that one
cut_out() {
	while read -r first last; do
		if [ "$first" -gt "$2" ] || [ "$last" -lt "$1" ]; then
			echo "$first $last"
			continue
		fi
		[ "$first" -ge "$1" ] || echo "$first $(($1 - 1))"
		[ "$last" -le "$2" ] || echo "$(($2 + 1)) $last"
	done
}

# What the buddy does not have now
reserved_now() {
	sed 's/^ *[0-9]*: \(0x[0-9a-f]*\)\.\.\(0x[0-9a-f]*\).*/\1 \2/' $memblock/reserved |
		while read -r first last; do
			echo $((first)) $((last))
		done >/tmp/reserved
	pools | while read -r first last; do
		cut_out "$first" "$last" </tmp/reserved >/tmp/reserved.new
		mv /tmp/reserved.new /tmp/reserved
	done
	parts >>/tmp/reserved
	while read -r first last; do
		printf '0x%016x..0x%016x    x NONE\n' "$first" "$last"
	done </tmp/reserved
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
	{
		echo memory
		cat $memblock/memory
		echo reserved
		reserved_now | sort | awk '{ printf "%4d: %s\n", NR - 1, $0 }'
	} >$firmware/marks.txt
	keep $out/boards $firmware/now.txt $firmware/handover.txt $firmware/marks.txt
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

# The shadow has a ratio for HighMem behind that for Normal; none of them counts
# without memory there.
set_both() {
	if ! { echo "$1" >$vm/min_free_kbytes && echo "$2" >$vm/watermark_scale_factor &&
		echo "$3" | tr ',' ' ' >$vm/lowmem_reserve_ratio &&
		echo "$4" >$vm/percpu_pagelist_high_fraction; }; then
		die "the host refuses $*"
	fi
	printf 'set min_free_kbytes %s\nset watermark_scale_factor %s\n' "$1" "$2" >/tmp/ctl
	printf 'set lowmem_reserve_ratio %s\n' "$3" >>/tmp/ctl
	printf 'set percpu_pagelist_high_fraction %s\n' "$4" >>/tmp/ctl
	cat /tmp/ctl >$shown/ctl || die "the shadow refuses $*"
}

# One read: whoever watches looks at the host's zones at each.
be_seen() {
	dd if=$vm/percpu_pagelist_high_fraction of=/dev/null bs=64 count=1 2>/dev/null
}

boot_marks() {
	boot board=marks
	keep_shadow $out/marks zonelists
	nr=0
	while read -r setting; do
		# shellcheck disable=SC2086
		set_both $setting
		be_seen
		keep $out/marks/$nr/host /proc/zoneinfo
		keep_shadow $out/marks/$nr/shadow zoneinfo
		nr=$((nr + 1))
	done </settings
	rmmod shadow_mm
}

mkdir -p $out
keep_host
find_given
write_boards
boot_tree
boot_text now
boot_text handover
boot_marks
tar cf - -C $out .
