"""A file that ends the process that opens it is a sentence; a sound one is opened as if nobody had tried."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import auditkit
from auditkit.errors import ModelFileRejected, PluginError
from auditkit.plugins.models import boosters, files
from auditkit.testing import ToyModel
from auditkit.workers import rehearsal
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
    with pytest.raises(ModelFileRejected, match=f"ended the process that did it .{how}"):
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
@pytest.mark.parametrize("fork", [True, False], ids=["fork", "fresh process"])
def test_a_file_is_opened_in_another_process_first_unless_its_owner_wants_none(tmp_path, monkeypatch, fork):
    opened = tmp_path / "opened"
    path = pickled(tmp_path, Ending(f"open({str(opened)!r}, 'a').write(f'{{os.getpid()}} ')"))
    if not fork:
        monkeypatch.setattr("auditkit.workers.engine.refusal", lambda: "other threads run in this process")

    def times(**options):
        opened.write_text("")
        with pytest.raises(ModelFileRejected, match="which is no model"):
            auditkit.wrap(path, trust_pickle=True, **options)
        return opened.read_text().split()

    first, second = times()
    assert second == str(os.getpid()) != first
    assert times(rehearse=False) == [str(os.getpid())]


@pytest.mark.workers
def test_a_file_that_ends_a_fresh_process_is_rejected_and_what_cannot_be_sent_there_is_opened_here(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("auditkit.workers.engine.refusal", lambda: "other threads run in this process")
    path = pickled(tmp_path, Ending("os._exit(7)"))
    with pytest.raises(ModelFileRejected, match=r"ended the process that did it \(exit code 7\)"):
        auditkit.wrap(path, trust_pickle=True)
    lock = threading.Lock()
    path = pickled(tmp_path, LogisticRegression().fit([[0], [1]], [0, 1]))
    model = auditkit.wrap(path, trust_pickle=True, preprocess=lambda inputs: inputs if lock else None)
    assert model.classes == (0, 1)


NETWORK = """
import os, torch
class Net(torch.nn.Module):
    def __init__(self, code=None):
        super().__init__()
        exec(code or "")
        self.layer = torch.nn.Linear(2, 1)
    def forward(self, rows):
        return self.layer(rows)
"""


@pytest.mark.workers
def test_a_class_for_weights_is_made_in_another_process_first(tmp_path, monkeypatch):
    import safetensors.torch
    import torch

    (tmp_path / "net_of_a_test.py").write_text(NETWORK)
    monkeypatch.syspath_prepend(tmp_path)
    path, options = tmp_path / "net.safetensors", {"class_path": "net_of_a_test:Net"}
    weights = torch.nn.Sequential()
    weights.layer = torch.nn.Linear(2, 1)
    safetensors.torch.save_file(weights.state_dict(), path)
    assert auditkit.wrap(path, **options).kind == "torch"
    with pytest.raises(ModelFileRejected, match=r"the safetensors file ended the process that did it \(exit code 0\)"):
        auditkit.wrap(path, **options, arguments={"code": "os._exit(0)"})


class Reader:
    """A plugin that opens files of its own."""

    def __init__(self, code):
        self.code = code

    @auditkit.hookimpl
    def load_model(self, path, options):
        if path.suffix != ".acme":
            return None
        exec(f"import os, time\n{self.code}")
        return ToyModel()


@pytest.mark.workers
def test_a_plugin_opens_a_file_in_another_process_first(tmp_path, monkeypatch):
    path = tmp_path / "model.acme"
    path.write_text("")
    (tmp_path / "opened").write_text("")
    note = f"with open({str(tmp_path / 'opened')!r}, 'a') as file: file.write(f'{{os.getpid()}} ')"
    assert auditkit.wrap(path, plugins=[Reader(note)]).name == "toy"
    first, second = (tmp_path / "opened").read_text().split()
    assert second == str(os.getpid()) != first
    died = r"model\.acme: opening it with the plugin 'Reader' ended the process that did it \(exit code 0\)"
    with pytest.raises(ModelFileRejected, match=died):
        auditkit.wrap(path, plugins=[Reader("os._exit(0)")])
    last_words = "raise type('Last', (Exception,), {'__str__': lambda self: os._exit(0)})()"
    with pytest.raises(ModelFileRejected, match=died):
        auditkit.wrap(path, plugins=[Reader(last_words)])
    with pytest.raises(PluginError, match="load_model raised ValueError: torn"):
        auditkit.wrap(path, plugins=[Reader("raise ValueError('torn')")])
    monkeypatch.setattr(rehearsal, "SECONDS", 0.1)
    with pytest.raises(
        ModelFileRejected, match=r"was ended after 0\.1 seconds .* say rehearse = false under \[model\]"
    ):
        auditkit.wrap(path, plugins=[Reader("time.sleep(60)")])


FACTORY = """
import os
def make():
    open("called", "a").write(f"{os.getpid()} ")
    FAULT
    return lambda rows: rows["d"]
"""


@pytest.mark.parametrize("rehearsed", [True, False])
def test_a_factory_is_called_in_another_process_first(tmp_path, rehearsed):
    lay_out(tmp_path, {}, model=f'object = "own:make"\nrehearse = {str(rehearsed).lower()}')
    run = [sys.executable, "-m", "auditkit", "run", "-q"]
    for fault, code in (("pass", 0), ("os._exit(0)", 2 if rehearsed else 3)):
        (tmp_path / "own.py").write_text(FACTORY.replace("FAULT", fault))
        (tmp_path / "called").write_text("")
        done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, timeout=200)
        calls = (tmp_path / "called").read_text().split()
        assert done.returncode == code, done.stderr
        assert len({*calls}) == 1 + rehearsed
    words = (
        "ended the process that did it (exit code 0), and again when it was done once more. Run it by itself to see why"
    )
    assert (words in done.stderr) is rehearsed


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
    assert done["command"].returncode == 2 and "ended the process that did it (exit code 0)" in done["command"].stderr
