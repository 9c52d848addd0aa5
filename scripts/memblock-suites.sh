#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# memblock-suites.sh - the kernel's own memblock suites, against ours
#
# usage: scripts/memblock-suites.sh [-v]
#
# tools/testing/memblock of the kernel's tree is copied to the cache, its calls
# are renamed mechanically (memblock_add(…) becomes
# shadow_memblock_add(&memblock, …), and so on: every name that
# include/shadow_memblock.h has), and what comes out is compiled with our
# memblock instead of mm/memblock.c, with the address and undefined behaviour
# sanitizers. Each suite runs with and without nodes, and with and without
# movable_node. -v shows each check. The last line is "N passed, N failed".

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

VERBOSE=
PASSED=0
FAILED=0

# What stands in the kernel's <linux/memblock.h>, as the suites use it.
glue() {
	cat <<-'END'
	/* SPDX-License-Identifier: GPL-2.0-only */
	#ifndef SHADOW_SUITES_MEMBLOCK_H
	#define SHADOW_SUITES_MEMBLOCK_H
	#include <assert.h>
	#include <errno.h>
	#include <stdio.h>
	#include <linux/sizes.h>
	#include "shadow_memblock.h"
	#define SMP_CACHE_BYTES 32
	#define PAGE_SIZE 4096UL
	#define PAGE_ALIGN(x) ALIGN(x, PAGE_SIZE)
	#define IS_ENABLED(option) SUITES_##option
	extern struct shadow_memblock memblock;
	extern bool movable_node_enabled;
	static inline bool movable_node_is_enabled(void)
	{
		return movable_node_enabled;
	}
	#endif
	END
}

# Goes where the suites' own main() went: a block that has every address.
glue_main() {
	cat <<-'END'
	struct shadow_memblock memblock;

	static void begin(void)
	{
		static struct shadow_block all = {
			4096, ~0ULL - 8192, (void *)4096
		};
		static struct shadow_event_log events;

		shadow_memblock_init(&memblock, &all, &events, 12);
		memblock.movable_node = movable_node_enabled;
	}
	END
}

# The functions of our header whose first argument is the allocator.
names() {
	tr '\n' ' ' <"$SHADOW_TOP/include/shadow_memblock.h" |
		grep -oE 'shadow_memblock_[a-z_A-Z]+\((const )?struct shadow_memblock \*' |
		sed -E 's/^shadow_memblock_//; s/\(.*//' | sort -u
}

# renamed FILE: the mechanical part.
renamed() {
	local expressions name
	expressions=()
	for name in $(names); do
		expressions+=(-e "s/\\bmemblock_$name\\(/shadow_memblock_$name(\\&memblock, /g")
	done
	sed -E "${expressions[@]}" \
		-e 's/\(&memblock, \)/(\&memblock)/g' \
		-e 's/\bmemblock_is_hotpluggable\b/shadow_&/g' \
		-e 's/\bmemblock_get_region_node\(([^)]*)\)/(\1)->nid/g' \
		-e 's/\bstruct memblock_(region|type)\b/struct shadow_memblock_\1/g' \
		-e 's/\benum memblock_flags\b/enum shadow_memblock_flags/g' \
		-e 's/\b(MEMBLOCK_[A-Z_]+|NUMA_NO_NODE)\b/SHADOW_\1/g' \
		-e 's/\bMAX_NUMNODES\b/SHADOW_MAX_NUMNODES/g' \
		-e 's/^(\tparse_args\(argc, argv\);)$/\1\n\tbegin();/' "$1"
}

# prepare FOLDER TREE: the suites, renamed.
prepare() {
	local from=$2/tools/testing/memblock file
	rm -rf "$1"
	mkdir -p "$1/tests" "$1/linux" || return
	for file in "$from"/tests/*.[ch]; do
		renamed "$file" >"$1/tests/$(basename "$file")"
	done
	{
		sed -n '/^#include/p' "$from/main.c"
		glue_main
		renamed "$from/main.c" | sed '/^#include/d'
	} >"$1/main.c"
	glue >"$1/linux/memblock.h"
	# The same, for those who ask elsewhere.
	echo '#include <linux/memblock.h>' >"$1/linux/memory_hotplug.h"
}

# compile FOLDER TREE NODES: the runner.
compile() {
	local top=$SHADOW_TOP tree=$2 sources
	sources=("$1/main.c" "$1"/tests/*.c "$top"/shadow_memblock*.c
		"$top"/shadow_{early_log,event,fault,backing,latency,ring,site}.c
		"$top/kunit/host/shim.c" "$tree"/tools/lib/{find_bit,hweight,bitmap}.c)
	"${HOSTCC:-gcc}" -I"$1" -I"$top/kunit/host/include" -I"$top/include" \
		-I"$top/kunit" -I"$tree/tools/include" \
		-I"$tree/tools/include/uapi" -I"$tree/tools/testing/memblock" \
		-D_GNU_SOURCE -DCONFIG_64BIT -DCONFIG_PHYS_ADDR_T_64BIT \
		-DSUITES_CONFIG_NUMA="$3" ${4:+"$4"} -include linux/compiler.h \
		-std=gnu11 -g -w -O1 -fno-strict-aliasing -funsigned-char \
		-fsanitize=address,undefined -fno-sanitize-recover=undefined \
		-o "$1/runner" "${sources[@]}" -lpthread
}

# run LABEL FOLDER ARGUMENTS: the kernel's suites assert(), so they end at the
# first check that fails.
run() {
	local label=$1 log=$2/log rc=0 checks
	shift
	"$1/runner" -v "${@:2}" >"$log" 2>&1 || rc=$?
	[ -z "$VERBOSE" ] || cat "$log"
	checks=$(grep -c '^ok ' "$log" || true)
	PASSED=$((PASSED + checks))
	if [ $rc -ne 0 ] || [ "$checks" -eq 0 ]; then
		FAILED=$((FAILED + 1))
		tail -n 20 "$log"
		echo "not ok $label: status $rc after $checks checks"
	else
		echo "ok $label: $checks checks"
	fi
}

suites() {
	local tree dir
	tree=$("$SHADOW_SCRIPTS/kernel-tree.sh") || return
	dir=$(clone_build_dir)/memblock-suites
	prepare "$dir" "$tree" || return
	say "compiling the kernel's suites"
	compile "$dir" "$tree" 0 || return
	run 'without nodes' "$dir"
	run 'without nodes, movable_node' "$dir" -m
	compile "$dir" "$tree" 1 -DCONFIG_NUMA || return
	run 'with nodes' "$dir"
	run 'with nodes, movable_node' "$dir" -m
	echo "$PASSED passed, $FAILED failed"
	[ $FAILED -eq 0 ]
}

main() {
	case ${1:-} in
	-h | --help)	print_help "$0"; exit 0 ;;
	-v)		VERBOSE=1 ;;
	'')		;;
	*)		usage_error "unknown argument '$1'" ;;
	esac
	# Addresses of malloc() are the suites' physical memory.
	export ASAN_OPTIONS=detect_leaks=0
	with_lock "$(basename "$(clone_build_dir)")-memblock-suites" suites
}

main "$@"
