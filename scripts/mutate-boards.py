#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""mutate-boards.py - boards as nobody should write them

usage: scripts/mutate-boards.py SEED COUNT FOLDER FILE...

Writes COUNT mutants of the FILEs (.dtb and .txt) into FOLDER, as mNNN.dtb and
mNNN.txt. The same seed gives the same mutants. Half of those of device trees
are made by someone who knows the format: values, lengths and offsets become
what is interesting, nodes are doubled and torn out; the other half is noise.
"""

import os
import random
import struct
import sys

INTERESTING = (0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 63, 64, 255, 0xfff, 0x1000,
               0x7fffffff, 0x80000000, 0xfffff000, 0xfffffffc, 0xffffffff)
BEGIN, END, PROP, NOP, LAST = 1, 2, 3, 4, 9


def tokens(blob):
    """Offsets: (token, offset, length of the property's value)."""
    at, = struct.unpack(">I", blob[8:12])
    found = []
    while at + 4 <= len(blob):
        token, = struct.unpack(">I", blob[at:at + 4])
        size = 0
        start = at
        at += 4
        if token == BEGIN:
            at = (blob.index(b"\0", at) + 4) & ~3
        elif token == PROP:
            size, = struct.unpack(">I", blob[at:at + 4])
            at = (at + 8 + size + 3) & ~3
        found.append((token, start, size))
        if token == LAST:
            break
    return found


def set_cell(blob, at, value):
    blob[at:at + 4] = struct.pack(">I", value & 0xffffffff)


def cell_in_header(rng, blob):
    set_cell(blob, rng.randrange(10) * 4, rng.choice(INTERESTING + (len(blob), len(blob) - 1)))


def cell_in_value(rng, blob):
    places = [(at, size) for token, at, size in tokens(blob) if token == PROP and size >= 4]
    at, size = rng.choice(places)
    set_cell(blob, at + 12 + rng.randrange(size // 4) * 4, rng.choice(INTERESTING))


def length_of_property(rng, blob):
    at = rng.choice([at for token, at, size in tokens(blob) if token == PROP])
    old, = struct.unpack(">I", blob[at + 4:at + 8])
    set_cell(blob, at + 4, rng.choice(INTERESTING + (old + 4, old - 4, old + 1)))


def name_of_property(rng, blob):
    props = [at for token, at, size in tokens(blob) if token == PROP]
    one, other = rng.choice(props), rng.choice(props)
    blob[one + 8:one + 12] = blob[other + 8:other + 12]


def name_of_node(rng, blob):
    at = rng.choice([at for token, at, size in tokens(blob) if token == BEGIN])
    if blob[at + 4]:
        blob[at + 4 + rng.randrange(3)] = rng.choice(b"\0/@\n\xff% ")


def one_token(rng, blob):
    at = rng.choice(tokens(blob))[1]
    set_cell(blob, at, rng.choice((BEGIN, END, PROP, NOP, LAST, 0, 5)))


def splice(rng, blob):
    """A part of the structure block once more, or not at all."""
    found = tokens(blob)
    start, end = sorted(at for _, at, _ in rng.choices(found, k=2))
    part = blob[start:end]
    where = rng.choice(found)[1]
    if rng.random() < 0.5:
        blob[where:where] = part * rng.choice((1, 2, 70))
    else:
        del blob[start:end]
    grown = len(blob)
    set_cell(blob, 4, grown)
    off_struct, off_strings = struct.unpack(">2I", blob[8:16])
    size_strings, = struct.unpack(">I", blob[32:36])
    if off_strings > off_struct:
        set_cell(blob, 12, grown - size_strings)
        set_cell(blob, 36, grown - size_strings - off_struct)


def truncate(rng, blob):
    del blob[rng.randrange(len(blob)):]
    if rng.random() < 0.5 and len(blob) >= 8:
        set_cell(blob, 4, len(blob))


def bytes_anywhere(rng, blob):
    for _ in range(rng.choice((1, 1, 2, 8, 100))):
        blob[rng.randrange(len(blob))] = rng.randrange(256)


def bits_anywhere(rng, blob):
    for _ in range(rng.choice((1, 1, 3))):
        blob[rng.randrange(len(blob))] ^= 1 << rng.randrange(8)


TREE = (cell_in_header, cell_in_value, cell_in_value, cell_in_value,
        length_of_property, name_of_property, name_of_node, one_token, splice,
        truncate)
NOISE = (bytes_anywhere, bits_anywhere, truncate)


def mutate_tree(rng, blob):
    tools = TREE if rng.random() < 0.5 else NOISE
    for _ in range(rng.choice((1, 1, 2, 4))):
        try:
            rng.choice(tools)(rng, blob)
        except (struct.error, ValueError, IndexError):
            # What came before has destroyed too much for this tool.
            bytes_anywhere(rng, blob)
        if not blob:
            blob += b"\0"


def mutate_text(rng, blob):
    lines = bytes(blob).split(b"\n")
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = rng.randrange(len(lines))
        tool = rng.randrange(7)
        if tool == 0:
            del lines[at]
        elif tool == 1:
            lines[at:at] = [lines[at]] * rng.choice((1, 2, 2000))
        elif tool == 2:
            other = rng.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        elif tool == 3 and lines[at]:
            where = rng.randrange(len(lines[at]))
            noise = bytes([rng.choice(b"0123456789abcdefx.: -\0\r\t\xff|#")])
            lines[at] = lines[at][:where] + noise + lines[at][where + 1:]
        elif tool == 4:
            lines[at] = lines[at][:rng.randrange(len(lines[at]) + 1)]
        elif tool == 5:
            lines[at] = lines[at].replace(b"0x0000", rng.choice((b"0xffff", b"0x000f", b"0x")))
        else:
            lines[at] += rng.choice((b" 0 NONE", b" 9 NONE", b" x NOMAP|HOTPLUG",
                                     b" 0 WHAT", b"..", b"0" * 5000))
        if not lines:
            lines = [b""]
    blob[:] = b"\n".join(lines)


def main():
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    seed, count, folder, files = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:]
    os.makedirs(folder, exist_ok=True)
    for number in range(count):
        rng = random.Random(seed * 1000003 + number)
        path = files[number % len(files)]
        with open(path, "rb") as file:
            original = bytearray(file.read())
        mutant = bytearray(original)
        is_text = path.endswith(".txt")
        while mutant == original:
            mutant = bytearray(original)
            (mutate_text if is_text else mutate_tree)(rng, mutant)
        name = f"m{number:03}{'.txt' if is_text else '.dtb'}"
        with open(os.path.join(folder, name), "wb") as file:
            file.write(mutant)


if __name__ == "__main__":
    main()
