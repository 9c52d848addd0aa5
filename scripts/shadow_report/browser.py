# SPDX-License-Identifier: GPL-2.0-only
"""A headless Chromium, told what to do through its debugging pipe: for tests."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time


def find():
    return next((path for path in map(shutil.which, ("chromium", "chromium-browser"))
                 if path), None)


class Browser:
    """With a page: its errors are in .errors, what it says in .said."""

    def __init__(self, width=1280, height=900, dark=False):
        self.dir = tempfile.mkdtemp(prefix="shadow-report-browser.")
        self.errors, self.asked, self.number, self.buffer = [], [], 0, b""
        to_read, self.to = os.pipe()
        self.frm, to_write = os.pipe()

        def descriptors():
            # Both may be 3 or 4 themselves
            first, second = os.dup(to_read), os.dup(to_write)
            os.dup2(first, 3)
            os.dup2(second, 4)

        words = [find(), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
                 "--disable-background-networking", "--disable-extensions",
                 "--remote-debugging-pipe", f"--user-data-dir={self.dir}/profile",
                 f"--window-size={width},{height}", "about:blank"]
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        close_fds=False, preexec_fn=descriptors)
        os.close(to_read)
        os.close(to_write)
        self.session = None
        target = next(one for one in self.wait_for(
            lambda: self.call("Target.getTargets")["targetInfos"]) if one["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"],
                                 flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.size(width, height)
        if dark:
            self.call("Emulation.setEmulatedMedia", features=[
                {"name": "prefers-color-scheme", "value": "dark"}])

    def wait_for(self, ask, seconds=30):
        end = time.monotonic() + seconds
        while True:
            found = ask()
            if found or time.monotonic() > end:
                return found
            time.sleep(0.05)

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 600)

    def receive(self, seconds):
        """The next message."""
        while b"\0" not in self.buffer:
            if not select.select([self.frm], [], [], seconds)[0]:
                raise TimeoutError("the browser says nothing")
            more = os.read(self.frm, 1 << 20)
            if not more:
                raise RuntimeError("the browser is gone")
            self.buffer += more
        text, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(text)

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        while True:
            got = self.receive(90)
            if got.get("id") == self.number:
                if "error" in got:
                    raise RuntimeError(f"{method}: {got['error']['message']}")
                return got["result"]
            self.note(got)

    def note(self, got):
        params = got.get("params", {})
        if got.get("method") == "Runtime.exceptionThrown":
            self.errors.append(params["exceptionDetails"].get("exception", {}).get(
                "description", params["exceptionDetails"]["text"]))
        elif got.get("method") == "Runtime.consoleAPICalled" and \
                params["type"] in ("error", "warning", "assert"):
            self.errors.append(str([one.get("value") for one in params["args"]]))
        elif got.get("method") == "Log.entryAdded":
            self.errors.append(params["entry"]["text"])
        elif got.get("method") == "Network.requestWillBeSent":
            self.asked.append(params["request"]["url"])

    def open(self, path):
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        self.wait_for(lambda: self.eval("document.readyState") == "complete")

    def eval(self, words):
        """What an expression is, promises awaited."""
        got = self.call("Runtime.evaluate", expression=words, returnByValue=True,
                        awaitPromise=True)
        if "exceptionDetails" in got:
            raise RuntimeError(got["exceptionDetails"].get("exception", {}).get(
                "description", "exception"))
        return got["result"].get("value")

    def frame(self):
        """After what was asked for has been drawn."""
        self.eval("new Promise((done) => requestAnimationFrame(() =>"
                  " requestAnimationFrame(() => done(1))))")

    def key(self, key, code=None):
        for kind in ("keyDown", "keyUp"):
            params = {"type": kind, "key": key, "code": code or key}
            if len(key) == 1:
                params["text"] = key
            self.call("Input.dispatchKeyEvent", **params)
        self.frame()

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)
        self.frame()

    def screenshot(self, path, whole=False):
        got = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(got["data"]))

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
            self.process.wait(10)
        except (RuntimeError, TimeoutError, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.to)
        os.close(self.frm)
        shutil.rmtree(self.dir, ignore_errors=True)
