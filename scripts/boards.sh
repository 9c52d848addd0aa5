#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# boards.sh - boot every device tree of Debian's generic arm64 kernel
#
# usage: scripts/boards.sh [--kernel K] [--folder DIR] [--output FILE] [NAME...]
#
# In one guest, each tree becomes the board of a machine that is reset in place:
# it boots, or needs memory= and then boots with it, or is refused with a
# reason. scripts/boards.py, which reads the same trees on its own, says
# beforehand which it will be and compares what the machine had for memory.
# Prints a table; ends with status 1 where a board is none of these or differs,
# 70 where the guest's kernel had anything to say.
#
#   --kernel K      as for scripts/guest.sh (default 6.12-cloud)
#   --folder DIR    the *.dtb below DIR instead
#   --output FILE   keep what the guest printed there
#   NAME            only boards whose flat name (vendor_board) matches; may hold
#                   * and ?

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# The largest board has 32 GiB: 256 MiB of struct page, and holes beside it.
GUEST_MEM=1G
BLOCK=512M
TIMEOUT=1800

kernel=6.12-cloud
folder=
output=
names=()

parse_arguments() {
	while [ $# -gt 0 ]; do
		case $1 in
		-h | --help)	print_help "$0"; exit 0 ;;
		--kernel | --folder | --output)	need_value "$1" $# ;;
		-*)		usage_error "unknown option '$1'" ;;
		esac
		case $1 in
		--kernel)	kernel=$2; shift ;;
		--folder)	folder=$2; shift ;;
		--output)	output=$2; shift ;;
		*)		names+=("$1") ;;
		esac
		shift
	done
	[ -n "$folder" ] || folder=$("$SHADOW_SCRIPTS/kernels.sh" --dtbs)
	[ -d "$folder" ] || usage_error "--folder '$folder': no such folder"
}

wanted() {
	local pattern
	[ ${#names[@]} -gt 0 ] || return 0
	for pattern in "${names[@]}"; do
		# shellcheck disable=SC2053
		if [[ $1 == $pattern ]]; then
			return 0
		fi
	done
	return 1
}

# board= takes no folders and no dots: the guest finds flat names.
prepare() {
	local name memory path nr=0
	mkdir -p "$work/firmware" "$work/trees"
	"$SHADOW_SCRIPTS/boards.py" plan "$folder" >"$work/plan.all"
	while read -r name memory path; do
		wanted "$name" || continue
		mkdir -p "$work/trees/$(dirname "${path#"$folder"/}")"
		ln -s "$path" "$work/trees/${path#"$folder"/}"
		ln -s "$path" "$work/firmware/$name.dtb"
		echo "$name $memory"
		nr=$((nr + 1))
	done <"$work/plan.all" >"$work/plan"
	[ -s "$work/plan" ] || usage_error "no board matches '${names[*]}'"
}

# What is not given stays as it was before, so memory= is always said.
# shellcheck disable=SC2016
GUEST_COMMAND=$GUEST_TRY'
while read -r name memory; do
	echo "== $name"
	outcome=$(try "board=$name memory=")
	echo "first $outcome"
	if [ "$memory" != - ]; then
		outcome=$(try "board=$name memory=$memory")
		echo "second $outcome"
	fi
	[ "$outcome" = booted ] || continue
	cat memblock_memory
	echo reserved
	cat memblock_reserved
	cat ../shadow_mm_raw/main/board
	grep "zone DMA ends" boot
done </plan
echo reset board= memory= >ctl || echo "the block does not boot again"
sed -n 1p audit
'

main() {
	local rc=0 start=$SECONDS
	parse_arguments "$@"
	work=$(mktemp -d "${TMPDIR:-/tmp}/shadow-boards.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	prepare
	"$SHADOW_SCRIPTS/guest.sh" --kernel "$kernel" --mem "$GUEST_MEM" \
		--timeout "$TIMEOUT" --params "size=$BLOCK mmu_check=off" \
		--file "$work/firmware:/lib/firmware/shadow_mm" \
		--file "$work/plan" -- "$GUEST_COMMAND" \
		>"$work/output" 2>"$work/err" </dev/null || rc=$?
	[ -z "$output" ] || cp "$work/output" "$output"
	if [ $rc -ne 0 ]; then
		cat "$work/err" >&2
		warn "the guest ended with status $rc"
		exit $rc
	fi
	"$SHADOW_SCRIPTS/boards.py" judge "$work/trees" "$work/output" || rc=1
	if [ "$(tail -n 1 "$work/output")" != OK ]; then
		warn "the machine is not sound afterwards: $(tail -n 1 "$work/output")"
		rc=1
	fi
	say "$(wc -l <"$work/plan") boards in one guest: $((SECONDS - start)) s"
	exit $rc
}

main "$@"
