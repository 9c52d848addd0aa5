#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests of board-log.py, without a guest or with what one left.

usage: test-board-log.py                   a small board of its own
       test-board-log.py DTB LOG SHADOW    a log that agrees with the shadow

Cut off anywhere the log agrees, and what comes next is said to come next.
With any one number in a line changed, that line is named. Ends with the count
of cases, or with status 1 and what went wrong.
"""

import contextlib
import importlib.util
import io
import os
import re
import struct
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from board_console import Console  # noqa: E402
from board_tree import Tree, merge, subtract  # noqa: E402

SPEC = importlib.util.spec_from_file_location(
    "board_log", os.path.join(HERE, "board-log.py"))
board_log = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(board_log)

CASES = [0]


def check(condition, *what):
    CASES[0] += 1
    if not condition:
        print("test-board-log.py:", *what)
        sys.exit(1)


# ---------------------------------------------------------------- a blob -----


def blob(nodes, memreserve=()):
    """nodes: (name, {property: value}, [nodes])"""
    names = b""
    struct_block = b""

    def pad(data):
        return data + bytes(-len(data) % 4)

    def add(node):
        nonlocal names, struct_block
        name, props, children = node
        struct_block += struct.pack(">I", 1) + pad(name.encode() + b"\0")
        for prop, value in props.items():
            struct_block += struct.pack(">III", 3, len(value), len(names))
            struct_block += pad(value)
            names += prop.encode() + b"\0"
        for child in children:
            add(child)
        struct_block += struct.pack(">I", 2)

    add(nodes)
    struct_block += struct.pack(">I", 9)
    reserve = b"".join(struct.pack(">QQ", *r) for r in memreserve) + bytes(16)
    start = 40 + len(reserve)
    header = struct.pack(">10I", 0xd00dfeed,
                         start + len(struct_block) + len(names), start,
                         start + len(struct_block), 40, 17, 16, 0, len(names),
                         len(struct_block))
    return header + reserve + struct_block + names


def cells(*numbers):
    return b"".join(struct.pack(">Q", n) for n in numbers)


def board(banks=((0x40000000, 0x20000000), (0x80000000, 0x20000000)),
          regions=(("tee@50000000", 0x50000000, 0x100000, True),),
          bootargs="console=ttyS0", size_cells=2, initrd=None):
    two = struct.pack(">I", 2)
    chosen = {"bootargs": bootargs.encode() + b"\0"} if bootargs else {}
    if initrd:
        chosen["linux,initrd-start"] = cells(initrd[0])
        chosen["linux,initrd-end"] = cells(initrd[1])
    children = [("memory@40000000", {
        "device_type": b"memory\0",
        "reg": b"".join(cells(*bank) for bank in banks)}, []),
        ("chosen", chosen, [])]
    if regions:
        children.append(("reserved-memory", {
            "#address-cells": two, "#size-cells": two, "ranges": b""},
            [(name, dict({"reg": cells(base, size)},
                         **({"no-map": b""} if nomap else {})), [])
             for name, base, size, nomap in regions]))
    return Tree(blob(("", {
        "model": b"Some Board\0", "#address-cells": two,
        "#size-cells": struct.pack(">I", size_cells)}, children)))


SHADOW = """==> boot <==
setup_machine_fdt             1      0      0  two ranges (arch)
arm64_memblock_init           1      0      0  memory (arch)
paging_init                   1      0      0  tables (arch)
bootmem_init                  1      0      0  1 nodes (arch)
   > OF: reserved mem: 0x0000000050000000..0x00000000500fffff (1024 KiB) nomap \
non-reusable tee@50000000
   > NUMA: Faking a node at [mem 0x0000000040000000-0x000000009fffffff]
free_area_init                1      0      0  zones (mm)
   > Zone ranges:
   >   DMA      [mem 0x0000000040000000-0x000000009fffffff]
   >   DMA32    empty
   >   Normal   empty
   >   Device   empty
   > Movable zone start for each node
   > Early memory node ranges
   >   node   0: [mem 0x0000000040000000-0x000000004fffffff]
   >   node   0: [mem 0x0000000050000000-0x00000000500fffff]
   >   node   0: [mem 0x0000000050100000-0x000000005fffffff]
   >   node   0: [mem 0x0000000080000000-0x000000009fffffff]
   > Initmem setup node 0 [mem 0x0000000040000000-0x000000009fffffff]
  o>   DMA zone: 2048 pages used for memmap
build_all_zonelists           1      0      0  one (mm)
   > Fallback order for Node 0: 0\x20
   > Built 1 zonelists, mobility grouping on.  Total pages: 262144
   > Policy zone: DMA
mem_init                      1      0      0  freed (mm)
   > Memory: 1000000K/1048576K available (1K kernel code)
==> config <==
image=0x40200000+0x2000000	# kernel image
==> handover <==
[0x9fff4000-0x9fffffff] 49152 bytes: table
==> memblock_memory <==
   0: 0x0000000040000000..0x000000004fffffff    0 NONE
   1: 0x0000000050000000..0x00000000500fffff    0 NOMAP
   2: 0x0000000050100000..0x000000005fffffff    0 NONE
   3: 0x0000000080000000..0x000000009fffffff    0 NONE
"""


def log_of_shadow():
    rows = ["Booting Linux on physical CPU 0x0000000000 [0x410fd034]",
            "Linux version 6.12-some (someone)", "Machine model: Some Board"]
    rows += re.findall(r"^   > (.*)", SHADOW, re.M)
    at = next(i for i, row in enumerate(rows) if row.startswith("Fallback"))
    rows.insert(at, "Kernel command line: console=ttyS0")
    return rows + ["Freeing unused kernel memory: 4608K"]


# ------------------------------------------------------------------- asking --


def compare(tree, log, shadow):
    """The comparison, and what is said of it"""
    out = io.StringIO()
    shadow = board_log.Shadow(shadow)
    console = Console(log.encode())
    with contextlib.redirect_stdout(out):
        board_log.compare(tree, console, shadow)
    return board_log.Comparison(tree, console, shadow), out.getvalue()


def parted(tree, log, shadow):
    """The number of the line where they part, and the property"""
    _, said = compare(tree, log, shadow)
    found = re.search(r"^line (\d+): .*: follows from (.*)", said, re.M)
    return (int(found.group(1)), found.group(2)) if found else (None, said)


def check_cuts(tree, log, shadow):
    """Cut after each line, and within"""
    rows = log.split("\n")
    whole = Console(log.encode())
    kinds = board_log.COMPARED
    lines = whole.of(*kinds)
    cuts = sorted({n for line in whole.lines if line.rank is not None
                   for n in (line.number - 1, line.number)})
    for cut in cuts:
        part = "\n".join(rows[:cut])
        comparison, said = compare(tree, part + "\n" if cut else "", shadow)
        check(not comparison.parts, "cut after line", cut, said)
        check_next(comparison, lines, cut, said)
        if cut < len(rows):
            for piece in (rows[cut][:len(rows[cut]) * 2 // 3],
                          rows[cut][:-1], rows[cut][:-1] + "\n"):
                comparison, said = compare(tree, part + "\n" + piece, shadow)
                check(not comparison.parts, "cut within line", cut + 1, said)


def check_next(comparison, lines, cut, said):
    found = re.search(r"next the kernel would have printed: *(.*)", said)
    # Not every kernel has a zone of devices.
    rest = [line for line in lines if line.number > cut and
            line.values[:1] != ("Device",)]
    if not rest:
        check(not found or "Memory:" in found.group(1) or
              cut < comparison.console.first, cut, said)
        return
    check(found, "nothing comes next after line", cut, said)
    if re.match(r"Booting|Machine model", found.group(1)):
        check(not comparison.console.of("model"), cut, said)
        return
    expected = min(line.rank for line in rest)
    if re.match("Memory:", found.group(1)):
        check(all(line.kind in ("total", "policy") for line in rest), cut, said)
        return
    named = [line for line in rest
             if line.text.strip() == found.group(1).strip() or
             line.kind in ("built", "reserved") and
             found.group(1)[:8] in line.text]
    check(named and named[0].rank == expected, "after line", cut,
          "another one comes:", said)


# What is changed in a line of a kind: the last number that is compared
CHANGE = {"total": r"/(\d+)K", "built": r"(\d+)$", "fallback": r"Order|: (\d+)",
          "reserved": r"0x0*([1-9a-f][0-9a-f]*)", "zone": r"0x0*([0-9a-f]+)\]",
          "node": r"0x0*([0-9a-f]+)\]", "initmem": r"0x0*([0-9a-f]+)\]",
          "faked": r"0x0*([0-9a-f]+)\]", "holes": r"(\d+) pages",
          "model": r"model: (\S)", "memory": r"-0x0*([0-9a-f]+)\]"}


def check_changes(tree, log, shadow):
    """A line that says something else is named"""
    rows = log.split("\n")
    for line in Console(log.encode()).lines:
        pattern = CHANGE.get(line.kind)
        found = re.search(pattern, rows[line.number - 1].rstrip()) \
            if pattern else None
        if not found:
            continue
        old = rows[line.number - 1]
        digit = "7" if old[found.start(1)] != "7" else "3"
        rows[line.number - 1] = old[:found.start(1)] + digit + \
            old[found.start(1) + 1:]
        number, _ = parted(tree, "\n".join(rows), shadow)
        check(number == line.number, "line %d was changed to `%s`, %s is named" %
              (line.number, rows[line.number - 1], number))
        rows[line.number - 1] = old


def check_dress(tree, log, shadow):
    """The same log as consoles and terminals dress it"""
    rows = log.split("\n")
    bare = [re.sub(r"^\[ *\d+\.\d+\] ", "", row) for row in rows]
    for dressed in (
            "\r\n".join(rows), "\n".join(bare), "\n".join(
                "[    0.000000][    T0] " + row for row in bare),
            "U-Boot 2023.04\nDRAM:  1 GiB\n\nStarting kernel ...\n\n" + log,
            "\n".join(rows[:4]) + "\n" + log,
            "\n".join(row + "\nsome driver: other line" for row in rows),
            "\n".join("\x1b[0m" + row for row in rows)):
        comparison, said = compare(tree, dressed, shadow)
        check(not comparison.parts, "dressed:", dressed[:60], said)
        check(comparison.compared > 9, "too little was compared:", said)


def check_all(tree, log, shadow):
    comparison, said = compare(tree, log, shadow)
    check(not comparison.parts, said)
    check(comparison.compared > 9, said)
    check_dress(tree, log, shadow)
    check_cuts(tree, log, shadow)
    check_changes(tree, log, shadow)


# ------------------------------------------------------------- a small board --


def expect(tree, log, pattern, number=None, shadow=SHADOW):
    where, why = parted(tree, log, shadow)
    check(where and re.match(pattern, why) and number in (None, where),
          "expected %s at %s, got %s: %s" % (pattern, number, where, why))


def replaced(rows, old, new):
    changed = [row.replace(old, new) for row in rows]
    check(changed != rows, old, "is not in the log")
    return "\n".join(row for row in changed if row) + "\n"


def check_small():
    rows = log_of_shadow()
    log = "\n".join(rows) + "\n"
    check_all(board(), log, SHADOW)
    line = {row.strip(): i for i, row in enumerate(rows, 1)}

    last = "  node   0: [mem 0x0000000080000000-0x000000009fffffff]"
    # A bank that the board's kernel had not, or of another length
    expect(board(), replaced(rows, last, ""), r"/memory@40000000 reg \(offset")
    expect(board(), replaced(rows, "5fffffff]", "57ffffff]"),
           r"/memory@40000000 reg \(offset 0x[0-9a-f]+\): it says "
           r"\[0x40000000-0x5fffffff\], of which .* has not "
           r"\[0x58000000-0x5fffffff\]", line["node   0: [mem 0x0000000050100000"
                                              "-0x000000005fffffff]"])
    # One that is missing in the tree
    one = board(banks=((0x40000000, 0x20000000),))
    shadow = re.sub(r".*0x0000000080000000.*\n", "", SHADOW) \
        .replace("9fffffff", "5fffffff")
    expect(one, log, r"/memory@40000000 reg .*\[0x60000000-0x9fffffff\]|"
           r"/memory@40000000 reg .*\[0x80000000-0x9fffffff\]",
           line["NUMA: Faking a node at [mem 0x0000000040000000-"
                "0x000000009fffffff]"], shadow)
    # A region that one of them has not, and the command line
    expect(board(), replaced(rows, rows[3], ""),
           r"/reserved-memory/tee@50000000 reg \(offset")
    expect(board(bootargs="console=ttyS0 mem=1G"), log,
           r"/chosen bootargs \(offset .*mem=1G in the tree", line[
               "Kernel command line: console=ttyS0"])
    expect(board(), replaced(rows, "Some Board", "Another"), r"/ model \(offset",
           line["Machine model: Some Board"])
    # Other cells: the tree is refused, and the log shows which would fit
    refused = "==> refused <==\nboard=x: offset 0x90, /memory reg: 32 bytes\n"
    expect(board(size_cells=1), log, r"/ #size-cells \(offset 0x[0-9a-f]+\): "
           "with 2 and 2 cells", line["NUMA: Faking a node at [mem 0x0000000040"
                                      "000000-0x000000009fffffff]"], refused)
    # An initrd that is announced as out of reach, the log without
    shadow = SHADOW.replace("paging_init  ", "   > initrd not fully accessible "
                            "via the linear mapping -- please check your "
                            "bootloader ...\npaging_init  ")
    expect(board(initrd=(0xa0000000, 0xa1000000)), log,
           r"/chosen linux,initrd-start \(offset .* is no memory", line[
               rows[3]], shadow)
    # Lost lines are not missed, quiet consoles neither
    lost = replaced(rows, rows[3], "** 1 printk messages dropped **")
    check(parted(board(), lost, SHADOW)[0] is None, "a lost line is missed")
    quiet = "\n".join(rows[-1:]) + "\n"
    check("warnings at most" in compare(board(), quiet, SHADOW)[1], "quiet")
    # The last of several boots, and what the boot loader says before
    twice = "\n".join(rows[:8] + ["Loading Ramdisk to 4d000000, end 4d100000 ..."
                                  " OK"] + rows) + "\n"
    comparison, said = compare(board(), twice, SHADOW)
    check("holds 2 boots" in said and not comparison.parts, said)
    given = {name: value for name, value, _, _ in board_log.taken(
        board_log.Loader(board(bootargs=""), Console(twice.encode())), ())}
    check(given == {"cmdline": "console=ttyS0",
                    "initrd": "0x4d000000+0x100000"}, given)
    empty = board(banks=((0x40000000, 0),))
    given = {name: value for name, value, _, _ in board_log.taken(
        board_log.Loader(empty, Console(log.encode())), ("cmdline",))}
    check(given == {"memory": "0x40000000+0x20000000,0x80000000+0x20000000"},
          given)


def check_ranges():
    check(merge([(5, 9), (0, 2), (2, 4)]) == [(0, 4), (5, 9)], "merge")
    check(subtract([(0, 10)], [(2, 4), (9, 12)]) == [(0, 2), (4, 9)], "subtract")
    # A blob that ends anywhere is read as far as it goes
    data = blob(("", {"model": b"x\0"}, [("memory", {"reg": cells(1, 2)}, [])]))
    for length in range(len(data)):
        Tree(data[:length])
        CASES[0] += 1


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main(arguments):
    if len(arguments) == 3:
        check_all(Tree(read(arguments[0])),
                  read(arguments[1]).decode("utf-8", "replace"),
                  read(arguments[2]).decode("utf-8", "replace"))
    else:
        check_ranges()
        check_small()
    print("%d cases" % CASES[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
