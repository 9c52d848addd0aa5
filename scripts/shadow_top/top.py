# SPDX-License-Identifier: GPL-2.0-only
"""Pictures one after the other, and the keys."""

import argparse
import locale
import os
import re
import select
import shutil
import signal
import sys
import termios
import time
import tty

import screen
import source
import views

HISTORY = 600		# samples of fragmentation that are kept


class Usage(Exception):
    """One line on what is wrong with the call."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Usage(message)


def seconds(text):
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0.1 <= value <= 3600:
        raise argparse.ArgumentTypeError(f"'{text}': 0.1 to 3600 is allowed")
    return value


def number(text):
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise argparse.ArgumentTypeError(f"'{text}': a number from 1 on is allowed")
    return int(text)


def name_of(text):
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,15}", text):
        raise argparse.ArgumentTypeError(
            f"'{text}': a letter and up to 15 letters, digits and _ are allowed")
    return text


def host_of(text):
    if not text or text.startswith("-"):
        raise argparse.ArgumentTypeError(f"'{text}': a name that ssh knows is allowed")
    return text


def parse(words):
    mine, theirs = words, []
    if "--" in words:
        at = words.index("--")
        mine, theirs = words[:at], words[at + 1:]
    parser = Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("host", nargs="?", type=host_of)
    parser.add_argument("--guest", action="store_true")
    parser.add_argument("--machine", type=name_of, default="main")
    parser.add_argument("--interval", type=seconds, default=1.0)
    parser.add_argument("--run")
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--frames", type=number)
    parser.add_argument("--ascii", action="store_true")
    parser.add_argument("--no-colour", "--no-color", dest="plain", action="store_true")
    given = parser.parse_args(mine)
    if given.guest and given.host:
        raise Usage(f"'{given.host}': with --guest there is no other host")
    if theirs and not given.guest:
        raise Usage(f"'{theirs[0]}': what stands behind -- is for --guest")
    if given.run and not given.guest:
        raise Usage("--run is for --guest")
    if given.run and not os.path.isfile(given.run):
        raise Usage(f"--run '{given.run}': no such file")
    given.theirs = theirs
    return given


class Terminal:
    """Keys one by one and a screen of our own; all as it was afterwards."""

    def __enter__(self):
        self.keys = sys.stdin.isatty()
        self.woken, self.wake = os.pipe()
        os.set_blocking(self.wake, False)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
        # Another size: what waits for a key shall draw again
        signal.signal(signal.SIGWINCH, lambda *_: os.write(self.wake, b"w"))
        signal.signal(signal.SIGTSTP, self.stop)
        self.take()
        return self

    def take(self):
        if self.keys:
            self.before = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)
        sys.stdout.write("\x1b[?1049h\x1b[?25l")
        sys.stdout.flush()

    def give_back(self):
        sys.stdout.write("\x1b[?25h\x1b[?1049l")
        sys.stdout.flush()
        if self.keys:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self.before)

    def stop(self, *_):
        """Ctrl-Z: a shell finds the terminal as it was."""
        self.give_back()
        os.kill(os.getpid(), signal.SIGSTOP)
        self.take()
        os.write(self.wake, b"w")

    def __exit__(self, *_):
        self.give_back()

    def key(self, wait):
        """A key; None after so many seconds, "" where there is to be drawn again."""
        files = [sys.stdin, self.woken] if self.keys else [self.woken]
        ready, _, _ = select.select(files, [], [], max(0, wait))
        if self.woken in ready:
            os.read(self.woken, 64)
            return ""
        if not ready:
            return None
        key = os.read(sys.stdin.fileno(), 1).decode("latin-1")
        if not key:
            raise source.Gone("the terminal is gone")
        return key

    def show(self, lines):
        sys.stdout.write("\x1b[H" + "\x1b[K\r\n".join(lines) + "\x1b[K\x1b[J")
        sys.stdout.flush()


class Top:
    """What is shown, and how the keys have changed that."""

    def __init__(self, machine, given, paint):
        self.machine, self.given, self.paint = machine, given, paint
        self.interval = given.interval
        self.paused = self.help = self.over = False
        self.texts, self.history, self.frames = {}, [], 0

    def read(self, idle=lambda: False):
        texts = self.machine.ask(idle)
        if texts is None:
            return False
        self.texts = texts
        self.frames += 1
        try:
            sample = screen.unusable(texts.get("unusable_index", ""))
        except (views.BadText, views.NotYet):
            sample = None
        if sample:
            self.history = (self.history + [sample])[-HISTORY:]
        return True

    def lines(self, size):
        if self.help:
            return [screen.cut(line, size[0]) for line in screen.legend(self.texts)[:size[1]]]
        state = "paused" if self.paused else f"every {self.interval:g} s"
        return screen.compose(self.texts, self.history,
                              f"{self.given.machine}  {time.strftime('%H:%M:%S')}  {state}",
                              size, self.paint)

    def press(self, key):
        """True: a new picture at once."""
        if self.help:
            self.help = False
        elif key == "q":
            self.over = True
        elif key == " ":
            self.paused = not self.paused
        elif key == "h":
            self.help = True
        elif key in "+-":
            self.interval = min(60, max(0.1, self.interval * (2 if key == "-" else 0.5)))
            self.interval = round(self.interval, 3)
        elif key == "s":
            self.machine.step()
            return True
        return key == "n"


def watch(top, terminal):
    def idle():
        key = terminal.key(0)
        if key:
            top.press(key)
        return top.over

    terminal.show(["shadow-top: waiting for the machine; q ends"])
    while not top.over and top.read(idle):
        if top.given.frames and top.frames >= top.given.frames:
            terminal.show(top.lines(shutil.get_terminal_size()))
            return
        until = time.monotonic() + top.interval
        again = False
        while not top.over and not again:
            terminal.show(top.lines(shutil.get_terminal_size()))
            left = 3600 if top.paused or top.help else until - time.monotonic()
            if left <= 0:
                break
            key = terminal.key(left)
            again = bool(key) and top.press(key)


def run(given, unicode):
    command = source.shell_of(given.host, given.guest, given.theirs)
    machine = source.Machine(command, given.machine, 300 if given.guest else 30)
    try:
        if given.run:
            with open(given.run, encoding="utf-8") as file:
                machine.tell("(" + file.read() + "\n) </dev/null >/dev/null 2>&1 &")
        plain = given.once or not sys.stdout.isatty()
        colour = not (plain or given.plain or os.environ.get("NO_COLOR"))
        top = Top(machine, given, screen.Paint(colour, unicode))
        # Whoever must be asked for a password is asked on a terminal as it was
        if given.host:
            machine.greet()
        if not plain:
            with Terminal() as terminal:
                watch(top, terminal)
            return
        for frame in range(given.frames or 1):
            if frame:
                time.sleep(given.interval)
            top.read()
        size = shutil.get_terminal_size((80, 48))
        print("\n".join(line.rstrip() for line in top.lines((size.columns, size.lines))),
              flush=True)
    finally:
        machine.close()


def main(words, help_text):
    if "--help" in words or "-h" in words:
        print(help_text.strip())
        return 0
    unicode = "--ascii" not in words and "utf" in locale.getpreferredencoding().lower()
    try:
        run(parse(words), unicode)
    except Usage as err:
        print(f"shadow-top: {err}", file=sys.stderr)
        return 2
    except source.Gone as err:
        print(f"shadow-top: {err}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as err:
        print(f"shadow-top: {err.filename or 'standard output'}: {err.strerror}",
              file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
