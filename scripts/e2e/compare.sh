# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154
#
# compare: the same trace on three machines with three engines, what the table
# says, that nothing stays behind, and what is refused in which words.

# put TEXT: one write to ctl; prints what ctl says of it. rows: the table's.
COMPARE='
D=/sys/kernel/debug
cd $D/shadow_mm || exit 1
put() { echo "$1" >ctl 2>/dev/null; sed -n "s/^last: //p" ctl; }
rows() { sed -n "/^sl[auo]b /p" compare; }
whole() { ls -d $D/shadow_mm.* 2>/dev/null; head -n 1 audit; grep " shared " audit | tr -s " "; }
'

# Counted in instructions the same trace costs the same each time.
test_compare_table() {
	guest --icount --params 'size=128M' \
		--file "$SHADOW_SCRIPTS/traces/boot-6.12.kmem:/lib/firmware/shadow_mm/" \
		-- "$COMPARE"'
	cat compare
	put "compare mixed:5000:7"
	rows >/tmp/first
	put "compare mixed:5000:7"
	rows | cut -c 1-54 >/tmp/b; cut -c 1-54 /tmp/first | cmp - /tmp/b && echo same
	grep "instructions (INST_RETIRED)" compare | cut -c 1-14
	put "compare boot-6.12"
	grep "^trace" compare
	rows | awk "{ print \$1, (\$2 > 7761 && \$2 < 12000), (\$3 > 0), (\$4 <= \$2), (\$5 < \$4), \$6, (\$7 > 10), (\$8 >= \$7), (\$9 >= \$8), \$10 }"
	whole'
	expect_status 0
	expect_out 'nothing was compared yet: write compare TRACE to ctl
ok, commands run: 1; line 1: mixed:5000:7: 5000 operations on three machines: read compare
ok, commands run: 1; line 1: mixed:5000:7: 5000 operations on three machines: read compare
same
three machines
ok, commands run: 1; line 1: boot-6.12: 48983 operations on three machines: read compare
trace boot-6.12: 48983 operations, 36803 of them allocations, by kmalloc and from 45 caches, up to 7761 KiB in use
slab 1 1 1 1 0 1 1 1 0
slub 1 1 1 1 0 1 1 1 0
slob 1 1 1 1 0 1 1 1 0
OK'
}

# What cannot be, and who is killed: nothing has changed, nothing stays.
test_compare_refusals() {
	printf 'shadow_mm kmem trace 1\nk8\nf1\nf1\n' >"$work/twice.kmem"
	guest --params 'size=8M' --file "$work/twice.kmem:/lib/firmware/shadow_mm/" \
		-- "$COMPARE"'
	put "compare nowhere"
	put "compare twice"
	put "compare ../twice"
	put "compare mixed:1000001:1"
	echo "create two size=4M" >ctl
	echo "compare mixed:10:1" >$D/shadow_mm.two/ctl 2>/dev/null
	sed -n "s/^last: //p" $D/shadow_mm.two/ctl
	cat $D/shadow_mm.two/compare
	echo "destroy two" >ctl
	cat compare
	(echo "compare mixed:1000000:1" >ctl) 2>/dev/null & pid=$!
	for i in 1 2 3 4 5 6 7 8 9 10; do
		sleep 1
		grep -q "^under way: trace mixed:1000000:1, slab=.*, [1-9]" compare && break
	done
	grep -c "^under way: " compare
	put "compare mixed:10:1"
	kill -9 $(ps -o pid,ppid | awk "\$2 == $pid { print \$1 }") $pid 2>/dev/null
	wait $pid
	cat compare
	put "compare mixed:1000:1"
	grep -o "in a block of their own" compare
	rows | awk "{ print \$1, \$10 }"
	whole'
	expect_status 0
	expect_out "line 1: ENOENT (-2), commands run before it: 0: compare: nowhere: nowhere.kmem is not in /lib/firmware/shadow_mm/
line 1: EINVAL (-22), commands run before it: 0: compare: twice: line 4: 'f1': allowed: an allocation that was not freed before
line 1: EINVAL (-22), commands run before it: 0: compare: TRACE '../twice': allowed: 1 to 64 letters, digits, _, - and ., none in front; or mixed:OPERATIONS:SEED, waves:OPERATIONS:SEED
line 1: ERANGE (-34), commands run before it: 0: compare: 'mixed:1000001:1': allowed: mixed:OPERATIONS:SEED, waves:OPERATIONS:SEED, 1 to 1000000 operations, a seed that is not 0
line 1: EPERM (-1), commands run before it: 0: compare: this is the ctl of machine two: allowed: in the first machine's
nothing is compared here: compare TRACE is a command of the first machine's ctl
nothing was compared yet: write compare TRACE to ctl
1
line 1: EBUSY (-16), commands run before it: 0: compare: one is under way, of mixed:1000000:1: allowed: when it is done
nothing was compared yet: write compare TRACE to ctl
ok, commands run: 1; line 1: mixed:1000:1: 1000 operations on three machines: read compare
in a block of their own
slab 0
slub 0
slob 0
OK"
}
