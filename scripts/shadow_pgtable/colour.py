# SPDX-License-Identifier: GPL-2.0-only
"""Attributes as colour and letters.

The colours are those of Okabe and Ito, which people who see fewer colours can
tell apart; the letters say the same without any. draw.css has them too.
"""

import collections

Kind = collections.namedtuple("Kind", "name letters fill ink")

FILLS = {
    "rw": ("#0072b2", "#ffffff"),
    "ro": ("#56b4e9", "#000000"),
    "rx": ("#e69f00", "#000000"),
    "wx": ("#d55e00", "#ffffff"),
    "user": ("#009e73", "#ffffff"),
    "device": ("#cc79a7", "#000000"),
    "nc": ("#f0e442", "#000000"),
    "bad": ("#999999", "#000000"),
}


def permissions(words):
    """(EL0 may touch it, its letters) from the words of a leaf's line."""
    word = next((w for w in words if w.startswith("ap=")), "ap=EL1:rw,EL0:--")
    user = word.endswith(("EL0:rw", "EL0:ro")) or "UXN" not in words
    write = "EL1:rw" in word
    run = ("UXN" if user else "PXN") not in words
    return user, ("rw" if write else "r") + ("x" if run else "")


def of(row):
    """The Kind of a line of descriptors."""
    if row.kind == "table":
        return Kind("table", "", "", "#000000")
    if row.kind not in ("block", "page"):
        return Kind("bad", row.kind, *FILLS["bad"])
    words = row.words.split()
    user, letters = permissions(words)
    memory = next((w[4:] for w in words if w.startswith("mem=")), "")
    name = {"rw": "rw", "r": "ro", "rx": "rx", "rwx": "wx"}[letters]
    text = ("u:" if user else "") + letters
    if memory.startswith("Device"):
        text += " D"
    elif memory.startswith("Normal-NC"):
        text += " NC"
    if "CONT" in words:
        text += " C"
    if letters != "rwx":
        name = "device" if " D" in text else "nc" if " NC" in text else \
            "user" if user else name
    return Kind(name, text, *FILLS[name])
