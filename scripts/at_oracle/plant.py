#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""plant.py - put a seeded bug into a copy of the sources

usage: plant.py BUG SOURCES COPY

BUG is a file of scripts/at_oracle/bugs: a line "what: ...", a line "file: ...",
and lines that begin with - and +. Those with - stand once in the file, one
below the other, and are replaced by those with +. Blank space at the begin of
lines does not count, so that code may be indented anew.

COPY gets the rooms and headers of SOURCES, with the bug in them. Prints what
has to be compiled anew: the room, or "all" for a header.
"""

import os
import shutil
import sys


def read_bug(path):
    """The bug as (file, lines to go, lines to come)."""
    name, old, new = None, [], []
    with open(path, encoding="utf-8") as bug:
        for line in bug.read().splitlines():
            if line.startswith("file:"):
                name = line[5:].strip()
            elif line.startswith("-"):
                old.append(line[1:].strip())
            elif line.startswith("+"):
                new.append(line[1:])
    if not name or not old:
        sys.exit(f"{path}: no file, or nothing that goes")
    return name, old, new


def planted(text, old, new):
    """The text with the lines replaced; None unless they stand there once."""
    lines = text.splitlines()
    bare = [line.strip() for line in lines]
    places = [at for at in range(len(lines)) if bare[at:at + len(old)] == old]
    if len(places) != 1:
        return None
    at = places[0]
    return "\n".join(lines[:at] + new + lines[at + len(old):]) + "\n"


def copy_tree(source, copy):
    shutil.rmtree(copy, ignore_errors=True)
    os.makedirs(os.path.join(copy, "include"))
    for name in os.listdir(source):
        if name.startswith("shadow_") and name.endswith(".c"):
            shutil.copy(os.path.join(source, name), copy)
    for name in os.listdir(os.path.join(source, "include")):
        shutil.copy(os.path.join(source, "include", name),
                    os.path.join(copy, "include"))


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    name, old, new = read_bug(sys.argv[1])
    copy_tree(sys.argv[2], sys.argv[3])
    path = os.path.join(sys.argv[3], name)
    with open(path, encoding="utf-8") as file:
        text = planted(file.read(), old, new)
    if text is None:
        sys.exit(f"{name} does not have these lines once: {old}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    room = os.path.basename(name)
    print(room[:-2] if room.endswith(".c") else "all")


main()
