#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ptdump.sh - dumps of page tables against a kernel that has kernel_page_tables
#
# usage: scripts/ptdump.sh [OPTION OF scripts/guest.sh]...
#
# In a guest with the debug kernel (CONFIG_PTDUMP_DEBUGFS), which is built if it
# is not there, one parser (scripts/ptdump.py) reads three dumps: the kernel's
# own kernel_page_tables, the same tables as shadow_mm reads them
# (shadow_mm_raw/host/page_tables), and the shadow's (page_tables). The first two
# must be equal line by line, the third must have the markers of the first in
# their order. A mapping can come or go while dumps are taken, so they are taken
# in turn, and once more where that did not suffice.
#
# Prints a line `ok NAME` or `not ok NAME` for each, and last
# "N passed, N failed".

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

ROUNDS=5
PTDUMP=$SHADOW_SCRIPTS/ptdump.py
passed=0
failed=0

# One process reads them all: another one's stack would be another mapping.
guest_command() {
	cat <<-END
		cd /sys/kernel/debug || exit 1
		kernel=kernel_page_tables host=shadow_mm_raw/host/page_tables
		i=0
		while [ \$i -lt $ROUNDS ]; do
			echo "round \$i"
			cat \$kernel \$host \$kernel \$host
			i=\$((i + 1))
		done
		echo shadow
		cat shadow_mm/page_tables
		echo mmu_check
		cat shadow_mm/mmu_check
	END
}

# judge NAME COMMAND...: COMMAND says whether NAME holds.
judge() {
	local name=$1
	shift
	if "$@" >"$work/said" 2>&1; then
		passed=$((passed + 1))
		echo "ok $name: $(tail -n 1 "$work/said")"
	else
		failed=$((failed + 1))
		echo "not ok $name"
		sed 's/^/# /; 40q' "$work/said"
	fi
}

# The first round in which nothing stayed different.
same_in_some_round() {
	local round
	for round in "$work"/round.*; do
		! "$PTDUMP" same "$round" || return 0
	done
	return 1
}

# What a dump that is wrong in one place must be told by.
finds() {
	sed "$1" "$work/first" >"$work/bad"
	! cmp -s "$work/bad" "$work/first" || return 1
	! "$PTDUMP" check "$work/bad" || return 1
	echo "$2"
}

mmu_agrees() {
	grep '^MMU checked=[1-9][0-9]* .* mismatch=0$' "$work/mmu_check" &&
		grep '^HOST checked=[1-9][0-9]* .* mismatch=0$' "$work/mmu_check"
}

main() {
	local rc=0
	case ${1:-} in
	-h | --help)	print_help "$0"; exit 0 ;;
	esac
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	say "comparing dumps of page tables"
	"$SHADOW_SCRIPTS/guest.sh" --kernel debug --timeout 1200 "$@" \
		-- "$(guest_command)" >"$work/out" </dev/null || rc=$?
	if [ $rc -ne 0 ]; then
		echo "not ok guest: it ended with status $rc"
		echo "0 passed, 1 failed"
		return 1
	fi
	awk -v dir="$work" '
		/^round [0-9]$/ { file = dir "/round." $2; next }
		/^(shadow|mmu_check)$/ { file = dir "/" $0; next }
		{ print >file }' "$work/out"
	awk '/Linear Mapping start/ && n++ { exit } { print }' "$work/round.0" \
		>"$work/first"

	judge "the format of kernel_page_tables" "$PTDUMP" check "$work/first"
	judge "the format of host/page_tables and kernel_page_tables, in turn" \
		"$PTDUMP" check "$work/round.$((ROUNDS - 1))"
	judge "the format of the shadow's page_tables" "$PTDUMP" check "$work/shadow"
	judge "the host's tables, line by line" same_in_some_round
	judge "the shadow's markers" "$PTDUMP" layout "$work/first" "$work/shadow"
	judge "a size that is wrong" finds '2s/[KMGT] P/7&/' found
	judge "a line that is missing" finds 5d found
	judge "an attribute that is unknown" finds 's/ AF / AX /' found
	judge "the CPU's word on both" mmu_agrees
	echo "$passed passed, $failed failed"
	[ $failed -eq 0 ]
}

main "$@"
