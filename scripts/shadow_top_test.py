#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests of shadow-top: pictures of made-up files, the call, and a terminal.

usage: scripts/shadow_top_test.py            what needs no machine
       scripts/shadow_top_test.py COMMAND... drive `COMMAND` on a terminal of 80
                                             columns: keys space, n, s, h, q
"""

import os
import pty
import random
import re
import select
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, name) for name in ("shadow_top", "shadow_report")]

import screen  # noqa: E402
import top  # noqa: E402

PAINT = screen.Paint(False, False)
cases = 0


def expect(got, want, what):
    global cases
    cases += 1
    if got != want:
        sys.exit(f"{what}: {got!r}, {want!r} was expected")


def squeezes():
    expect(screen.squeeze("FFFFDDDD", 4), "FD", "all of one letter")
    expect(screen.squeeze("FFDFddDF", 4), "fd", "most of them")
    rnd = random.Random(4711)
    for _ in range(300):
        text = "".join(rnd.choice("FDfdS- ") for _ in range(rnd.randrange(1, 200)))
        times = rnd.randrange(1, 9)
        got = screen.squeeze(text, times)
        expect(len(got), -(-len(text) // times), "length")
        for i, letter in enumerate(got):
            some = text[i * times:(i + 1) * times].upper()
            expect(some.count(letter.upper()) * len(set(some)) >= len(some), True, "majority")


def bars():
    expect(PAINT.bar(0.5, 10), "#####     ", "half")
    expect(PAINT.bar(7, 4), "####", "too much")
    expect(PAINT.spark([0, 0.001, 0.5, 1]), " .+@", "spark")
    expect(screen.cut("\x1b[1mabc\x1b[0mdef", 4), "\x1b[1mabc\x1b[0md", "colours take no column")
    expect(screen.beside(["a", "b"], ["x"], 3), ["a   x", "b   "], "columns")


def fits():
    """Whatever there is, and whatever is missing: no line too wide, none too many."""
    texts = {
        "map": "one character is 16 frames\n" + "".join(
            f"0x{i:013x} " + "FfDd" * 16 + "\n" for i in range(40)),
        "buddyinfo": "Node 0, zone      DMA" + "      7" * 11 + "\n",
        "unusable_index": "Node 0, zone      DMA" + " 0.250" * 11 + "\n",
        "slabinfo": "slabinfo - version: 2.1\n" + "".join(
            f"cache-{i} {i} {2 * i} 64 64 1 : tunables 0 0 0 : slabdata 1 1 0\n"
            for i in range(30)),
        "events": "# what the columns are\n" + "".join(
            f"{i:11} {i / 7:16.9f} {i % 4:3} {0:3}  {what} pfn={i}\n" for i in range(340, 360)
            for what in ("  mm_page_alloc", "alloc_pages")) + "… 320 more in x\n",
        "boot": "",
        "zoneinfo": "Node 0, zone      DMA\n  pages free     100\n        min      10\n"
                    "        low      12\n        high     14\n        spanned  200\n"
                    "        present  200\n        managed  150\n",
    }
    history = [screen.unusable(texts["unusable_index"])] * 500
    for width in (20, 40, 80, 200):
        for height in (5, 24, 60):
            for missing in (None, *texts):
                some = {name: "" if name == missing else text for name, text in texts.items()}
                lines = screen.compose(some, history, "main", (width, height), PAINT)
                expect(len(lines) <= height, True, f"{width}x{height} without {missing}: lines")
                expect(max(map(screen.seen, lines)) <= width, True, "columns")
    whole = "\n".join(screen.compose(texts, history, "main", (80, 40), PAINT))
    expect(" 25.0% of free memory unusable at order  5" in whole, True, "fragmentation")
    expect("0 DMA       100   10   12   14" in whole, True, "marks")
    small = screen.compose(texts, history, "main", (40, 10), PAINT)
    expect(small[2:-2], ["d" * 40, "d" * 40, "free 14329 by order |........:+@| 0-10",
                         "zone       free  low  |: high", "0 DMA       100   12  ####|" + "#" * 11,
                         "unusable 25.0%  " + ":" * 22],
           "a small terminal")
    expect([line[:4] for line in small[-2:]], ["359 ", "359 "], "newest events")
    expect(whole.splitlines()[-2:], ["359 51.285714286 3   mm_page_alloc pfn=359",
                                     "359 51.285714286 3 alloc_pages pfn=359"], "events")


def refusals():
    for words, why in (
            (["--interval", "0"], "'0': 0.1 to 3600"), (["--frames", "x"], "'x': a number"),
            (["--bogus"], "--bogus"), (["a", "b"], "b"), (["--guest", "host"], "'host'"),
            (["--machine", "Main"], "'Main'"), (["--run", "/no/such"], "--guest"),
            (["--", "x"], "'x'"), (["-oProxyCommand=x"], "-oProxy"),
            (["--guest", "--run", "/no/such"], "'/no/such': no such file")):
        done = subprocess.run([os.path.join(HERE, "shadow-top"), *words],
                              capture_output=True, text=True, check=False)
        expect((done.returncode, done.stdout, done.stderr.count("\n")), (2, "", 1), str(words))
        expect(why in done.stderr, True, f"{words}: {done.stderr}")
    done = subprocess.run([os.path.join(HERE, "shadow-top"), "--once"],
                          capture_output=True, text=True, check=False)
    expect((done.returncode, done.stderr.count("\n")), (1, 1), "no machine here")


def over_ssh():
    """HOST is asked through ssh: one that greets, one that cannot be reached."""
    with tempfile.TemporaryDirectory() as folder:
        debugfs = os.path.join(folder, "shadow_mm")
        os.mkdir(debugfs)
        for name, text in (("buddyinfo", "Node 0, zone      DMA" + "      7" * 11 + "\n"),
                           ("map", "one character is 16 frames\n0x0000000000000 FFdD\n")):
            with open(os.path.join(debugfs, name), "w", encoding="utf-8") as file:
                file.write(text)
        ssh = os.path.join(folder, "ssh")
        with open(ssh, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n[ \"$1 $2 $3\" = '-T board exec sh' ] ||"
                       " { echo \"ssh: $2: no such host\" >&2; exit 255; }\n"
                       "echo Welcome to this board.\n"
                       f"sed -u 's#/sys/kernel/debug#{folder}#g' | sh\n")
        os.chmod(ssh, 0o755)
        env = dict(os.environ, PATH=folder + ":" + os.environ["PATH"], COLUMNS="80", LINES="30")
        for host, status, pattern in (
                ("board", 0, r"(?s)\Ashadow-top  main .*\nFFdD\n.*   10        7    7168 #+\n"),
                ("other", 1, r"\Ashadow-top: ssh: other: no such host\n\Z")):
            done = subprocess.run([os.path.join(HERE, "shadow-top"), host, "--ascii", "--once"],
                                  capture_output=True, text=True, env=env, check=False)
            expect(done.returncode, status, host)
            expect(bool(re.search(pattern, done.stdout + done.stderr)), True,
                   f"{host}: {done.stdout}{done.stderr}")
        # Files that are not there are said to be so, where they would stand
        done = subprocess.run([os.path.join(HERE, "shadow-top"), "board"],
                              capture_output=True, text=True, env=env, check=False)
        expect("zoneinfo: not there" in done.stdout, True, done.stdout)


class Driver:
    """A program on a terminal, and what it shows."""

    def __init__(self, command):
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.environ.update(TERM="xterm", COLUMNS="80", LINES="40", LC_ALL="C.UTF-8")
            os.execvp(command[0], command)
        self.text = ""

    def read(self, wait):
        ready, _, _ = select.select([self.fd], [], [], wait)
        if not ready:
            return False
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            return None
        self.text += data.decode("utf-8", "replace")
        return bool(data)

    def wait_for(self, pattern, seconds=120):
        """What was shown until then is forgotten."""
        until = time.monotonic() + seconds
        while not (found := re.search(pattern, self.text)):
            if time.monotonic() > until or self.read(0.2) is None:
                sys.exit(f"{pattern!r} did not appear; the last was: {self.text[-2000:]!r}")
        self.text = self.text[found.end():]

    def press(self, key):
        os.write(self.fd, key.encode())

    def quiet(self, seconds):
        """Nothing new is shown for so long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.read(0.1):
                return False
        return True

    def end(self):
        while self.read(5):
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def drive(command):
    seen = Driver(command)
    seen.wait_for(r"every 0\.5 s  boot stopped before (\w+)", 300)
    seen.press(" ")
    seen.wait_for("paused")
    seen.quiet(1)
    expect(seen.quiet(2), True, "paused: nothing changes")
    seen.press("s")
    seen.wait_for(r"paused  boot stopped before \w+")
    for _ in range(40):
        seen.press("s")
    seen.wait_for("paused  booted")
    seen.press("n")
    seen.wait_for(r"order   blocks")
    seen.press("h")
    seen.wait_for("What the letters of the map mean")
    seen.wait_for("free")
    seen.press("h")
    seen.wait_for("map")
    seen.press("q")
    expect(seen.end(), 0, "exit status")
    expect("\x1b[?1049l" in seen.text, True, "the terminal is given back")


if sys.argv[1:]:
    drive(sys.argv[1:])
else:
    squeezes()
    bars()
    fits()
    refusals()
    over_ssh()
print(f"{cases} cases")
