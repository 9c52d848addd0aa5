# SPDX-License-Identifier: GPL-2.0-only
"""Reads the format of shadow_mm_raw/<machine>/page_tables.

What the lines mean is told in include/shadow_treedump.h.
"""

import re

VERSION = "shadow_mm page tables, format 1"
MAX_LEVELS = 5

# Descriptor bits of a line that are its address, not its attributes
RUN = re.compile(r"( +)\[(\d+)(?:\.\.(\d+))?\] va=0x([0-9a-f]{16})"
                 r"(?: desc=0x([0-9a-f]{16}))?(?: step=0x([0-9a-f]+))?"
                 r" (table|block|page|invalid|reserved|unreadable)(.*)")
TABLE = re.compile(r"( +)table level=(-?\d+) pa=0x([0-9a-f]+)"
                   r" va=0x([0-9a-f]{16}) used=(\d+)/(\d+)(?: limits=(\S+))?")
LEAVES = ("block", "page")


class BadDump(Exception):
    """What is wrong, with the number of the line."""


class Row:
    """One line of descriptors: a run of equal or ascending ones."""
    __slots__ = ("first", "last", "kind", "desc", "step", "oa", "words", "child")

    def __init__(self, first, last, kind, desc, step, oa, words):
        self.first, self.last, self.kind = first, last, kind
        self.desc, self.step, self.oa = desc, step, oa
        self.words = words
        self.child = None


class Table:
    __slots__ = ("level", "pa", "va", "used", "entries", "limits", "rows",
                 "shape")

    def __init__(self, level, pa, va, used, entries, limits):
        self.level, self.pa, self.va = level, pa, va
        self.used, self.entries, self.limits = used, entries, limits
        self.rows = []
        self.shape = None


class Tree:
    """facts: the words of its first line; tables: all of them, root first."""

    def __init__(self, name, facts):
        self.name, self.facts = name, facts
        self.tables = []


def words_of(text):
    """KEY=VALUE words as a dict."""
    return dict(word.split("=", 1) for word in text.split() if "=" in word)


def number(facts, key, line):
    try:
        return int(facts[key], 0)
    except (KeyError, ValueError):
        raise BadDump(f"line {line}: {key} is missing or not a number") from None


def read_tree(text, line):
    facts = words_of(text)
    for key in ("root", "granule", "va_bits", "levels", "start_level"):
        facts[key] = number(facts, key, line)
    if facts.get("half") not in ("lower", "upper"):
        raise BadDump(f"line {line}: half is neither lower nor upper")
    if facts["granule"] not in (4096, 16384, 65536) or \
            not 1 <= facts["levels"] <= MAX_LEVELS:
        raise BadDump(f"line {line}: no such granule or number of levels")
    return Tree(facts["tree"], facts)


def read_row(match):
    """The row, without its child."""
    _, first, last, _, desc, step, kind, rest = match.groups()
    facts = words_of(rest)
    words = " ".join(word for word in rest.split()
                     if not word.startswith(("oa=", "size=")))
    return Row(int(first), int(last or first), kind, int(desc or "0", 16),
               int(step or "0", 16), int(facts.get("oa", "0"), 16), words)


class Reader:
    """Lines in, trees out."""

    def __init__(self):
        self.trees = []
        self.machine = {}
        self.open = []
        self.ended = False

    def start_table(self, match, line):
        depth = (len(match[1]) - 2) // 4
        table = Table(int(match[2]), int(match[3], 16), int(match[4], 16),
                      int(match[5]), int(match[6]), match[7] or "")
        if not self.trees or depth > len(self.open):
            raise BadDump(f"line {line}: a table that nothing points to")
        del self.open[depth:]
        if depth:
            if not self.open[-1].rows or self.open[-1].rows[-1].kind != "table":
                raise BadDump(f"line {line}: a table that nothing points to")
            self.open[-1].rows[-1].child = table
        self.open.append(table)
        self.trees[-1].tables.append(table)

    def add_row(self, match, line):
        depth = (len(match[1]) - 4) // 4
        if depth >= len(self.open):
            raise BadDump(f"line {line}: a descriptor in no table")
        del self.open[depth + 1:]
        row = read_row(match)
        rows = self.open[-1].rows
        # A table that went while it was read is told of twice
        if rows and rows[-1].last >= row.first:
            rows.pop()
        rows.append(row)

    def line(self, text, line):
        row = RUN.match(text)
        if row:
            return self.add_row(row, line)
        table = TABLE.match(text)
        if table:
            return self.start_table(table, line)
        if text.startswith("tree="):
            self.trees.append(read_tree(text, line))
            self.open = []
        elif text.startswith("machine="):
            self.machine = words_of(text)
        elif text.startswith("end "):
            self.ended = True
        elif text.strip() and not text.startswith("#"):
            raise BadDump(f"line {line}: not understood: {text[:60]!r}")
        return None


def read(lines):
    """All trees of a dump, and the facts about its machine."""
    reader = Reader()
    for number_, text in enumerate(lines, 1):
        text = text.rstrip("\n")
        if number_ == 1:
            if text != VERSION:
                raise BadDump(f"line 1: '{VERSION}' was expected")
            continue
        try:
            reader.line(text, number_)
        except ValueError:
            raise BadDump(f"line {number_}: not a number: {text.strip()[:60]!r}") from None
    if not reader.ended:
        raise BadDump("the last line is missing: the dump was cut off")
    return reader.trees, reader.machine


def give_shapes(tree, shapes):
    """Tables that differ in addresses alone get the same number."""
    for table in reversed(tree.tables):
        key = (table.level, table.limits) + tuple(
            (row.first, row.last, row.kind, row.words,
             row.child.shape if row.child else None) for row in table.rows)
        table.shape = shapes.setdefault(key, len(shapes))


def fold(table):
    """Rows as lists: tables of one shape that follow each other are one."""
    groups = []
    for row in table.rows:
        last = groups[-1][-1] if groups else None
        if last and row.child and last.child and \
                last.last + 1 == row.first and \
                last.child.shape == row.child.shape:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups
