#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check.sh - the static checks
#
# usage: scripts/check.sh [--quick | CHECK...]
#
# A CHECK is one of those below; --quick runs the ones before `headers`, which
# build nothing. The last line is "N passed, N failed".
#
#	spdx		every file says its licence, in its first lines
#	whitespace	none at the end of a line, a newline at the end of a file
#	words		no word or number that the project's rules forbid
#	rooms		each room has its place, and includes only point down
#	length		a file that is too long for one room
#	doc		every public function says what it is for, its context
#			and what it returns
#	kernel-doc	scripts/kernel-doc of the kernel finds nothing
#	checkpatch	scripts/checkpatch.pl --strict of the kernel neither
#	shell		shellcheck, and bash reads every script
#	python		python3 compiles every script
#	headers		each header can be included alone, and twice
#	warnings	W=1 builds for every stock kernel, without a warning
#	sparse		sparse finds nothing

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

QUICK='spdx whitespace words rooms length doc kernel-doc checkpatch shell python'
ALL="$QUICK headers warnings sparse"

# From the ground up. A room includes itself and what stands before it; rooms
# joined by + are one floor and may know each other. A part of a room, such as
# pool_tree, stands where the room stands unless it is named itself.
ORDER='
	compat random event+ring latency kasan fault fail block+backing pool site early_log
	memblock bootmem early memmap page_owner zone+page_list zonelist watermark gfp frag mobility+buddy pcp+page_count why page_alloc+page_quick+page_record+page_slow+page_first+page_call+compound page_tell contig handover
	walk regs tlb ptdump fixmap_slot treedump layout prot+pgtable explain vmemmap fixmap kmap
	slab+slub+slabslab+kmalloc+slob vmap_tree vmalloc
	parse text trace+compare fdt board board_dt phase bootlog params board_load+board_host board_init+board_cmdline+board_place+board_reserve+board_numa+board_earlycon setup
	mm audit+boot vmstat break owners map state mmu ctl counter caller tracepoint machine view debugfs
'

# What the core may use of the kernel, beside shadow_compat.h. Of sched.h that
# is cond_resched(); seq_file.h is for shadow_ctl, which tells its own grammar,
# export.h for the room that another module may call, kasan.h and mm.h for
# shadow_kasan, which tells the host's KASAN.
CORE_HEADERS='align atomic bitmap bitops bits build_bug cache compiler err errno
	export jump_label kasan kernel limits linkage list_sort lockdep log2 math math64
	minmax mm overflow sched seq_file sizes smp spinlock stdarg string stringify swab types
	version'

# checkpatch speaks of patches to the kernel. Not asked here:
CHECKPATCH_IGNORE=(
	# A list macro takes the macro that it applies to each of its entries,
	# and an application leaves out what it has no use for.
	COMPLEX_MACRO MACRO_ARG_REUSE MACRO_ARG_PRECEDENCE MACRO_ARG_UNUSED
	# One place may, and the check `words` sees that it is one.
	LINUX_VERSION_CODE CONSTANT_COMPARISON
	# There is no MAINTAINERS file.
	FILE_PATH_CHANGES
)

# The shims stand for the kernel's headers, so they define what checkpatch
# wants to see used, and leave out what user space has no use for.
CHECKPATCH_IGNORE_SHIM=(
	"${CHECKPATCH_IGNORE[@]}"
	NEW_TYPEDEFS PREFER_DEFINED_ATTRIBUTE_MACRO MEMORY_BARRIER DATA_RACE
	PRINTK_WITHOUT_KERN_LEVEL MINMAX EXPORT_SYMBOL VOLATILE
	# Taken for arithmetic: a macro's argument that is a type, and *.
	SPACING
	# Not seen as a declaration: __thread.
	LINE_SPACING
)

# A tracepoint's parts are not arguments of a call, and stand as the kernel's do.
CHECKPATCH_IGNORE_TRACEPOINT=(
	"${CHECKPATCH_IGNORE[@]}"
	OPEN_ENDED_LINE PARENTHESIS_ALIGNMENT MULTISTATEMENT_MACRO_USE_DO_WHILE
)

FILES=()

# files PATTERN...: the project's files that match one of the shell patterns.
files() {
	local file pattern
	for file in "${FILES[@]}"; do
		for pattern; do
			# shellcheck disable=SC2053
			if [[ $file == $pattern ]]; then
				printf '%s\n' "$file"
				break
			fi
		done
	done
}

list_files() {
	if git -C "$SHADOW_TOP" rev-parse --git-dir >/dev/null 2>&1; then
		git -C "$SHADOW_TOP" ls-files -co --exclude-standard
	else
		find . -type f -not -path './.git/*' -printf '%P\n'
	fi | sort | while read -r file; do
		[ ! -f "$file" ] || printf '%s\n' "$file"
	done
}

# Fails, and shows it, if there is anything on standard input.
expect_nothing() {
	local found
	found=$(cat)
	[ -z "$found" ] || {
		printf '%s\n' "$found"
		return 1
	}
}

room_of() {
	local name
	name=$(basename "$1")
	name=${name#shadow_}
	printf '%s\n' "${name%.*}"
}

check_spdx() {
	local file want
	for file in "${FILES[@]}"; do
		case $file in
		LICENSE | README | .gitignore | *.txt | */*.patch | *.png) continue ;;
		*.c | *.dts | *.js)	want='// SPDX-License-Identifier: GPL-2.0-only' ;;
		*.html)	want='<!-- SPDX-License-Identifier: GPL-2.0-only -->' ;;
		*.h | *.css | *.S | *.ld)	want='/* SPDX-License-Identifier: GPL-2.0-only */' ;;
		*)	want='# SPDX-License-Identifier: GPL-2.0-only' ;;
		esac
		sed -n '1,2p' "$file" | grep -qxF "$want" ||
			echo "$file: no line '$want'"
	done | expect_nothing
}

check_whitespace() {
	local file
	for file in "${FILES[@]}"; do
		case $file in
		*.patch | *.png) continue ;;
		esac
		grep -nE '[[:blank:]]$|'$'\r' "$file" | sed "s,^,$file:," || true
		[ -z "$(tail -c 1 "$file")" ] || echo "$file: no newline at the end"
	done | expect_nothing
}

# forbid FILE-PATTERN... -- EXPRESSION: no line of these files matches.
forbid() {
	local patterns=()
	while [ "$1" != -- ]; do
		patterns+=("$1")
		shift
	done
	files "${patterns[@]}" | xargs -r grep -InHE "$2" || true
}

check_words() {
	{
		forbid '*' -- '\b(6\.12|6\.1)\.[0-9]+'
		forbid '*.c' '*.h' '*.sh' 'README' 'Makefile' -- \
			'\b(TODO|FIXME|XXX)\b'
		forbid '*.c' '*.h' -- '\b(BUG|BUG_ON|VM_BUG_ON|panic)\(|%px|\bstub\b'
		forbid '*.c' '*.h' -- 'LINUX_VERSION_CODE|KERNEL_VERSION'
	} | sed '/^scripts\/check\.sh:/d; /^include\/shadow_compat\.h:/d' |
		expect_nothing
}

# rank ROOM: its place from the ground up; nothing if it has none.
rank() {
	local room=$1 place
	while [ -n "$room" ]; do
		# shellcheck disable=SC2086
		place=$(printf '%s\n' $ORDER | grep -nE "(^|\+)$room(\+|\$)") || true
		if [ -n "$place" ]; then
			printf '%s\n' "${place%%:*}"
			return
		fi
		[ "${room%_*}" != "$room" ] || return 0
		room=${room%_*}
	done
}

check_rooms() {
	local file room own other place host
	host=$(host_rooms)
	for file in $(files 'shadow_*.c' 'include/shadow_*.h'); do
		case $file in
		*/*/*) continue ;;
		esac
		room=$(room_of "$file")
		own=$(rank "$room")
		# The header is the machine; the file is the door, on top of all.
		[ "$file" != shadow_mm.c ] || own=1000
		if [ -z "$own" ]; then
			echo "$file: no place in ORDER of scripts/check.sh"
			continue
		fi
		for other in $(sed -n 's/^#include "shadow_\(.*\)\.h"$/\1/p' "$file"); do
			place=$(rank "$other")
			[ "${place:-0}" -le "$own" ] ||
				echo "$file: includes $other, which stands above it"
		done
		if ! printf '%s\n' "$host" | grep -qxF "$room"; then
			check_freestanding "$file"
		fi
	done | expect_nothing
}

# Every room that Kbuild does not name is the core's.
host_rooms() {
	sed -n '/^shadow_host :=/,/[^\\]$/p' Kbuild |
		grep -o 'shadow_[a-z_0-9]*' | sed 's/^shadow_//'
	echo mm
}

check_freestanding() {
	local header
	for header in $(sed -n 's/^#include <\(.*\)>$/\1/p' "$1"); do
		case " $(echo $CORE_HEADERS) " in
		*" $(basename "$header" .h) "*)	continue ;;
		esac
		echo "$1: the core must not need <$header>"
	done
}

# About 600 lines hold one room; tables and suites are longer than thoughts.
check_length() {
	files 'shadow_*.c' 'include/*.h' | grep -v '/.*/' | xargs -r wc -l |
		awk '$2 != "total" && $1 > 700 { print $2 ": " $1 " lines" }' |
		expect_nothing
}

check_doc() {
	files 'shadow_*.c' | grep -v / |
		xargs -r awk -f "$SHADOW_SCRIPTS/check-doc.awk" | expect_nothing
}

check_kernel-doc() {
	local tree
	tree=$("$SHADOW_SCRIPTS/kernel-tree.sh") || return
	files 'shadow_*.c' 'include/*.h' 'kunit/*.[ch]' | grep -v host/ |
		xargs -r "$tree/scripts/kernel-doc" -none -Wall 2>&1 | expect_nothing
}

# checkpatch IGNORED... reads file names. It leaves a file behind where it is
# called, so that must not be the clone. A file that was clean is not read again
# until it changes, or what is asked of it.
checkpatch() {
	local tree clean file stamp ignore
	ignore=$(IFS=,; echo "$*")
	tree=$("$SHADOW_SCRIPTS/kernel-tree.sh") || return
	clean=$(clone_build_dir)/checkpatch
	mkdir -p "$clean"
	while read -r file; do
		stamp=$clean/$({ cat "$tree/.shadow-mm-package"; echo "$ignore"; \
			cat "$SHADOW_TOP/$file"; } | sha256sum | cut -c1-32)
		[ -e "$stamp" ] || (
			cd "$clean" || exit
			"$tree/scripts/checkpatch.pl" --no-tree --strict --terse \
				--quiet --no-summary --show-types \
				--max-line-length=100 --ignore "$ignore" \
				-f "$SHADOW_TOP/$file" >"$stamp.new" 2>&1
			sed "s,^$SHADOW_TOP/,," "$stamp.new"
			[ -s "$stamp.new" ] || mv "$stamp.new" "$stamp"
			rm -f "$stamp.new"
		)
	done
}

check_checkpatch() {
	{
		files '*.[ch]' | grep -v '^kunit/host/\|^scripts/at_oracle/.*h$\|/words.h$' |
			grep -v '/shadow_tracepoint[a-z_]*.h$' |
			checkpatch "${CHECKPATCH_IGNORE[@]}"
		files '*/shadow_tracepoint*.h' |
			checkpatch "${CHECKPATCH_IGNORE_TRACEPOINT[@]}"
		files 'kunit/host/*.[ch]' 'scripts/at_oracle/*.h' '*/words.h' |
			checkpatch "${CHECKPATCH_IGNORE_SHIM[@]}"
	} 2>&1 | expect_nothing
}

check_shell() {
	local file rc=0
	for file in $(files '*.sh' '.ci/run'); do
		case $(sed -n 1p "$file") in
		'#!/bin/sh' | *busybox*)	sh -n "$file" || rc=1 ;;
		*)		bash -n "$file" || rc=1 ;;
		esac
	done
	# SC2054, SC2100: commas and hyphens are QEMU's. SC2034: what one script
	# sets, another one that it sources may use.
	files '*.sh' '.ci/run' | xargs -r shellcheck -x -P SCRIPTDIR -S warning \
		-e SC2034,SC2054,SC2100 || rc=1
	return $rc
}

check_python() {
	local file
	for file in $(files '*') ; do
		case $file in
		*.py)	;;
		*)	sed -n 1p "$file" | grep -aq '^#!.*python' || continue ;;
		esac
		python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$file" || echo "$file"
	done 2>&1 | expect_nothing
}

# kernel_make DIRECTORY ARGUMENTS: make against the headers of one kernel.
kernel_make() {
	local dir=$1 kernel args
	shift
	kernel=$("$SHADOW_SCRIPTS/kernels.sh" 6.12-cloud) || return
	args=(-s -C "$kernel/build" M="$dir" ARCH=arm64
		CROSS_COMPILE="$(cross_prefix)" CONFIG_DEBUG_INFO_BTF_MODULES=)
	command -v "$(cross_prefix)gcc" >/dev/null || args+=(CC="$(cross_cc)")
	make "${args[@]}" "$@"
}

check_headers() {
	compile_headers | expect_nothing
}

compile_headers() {
	local dir file name objects=()
	dir=$(clone_build_dir)/headers
	rm -rf "$dir"
	mkdir -p "$dir"
	cp -r include "$dir/"
	for file in include/*.h; do
		name=$(basename "$file" .h)
		printf '#include "%s.h"\n#include "%s.h"\n' "$name" "$name" \
			>"$dir/$name.c"
		objects+=("$name.o")
	done
	# shellcheck disable=SC2016
	printf 'obj-m := %s\nccflags-y := -I$(src)/include\n' "${objects[*]}" \
		>"$dir/Kbuild"
	kernel_make "$dir" -j"$(nproc)" W=1 "${objects[@]}" >"$dir/build.log" 2>&1 ||
		echo "the headers do not compile"
	sed '/^make/d; /^  [A-Z]/d' "$dir/build.log"
}

check_warnings() {
	local flavour dir rc=0
	for flavour in $("$SHADOW_SCRIPTS/kernels.sh" --list); do
		dir=$(SHADOW_BUILD=$(clone_build_dir)/warnings \
			"$SHADOW_SCRIPTS/build.sh" --force "$flavour") || return
		sed -n "/\\(warning\\|WARNING\\):/s/^/$flavour: /p" "$dir/build.log" |
			expect_nothing || rc=1
	done
	return $rc
}

check_sparse() {
	local dir
	dir=$(SHADOW_BUILD=$(clone_build_dir)/sparse \
		"$SHADOW_SCRIPTS/build.sh" --force 6.12-cloud) || return
	# C=2: also what is compiled already. What sparse says of the kernel's
	# own headers is not about us.
	kernel_make "$dir" C=2 CF='-D__CHECK_ENDIAN__' modules \
		>"$dir/sparse.log" 2>&1 || {
		tail -n 20 "$dir/sparse.log"
		return 1
	}
	sed -n -E "\\,^($dir/|[a-z_/]*shadow_).*(warning|error),p" \
		"$dir/sparse.log" | expect_nothing
}

main() {
	local checks=$ALL check passed=0 failed=0 out rc

	case ${1:-} in
	-h | --help)	print_help "$0"; exit 0 ;;
	--quick)	checks=$QUICK ;;
	-*)		usage_error "unknown option '$1'" ;;
	?*)		checks=$* ;;
	esac
	cd "$SHADOW_TOP"
	mapfile -t FILES < <(list_files)
	for check in $checks; do
		declare -F "check_$check" >/dev/null ||
			usage_error "no check '$check'"
		rc=0
		out=$("check_$check") || rc=$?
		if [ $rc -eq 0 ]; then
			echo "ok $check"
			passed=$((passed + 1))
		else
			[ -z "$out" ] || printf '%s\n' "$out" | sed 's/^/    /'
			echo "not ok $check"
			failed=$((failed + 1))
		fi
	done
	echo "$passed passed, $failed failed"
	[ $failed -eq 0 ]
}

main "$@"
