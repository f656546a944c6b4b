"""The one door to ART: quiet, and without leaving anything in the user's home."""

import contextlib
import importlib.util
import logging
import os
import pathlib
import random
import sys
import tempfile
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.errors import require
from auditkit.lazy import Lazy

if TYPE_CHECKING:
    from unittest import mock
else:  # slow to import, and every audit imports this module
    mock = Lazy("unittest.mock")


class _Seeded(np.random.RandomState):
    """Unseeded it would never draw the same twice."""

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(np.random.randint(2**31 - 1) if seed is None else seed)


def require_art(module: str) -> ModuleType:
    """Import a module of ART.

    Raises:
        MissingExtra: ART is not installed.
    """
    if "art" not in sys.modules:
        _load_config()
    with quiet():
        return require(module, "art")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence ART's log and the warnings of what it imports, for one call."""
    log = logging.getLogger("art")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        # it warns of its own use of numpy and torch, which whoever reads the audit can do nothing about
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        log.setLevel(level)


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed the global generators, which ART draws from, and put them back on leaving."""
    torch: Any = require("torch", "torch")
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    with contextlib.ExitStack() as restored, torch.random.fork_rng(devices):
        restored.callback(random.setstate, random.getstate())
        restored.callback(np.random.set_state, np.random.get_state())
        random.seed(seed)
        np.random.seed(seed % 2**32)
        torch.manual_seed(seed)
        yield


@contextlib.contextmanager
def evasion_seeded(seed: int) -> Iterator[None]:
    """The same, and what attacks by evasion make to draw from in private."""
    with seeded(seed), mock.patch.object(np.random, "RandomState", _Seeded):
        yield


def _load_config() -> None:
    """ART writes a folder into the home directory when `art.config` is first imported: give it another home."""
    spec = importlib.util.find_spec("art")
    if spec is None or spec.origin is None:
        return  # `require` says so
    config = importlib.util.spec_from_file_location("art.config", pathlib.Path(spec.origin).parent / "config.py")
    if config is None or config.loader is None:
        return
    module = importlib.util.module_from_spec(config)
    with tempfile.TemporaryDirectory() as home, mock.patch.dict(os.environ, {"HOME": home, "USERPROFILE": home}):
        config.loader.exec_module(module)
    sys.modules["art.config"] = module
