"""The core alone, in an environment of its own without torch or any other extra, audits recorded decisions."""

from __future__ import annotations

import importlib.metadata
import json
import os
import pathlib
import subprocess
import sys

import pytest
from packaging.requirements import Requirement

ROOT = pathlib.Path(__file__).resolve().parent.parent

CONFIG = """
[model]
decisions = "decision"
[data]
path = "decisions.csv"
label = "repaid"
positive = "yes"
groups = ["sex"]
[[limits]]
name = "accuracy"
measurement = "performance.quality.accuracy"
at_least = 0.5
judge = "point"
because = "policy"
"""


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> pathlib.Path:
    """The python of a new environment that holds the built wheel, what the wheel says it needs, and nothing else."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    # built with what is installed here, for pip would fetch the build tools without comparing them with a hash
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
    done = subprocess.run(
        [*pip, "--no-build-isolation", "--target", str(site), str(ROOT)], capture_output=True, text=True, cwd=folder
    )
    if done.returncode != 0:
        if os.environ.get("CI"):
            pytest.fail(done.stderr)
        pytest.skip("the wheel was not built: is hatchling installed?")
    (wheel,) = importlib.metadata.distributions(name="auditkit-rai", path=[str(site)])
    for distribution in needed(wheel):
        # links to what this environment has: to unpack and compile it again takes half a minute
        for entry in {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
            (site / entry).symlink_to(distribution.locate_file(entry))
    return folder / "bin" / "python"


def needed(wheel: importlib.metadata.Distribution) -> list[importlib.metadata.Distribution]:
    """The distributions that a wheel without extras requires, and those that these require."""
    by_name: dict[str, importlib.metadata.Distribution] = {}
    waiting = [(wheel, {""})]
    while waiting:
        distribution, extras = waiting.pop()
        for line in distribution.requires or ():
            requirement = Requirement(line)
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras):
                other = importlib.metadata.distribution(requirement.name)
                if other.name not in by_name or requirement.extras:
                    by_name[other.name] = other
                    waiting.append((other, {"", *requirement.extras}))
    return list(by_name.values())


@pytest.mark.slow
def test_the_core_alone_audits_recorded_decisions(bare, tmp_path):
    lines = ["sex,repaid,decision"]
    lines += [f"{'FM'[n % 2]},{'yes' if n % 3 else 'no'},{'yes' if n % 3 or n % 7 == 0 else 'no'}" for n in range(210)]
    (tmp_path / "decisions.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "auditkit.toml").write_text(CONFIG)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}

    def run(*words: str) -> subprocess.CompletedProcess:
        return subprocess.run([str(bare), *words], cwd=tmp_path, capture_output=True, text=True, env=environment)

    for module in ("torch", "shap", "fairlearn", "captum", "art", "opacus"):
        assert f"No module named {module!r}" in run("-c", f"import {module}").stderr
    done = run("-m", "auditkit", "run")
    result = json.loads((tmp_path / "audit" / "results.json").read_text())
    status = {check_result["check"]: check_result["status"] for check_result in result["results"]}
    assert status["performance.quality"] == "measured", done.stderr
    assert status["fairness.groups"] == "measured"
    assert [verdict["status"] for verdict in result["verdicts"]] == ["met"]
    assert (tmp_path / "audit" / "report.html").is_file()
    skipped = {check_result["check"] for check_result in result["results"] if check_result["status"] == "skipped"}
    assert {"explanations.importance", "explanations.gradients", "robustness.evasion"} <= skipped
    assert done.returncode == 0, done.stdout + done.stderr


MODEL = """
import auditkit
from auditkit.testing import ToyModel, toy_data

@auditkit.check("acme.captum", requires=(("captum", "captum"),))
def attributions(model):
    "Which way does it go?"
    return 1.0

result = auditkit.audit(ToyModel(), toy_data(), checks=[attributions.check(), "performance.quality"], budget="quick")
by_id = {check_result.check: check_result for check_result in result.results}
assert by_id["performance.quality"].status == "measured"
assert by_id["acme.captum"].error.kind == "missing extra", by_id["acme.captum"]
assert "auditkit-rai[captum]" in by_id["acme.captum"].error.message
assert result.exit_code == 3
"""


@pytest.mark.slow
def test_a_check_that_would_run_but_lacks_its_extra_is_an_error_with_the_command(bare, tmp_path):
    done = subprocess.run([str(bare), "-c", MODEL], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
