#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Saves physical memory of a guest that has powered off, then ends QEMU.

usage: pmemsave.py SOCKET PA BYTES FILE

For a QEMU that was started with -no-shutdown and -qmp unix:SOCKET,server=on,
wait=off: the guest's memory is as it left it.
"""

import json
import socket
import sys
import time

PATIENCE = 300	# seconds until the guest has powered off


def connect(path):
    end = time.monotonic() + PATIENCE
    while True:
        try:
            link = socket.socket(socket.AF_UNIX)
            link.settimeout(PATIENCE)
            link.connect(path)
            return link.makefile("rw", encoding="utf-8")
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def ask(link, command, **arguments):
    """The answer; what QEMU tells meanwhile is passed over."""
    link.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
    link.flush()
    while True:
        said = json.loads(link.readline())
        if "error" in said:
            sys.exit(f"pmemsave.py: {command}: {said['error'].get('desc')}")
        if "return" in said:
            return said["return"]


def main():
    path, pa, size, target = sys.argv[1:]
    link = connect(path)
    json.loads(link.readline())
    ask(link, "qmp_capabilities")
    end = time.monotonic() + PATIENCE
    while ask(link, "query-status")["status"] != "shutdown":
        if time.monotonic() > end:
            sys.exit("pmemsave.py: the guest did not power off")
        time.sleep(0.2)
    ask(link, "pmemsave", val=int(pa, 0), size=int(size, 0), filename=target)
    ask(link, "quit")


if __name__ == "__main__":
    main()
