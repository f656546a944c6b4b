"""The table of impact ratios; the figures say in words what they show."""

import numpy as np

from auditkit.plugins.fairness.groups.check import GroupFairness
from tests.plugins.recorded import one, recorded, run

FAST = GroupFairness(permutations=199, trials=20)


def rows(result):
    (table,) = result.tables
    return {row[0]: dict(zip([column.name for column in table.columns], row, strict=True)) for row in table.rows}


def test_a_group_with_few_decisions_has_no_rate_and_hides_no_other():
    """All groups are large; about one of them the model decides nine times."""
    names = np.repeat(["a", "b", "c"], [100, 60, 120])
    withheld = np.zeros(280, bool)
    withheld[100:151] = True
    result = run(FAST, *recorded(np.tile([0, 1], 140), None, {"g": names}, withheld=withheld))
    table_rows = rows(result)
    assert table_rows["g=b"]["people"] is None and table_rows["g=b"]["reason"] == "fewer than 10 people with a decision"
    assert (table_rows["g=a"]["people"], table_rows["g=c"]["people"]) == (100, 120)


def test_a_table_of_everything_shown_is_whole():
    names = np.repeat(["a", "b"], [100, 60])
    table_rows = rows(run(FAST, *recorded(np.tile([0, 1], 80), None, {"g": names})))
    assert [list(row) for row in table_rows.values()] == [["group", "people", "rate", "ratio", "reason"]] * 2
    assert (table_rows["g=b"]["people"], table_rows["g=b"]["rate"], table_rows["g=b"]["ratio"]) == (60, 0.5, 1.0)


def pictured(**more):
    rng = np.random.default_rng(0)
    groups = {"sex": rng.choice(["f", "m"], 900), "race": rng.choice(["x", "y", "z"], 900, p=[0.5, 0.48, 0.02])}
    y = rng.integers(0, 2, 900)
    d = np.where(rng.random(900) < np.where(groups["sex"] == "f", 0.5, 0.1), 1 - y, y)
    return run(FAST, *recorded(d, y, groups, **more))


def test_figures_show_intervals_the_line_of_equality_and_words():
    result = pictured()
    figures = {figure.name: figure for figure in result.figures}
    dots = figures["selection_rate"]
    assert dots.mark == "dot-whisker" and {row["label"] for row in dots.data} >= {"everyone", "sex=f", "race=x"}
    assert all(row["low"] <= row["value"] <= row["high"] for row in dots.data)
    for name, still in (("differences", 0), ("ratios", 1)):
        assert figures[name].mark == "forest" and [rule.value for rule in figures[name].rules] == [still]
    gap = one(result, "equalized_odds_difference", across=("sex",))
    assert f"{gap.value:.3g}" in figures["differences"].alt
    assert all(figure.alt and figure.title and figure.x.title for figure in result.figures)


def test_a_heat_map_shows_the_selection_rate_and_the_worst_rate_and_hides_what_is_hidden():
    result = pictured()
    maps = [figure for figure in result.figures if figure.mark == "heat-map"]
    assert len(maps) == 2 and maps[0].name == "selection_rate_map_1"
    # errors differ by sex in all labelled rates; the one that is drawn has the widest range
    ranges = {
        name: np.ptp([
            measurement.value for measurement in result.measurements
            if measurement.name == name and len(measurement.slice) == 2 and measurement.value is not None
        ])
        for name in ("true_positive_rate", "false_positive_rate", "positive_predictive_value")
    }  # fmt: skip
    assert maps[1].name == f"{max(ranges, key=ranges.get)}_map_1"
    for figure in maps:
        for cell in figure.data:
            where = {"sex": cell["across"], "race": cell["down"]}
            number = one(result, figure.name.removesuffix("_map_1"), where)
            assert (cell["value"], cell["n"]) == (number.value, number.n)
        blank = [cell for cell in figure.data if cell["value"] is None]
        assert blank and f"{len(blank)} of 6 cells are blank" in figure.caption
        assert "from" in figure.alt and "%" in figure.alt


def test_one_attribute_has_no_heat_map():
    result = run(FAST, *recorded([0, 1] * 50, [0, 1] * 50, {"g": ["a", "b", "b", "a"] * 25}))
    assert not any(figure.mark == "heat-map" for figure in result.figures)
