#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# record-kmem.sh - record what a kernel allocates while it boots
#
# usage: scripts/record-kmem.sh [KERNEL] >TRACE
#
# Boots a guest (default 6.12-cloud) with all kmem events on, up to its shell,
# and turns them into the format of include/shadow_trace.h:
# scripts/traces/boot-6.12.kmem was made by this. Two boots differ a little.

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

KERNEL=6.12-cloud

main() {
	case ${1:-} in
	-h | --help)	print_help "$0"; exit 0 ;;
	-*)		usage_error "unknown option '$1'" ;;
	esac
	[ $# -le 1 ] || usage_error "'$2': one KERNEL is allowed"
	KERNEL=${1:-$KERNEL}
	events=$(mktemp "${TMPDIR:-/tmp}/shadow-kmem.XXXXXX")
	trap 'rm -f "$events"' EXIT
	say "recording a boot of $KERNEL"
	# tracefs' files are made by a worker that may come after the shell.
	"$SHADOW_SCRIPTS/guest.sh" --kernel "$KERNEL" --no-insmod --smp 1 \
		--append 'trace_event=kmem:* trace_buf_size=64M no_hash_pointers' \
		-- 'cd /sys/kernel/tracing || exit 1
		for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
			[ ! -e trace ] || break
			sleep 2
		done
		echo 0 >tracing_on && cat trace' >"$events"
	"$SHADOW_SCRIPTS/kmem_trace.py" \
		"the boot of a guest with 1 GiB and one processor, $KERNEL, arm64," \
		"up to its shell; recorded by scripts/record-kmem.sh" <"$events"
}

main "$@"
