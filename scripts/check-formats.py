#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""check-formats.py - let a parser that others wrote judge our files

usage: scripts/check-formats.py EXPORTER FOLDER

FOLDER holds copies of buddyinfo, zoneinfo, slabinfo and vmstat. EXPORTER, Debian's
prometheus-node-exporter, reads them in place of /proc: each of its collectors
must report success, and what it understood must be what the files say, number
for number. Prints what differs, ends with status 1 then.
"""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request

# Names in zoneinfo and what the exporter makes of them.
ZONE_VALUES = {
    "min": "min_pages",
    "low": "low_pages",
    "high": "high_pages",
    "spanned": "spanned_pages",
    "present": "present_pages",
    "managed": "managed_pages",
    "nr_free_pages": "nr_free_pages",
}


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def scrape(exporter, folder):
    """What the exporter answers once it listens."""
    port = free_port()
    args = [exporter, f"--path.procfs={folder}", "--collector.disable-defaults",
            f"--web.listen-address=127.0.0.1:{port}"]
    args += [f"--collector.{name}" for name in EXPECTED]
    # Of vmstat it takes a few names alone, unless it is told to take all.
    args.append("--collector.vmstat.fields=.*")
    with subprocess.Popen(args, stderr=subprocess.PIPE) as process:
        try:
            for _ in range(200):
                try:
                    url = f"http://127.0.0.1:{port}/metrics"
                    opener = urllib.request.build_opener(
                        urllib.request.ProxyHandler({}))
                    with opener.open(url, timeout=20) as answer:
                        return answer.read().decode()
                except OSError:
                    if process.poll() is not None:
                        break
                    time.sleep(0.1)
        finally:
            process.kill()
        sys.exit(f"{exporter} does not answer: {process.stderr.read().decode()}")


def parse_metrics(text):
    """{(name, frozenset of labels): value}"""
    found = {}
    for line in text.splitlines():
        match = re.match(r"([a-z_0-9]+)(?:\{(.*)\})? (\S+)$", line)
        if match:
            labels = frozenset(re.findall(r'(\w+)="([^"]*)"', match[2] or ""))
            found[(match[1], labels)] = float(match[3])
    return found


def read(folder, name):
    with open(os.path.join(folder, name), encoding="ascii") as file:
        return file.read().splitlines()


def expected_buddyinfo(folder):
    for line in read(folder, "buddyinfo"):
        match = re.match(r"Node (\d+), zone +(\S+) (.*)$", line)
        for order, count in enumerate(match[3].split()):
            yield ("node_buddyinfo_blocks",
                   {"node": match[1], "zone": match[2], "size": str(order)}, count)


def expected_zoneinfo(folder):
    node = zone = None
    pagesets = False
    for line in read(folder, "zoneinfo"):
        match = re.match(r"Node (\d+), zone +(\S+)$", line)
        if match:
            node, zone, pagesets = match[1], match[2], False
            continue
        words = line.split()
        if words == ["pagesets"]:
            pagesets = True
        if not pagesets and len(words) == 2 and words[0] in ZONE_VALUES:
            yield ("node_zoneinfo_" + ZONE_VALUES[words[0]],
                   {"node": node, "zone": zone}, words[1])


def expected_slabinfo(folder):
    names = ("active_objects", "objects", "object_size_bytes",
             "objects_per_slab", "pages_per_slab")
    for line in read(folder, "slabinfo")[2:]:
        words = line.split()
        for name, value in zip(names, words[1:]):
            yield ("node_slabinfo_" + name, {"slab": words[0]}, value)


def expected_vmstat(folder):
    for line in read(folder, "vmstat"):
        name, value = line.split(" ")
        yield "node_vmstat_" + name, {}, value


EXPECTED = {
    "buddyinfo": expected_buddyinfo,
    "zoneinfo": expected_zoneinfo,
    "slabinfo": expected_slabinfo,
    "vmstat": expected_vmstat,
}


def main():
    if len(sys.argv) != 3 or sys.argv[1] in ("-h", "--help"):
        print(__doc__.strip())
        sys.exit(0 if len(sys.argv) == 2 else 64)
    folder = os.path.abspath(sys.argv[2])
    metrics = parse_metrics(scrape(sys.argv[1], folder))
    wrong = compared = 0
    for name, expected in EXPECTED.items():
        key = ("node_scrape_collector_success", frozenset({("collector", name)}))
        if metrics.get(key) != 1:
            print(f"{name}: the collector reports failure")
            wrong += 1
            continue
        before = compared
        for metric, labels, value in expected(folder):
            got = metrics.get((metric, frozenset(labels.items())))
            compared += 1
            if got != float(value):
                print(f"{metric} {labels}: the file says {value}, the exporter {got}")
                wrong += 1
        if compared == before:
            print(f"{name}: nothing in it to compare")
            wrong += 1
    print(f"{compared} numbers compared, {wrong} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
