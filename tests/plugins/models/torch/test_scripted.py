"""TorchScript archives: the same numbers as the live module, and nothing runs but known operators."""

from __future__ import annotations

import io
import pathlib
import pickle
import warnings
import zipfile

import numpy as np
import pytest
import torch
from torch import nn

import auditkit
from auditkit.errors import ModelFileRejected
from auditkit.models import Capability
from tests.plugins.models.modules import Cnn, Recurrent, Words, mlp

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),
]
ROWS = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
SERIES = ROWS.reshape(20, 1, 4)
EXAMPLE = torch.zeros(2, 4)


def saved(module: torch.jit.ScriptModule, path: pathlib.Path) -> pathlib.Path:
    torch.jit.save(module, path)
    return path


CASES = {
    "scripted": (lambda: torch.jit.script(mlp()), ROWS),
    "traced": (lambda: torch.jit.trace(mlp(), EXAMPLE), ROWS),
    "frozen": (lambda: torch.jit.freeze(torch.jit.script(mlp().eval())), ROWS),
    "convolutions": (lambda: torch.jit.script(Cnn()), np.random.default_rng(1).random((5, 1, 8, 8), np.float32)),
    "recurrent": (lambda: torch.jit.script(Recurrent()), SERIES),
    "gates": (lambda: torch.jit.trace(Recurrent(nn.GRU).eval(), torch.zeros(2, 3, 4)), SERIES),
    "words": (lambda: torch.jit.script(Words()), np.arange(20).reshape(5, 4)),
}


@pytest.mark.parametrize("name", list(CASES))
def test_a_file_and_the_live_module_are_one_model(name, tmp_path):
    make, rows = CASES[name]
    module = make()
    live = auditkit.wrap(module, output="logits")
    path = saved(module, tmp_path / "model.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # that torch will end TorchScript is nothing about this model
        model = auditkit.wrap(path, output="logits", rehearse=False)
    assert np.array_equal(model.probabilities(rows), live.probabilities(rows))
    assert model.loaded == "TorchScript archive, no foreign code" and not any(
        "torch.jit" in note for note in model.notes
    )
    assert Capability.GRADIENTS in model.capabilities and Capability.TORCH_MODULE not in model.capabilities


def test_gradients_are_those_of_the_plain_module(tmp_path):
    module = mlp()
    model = auditkit.wrap(saved(torch.jit.script(module), tmp_path / "model.pt"), rehearse=False)
    plain = auditkit.wrap(module)
    ones = np.ones(len(ROWS))
    assert model.gradients(ROWS, ones) == pytest.approx(plain.gradients(ROWS, ones), abs=1e-6)


def test_what_it_was_traced_with_and_what_lies_beside_it_is_left_out(tmp_path):
    module = torch.jit.trace(mlp(), EXAMPLE)
    torch.jit.save(module, tmp_path / "model.pt", _extra_files={"notes.txt": b"hello"})
    assert auditkit.wrap(tmp_path / "model.pt", rehearse=False).predict(ROWS).shape == (20,)


class Calls(nn.Module):
    """A module that a test scripts, with a line of its own put in."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(x)


class Reads(Calls):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(x) + torch.from_file("/etc/hostname", False, 2, dtype=torch.float32)


class Writes(Calls):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        torch.save(x, "planted")
        return self.last(x)


class Forks(Calls):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.jit.wait(torch.jit.fork(self.last, x))


class Opens(Calls):
    @torch.jit.export
    def __getstate__(self) -> tuple[torch.Tensor, bool]:
        return self.last.weight, self.training

    @torch.jit.export
    def __setstate__(self, state: tuple[torch.Tensor, bool]) -> None:
        self.training = state[1]


@pytest.mark.parametrize(
    ("kind", "what"),
    [(Reads, "torch.from_file"), (Writes, "torch.save"), (Forks, "fork"), (Opens, "__getstate__")],
)
def test_a_script_that_reaches_out_is_not_opened(kind, what, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = saved(torch.jit.script(kind()), tmp_path / "model.pt")
    with pytest.raises(ModelFileRejected, match=f"{what}.*which is not known to be harmless, so it was not opened"):
        auditkit.wrap(path, rehearse=False)
    assert not (tmp_path / "planted").exists()


def altered(path: pathlib.Path, **changes: bytes) -> pathlib.Path:
    """The archive with members written anew or added; `script` is that of the linear layer."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(buffer, "w") as rebuilt:
        root = archive.namelist()[0].partition("/")[0]
        contents = {name: archive.read(name) for name in archive.namelist()}
        for end, raw in changes.items():
            scripts = [name for name in contents if name.endswith(".py") and SCRIPT.encode() in contents[name]]
            known = scripts if end == "script" else [name for name in contents if name.endswith(end)]
            name = known[0] if known else f"{root}/{end}"
            contents[name] = raw(contents.get(name, b"")) if callable(raw) else raw
        for name, raw in contents.items():
            rebuilt.writestr(name, raw)
    path.write_bytes(buffer.getvalue())
    return path


SCRIPT = "    return torch.linear"
REPLACED = {
    "another name": "    f = torch.from_file\n    return torch.linear",
    "by getattr": '    f = getattr(torch, "from_file")\n    return torch.linear',
    "a space of operators": "    f = ops.aten\n    return torch.linear",
    "a foreign space": "    f = ops.evil.run(input)\n    return torch.linear",
    "a class in C++": "    f = __torch__.torch.classes.evil.Box(input)\n    return torch.linear",
    "a primitive": "    f = ops.prim.rpc_async(input)\n    return torch.linear",
    "a builtin": '    f = eval("1")\n    return torch.linear',
    "an import": "    import os\n    return torch.linear",
}


@pytest.mark.parametrize("name", list(REPLACED))
def test_every_way_to_name_an_operator_is_looked_at(name, tmp_path):
    path = saved(torch.jit.script(Calls()), tmp_path / "model.pt")
    altered(path, **{"script": lambda raw: raw.replace(SCRIPT.encode(), REPLACED[name].encode())})
    with pytest.raises(ModelFileRejected, match="not known to be harmless, so it was not opened"):
        auditkit.wrap(path, rehearse=False)


class Planted:
    def __reduce__(self):
        return exec, ("raise SystemExit",)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data.pkl": pickle.dumps(Planted(), 2)}, "names '__builtin__.exec', which is not known to be harmless"),
        ({"data/0": b""}, "is damaged: it holds 0 bytes for a tensor of"),
        ({"library.so": b"\x7fELF"}, "holds '.*library.so', which is not known to be harmless"),
        ({"script": b"def f(:"}, "a script of the TorchScript archive cannot be read"),
        ({"script": b"(" * 10_000}, "a script of the TorchScript archive cannot be read"),
        ({"data.pkl": b"\x80\x02"}, "the torchscript file could not be opened"),
    ],
    ids=["pickle", "short tensor", "library", "syntax", "depth", "half a pickle"],
)
def test_a_hostile_archive_is_refused_in_a_sentence(changes, message, tmp_path):
    path = altered(saved(torch.jit.script(Calls()), tmp_path / "model.pt"), **changes)
    with pytest.raises(ModelFileRejected, match=message):
        auditkit.wrap(path, rehearse=False)


def test_a_tensor_that_reaches_out_of_its_memory_is_refused(tmp_path):
    path = saved(torch.jit.script(Calls()), tmp_path / "model.pt")
    # the weights (2, 4) have the strides (4, 1); with 9 the second row would lie behind them
    altered(path, **{"data.pkl": lambda raw: raw.replace(b"K\x04K\x01", b"K\x09K\x01")})
    with pytest.raises(ModelFileRejected, match="a tensor has no possible shape"):
        auditkit.wrap(path, rehearse=False)
