#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# build-boards.sh - compile the boards that come with shadow_mm
#
# usage: scripts/build-boards.sh
#
# boards/*.dts become device tree blobs, boards/*.txt are taken as they are.
# Prints the folder of the cache that holds them; in a guest or on a real
# machine they belong into /lib/firmware/shadow_mm/.

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

build() {
	local dir=$1 source name
	rm -rf "$dir.new"
	mkdir -p "$dir.new"
	for source in "$SHADOW_TOP"/boards/*.dts; do
		name=$(basename "$source" .dts)
		dtc -q -I dts -O dtb -o "$dir.new/$name.dtb" "$source" ||
			die "$source is no device tree"
	done
	cp "$SHADOW_TOP"/boards/*.txt "$dir.new/"
	# By exchange: whoever reads the old folder at this moment still can.
	rm -rf "$dir.old"
	[ ! -e "$dir" ] || mv -T "$dir" "$dir.old"
	mv -T "$dir.new" "$dir"
	rm -rf "$dir.old"
}

main() {
	local dir
	case ${1:-} in
	-h | --help)	print_help "$0"; exit 0 ;;
	'') ;;
	*)	usage_error "unknown argument '$1'" ;;
	esac
	command -v dtc >/dev/null ||
		die "dtc is missing: scripts/deps.sh installs device-tree-compiler"
	dir=$(clone_build_dir)/boards
	mkdir -p "$(dirname "$dir")"
	# Sources by content: nothing is compiled twice.
	if [ -e "$dir" ] && [ -z "$(find "$SHADOW_TOP/boards" -newer "$dir" -print -quit)" ]; then
		echo "$dir"
		return
	fi
	with_lock "boards-$(basename "$(clone_build_dir)")" build "$dir"
	echo "$dir"
}

main "$@"
