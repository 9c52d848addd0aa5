#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# demo.sh - what `make demo` does
#
# usage: scripts/demo.sh [--workload FILE] [-o FOLDER] [OPTION OF scripts/guest.sh]...
#
# Boots a guest and lets a machine run a workload twice: with pages grouped by
# mobility (run A) and without (run B). Caches grow, pages that can move and
# pages that cannot mix, half of them go, areas are mapped, memory is filled to
# its marks, and large blocks are asked for. Writes what was seen as one page,
# FOLDER/report.html, and says where it is and where the time went; the snapshots
# stay beside it, in FOLDER/A and FOLDER/B. FOLDER is in the cache unless given.

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

OWN=$SHADOW_SCRIPTS/shadow_report
PARAMS='size=128M ring=131072 mmu_check=off'
A='mobility=on'
B='mobility=off'

workload=$OWN/workload.sh
folder=$(clone_build_dir)/demo

# Progress is what the guest says of each moment, and nothing else of it.
guest_command() {
	cat <<-END
		ctl=/sys/kernel/debug/shadow_mm/ctl
		for run in A:$A B:$B; do
			if ! echo "reset \${run#*:}" >\$ctl; then
				sed -n 's/^last: /demo: /p' \$ctl >&2
				exit 1
			fi
			echo "-- run \${run%%:*}: \${run#*:}" >&2
			sh /report/record.sh /tmp/demo/\${run%%:*} /workload.sh || exit 1
		done
		tar -C /tmp/demo -c A B
	END
}

# So that the time of the guest is the guest's: it would build it, too.
build_module() {
	local kernel=6.12-cloud
	while [ $# -gt 0 ]; do
		case $1 in
		--module | --module=*)	return ;;
		--kernel)	kernel=${2:-} ;;
		--kernel=*)	kernel=${1#*=} ;;
		esac
		shift
	done
	# What it does not know the guest refuses
	if "$SHADOW_SCRIPTS/kernels.sh" --list | grep -qxF -- "$kernel"; then
		"$SHADOW_SCRIPTS/build.sh" "$kernel" >/dev/null
	fi
}

# Processor time of everything that this script has waited for, in s
cpu_seconds() {
	sed 's/.*) //' "/proc/$$/stat" |
		awk -v hz="$(getconf CLK_TCK)" '{ printf "%.0f", ($14 + $15) / hz }'
}

main() {
	local start=$SECONDS built booted
	while [ $# -gt 0 ]; do
		case $1 in
		-h | --help)	print_help "$0"; exit 0 ;;
		--workload)
			need_value "$1" $#
			[ -f "$2" ] || usage_error "--workload '$2': no such file"
			workload=$2
			shift 2
			;;
		-o)
			need_value "$1" $#
			folder=$2
			shift 2
			;;
		*)	break ;;
		esac
	done
	"$SHADOW_SCRIPTS/deps.sh" --demo
	export SHADOW_PROGRESS=1
	mkdir -p "$folder"
	rm -rf "$folder/A" "$folder/B" "$folder/report.html"
	build_module "$@"
	built=$SECONDS
	say "booting a guest"
	"$SHADOW_SCRIPTS/guest.sh" --params "$PARAMS" --file "$OWN:/report" \
		--file "$workload:/workload.sh" "$@" -- "$(guest_command)" \
		>"$folder/demo.tar" || die "the guest ended with status $?"
	tar -C "$folder" -xf "$folder/demo.tar"
	rm "$folder/demo.tar"
	booted=$SECONDS
	say "writing the page"
	"$SHADOW_SCRIPTS/shadow-report" "$folder/A" "$folder/B" --names "$A,$B" \
		-o "$folder/report.html"
	echo "took $((SECONDS - start)) s: packages and module $((built - start)) s," \
		"guest $((booted - built)) s, page $((SECONDS - booted)) s;" \
		"$(cpu_seconds) s of CPU"
	echo "open in a browser: file://$(readlink -f "$folder/report.html")"
}

main "$@"
