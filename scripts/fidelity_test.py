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

MARKS = """\
Node 0, zone      DMA
  per-node stats
      nr_inactive_anon 0
  pages free     10
        boost    5
        min      15
        low      25
        high     35
        promo    45
        present  60
        managed  50
        cma      8
        protection: (0, 0, 7)
      nr_free_pages 10
  pagesets
    cpu: 0
              count: 1
              high:  2
              batch: 3
              high_min: 8
              high_max: 9
    cpu: 1
              count: 4
              high:  5
              batch: 3
              high_min: 8
              high_max: 9
  start_pfn:           16
Node 0, zone  Movable
  pages free     0
        boost    0
        min      32
        low      32
        high     32
        promo    32
        present  0
        managed  0
        protection: (0, 0, 0)
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

    def test_marks(self):
        zones = fidelity.read_marks(MARKS)
        self.assertEqual([zones[0, "DMA"][mark] for mark in fidelity.MARKS],
                         [10, 20, 30, 40])
        self.assertEqual(zones[0, "DMA"]["protection"], "(0, 0, 7)")
        self.assertEqual(zones[0, "DMA"]["managed"], 50)
        self.assertEqual(fidelity.say_list(zones[0, "DMA"]["lists"]),
                         "batch 3 high_min 8 high_max 9")
        self.assertEqual(zones[0, "Movable"]["min"], 32)
        self.assertEqual(fidelity.say_list(zones[0, "Movable"]["lists"]), "none")
        zones[0, "DMA"]["lists"][1]["batch"] = 4
        self.assertEqual(fidelity.say_list(zones[0, "DMA"]["lists"]),
                         "batch 3 high_min 8 high_max 9; batch 4 high_min 8 high_max 9")

    def test_zonelists(self):
        nodes = fidelity.read_zonelists(
            "# NODE:ZONE from left to right\n"
            "node 0: memory, nr_zones 3, CPUs 0\n"
            "  fallback    0:Normal 0:DMA 1:Normal\n"
            "  no-fallback 0:Normal 0:DMA\n"
            "  starts      GFP_DMA=0:DMA\n"
            "\nnode distances:\nnode    0\n   0:  10\n")
        self.assertEqual(nodes, {"0": {"fallback": "0:Normal 0:DMA 1:Normal",
                                       "no-fallback": "0:Normal 0:DMA"}})

    def test_settings(self):
        self.assertEqual(fidelity.read_settings("1 2 3,4 5\n"),
                         ["min_free_kbytes=1 watermark_scale_factor=2 "
                          "lowmem_reserve_ratio=3,4 percpu_pagelist_high_fraction=5"])

    def test_symbols(self):
        symbols, layout = fidelity.read_symbols(
            "ffff800080000000 T memblock_free_all\nlayout zone.name 192\nlayout zone 1728\n")
        self.assertEqual(symbols, {"memblock_free_all": 0xffff800080000000})
        self.assertEqual(layout, {"zone.name": 192, "zone": 1728})

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


class Kernel:
    """Memory as a stub reads it: two nodes of two zones each, made by hand."""

    LAYOUT = {"pglist_data.node_zones": 0, "pglist_data.node_zonelists": 128,
              "pglist_data.node_id": 512, "zone": 64, "zone.name": 8,
              "zone.pageset_batch": 16, "zone.pageset_high_min": 20,
              "zone.pageset_high_max": 24, "zonelist": 96, "zonelist._zonerefs": 0,
              "zoneref": 16, "zoneref.zone": 0}
    NODES = (0x1000, 0x2000)

    def __init__(self):
        self.memory = {}
        self.put(0x100, struct.pack("<8Q", *self.NODES, *(0,) * 6))
        for at, name in ((0x200, b"DMA\0"), (0x210, b"Normal\0")):
            self.put(at, name.ljust(8, b"\0"))
        for nid, node in enumerate(self.NODES):
            self.put(node + 512, struct.pack("<i", nid))
            for i, name in enumerate((0x200, 0x210)):
                self.put(node + 64 * i + 8, struct.pack("<Q", name))
                self.put(node + 64 * i + 16, struct.pack("<3i", 7, 8 + nid, 9 + i))
            own = [node + 64, node]
            other = self.NODES[1 - nid] + 64
            self.put_list(node + 128, own + [other])
            self.put_list(node + 128 + 96, own)

    def put(self, address, data):
        for i, byte in enumerate(data):
            self.memory[address + i] = byte

    def put_list(self, address, zones):
        for i, zone in enumerate(zones + [0]):
            self.put(address + 16 * i, struct.pack("<Q", zone))

    def read(self, address, nr_bytes):
        return bytes(self.memory[address + i] for i in range(nr_bytes))


class Moments(unittest.TestCase):
    def test_look(self):
        seen = fidelity.Zones(Kernel(), 0x100, Kernel.LAYOUT).look()
        self.assertEqual(seen["zonelists"],
                         {"0": {"fallback": "0:Normal 0:DMA 1:Normal",
                                "no-fallback": "0:Normal 0:DMA"},
                          "1": {"fallback": "1:Normal 1:DMA 0:Normal",
                                "no-fallback": "1:Normal 1:DMA"}})
        self.assertEqual(seen["zones"]["1:Normal"],
                         {"batch": 7, "high_min": 9, "high_max": 10})

    def compare(self, mine, watched):
        table = fidelity.Table()
        fidelity.compare_marks(table, fidelity.read_marks(mine),
                               fidelity.read_marks(MARKS), watched)
        return table.count(fidelity.Table.UNEXPLAINED)

    def test_compare(self):
        watched = {"zones": {"0:DMA": {"batch": 3, "high_min": 8, "high_max": 9}}}
        self.assertEqual(self.compare(MARKS, watched), 0)
        for old, new in (("promo    45", "promo    46"), ("(0, 0, 7)", "(0, 0, 8)"),
                         ("managed  50", "managed  51"), ("boost    5", "boost    4"),
                         ("high_max: 9", "high_max: 8"),
                         ("Node 0, zone  Movable", "Node 1, zone  Movable")):
            changed = MARKS.replace(old, new, 1)
            self.assertNotEqual(changed, MARKS)
            self.assertGreater(self.compare(changed, watched), 0, new)

    def test_compare_zonelists(self):
        host = fidelity.Zones(Kernel(), 0x100, Kernel.LAYOUT).look()["zonelists"]
        table = fidelity.Table()
        mine = {nid: dict(lists) for nid, lists in host.items()}
        fidelity.compare_zonelists(table, mine, host)
        self.assertEqual(verdicts(table), [fidelity.Table.EQUAL] * 4)
        mine["1"]["fallback"] = "1:Normal 0:Normal 1:DMA"
        del mine["0"]["no-fallback"]
        table = fidelity.Table()
        fidelity.compare_zonelists(table, mine, host)
        self.assertEqual(table.count(fidelity.Table.UNEXPLAINED), 2)


if __name__ == "__main__":
    unittest.main()
