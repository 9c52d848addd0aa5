# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# Tracepoints shadow_mm:* in a guest, by three readers: tracefs, trace-cmd and
# perf. What each of them counts is what was asked for.

# What is asked for: 20 pages and back, 5 of kmalloc, one area of 5 pages.
TRACING_BATCH='alloc_pages 0 count=20 as=pages
free_pages pages
vmalloc 20480 as=area
vfree area'

# The numbers of a text with one event a line: 20 pages that were asked for and
# 5 of the area, the area itself, both ways.
tracing_expect() {
	local file=$1 nr
	nr=$(grep -c 'mm_page_alloc: .*machine=main nr=1$' "$file" || true)
	[ "$nr" -ge 20 ] || fail "$file: 20 pages were asked for, $nr are told"
	nr=$(grep -c 'mm_page_free: .*machine=main nr=1$' "$file" || true)
	[ "$nr" -ge 20 ] || fail "$file: 20 pages were freed, $nr are told"
	nr=$(grep -cE 'vmalloc: .* size=20480 .*machine=main nr=5$' "$file" || true)
	[ "$nr" -eq 1 ] || fail "$file: one area was made, $nr are told"
	nr=$(grep -cE 'vfree: .*machine=main nr=5$' "$file" || true)
	[ "$nr" -eq 1 ] || fail "$file: one area was freed, $nr are told"
}

# tracing_part NAME: what the guest printed below `== NAME`, into a file.
tracing_part() {
	sed -n "/^== $1\$/,/^== /p" "$work/out" | sed '/^== /d' >"$work/$1"
}

# Counters and tracepoints are told the same; rmmod with tracing on, and after.
test_tracing_tracefs() {
	guest --params 'size=64M' --file "$SHADOW_TOP/shadow_event.c" -- '
	t=/sys/kernel/tracing; d=/sys/kernel/debug/shadow_mm
	for e in $t/events/shadow_mm/*/; do basename $e; done | sort > /tmp/there
	sed -n "/shadow_events\[SHADOW_NR_EVENTS\] = {/,/^};/p" /shadow_event.c |
		sed -n "s/^\t\t\"\([a-z_]*\)\", \".*/\1/p" | sort > /tmp/wanted
	wc -l < /tmp/wanted; diff /tmp/wanted /tmp/there && echo all
	echo "set counters on" > $d/ctl
	echo 1 > $t/events/shadow_mm/enable
	echo "'"$TRACING_BATCH"'" > $d/ctl && echo done
	echo 0 > $t/events/shadow_mm/enable
	echo "alloc_pages 0 count=3 as=silent" > $d/ctl
	echo == trace
	grep -v "^#" $t/trace
	echo == vmstat
	cat $d/vmstat
	echo == end
	echo 1 > $t/events/shadow_mm/enable
	rmmod shadow_mm && echo gone
	[ -e $t/events/shadow_mm ] || echo none
	insmod /shadow_mm.ko size=64M
	echo 1 > $t/events/shadow_mm/enable; echo 0 > $t/events/shadow_mm/enable
	rmmod shadow_mm && echo gone
	'
	expect_status 0
	expect_match '^all$'
	expect_match '^done$'
	expect_match '^none$'
	[ "$(grep -c '^gone$' "$work/out")" -eq 2 ] || fail "rmmod was to work twice"
	tracing_part trace
	tracing_part vmstat
	tracing_expect "$work/trace"
	# In the first machine's own format of kmem's fields
	expect_match 'mm_page_alloc: pfn=0x[0-9a-f]+ order=0 migratetype=0 gfp_flags=[A-Z_|!]* call_site=[^ ]+\+0x[0-9a-f]+/0x[0-9a-f]+ \[shadow_mm\] machine=main nr=1$' \
		"$work/trace"
	expect_match 'vfree: call_site=[^ ]+ va=0x[0-9a-f]+ size=' "$work/trace"
	# Areas: told in pages, counted in pages.
	expect_match '^vmalloc 5$' "$work/vmstat"
	expect_match '^vfree 5$' "$work/vmstat"
}

test_tracing_trace_cmd() {
	local tools
	tools=$("$SHADOW_SCRIPTS/kernels.sh" --trace-cmd) || fail "no trace-cmd"
	# Its readers are processes that have to be there before the commands.
	guest --params 'size=64M' --file "$tools:/" -- '
	cd /sys/kernel/debug/shadow_mm
	/trace-cmd/trace-cmd record -e shadow_mm -o /tmp/data sh -c "
		sleep 2; echo \"'"$TRACING_BATCH"'\" > ctl && echo done; sleep 1" 2>&1
	echo == report
	/trace-cmd/trace-cmd report -i /tmp/data
	echo == end
	rmmod shadow_mm && echo gone
	'
	expect_status 0
	expect_match '^done$'
	expect_match '^gone$'
	tracing_part report
	sed -i 's/ *$//' "$work/report"
	tracing_expect "$work/report"
}

test_tracing_perf() {
	local tools
	tools=$("$SHADOW_SCRIPTS/kernels.sh" --perf) || fail "no perf"
	guest --params 'size=64M' --file "$tools:/" -- '
	cd /sys/kernel/debug/shadow_mm
	/perf/perf record -a -o /tmp/data -e "shadow_mm:*" -- sh -c "
		echo \"'"$TRACING_BATCH"'\" > ctl && echo done" 2>&1
	echo == script
	/perf/perf script -i /tmp/data
	echo == end
	rmmod shadow_mm && echo gone
	'
	expect_status 0
	expect_match '^done$'
	expect_match '^gone$'
	tracing_part script
	sed -i 's/ *$//' "$work/script"
	tracing_expect "$work/script"
}
