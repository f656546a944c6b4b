"""The engine of fresh processes: every job comes back, whatever becomes of the process that does it."""

from __future__ import annotations

import json
import os
import pathlib
import sys
import threading

import pytest

from auditkit.workers.engine import Job
from auditkit.workers.parcel import Parcel
from auditkit.workers.spawn import SpawnEngine
from auditkit.workers.worker import Limits
from tests.workers.work import SHARED, Work

HERE = "a test wants it"


def outcomes(names, folder, at_once=1, limits=None, forks=True, watch=lambda *message: None, here=""):
    """{name: outcome}, and how many threads and children are left."""
    engine = SpawnEngine(at_once, limits or Limits(), watch, forks=forks)
    work = Work(folder)
    engine.start(work, Parcel(work, (SHARED,)), lambda question, content: b"")
    try:
        for name in names:
            engine.send(Job("model", name), here)
        ended = {}
        while (outcome := engine.result()) is not None:
            ended[outcome.job.check] = outcome
        return ended
    finally:
        engine.stop()


@pytest.fixture(autouse=True)
def nothing_left():
    yield
    lists = pathlib.Path("/proc/self/task").glob("*/children")
    left = {child for listed in lists for child in listed.read_text().split()}
    commands = [pathlib.Path(f"/proc/{child}/cmdline").read_bytes() for child in left]
    assert not any(b"auditkit.workers.server" in command for command in commands)
    assert not any(thread.name.startswith("auditkit") for thread in threading.enumerate())


def test_a_fresh_process_forks_for_every_job(tmp_path):
    ended = outcomes(["process 1", "process 2", "process 3"], tmp_path, at_once=2)
    answers = [json.loads(outcome.ending.answer) for outcome in ended.values()]
    assert len({pid for pid, _ in answers} | {os.getpid()}) == 4 and all(apart for _, apart in answers)


def test_without_forks_processes_are_used_again(tmp_path):
    names = [f"process {number}" for number in range(6)]
    answers = [json.loads(outcome.ending.answer) for outcome in outcomes(names, tmp_path, 2, forks=False).values()]
    assert 1 <= len({pid for pid, _ in answers}) <= 2 and os.getpid() not in {pid for pid, _ in answers}
    assert not any(apart for _, apart in answers), "what one job changes is left to the next"


@pytest.mark.parametrize("forks", [True, False])
def test_whatever_ends_a_process_costs_its_job_alone(forks, tmp_path):
    ended = outcomes(["process 1", "exit", "die_once", "process 2"], tmp_path, forks=forks)
    assert ended["exit"].ending.answer is None and ended["exit"].ending.how == ended["exit"].died == "exit code 0"
    assert len(list(tmp_path.glob("tried*"))) == 2
    assert ended["die_once"].ending.answer == b"whole" and ended["die_once"].died.startswith("signal 9")
    assert ended["process 1"].died == ended["process 2"].died == ""
    assert ended["process 2"].ending.answer is not None


@pytest.mark.parametrize("forks", [True, False])
def test_limits_are_kept(forks, tmp_path):
    ended = outcomes(["hang", "process"], tmp_path, limits=Limits(seconds=0.3), forks=forks)
    assert ended["hang"].ending.cause == "time" and ended["process"].ending.answer is not None
    ended = outcomes(["fill", "process"], tmp_path, limits=Limits(memory=2e8), forks=forks)
    assert ended["fill"].ending.cause == "memory" and ended["process"].ending.answer is not None


@pytest.mark.parametrize("forks", [True, False])
def test_what_is_shared_cannot_be_written_to_and_the_rest_is_a_copy(forks, tmp_path):
    assert outcomes(["write"], tmp_path, forks=forks)["write"].ending.answer == b"21"


def test_the_parcel_is_sent_where_there_is_no_anonymous_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("auditkit.workers.parcel.sys.platform", "darwin")
    assert outcomes(["write"], tmp_path, forks=False)["write"].ending.answer == b"21"


def test_code_that_writes_on_the_channel_costs_itself_alone(tmp_path):
    ended = outcomes(["noise", "process"], tmp_path, forks=False)
    assert ended["noise"].ending.cause == "died" and ended["process"].ending.answer is not None
    ended = outcomes(["noise", "process"], tmp_path)
    assert ended["noise"].ending.answer.endswith(b"whole"), "a fork can spoil its own answer alone"


def test_progress_environment_and_prints(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("AUDITKIT_OF_A_TEST", "is there")
    steps = []
    ended = outcomes(["say"], tmp_path, watch=lambda *message: steps.append(message))
    assert ended["say"].ending.answer == b"is there"
    assert steps == [(Job("model", "say"), None, 0, ""), (Job("model", "say"), 1, 2, "half")]
    assert capfd.readouterr() == ("", "said on stdout\n"), "the caller's stdout is the caller's"


def test_a_job_that_must_stay_is_done_here(tmp_path):
    outcome = outcomes(["process"], tmp_path, here=HERE)["process"]
    assert json.loads(outcome.ending.answer) == [os.getpid(), False] and outcome.here == HERE


class Unpacked(Work):
    """Goes along, and cannot be opened elsewhere."""

    def __reduce__(self):
        return os.open, ("/no such folder", 0)


def test_what_cannot_be_opened_there_is_done_here_with_the_reason(tmp_path):
    engine = SpawnEngine(1, Limits(), lambda *message: None)
    work = Unpacked(tmp_path)
    engine.start(work, Parcel(work), lambda question, content: b"")
    engine.send(Job("model", "process"))
    outcome = engine.result()
    engine.stop()
    assert json.loads(outcome.ending.answer)[0] == os.getpid()
    assert outcome.here.startswith("no other process could take it (FileNotFoundError")


@pytest.mark.parametrize(
    ("executable", "frozen"), [("/no such interpreter", False), ("", False), (sys.executable, True)]
)
def test_where_no_process_can_be_started_jobs_are_done_here(executable, frozen, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", executable)
    monkeypatch.setattr(sys, "frozen", frozen, raising=False)
    outcome = outcomes(["process"], tmp_path)["process"]
    assert json.loads(outcome.ending.answer)[0] == os.getpid()
    assert outcome.here.startswith("no process could be started (")


def test_whoever_stops_leaves_nothing_behind(tmp_path):
    class Stopped(Exception):
        pass

    def watch(job, done, total, what):
        if done is not None:
            workers.append(int(what))
        if len(workers) == 2:
            raise Stopped

    workers = []
    with pytest.raises(Stopped):
        outcomes(["hang 1", "hang 2"], tmp_path, 2, watch=watch)
    assert not any(pathlib.Path(f"/proc/{worker}").exists() for worker in workers)
