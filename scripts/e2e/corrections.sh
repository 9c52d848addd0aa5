# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# docs/corrections.txt: each of its commands prints what it says there.

# corrections_commands KIND: those after `$` or `%`, a line before each that
# stands in what is expected, too. corrections_expected KIND: that.
corrections_commands() {
	sed -n "s/^   [$1] \(.*\)/echo \"-- command \$((n += 1))\"; \1/p" \
		"$SHADOW_TOP/docs/corrections.txt"
}

corrections_expected() {
	awk -v kind="$1" '
	/^   [$%] / { take = substr($0, 4, 1) == kind
		if (take) print "-- command " ++n
		next }
	!/^   ./ { take = 0 }
	take { print substr($0, 4) }' "$SHADOW_TOP/docs/corrections.txt"
}

test_corrections() {
	corrections_commands '$' >"$work/commands"
	guest --params size=256M --board "$SHADOW_TOP/boards/imx6ul.txt" \
		--file "$work/commands:/commands" -- '
		cd /sys/kernel/debug/shadow_mm && . /commands
		head -n 1 audit >&2'
	expect_status 0
	corrections_expected '$' >"$work/expected"
	[ "$(grep -c '^-- ' "$work/expected")" -ge 25 ] || fail "few commands"
	cmp -s "$work/expected" "$work/out" || {
		diff "$work/expected" "$work/out" | sed 's/^/#   /'
		fail "the guest prints other things"
	}
	corrections_commands '%' >"$work/commands"
	(cd "$SHADOW_TOP" && bash "$work/commands") >"$work/out" 2>"$work/err" || true
	corrections_expected '%' >"$work/expected"
	cmp -s "$work/expected" "$work/out" || {
		diff "$work/expected" "$work/out" | sed 's/^/#   /'
		fail "the clone prints other things"
	}
}
