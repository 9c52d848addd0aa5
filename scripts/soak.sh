#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# soak.sh - many hands on one machine, for a while
#
# usage: scripts/soak.sh [--seconds N] [--seed N] [OPTION OF scripts/guest.sh]...
#
# In a guest with four processors, four threads of shadow_bench.ko allocate and
# free blocks of every order with every flag, in turn less and more than there
# is, on two nodes with zones DMA, NORMAL and MOVABLE, while every file is read,
# lists are drained and watermarks moved. Then, with each engine of `slab` in
# turn, the threads allocate objects on their own processor and free those that
# another one has allocated, while the files of the caches are read; the caches
# are verified after that. By default each of it for 60 seconds of the guest's time, on the debug kernel (KASAN, lockdep). Prints what was
# done; the status is 0 if every audit said OK, every block came back as it was
# marked, and the kernel had nothing to say.

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

WORKERS=4

guest_command() {
	cat <<-END
		seconds=$1 seed=$2 workers=$WORKERS
	END
	cat <<-'END'
		cd /sys/kernel/debug/shadow_mm || exit 1
		insmod /shadow_bench.ko soak=$workers seed=$seed || exit 1
		# Memory may just be used up: all but that is a fault.
		run() {
			echo "$1" >ctl 2>/dev/null || head -n 1 ctl | grep -qi memory || {
				echo "refused: $1"
				head -n 3 ctl
				return 1
			}
		}
		now() {
			read -r uptime rest </proc/uptime
			echo ${uptime%.*}
		}
		end=$(($(now) + seconds))
		rounds=0
		fails=0
		# Another reader, so that files are read by two at once.
		(
			while [ ! -e /tmp/stop ]; do
				cat ./* >/dev/null
			done
		) &
		while [ "$(now)" -lt $end ]; do
			verdict=$(head -n 1 audit)
			[ "$verdict" = OK ] || {
				fails=$((fails + 1))
				cat audit
			}
			cat ./* >/dev/null || fails=$((fails + 1))
			# Keys that move watermarks, reserves and list lengths.
			for line in drain \
				"set min_free_kbytes $((512 + rounds % 3 * 512))" \
				"set watermark_scale_factor $((10 + rounds % 2 * 90))" \
				"set percpu_pagelist_high_fraction $((rounds % 2 * 16))" \
				"alloc_pages $((rounds % 6)) count=2 as=soak$rounds"; do
				run "$line" || fails=$((fails + 1))
			done
			echo "free_pages soak$rounds" >ctl 2>/dev/null
			rounds=$((rounds + 1))
		done
		touch /tmp/stop
		wait
		rmmod shadow_bench || exit 1
		echo "rounds=$rounds fails=$fails"
		[ "$(head -n 1 audit)" = OK ] || {
			cat audit
			fails=$((fails + 1))
		}
		dmesg | sed -n 's/^\(\[[^]]*\] *\)*shadow_bench: //p'
		[ $fails -eq 0 ] && dmesg | grep -q 'SOAK workers=.* errors=0$' || exit 1
		# Objects: one processor allocates, another frees. While somebody
		# does, sums over all slabs say nothing: audit comes after.
		for engine in slub slab slob; do
			echo "reset slab=$engine" >ctl || exit 1
			insmod /shadow_bench.ko soak=$workers objects=1 seed=$seed || exit 1
			end=$(($(now) + seconds))
			while [ "$(now)" -lt $end ]; do
				cat slab* buddyinfo zoneinfo >/dev/null || fails=$((fails + 1))
			done
			rmmod shadow_bench || exit 1
			verdict=$(dmesg | sed -n 's/.*shadow_bench: SOAK objects //p' | tail -n 1)
			echo "SOAK objects $engine $verdict"
			case $verdict in
			*' errors=0') ;;
			*)	dmesg | grep 'shadow_bench: soak: worker'
				fails=$((fails + 1))
				;;
			esac
			[ "$(head -n 1 audit)" = OK ] || {
				cat audit
				fails=$((fails + 1))
			}
		done
		echo "objects fails=$fails"
		[ $fails -eq 0 ]
	END
}

main() {
	local seconds=60 seed=$RANDOM$RANDOM options=()
	while [ $# -gt 0 ]; do
		case $1 in
		-h | --help)	print_help "$0"; exit 0 ;;
		--seconds)
			need_value "$1" $#
			need_number --seconds "$2" 1 86400
			seconds=$2
			;;
		--seed)
			need_value "$1" $#
			need_number --seed "$2" 1 4294967295
			seed=$2
			;;
		*)
			options+=("$1")
			shift
			continue
			;;
		esac
		shift 2
	done
	say "soaking for $seconds s"
	"$SHADOW_SCRIPTS/guest.sh" --kernel debug --smp 4 --mem 1G \
		--params 'size=128M nodes=2 dma=32M movablecore=24M' --timeout $((seconds * 10 + 600)) \
		"${options[@]}" -- "$(guest_command "$seconds" "$seed")"
}

main "$@"
