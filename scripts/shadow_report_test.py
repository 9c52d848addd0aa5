#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests of scripts/shadow-report: its readers, its page, and the page in Chromium.

A machine made up by shadow_report/model.py writes snapshots and events; what the
page shows is compared with what the model knows. SHADOW_SHOTS=FOLDER keeps
screenshots, SEED= repeats a run.
"""

import contextlib
import io
import json
import os
import random
import re
import shutil
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "shadow_report"))

import browser  # noqa: E402
import eventfile  # noqa: E402
import follow  # noqa: E402
import follow_tables  # noqa: E402
import history  # noqa: E402
import main  # noqa: E402
import model  # noqa: E402
import moments  # noqa: E402
import page  # noqa: E402
import views  # noqa: E402

SEED = int(os.environ.get("SEED", random.randrange(1 << 30)))
SHOTS = os.environ.get("SHADOW_SHOTS")
NASTY = "</script><img src=x onerror=alert(1)>&'\""
STEP_MS = 16


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())


class Folder(unittest.TestCase):
    """With a folder of its own."""

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="shadow-report.")
        self.addCleanup(shutil.rmtree, self.dir)
        self.out = os.path.join(self.dir, "page.html")

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def call(self, *words):
        """Status, standard output, standard error."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main.main(list(words), "usage")
        return status, out.getvalue(), err.getvalue()

    def refused(self, words, pattern):
        status, out, err = self.call(*words)
        self.assertEqual((status, out, err.count("\n")), (2, "", 1), err)
        self.assertRegex(err, "^shadow-report: .*" + pattern)
        self.assertFalse(os.path.exists(self.out))

    def page_data(self):
        with open(self.out, encoding="utf-8") as file:
            text = file.read()
        found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text)
        return json.loads(found[1]), text


class Readers(unittest.TestCase):
    def test_zones(self):
        text = "Node 0, zone      DMA      0      2 \nNode 1, zone   Normal      1      0 \n"
        self.assertEqual(views.buddyinfo(text), [["0 DMA", [0, 2]], ["1 Normal", [1, 0]]])
        self.assertEqual(views.indices("Node 0, zone      DMA -1.000 0.250  0.-500 \n"),
                         [["0 DMA", [-1.0, 0.25, -0.5]]])
        for bad in ("Node 0, zone DMA 1 x\n", "hello\n", "Node 0 zone DMA 1\n"):
            with self.assertRaisesRegex(views.BadText, "^line 1: "):
                views.buddyinfo(bad)

    def test_zoneinfo(self):
        zone, = views.zoneinfo(
            "Node 0, zone   Normal\n  per-node stats\n      nr_x 3\n  pages free     12\n"
            "        boost    4\n        min      1\n        low      2\n        high     3\n"
            "        managed  20\n  pagesets\n    cpu: 0\n              count: 5\n"
            "              high:  9\n    cpu: 1\n              count: 6\n"
            "Node 0, zone  Movable\n  pages free     0\n        min      0\n        managed  0\n")
        self.assertEqual(zone, {"zone": "0 Normal", "pcp": 11, "free": 12, "boost": 4,
                                "min": 1, "low": 2, "high": 3, "managed": 20})

    def test_slab_objects(self):
        found = views.slab_objects(
            "one character an object, in order of address: # in use, . free; engine slub\n"
            "cache  slabs\nfoo: slab at pfn 77, order 1, node 0, cpu 0: 3 of 5 objects of 104 bytes in use\n"
            "  ##.\n  .#\ntotal 3\n")
        self.assertEqual(found, [["foo", 77, 1, 0, "cpu 0", 3, 5, 104, "##..#"]])

    def test_slob(self):
        found = views.slab_objects(
            "one character an object, in order of address: # in use, . free; engine slob\n"
            "all caches: slab at pfn 9, order 0, node 0, small: 3 of 4 pieces of 16 bytes in use\n  ##.#\n")
        self.assertEqual(found, [["all caches", 9, 0, 0, "small", 3, 4, 16, "##.#"]])

    def test_boot(self):
        found = views.boot("# ns: time\nphase  ns  early tables  effect\n"
                           "map_kernel   1663  0  4  init_pg_dir at 0x6b (kernel/pi)\n"
                           "      early bytes by owner: table 3\n   > Zone ranges:\n"
                           "verify       10          failed with -12: no memory\ntotal  1673  in all\n")
        self.assertEqual(found, [["map_kernel", 1663, 0, 4, "init_pg_dir at 0x6b (kernel/pi)"],
                                 ["verify", 10, 0, 0, "failed with -12: no memory"]])

    def test_map(self):
        frames, size, rows = views.frame_map(
            "Machine main: one character is 512 frames, 2048 KiB, a row 131072 KiB.\n"
            "A capital: all\n\nNode 0, zone DMA: [0x1-0x2], 1024 frames\n"
            "0x0000040000000 IfF-?\n\n      frames  of memory\nF          1   1.0%  free\n")
        self.assertEqual((frames, size, rows), (512, 4096, [[0x40000000, "IfF-?", "0 DMA"]]))
        for text, line in (("Machine x\n", 1), ("", 1), (
                "Machine m: one character is 1 frames, 4 KiB, a\n0x0000040000000 FQ\n", 2)):
            with self.assertRaisesRegex(views.BadText, f"^line {line}: "):
                views.frame_map(text)

    def test_letters(self):
        """The letters, and what they mean, are those of the file map."""
        found = re.findall(r"\[SHADOW_MAP_\w+\]\s*= { '(.)', \"(.*?)\" }",
                           eventfile.source("shadow_map.c"))
        self.assertEqual(found[:-1], [one[:2] for one in views.CLASSES[:-1]])
        self.assertEqual(found[-1][0], views.CLASSES[-1][0])

    def test_not_yet(self):
        with self.assertRaisesRegex(views.NotYet, "before phase mem_init"):
            views.buddyinfo("buddyinfo: nothing to show before phase mem_init is complete\n")

    def test_tables(self):
        regions = views.page_tables("---[ vmalloc() area ]---\n"
                                    "0x10-0x20  4K PTE  RW AF\n---[ vmalloc() end ]---\n")
        self.assertEqual(regions, [["vmalloc() area", "r", [["0x10-0x20 4K PTE RW AF", "p", []]]]])
        with self.assertRaisesRegex(views.BadText, "cut off"):
            views.page_tables("shadow_mm page tables, format 1\nmachine=m trees=1\n")

    def test_geometry(self):
        """Small holes are drawn, one that dwarfs memory is not."""
        geometry = history.Geometry(4096, [[100, 200], [210, 300], [10**7, 10**7 + 50]])
        self.assertEqual(geometry.segments, [[100, 200, 0], [10**7, 50, 200]])
        self.assertEqual([geometry.index(pfn) for pfn in (99, 100, 205, 300, 10**7 + 49)],
                         [-1, 0, 105, -1, 249])

    def test_before_the_handover(self):
        """Memory comes, is reserved and given back as memblock is told, and when
        mem_init is over it is what the handover left; later memblock is past."""
        names = [("memblock_add", ["base", "size"]), ("memblock_reserve", ["base", "size"]),
                 ("memblock_alloc", ["base", "size"]), ("memblock_free", ["base", "size"]),
                 ("boot_phase", ["phase"]), ("mm_page_free", ["pfn", "order"])]
        told = [(0, 0x100000, 0x20000), (1, 0x104800, 0x1000), (4,), (2, 0x110000, 0x3000),
                (3, 0x111000, 0x1000), (5, 0x106, 0), (4,), (1, 0x100000, 0x1000), (5, 0x110, 0)]
        records = [(i + 1, i, kind, 0, 0, list(args)) for i, (kind, *args) in enumerate(told)]
        early = history.Early(["bootmem_init", "mem_init", "verify"], [
            [0x104000, 0x105fff, 11], [0x110000, 0x112fff, 10]], [[0, 4, 0], [4, 2, 11], [6, 26, 0]], 4096)
        flat = history.effects(history.History(names, records),
                               history.Geometry(4096, [[0x100, 0x120]]), early)
        other = views.BY_LETTER["E"]
        self.assertEqual([flat[i:i + 4] for i in range(0, len(flat), 4)], [
            [0, 0, 32, views.FREE], [1, 4, 2, 11], [3, 16, 3, 10], [4, 17, 1, views.FREE],
            [6, 0, 4, 0], [6, 4, 2, 11], [6, 6, 26, 0], [8, 16, 1, views.FREE]])
        self.assertEqual(early.class_at(0x103fff), other)

    def test_pack(self):
        """Numbers survive, whatever their size and sign."""
        rnd = random.Random(SEED)
        pack, given = history.Packer(), []
        for _ in range(2000):
            given.append(rnd.randrange(-1 << rnd.randrange(1, 40), 1 << rnd.randrange(1, 40)))
            pack.signed(given[-1])
        at, found = 0, []
        while at < len(pack.data):
            value = shift = 0
            while True:
                byte = pack.data[at]
                at += 1
                value |= (byte & 0x7f) << shift
                shift += 7
                if not byte & 0x80:
                    break
            found.append(-(value + 1) // 2 if value & 1 else value >> 1)
        self.assertEqual(found, given)


class Tables(unittest.TestCase):
    """What map, unmap and protect make of descriptors, by the rules of the Arm ARM
    and of shadow_pgtable.c, worked out by hand."""
    NAMES = [("block_split", ["va", "level", "table_pa"]), ("op unmap", ["root", "va", "bytes"]),
             ("op map", ["root_flags", "va", "pa", "bytes", "prot"]), ("table_free", ["pa", "nr_tables"]),
             ("table_fold", ["va", "level", "table_pa"]), ("table_alloc", ["pa", "nr_tables"]),
             ("op protect", ["root_flags", "va", "bytes", "prot"])]
    ROOT, BLOCK, VA, RW, RO = 0x1000, 0x40000000, 1 << 30, 0xe8000000000700, 0xe0000000000780

    def setUp(self):
        one = model.Model(random.Random(SEED), 64, 0)
        one.root = model.Table(self.ROOT, 0, 0)
        middle, low = model.Table(0x2000, 1, 0), model.Table(0x3000, 2, self.VA)
        one.root.entries[0], middle.entries[1], low.entries[0] = middle, low, self.BLOCK
        text = one.tables_text().replace("half=upper", "half=lower")
        # Nobody asked for these leaves to stay
        text = text.replace("3807 table", "3007 table")
        self.told = []
        moment = type("Moment", (), {"get": lambda _, file: views.page_tables(text), "seq": 0})()
        self.run_ = type("Run", (), {"moments": [moment], "once": {}})()

    def tell(self, name, *args):
        kind = [key for key, _ in self.NAMES].index(name)
        self.told.append((len(self.told) + 1, 0, kind, 0, 0, list(args)))

    def tables(self):
        """[level, {first: (frames, bits of the hint and read-only)}] of each table."""
        past = history.History(self.NAMES, self.told)
        found = follow_tables.Tables(self.run_, past)
        self.assertTrue(follow.follow(found, self.run_, past, [0], False))
        return found

    def leaves(self, table, of):
        """[index, address, has it the hint?, may it be written?], pages alike as one"""
        rows = []
        for i in sorted(table.entries):
            leaf = of.leaf(table, i)
            if leaf:
                row = [leaf[1] - i * (1 << 39 - 9 * table.level), bool(leaf[0] & follow_tables.CONT),
                       not leaf[0] & 1 << 7]
                if rows and rows[-1][1] == i - 1 and rows[-1][2:] == row:
                    rows[-1][1] = i
                else:
                    rows.append([i, i] + row)
        return rows

    def test_split_and_fold(self):
        self.tell("table_alloc", 0x5000, 4)
        self.tell("block_split", self.VA + 0x3000, 2, 0x5000)
        self.tell("op unmap", self.ROOT, self.VA + 0x3000, 0x1000)
        of = self.tables()
        table = of.by_pa[0x5000]
        self.assertEqual(self.leaves(table, of), [
            [0, 2, self.BLOCK, False, True], [4, 15, self.BLOCK, False, True],
            [16, 511, self.BLOCK, True, True]])
        # Another page in its place: no group
        self.tell("op map", self.ROOT, self.VA + 0x3000, self.BLOCK + 0x9000, 0x1000, self.RW)
        self.assertEqual(self.leaves(table := (of := self.tables()).by_pa[0x5000], of)[:3], [
            [0, 2, self.BLOCK, False, True], [3, 3, self.BLOCK + 0x6000, False, True],
            [4, 15, self.BLOCK, False, True]])
        # The right one: the group has its hint again, and the table may be a block
        self.told.pop()
        self.tell("op map", self.ROOT, self.VA + 0x3000, self.BLOCK + 0x3000, 0x1000, self.RW)
        of = self.tables()
        self.assertEqual(self.leaves(of.by_pa[0x5000], of), [[0, 511, self.BLOCK, True, True]])
        last = self.told.pop()
        self.tell("table_free", 0x5000, 3)
        self.tell("table_fold", self.VA, 2, 0x5000)
        self.told.append((len(self.told) + 1,) + last[1:])
        of = self.tables()
        self.assertNotIn(0x5000, of.by_pa)
        self.assertEqual(self.leaves(of.by_pa[0x3000], of), [[0, 0, self.BLOCK, False, True]])

    def test_large_and_protected(self):
        """Pages up to a group, groups up to a block, a block, and what is left."""
        at, size = self.VA + 0x400000 - 0x14000, 0x14000 + 0x200000 + 0x11000
        self.tell("table_alloc", 0x6000, 4)
        self.tell("table_alloc", 0x7000, 5)
        self.tell("op map", self.ROOT, at, 0x50000000 - 0x14000, size, self.RW)
        of = self.tables()
        low = self.BLOCK + 0x10000000
        self.assertEqual(self.leaves(of.by_pa[0x6000], of), [
            [492, 495, low - 0x200000, False, True], [496, 511, low - 0x200000, True, True]])
        self.assertEqual(self.leaves(of.by_pa[0x3000], of), [
            [0, 0, self.BLOCK, False, True], [2, 2, low - 0x400000, False, True]])
        self.assertEqual(self.leaves(of.by_pa[0x7000], of), [
            [0, 15, low + 0x200000, True, True], [16, 16, low + 0x200000, False, True]])
        self.tell("op protect", self.ROOT, self.VA + 0x400000 - 0x8000, 0x8000, self.RO)
        of = self.tables()
        self.assertEqual(self.leaves(of.by_pa[0x6000], of), [
            [492, 503, low - 0x200000, False, True], [504, 511, low - 0x200000, False, False]])


class Calls(Folder):
    def moment(self, **files):
        for name, text in files.items():
            write(self.path("run", "000", name), text)

    def test_refusals(self):
        self.moment(buddyinfo="Node 0, zone DMA 1 2\n")
        os.makedirs(self.path("empty"))
        write(self.path("file"), "x")
        run = self.path("run")
        for words, pattern in [
                ([], "one run or two are allowed, not 0"),
                ([run] * 3, "not 3"), (["--bogus", run], "unknown option '--bogus'"),
                ([run, "-o"], "-o needs a value"),
                ([run, "--events", "0"], "--events '0': a number from 1 to 1000000"),
                ([run, "--events=x"], "--events 'x'"), ([run, "--events", "²"], "--events '²'"),
                ([run, "--names", "a,b"], "--names 'a,b': 1, separated"),
                ([run, "-o", self.path("no", "x")], "no folder"),
                ([self.path("none")], "none': no such folder"),
                ([self.path("file")], "file': not a folder"),
                ([self.path("empty")], "no snapshot in it: folders 000, 001"),
                ([self.dir], "holds whole runs: give them one by one, as in: .*run"),
                (["--record", run], "it exists already"),
                (["--record", self.path("new"), run], "makes one run"),
                (["--record", self.path("new"), "--workload", "/no"], "no such file"),
                (["--workload", "/no", run], "go with --record")]:
            with self.subTest(words=words):
                self.refused(words + ([] if "-o" in words else ["-o", self.out]), pattern)

    def test_garbage(self):
        """Each file that is not what it should be is named, with the line."""
        rnd = random.Random(SEED)
        noise = bytes(rnd.randrange(256) for _ in range(3000))
        for name in ("map", "buddyinfo", "zoneinfo", "unusable_index", "slabinfo",
                     "slab_objects", "page_tables", "vmstat", "boot", "memblock_memory"):
            for text in (noise, b"\0", "some words\nof no meaning 7\n"):
                with self.subTest(name=name, text=text[:9]):
                    self.moment(**{name: text})
                    self.refused([self.path("run"), "-o", self.out],
                                 f"run/000/{name}': line [0-9]+: ")
                    shutil.rmtree(self.path("run"))

    def test_numbers(self):
        """No number is too long, no NaN and no other script's digit gets through."""
        zone = "Node 0, zone   Normal"
        for name, text in (("unusable_index", f"{zone} 0.1 inf\n"), ("unusable_index", f"{zone} nan\n"),
                           ("buddyinfo", f"{zone} {'9' * 5000}\n"), ("buddyinfo", f"{zone} {10**30}\n"),
                           ("vmstat", "nr_free_pages \u00b2\n"),
                           ("moment", "uptime_s=inf\n"), ("moment", f"seq={'9' * 5000}\n"),
                           ("boot", f"verify   {'7' * 5000}  0  0  of words\n"),
                           ("slab_objects", "one character an object\nc: slab at pfn 7, order 0, node 0,"
                            f" full: 1 of {10**12} objects of 8 bytes in use\n  #\n")):
            with self.subTest(name=name, text=text[:60]):
                self.moment(**{name: text})
                self.refused([self.path("run"), "-o", self.out], f"run/000/{name}': ")
                shutil.rmtree(self.path("run"))

    def test_missing(self):
        """One file is enough; of the others the page says how to get them."""
        self.moment(buddyinfo="Node 0, zone DMA 1 2\n",
                    slab_objects="slab_objects: nothing to show before phase x is complete\n")
        self.assertEqual(self.call(self.path("run"), "-o", self.out)[0], 0)
        data, _ = self.page_data()
        missing = data["runs"][0]["missing"]
        self.assertNotIn("buddy", missing)
        self.assertRegex(missing["slabs"], "^slab_objects says: slab_objects: nothing to show")
        self.assertIn("cat /sys/kernel/debug/shadow_mm_raw/main/map >MOMENT/map", missing["map"])
        self.assertIn("cat /sys/kernel/debug/shadow_mm/boot >", missing["boot"])
        self.assertEqual(set(missing), set(page.NEEDS) - {"buddy"})

    def test_events(self):
        """A file of events is read as it was written, and every cut is told."""
        one = model.Model(random.Random(SEED), 2048)
        one.snap(self.path("run"), "booted")
        one.churn(300)
        one.snap(self.path("run"), "end")
        data = one.events_bin()
        found = eventfile.read(data)
        self.assertEqual([(seq, ns, found.names[kind][0], args[:len(found.names[kind][1])])
                          for seq, ns, kind, _, _, args in found.records],
                         [(seq, ns, model.NAMES[kind][0], args + [0] * (len(model.NAMES[kind][1]) - len(args)))
                          for seq, ns, kind, _, _, args in one.records])
        path = self.path("run", "events.bin")
        for size in (0, 7, 30, 96, len(data) - 1, len(data) - 64):
            write(path, data[:size])
            self.refused([self.path("run"), "-o", self.out], "events.bin': cut off: ")
        for at, byte, pattern in ((0, 0, "begins with"), (8, 9, "version 9"),
                                  (eventfile.header(data)[0], 99, "record 2 has number 2, after 99")):
            bad = bytearray(data)
            bad[at] = byte
            write(path, bytes(bad))
            self.refused([self.path("run"), "-o", self.out], f"events.bin': {pattern}")
        one.records.clear()
        write(path, one.events_bin())
        self.assertEqual(self.call(self.path("run"), "-o", self.out)[0], 0)
        self.assertIn("ring=RECORDS", self.page_data()[0]["runs"][0]["missing"]["events"])
        write(path, data)
        self.assertEqual(self.call(self.path("run"), "-o", self.out)[0], 0)
        data, _ = self.page_data()
        self.assertNotIn("events", data["runs"][0]["missing"])

    def test_packed_arguments(self):
        """Several numbers in one argument are several arguments."""
        key, (name, names) = next(one for one in eventfile.tables().items()
                                  if one[1][0] == "mm_page_alloc_extfrag")
        orders, types = 3 | 10 << 16 | 9 << 32, 1 | 2 << 16 | 1 << 32
        self.assertEqual(len(names), 3)
        head = eventfile.HEADER.pack(eventfile.MAGIC, eventfile.VERSION, eventfile.HEADER.size,
                                     48, 128, eventfile.RECORD.size, 1, 1, 1, 2, 1, 0)
        found = eventfile.read(head.ljust(128, b"\n") + eventfile.RECORD.pack(
            1, 5, key, 0, 0, 1, 77, orders, types, 0, 0))
        kind, args = found.records[0][2], found.records[0][5]
        self.assertEqual((name, dict(zip(found.names[kind][1], args))), ("mm_page_alloc_extfrag", {
            "pfn": 77, "alloc_order": 3, "fallback_order": 10, "pageblock_order": 9,
            "alloc_migratetype": 1, "fallback_migratetype": 2, "change_ownership": 1}))

    def test_layout_of_events(self):
        """Header and record are the structures that the kernel's file has."""
        text = eventfile.source("include", "shadow_ring.h")
        letters = {"char": "8s", "u64": "Q", "u32": "I", "u16": "H", "u8": "B", "s32": "i"}
        for name, ours in (("file", eventfile.HEADER), ("record", eventfile.RECORD)):
            body = re.search(rf"^struct shadow_ring_{name} {{(.*?)^}}", text, re.M | re.S)[1]
            # In a union the first member is all of the others in one
            body = re.sub(r"union {\n[^\n]*\n", "", body)
            fields = re.findall(r"^\t+(\w+) \w+(\[\w+\])?;", body, re.M)
            theirs = "".join(letters[kind] * (5 if many and kind == "u64" else 1)
                             for kind, many in fields)
            self.assertEqual("<" + theirs, ours.format.replace("5Q", "Q" * 5))

    def test_names_of_events(self):
        """Each event and operation of the headers has its name and arguments."""
        found = eventfile.tables()
        text = eventfile.source("include", "shadow_event.h")
        body = text[text.index("enum shadow_event_id {"):text.index("SHADOW_NR_EVENTS\n")]
        events = re.findall(r"^\tSHADOW_EV_\w+", body, re.M)
        self.assertEqual({key for key in found if not key & eventfile.OP}, set(range(len(events))))
        self.assertEqual(found[0], ("mm_page_alloc", ["pfn", "order", "gfp_flags", "migratetype"]))
        ops = dict(found.values())
        self.assertEqual(ops["op alloc_pages"], ["gfp", "order", "cpu", "pfn"])
        for name in history.CHANGE_FRAMES:
            self.assertIn(name, ops)

    def test_mutated(self):
        """Whatever stands in a file: a page, or one line that names it."""
        rnd = random.Random(SEED)
        one, kept, seen = model.Model(rnd, 1024), {}, set()
        for _ in range(2):
            one.churn(300)
            one.snap(self.path("run"), "later")
        write(self.path("run", "events.bin"), one.events_bin())
        for folder, _, files in os.walk(self.path("run")):
            for file in files:
                with open(os.path.join(folder, file), "rb") as opened:
                    kept[os.path.join(folder, file)] = opened.read()
        records = eventfile.header(kept[self.path("run", "events.bin")])[0]
        for turn in range(120):
            path = rnd.choice(sorted(kept)) if turn % 2 else self.path("run", "events.bin")
            data = bytearray(kept[path])
            for _ in range(rnd.choice((1, 5, 20))):
                if path.endswith("events.bin"):
                    at = records + 64 * rnd.randrange((len(data) - records) // 64)
                    at += rnd.choice((16, 20, 24, 32, 40, 48, 56))
                    data[at:at + 4] = rnd.choice((0, 1, 64, 1 << 20, (1 << 32) - 1)).to_bytes(4, "little")
                else:
                    data[rnd.randrange(len(data))] = rnd.randrange(32, 127)
            write(path, bytes(data))
            status, _, err = self.call(self.path("run"), "-o", self.out)
            seen.add(status)
            self.assertIn((status, err.count("\n")), ((0, 0), (2, 1)), f"turn {turn}, seed {SEED}: {err}")
            write(path, kept[path])
        self.assertEqual(seen, {0, 2})

    def test_order_of_moments(self):
        for name in ("9", "10", "2"):
            write(self.path("run", name, "buddyinfo"), "Node 0, zone DMA 1\n")
        self.assertEqual([one.name for one in moments.Run(self.path("run"), "r").moments],
                         ["2", "9", "10"])

    def test_nothing_escapes(self):
        """Names are text, wherever they come from."""
        self.moment(moment=f"name={NASTY}\n", slab_objects=(
            "one character an object, in order of address: # in use, . free; engine slub\n"
            f"{NASTY}: slab at pfn 7, order 0, node 0, full: 1 of 1 objects of 8 bytes in use\n  #\n"))
        self.call(self.path("run"), "-o", self.out, "--names", NASTY.replace(",", ""))
        data, text = self.page_data()
        self.assertEqual(data["runs"][0]["slabs"]["caches"], [NASTY])
        self.assertEqual(data["runs"][0]["moments"][0]["name"], NASTY)
        self.assertNotIn("<img", text)
        self.assertEqual(text.count("</script>"), 2)

    def test_loads_nothing(self):
        self.moment(buddyinfo="Node 0, zone DMA 1\n")
        self.call(self.path("run"), "-o", self.out)
        _, text = self.page_data()
        self.assertNotRegex(text, r"https?:|//cdn|<link|<img|@import|url\(|fetch\(|XMLHttp")
        self.assertIn("default-src 'none'", text)


# What a run has at an event, or has now, as model.state() says it; what is shown
ASK = """
function have(run) {
	const leaves = {}, tables = [], slabs = {}, walk = (table) => {
		tables.push(table.pa);
		table.what.forEach((what, i) => {
			const va = "0x" + (BigInt(table.va) + BigInt(i) * BigInt(run.tables.step(table))).toString(16);

			if (table.below.has(i))
				walk(table.below.get(i));
			else if (what)
				leaves[va] = table.value[i];
		});
	};

	run.tables.trees.filter((tree) => tree.live).forEach((tree) => walk(run.tables.all[tree.root]));
	for (const slab of run.slabs.live)
		slabs[slab.pfn] = [run.slabs.caches[slab.cache], slab.cells.join("")];
	return { cells: Array.from(run.frames.cells), buddy: run.buddy.sums(), slabs, leaves,
		tables: tables.sort((a, b) => a - b) };
}
function ask(run, record) {
	run.frames.seek(record);
	[run.buddy, run.slabs, run.tables].forEach((stream) => stream.seek(record));
	return have(run);
}
function drifts(run) {
	return { map: run.frames.drift, buddy: run.buddy.drift, slabs: run.slabs.drift, tables: run.tables.drift };
}
function shown(run, record) {
	const { view } = views.find((one) => one.run === run && one.id === "tables");

	// All of them open
	view.open = new Set([...run.tables.trees.map((one) => `${one.name}/${run.tables.all[one.root].pa}`),
		...run.tables.all.map((one) => `${one.tree}/${one.level}/${one.va}`)]);
	view.drawn = null;
	show(positionOf(run, record));
	const at = (id) => document.querySelector(`#${id} [data-run="${run.letter}"]`);
	const found = { words: [...document.querySelectorAll(`[data-run="${run.letter}"] .says`)].map((n) => n.textContent),
		tables: at("tables").querySelector(".tree").textContent };

	// Without the frame around the newest
	const slabs = views.find((one) => one.run === run && one.id === "slabs").view;
	slabs.marked.clear();
	slabs.frame.scrollTop = 0;
	slabs.draw();
	slabs.arrange();
	slabs.frame.style.maxHeight = "none";
	slabs.paint();
	found.slabs = at("slabs").querySelector("canvas").toDataURL();
	found.map = at("map").querySelector("canvas").toDataURL();
	slabs.show(momentAt(run, position), recordAt(run, position), position);
	return found;
}
function marked(letter) {
	const { view, run } = views.find((one) => one.run.letter === letter && one.id === "slabs");

	return [...view.marked].map((id) => run.slabs.all[id].pfn);
}
"""


def model_page(folder, out, seeds, churn, frames=16384, sample=0):
    """A page of one run or two, and the models they are of, whose states are kept
    after a sample of events."""
    made, runs = [], []
    for number, seed in enumerate(seeds):
        path = os.path.join(folder, f"run{number}")
        one = model.Model(random.Random(seed), frames)
        one.sample = sample
        one.snap(path, "booted")
        for i, events in enumerate(churn):
            one.churn(events)
            one.snap(path, f"step {i}")
        run = moments.Run(path, f"run {number}")
        runs.append((run, history.History(model.NAMES, one.records)))
        made.append(one)
    with open(out, "w", encoding="utf-8") as file:
        file.write(page.build(runs, 200000))
    return made


@unittest.skipUnless(browser.find(), "no chromium")
class InChromium(Folder):
    def start(self, **more):
        one = browser.Browser(**more)
        self.addCleanup(one.close)
        return one

    def shot(self, one, name, **more):
        if SHOTS:
            os.makedirs(SHOTS, exist_ok=True)
            one.screenshot(os.path.join(SHOTS, name), **more)

    def no_errors(self, one):
        self.assertEqual(one.errors, [])
        self.assertEqual([url for url in one.asked if not url.startswith("file:")], [])

    def test_views_at_events(self):
        """Frames, free blocks, slabs object by object and tables descriptor by
        descriptor are what the model had, at events between snapshots, in any order."""
        rnd = random.Random(SEED)
        made = model_page(self.dir, self.out, [SEED, SEED + 1], [3000, 500, 4000], 4096, 0.02)
        one = self.start()
        one.open(self.out)
        one.eval(ASK)
        self.no_errors(one)
        letters = one.eval("CLASSES.map((c) => c.letter)")
        for number, of in enumerate(made):
            states = dict(of.states)
            states[len(of.records)] = of.state()
            self.assertGreater(len(states), 20)
            for record in rnd.sample(sorted(states), len(states)):
                words = f"run {number}, event {record} of {len(of.records)}, seed {SEED}"
                found, want = one.eval(f"ask(RUNS[{number}], {record})"), states[record]
                found["cells"] = "".join(letters[i] for i in found["cells"])
                for key, value in want.items():
                    self.assertEqual(found[key], value, f"{key}: {words}")
            for view, checked in one.eval(f"drifts(RUNS[{number}])").items():
                self.assertEqual([differ for _, differ, _ in checked], [0] * len(checked),
                                 f"{view}, seed {SEED}")
                self.assertEqual(len(checked), 4 if view == "slabs" else 3, view)
        self.no_errors(one)

    def test_views_show_events(self):
        """One step of the scrubber, between two snapshots, of both runs: the pictures
        and words of those views change that the event is for, and only those."""
        made = model_page(self.dir, self.out, [SEED, SEED + 1], [2500, 2500], 4096)
        one = self.start()
        one.open(self.out)
        one.eval(ASK)
        seen = {"slabs": 0, "tables": 0}
        for number, of in enumerate(made):
            letter = "AB"[number]
            for i in range(len(of.records) - 1, len(of.records) // 2, -1):
                name, args = model.NAMES[of.records[i][2]][0], of.records[i][5]
                view = {"op cache_alloc": "slabs", "kmem_cache_alloc": "slabs", "op cache_free": "slabs",
                        "map": "tables", "op map": "tables", "op unmap": "tables"}.get(name)
                # A table that becomes empty goes before that is told
                gone = model.NAMES[of.records[i - 1][2]][0] == "table_free"
                if not view or gone or seen[view] >= 6 * (number + 1):
                    continue
                seen[view] += 1
                before, after = (one.eval(f"shown(RUNS[{number}], {at})") for at in (i, i + 1))
                changed = [key for key in before if before[key] != after[key]]
                self.assertIn(view, changed, f"{name} {args}, seed {SEED}")
                self.assertNotIn({"slabs": "tables", "tables": "slabs"}[view], changed, name)
                self.assertNotIn("map", changed, name)
                if view == "slabs":
                    pa = args[0] if name == "kmem_cache_alloc" else args[-1]
                    marked = one.eval(f"marked('{letter}')")
                    if name != "op cache_free":
                        self.assertEqual(marked, [pa // model.PAGE - (pa // model.PAGE - of.base) %
                                                  (2 if args[name == "kmem_cache_alloc"] == 9 else 1)])
                elif name.endswith("map") and "unmap" not in name:
                    va = args[0] if name == "map" else args[1]
                    self.assertIn(f"VA {va:#x}: now ", after["words"][-2])
        self.assertEqual(seen, {"slabs": 12, "tables": 12})
        self.no_errors(one)

    def test_lost_events(self):
        """Where events are lost, the views go on from the next snapshot, and say so."""
        of = model.Model(random.Random(SEED), 2048)
        of.snap(self.path("run"), "booted")
        for _ in range(3):
            of.churn(1500)
            of.snap(self.path("run"), "later")
        write(self.path("run", "events.bin"), of.events_bin(range(2400, 3000)))
        self.assertEqual(self.call(self.path("run"), "-o", self.out)[0], 0)
        one = self.start()
        one.open(self.out)
        one.eval(ASK)
        for view, checked in one.eval("drifts(RUNS[0])").items():
            differ = {at: (nr, lost) for at, nr, lost in checked}
            self.assertEqual(differ[1], (0, 0), view)
            self.assertEqual(differ[3], (0, 0), view)
            self.assertEqual(differ[2][1], 600, view)
            self.assertGreater(differ[2][0], 0, view)
        found, want = one.eval(f"ask(RUNS[0], {len(of.records) - 600})"), of.state()
        for key in ("buddy", "slabs", "leaves", "tables"):
            self.assertEqual(found[key], want[key], key)
        words = one.eval("show(3), document.querySelector('#slabs .says').textContent")
        self.assertIn("differ at “later”", words)
        self.assertIn("before “later” 600 events were lost", words)
        self.no_errors(one)

    def test_without_events(self):
        """Then each view is what the snapshot says, and nothing between."""
        of = model.Model(random.Random(SEED), 2048)
        states = []
        for _ in range(3):
            of.churn(1200)
            of.snap(self.path("run"), "later")
            states.append(of.state())
        self.assertEqual(self.call(self.path("run"), "-o", self.out)[0], 0)
        one = self.start()
        one.open(self.out)
        one.eval(ASK)
        for at in (0, 2, 1, 1.4, 0):
            one.eval(f"show({at})")
            found = one.eval("have(RUNS[0])")
            for key in ("buddy", "slabs", "leaves", "tables"):
                self.assertEqual(found[key], states[int(at)][key], f"{key} at {at}, seed {SEED}")
        self.no_errors(one)

    def test_scrubber(self):
        """Mouse and keys move the position, and all views with it."""
        model_page(self.dir, self.out, [SEED, SEED + 1], [900, 900, 900])
        one = self.start()
        one.open(self.out)
        look = ("[...document.querySelectorAll('.letters, .says')].map((n) => n.textContent)"
                ".concat([...document.querySelectorAll('#map canvas')].map((c) => c.toDataURL()))")
        before = one.eval(look)
        box = one.eval("(({x, y, width, height}) => [x + width * 0.8, y + height / 2])"
                       "(document.getElementById('scrub').getBoundingClientRect())")
        one.mouse("mousePressed", *box, button="left", clickCount=1)
        one.mouse("mouseReleased", *box, button="left", clickCount=1)
        after = one.eval(look)
        self.assertGreater(one.eval("position"), 1.5)
        differ = sum(a != b for a, b in zip(before, after))
        # Letters, sums and pictures of both maps; buddy, frag, marks, events of both
        self.assertGreaterEqual(differ, 6 + 8, f"seed {SEED}")
        at = one.eval("recordAt(RUNS[0], position)")
        one.key("ArrowRight")
        self.assertIn(one.eval("recordAt(RUNS[0], position)") - at, (0, 1, 2))
        one.key("End")
        self.assertEqual(one.eval("position"), 3)
        one.key("PageUp")
        self.assertEqual(one.eval("position"), 2)
        one.key("Home")
        self.assertEqual(one.eval("position"), 0)
        self.assertEqual(one.eval(look), before, "back where it was, all is as it was")
        one.eval("document.querySelectorAll('#moments button')[2].click()")
        one.frame()
        self.assertEqual(one.eval("position"), 2)
        self.assertEqual(one.eval("document.querySelector('[aria-current=true]').textContent"),
                         "2 step 1")
        self.no_errors(one)

    def test_hover_and_zoom(self):
        model_page(self.dir, self.out, [SEED], [2000])
        one = self.start()
        one.open(self.out)
        for view, pattern in (("map", r"^0x40[0-9a-f]+, frame 26\d+"), ("buddy", "free blocks of order"),
                              ("frag", "unusable [01]"), ("marks", "free [0-9,]+"),
                              ("events", "pages allocated")):
            x, y = one.eval(f"(() => {{ const c = document.querySelector('#{view} canvas');"
                            "c.scrollIntoView({block: 'center'}); const b = c.getBoundingClientRect();"
                            "return [b.x + b.width / 2, b.y + 40]; })()")
            one.mouse("mouseMoved", x, y)
            self.assertFalse(one.eval("document.getElementById('tip').hidden"), view)
            self.assertRegex(one.eval("document.getElementById('tip').textContent"), pattern)
        one.eval("document.querySelector('#map canvas').focus()")
        whole = one.eval("views[0].view.count")
        for _ in range(5):
            one.key("+", "Equal")
        self.assertEqual(one.eval("views[0].view.count"), whole // 32)
        one.key("ArrowRight")
        self.assertGreater(one.eval("views[0].view.first"), 0)
        self.assertEqual(one.eval("position"), 0, "the map's keys are the map's")
        one.key("0", "Digit0")
        self.assertEqual(one.eval("views[0].view.count"), whole)
        self.no_errors(one)

    def test_names_are_text(self):
        write(self.path("run", "000", "moment"), f"name={NASTY}\n")
        write(self.path("run", "000", "slab_objects"),
              "one character an object, in order of address: # in use, . free; engine slub\n"
              f"{NASTY}: slab at pfn 7, order 0, node 0, full: 1 of 1 objects of 8 bytes in use\n  #\n")
        self.call(self.path("run"), "-o", self.out)
        one = self.start()
        one.open(self.out)
        self.assertEqual(one.eval("document.querySelectorAll('img').length"), 0)
        self.assertEqual(one.eval("document.querySelector('#moments button').textContent"),
                         "0 " + NASTY)
        self.assertEqual(one.eval("document.querySelectorAll('.missing').length"), 7)
        self.no_errors(one)

    def test_small_and_dark(self):
        """No view is wider than a small screen; nothing fails on dark ground."""
        model_page(self.dir, self.out, [SEED, SEED + 1], [1500, 1500])
        one = self.start(width=400, height=800, dark=True)
        one.open(self.out + "#at=1.5")
        self.assertLessEqual(one.eval("document.documentElement.scrollWidth"), 400)
        self.shot(one, "small-dark.png")
        self.no_errors(one)

    def test_fluid(self):
        """100,000 events in each of two runs: a step of the scrubber."""
        model_page(self.dir, self.out, [SEED, SEED + 1], [25000] * 4, 32768)
        one = self.start(width=1280, height=2200)
        one.open(self.out)
        self.assertEqual([n for _, n, _ in one.eval("RUNS[0].frames.drift")], [0] * 4)
        one.eval("show(0.5)")
        times = one.eval("(() => { const t = []; for (let i = 0; i < 200; i++)"
                         " t.push(show(0.5 + i / 100)); return t.sort((a, b) => a - b); })()")
        jumps = one.eval("(() => { const t = []; for (let i = 0; i < 60; i++)"
                         " t.push(show(STEPS * (i * 37 % 60) / 60)); return t.sort((a, b) => a - b); })()")
        load = one.eval("performance.timing.loadEventEnd - performance.timing.navigationStart")
        print(f"# 2 runs of 100,000 events: loaded in {load} ms, a step {times[100]:.1f} ms (worst {times[-1]:.1f}),"
              f" a jump {jumps[30]:.1f} ms (worst {jumps[-1]:.1f})", file=sys.stderr)
        self.shot(one, "model.png", whole=True)
        # A shared machine without a graphics card may take a few times as long
        self.assertLess(times[100], 5 * STEP_MS)
        self.assertLess(jumps[30], 8 * STEP_MS)
        self.no_errors(one)


@unittest.skipUnless(os.environ.get("SHADOW_PAGE"), "SHADOW_PAGE names no page")
class Recorded(unittest.TestCase):
    """A page of real runs: SHADOW_PAGE=FILE scripts/shadow_report_test.py Recorded"""

    def test_page(self):
        one = browser.Browser(width=1280, height=2300)
        self.addCleanup(one.close)
        one.open(os.environ["SHADOW_PAGE"])
        self.assertEqual(one.errors, [])
        for name, nr, missing in one.eval("RUNS.map((r) => [r.name, r.moments.length, r.missing])"):
            print(f"# run {name}: {nr} moments, missing: {sorted(missing)}")
            self.assertLessEqual(set(missing), {"events"})
        # Between snapshots events lead on, and are what the next snapshot says
        one.eval(ASK)
        for run in one.eval("RUNS.map((r) => r.records ? drifts(r) : {})"):
            for view, checked in run.items():
                self.assertEqual([one_of for one_of in checked if one_of[1]], [], view)
                self.assertTrue(checked, view)
        seen = set()
        for at in range(one.eval("STEPS") + 1):
            one.eval(f"show({at})")
            seen.add(one.eval("document.querySelector('#map canvas').toDataURL()"))
        self.assertGreater(len(seen), one.eval("STEPS") // 2)
        self.boot(one)
        for name in filter(None, [SHOTS]):
            one.eval("show(STEPS * 0.78)")
            os.makedirs(name, exist_ok=True)
            one.screenshot(os.path.join(name, "recorded.png"), whole=True)
        self.assertEqual(one.errors, [])


    def boot(self, one):
        """With a history from the reset on, the phases end one after the other."""
        if not one.eval("RUNS.every((r) => r.early)"):
            return
        nr = one.eval("RUNS[0].boot.length")
        todo, letters = [], set()
        for at in range(101):
            one.eval(f"show({at / 100})")
            todo.append(one.eval("document.querySelectorAll('[data-run=A] .phase.todo').length"))
            letters.add(one.eval("document.querySelector('.letters').textContent"))
        self.assertEqual((todo[0], todo[-1]), (nr, 0))
        self.assertEqual(todo, sorted(todo, reverse=True))
        self.assertGreater(len(set(todo)), nr // 3)
        # No memory, memory, image reserved, memmap and tables
        self.assertGreaterEqual(len(letters), 4)


if __name__ == "__main__":
    print("# seed", SEED, file=sys.stderr)
    if not os.environ.get("SHADOW_PAGE"):
        del Recorded
    unittest.main()
