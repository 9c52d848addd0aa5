#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# board.sh - what `make board` does
#
# usage: scripts/board.sh [--keep FILE] DTB [LOG]
#        make board DTB=FILE [LOG=CONSOLE.txt] [PARAMS='PARAMETER=VALUE …']
#
# Boots the device tree DTB as a virtual board in a guest, and prints the files
# board, boot, layout and handover. PARAMS, in the environment, are parameters
# of the module, as memory=START+BYTES, initrd=START+BYTES, image=START+BYTES,
# granule=16k, early=bootmem, cmdline="mem=1G cma=0".
#
# LOG is the console of the real board, cut off anywhere: the first line is
# named where it and the shadow part, and the property that it follows from, or
# else what the kernel would have done next. What the boot loader filled in
# (command line, initrd, memory) is taken from the log where the tree does not
# have it; a line says so.
#
# With --keep the files of the shadow that are compared stay in FILE, for
# scripts/board-log.py.
#
# A tree that is refused is named with property and offset: status 1. Other
# statuses are those of scripts/guest.sh; 64 is wrong usage.

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

HOW="make board DTB=FILE [LOG=CONSOLE.txt] [PARAMS='PARAMETER=VALUE …']"
PARAMS=${PARAMS:-}
REFUSED=1

wrong() {
	warn "$* (usage: $HOW)"
	exit 64
}

# The name that board= gets: the file's, as far as board= allows.
board_name() {
	local name
	name=$(basename "$1")
	name=${name%.dtb}
	name=$(printf '%s' "$name" | LC_ALL=C tr -c 'a-zA-Z0-9_-' _ | cut -c1-64)
	# This one is a machine, not a file.
	[ "$name" != host ] || name=board
	printf '%s\n' "${name:-board}"
}

check_arguments() {
	[ $# -ge 1 ] && [ $# -le 2 ] || wrong "one device tree is needed"
	[ -n "$1" ] || wrong "DTB= is needed: the board's device tree blob"
	[ -f "$1" ] && [ -r "$1" ] || wrong "DTB '$1': no such file"
	case $1 in
	*.dts)	wrong "DTB '$1': a blob is needed: dtc -I dts -O dtb makes one" ;;
	esac
	[ -z "${2:-}" ] || { [ -f "$2" ] && [ -r "$2" ]; } ||
		wrong "LOG '$2': no such file"
	[ -z "${PARAMS//[[:space:]]/}" ] || xargs printf '%s\0' <<<"$PARAMS" \
		>/dev/null 2>&1 || wrong "PARAMS: a quote is not closed"
	local word
	while read -r -d '' word; do
		[[ $word =~ ^[a-z_0-9]+=.* ]] ||
			wrong "PARAMS '$word': PARAMETER=VALUE is allowed"
		[ "${word%%=*}" != board ] ||
			wrong "PARAMS '$word': DTB= says which board"
	done < <(parameters_given)
}

parameters_given() {
	[ -z "${PARAMS//[[:space:]]/}" ] || xargs printf '%s\0' <<<"$PARAMS"
}

# One word of the guest's shell. A value with blanks needs quotes of its own:
# insmod hands the parameters over as one line.
quote() {
	local word=$1
	if [[ $word == *[[:space:]]* ]] && [[ $word != *\"* ]]; then
		word="${word%%=*}=\"${word#*=}\""
	fi
	printf " '%s'" "${word//\'/\'\\\'\'}"
}

guest_script() {
	local word name=$1
	shift
	printf "name='%s'; set --" "$name"
	for word in "$@"; do
		quote "$word"
	done
	cat <<'EOF'

if ! insmod /shadow_mm.ko "board=$name" "$@" 2>/run/said; then
	echo "==> refused <=="
	dmesg | sed -n 's/^\[[^]]*\] *shadow_mm: //p' |
		grep -v -e 'taint' -e 'unknown parameter' -e '^block 0x' | tail -n 1 |
		grep . || cat /run/said
	exit 1
fi
cd /sys/kernel/debug/shadow_mm || exit 1
for file in board boot layout handover config memblock_memory memblock_reserved; do
	[ -e $file ] || continue
	echo "==> $file <=="
	if [ $file = handover ]; then
		cat ../shadow_mm_raw/main/handover
	else
		cat $file
	fi
	echo
done
EOF
}

# What a person reads; the rest is for the comparison.
show_files() {
	awk '/^==> [a-z_]+ <==$/ {
		shown = $2 ~ /^(board|boot|layout|handover)$/
	}
	shown' "$1"
}

main() {
	local keep=
	case ${1:-} in
	-h | --help)	print_help "$0"; exit 0 ;;
	--keep)
		need_value --keep $#
		keep=$2
		shift 2
		;;
	-*)	wrong "unknown option '$1'" ;;
	esac
	check_arguments "$@"
	local dtb=$1 log=${2:-} name words=() word rc=0 given work
	command -v python3 >/dev/null ||
		die "python3 is missing: scripts/deps.sh installs it"
	work=$(mktemp -d "${TMPDIR:-/tmp}/shadow-board.XXXXXX")
	# shellcheck disable=SC2064
	trap "rm -rf '$work'" EXIT
	name=$(board_name "$dtb")
	cp -- "$dtb" "$work/$name.dtb"
	export PARAMS
	"$SHADOW_SCRIPTS/board-log.py" params "$dtb" ${log:+"$log"} \
		>"$work/params" 2>"$work/taken"
	while read -r word; do
		words+=("$word")
	done <"$work/params"
	while read -r -d '' word; do
		words+=("$word")
	done < <(parameters_given)
	guest_script "$name" ${words[@]+"${words[@]}"} >"$work/script"
	given=$(printf '%s\n' ${words[@]+"${words[@]}"} | sed -n 's/^size=//p' | tail -n 1)
	"$SHADOW_SCRIPTS/guest.sh" --no-insmod --mem "$(guest_memory "$given")" \
		--board "$work/$name.dtb" -- "$(cat "$work/script")" \
		>"$work/shadow" || rc=$?
	[ -z "$keep" ] || cp "$work/shadow" "$keep"
	show_files "$work/shadow"
	if grep -q '^==> refused <==$' "$work/shadow"; then
		rc=$REFUSED
		[ -n "$log" ] || sed 1d "$work/shadow"
	elif [ $rc -ne 0 ]; then
		exit $rc
	fi
	if [ -n "$log" ]; then
		echo "==> log <=="
		cat "$work/taken"
		"$SHADOW_SCRIPTS/board-log.py" compare "$dtb" "$log" "$work/shadow"
	fi
	exit $rc
}

# Room for the block beside the guest itself.
guest_memory() {
	case $1 in
	128M | 256M)	echo 1G ;;
	512M | '')	echo 2G ;;
	*)		echo 4G ;;
	esac
}

main "$@"
