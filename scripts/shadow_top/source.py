# SPDX-License-Identifier: GPL-2.0-only
"""Where the files come from: a shell on the machine, asked again and again."""

import os
import select
import subprocess
import tempfile
import time

SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DEBUGFS = "/sys/kernel/debug/shadow_mm"
FILES = ["map", "buddyinfo", "zoneinfo", "slabinfo", "unusable_index", "events", "boot"]
MARK = "@@shadow-top "


class Gone(Exception):
    """One line on why the machine cannot be read."""


def shell_of(host, guest, guest_options):
    """The command whose standard input is a shell's on the machine."""
    if guest:
        return [os.path.join(SCRIPTS, "guest.sh"), "--stdin", *guest_options,
                "--", "exec sh"]
    if host:
        return ["ssh", "-T", host, "exec sh"]
    return ["sh"]


class Machine:
    """A machine's files, through a shell that is kept."""

    def __init__(self, command, name, patience):
        self.folder = DEBUGFS if name == "main" else f"{DEBUGFS}.{name}"
        self.patience = patience
        self.said = tempfile.TemporaryFile()
        self.left = b""
        try:
            self.shell = subprocess.Popen(command, stdin=subprocess.PIPE,
                                          stdout=subprocess.PIPE, stderr=self.said)
        except OSError as err:
            raise Gone(f"{command[0]}: {err.strerror}") from None

    def fileno(self):
        return self.shell.stdout.fileno()

    def tell(self, script):
        try:
            self.shell.stdin.write(script.encode() + b"\n")
            self.shell.stdin.flush()
        except OSError:
            raise Gone(self.last_words()) from None

    def last_words(self):
        """The last line on standard error of a shell that has ended."""
        try:
            status = self.shell.wait(2)
        except subprocess.TimeoutExpired:
            return "the shell there does not answer"
        self.said.seek(0)
        lines = self.said.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"the shell there has ended with status {status}"

    def greet(self):
        """Waits for the shell there, however long a password takes."""
        self.tell(f'echo "{MARK}"')
        while MARK.encode() not in self.left:
            data = os.read(self.fileno(), 1 << 16)
            if not data:
                raise Gone(self.last_words())
            self.left += data

    def ask(self, idle):
        """{file: text}; idle() is called while nothing comes, and may end the wait."""
        names = " ".join(FILES)
        self.tell(f'echo "{MARK}"; for f in {names}; do echo "{MARK}$f";'
                  f' cat "{self.folder}/$f" 2>&1; done; echo; echo "{MARK}end"')
        end = f"\n{MARK}end\n".encode()
        until = time.monotonic() + self.patience
        while end not in self.left:
            ready, _, _ = select.select([self], [], [], 0.1)
            if ready:
                data = os.read(self.fileno(), 1 << 16)
                if not data:
                    raise Gone(self.last_words())
                self.left += data
            elif time.monotonic() > until:
                raise Gone(f"no answer within {self.patience} s")
            elif idle():
                return None
        whole, _, self.left = self.left.partition(end)
        return self.texts(whole.decode("utf-8", "replace"))

    def texts(self, whole):
        texts = {}
        for piece in whole.split(f"\n{MARK}")[1:]:
            name, _, text = piece.partition("\n")
            texts[name] = text + "\n" if text and not text.endswith("\n") else text
        for name, text in texts.items():
            if name == "buddyinfo" and text.startswith("cat: "):
                raise Gone(text.splitlines()[0].removeprefix("cat: ") +
                           " (is the module loaded, and who asks root?)")
        return texts

    def step(self):
        """One phase more of a boot that has stopped."""
        self.tell(f'echo step >"{self.folder}/ctl"')

    def close(self):
        try:
            self.shell.stdin.close()
        except OSError:
            pass
        try:
            self.shell.wait(5)
        except subprocess.TimeoutExpired:
            self.shell.terminate()
            self.shell.wait()
