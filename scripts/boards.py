#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""boards.py - what device trees say, read by a program of its own

usage: scripts/boards.py plan FOLDER
       scripts/boards.py judge FOLDER OUTPUT
       scripts/boards.py dump FILE

Reads flattened device trees without any part of the module: what it makes of
a board's memory, reserved ranges and DMA limit is laid beside what the module
made of it.

plan prints for each *.dtb below FOLDER its flat name, the memory= that its boot
loader would fill in (or - where the tree has it), and its file.

judge reads what the guest of scripts/boards.sh printed, compares each board
with the prediction, and prints the table: booted, needs memory=, refused by
reason. Compared are, with their offsets in the blob, the ranges of memory, the
fixed reserved ranges, those of the memory reservation block and the regions
that have a size only (which must lie where they may); then memblock's memory,
what of it is no-map, that what is reserved is reserved, and where zone DMA
ends. Ends with status 1 where any board is in none of the table's rows, or
differs.

dump prints the prediction for one file.

memory= comes from the first rule that applies:

  1  /memory has an address with length 0: 1 GiB from there
  2  /reserved-memory has fixed ranges: 1 GiB from the lowest, rounded down to
     1 GiB
  3  none of these: 1 GiB at 1 GiB
"""

import collections
import os
import re
import struct
import sys

GIB = 1 << 30
NO_LIMIT = (1 << 64) - 1
MASK = (1 << 64) - 1

PAGE = 4096
# The least alignment of CMA with 4K pages: a pageblock.
CMA_ALIGN = 2 << 20

# at: offset in the blob of where it is said
Range = collections.namedtuple("Range", "base size at nomap cma",
                               defaults=[False, False])
Wish = collections.namedtuple("Wish", "size at nomap align places")


class Node:
    """A node of the tree: its properties in their order, the first counts."""

    def __init__(self, name, parent):
        self.name = name
        self.parent = parent
        self.children = []
        self.properties = {}
        self.offsets = {}

    def cells(self, name):
        """The property as 32-bit numbers; None where it is not there."""
        value = self.properties.get(name)
        if value is None:
            return None
        return struct.unpack(f">{len(value) // 4}I", value[:len(value) // 4 * 4])

    def text(self, name):
        value = self.properties.get(name)
        return None if value is None else value.split(b"\0")[0].decode("latin-1")

    def child(self, name):
        for node in self.children:
            if node.name.split("@")[0] == name:
                return node
        return None

    def available(self):
        return self.text("status") in (None, "ok", "okay")

    def walk(self):
        yield self
        for node in self.children:
            yield from node.walk()


def read_tree(blob):
    """The root and the entries of the memory reservation block."""
    off_struct, off_strings, off_rsv = struct.unpack(">3I", blob[8:20])
    reserved = []
    while True:
        base, size = struct.unpack(">QQ", blob[off_rsv:off_rsv + 16])
        if not size:
            break
        reserved.append(Range(base, size, off_rsv))
        off_rsv += 16
    root = node = None
    at = off_struct
    while True:
        token, = struct.unpack(">I", blob[at:at + 4])
        at += 4
        if token == 1:
            end = blob.index(b"\0", at)
            new = Node(blob[at:end].decode("latin-1"), node)
            if node:
                node.children.append(new)
            else:
                root = new
            node = new
            at = (end + 4) & ~3
        elif token == 2:
            node = node.parent
        elif token == 3:
            size, name = struct.unpack(">2I", blob[at:at + 8])
            end = blob.index(b"\0", off_strings + name)
            name = blob[off_strings + name:end].decode("latin-1")
            if name not in node.properties:
                node.properties[name] = blob[at + 8:at + 8 + size]
                node.offsets[name] = at + 8
            at = (at + 8 + size + 3) & ~3
        elif token == 9:
            return root, reserved


def number(cells):
    """Cells as one number; the kernel keeps its last 64 bits."""
    value = 0
    for cell in cells:
        value = value << 32 | cell
    return value & MASK


# ------------------------------------------------------------------ dma-ranges


class Dma:
    """How far every device reaches: of_dma_get_max_cpu_address()."""

    BAD = MASK

    def __init__(self, root):
        self.root = root
        self.phandles = {}
        for node in root.walk():
            for name in ("linux,phandle", "phandle"):
                cells = node.cells(name)
                if cells:
                    self.phandles[cells[0]] = node

    def limit(self):
        """The first address that some device cannot reach."""
        highest = self.subtree(self.root)
        return NO_LIMIT if highest == MASK else highest + 1

    def subtree(self, node):
        highest = MASK
        ranges = node.cells("dma-ranges")
        if ranges:
            highest = min(highest, self.reach(node, ranges))
        for child in node.children:
            if child.available():
                highest = min(highest, self.subtree(child))
        return highest

    def reach(self, node, ranges):
        below, size = self.bus_cells(node)
        above = self.bus_cells(node.parent or node)[0]
        entry = below + above + size
        last = 0
        while len(ranges) >= entry:
            cpu = self.translate(node, list(ranges[below:]))
            end = cpu + number(ranges[below + above:entry]) & MASK
            if end > last:
                last = end - 1
            ranges = ranges[entry:]
        return last

    @staticmethod
    def bus_cells(node):
        """Cells of an address and of a length for the children of a node."""
        found = []
        for name in ("#address-cells", "#size-cells"):
            at = node
            while at and not at.cells(name):
                at = at.parent
            found.append(at.cells(name)[0] if at else 1)
        return found

    def kind(self, bus):
        if bus.text("device_type") in ("pci", "pciex", "vci", "ht") or \
                bus.name.split("@")[0] == "pcie":
            return "pci"
        if bus.name.split("@")[0] == "isa":
            return "isa"
        return "flags" if self.bus_cells(bus)[0] == 3 else "plain"

    def counts(self, kind, node):
        if kind == "pci":
            return 3, 2
        if kind == "isa":
            return 2, 1
        return self.bus_cells(node.parent or node)

    def parent(self, node):
        names = node.properties.get("interconnect-names", b"").split(b"\0")
        if b"dma-mem" in names:
            want = names.index(b"dma-mem")
            paths = list(node.cells("interconnects") or ())
            while paths:
                target = self.phandles.get(paths.pop(0))
                args = target and target.cells("#interconnect-cells")
                if not args or len(paths) < args[0]:
                    break
                if not want:
                    return target
                paths = paths[args[0]:]
                want -= 1
        return node.parent

    def translate(self, node, address):
        parent = self.parent(node)
        if not parent:
            return self.BAD
        kind = self.kind(parent)
        cells, size = self.counts(kind, node)
        if not 0 < cells <= 4 or not size:
            return self.BAD
        address = address[:cells]
        while True:
            node, parent = parent, self.parent(parent)
            if not parent:
                return number(address)
            kind_above = self.kind(parent)
            above, size_above = self.counts(kind_above, node)
            if not 0 < above <= 4 or not size_above:
                return self.BAD
            address = self.cross(node, kind, address, size, kind_above, above)
            if address is None:
                return self.BAD
            kind, size = kind_above, size_above

    def cross(self, bridge, kind, address, size, kind_above, above):
        ranges = bridge.cells("dma-ranges")
        cells = len(address)
        keep = 0 if kind_above == "plain" else 1
        if not ranges:
            base = (address + [0] * above)[:keep] + [0] * (above - keep)
            return self.add(base, keep, number(address))
        entry = cells + above + size
        skip = 0 if kind == "plain" else 1
        while len(ranges) >= entry:
            start = number(ranges[skip:cells])
            length = number(ranges[cells + above:entry])
            offset = number(address[skip:]) - start
            if self.same_space(kind, address, ranges) and \
                    0 <= offset and number(address[skip:]) < (start + length & MASK):
                return self.add(list(ranges[cells:cells + above]), keep, offset)
            ranges = ranges[entry:]
        return None

    @staticmethod
    def same_space(kind, one, two):
        if kind == "pci":
            spaces = (0, 1, 2, 2)
            return spaces[one[0] >> 24 & 3] == spaces[two[0] >> 24 & 3]
        if kind == "isa":
            return one[0] & 1 == two[0] & 1
        return kind == "plain" or one[0] == two[0]

    @staticmethod
    def add(address, keep, offset):
        cells = len(address) - keep
        total = number(address[keep:]) + offset & MASK
        digits = [total >> 32 & 0xffffffff, total & 0xffffffff]
        return address[:keep] + ([0] * cells + digits)[-cells:]


# ---------------------------------------------------------------------- boards


class Board:
    """What a kernel would read of a blob before it has a memory manager."""

    def __init__(self, blob):
        self.root, self.memreserve = read_tree(blob)
        self.bytes = len(blob)
        self.address_cells = (self.root.cells("#address-cells") or (1,))[0]
        self.size_cells = (self.root.cells("#size-cells") or (1,))[0]
        self.memory = []
        self.hints = []
        self.fixed = []
        self.wishes = []
        self.read_memory()
        self.read_reserved()
        self.dma_limit = Dma(self.root).limit()
        self.wants_memory = not self.memory

    def entries(self, node, name):
        """(address, length, offset in the blob), with the root's cells."""
        cells = node.cells(name)
        entry = self.address_cells + self.size_cells
        for at in range(0, len(cells) // entry * entry, entry):
            yield (number(cells[at:at + self.address_cells]),
                   number(cells[at + self.address_cells:at + entry]),
                   node.offsets[name] + 4 * at)

    def read_memory(self):
        for node in self.root.children:
            if node.text("device_type") != "memory" or not node.available():
                continue
            name = "linux,usable-memory"
            if name not in node.properties:
                name = "reg"
            if name not in node.properties:
                continue
            for base, size, at in self.entries(node, name):
                if size:
                    self.memory.append(Range(base, size, at))
                else:
                    self.hints.append(base)

    def read_reserved(self):
        parent = self.root.child("reserved-memory")
        if not parent or "ranges" not in parent.properties or \
                parent.cells("#address-cells") != (self.address_cells,) or \
                parent.cells("#size-cells") != (self.size_cells,):
            return
        for node in parent.children:
            if not node.available():
                continue
            nomap = "no-map" in node.properties
            cma = "reusable" in node.properties and b"shared-dma-pool" in \
                node.properties.get("compatible", b"").split(b"\0")
            if "reg" in node.properties:
                for base, size, at in self.entries(node, "reg"):
                    if size:
                        self.fixed.append(Range(base, size, at, nomap, cma))
            elif "size" in node.properties:
                places = [(base, base + size) for base, size, _ in
                          self.entries(node, "alloc-ranges")] \
                    if "alloc-ranges" in node.properties else []
                align = number(node.cells("alignment") or (1,)) or 1
                if cma and not nomap:
                    align = max(align, CMA_ALIGN)
                self.wishes.append(Wish(number(node.cells("size")),
                                        node.offsets["size"], nomap, align,
                                        places))

    def overlap(self):
        """Two ranges of memory that meet, or None."""
        for i, one in enumerate(self.memory):
            for two in self.memory[:i]:
                if one.base < two.base + two.size and two.base < one.base + one.size:
                    return one, two
        return None

    def memory_parameter(self):
        """The rule that applies, and what to give."""
        if not self.wants_memory:
            return 0, None
        if self.hints:
            return 1, (self.hints[0], GIB)
        if self.fixed:
            return 2, (min(r.base for r in self.fixed) // GIB * GIB, GIB)
        return 3, (GIB, GIB)

    def verdict(self):
        if self.wants_memory:
            return "needs memory="
        return "overlap" if self.overlap() else "boots"


def flat_name(path):
    """board= takes letters, digits, _ and - alone."""
    return re.sub(r"[^a-zA-Z0-9_-]", "_", path[:-len(".dtb")])


def find_boards(folder):
    """{flat name: path}, of all device trees below a folder."""
    boards = {}
    for top, _, files in os.walk(folder):
        for file in files:
            if file.endswith(".dtb"):
                path = os.path.join(top, file)
                name = flat_name(os.path.relpath(path, folder))
                if len(name) > 64 or name in boards:
                    sys.exit(f"{path}: no name of its own ({name})")
                boards[name] = path
    return dict(sorted(boards.items()))


def load(path):
    with open(path, "rb") as file:
        return Board(file.read())


def plan(folder):
    for name, path in find_boards(folder).items():
        given = load(path).memory_parameter()[1]
        print(name, f"{given[0]:#x}+{given[1]:#x}" if given else "-", path)


# ------------------------------------------------------------ sets of bytes


def join(pairs):
    """Sorted, what touches or overlaps made one; pairs of start and end."""
    joined = []
    for start, end in sorted(pairs):
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(end, joined[-1][1])
        else:
            joined.append([start, end])
    return [tuple(pair) for pair in joined]


def cut(ones, others):
    """What both sets have."""
    return join((max(a, c), min(b, d)) for a, b in ones for c, d in others
                if max(a, c) < min(b, d))


def meets(start, end, pairs):
    return any(start < b and a < end for a, b in pairs)


def show(pairs):
    return " ".join(f"{a:#x}-{b - 1:#x}" for a, b in pairs) or "nothing"


# ----------------------------------------------------------------------- judge


def predict(board, given):
    """(memory, no-map, reserved): what a kernel's memblock would be told."""
    banks = [given] if given else [(r.base, r.size) for r in board.memory]
    memory = join((-(-base // PAGE) * PAGE, (base + size) // PAGE * PAGE)
                  for base, size in banks)
    nomap, reserved = [], []
    for region in board.fixed:
        start, end = region.base, region.base + region.size
        if not region.nomap:
            reserved.append((start, end))
        # What is reserved already stays mapped.
        elif not (meets(start, end, memory) and meets(start, end, reserved)):
            nomap.append((start, end))
    # A pool that CMA cannot have is the system's again.
    kept = [(r.base, r.base + r.size) for r in board.fixed if not r.nomap and
            not (r.cma and (r.base | r.size) % CMA_ALIGN)]
    kept += [(r.base, r.base + r.size) for r in board.memreserve]
    return memory, cut(join(nomap), memory), join(kept)


def predict_dma(board, memory):
    """Where zone DMA ends: zone_sizes_init() of arm64."""
    last = board.dma_limit - 1 if board.dma_limit != NO_LIMIT else NO_LIMIT
    if memory[0][0] < 0xffffffff:
        last = min(last, 0xffffffff)
    return min(last, memory[-1][1] - 1) + 1


def read_guest(path):
    """{flat name: lines}"""
    boards = {}
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("== "):
                lines = boards.setdefault(line[3:].strip(), [])
            elif boards:
                lines.append(line.rstrip("\n"))
    return boards


def read_lists(lines):
    """(memory, no-map, reserved) as memblock's files show them."""
    lists = ([], [], [])
    reserved = False
    for line in lines:
        match = re.match(r" *\d+: (0x[0-9a-f]+)\.\.(0x[0-9a-f]+)(?: +\S+ (\S+))?$", line)
        reserved |= line == "reserved"
        if match:
            pair = int(match[1], 16), int(match[2], 16) + 1
            lists[2 if reserved else 0].append(pair)
            if not reserved and "NOMAP" in (match[3] or ""):
                lists[1].append(pair)
    return [join(pairs) for pairs in lists]


SECTIONS = {
    "Memory as it was described": "memory",
    "Reserved by the board, by address": "fixed",
    "Reserved by the board, by size": "wishes",
    "What follows from it": "rest",
}


def read_board_file(lines):
    """The rows of the file board, by section: (start, end, rest of the row)."""
    rows = collections.defaultdict(list)
    section = None
    for line in lines:
        for head, name in SECTIONS.items():
            section = name if line.startswith(head) else section
        if re.match("(Removed|Left by|Distances|linux,)", line):
            section = None
        match = re.match(r"  \[(?:(0x[0-9a-f]+)-(0x[0-9a-f]+)|nowhere *)\] +(\d+) (.*)", line)
        if match and section:
            start = int(match[1], 16) if match[1] else None
            end = int(match[2], 16) + 1 if match[1] else None
            rows[section].append((start, end, int(match[3]), match[4]))
        match = re.match(r"  dma limit +(none|0x[0-9a-f]+):", line)
        if match:
            rows["dma"] = NO_LIMIT if match[1] == "none" else int(match[1], 16)
    return rows


def offset_of(row):
    match = re.search(r"\(offset (0x[0-9a-f]+)\)", row[3])
    return int(match[1], 16) if match else None


def compare_rows(board, given, rows):
    """The file board: what the tree says, and where it says it."""
    wanted = [(r.base, r.base + r.size, r.at) for r in board.memory]
    if given:
        wanted = [(given[0], given[0] + given[1], None)]
    got = [(row[0], row[1], offset_of(row)) for row in rows["memory"]]
    if got != wanted:
        yield f"/memory {got}, predicted {wanted}"
    wanted = [(r.base, r.base + r.size, r.at, r.nomap) for r in board.fixed]
    wanted += [(r.base, r.base + r.size, r.at, False) for r in board.memreserve]
    got = [(row[0], row[1], offset_of(row), "static no-map" in row[3])
           for row in rows["fixed"]]
    if got != wanted:
        yield f"fixed {got}, predicted {wanted}"
    wanted = [(wish.at, wish.nomap) for wish in board.wishes]
    got = [(offset_of(row), " no-map " in row[3].split("(")[0]) for row in rows["wishes"]]
    if got != wanted:
        yield f"by size {got}, predicted {wanted}"
    if rows["dma"] != board.dma_limit:
        yield f"DMA limit {rows['dma']:#x}, predicted {board.dma_limit:#x}"


def check_wish(wish, row, memory, taken):
    """A region that has a size only: where it came to lie."""
    start, end = row[0], row[1]
    if end - start != wish.size or start % wish.align:
        return f"by size {start:#x}-{end - 1:#x}: not {wish.size:#x} at {wish.align:#x}"
    if wish.places and not any(a <= start and end <= b for a, b in wish.places):
        return f"by size {start:#x}-{end - 1:#x}: outside {show(wish.places)}"
    if cut([(start, end)], memory) != [(start, end)] or meets(start, end, taken):
        return f"by size {start:#x}-{end - 1:#x}: not free memory"
    return None


def compare(board, given, lines):
    """What differs, one line each."""
    memory, nomap, kept = predict(board, given)
    got_memory, got_nomap, got_reserved = read_lists(lines)
    rows = read_board_file(lines)
    yield from compare_rows(board, given, rows)
    if got_memory != memory:
        yield f"memory {show(got_memory)}, predicted {show(memory)}"
    taken = kept + nomap
    for wish, row in zip(board.wishes, rows["wishes"]):
        if row[0] is None:
            continue
        wrong = check_wish(wish, row, memory, taken)
        if wrong:
            yield wrong
        taken = taken + [(row[0], row[1])]
        if wish.nomap:
            nomap = join(nomap + [(row[0], row[1])])
    if got_nomap != nomap:
        yield f"no-map {show(got_nomap)}, predicted {show(nomap)}"
    if cut(kept, got_reserved) != kept:
        yield f"reserved {show(got_reserved)} lacks some of {show(kept)}"
    ends = re.findall(r"zone DMA ends at (0x[0-9a-f]+)", "\n".join(lines))
    wanted = predict_dma(board, memory)
    if [int(end, 16) for end in ends] != [wanted]:
        yield f"zone DMA ends at {ends}, predicted {wanted:#x}"


def reason_of(said):
    """A refusal without what only this board has: numbers and names."""
    said = re.sub(r"^.*board=[^:]*: ", "", said)
    said = re.sub(r"offset 0x[0-9a-f]+, ", "", said)
    said = re.sub(r"@[0-9a-f]+", "", said)
    said = re.sub(r"0x[0-9a-f]+(\+0x[0-9a-f]+)?", "N", said)
    return said.replace(" (N)", "").replace(" (offset N)", "")


def judge(folder, output):
    guest = read_guest(output)
    table = collections.Counter()
    rules = collections.Counter()
    vendors = collections.defaultdict(collections.Counter)
    wrong = []
    for name, path in find_boards(folder).items():
        board = load(path)
        rule, given = board.memory_parameter()
        lines = guest.get(name, [])
        said = {line.split(" ", 1)[0]: line.split(" ", 1)[1] for line in lines
                if re.match("(first|second) ", line)}
        first, second = said.get("first", "nothing"), said.get("second")
        if first == "booted":
            outcome = "boots"
        elif "/memory: left to the boot loader" in first and second == "booted":
            outcome = "needs memory="
            rules[rule] += 1
        elif "overlaps" in first:
            outcome = "overlap"
        else:
            outcome = f"{first}; {second}"
        if outcome != board.verdict():
            wrong.append(f"{name}: {outcome}; predicted: {board.verdict()}")
        elif outcome == "overlap":
            outcome = f"refused: {reason_of(first)}"
        else:
            wrong += [f"{name}: {line}" for line in compare(board, given, lines)]
        table[outcome] += 1
        vendors[os.path.relpath(path, folder).split(os.sep)[0]][outcome] += 1
    print_tables(table, rules, vendors)
    print(f"{len(wrong)} differences between the module and boards.py")
    for line in wrong[:40]:
        print(f"  {line}")
    sys.exit(1 if wrong else 0)


def print_tables(table, rules, vendors):
    print(f"{'vendor':<12}{'boards':>8}{'booted':>8}{'memory=':>9}{'refused':>9}")
    for vendor, counts in sorted(vendors.items()):
        rest = sum(counts.values()) - counts["boots"] - counts["needs memory="]
        print(f"{vendor:<12}{sum(counts.values()):>8}{counts['boots']:>8}"
              f"{counts['needs memory=']:>9}{rest:>9}")
    print()
    print(f"{sum(table.values()):>6}  device trees")
    print(f"{table.pop('boots', 0):>6}  booted as they are")
    print(f"{table.pop('needs memory=', 0):>6}  need memory=, and booted with it:")
    for rule, what in enumerate(("1 GiB at the address in /memory",
                                 "1 GiB at the lowest fixed reserved range",
                                 "1 GiB at 1 GiB"), 1):
        print(f"{rules[rule]:>14}  {what}")
    for reason, count in sorted(table.items()):
        print(f"{count:>6}  {reason}")


def dump(path):
    board = load(path)
    for entry in board.memory:
        print(f"memory {entry.base:#x}+{entry.size:#x} (offset {entry.at:#x})")
    for entry in board.fixed:
        print(f"fixed {entry.base:#x}+{entry.size:#x}"
              f"{' no-map' if entry.nomap else ''} (offset {entry.at:#x})")
    for entry in board.memreserve:
        print(f"memreserve {entry.base:#x}+{entry.size:#x} (offset {entry.at:#x})")
    for wish in board.wishes:
        places = show(wish.places) if wish.places else "all memory"
        print(f"by size {wish.size:#x}{' no-map' if wish.nomap else ''} aligned to"
              f" {wish.align:#x} in {places} (offset {wish.at:#x})")
    print(f"DMA limit {board.dma_limit:#x}")
    print(f"verdict {board.verdict()}, memory= {board.memory_parameter()}")


def main():
    commands = {("plan", 1): plan, ("judge", 2): judge, ("dump", 1): dump}
    command = commands.get((sys.argv[1] if len(sys.argv) > 1 else "", len(sys.argv) - 2))
    if not command:
        sys.exit(__doc__)
    command(*sys.argv[2:])


if __name__ == "__main__":
    main()
