"""Progress on stderr: what is running, how far it is, how long is left."""

import contextlib
import sys
import time

from auditkit.text import one_line


def silence(check: str, done: int, total: int, step: str) -> None:
    """Take a report and say nothing."""


class Lines:
    """A line when a check starts, and at most one every few seconds while it runs; on a terminal they overwrite."""

    def __init__(self, interval: float = 5.0) -> None:
        self._interval = interval
        self._stream = sys.stderr  # as it is now: while a model or plugin runs, it is led to run.log
        self._live = self._stream.isatty()
        self._check = ""
        self._began = self._reported = time.monotonic()

    def __call__(self, check: str, done: int, total: int, step: str) -> None:
        """Report that `check` has done `done` of `total`."""
        now = time.monotonic()
        if step == "starts":
            self._check, self._began, self._reported = check, now, now
            self._say(f"auditkit: {one_line(check)} ({done + 1} of {total})\n")
            return
        # a log of a pipeline keeps every line, so there they are rarer
        if now - self._reported < (0.2 if self._live else self._interval):
            return
        self._reported = now
        # as if every step took the same time: rough, but a check knows no better
        seconds_left = (now - self._began) / done * (total - done) if done else None
        remaining = f", about {seconds_left:.0f} s left" if seconds_left is not None else ""
        sentence = f"auditkit: {one_line(check)}: {done} of {total} {one_line(step, 60)}{remaining}"
        self._say(f"\r\x1b[2K{sentence}" if self._live else f"{sentence}\n")
        if self._live and done >= total:
            self._say("\n")

    def _say(self, text: str) -> None:
        # a terminal that is gone, as after a hang-up that is ignored, needs no progress
        with contextlib.suppress(OSError):
            print(text, end="", file=self._stream, flush=True)
