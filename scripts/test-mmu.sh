#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# test-mmu.sh - the CPU's MMU and a reader of raw tables judge the tables
#
# usage: scripts/test-mmu.sh [--quick] [--bugs | --no-bugs] [--seed N] [BUG...]
#        scripts/test-mmu.sh --run N [--trace]
#
# scripts/at_oracle is a program for bare metal. It links the same shadow_pgtable
# that the module has, runs at EL2 of an emulated machine, has all 18 pairs of
# granule and VA size (LPA2 on and off, 48 and 52 bits of output address) mapped,
# unmapped, split and protected at random, in both halves, and after each call
# compares with a model that knows no tables:
#
#	AT	the MMU, asked by AT S1E1R, S1E1W, S1E0R, S1E0W
#	reader	the raw tables, read after the Arm ARM without our headers
#	walker	shadow_walk(), for the same addresses as AT
#	api	what the calls return, allocations that fail included
#	verify	shadow_pgtable_verify()
#	tlb	a TLB that forgets only what the tables' log invalidates
#
# A line for each shape, then the sum. Then the bugs of scripts/at_oracle/bugs,
# each put into a copy of the sources: AT or the reader must notice (the tlb, of
# invalidations). The last line is "N passed, N failed".
#
#	--quick		a tenth of the calls, no bugs
#	--bugs		the bugs alone, or those named
#	--seed N	another sequence (1)
#	--run N		one run again, N being what a MISMATCH calls its seed;
#			--trace prints its calls

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

BUGS=$SHADOW_SCRIPTS/at_oracle/bugs
TIMEOUT=${SHADOW_MMU_TIMEOUT:-900}
STEPS=80
# Bugs are looked for in all shapes, but not for long
BUG_STEPS=20
BUG_ADDRESSES=8
AT_ONCE=2

WORK=
SEED=1

# build DIR SOURCES [MORE]: DIR/at_oracle.elf
build() {
	make -s -j2 -C "$SHADOW_SCRIPTS/at_oracle" O="$1" SRC="$2" \
		CC="$(cross_cc)" "${@:3}"
}

# machine ELF ARGUMENT...: run it; the status is the program's.
machine() {
	local elf=$1 argument arguments=
	shift
	for argument; do
		arguments+=",arg=$argument"
	done
	timeout -k 5 "$TIMEOUT" qemu-system-aarch64 \
		-M virt,virtualization=on -cpu max -m 256M -nic none \
		-display none -monitor none -serial stdio \
		-semihosting-config "enable=on,target=native,arg=at_oracle$arguments" \
		-kernel "$elf" </dev/null
}

# The shapes, dealt out to machines.
judge_shapes() {
	local i pids=() passed failed sum
	for ((i = 0; i < AT_ONCE; i++)); do
		machine "$WORK/main/at_oracle.elf" "seed=$SEED" "steps=$STEPS" \
			"first=$i" "every=$AT_ONCE" >"$WORK/out.$i" 2>&1 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || true
	done
	cat "$WORK"/out.? | tr -d '\r' >"$WORK/out"
	# As they were dealt out; what was found stays before its shape's line
	awk -v machines="$AT_ONCE" '
		/^found:/ || /^at_oracle: [0-9]+ translations/ {
			machine += /^at_oracle/
			nr = 0
			next
		}
		{
			key = nr * machines + machine
			text[key] = text[key] $0 "\n"
			last = key > last ? key : last
		}
		/^ok / || /^not ok / { nr++ }
		END { for (key = 0; key <= last; key++) printf "%s", text[key] }
	' "$WORK/out"
	passed=$(grep -c '^ok ' "$WORK/out" || true)
	failed=$(grep -c '^not ok ' "$WORK/out" || true)
	sum=$(awk -v machines="$AT_ONCE" '
		/^at_oracle: [0-9]+ translations/ {
			asked += $2; shapes += $4; wrong += $6; ended++
		}
		END {
			printf "at_oracle: %d translations, %d shapes, %d mismatches\n",
				asked, shapes, wrong
			exit ended != machines
		}' "$WORK/out") || {
		echo "not ok: a machine ended early"
		failed=$((failed + 1))
	}
	echo "$sum"
	PASSED=$((PASSED + passed))
	FAILED=$((FAILED + failed))
}

# What it says of one bug: "AT reader tlb", or a reason why there is nothing.
try_bug() {
	local name=$1 dir=$WORK/bugs/$1 anew
	mkdir -p "$dir"
	anew=$(python3 "$SHADOW_SCRIPTS/at_oracle/plant.py" "$BUGS/$name" \
		"$SHADOW_TOP" "$dir/src" 2>&1) || {
		echo "- - - does not apply: $anew"
		return
	}
	[ "$anew" != all ] || anew=
	if ! build "$dir" "$dir/src" OPT=-O1 OWN="$WORK/main" \
		${anew:+ANEW="$anew"} >"$dir/build.log" 2>&1; then
		echo "- - - does not build: $(head -n 1 "$dir/build.log")"
		return
	fi
	machine "$dir/at_oracle.elf" "seed=$SEED" "steps=$BUG_STEPS" \
		"addresses=$BUG_ADDRESSES" quiet=1 >"$dir/out" 2>&1 || true
	tr -d '\r' <"$dir/out" | awk '
		/^found:/ { print $3, $5, $13; found = 1; exit }
		END { if (!found) print "- - - ended early" }'
}

# The table; a bug that neither AT nor the reader has found is a failure.
judge_bugs() {
	local name at reader tlb why unseen=0 caught=0 verdict running=0
	for name; do
		if [ "$running" -ge "$AT_ONCE" ]; then
			wait -n || true
			running=$((running - 1))
		fi
		try_bug "$name" >"$WORK/bug.$name" &
		running=$((running + 1))
	done
	wait
	printf '%-18s %8s %8s %8s  %s\n' bug AT reader tlb what
	for name; do
		read -r at reader tlb why <"$WORK/bug.$name" || true
		verdict=ok
		case $name in
		tlbi_*)	[ "$tlb" != 0 ] || verdict='not ok' ;;
		*)	[ "$at$reader" != 00 ] || verdict='not ok' ;;
		esac
		[ "$at" != - ] || verdict='not ok'
		printf '%-18s %8s %8s %8s  %s\n' "$name" "$at" "$reader" "$tlb" \
			"$(sed -n 's/^what: *//p' "$BUGS/$name")"
		if [ "$verdict" = ok ]; then
			caught=$((caught + 1))
			[ "$at" != 0 ] || unseen=$((unseen + 1))
		else
			FAILED=$((FAILED + 1))
			echo "not ok $name: ${why:-nobody noticed}"
		fi
	done
	PASSED=$((PASSED + caught))
	echo "at_oracle: $caught of $# seeded bugs caught, $unseen of them invisible to AT"
}

judge() {
	mkdir -p "$WORK"
	build "$WORK/main" "$SHADOW_TOP" || return
	if [ -n "$run" ]; then
		machine "$WORK/main/at_oracle.elf" "run=$run" "steps=$STEPS" \
			"trace=$trace"
		return
	fi
	PASSED=0
	FAILED=0
	[ -z "$shapes" ] || judge_shapes
	[ -z "$bugs" ] || judge_bugs "${names[@]}"
	echo "$PASSED passed, $FAILED failed"
	[ "$FAILED" -eq 0 ] && [ "$PASSED" -gt 0 ]
}

main() {
	local bugs=1 shapes=1 run='' trace=0 names=() name
	while [ $# -gt 0 ]; do
		case $1 in
		-h | --help)	print_help "$0"; exit 0 ;;
		--quick)	STEPS=8; bugs= ;;
		--bugs)		shapes= ;;
		--no-bugs)	bugs= ;;
		--trace)	trace=1 ;;
		--seed)
			need_value "$1" $#
			need_number "$1" "$2" 1 999999999
			SEED=$2
			shift
			;;
		--run)
			need_value "$1" $#
			need_number "$1" "$2" 1000 999999999
			run=$2
			shift
			;;
		-*)		usage_error "unknown option '$1'" ;;
		*)
			[ -e "$BUGS/$1" ] || usage_error "no bug '$1'"
			names+=("$1")
			shapes=
			;;
		esac
		shift
	done
	if [ ${#names[@]} -eq 0 ]; then
		for name in "$BUGS"/*; do
			names+=("$(basename "$name")")
		done
	fi
	WORK=$(clone_build_dir)/mmu
	with_lock "$(basename "$(clone_build_dir)")-mmu" judge
}

main "$@"
