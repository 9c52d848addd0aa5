# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# The shadow's descriptors beside those of the host's io-pgtable-arm, leaf by
# leaf, over random maps and unmaps in every format that both have.

# iopgt_formats MIN [OPTION...]: 17 formats, at least MIN leaves, all equal.
iopgt_formats() {
	local min=$1
	shift
	guest "$@" -- '
	insmod /shadow_bench.ko rows=iopgt steps=1200 || exit 1
	rmmod shadow_bench
	dmesg | sed -n "s/.*shadow_bench: IOPGT /IOPGT /p"'
	expect_status 0
	[ "$(grep -c '^IOPGT granule=.*: 0 different$' "$work/out")" = 17 ] ||
		fail "not all formats are equal: $out"
	awk -F'[=: ]' -v min="$min" '/^IOPGT formats=/ { steps = $7; leaves = $9 }
		END { exit !(steps >= 20400 && leaves >= min) }' "$work/out" ||
		fail "too little was compared: $out"
	expect_match '^IOPGT formats=17 .*: 0 different$'
}

test_iopgt_4k() { iopgt_formats 5000000; }
test_iopgt_16k() { iopgt_formats 5000000 --kernel 6.12-16k; }
