# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Helpers shared by the scripts of shadow_mm. Sourced, never run:
#
#	. "$(dirname "$(readlink -f "$0")")/lib.sh"
#
# Sets SHADOW_TOP (the clone), SHADOW_SCRIPTS and SHADOW_CACHE.

SHADOW_SCRIPTS=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
SHADOW_TOP=$(dirname "$SHADOW_SCRIPTS")
SHADOW_CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/shadow_mm"
SHADOW_CROSS=${CROSS_COMPILE:-}
SHADOW_NAME=$(basename "$0")

# What the scripts say about their own work goes to standard error, so that
# standard output carries results alone. SHADOW_QUIET=1 silences progress.
say() {
	[ -n "${SHADOW_QUIET:-}" ] || printf '%s\n' "-- $*" >&2
}

warn() {
	printf '%s: %s\n' "$SHADOW_NAME" "$*" >&2
}

die() {
	warn "$*"
	exit 1
}

# A wrong call: the caller's mistake, told apart from a failure of the work.
usage_error() {
	warn "$*"
	warn "try '$0 --help'"
	exit 64
}

# print_help FILE: the comment block at the head of a script is its manual.
print_help() {
	sed -n '3,/^[^#]/{/^#/!d;s/^# \{0,1\}//;p}' "$1"
}

# need_value OPTION COUNT: an option that takes a value got one.
need_value() {
	[ "$2" -ge 2 ] || usage_error "$1 needs a value"
}

# need_number OPTION VALUE LOWEST HIGHEST: decimal, within the bounds.
need_number() {
	case $2 in
	'' | *[!0-9]*)
		usage_error "$1 '$2': a whole number from $3 to $4 is allowed"
		;;
	esac
	if [ "${#2}" -gt 9 ] || [ "$((10#$2))" -lt "$3" ] ||
		[ "$((10#$2))" -gt "$4" ]; then
		usage_error "$1 '$2': a whole number from $3 to $4 is allowed"
	fi
}

# The compiler prefix for arm64: CROSS_COMPILE if set, nothing on arm64,
# else Debian's cross compiler, of which either spelling may be installed.
cross_prefix() {
	if [ -n "$SHADOW_CROSS" ]; then
		printf '%s\n' "$SHADOW_CROSS"
	elif [ "$(uname -m)" != aarch64 ]; then
		printf '%s\n' aarch64-linux-gnu-
	fi
}

# cross_cc: the compiler itself; gcc-12 alone has no unversioned name.
cross_cc() {
	local prefix
	prefix=$(cross_prefix)
	if command -v "${prefix}gcc-12" >/dev/null; then
		printf '%s\n' "${prefix}gcc-12"
	else
		printf '%s\n' "${prefix}gcc"
	fi
}

# with_lock NAME COMMAND...: one producer of a thing at a time, over every
# clone that shares the cache. The cache may be deleted at any time, so a lock
# counts only while its file still has its name.
with_lock() {
	local name=$1 path fd rc=0
	shift
	mkdir -p "$SHADOW_CACHE/locks"
	path=$SHADOW_CACHE/locks/$name
	while :; do
		exec {fd}>"$path"
		if ! flock -w 3 "$fd"; then
			say "waiting for another run that holds '$name'"
			flock "$fd"
		fi
		[ "$path" -ef "/proc/self/fd/$fd" ] && break
		exec {fd}>&-
		mkdir -p "$SHADOW_CACHE/locks"
	done
	# The child must not inherit the lock: a daemon would keep it. A
	# subshell, so that `set -e` inside stays in force for functions.
	("$@") {fd}>&- || rc=$?
	exec {fd}>&-
	return $rc
}

# run_logged LABEL LOGFILE COMMAND...: a long step. Its output goes to the log,
# a line every 20 s shows that it lives, and the log's tail shows a failure.
run_logged() {
	local label=$1 log=$2 pid start rc=0 waited=0
	shift 2
	mkdir -p "$(dirname "$log")"
	start=$SECONDS
	say "$label"
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.2
		waited=$((waited + 1))
		if [ $((waited % 100)) -eq 0 ]; then
			say "$label: $((SECONDS - start)) s"
		fi
	done
	wait "$pid" || rc=$?
	if [ "$rc" -ne 0 ]; then
		warn "$label failed (status $rc); the end of $log:"
		tail -n 40 "$log" >&2
	fi
	return $rc
}

# The clone's own corner of the cache, for what is built from its sources.
clone_build_dir() {
	local id name
	id=$(printf '%s' "$SHADOW_TOP" | sha256sum | cut -c1-12)
	# Kbuild takes no blanks.
	name=$(basename "$SHADOW_TOP" | tr -c 'A-Za-z0-9._\n-' _)
	printf '%s\n' "$SHADOW_CACHE/build/$name-$id"
}

# In a guest: `try PARAMETERS` resets the machine with these and says "booted",
# or the one line that says why it did not.
# shellcheck disable=SC2016,SC2034
GUEST_TRY='cd /sys/kernel/debug/shadow_mm
try() {
	if echo "reset $*" >ctl 2>/dev/null; then
		echo booted
	else
		sed -n "s/^last: //p" ctl
	fi
}
'
