#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# memblock-growth.sh - our memblock beside the kernel's own mm/memblock.c
#
# usage: scripts/memblock-growth.sh [--same [OPERATIONS]]
#
# Compiles mm/memblock.c of the kernel's tree for user space, as
# tools/testing/memblock does, and ours, and asks both the same: n disjoint
# regions are added, and reserved, in random order, n being 128, 1,024 and
# 8,192. Prints the time of a call, the fastest of 25 rounds, and how often the
# array doubled. The status is 1 where ours adds more than 10 % slower, or doubles
# more often. (To reserve, ours also writes down who does.)
#
# --same: instead, random operations (1,000,000), their results and both lists
# compared after each. SHADOW_SEED=N is the seed. The status is 1 where anything
# differs.

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# The headers that tools/testing/memblock makes do with, and its links. They
# name ../../include, so they lie two folders below it.
prepare() {
	local from=$2/tools/testing/memblock to=$1/testing/memblock
	rm -rf "$1"
	mkdir -p "$to" || return
	cp -rL "$from/linux" "$from/asm" "$from/internal.h" "$from/mmzone.c" \
		"$from/lib" "$to/" || return
	ln -sf "$2/tools/include" "$1/include"
	ln -sf "$2/include/linux/memblock.h" "$to/linux/memblock.h"
	ln -sf "$2/tools/arch/x86/include/asm/asm.h" "$to/asm/asm.h"
	ln -sf "$2/tools/arch/x86/include/asm/cmpxchg.h" "$to/asm/cmpxchg.h"
	ln -sf "$2/mm/memblock.c" "$to/memblock.c"
}

# The kernel's with its headers, ours with those of the suites; they meet when
# they are linked.
compile() {
	local kernel=$1/testing/memblock top=$SHADOW_TOP tree=$2 flags file
	local cc=${HOSTCC:-gcc} objects=()
	flags=(-O2 -g -w -std=gnu11 -fno-strict-aliasing -D_GNU_SOURCE
		-DCONFIG_PHYS_ADDR_T_64BIT -I"$top/kunit/host/versus")
	for file in "$top/kunit/host/versus/kernel.c" "$kernel/mmzone.c" \
		"$kernel/lib/slab.c"; do
		objects+=("$1/$(basename "$file").o")
		"$cc" "${flags[@]}" -I"$kernel" -I"$tree/tools/include" \
			-DCONFIG_NUMA -DCONFIG_NODES_SHIFT=4 -c "$file" \
			-o "${objects[-1]}" || return
	done
	"$cc" "${flags[@]}" -funsigned-char -I"$top/kunit/host/include" \
		-I"$top/include" -I"$top/kunit" -I"$tree/tools/include" \
		-I"$tree/tools/include/uapi" -DCONFIG_64BIT \
		-include linux/compiler.h -o "$1/versus" \
		"$top"/kunit/host/versus/{versus,ours}.c \
		"$top"/shadow_memblock*.c \
		"$top"/shadow_{early_log,event,fault,backing,latency,ring,site}.c \
		"$top/kunit/host/shim.c" \
		"$tree"/tools/lib/{find_bit,hweight,bitmap}.c \
		"${objects[@]}" -lpthread
}

versus() {
	local tree dir rc
	tree=$("$SHADOW_SCRIPTS/kernel-tree.sh") || return
	dir=$(clone_build_dir)/versus
	say "compiling mm/memblock.c and ours"
	prepare "$dir" "$tree" || return
	compile "$dir" "$tree" || return
	# The kernel's says where a range that is added again is of another node.
	"$dir/versus" "$@" 2>"$dir/log" || {
		rc=$?
		tail -n 3 "$dir/log" >&2
		return $rc
	}
}

main() {
	local what=(growth)
	case ${1:-} in
	-h | --help)	print_help "$0"; exit 0 ;;
	--same)
		[ $# -lt 2 ] || need_number --same "$2" 1 999999999
		what=(same "${SHADOW_SEED:-1}" "${2:-1000000}")
		;;
	'')		;;
	*)		usage_error "unknown argument '$1'" ;;
	esac
	with_lock "$(basename "$(clone_build_dir)")-versus" versus "${what[@]}"
}

main "$@"
