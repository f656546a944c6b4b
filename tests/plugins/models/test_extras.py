"""`auditkit plugins` says which extra a file of a model needs, and whether it is there."""

from __future__ import annotations

import importlib.util
import pathlib
import tomllib

from auditkit.plugins.models.extras import EXTRAS
from tests.command import auditkit

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent


def test_every_extra_exists_and_brings_its_package():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for package, extra in EXTRAS.values():
        assert any(requirement.startswith(package) for requirement in extras[extra]), (package, extra)


def test_the_command_lists_them(tmp_path, monkeypatch):
    real = importlib.util.find_spec
    missing = lambda name, *more: None if name == "onnxruntime" else real(name, *more)  # noqa: E731
    monkeypatch.setattr(importlib.util, "find_spec", missing)
    printed = auditkit(tmp_path, "plugins").stdout
    assert ".onnx: auditkit-rai[onnx], not installed" in printed
    assert ".cbm: auditkit-rai[catboost], installed" in printed
