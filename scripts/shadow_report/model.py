# SPDX-License-Identifier: GPL-2.0-only
"""A machine made up for tests: it writes snapshots and events as the module does."""

import os

import eventfile

ORDERS = 11
PAGE = 4096
OWNERS = {"D": 0, "T": 2, "S": 3, "V": 5, "U": 7}
NAMES = [("mm_page_alloc", ["pfn", "order", "gfp_flags", "migratetype"]),
         ("mm_page_free", ["pfn", "order"]),
         ("mm_page_split", ["pfn", "order", "from_order"]),
         ("op alloc_pages", ["gfp", "order", "cpu", "pfn"])]


class Model:
    """Frames by letter; each event is kept."""

    def __init__(self, rnd, frames=16384, base=0x40000):
        self.rnd, self.nr, self.base = rnd, frames, base
        self.cells = ["F"] * frames
        self.cells[:frames // 16] = "I" * (frames // 16)
        self.live, self.records, self.ns, self.moments = [], [], 5 * 10**9, 0
        self.early = frames // 16
        # About where churn() comes to rest, three quarters full
        self.most = frames // 3

    def add(self, kind, *args):
        self.ns += self.rnd.randrange(200, 40000)
        self.records.append((len(self.records) + 1, self.ns, kind,
                             self.rnd.randrange(2), 1, list(args)))

    def alloc(self, order, letter):
        """A free block somewhere; nothing where a few tries find none."""
        count = 1 << order
        for _ in range(20):
            at = self.rnd.randrange(self.nr >> order) << order
            if self.cells[at:at + count] == ["F"] * count:
                break
        else:
            return
        self.cells[at:at + count] = letter * count
        self.live.append((at, order))
        self.add(2, self.base + at, order, order + 1)
        self.add(0, self.base + at, order, OWNERS[letter] << 16, 0)
        self.add(3, OWNERS[letter] << 16, order, 0, self.base + at)

    def free(self):
        if not self.live:
            return
        at, order = self.live.pop(self.rnd.randrange(len(self.live)))
        self.cells[at:at + (1 << order)] = "F" * (1 << order)
        self.add(1, self.base + at, order)

    def churn(self, events):
        """Until there are so many events."""
        end = len(self.records) + events
        while len(self.records) < end:
            if self.rnd.random() < 0.6 - 0.5 * len(self.live) / self.most:
                self.alloc(self.rnd.choice((0, 0, 0, 1, 2, 3, 5)),
                           self.rnd.choice("DTSVU"))
            else:
                self.free()

    def free_by_order(self):
        """Aligned free blocks, largest first."""
        found, at = [0] * ORDERS, 0
        while at < self.nr:
            if self.cells[at] != "F":
                at += 1
                continue
            order = ORDERS - 1
            while at % (1 << order) or at + (1 << order) > self.nr or \
                    self.cells[at:at + (1 << order)] != ["F"] * (1 << order):
                order -= 1
            found[order] += 1
            at += 1 << order
        return found

    def map_text(self):
        rows = ["Machine main: one character is 1 frames, 4 KiB, a row 256 KiB.",
                "A capital: all of them are that; a small letter: most of them are.", "",
                f"Node 0, zone Normal: [{self.base * PAGE:#x}-...], {self.nr} frames"]
        for at in range(0, self.nr, 64):
            rows.append(f"0x{(self.base + at) * PAGE:013x} {''.join(self.cells[at:at + 64])}")
        return "\n".join(rows) + "\n\n      frames  of memory\nF          1 100.0%  free\n"

    def files(self):
        blocks = self.free_by_order()
        free = self.cells.count("F")
        index, below = [], 0
        for order in range(ORDERS):
            index.append(below / free if free else 1.0)
            below += blocks[order] << order
        zone = "Node 0, zone   Normal"
        return {
            "map": self.map_text(),
            "buddyinfo": zone + "".join(f" {nr:6}" for nr in blocks) + " \n",
            "unusable_index": zone + "".join(f" {one:.3f}" for one in index) + " \n",
            "zoneinfo": f"{zone}\n  per-node stats\n      nr_free 1\n  pages free     {free}\n"
                        "        boost    0\n        min      120\n        low      150\n"
                        f"        high     180\n        spanned  {self.nr}\n        present  {self.nr}\n"
                        f"        managed  {self.nr - self.early}\n  pagesets\n    cpu: 0\n"
                        "              count: 7\n",
            "audit": "OK\n",
        }

    def events_bin(self):
        """The file of all events so far; ids by name."""
        ids = {name: key for key, (name, _) in eventfile.tables().items()}
        records = b"".join(
            eventfile.RECORD.pack(seq, ns, ids[NAMES[kind][0]], cpu, 0, err,
                                  *(args + [0] * 5)[:5])
            for seq, ns, kind, cpu, err, args in self.records)
        size, number = eventfile.HEADER.size, len(self.records)
        at = size + 63 & ~63
        return eventfile.HEADER.pack(
            eventfile.MAGIC, eventfile.VERSION, size, at - size, at, eventfile.RECORD.size, 2,
            number, number, number + 1, number, 0).ljust(at, b"\n") + records

    def snap(self, folder, name):
        """A moment's folder."""
        path = os.path.join(folder, f"{self.moments:03d}")
        os.makedirs(path)
        files = self.files()
        files["moment"] = f"name={name}\nuptime_s={self.ns / 1e9:.2f}\nseq={len(self.records)}\n"
        for file, text in files.items():
            with open(os.path.join(path, file), "w", encoding="utf-8") as out:
                out.write(text)
        self.moments += 1
        return path
