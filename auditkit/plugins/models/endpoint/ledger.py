"""What a server answered, how often it was asked, and when it may be asked next: one ledger for all processes.

Checks run in processes of their own, so all of this lies in files under locks of the system, which end with the process
that holds them. Answers lie under a keyed digest of their request, with a code under the user's secret: whoever can
write to the folder can make up none, and whoever reads it cannot guess whose answer one is. Words of a server may give
people away, and are encrypted.
"""

import contextlib
import hashlib
import hmac
import json
import os
import pathlib
import secrets
import shutil
import struct
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator
from typing import Any, Final

from auditkit.errors import EvidenceError, ModelError
from auditkit.io import strict_json
from auditkit.io.authenticity import user_secret
from auditkit.plugins.models.endpoint.seal import Seal
from auditkit.results import canonical

_COUNTED: Final = ("requests", "retries", "rows", "taken_up", "tokens", "counted", "unparsed", "next")
_COUNTS: Final = struct.Struct(f"{len(_COUNTED)}d")
_JOURNAL, _NUMBERS, _PLACES = 1000, 1001, 1002
"""Bytes of the file of counts that are locked: for the journal, for the counts, and the first of the places."""
_files: dict[pathlib.Path, int] = {}
"""{folder of a ledger: the descriptor of its counts in this process}."""
_threads: dict[tuple[pathlib.Path, int], threading.Lock] = {}
"""{(folder, byte): what keeps threads of this process apart}, for locks of the system are those of a process."""
_first = threading.Lock()


class Ledger:
    """The ledger of one model; POSIX alone has locks that it needs.

    Args:
        folder: where answers are kept; None: for as long as the ledger is there.
        name: of the file in it.

    Raises:
        ModelError: this is Windows.
    """

    def __init__(self, folder: pathlib.Path | None, name: str) -> None:
        if os.name == "nt":
            raise ModelError("a model behind HTTP is asked on Linux and macOS alone: Windows lacks the locks of POSIX")
        self._own = pathlib.Path(tempfile.mkdtemp(prefix="auditkit-"))
        (self._own / "counts").write_bytes(_COUNTS.pack(*map(float, [0] * len(_COUNTED))))
        weakref.finalize(self, _remove, self._own, os.getpid())
        # without a secret of the user nothing that lies in a folder can be believed later, and so nothing is kept
        self._secret = user_secret() or secrets.token_bytes(32)
        self._journal = (folder or self._own) / f"{name}.jsonl"
        self._seal = Seal(self._secret)
        self._kept: dict[str, dict[str, Any]] = {}
        self._read = 0

    def key(self, *facts: Any) -> str:
        """The keyed digest (HMAC-SHA-256) under which the answer to a request lies."""
        return hmac.new(self._secret, canonical(facts), hashlib.sha256).hexdigest()

    def kept(self, key: str) -> dict[str, Any] | None:
        """The answer that was kept under this digest; None where none was."""
        if key not in self._kept:
            with self._locked(_JOURNAL):
                self._read_on()
        answer = self._kept.get(key)
        return None if answer is None else self._seal.opened(key, answer)

    def keep(self, key: str, answer: dict[str, Any]) -> None:
        """Keep an answer, its words sealed; others see it at once."""
        answer = self._seal.closed(key, answer)
        line = json.dumps({"key": key, "answer": answer, "code": self._code(key, answer)}).encode() + b"\n"
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
        self._journal.parent.mkdir(mode=0o700, exist_ok=True)
        with self._locked(_JOURNAL), open(os.open(self._journal, flags, 0o600), "ab") as file:
            # after a line that a killed process left torn
            file.write(b"\n" + line)

    @contextlib.contextmanager
    def turn(self, key: str, at_once: int) -> Iterator[None]:
        """Wait for one of `at_once` places, the same for the same request, so that nobody asks it beside another."""
        with self._locked(_PLACES + int(key[:8], 16) % at_once):
            yield

    def admit(self, per_second: float | None, most: int | None, **numbers: int) -> float | None:
        """Count one request; how many seconds it must wait. None: `most` have been sent, and this one may not be.

        Args:
            per_second: how many requests there may be.
            most: that there may be in all.
            numbers: what else is counted with it.
        """
        with self._counts() as counts:
            if most is not None and counts["requests"] >= most:
                return None
            for name, number in {"requests": 1, **numbers}.items():
                counts[name] += number
            now = time.monotonic()  # one clock for all processes of a machine
            start = max(now, counts["next"])
            if per_second is not None:
                counts["next"] = start + 1 / per_second
            return float(start - now)

    def count(self, **numbers: int) -> None:
        """Add to what is counted."""
        with self._counts() as counts:
            for name, number in numbers.items():
                counts[name] += number

    def counts(self) -> dict[str, float]:
        """{what: how many} since the ledger was made: requests, retries, rows, taken_up, tokens, unparsed."""
        with self._counts() as counts:
            return dict(counts)

    def _read_on(self) -> None:
        """Read what was added; a line that is torn, or that another wrote, is none."""
        try:
            if os.stat(self._journal, follow_symlinks=False).st_size == self._read:
                return
            flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)
            with open(os.open(self._journal, flags), "rb") as file:
                file.seek(self._read)
                content = file.read()
        except OSError:
            return
        self._read += len(content)
        for line in filter(None, content.split(b"\n")):
            with contextlib.suppress(EvidenceError, LookupError, TypeError):
                entry = strict_json.loads(line, "a kept answer")
                key, answer = entry["key"], entry["answer"]
                if hmac.compare_digest(self._code(key, answer).encode(), str(entry["code"]).encode()):
                    self._kept[key] = answer

    def _code(self, key: str, answer: dict[str, Any]) -> str:
        return hmac.new(self._secret, b"kept" + canonical([key, answer]), hashlib.sha256).hexdigest()

    @contextlib.contextmanager
    def _counts(self) -> Iterator[dict[str, float]]:
        with self._locked(_NUMBERS) as descriptor:
            counts = dict(zip(_COUNTED, _COUNTS.unpack(os.pread(descriptor, _COUNTS.size, 0)), strict=True))
            yield counts
            os.pwrite(descriptor, _COUNTS.pack(*counts.values()), 0)

    @contextlib.contextmanager
    def _locked(self, byte: int) -> Iterator[int]:
        """Alone among all processes and threads, by one byte of the file of counts, whose descriptor is given."""
        import fcntl  # POSIX alone has it

        with _first:
            alone = _threads.setdefault((self._own, byte), threading.Lock())
            if self._own not in _files:
                _files[self._own] = os.open(self._own / "counts", os.O_RDWR)
        descriptor = _files[self._own]
        with alone:
            fcntl.lockf(descriptor, fcntl.LOCK_EX, 1, byte)
            try:
                yield descriptor
            finally:
                fcntl.lockf(descriptor, fcntl.LOCK_UN, 1, byte)


def _remove(folder: pathlib.Path, owner: int) -> None:
    with contextlib.suppress(OSError, KeyError):
        os.close(_files.pop(folder))
    if os.getpid() == owner:  # a fork has the same ledger, and leaves it
        shutil.rmtree(folder, ignore_errors=True)
