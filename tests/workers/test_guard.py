"""What a job starts ends with it, wherever it went and however the job ended."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from auditkit.workers.worker import Limits
from tests.test_supervisor import is_gone
from tests.workers.test_engine import outcomes

pytestmark = pytest.mark.workers


def detached(note: pathlib.Path) -> None:
    """A process in a session of its own."""
    left = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    note.write_text(f"{left.pid}\n")


def daemon(note: pathlib.Path) -> None:
    """A process without a parent, that holds every descriptor of the worker."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            note.write_text(f"{os.getpid()}\n")
            time.sleep(1000)
        os._exit(0)
    os.wait()
    while not note.exists() or not note.read_text():
        time.sleep(0.01)


def tree(note: pathlib.Path) -> None:
    """A detached process that has one of its own, and ignores what it can."""
    script = (
        "import os, signal, sys, time\n"
        "for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT): signal.signal(number, signal.SIG_IGN)\n"
        "if os.fork() == 0: os.setsid(); open(sys.argv[1], 'w').write(f'{os.getppid()} {os.getpid()}\\n')\n"
        "time.sleep(1000)"
    )
    subprocess.Popen([sys.executable, "-c", script, str(note)], start_new_session=True)
    while not note.exists() or not note.read_text():
        time.sleep(0.01)


ENDS = {
    "answers": lambda: None,
    "leaves": lambda: os._exit(7),
    "is killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "is ended": lambda: time.sleep(1000),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("start", [detached, daemon, tree])
def test_no_process_of_a_job_outlives_it(start, end, tmp_path):
    descriptors = len(os.listdir("/proc/self/fd"))

    def work(tell, apart):
        start(tmp_path / str(os.getpid()))
        if end == "is ended":
            tell(1, 1, "all are there")
        ENDS[end]()
        return b"whole"

    def interrupt(job, done, total, what):
        if done:
            raise KeyboardInterrupt

    with contextlib.suppress(KeyboardInterrupt):
        ending = outcomes({"a": work}, watch=interrupt)["a"].ending
        assert (ending.answer == b"whole") == (end == "answers") and end != "is ended"
    processes = [int(process) for note in tmp_path.iterdir() for process in note.read_text().split()]
    assert processes and all(is_gone(process) for process in processes)
    assert len(os.listdir("/proc/self/fd")) == descriptors


def test_memory_of_all_that_a_job_starts_is_limited():
    fill = "import time\nheld = bytearray(b'1' * 400_000_000)\ntime.sleep(1000)"

    def start(tell, apart):
        subprocess.run([sys.executable, "-c", fill], start_new_session=True)
        return b""

    ending = outcomes({"a": start}, limits=Limits(memory=3e8))["a"].ending
    assert ending.cause == "memory" and "300 MB are allowed" in ending.how


def test_what_processes_of_a_job_share_with_the_caller_is_not_theirs():
    there = bytearray(b"1" * 400_000_000)

    def read(tell, apart):
        for _ in range(3):
            if os.fork() == 0:
                os._exit(0 if there.count(b"1") == len(there) else 1)
        return bytes([sum(os.wait()[1] for _ in range(3))])

    assert outcomes({"a": read}, limits=Limits(memory=3e8))["a"].ending.answer == b"\x00"


def test_an_answer_that_is_too_large_is_said_to_be(monkeypatch):
    monkeypatch.setattr("auditkit.workers.worker.LARGEST_ANSWER", 1_000_000)
    ended = outcomes({"a": lambda tell, apart: bytes(3_000_000), "b": lambda tell, apart: bytes(900_000)})
    assert ended["a"].ending.cause == "size" and ended["a"].died == "", "no second try"
    assert ended["a"].ending.how == "what it found takes 3 MB; at most 1 MB are taken"
    assert len(ended["b"].ending.answer) == 900_000


def test_a_worker_without_a_guard_works_too(monkeypatch):
    caller, forks = os.getpid(), os.fork

    def fork():
        if os.getpid() != caller:
            raise BlockingIOError("Resource temporarily unavailable")
        return forks()

    monkeypatch.setattr("auditkit.workers.guard.fork", fork)
    ended = outcomes({"a": lambda tell, apart: str(os.getppid()).encode(), "b": lambda tell, apart: os._exit(7)})
    assert int(ended["a"].ending.answer) == caller
    assert ended["b"].ending.how == "exit code 7"
