"""One fresh process that does jobs, from its start to its end, as seen from who started it."""

import contextlib
import errno
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any, BinaryIO, Final, cast

from auditkit.descendants import descendants, send_all_below
from auditkit.supervisor import import_path, in_words
from auditkit.workers.engine import Job
from auditkit.workers.leftovers import remove_leftovers
from auditkit.workers.library_settings import settings_here
from auditkit.workers.parcel import Parcel
from auditkit.workers.server import messages, send
from auditkit.workers.usage import resident

# the caller's import path, for a folder more or less on it could bring in other code
_PROGRAM: Final = (
    "import json, sys; settings = json.loads(sys.argv.pop()); sys.path[:] = settings['path']; "
    "from auditkit.workers.server import serve; serve(settings)"
)
SECONDS_TO_END: Final = 5
"""That it has to end its workers and itself."""

Message = tuple["ServerProcess", dict[str, Any], bytes]


class ServerProcess:
    """A process that runs `auditkit.workers.server`.

    Args:
        settings: of the engine.
        parcel: what it works with.
        memory: a descriptor of memory that holds the parcel; None: it is sent.
        inbox: where its messages go; the last one is that it `ended`, and how.
        descriptors: of files that it may use.
    """

    def __init__(
        self,
        settings: dict[str, Any],
        parcel: Parcel,
        memory: int | None,
        inbox: "queue.SimpleQueue[Message]",
        descriptors: Sequence[int] = (),
    ) -> None:
        self.forks: bool | None = None
        """Whether it forks for every job; None: it has not begun."""
        self.jobs: dict[Job, str] = {}
        """{what it does: how a process that did it before ended}."""
        self.begun: set[Job] = set()
        self.failed = ""
        """What it said of why it cannot begin."""
        self.began = time.monotonic()
        """When it was given its last jobs."""
        self._inbox, self._stopped = inbox, False
        everything = {
            **settings, "path": import_path(), "parent": os.getpid(), "memory": memory, "sizes": parcel.sizes,
            "libraries": settings_here(),
        }  # fmt: skip
        if getattr(sys, "frozen", False) or not sys.executable:
            raise FileNotFoundError(errno.ENOENT, "this program has no interpreter beside it")
        flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
        # a group of its own: an interrupt of the terminal reaches the caller alone
        apart: dict[str, Any] = (
            {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}  # type: ignore[attr-defined,unused-ignore]
            if sys.platform == "win32"
            else {"start_new_session": True, "pass_fds": descriptors if memory is None else (memory, *descriptors)}
        )
        self._process = subprocess.Popen(
            [sys.executable, *flags, "-c", _PROGRAM, json.dumps(everything)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, **apart,
        )  # fmt: skip
        self._to = cast(BinaryIO, self._process.stdin)
        self._from = cast(BinaryIO, self._process.stdout)
        self._reader = threading.Thread(target=self._read, name="auditkit: messages", daemon=True)
        self._reader.start()
        if memory is None:
            with contextlib.suppress(OSError):  # it is gone, which its reader says
                parcel.write(self._to)

    @property
    def free(self) -> bool:
        """Whether it waits for jobs."""
        return self.forks is not None and not self.jobs

    def give(self, jobs: dict[Job, str]) -> None:
        """Have it do jobs, none of which it has done before.

        Args:
            jobs: {job: how a process that did it before ended}.
        """
        if not jobs:
            return
        self.jobs, self.began = dict(jobs), time.monotonic()
        self._before = self._resident()
        with contextlib.suppress(OSError):
            send(self._to, jobs=[[*job] for job in jobs])

    def reply(self, content: bytes) -> None:
        """Answer what it asked."""
        with contextlib.suppress(OSError):
            send(self._to, content)

    def held(self) -> int:
        """Bytes of memory that it and all below it took since it got its last jobs; 0 where that is not known."""
        return self._resident() - self._before

    def _resident(self) -> int:
        return sum(map(resident, (self._process.pid, *descendants(self._process.pid))))

    def end(self) -> None:
        """Have it end at once; that it ended comes as its last message."""
        self._process.kill()

    def stop(self) -> None:
        """End it, with all that it started."""
        self._stopped = True
        if self.forks is False and sys.platform == "linux":  # else each worker has a guard
            send_all_below(self._process.pid, signal.SIGKILL)
        self._process.terminate()
        try:
            self._process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
        if sys.platform != "win32":
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, 9)
        self._process.wait()
        self._reader.join()
        for stream in (self._to, self._from):
            with contextlib.suppress(OSError):
                stream.close()
        remove_leftovers(self._process.pid)

    def _read(self) -> None:
        with contextlib.suppress(ValueError, LookupError, TypeError, OSError):
            # what is no message comes from code that it runs; then nothing more can be heard of it
            for message, content in messages(self._from):
                self._inbox.put((self, message, content))
        self._process.kill()
        how = in_words(self._process.wait())
        if not self._stopped:
            self._inbox.put((self, {"ended": how}, b""))
