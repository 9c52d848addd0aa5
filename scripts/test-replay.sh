#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# test-replay.sh - histories of random operations come out again, record by record
#
# usage: scripts/test-replay.sh [SEED]
#
# Machines of several shapes are booted here, in user space, and worked with at
# random; what they have recorded is replayed, and the state must be equal, byte
# for byte. What is no history, is cut off, or has lost records is told apart. A
# record that was changed must be noticed. The last line is "N passed, N failed".

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

SEED=${1:-20240229}
OPERATIONS=20000
PASSED=0
FAILED=0
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

replay() {
	"$SHADOW_SCRIPTS/shadow-replay" "$@"
}

# verdict WHAT OK
verdict() {
	if [ "$2" = yes ]; then
		echo "ok $1"
		PASSED=$((PASSED + 1))
	else
		echo "not ok $1"
		FAILED=$((FAILED + 1))
	fi
}

# equal PARAMETER...: made, replayed, equal; every layer finds itself in order,
# but for a machine that was damaged
equal() {
	local ok=no verify=--verify
	[[ " $* " == *" with-breaks "* ]] && verify=
	if replay --make "$WORK/e" "$WORK/s" "$SEED" $OPERATIONS ring=1M "$@" \
		>"$WORK/log" 2>&1 &&
		replay "$WORK/e" --check "$WORK/s" $verify >>"$WORK/log" 2>&1 &&
		grep -q "equal, $(stat -c %s "$WORK/s") bytes" "$WORK/log"; then
		ok=yes
	else
		tail -3 "$WORK/log"
	fi
	verdict "seed $SEED: $*" "$ok"
}

# refused TEXT ARGUMENT...: ends with 1 and says so; wrong: with 2, so was it asked
refused() {
	ends_with 1 "$@"
}

wrong() {
	ends_with 2 "$@"
}

# ends_with STATUS TEXT ARGUMENT...
ends_with() {
	local status=$1 text=$2 ok=no rc=0
	shift 2
	replay "$@" >"$WORK/log" 2>&1 || rc=$?
	if [ $rc -eq "$status" ] && grep -qF -- "$text" "$WORK/log"; then
		ok=yes
	else
		echo "status $rc:"
		cat "$WORK/log"
	fi
	verdict "refused: $text" "$ok"
}

# said TEXT ARGUMENT...: ends with 0 and says so
said() {
	local text=$1 ok=no
	shift
	if replay "$@" >"$WORK/log" 2>&1 && grep -q "$text" "$WORK/log"; then
		ok=yes
	else
		cat "$WORK/log"
	fi
	verdict "said: $text" "$ok"
}

for engine in slub slab slob; do
	equal slab=$engine with-early
	equal slab=$engine nodes=2 slab_debug=FZPU quarantine=64K
	# Damage, and what comes behind it
	equal slab=$engine tlbi=stale highmem=0x4a000000 with-breaks
done
equal slab=slab nodes=3 memmodel=discontig
equal early=bootmem granule=16k highmem=0x4a000000 with-early
equal tlbi=stale pcp=hotcold kaslr=on with-early
equal memory=0x80000000+0x30000000
# Call sites are known where it was recorded, and to nobody where it is replayed
equal page_owner=1 with-early
# A boot that has stopped
equal until=arm64_memblock_init with-early
equal until=paging_init early=bootmem with-early

# Forward and back ends in the same state
replay --make "$WORK/e" "$WORK/s" "$SEED" $OPERATIONS ring=1M >/dev/null
printf 'goto 9000\nback\ngoto 400\ngoto 99999999\nstate %s\nquit\n' "$WORK/t" |
	replay "$WORK/e" --interactive --every 1000 >/dev/null
verdict "back and forward" "$(cmp -s "$WORK/s" "$WORK/t" && echo yes || echo no)"

refused 'not an events.bin' "$WORK/s"
wrong "--to 'abc': allowed: a number from 0 on" "$WORK/e" --to abc
wrong "--to '-1': allowed" "$WORK/e" --to -1
wrong "--to '': allowed" "$WORK/e" --to ''
wrong "--to '18446744073709551616': allowed" "$WORK/e" --to 18446744073709551616
wrong "--every '0': allowed: a number from 1 on" "$WORK/e" --every 0
wrong "'--bogus' is not understood" "$WORK/e" --bogus
head -c 100000 "$WORK/e" >"$WORK/cut"
refused 'cut off' "$WORK/cut"
refused 'not a state' "$WORK/e" --check "$WORK/e"
sed 's/boot: 20 phases/boot: 19 phases/' "$WORK/s" >"$WORK/other"
refused 'line 2 differs' "$WORK/e" --check "$WORK/other"
# The result of one record, in the middle of the file
cp "$WORK/e" "$WORK/wrong"
bytes=$(stat -c %s "$WORK/e")
printf '\x5a' | dd of="$WORK/wrong" bs=1 conv=notrunc status=none \
	seek=$((bytes / 2 / 64 * 64 + 20))
refused 'came out otherwise' "$WORK/wrong"

replay --make "$WORK/e" "$WORK/s" "$SEED" $OPERATIONS ring=8K >/dev/null
said 'records are lost after 7680: the last complete operation ends at 7' "$WORK/e"
refused 'the replay went to 7' "$WORK/e" --check "$WORK/s"

echo "$PASSED passed, $FAILED failed"
[ "$FAILED" -eq 0 ]
