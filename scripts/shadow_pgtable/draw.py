#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Draws translation tables from a raw dump of them.

usage: draw.py --draw [FILE] [--dot] [-o FILE]

Called by scripts/shadow-pgtable, which tells the rest.
"""

import html
import json
import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import dot  # noqa: E402
import tree  # noqa: E402

E_USAGE = 2


def die(*what):
    print("shadow-pgtable:", *what, file=sys.stderr)
    sys.exit(E_USAGE)


def parse_arguments(words):
    """The input's name (None: standard input), the output's, --dot or not."""
    source = target = None
    as_dot = False
    words = list(words)
    while words:
        word = words.pop(0)
        if word == "--dot":
            as_dot = True
        elif word == "-o":
            if not words:
                die("-o needs a value")
            target = words.pop(0)
        elif word == "--draw":
            continue
        elif word.startswith("-") and word != "-":
            die(f"--draw does not know '{word}'")
        elif source is not None:
            die(f"--draw reads one file, '{source}' or '{word}'")
        else:
            source = word
    return source, target, as_dot


def load(source):
    try:
        if source in (None, "-"):
            return tree.read(sys.stdin)
        with open(source, encoding="utf-8", errors="replace") as file:
            return tree.read(file)
    except OSError as err:
        die(f"'{source}': {err.strerror}")
    except tree.BadDump as err:
        die(f"'{source or 'standard input'}': {err}")


def table_data(table, ids, strings):
    """[level, pa, va, used, limits, shape, rows]; addresses as hex strings."""
    rows = []
    for row in table.rows:
        words = strings.setdefault(row.words, len(strings))
        rows.append([row.first, row.last, row.kind[0] if row.kind != "unreadable"
                     else "x", f"{row.desc:x}", f"{row.step:x}", f"{row.oa:x}",
                     words, ids[id(row.child)] if row.child else -1])
    return [table.level, f"{table.pa:x}", f"{table.va:x}", table.used,
            strings.setdefault(table.limits, len(strings)), table.shape, rows]


def tree_data(one, strings):
    tree.give_shapes(one, {})
    ids = {id(table): i for i, table in enumerate(one.tables)}
    return {
        "name": one.name,
        "facts": one.facts,
        "tables": [table_data(table, ids, strings) for table in one.tables],
    }


def page(trees, machine):
    """The whole drawing; the data go into a script that cannot end early."""
    strings = {"": 0}
    data = {
        "machine": machine,
        "trees": [tree_data(one, strings) for one in trees],
    }
    data["words"] = list(strings)
    text = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    with open(os.path.join(HERE, "draw.js"), encoding="utf-8") as file:
        script = file.read()
    with open(os.path.join(HERE, "draw.css"), encoding="utf-8") as file:
        style = file.read()
    title = html.escape("page tables of " + machine.get("machine", "a machine"))
    return (f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
            f"<noscript>This drawing needs JavaScript; it loads nothing.</noscript>\n"
            f"<script>\nconst DATA = {text};\n{script}</script>\n</body>\n</html>\n")


def main():
    source, target, as_dot = parse_arguments(sys.argv[1:])
    trees, machine = load(source)
    if not trees:
        die(f"'{source or 'standard input'}' holds no tree: nothing to draw")
    text = dot.graph(trees, machine) if as_dot else page(trees, machine)
    try:
        if target in (None, "-"):
            sys.stdout.write(text)
            sys.stdout.flush()
        else:
            with open(target, "w", encoding="utf-8") as file:
                file.write(text)
    except OSError as err:
        die(f"'{target or 'standard output'}': {err.strerror}")


if __name__ == "__main__":
    main()
