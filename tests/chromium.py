"""A headless Chromium for the tests that look at pages, spoken to over a pipe; no package needed.

`dom(path, width, height, script)` loads a file and gives its markup, or what `script` evaluates to; `screenshot(...)`
writes a PNG; `visit(...)` gives everything that was seen. The script runs from outside, so the page's own policy does
not stop it and the file stays as it was. `@needs_chromium` skips a test where there is no Chromium, except under CI,
where that is a failure.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import fcntl
import functools
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-extensions", "--hide-scrollbars",
    "--no-startup-window", "--remote-debugging-pipe",
)  # fmt: skip
SECONDS = 30.0
START = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execv(sys.argv[3], sys.argv[3:])"
)
"""The browser reads from descriptor 3 and writes to 4."""


class Seen(NamedTuple):
    """What a visit to a page showed."""

    value: Any
    """What the script evaluated to; the markup where there was none."""
    title: str
    requests: list[str]
    """Addresses that were asked for, but for the page itself and data: addresses."""
    console: list[str]
    """Errors and messages of the page."""
    dialogs: list[str]
    """Texts of alert and its kin."""


class Chromium:
    """One running browser."""

    def __init__(self, program: str) -> None:
        self._home = tempfile.mkdtemp(prefix="chromium-")
        to_read, self._to = os.pipe()
        self._from, to_write = os.pipe()
        # numbers above those that the pipes must have in the browser, so that neither is trodden on
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (to_read, to_write)]
        arguments = [*map(str, ends), program, *FLAGS, f"--user-data-dir={self._home}"]
        self._process = subprocess.Popen(
            [sys.executable, "-c", START, *arguments],
            pass_fds=ends,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in (to_read, to_write, *ends):
            os.close(end)
        self._number = 0
        self._rest = b""
        self.events: list[dict[str, Any]] = []

    def send(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Ask for something and wait for the answer; what happens meanwhile is kept in `events`."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + SECONDS
        while True:
            reply = self._next_message(end)
            if reply.get("id") == self._number:
                if "error" in reply:
                    raise RuntimeError(f"{method}: {reply['error']}")
                return dict(reply["result"])
            self._keep(reply)

    def wait(self, method: str, session: str) -> None:
        """Wait until an event has come."""
        end = time.monotonic() + SECONDS
        while not any(event["method"] == method and event.get("sessionId") == session for event in self.events):
            self._keep(self._next_message(end))

    def close(self) -> None:
        """End the browser and remove what it wrote."""
        with contextlib.suppress(OSError, RuntimeError, TimeoutError):
            self.send("Browser.close")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._to)
        os.close(self._from)
        shutil.rmtree(self._home, ignore_errors=True)

    def _keep(self, event: dict[str, Any]) -> None:
        if "method" not in event:
            return  # the answer to a dialog's answer
        self.events.append(event)
        if event.get("method") == "Page.javascriptDialogOpening":  # unanswered, it would stop the page
            answer = {"id": 0, "method": "Page.handleJavaScriptDialog", "params": {"accept": True}}
            os.write(self._to, json.dumps(answer | {"sessionId": event["sessionId"]}).encode() + b"\0")

    def _next_message(self, end: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._from], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError(f"Chromium said nothing for {SECONDS:.0f} seconds")
            piece = os.read(self._from, 1 << 20)
            if not piece:
                raise RuntimeError("Chromium went away")
            self._rest += piece
        message, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(message))


def find() -> str | None:
    """Where Chromium is; None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def needs_chromium(test: Callable[..., Any]) -> Callable[..., Any]:
    """Skip a test where there is no Chromium; under CI it runs, and fails."""
    absent = find() is None and not os.environ.get("CI")
    return pytest.mark.skipif(absent, reason="no Chromium on this machine")(test)


def dom(path: str | os.PathLike[str], width: int = 1280, height: int = 800, script: str | None = None) -> Any:
    """The markup of a page as the browser has it, or what `script` (an expression) evaluates to there."""
    return visit(path, width, height, script).value


def visit(
    path: str | os.PathLike[str],
    width: int = 1280,
    height: int = 800,
    script: str | None = None,
    *,
    dark: bool = False,
    media: str = "",
    shot: str | os.PathLike[str] | None = None,
    full: bool = False,
) -> Seen:
    """Load a file in a window of `width` by `height` CSS pixels and say what was seen.

    Args:
        path: an HTML file.
        width: of the window, which may be narrower than a desktop's.
        height: of the window.
        script: an expression; its value must be JSON. None: the markup of the page.
        dark: whether the reader prefers dark pages.
        media: `print`, or empty for the screen.
        shot: where to write a picture of the window.
        full: whether the picture is of the whole page.
    """
    browser = _browser()
    target = browser.send("Target.createTarget", url="about:blank")["targetId"]
    session = browser.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    browser.events.clear()
    for domain in ("Page", "Runtime", "Network", "Log"):
        browser.send(f"{domain}.enable", session)
    mobile = width < 700
    browser.send(
        "Emulation.setDeviceMetricsOverride", session, width=width, height=height, deviceScaleFactor=1, mobile=mobile
    )
    features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.send("Emulation.setEmulatedMedia", session, media=media, features=features)
    address = pathlib.Path(path).resolve().as_uri()
    browser.send("Page.navigate", session, url=address)
    browser.wait("Page.loadEventFired", session)
    value = _evaluate(browser, session, script or "document.documentElement.outerHTML")
    title = _evaluate(browser, session, "document.title")
    if shot is not None:
        png = browser.send(
            "Page.captureScreenshot", session, format="png", captureBeyondViewport=full, **_clip(full, browser, session)
        )
        pathlib.Path(shot).write_bytes(base64.b64decode(png["data"]))
    observed = _observed(browser.events, address)
    browser.send("Target.closeTarget", targetId=target)
    return Seen(value, title, *observed)


def screenshot(
    path: str | os.PathLike[str],
    out: str | os.PathLike[str],
    width: int = 1280,
    height: int = 800,
    *,
    dark: bool = False,
    full: bool = False,
) -> None:
    """Write a PNG of a page."""
    visit(path, width, height, "true", dark=dark, shot=out, full=full)


@functools.lru_cache(maxsize=1)
def _browser() -> Chromium:
    program = find()
    assert program, "no Chromium was found: install it (apt-get install chromium), or unset CI to skip these tests"
    browser = Chromium(program)
    atexit.register(browser.close)
    return browser


def _evaluate(browser: Chromium, session: str, script: str) -> Any:
    answer = browser.send("Runtime.evaluate", session, expression=script, returnByValue=True, awaitPromise=True)
    if "exceptionDetails" in answer:
        raise RuntimeError(f"the script failed: {answer['exceptionDetails']}")
    return answer["result"].get("value")


def _clip(full: bool, browser: Chromium, session: str) -> dict[str, Any]:
    if not full:
        return {}
    size = browser.send("Page.getLayoutMetrics", session)["cssContentSize"]
    return {"clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}}


def _observed(events: list[dict[str, Any]], address: str) -> tuple[list[str], list[str], list[str]]:
    requests, console, dialogs = [], [], []
    for event in events:
        about = event.get("params", {})
        if event["method"] == "Network.requestWillBeSent":
            url = about["request"]["url"]
            if url.partition("#")[0] != address and not url.startswith("data:"):
                requests.append(url)
        elif event["method"] == "Runtime.consoleAPICalled":
            console.append(json.dumps(about["args"]))
        elif event["method"] == "Log.entryAdded":
            console.append(about["entry"]["text"])
        elif event["method"] == "Runtime.exceptionThrown":
            console.append(json.dumps(about["exceptionDetails"]))
        elif event["method"] == "Page.javascriptDialogOpening":
            dialogs.append(about["message"])
    return requests, console, dialogs
