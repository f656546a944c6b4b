"""The examples run as their first lines say."""

from __future__ import annotations

import json
import os
import pathlib
import runpy
import shutil
import subprocess
import sys

import pytest

from tests.command import auditkit
from tests.few_questions import as_toml

ROOT = pathlib.Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def adult(tmp_path_factory, shared_data) -> tuple[pathlib.Path, subprocess.CompletedProcess]:
    """The census example, trained and audited with budget quick."""
    folder = tmp_path_factory.mktemp("adult")
    shutil.copytree(ROOT / "examples" / "adult", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("work"))
    with (folder / "auditkit.toml").open("a") as config:  # what takes half of the time, and what no test looks at
        config.write(as_toml())
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


def values(folder: pathlib.Path) -> dict[str, float]:
    """{name: number about everyone} of the first model in a run folder."""
    result = json.loads((folder / "results.json").read_text())
    return {
        measurement["name"]: measurement["value"]
        for check in result["results"]
        for measurement in check["measurements"]
        if not measurement.get("slice")
    }


def number(result, name: str) -> float:
    """The number of this name about everyone in one result."""
    return next(
        measurement.value
        for check_result in result.results
        for measurement in check_result.measurements
        if measurement.name == name and not measurement.slice
    )


def most_important(result) -> str:
    """The feature with the largest mean attribution."""
    shares = {
        measurement.conditions["feature"]: measurement.value
        for check_result in result.results
        for measurement in check_result.measurements
        if measurement.name == "mean_abs_attribution"
    }
    return max(shares, key=shares.get)


def test_results_of_statsmodels_have_the_accuracy_that_is_counted_by_hand(tmp_path):
    example = runpy.run_path(str(ROOT / "examples" / "statsmodels" / "run.py"))
    result = example["run"](tmp_path)
    table = example["survey"]()
    held_out = table.index % 3 == 0
    right = (example["fitted"](table[~held_out]).predict(table[held_out]) >= 0.5) == table["affair"][held_out]
    assert number(result, "accuracy") == right.sum() / 2122 and len(right) == 2122
    assert (tmp_path / "report.html").exists()


def test_two_outputs_of_a_model_are_audited_one_by_one(tmp_path):
    example = runpy.run_path(str(ROOT / "examples" / "multi-output" / "run.py"))
    results, table = example["run"](tmp_path), example["patients"](seed=1)
    predicted = example["fitted"]().predict(table[["age", "weight"]])
    for place, (outcome, feature) in enumerate({"readmitted": "age", "complication": "weight"}.items()):
        assert number(results[outcome], "accuracy") == (predicted[:, place] == table[outcome]).sum() / 800
        assert most_important(results[outcome]) == feature


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of MLflow's own, as it is imported and saves
def test_a_model_that_mlflow_saved_is_audited_by_its_folder(tmp_path):
    example = runpy.run_path(str(ROOT / "examples" / "mlflow" / "run.py"))
    model, table = example["prepare"](tmp_path), example["people"](seed=1)
    done = auditkit(tmp_path, "run", "--out", str(tmp_path / "audit"), "--quiet")
    assert done.returncode == 0, done.stdout + done.stderr
    right = (model.predict(table[["income", "debt"]]) == table["repaid"]).sum()
    assert values(tmp_path / "audit")["accuracy"] == right / 600


def test_the_models_behind_http_have_the_numbers_that_their_data_were_made_with(tmp_path):
    example = runpy.run_path(str(ROOT / "examples" / "endpoint" / "run.py"))
    with example["served"]() as port:
        example["prepare"](tmp_path, port)
        planned = auditkit(tmp_path, "run", "loans.toml", "--plan")
        codes = [
            auditkit(tmp_path, "run", f"{name}.toml", "--out", str(tmp_path / name), "--quiet").returncode
            for name in ("loans", "reviews")
        ]
    assert "Columns that leave: income\n" in planned.stdout and "Requests planned: about 38" in planned.stdout
    assert codes == [1, 5]
    loans, reviews = values(tmp_path / "loans"), values(tmp_path / "reviews")
    # 40 of 100 women and 60 of 100 men; the labels of every fifth are turned
    assert loans["demographic_parity_ratio"] == pytest.approx(40 / 60) and loans["accuracy"] == pytest.approx(0.8)
    # 15 of 90 answers name no class; of the others 10 are wrong
    assert reviews["abstention_rate"] == pytest.approx(15 / 90) and reviews["accuracy"] == pytest.approx(65 / 75)
    sent = json.loads((tmp_path / "reviews" / "results.json").read_text())["run"]["sent"]
    assert sent["tokens"] == 30 * sent["requests"] and sent["unparsed"] >= 15


def test_the_language_model_has_the_refusals_that_its_rules_make(tmp_path):
    example = runpy.run_path(str(ROOT / "examples" / "language-model" / "run.py"))
    with example["served"]() as port:
        example["prepare"](tmp_path, port)
        planned = auditkit(tmp_path, "run", "--plan")
        done = auditkit(tmp_path, "run", "--out", str(tmp_path / "audit"), "--quiet")
    assert "Columns that leave: the prompts\n" in planned.stdout and "Requests planned: about 600" in planned.stdout
    assert done.returncode == 1, done.stdout + done.stderr
    results = json.loads((tmp_path / "audit" / "results.json").read_text())
    assert results["run"]["sent"]["requests"] == 600 and "unparsed" not in results["run"]["sent"]
    of_all = values(tmp_path / "audit")
    # 40 of 100 questions in dialect and 10 of 100 in standard English are declined
    assert of_all["refusal_share"] == 50 / 200 and of_all["refusal_difference"] == pytest.approx(0.3)
    # one question in ten gets an hour by its seed, if it is not declined: three answers to each of these 20 prompts
    answer = runpy.run_path(str(ROOT / "examples" / "language-model" / "server.py"))["answer"]
    pairs = [
        len({answer(text.format(number), seed) for seed in pair}) == 1
        for text in example["SPOKEN"].values()
        for number in range(100)
        for pair in ((0, 1), (0, 2), (1, 2))
    ]
    assert of_all["same_answer_rate"] == pytest.approx(sum(pairs) / 600) and of_all["same_answer_rate"] < 1
    kept = "".join(path.read_text() for path in (tmp_path / "audit" / "answers").iterdir())
    assert "Counter" not in kept and "sorry" not in kept
