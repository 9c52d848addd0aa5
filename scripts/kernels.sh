#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kernels.sh - fetch Debian's stock arm64 kernels and their headers
#
# usage: scripts/kernels.sh [--update] FLAVOUR...
#        scripts/kernels.sh --busybox | --exporter | --dtbs | --trace-cmd | --perf
#        scripts/kernels.sh --list
#
# FLAVOUR is 6.12-cloud, 6.12, 6.12-16k, 6.12-rt, 6.1-cloud or all. For each,
# one line is printed: the folder that holds
#
#	release		the kernel's release, as `uname -r` says it
#	Image		the kernel
#	config		its configuration
#	guest/		*.ko that a guest needs to talk to QEMU, and `order`
#	build/		what KDIR is to be, for the host's own architecture
#
# --busybox prints the path of a static arm64 busybox instead, --exporter that
# of prometheus-node-exporter for this machine, --dtbs the folder of the device
# trees in the generic 6.12 kernel's package, as vendor/board.dtb. --trace-cmd
# and --perf print the folder of an arm64 program of that name with all that it
# is linked with; in a guest, FOLDER/NAME runs it from wherever it was put.
# --update asks the archive for a newer version; without it, what is cached is
# used.
#
# Packages come from the system's own sources, through package lists of our
# own: neither the system's lists nor its architectures are touched, and root
# is not needed. Where those sources carry no Debian 12 arm64 packages, they
# come from Debian's archive, checked with Debian's keyring.

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

FLAVOURS='6.12-cloud 6.12 6.12-16k 6.12-rt 6.1-cloud'
APT_DIR=$SHADOW_CACHE/apt
KERNELS=$SHADOW_CACHE/kernels
HOST_ARCH=
APT_OPTIONS=()

# The meta package names the current version of a flavour.
meta_package() {
	case $1 in
	6.12-cloud)	echo "$2-6.12-cloud-arm64" ;;
	6.12)		echo "$2-6.12-arm64" ;;
	6.12-16k)	echo "$2-6.12-arm64-16k" ;;
	6.12-rt)	echo "$2-6.12-rt-arm64" ;;
	6.1-cloud)	echo "$2-cloud-arm64" ;;
	*)	usage_error "flavour '$1': one of $FLAVOURS is allowed" ;;
	esac
}

setup_apt() {
	HOST_ARCH=$(dpkg --print-architecture)
	mkdir -p "$APT_DIR/lists/partial" "$APT_DIR/cache/archives/partial"
	APT_OPTIONS=(
		-qq
		-o APT::Architecture=arm64
		-o APT::Architectures::=arm64
		-o "APT::Architectures::=$HOST_ARCH"
		-o APT::Get::List-Cleanup=false
		-o APT::Sandbox::User=
		-o Acquire::Languages=none
		-o Acquire::Retries=3
		-o Dir::State::Lists="$APT_DIR/lists"
		-o Dir::State::status=/dev/null
		-o Dir::Cache="$APT_DIR/cache"
		-o Dir::Cache::archives="$APT_DIR/cache/archives"
	)
	if [ -s "$APT_DIR/sources.list" ]; then
		use_own_sources
	fi
}

use_own_sources() {
	APT_OPTIONS+=(
		-o Dir::Etc::sourcelist="$APT_DIR/sources.list"
		-o Dir::Etc::sourceparts=/dev/null
	)
}

# Debian 12's archive itself, for a system whose sources lack arm64.
write_own_sources() {
	local ring=/usr/share/keyrings/debian-archive-keyring.gpg
	local base=http://deb.debian.org
	[ -r $ring ] || die "$ring is missing: install debian-archive-keyring"
	{
		for suite in bookworm bookworm-updates; do
			echo "deb [signed-by=$ring] $base/debian $suite main"
		done
		echo "deb [signed-by=$ring] $base/debian-security" \
			"bookworm-security main"
	} >"$APT_DIR/sources.list"
	use_own_sources
}

# Lists older than a day may name packages that the archive has dropped.
refresh_lists() {
	local stamp=$APT_DIR/lists/stamp rc=0
	if [ "${1:-}" != force ] && [ -n "$(find "$stamp" -mmin -1440 2>/dev/null)" ]; then
		return
	fi
	say "reading the archive's arm64 package lists"
	# A source without arm64 makes apt complain; what counts is whether
	# the kernels can be resolved.
	apt-get "${APT_OPTIONS[@]}" update >"$APT_DIR/update.log" 2>&1 || rc=$?
	if ! apt_has linux-image-6.12-cloud-arm64 && [ ! -s "$APT_DIR/sources.list" ]; then
		write_own_sources
		rc=0
		apt-get "${APT_OPTIONS[@]}" update >"$APT_DIR/update.log" 2>&1 || rc=$?
	fi
	if ! apt_has linux-image-6.12-cloud-arm64; then
		tail -n 20 "$APT_DIR/update.log" >&2
		die "the package archive could not be read (apt-get: status $rc)"
	fi
	touch "$stamp"
}

apt_has() {
	apt-cache "${APT_OPTIONS[@]}" show "$1" >/dev/null 2>&1
}

# depends_on META PREFIX: the versioned package behind a meta package. The
# first record of apt-cache is the newest.
depends_on() {
	apt-cache "${APT_OPTIONS[@]}" show "$1" 2>/dev/null |
		sed -n "s/^Depends:.*\\($2[^ ,]*\\).*/\\1/p" | sed -n 1p
}

# fetch DIRECTORY PACKAGE...: download there, with one retry on fresh lists.
fetch() {
	local dir=$1
	shift
	(cd "$dir" && apt-get "${APT_OPTIONS[@]}" download "$@" >&2)
}

# unpack DEB DIRECTORY [MEMBER...]
unpack() {
	local deb=$1 dir=$2
	shift 2
	mkdir -p "$dir"
	dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$dir" --wildcards "$@"
}

# The modules between a guest and QEMU's virtio serial ports, with what they
# depend on, unpacked, in the order in which to load them. What the kernel has
# built in is not in modules.dep and so falls out by itself.
extract_guest_modules() {
	local tree=$1 out=$2 want path
	mkdir -p "$out"
	: >"$out/order"
	for want in virtio_pci virtio_console; do
		path=$(grep -E "(^|/)$want\\.ko[^:]*:" "$tree/modules.dep" || true)
		[ -n "$path" ] || continue
		# "module: its dependencies", the deepest last.
		# shellcheck disable=SC2086
		for path in $(printf '%s\n' ${path%%:*} ${path#*:} | tac); do
			add_guest_module "$tree/$path" "$out"
		done
	done
}

add_guest_module() {
	local name
	name=$(basename "$1")
	name=${name%%.ko*}.ko
	if grep -qx "$name" "$2/order"; then
		return
	fi
	case $1 in
	*.xz)	xz -dc "$1" >"$2/$name" ;;
	*.zst)	zstd -qdc "$1" >"$2/$name" ;;
	*.gz)	gzip -dc "$1" >"$2/$name" ;;
	*)	cp "$1" "$2/$name" ;;
	esac
	echo "$name" >>"$2/order"
}

# Debian's modules.dep is made at installation; depmod makes it here.
make_modules_dep() {
	local root=$1 release=$2 depmod
	depmod=$(PATH=$PATH:/usr/sbin:/sbin command -v depmod) ||
		die "depmod is missing: install kmod"
	"$depmod" -b "$root" "$release"
}

# The header packages expect to lie in the system's source folder: their
# makefiles are pointed to where they are now.
extract_headers() {
	local debs=$1 out=$2 final=$3 release=$4 deb file
	for deb in "$debs"/linux-headers-*.deb "$debs"/linux-kbuild-*.deb; do
		unpack "$deb" "$out"
	done
	while read -r file; do
		sed -i "s,/usr/src/,$final/headers/usr/src/,g" "$file"
	done < <(grep -ls '/usr/src/' "$out"/usr/src/linux-headers-*/Makefile \
		"$out"/usr/src/linux-headers-*/.kernelvariables)
	ln -s "headers/usr/src/linux-headers-$release" "$out/../build"
}

produce() {
	local flavour=$1 update=$2 image headers common kbuild release dir tmp

	if [ -z "$update" ] && [ -e "$KERNELS/$flavour/release" ]; then
		return
	fi
	setup_apt
	refresh_lists "${update:+force}"
	image=$(depends_on "$(meta_package "$flavour" linux-image)" linux-image-)
	[ -n "$image" ] || die "no package $(meta_package "$flavour" linux-image) in the archive"
	release=${image#linux-image-}
	case $flavour in
	6.1-*)	case $release in
		6.1.*) ;;
		*) die "the archive's cloud-arm64 kernel is $release, not 6.1" ;;
		esac ;;
	esac
	dir=$KERNELS/$flavour@$release
	if [ -e "$dir/release" ]; then
		publish_link "$dir" "$flavour"
		return
	fi

	headers=linux-headers-$release
	common=$(depends_on "$headers" 'linux-headers-[^ ]*-common')
	kbuild=$(depends_on "$headers" linux-kbuild-)
	mkdir -p "$KERNELS"
	tmp=$(mktemp -d "$KERNELS/tmp.XXXXXX")
	# shellcheck disable=SC2064
	trap "rm -rf '$tmp'" EXIT
	mkdir "$tmp/debs" "$tmp/root" "$tmp/new"
	say "fetching the stock kernel $flavour"
	if ! fetch "$tmp/debs" "$image" "$headers" "$common" "$kbuild:$HOST_ARCH"; then
		warn "the package lists were out of date, reading them again"
		refresh_lists force
		fetch "$tmp/debs" "$image" "$headers" "$common" "$kbuild:$HOST_ARCH" ||
			die "the packages of $flavour could not be fetched"
	fi

	say "unpacking $flavour"
	unpack "$tmp/debs/$image"_*.deb "$tmp/root" './boot/*' \
		'./lib/modules/*/modules.*' './lib/modules/*/kernel/drivers/virtio/*' \
		'./lib/modules/*/kernel/drivers/char/*'
	cp "$tmp/root/boot/config-$release" "$tmp/new/config"
	unpack_image "$tmp/root/boot/vmlinuz-$release" "$tmp/new/Image"
	make_modules_dep "$tmp/root" "$release"
	extract_guest_modules "$tmp/root/lib/modules/$release" "$tmp/new/guest"
	extract_headers "$tmp/debs" "$tmp/new/headers" "$dir" "$release"
	echo "$release" >"$tmp/new/release"
	rm -rf "$dir"
	mv -T "$tmp/new" "$dir"
	publish_link "$dir" "$flavour"
	rm -rf "$tmp"
	trap - EXIT
}

# QEMU wants the plain Image; some packages compress it.
unpack_image() {
	if gzip -t "$1" 2>/dev/null; then
		gzip -dc "$1" >"$2"
	else
		cp "$1" "$2"
	fi
	[ "$(dd if="$2" bs=1 skip=56 count=4 2>/dev/null)" = "ARMd" ] ||
		die "$1 is not an arm64 Image"
}

publish_link() {
	local link=$KERNELS/$2.link.$$
	ln -s "$(basename "$1")" "$link"
	mv -T "$link" "$KERNELS/$2"
}

# produce_program PROGRAM PACKAGE: one program out of a package, into a folder
# of the cache, where no service of it is started.
produce_program() {
	local name=$1 package=$2 tmp
	[ ! -e "$SHADOW_CACHE/$name/$name" ] || return 0
	setup_apt
	refresh_lists
	tmp=$(mktemp -d "$SHADOW_CACHE/tmp.XXXXXX")
	# shellcheck disable=SC2064
	trap "rm -rf '$tmp'" EXIT
	mkdir "$tmp/new"
	say "fetching $package"
	if ! fetch "$tmp" "${package/%:host/:$HOST_ARCH}"; then
		refresh_lists force
		fetch "$tmp" "${package/%:host/:$HOST_ARCH}" ||
			die "$package could not be fetched"
	fi
	unpack "$tmp"/*.deb "$tmp/root" "./*bin/$name"
	find "$tmp/root" -name "$name" -type f -exec cp {} "$tmp/new/" \;
	[ -x "$tmp/new/$name" ] || die "$package holds no $name"
	rm -rf "${SHADOW_CACHE:?}/$name"
	mv -T "$tmp/new" "$SHADOW_CACHE/$name"
	rm -rf "$tmp"
	trap - EXIT
}

# program PROGRAM PACKAGE: prints its path.
program() {
	[ -e "$SHADOW_CACHE/$1/$1" ] || with_lock apt produce_program "$@"
	echo "$SHADOW_CACHE/$1/$1"
}

# needed FILE...: the sonames that ELF files ask the loader for.
needed() {
	readelf -d "$@" 2>/dev/null |
		sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort -u
}

# add_libraries TREE FOLDER: from unpacked packages, what its programs and
# libraries need. Prints what is in no package yet.
add_libraries() {
	local tree=$1 out=$2 name path before=-1
	while [ "$(find "$out/lib" -type f | wc -l)" -ne "$before" ]; do
		before=$(find "$out/lib" -type f | wc -l)
		for name in $(needed "$out"/bin/* "$out"/lib/*); do
			[ ! -e "$out/lib/$name" ] || continue
			path=$(find "$tree" -name "$name" -print -quit)
			[ -z "$path" ] || cp -L "$path" "$out/lib/$name"
		done
	done
	for name in $(needed "$out"/bin/* "$out"/lib/*); do
		[ -e "$out/lib/$name" ] || echo "$name"
	done
}

# libraries_of PACKAGE...: packages of libraries that these depend on.
libraries_of() {
	apt-cache "${APT_OPTIONS[@]}" show --no-all-versions "$@" |
		sed -n 's/^\(Pre-\)\{0,1\}Depends: //p' | tr ',' '\n' |
		sed 's/^ *//; s/[ :(|].*//' | grep '^z\{0,1\}lib' | sort -u
}

# produce_dynamic PROGRAM PACKAGE: a program of the guest's with its loader and
# its libraries, from as few packages as hold them. Nothing else of those is
# there: no plugins, no other programs.
produce_dynamic() {
	local name=$1 package=$2 tmp missing more loader deb
	[ ! -e "$SHADOW_CACHE/$name/$name" ] || return 0
	setup_apt
	refresh_lists
	tmp=$(mktemp -d "$SHADOW_CACHE/tmp.XXXXXX")
	# shellcheck disable=SC2064
	trap "rm -rf '$tmp'" EXIT
	mkdir -p "$tmp/new/bin" "$tmp/new/lib" "$tmp/root"
	say "fetching $package and its libraries"
	more=$package
	missing=$name
	while [ -n "$missing" ]; do
		[ -n "$more" ] || die "no package holds $missing"
		mkdir "$tmp/debs"
		# shellcheck disable=SC2086
		if ! fetch "$tmp/debs" $more; then
			refresh_lists force
			fetch "$tmp/debs" $more || die "$more could not be fetched"
		fi
		for deb in "$tmp"/debs/*.deb; do
			unpack "$deb" "$tmp/root"
			dpkg-deb -f "$deb" Package >>"$tmp/have"
		done
		rm -rf "$tmp/debs"
		if [ ! -e "$tmp/new/bin/$name" ]; then
			cp -L "$tmp/root/usr/bin/$name" "$tmp/new/bin/" ||
				die "$package holds no $name"
		fi
		missing=$(add_libraries "$tmp/root" "$tmp/new")
		# shellcheck disable=SC2046
		more=$(libraries_of $(cat "$tmp/have") | grep -vxFf "$tmp/have" || true)
	done
	loader=$(basename "$(find "$tmp/new/lib" -name 'ld-linux*' -print -quit)")
	[ -n "$loader" ] || die "$name: no loader among its libraries"
	# The guest has no configuration for a loader, so it is told.
	cat >"$tmp/new/$name" <<-EOF
	#!/bin/sh
	here=\$(dirname "\$(readlink -f "\$0")")
	exec "\$here/lib/$loader" --library-path "\$here/lib" "\$here/bin/$name" "\$@"
	EOF
	chmod 755 "$tmp/new/$name" "$tmp/new/lib/$loader"
	rm -rf "${SHADOW_CACHE:?}/$name"
	mv -T "$tmp/new" "$SHADOW_CACHE/$name"
	rm -rf "$tmp"
	trap - EXIT
}

# dynamic PROGRAM PACKAGE: prints the folder.
dynamic() {
	[ -e "$SHADOW_CACHE/$1/$1" ] || with_lock apt produce_dynamic "$@"
	echo "$SHADOW_CACHE/$1"
}

# The device trees of all boards that Debian's generic kernel knows.
produce_dtbs() {
	local image dir tmp
	[ ! -e "$KERNELS/dtbs" ] || return 0
	setup_apt
	refresh_lists
	image=$(depends_on "$(meta_package 6.12 linux-image)" linux-image-)
	[ -n "$image" ] || die "no package $(meta_package 6.12 linux-image) in the archive"
	dir=$KERNELS/dtbs@${image#linux-image-}
	mkdir -p "$KERNELS"
	tmp=$(mktemp -d "$KERNELS/tmp.XXXXXX")
	# shellcheck disable=SC2064
	trap "rm -rf '$tmp'" EXIT
	say "fetching device trees"
	if ! fetch "$tmp" "$image"; then
		refresh_lists force
		fetch "$tmp" "$image" || die "$image could not be fetched"
	fi
	unpack "$tmp/$image"_*.deb "$tmp/root" "./usr/lib/$image/*"
	[ -n "$(find "$tmp/root/usr/lib/$image" -name '*.dtb' -print -quit)" ] ||
		die "$image holds no device trees"
	rm -rf "$dir"
	mv -T "$tmp/root/usr/lib/$image" "$dir"
	publish_link "$dir" dtbs
	rm -rf "$tmp"
	trap - EXIT
}

main() {
	local update='' flavour flavours=()

	while [ $# -gt 0 ]; do
		case $1 in
		-h | --help)	print_help "$0"; exit 0 ;;
		--list)		tr ' ' '\n' <<<"$FLAVOURS"; exit 0 ;;
		--update)	update=1 ;;
		--busybox)	program busybox busybox-static:arm64; exit ;;
		--exporter)
			program prometheus-node-exporter prometheus-node-exporter:host
			exit
			;;
		--trace-cmd)	dynamic trace-cmd trace-cmd; exit ;;
		--perf)		dynamic perf linux-perf; exit ;;
		--dtbs)
			[ -e "$KERNELS/dtbs" ] || with_lock apt produce_dtbs
			readlink -f "$KERNELS/dtbs"
			exit
			;;
		all)		read -ra flavours <<<"$FLAVOURS" ;;
		-*)		usage_error "unknown option '$1'" ;;
		*)
			meta_package "$1" linux-image >/dev/null
			flavours+=("$1")
			;;
		esac
		shift
	done
	[ ${#flavours[@]} -gt 0 ] || usage_error "which flavour? one of $FLAVOURS, or all"
	for flavour in "${flavours[@]}"; do
		if [ -n "$update" ] || [ ! -e "$KERNELS/$flavour/release" ]; then
			with_lock apt produce "$flavour" "$update"
		fi
		readlink -f "$KERNELS/$flavour"
	done
}

main "$@"
