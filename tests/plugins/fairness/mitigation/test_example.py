"""The example of mitigation runs as its first lines say, and goes on with the same models where it was stopped."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from tests.command import auditkit

ROOT = pathlib.Path(__file__).resolve().parents[4]
NAMES = ["as it was", "reweighed", "mixture", "thresholds"]


def run(folder: pathlib.Path, data: pathlib.Path) -> tuple[subprocess.CompletedProcess, dict]:
    words = [sys.executable, "-m", "auditkit", "run", "--budget", "quick"]
    environment = {**os.environ, "AUDITKIT_DATA": str(data)}
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, env=environment)
    return done, json.loads((folder / "work" / "audit" / "results.json").read_text())


@pytest.fixture(scope="module")
def example(tmp_path_factory, shared_data):
    folder = tmp_path_factory.mktemp("mitigation")
    shutil.copytree(ROOT / "examples" / "mitigation", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("work"))
    environment = {**os.environ, "AUDITKIT_DATA": str(shared_data)}
    subprocess.run([sys.executable, "train.py"], cwd=folder, check=True, env=environment)
    return folder, *run(folder, shared_data)


def number(result: dict, check: str, name: str) -> float:
    check_result = next(candidate for candidate in result["results"] if candidate["check"] == check)
    return next(
        measurement["value"]
        for measurement in check_result["measurements"]
        if measurement["name"] == name and not measurement["slice"]
    )


@pytest.mark.slow
def test_every_model_is_audited_beside_its_parent(example):
    _, done, comparison = example
    assert done.returncode == 1, done.stdout + done.stderr
    assert [audit["model"]["name"] for audit in comparison["results"]] == NAMES
    assert [audit["parent"] for audit in comparison["results"]] == [None, *["as it was"] * 3]
    parent, reweighed, mixture, thresholds = comparison["results"]
    gap = {audit["model"]["name"]: number(audit, "fairness.groups", "demographic_parity_difference") for audit in
           comparison["results"]}  # fmt: skip
    assert gap["as it was"] > 0.15 and gap["reweighed"] < gap["as it was"]
    assert gap["mixture"] < 0.06 and gap["thresholds"] < 0.06
    accuracy = [number(audit, "performance.quality", "accuracy") for audit in comparison["results"]]
    assert accuracy[0] - 0.06 < accuracy[2] < accuracy[3] < accuracy[0]
    assert 0.01 < number(thresholds, "train.threshold-optimizer", "accuracy_cost") < 0.04
    assert number(mixture, "train.exponentiated-gradient", "members") >= 2
    assert number(reweighed, "train.reweighing", "label_gap_after") < 1e-9
    for result in (reweighed, mixture, thresholds):
        assert result["model"]["classes"] == ["<=50K", ">50K"] and not result["model"]["stochastic"]
        assert {check_result["status"] for check_result in result["results"]} == {"measured"}
        trainer_result = result["results"][0]
        assert trainer_result["check"].startswith("train.")
        assert [control["name"] for control in trainer_result["controls"] if control["holds"] is not True] == []
        assert trainer_result["measurements"][0]["name"] == "accuracy_cost"
    assert parent["model"]["fingerprint"] not in {audit["model"]["fingerprint"] for audit in comparison["results"][1:]}


@pytest.mark.slow
def test_a_second_run_makes_the_same_models_and_takes_up_what_is_finished(example, shared_data):
    folder, _, first = example
    _, again = run(folder, shared_data)
    for before, after in zip(first["results"], again["results"], strict=True):
        assert before["model"]["fingerprint"] == after["model"]["fingerprint"]
        assert before["results"] == after["results"]
        assert set(after["run"]["resumed"]) == {"fairness.groups", "performance.quality"}
    assert auditkit(folder, "verify", "work/audit").returncode == 0


@pytest.mark.slow
def test_the_report_shows_the_cost_beside_the_gain(example):
    page = (example[0] / "work" / "audit" / "report.html").read_text()
    for words in ("Accuracy given up", "Who gains and who loses", "Thresholds by group", "Made from as it was"):
        assert words in page


@pytest.mark.slow
def test_a_refitted_model_can_be_taken_out_of_the_evidence(example):
    from auditkit.host import Host
    from auditkit.models import ModelOptions

    folder, _, comparison = example
    kept = folder / "work" / "audit" / "models" / "reweighed.skops"
    model = Host(discover=False).load_model(kept, ModelOptions(classes=("<=50K", ">50K")))
    assert model.classes == ("<=50K", ">50K") and comparison["results"][1]["model"]["name"] == "reweighed"
    assert auditkit(folder, "verify", "work/audit").returncode == 0
