# SPDX-License-Identifier: GPL-2.0-only
"""Readers of the machine's files: text in, plain lists and dicts out.

Each raises BadText with the number of the line that it does not understand.
"""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "shadow_pgtable"))

import tree as treedump  # noqa: E402

# Whose a frame is: letter (those of the file map), name, colour on light and on
# dark ground. The colours are Okabe and Ito's, and greys and tints that differ
# from them in lightness; what colours leave open the letters tell.
CLASSES = [
    ("F", "free", "#e3e7eb", "#2d333b"),
    ("C", "free, on a CPU's lists", "#f0e442", "#f0e442"),
    ("D", "direct: alloc_pages", "#e69f00", "#e69f00"),
    ("T", "translation tables", "#d55e00", "#e8743b"),
    ("S", "slabs", "#009e73", "#00b386"),
    ("K", "kmalloc, too large for a slab", "#7fd0b9", "#8fdcc8"),
    ("V", "vmalloc", "#0072b2", "#2b8fd0"),
    ("P", "kmap", "#7b5fb0", "#a58bd6"),
    ("U", "user", "#cc79a7", "#dd92bb"),
    ("O", "other machines live there", "#8c6d46", "#b08d60"),
    ("M", "memmap", "#56b4e9", "#56b4e9"),
    ("I", "kernel image, device tree, initrd", "#5b6570", "#97a1ab"),
    ("E", "other early reservations", "#98a0a8", "#6a747e"),
    ("N", "no-map: in no table", "#000000", "#f0f0f0"),
    ("Z", "zone Device", "#b9a44c", "#c9b45c"),
    ("-", "no memory", "#f7f8fa", "#12161c"),
    ("?", "not known", "#c4b5c9", "#54465a"),
]
BY_LETTER = {letter: i for i, (letter, *_) in enumerate(CLASSES)}
FREE, HOLE, UNKNOWN = BY_LETTER["F"], BY_LETTER["-"], BY_LETTER["?"]

# enum shadow_owner, as bits 16 to 20 of gfp_flags have it; 0 is DIRECT
OF_OWNER = [BY_LETTER[letter] for letter in "DDTSKVPUOMIE"]


class BadText(Exception):
    """What is wrong, beginning with the line's number."""


class NotYet(Exception):
    """The machine's own sentence: there is nothing to show."""


def lines_of(text):
    """(number, line) of the lines that say something."""
    for number, line in enumerate(text.splitlines(), 1):
        if number == 1 and re.match(r"\S+: nothing to show|.*machine is down", line):
            raise NotYet(line.strip())
        if line.strip():
            yield number, line


def bad(number, line, wanted):
    return BadText(f"line {number}: {wanted} was expected, not {line.strip()[:60]!r}")


MAX_NUMBER = 1 << 64


def is_number(word):
    """What the machine prints has 20 digits at most."""
    return word.isascii() and word.isdigit() and len(word) <= 20


ZONE = re.compile(r"Node +(\d+), zone +(\w+)\s*(.*)")


def zone_numbers(text, kind, what):
    """Rows of buddyinfo and of the two indices: [zone's name, numbers]."""
    rows = []
    for number, line in lines_of(text):
        match = ZONE.fullmatch(line.rstrip())
        try:
            found = [kind(word) for word in match[3].split()]
            if not all(abs(one) <= MAX_NUMBER for one in found):
                raise ValueError
            rows.append([f"{match[1]} {match[2]}", found])
        except (TypeError, ValueError):
            raise bad(number, line, what) from None
    return rows


def buddyinfo(text):
    return zone_numbers(text, int, "'Node N, zone NAME' and free blocks by order")


def index(word):
    """As the kernel prints them, who writes -0.5 as 0.-500."""
    match = re.fullmatch(r"(-?\d{1,20})\.-(\d{1,20})", word)
    return -float(f"{match[1]}.{match[2]}") if match else float(word)


def indices(text):
    return zone_numbers(text, index, "'Node N, zone NAME' and an index by order")


def zoneinfo(text):
    """Per zone: its name and numbers; zones without frames are left out."""
    zones, zone = [], None
    for number, line in lines_of(text):
        match = ZONE.fullmatch(line.rstrip())
        if match and not match[3]:
            zone = {"zone": f"{match[1]} {match[2]}", "pcp": 0}
            zones.append(zone)
            continue
        if zone is None:
            raise bad(number, line, "'Node N, zone NAME'")
        words = line.split()
        if words[:2] == ["pages", "free"]:
            words = words[1:]
        if words[0] == "count:" and len(words) == 2 and is_number(words[1]):
            zone["pcp"] += int(words[1])
        elif words[0] == "start_pfn:" and len(words) == 2 and is_number(words[1]):
            zone["start_pfn"] = int(words[1])
        elif len(words) == 2 and is_number(words[1]) and words[0] in (
                "free", "min", "low", "high", "boost", "managed", "present",
                "spanned"):
            zone.setdefault(words[0], int(words[1]))
    return [zone for zone in zones if zone.get("managed") and "min" in zone]


def slabinfo(text):
    rows = []
    for number, line in lines_of(text):
        if line.startswith(("slabinfo", "#")):
            continue
        words = line.replace(":", " ").split()
        try:
            rows.append([words[0]] + [int(word) for word in words[1:6]])
        except (ValueError, IndexError):
            raise bad(number, line, "a cache and its numbers") from None
    return rows


MAX_OBJECTS = 1 << 20
MAX_ORDER = 20
MAX_FRAMES = 1 << 52
SLAB = re.compile(r"(.+): slab at pfn (\d+), order (\d+), node (\d+), (.*?):"
                  r" (\d+) of (\d+) (?:objects|pieces) of (\d+) bytes in use")


def slab_objects(text):
    """Slabs in order: [cache, pfn, order, node, state, used, total, bytes, cells]."""
    slabs, slab = [], None
    for number, line in lines_of(text):
        match = SLAB.match(line)
        if match:
            slab = [match[1], int(match[2]), int(match[3]), int(match[4]),
                    match[5], int(match[6]), int(match[7]), int(match[8]), ""]
            if max(slab[1:4] + slab[5:8]) > MAX_FRAMES or slab[6] > MAX_OBJECTS or \
                    slab[2] > MAX_ORDER:
                raise bad(number, line, f"a slab of at most {MAX_OBJECTS} objects and"
                          f" order {MAX_ORDER}")
            slabs.append(slab)
        elif slab and line.startswith("  "):
            slab[8] += line[2:].rstrip()
        elif number == 1 and not line.startswith("one character"):
            raise bad(number, line, "'one character an object'")
    return slabs


PHASE = re.compile(r"(\S+) +(\d+) +(-?\d+) +(-?\d+)  (.*)")


def boot(text):
    """Phases in order: [name, ns, early bytes, tables, effect]."""
    phases = []
    for number, line in lines_of(text):
        if line.startswith(("#", " ", "phase ", "total ", "The machine")):
            continue
        match = PHASE.fullmatch(line.rstrip())
        if match:
            phases.append([match[1], int(match[2]), int(match[3]),
                           int(match[4]), match[5]])
        elif re.match(r"\S+ +\d+ +failed with", line):
            name, ns, effect = line.split(None, 2)
            phases.append([name, int(ns), 0, 0, effect.strip()])
        elif not phases:
            raise bad(number, line, "a phase with its ns, early bytes and tables")
    return phases


def config(text):
    facts = {}
    for _, line in lines_of(text):
        match = re.match(r"([a-z_0-9]+)=([^#]*)", line)
        if match:
            facts[match[1]] = match[2].strip()
    return facts


def ranges(text):
    """memblock_memory: [first byte, last byte, node]."""
    found = []
    for number, line in lines_of(text):
        match = re.match(r" *\d+: 0x([0-9a-f]+)\.\.0x([0-9a-f]+)(?: +(\d+))?", line)
        if not match:
            raise bad(number, line, "'N: 0xSTART..0xEND'")
        found.append([int(match[1], 16), int(match[2], 16), int(match[3] or 0)])
    return found


def memblock_owners(text):
    """[first byte, last byte, owner]."""
    found = []
    for _, line in lines_of(text):
        match = re.match(r"0x([0-9a-f]+)\.\.0x([0-9a-f]+) +\d+ +(\S+)", line)
        if match:
            found.append([int(match[1], 16), int(match[2], 16), match[3]])
    return found


def vmstat(text):
    facts = {}
    for number, line in lines_of(text):
        words = line.split()
        if len(words) != 2 or not is_number(words[1].removeprefix("-")):
            raise bad(number, line, "a name and a number")
        facts[words[0]] = int(words[1])
    return facts


def audit(text):
    """The verdict: the first line."""
    for _, line in lines_of(text):
        return line.strip()
    return ""


def moment(text):
    facts = {}
    for _, line in lines_of(text):
        key, _, value = line.partition("=")
        facts[key.strip()] = value.strip()
    return facts


class Trees(list):
    """Of the raw dump: treedump.Tree each."""


MAX_ENTRIES = 8192
MAX_ADDRESS = 1 << 52


def check_trees(trees):
    """Nothing in them is larger than a machine's can be."""
    for tree in trees:
        start = tree.facts["start_level"]
        if not -1 <= start <= 3 or (tree.tables and tree.tables[0].level != start):
            raise BadText(f"line 1: tree {tree.name[:40]}: a start level of {start}")
        for table in tree.tables:
            at = f"line 1: table at {table.pa:#x}: "
            if not 0 < table.entries <= MAX_ENTRIES or table.entries & table.entries - 1:
                raise BadText(f"{at}{table.entries} entries")
            for row in table.rows:
                if max(table.pa, row.oa, row.step) >= MAX_ADDRESS or \
                        not row.first <= row.last < table.entries:
                    raise BadText(f"{at}an entry or an address that it cannot have")
                if row.child and (row.child.level != table.level + 1 or row.child.level > 3):
                    raise BadText(f"{at}a table of level {row.child.level} below it")


def page_tables(text):
    """Trees of the raw dump, or the regions of the kernel's format."""
    if text.startswith(treedump.VERSION):
        try:
            trees, _ = treedump.read(text.splitlines())
        except treedump.BadDump as err:
            raise BadText(str(err)) from None
        check_trees(trees)
        return Trees(trees)
    regions = []
    for number, line in lines_of(text):
        mark = re.match(r"---\[ (.*) \]---", line)
        if mark:
            regions.append([mark[1], "r", []])
        elif regions and line.startswith("0x"):
            words = re.sub(r" +", " ", line.strip())
            regions[-1][2].append([words, "p" if "AF" in words else "i", []])
        else:
            raise bad(number, line, "'---[ region ]---' or a range of addresses")
    return [region for region in regions if region[2]]


MAP_SCALE = re.compile(r"Machine \S+: one character is (\d+) frames, (\d+) KiB")
MAP_ROW = re.compile(r"0x([0-9a-f]{6,16}) ([A-Za-z?\- ]+)")
MAP_ZONE = re.compile(r"Node (\d+), zone (\w+):")


def frame_map(text):
    """Frames a character, bytes of a frame, and rows: [first byte, letters, zone]."""
    scale, rows, zone = None, [], ""
    for number, line in lines_of(text):
        if number == 1:
            scale = MAP_SCALE.match(line)
            if not scale or not int(scale[1]) or not int(scale[2]):
                raise bad(number, line, "'Machine NAME: one character is N frames, N KiB'")
        head = MAP_ZONE.match(line)
        if head:
            zone = f"{head[1]} {head[2]}"
        row = MAP_ROW.fullmatch(line)
        if row:
            rows.append([int(row[1], 16), row[2], zone])
            for letter in row[2]:
                if letter != " " and letter.upper() not in BY_LETTER:
                    raise bad(number, line, "letters of the legend")
    if not rows:
        raise BadText("line 1: rows of letters were expected, there is none")
    frames = int(scale[1])
    return frames, (int(scale[2]) << 10) // frames, rows
