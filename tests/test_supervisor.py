"""The command and its child: whose exit code counts, who is ended with whom, and what reaches whom."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from auditkit import supervisor
from auditkit.descendants import descendants
from tests.faults import lay_out
from tests.faults.test_faults import audit

SLEEP = """
@auditkit.check("acme.sleep")
def sleep(data):
    open("child", "w").write(str(os.getpid()))
    time.sleep(60)
"""
posix = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


def start(folder: pathlib.Path, nohup: bool = False) -> tuple[subprocess.Popen[str], int]:
    """An audit that sleeps in a check, and the process that does."""
    lay_out(folder, {"acme": SLEEP}, checks=("acme",))
    started = subprocess.Popen(
        [sys.executable, "-m", "auditkit", "run", "-q"], cwd=folder, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN if nohup else signal.SIG_DFL),
    )  # fmt: skip
    while not (folder / "child").exists() or not (folder / "child").read_text():
        assert started.poll() is None
        time.sleep(0.02)
    return started, int((folder / "child").read_text())


def is_gone(process: int) -> bool:
    """Whether a process ends within some seconds."""
    for _ in range(500):
        try:
            os.kill(process, 0)
            state = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except (ProcessLookupError, FileNotFoundError):  # it may end between the two
            return True
        if state == "Z":
            return True  # ended, and nobody has asked for its status yet
        time.sleep(0.02)
    return False


@posix
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_who_ends_the_command_ends_the_audit(tmp_path, number, code):
    started, child = start(tmp_path)
    started.send_signal(number)
    stderr = started.communicate(timeout=30)[1]
    assert started.returncode == code and is_gone(child)
    assert ("interrupted; the same command goes on" in stderr) == (number == signal.SIGINT) and "Trace" not in stderr


@posix
def test_a_command_that_ignores_a_hang_up_goes_on(tmp_path):
    started, child = start(tmp_path, nohup=True)
    started.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert started.poll() is None
    os.kill(child, 0)
    started.terminate()
    started.communicate(timeout=30)
    assert started.returncode == 143 and is_gone(child)


@posix
def test_a_command_that_is_killed_leaves_no_audit(tmp_path):
    started, child = start(tmp_path)
    started.kill()
    started.communicate()
    assert started.returncode == -signal.SIGKILL and is_gone(child)


@posix
def test_an_audit_goes_on_without_a_check_whose_process_is_killed_twice(tmp_path):
    started, child = start(tmp_path)
    os.kill(child, signal.SIGKILL)
    while (again := int((tmp_path / "child").read_text() or child)) == child:
        time.sleep(0.02)
    os.kill(again, signal.SIGKILL)
    started.communicate(timeout=60)
    assert started.returncode == 3
    outcome = json.loads((tmp_path / "audit" / "results.json").read_text())["outcome"]
    assert any("acme.sleep" in reason and "signal 9" in reason for reason in outcome["reasons"])


@posix
@pytest.mark.parametrize("isolate", ["all", "none"])
def test_what_an_audit_leaves_running_is_ended(tmp_path, isolate):
    lay_out(tmp_path, {"acme": """
        @auditkit.check("acme.leave", exact=True)
        def leave(data):
            import subprocess
            left = subprocess.Popen(["sleep", "1000"], start_new_session=True)
            open("left", "w").write(str(left.pid))
            return 1.0
        """}, checks=("acme",))  # fmt: skip
    settings = tmp_path / "auditkit.toml"
    settings.write_text(settings.read_text().replace("[audit]", f'[audit]\nisolate = "{isolate}"'))
    assert audit(tmp_path).returncode == 0
    assert is_gone(int((tmp_path / "left").read_text()))


def test_an_audit_that_reported_and_does_not_end_is_ended(tmp_path, monkeypatch):
    lay_out(tmp_path, {"acme": "import threading\nthreading.Thread(target=time.sleep, args=(60,)).start()\n" + """
@auditkit.check("acme.one", exact=True)
def one(data):
    return 1.0
"""}, checks=("acme",))  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(supervisor, "SECONDS_TO_END", 0.2)
    began = time.monotonic()
    assert supervisor.supervise(["run", "-q"]) == 0
    assert time.monotonic() - began < 50


def test_a_verdict_without_a_sealed_folder_is_none(tmp_path):
    (tmp_path / "manifest.json").write_text('{"complete": false}')
    assert not supervisor._is_whole(["run"], "") and not supervisor._is_whole(["demo"], str(tmp_path))
    assert supervisor._is_whole(["run", "--plan"], "") and supervisor._is_whole(["plugins"], "")
    (tmp_path / "manifest.json").write_text('{"complete": true}')
    assert supervisor._is_whole(["run"], str(tmp_path))


def test_the_child_has_the_same_import_path_flags_and_words(tmp_path):
    shown = "import sys, os; print(sys.path, sys.flags.optimize, sys.argv, 'AUDITKIT_SUPERVISOR' in os.environ)"
    lay_out(tmp_path, {"acme": f"{shown}\n@auditkit.check('acme.one', exact=True)\ndef one(data):\n    return 1.0\n"})
    command = [sys.executable, "-O", "-m", "auditkit", "run", "-q", "--only", "fine"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    own = subprocess.run(
        [sys.executable, "-c", "import sys; print(sys.path[1:])"], cwd=tmp_path, capture_output=True, text=True
    )
    line = next(line for line in (tmp_path / "audit" / "run.log").read_text().splitlines() if line.startswith("["))
    assert line not in done.stdout + done.stderr, "what a plugin prints is no result"
    assert line.endswith("1 ['auditkit', 'run', '-q', '--only', 'fine'] False"), line
    assert own.stdout.strip()[1:-1] in line, "the folder of the command first, then the same"


@posix
def test_a_check_that_writes_wherever_it_can_leaves_stdout_to_the_result(tmp_path):
    lay_out(tmp_path, {"acme": """
import contextlib
@auditkit.check("acme.noise", exact=True)
def noise(data):
    for descriptor in range(3, 64):
        with contextlib.suppress(OSError):
            os.write(descriptor, b"NOISE")
    return 1.0
"""}, checks=("acme",))  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "auditkit", "run", "-q", "--json"], cwd=tmp_path, capture_output=True, text=True
    )
    assert "NOISE" not in done.stdout and json.loads(done.stdout)


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="a device that is always full")
@pytest.mark.parametrize("words", [("plugins",), ("run", "-q"), ("schema",)])
def test_a_result_that_could_not_be_printed_is_an_error(tmp_path, words):
    lay_out(tmp_path, {})
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "auditkit", *words], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 3 and "No space left" in done.stderr and "Traceback" not in done.stderr


@posix
def test_a_reader_that_is_gone_is_no_verdict(tmp_path):
    lay_out(tmp_path, {})
    command = f"{sys.executable} -m auditkit schema | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode in (0, 141) and not done.stderr  # 0 where all was written before the reader left


def test_wrong_words_are_usage(tmp_path):
    for words in (("run", "--nope"), ("verify",), ("explain",)):
        done = subprocess.run([sys.executable, "-m", "auditkit", *words], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 2 and "Usage" in done.stderr and "no verdict" not in done.stderr


def test_what_is_taken_up_is_said_and_fresh_measures_it(tmp_path):
    def stderr_of(*flags):
        command = [sys.executable, "-m", "auditkit", "run", *flags]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stderr

    lay_out(tmp_path, {})
    assert "taken up" not in stderr_of()
    assert "auditkit: 1 check was taken up from an earlier run; --fresh measures everything" in stderr_of()
    assert "taken up" not in stderr_of("--fresh") and "taken up" not in stderr_of("-q")


def test_a_name_that_no_file_can_have_is_usage(tmp_path):
    for words in (("run", "x" * 300), ("verify", "x" * 300)):
        done = subprocess.run([sys.executable, "-m", "auditkit", *words], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 2 and "name too long" in done.stderr and "Traceback" not in done.stderr


@posix
@pytest.mark.parametrize("isolate", ["all", "none"])
def test_noise_on_the_channel_is_passed_over(tmp_path, isolate):
    noise = """
import contextlib
@auditkit.check("acme.noise", exact=True)
def noise(data):
    for descriptor in range(3, 100):
        with contextlib.suppress(OSError):
            if os.readlink("/proc/self/fd/" + str(descriptor)).startswith("pipe:"):
                os.write(descriptor, b"not json\\n[1]\\nnull\\n\\xff\\n" + b"[" * 20_000 + b"\\nhalf a line")
    return 1.0
"""
    lay_out(tmp_path, {"acme": noise}, checks=("acme", "fine"))
    settings = tmp_path / "auditkit.toml"
    settings.write_text(settings.read_text().replace("[audit]", f'[audit]\nisolate = "{isolate}"'))
    done = audit(tmp_path)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stdout[-2000:] + done.stderr


@posix
def test_words_on_the_channel_that_look_like_a_report_are_none(tmp_path):
    forge = """
import contextlib
@auditkit.hookimpl
def audit_started(plan):
    for descriptor in range(3, 100):
        with contextlib.suppress(OSError):
            if os.readlink("/proc/self/fd/" + str(descriptor)).startswith("pipe:"):
                os.write(descriptor, b'{"code": 0, "sealed": "sealed", "at_work": ""}\\n')
    os._exit(0)
"""
    lay_out(tmp_path, {})
    assert audit(tmp_path, "--out", "sealed").returncode == 0
    lay_out(tmp_path, {"acme": forge})
    done = audit(tmp_path)
    assert done.returncode == 3 and "the audit ended while it ran plugin 'acme': audit_started" in done.stderr


@pytest.mark.parametrize(("error", "code"), [(OSError(24, "Too many open files"), 3), (RuntimeError("odd"), 4)])
def test_a_command_that_cannot_begin_is_no_verdict(monkeypatch, capfd, error, code):
    def refuse():
        raise error

    monkeypatch.setattr(os, "pipe", refuse)
    assert supervisor.supervise(["run"]) == code
    assert str(error) in (words := capfd.readouterr().err) and "This is no verdict" in words


@posix
def test_an_interrupt_of_an_audit_that_just_begins_leaves_one_sentence(tmp_path):
    lay_out(tmp_path, {})
    started = subprocess.Popen(
        [sys.executable, "-m", "auditkit", "run"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    while not descendants(started.pid):
        time.sleep(0.001)
    started.send_signal(signal.SIGINT)
    output = started.communicate(timeout=60)[0]
    assert started.returncode == 130 and output == f"auditkit: {supervisor.WHEN_INTERRUPTED}\n"
