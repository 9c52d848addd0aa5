# SPDX-License-Identifier: GPL-2.0-only
"""Which property a line about memory follows from.

Every answer is one text: the property with its offset in the blob, then in a
sentence or two what to look at.
"""

import re

from board_tree import CELLS, merge, subtract


def show(span):
    return "[%#x-%#x]" % (span[0], span[1] - 1)


def dumped(line):
    return int(line.values[1], 16), int(line.values[2], 16) + 1


def span_of(line):
    if line is None:
        return None
    return dumped(line) if line.kind == "memory" else line.span()


class Blame:
    """The judge of one tree, one log and one shadow."""

    def __init__(self, tree, console, shadow):
        self.tree = tree
        self.console = console
        self.shadow = shadow

    def of(self, theirs, ours):
        """@theirs: the log's line, @ours: the shadow's; one may be None"""
        line = theirs or ours
        if line.kind in ("reserved", "ignored"):
            return self.of_region(theirs, ours)
        if line.kind in ("initrd", "linear"):
            return self.of_initrd() if line.kind == "initrd" else \
                self.of_cut(None)
        if line.kind == "fallback":
            return self.of_distance()
        if line.kind in ("zone", "zones", "policy"):
            return self.of_zone(theirs, ours)
        if line.kind == "numa":
            return self.of_node_ids()
        return self.of_memory(theirs, ours)

    # -- memory

    def log_memory(self, line):
        """([(base, end)] that the log says, whether that is all of it)"""
        nodes = self.console.of("node")
        if nodes:
            return (merge([l.span() for l in nodes]),
                    bool(self.console.of("initmem", "dump", "setup")))
        memory = self.console.of("memory")
        if memory:
            return (merge([dumped(l) for l in memory]),
                    bool(self.console.of("taken", "setup")))
        span = span_of(line)
        return ([span] if span else []), False

    def shadow_memory(self):
        if self.shadow.refused:
            return merge([(r.base, r.end) for r in self.tree.memory()])
        return merge([(b, e) for b, e, _ in
                      self.shadow.memblock("memblock_memory")])

    def of_memory(self, theirs, ours):
        log, whole = self.log_memory(theirs)
        shadow = self.shadow_memory()
        only_log = subtract(log, shadow)
        only_shadow = subtract(shadow, log)
        if not whole and log:
            # Of what lies beyond the log's last line nothing is known, but
            # that a line of a span, or of a range, ends where it ends.
            end = max(e for _, e in log)
            only_shadow = [(b, min(e, end)) for b, e in only_shadow if b < end]
            span = span_of(theirs)
            if span and not only_log and not only_shadow:
                only_shadow = [(b, e) for b, e in subtract(shadow, [span])
                               if b == span[1]]
        elif not log:
            only_shadow = []
        if self.shadow.refused:
            return self.of_cells(log) or self.of_refusal()
        if only_log or only_shadow:
            return self.of_cells(log) if self.of_cells(log) else \
                self.of_missing(only_log) if only_log else \
                self.of_surplus(only_shadow)
        return self.of_border(theirs, ours)

    def of_refusal(self):
        why = re.sub(r"^board=\S+: ", "", self.shadow.refused)
        region = re.search(r"region '([^']*)'", why)
        for node in self.tree.reserved_nodes():
            if region and node.name.startswith(region.group(1)):
                return "%s: %s" % (node.cite("reg"), why)
        return why

    def of_cells(self, log):
        """Does the log's memory come out with other cell counts, exactly?"""
        right = merge([(r.base, r.end) for r in self.tree.memory()])
        if not log or not subtract(log, right):
            return None
        for cells in CELLS:
            other = merge([(r.base, r.end) for r in self.tree.memory(cells)])
            if cells == self.tree.cells or not set(log) <= set(other):
                continue
            root = self.tree.root
            name = "#address-cells" if cells[0] != self.tree.cells[0] else \
                "#size-cells"
            memory = next(self.tree.memory_nodes())
            return ("%s: with %d and %d cells, %s reads as the log's memory; "
                    "with the tree's %d and %d it does not. Correct "
                    "#address-cells and #size-cells of the root, or the cells "
                    "of reg" % (root.cite(name), *cells, memory.cite("reg"),
                                *self.tree.cells))
        return None

    def option(self, name):
        """A word of the command line that the shadow was given"""
        text = "\n".join(self.shadow.files.get("config", []))
        found = re.search(r"^cmdline=\"(.*)\"", text, re.M)
        line = found.group(1) if found else self.tree.bootargs()
        for word in line.split():
            if word.startswith(name + "="):
                return word
        return None

    def of_missing(self, spans):
        """The log has memory that the shadow has not"""
        span = spans[0]
        said = [r for r in self.tree.memory() if r.overlaps(*span)]
        if said:
            return self.of_cut(span, said[0])
        nodes = list(self.tree.memory_nodes())
        if not nodes:
            return ("/memory: the tree has none, the boot loader fills it in: "
                    "give memory=%#x+%#x" % (span[0], span[1] - span[0]))
        near = min(nodes, key=lambda n: min(
            [abs(r.base - span[0]) for r in self.tree.entries(n, "reg")]
            or [1 << 64]))
        return ("%s: no entry there nor in any other /memory has %s (%d MiB), "
                "which the board's kernel found. A bank is missing in the tree, "
                "or the boot loader adds it" %
                (near.cite("reg"), show(span), (span[1] - span[0]) >> 20))

    def of_surplus(self, spans):
        """The shadow has memory that the log has not"""
        span = spans[0]
        for region in self.tree.memory():
            if region.overlaps(*span):
                return ("%s: it says %s, of which the board's kernel has not %s "
                        "(%d MiB). The board has less, the boot loader or "
                        "mem= takes it away, or the tree is another board's" %
                        (region.cite, show((region.base, region.end)),
                         show(span), (span[1] - span[0]) >> 20))
        initrd = self.tree.initrd()
        if initrd and initrd[0] < span[1] and span[0] < initrd[1]:
            return self.of_initrd()
        return "memory=: %s is not in the tree" % show(span)

    def of_cut(self, span, said=None):
        word = self.option("mem")
        cite = self.tree.child("chosen").cite("bootargs")
        if word:
            return ("%s: %s takes %s away; the board's kernel was not told so" %
                    (cite, word, show(span) if span else "memory"))
        chosen = self.tree.child("chosen")
        if chosen.has("linux,usable-memory-range"):
            return ("%s: memory outside of it is not used" %
                    chosen.cite("linux,usable-memory-range"))
        where = said.cite if said else ", ".join(
            r.cite for r in self.tree.memory()[:1]) or "/memory"
        return ("%s: what of it can be mapped depends on va_bits= and on the "
                "CPU's physical address size, or the log's kernel has a mem= "
                "that the tree has not" % where)

    def of_border(self, theirs, ours):
        """The same bytes, otherwise divided"""
        borders = set()
        for line in (theirs, ours):
            span = ours[:2] if isinstance(line, tuple) else span_of(line)
            borders.update(span or ())
        for region in self.tree.reserved():
            if region.node.has("no-map") and borders & {region.base, region.end}:
                return region.cite + ": with no-map it is a range of its own; " \
                    "without, or where something that is in use overlaps it, " \
                    "it is not"
        for node in self.tree.reserved_nodes():
            if node.has("no-map") and node.has("size") and not node.has("reg"):
                return node.cite("size") + ": a region by size lies where there " \
                    "is room, which depends on image, initrd and device tree"
        nodes = [n for n in self.tree.memory_nodes() if n.has("numa-node-id")]
        if nodes:
            return nodes[0].cite("numa-node-id") + ": the same memory, in " \
                "other nodes"
        return self.of_reserved(None) if self.tree.reserved_nodes() else \
            "the kernel's page size or its sections, not the tree: see granule="

    def of_node_ids(self):
        for node in self.tree.memory_nodes():
            if node.has("numa-node-id"):
                return node.cite("numa-node-id")
        return "/memory numa-node-id (no memory has one)"

    # -- zones and nodes

    def of_zone(self, theirs, ours):
        log, whole = self.log_memory(theirs)
        shadow = self.shadow_memory()
        if self.console.of("node"):
            if subtract(log, shadow) or (whole and subtract(shadow, log)):
                return self.of_memory(theirs, ours)
        else:
            ends = [span_of(l)[1] for l in self.console.of("zone", "faked")
                    if span_of(l)]
            starts = [span_of(l)[0] for l in self.console.of("zone", "faked")
                      if span_of(l)]
            last = self.console.of("zone")[-1:] if self.console.of("zone") else []
            whole = bool(self.console.of("movables")) or bool(
                last and last[0].values[0] == "Normal")
            if shadow and ends and (min(starts) != shadow[0][0] or
                                    (whole and max(ends) != shadow[-1][1])):
                return self.of_span((min(starts), max(ends)), shadow)
        return self.of_dma()

    def of_span(self, span, shadow):
        ours = (shadow[0][0], shadow[-1][1])
        if span[0] < ours[0] or span[1] > ours[1]:
            missing = subtract([span], [ours])
            return self.of_cells([span]) or self.of_missing(missing)
        return self.of_surplus(subtract(shadow, [span]))

    def of_dma(self):
        cites = [node.cite("dma-ranges") for node in self.tree.root.walk()
                 if node.value("dma-ranges")]
        text = "the DMA zone ends where the least capable device does"
        if not cites:
            return "dma-ranges (no bus has one): %s; here it is 4 GiB or the " \
                "end of memory, unless the kernel is configured otherwise" % text
        return "%s: %s%s" % (cites[0], text, "; also " + ", ".join(cites[1:4])
                             if cites[1:] else "")

    def of_distance(self):
        for node in self.tree.root.walk():
            if node.has("distance-matrix"):
                return node.cite("distance-matrix")
        return "distance-matrix (there is none: all nodes are equally far)"

    # -- reserved memory

    def of_region(self, theirs, ours):
        text = (theirs or ours).values[0] if (theirs or ours).values else ""
        if (theirs or ours).kind == "ignored":
            found = self.tree.memory()
            return found[0].cite if found else "/memory reg"
        if "No reserved-memory node" in text or "unsupported" in text:
            return self.of_parent(theirs)
        if "OVERLAP" in text:
            return self.of_overlap()
        names = [n for n in self.tree.reserved_nodes()
                 if re.search(r"(^|[\s'])%s($|[\s'])" % re.escape(n.name), text)]
        if not names:
            return self.of_reserved(self.text_span(text))
        return self.of_named(names[0], text, theirs)

    def of_parent(self, theirs):
        """/reserved-memory is there for one of them only"""
        nodes = self.tree.reserved_nodes()
        if not theirs or not nodes:
            return self.tree.child("reserved-memory").cite("ranges") + \
                ": the board's kernel was given a tree with another one"
        node = next((n for n in nodes if self.clash(n)), nodes[0])
        return self.of_named(node, "", None)

    @staticmethod
    def text_span(text):
        found = re.search(r"(0x[0-9a-f]+)\.\.(0x[0-9a-f]+)", text)
        if found:
            return int(found.group(1), 16), int(found.group(2), 16) + 1
        found = re.search(r"at (0x[0-9a-f]+), size (\d+) MiB", text)
        if found:
            start = int(found.group(1), 16)
            return start, start + (int(found.group(2)) << 20)
        return None

    def of_named(self, node, text, theirs):
        if not node.has("reg"):
            return node.cite("size") + ": a region by size lies where there is " \
                "room, which depends on image, initrd and device tree"
        cite = node.cite("reg")
        hit = self.clash(node)
        if hit:
            return "%s: it overlaps %s%s" % (
                cite, hit, "; no-map is refused for memory that is in use, "
                "which stays mapped" if "failed to reserve" in text else
                "; whoever has the one believes to be alone with it")
        if "failed to reserve" in text:
            return cite + ": no-map over memory in use: it overlaps the image, " \
                "the initrd, the device tree or another region of %s" % \
                ("the log's kernel" if theirs else "the shadow")
        return "%s: the board's kernel was given %s" % (
            cite, "other values, or other flags (no-map, reusable)" if theirs
            else "a tree in which this region is not there, or is otherwise")

    def clash(self, node):
        """What a region lies over that is something else's"""
        for region in self.tree.entries(node, "reg"):
            for what in ("image", "initrd", "dtb"):
                span = self.shadow.config(what)
                if span and region.overlaps(*span):
                    names = {"image": "the kernel image",
                             "initrd": "the initrd", "dtb": "the device tree"}
                    return "%s %s" % (names[what], show(span))
            for other in self.tree.reserved():
                if other.node is not node and \
                        region.overlaps(other.base, other.end):
                    return other.cite
        return None

    def of_overlap(self):
        for node in self.tree.reserved_nodes():
            hit = self.clash(node)
            if hit and hit.startswith("/"):
                return "%s: it overlaps %s" % (node.cite("reg"), hit)
        return "/reserved-memory: the log's tree has regions that overlap"

    def of_reserved(self, span):
        for region in self.tree.reserved() + self.tree.memreserve:
            if span and region.overlaps(*span):
                return "%s: it says %s" % (region.cite,
                                           show((region.base, region.end)))
        if span and self.tree.initrd() and self.tree.initrd()[0] < span[1] and \
                span[0] < self.tree.initrd()[1]:
            return self.of_initrd()
        return "/reserved-memory (offset 0: no region %sis in the tree): the " \
            "board's kernel was given another tree, or the boot loader adds it" \
            % ("at %s " % show(span) if span else "of that kind ")

    def of_initrd(self):
        chosen = self.tree.child("chosen")
        initrd = self.tree.initrd()
        text = chosen.cite("linux,initrd-start")
        if not initrd:
            return text + ": the boot loader fills it in: give initrd=START+BYTES"
        memory = merge([(r.base, r.end) for r in self.tree.memory()])
        out = subtract([initrd], memory)
        if out:
            return "%s: the initrd is %s, of which %s is no memory" % (
                text, show(initrd), show(out[0]))
        return "%s: the initrd is %s; the board's kernel had it elsewhere, or " \
            "had none" % (text, show(initrd))
