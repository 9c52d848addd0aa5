# SPDX-License-Identifier: GPL-2.0-only
"""Translation tables between snapshots: see follow.py.

Records tell what was mapped, unmapped and protected, which tables came and went,
and where blocks became tables and tables blocks. What descriptors that makes is
worked out as shadow_pgtable.c does it: largest leaves first, groups with the
contiguous hint, a table at a time. The words for a descriptor's bits are those
that snapshots print for the same bits.
"""

import collections

import views
from follow import Follower, is_done

LAST = 3
CONT = 1 << 52
KEEP = 1 << 11
USED = 0xff << 51 | 0x3f << 2
PROT = 0x7 << 2 | 1 << 6 | 1 << 7 | 0x3 << 8 | 1 << 10 | 1 << 11 | 1 << 50 | 1 << 51 | \
    1 << 53 | 1 << 54 | 0xf << 55
NO_BLOCK, NO_CONT, AS_TOLD = 1, 2, 7
OWNER_VMALLOC = 5
MOST_WAITING = 64	# pages of shadow_vmalloc_map_pages() that are mapped at once


class Geometry:
    """Of a tree: bits by level, and how a descriptor has its address."""

    def __init__(self, facts):
        self.page = facts["granule"].bit_length() - 1
        self.bits, self.start = self.page - 3, facts["start_level"]
        self.lpa2 = facts.get("lpa2") == "1"
        self.wide = facts.get("pa_bits") == "52"
        self.low = ((1 << 48) - 1) >> self.page << self.page
        self.high = 0
        if self.lpa2:
            self.low, self.high = self.low | 3 << 48, 3 << 8
        elif self.page == 16:
            self.high = 0xf << 12
        self.attrs = (PROT | CONT) & ~(self.high if self.lpa2 else 0)

    def shift(self, level):
        return self.page + (LAST - level) * self.bits

    def group(self, level):
        """Leaves that have the contiguous hint together."""
        if level < (1 if self.page == 12 else 2) or level > LAST:
            return 1
        return 16 if self.page == 12 else 128 if self.page == 14 and level == LAST else 32

    def has_block(self, level):
        if level == 2:
            return True
        if self.page == 12:
            return level == 1 or level == 0 and self.lpa2
        return level == 1 and (self.lpa2 if self.page == 14 else self.wide)

    def bits_of(self, desc):
        return desc & ~(self.low | self.high)


class Table:
    """entries: index -> (attributes' number, address or table); keep: its leaves
    stay as they were asked for."""
    __slots__ = ("id", "level", "pa", "va", "entries", "size", "parent", "index", "keep", "tree")

    def __init__(self, number, tree, level, pa, va, size):
        self.id, self.tree, self.level, self.pa, self.va = number, tree, level, pa, va
        self.size, self.entries = size, {}
        self.parent, self.index, self.keep = None, 0, False


class Tree:
    def __init__(self, name, facts, root):
        self.name, self.facts, self.geo, self.root = name, facts, Geometry(facts), root

    @property
    def upper(self):
        return self.facts["half"] == "upper"


class Attributes:
    """Numbers for what descriptors have beside an address; 0: not there."""

    def __init__(self):
        self.all, self.numbers, self.words = [("invalid", 0)], {}, {}

    def learn(self, kind, bits, words):
        self.words.setdefault((kind, bits), words)

    def number(self, kind, bits):
        if (kind, bits) not in self.numbers:
            self.numbers[kind, bits] = len(self.all)
            self.all.append((kind, bits))
        return self.numbers[kind, bits]

    def listed(self):
        """[kind, words] by number."""
        return [[kind, self.words.get((kind, bits), f"attributes {bits:#x}")]
                for kind, bits in self.all]


class Every:
    """All operations are heard: each ends what the events before it belong to."""
    EVENTS = {"table_alloc", "table_free", "map", "unmap", "block_split", "table_fold",
              "mm_page_alloc"}

    def __contains__(self, name):
        return name in self.EVENTS or name.startswith("op ")


class Tables(Follower):
    """[key, table, first, how many, attributes and address of the first of them
    before, the same after]; none of them: the tree of that root comes or goes."""

    HEARD = Every()

    def __init__(self, run, history):
        super().__init__()
        self.trees, self.all, self.by_pa = [], [], {}
        self.known_trees = []	# also those that are gone
        self.attributes, self.links = Attributes(), {}
        self.dumps = [self.truth(one) for one in run.moments]
        self.learn()
        self.folded = self.find_folds(history) if history else set()
        self.spare, self.folds = collections.deque(), {}
        self.frames, self.area = [], None

    @staticmethod
    def find_folds(history):
        """Records of tables that go since they turn into a block."""
        names, records = history.names, history.records
        return {i for i in range(len(records) - 1)
                if names[records[i + 1][2]][0] == "table_fold" and
                names[records[i][2]][0] == "table_free" and
                records[i + 1][5][2] == records[i][5][0]}

    def truth(self, moment):
        found = moment.get("page_tables")
        return found if isinstance(found, views.Trees) else None

    # ------------------------------------------------------------ from snapshots

    def learn(self):
        for dump in self.dumps:
            for tree in dump or []:
                geo = Geometry(tree.facts)
                for table in tree.tables:
                    for row in table.rows:
                        bits = self.bits_of_row(geo, row)
                        self.attributes.learn(row.kind, bits, row.words)
                        if row.child:
                            self.links.setdefault((row.child.pa, row.child.va), bits)

    @staticmethod
    def bits_of_row(geo, row):
        if row.kind == "table":
            return geo.bits_of(row.desc) & ~(USED | KEEP)
        if row.kind in ("page", "block"):
            return geo.bits_of(row.desc)
        return row.desc

    def new_table(self, tree, level, pa, va, size):
        table = Table(len(self.all), tree, level, pa, va, size)
        self.all.append(table)
        self.by_pa[pa] = table
        return table

    def link(self, parent, index, table, bits):
        table.parent, table.index = parent, index
        self.write(parent, index, 1, self.attributes.number("table", bits), table, 0)

    def come(self, name, facts, pa, va, size):
        tree = Tree(name, facts, None)
        tree.root = self.new_table(tree, tree.geo.start, pa, va, size)
        self.trees.append(tree)
        self.known_trees.append(tree)
        self.change(tree.root.id, 0, 0, 0, 0, 1, 0)
        return tree

    def go(self, tree):
        self.trees.remove(tree)
        self.change(tree.root.id, 0, 0, 1, 0, 0, 0)
        self.forget(tree.root)

    def forget(self, table):
        if self.by_pa.get(table.pa) is table:
            del self.by_pa[table.pa]
        for _, value in table.entries.values():
            if isinstance(value, Table):
                self.forget(value)

    def correct(self, truth):
        """Descriptors that are not as they should be, and tables too many or too few."""
        differ, wanted = 0, {(one.name, one.facts["root"]): one for one in truth if one.tables}
        for tree in list(self.trees):
            if (tree.name, tree.root.pa) not in wanted:
                self.go(tree)
                differ += 1
        for (name, root), one in wanted.items():
            tree = next((t for t in self.trees if (t.name, t.root.pa) == (name, root)), None)
            top = one.tables[0]
            if not tree:
                tree = self.come(name, one.facts, root, top.va, top.entries)
                differ += 1
            differ += self.sync(tree, tree.root, top)
        self.spare.clear()
        self.folds.clear()
        return differ

    def sync(self, tree, table, truth):
        differ, wanted = 0, {}
        for row in truth.rows:
            bits = self.bits_of_row(tree.geo, row)
            number = self.attributes.number(row.kind, bits)
            step = row.step if row.kind in ("page", "block") else 0
            for i in range(row.first, row.last + 1):
                wanted[i] = (number, row.oa + (i - row.first) * step, row)
        for i in sorted(set(table.entries) | set(wanted)):
            number, oa, row = wanted.get(i, (0, 0, None))
            have = table.entries.get(i, (0, 0))
            if row is not None and row.kind == "table" and row.child:
                child = have[1] if isinstance(have[1], Table) else None
                if not child or child.pa != oa or have[0] != number:
                    child = self.new_table(tree, row.child.level, oa, row.child.va,
                                           row.child.entries)
                    differ += 1
                    self.link(table, i, child, self.bits_of_row(tree.geo, row))
                child.keep = bool(row.desc & KEEP)
                differ += self.sync(tree, child, row.child)
            elif have != (number, oa):
                self.write(table, i, 1, number, oa, 0)
                differ += 1
        return differ

    # -------------------------------------------------------------- descriptors

    def write(self, table, first, nr, number, value, step):
        """Descriptors in a row; changes are runs in which both old and new ones are
        alike but for addresses that go up by a leaf's size."""
        size = 1 << table.tree.geo.shift(table.level)
        start, old, count = first, (0, 0), 0
        for i in range(first, first + nr):
            now = table.entries.get(i, (0, 0))
            now = (now[0], now[1].id if isinstance(now[1], Table) else now[1])
            if count and now == (old[0], old[1] + count * size if old[0] else 0):
                count += 1
            else:
                self.flush(table, first, start, count, old, number, value, step)
                start, old, count = i, now, 1
            if number:
                table.entries[i] = (number, value + (i - first) * step if step else value)
            else:
                table.entries.pop(i, None)
        self.flush(table, first, start, count, old, number, value, step)

    def flush(self, table, first, start, count, old, number, value, step):
        if isinstance(value, Table):
            value = value.id
        value += (start - first) * step
        if count and old != (number, value):
            self.change(table.id, start, count, *old, number, value)

    def descend(self, tree, va, target=LAST):
        """(table, index) where the way to an address ends."""
        geo, table = tree.geo, tree.root
        while True:
            index = va >> geo.shift(table.level) & table.size - 1
            below = table.entries.get(index, (0, 0))[1]
            if table.level == target or not isinstance(below, Table):
                return table, index
            table = below

    def grow(self, tree, va, target):
        """The tables that are missing on the way to a level, or None."""
        table, index = self.descend(tree, va, target)
        while table.level < target:
            if index in table.entries or not self.spare:
                return None
            pa, geo = self.spare.popleft(), tree.geo
            at = va >> geo.shift(table.level) << geo.shift(table.level)
            child = self.new_table(tree, table.level + 1, pa, at, 1 << geo.bits)
            self.link(table, index, child, self.link_bits(table, pa, at))
            table, index = child, va >> geo.shift(child.level) & child.size - 1
        return table, index

    def link_bits(self, table, pa, va):
        """A later snapshot has it, or it is like its neighbours."""
        if (pa, va) in self.links:
            return self.links[pa, va]
        while table:
            for number, value in table.entries.values():
                if isinstance(value, Table):
                    return self.attributes.all[number][1]
            table = table.parent
        return 3

    def leaf(self, table, index):
        """(bits, address) of a leaf, or None."""
        number, value = table.entries.get(index, (0, 0))
        kind, bits = self.attributes.all[number]
        return (bits, value) if kind in ("page", "block") else None

    def leaf_number(self, level, bits):
        bits = bits & ~3 | (3 if level == LAST else 1)
        return self.attributes.number("page" if level == LAST else "block", bits)

    # ----------------------------------------------------------------- records

    def record(self, name, facts, err, cpu):
        done = is_done(name, err)
        if name == "mm_page_alloc":
            if facts["gfp_flags"] >> 16 & 0x1f == OWNER_VMALLOC and \
                    facts["order"] <= views.MAX_ORDER:
                self.frames += range(facts["pfn"], facts["pfn"] + (1 << facts["order"]))
        elif name == "table_alloc":
            self.spare.append(facts["pa"])
        elif name == "table_free":
            if self.key not in self.folded:
                self.free(facts["pa"])
        elif name == "table_fold":
            self.folds[facts["table_pa"]] = facts
        elif name == "block_split":
            self.split(facts)
        elif name == "map":
            self.mapped(facts)
        elif name == "unmap":
            tree = self.tree_of(facts["va"])
            if tree and fits(facts["nr_pages"] << tree.geo.page):
                self.unmap(tree, facts["va"], facts["nr_pages"] << tree.geo.page)
        elif done:
            self.operation(name, facts)
        if name.startswith("op "):
            self.frames, self.area = [], None
            if name != "op boot_phase":
                self.spare.clear()

    def operation(self, name, facts):
        if name == "op user_create":
            self.user_came(facts["root_pa"])
            return
        if name not in ("op map", "op unmap", "op protect"):
            return
        root = facts.get("root_flags", facts.get("root", 0))
        tree = self.tree_of(facts["va"], root)
        if not tree or not fits(facts["bytes"]):
            return
        flags = root & (1 << tree.geo.page) - 1
        if name == "op map":
            self.map(tree, facts["va"], facts["pa"], facts["bytes"], facts["prot"], flags)
        elif name == "op unmap":
            self.unmap(tree, facts["va"], facts["bytes"])
        else:
            self.protect(tree, facts["va"], facts["bytes"], facts["prot"])

    def tree_of(self, va, root=0):
        """By its root, or the one that the kernel runs on, or the user's."""
        fit = [one for one in self.trees if one.upper == bool(va >> 63)]
        exact = [one for one in fit if root and one.root.pa ==
                 root >> one.geo.page << one.geo.page]
        return (exact or fit or [None])[-1]

    def user_came(self, pa):
        """Its tree, as a snapshot will show it."""
        if any(tree.root.pa == pa for tree in self.trees):
            return
        found = next((one for dump in self.dumps for one in dump or [] if one.tables and
                      one.facts["root"] == pa and one.facts["half"] == "lower"), None)
        model = found or (self.trees[0] if self.trees else None)
        if model:
            facts = dict(model.facts, half="lower", root=pa)
            self.come(found.name if found else "user", facts, pa, 0,
                      found.tables[0].entries if found else model.root.size)
        if pa in self.spare:
            self.spare.remove(pa)

    def free(self, pa):
        table = self.by_pa.pop(pa, None)
        if not table:
            return
        if table.parent:
            if table.parent.entries.get(table.index, (0, 0))[1] is table:
                self.write(table.parent, table.index, 1, 0, 0, 0)
        elif table.tree in self.trees and table.tree.root is table:
            self.go(table.tree)

    def split(self, facts):
        """A leaf becomes a table of smaller ones that translate the same."""
        tree = self.tree_of(facts["va"])
        table, index = self.descend(tree, facts["va"]) if tree else (None, 0)
        leaf = table and self.leaf(table, index)
        pa = facts["table_pa"]
        if pa in self.spare:
            self.spare.remove(pa)
        if not leaf or table.level == LAST or table.level != signed(facts["level"]):
            return
        geo = tree.geo
        self.ungroup(tree, table, index)
        bits, oa = leaf
        at = table.va + (index << geo.shift(table.level))
        child = self.new_table(tree, table.level + 1, pa, at, 1 << geo.bits)
        child.keep = table.keep
        bits &= geo.attrs & ~CONT
        if not child.keep and geo.group(child.level) > 1:
            bits |= CONT
        self.write(child, 0, child.size, self.leaf_number(child.level, bits), oa,
                   1 << geo.shift(child.level))
        self.link(table, index, child, self.link_bits(table, pa, at))

    def mapped(self, facts):
        """Inside of another operation: one range, or the pages of an area."""
        tree = self.tree_of(facts["va"])
        if not tree or not fits(facts["nr_pages"] << tree.geo.page):
            return
        va, nr, page = facts["va"], facts["nr_pages"], tree.geo.page
        if self.area is None:
            self.area = va
        at = va - self.area >> page
        frames = self.frames[at:at + nr] if at >= 0 else []
        if len(frames) == nr and frames[0] == facts["pa"] >> page:
            in_row = frames[-1] - frames[0] == nr - 1 and \
                all(b - a == 1 for a, b in zip(frames, frames[1:]))
            if not in_row or nr <= min(tree.geo.group(LAST) - 1, MOST_WAITING):
                self.map_pages(tree, va, frames, facts["prot"], facts["flags"])
                return
        self.map(tree, va, facts["pa"], nr << page, facts["prot"], facts["flags"])

    # ---------------------------------------------------- map, unmap and protect

    def map_pages(self, tree, va, frames, prot, flags):
        geo, number = tree.geo, self.leaf_number(LAST, prot & tree.geo.attrs)
        for i, frame in enumerate(frames):
            place = self.grow(tree, va + (i << geo.page), LAST)
            if place:
                self.write(*place, 1, number, frame << geo.page, 1 << geo.page)
        if flags & AS_TOLD:
            self.keep(tree, va, len(frames) << geo.page)

    def map(self, tree, va, pa, size, prot, flags):
        geo, done = tree.geo, 0
        while done < size:
            level = self.leaf_level(geo, va + done, pa + done, size - done, flags)
            now, cont = self.hint(geo, level, va + done, pa + done, size - done, flags)
            place = self.grow(tree, va + done, level)
            if not place:
                return
            table, index = place
            shift = geo.shift(level)
            nr = min(now >> shift, table.size - index)
            if not nr:
                return
            self.write(table, index, nr, self.leaf_number(level, prot & geo.attrs | cont),
                       pa + done, 1 << shift)
            done += nr << shift
        if flags & AS_TOLD:
            self.keep(tree, va, size)
        elif not (va ^ pa) & (geo.group(LAST) << geo.page) - 1:
            self.grow_together(tree, va)
            self.grow_together(tree, va + size - 1)

    @staticmethod
    def leaf_level(geo, va, pa, left, flags):
        if not flags & NO_BLOCK:
            for level in range(max(geo.start, 0), LAST):
                size = 1 << geo.shift(level)
                if geo.has_block(level) and left >= size and not (va | pa) & size - 1:
                    return level
        return LAST

    @staticmethod
    def hint(geo, level, va, pa, left, flags):
        """How much is mapped alike, and with which hint."""
        mask = (geo.group(level) << geo.shift(level)) - 1
        if flags & NO_CONT or (va ^ pa) & mask:
            return left, 0
        if -va & mask:
            return min(left, -va & mask), 0
        if left <= mask or geo.group(level) == 1:
            return left, 0
        return left & ~mask, CONT

    def keep(self, tree, va, size):
        end = va + size
        while va < end:
            table, _ = self.descend(tree, va)
            table.keep = True
            va = (va >> tree.geo.shift(table.level)) + 1 << tree.geo.shift(table.level)

    def in_row(self, table, first, nr):
        """All leaves, alike, and aligned as the larger one must be."""
        size, head = 1 << table.tree.geo.shift(table.level), self.leaf(table, first)
        if not head or head[1] & nr * size - 1:
            return False
        for i in range(nr):
            leaf = self.leaf(table, first + i)
            if not leaf or (leaf[0] | CONT, leaf[1]) != (head[0] | CONT, head[1] + i * size):
                return False
        return True

    def grow_together(self, tree, va):
        """Fold as the records say, then give the hint to what is left."""
        geo = tree.geo
        table, index = self.descend(tree, va)
        while table.pa in self.folds and table.parent:
            del self.folds[table.pa]
            leaf = self.leaf(table, 0)
            self.by_pa.pop(table.pa, None)
            table, index = table.parent, table.index
            if leaf:
                bits = leaf[0] & geo.attrs & ~CONT
                self.write(table, index, 1, self.leaf_number(table.level, bits), leaf[1], 0)
        nr, leaf = geo.group(table.level), self.leaf(table, index)
        first = index - index % nr
        if nr > 1 and leaf and not leaf[0] & CONT and not table.keep and \
                self.in_row(table, first, nr):
            self.rewrite(table, first, nr, leaf[0] | CONT)

    def rewrite(self, table, first, nr, bits):
        head = self.leaf(table, first)
        self.write(table, first, nr, self.leaf_number(table.level, bits), head[1],
                   1 << table.tree.geo.shift(table.level))

    def ungroup(self, tree, table, index):
        """No hint for the group that a leaf is of."""
        leaf, nr = self.leaf(table, index), tree.geo.group(table.level)
        if leaf and leaf[0] & CONT:
            self.rewrite(table, index - index % nr, nr, leaf[0] & ~CONT)

    def ungroup_ends(self, tree, va, size):
        for at, boundary in ((va, va), (va + size - 1, va + size)):
            table, index = self.descend(tree, at)
            group = tree.geo.group(table.level) << tree.geo.shift(table.level)
            if boundary & group - 1:
                self.ungroup(tree, table, index)

    def ranges(self, tree, va, size):
        """(table, first, how many) of the leaves of a range, a table at a time."""
        end = va + size
        while va < end:
            table, index = self.descend(tree, va)
            shift = tree.geo.shift(table.level)
            nr = min(table.size - index, (end - 1 >> shift) - (va >> shift) + 1)
            run = 0
            while run < nr and self.leaf(table, index + run):
                run += 1
            if run:
                yield table, index, run
            va = (va >> shift) + max(run, 1) << shift

    def unmap(self, tree, va, size):
        self.ungroup_ends(tree, va, size)
        for table, first, nr in self.ranges(tree, va, size):
            self.write(table, first, nr, 0, 0, 0)

    def protect(self, tree, va, size, prot):
        geo = tree.geo
        self.ungroup_ends(tree, va, size)
        stay = ~(PROT & geo.attrs)
        for table, first, nr in list(self.ranges(tree, va, size)):
            for i in range(first, first + nr):
                bits, oa = self.leaf(table, i)
                bits = bits & stay | prot & geo.attrs
                self.write(table, i, 1, self.leaf_number(table.level, bits), oa, 0)
        at, last = va, va + size - 1
        while at <= last:
            self.grow_together(tree, at)
            table, _ = self.descend(tree, at)
            step = geo.group(table.level) if table.level == LAST else 1
            step <<= geo.shift(table.level)
            at = (at | step - 1) + 1


def fits(size):
    """Could a half of the address space have so much?"""
    return 0 < size <= views.MAX_ADDRESS


def signed(value):
    """Of a level, which may be -1."""
    return value - (1 << 64) if value >> 63 else value
