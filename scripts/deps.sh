#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# deps.sh - install the Debian packages that building and testing need
#
# usage: scripts/deps.sh [--run | --demo] [--list]
#
# Installs what is missing: with --run what `make run` needs, with --demo what
# `make demo` needs, else what every target needs. Says which packages these
# are; on a terminal it asks first, YES=1 skips the question. Silent when nothing
# is missing. As a user it goes through sudo. --list prints the packages and
# installs nothing.
#
# On a system without apt it prints the tools that are needed and ends with
# status 3.

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# What a guest needs: fetch a kernel, build a module, pack, boot.
RUN_PACKAGES='
	apt
	bc
	ca-certificates
	cpio
	debian-archive-keyring
	dwarves
	gcc-12-aarch64-linux-gnu
	gcc-aarch64-linux-gnu
	kmod
	libelf-dev
	libssl-dev
	make
	qemu-system-arm
	rsync
	util-linux
	xz-utils
'

# What a page of a run needs on top.
DEMO_PACKAGES='
	python3
'

# What the tests need on top: a kernel built from source, UML, sanitizers,
# the static checks, a browser that opens the pages.
TEST_PACKAGES='
	bison
	chromium
	device-tree-compiler
	flex
	gcc
	git
	libc6-dev
	linux-source-6.12
	nodejs
	patch
	perl
	python3
	shellcheck
	sparse
'

TOOLS='make, a cross compiler for aarch64 (aarch64-linux-gnu-gcc), pahole,
qemu-system-aarch64, rsync, cpio, xz, bc, depmod, flock, apt-get and dpkg-deb
(they fetch Debian kernels; no root needed). For the tests also gcc with ASan
and UBSan, flex, bison, perl, python3, node, chromium, git, sparse, shellcheck, the
headers of libelf and libssl, dtc, and the source of Linux 6.12
(KSRC=PATH).'

not_debian() {
	warn "this is not a Debian-like system: please install these tools"
	printf '%s\n' "$TOOLS" >&2
	exit 3
}

# One call for all: dpkg-query lists what is installed, word for word.
missing_packages() {
	local package
	local -A installed=()
	while read -r package; do
		installed[$package]=1
	done < <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null |
		sed -n 's/^installed //p')
	for package in "$@"; do
		[ -n "${installed[$package]:-}" ] || echo "$package"
	done
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "installing packages needs root or sudo"
	fi
}

confirm() {
	local answer
	[ "${YES:-}" != 1 ] && [ -t 0 ] || return 0
	read -rp 'Install them? [Y/n] ' answer
	case $answer in
	'' | [Yy]*) ;;
	*)	die "nothing was installed" ;;
	esac
}

install_packages() {
	local log=$SHADOW_CACHE/logs/apt.log
	local env=(env DEBIAN_FRONTEND=noninteractive)
	mkdir -p "$(dirname "$log")"
	if ! as_root "${env[@]}" apt-get -qq -o Acquire::Retries=3 update \
		>"$log" 2>&1 </dev/null; then
		warn "the package lists could not be read; going on with those there"
	fi
	run_logged "installing packages" "$log" as_root "${env[@]}" \
		apt-get -y -qq -o Dpkg::Use-Pty=0 --no-install-recommends \
		install "$@"
}

main() {
	local packages="$RUN_PACKAGES $TEST_PACKAGES" list='' missing
	while [ $# -gt 0 ]; do
		case $1 in
		-h | --help)	print_help "$0"; exit 0 ;;
		--run)		packages=$RUN_PACKAGES ;;
		--demo)		packages="$RUN_PACKAGES $DEMO_PACKAGES" ;;
		--list)		list=1 ;;
		*)		usage_error "unknown argument '$1'" ;;
		esac
		shift
	done
	if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
		not_debian
	fi
	if [ -n "$list" ]; then
		# shellcheck disable=SC2086
		printf '%s\n' $packages
		exit 0
	fi
	# On an arm64 machine the compiler is its own.
	if [ "$(uname -m)" = aarch64 ]; then
		packages=${packages//gcc-12-aarch64-linux-gnu/gcc-12}
		packages=${packages//gcc-aarch64-linux-gnu/gcc}
	fi
	# shellcheck disable=SC2086
	missing=$(missing_packages $packages)
	[ -n "$missing" ] || exit 0
	echo "These packages will be installed:"
	# shellcheck disable=SC2086
	printf '  %s\n' $missing
	confirm
	# shellcheck disable=SC2086
	install_packages $missing
}

main "$@"
