#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""fidelity.py - what the shadow derived, laid beside what the host shows

usage: scripts/fidelity.py watch SOCKET SYMBOLS OUTPUT MOMENTS
       scripts/fidelity.py compare FOLDER...

watch attaches to a guest that waits at SOCKET (QEMU's gdb stub), follows its
kernel from its entry to the end of memblock_free_all(), and writes to OUTPUT
what it was given at its entry, its struct memblock at two moments, and each
call of memblock_free_pages(); then, each of the MOMENTS that the guest reads
percpu_pagelist_high_fraction, its zonelists and the sizes of its per-CPU lists.
SYMBOLS holds lines of /proc/kallsyms, and where members of structures lie.

compare reads folders that scripts/fidelity.sh filled, one a shape, prints a
table for each and the totals. What the shadow was given is listed and never
compared. The status is 1 if a difference has no explanation.
"""

import collections
import difflib
import itertools
import json
import os
import re
import struct
import sys

sys.dont_write_bytecode = True

NO_NODE = "x"
FLAGS = ((1, "HOTPLUG"), (2, "MIRROR"), (4, "NOMAP"), (8, "DRV_MNG"), (16, "RSRV_NI"))
MAX_NODES = 64

# Of /proc/kpageflags
KPF_NOPAGE = 20
KPF_RESERVED = 32

Range = collections.namedtuple("Range", "first last nid flags",
                               defaults=(NO_NODE, "NONE"))


# ----------------------------------------------------------------- parsers --

def read_dump(text):
    """Ranges of a memblock dump of 6.12, the host's or the shadow's."""
    ranges = []
    for line in text.splitlines():
        match = re.match(r" *\d+: (0x[0-9a-f]+)\.\.(0x[0-9a-f]+) +(\S+) (\S+)$",
                         line)
        if not match:
            raise ValueError(f"no line of a memblock dump: {line!r}")
        first, last, nid, flags = match.groups()
        ranges.append(Range(int(first, 16), int(last, 16), nid, flags))
    return ranges


def read_zoneinfo(text):
    """{(node, zone): {"spanned": frames, …, "start_pfn": frame}}."""
    zones = {}
    zone = None
    for line in text.splitlines():
        match = re.match(r"Node (\d+), zone +(\S+)$", line)
        if match:
            zone = zones.setdefault((int(match[1]), match[2]), {"start_pfn": 0})
        match = re.match(r" +(spanned|present|managed|cma|start_pfn):? +(\d+)$", line)
        if match:
            zone[match[1]] = int(match[2])
    return zones


MARKS = ("min", "low", "high", "promo")


def read_marks(text):
    """
    {(node, zone): {"min": frames, …, "protection": "(…)", "lists": [a CPU's]}}
    without what the marks are boosted by for the moment.
    """
    zones = {}
    zone = None
    for line in text.splitlines():
        match = re.match(r"Node (\d+), zone +(\S+)$", line)
        if match:
            zone = zones.setdefault((int(match[1]), match[2]), {"lists": []})
        match = re.match(r" +(boost|min|low|high|promo|present|managed) +(\d+)$", line)
        if match:
            zone[match[1]] = int(match[2])
        match = re.match(r" +protection: (\(.*\))$", line)
        if match:
            zone["protection"] = match[1]
        if re.match(r" +cpu: \d+$", line):
            zone["lists"].append({})
        match = re.match(r" +(batch|high_min|high_max): +(\d+)$", line)
        if match:
            zone["lists"][-1][match[1]] = int(match[2])
    for zone in zones.values():
        for mark in MARKS:
            zone[mark] -= zone["boost"]
    return zones


def read_zonelists(text):
    """{node: {"fallback": "1:Normal 0:Normal 0:DMA", "no-fallback": …}}."""
    nodes = {}
    node = None
    for line in text.splitlines():
        match = re.match(r"node (\d+): ", line)
        if match:
            node = nodes.setdefault(match[1], {})
        match = re.match(r"  (fallback|no-fallback) +(.*)$", line)
        if match:
            node[match[1]] = match[2]
    return nodes


def read_settings(text):
    """A line each, as one says it."""
    names = ("min_free_kbytes", "watermark_scale_factor", "lowmem_reserve_ratio",
             "percpu_pagelist_high_fraction")
    return [" ".join(f"{name}={value}" for name, value in zip(names, line.split()))
            for line in text.splitlines()]


def expand_orders(text):
    """"9 10x3" is [9, 10, 10, 10]."""
    orders = []
    for word in text.split():
        order, _, times = word.partition("x")
        orders += [int(order)] * int(times or 1)
    return orders


def pack_orders(orders):
    words = []
    for order, run in itertools.groupby(orders):
        times = len(list(run))
        words.append(f"{order}x{times}" if times > 1 else str(order))
    return " ".join(words)


def read_handover(text, page):
    """The free ranges of the shadow, as (first frame, behind the last, orders)."""
    ranges = []
    for line in text.splitlines():
        match = re.match(r"\[(0x[0-9a-f]+)-(0x[0-9a-f]+)\] (\d+) frames: orders (.*)$",
                         line)
        if match:
            start = int(match[1], 16) // page
            end = (int(match[2], 16) + 1) // page
            orders = expand_orders(match[4])
            if end - start != int(match[3]) or sum(1 << o for o in orders) != end - start:
                raise ValueError(f"frames and orders differ: {line!r}")
            ranges.append((start, end, orders))
        elif not line:
            break
        elif not line.startswith("#") and "no whole frame" not in line:
            raise ValueError(f"no line of a handover: {line!r}")
    return ranges


def read_log(text):
    """Lines of the host's log, without their times."""
    return [re.sub(r"^\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ", "", line).rstrip()
            for line in text.splitlines()]


def read_boot(text):
    """Lines that the shadow says a kernel prints."""
    return [line[5:].rstrip() for line in text.splitlines()
            if line.startswith("   > ")]


# What a kernel prints of what it makes of its memory.
ABOUT_MEMORY = re.compile(
    r"(OF: )?(reserved mem|NUMA): |Reserved memory: "
    r"|  (DMA|DMA32|Normal|Movable|Device) +(\[mem |empty$)"
    r"|  Node \d+: 0x|  node +\d+: \[mem |Initmem setup node "
    r"|On node \d+, zone |Fallback order for Node "
    r"|Built \d+ zonelists|Policy zone: ")


def about_memory(lines):
    return [line for line in lines if ABOUT_MEMORY.match(line)]


def read_given(text):
    """{"image": (start, bytes), …, "page": bytes}."""
    given = {}
    for line in text.splitlines():
        words = line.split()
        numbers = tuple(int(word, 0) for word in words[1:])
        given[words[0]] = numbers if len(numbers) > 1 else numbers[0]
    return given


def read_flags(data):
    """Runs of frames that the host has and does not keep reserved."""
    frames = memoryview(data).cast("Q")
    away = 1 << KPF_NOPAGE | 1 << KPF_RESERVED
    runs = []
    pfn = 0
    for free, run in itertools.groupby(frames, lambda flags: not flags & away):
        nr = sum(1 for _ in run)
        if free:
            runs.append((pfn, pfn + nr))
        pfn += nr
    return runs


# --------------------------------------------------------------- intervals --

def subtract(ranges, away):
    """What [start, end) ranges have outside of others."""
    left = []
    for start, end in ranges:
        for cut_start, cut_end in sorted(away):
            if cut_end <= start or cut_start >= end:
                continue
            if cut_start > start:
                left.append((start, cut_start))
            start = min(cut_end, end)
        if start < end:
            left.append((start, end))
    return left


def common(ranges, others):
    return subtract(ranges, subtract(ranges, others))


def nr_frames(ranges):
    return sum(end - start for start, end in ranges)


# -------------------------------------------------------------------- table --

class Table:
    """Rows of one shape."""

    EQUAL, EXPLAINED, UNEXPLAINED, TITLE = range(4)
    # What is wider moves its own line alone.
    WIDTHS = (56, 30, 30)

    def __init__(self):
        self.rows = []

    def title(self, text):
        self.rows.append((self.TITLE, text, "", "", ""))

    def row(self, item, shadow, host, reason=None):
        """A difference without a reason has no explanation."""
        kind = self.EQUAL if shadow == host else \
            self.EXPLAINED if reason else self.UNEXPLAINED
        self.rows.append((kind, item, str(shadow), str(host), reason or ""))

    def count(self, kind):
        return sum(1 for row in self.rows if row[0] == kind)

    def width(self, column):
        return min(self.WIDTHS[column], max((len(row[column + 1]) for row in self.rows
                                             if row[0] != self.TITLE), default=0))

    def text(self):
        width = [self.width(column) for column in range(3)]
        lines = []
        for kind, item, shadow, host, reason in self.rows:
            if kind == self.TITLE:
                lines.append(f"# {item}")
                continue
            verdict = ("equal", f"different: {reason}", "UNEXPLAINED")[kind]
            lines.append(f"  {item:<{width[0]}}  {shadow:<{width[1]}}  "
                         f"{host:<{width[2]}}  {verdict}")
        return "\n".join(lines)


# --------------------------------------------------------------- comparison --

def say_range(bounds):
    return f"[{bounds[0]:#x}-{bounds[1] - 1:#x}]"


def say_frames(bounds):
    start, end = bounds
    if end - start == 1:
        return f"frame {start:#x}"
    return f"{end - start} frames {start:#x} to {end - 1:#x}"


def compare_lines(table, item, shadow, host):
    """Two lists in one order: what one lacks has a row of its own."""
    matcher = difflib.SequenceMatcher(None, shadow, host, autojunk=False)
    for what, a, a_end, b, b_end in matcher.get_opcodes():
        if what == "equal":
            for line in shadow[a:a_end]:
                table.row(f"{item}: {line}", "printed", "printed")
            continue
        for line in shadow[a:a_end]:
            table.row(f"{item}: {line}", "printed", "-")
        for line in host[b:b_end]:
            table.row(f"{item}: {line}", "-", "printed")


def compare_ranges(table, item, shadow, host):
    """Two of {range: what it is}; a range that one has not is no part of it."""
    for bounds in sorted(set(shadow) | set(host)):
        table.row(f"{item} {say_range(bounds)}", shadow.get(bounds, "-"),
                  host.get(bounds, "-"))


def compare_memory(table, shadow, host, with_node):
    lists = []
    for dump in (shadow, host):
        lists.append({(entry.first, entry.last + 1):
                      (f"node {entry.nid} " if with_node else "") + entry.flags
                      for entry in dump})
    compare_ranges(table, "memory", *lists)


def whole_pages(bounds, page):
    start, nr_bytes = bounds
    return start // page * page, -(-(start + nr_bytes) // page) * page


def given_ranges(given):
    """What the boot loader left; the kernel takes an initrd by whole pages."""
    image, dtb = given["image"], given["dtb"]
    return [(image[0], image[0] + image[1]), (dtb[0], dtb[0] + dtb[1]),
            whole_pages(given["initrd"], given["page"])]


def compare_reserved(table, shadow, host, given):
    """What the board reserves; where it is adjacent to what was given, the rest."""
    lists = []
    for dump in (shadow, host):
        ranges = [(entry.first, entry.last + 1) for entry in dump]
        lists.append(dict.fromkeys(subtract(ranges, given_ranges(given)),
                                   "reserved"))
    compare_ranges(table, "reserved", *lists)


ZONE_ORDER = ("DMA", "DMA32", "Normal", "Movable", "Device")


def node_sums(zones):
    """{node: (spanned, present)}."""
    sums = {}
    for (nid, _), zone in zones.items():
        spanned, present = sums.get(nid, (0, 0))
        sums[nid] = (spanned + zone["spanned"], present + zone["present"])
    return sums


def compare_nodes(table, shadow, host):
    mine, other = node_sums(shadow), node_sums(host)
    for nid in sorted(set(mine) | set(other)):
        values = [(sums[nid] + (sums[nid][0] - sums[nid][1],)) if nid in sums
                  else ("no node",) * 3 for sums in (mine, other)]
        for i, name in enumerate(("spanned", "present", "absent")):
            table.row(f"node {nid}: {name} pages", values[0][i], values[1][i])


def zone_limits(zone):
    if not zone or not zone["spanned"]:
        return "empty"
    start = zone["start_pfn"]
    return f"frames {start:#x} to {start + zone['spanned'] - 1:#x}"


def compare_zones(table, shadow, host):
    keys = sorted(set(shadow) | set(host),
                  key=lambda key: (key[0], ZONE_ORDER.index(key[1])))
    for key in keys:
        name = f"node {key[0]}: zone {key[1]}"
        mine, other = shadow.get(key), host.get(key)
        if zone_limits(mine) == zone_limits(other) == "empty":
            continue
        table.row(name, zone_limits(mine), zone_limits(other))
        table.row(f"{name}, present pages", *(zone["present"] if zone else "-"
                                              for zone in (mine, other)))


def initrd_terms(given):
    """
    Frames that the initrd fills in part. free_initrd_mem() takes its whole pages
    off memblock.reserved, rounded outwards; free_reserved_area() then frees them
    rounded inwards, so that such a frame stays reserved without being listed.
    """
    page = given["page"]
    start, nr_bytes = given["initrd"]
    terms = []
    for address in (start, start + nr_bytes):
        if address % page:
            pfn = address // page
            terms.append(((pfn, pfn + 1),
                          "the initrd fills it in part: off memblock.reserved "
                          "(rounded outwards), never freed (rounded inwards)"))
    return terms


def cma_terms(log, zones, page):
    """
    Pools of CMA, as the host's log names them. cma_activate_area() gives their
    frames to the buddy long after the handover, and memblock keeps them listed.
    Believed only if the host's zones count as many.
    """
    terms = []
    for line in log:
        match = re.match(r"Reserved memory: created CMA memory pool at (0x[0-9a-f]+), "
                         r"size (\d+) MiB$", line)
        if match:
            start = int(match[1], 16) // page
            terms.append(((start, start + (int(match[2]) << 20) // page),
                          "a pool of CMA, which activates it: on memblock.reserved, "
                          "but the buddy's"))
    counted = sum(zone["cma"] for zone in zones.values())
    return terms if counted == nr_frames([bounds for bounds, _ in terms]) else []


def explain(frames, terms):
    """The reason that names every one of these frames, or None."""
    reasons = []
    for bounds, text in terms:
        inside = common(frames, [bounds])
        frames = subtract(frames, [bounds])
        reasons += [f"{say_frames(part)}: {text}" for part in inside]
    return "; ".join(reasons) if not frames else None


class Release:
    """
    Ranges that the shadow released, frames that the host does not keep; which
    of them the host alone may have kept, and which it alone may have released.
    """

    def __init__(self, released, runs, kept_terms, given_terms):
        self.released = [(start, end) for start, end, _ in released]
        self.runs = runs
        self.kept_terms = kept_terms
        self.given_terms = given_terms

    def compare(self, table):
        for bounds in self.released:
            here = common(self.runs, [bounds])
            table.row(f"released {say_frames(bounds)}", nr_frames([bounds]),
                      nr_frames(here),
                      explain(subtract([bounds], here), self.kept_terms))
        for bounds in subtract(self.runs, self.released):
            table.row(f"released {say_frames(bounds)}", 0, nr_frames([bounds]),
                      explain([bounds], self.given_terms))

    def managed_reason(self, zone, difference):
        """Why the host manages so many frames more, if these are the ones."""
        span = [(zone["start_pfn"], zone["start_pfn"] + zone["spanned"])]
        kept = common(subtract(self.released, self.runs), span)
        given = common(subtract(self.runs, self.released), span)
        reasons = [explain(kept, self.kept_terms), explain(given, self.given_terms)]
        if nr_frames(given) - nr_frames(kept) != difference or None in reasons:
            return None
        return "; ".join(reason for reason in reasons if reason)


def compare_managed(table, shadow, host, release):
    for key in sorted(host, key=lambda key: (key[0], ZONE_ORDER.index(key[1]))):
        zone = host[key]
        if not zone["present"]:
            continue
        mine = shadow.get(key, {}).get("managed", 0)
        table.row(f"node {key[0]}: zone {key[1]}, managed pages", mine,
                  zone["managed"],
                  release.managed_reason(zone, zone["managed"] - mine))


def compare_orders(table, shadow, releases):
    """Each call of memblock_free_pages() is a block that the shadow released."""
    calls = dict(releases)
    for start, end, orders in shadow:
        theirs = []
        pfn = start
        while pfn < end and pfn in calls:
            theirs.append(calls.pop(pfn))
            pfn += 1 << theirs[-1]
        table.row(f"orders of {say_frames((start, end))}", pack_orders(orders),
                  pack_orders(theirs))
    for pfn, order in sorted(calls.items()):
        table.row(f"orders of {say_frames((pfn, pfn + (1 << order)))}", "-", order)
    mine = collections.Counter(o for _, _, orders in shadow for o in orders)
    theirs = collections.Counter(order for _, order in releases)
    for order in sorted(set(mine) | set(theirs)):
        table.row(f"blocks of order {order}", mine[order], theirs[order])
    table.row("frames released", sum(end - start for start, end, _ in shadow),
              sum(1 << order for _, order in releases))


def memory_line(lines):
    """KiB of memory, and of what is reserved, in the line `Memory: …`."""
    for line in lines:
        match = re.match(r"Memory: \d+K/(\d+)K available \(.* (\d+)K reserved", line)
        if match:
            return int(match[1]), int(match[2])
    return 0, 0


def compare_memory_line(table, shadow, host, terms, page):
    """The host does not count as reserved what CMA will give to the buddy."""
    mine, other = memory_line(shadow)[1], memory_line(host)[1]
    frames = [bounds for bounds, _ in terms]
    reason = None
    if (mine - other) << 10 == nr_frames(frames) * page:
        reason = explain(frames, terms)
    table.row("log: Memory: KiB reserved", mine, other, reason)


def say_list(lists):
    """Sizes of per-CPU lists that are all the same, or all of them."""
    said = [" ".join(f"{name} {sizes.get(name, '-')}"
                     for name in ("batch", "high_min", "high_max"))
            for sizes in lists]
    return said[0] if len(set(said)) == 1 else "; ".join(said) or "none"


def compare_marks(table, shadow, host, watched):
    """Of all zones, empty ones too."""
    for key in sorted(set(shadow) | set(host),
                      key=lambda key: (key[0], ZONE_ORDER.index(key[1]))):
        name = f"node {key[0]}: zone {key[1]}"
        mine, other = shadow.get(key), host.get(key)
        if not mine or not other:
            table.row(name, "there" if mine else "-", "there" if other else "-")
            continue
        table.row(f"{name}, managed pages", mine["managed"], other["managed"])
        table.row(f"{name}, min low high promo",
                  *(" ".join(str(zone[mark]) for mark in MARKS)
                    for zone in (mine, other)))
        table.row(f"{name}, protection", mine["protection"], other["protection"])
        if mine["present"] or other["present"]:
            table.row(f"{name}, pagesets", say_list(mine["lists"]),
                      say_list([watched["zones"][f"{key[0]}:{key[1]}"]]))


def compare_zonelists(table, shadow, host):
    for nid in sorted(set(shadow) | set(host)):
        for name in ("fallback", "no-fallback"):
            table.row(f"node {nid}: {name}", *(nodes.get(nid, {}).get(name, "-")
                                               for nodes in (shadow, host)))


# -------------------------------------------------------------------- shape --

class Shape:
    """What one guest left."""

    def __init__(self, folder):
        self.folder = folder
        self.given = read_given(self.read("given"))
        self.watched = json.loads(self.read("watched"))
        self.name, self.title = self.read("shape").rstrip().split(": ", 1)

    def read(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8",
                  errors="replace") as file:
            return file.read()

    def dump(self, name):
        return read_dump(self.read(name))

    def zones(self, name):
        return read_zoneinfo(self.read(name))

    def released(self, name):
        return read_handover(self.read(name), self.given["page"])

    def flags(self):
        with open(os.path.join(self.folder, "host/kpageflags"), "rb") as file:
            return read_flags(file.read())

    def watched_ranges(self, moment, name):
        return [Range(*entry) for entry in self.watched[moment][name]]

    def check_given(self):
        """The shadow must have been given what the kernel was."""
        entry = self.watched["entry"]
        wrong = []
        for what, mine in (("image", self.given["image"][0]),
                           ("dtb", self.given["dtb"][0])):
            if mine != entry[what]:
                wrong.append(f"{what} at {mine:#x}, the kernel's was at "
                             f"{entry[what]:#x}")
        text = read_board(self.read("boards/handover.txt"))
        then = covered(self.watched_ranges("handover", "reserved"))
        if text != then:
            wrong.append("the dump at the handover is not what memblock held then: "
                         f"{subtract(text, then)} too much, "
                         f"{subtract(then, text)} missing")
        if wrong:
            sys.exit(f"{self.name}: the shadow was given something else than the "
                     f"kernel: {'; '.join(wrong)}")

    def say_given(self):
        words = [f"{name} {self.given[name][0]:#x}+{self.given[name][1]:#x}"
                 for name in ("image", "initrd", "dtb")]
        return f"{', '.join(words)}, command line, page of {self.given['page'] >> 10}K"


def covered(ranges):
    """Ranges without what they say, those that touch made one."""
    merged = []
    for entry in sorted(ranges):
        if merged and entry.first <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], entry.last + 1)
        else:
            merged.append([entry.first, entry.last + 1])
    return [tuple(bounds) for bounds in merged]


def read_board(text):
    """What a text board says is reserved."""
    _, _, reserved = text.partition("reserved\n")
    return covered(read_dump(reserved))


def compare_tree(table, shape):
    table.title("the device tree, at the end of arm64_memblock_init: "
                "the kernel's struct memblock")
    compare_memory(table, shape.dump("early/memblock_memory"),
                   shape.watched_ranges("early", "memory"), False)
    compare_reserved(table, shape.dump("early/memblock_reserved"),
                     shape.watched_ranges("early", "reserved"), shape.given)
    table.title("the device tree, booted: debugfs memblock/memory, zoneinfo, log")
    compare_memory(table, shape.dump("tree/memblock_memory"),
                   shape.dump("host/memory"), True)
    shadow, host = shape.zones("tree/zoneinfo"), shape.zones("host/zoneinfo")
    compare_nodes(table, shadow, host)
    compare_zones(table, shadow, host)
    lines = read_boot(shape.read("tree/boot"))
    log = read_log(shape.read("host/dmesg"))
    compare_lines(table, "log", about_memory(lines), about_memory(log))
    table.row("log: Memory: KiB in all", memory_line(lines)[0], memory_line(log)[0])


def compare_texts(table, shape):
    table.title("the memblock dumps as they are now: kpageflags, zoneinfo")
    page, zones = shape.given["page"], shape.zones("host/zoneinfo")
    log = read_log(shape.read("host/dmesg"))
    pools = cma_terms(log, zones, page)
    release = Release(shape.released("now/handover"), shape.flags(),
                      initrd_terms(shape.given), pools)
    release.compare(table)
    compare_managed(table, shape.zones("now/zoneinfo"), zones, release)
    table.title("the memblock dumps as they were at the handover: "
                "calls of memblock_free_pages, log")
    compare_orders(table, shape.released("handover/handover"),
                   [tuple(call) for call in shape.watched["releases"]])
    compare_memory_line(table, read_boot(shape.read("handover/boot")), log, pools,
                        page)


def compare_settings(table, shape):
    moments = shape.watched["moments"]
    table.title("what the buddy has now: zonelists of struct pglist_data")
    compare_zonelists(table, read_zonelists(shape.read("marks/zonelists")),
                      moments[0]["zonelists"])
    settings = read_settings(shape.read("settings"))
    for nr, (setting, moment) in enumerate(zip(settings, moments, strict=True)):
        table.title(f"with {setting}: zoneinfo, struct zone")
        compare_marks(table, read_marks(shape.read(f"marks/{nr}/shadow/zoneinfo")),
                      read_marks(shape.read(f"marks/{nr}/host/zoneinfo")), moment)


def compare_shape(folder):
    table = Table()
    try:
        shape = Shape(folder)
        shape.check_given()
        compare_tree(table, shape)
        compare_texts(table, shape)
        compare_settings(table, shape)
    except (OSError, ValueError) as error:
        sys.exit(f"fidelity.py: {folder}: {error}")
    print(f"== {shape.name}: {shape.title}")
    print(f"  given, not compared: {shape.say_given()}")
    print(table.text())
    return [table.count(kind) for kind in range(3)]


def compare(folders):
    sums = [0, 0, 0]
    for folder in folders:
        counts = compare_shape(folder)
        sums = [a + b for a, b in zip(sums, counts)]
        print()
    print(f"fidelity: {sums[0]} equal, {sums[1]} explained, {sums[2]} unexplained")
    return 1 if sums[2] else 0


# ---------------------------------------------------------------- the watch --

# struct memblock: bottom_up, current_limit, then memory and reserved, each with
# cnt, max, total_size, regions, name. A region is base, size, flags, nid.
MEMBLOCK_BYTES = 96
LISTS = (("memory", 16), ("reserved", 56))
REGION = struct.Struct("<QQIi")


def say_flags(flags):
    names = [name for bit, name in FLAGS if flags & bit]
    return "|".join(names) or "NONE"


def read_memblock(stub, address):
    data = stub.read(address, MEMBLOCK_BYTES)
    lists = {}
    for name, at in LISTS:
        nr, _, total, regions, _ = struct.unpack_from("<5Q", data, at)
        ranges = []
        for base, size, flags, nid in REGION.iter_unpack(
                stub.read(regions, nr * REGION.size)):
            node = str(nid) if 0 <= nid < MAX_NODES else NO_NODE
            ranges.append(Range(base, base + size - 1, node, say_flags(flags)))
            total -= size
        if total:
            sys.exit(f"memblock.{name}: the sizes do not add up, is it laid out "
                     "differently?")
        lists[name] = ranges
    return lists


def watch_entry(stub):
    """QEMU's boot loader is six instructions; then comes the kernel's first."""
    registers = stub.registers()
    loader = registers[-1]
    for _ in range(64):
        registers = stub.step()
        if not 0 <= registers[-1] - loader < 0x100:
            return {"image": registers[-1], "dtb": registers[0]}
    sys.exit("the boot loader does not leave its place")


def watch_releases(stub, function, end):
    releases = []
    stub.set_break(end)
    stub.set_break(function)
    registers = stub.go()
    while registers[-1] == function:
        releases.append((registers[1], registers[2]))
        stub.pass_break(function)
        registers = stub.go()
    stub.clear_break(function)
    stub.clear_break(end)
    if registers[-1] != end:
        sys.exit(f"stopped at {registers[-1]:#x} among the releases")
    return releases


def read_symbols(text):
    """Addresses of the kernel's symbols, and where members of structures lie."""
    symbols, layout = {}, {}
    for words in (line.split() for line in text.splitlines()):
        if words[0] == "layout":
            layout[words[1]] = int(words[2])
        else:
            symbols[words[2]] = int(words[0], 16)
    return symbols, layout


class Zones:
    """The kernel's nodes and zones, where they lie."""

    NAME_BYTES = 8

    def __init__(self, stub, node_data, layout):
        self.stub = stub
        self.layout = layout
        self.nodes = [address for address in self.words(node_data, 8) if address]
        self.zones = {}
        nr = (layout["pglist_data.node_zonelists"] -
              layout["pglist_data.node_zones"]) // layout["zone"]
        for node in self.nodes:
            nid = self.number(node + layout["pglist_data.node_id"])
            for i in range(nr):
                zone = node + layout["pglist_data.node_zones"] + i * layout["zone"]
                self.zones[zone] = f"{nid}:{self.name(zone)}"

    def words(self, address, nr):
        return struct.unpack(f"<{nr}Q", self.stub.read(address, 8 * nr))

    def number(self, address):
        return struct.unpack("<i", self.stub.read(address, 4))[0]

    def name(self, zone):
        pointer, = self.words(zone + self.layout["zone.name"], 1)
        text = self.stub.read(pointer, self.NAME_BYTES)
        return text.partition(b"\0")[0].decode()

    def zonelist(self, node, which):
        """Zones up to the entry that names none."""
        at = node + self.layout["pglist_data.node_zonelists"] + \
            which * self.layout["zonelist"] + self.layout["zonelist._zonerefs"]
        names = []
        while True:
            zone, = self.words(at + self.layout["zoneref.zone"], 1)
            if not zone:
                return " ".join(names)
            names.append(self.zones[zone])
            at += self.layout["zoneref"]

    def look(self):
        """The fallback list is the first of the two."""
        lists = {}
        for node in self.nodes:
            nid = self.number(node + self.layout["pglist_data.node_id"])
            lists[str(nid)] = {"fallback": self.zonelist(node, 0),
                               "no-fallback": self.zonelist(node, 1)}
        sizes = {name: {size: self.number(zone + self.layout[f"zone.pageset_{size}"])
                        for size in ("batch", "high_min", "high_max")}
                 for zone, name in self.zones.items()}
        return {"zonelists": lists, "zones": sizes}


def watch_moments(stub, handler, node_data, layout, nr):
    """A sysctl's handler: x1 says whether it is written."""
    moments = []
    while len(moments) < nr:
        registers = stub.run_to(handler)
        if not registers[1]:
            moments.append(Zones(stub, node_data, layout).look())
        stub.step()
    return moments


def watch(path, symbols_file, output, nr_moments):
    import fidelity_gdb as gdb

    with open(symbols_file, encoding="ascii") as file:
        symbol, layout = read_symbols(file.read())
    try:
        stub = gdb.Stub(path, 600)
        watched = {"entry": watch_entry(stub)}
        registers = stub.run_to(symbol["arm64_memblock_init"])
        stub.run_to(registers[gdb.LR])
        watched["early"] = read_memblock(stub, symbol["memblock"])
        registers = stub.run_to(symbol["memblock_free_all"])
        watched["handover"] = read_memblock(stub, symbol["memblock"])
        watched["releases"] = watch_releases(stub, symbol["memblock_free_pages"],
                                             registers[gdb.LR])
        watched["moments"] = watch_moments(
            stub, symbol["percpu_pagelist_high_fraction_sysctl_handler"],
            symbol["node_data"], layout, int(nr_moments))
        stub.detach()
    except gdb.StubError as error:
        sys.exit(f"fidelity.py: {error}")
    with open(output, "w", encoding="ascii") as file:
        json.dump(watched, file)
    return 0


def main(arguments):
    if len(arguments) == 5 and arguments[0] == "watch":
        return watch(*arguments[1:])
    if len(arguments) >= 2 and arguments[0] == "compare":
        return compare(arguments[1:])
    print(__doc__, end="", file=sys.stderr)
    return 64


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
