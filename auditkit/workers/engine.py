"""The engine: jobs are sent to it, and their answers come back as they end."""

import contextlib
import functools
import select
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from auditkit.text import one_line
from auditkit.workers.fork import refusal
from auditkit.workers.worker import Ending, Limits, Tell, Worker


class Job(NamedTuple):
    """What is to be done, in words that any process understands."""

    model: str
    check: str


class Outcome(NamedTuple):
    """What became of a job."""

    job: Job
    ending: Ending
    seconds: float
    died: str = ""
    """How a first worker ended, after which the job was done again; empty where none did."""
    here: str = ""
    """Why the job was done in this process; empty where it was done in one of its own."""


def cannot_fork() -> str:
    """Why no job can be done in a fork of this process as it is now, in a few words; empty where one can."""
    why = refusal()
    if why:
        return why
    try:
        worker = Worker(lambda tell: b"", Limits())  # some threads are known only once libraries could end theirs
    except OSError as error:
        return not_started(error)
    worker.stop()
    return worker.refused


def not_started(error: OSError) -> str:
    """Why a job has no process of its own, where the system gives none."""
    return f"no process could be started ({one_line(error, 100)})"


Work = Callable[[Job, Tell, bool], bytes]
"""Called with the job, with whom to tell how far it is, and whether it runs in a process of its own."""
Watch = Callable[[Job, int | None, int, str], None]
"""Called with (job, done, total, what); `done` is None where the job starts."""


class Engine:
    """Does each job in a worker of its own, some at once, and here where that cannot be.

    Another engine has the same four methods, and needs to know no more of a job than its record.

    Args:
        at_once: how many workers.
        limits: of each job.
        watch: is told how far jobs are.
    """

    POLL = 0.05
    """Seconds between two looks at the limits of a worker."""

    def __init__(self, at_once: int, limits: Limits, watch: Watch) -> None:
        self._at_once, self._limits, self._watch = at_once, limits, watch
        self._room = at_once
        """How many workers may run, as far as is known."""
        self._waiting: deque[tuple[Job, str, str]] = deque()
        self._running: dict[Worker, tuple[Job, str, float]] = {}
        self._ended: deque[Outcome] = deque()

    def start(self, work: Work) -> None:
        """Make ready for jobs, which are done by this function."""
        self._work = work

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
            while not self._ended and (place := self._turn()) is not None:
                self._begin(place)
            if self._running:
                self._look()
            elif not self._ended:
                return None
        return self._ended.popleft()

    def stop(self) -> None:
        """End whatever still runs; an interrupt meanwhile leaves none of it running."""
        with contextlib.ExitStack() as stopped:
            for worker in self._running:
                stopped.callback(worker.stop)
        self._running.clear()
        self._waiting.clear()

    def _turn(self) -> int | None:
        """The place, among the jobs that wait, of the one whose turn it is; None where nobody's.

        What must be done here waits until no worker runs, for meanwhile nobody would look at the limits of workers.
        """
        if len(self._running) >= self._room:
            return None
        return next((place for place, (_, here, _) in enumerate(self._waiting) if not (here and self._running)), None)

    def _begin(self, place: int) -> None:
        began = time.monotonic()
        job, here, died = self._waiting[place]
        here = here or refusal() or self._begin_worker(job, died, began)
        if here and self._running:
            self._room = len(self._running)  # until one of them ends
            return
        del self._waiting[place]
        self._watch(job, None, 0, "")
        if not here:
            return
        if died:  # what ended one process would end this one
            self._ended.append(Outcome(job, Ending(None, died, "died"), time.monotonic() - began, died))
            return
        answer = self._work(job, functools.partial(self._watch, job), False)
        self._ended.append(Outcome(job, Ending(answer), time.monotonic() - began, died, here))

    def _begin_worker(self, job: Job, died: str, began: float) -> str:
        """Have a worker begin; why that cannot be, or nothing."""
        try:
            worker = Worker(lambda tell: self._work(job, tell, True), self._limits, self._running)
        except OSError as error:
            return not_started(error)
        if worker.refused:
            worker.stop()
        else:
            self._running[worker] = job, died, began
        return worker.refused

    def _look(self) -> None:
        """Wait a little for the workers, and hear them."""
        poll = select.poll()
        for worker in self._running:
            poll.register(worker.messages, select.POLLIN)
        if any(event & select.POLLHUP for _, event in poll.poll(self.POLL * 1000)):
            time.sleep(self.POLL / 50)  # it closed the pipe, and is about to end
        for worker, (job, died, began) in list(self._running.items()):
            for step in worker.progress():
                self._watch(job, *step)
            ending = worker.ending()
            if ending is None:
                continue
            del self._running[worker]
            self._room = self._at_once
            if ending.cause == "died" and not died:
                # once more, for what ended it may have come from outside; before the others, whose turn comes later
                self._waiting.appendleft((job, "", ending.how))
            else:
                self._ended.append(Outcome(job, ending, time.monotonic() - began, died))
