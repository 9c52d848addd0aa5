# SPDX-License-Identifier: GPL-2.0-only
"""What a kernel's console says about memory while it boots, line by line.

The same reader serves a real board's log and the lines of the file `boot`,
so that both sides are understood alike. Kernels differ in where they print a
line and in what they call it; RANK is the order that all of them keep.
"""

import re

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
STAMP = re.compile(r"^(?:<\d+>)?\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ?")
HEX = r"(0x[0-9a-f]+)"
MEM = r"\[mem " + HEX + "-" + HEX + r"\]"

# Kinds with their ranks. A line is missed once one of higher rank is there.
RANKED = (
    ("start", 0, r"Booting Linux on physical CPU"),
    ("version", 1, r"Linux version (\d+)\.(\d+)"),
    ("ignored", 2, r"OF: fdt: Ignoring memory .*"),
    ("model", 3, r"Machine model: (.*)"),
    ("option", 4, r"(?:Memory limited to|Malformed early option).*"),
    ("linear", 5, r"Memory doesn't fit in the linear mapping.*"),
    ("initrd", 5, r"(?:initrd not fully accessible via|INITRD: ).*"),
    ("reserved", 6, r"(?:OF: (?:fdt|reserved mem): )?(Reserved memory: .*)"),
    ("reserved", 6, r"OF: (?:fdt|reserved mem): (.*)"),
    ("reserved", 6, r"(\S+ \(0x[0-9a-f]+--0x[0-9a-f]+\) overlaps with .*)"),
    ("faked", 7, r"NUMA: Faking a node at " + MEM),
    ("numa", 7, r"(?:OF: )?(NUMA: (?!NODE_DATA|No NUMA|parsing).*)"),
    ("numa", 7, r"(Warning: node \d+ \[mem.*|node \d+ \[mem.* overlaps with .*)"),
    ("zones", 8, r"Zone ranges:"),
    ("zone", 8, r"(DMA|DMA32|Normal|HighMem|Device) +(?:" + MEM + "|(empty))$"),
    ("movables", 9, r"Movable zone start for each node"),
    ("movable", 9, r"Node (\d+): " + HEX + "$"),
    ("nodes", 10, r"Early memory node ranges"),
    ("node", 10, r"node +(\d+): " + MEM),
    ("initmem", 11, r"Initmem setup node (\d+) (?:" + MEM + "|(as memoryless))"),
    ("holes", 12, r"On node (\d+), zone (\w+): (\d+) pages in unavailable ranges"),
    ("dump", 13, r"MEMBLOCK configuration:"),
    ("memory", 13, r"memory\[0x([0-9a-f]+)\]\s+\[" + HEX + "-" + HEX +
     r"\], 0x[0-9a-f]+ bytes(?: on node (\d+))? flags: 0x([0-9a-f]+)"),
    ("taken", 13, r"reserved\[0x([0-9a-f]+)\]\s+\[" + HEX + "-" + HEX + r"\]"),
    ("setup", 14, r"(?:psci:|percpu: Embedded|pcpu-alloc:)"),
    ("fallback", 15, r"Fallback order for Node (\d+): ([\d ]+)"),
    ("built", 15, r"Built (\d+) zonelists, mobility grouping (\w+)\. +"
     r"Total pages: (\d+)"),
    ("policy", 15, r"Policy zone: (\w+)"),
    ("cmdline", 15, r"Kernel command line: ?(.*)"),
    ("hash", 15, r"(?:Dentry cache|Inode-cache) hash table entries: \d+ "
     r"\(order: (-?\d+), (\d+) bytes"),
    ("total", 17, r"Memory: (\d+)K/(\d+)K available \((.*)\)"),
    ("slub", 18, r"SLUB: HWalign="),
    ("later", 19, r"(?:rcu: |NR_IRQS|GICv|arch_timer|Console: colour|"
     r"Calibrating delay|smp: Bringing up)"),
    ("last", 20, r"(?:Freeing unused kernel memory|Run \S+ as init|"
     r"Unpacking initramfs|Freeing initrd memory)"),
    # Beside the order: told, but compared elsewhere or not at all.
    ("cma", None, r"cma: Reserved (\d+ [KMG]iB) at " + HEX),
    ("crash", None, r"crashkernel reserved: " + HEX + " - " + HEX),
    ("call", None, r"memblock_(add|remove|reserve|mark_\w+)(?:_node)?: \[" + HEX +
     "-" + HEX + r"\](?: flags \S+)? (\S+)"),
    ("alloc", None, r"memblock_(?:phys_)?alloc\w*: .* (\w+)\+0x"),
    ("lost", None, r"\*\* (\d+) printk messages dropped"),
    ("death", None, r"(Kernel panic - not syncing.*|Unable to handle kernel.*|"
     r"Internal error:.*|Error: invalid device tree blob.*|"
     r"kernel BUG at .*|SError Interrupt.*)"),
    # What a boot loader says.
    ("ramdisk", None, r"Loading Ramdisk to ([0-9a-f]+), end ([0-9a-f]+)"),
    ("image", None, r"Moving Image from \S+ to (0x[0-9a-f]+), end=([0-9a-f]+)"),
)
PATTERNS = [(kind, rank, re.compile(r"\s*" + text))
            for kind, rank, text in RANKED]
RANK = {kind: rank for kind, rank, _ in RANKED}
KERNEL_KINDS = {kind for kind, rank, _ in RANKED if rank is not None}


class Line:
    """A line that is understood."""

    def __init__(self, number, kind, values, text, phase=None):
        self.number = number
        self.kind = kind
        self.rank = RANK[kind]
        self.values = values
        self.text = text
        self.phase = phase

    def span(self):
        """[base, end) of what it speaks of, if it does"""
        found = re.search(MEM, self.text)
        if not found:
            return None
        return int(found.group(1), 16), int(found.group(2), 16) + 1


def understand(number, text, phase=None):
    """The line, or None"""
    for kind, _, pattern in PATTERNS:
        found = pattern.match(text)
        if found:
            return Line(number, kind, found.groups(), text, phase)
    return None


def plain(raw):
    """A line without what a terminal and printk put around it"""
    text = ANSI.sub("", raw).strip("\r\0").rstrip()
    return STAMP.sub("", text, count=1)


class Console:
    """A log, the last boot in it."""

    def __init__(self, data):
        raw = data.decode("utf-8", "replace").replace("\r\n", "\n")
        rows = [plain(row) for row in raw.split("\n")]
        # Without its newline a line may be cut anywhere.
        whole = rows[:-1]
        while whole and not whole[-1]:
            whole.pop()
        starts = [i for i, row in enumerate(rows)
                  if row.startswith("Booting Linux on physical CPU")]
        self.boots = len(starts)
        self.complete_start = bool(starts)
        first = starts[-1] if starts else 0
        self.first = first + 1
        loader = starts[-2] if len(starts) > 1 else 0
        self.lines = []
        for i, row in enumerate(whole):
            line = understand(i + 1, row) if i >= loader else None
            if line and (i >= first or line.rank is None):
                self.lines.append(line)
        self.length = len(whole)
        self.lines = _without_repeats(self.lines)

    def of(self, *kinds):
        return [line for line in self.lines if line.kind in kinds]

    def version(self):
        for line in self.of("version"):
            return int(line.values[0]), int(line.values[1])
        return None


def _without_repeats(lines):
    """A console that takes over from an early one may print all again"""
    seen = set()
    kept = []
    for line in lines:
        again = (line.kind, line.text) in seen
        if line.kind in KERNEL_KINDS and line.kind not in ("reserved", "setup"):
            seen.add((line.kind, line.text))
            if again:
                continue
        kept.append(line)
    return kept
