# SPDX-License-Identifier: GPL-2.0-only
"""Trees of tables as a graph for Graphviz."""

import html

import colour
import tree

MAX_ROWS = 16	# of one table
MAX_TABLES = 250	# of one tree; Graphviz takes minutes for thousands


def size_text(size):
    unit = 0
    while size >= 1024 and size % 1024 == 0 and unit < 6:
        size //= 1024
        unit += 1
    return f"{size} {('B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB')[unit]}"


def shift_of(facts, level):
    page_shift = facts["granule"].bit_length() - 1
    return page_shift + (3 - level) * (page_shift - 3)


def cells(facts, table, rows):
    """One line of a box: index, what it is, where it leads."""
    first, last = rows[0], rows[-1]
    index = f"{first.first}" if first.first == last.last else \
        f"{first.first}..{last.last}"
    kind = colour.of(first)
    if first.kind == "table":
        what = "table" if len(rows) == 1 else f"{len(rows)} tables alike"
    elif first.kind in tree.LEAVES:
        count = last.last - first.first + 1
        what = f"{size_text(count << shift_of(facts, table.level))}" \
            f" {kind.letters} at 0x{first.oa:x}"
    else:
        what = first.kind
    back = f' BGCOLOR="{kind.fill}"' if kind.fill else ""
    front = f'<FONT COLOR="{kind.ink}">{html.escape(what)}</FONT>'
    return (f'<TR><TD ALIGN="RIGHT">{index}</TD>'
            f'<TD ALIGN="LEFT" PORT="r{first.first}"{back}>{front}</TD></TR>')


class Graph:
    def __init__(self):
        self.lines = []
        self.boxes = 0
        self.left_out = 0

    def box(self, name, facts, table, alike):
        rows = tree.fold(table)
        count = f", {alike} alike" if alike > 1 else ""
        limits = f"<BR/>{html.escape(table.limits)}" if table.limits else ""
        label = (f'<TABLE BORDER="0" CELLBORDER="1" CELLSPACING="0">'
                 f'<TR><TD COLSPAN="2" PORT="top"><B>level {table.level}, PA 0x{table.pa:x}</B>'
                 f'<BR/>VA 0x{table.va:016x}<BR/>{table.used} of {table.entries}'
                 f' used{count}{limits}</TD></TR>')
        label += "".join(cells(facts, table, row) for row in rows[:MAX_ROWS])
        if len(rows) > MAX_ROWS:
            label += (f'<TR><TD COLSPAN="2">and {len(rows) - MAX_ROWS}'
                      f' more</TD></TR>')
        self.lines.append(f"\t\t{name} [label=<{label}</TABLE>>];")
        return rows[:MAX_ROWS]

    def draw(self, prefix, facts, table, alike):
        """A table and what it points to; the name of its box."""
        name = f"{prefix}_{self.boxes}"
        self.boxes += 1
        for rows in self.box(name, facts, table, alike):
            if not rows[0].child:
                continue
            if self.boxes >= MAX_TABLES:
                self.left_out += len(rows)
                continue
            child = self.draw(prefix, facts, rows[0].child, len(rows))
            self.lines.append(f"\t\t{name}:r{rows[0].first}:e -> {child}:top:w;")
        return name


def graph(trees, machine):
    """The text of a .dot file."""
    name = machine.get("machine", "")
    lines = ["// SPDX-License-Identifier: GPL-2.0-only",
             "digraph page_tables {", "\trankdir=LR;",
             '\tnode [shape=plain, fontname="monospace", fontsize=9];',
             "\tedge [arrowsize=0.5];",
             f'\tlabel="page tables of {name}; sizes in powers of 1024";']
    for number, one in enumerate(trees):
        tree.give_shapes(one, {})
        drawing = Graph()
        if one.tables:
            drawing.draw(f"t{number}", one.facts, one.tables[0], 1)
        facts = one.facts
        note = f", {drawing.left_out} tables left out" if drawing.left_out else ""
        lines += [f"\tsubgraph cluster_{number} {{",
                  f'\t\tlabel="{one.name}: {facts["half"]} half,'
                  f' {size_text(facts["granule"])} granule,'
                  f' {facts["va_bits"]} bits{note}";']
        lines += drawing.lines + ["\t}"]
    lines.append("}")
    return "\n".join(lines) + "\n"
