"""Of a number that is only a bound on that over all groups, one end of its interval holds, and one is shown."""

from __future__ import annotations

import csv
import pathlib
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest

import auditkit
from auditkit.figures import bounded, forest
from auditkit.reports.charts import specification
from auditkit.results import AuditResult, Figure, Interval, Measurement
from auditkit.runfolder import read_result
from tests.plugins.recorded import recorded

GAP, RATIO = "demographic_parity_difference", "demographic_parity_ratio"
LIMIT = {"measurement": f"fairness.groups.{GAP}", "at_most": 0.9, "name": "gap"}


def audited(folder: pathlib.Path, small: int) -> AuditResult:
    """Two groups of which 60 % and 40 % are selected, and people of a third who are too few to be measured."""
    race = np.repeat(["a", "b", "x"], [200, 200, small])
    decisions = np.r_[np.arange(200) < 120, np.arange(200) < 80, np.arange(small) < 2].astype(int)
    model, data = recorded(decisions, decisions, {"race": race})
    parameters = {"fairness.groups": {"permutations": 199, "trials": 20}}
    result = auditkit.audit(
        model, data, checks=["fairness.groups"], parameters=parameters, limits=[LIMIT], budget="quick", out=folder
    )
    assert isinstance(result, AuditResult)
    return read_result(folder)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[pathlib.Path, AuditResult]:
    folder = tmp_path_factory.mktemp("bounds") / "run"
    return folder, audited(folder, 8)


def row_of(figure: Figure) -> dict[str, Any]:
    (row,) = [row for row in figure.data if str(row["label"]).endswith("over race")]
    return row


@pytest.mark.parametrize(("name", "held", "blank"), [(GAP, "low", "high"), (RATIO, "high", "low")])
def test_tables_and_figures_have_the_end_that_holds(
    both: tuple[pathlib.Path, AuditResult], name: str, held: str, blank: str
) -> None:
    folder, result = both
    (check,) = result.results
    (measured,) = [measurement for measurement in check.measurements if measurement.name == name]
    ends = measured.interval
    assert measured.bound is not None and ends is not None
    assert ends.low is not None and ends.high is not None  # of what was compared, by which a limit may be met
    with (folder / "measurements.csv").open(newline="") as file:
        (written,) = [row for row in csv.DictReader(file) if row["name"] == name]
    assert (float(written[held]), written[blank]) == (getattr(ends, held), "")
    table = pyarrow.parquet.read_table(folder / "measurements.parquet").to_pylist()
    (parquet,) = [row for row in table if row["name"] == name]
    assert (parquet[held], parquet[blank]) == (getattr(ends, held), None)
    drawn = [row for figure in check.figures for row in figure.data if row.get("bound") == measured.bound]
    (row,) = [row for row in drawn if row["value"] == measured.value]
    assert (row[held], row[blank]) == (getattr(ends, held), None)


def test_a_verdict_rests_on_both_ends_as_before(both: tuple[pathlib.Path, AuditResult]) -> None:
    (verdict,) = both[1].verdicts
    assert verdict.status == "met" and "among what was compared" in verdict.reason


def test_where_nobody_is_left_out_both_ends_are_shown(tmp_path: pathlib.Path) -> None:
    (check,) = audited(tmp_path / "run", 20).results
    drawn = [
        row for figure in check.figures for row in figure.data if str(row.get("label")).startswith("demographic parity")
    ]
    assert drawn and all(row["low"] is not None and row["high"] is not None and "bound" not in row for row in drawn)


def gap(bound: Any = None) -> Measurement:
    interval = Interval(low=0.24, high=0.493, method="m")
    return Measurement(name="gap", value=0.377, interval=interval, n=90, across=("race",), bound=bound)


def layers(figure: Figure) -> list[dict[str, Any]]:
    spec = specification(figure, "wide")
    assert spec is not None
    return [layer for layer in spec["layer"] if isinstance(layer["mark"], dict)]


@pytest.mark.parametrize("bound", [None, "at least", "at most"], ids=str)
def test_an_end_that_does_not_hold_is_an_arrow_to_the_edge_of_the_plot(bound: str | None) -> None:
    figure = forest("gaps", "Gaps", [gap()])
    assert figure is not None
    drawn = bounded(figure, [gap(bound)])
    arrows = [layer for layer in layers(drawn) if str(layer["mark"].get("shape")).startswith("triangle-")]
    assert [arrow["mark"]["shape"] for arrow in arrows] == {
        None: [], "at least": ["triangle-right"], "at most": ["triangle-left"],
    }[bound]  # fmt: skip
    text = {None: "0.377 (0.24 to 0.493)", "at least": "at least 0.377 (0.24 or more)",
            "at most": "at most 0.377 (0.493 or less)"}[bound]  # fmt: skip
    assert drawn.alt == f"Gaps: over race {text}."
    assert drawn == forest("gaps", "Gaps", [gap(bound)])


def test_of_two_numbers_the_bound_alone_loses_an_end() -> None:
    other = gap().model_copy(update={"name": "other", "across": ("sex",)})
    figure = forest("gaps", "Gaps", [gap(), other])
    assert figure is not None
    first, second = bounded(figure, [gap("at least"), other]).data
    assert (first["high"], second["high"]) == (None, 0.493)
    assert first["label"] == "gap: over race" and first["bound"] == "at least"
