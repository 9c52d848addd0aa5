#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests of scripts/shadow-pgtable.

usage: test.py [--seed N] [--tables PROGRAM] [--browser CHROMIUM] [CASE...]

Memory with tables in it is made here by an encoder of its own, written from
the Arm ARM with plain numbers, and walked by a walker of its own; the tool has
to say the same of every address. With --tables also memory in which the
module's shadow_pgtable has mapped (kunit/host/tables.c), with --browser the
drawing in a real one. Last line: "N passed, N failed".
"""

import argparse
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
TOOL = os.path.join(os.path.dirname(HERE), "shadow-pgtable")
OPTIONS = argparse.Namespace()

# Bits of a descriptor, by number
AF, NG, DBM, CONT, PXN, UXN = 10, 11, 51, 52, 53, 54

SHAPES = [
    # page_shift, va_bits, pa_bits, DS
    (12, 48, 48, 0), (12, 39, 40, 0), (12, 36, 48, 0), (12, 25, 32, 0),
    (12, 48, 52, 1), (12, 52, 52, 1), (14, 47, 48, 0), (14, 36, 44, 0),
    (14, 48, 48, 0), (14, 52, 52, 1), (16, 42, 48, 0), (16, 48, 48, 0),
    (16, 52, 52, 0), (16, 47, 52, 0),
]
IPS = {32: 0, 36: 1, 40: 2, 42: 3, 44: 4, 48: 5, 52: 6}


def run(*words, stdin=None):
    done = subprocess.run([TOOL, *words], capture_output=True, text=True,
                          input=stdin, check=False,
                          stdin=None if stdin is not None else subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


class Memory:
    """Tables of one shape in a piece of memory."""

    def __init__(self, rnd, shape, base, upper, nr_tables):
        self.page_shift, self.va_bits, self.pa_bits, self.ds = shape
        self.rnd, self.base, self.upper = rnd, base, upper
        self.bits = self.page_shift - 3
        self.nr_tables = nr_tables
        self.bytes = bytearray(nr_tables << self.page_shift)
        self.next = 0
        levels = -(-(self.va_bits - self.page_shift) // self.bits)
        self.start = 4 - levels
        self.root_bits = self.va_bits - self.page_shift - (levels - 1) * self.bits
        self.hpd = rnd.random() < 0.3
        self.ha = rnd.random() < 0.3
        self.tbi = rnd.random() < 0.3
        self.root = self.new_table()
        self.fill(self.root, self.start)

    def shift(self, level):
        return self.page_shift + (3 - level) * self.bits

    def entries(self, level):
        return 1 << (self.root_bits if level == self.start else self.bits)

    def new_table(self):
        if self.next == self.nr_tables:
            return None
        self.next += 1
        return self.base + (self.next - 1 << self.page_shift)

    def has_block(self, level):
        return {12: (1, 2) + ((0,) if self.ds else ()),
                14: (2,) + ((1,) if self.ds else ()),
                16: (2,) + ((1,) if self.pa_bits == 52 else ())
                }[self.page_shift].count(level) > 0

    def address_bits(self, pa):
        """Where a descriptor holds an output address."""
        if self.page_shift == 16:
            return pa & 0xffffffff0000 | (pa >> 48 & 0xf) << 12
        if self.ds:
            return pa & 0x3fffffffff000 | (pa >> 50 & 3) << 8
        return pa & 0xfffffffff000

    def address_of(self, desc):
        if self.page_shift == 16:
            return desc & 0xffffffff0000 | (desc >> 12 & 0xf) << 48
        if self.ds:
            low = 0x3ffffffffffff >> self.page_shift << self.page_shift
            return desc & low | (desc >> 8 & 3) << 50
        return desc & (0xffffffffffff >> self.page_shift << self.page_shift)

    def write(self, table, index, desc):
        struct.pack_into("<Q", self.bytes, table - self.base + 8 * index, desc)

    def read(self, pa):
        if not 0 <= pa - self.base <= len(self.bytes) - 8:
            return None
        return struct.unpack_from("<Q", self.bytes, pa - self.base)[0]

    def attributes(self):
        desc = self.rnd.randrange(8) << 2 | self.rnd.randrange(4) << 6
        desc |= (self.rnd.random() < 0.9) << AF
        if not self.ds:
            desc |= self.rnd.choice((0, 2, 3)) << 8
        for bit in (NG, DBM, CONT, PXN, UXN, 55, 57):
            desc |= self.rnd.randrange(2) << bit
        return desc

    def leaf(self, level):
        size = 1 << self.shift(level)
        limit = self.pa_bits
        # Some addresses are too large for what TCR_EL1.IPS allows
        if self.rnd.random() < 0.2:
            limit = 52 if self.page_shift == 16 or self.ds else 48
        pa = self.rnd.randrange(max(1, (1 << limit) // size)) * size
        return self.address_bits(pa) | self.attributes() | (3 if level == 3 else 1)

    def fill(self, table, level):
        """Runs of leaves, tables, holes and nonsense, at random."""
        index = 0
        while index < self.entries(level):
            what = self.rnd.random()
            if level < 3 and what < (0.5 if level < 2 else 0.08):
                child = self.new_table()
                if child is not None:
                    limits = self.rnd.getrandbits(5) << 59 \
                        if self.rnd.random() < 0.2 else 0
                    self.write(table, index, self.address_bits(child) | limits | 3)
                    self.fill(child, level + 1)
                elif what < 0.02:	# in no dump
                    self.write(table, index, self.address_bits(
                        (1 << self.pa_bits) - (1 << self.page_shift)) | 3)
                index += 1
            elif what < 0.6 and (level == 3 or self.has_block(level)):
                index = self.fill_run(table, level, index)
            elif what < 0.63:
                self.write(table, index, self.rnd.getrandbits(64) & ~1)
                index += 1
            elif what < 0.65 and (level == 3 or not self.has_block(level)):
                self.write(table, index, self.rnd.getrandbits(64) & ~2 | 1)
                index += 1
            else:
                index += 1 + int(self.rnd.expovariate(0.05))

    def fill_run(self, table, level, index):
        desc = self.leaf(level)
        step = self.rnd.choice((0, 1, 1, 1)) << self.shift(level)
        for _ in range(self.rnd.choice((1, 1, 2, 17, 64, 700))):
            if index >= self.entries(level):
                break
            self.write(table, index, desc)
            pa = self.address_of(desc) + step
            if pa >> self.pa_bits:
                return index + 1
            desc = desc & ~self.address_bits(0xfffffffffffff) | self.address_bits(pa)
            index += 1
        return index

    def first(self):
        return (1 << 64) - (1 << self.va_bits) if self.upper else 0

    def walk(self, va):
        """("pa", PA) or (fault, level)."""
        table, level, offset = self.root, self.start, va & (1 << self.va_bits) - 1
        if table >> self.pa_bits:
            return "address size", 0
        while True:
            shift = self.shift(level)
            index = offset >> shift & self.entries(level) - 1
            desc = self.read(table + 8 * index)
            if desc is None:
                return "external abort", level
            if not desc & 1 or (level == 3 and not desc & 2):
                return "translation", level
            if level < 3 and desc & 2:
                table = self.address_of(desc)
                if table >> self.pa_bits:
                    return "address size", level
                level += 1
                continue
            if level < 3 and not self.has_block(level):
                return "translation", level
            pa = self.address_of(desc) >> shift << shift | offset & (1 << shift) - 1
            if pa >> self.pa_bits:
                return "address size", level
            if not desc >> AF & 1 and not self.ha:
                return "access flag", level
            return "pa", pa

    def some_va(self):
        """Mostly one at which there is something."""
        offset, table, level = 0, self.root, self.start
        while True:
            used = [i for i in self.rnd.sample(range(self.entries(level)),
                                               min(40, self.entries(level)))
                    if self.read(table + 8 * i)]
            index = self.rnd.choice(used) if used and self.rnd.random() < 0.93 \
                else self.rnd.randrange(self.entries(level))
            offset |= index << self.shift(level)
            desc = self.read(table + 8 * index)
            child = self.address_of(desc) if desc and desc & 3 == 3 else None
            if level == 3 or child is None or self.read(child) is None:
                break
            table, level = child, level + 1
        offset |= self.rnd.getrandbits(self.shift(level))
        va = self.first() + offset
        if self.tbi and self.rnd.random() < 0.3:
            va = va & (1 << 56) - 1 | self.rnd.getrandbits(8) << 56
        return va

    def tcr(self):
        size = 64 - self.va_bits
        tg0 = {12: 0, 14: 2, 16: 1}[self.page_shift]
        tg1 = {12: 2, 14: 1, 16: 3}[self.page_shift]
        tcr = IPS[self.pa_bits] << 32 | self.ds << 59 | self.ha << 39
        if self.upper:
            # The other half's fields are nonsense and must not matter
            tcr |= size << 16 | tg1 << 30 | self.tbi << 38 | self.hpd << 42
            return tcr | 3 << 14 | 1
        return tcr | size | tg0 << 14 | self.tbi << 37 | self.hpd << 41 | 1 << 16

    def ttbr(self):
        value = self.root
        if self.pa_bits == 52 and (self.ds or self.page_shift == 16):
            value = self.root & (1 << 48) - 1 | self.root >> 48 << 2
        # ASID and CnP are not part of the address
        return value | self.rnd.getrandbits(16) << 48 | self.rnd.getrandbits(1)

    def leaves(self):
        """{VA: (PA, bytes)} of all that is valid, by looking at every entry."""
        found = {}

        def look(table, level, va):
            for index in range(self.entries(level)):
                desc = self.read(table + 8 * index)
                if not desc or not desc & 1:
                    continue
                at = va + (index << self.shift(level))
                pa = self.address_of(desc)
                if level < 3 and desc & 2:
                    if self.read(pa) is not None:
                        look(pa, level + 1, at)
                elif (level == 3 and desc & 2) or (level < 3 and self.has_block(level)):
                    shift = self.shift(level)
                    found[at] = (pa >> shift << shift, 1 << shift)
        look(self.root, self.start, self.first())
        return found


def results(text):
    """What the tool says of each address, in order."""
    found = []
    for part in re.split(r"^VA 0x", text, flags=re.M)[1:]:
        pa = re.search(r"^result: PA 0x([0-9a-f]+)", part, re.M)
        fault = re.search(r"^result: (.+) fault, level (-?\d+)", part, re.M)
        if pa:
            found.append(("pa", int(pa[1], 16)))
        elif fault:
            found.append((fault[1], int(fault[2])))
        else:
            found.append(("nothing", part))
    return found


def raw_leaves(text):
    """{VA: (PA, bytes)} from the raw format, with a reader of its own."""
    found = {}
    for line in text.splitlines():
        if " oa=0x" not in line or " size=0x" not in line:
            continue
        index = re.match(r" *\[(\d+)(?:\.\.(\d+))?\]", line)
        count = int(index[2] or index[1]) - int(index[1]) + 1
        value = {key: int(number, 16) for key, number in
                 re.findall(r" (va|oa|size|step)=0x([0-9a-f]+)", line)}
        for i in range(count):
            pa = value["oa"] + i * value.get("step", 0)
            found[value["va"] + i * value["size"]] = (pa, value["size"])
    return found


class Scratch(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.dir)

    def path(self, name, contents=None):
        path = os.path.join(self.dir, name)
        if contents is not None:
            with open(path, "wb") as file:
                file.write(contents)
        return path


class Walks(Scratch):
    def memories(self):
        rnd = random.Random(OPTIONS.seed)
        for shape in SHAPES:
            for upper in (False, True):
                limit = min(shape[2], 52)
                nr_tables = {12: 40, 14: 14, 16: 6}[shape[0]]
                bytes_ = nr_tables << shape[0]
                base = rnd.randrange(1, ((1 << limit) - 2 * bytes_) >> shape[0]) << shape[0]
                yield Memory(rnd, shape, base, upper, nr_tables)

    def ask(self, memory, *words):
        dump = self.path("memory", bytes(memory.bytes))
        return run("--dump", f"{dump}@{memory.base:#x}", "--tcr", f"{memory.tcr():#x}",
                   "--mair", "0x040044ffff", *words)

    def test_addresses(self):
        kinds = {}
        for memory in self.memories():
            vas = [memory.some_va() for _ in range(150)]
            rc, out, err = self.ask(memory, "--ttbr", f"{memory.ttbr():#x}",
                                    *map(hex, vas))
            said = results(out)
            self.assertEqual(len(said), len(vas), err)
            for va, got in zip(vas, said):
                want = memory.walk(va)
                self.assertEqual(got, want, f"VA {va:#x} of {vars(memory)}"[:300])
                kinds[want[0]] = kinds.get(want[0], 0) + 1
            self.assertEqual(rc, int(any(w[0] != "pa" for w in map(memory.walk, vas))))
            self.assertEqual(out.count("table outside the dump at PA"),
                             sum(w[0] == "external abort" for w in said))
        print("# addresses:", kinds)
        for kind, least in (("pa", 800), ("translation", 200), ("access flag", 20),
                            ("address size", 20), ("external abort", 5)):
            self.assertGreater(kinds.get(kind, 0), least, kinds)

    def test_raw_is_the_memory(self):
        count = 0
        for memory in self.memories():
            half = "--ttbr1" if memory.upper else "--ttbr0"
            _, out, err = self.ask(memory, half, f"{memory.ttbr():#x}", "--raw")
            want = memory.leaves()
            got = raw_leaves(out)
            self.assertEqual(got, want, err)
            self.assertTrue(out.endswith("\n") and "\nend trees=1 " in out)
            count += len(want)
        print("# leaves:", count)
        self.assertGreater(count, 5000)

    def test_list_is_what_is_mapped(self):
        for memory in self.memories():
            half = "--ttbr1" if memory.upper else "--ttbr0"
            _, out, _ = self.ask(memory, half, f"{memory.ttbr():#x}", "--all")
            # Lines of leaves have attributes behind the level's name
            total = 0
            for line in out.splitlines():
                match = re.match(r"0x([0-9a-f]{16})-0x([0-9a-f]{16}) +\d+[KMGTPE]"
                                 r" P\w\w +\S", line)
                if match:
                    total += (int(match[2], 16) - int(match[1], 16)) % (1 << 64)
            want = sum(size for _, size in memory.leaves().values())
            # At the last level the kernel shows what is not valid, too
            self.assertGreaterEqual(total, want)
            self.assertTrue(out.startswith("---[ TTBR"))

    def test_pieces(self):
        rnd = random.Random(OPTIONS.seed)
        memory = Memory(rnd, SHAPES[0], 0x80000000, True, 40)
        cut = 7 << 12
        one = self.path("one", bytes(memory.bytes[:cut]))
        two = self.path("two", bytes(memory.bytes[cut:]))
        vas = [memory.some_va() for _ in range(100)]
        _, out, _ = run("--dump", f"{two}@{memory.base + cut}", "--dump",
                        f"{one}@{memory.base:#x}", "--ttbr1", hex(memory.ttbr()),
                        "--tcr", hex(memory.tcr()), *map(hex, vas))
        self.assertEqual(results(out), [memory.walk(va) for va in vas])


class Refusals(Scratch):
    """Each wrong call: one line, status 2, nothing on standard output."""

    def refused(self, expected, *words):
        rc, out, err = run(*words)
        self.assertEqual((rc, out), (2, ""), words)
        self.assertEqual(len(err.splitlines()), 1, err)
        self.assertRegex(err, "^shadow-pgtable: .*" + expected)

    def test_refusals(self):
        good = self.path("good", bytes(4096))
        dump = ("--dump", good + "@0x1000")
        regs = ("--ttbr", "0x1000", "--tcr", "0x500000010", "--mair", "0xff")
        self.refused("nothing was asked for")
        self.refused("No such file", "--dump", good + "x@0x1000")
        self.refused("FILE@PA is allowed", "--dump", good)
        self.refused("is not aligned", "--dump", good + "@0x1001")
        self.refused("below 2", "--dump", good + "@0x10000000000000")
        self.refused("'1x'", "--dump", good + "@1x")
        self.refused("is not a file", "--dump", self.dir + "@0")
        self.refused("no descriptor", "--dump", self.path("empty", b"") + "@0")
        self.refused("both hold PA 0x1800", *dump, "--dump", good + "@0x1800")
        self.refused("end above 2", "--dump", good + "@0xffffffffffff8")
        self.refused("--dump FILE@PA is needed", *regs, "0")
        self.refused("--tcr is needed", *dump, "--ttbr", "0", "0")
        self.refused("--ttbr.* is needed", *dump, "--tcr", "0x10", "0")
        self.refused("no address", *dump, *regs)
        self.refused("--ttbr without an address", *dump, *regs, "--all")
        self.refused("given twice", *dump, *regs, "--ttbr", "1", "0")
        self.refused("'0xg'.*2.64 is allowed", *dump, *regs, "0xg")
        self.refused("'0x10000000000000000'", *dump, *regs, "0x10000000000000000")
        self.refused("''", *dump, *regs, "")
        self.refused("unknown option '--wrong'", *dump, *regs, "--wrong")
        self.refused("--mair needs a value", *dump, "--mair")
        self.refused("different halves", *dump, *regs, "0", "0xffff800000000000")
        self.refused("TTBR1_EL1 .*--ttbr1 is not given", *dump, "--ttbr0", "0",
                     "--tcr", "0x10", "0xffff800000000000")
        self.refused("not together", *dump, *regs, "--ttbr1", "0", "0")

    def test_registers(self):
        good = self.path("good", bytes(4096))
        dump = ("--dump", good + "@0x1000", "--ttbr", "0x1000", "0")
        self.refused("T0SZ = 0 means addresses of 64 bits", *dump, "--tcr", "0")
        self.refused("T0SZ = 12 .* 52 bits.*25 to 48", *dump, "--tcr", "12")
        self.refused("T0SZ = 63 .* 1 bits", *dump, "--tcr", "63")
        self.refused("TG0 = 3 is reserved", *dump, "--tcr", "0xc010")
        self.refused("IPS = 7 is reserved", *dump, "--tcr", "0x700000010")

    def test_faults_that_are_none_of_the_tables(self):
        good = self.path("good", bytes(4096))
        words = ("--dump", good + "@0x1000", "--ttbr", "0x1000", "--mair", "0")
        rc, out, _ = run(*words, "--tcr", "0x500000010", "0x1000000000000")
        self.assertEqual(rc, 1)
        self.assertIn("between the two halves", out)
        rc, out, _ = run(*words, "--tcr", "0x500000090", "0x1000")
        self.assertEqual(rc, 1)
        self.assertIn("TCR_EL1.EPD0", out)


SMALL = (12, 39, 40, 0)


def random_raw(test, seed, shape=(12, 48, 48, 0), nr_tables=60):
    """A raw dump, and the memory that it is of."""
    memory = Memory(random.Random(seed), shape, 0x80000000, True, nr_tables)
    dump = test.path("memory", bytes(memory.bytes))
    _, raw, _ = run("--dump", f"{dump}@{memory.base:#x}", "--ttbr1", hex(memory.ttbr()),
                    "--tcr", hex(memory.tcr()), "--mair", "0x040044ffff", "--raw")
    return memory, raw


CHECK_JS = """
const tree = DATA.trees[0];
for (const text of VAS) {
	const va = parseVa(text);
	const got = walk(tree, va);
	console.log(text, got.pa === undefined ? "fault " + got.level : hex(got.pa),
		got.steps.map(s => tree.tables[s.table][PA] + ":" + s.index).join(","));
}
"""


class Drawings(Scratch):
    def page(self, raw):
        rc, out, err = run("--draw", stdin=raw)
        self.assertEqual((rc, err), (0, ""))
        return out

    def test_page_stands_alone(self):
        _, raw = random_raw(self, OPTIONS.seed)
        page = self.page(raw)
        loads = re.findall(r"""(?:src|href)\s*=|url\(|@import|fetch\(|https?://[^\s"')]+""",
                           page)
        self.assertEqual(set(loads), {"http://www.w3.org/2000/svg"}, "loads something")
        self.assertEqual(page.count("</script>"), 1)
        target = self.path("out.html")
        source = self.path("raw", raw.encode())
        self.assertEqual(run("--draw", source, "-o", target), (0, "", ""))
        with open(target, encoding="utf-8") as file:
            self.assertEqual(file.read(), page)

    def test_paths_by_the_script(self):
        """The script's own walk, in node, against the walker here."""
        node = shutil.which("node")
        if not node:
            self.skipTest("no node")
        for shape in ((12, 48, 48, 0), (12, 52, 52, 1), (14, 36, 44, 0), (16, 48, 48, 0)):
            memory, raw = random_raw(self, OPTIONS.seed, shape)
            memory.ha = True	# the drawing does not look at AF
            script = re.search(r"<script>\n(.*)</script>", self.page(raw), re.S)[1]
            vas = [memory.some_va() | (0xff << 56) for _ in range(400)]
            js = self.path("check.js", (script + "\nconst VAS = " + repr(list(map(hex, vas)))
                                        + ";" + CHECK_JS).encode())
            out = subprocess.run([node, js], capture_output=True, text=True, check=True).stdout
            lines = out.splitlines()
            self.assertEqual(len(lines), len(vas))
            for va, line in zip(vas, lines):
                want = memory.walk(va)
                _, got, path = line.split(" ", 2)[0], line.split(" ", 1)[1], line.split()[-1]
                if want[0] == "pa":
                    self.assertIn(f"{want[1]:#x} ", got, hex(va))
                elif want[0] == "translation":
                    self.assertIn(f"fault {want[1]} ", got, hex(va))
                self.assertTrue(path.startswith(f"{memory.root:x}:"))

    def test_browser(self):
        """A real browser: no error, and the typed address's path is lit."""
        if not OPTIONS.browser:
            self.skipTest("no browser given")
        memory, raw = random_raw(self, OPTIONS.seed)
        html = self.path("page.html", self.page(raw).encode())
        va = next(va for va in (memory.some_va() | 0xff << 56 for _ in range(999))
                  if memory.walk(va)[0] == "pa")
        done = subprocess.run(
            [OPTIONS.browser, "--headless", "--no-sandbox", "--disable-gpu",
             "--enable-logging=stderr", "--v=0", f"--user-data-dir={self.dir}/profile",
             "--dump-dom", f"file://{html}#va={va:#x}"],
            capture_output=True, text=True, timeout=120, check=True)
        self.assertNotRegex(done.stderr, r"CONSOLE|Uncaught|SyntaxError")
        lit = re.findall(r'<g class="box lit"[^>]*data-pa="0x([0-9a-f]+)"'
                         r'[^>]*data-level="(-?\d+)"[^>]*data-index="(\d+)"', done.stdout)
        want, table, level = [], memory.root, memory.start
        while True:
            index = va >> memory.shift(level) & memory.entries(level) - 1
            want.append((f"{table:x}", str(level), str(index)))
            desc = memory.read(table + 8 * index)
            if level == 3 or not desc & 2:
                break
            table, level = memory.address_of(desc), level + 1
        self.assertEqual(lit, want)
        self.assertIn(f"PA {memory.walk(va)[1]:#x}", done.stdout)
        self.assertEqual(len(re.findall(r'class="link lit"', done.stdout)), len(want) - 1)

    def test_dot(self):
        memory, raw = random_raw(self, OPTIONS.seed)
        rc, out, err = run("--draw", "--dot", stdin=raw)
        self.assertEqual((rc, err), (0, ""))
        boxes = set(re.findall(r"^\t\t(t0_\d+) \[label=<<TABLE.*</TABLE>>\];$", out, re.M))
        edges = re.findall(r"^\t\t(t0_\d+):r(\d+):e -> (t0_\d+):top:w;$", out, re.M)
        self.assertEqual(len(edges), len(boxes) - 1, "a tree has one edge less")
        for source, port, target in edges:
            self.assertIn(source, boxes)
            self.assertIn(target, boxes)
            box = re.search(rf"^\t\t{source} \[.*$", out, re.M)[0]
            self.assertIn(f'PORT="r{port}"', box)
        self.assertIn(f"PA 0x{memory.root:x}", out)
        for tag in ("TABLE", "TR", "TD", "FONT", "B"):
            self.assertEqual(len(re.findall(rf"<{tag}[ >]", out)), out.count(f"</{tag}>"), tag)
        self.assertEqual(out.count("{"), out.count("}"))
        if shutil.which("dot"):
            done = subprocess.run(["dot", "-Tsvg"], input=out, capture_output=True,
                                  text=True, check=True)
            self.assertEqual(done.stderr, "")
            self.assertIn("</svg>", done.stdout)

    def test_large_tree_is_folded(self):
        """Thousands of tables alike are a stack, and the graph stays small."""
        lines = ["shadow_mm page tables, format 1", "machine=m trees=1",
                 "tree=t half=upper root=0x1000 granule=4096 va_bits=39 pa_bits=48 lpa2=0"
                 " levels=3 start_level=1 MAIR_EL1=0xff TCR_EL1=0x0",
                 "  table level=1 pa=0x1000 va=0xffffff8000000000 used=8/512"]
        for i in range(8):
            pa, va = 0x2000 + i * 0x1000, 0xffffff8000000000 + (i << 30)
            lines += [f"    [{i}] va={va:#018x} desc={pa | 3:#018x} table oa={pa:#x}",
                      f"      table level=2 pa={pa:#x} va={va:#018x} used=512/512"]
            for j in range(512):
                pa, va = 0x100000 + (i << 21) + j * 0x1000, va if j == 0 else va + (1 << 21)
                lines += [f"        [{j}] va={va:#018x} desc={pa | 3:#018x} table oa={pa:#x}",
                          f"          table level=3 pa={pa:#x} va={va:#018x} used=512/512",
                          f"            [0..511] va={va:#018x} desc=0x0000000000000703"
                          " step=0x1000 page oa=0x0 size=0x1000 mem=Normal-WB AttrIndx=0"
                          " ap=EL1:rw,EL0:-- sh=inner AF PXN UXN"]
        lines.append("end trees=1 tables=4105")
        rc, out, _ = run("--draw", "--dot", stdin="\n".join(lines) + "\n")
        self.assertEqual(rc, 0)
        self.assertEqual(len(re.findall(r"label=<", out)), 3)
        self.assertIn("8 tables alike", out)
        self.assertIn("512 tables alike", out)

    def test_bad_dumps(self):
        _, raw = random_raw(self, OPTIONS.seed, SMALL, 12)
        lines = raw.splitlines()
        table = next(i for i, line in enumerate(lines) if "    table" in line)
        cases = {
            "format 1' was expected": ["nonsense"] + lines[1:],
            "cut off": lines[:-1],
            "not understood": lines[:5] + ["what is this"] + lines[5:],
            "nothing points to": lines[:table - 1] + lines[table:],
            "holds no tree": [lines[0], "machine=m trees=0", "end trees=0 tables=0"],
            "no such granule": [line.replace("granule=4096", "granule=4097")
                                for line in lines],
            "root is missing": [re.sub(r" root=\S+", "", line) for line in lines],
        }
        for expected, text in cases.items():
            rc, out, err = run("--draw", stdin="\n".join(text) + "\n")
            self.assertEqual((rc, out), (2, ""), expected)
            self.assertEqual(len(err.splitlines()), 1, err)
            self.assertIn(expected, err)
        for words, expected in ((("--draw", "/nonexistent"), "No such file"),
                                (("--draw", "-o"), "-o needs a value"),
                                (("--draw", "--what"), "does not know"),
                                (("--draw", "a", "b"), "one file")):
            rc, out, err = run(*words, stdin="")
            self.assertEqual((rc, out), (2, ""))
            self.assertIn(expected, err)


class Built(Scratch):
    """Memory in which the module's own code has built the tables."""

    def test_mapped(self):
        if not OPTIONS.tables:
            self.skipTest("no program given")
        count = 0
        for page_shift, va_bits, pa_bits, ds in SHAPES:
            if va_bits not in (36, 39, 42, 47, 48, 52):
                continue
            pa_bits = 52 if pa_bits == 52 else 48
            for upper in (0, 1):
                dump = self.path("memory")
                said = subprocess.run(
                    [OPTIONS.tables, *map(str, (page_shift, va_bits, pa_bits, ds, upper,
                                                OPTIONS.seed)), dump],
                    capture_output=True, text=True, check=True).stdout
                words = dict(re.findall(r"(base|ttbr|tcr|mair)=(0x[0-9a-f]+)", said))
                pages = re.findall(r"^(0x[0-9a-f]+) (0x[0-9a-f]+|hole)$", said, re.M)
                self.assertGreater(len(pages), 50)
                _, out, _ = run("--dump", f"{dump}@{words['base']}", "--ttbr", words["ttbr"],
                                "--tcr", words["tcr"], "--mair", words["mair"],
                                *(va for va, _ in pages))
                for (va, want), got in zip(pages, results(out), strict=True):
                    if want == "hole":
                        self.assertEqual(got[0], "translation", va)
                    else:
                        self.assertEqual(got, ("pa", int(want, 16)), va)
                    count += 1
        print("# built:", count)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=20240229)
    parser.add_argument("--tables")
    parser.add_argument("--browser")
    parser.add_argument("case", nargs="*")
    parser.parse_args(namespace=OPTIONS)
    print("# seed", OPTIONS.seed)
    loader = unittest.TestLoader()
    suite = unittest.TestSuite()
    for case in OPTIONS.case or ("Walks", "Refusals", "Drawings", "Built"):
        suite.addTests(loader.loadTestsFromName(case, sys.modules[__name__]))
    done = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
    failed = len(done.failures) + len(done.errors)
    print(f"{done.testsRun - failed - len(done.skipped)} passed, {failed} failed")
    sys.exit(bool(failed) or not done.testsRun)


if __name__ == "__main__":
    main()
