"""The engine for a process that cannot be forked: its jobs are done by fresh processes, which are used again."""

import contextlib
import functools
import os
import queue
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from auditkit.workers.engine import Job, Outcome, Watch, Work, not_started
from auditkit.workers.parcel import Parcel
from auditkit.workers.server_process import Message, ServerProcess
from auditkit.workers.worker import Ending, Limits, overrun

Answer = Callable[[Mapping[str, Any], bytes], bytes]
"""Called with a question and the bytes that go along; gives bytes."""


class SpawnEngine:
    """As `Engine`, in processes that are started anew: for systems without fork, programs with threads, accelerators.

    Where a fresh process can be forked there is one, which forks for every job. Else each does one job after another;
    what a job changes there is left to the next, so the work must look for that.

    Args:
        at_once: how many jobs.
        limits: of each job.
        watch: is told how far jobs are.
        threads: that libraries may use in each process; None: their own number.
        forks: whether a fresh process may be forked.
        descriptors: of files that the processes may use.
    """

    POLL: Final = 0.05
    """Seconds between two looks at the limits of a job."""

    def __init__(
        self,
        at_once: int,
        limits: Limits,
        watch: Watch,
        threads: int | None = None,
        forks: bool = True,
        descriptors: Sequence[int] = (),
    ) -> None:
        self._at_once, self._limits, self._watch = at_once, limits, watch
        self._settings = {"at_once": at_once, "limits": [*limits], "threads": threads, "forks": forks}
        self._descriptors = descriptors
        self._waiting: deque[tuple[Job, str, str]] = deque()
        self._ended: deque[Outcome] = deque()
        self._servers: list[ServerProcess] = []
        self._inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._memory: int | None = None
        self._refused = ""
        """Why no other process can do the jobs."""

    def start(self, work: Work, parcel: Parcel, answer: Answer) -> None:
        """Make ready for jobs, which are done by this function.

        Args:
            work: what does a job in this process.
            parcel: what does it in another, packed.
            answer: what answers here the questions that jobs ask from there.
        """
        self._work, self._parcel, self._answer = work, parcel, answer
        self._memory = parcel.in_memory()

    def send(self, job: Job, here: str = "") -> None:
        """Have a job done.

        Args:
            job: what is to be done.
            here: why it must be done in this process.
        """
        self._waiting.append((job, here, ""))

    def result(self) -> Outcome | None:
        """The next job that ended; None where none is left."""
        while not self._ended:
            self._give_out()
            if not (self._ended or self._waiting or self._at_work()):
                return None
            if self._at_work() and not self._ended:
                self._look()
        return self._ended.popleft()

    def stop(self) -> None:
        """End whatever still runs."""
        for server in self._servers:
            server.stop()
        self._servers.clear()
        self._waiting.clear()
        if self._memory is not None:
            os.close(self._memory)
            self._memory = None

    def _at_work(self) -> bool:
        return any(server.jobs or server.forks is None for server in self._servers)

    def _give_out(self) -> None:
        """Give jobs to processes that are free, begin further ones, and do here what must be, once no other runs."""
        apart = deque(one for one in self._waiting if not (one[1] or self._refused))
        for server in self._servers:
            given = [apart.popleft() for _ in range(len(apart) if server.forks else min(len(apart), 1)) if server.free]
            for one in given:
                self._waiting.remove(one)
            server.give({job: died for job, _, died in given})
        if apart and not self._starts() and len(self._servers) < self._most():
            self._begin()
        elif self._waiting and not apart and not self._at_work():
            self._do_here(*self._waiting.popleft())

    def _begin(self) -> None:
        try:
            self._servers.append(
                ServerProcess(self._settings, self._parcel, self._memory, self._inbox, self._descriptors)
            )
        except OSError as error:
            if not self._servers:  # else those that are there do the jobs
                self._refused = not_started(error)

    def _starts(self) -> bool:
        return any(server.forks is None for server in self._servers)

    def _most(self) -> int:
        return 1 if any(server.forks for server in self._servers) else self._at_once

    def _do_here(self, job: Job, here: str, died: str) -> None:
        began = time.monotonic()
        self._watch(job, None, 0, "")
        if died:  # what ended another process would end this one
            self._ended.append(Outcome(job, Ending(None, died, "died"), 0, died))
            return
        answer = self._work(job, functools.partial(self._watch, job), False)
        self._ended.append(Outcome(job, Ending(answer), time.monotonic() - began, "", here or self._refused))

    def _look(self) -> None:
        """Wait a little for messages, then see who takes more than allowed."""
        with contextlib.suppress(queue.Empty):
            server, message, content = self._inbox.get(timeout=self.POLL)
            try:
                self._take(server, message, content)
            except (LookupError, TypeError, ValueError):  # code that it runs wrote there
                server.end()
        for server in list(self._servers):
            if server.forks is False and server.jobs:  # one that forks sees to its own
                ending = overrun(self._limits, server.began, server.held())
                if ending is not None:
                    [(job, died)] = server.jobs.items()
                    self._ended.append(Outcome(job, ending, time.monotonic() - server.began, died))
                    self._servers.remove(server)
                    server.stop()

    def _take(self, server: ServerProcess, message: dict[str, Any], content: bytes) -> None:
        """Hear what a process says."""
        if "step" in message:
            self._watch(Job(*message["step"]), message["done"], message["total"], message["what"])
            server.begun.add(Job(*message["step"]))
        elif "outcome" in message:
            job = Job(*message["outcome"])
            ending = Ending(content if message["answered"] else None, message["how"], message["cause"])
            died = server.jobs.pop(job) or message["died"]
            self._ended.append(Outcome(job, ending, message["seconds"], died))
        elif "ask" in message:
            server.reply(self._answer(message["ask"], content))
        elif "forks" in message:
            server.forks = message["forks"]
        elif "ended" in message:
            self._gone(server, message["ended"])
        else:
            server.failed = message["failed"]

    def _gone(self, server: ServerProcess, how: str) -> None:
        """What becomes of the jobs of a process that ended by itself."""
        self._servers.remove(server)
        if server.forks is None:
            self._refused = f"no other process could take it ({server.failed or how})"
        for job, died in reversed(server.jobs.items()):
            if died:
                self._ended.append(Outcome(job, Ending(None, how, "died"), time.monotonic() - server.began, died))
            else:  # once more, for what ended it may have come from outside
                self._waiting.appendleft((job, "", how if job in server.begun else ""))
        server.stop()
