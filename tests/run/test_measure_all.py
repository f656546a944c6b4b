"""All checks, each in a process of its own: what comes back is the same however they run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time

import pytest

import auditkit
from auditkit.results import canonical
from auditkit.run import apart, check_engine
from auditkit.testing import ToyModel, toy_data
from tests.test_supervisor import is_gone

CHECKS = ["performance.quality", "fairness.groups", "fairness.scores", "robustness.changes", "privacy"]
FIVE_LINES = """
import auditkit
from auditkit.testing import ToyModel, toy_data
result = auditkit.audit(ToyModel(), toy_data(60), checks=["performance.quality"], budget="quick")
print([check.status for check in result.results], result.run.not_isolated)
"""


def audited(**options):
    options = {"checks": CHECKS, "budget": "quick"} | options
    return auditkit.audit(ToyModel(), toy_data(200), **options)


def without_run(result) -> bytes:
    return canonical(result.model_copy(update={"run": None}))


@pytest.mark.workers
def test_the_evidence_is_the_same_however_checks_run():
    here = audited(isolate="none")
    assert without_run(audited()) == without_run(here)
    assert without_run(audited(jobs=3)) == without_run(here)
    assert list(here.run.not_isolated) == ['isolate = "none"'] and len(here.run.not_isolated['isolate = "none"']) > 4


@pytest.mark.workers
def test_plugins_alone_are_isolated_where_that_is_asked_for():
    processes = []

    @auditkit.check("acme.process", exact=True)
    def process(labels):
        processes.append(os.getpid())
        return 1.0

    result = audited(checks=["performance.quality", process.check()], isolate="plugins")
    assert result.run.not_isolated == {'isolate = "plugins"': ("performance.quality",)}
    assert processes == [], "it ran elsewhere"
    audited(checks=[process.check()], isolate="none")
    assert processes == [os.getpid()]


@pytest.mark.workers
def test_a_check_that_ends_its_process_is_an_error_and_the_rest_is_measured():
    @auditkit.check("acme.end", exact=True)
    def end(labels):
        os._exit(0)

    result = audited(checks=["performance.quality", end.check()])
    performance, ended = result.results
    assert performance.status == "measured" and ended.status == "error"
    assert ended.reason == (
        "it ended the process that ran it (exit code 0, in acme.end), and again when it was tried once more"
    )
    assert result.run.repeated == {"acme.end": "exit code 0"} and result.exit_code == 3


@pytest.mark.workers
def test_time_and_memory_are_limited_from_outside():
    @auditkit.check("acme.hang", exact=True)
    def hang(labels):
        time.sleep(60)

    @auditkit.check("acme.fill", exact=True)
    def fill(labels):
        held = []
        while True:
            held.append(bytearray(50_000_000))
            time.sleep(0.02)

    hung = audited(checks=[hang.check()], seconds_per_check=0.1).results[0]
    assert hung.error.kind == "time limit" and "after 0.1 seconds and 2 more" in hung.reason
    full = audited(checks=[fill.check()], gigabytes_per_check=0.3).results[0]
    assert full.reason.startswith("out of memory (it held") and "300 MB are allowed" in full.reason


@pytest.mark.workers
def test_what_was_finished_is_kept_and_taken_up(tmp_path):
    first = audited(out=tmp_path / "out", jobs=2)
    again = audited(out=tmp_path / "out", jobs=2)
    assert set(again.run.resumed) == {result.check for result in first.results if result.status == "measured"}
    assert without_run(again) == without_run(first)


@pytest.mark.parametrize("way", ["file", "words", "daemon", "thread"])
def test_five_lines_need_no_guard(way, tmp_path):
    (tmp_path / "five.py").write_text(FIVE_LINES)
    daemon = "import multiprocessing, runpy\ndef go():\n    runpy.run_path('five.py')\n"
    starts = {
        "file": ["five.py"],
        "words": ["-c", FIVE_LINES],
        "daemon": ["-c", f"{daemon}p = multiprocessing.get_context('fork').Process(target=go, daemon=True)\n"
                         "p.start()\np.join()\nraise SystemExit(p.exitcode)"],
        "thread": ["-c", "import threading, runpy\nt = threading.Thread(target=runpy.run_path, args=('five.py',))\n"
                         "t.start()\nt.join()"],
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, *starts[way]], cwd=tmp_path, capture_output=True, text=True, timeout=200, check=True
    )
    assert done.stdout.strip() == "['measured'] {}" and done.stderr == ""


@pytest.mark.parametrize("threads", ["one thread", "more threads"])
def test_a_caller_that_is_killed_leaves_no_worker(threads, tmp_path):
    script = """
        import auditkit, os, subprocess, sys, threading, time
        from auditkit.testing import ToyModel, toy_data
        @auditkit.check("acme.sleep", exact=True)
        def sleep(labels):
            left = subprocess.Popen(["sleep", "120"], start_new_session=True)
            open("workers", "w").write(f"{os.getpid()} {left.pid}\\n")
            time.sleep(120)
        if sys.argv[1] == "more threads":
            threading.Thread(target=time.sleep, args=(120,), daemon=True).start()
        auditkit.audit(ToyModel(), toy_data(60), checks=[sleep.check()])
        """
    caller = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script), threads], cwd=tmp_path)
    workers = tmp_path / "workers"
    while not workers.exists() or not workers.read_text().endswith("\n"):
        assert caller.poll() is None
        time.sleep(0.02)
    caller.kill()
    caller.wait()
    assert all(is_gone(int(process)) for process in workers.read_text().split())


def test_what_a_check_prints_is_in_the_log_and_stdout_is_json(tmp_path):
    (tmp_path / "people.csv").write_text("sex,y,d\n" + "m,0,0\nf,1,1\n" * 60)
    (tmp_path / "loud.py").write_text(
        "import os, sys, auditkit\nprint('at import')\n@auditkit.check('acme.loud', exact=True)\ndef loud(labels):\n"
        "    print('\\x1b[2Jprinted')\n    os.write(1, b'by descriptor\\n')\n    print('warned', file=sys.stderr)\n"
        "    return 1.0\n"
    )
    (tmp_path / "auditkit.toml").write_text(
        "[data]\npath = 'people.csv'\nlabel = 'y'\n[model]\ndecisions = 'd'\n[audit]\nplugins = ['loud.py']\n"
        "checks = ['acme']\nrules = []\n"
    )
    for words in (["run", "--json"], ["run", "--json", "--jobs", "2", "--fresh"]):
        done = subprocess.run(
            [sys.executable, "-m", "auditkit", *words], cwd=tmp_path, capture_output=True, text=True, timeout=200
        )
        assert done.returncode == 5 and json.loads(done.stdout), "there is no limit"
        assert "printed" not in done.stderr and "\x1b" not in done.stderr
        log = (tmp_path / "audit" / "run.log").read_text()
        assert all(words in log for words in ("at import", "printed", "by descriptor", "warned"))
    done = subprocess.run(
        [sys.executable, "-m", "auditkit", "run", "--plan"], cwd=tmp_path, capture_output=True, text=True, timeout=200
    )
    assert "auditkit: a model or plugin printed: at import" in done.stderr and "at import" not in done.stdout


@pytest.mark.parametrize("isolate", ["all", "plugins", "none"])
def test_the_plan_says_what_will_not_be_isolated(isolate, tmp_path):
    (tmp_path / "people.csv").write_text("sex,y,d\n" + "m,0,0\nf,1,1\n" * 60)
    (tmp_path / "auditkit.toml").write_text(
        "[data]\npath = 'people.csv'\nlabel = 'y'\n[model]\ndecisions = 'd'\n[audit]\nchecks = ['performance']\n"
        f"isolate = '{isolate}'\n"
    )
    command = [sys.executable, "-m", "auditkit", "run", "--plan", "-q"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=200, check=True)
    assert (f'a process of its own: isolate = "{isolate}"' in done.stderr) == (isolate != "all")


@pytest.mark.workers
def test_groups_keep_the_order_in_which_their_attributes_were_given():
    data = toy_data(300)
    groups = {"sex": data.groups["sex"], "age": data.groups["sex"]}
    result = auditkit.audit(
        ToyModel(), auditkit.AuditData(data.inputs, data.labels, groups=groups), checks=["fairness.groups"]
    )
    both = next(measurement.slice for measurement in result.results[0].measurements if len(measurement.slice) == 2)
    assert list(both) == ["sex", "age"]


@pytest.mark.parametrize(("rows", "at_once"), [(100, 8), (200, 2)])
def test_of_many_rows_two_checks_run_at_once(rows, at_once, monkeypatch):
    """Each may hold as much as the data, and all of them together no multiple of it."""
    given = []

    class Watched(check_engine.Engine):
        def __init__(self, at_once, *rest):
            given.append(at_once)
            super().__init__(at_once, *rest)

    monkeypatch.setattr(apart, "MANY", 150)
    monkeypatch.setattr(check_engine, "Engine", Watched)
    auditkit.audit(ToyModel(), toy_data(rows), checks=["performance.quality"], budget="quick", jobs=8)
    assert given == [at_once]
