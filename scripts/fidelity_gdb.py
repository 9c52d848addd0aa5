# SPDX-License-Identifier: GPL-2.0-only
"""fidelity_gdb - a guest's processor, seen through QEMU's gdb stub

What a kernel does before its own tracing exists can only be seen from outside.
Memory and registers are read, breakpoints are set; nothing is written.
"""

import socket
import struct
import time

# QEMU takes packets of 4 KiB, and a byte is two digits.
CHUNK = 1024

LR = 30
PC = 32


class StubError(Exception):
    """The stub went away, or answered what it must not."""


def checksum(data):
    return sum(data) & 0xff


def encode(text):
    """A packet of the remote protocol."""
    data = text.encode()
    return b"$%s#%02x" % (data, checksum(data))


def decode(buffer):
    """The first whole packet of a buffer, or None; and what follows it."""
    start = buffer.find(b"$")
    end = buffer.find(b"#", start)
    if start < 0 or end < 0 or len(buffer) < end + 3:
        return None, buffer
    data = buffer[start + 1:end]
    if int(buffer[end + 1:end + 3], 16) != checksum(data):
        raise StubError(f"a packet came with a wrong checksum: {data[:40]!r}")
    return data.decode(), buffer[end + 3:]


class Stub:
    """One connection; all breakpoints are by virtual address."""

    def __init__(self, path, seconds):
        self.buffer = b""
        self.path = path
        self.sock = self.connect(time.monotonic() + seconds)
        self.sock.settimeout(seconds)
        if "QStartNoAckMode+" in self.ask("qSupported"):
            self.want("QStartNoAckMode", "OK")
        self.ask("?")

    def connect(self, until):
        """QEMU makes its socket when it starts, which is some time after us."""
        while True:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                sock.connect(self.path)
                return sock
            except OSError as error:
                sock.close()
                if time.monotonic() > until:
                    raise StubError(f"{self.path}: {error}") from error
                time.sleep(0.05)

    def receive(self):
        while True:
            answer, self.buffer = decode(self.buffer)
            if answer is not None:
                return answer
            try:
                more = self.sock.recv(65536)
            except socket.timeout as error:
                raise StubError("the guest does not get there") from error
            if not more:
                raise StubError("the guest ended")
            self.buffer += more

    def ask(self, text):
        self.sock.sendall(encode(text))
        return self.receive()

    def want(self, text, answer):
        got = self.ask(text)
        if got != answer:
            raise StubError(f"{text}: {got}")

    def resume(self, how):
        """Until it stops: after one instruction (s) or at a breakpoint (c)."""
        got = self.ask(how)
        if got[:3] != "T05" and got[:3] != "S05":
            raise StubError(f"stopped with {got}")
        return self.registers()

    def step(self):
        return self.resume("s")

    def go(self):
        return self.resume("c")

    def registers(self):
        """x0 to x30, sp, pc."""
        data = bytes.fromhex(self.ask("g")[:33 * 16])
        return struct.unpack("<33Q", data)

    def read(self, address, nr_bytes):
        data = b""
        while len(data) < nr_bytes:
            length = min(CHUNK, nr_bytes - len(data))
            got = self.ask(f"m{address + len(data):x},{length:x}")
            if len(got) != 2 * length:
                raise StubError(f"{address:#x}: cannot be read ({got[:20]})")
            data += bytes.fromhex(got)
        return data

    def set_break(self, address):
        self.want(f"Z1,{address:x},4", "OK")

    def clear_break(self, address):
        self.want(f"z1,{address:x},4", "OK")

    def pass_break(self, address):
        """On from a breakpoint that stays: it must not stop us again."""
        self.clear_break(address)
        registers = self.step()
        self.set_break(address)
        return registers

    def run_to(self, address):
        self.set_break(address)
        registers = self.go()
        self.clear_break(address)
        if registers[PC] != address:
            raise StubError(f"at {registers[PC]:#x}, not at {address:#x}")
        return registers

    def detach(self):
        """The guest goes on alone."""
        self.want("D", "OK")
        self.sock.close()
