# SPDX-License-Identifier: GPL-2.0-only
"""What scripts/shadow-report does with its arguments."""

import os
import subprocess
import sys
import tarfile
import tempfile

import moments
import page
import views

HERE = os.path.dirname(os.path.abspath(__file__))
E_USAGE = 2
MAX_EVENTS = 1000000


class BadCall(Exception):
    """One line."""


class Options:
    def __init__(self):
        self.runs, self.output, self.names = [], "report.html", None
        self.events, self.record, self.workload = 200000, None, None
        self.params, self.guest, self.help = "size=128M", [], False


def number(text, option):
    if not views.is_number(text) or not 0 < int(text) <= MAX_EVENTS:
        raise BadCall(f"{option} '{text}': a number from 1 to {MAX_EVENTS} is allowed")
    return int(text)


VALUES = {"-o": "output", "--output": "output", "--names": "names", "--events": "events",
          "--record": "record", "--workload": "workload", "--params": "params"}


def parse(words):
    options, words = Options(), list(words)
    while words:
        word = words.pop(0)
        key, equal, value = word.partition("=")
        if word == "--":
            options.guest, words = words, []
        elif word in ("-h", "--help"):
            options.help = True
        elif key in VALUES and (equal or word == key):
            if not equal:
                if not words:
                    raise BadCall(f"{key} needs a value")
                value = words.pop(0)
            setattr(options, VALUES[key], number(value, key) if key == "--events" else value)
        elif word.startswith("-"):
            raise BadCall(f"unknown option '{word}'")
        else:
            options.runs.append(word)
    return options


def check(options):
    if options.record:
        if options.runs:
            raise BadCall(f"'{options.runs[0]}': --record makes one run, and takes no other")
        if os.path.lexists(options.record):
            raise BadCall(f"--record '{options.record}': it exists already")
        if options.workload and not os.path.isfile(options.workload):
            raise BadCall(f"--workload '{options.workload}': no such file")
        options.runs = [options.record]
    elif options.guest or options.workload:
        raise BadCall("--workload and what stands behind -- go with --record")
    if not 1 <= len(options.runs) <= 2:
        raise BadCall(f"one run or two are allowed, not {len(options.runs)};"
                      " --help tells more")
    if options.names is not None and \
            len(options.names.split(",")) != len(options.runs):
        raise BadCall(f"--names '{options.names}': {len(options.runs)}, separated by"
                      " commas, are allowed")
    folder = os.path.dirname(os.path.abspath(options.output))
    if not os.path.isdir(folder):
        raise BadCall(f"-o '{options.output}': no folder '{folder}'")


def record(options):
    """A guest's run, unpacked; the guest's status."""
    workload = options.workload or os.path.join(HERE, "workload.sh")
    words = [os.path.join(os.path.dirname(HERE), "guest.sh"), "--params", options.params,
             "--file", f"{os.path.join(HERE, 'record.sh')}:/record.sh",
             "--file", f"{workload}:/workload.sh", *options.guest, "--",
             "sh /record.sh /tmp/run /workload.sh && tar -C /tmp/run -c ."]
    with tempfile.TemporaryFile() as file:
        status = subprocess.run(words, stdout=file, stdin=subprocess.DEVNULL,
                                check=False).returncode
        if status:
            return status
        file.seek(0)
        os.makedirs(options.record)
        with tarfile.open(fileobj=file) as tar:
            tar.extractall(options.record, filter="data")
    return 0


def load(options):
    """(run, history) of each."""
    names = options.names.split(",") if options.names else \
        [os.path.basename(os.path.abspath(path)) for path in options.runs]
    found = []
    for path, name in zip(options.runs, names):
        run = moments.Run(path, name.strip() or path)
        found.append((run, moments.history_of(run)))
    return found


def main(words, manual):
    try:
        options = parse(words)
        if options.help:
            print(manual.strip(), flush=True)
            return 0
        check(options)
        if options.record:
            status = record(options)
            if status:
                return status
        text = page.build(load(options), options.events)
        with open(options.output, "w", encoding="utf-8") as file:
            file.write(text)
    except (BadCall, moments.BadInput) as err:
        print(f"shadow-report: {err}", file=sys.stderr)
        return E_USAGE
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as err:
        print(f"shadow-report: '{err.filename or options.output}': {err.strerror}",
              file=sys.stderr)
        return E_USAGE
    print(f"{options.output}: {len(text.encode()) // 1024} KiB")
    return 0
