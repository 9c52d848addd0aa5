#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# test.sh - what `make test` and `make test-quick` do
#
# usage: scripts/test.sh [--quick | PART...]
#
# Installs what is missing and runs the parts, two at a time:
#
#	host	the core and its suites in user space, with sanitizers
#	check	the static checks
#	uml	KUnit on UML with KASAN and UBSAN
#	arm64	the same suites in an arm64 kernel
#	e2e	guests with stock kernels
#	memblock	the kernel's own suites for memblock, on ours
#	mmu	tables of all shapes, judged on bare metal by the CPU's MMU
#	ptdump	dumps of page tables against kernel_page_tables, on the
#		kernel of arm64
#
# --quick runs what takes under 30 s once built. What a part prints goes to a
# log in the cache; failures are shown, and the last line is
# "N passed, N failed". A part that ends without such a line, or with an error
# but no failure, counts as one.

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

PARTS='uml e2e arm64 check host mmu memblock ptdump'
QUICK_PARTS='host uml mmu check e2e'
LOGS=$(clone_build_dir)/logs
AT_ONCE=2

quick=
passed=0
failed=0

part_command() {
	case $1 in
	host)	"$SHADOW_SCRIPTS/test-host.sh" ${quick:+--fast} ;;
	check)	"$SHADOW_SCRIPTS/check.sh" ${quick:+--quick} ;;
	uml)	"$SHADOW_SCRIPTS/kunit.sh" uml ;;
	arm64)	"$SHADOW_SCRIPTS/kunit.sh" arm64 ;;
	e2e)	"$SHADOW_SCRIPTS/e2e.sh" ${quick:+--quick} ;;
	memblock)	"$SHADOW_SCRIPTS/memblock-suites.sh" ;;
	mmu)	"$SHADOW_SCRIPTS/test-mmu.sh" ${quick:+--quick} ;;
	ptdump)	"$SHADOW_SCRIPTS/ptdump.sh" ;;
	*)	usage_error "part '$1': one of $PARTS is allowed" ;;
	esac
}

# In a process of its own, with its own log; the status goes to a file.
start_part() {
	local log=$LOGS/$1.log
	rm -f "$LOGS/$1.status"
	say "$1: started"
	date +%s >"$LOGS/$1.started"
	(
		rc=0
		part_command "$1" </dev/null >"$log" 2>&1 || rc=$?
		echo "$rc" >"$LOGS/$1.status.new"
		mv "$LOGS/$1.status.new" "$LOGS/$1.status"
	) &
	pids[$1]=$!
}

# The last line of a part's log says what it counted.
finish_part() {
	local log=$LOGS/$1.log rc=1 took line p=0 f=0
	[ ! -e "$LOGS/$1.status" ] || rc=$(cat "$LOGS/$1.status")
	took=$(($(date +%s) - $(cat "$LOGS/$1.started")))
	line=$(grep -aE '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1) || true
	if [ -n "$line" ]; then
		p=${line%% *}
		f=${line#*, }
		f=${f%% *}
		if [ "$rc" -ne 0 ] && [ "$f" -eq 0 ]; then
			f=1
			line="$line, but it ended with status $rc"
		fi
	else
		f=1
		line="ended with status $rc and no count"
	fi
	passed=$((passed + p))
	failed=$((failed + f))
	if [ "$f" -eq 0 ]; then
		echo "ok $1: $line ($took s)"
	else
		echo "not ok $1: $line ($took s)"
		show_failures "$log"
	fi
}

show_failures() {
	{
		grep -aE -B8 -A25 '^[[:space:]]*not ok|\[FAILED\]' "$1" | head -n 150 || true
		echo "---- the end of $1"
		tail -n 25 "$1"
		echo "----"
	} | sed 's/^/    /'
}

# One line a while for what is going on, its last words included.
show_progress() {
	local part words
	for part in "${!pids[@]}"; do
		words=$(tail -n 1 "$LOGS/$part.log" 2>/dev/null | tr -d '\r' | cut -c1-90)
		say "$part: $(($(date +%s) - $(cat "$LOGS/$part.started"))) s: $words"
	done
}

wait_for_one() {
	local part tick=0
	while :; do
		for part in "${!pids[@]}"; do
			if ! kill -0 "${pids[$part]}" 2>/dev/null; then
				wait "${pids[$part]}" || true
				unset "pids[$part]"
				finish_part "$part"
				return
			fi
		done
		sleep 0.2
		tick=$((tick + 1))
		[ $((tick % 150)) -ne 0 ] || show_progress
	done
}

stop_parts() {
	local part
	for part in "${!pids[@]}"; do
		kill -- "-${pids[$part]}" 2>/dev/null || kill "${pids[$part]}" 2>/dev/null || true
	done
}

main() {
	local part parts=$PARTS
	declare -gA pids=()
	case ${1:-} in
	-h | --help)	print_help "$0"; exit 0 ;;
	--quick)	quick=1; parts=$QUICK_PARTS; shift ;;
	-*)		usage_error "unknown option '$1'" ;;
	esac
	if [ $# -gt 0 ]; then
		parts=$*
		for part in $parts; do
			case " $PARTS " in
			*" $part "*) ;;
			*)	usage_error "part '$part': one of $PARTS is allowed" ;;
			esac
		done
	fi
	"$SHADOW_SCRIPTS/deps.sh"
	mkdir -p "$LOGS"
	# Process groups, so that an interrupt reaches all that a part started.
	set -m
	trap stop_parts EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	for part in $parts; do
		while [ ${#pids[@]} -ge $AT_ONCE ]; do
			wait_for_one
		done
		start_part "$part"
	done
	while [ ${#pids[@]} -gt 0 ]; do
		wait_for_one
	done
	trap - EXIT
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}

main "$@"
