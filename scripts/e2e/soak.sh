# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# The short variant of `make soak`: five seconds, on a stock kernel.

test_soak_short() {
	rc=0
	"$SHADOW_SCRIPTS/soak.sh" --seconds 5 --kernel 6.12-cloud \
		>"$work/out" 2>"$work/err" || rc=$?
	expect_status 0
	expect_match '^rounds=[1-9][0-9]* fails=0$'
	expect_match '^SOAK workers=4 operations=[0-9]{5,} refused=[1-9][0-9]* errors=0$'
	for soak_engine in slub slab slob; do
		expect_match "^SOAK objects $soak_engine workers=4 operations=[0-9]{4,} .*errors=0\$"
	done
	expect_match '^objects fails=0$'
}
