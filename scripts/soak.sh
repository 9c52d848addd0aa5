#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# soak.sh - many hands on one machine, for a while
#
# usage: scripts/soak.sh [--seconds N] [--seed N] [OPTION OF scripts/guest.sh]...
#
# In a guest with four processors, four threads of shadow_bench.ko allocate and
# free blocks of every order with every flag, in turn less and more than there
# is, while every file is read and lists are drained. By default for 60 seconds
# of the guest's time, on the debug kernel (KASAN, lockdep). Prints what was
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
			echo drain >ctl || fails=$((fails + 1))
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
		[ $fails -eq 0 ] && dmesg | grep -q 'SOAK workers=.* errors=0$'
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
		--params 'size=128M' --timeout $((seconds * 10 + 600)) \
		"${options[@]}" -- "$(guest_command "$seconds" "$seed")"
}

main "$@"
