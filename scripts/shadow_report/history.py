# SPDX-License-Identifier: GPL-2.0-only
"""Events for the page: what each does to frames, and all of them packed small."""

import base64

import views

MASK = 0xffffffff


class History:
    """names: kind -> (name, arguments' names); records in order:
    (seq, ns, kind, cpu, err, args); lost: records that are not there."""

    def __init__(self, names, records, lost=0):
        self.names, self.records, self.lost = names, records, lost

    def cut(self, most):
        """The newest ones only; how many were left out."""
        left_out = max(0, len(self.records) - most)
        self.records = self.records[left_out:]
        return left_out


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


def effect_of(name, facts):
    """(pfn, frames, class) that an event leaves behind, or None."""
    if name == "mm_page_alloc":
        owner = facts.get("gfp_flags", 0) >> 16 & 0x1f
        known = owner < len(views.OF_OWNER)
        return (facts.get("pfn", 0), 1 << (facts.get("order", 0) & 31),
                views.OF_OWNER[owner] if known else views.UNKNOWN)
    if name == "mm_page_free":
        return facts.get("pfn", 0), 1 << (facts.get("order", 0) & 31), views.FREE
    return None


def effects(history, geometry):
    """[record, first index, frames, class], flat; what lies outside is left out."""
    flat, shapes = [], [(name, args) for name, args in history.names]
    for at, (_, _, kind, _, _, args) in enumerate(history.records):
        name, arg_names = shapes[kind]
        if name not in ("mm_page_alloc", "mm_page_free"):
            continue
        pfn, frames, cls = effect_of(name, dict(zip(arg_names, args)))
        index = geometry.index(pfn)
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
