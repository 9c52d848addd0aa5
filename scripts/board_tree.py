# SPDX-License-Identifier: GPL-2.0-only
"""A flattened device tree, as far as memory follows from it.

Read independently of the module: what the module derived is explained with
it, a property and its offset in the blob in bytes at a time. A tree that is
malformed is read as far as it goes; the module is who refuses it.
"""

import struct

MAGIC = 0xD00DFEED
# What a tree may say of its root's cells
CELLS = ((2, 2), (2, 1), (1, 2), (1, 1))
BEGIN_NODE, END_NODE, PROP, NOP, END = 1, 2, 3, 4, 9


class Node:
    """A node: its properties are {name: (offset of the value, value)}."""

    def __init__(self, path, name):
        self.path = path
        self.name = name
        self.props = {}
        self.children = []

    def has(self, name):
        return name in self.props

    def value(self, name):
        return self.props[name][1] if name in self.props else b""

    def text(self, name):
        return self.value(name).split(b"\0")[0].decode("utf-8", "replace")

    def number(self, name, default=None):
        value = self.value(name)
        if not value or len(value) % 4:
            return default
        return int.from_bytes(value, "big")

    def cite(self, name, skip=0):
        """'/memory@0 reg (offset 0x1234)'; @skip: bytes into the value"""
        if name not in self.props:
            return "%s %s (it is not there)" % (self.path, name)
        return "%s %s (offset %#x)" % (self.path, name,
                                       self.props[name][0] + skip)

    def walk(self):
        yield self
        for child in self.children:
            yield from child.walk()


class Range:
    """Addresses [base, end) that a property gives."""

    def __init__(self, base, size, cite, node=None):
        self.base = base
        self.end = base + size
        self.cite = cite
        self.node = node

    def overlaps(self, base, end):
        return self.base < end and base < self.end


def _string(blob, start):
    end = blob.find(b"\0", start)
    return blob[start:end if end >= 0 else len(blob)].decode("utf-8", "replace")


class Tree:
    """The tree of a blob."""

    def __init__(self, blob):
        self.root = Node("/", "")
        self.memreserve = []
        try:
            self._read(blob)
        except (struct.error, IndexError):
            pass
        self.cells = (self.root.number("#address-cells", 2),
                      self.root.number("#size-cells", 1))
        # Without either property the kernel takes one cell for both.
        if not self.root.has("#address-cells"):
            self.cells = (1, self.cells[1])

    def _read(self, blob):
        header = struct.unpack_from(">7I", blob)
        if header[0] != MAGIC:
            return
        at = header[4]
        while True:
            base, size = struct.unpack_from(">QQ", blob, at)
            if not size:
                break
            self.memreserve.append(Range(
                base, size, "/memreserve/ (offset %#x)" % at))
            at += 16
        self._read_nodes(blob, header[2], header[3])

    def _read_nodes(self, blob, at, strings):
        stack = []
        while True:
            token, = struct.unpack_from(">I", blob, at)
            at += 4
            if token == BEGIN_NODE:
                name = _string(blob, at)
                at += (len(name.encode()) + 4) & ~3
                if stack:
                    path = stack[-1].path.rstrip("/") + "/" + name
                    stack.append(Node(path, name))
                    stack[-2].children.append(stack[-1])
                else:
                    stack.append(self.root)
            elif token == END_NODE:
                stack.pop()
            elif token == PROP:
                size, name = struct.unpack_from(">II", blob, at)
                stack[-1].props.setdefault(
                    _string(blob, strings + name),
                    (at + 8, blob[at + 8:at + 8 + size]))
                at += 8 + ((size + 3) & ~3)
            elif token != NOP:
                return

    def child(self, name):
        for node in self.root.children:
            if node.name == name:
                return node
        return Node("/" + name, name)

    def entries(self, node, name, cells=None):
        """The ranges of a property; nothing of a half entry, as the kernel"""
        na, ns = cells or self.cells
        value = node.value(name)
        entry = 4 * (na + ns)
        if not entry:
            return
        for at in range(0, len(value) - entry + 1, entry):
            base = int.from_bytes(value[at:at + 4 * na], "big")
            size = int.from_bytes(value[at + 4 * na:at + entry], "big")
            yield Range(base, size, node.cite(name, at), node)

    def memory_nodes(self):
        for node in self.root.children:
            if node.text("device_type") == "memory" and \
                    node.text("status") in ("", "ok", "okay"):
                yield node

    def memory(self, cells=None):
        """What /memory says, in its order, empty entries left out"""
        found = []
        for node in self.memory_nodes():
            name = "linux,usable-memory"
            name = name if node.has(name) else "reg"
            found += [r for r in self.entries(node, name, cells)
                      if r.end > r.base]
        return found

    def says_memory(self, spans):
        """Is there memory, or with other cells that of [(base, end)]?"""
        return bool(self.memory()) or any(
            set(spans) <= set(merge([(r.base, r.end)
                                     for r in self.memory(cells)]))
            for cells in CELLS)

    def reserved_nodes(self):
        return self.child("reserved-memory").children

    def reserved(self):
        """Ranges of /reserved-memory that have an address"""
        found = []
        for node in self.reserved_nodes():
            found += [r for r in self.entries(node, "reg") if r.end > r.base]
        return found

    def initrd(self):
        """(start, end) or None"""
        chosen = self.child("chosen")
        start = chosen.number("linux,initrd-start")
        end = chosen.number("linux,initrd-end")
        if start is None or end is None or end <= start:
            return None
        return start, end

    def bootargs(self):
        return self.child("chosen").text("bootargs")


def merge(ranges):
    """[(base, end)] sorted, what touches joined"""
    merged = []
    for base, end in sorted(ranges):
        if merged and base <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif base < end:
            merged.append((base, end))
    return merged


def subtract(ranges, others):
    """What of [(base, end)] is in none of the others"""
    left = merge(ranges)
    for base, end in others:
        left = [piece for r in left
                for piece in ((r[0], min(r[1], base)), (max(r[0], end), r[1]))
                if piece[0] < piece[1]]
    return left
