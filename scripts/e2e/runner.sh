# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2034,SC2154
#
# The guest runner itself: what comes out of it can be trusted.

QUICK+=(runner_exact)

test_runner_exact() {
	guest --no-insmod -- 'printf "a\r\n\tb\\n"; echo e >&2; echo f >/dev/stderr; exit 37'
	expect_status 37
	printf 'a\r\n\tb\n' | cmp - "$work/out" || fail "standard output differs"
	printf 'e\nf\n' | cmp - "$work/err" || fail "standard error differs"
}

# Every byte, more than any buffer holds, on both streams at once.
test_runner_binary() {
	head -c 5000000 /dev/urandom >"$work/bytes"
	guest --no-insmod --file "$work/bytes:/some/where/bytes" -- \
		'cat /some/where/bytes >&2 & cat /some/where/bytes; wait'
	expect_status 0
	cmp "$work/bytes" "$work/out" || fail "standard output differs"
	cmp "$work/bytes" "$work/err" || fail "standard error differs"
}

test_runner_options() {
	mkdir -p "$work/folder/inside"
	echo deep >"$work/folder/inside/file"
	guest --no-insmod --mem 512M --smp 3 --append 'some.word=1 other' \
		--cpu cortex-a72 --file "$work/folder" --file "$work/folder:/b/" -- \
		'nproc; grep -o "some.word=1 other" /proc/cmdline
		cat /folder/inside/file /b/folder/inside/file
		grep -c "CPU part.*0xd08" /proc/cpuinfo
		[ $(sed -n "s/^MemTotal: *\([0-9]*\).*/\1/p" /proc/meminfo) -lt 524288 ]'
	expect_status 0
	expect_out '3
some.word=1 other
deep
deep
3'
}

test_runner_el2() {
	guest --no-insmod --qemu '-M virt,virtualization=on' -- \
		'dmesg | grep "CPU.*started at EL2"'
	expect_status 0
}

test_runner_stdin_script() {
	rc=0
	printf 'echo one\nexit 3\n' |
		"$SHADOW_SCRIPTS/guest.sh" --no-insmod >"$work/out" 2>"$work/err" || rc=$?
	out=$(cat "$work/out")
	expect_status 3
	expect_out one
}

# What comes in goes to the command byte for byte, also its end.
test_runner_stdin() {
	head -c 3000000 /dev/urandom >"$work/bytes"
	rc=0
	"$SHADOW_SCRIPTS/guest.sh" --no-insmod --stdin -- 'cat; echo ended >&2; exit 5' \
		<"$work/bytes" >"$work/out" 2>"$work/err" || rc=$?
	expect_status 5
	cmp "$work/bytes" "$work/out" || fail "what came back differs"
	expect_match '^ended$' "$work/err"
}

test_runner_panic() {
	guest --no-insmod -- 'echo before; echo c >/proc/sysrq-trigger; sleep 100'
	expect_status 70
	expect_out before
	expect_match 'Kernel panic - not syncing' "$work/err"
	expect_match 'Booting Linux on physical CPU' "$work/err"
}

# A warning that the console did not show is still in the kernel's taint.
test_runner_taint() {
	guest --no-insmod -- 'dmesg -n 1; echo 512 >/proc/sys/kernel/tainted'
	expect_status 70
	expect_match 'is tainted' "$work/err"
}

test_runner_warning() {
	guest --no-insmod -- 'echo "WARNING: CPU: 0 PID: 1 at x" >/dev/kmsg'
	expect_status 70
	guest --no-insmod -- 'echo "<3>shadow_mm: BUG: WARNING: mine" >/dev/kmsg'
	expect_status 0
}

test_runner_timeout() {
	local limit
	# On a busy machine a guest may need longer than that to come up.
	for limit in 10 120; do
		guest --no-insmod --timeout $limit -- 'echo before; sleep 1000'
		expect_status 70
		[ "$out" != before ] || break
	done
	expect_out before
	expect_match 'time-out' "$work/err"
}

test_runner_early_end() {
	guest --no-insmod -- 'poweroff -f'
	expect_status 70
}

test_runner_wrong_usage() {
	local args
	for args in '--kernel 5.4' '--cpu z80' '--mem much' '--smp 0' '--smp x' \
		'--timeout 0' '--file /no/such/file' '--file /etc/passwd:rel' \
		'--bogus' '--kernel'; do
		# shellcheck disable=SC2086
		guest $args -- true
		expect_status 64
		expect_match "${args##* }" "$work/err"
	done
}

# Every error of QEMU itself is told apart from the guest's.
test_runner_qemu_refuses() {
	guest --no-insmod --qemu '-no-such-option' -- true
	expect_status 71
}

# The clock counts instructions: a loop takes about the same time in each boot,
# however busy the machine is.
test_runner_icount() {
	local first
	for first in 1 2; do
		guest --no-insmod --icount --append nokaslr -- \
			'read -r a b </proc/uptime; i=0
			while [ $i -lt 20000 ]; do i=$((i+1)); done
			read -r c d </proc/uptime; echo $a $c'
		expect_status 0
		echo "$out" | awk '{ printf "%d\n", ($2 - $1) * 100 }' >"$work/time$first"
	done
	awk 'NR == 1 { a = $1 } END { d = a - $1; exit !(d <= a / 8 && -d <= a / 8) }' \
		"$work/time1" "$work/time2" || fail "two boots differ: $(cat "$work"/time?)"
}
