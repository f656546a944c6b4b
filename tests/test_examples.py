"""The examples run as their first lines say."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from tests.command import auditkit

ROOT = pathlib.Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def adult(tmp_path_factory, shared_data) -> tuple[pathlib.Path, subprocess.CompletedProcess]:
    """The census example, trained and audited with budget quick."""
    folder = tmp_path_factory.mktemp("adult")
    shutil.copytree(ROOT / "examples" / "adult", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("work"))
    with (folder / "auditkit.toml").open("a") as config:  # what takes half of the time, and what no test looks at
        config.write('\n[checks."robustness.evasion"]\nmax_queries = 100\n')
    environment = {**os.environ, "AUDITKIT_DATA": str(shared_data)}
    subprocess.run([sys.executable, "train.py"], cwd=folder, check=True, env=environment)
    words = ["-m", "auditkit", "run", "--budget", "quick"]
    done = subprocess.run([sys.executable, *words], cwd=folder, capture_output=True, text=True, env=environment)
    return folder / "work" / "audit", done


@pytest.mark.slow
def test_the_census_example_finds_what_is_known_of_it(adult):
    folder, done = adult
    assert done.returncode == 1, done.stdout + done.stderr
    comparison = json.loads((folder / "results.json").read_text())
    assert [audit["model"]["name"] for audit in comparison["results"]] == ["boosted trees", "network"]
    for result in comparison["results"]:
        verdicts = {verdict["limit"]["name"]: verdict["status"] for verdict in result["verdicts"]}
        assert verdicts["accuracy"] == "met"
        assert verdicts["selection-by-sex"] == "missed"
        assert {check_result["status"] for check_result in result["results"]} <= {"measured", "skipped"}, result[
            "outcome"
        ]["reasons"]
        assert {group["value"] for group in result["data"]["groups"]} >= {"Female", "Male", "Black", "White"}


@pytest.mark.slow
def test_its_evidence_is_whole(adult):
    folder, _ = adult
    assert auditkit(folder, "verify", str(folder)).returncode == 0
    for name in ("report.html", "model_card.md", "junit.xml", "metrics.json"):
        assert (folder / name).stat().st_size > 500
