# SPDX-License-Identifier: GPL-2.0-only
"""Events for the page: what each does to frames, and all of them packed small."""

import base64

import views

MASK = 0xffffffff


class History:
    """names: kind -> (name, arguments' names); records in order:
    (seq, ns, kind, cpu, err, args); lost: records that are not there; payloads:
    seq -> numbers that an operation has beyond its arguments; gaps: (index of the
    record after it, first number that is not there, last one)."""

    def __init__(self, names, records, lost=0, payloads=None, gaps=()):
        self.names, self.records, self.lost = names, records, lost
        self.payloads, self.gaps = payloads or {}, list(gaps)

    def cut(self, most):
        """The newest ones only; how many were left out."""
        left_out = max(0, len(self.records) - most)
        if left_out:
            first = self.records[left_out][0]
            self.gaps = [(0, 1, first - 1)] + [(at - left_out, a, b)
                                               for at, a, b in self.gaps if a > first]
        self.records = self.records[left_out:]
        return left_out

    def missing(self, before, after):
        """Records that are not there, of those with numbers above before and up to
        after; None: without an end."""
        return sum(max(0, min(b, after if after is not None else b) -
                       max(a, (before or 0) + 1) + 1) for _, a, b in self.gaps)


class Geometry:
    """Frames in a row, holes that would dwarf the memory left out."""

    def __init__(self, frame_bytes, spans):
        """spans: [first frame, frame after the last], ascending."""
        self.frame_bytes = frame_bytes
        self.segments, self.nr = [], 0
        memory = sum(end - first for first, end in spans)
        for first, end in spans:
            last = self.segments[-1] if self.segments else None
            gap = first - (last[0] + last[1]) if last else 0
            if last and 0 <= gap <= memory // 4:
                self.nr += gap + end - first
                last[1] += gap + end - first
                continue
            self.segments.append([first, end - first, self.nr])
            self.nr += end - first

    def index(self, pfn):
        """Where a frame is drawn; -1: nowhere."""
        for first, count, at in self.segments:
            if first <= pfn < first + count:
                return at + pfn - first
        return -1


NO_PAGE = (1 << 64) - 1
HAD_PAGE = NO_PAGE - 1


def class_of_gfp(flags):
    owner = flags >> 16 & 0x1f
    return views.OF_OWNER[owner] if owner < len(views.OF_OWNER) else views.UNKNOWN


def class_of_owner(owner):
    return views.OF_OWNER[owner] if 0 < owner < len(views.OF_OWNER) else views.UNKNOWN


def effects_of(name, facts, more):
    """(pfn, frames, class) of each block that an event, or an operation that
    did what it was asked for, has changed; more: numbers of its payload."""
    pfn, frames = facts.get("pfn", NO_PAGE), 1 << (facts.get("order", 0) & 31)
    if name in ("mm_page_alloc", "op alloc_pages"):
        return [(pfn, frames, class_of_gfp(facts.get("gfp_flags", facts.get("gfp", 0))))]
    if name in ("mm_page_free", "op free_pages", "op buddy_free"):
        return [(pfn, frames, views.FREE)]
    if name == "op alloc_pages_bulk":
        return [(one, 1, class_of_gfp(facts.get("gfp", 0))) for one in more]
    if name == "op free_pages_bulk":
        return [(one, 1, views.FREE) for one in more]
    if name == "op alloc_pages_exact":
        return [(pfn, facts.get("nr_pages", 1), class_of_gfp(facts.get("gfp", 0)))]
    if name == "op buddy_alloc":
        return [(pfn, frames, class_of_owner(facts.get("owner_flags", 0) & 0xffffffff))]
    if name == "op alloc_contig":
        return [(pfn, facts.get("nr_pages", 1), class_of_owner(facts.get("owner", 0)))]
    if name == "op free_contig":
        return [(pfn, facts.get("nr_pages", 1), views.FREE)]
    return []


CHANGE_FRAMES = {"mm_page_alloc", "mm_page_free"} | {
    "op " + name for name in (
        "alloc_pages", "free_pages", "buddy_alloc", "buddy_free", "alloc_pages_bulk",
        "free_pages_bulk", "alloc_pages_exact", "alloc_contig", "free_contig")}


class Early:
    """Memory before the handover: each range as memblock is told of it, and all
    of it when the phase is over that hands it over."""

    HANDOVER = "mem_init"

    def __init__(self, phases, owners, cells, frame_bytes):
        """phases: their names, in order; owners: [first byte, last, class];
        cells: what the handover left, [index, frames, class]."""
        self.phases, self.owners, self.cells = list(phases), owners, cells
        self.frame_bytes, self.over = frame_bytes, self.HANDOVER not in phases

    def class_at(self, base):
        return next((cls for first, last, cls in self.owners if first <= base <= last),
                    views.BY_LETTER["E"])

    def effects_of(self, name, facts):
        """(pfn, frames, class) of what memblock was told."""
        base, size = facts.get("base", 0), facts.get("size", 0)
        cls = {"memblock_add": views.FREE, "memblock_free": views.FREE,
               "memblock_remove": views.HOLE,
               "memblock_reserve": self.class_at(base),
               "memblock_alloc": self.class_at(base)}.get(name)
        if cls is None or not size:
            return []
        first = base // self.frame_bytes
        return [(first, (base + size - 1) // self.frame_bytes + 1 - first, cls)]

    def ends_with(self, name):
        """Is this record the end of the handover?"""
        if name == "boot_phase" and not self.over:
            self.over = not self.phases or self.phases.pop(0) == self.HANDOVER
            return self.over
        return False


def effects(history, geometry, early=None):
    """[record, first index, frames, class], flat; what lies outside is left out."""
    flat = []
    for at, (_, _, kind, _, err, args) in enumerate(history.records):
        name, arg_names = history.names[kind]
        found = []
        if early and not early.over:
            found = early.effects_of(name, dict(zip(arg_names, args)))
            if early.ends_with(name):
                for index, frames, cls in early.cells:
                    flat += [at, index, frames, cls]
        elif name in CHANGE_FRAMES and not (name.startswith("op ") and err < 0):
            more = history.payloads.get(history.records[at][0], ())
            found = effects_of(name, dict(zip(arg_names, args)), more)
        for pfn, frames, cls in found:
            index = geometry.index(pfn) if pfn < HAD_PAGE else -1
            if index >= 0:
                flat += [at, index, min(frames, geometry.nr - index), cls]
    return flat


class Packer:
    """Unsigned numbers of any size, seven bits a byte, low ones first."""

    def __init__(self):
        self.data = bytearray()

    def number(self, value):
        while value > 0x7f:
            self.data.append(value & 0x7f | 0x80)
            value >>= 7
        self.data.append(value)

    def signed(self, value):
        self.number(value << 1 if value >= 0 else (-value << 1) - 1)

    def text(self):
        return base64.b64encode(bytes(self.data)).decode("ascii")


def pack_effects(flat):
    """Deltas of records and indices: report_data.js reads them."""
    pack, record, index = Packer(), 0, 0
    pack.number(len(flat) // 4)
    for i in range(0, len(flat), 4):
        pack.number(flat[i] - record)
        pack.signed(flat[i + 1] - index)
        pack.number(flat[i + 2])
        pack.number(flat[i + 3])
        record, index = flat[i], flat[i + 1]
    return pack.text()


def pack_changes(changes):
    """Of each: the key as the difference to the last one's, from 0 on, and numbers."""
    pack, last = Packer(), -1
    pack.number(len(changes))
    for key, *numbers in changes:
        pack.number(key - last)
        for one in numbers:
            pack.signed(one)
        last = key
    return pack.text()


def pack_records(history):
    """Each argument as the difference to the last one of that kind, by halves."""
    pack, seq, ns = Packer(), 0, 0
    before = [[0] * (2 * len(args)) for _, args in history.names]
    pack.number(len(history.records))
    for number, when, kind, cpu, err, args in history.records:
        pack.number(kind)
        pack.signed(number - seq)
        pack.signed(when - ns)
        pack.number(cpu)
        pack.signed(err)
        last = before[kind]
        for i in range(len(history.names[kind][1])):
            value = args[i] if i < len(args) else 0
            for half, part in ((2 * i, value & MASK), (2 * i + 1, value >> 32 & MASK)):
                pack.signed(part - last[half])
                last[half] = part
        seq, ns = number, when
    return pack.text()
