"""The comparison runs, at a small size; its gates see what they are there for."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.metrics.catalogue import RATES, shares
from benchmarks import harness
from benchmarks.fairness_rows import law, library
from benchmarks.people import NAMES, people
from tests.benchmarks.rows import FACTS, row_lines


def test_the_first_row_runs_and_its_gates_hold(tmp_path, monkeypatch):
    pytest.importorskip("fairlearn")
    lines = row_lines("fairness", "a1", tmp_path, monkeypatch, their_calls=1)
    assert [line["row"] for line in lines] == ["a1"] * 3
    for line in lines:
        assert line["ratio"] > 100
        assert "extrapolated" in line["baseline"]["how"]
        assert len(line["gates"]) == 4


def test_a_gate_that_does_not_hold_fails_the_run(monkeypatch, tmp_path):
    from benchmarks import fairness
    from benchmarks.command import run
    from benchmarks.fairness_rows import intervals

    line = harness.Line("a1", "", harness.Baseline("", 1.0, ""), (0.5,), (harness.Gate("points", float("nan"), 1),))
    monkeypatch.setattr(intervals, "measure", lambda *_: ([line], {}))
    monkeypatch.setattr(harness, "machine", lambda _: FACTS)
    assert run(fairness.BENCHMARK, ["--row", "a1"]) == 1
    good = line._replace(gates=(harness.Gate("points", 1, 1),))
    monkeypatch.setattr(intervals, "measure", lambda *_: ([good], {}))
    assert run(fairness.BENCHMARK, ["--row", "a1", "--json", str(tmp_path / "found.json")]) == 0


def test_ratios_and_goals():
    line = harness.Line("a", "", harness.Baseline("", 10.0, ""), (0.9, 1.0, 5.0), (), 10)
    assert line.ratio == 10 and line.met
    assert not line._replace(goal=10.5).met
    slower = line._replace(baseline=harness.Baseline("", 0.5, ""), within=True)
    assert slower.ratio == 2 and slower.met and not slower._replace(goal=1.9).met


def test_runs_come_in_the_order_given():
    calls: list[str] = []
    first, second = (harness.Run(name, lambda name=name: calls.append(name), 2) for name in "ab")
    assert {name: len(seconds) for name, seconds in harness.in_order([first, second, second, first]).items()} == {
        "a": 4,
        "b": 4,
    }
    assert "".join(calls) == "aabbbbaa"


@pytest.mark.parametrize(
    ("values", "reference"),
    [([1.0, 2.0], [1.0, np.nan]), ([1.0, 2.0], [1.0, 2.0, 3.0]), ([np.nan], [np.nan])],
)
def test_what_cannot_be_compared_is_not_equal(values, reference):
    assert harness.largest_difference(np.array(values), np.array(reference)) == np.inf


def test_rates_of_resampled_tables_are_those_of_the_library():
    some = people(3_000, (2, 3, 4), 0)
    counts = library.count(dict(some.categories()), some.decisions, some.labels)
    tables = library.resampled_tables(counts, 2, np.random.default_rng(0))
    drawn = library.rates(library.marginals(tables))
    for replicate in range(2):
        rows = np.zeros_like(counts.tally.rows)
        for place, table in zip(((0, 0), (0, 1), (1, 0), (1, 1)), tables[replicate], strict=True):
            rows[:, *place] = table[tuple(counts.cells.T)]
        again = counts._replace(tally=counts.tally._replace(rows=rows))
        for at, name in enumerate(library.MEASURES):
            start = 0
            for subset in library.SUBSETS:
                tally = again.over([NAMES[attribute] for attribute in subset]).tally
                values = shares(tally, RATES[name]).values
                np.testing.assert_allclose(drawn[replicate, at, start : start + len(values)], values, atol=1e-15)
                start += len(values)


def test_the_ends_are_numpys_quantiles():
    drawn = np.random.default_rng(0).random((37, 3, 5))
    np.testing.assert_allclose(library._ends(drawn), np.quantile(drawn, library.ENDS, axis=0), rtol=1e-12)
    drawn[3, 1, 1] = np.nan
    np.testing.assert_allclose(library._ends(drawn), np.nanquantile(drawn, library.ENDS, axis=0), rtol=1e-12)


def ends(rows: int, seeds: range, replicates: int = 50) -> np.ndarray:
    some = people(rows, (2, 2, 2), 1)
    groups = dict(some.categories())
    return np.stack([library.intervals(groups, some, replicates, seed).ends[..., -8:] for seed in seeds])


def test_the_law_gate_tells_rows_resampled_from_intervals_of_another_size():
    own = ends(4_000, range(150))
    some = people(4_000, (2, 2, 2), 1)
    rng = np.random.default_rng(9)
    by_rows = []
    for _ in range(50):  # people drawn anew, not cells
        at = rng.integers(0, 4_000, 4_000)
        codes = tuple(code[at] for code in some.codes)
        drawn = some._replace(codes=codes, labels=some.labels[at], decisions=some.decisions[at])
        by_rows.append(library.points(dict(drawn.categories()), drawn)[:, -8:])
    resampled = np.quantile(by_rows, library.ENDS, axis=0)
    assert all(gate.holds for gate in law.gates(own, resampled))
    centre = resampled.mean(axis=0)
    for factor in (0.75, 1.3):
        assert not all(gate.holds for gate in law.gates(own, centre + factor * (resampled - centre)))
    assert not all(gate.holds for gate in law.gates(own, resampled + 0.02))
