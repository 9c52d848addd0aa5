# SPDX-License-Identifier: GPL-2.0-only
"""Reads events.bin: struct shadow_ring_file and its records, include/shadow_ring.h.

What the numbers of events and operations mean the sources tell, which this
script lies beside; the format's version says that they are the right ones.
"""

import os
import re
import struct

import history

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HEADER = struct.Struct("<8sIIQQIIQQQQQ")
RECORD = struct.Struct("<QQHBBi5Q")
MAGIC = b"SHADOWEV"
VERSION = 2
PART_BITS = 16
OP, MORE, GONE = 0x8000, 0xffff, 0xfffe


class BadFile(Exception):
    """What is wrong."""


def source(*names):
    with open(os.path.join(TOP, *names), encoding="utf-8") as file:
        return file.read()


def table(enum_file, enum, table_file, prefix):
    """number -> (name, arguments' names)"""
    body = re.search(rf"enum {enum} {{(.*?)}};", source("include", enum_file), re.S)[1]
    body = re.sub(r"/\*.*?\*/", "", body, flags=re.S)
    order = re.findall(rf"\b({prefix}\w+)", body)
    entries = re.findall(rf'\[({prefix}\w+)\] = {{\s*"(\w+)",(.*?)}}\s*}},',
                         source(table_file), re.S)
    words = {key: (name, re.findall(r'"([\w ]+)"', rest.split("{")[-1]))
             for key, name, rest in entries}
    return {order.index(key): what for key, what in words.items()}


def tables():
    """id of a record -> (name, arguments' names)"""
    found = table("shadow_event.h", "shadow_event_id", "shadow_event.c", "SHADOW_EV_")
    ops = table("shadow_ring.h", "shadow_op_id", "shadow_ring_ops.c", "SHADOW_OP_")
    found.update({OP | number: ("op " + name, args) for number, (name, args) in ops.items()})
    return found


def parts(names):
    """How to read a record's arguments: (argument, bits to the right, mask) of
    each name. A name of several words is as many numbers in one argument, see
    struct shadow_event_info."""
    found = []
    for at, name in enumerate(names):
        words = name.split()
        mask = (1 << (PART_BITS if len(words) > 1 else 64)) - 1
        found += [(at, PART_BITS * nr, mask) for nr in range(len(words))]
    return found


def header(data):
    """(offset of the records, how many, lost ones)"""
    if len(data) < HEADER.size:
        raise BadFile(f"cut off: {len(data)} bytes, the header alone has {HEADER.size}")
    magic, version, _, _, at, size, _, number, _, _, _, lost = HEADER.unpack_from(data)
    if magic != MAGIC:
        raise BadFile(f"begins with {magic!r}, {MAGIC!r} was expected")
    if version != VERSION or size != RECORD.size:
        raise BadFile(f"version {version} with records of {size} bytes: version"
                      f" {VERSION} with {RECORD.size} is read")
    if at < HEADER.size or at + number * size > len(data):
        raise BadFile(f"cut off: {len(data)} bytes, its {number} records end at"
                      f" {at + number * size}")
    return at, number, lost


def read(data):
    """A history.History."""
    at, number, lost = header(data)
    what, kinds, names, packed = tables(), {}, [], {}
    records, payloads, newest = [], {}, 0
    gaps, expected = [], 1
    for seq, ns, key, cpu, _, err, *args in RECORD.iter_unpack(
            data[at:at + number * RECORD.size]):
        if key != GONE:
            if seq > expected:
                gaps.append((len(records), expected, seq - 1))
            expected = seq + 1
        if key == MORE:
            if records:
                payloads.setdefault(records[-1][0], []).extend(args[:max(0, err) // 8])
            continue
        if key == GONE:
            lost += 1
            continue
        if seq <= newest:
            raise BadFile(f"record {len(records) + 1} has number {seq}, after {newest}")
        if key not in kinds:
            kinds[key] = len(names)
            name, words = what.get(key, (f"unknown {key:#x}", [f"arg{i}" for i in range(5)]))
            names.append((name, " ".join(words).split()))
            if len(names[-1][1]) > len(words):
                packed[key] = parts(words)
        if key in packed:
            args = [args[at] >> shift & mask for at, shift, mask in packed[key]]
        records.append((seq, ns, kinds[key], cpu, err, args))
        newest = seq
    return history.History(names, records, lost, payloads, gaps)
