"""A file that ends the process that opens it is a sentence; a sound one is opened as if nobody had tried."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import auditkit
from auditkit.errors import ModelFileRejected
from auditkit.plugins.models import boosters, files, rehearsal
from tests.faults import lay_out


class Ending:
    """Ends the process that unpickles it."""

    def __init__(self, code: str) -> None:
        self.code = code

    def __reduce__(self):
        return exec, (f"import ctypes, os, sys, time\n{self.code}",)


ENDS = {
    "quit": ("os._exit(0)", "exit code 0"),
    "segfault": ("ctypes.string_at(0)", "signal 11, SIGSEGV"),
    "killed": ("os.kill(os.getpid(), 9)", "signal 9, SIGKILL"),
}


def pickled(folder, thing):
    path = folder / "model.pkl"
    path.write_bytes(pickle.dumps(thing))
    return path


@pytest.mark.workers
@pytest.mark.parametrize(("code", "how"), ENDS.values(), ids=ENDS)
def test_a_file_that_ends_its_process_is_rejected(tmp_path, code, how):
    path = pickled(tmp_path, Ending(code))
    with pytest.raises(ModelFileRejected, match=f"ended the process that opened it .{how}"):
        auditkit.wrap(path, trust_pickle=True)


def fill(**given):
    held = []
    while len(held) < 200:
        held.append(b"x" * 10**7)
        time.sleep(0.02)
    raise ValueError("it was not ended")


@pytest.mark.workers
def test_a_parser_that_takes_memory_or_time_is_rejected(tmp_path, monkeypatch):
    import lightgbm

    path = tmp_path / "model.txt"
    path.write_text("tree\nversion=v4\n")
    monkeypatch.setattr(files, "LEAST", 2 * 10**8)
    with monkeypatch.context() as patched:
        patched.setattr(lightgbm, "Booster", fill)
        patched.setattr(boosters.lightgbm_files, "checked", lambda data: "text")
        with pytest.raises(ModelFileRejected, match=r"took more memory than it may: .*200 MB are allowed"):
            auditkit.wrap(path)
    monkeypatch.setattr(rehearsal, "SECONDS", 0.2)
    path = pickled(tmp_path, Ending("time.sleep(60)"))
    with pytest.raises(ModelFileRejected, match=r"was ended after 0\.2 seconds and 2 more"):
        auditkit.wrap(path, trust_pickle=True)


@pytest.mark.workers
def test_a_sound_file_is_opened_in_silence_and_errors_are_those_of_the_file(tmp_path, capfd):
    inputs = np.random.default_rng(0).normal(size=(40, 2))
    path = pickled(tmp_path, LogisticRegression().fit(inputs, np.arange(40) % 2))
    assert auditkit.wrap(path, trust_pickle=True).classes == (0, 1)
    broken = pickled(tmp_path, Ending("raise ValueError('torn')"))
    with pytest.raises(ModelFileRejected, match="could not be opened: ValueError: torn"):
        auditkit.wrap(broken, trust_pickle=True)
    assert capfd.readouterr() == ("", "")


@pytest.mark.workers
def test_large_files_rust_and_files_of_who_wants_none_are_opened_once(tmp_path, monkeypatch):
    opened = tmp_path / "opened"
    path = pickled(tmp_path, Ending(f"open({str(opened)!r}, 'a').write(f'{{os.getpid()}} ')"))

    def times(**options):
        opened.write_text("")
        with pytest.raises(ModelFileRejected, match="which is no model"):
            auditkit.wrap(path, trust_pickle=True, **options)
        return opened.read_text().split()

    first, second = times()
    assert second == str(os.getpid()) != first
    assert times(rehearse=False) == [str(os.getpid())]
    monkeypatch.setattr(rehearsal, "LARGEST", 10)
    assert times() == [str(os.getpid())] and "safetensors" not in rehearsal.LIBRARIES


def test_a_program_goes_on_and_the_command_says_why(tmp_path):
    lay_out(tmp_path, {}, model='path = "model.pkl"')
    pickled(tmp_path, Ending("os._exit(0)"))
    program = """
        import auditkit
        try:
            auditkit.wrap("model.pkl", trust_pickle=True)
        except auditkit.AuditkitError as error:
            print(type(error).__name__)
        """
    words = {"python": ["-c", textwrap.dedent(program)], "command": ["-m", "auditkit", "run", "--trust-pickle"]}
    done = {
        way: subprocess.run([sys.executable, *given], cwd=tmp_path, capture_output=True, text=True, timeout=200)
        for way, given in words.items()
    }
    assert done["python"].stdout == "ModelFileRejected\n" and done["python"].stderr == ""
    assert (
        done["command"].returncode == 2 and "ended the process that opened it (exit code 0)" in done["command"].stderr
    )
