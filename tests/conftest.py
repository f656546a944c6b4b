"""What all tests share: the folder with the real data, one thread for each worker, and the mark of GPU tests."""

from __future__ import annotations

import os

# two workers with two threads each on two cores spend their time waiting for each other; before numpy is imported
os.environ.setdefault("OMP_NUM_THREADS", "1")
# no test writes into the home of whoever runs it
os.environ.setdefault("AUDITKIT_RESUME_SECRET", "of the tests, and of nobody else")
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # for tests that import ONNX Runtime themselves

import fcntl
import gc
import pathlib
import tempfile
from collections.abc import Generator

import hypothesis
import pytest

from tests.process_stub.sitecustomize import chart

# a slow machine is no failure of a property; under CI the same examples are tried every time
hypothesis.settings.register_profile("any machine", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis.settings.load_profile("any machine")

ROOT = pathlib.Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> pathlib.Path:
    """The folder with the real data sets; its absence is a failure in CI and a skip elsewhere."""
    folder = pathlib.Path(os.environ.get("AUDITKIT_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail("the real data is required in CI: set AUDITKIT_DATA")
        pytest.skip("no real data: set AUDITKIT_DATA to its folder")
    return folder


@pytest.fixture(autouse=True)
def _checks_run_here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checks run in the process of the test, which looks into them; in workers where it is marked so."""
    if request.node.get_closest_marker("workers") is None:
        monkeypatch.setattr("auditkit.workers.engine.refusal", lambda: "a test looks into it")
        # nor do first answers and the opening of files take fresh processes, which take a second each
        monkeypatch.setattr("auditkit.run.apart.cannot_fork", lambda: "")
        monkeypatch.setattr("auditkit.workers.rehearsal._fresh", lambda *work: None)
    else:
        # pytest-xdist keeps a thread that waits for its controller
        monkeypatch.setattr("auditkit.workers.fork.active_count", lambda: 1)
        monkeypatch.setattr("auditkit.workers.worker.threads_left", lambda: "")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """A stub stands for each chart, here and in processes that tests start, unless a test is marked `charts`.

    Half of the time of a small audit goes into drawing. This holds for what fixtures of modules audit too.
    """
    with pytest.MonkeyPatch.context() as patch:
        if item.get_closest_marker("charts") is None:
            patch.setattr("auditkit.reports.charts.draw._drawn", chart)
            patch.setenv("PYTHONPATH", str(ROOT / "tests" / "process_stub"), prepend=os.pathsep)
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Of several workers, one compiles all that is imported before the others begin, who would compile it anew."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if run is None:
        return (yield)
    path = pathlib.Path(tempfile.gettempdir(), f"auditkit-tests-{run}.lock")
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(lock, fcntl.LOCK_SH)
        try:
            return (yield)
        finally:
            path.unlink(missing_ok=True)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was loaded and collected stays: to look for garbage in it again and again takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests come first, so that none is left alone at the end; gpu tests run where there is a GPU."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    if not any(item.get_closest_marker("gpu") for item in items):
        return
    import torch

    if torch.cuda.is_available():
        return
    skip = pytest.mark.skip(reason="needs a CUDA device, and there is none here")
    for item in items:
        if item.get_closest_marker("gpu"):
            item.add_marker(skip)
