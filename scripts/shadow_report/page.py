# SPDX-License-Identifier: GPL-2.0-only
"""Runs to one page: a dict for each run, and the page around them."""

import html
import json
import os

import follow
import follow_slabs
import follow_tables
import history as past
import views

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPTS = ("report_data.js", "report_follow.js", "report_draw.js", "report_map.js",
           "report_views.js", "report_slabs.js", "report_tables.js", "report_events.js",
           "report.js")
MAX_FRAMES = 16 << 20
MAX_REGION_ROWS = 6000
MAX_BOOT_RECORDS = 100000

# View -> the file it cannot do without
NEEDS = {
    "map": "map", "buddy": "buddyinfo", "frag": "unusable_index",
    "marks": "zoneinfo", "tables": "page_tables", "slabs": "slab_objects",
    "boot": "boot", "events": "events.bin",
}


def frame_bytes_of(run):
    for one in run.moments:
        if one.get("map"):
            return one.get("map")[1]
    granule = (run.once.get("config") or {}).get("granule", "4k")
    return {"16k": 16384, "64k": 65536}.get(granule, 4096)


def geometry_of(run):
    """Where memory is: from memblock_memory, else from what the map shows."""
    size, spans = frame_bytes_of(run), []
    for first, last, _ in run.once.get("memblock_memory") or []:
        spans.append([-(-first // size), (last + 1) // size])
    if not spans:
        for one in run.moments:
            frames, _, rows = one.get("map") or (1, size, [])
            spans += [[base // size, base // size + frames * len(text)]
                      for base, text, _ in rows]
    merged = []
    for first, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and first <= merged[-1][1]:
            merged[-1][1] = max(end, merged[-1][1])
        else:
            merged.append([first, end])
    geometry = past.Geometry(size, merged)
    return geometry if geometry.nr <= MAX_FRAMES else past.Geometry(size, [])


def paint(cells, geometry, pfn, count, cls):
    at = geometry.index(pfn)
    if at >= 0:
        count = min(count, geometry.nr - at)
        cells[at:at + count] = bytes([cls]) * count


def map_cells(geometry, found):
    """Class of each frame from the letters; a mixed character is its most."""
    frames, size, rows = found
    cells = bytearray([views.HOLE]) * geometry.nr
    for base, text, _ in rows:
        for i, letter in enumerate(text):
            if letter != " ":
                paint(cells, geometry, base // size + i * frames, frames,
                      views.BY_LETTER[letter.upper()])
    return cells


def zones_of(run, geometry):
    """Names of the zones, and which one each frame is in: 0 none, else from 1."""
    for one in run.moments:
        if not one.get("map"):
            continue
        frames, size, rows = one.get("map")
        names, cells = [], bytearray(geometry.nr)
        for base, text, zone in rows:
            if zone not in names:
                names.append(zone)
            for i, letter in enumerate(text):
                if letter != " ":
                    paint(cells, geometry, base // size + i * frames, frames,
                          min(255, names.index(zone) + 1))
        return {"names": names, "cells": run_lengths(cells)}
    return {"names": [], "cells": [0, geometry.nr]}


def early_cells(run, geometry):
    """As the handover left it: what memblock's users had, and the rest free."""
    size = geometry.frame_bytes
    cells = bytearray([views.HOLE]) * geometry.nr
    for first, last, _ in run.once.get("memblock_memory") or []:
        paint(cells, geometry, -(-first // size), (last + 1) // size - -(-first // size),
              views.FREE)
    for first, last, cls in early_owners(run):
        paint(cells, geometry, first // size, last // size + 1 - first // size, cls)
    return cells


def early_owners(run):
    """[first byte, last byte, class]"""
    by_name = {"image": "I", "dtb": "I", "initrd": "I", "table": "T", "memmap": "M"}
    return [[first, last, views.BY_LETTER[by_name.get(owner, "E")]]
            for first, last, owner in run.once.get("memblock_owners") or []]


def early_of(run, geometry, history):
    """The time before the handover, as far as events tell of it: (what the first
    of them found, history.Early or None)."""
    cells = run_lengths(early_cells(run, geometry))
    phases = [phase[0] for phase in run.once.get("boot") or []]
    names = {history.names[one[2]][0] for one in history.records[:MAX_BOOT_RECORDS]}
    if past.Early.HANDOVER not in phases or not {"memblock_add", "boot_phase"} <= names:
        return cells, None
    parts, at = [], 0
    for cls, count in zip(cells[::2], cells[1::2]):
        parts.append([at, count, cls])
        at += count
    return [views.HOLE, geometry.nr], past.Early(phases, early_owners(run), parts,
                                                 geometry.frame_bytes)


def run_lengths(cells):
    """[class, frames, class, frames, ...]"""
    flat, at = [], 0
    while at < len(cells):
        cls, end = cells[at], at + 1
        while end < len(cells) and cells[end] == cls:
            end += 1
        flat += [cls, end - at]
        at = end
    return flat


class Pool:
    """Values that many moments share are in the page once."""

    def __init__(self):
        self.values, self.ids = [], {}

    def add(self, value):
        if value is None:
            return -1
        key = json.dumps(value, separators=(",", ":"))
        if key not in self.ids:
            self.ids[key] = len(self.values)
            self.values.append(value)
        return self.ids[key]


def prune(nodes, left):
    """Trees of any size stay readable: the rest is counted, not kept."""
    kept = []
    for i, (words, kind, children) in enumerate(nodes):
        if left[0] <= 0:
            kept.append([f"… {len(nodes) - i} more rows are not in this page", "x", []])
            break
        left[0] -= 1
        kept.append([words, kind, prune(children, left)])
    return kept


def event_positions(run, history):
    """Index of the first record after each moment."""
    if not history:
        return [0] * len(run.moments)
    records, at, found = history.records, 0, []
    for i, one in enumerate(run.moments):
        if one.seq is not None:
            while at < len(records) and records[at][0] <= one.seq:
                at += 1
        elif one.seconds is not None:
            while at < len(records) and records[at][1] <= one.seconds * 1e9:
                at += 1
        else:
            at = len(records) * (i + 1) // len(run.moments)
        found.append(at)
    return found


def moment_data(one, at, geometry, pools):
    tables, found = one.get("page_tables"), one.get("map")
    regions = tables if tables and not isinstance(tables, views.Trees) else None
    return {
        "name": one.label, "t": one.seconds, "seq": one.seq, "at": at,
        "map": pools["map"].add(run_lengths(map_cells(geometry, found))
                                if found and geometry.nr else None),
        "buddy": one.get("buddyinfo"), "zones": one.get("zoneinfo"),
        "unusable": one.get("unusable_index"), "extfrag": one.get("extfrag_index"),
        "has": {"slabs": one.get("slab_objects") is not None, "tables": tables is not None},
        "regions": pools["regions"].add(prune(regions, [MAX_REGION_ROWS])
                                        if regions else None),
        "audit": one.get("audit"),
    }


# ------------------------------------------------- what lies between snapshots

def handover_of(run, history):
    """The record that ends the phase that hands memory over, or -1."""
    phases, nr = [phase[0] for phase in run.once.get("boot") or []], 0
    if past.Early.HANDOVER not in phases:
        return -1
    for i, one in enumerate(history.records[:MAX_BOOT_RECORDS]):
        if history.names[one[2]][0] == "op boot_phase":
            if nr == phases.index(past.Early.HANDOVER):
                return i
            nr += 1
    return -1


def between(follower, run, history, at, complete):
    """What each of them has in the page, or None where no snapshot has it."""
    if not follow.follow(follower, run, history, at, complete):
        return None
    return {"changes": past.pack_changes(follower.changes), "since": follower.since,
            "drift": follower.drift}


def buddy_data(run, history, at, complete, geometry):
    shift = geometry.frame_bytes.bit_length() - 1
    handover = handover_of(run, history) if complete else -1
    one = follow.Buddy(run, shift, handover)
    found = between(one, run, history, at, handover >= 0)
    return found and dict(found, zones=one.zones.names, orders=one.orders)


def slabs_data(run, history, at, complete, geometry):
    shift = geometry.frame_bytes.bit_length() - 1
    one = follow_slabs.Slabs(run, history, at, shift, follow.Zones(run))
    found, caches = between(one, run, history, at, complete), {}
    return found and dict(found, slabs=[
        [caches.setdefault(slab.cache, len(caches)), slab.pfn, slab.order, slab.node,
         slab.total, slab.bytes] for slab in one.all],
        caches=list(caches), places=one.places)


def tables_data(run, history, at):
    """Before the first snapshot trees come and go in ways that no record tells."""
    one = follow_tables.Tables(run, history)
    found = between(one, run, history, at, False)
    if not found:
        return None
    trees = {id(tree): i for i, tree in enumerate(one.known_trees)}
    return dict(found, attributes=one.attributes.listed(), trees=[
        [tree.name, tree.facts["half"], tree.facts["levels"], tree.geo.page, tree.root.id]
        for tree in one.known_trees], tables=[
        [trees[id(table.tree)], table.level, table.pa, f"{table.va:#x}", table.size]
        for table in one.all])


def map_frames(run):
    """Frames that a character of the maps stands for; more than 1 is coarse."""
    return max([one.get("map")[0] for one in run.moments if one.get("map")], default=0)


def missing_of(run, history):
    said = {}
    for view, file in NEEDS.items():
        sentence = run.missing(file)
        known = history and (view == "events" or view == "map" and
                             run.once.get("memblock_memory"))
        if sentence and not known:
            said[view] = sentence
    if not history and run.events_path:
        said["events"] = "events.bin has no records. To have them: load or reset with ring=RECORDS"
    return said


def run_data(run, history, most_events):
    geometry = geometry_of(run)
    left_out = history.cut(most_events) if history else 0
    pools = {key: Pool() for key in ("map", "regions")}
    at = event_positions(run, history)
    start, early = None, None
    complete = bool(history and not left_out and history.records[0][0] == 1)
    lossless = complete and not history.lost
    if lossless and run.once.get("memblock_memory") and geometry.nr:
        start, early = early_of(run, geometry, history)
    data = {
        "name": run.name, "config": run.once.get("config") or {},
        "frameBytes": geometry.frame_bytes, "segments": geometry.segments,
        "nr": geometry.nr, "mapFrames": map_frames(run),
        "boot": run.once.get("boot") or [],
        "moments": [dict(moment_data(one, at[i], geometry, pools), lost=history.missing(
            run.moments[i - 1].seq if i else None, one.seq) if history else 0)
                    for i, one in enumerate(run.moments)],
        "early": start, "zones": zones_of(run, geometry),
        "buddy": buddy_data(run, history, at, complete, geometry),
        "slabs": slabs_data(run, history, at, complete, geometry),
        "tables": tables_data(run, history, at),
        "missing": missing_of(run, history),
        "events": None,
    }
    data.update({key: pool.values for key, pool in pools.items()})
    if history:
        data["events"] = {
            "names": history.names, "lost": history.lost, "leftOut": left_out,
            "records": past.pack_records(history),
            "effects": past.pack_effects(past.effects(history, geometry, early)),
        }
    return data


def read(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


def build(runs, most_events):
    """runs: (Run, History or None), one or two. The page's text."""
    data = {"classes": views.CLASSES,
            "runs": [run_data(run, history, most_events) for run, history in runs]}
    text = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    title = html.escape(" beside ".join(run.name for run, _ in runs))
    policy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"
    script = "".join(read(name) for name in SCRIPTS)
    return ('<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>shadow_mm: {title}</title>\n<style>\n{read('report.css')}</style>\n"
            f"</head>\n<body>\n{read('report.html')}"
            f'<script type="application/json" id="data">{text}</script>\n'
            f"<script>\n{script}</script>\n</body>\n</html>\n")
