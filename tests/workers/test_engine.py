"""The engine: every job comes back, whatever becomes of its process."""

from __future__ import annotations

import contextlib
import io
import os
import pathlib
import signal
import socket
import stat
import sys
import threading
import time

import numpy as np
import pytest

from auditkit.workers.engine import Engine, Job
from auditkit.workers.worker import GRACE, Limits

UNLIMITED = Limits()
pytestmark = pytest.mark.workers


def outcomes(jobs, at_once=1, limits=UNLIMITED, here="", watch=lambda *message: None):
    """{name: outcome} of functions that are called with (tell, apart)."""
    engine = Engine(at_once, limits, watch)
    engine.start(lambda job, tell, apart: jobs[job.check](tell, apart))
    try:
        for name in jobs:
            engine.send(Job("model", name), here)
        ended = {}
        while (outcome := engine.result()) is not None:
            ended[outcome.job.check] = outcome
        return ended
    finally:
        engine.stop()


def children() -> set[str]:
    """The processes that this one started and that have not gone, ended ones that nobody asked for included."""
    lists = pathlib.Path("/proc/self/task").glob("*/children")
    return {process for listed in lists for process in listed.read_text().split()}


def process_of(tell, apart) -> bytes:
    return str(os.getpid()).encode()


@pytest.mark.parametrize("at_once", [1, 3])
def test_every_job_has_a_process_of_its_own(at_once):
    ended = outcomes(dict.fromkeys("abcd", process_of), at_once)
    processes = [int(outcome.ending.answer) for outcome in ended.values()]
    assert len({*processes, os.getpid()}) == 5
    assert all(outcome.here == "" and outcome.died == "" for outcome in ended.values())
    with pytest.raises(ProcessLookupError):
        os.kill(processes[0], 0)


def test_a_job_that_must_stay_is_done_here():
    outcome = outcomes({"a": process_of}, here='isolate = "none"')["a"]
    assert int(outcome.ending.answer) == os.getpid() and outcome.here == 'isolate = "none"'


def test_what_a_job_changes_is_changed_in_its_process_alone():
    shared = np.zeros(3)

    def change(tell, apart):
        shared[:] = 7
        os.environ["AUDITKIT_OF_A_TEST"] = "changed"
        os.chdir("/")
        return shared.tobytes()

    before = os.getcwd()
    outcome = outcomes({"a": change})["a"]
    assert np.frombuffer(outcome.ending.answer).tolist() == [7, 7, 7]
    assert shared.tolist() == [0, 0, 0] and "AUDITKIT_OF_A_TEST" not in os.environ and os.getcwd() == before


@pytest.mark.parametrize(
    ("end", "how"),
    [
        (lambda: os._exit(0), "exit code 0"),
        (lambda: os._exit(7), "exit code 7"),
        (lambda: os.kill(os.getpid(), signal.SIGBUS), "signal 7, SIGBUS"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "signal 9, SIGKILL, as where memory runs out"),
        (lambda: os.closerange(3, 100), "exit code 1"),
    ],
)
def test_a_process_that_ends_is_tried_once_more_and_named(end, how, tmp_path):
    def die(tell, apart):
        (tmp_path / str(os.getpid())).touch()
        end()
        return b"never heard"

    ended = outcomes({"a": die, "b": process_of})
    assert ended["a"].ending.answer is None and ended["a"].ending.how == how and ended["a"].died == how
    assert len(list(tmp_path.iterdir())) == 2
    assert ended["b"].ending.answer is not None, "the others are done"


def test_a_death_from_outside_costs_a_second_try_alone(tmp_path):
    def die_once(tell, apart):
        if not (tmp_path / "died").exists():
            (tmp_path / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return b"whole"

    outcome = outcomes({"a": die_once})["a"]
    assert outcome.ending.answer == b"whole" and outcome.died.startswith("signal 9")


def test_time_is_told_first_and_enforced_then():
    def hang(tell, apart):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(60)
        return b""

    began = time.monotonic()
    ended = outcomes({"a": hang, "b": process_of}, 2, Limits(seconds=0.2))
    assert ended["a"].ending.cause == "time" and ended["a"].died == "", "no second try"
    assert time.monotonic() - began < GRACE + 10 and ended["b"].ending.answer is not None


def test_memory_is_limited_beyond_what_was_there():
    there = np.ones(40_000_000)  # 320 MB, of which a worker has no page of its own

    def fill(tell, apart):
        held = [np.ones(5_000_000) for _ in range(100)]
        time.sleep(60)
        return bytes(len(held))

    ended = outcomes({"a": fill, "b": lambda tell, apart: bytes([int(there[-1])])}, limits=Limits(memory=2e8))
    assert ended["a"].ending.cause == "memory" and "200 MB are allowed" in ended["a"].ending.how
    assert ended["b"].ending.answer == b"\x01"


def test_what_a_job_started_ends_with_it(tmp_path):
    def leave(tell, apart):
        if os.fork() == 0:
            (tmp_path / "child").write_text(str(os.getpid()))
            time.sleep(60)
            os._exit(0)
        while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text():
            time.sleep(0.01)
        return b"done"

    assert outcomes({"a": leave})["a"].ending.answer == b"done"
    child = int((tmp_path / "child").read_text())
    for _ in range(200):
        state = pathlib.Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.02)
    raise AssertionError("a process of a worker still runs")


def test_an_interrupt_of_the_caller_ends_the_workers(tmp_path):
    def note(tell, apart):
        (tmp_path / "process").write_text(str(os.getpid()))
        tell(1, 2, "step")
        time.sleep(60)
        return b""

    def interrupt(job, done, total, what):
        if done is not None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        outcomes({"a": note}, watch=interrupt)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "process").read_text()), 0)


def test_how_far_a_job_is_reaches_the_caller():
    messages = []

    def work(tell, apart):
        tell(1, 3, "first")
        tell(3, 3, "last\x1b[2J")
        return b""

    outcomes({"a": work}, watch=lambda job, *message: messages.append((job.check, *message)))
    assert messages == [("a", None, 0, ""), ("a", 1, 3, "first"), ("a", 3, 3, "last\x1b[2J")]


def test_noise_on_the_pipe_of_messages_is_passed_over():
    before = {int(name) for name in os.listdir("/proc/self/fd")}

    def noise(tell, apart):
        pipes = 0
        for descriptor in set(range(64)) - before:
            with contextlib.suppress(OSError):
                if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
                    pipes += (
                        os.write(
                            descriptor,
                            b'not json\n[1]\n[null,1,2]\n{"a": 1}\n\xff\n[Infinity,1,2]\n' + b"[" * 9999 + b"\n",
                        )
                        > 0
                    )
        tell(1, 2, "heard")
        return bytes([pipes])

    messages = []
    outcome = outcomes({"a": noise}, watch=lambda job, *message: messages.append(message))["a"]
    assert outcome.ending.answer[0] > 0 and messages == [(None, 0, ""), (1, 2, "heard")]


def test_a_large_answer_comes_whole():
    content = os.urandom(1 << 20) * 8
    assert outcomes({"a": lambda tell, apart: content})["a"].ending.answer == content


def test_nothing_is_left_behind():
    descriptors, before = len(os.listdir("/proc/self/fd")), children()
    outcomes({"a": process_of, "b": lambda tell, apart: os._exit(3), "c": process_of}, 2)
    assert len(os.listdir("/proc/self/fd")) <= descriptors
    assert children() <= before, "other tests may have children of their own"


def test_a_process_with_other_threads_is_not_forked(monkeypatch):
    monkeypatch.setattr("auditkit.workers.fork.active_count", threading.active_count)
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        outcome = outcomes({"a": process_of})["a"]
    finally:
        stop.set()
        thread.join()
    assert outcome.here == "other threads run in this process" and int(outcome.ending.answer) == os.getpid()


def closed() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("stream", [None, object(), closed()], ids=["none", "foreign", "closed"])
def test_a_caller_without_streams_has_workers_too(monkeypatch, stream):
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    ended = outcomes({"a": process_of})["a"]
    assert ended.here == "" and int(ended.ending.answer) != os.getpid()


def test_who_waits_for_words_of_the_user_meets_their_end():
    def ask(tell, apart):
        with contextlib.suppress(EOFError):
            return input().encode()
        return b"end" + os.read(0, 10)

    assert outcomes({"a": ask})["a"].ending.answer == b"end"


def test_what_the_caller_does_at_signals_is_the_callers_alone(tmp_path):
    numbers = (signal.SIGUSR1, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: (tmp_path / "called").touch()) for number in numbers}
    before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        ended = outcomes({
            "usr1": lambda tell, apart: os.kill(os.getpid(), signal.SIGUSR1),
            "status": lambda tell, apart: bytes([os.WEXITSTATUS(os.system("exit 7"))]),
        })  # fmt: skip
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert ended["usr1"].ending.answer is None and not (tmp_path / "called").exists()
    assert ended["status"].ending.answer == bytes([7])


def test_a_worker_reaches_no_answer_of_another(tmp_path):
    def wait(tell, apart):
        while not (tmp_path / "written").exists():
            time.sleep(0.01)
        return b"my own"

    def write_to_all(tell, apart):
        for descriptor in range(3, 256):
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/self/fd/{descriptor}").startswith("/memfd:auditkit"):
                    os.pwrite(descriptor, b"forged\nend of the answer", 0)
        (tmp_path / "written").touch()
        return b""

    assert outcomes({"a": wait, "b": write_to_all}, 2)["a"].ending.answer == b"my own"


def test_a_caller_with_many_open_files_leaves_some_to_workers(monkeypatch):
    monkeypatch.setattr("auditkit.workers.worker.OPEN_FILES", 20)

    def open_some(tell, apart):
        return bytes([len([os.dup(2) for _ in range(12)])])

    with contextlib.ExitStack() as held:
        for _ in range(60):
            held.enter_context(open(os.devnull, encoding="utf-8"))
        assert outcomes({"a": open_some})["a"].ending.answer == bytes([12])


def test_a_process_with_an_open_connection_is_not_forked():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert outcomes({"a": process_of})["a"].here == "", "nobody speaks on it"
        with socket.create_connection(server.getsockname()):
            outcome = outcomes({"a": process_of})["a"]
    assert outcome.here == "a connection is open, which processes cannot share"
    with contextlib.ExitStack() as pairs:
        for end in socket.socketpair():
            pairs.enter_context(end)
        assert outcomes({"a": process_of})["a"].here == "", "as the loop of asyncio holds"


@pytest.mark.parametrize("end", [lambda: None, lambda: time.sleep(60)], ids=["done", "ended"])
def test_rows_that_joblib_hands_to_processes_do_not_stay(end):
    from joblib import Parallel, delayed

    def share(tell, apart):
        rows = np.ones(200_000)
        total = sum(Parallel(n_jobs=2)(delayed(np.sum)(rows) for _ in range(2)))
        end()
        return str(total).encode()

    before = set(os.listdir("/dev/shm"))
    outcome = outcomes({"a": share}, limits=Limits(seconds=8))["a"]
    assert outcome.ending.cause == "time" or outcome.ending.answer == b"400000.0"
    left = set(os.listdir("/dev/shm")) - before
    assert not {name for name in left if "joblib" in name}


def test_what_ended_one_process_is_not_tried_in_this_one(monkeypatch):
    answers = iter(["", "other threads run in this process"])
    monkeypatch.setattr("auditkit.workers.engine.refusal", lambda: next(answers))
    ended = outcomes({"a": lambda tell, apart: os._exit(9)})["a"]
    assert ended.ending.cause == "died" and ended.ending.how == "exit code 9" and ended.here == ""


def test_what_must_be_done_here_waits_until_no_worker_runs():
    order = []

    def hang(tell, apart):
        time.sleep(1000)
        return b""

    def here(tell, apart):
        order.append("here")
        return b"whole"

    engine = Engine(2, Limits(seconds=0.1), lambda job, done, *_: order.append(job.check) if done is None else None)
    engine.start(lambda job, tell, apart: (here if job.check == "b" else hang)(tell, apart))
    for name, why in (("a", ""), ("b", "it must"), ("c", "")):
        engine.send(Job("model", name), why)
    ended = {outcome.job.check: outcome for outcome in iter(engine.result, None)}
    assert [ended[name].ending.cause for name in "abc"] == ["time", "done", "time"] and ended["b"].here == "it must"
    assert order == ["a", "c", "b", "here"], "their time went on meanwhile"


def test_a_worker_that_could_not_begin_waits_until_another_has_ended(monkeypatch):
    refusals = iter(["", "no room", "", ""])
    monkeypatch.setattr("auditkit.workers.engine.refusal", lambda: next(refusals))
    ended = outcomes(dict.fromkeys("abc", process_of), 2)
    assert [outcome.here for outcome in ended.values()] == ["", "", ""]
    assert len({outcome.ending.answer for outcome in ended.values()}) == 3
