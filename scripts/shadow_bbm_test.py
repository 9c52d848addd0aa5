#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests of shadow-bbm: logs written by hand, each rule with one that breaks it."""

import importlib.machinery
import importlib.util
import os
import sys
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
LOADER = importlib.machinery.SourceFileLoader(
    "shadow_bbm", os.path.join(HERE, "shadow-bbm"))
bbm = importlib.util.module_from_spec(
    importlib.util.spec_from_loader("shadow_bbm", LOADER))
LOADER.exec_module(bbm)

HEADER = ("tree t root 0x1000 granule 4096 va_bits 39 pa_bits 48 lpa2 {lpa2}"
          " half lower first 1 last 9 lost {lost}")

# root 0x1000 (level 1), 0x2000 (level 2), 0x3000 (level 3), all linked
TABLES = """
table 0x1000 cleared
table 0x2000 cleared
table 0x3000 cleared
dmb ishst
write 0x2000 level 2 va 0x0 value 0x3003
dsb ishst
isb
write 0x1000 level 1 va 0x0 value 0x2003
dsb ishst
isb
"""
PAGE = 0x0060000000000703	# AF, SH, XN
BREAK = """
dsb ishst
tlbi {kind} {va:#x}
dsb ish
isb
"""


def broke(va=0, kind="vaale1is"):
    return BREAK.format(va=va, kind=kind)


def page(index, value, sync=True):
    text = (f"write {0x3000 + 8 * index:#x} level 3 va {index << 12:#x}"
            f" value {value:#x}\n")
    return text + ("dsb ishst\nisb\n" if sync else "")


def group(oa, value=PAGE | bbm.CONT, nr=16, first=0):
    return "".join(page(first + i, value | oa + (i << 12), False)
                   for i in range(nr)) + "dsb ishst\nisb\n"


class Judge(unittest.TestCase):
    def judge(self, text, lpa2=0, lost=0, tail=""):
        found = []
        lines = [HEADER.format(lpa2=lpa2, lost=lost)]
        lines += [f"{i} {line}" for i, line in
                  enumerate(filter(None, text.split("\n")), 1)]
        lines += tail.split("\n")
        self.summary, wrong = bbm.judge(lines, found.append)
        self.assertEqual(wrong, len(found))
        return [line.split(": ")[1] for line in found], found

    def good(self, text, **kwargs):
        rules, found = self.judge(text, **kwargs)
        self.assertEqual(rules, [], found)

    def bad(self, rule, says, text, **kwargs):
        rules, found = self.judge(text, **kwargs)
        self.assertEqual(set(rules), {rule}, found)
        self.assertIn(says, " ".join(found))

    # ------------------------------------------------------------ the good

    def test_map_unmap(self):
        self.good(TABLES + page(0, PAGE | 0x40000000) + page(0, 0, False) + broke() +
                  page(0, PAGE | 0x50000000))

    def test_same_again_needs_nothing(self):
        self.good(TABLES + page(0, PAGE | 0x40000000) + page(0, 0) +
                  page(0, PAGE | 0x40000000))

    def test_other_address_needs_nothing(self):
        self.good(TABLES + page(0, PAGE | 0x40000000) + page(0, 0) +
                  page(1, PAGE | 0x50000000))

    def test_permission_alone(self):
        self.good(TABLES + page(0, PAGE | 0x40000000) +
                  page(0, PAGE | 0x40000000 | 0x80, False) + broke())

    def test_lazy_unmap(self):
        self.good(TABLES + page(0, PAGE | 0x40000000) + page(0, 0))
        self.assertIn("1 unmapped leaves not invalidated yet", self.summary[0])

    def test_block_to_table(self):
        self.good(TABLES.replace("value 0x3003", "value 0x0060000040000701") +
                  "write 0x2000 level 2 va 0x0 value 0x0\n" + broke() +
                  "".join(page(i, PAGE | 0x40000000 + (i << 12), False)
                          for i in range(512)) +
                  "dsb ishst\nwrite 0x2000 level 2 va 0x0 value 0x3003\ndsb ishst")

    def test_table_freed(self):
        self.good(TABLES + page(0, PAGE | 0x40000000) + page(0, 0, False) +
                  "write 0x2000 level 2 va 0x0 value 0x0\n" +
                  broke(kind="vaae1is") + "free 0x3000\n")

    def test_everything(self):
        self.good(TABLES + page(5, PAGE | 0x40000000) + page(5, 0, False) +
                  "write 0x2000 level 2 va 0x0 value 0x0\ndsb ishst\n"
                  "tlbi vmalle1is\ndsb ish\nisb\nfree 0x3000\n")

    def test_group(self):
        self.good(TABLES + group(0x40000000))
        self.good(TABLES + group(0x40000000) + group(0, 0) .replace(
            "dsb ishst\nisb\n", "") + "dsb ishst\n" +
            "".join(f"tlbi vaale1is {i << 12:#x}\n" for i in range(16)) +
            "dsb ish\nisb\n" + group(0x40000000, PAGE))

    def test_global_to_ng(self):
        self.good(TABLES + page(0, PAGE | 0x40000000) +
                  page(0, PAGE | 0x40000000 | bbm.NG, False) + broke())

    def test_state(self):
        leaf = TABLES + page(0, PAGE | 0x40000000) + page(1, PAGE | 0x40001000)
        self.good(leaf, tail=f"state va 0x0 level 3 value {PAGE | 0x40000000:#x}"
                  " step 0x1000 nr 2\nend\n")

    def test_lost(self):
        self.good("write 0x3000 level 3 va 0x0 value 0x0\n" + broke(kind="vaae1is") +
                  "free 0x3000\n", lost=7)

    # ------------------------------------------------------------- the bad

    def change(self, to, says, first=PAGE | 0x40000000, **kwargs):
        self.bad("change", says, TABLES + page(0, first) + page(0, to, False) +
                 broke(), **kwargs)
        # With break-before-make there is nothing to say
        self.good(TABLES + page(0, first) + page(0, 0, False) + broke() +
                  page(0, to), **kwargs)

    def test_output_address(self):
        self.change(PAGE | 0x50000000, "the output address")

    def test_memory_type(self):
        self.change(PAGE | 0x40000000 | 4 << 2, "the memory type")

    def test_shareability(self):
        self.change(PAGE & ~0x300 | 0x40000000, "shareability")

    def test_address_bits_of_lpa2(self):
        self.change(PAGE & ~0x300 | 0x40000000, "the output address", lpa2=1)

    def test_ng_to_global(self):
        self.change(PAGE | 0x40000000, "nG to global",
                    first=PAGE | 0x40000000 | bbm.NG)

    def test_contiguous_hint(self):
        self.bad("change", "the contiguous hint",
                 TABLES + group(0x40000000, PAGE) + group(0x40000000).replace(
                     "dsb ishst\nisb\n", "") + "dsb ishst\n" +
                 "".join(f"tlbi vaale1is {i << 12:#x}\n" for i in range(16)) +
                 "dsb ish\nisb\n")

    def test_block_to_table_at_once(self):
        self.bad("change", "to a table",
                 TABLES.replace("value 0x3003", "value 0x0060000040000701") +
                 "write 0x2000 level 2 va 0x0 value 0x3003\n" + broke())

    def test_table_to_block_at_once(self):
        self.bad("change", "the walk to a table",
                 TABLES + "write 0x2000 level 2 va 0x0 value 0x0060000040000701\n" +
                 broke(kind="vaae1is"))

    def test_table_to_block_last_level(self):
        self.bad("change", "last level alone",
                 TABLES + "write 0x2000 level 2 va 0x0 value 0x0\n" + broke() +
                 "write 0x2000 level 2 va 0x0 value 0x0060000040000701\n")

    def test_pages_to_block(self):
        text = (TABLES + page(7, PAGE | 0x40007000) +
                "write 0x2000 level 2 va 0x0 value 0x0\n{}"
                "write 0x2000 level 2 va 0x0 value 0x0060000040000701\n")
        self.bad("change", "its size", text.format(broke(kind="vaae1is")))
        self.good(text.format(broke(0x7000, kind="vaae1is")))

    def test_table_to_table(self):
        self.bad("change", "to table 0x4000",
                 TABLES + "table 0x4000 cleared\ndmb ishst\n"
                 "write 0x2000 level 2 va 0x0 value 0x4003\n" +
                 broke(kind="vaae1is"))

    # Each step of break, dsb, tlbi, dsb, make left out
    def test_steps(self):
        first = TABLES + page(0, PAGE | 0x40000000)
        last = page(0, PAGE | 0x50000000)
        empty = page(0, 0, False)
        for says, between in (
                ("no dsb after it", empty),
                ("no invalidation of that address", empty + "dsb ishst\n"),
                ("the invalidation came before the dsb",
                 empty + "tlbi vaale1is 0x0\ndsb ish\n"),
                ("no dsb after the invalidation",
                 empty + "dsb ishst\ntlbi vaale1is 0x0\n"),
                ("no dsb after the invalidation",
                 empty + "dsb ishst\ntlbi vaale1is 0x0\ndsb ishst\n"),
                ("no invalidation of that address", empty + broke(0x1000)),
                ("no invalidation of that address",
                 empty + "missing dsb ishst\nmissing tlbi vaale1is 0x0\n"
                 "dsb ishst\n")):
            with self.subTest(says=says, between=between):
                self.bad("change", says, first + between + last)

    def test_not_visible(self):
        text = TABLES + ("table 0x4000 cleared\n{}"
                         "write 0x2008 level 2 va 0x200000 value 0x4003\n")
        self.bad("visible", "0x4000", text.format(""))
        self.good(text.format("dmb ishst\n"))
        self.bad("visible", "0x4000", text.format(
            "dsb ishst\nwrite 0x4000 level 3 va 0x200000 value"
            " 0x0060000040000703\n"))

    def test_not_visible_below(self):
        self.bad("visible", "0x3000", TABLES.replace("dmb ishst\n", "").replace(
            "value 0x3003\ndsb ishst", "value 0x3003"))

    def test_freed_while_linked(self):
        self.bad("free", "is linked from 0x2000", TABLES + "free 0x3000\n")

    def test_freed_too_early(self):
        unlinked = TABLES + "write 0x2000 level 2 va 0x0 value 0x0\n"
        for says, between in (
                ("no dsb after it", ""),
                ("no invalidation", "dsb ishst\n"),
                ("last level alone", broke()),
                ("no dsb after the invalidation",
                 "dsb ishst\ntlbi vaae1is 0x0\n"),
                ("no invalidation", broke(0x200000, "vaae1is"))):
            with self.subTest(says=says, between=between):
                self.bad("free", says, unlinked + between + "free 0x3000\n")

    def test_freed_below(self):
        text = TABLES + "write 0x1000 level 1 va 0x0 value 0x0\n{}"
        self.bad("free", "0x2000", text.format("free 0x2000\n"))
        self.bad("free", "is linked from",
                 text.format(broke(kind="vaae1is") + "free 0x3000\n"))

    def test_permission_never_invalidated(self):
        text = (TABLES + page(0, PAGE | 0x40000000) +
                page(0, PAGE | 0x40000000 | 0x80))
        self.bad("end", "a TLB may still hold", text)
        self.good(text + broke())

    def test_group_not_whole(self):
        self.bad("group", "15 of 16", TABLES + group(0x40000000, nr=15))
        self.bad("group", "16 of 16", TABLES + group(0x40001000))
        self.bad("group", "16 of 16", TABLES + group(0x40000000).replace(
            f"{PAGE | bbm.CONT | 0x40005000:#x}",
            f"{PAGE | bbm.CONT | 0x40005000 | 0x80:#x}"))

    def test_state_differs(self):
        leaf = TABLES + page(0, PAGE | 0x40000000)
        self.bad("state", "the log did not say so", leaf,
                 tail=f"state va 0x0 level 3 value {PAGE | 0x50000000:#x}"
                 " step 0x0 nr 1\nend\n")
        self.bad("state", "is not there", leaf, tail="end\n")

    def test_log(self):
        self.bad("log", "is in no table", TABLES +
                 "write 0x9000 level 3 va 0x0 value 0x0\n")
        self.bad("log", "is not level 3 of", TABLES +
                 "write 0x3000 level 3 va 0x1000 value 0x0\n")
        self.bad("log", "which is no table", TABLES +
                 "write 0x2008 level 2 va 0x200000 value 0x9003\n")
        self.bad("log", "is linked twice", TABLES +
                 "write 0x2008 level 2 va 0x200000 value 0x3003\n")

    def test_malformed(self):
        for text in ("", "1 table", "1 tlbi all", "1 write 0x1000", "x dsb ishst",
                     "1 jump 0x0", "1 dsb nsh", "1 table pa cleared"):
            lines = [HEADER.format(lpa2=0, lost=0), text] if text else []
            with self.subTest(text=text), self.assertRaises(bbm.Malformed):
                bbm.judge(lines, print)


if __name__ == "__main__":
    unittest.main()
