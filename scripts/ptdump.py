#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""ptdump.py - reads and compares dumps of arm64 page tables

usage: scripts/ptdump.py check FILE...
       scripts/ptdump.py markers FILE
       scripts/ptdump.py layout KERNEL SHADOW
       scripts/ptdump.py same FILE

A dump is what /sys/kernel/debug/kernel_page_tables of a kernel with
CONFIG_PTDUMP_DEBUGFS holds, shadow_mm/page_tables, or
shadow_mm_raw/host/page_tables. FILE may be - for standard input. It may hold
several dumps behind one another.

check    the format, column by column: each line starts where the last one
         ended, its size is what the addresses say, it differs from the line
         before, markers stand where a line begins, and the end is the end of
         the address space
markers  the names of the markers, in order
layout   the shadow's markers are the kernel's, in the kernel's order; of the
         kernel's, those of KASAN may be missing: the shadow has no such region
same     FILE holds dumps kernel, ours, kernel, ours, ... taken in turn. What
         the kernel says twice ours says in between, and the other way round,
         line by line. A line that was only there once may be missing: a mapping
         came or went meanwhile. At least nine of ten lines must have stayed

The status is 0 if all is well, else 1, and standard output says what is not.
"""

import re
import sys

PAGE_SIZES = (4096, 16384, 65536)
LEVELS = ("PGD", "P4D", "PUD", "PMD", "PTE")
TYPES = ("DEVICE/nGnRnE", "DEVICE/nGnRE", "MEM/NORMAL-NC", "MEM/NORMAL",
         "MEM/NORMAL-TAGGED")

# The columns of pte_bits in arch/arm64/mm/ptdump.c: what is printed when the
# bits are set and when they are not, each after one blank.
COLUMNS = (
    ("valid", " ", "F"), ("user", "USR", "   "), ("rdonly", "ro", "RW"),
    ("pxn", "NX", "x "), ("shared", "SHD", "   "), ("af", "AF", "  "),
    ("ng", "NG", "  "), ("cont", "CON", "   "), ("table", "   ", "BLK"),
    ("uxn", "UXN", "   "), ("gp", "GP", "  "),
)

MARKER = re.compile(r"---\[ (.+) \]---")
RANGE = re.compile(r"0x([0-9a-f]{16})-0x([0-9a-f]{16})   ([ 0-9]{9,})([KMGTPE]) "
                   r"(P[A-Z4]{2})(.*)")
FIRST = "Linear Mapping start"
SPACE_END = 1 << 64


class Bad(Exception):
    """Not a dump, and why."""


def parse_attrs(text):
    """Columns of a mapped line, or None of a hole's."""
    if not text:
        return None
    attrs = {}
    at = 0
    for name, on, off in COLUMNS:
        for value, word in ((True, " " + on), (False, " " + off)):
            if text.startswith(word, at):
                attrs[name] = value
                at += len(word)
                break
        else:
            raise Bad(f"column {name}: neither '{on}' nor '{off}' at '{text[at:]}'")
    attrs["type"] = text[at + 1:] if at < len(text) else ""
    if at < len(text) and (text[at] != " " or attrs["type"] not in TYPES):
        raise Bad(f"unknown memory type '{text[at:]}'")
    return attrs


def size_text(nr_bytes):
    """The size as note_page() prints it."""
    size = nr_bytes >> 10
    units = "KMGTPE"
    while not size & 1023 and units[1:]:
        size >>= 10
        units = units[1:]
    return f"{size:9}{units[0]}"


class Dump:
    """One dump: its lines, and what they say."""

    def __init__(self):
        self.lines = []
        self.markers = []       # (name, address at which it stands)
        self.ranges = []        # (start, end, level, attrs)

    def add_marker(self, name):
        self.markers.append((name, self.ranges[-1][1] if self.ranges else None))

    def add_range(self, match):
        start, end = int(match[1], 16), int(match[2], 16) or SPACE_END
        attrs = parse_attrs(match[6])
        if not self.markers:
            raise Bad("the first line is no marker")
        if match[5] not in LEVELS:
            raise Bad(f"unknown level {match[5]}")
        if end <= start or start % PAGE_SIZES[0] or end % PAGE_SIZES[0]:
            raise Bad("no range of pages")
        if match[3] + match[4] != size_text(end - start):
            raise Bad(f"size '{match[3]}{match[4]}' is not '{size_text(end - start)}'")
        if attrs and (match[5] == "PTE") != attrs["table"] and attrs["valid"]:
            raise Bad("BLK on a page, or none on a block")
        new = (start, end, match[5], attrs)
        if self.ranges:
            last = self.ranges[-1]
            if last[1] != start:
                raise Bad(f"starts at {start:#x}, the line before ends at {last[1]:#x}")
            if last[2:] == new[2:] and self.markers[-1][1] != start:
                raise Bad("is the line before, continued")
        self.ranges.append(new)

    def add(self, line):
        match = MARKER.fullmatch(line)
        if match:
            self.add_marker(match[1])
        else:
            match = RANGE.fullmatch(line)
            if not match:
                raise Bad("neither a marker nor a range")
            self.add_range(match)
        self.lines.append(line)

    def finish(self):
        if not self.ranges or self.ranges[-1][1] != SPACE_END:
            raise Bad("does not reach the end of the address space")

    def names(self):
        return [name for name, _ in self.markers]

    def mapped(self):
        return sum(end - start for start, end, _, attrs in self.ranges if attrs)


def read_dumps(path):
    """All dumps of a file."""
    file = sys.stdin if path == "-" else open(path, encoding="ascii")
    dumps = []
    with file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            try:
                if line == f"---[ {FIRST} ]---":
                    if dumps:
                        dumps[-1].finish()
                    dumps.append(Dump())
                if not dumps:
                    raise Bad(f"a dump begins with {FIRST}")
                dumps[-1].add(line)
            except Bad as bad:
                raise Bad(f"{path}: line {number}: {bad}: {line}") from None
    if not dumps:
        raise Bad(f"{path}: nothing there")
    try:
        dumps[-1].finish()
    except Bad as bad:
        raise Bad(f"{path}: {bad}") from None
    return dumps


def read_dump(path):
    dumps = read_dumps(path)
    if len(dumps) != 1:
        raise Bad(f"{path}: {len(dumps)} dumps, one is wanted")
    return dumps[0]


def check(paths):
    for path in paths:
        for dump in read_dumps(path):
            print(f"{path}: {len(dump.ranges)} ranges, {len(dump.markers)} markers, "
                  f"{dump.mapped() >> 10} KiB mapped")
    return 0


def markers(path):
    print("\n".join(read_dump(path).names()))
    return 0


def layout(kernel_path, shadow_path):
    kernel, shadow = read_dump(kernel_path).names(), read_dump(shadow_path).names()
    wanted = [name for name in kernel if not name.startswith("Kasan ")]
    if shadow != wanted:
        print(f"markers: the kernel has {wanted}, the shadow {shadow}")
        return 1
    print(f"{len(shadow)} markers have the kernel's names and order")
    return 0


def missing(before, between, after):
    """Lines that one side says twice, and the other does not in between."""
    stayed = set(before.lines) & set(after.lines)
    return [line for line in before.lines
            if line in stayed and line not in set(between.lines)], len(stayed)


def same(path):
    dumps = read_dumps(path)
    if len(dumps) < 4:
        raise Bad(f"{path}: {len(dumps)} dumps, at least four are wanted")
    bad = 0
    for i in range(len(dumps) - 2):
        lines, stayed = missing(*dumps[i:i + 3])
        for line in lines:
            print(f"{'ours' if i % 2 == 0 else 'the kernel'} lacks: {line}")
        bad += len(lines)
        if stayed * 10 < len(dumps[i].lines) * 9:
            print(f"only {stayed} of {len(dumps[i].lines)} lines stayed from dump "
                  f"{i + 1} to {i + 3}")
            bad += 1
    equal = sum(dumps[i].lines == dumps[i + 1].lines for i in range(0, len(dumps) - 1, 2))
    print(f"{len(dumps)} dumps of {len(dumps[0].lines)} lines: {equal} of "
          f"{len(dumps) // 2} pairs are equal in every line, {bad} differences that stay")
    return 1 if bad else 0


def main(args):
    commands = {"check": (check, None), "markers": (markers, 1), "layout": (layout, 2),
                "same": (same, 1)}
    if args[:1] in (["-h"], ["--help"]):
        print(__doc__.strip())
        return 0
    if not args or args[0] not in commands:
        print(__doc__.strip(), file=sys.stderr)
        return 64
    command, nr_args = commands[args[0]]
    if (nr_args is None and len(args) < 2) or nr_args not in (None, len(args) - 1):
        print(__doc__.strip(), file=sys.stderr)
        return 64
    try:
        return command(args[1:]) if nr_args is None else command(*args[1:])
    except (Bad, OSError, UnicodeDecodeError) as error:
        print(error)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
