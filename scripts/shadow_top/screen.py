# SPDX-License-Identifier: GPL-2.0-only
"""A picture of a machine, as lines of at most so many columns."""

import re

import views

BARS = {False: " .:-=+*#%@", True: " ▁▂▃▄▅▆▇█"}
FULL = {False: "#", True: "█"}
COLOURS = {"F": 250, "C": 228, "D": 214, "T": 202, "S": 35, "K": 79, "V": 33,
           "P": 140, "U": 175, "O": 137, "M": 80, "I": 244, "E": 247, "N": 238, "Z": 179}
EVENT = re.compile(r"^ *(\d+) +(\d+\.\d+) +(\d+) +\d+  ", re.M)
MAP_ROW = re.compile(r"0x[0-9a-f]+ ( *\S.*)")


class Paint:
    """Text with colours, or without; widths count what is seen."""

    def __init__(self, colour, unicode):
        self.colour, self.unicode = colour, unicode

    def __call__(self, text, code):
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text

    def letters(self, text):
        if not self.colour:
            return text
        runs = re.findall(r"((.)\2*)", text)
        return "".join(self(run, f"38;5;{COLOURS.get(one.upper(), 252)}") for run, one in runs)

    def spark(self, values):
        """Values from 0 to 1, a character each; blank is 0 alone."""
        marks = BARS[self.unicode]
        return "".join(marks[max(v > 0, min(int(v * len(marks)), len(marks) - 1))]
                       for v in values)

    def bar(self, part, width):
        return (FULL[self.unicode] * round(max(0, min(1, part)) * width)).ljust(width)


def cut(line, width):
    """The line's first columns; sequences of colour take none."""
    out, seen = [], 0
    for piece in re.split(r"(\x1b\[[0-9;]*m)", line):
        if piece.startswith("\x1b"):
            out.append(piece)
        else:
            out.append(piece[:width - seen])
            seen += len(out[-1])
    return "".join(out)


def seen(line):
    return len(re.sub(r"\x1b\[[0-9;]*m", "", line))


def beside(left, right, width):
    """Two columns of lines; the left one is so wide."""
    rows = max(len(left), len(right))
    left, right = (col + [""] * (rows - len(col)) for col in (left, right))
    return [cut(a, width) + " " * max(0, width - seen(a)) + " " + b
            for a, b in zip(left, right)]


def heading(text, paint):
    return paint(text, "1")


def map_rows(text):
    return [row[1] for row in map(MAP_ROW.fullmatch, text.splitlines()) if row]


def squeeze(text, times):
    """One letter for so many: the one that most of them have, small if not all."""
    out = []
    for i in range(0, len(text), times):
        some = text[i:i + times]
        most = max(sorted(set(some.upper())), key=some.upper().count)
        out.append(most if set(some) == {most} else most.lower())
    return "".join(out)


def draw_map(text, rows, columns, paint):
    """The map in so many rows; its scale is the file's, times what is squeezed."""
    lines = map_rows(text)
    if not lines:
        return [heading("map", paint), text.strip().splitlines()[0] if text.strip() else ""]
    width = max(len(line) for line in lines)
    times = 1
    if len(lines) > rows or width > columns:
        whole, width = "".join(lines), min(width, columns)
        times = -(-len(whole) // (rows * width))
        whole = squeeze(whole, times)
        lines = [whole[i:i + width] for i in range(0, len(whole), width)]
    scale = re.search(r"one character is (\d+) frames", text)
    frames = int(scale[1]) * times if scale else 0
    return [heading("map", paint) + f"  a letter: {frames} frames; h: legend"] + \
        [paint.letters(line) for line in lines]


def blocks_of(text):
    """Free blocks by order, all zones together."""
    rows = views.buddyinfo(text)
    nr = max((len(counts) for _, counts in rows), default=0)
    return [sum(counts[order] for _, counts in rows if order < len(counts))
            for order in range(nr)]


def draw_orders(text, paint, width):
    """Free memory by order: blocks, and a bar of the frames in them."""
    blocks = blocks_of(text)
    frames = [count << order for order, count in enumerate(blocks)]
    most = max(frames, default=0) or 1
    lines = [heading("order   blocks  frames", paint)]
    for order in range(len(blocks)):
        bar = paint.bar(frames[order] / most, max(4, width - 25))
        lines.append(f"{order:5} {blocks[order]:8} {frames[order]:7} " + paint(bar, "36"))
    return lines


def draw_orders_short(text, paint):
    """The same in a line: a mark for each order."""
    frames = [count << order for order, count in enumerate(blocks_of(text))]
    most = max(frames, default=0) or 1
    return [heading("free", paint) + f" {sum(frames)} by order |"
            + paint.spark([one / most for one in frames]) + f"| 0-{len(frames) - 1}"]


def draw_zones(text, paint, width):
    """Each zone's free frames against its marks."""
    short = width < 42
    lines = [heading("zone       free  low  |: high" if short else
                     "zone       free  min  low high  |: high", paint)]
    for zone in views.zoneinfo(text):
        free, high = zone["free"], zone.get("high", 0)
        room = max(4, width - (24 if short else 34))
        # The bar ends at four times the high mark: what is above is plenty.
        part = free / (4 * high) if high else 1
        bar = list(paint.bar(part, room))
        bar[min(room - 1, round(room / 4))] = "|"
        low, least = zone.get("low", 0), zone["min"]
        state = "31" if free <= least else "33" if free <= low else "32"
        marks = f"{low:4}" if short else f"{least:4} {low:4} {high:4}"
        lines.append(f"{zone['zone']:8.8} {free:6} {marks}  " + paint("".join(bar), state))
    return lines


def draw_slabs(text, paint, rows, width):
    """Caches by what they take."""
    found = []
    for name, active, total, size, per_slab, pages in views.slabinfo(text):
        slabs = -(-total // per_slab) if per_slab else 0
        found.append((slabs * pages, name, active, total, size))
    found.sort(key=lambda row: (-row[0], row[1]))
    room = max(10, min(24, width - 28))
    lines = [heading(f"{'cache':{room}}   used objects  size frames", paint)]
    for frames, name, active, total, size in found[:rows]:
        lines.append(f"{name:{room}.{room}} {active:6} {total:7} {size:5} {frames:6}")
    return lines


def unusable(text):
    """The share of free memory that is in blocks too small for half the largest order."""
    rows = [values for _, values in views.indices(text) if values]
    if not rows:
        return None
    order = len(rows[0]) // 2
    return order, max(values[order] for values in rows)


def draw_spark(history, paint, width):
    if not history:
        return []
    order, now = history[-1]
    if width < 60:
        room = max(4, width - 18)
        return [heading("unusable", paint) + f" {now:5.1%}  "
                + paint.spark([value for _, value in history][-room:])]
    values = [value for _, value in history][-(width - 48):]
    return [heading("fragmentation", paint) + f"  {now:5.1%} of free memory unusable at order"
            f" {order:2}  " + paint.spark(values)]


def draw_events(text, rows):
    """The newest; columns closer together than in the file, what happened needs the room."""
    lines = [EVENT.sub(r"\1 \2 \3 ", line) for line in text.splitlines()
             if line and line[0] not in "#…"]
    if EVENT.search(text) and rows < 4:
        lines = lines[-max(0, rows):]
    elif EVENT.search(text):
        lines = ["number, seconds, CPU, what"] + lines[-max(1, rows - 1):]
    return lines[:rows] if rows > 0 else []


def try_draw(draw, name, texts, *rest):
    """What a machine that is not yet so far says instead."""
    text = texts.get(name, "")
    if text.startswith("cat: "):
        return [f"{name}: not there"]
    try:
        return draw(text, *rest)
    except views.NotYet as err:
        return [str(err)]
    except views.BadText as err:
        return [f"{name}: {err}"]


def legend(texts):
    """The map's own words on its letters."""
    text = texts.get("map", "")
    lines = text.splitlines()
    at = next((i for i, line in enumerate(lines) if "of memory" in line), None)
    return ["What the letters of the map mean; any key goes back", ""] + \
        (lines[at:] if at is not None else [text.strip()])


def phase_of(text):
    stopped = re.search(r"has stopped before (\w+)", text)
    return f"boot stopped before {stopped[1]}" if stopped else "booted"


def compose_small(texts, history, size, paint):
    """Below the first line, for a terminal that has no room for two columns."""
    width, height = size
    zones = try_draw(draw_zones, "zoneinfo", texts, paint, width)
    most = max(2, height // 3)
    if len(zones) > most:
        zones = zones[:most - 1] + [f"… {len(zones) - most + 1} more zones"]
    middle = try_draw(draw_orders_short, "buddyinfo", texts, paint) + zones
    if height > 20:
        middle += try_draw(draw_slabs, "slabinfo", texts, paint, height // 6, width)
    middle += draw_spark(history, paint, width)
    rest = height - len(middle)
    above = try_draw(draw_map, "map", texts, max(1, rest * 2 // 3 - 1), width, paint)
    return above + middle + \
        try_draw(draw_events, "events", texts, rest - len(above))


def compose_large(texts, history, size, paint):
    """Below the first line: the middle has two columns."""
    width, height = size
    half = width // 2 - (5 if width < 96 else 1)
    right = width - half - 1
    orders = try_draw(draw_orders, "buddyinfo", texts, paint, half)
    zones = try_draw(draw_zones, "zoneinfo", texts, paint, right)
    slabs = try_draw(draw_slabs, "slabinfo", texts, paint,
                     max(3, len(orders) - len(zones) - 1), right)
    middle = beside(orders, zones + slabs, half)
    spark = draw_spark(history, paint, width)
    rest = height - len(middle) - len(spark)
    above = try_draw(draw_map, "map", texts, max(2, rest * 2 // 3 - 1), width, paint)
    return above + middle + spark + \
        try_draw(draw_events, "events", texts, rest - len(above))


def compose(texts, history, state, size, paint):
    """All of it: at most so many rows, none too wide."""
    width, height = size
    state += "  " + phase_of(texts.get("boot", ""))
    lines = [paint(f"{'shadow-top  ' if width >= 60 else ''}{state}"[:width].ljust(width), "7")]
    below = compose_large if width >= 76 and height >= 22 else compose_small
    lines += below(texts, history, (width, height - 1), paint)
    return [cut(line, width) for line in lines[:height]]
