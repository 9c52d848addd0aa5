#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""lab.py - run the exercises of docs/lab.txt and compare what they show

usage: scripts/lab.py [--show] [NUMBER...]

Each exercise, or those of these numbers, is run in a guest of its own, as its
line `$ scripts/guest.sh ...` says; what each line `# COMMAND` prints is compared
with the lines below it. There `...` stands for anything within a line, and alone
on a line for any number of lines. --show prints what the commands did print.

The environment's LAB names another file than docs/lab.txt, LAB_GUEST options for
scripts/guest.sh that are added.

Exit status: 0, 1 where something differs, 2 wrong usage.
"""

import os
import re
import shlex
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LAB = os.environ.get("LAB") or os.path.join(os.path.dirname(HERE), "docs", "lab.txt")
MARK = "@@lab "
FOLDER = "/sys/kernel/debug/shadow_mm"


class Exercise:
    """A number, what the guest is started with, and (command, lines) in order."""

    def __init__(self, number, title):
        self.number, self.title = number, title
        self.guest, self.steps = None, []


def read(path):
    """The exercises: a heading `N. Title`, then lines indented by four."""
    exercises = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file.read().splitlines(), 1):
            heading = re.fullmatch(r"(\d+)\. (.+)", line)
            if heading:
                exercises.append(Exercise(int(heading[1]), heading[2]))
            if not exercises or not line.startswith("    "):
                continue
            text, last = line[4:], exercises[-1]
            if text.startswith("$ scripts/guest.sh "):
                last.guest = shlex.split(text)[2:]
            elif text.startswith("# "):
                last.steps.append((text[2:], []))
            elif text.startswith("> ") and last.steps and not last.steps[-1][1]:
                last.steps[-1] = (last.steps[-1][0] + "\n" + text[2:], [])
            elif last.steps:
                last.steps[-1][1].append(text.rstrip())
            else:
                sys.exit(f"{path}: line {number}: a command comes first")
    return exercises


def place(word):
    """boards/NAME is where `make boards` has put it."""
    if not word.startswith("boards/"):
        return word
    folder = subprocess.run([os.path.join(HERE, "build-boards.sh")], check=True,
                            stdout=subprocess.PIPE, text=True).stdout.strip()
    return os.path.join(folder, word.removeprefix("boards/"))


def run(exercise):
    """What each command printed, in order."""
    options = [place(word) for word in exercise.guest if word != "--shell"]
    options += os.environ.get("LAB_GUEST", "").split()
    script = [f"cd {FOLDER}", "exec 2>&1"]
    for command, _ in exercise.steps:
        script += [command, f"echo; echo '{MARK}'"]
    done = subprocess.run([os.path.join(HERE, "guest.sh"), *options, "--",
                           "\n".join(script)], capture_output=True, text=True,
                          errors="replace", check=False,
                          cwd=os.path.dirname(HERE))
    if done.returncode:
        print(done.stderr[-3000:], file=sys.stderr)
    texts = done.stdout.split(f"\n{MARK}\n")[:-1]
    return [[line.rstrip() for line in text.rstrip("\n").splitlines()] for text in texts]


def pattern_of(lines):
    out = []
    for line in lines:
        if line == "...":
            out.append(r"(?:.*\n)*?")
        else:
            out.append(".*".join(re.escape(part) for part in line.split("...")) + r"\n")
    return "".join(out)


def alike(wanted, got):
    return re.fullmatch(pattern_of(wanted), "".join(line + "\n" for line in got)) is not None


def first_difference(wanted, got):
    """The first wanted line that no text begins with."""
    whole = "".join(line + "\n" for line in got)
    for nr in range(1, len(wanted) + 1):
        if not re.match(pattern_of(wanted[:nr]), whole):
            return wanted[nr - 1]
    return "(more lines than that)"


def check(exercise, show):
    got = run(exercise)
    good = len(got) == len(exercise.steps)
    if not good:
        print(f"exercise {exercise.number}: {len(got)} of {len(exercise.steps)}"
              " commands ran")
    for (command, wanted), lines in zip(exercise.steps, got):
        if show:
            print("\n".join([f"    # {command}"] + ["    " + line for line in lines]))
        elif not alike(wanted, lines):
            good = False
            print(f"exercise {exercise.number}: # {command}\n  differs at:"
                  f" {first_difference(wanted, lines)}\n  it printed:")
            print("\n".join("    " + line for line in lines[:60]))
    return good


def main(words):
    show = "--show" in words
    numbers = [word for word in words if word != "--show"]
    if "--help" in words or "-h" in words:
        print(__doc__.strip())
        return 0
    exercises = read(LAB)
    known = {str(one.number) for one in exercises}
    for number in numbers:
        if number not in known:
            print(f"lab.py: '{number}': an exercise, 1 to {len(known)}, is allowed",
                  file=sys.stderr)
            return 2
    failed = 0
    for one in exercises:
        if not numbers or str(one.number) in numbers:
            good = check(one, show)
            failed += not good
            print(f"{'ok' if good else 'not ok'} {one.number} {one.title}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
