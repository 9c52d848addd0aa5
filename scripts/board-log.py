#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Lay a real board's console log beside what the shadow says of its tree.

usage: board-log.py params DTB [LOG]
       board-log.py compare DTB LOG SHADOW

`params` prints the module's parameters that the log fills in, because a boot
loader did so on the board, one a line; why, on standard error. What is given
in the environment's PARAMS is not taken from the log.

`compare` names the first line where log and shadow part, and the property it
follows from; or says that they agree as far as the log goes, and what the
kernel would have printed next. SHADOW holds files of the shadow, each behind
a line `==> NAME <==`; of a tree that was refused, `refused` alone.
"""

import os
import re
import sys

sys.dont_write_bytecode = True

from board_blame import Blame  # noqa: E402
from board_console import Console, RANK, understand  # noqa: E402
from board_tree import Tree, merge, subtract  # noqa: E402

# Words of a command line that memory depends on
MEMORY_WORDS = re.compile(
    r"^(mem|cma|numa|movable_node|kernelcore|movablecore|crashkernel|"
    r"hugepages|hugepagesz|default_hugepagesz)(=|$)")

# What happens in a phase, and where to look if a board ends there
DOING = {
    "setup_machine_fdt": "the device tree is mapped through the fixmap, "
    "checked, and its /memory becomes memblock's memory; a tree that x0 does "
    "not point at, that is not aligned to 8 bytes or is over 2 MiB ends here",
    "arm64_memblock_init": "memory that cannot be mapped is cut away; image, "
    "initrd and what /reserved-memory names are taken",
    "paging_init": "the linear map is built: its tables are the first thing "
    "written to memory found by memblock, at the top of it; memory that is in "
    "the tree but not on the board, or that firmware protects, ends the boot "
    "here without a word",
    "bootmem_init": "/reserved-memory is announced, nodes are formed and the "
    "DMA zone's limit is taken from dma-ranges",
    "free_area_init": "zones are formed and the memmap, one struct page a "
    "frame, is allocated and written: it touches memory of every node",
    "build_all_zonelists": "each node's order of fallback is formed",
    "mem_init": "all free memory goes to the buddy allocator, which writes "
    "struct pages only; then the first real allocations",
}
# Who of memblock=debug's lines is at work when
AT_WORK = {"early_pgtable_alloc": "paging_init", "memmap_alloc": "free_area_init",
           "arm64_memblock_init": "arm64_memblock_init"}


# ---------------------------------------------------------------- parameters --


def words(line):
    """A command line's words; quotes hold them together"""
    return re.findall(r'(?:[^\s"]|"[^"]*")+', line)


def memory_words(line):
    return [word for word in words(line) if MEMORY_WORDS.match(word)]


def caller(line):
    return re.sub(r"\+0x.*", "", line.values[3])


def called_range(line):
    return int(line.values[1], 16), int(line.values[2], 16) + 1


class Loader:
    """What of the log a boot loader filled in."""

    def __init__(self, tree, console):
        self.tree = tree
        self.console = console

    def command_line(self):
        for line in self.console.of("cmdline"):
            if line.number < self.console.length:
                return line, line.values[0]
        return None

    def memory(self):
        """[(base, end)] of the node lines or of memblock's dump"""
        nodes = self.console.of("node")
        if nodes:
            return nodes[0], merge([line.span() for line in nodes])
        dump = [line for line in self.console.of("memory")]
        return (dump[0], merge([dumped(line) for line in dump])) if dump else None

    def initrd(self):
        for line in self.console.of("call"):
            if line.values[0] == "add" and caller(line) == "arm64_memblock_init":
                return line, called_range(line)
        for line in self.console.of("ramdisk"):
            return line, tuple(int(v, 16) for v in line.values)
        return None

    def image(self):
        """memblock's own word, else the boot loader's"""
        initrd = self.initrd()
        for line in self.console.of("call"):
            if line.values[0] == "reserve" and \
                    caller(line) == "arm64_memblock_init" and \
                    not (initrd and called_range(line) == initrd[1]):
                return line, called_range(line)
        for line in self.console.of("image"):
            start, end = (int(v, 16) for v in line.values)
            return line, (start, (end + 0xffff) & ~0xffff)
        return None

    def granule(self):
        for line in self.console.of("hash"):
            order, size = int(line.values[0]), int(line.values[1])
            if order >= 0 and size >> order in (4096, 16384, 65536):
                return line, size >> order
        return None


def dumped(line):
    return int(line.values[1], 16), int(line.values[2], 16) + 1


def start_and_bytes(span):
    return "%#x+%#x" % (span[0], span[1] - span[0])


def taken(loader, given):
    """(parameter, its value, the line, why) of what the log fills in"""
    tree = loader.tree
    bootargs = tree.bootargs()
    found = loader.command_line()
    if found and found[1] and "cmdline" not in given and found[1] != bootargs:
        if not bootargs:
            yield "cmdline", found[1], found[0], "/chosen bootargs is not there"
        elif memory_words(bootargs) == memory_words(found[1]):
            yield ("cmdline", found[1], found[0], "the boot loader replaced %s"
                   % tree.child("chosen").cite("bootargs"))
    found = loader.memory()
    if found and "memory" not in given and not tree.says_memory(found[1]):
        yield ("memory", ",".join(start_and_bytes(s) for s in found[1]),
               found[0], "the tree's /memory is empty")
    found = loader.initrd()
    if found and "initrd" not in given and not tree.initrd():
        yield ("initrd", start_and_bytes(found[1]), found[0],
               "/chosen linux,initrd-start is not there")
    found = loader.image()
    if found and "image" not in given:
        yield ("image", start_and_bytes(found[1]), found[0],
               "a tree does not say where the kernel lies")
    found = loader.granule()
    if found and "granule" not in given:
        yield ("granule", "%dk" % (found[1] >> 10), found[0],
               "a tree does not say how large a page is")


def block_bytes(tree):
    """A block that carries the board's memmap, a power of two"""
    spans = merge([(r.base, r.end) for r in tree.memory()])
    need = sum(end - base for base, end in spans) // 128 + (64 << 20)
    size = 128 << 20
    while size < need and size < 1 << 30:
        size *= 2
    return size


def print_params(tree, console):
    given = set(re.findall(r"(?:^|\s)(\w+)=", os.environ.get("PARAMS", "")))
    if "size" not in given:
        print("size=%dM" % (block_bytes(tree) >> 20))
    if not console:
        return
    for name, value, line, why in taken(Loader(tree, console), given):
        # The kernel's parser has no way to write a quote in a value.
        value = value.replace('"', "")
        print('%s="%s"' % (name, value) if " " in value else
              "%s=%s" % (name, value))
        print("%s= is taken from line %d of the log: %s" %
              (name, line.number, why), file=sys.stderr)


# -------------------------------------------------------------------- shadow --


class Shadow:
    """What the shadow said: its files, and its lines of the kernel's kind."""

    def __init__(self, text):
        self.files = {}
        name = ""
        for row in text.split("\n"):
            found = re.match(r"==> (\S+) <==$", row)
            if found:
                name = found.group(1)
                self.files[name] = []
            elif name:
                self.files[name].append(row)
        self.refused = " ".join(self.files.get("refused", [])).strip()
        self.effects = {}
        self.lines = []
        phase = None
        for number, row in enumerate(self.files.get("boot", []), 1):
            found = re.match(r"   > (.*)", row)
            if found:
                line = understand(number, found.group(1), phase)
                if line:
                    self.lines.append(line)
                continue
            found = re.match(r"(\w+) +\d+ +\d+ +\d+  (.*)", row)
            if found:
                phase = found.group(1)
                self.effects[phase] = found.group(2)

    def config(self, name):
        for row in self.files.get("config", []):
            found = re.match(name + r"=(0x[0-9a-f]+)\+(0x[0-9a-f]+)", row)
            if found:
                start = int(found.group(1), 16)
                return start, start + int(found.group(2), 16)
        return None

    def memblock(self, name):
        """[(base, end, flags)]"""
        found = []
        for row in self.files.get(name, []):
            row = re.match(r" *\d+: (0x[0-9a-f]+)\.\.(0x[0-9a-f]+) +\S+ (\S+)", row)
            if row:
                found.append((int(row.group(1), 16), int(row.group(2), 16) + 1,
                              row.group(3)))
        return found

    def kept(self, owner):
        """Ranges that someone took, from the file handover"""
        found = []
        for row in self.files.get("handover", []):
            row = re.match(r"\[(0x[0-9a-f]+)-(0x[0-9a-f]+)\] \d+ bytes: (.*)", row)
            if row and row.group(3) == owner:
                found.append((int(row.group(1), 16), int(row.group(2), 16) + 1))
        return found

    def old_total_pages(self, total):
        """Before 6.8 the memmap's own pages were not counted"""
        text = "\n".join(self.files.get("boot", []))
        pages = [int(n) for n in
                 re.findall(r"  o> +\w+ zone: (\d+) pages used for memmap", text)]
        # The kernel's struct page has 64 bytes, the shadow's record 32.
        return range(total - 2 * sum(pages), total - 2 * sum(pages) +
                     len(pages) + 1)


# ------------------------------------------------------------------- compare --


class Part:
    """Where log and shadow part."""

    def __init__(self, line, theirs, ours, why, number=None):
        self.number = number or line.number
        self.line = line
        self.theirs = theirs
        self.ours = ours
        self.why = why


def same(theirs, ours, shadow):
    """Do two lines of one kind and place agree?"""
    if theirs.kind == "built":
        total = int(theirs.values[2])
        return theirs.values[0] == ours.values[0] and (
            total == int(ours.values[2]) or
            total in shadow.old_total_pages(int(ours.values[2])))
    if theirs.kind == "total":
        return theirs.values[1] == ours.values[1]
    if theirs.kind == "initrd":
        return True
    return [str(v).strip() for v in theirs.values] == \
        [str(v).strip() for v in ours.values]


def place(line, nth):
    """What two lines of a kind must share to be compared"""
    if line.kind in ("zone", "initmem", "fallback", "movable"):
        return line.values[0]
    if line.kind in ("reserved", "numa"):
        return line.values[0]
    return nth


def by_place(lines):
    found = {}
    for line in lines:
        nth = sum(1 for key in found if key[0] == line.kind)
        key = (line.kind, place(line, nth))
        while key in found:
            key = key + ("again",)
        found[key] = line
    return found


COMPARED = ("ignored", "linear", "option", "initrd", "reserved", "faked", "numa", "zones",
            "zone", "movables", "movable", "nodes", "node", "initmem", "holes",
            "fallback", "built", "policy", "total")


class Comparison:
    """All differences of a log and a shadow, the first of them in front."""

    def __init__(self, tree, console, shadow):
        self.tree = tree
        self.console = console
        self.shadow = shadow
        self.blame = Blame(tree, console, shadow)
        self.parts = []
        self.notes = []
        self.matched = []
        self.compared = 0
        if not shadow.refused:
            self.compare_lines()
            self.compare_calls()
            self.compare_dump()
        self.compare_tree()
        self.parts.sort(key=lambda part: part.number)

    # Lines that a kernel prints anyway

    def compare_lines(self):
        theirs = by_place(self.console.of(*COMPARED))
        ours = by_place(l for l in self.shadow.lines if l.kind in COMPARED)
        for key, line in theirs.items():
            other = ours.get(key) or self.cut_off(line)
            if other and same(line, other, self.shadow) or \
                    other and other is self.cut_off(line):
                self.compared += 1
                self.matched.append((line, other))
            elif other:
                self.matched.append((line, other))
                self.parts.append(Part(line, line.text, other.text,
                                       self.blame.of(line, other)))
            elif not self.tolerated_extra(line):
                self.parts.append(Part(line, line.text,
                                       self.instead(line, theirs, ours),
                                       self.blame.of(line, None)))
        for key, other in ours.items():
            if key not in theirs:
                self.missing(other)

    @staticmethod
    def instead(line, theirs, ours):
        """Of reserved memory: what the shadow says first that the log does not"""
        if line.kind != "reserved":
            return None
        return next((other.text for key, other in ours.items()
                     if key[0] == line.kind and key not in theirs), None)

    def is_cut(self, line, expected):
        """The log may end within a line"""
        return line.number == self.console.length and \
            expected.strip().startswith(line.text.strip())

    def cut_off(self, line):
        """The shadow's line that the log's last one is the beginning of"""
        for other in self.shadow.lines:
            texts = [other.text]
            if other.kind == line.kind == "built":
                texts += [re.sub(r"\d+$", str(total), other.text) for total in
                          self.shadow.old_total_pages(int(other.values[2]))]
            if any(self.is_cut(line, text) for text in texts):
                return other
        return None

    def tolerated_extra(self, line):
        text = line.values[0] if line.values else ""
        # Node formats that are skipped: the kernel says it, so does the tree.
        if line.kind == "reserved" and "unsupported node format" in text:
            return self.tree_ignores_reserved()
        return line.kind in ("numa", "option") or \
            (line.kind == "reserved" and not self.about_region(text))

    @staticmethod
    def about_region(text):
        return re.search(r"0x[0-9a-f]+|node '|initialized node|OVERLAP|"
                         r"No reserved-memory|failed", text)

    def tree_ignores_reserved(self):
        parent = self.tree.child("reserved-memory")
        return (parent.number("#address-cells"), parent.number("#size-cells")) \
            != self.tree.cells or not parent.has("ranges")

    def missing(self, other):
        """A line of the shadow that the log does not have, though it goes on"""
        if other.kind in ("numa", "option") or self.not_printed(other):
            return
        if other.values and other.values[0] == "Device":
            return
        after = [l for l in self.console.lines
                 if l.rank is not None and l.rank > other.rank]
        # From one line of a block to the next there is no doubt either.
        if other.kind in ("node", "zone"):
            after = after or []
        if not after:
            return
        after = min(after, key=lambda l: l.number)
        if not self.whole_until(after.number):
            return
        if other.kind == "policy" or not self.has_info():
            return
        self.parts.append(Part(after, None, other.text,
                               self.blame.of(None, other)))

    def has_info(self):
        return bool(self.console.of("zones", "nodes", "model", "built"))

    def whole_until(self, number):
        return self.console.complete_start and not any(
            self.console.first <= line.number <= number
            for line in self.console.of("lost"))

    def not_printed(self, other):
        """Lines that older kernels do not have"""
        if other.kind == "total":
            # It moved: only behind the last of both places it is missed.
            return not self.console.of("last")
        if other.kind != "reserved":
            return False
        text = other.values[0]
        version = self.console.version()
        if "No reserved-memory node" in text:
            return version is None or version < (6, 12) or \
                bool(self.console.of("reserved"))
        if re.match(r"0x[0-9a-f]+\.\.0x", text):
            return version is None or (version < (6, 6) and not any(
                re.match(r"0x[0-9a-f]+\.\.0x", l.values[0])
                for l in self.console.of("reserved")))
        return False

    # What the tree alone says

    def model(self):
        root = self.tree.root
        return root.text("model") or root.text("compatible")

    def compare_tree(self):
        model = self.model()
        for line in self.console.of("model"):
            self.compared += 1
            if line.values[0].strip() != model and \
                    not self.is_cut(line, "Machine model: " + model):
                cite = self.tree.root.cite("model")
                self.parts.append(Part(
                    line, line.text, "Machine model: " + model,
                    "%s: the kernel was given another tree than this one" % cite))
        bootargs = self.tree.bootargs()
        for line in self.console.of("cmdline"):
            theirs = memory_words(line.values[0])
            if line.number == self.console.length:
                continue
            if bootargs and memory_words(bootargs) != theirs:
                self.parts.append(Part(
                    line, line.text, "Kernel command line: " + bootargs,
                    "%s: the words that memory depends on are %s in the log "
                    "and %s in the tree" %
                    (self.tree.child("chosen").cite("bootargs"),
                     " ".join(theirs) or "none",
                     " ".join(memory_words(bootargs)) or "none")))
            else:
                self.compared += 1
        if self.shadow.refused:
            self.compare_refused()

    def compare_refused(self):
        """Without a machine there is the refusal, and what it speaks of"""
        why = re.sub(r"^board=\S+: ", "", self.shadow.refused)
        region = re.search(r"region '([^']*)'", why)
        name = re.match(r"(image|initrd|memory)=", why)
        loader = Loader(self.tree, self.console)
        found = getattr(loader, name.group(1))() if name else None
        if region:
            for line in self.console.of("reserved"):
                if "failed" in line.text and region.group(1) in line.text:
                    self.notes.append(
                        "line %d: `%s`: the board's kernel met the same" %
                        (line.number, line.text.strip()))
                    return
        if found:
            self.parts.append(Part(found[0], found[0].text, None,
                                   self.blame.of_refusal()))
            return
        memory = self.console.of("faked", "zone", "node", "memory")
        if memory:
            self.parts.append(Part(memory[0], memory[0].text, None,
                                   self.blame.of_memory(memory[0], None)))

    # memblock=debug: what arm64_memblock_init() takes and leaves

    def compare_calls(self):
        for line in self.console.of("call"):
            if line.number < self.console.first:
                continue
            verb, span, who = line.values[0], called_range(line), caller(line)
            if verb == "add" and who == "arm64_memblock_init":
                self.compare_initrd(line, span)
            elif verb == "remove" and who == "arm64_memblock_init":
                self.compare_removal(line, span)
            elif verb == "reserve" and re.search(
                    r"reserved_mem|early_init_(fdt|dt)", who):
                self.compare_reservation(line, span)

    def compare_initrd(self, line, span):
        ours = self.shadow.config("initrd")
        page = 4096
        if ours:
            ours = (ours[0] & ~(page - 1), (ours[1] + page - 1) & ~(page - 1))
        if ours and abs(ours[0] - span[0]) < 65536 and \
                abs(ours[1] - span[1]) < 65536:
            self.compared += 1
            return
        self.parts.append(Part(line, line.text,
                               "an initrd at %s" % show(ours) if ours else
                               "no initrd", self.blame.of_initrd()))

    def compare_removal(self, line, span):
        if span[1] <= span[0]:
            return
        gone = [(b, e) for b, e, _ in self.shadow.memblock("memblock_memory")
                if b < span[1] and span[0] < e]
        if gone:
            self.parts.append(Part(
                line, line.text, "%s stays memory" % show(gone[0]),
                self.blame.of_cut(gone[0])))
        else:
            self.compared += 1

    def compare_reservation(self, line, span):
        reserved = [(b, e) for b, e, _ in
                    self.shadow.memblock("memblock_reserved")]
        left = subtract([span], reserved)
        # Whoever wanted it elsewhere or not at all: freed again later.
        if not left or self.tree_has(span):
            self.compared += 1
            return
        self.parts.append(Part(line, line.text, "%s is not reserved" %
                               show(left[0]), self.blame.of_reserved(span)))

    def tree_has(self, span):
        return any((r.base, r.end) == span
                   for r in self.tree.reserved() + self.tree.memreserve)

    def compare_dump(self):
        theirs = self.console.of("memory")
        ours = self.shadow.memblock("memblock_memory")
        taken_later = self.console.of("taken")
        # Only the dump's memory is the tree's alone.
        for line, other in zip(theirs, ours):
            nomap = bool(int(line.values[4], 16) & 4)
            if dumped(line) == other[:2] and nomap == ("NOMAP" in other[2]):
                self.compared += 1
                continue
            self.parts.append(Part(
                line, line.text, "[%#x-%#x] %s" % (other[0], other[1] - 1,
                                                   other[2]),
                self.blame.of_memory(line, other)))
            return
        if len(theirs) > len(ours) or (taken_later and len(theirs) < len(ours)):
            line = theirs[len(ours)] if len(theirs) > len(ours) else \
                taken_later[0]
            self.parts.append(Part(line, line.text, "%d ranges of memory" %
                                   len(ours), self.blame.of_memory(line, None)))
        if taken_later and self.console.of("setup", "fallback", "cmdline"):
            self.compare_taken(taken_later)

    def compare_taken(self, lines):
        """All that the tree reserves is in the log's list, later ones too"""
        theirs = merge([dumped(line) for line in lines])
        for region in self.tree.reserved() + self.tree.memreserve:
            reserved = [(b, e) for b, e, _ in
                        self.shadow.memblock("memblock_reserved")]
            if subtract([(region.base, region.end)], reserved):
                continue
            if subtract([(region.base, region.end)], theirs):
                self.parts.append(Part(
                    lines[-1], None, "[%#x-%#x] is reserved" %
                    (region.base, region.end - 1), region.cite))
            else:
                self.compared += 1


def show(span):
    return "[%#x-%#x]" % (span[0], span[1] - 1)


# -------------------------------------------------------------------- report --


def say(text):
    print(text)


def report_part(comparison):
    first = comparison.parts[0]
    if first.theirs is None:
        say("line %d: `%s`; before it the shadow has `%s`, the log does not: "
            "follows from %s" % (first.number, first.line.text.strip(),
                                 first.ours.strip(), first.why))
    elif first.ours is None:
        say("line %d: `%s`; the shadow has %s: follows from %s" %
            (first.number, first.theirs.strip(), "no machine" if
             comparison.shadow.refused else "no such line", first.why))
    else:
        say("line %d: `%s`; the shadow has `%s`: follows from %s" %
            (first.number, first.theirs.strip(), first.ours.strip(), first.why))
    more = len(comparison.parts) - 1
    if more:
        say("%d further lines differ (the next: line %d); they may follow from "
            "the same" % (more, comparison.parts[1].number))
    say("log and shadow part at line %d; %d lines before or beside it agree" %
        (first.number, comparison.compared))


def next_line(comparison):
    """The first line of the shadow that the log does not reach"""
    console = comparison.console
    seen = [l for l in console.lines if l.rank is not None]
    rank = max((l.rank for l in seen), default=-1)
    matched = {id(other) for _, other in comparison.matched}
    for other in comparison.shadow.lines:
        # It moved behind much else: only the end of the boot says it is gone.
        total = other.kind == "total" and rank < RANK["last"]
        if other.rank is None or id(other) in matched or \
                not total and (other.rank < rank or
                               comparison.not_printed(other)) or \
                other.values and other.values[0] == "Device":
            continue
        return rank, other
    return rank, None


def report_end(comparison):
    console, shadow = comparison.console, comparison.shadow
    rank, following = next_line(comparison)
    if rank < 0:
        say("no line of the log, which has %d, is a kernel's about memory" %
            console.length)
        say("the shadow boots this tree; if the kernel ran, it was before its "
            "console: add earlycon to the command line")
        phase = "setup_machine_fdt"
    else:
        say("log and shadow agree as far as the log goes: %d lines compared, "
            "it ends at line %d" % (comparison.compared, console.length))
        if not console.of("start", "zones", "nodes", "model", "built"):
            say("it shows warnings at most: without `quiet`, and with "
                "loglevel=8, there is more to compare")
        phase = following.phase if following else None
    if rank < RANK["model"]:
        phase = "setup_machine_fdt"
        say("next the kernel would have printed: %s" %
            ("Booting Linux on physical CPU" if rank < 0 else
             "Machine model: " + comparison.model()))
    elif following:
        say("next the kernel would have printed: %s" %
            re.sub(r"^(Memory: )\d+(K/\d+K available).*", r"\1…\2 (…)",
                   following.text.strip()))
    else:
        say("all that a kernel says of memory while it boots is there: what "
            "stops the board comes later")
    if phase:
        report_phase(comparison, rank, phase)
    report_last_row(console)


# Phases that print nothing of their own before the one that does
SILENT = ("arm64_memblock_init", "paging_init")


def silent_before(comparison, rank, phase):
    """Which of them may be where the log ends"""
    silent = {"bootmem_init": SILENT, "free_area_init": SILENT + ("bootmem_init",)
              }.get(phase, ()) if rank <= RANK["linear"] else ()
    last = 0
    for line in comparison.console.of("call", "alloc"):
        who = caller(line) if line.kind == "call" else line.values[0]
        at_work = AT_WORK.get(who)
        if at_work in silent:
            last = max(last, silent.index(at_work))
    return silent[last:]


def report_phase(comparison, rank, phase):
    shadow = comparison.shadow
    for name in silent_before(comparison, rank, phase) + (phase,):
        say("  in %s: %s" % (name, DOING.get(name, "see file boot")))
        if name in shadow.effects:
            say("    the shadow: %s" % shadow.effects[name])
        for owner, of in (("table", "paging_init"), ("memmap", "free_area_init")):
            spans = shadow.kept(owner) if of == name else []
            if spans:
                say("    the shadow's %s lies at %s: is that memory there, and "
                    "not the firmware's?" % (owner, show(spans[-1])))


def report_last_row(console):
    for line in console.of("death"):
        if line.number >= console.first:
            say("line %d: `%s`" % (line.number, line.text.strip()))
            return


def report_notes(comparison):
    console = comparison.console
    if console.boots > 1:
        say("the log holds %d boots: the last one, from line %d, is compared" %
            (console.boots, console.first))
    for line in console.of("cma"):
        say("line %d: cma reserves %s at %s: by the kernel's configuration or "
            "cma=, not by the tree" % (line.number, *line.values))
    for line in console.of("crash"):
        say("line %d: %s: by crashkernel=, not by the tree" %
            (line.number, line.text.strip()))
    for line in console.of("total"):
        say("line %d: of `Memory:` only the total, %sK, follows from the tree; "
            "what is available, reserved and cma-reserved follows from the "
            "kernel's image and configuration" % (line.number, line.values[1]))


def compare(tree, console, shadow):
    comparison = Comparison(tree, console, shadow)
    report_notes(comparison)
    if shadow.refused:
        say("the shadow refuses the tree: %s" % shadow.refused)
    if comparison.parts:
        report_part(comparison)
    elif shadow.refused:
        for note in comparison.notes or [
                "no line of the log says what that kernel made of it"]:
            say(note)
    else:
        report_end(comparison)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main(arguments):
    try:
        if len(arguments) in (2, 3) and arguments[0] == "params":
            print_params(Tree(read(arguments[1])), Console(read(arguments[2]))
                         if len(arguments) > 2 else None)
        elif len(arguments) == 4 and arguments[0] == "compare":
            compare(Tree(read(arguments[1])), Console(read(arguments[2])),
                    Shadow(read(arguments[3]).decode("utf-8", "replace")))
        else:
            print("usage: board-log.py params DTB [LOG] | compare DTB LOG SHADOW",
                  file=sys.stderr)
            return 64
    except OSError as error:
        print("board-log.py: %s: %s" % (error.filename, error.strerror),
              file=sys.stderr)
        return 64
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
