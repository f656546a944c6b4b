"""Progress on stderr: what is running, how far it is, how long is left."""

from __future__ import annotations

import sys
import time

from auditkit.text import one_line


class Silence:
    """Says nothing."""

    def __call__(self, check: str, done: int, total: int, what: str) -> None:
        """Take a report and drop it."""


class Lines:
    """A line when a check starts, and at most one every few seconds while it runs; on a terminal they overwrite."""

    def __init__(self, every: float = 5.0) -> None:
        self._every = every
        self._live = sys.stderr.isatty()
        self._check = ""
        self._began = self._said = time.monotonic()

    def __call__(self, check: str, done: int, total: int, what: str) -> None:
        """Report that `check` has done `done` of `total`."""
        now = time.monotonic()
        if what == "starts":
            self._check, self._began, self._said = check, now, now
            print(f"auditkit: {one_line(check)} ({done + 1} of {total})", file=sys.stderr, flush=True)
            return
        if now - self._said < (0.2 if self._live else self._every):
            return
        self._said = now
        left = (now - self._began) / done * (total - done) if done else None
        remaining = f", about {left:.0f} s left" if left is not None else ""
        sentence = f"auditkit: {one_line(check)}: {done} of {total} {one_line(what, 60)}{remaining}"
        print(
            f"\r\x1b[2K{sentence}" if self._live else sentence,
            end="" if self._live else "\n",
            file=sys.stderr,
            flush=True,
        )
        if self._live and done >= total:
            print(file=sys.stderr, flush=True)
