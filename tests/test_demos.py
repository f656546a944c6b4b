"""The demos find what was planted in them."""

from __future__ import annotations

import dataclasses
import fcntl
import importlib
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from auditkit.demos import DEMOS, Built
from auditkit.demos.credit import ROWS, make_applications
from auditkit.results import AuditResult, Comparison, Measurement
from auditkit.runfolder import read_result, verify
from tests.command import auditkit
from tests.few_questions import FEW_QUESTIONS

pytestmark = [pytest.mark.slow, pytest.mark.charts]


def run_demo(name: str, folder: pathlib.Path) -> None:
    """One demo as whoever tries it runs it; the other, of three models, here and with fewer questions of an attack."""
    words = ["demo", name, "--out", str(folder), "--quiet"]
    if name == "digits":
        command = [sys.executable, "-m", "auditkit", *words]
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder.parent)
    else:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("auditkit.workers.engine.refusal", lambda: "a test looks into it")
            patch.setattr("auditkit.run.apart.cannot_fork", lambda: "")
            patch.setitem(DEMOS, name, lambda: with_few_questions(name))
            done = auditkit(folder.parent, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("Report: ")


def with_few_questions(name: str) -> Built:
    """A demo whose robustness and explanations, in which nothing is planted, are looked at by few questions."""
    built = importlib.import_module(f"auditkit.demos.{name}").build()
    return dataclasses.replace(built, parameters={**built.parameters, **FEW_QUESTIONS})


def read_demo(folder: pathlib.Path) -> Comparison:
    result = read_result(folder)
    return result if isinstance(result, Comparison) else Comparison(title="one", results=(result,))


def made_once(name: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[pathlib.Path, Comparison]:
    """The folder of a demo, made by the first worker that needs it; the others wait for it, for tests only read it."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own
    folder = shared / "demos" / name
    folder.parent.mkdir(exist_ok=True)
    with (folder.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "report.html").exists():
            run_demo(name, folder)
    return folder, read_demo(folder)


@pytest.fixture(scope="module")
def credit(tmp_path_factory) -> tuple[pathlib.Path, Comparison]:
    return made_once("credit", tmp_path_factory)


@pytest.fixture(scope="module")
def digits(tmp_path_factory) -> tuple[pathlib.Path, Comparison]:
    return made_once("digits", tmp_path_factory)


def find(result: AuditResult, name: str, **fields) -> Measurement:
    check, _, short = name.rpartition(".")
    matching = [
        measurement
        for measured in result.results
        if measured.check == check
        for measurement in measured.measurements
        if measurement.name == short and all(getattr(measurement, key) == value for key, value in fields.items())
    ]
    assert len(matching) == 1, (name, fields, len(matching))
    return matching[0]


def test_what_is_said_to_be_planted_is_there():
    applications = make_applications()
    rates = {sex: np.mean(some.approved == "yes") for sex, some in applications.test.groupby("sex")}
    assert rates["male"] - rates["female"] == pytest.approx(applications.gap, abs=0.03)
    rows = set(map(tuple, applications.train.fillna(-1).to_numpy()))
    assert sum(row in rows for row in map(tuple, applications.test.fillna(-1).to_numpy())) == applications.copies
    assert (applications.train.debt_ratio > 1).sum() == applications.outliers
    assert np.mean(
        (applications.test[applications.proxy] == "sports") == (applications.test.sex == "male")
    ) == pytest.approx(0.9, abs=0.03)
    assert len(applications.test) == len(applications.train) == ROWS
    assert make_applications().test.equals(applications.test)


def test_every_check_ran_or_said_why_not(credit, digits):
    for _, comparison in (credit, digits):
        for result in comparison.results:
            for check_result in result.results:
                assert check_result.status in ("measured", "skipped"), (
                    result.model.name,
                    check_result.check,
                    check_result.reason,
                )
                assert check_result.status == "measured" or check_result.reason


def test_the_selection_gap_is_found(credit):
    for result in credit[1].results[:2]:
        gap = find(result, "fairness.groups.demographic_parity_difference", across=("sex",))
        assert gap.validity == "valid"
        assert gap.interval.low > 0.05
        assert gap.test.p_adjusted < 0.01
        assert {verdict.limit.name: verdict.status for verdict in result.verdicts}["selection-by-sex"] == "missed"


def test_the_gap_of_the_labels_is_found_and_is_the_planted_one(credit):
    rates = {
        sex: find(credit[1].results[0], "data.integrity.positive_share", slice={"sex": sex})
        for sex in ("male", "female")
    }
    assert rates["male"].value - rates["female"].value == pytest.approx(make_applications().gap, abs=0.03)


def test_the_proxy_is_named(credit):
    check = next(result for result in credit[1].results[0].results if result.check == "data.integrity")
    table = next(table for table in check.tables if "prox" in table.name)
    names = [column.name for column in table.columns]
    rows = [dict(zip(names, row, strict=True)) for row in table.rows]
    strongest = next(row for row in rows if "sex" in row.values())
    assert make_applications().proxy in strongest.values()


def test_the_copied_rows_are_counted(credit):
    applications = make_applications()
    overlap = find(credit[1].results[0], "data.integrity.train_overlap_share")
    assert overlap.value == pytest.approx(applications.copies / ROWS)
    assert overlap.exact


def test_the_memorised_outliers_are_found_in_the_trees_and_not_in_the_private_network(credit):
    trees, network, private = credit[1].results
    exposed = find(trees, "privacy.membership.memorisation", conditions={"rows": "isolated"})
    assert exposed.interval.low > 0.1
    assert private.parent == network.model.name
    calm = find(private, "privacy.membership.auc", slice={})
    assert calm.interval.low < 0.55
    assert calm.interval.high < find(trees, "privacy.membership.auc", slice={}).interval.high
    epsilon = find(private, "train.dp-sgd.epsilon")
    assert 0 < epsilon.value <= 3.0


def test_a_region_too_small_to_show_is_nowhere(credit):
    folder, comparison = credit
    for result in comparison.results:
        for measured in result.results:
            for measurement in measured.measurements:
                if measurement.slice.get("region") == "abroad":
                    assert measurement.value is None
                    assert measurement.n is None
        hidden = {group.value: group.rows for group in result.data.groups if group.attribute == "region"}
        assert hidden["abroad"] is None
        assert list(hidden.values()).count(None) == 1, "no larger region is hidden for the small one's sake"
        assert any("abroad" in named.values() for named in result.data.deducible), (
            "the report says that it can be worked out"
        )
    assert verify(folder) == []


def test_it_says_that_it_is_synthetic(credit):
    text = (credit[0] / "report.html").read_text()
    assert "synthetic" in text.lower()


def test_the_digits_network_is_right_and_its_robustness_falls(digits):
    result = digits[1].results[0]
    assert find(result, "performance.quality.accuracy", slice={}).value > 0.95
    curve = sorted(
        (measurement.conditions["epsilon"], measurement.value)
        for measured in result.results
        for measurement in measured.measurements
        if measured.check == "robustness.evasion" and measurement.name == "robust_accuracy" and not measurement.slice
    )
    values = [value for _, value in curve]
    assert values == sorted(values, reverse=True)
    assert values[0] > values[-1]
    assert values[-1] < 0.5


def test_the_evidence_stays_small_and_whole(credit, digits):
    for folder, _ in (credit, digits):
        assert verify(folder) == []
        assert (folder / "report.html").stat().st_size < 3_000_000
        json.loads((folder / "metrics.json").read_text())
