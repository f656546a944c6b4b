"""Tables and further counts are published where no count is kept back, and give none away where one is."""

from __future__ import annotations

import csv
import json
import pathlib
from typing import TypeAlias

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit.data import AuditData
from auditkit.results import AuditResult, CheckResult
from auditkit.runfolder import read_result
from tests.hostile.reader import KINDS
from tests.hostile.test_published import MINIMUM, People, facts, worked_out
from tests.plugins.recorded import recorded

ROWS = 4000
FURTHER = {
    "fairness.ranking": ("top_k_share", "skew_at_k", "top_k_gap"),
    "fairness.slices": ("slice_error",),
    "fairness.scores": ("demographic_parity_at_threshold", "demographic_parity_worst_nearby",
                        "equalized_odds_at_threshold", "equalized_odds_worst_nearby"),
    "fairness.bias_audit": ("scoring_rate", "impact_ratio", "lowest_impact_ratio", "lowest_impact_ratio_large_groups",
                            "median_score", "unknown_category"),
}  # fmt: skip
"""What is made of other counts than those by label and decision."""


def scored(small: int, seed: int = 0) -> tuple[People, np.ndarray, np.ndarray]:
    """Two sexes and two races, all large; `small` people of a third race; cooks are judged wrongly."""
    rng = np.random.default_rng(seed)
    sex, race = rng.choice(["f", "m"], ROWS), rng.choice(["a", "b"], ROWS, p=[0.6, 0.4])
    race[:small] = "c"
    job = rng.choice(["clerk", "cook", "nurse"], ROWS)
    scores = 1 / (1 + np.exp(-rng.normal(size=ROWS) + 0.3 * (sex == "f")))
    labels = (rng.random(ROWS) < np.where(job == "cook", 1 - scores, scores)).astype(int)
    return People(labels, (scores >= 0.5).astype(int), {"sex": sex, "race": race}), scores, job


def audited(folder: pathlib.Path, small: int) -> tuple[AuditResult, People, np.ndarray, np.ndarray]:
    people, scores, job = scored(small)
    inputs = pd.DataFrame({"job": job})
    model, data = recorded(None, people.labels, people.groups, scores=scores, inputs=inputs, disclosure="publish")
    parameters = {
        "fairness.bias_audit": {"sex": "sex", "race_ethnicity": "race"}, "fairness.slices": {"trials": 5},
        "fairness.scores": {"permutations": 99, "trials": 20}, "fairness.groups": {"permutations": 99, "trials": 20},
        "fairness.ranking": {"permutations": 99, "draws": 50, "trials": 20}, "fairness.adverse_impact": {"trials": 20},
    }  # fmt: skip
    auditkit.audit(model, data, checks=list(parameters), parameters=parameters, budget="quick", out=folder)
    return read_result(folder), people, scores, job


Case: TypeAlias = tuple[AuditResult, People, np.ndarray, np.ndarray, pathlib.Path]


@pytest.fixture(scope="module", params=[0, 6], ids=["nothing kept back", "a small group"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("tables") / "run"
    return (*audited(folder, request.param), folder)


def result_of(result: AuditResult, check: str) -> CheckResult:
    return next(check_result for check_result in result.results if check_result.check == check)


def is_open(case: Case) -> bool:
    return not any(case[1].small(2))


def test_further_counts_have_numbers_only_where_no_count_is_kept_back(case: Case) -> None:
    for check, names in FURTHER.items():
        for name in names:
            values = [
                measurement.value for measurement in result_of(case[0], check).measurements if measurement.name == name
            ]
            assert values and any(value is not None for value in values) == is_open(case), (check, name)


def test_no_further_count_that_is_published_is_of_few(case: Case) -> None:
    """Each share is that of the rows, and neither it nor its complement is fewer than ten people."""
    result, people, scores, job = case[:4]
    if not is_open(case):
        return
    order = np.argsort(-scores)
    for measurement in result_of(result, "fairness.ranking").measurements:
        if measurement.name == "top_k_share" and measurement.value is not None:
            ((attribute, value),) = measurement.slice.items()
            inside = people.groups[attribute][order[: measurement.n]] == value
            assert round(measurement.value * (measurement.n or 0)) == inside.sum()
            assert MINIMUM <= inside.sum() <= min(len(inside), (people.groups[attribute] == value).sum()) - MINIMUM
            assert measurement.n == ROWS // 10  # of the first ten places every group holds few
    columns = {**people.groups, "job": job}
    wrong = people.labels != people.decisions
    for measurement in result_of(result, "fairness.slices").measurements:
        if measurement.name == "slice_error":
            rows = np.logical_and.reduce([columns[name] == value for name, value in measurement.slice.items()])
            hits = (measurement.value or 0) * (measurement.n or 0)
            assert abs(hits - round(hits)) < 1e-6 and MINIMUM <= hits <= (measurement.n or 0) - MINIMUM
            assert hits <= (wrong & rows).sum() and (measurement.n or 0) <= rows.sum()
    ends = [
        end
        for check in ("fairness.scores", "fairness.bias_audit")
        for number in result_of(result, check).measurements
        for pair in number.pairs
        for end in (pair.low, pair.high)
        if end.count is not None
    ]
    assert ends and all(MINIMUM <= (end.count or 0) <= (end.n or 0) - MINIMUM for end in ends)


def test_shares_at_thresholds_are_those_of_the_rows(case: Case) -> None:
    result, people, scores, _ = case[:4]
    for attribute in people.groups:
        (gap,) = [
            number
            for number in result_of(result, "fairness.scores").measurements
            if number.name == "demographic_parity_at_threshold" and number.across == (attribute,)
        ]
        rates = [(scores[people.groups[attribute] == value] >= 0.5).mean() for value in people.values[attribute]]
        assert gap.value == (pytest.approx(max(rates) - min(rates)) if is_open(case) else None)


def test_tables_are_published_where_every_group_in_them_is(case: Case) -> None:
    result, people = case[:2]
    names = {
        check: [table.name for table in result_of(result, check).tables]
        for check in ("fairness.adverse_impact", "fairness.bias_audit")
    }
    rates, tests = ["impact_1", "impact_2"], ["significance_1", "significance_2"]
    assert [name for name in names["fairness.adverse_impact"] if name in rates] == rates[: 2 if is_open(case) else 1]
    assert [name for name in names["fairness.adverse_impact"] if name in tests] == (tests if is_open(case) else [])
    audit = ["sex", "race_ethnicity", "intersectional", "summary"]
    assert [name for name in names["fairness.bias_audit"] if name in audit] == (audit if is_open(case) else [])
    table = result_of(result, "fairness.adverse_impact").tables[0]
    for row, sex in zip(table.rows, ("f", "m"), strict=True):
        selected = people.decisions[people.groups["sex"] == sex]
        assert row[:4] == (f"sex={sex}", len(selected), selected.sum(), pytest.approx(selected.mean()))


def test_no_count_of_few_is_worked_out_from_tables_too(case: Case) -> None:
    _, people, *_, folder = case
    reader = facts(people, folder)
    assert worked_out(people, reader, 2, MINIMUM) == []
    assert worked_out(people, reader, 2, (MINIMUM - 1) // 2, words=True) == []
    # the control: a table of a small group would give it away to this reader
    if not is_open(case):
        rows = [[f"race={race}", int((people.groups["race"] == race).sum())] for race in "ab"]
        reader.read({"across": ["race"], "columns": [{"name": "group"}, {"name": "people"}], "rows": rows})
        assert ({"race": "c"}, "people") in worked_out(people, reader, 1, MINIMUM)


def test_no_format_holds_a_further_count_where_one_is_kept_back(case: Case) -> None:
    _, people, scores, _, folder = case
    if is_open(case):
        return
    above = scores > np.median(scores)
    rates = [above[column == value].mean() for column in people.groups.values() for value in sorted(set(column))[:2]]
    secrets = {f"{rate:.9f}"[:8] for rate in (*rates, rates[0] / rates[1], rates[1] / rates[0])}
    for file in folder.rglob("*"):
        if file.suffix in (".json", ".csv", ".md", ".html", ".xml") and file.name != "manifest.json":
            assert not [secret for secret in secrets if secret in file.read_text()], file.name
    with (folder / "measurements.csv").open(newline="") as table:
        further = [row for row in csv.DictReader(table) if row["name"] in FURTHER.get(row["check"], ())]
    assert further and all(row["value"] == row["low"] == row["high"] == "" for row in further)
    numbers = json.loads((folder / "metrics.json").read_text())
    assert not [
        key for key in numbers for check, names in FURTHER.items() for name in names if f"{check}.{name}" in key
    ]


def test_a_table_of_counts_for_new_york_has_its_tables_where_every_count_is_enough(tmp_path: pathlib.Path) -> None:
    for small in (0, 6):
        people, _, _ = scored(small)
        table = pd.DataFrame({**people.groups, "selected": people.decisions})
        counted = table.groupby(["sex", "race", "selected"], as_index=False).size()
        data = AuditData.from_table(
            counted, groups=["sex", "race"], decisions="selected", people="size", positive=1, disclosure="publish"
        )
        folder = tmp_path / str(small)
        auditkit.audit(None, data, checks=["fairness.bias_audit"], budget="quick", out=folder, rules=["nyc-ll144"])
        bias_audit = result_of(read_result(folder), "fairness.bias_audit")
        required = [table for table in bias_audit.tables if table.name in ("sex", "race_ethnicity", "intersectional")]
        assert [required_table.name for required_table in required] == ["sex", "race_ethnicity", "intersectional"][
            : 1 if small else 3
        ]
        rows = {row[0]: row for row in required[0].rows}
        selected = people.decisions[people.groups["sex"] == "f"]
        assert rows["f"][1:4] == (len(selected), selected.sum(), pytest.approx(selected.mean()))
        unlabelled = people._replace(labels=np.full(ROWS, 2))
        reader = facts(unlabelled, folder)
        questions = [(group, kind) for group, kind in unlabelled.small(2) if kind in ("people", "selected", "rejected")]
        assert bool(questions) == bool(small)
        assert [
            question
            for question in questions
            if np.subtract(*reader.ends(question[0], KINDS[question[1]])) > -MINIMUM + 1e-6
        ] == []
