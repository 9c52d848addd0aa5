# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# Tracepoints shadow_mm:* in a guest, by three readers: tracefs, trace-cmd and
# perf. What each of them counts is what was asked for.

# What is asked for: 20 pages and back, one area of 5 pages, all lists empty.
TRACING_BATCH='alloc_pages 0 count=20 as=pages
free_pages pages
vmalloc 20480 as=area
vfree area
drain'

# In the guest: each event that kmem: has as well has its fields, and its text
# has what kmem's has; but for page=, which is computed from the pfn.
TRACING_ALIKE='
	fields() { sed -n "s/^\tfield:.*[ *]\([a-z_]*\)\(\[[0-9]*\]\)*;\toffset.*/\1/p" $1 | grep -v "^common_"; }
	texts() { sed -n "s/^print fmt: \"\([^\"]*\)\".*/\1/p" $1 | tr " " "\n" | sed "s/=.*//"; }
	for e in $t/events/kmem/*/; do
		e=$(basename $e); ours=$t/events/shadow_mm/$e/format
		[ -e $ours ] || continue
		fields $ours > /tmp/f; texts $ours > /tmp/t
		missing=$(fields $t/events/kmem/$e/format | grep -vxFf /tmp/f
			texts $t/events/kmem/$e/format | grep -vxFf /tmp/t | grep -vx page)
		echo "alike $e:" $missing
	done'

# The numbers of a text with one event a line: 20 pages that were asked for and
# 5 of the area, the area itself, both ways.
tracing_expect() {
	local file=$1 nr
	nr=$(grep -c 'mm_page_alloc: .*machine=main nr=1$' "$file" || true)
	[ "$nr" -ge 20 ] || fail "$file: 20 pages were asked for, $nr are told"
	nr=$(grep -cE 'mm_page_alloc: .* gfp_flags=GFP_KERNEL ' "$file" || true)
	[ "$nr" -ge 20 ] || fail "$file: $nr pages were asked for with GFP_KERNEL"
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
	wc -l < /tmp/wanted; diff /tmp/wanted /tmp/there && echo all'"$TRACING_ALIKE"'
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
	[ "$(grep -c '^alike [a-z_]*:' "$work/out")" -ge 8 ] ||
		{ show_last; fail "8 events are named as kmem's"; }
	expect_no_match '^alike [a-z_]*: .'
	[ "$(grep -c '^gone$' "$work/out")" -eq 2 ] || fail "rmmod was to work twice"
	tracing_part trace
	tracing_part vmstat
	tracing_expect "$work/trace"
	# In the first machine's own format of kmem's fields
	expect_match 'mm_page_alloc: pfn=0x[0-9a-f]+ order=0 migratetype=0 gfp_flags=[A-Z_|!]+ call_site=[^ ]+\+0x[0-9a-f]+/0x[0-9a-f]+ \[shadow_mm\] machine=main nr=1$' \
		"$work/trace"
	expect_match 'vfree: call_site=[^ ]+ \[shadow_mm\] va=0x[0-9a-f]+ size=' "$work/trace"
	# Each page that is counted was told of, but for the 3 that came after.
	[ "$(sed -n "s/.* mm_page_alloc: .* nr=//p" "$work/trace" | awk "{ n += \$1 } END { print n }")" -eq \
		$(($(awk "/^pgalloc_/ { n += \$2 } END { print n }" "$work/vmstat") - 3)) ] ||
		fail "tracepoints and counters of pages differ"
	# Each block that goes back from a list is told by itself.
	expect_match 'mm_page_pcpu_drain: pfn=0x[0-9a-f]+ order=0 migratetype=0 zone=[A-Za-z0-9]+ nid=0 cpu=[0-9]+ machine=main nr=1$' \
		"$work/trace"
	[ "$(grep -c ' mm_page_pcpu_drain: ' "$work/trace")" -eq \
		"$(sed -n 's/^pcp_drain //p' "$work/vmstat")" ] ||
		fail "tracepoints and counters of drained blocks differ"
	# Areas: told in pages, counted in pages.
	expect_match '^vmalloc 5$' "$work/vmstat"
	expect_match '^vfree 5$' "$work/vmstat"
}

# call_site is whoever asks, as in kmem:, not a function of the allocators: with
# tracepoints alone, and on the longer ways of a ring and of owners of pages;
# also where another module asks, and where an object takes a new slab.
test_tracing_site() {
	local how wanted event
	guest --params 'size=64M' -- '
	t=/sys/kernel/tracing; d=/sys/kernel/debug/shadow_mm
	tracing_sites() {
		echo > $t/trace
		echo 1 > $t/events/shadow_mm/enable
		printf "kmalloc 100 as=a\nkmalloc 200 count=900 as=many\nalloc_pages 0 as=p\nvmalloc 20480 as=v\n" > $d/ctl
		insmod /shadow_example.ko
		printf "kfree a\nkfree many\nfree_pages p\nvfree v\n" > $d/ctl
		echo 0 > $t/events/shadow_mm/enable
		sed -n "s/.*: \([a-z_]*\): .*call_site=\([^ ]*+[^ ]*\( \[[a-z_]*\]\)*\) .*/site $1 \1 \2/p" $t/trace |
			sed "s/+0x[0-9a-f]*\/0x[0-9a-f]*//" | sort | uniq -c
		rmmod shadow_example
	}
	tracing_sites plain
	echo "reset ring=64K" > $d/ctl; tracing_sites ring
	echo "reset page_owner=on" > $d/ctl; tracing_sites owner
	echo "kmalloc 5000 as=big" > $d/ctl
	sed -n "s/^.* pages slab .* \([a-z_]*\)+0x.*/owner \1/p" $d/owners
	'
	expect_status 0
	for how in plain ring owner; do
		for event in kmalloc kfree mm_page_alloc mm_page_free vmalloc vfree; do
			grep -q " site $how $event " "$work/out" ||
				{ show_last; fail "$how: no call_site of $event"; }
		done
		# 901 objects by one function of ctl, and one by the other module
		expect_match "^ *901 site $how kmalloc make_object \[shadow_mm\]$"
		for event in kmalloc kmem_cache_create kmem_cache_alloc vmalloc mm_page_alloc; do
			expect_match "site $how $event shadow_example_init \[shadow_example\]$"
		done
		expect_match "site $how mm_page_alloc make_object \[shadow_mm\]$"
	done
	expect_match '^owner make_object$'
	wanted=' (shadow_(k|page|pcp|slab|slub|alloc|free|vm|buddy|pgtable|site)[a-z_]*|__shadow_[a-z_]*|[a-z_]*(_recorded|_watched|_slow|_any)) \[shadow_mm\]$'
	expect_no_match "^ *[0-9]+ site .*$wanted"
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

# Instructions, in a guest whose clock counts them: each of 1,000 pages alike,
# and boot after boot.
test_tracing_latency() {
	local first
	for first in yes ''; do
		guest --icount --params 'size=128M' -- '
		cd /sys/kernel/debug/shadow_mm
		echo "cache_create thing 200" > ctl
		echo "set latency instructions" > ctl
		echo "alloc_pages 0 count=1000 as=a
		free_pages a
		cache_alloc thing count=500 as=o
		cache_free o
		kmalloc 100000 count=5 as=l
		kfree l
		alloc_pages_exact 20000 as=e
		free_pages e
		kmalloc 100 as=r
		krealloc r 90
		krealloc r 5000
		krealloc r 100000
		kfree r" > ctl || sed -n "s/^last: //p" ctl
		grep "^page_\|^cache_\|^k\|^exact_" latency
		echo "set latency off" > ctl && sed -n "s/^last: //p" ctl
		rmmod shadow_mm && echo gone
		'
		expect_status 0
		[ -z "$first" ] || cp "$work/out" "$work/before"
	done
	expect_match '^gone$'
	expect_match 'latency is off \(was instructions\)$'
	# min and max of the fast path, which is the same way each time
	awk '$1 == "page_alloc" && $2 == "fast" {
		exit !($3 > 900 && $4 > 20 && $4 < 300 && $7 < 2 * $4) }' "$work/out" ||
		{ show_last; fail "pages of a list are to take the same each, and few"; }
	# Each call once, by whichever way
	[ "$(awk '$1 == "cache_alloc" { n += $3 } END { print n }' "$work/out")" -eq 500 ] ||
		{ show_last; fail "500 objects are 500 calls"; }
	[ "$(awk '$1 == "kfree" && $2 == "large" { n += $3 } END { print n }' "$work/out")" -eq 6 ] ||
		{ show_last; fail "6 objects were larger than any class"; }
	# In one row each, and none of what they ask for inside
	[ "$(awk '$1 == "exact_alloc" { n += $3 } END { print n }' "$work/out")" -eq 1 ] &&
		[ "$(awk '$1 == "krealloc" { n += $3 } END { print n }' "$work/out")" -eq 3 ] &&
		[ "$(awk '$1 == "krealloc" && $2 == "large" { print $3 }' "$work/out")" -eq 1 ] &&
		[ "$(awk '$1 == "kmalloc" { n += $3 } END { print n }' "$work/out")" -eq 6 ] ||
		{ show_last; fail "an exact allocation and 3 of krealloc have a row of their own"; }
	[ "$(awk '/^page_/ && $2 == "fast" { print $1, $3, $4 }' "$work/before")" = \
		"$(awk '/^page_/ && $2 == "fast" { print $1, $3, $4 }' "$work/out")" ] ||
		{ show_last; fail "another boot counts other instructions"; }
}

test_tracing_latency_refused() {
	guest --params 'size=64M' -- '
	cd /sys/kernel/debug/shadow_mm
	echo "set latency instructions" > ctl 2>/dev/null || sed -n "s/^last: //p" ctl
	echo "set latency minutes" > ctl 2>/dev/null || sed -n "s/^last: //p" ctl
	cat latency
	'
	expect_status 0
	expect_match 'EOPNOTSUPP .*latency instructions: this CPU has no counter of them: allowed: ns, cycles, off$'
	expect_match "EINVAL .*'minutes': allowed: off, ns, cycles, instructions$"
	expect_match '^nothing was measured: '
}
