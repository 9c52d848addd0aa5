# SPDX-License-Identifier: GPL-2.0-only
"""A folder of snapshots: what each moment has, what is missing and how to get it."""

import os
import re

import eventfile
import views

MAX_BYTES = 300 << 20
MAX_MOMENTS = 2000

# File, reader, how a view is called that needs it. Each moment has its own.
EACH = [
    ("map", views.frame_map), ("buddyinfo", views.buddyinfo),
    ("zoneinfo", views.zoneinfo), ("unusable_index", views.indices),
    ("extfrag_index", views.indices), ("slabinfo", views.slabinfo),
    ("slab_objects", views.slab_objects), ("page_tables", views.page_tables),
    ("vmstat", views.vmstat), ("audit", views.audit), ("moment", views.moment),
]
# Any moment may have it; the last one's counts.
ONCE = [
    ("boot", views.boot), ("config", views.config),
    ("memblock_memory", views.ranges), ("memblock_owners", views.memblock_owners),
]
KNOWN = {name for name, _ in EACH + ONCE} | {"events.bin"}
WHOLE = {"events.bin", "map", "page_tables", "slab_objects"}


class BadInput(Exception):
    """One line that names what is wrong and where."""


def read_bytes(path):
    try:
        if os.path.getsize(path) > MAX_BYTES:
            raise BadInput(f"'{path}': {os.path.getsize(path)} bytes,"
                           f" at most {MAX_BYTES} are read")
        with open(path, "rb") as file:
            return file.read()
    except OSError as err:
        raise BadInput(f"'{path}': {err.strerror}") from None


def read_file(path, reader):
    """What the reader makes of it, or None and the machine's sentence."""
    data = read_bytes(path)
    if b"\0" in data:
        raise BadInput(f"'{path}': line {data[:data.index(0)].count(10) + 1}:"
                       " a NUL byte: text was expected")
    try:
        return reader(data.decode("utf-8", "replace")), None
    except (views.BadText, ValueError) as err:
        raise BadInput(f"'{path}': {err}") from None
    except views.NotYet as err:
        return None, str(err)


class Moment:
    """The files of one folder; get() is None for one that is not there."""

    def __init__(self, path, name):
        self.path, self.name = path, name
        self.files, self.said = {}, {}
        for file, reader in EACH:
            full = os.path.join(path, file)
            if os.path.exists(full):
                self.files[file], self.said[file] = read_file(full, reader)
        facts = self.files.get("moment") or {}
        self.label = facts.get("name") or name
        self.seconds = self.number(facts, "uptime_s", float)
        self.seq = self.number(facts, "seq", int)

    def number(self, facts, key, kind):
        if key not in facts:
            return None
        try:
            found = kind(facts[key])
            if not 0 <= found < views.MAX_NUMBER:
                raise ValueError
            return found
        except ValueError:
            raise BadInput(f"'{os.path.join(self.path, 'moment')}': {key}="
                           f"{facts[key][:40]!r}: a number was expected") from None

    def get(self, file):
        return self.files.get(file)


def natural(name):
    """So that 9 comes before 10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def folders_of(path):
    """Folders of moments, in order; the folder itself if it holds files."""
    if not os.path.isdir(path):
        raise BadInput(f"'{path}': " + ("not a folder" if os.path.exists(path)
                                        else "no such folder"))
    try:
        names = os.listdir(path)
        found = [name for name in names if os.path.isdir(os.path.join(path, name))
                 and KNOWN & set(os.listdir(os.path.join(path, name)))]
    except OSError as err:
        raise BadInput(f"'{path}': {err.strerror}") from None
    if len(found) > MAX_MOMENTS:
        raise BadInput(f"'{path}': {len(found)} moments, at most {MAX_MOMENTS} are shown")
    if found:
        return [(os.path.join(path, name), name) for name in sorted(found, key=natural)]
    if KNOWN & set(names):
        return [(path, os.path.basename(os.path.abspath(path)))]
    inner = [name for name in sorted(names) if os.path.isdir(os.path.join(path, name))
             and any(re.fullmatch(r"\d+", n) for n in os.listdir(os.path.join(path, name)))]
    if inner:
        raise BadInput(f"'{path}': holds whole runs: give them one by one, as in:"
                       f" {' '.join(os.path.join(path, name) for name in inner[:2])}")
    raise BadInput(f"'{path}': no snapshot in it: folders 000, 001, ... with files of"
                   " shadow_mm/ are expected (scripts/shadow-report --record makes them)")


def how_to_get(file):
    folder = "shadow_mm_raw/main" if file in WHOLE else "shadow_mm"
    return f"cat /sys/kernel/debug/{folder}/{file} >MOMENT/{file}"


class Run:
    """A folder's moments and what they have in common."""

    def __init__(self, path, name):
        self.path, self.name = path, name
        found = folders_of(path)
        self.moments = [Moment(*one) for one in found]
        self.once, self.said = {}, {}
        for file, reader in ONCE:
            for folder, _ in reversed(found):
                full = os.path.join(folder, file)
                if os.path.exists(full):
                    self.once[file], self.said[file] = read_file(full, reader)
                    break
        self.events_path = next(
            (full for folder in [path] + [one for one, _ in reversed(found)]
             for full in [os.path.join(folder, "events.bin")] if os.path.exists(full)), None)

    def missing(self, file):
        """A sentence on why a view has nothing to show, or None."""
        if file in dict(ONCE):
            if self.once.get(file):
                return None
            said = self.said.get(file)
        elif file == "events.bin":
            if self.events_path:
                return None
            said = None
        else:
            if any(one.get(file) for one in self.moments):
                return None
            said = next((one.said[file] for one in self.moments if one.said.get(file)), None)
            if not said and any(file in one.files for one in self.moments):
                return f"{file} is empty in every moment"
        if said:
            return f"{file} says: {said}"
        return f"{file} is missing. To have it: {how_to_get(file)}"


def history_of(run):
    """The run's events, or None."""
    if not run.events_path:
        return None
    try:
        found = eventfile.read(read_bytes(run.events_path))
    except eventfile.BadFile as err:
        raise BadInput(f"'{run.events_path}': {err}") from None
    return found if found.records else None
