#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""fidelity_test.py - tests of what scripts/fidelity.sh reads and concludes

usage: scripts/fidelity_test.py
"""

import struct
import sys
import unittest

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import fidelity
import fidelity_gdb

PAGE = 4096
RESERVED = 1 << fidelity.KPF_RESERVED
NOPAGE = 1 << fidelity.KPF_NOPAGE

ZONEINFO = """\
Node 0, zone      DMA
  per-node stats
      nr_inactive_anon 0
  pages free     10
        spanned  64
        present  60
        managed  50
        cma      8
  start_pfn:           16
Node 1, zone   Normal
        spanned  0
        present  0
        managed  0
        cma      0
"""

POOL = "Reserved memory: created CMA memory pool at 0x{:016x}, size 1 MiB"


def verdicts(table):
    return [row[0] for row in table.rows]


class Parsers(unittest.TestCase):
    def test_dump(self):
        ranges = fidelity.read_dump(
            "   0: 0x0000000040000000..0x0000000047efffff    0 NONE\n"
            "   1: 0x0000000047f00000..0x0000000047ffffff    x NOMAP|HOTPLUG\n")
        self.assertEqual(ranges[0], (0x40000000, 0x47efffff, "0", "NONE"))
        self.assertEqual(ranges[1].nid, "x")
        self.assertEqual(ranges[1].flags, "NOMAP|HOTPLUG")
        with self.assertRaises(ValueError):
            fidelity.read_dump("… 12 more in shadow_mm_raw/main/memblock_memory\n")

    def test_zoneinfo(self):
        zones = fidelity.read_zoneinfo(ZONEINFO)
        self.assertEqual(zones[0, "DMA"], {"spanned": 64, "present": 60,
                                           "managed": 50, "cma": 8,
                                           "start_pfn": 16})
        self.assertEqual(zones[1, "Normal"]["spanned"], 0)
        self.assertEqual(fidelity.node_sums(zones), {0: (64, 60), 1: (0, 0)})

    def test_orders(self):
        self.assertEqual(fidelity.expand_orders("0 9 10x3 1"),
                         [0, 9, 10, 10, 10, 1])
        for text in ("", "0", "10x22", "0 1 2x2 3 2x2"):
            self.assertEqual(
                fidelity.pack_orders(fidelity.expand_orders(text)), text)

    def test_handover(self):
        text = ("# Each free range\n"
                "[0x1000-0x3fff] 3 frames: orders 0 1\n"
                "100 bytes below frame 0x5: no whole frame\n"
                "\n"
                "# What was kept\n"
                "[0x4000-0x4fff] 4096 bytes: image\n")
        self.assertEqual(fidelity.read_handover(text, PAGE), [(1, 4, [0, 1])])
        for bad in ("[0x1000-0x3fff] 3 frames: orders 0 2\n",
                    "[0x1000-0x3fff] 2 frames: orders 1\n", "something else\n"):
            with self.assertRaises(ValueError):
                fidelity.read_handover(bad, PAGE)

    def test_log(self):
        lines = fidelity.read_log("[    0.000000] Policy zone: DMA\n"
                                  "[    1.5][    T1]   DMA32    empty \n")
        self.assertEqual(lines, ["Policy zone: DMA", "  DMA32    empty"])
        self.assertEqual(fidelity.about_memory(lines + ["Zone ranges:", "psci: x"]),
                         lines)
        self.assertEqual(fidelity.read_boot("phase 1\n   > Policy zone: DMA\n"
                                            "  d>   DMA zone: 3 pages\n"),
                         ["Policy zone: DMA"])
        self.assertEqual(fidelity.memory_line(
            ["Memory: 1K/512K available (3K kernel code, 4K init, 90K reserved, "
             "0K cma-reserved)"]), (512, 90))

    def test_flags(self):
        frames = [NOPAGE, 0, 1, RESERVED, RESERVED | 4, 1 << 10, NOPAGE]
        data = struct.pack(f"<{len(frames)}Q", *frames)
        self.assertEqual(fidelity.read_flags(data), [(1, 3), (5, 6)])

    def test_given(self):
        self.assertEqual(fidelity.read_given("image 0x40200000 4096\npage 16384\n"),
                         {"image": (0x40200000, 4096), "page": 16384})

    def test_covered(self):
        board = ("memory\n   0: 0x0000000000000000..0x0000000000ffffff    0 NONE\n"
                 "reserved\n"
                 "   0: 0x0000000000001000..0x0000000000001fff    0 NONE\n"
                 "   1: 0x0000000000002000..0x00000000000023ff    x NONE\n"
                 "   2: 0x0000000000002480..0x0000000000002fff    0 NONE\n")
        self.assertEqual(fidelity.read_board(board),
                         [(0x1000, 0x2400), (0x2480, 0x3000)])


class Intervals(unittest.TestCase):
    def test_against_sets(self):
        """Every pair of ranges of a small world, as sets of numbers."""
        bounds = [(a, b) for a in range(6) for b in range(a, 7)]
        for first in bounds:
            for second in bounds:
                mine, other = [first, (7, 9)], [second]
                left = set().union(*(range(*r) for r in mine)) - set(range(*second))
                got = fidelity.subtract(mine, other)
                self.assertEqual([n for r in got for n in range(*r)], sorted(left))
                both = set(range(*second)) & set().union(*(range(*r) for r in mine))
                got = fidelity.common(mine, other)
                self.assertEqual([n for r in got for n in range(*r)], sorted(both))


class Comparison(unittest.TestCase):
    given = {"image": (0x200000, 0x100000), "initrd": (0x800000, 0x1800),
             "dtb": (0xa00000, 0x1234), "page": PAGE}

    def setUp(self):
        self.table = fidelity.Table()

    def expect(self, *kinds):
        names = {"=": self.table.EQUAL, "e": self.table.EXPLAINED,
                 "!": self.table.UNEXPLAINED}
        self.assertEqual(verdicts(self.table), [names[kind] for kind in kinds])

    def compare(self, released, runs, kept_terms=(), given_terms=()):
        self.table = fidelity.Table()
        release = fidelity.Release([(start, end, []) for start, end in released],
                                   runs, kept_terms, given_terms)
        release.compare(self.table)

    def test_initrd(self):
        """Its last page is used in part; that frame, and no other, is explained."""
        terms = fidelity.initrd_terms(self.given)
        self.assertEqual([bounds for bounds, _ in terms], [(0x801, 0x802)])
        self.compare([(0x700, 0x900)], [(0x700, 0x801), (0x802, 0x900)], terms)
        self.expect("e")
        self.assertIn("frame 0x801", self.table.rows[0][4])
        self.compare([(0x700, 0x900)], [(0x700, 0x800), (0x802, 0x900)], terms)
        self.expect("!")
        self.compare([(0x700, 0x801), (0x802, 0x900)], [(0x700, 0x900)], terms)
        self.expect("=", "=", "!")

    def test_pool(self):
        """Only the whole of it, and only if the zones count it."""
        zones = {(0, "DMA"): {"cma": 256}, (1, "DMA"): {"cma": 256}}
        log = [POOL.format(0x100000), "Policy zone: DMA", POOL.format(0x300000)]
        terms = fidelity.cma_terms(log, zones, PAGE)
        self.assertEqual([bounds for bounds, _ in terms],
                         [(0x100, 0x200), (0x300, 0x400)])
        self.assertEqual(fidelity.cma_terms(log[:2], zones, PAGE), [])
        self.compare([(0, 0x100)], [(0, 0x200)], [], terms)
        self.expect("=", "e")
        self.compare([(0, 0x100)], [(0, 0x201)], [], terms)
        self.expect("=", "!")

    def test_released(self):
        self.compare([(1, 4), (8, 9)], [(1, 5), (20, 22)])
        self.expect("=", "!", "!", "!")

    def managed(self, mine, release):
        zones = fidelity.read_zoneinfo(ZONEINFO)
        self.table = fidelity.Table()
        shadow = {(0, "DMA"): dict(zones[0, "DMA"], managed=mine)}
        fidelity.compare_managed(self.table, shadow, zones, release)

    def test_managed(self):
        """As many as are missing is not enough: they must be the ones."""
        kept, given = [((30, 31), "why")], [((40, 44), "why")]
        for mine, lost, extra, kind in (
                (51, 30, (0, 0), "e"), (51, 31, (0, 0), "!"), (51, 90, (0, 0), "!"),
                (52, 30, (0, 0), "!"), (47, 30, (40, 44), "e"),
                (48, 30, (40, 44), "!"), (47, 30, (41, 45), "!")):
            ours = fidelity.subtract([(16, 100)], [extra])
            runs = fidelity.subtract([(16, 100)], [(lost, lost + 1)])
            self.managed(mine, fidelity.Release(
                [bounds + ([],) for bounds in ours], runs, kept, given))
            self.expect(kind)

    def test_memory_line(self):
        line = "Memory: 1K/512K available (3K kernel code, {}K reserved, 8K cma-reserved)"
        terms = [((4, 6), "why")]
        for mine, other, kind in ((90, 90, "="), (98, 90, "e"), (99, 90, "!"),
                                  (90, 98, "!")):
            self.table = fidelity.Table()
            fidelity.compare_memory_line(self.table, [line.format(mine)],
                                         [line.format(other)], terms, PAGE)
            self.expect(kind)

    def test_orders(self):
        shadow = [(4, 8, [2]), (16, 19, [1, 0])]
        fidelity.compare_orders(self.table, shadow, [(4, 2), (16, 1), (18, 0)])
        self.assertEqual(self.table.count(self.table.UNEXPLAINED), 0)
        for calls in ([(4, 2), (16, 1)], [(4, 1), (6, 1), (16, 1), (18, 0)],
                      [(4, 2), (16, 1), (18, 0), (20, 0)],
                      [(4, 2), (16, 0), (17, 1)]):
            self.setUp()
            fidelity.compare_orders(self.table, shadow, calls)
            self.assertNotEqual(self.table.count(self.table.UNEXPLAINED), 0)

    def test_reserved(self):
        """What was given does not count, what touches it does."""
        dump = [fidelity.Range(0x200000, 0x2fffff),
                fidelity.Range(0x7ff000, 0x801fff), fidelity.Range(0xb00000, 0xb00fff)]
        fidelity.compare_reserved(self.table, dump, dump, self.given)
        self.expect("=", "=")
        self.assertIn("[0x7ff000-0x7fffff]", self.table.rows[0][1])
        self.setUp()
        fidelity.compare_reserved(self.table, dump, dump[1:2], self.given)
        self.expect("=", "!")

    def test_memory(self):
        host = [fidelity.Range(0, 0xfff, "0", "NONE"),
                fidelity.Range(0x1000, 0x1fff, "1", "NOMAP")]
        for i, change in ((0, {"nid": "1"}), (1, {"flags": "NONE"}),
                          (1, {"last": 0x2fff})):
            shadow = list(host)
            shadow[i] = shadow[i]._replace(**change)
            self.setUp()
            fidelity.compare_memory(self.table, shadow, host, True)
            self.assertNotEqual(self.table.count(self.table.UNEXPLAINED), 0)

    def test_zones(self):
        host = fidelity.read_zoneinfo(ZONEINFO)
        fidelity.compare_zones(self.table, host, host)
        self.expect("=", "=")
        for name in ("spanned", "present", "start_pfn"):
            shadow = {key: dict(zone) for key, zone in host.items()}
            shadow[0, "DMA"][name] += 1
            self.setUp()
            fidelity.compare_zones(self.table, shadow, host)
            self.assertNotEqual(self.table.count(self.table.UNEXPLAINED), 0)
        self.setUp()
        fidelity.compare_nodes(self.table, host, {(0, "DMA"): host[0, "DMA"]})
        self.expect("=", "=", "=", "!", "!", "!")

    def test_lines(self):
        fidelity.compare_lines(self.table, "log", ["a", "b", "d"], ["a", "c", "d", "e"])
        self.expect("=", "!", "!", "=", "!")


class Packets(unittest.TestCase):
    def test_both_ways(self):
        packet = fidelity_gdb.encode("m0,4")
        self.assertEqual(packet, b"$m0,4#fd")
        for end in range(len(packet)):
            self.assertEqual(fidelity_gdb.decode(packet[:end]),
                             (None, packet[:end]))
        self.assertEqual(fidelity_gdb.decode(b"+" + packet + b"$T"),
                         ("m0,4", b"$T"))
        with self.assertRaises(fidelity_gdb.StubError):
            fidelity_gdb.decode(b"$m0,4#00")


if __name__ == "__main__":
    unittest.main()
