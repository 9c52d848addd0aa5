#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""kmem_trace.py - from a kernel's kmem:* events to a trace of the machine's own

usage: kmem_trace.py [COMMENT]... <EVENTS >TRACE

EVENTS is tracefs' file `trace` with raw pointers (no_hash_pointers). The format
of TRACE is in include/shadow_trace.h. Events other than kmalloc, kfree,
kmem_cache_alloc and kmem_cache_free are skipped. So are frees of what was
allocated before the events begin; how many is said in a comment. Where a pointer
is handed out twice, the free in between left no event (kmem_cache_free_bulk()
has none), and is put there.

A cache has no name in its events: objects of one size and alignment are of one
cache. The alignment is the least power of two from 8 to 64 that explains how far
objects lie apart; where none does, the kernel keeps something behind the object
(a constructor's cache), and that counts as part of it.
"""

import collections
import re
import sys

MAX_KMALLOC = 4 << 20
MAX_OBJECT = 32 << 10
MAX_CACHES = 64

EVENT = re.compile(r": (kmalloc|kmem_cache_alloc|kfree|kmem_cache_free): (.*)$")
POINTER = re.compile(r"\bptr=(?:0x)?([0-9a-f]+)\b")
SIZES = re.compile(r"\bbytes_req=(\d+) bytes_alloc=(\d+)\b")
ZERO_SIZE_PTR = 16


def cache_of(requested, allocated):
    """Object size and alignment of a cache, from what its events say."""
    for align in (8, 16, 32, 64):
        if -(-requested // align) * align == allocated:
            return requested, align
    return allocated, 8


class Trace:
    """What has been read so far."""

    def __init__(self):
        self.ops = []
        self.caches = {}
        self.live = {}
        self.nr_allocs = 0
        self.count = collections.Counter()

    def cache(self, requested, allocated):
        """The number of a cache, a new one where it is met first."""
        key = cache_of(requested, allocated)
        if key not in self.caches:
            if len(self.caches) == MAX_CACHES:
                sys.exit(f"kmem_trace.py: more than {MAX_CACHES} caches")
            self.caches[key] = len(self.caches)
        return self.caches[key]

    def free(self, pointer):
        """Free what lies there."""
        self.ops.append(f"f{self.nr_allocs - self.live.pop(pointer)}")
        self.count["frees"] += 1

    def alloc(self, event, pointer, requested, allocated):
        """Allocate by one of the two events."""
        limit = MAX_KMALLOC if event == "kmalloc" else MAX_OBJECT
        if pointer <= ZERO_SIZE_PTR or not 0 < requested <= limit:
            self.count["skipped"] += 1
            return
        if pointer in self.live:
            self.count["untold"] += 1
            self.free(pointer)
        self.live[pointer] = self.nr_allocs
        self.nr_allocs += 1
        if event == "kmalloc":
            self.ops.append(f"k{requested}")
        else:
            self.ops.append(f"c{self.cache(requested, allocated)}")

    def event(self, line):
        """One line of the file `trace`."""
        match = EVENT.search(line)
        pointer = match and POINTER.search(match[2])
        if not pointer:
            self.count["other"] += not line.startswith("#")
            return
        event, where = match[1], int(pointer[1], 16)
        if event in ("kfree", "kmem_cache_free"):
            if where in self.live:
                self.free(where)
            elif where > ZERO_SIZE_PTR:
                self.count["unknown"] += 1
            return
        sizes = SIZES.search(match[2])
        if not sizes:
            sys.exit(f"kmem_trace.py: no sizes in: {line.rstrip()}")
        self.alloc(event, where, int(sizes[1]), int(sizes[2]))

    def write(self, comments, file):
        """All of it, as shadow_trace_read() takes it."""
        print("shadow_mm kmem trace 1", file=file)
        print("# SPDX-License-Identifier: GPL-2.0-only", file=file)
        for comment in comments:
            print("#", comment, file=file)
        print(f"# {self.nr_allocs} allocations, {self.count['frees']} frees,"
              f" {len(self.live)} live at the end", file=file)
        print(f"# left out: {self.count['unknown']} frees of what is older than"
              f" the events, {self.count['skipped']} allocations of 0 or too many"
              f" bytes; put in: {self.count['untold']} frees without an event",
              file=file)
        for bytes_, align in self.caches:
            print("cache", bytes_, align, file=file)
        print("\n".join(self.ops), file=file)


def main():
    """Standard input to standard output."""
    if any(arg.startswith("-") for arg in sys.argv[1:]):
        print(__doc__.strip())
        return 0 if sys.argv[1] in ("-h", "--help") else 64
    trace = Trace()
    for line in sys.stdin:
        trace.event(line)
    if not trace.nr_allocs:
        print("kmem_trace.py: no allocation in it", file=sys.stderr)
        return 1
    trace.write(sys.argv[1:], sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
