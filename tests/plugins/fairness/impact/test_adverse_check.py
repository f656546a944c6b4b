"""What `fairness.adverse_impact` says of tables worked by hand, of equal and unequal groups, and of what is hidden."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings, strategies as st

from auditkit import stats
from auditkit.plugins.fairness.impact import adverse_findings, significance
from auditkit.plugins.fairness.impact.adverse_check import AdverseImpact
from tests.plugins.recorded import control, one, recorded, run

FAST = AdverseImpact(draws=1000, trials=20)


def counted(table, **more):
    """{group: (people, selected)} as a table of counts."""
    names, decisions, people = [], [], []
    for name, (total, chosen) in table.items():
        for decision, number in ((1, chosen), (0, total - chosen)):
            if number:
                names, decisions, people = [*names, name], [*decisions, decision], [*people, number]
    return recorded(decisions, None, {"g": names}, people=np.array(people), **more)


def rows(table):
    names = np.repeat(list(table), [total for total, _ in table.values()])
    decisions = np.concatenate([np.arange(total) < chosen for total, chosen in table.values()]).astype(int)
    return recorded(decisions, None, {"g": names})


HAND = {"a": (120, 60), "b": (80, 30), "c": (200, 84)}


@pytest.mark.parametrize("recorded_as", [counted, rows], ids=["counts", "rows"])
def test_a_table_worked_by_hand(recorded_as):
    result = run(FAST, *recorded_as(HAND))
    assert [one(result, "selection_rate", {"g": name}).value for name in "abc"] == [0.5, 0.375, 0.42]
    assert [one(result, "impact_ratio", {"g": name}).value for name in "abc"] == [1, 0.75, 0.84]
    assert one(result, "impact_ratio", {"g": "a"}).exact and one(result, "impact_ratio", {"g": "a"}).interval is None
    # 32 of 80 is 40 %, four fifths of 50 %; moving one: 31/80 = 0.3875 and 59/120 = 0.4917, ratio 0.788; two: 0.828
    assert one(result, "shortfall", {"g": "b"}).value == 2 and one(result, "selections_to_turn", {"g": "b"}).value == 2
    # 84 - 4 = 80 of 200 is 40 %, 64 of 120 is 53 %: 0.75; three: 81/200 = 0.405, 63/120 = 0.525: 0.771; two: 0.794
    assert one(result, "shortfall", {"g": "c"}).value == 0 and one(result, "selections_to_turn", {"g": "c"}).value == 2
    # pooled 90 of 200: -0.125 / sqrt(0.45 * 0.55 * (1/80 + 1/120)) = -1.7408
    assert one(result, "standard_deviations", {"g": "b"}).value == pytest.approx(-1.7408, abs=1e-4)
    test = one(result, "impact_ratio", {"g": "b"}).test
    assert test.p == pytest.approx(scipy.stats.fisher_exact([[30, 50], [60, 60]]).pvalue)
    assert test.p_adjusted == pytest.approx(3 * test.p) and "g=a" in test.method
    assert control(result, "recount").value == 0 and control(result, "equal groups").holds
    assert result.tables[0].rows[1][:5] == ("g=b", 80, 30, 0.375, 0.75)


def test_the_interval_holds_for_all_pairs_at_once():
    two = one(run(FAST, *counted({"a": (100, 50), "b": (100, 30)})), "impact_ratio", {"g": "b"}).interval
    alone = stats.ratio_interval(30, 100, 50, 100)
    assert (two.low, two.high) == (alone.low, alone.high)
    three = one(run(FAST, *counted({"a": (100, 50), "b": (100, 30), "c": (100, 40)})), "impact_ratio", {"g": "b"})
    lowest = one(run(FAST, *counted({"a": (100, 50), "b": (100, 30), "c": (100, 40)})), "lowest_impact_ratio")
    extreme = stats.smallest([stats.Shares(np.array([50, 30, 40]), np.array([100, 100, 100]))])
    assert lowest.value == 0.6 and lowest.interval == extreme.interval
    assert three.interval.low < alone.low and three.interval.high > alone.high and "Šidák" in three.interval.method


def test_the_interval_covers_the_true_ratio_although_the_highest_group_is_chosen_by_looking():
    rng, missed = np.random.default_rng(0), 0
    for _ in range(150):
        drawn = dict(zip("abcd", [(60, int(rng.binomial(60, 0.4))) for _ in range(4)], strict=True))
        result = run(AdverseImpact(draws=1000, trials=20), *counted(drawn))
        intervals = [
            measurement.interval
            for measurement in result.measurements
            if measurement.name == "impact_ratio" and measurement.interval
        ]
        missed += any(not interval.low <= 1 <= interval.high for interval in intervals)
    assert missed / 150 <= 0.075


@settings(max_examples=10)
@given(
    st.dictionaries(
        st.sampled_from("abcdef"), st.integers(10, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
        min_size=2,
    )
)  # fmt: skip
def test_ratios_lie_between_0_and_1_and_the_highest_is_1(table):
    result = run(FAST, *counted({name: table[name] for name in sorted(table)}))
    ratios = [one(result, "impact_ratio", {"g": name}) for name in table]
    if not any(chosen for _, chosen in table.values()):
        assert all(ratio.value is None and "nobody was selected" in ratio.reason for ratio in ratios)
        assert one(result, "chance_of_ratio_under_0_8").value is None
        return
    assert max(ratio.value for ratio in ratios) == 1
    for measured, (people, chosen) in zip(ratios, table.values(), strict=True):
        assert 0 <= measured.value <= 1 and (measured.value > 0) == (chosen > 0) and measured.n == people
        assert measured.exact or measured.interval.low <= measured.value <= measured.interval.high


def test_equal_groups_are_rarely_called_different_and_unequal_ones_are():
    rng = np.random.default_rng(3)

    def called(sizes, rates):
        drawn = {name: (n, int(rng.binomial(n, p))) for name, n, p in zip("abcde", sizes, rates, strict=False)}
        result = run(FAST, *counted(drawn))
        return any(
            measurement.test is not None and measurement.test.p_adjusted <= 0.05 for measurement in result.measurements
        )

    assert np.mean([called([100] * 5, [0.3] * 5) for _ in range(100)]) <= 0.075
    assert np.mean([called([500, 500], [0.45, 0.3]) for _ in range(30)]) >= 0.9


def test_small_groups_are_told_how_often_chance_alone_does_it():
    small = run(AdverseImpact(trials=20), *counted({"a": (100, 30), "b": (100, 30)}))
    measurement = one(small, "chance_of_ratio_under_0_8")
    assert (
        measurement.value == pytest.approx(0.30, abs=0.015)
        and measurement.interval.high - measurement.interval.low < 0.02
    )
    assert (measurement.n, measurement.across) == (200, ("g",))
    assert any("By chance alone" in note and "30.0%" in note for note in small.notes)
    large = run(FAST, *counted({"a": (3000, 900), "b": (3000, 900)}))
    assert one(large, "chance_of_ratio_under_0_8").value < 0.01 and not any("chance" in note for note in large.notes)


def test_a_broken_test_is_caught_by_the_control(monkeypatch):
    monkeypatch.setattr(significance, "exact_test", lambda *counts: significance.Exact("broken", 0.001))
    result = run(FAST, *counted({"a": (100, 30), "b": (100, 30)}))
    assert not control(result, "equal groups").holds
    assert one(result, "impact_ratio", {"g": "b"}).validity == "inconclusive"


def test_a_wrong_count_is_caught_by_the_control(monkeypatch):
    true = adverse_findings.selection

    def wrong(*given):
        counts = true(*given)
        return counts._replace(selected=counts.selected + (np.arange(len(counts.selected)) == 0))

    monkeypatch.setattr(adverse_findings, "selection", wrong)
    result = run(FAST, *rows(HAND))
    assert control(result, "recount").value == 1
    assert one(result, "impact_ratio", {"g": "b"}).validity == "invalid"


def test_the_two_percent_boundary_is_exact():
    notes = run(FAST, *counted({"a": (686, 300), "b": (14, 6)})).notes
    assert not any("Under 2 %" in note for note in notes)  # 14 of 700 is 2 %
    result = run(FAST, *counted({"a": (687, 300), "b": (14, 6)}))
    assert any("Under 2 %" in note and "g=b" in note and "unverified" in note for note in result.notes)
    assert [row[7] for row in result.tables[0].rows] == [False, True]


def test_a_group_too_small_to_show_is_in_nothing():
    result = run(FAST, *counted({"a": (100, 50), "b": (100, 40), "c": (4, 4), "d": (9, 1)}))
    for name in "cd":
        measurement = one(result, "impact_ratio", {"g": name})
        assert measurement.value is None and measurement.reason == "fewer than 10 people"
    assert one(result, "impact_ratio", {"g": "b"}).value == 0.8 and one(result, "impact_ratio", {"g": "b"}).n == 100
    assert one(result, "chance_of_ratio_under_0_8").n == 200
    shown = [row for table in result.tables for row in table.rows if row[0] in ("g=c", "g=d")]
    assert len(shown) == 2 and all(row[1:8] == (None,) * 7 for row in shown)
    assert any("g=c (fewer than 10 people)" in note for note in result.notes)


def test_no_group_is_hidden_for_anothers_sake():
    result = run(FAST, *counted({"a": (100, 50), "b": (60, 24), "c": (40, 39), "d": (4, 4)}))
    measurement = one(result, "impact_ratio", {"g": "b"})
    assert measurement.value == pytest.approx(24 / 60 / (39 / 40)) and measurement.validity == "valid"


def test_a_large_group_without_enough_decisions_can_only_lower_the_ratios():
    result = run(FAST, *counted({"a": (100, 50), "b": (60, 24), "c": (40, 39)}, minimum_rate=50))
    measurement = one(result, "impact_ratio", {"g": "b"})
    assert (measurement.value, measurement.bound) == (0.8, "at most")
    (left,) = measurement.left_out
    assert (left.slice, left.people, left.bars) == ({"g": "c"}, 40, True) and "fewer than 50 people" in left.reason
    pair = one(result, "lowest_impact_ratio").pairs[0]
    assert (pair.low.slice, pair.low.count, pair.low.n) == ({"g": "b"}, 24, 60)
    assert (pair.high.slice, pair.high.count, pair.high.n) == ({"g": "a"}, 50, 100)


def test_beside_each_ratio_stand_those_to_the_highest_large_group_and_to_a_reference():
    people = {"a": (400, 200), "b": (300, 90), "c": (12, 11), "d": (300, 240)}
    result = run(FAST, *counted(people, reference={"g": "b"}))
    by_group = {name: one(result, "impact_ratio_large_groups", {"g": name}) for name in people}
    assert one(result, "impact_ratio", {"g": "b"}).value == pytest.approx(0.3 / (11 / 12))
    assert [by_group[name].value for name in "abd"] == [0.625, 0.375, 1.0] and by_group["d"].exact
    assert by_group["c"].value is None and by_group["c"].reason == "a group of under 2% of the people"
    level = stats.sidak_level(0.95, 3)
    alone = stats.ratio_interval(90, 300, 240, 300, level)
    assert (by_group["b"].interval.low, by_group["b"].interval.high) == (alone.low, alone.high)
    assert (
        by_group["b"].pairs[0].high.slice == {"g": "d"} and by_group["b"].test is None and by_group["b"].bound is None
    )
    against = {name: one(result, "impact_ratio_to_reference", {"g": name}) for name in people}
    assert [against[name].value for name in "ab"] == [pytest.approx(0.5 / 0.3), 1.0] and against["b"].exact
    assert against["c"].pairs[0].low.slice == {"g": "b"} and against["c"].pairs[0].high.count == 11
    nobody = run(FAST, *counted({"a": (100, 50), "b": (100, 0)}, reference={"g": "b"}))
    lacking = one(nobody, "impact_ratio_to_reference", {"g": "a"})
    assert lacking.value is None and lacking.reason == "nobody of the reference group was selected"


@pytest.mark.parametrize(
    ("table", "reason"),
    [({"a": (100, 40)}, "fewer than two groups"), ({"a": (50, 0), "b": (50, 0)}, "nobody was selected")],
)
def test_where_there_is_no_ratio_there_is_a_reason(table, reason):
    result = run(FAST, *counted(table))
    assert reason in one(result, "impact_ratio", {"g": "a"}).reason
    assert reason in one(result, "chance_of_ratio_under_0_8").reason
    assert len(result.tables) == 1


def test_everybody_selected_has_no_standard_deviations():
    result = run(FAST, *counted({"a": (50, 50), "b": (60, 60)}))
    assert one(result, "impact_ratio", {"g": "b"}).value == 1
    assert "all of both groups" in one(result, "standard_deviations", {"g": "b"}).reason
    assert "no number of selections" in one(result, "selections_to_turn", {"g": "b"}).reason


def test_people_without_a_decision_are_in_no_rate():
    withheld = np.arange(240) >= 200
    decided = np.tile([0, 1], 120)
    names = np.where(np.arange(240) % 40 < 20, "a", "b")
    result = run(FAST, *recorded(decided, None, {"g": names}, withheld=withheld))
    assert one(result, "selection_rate", {"g": "a"}).n == 100
    assert any("no decision was made about them: 40 people" in note for note in result.notes)


def test_a_group_with_too_few_decisions_is_not_assessed():
    names, decided = np.repeat(["a", "b"], 60), np.tile([0, 1], 60)
    result = run(FAST, *recorded(decided, None, {"g": names}, withheld=np.arange(120) >= 65))
    assert one(result, "impact_ratio", {"g": "b"}).reason == "fewer than 10 people with a decision"
    gone = run(FAST, *recorded(decided, None, {"g": names}, withheld=np.arange(120) >= 60))
    assert one(gone, "selection_rate", {"g": "b"}).reason == "no people with a decision"


def test_weights_are_not_used_and_it_is_said():
    result = run(FAST, *recorded([1, 0] * 40, None, {"g": ["a", "b"] * 40}, weights=np.linspace(1, 9, 80)))
    assert one(result, "selection_rate", {"g": "a"}).value == 1
    assert any("weights were not used" in note for note in result.notes)


def test_intersections_and_the_line_in_the_figure():
    rng = np.random.default_rng(5)
    groups = {"sex": rng.choice(["F", "M"], 400), "part": rng.choice(["x", "y"], 400)}
    result = run(AdverseImpact(intersections=2, trials=20), *recorded(rng.integers(0, 2, 400), None, groups))
    assert one(result, "chance_of_ratio_under_0_8", across=("sex", "part")).n == 400
    assert one(result, "impact_ratio", {"sex": "F", "part": "x"}).value <= 1
    figure = next(figure for figure in result.figures if figure.name == "impact_ratio")
    assert 0.8 in [rule.value for rule in figure.rules] and "29 CFR 1607.4(D)" in figure.caption


def test_people_of_an_unknown_group_are_compared_with_nobody():
    sex = np.repeat(["F", "M", "Unknown", "(missing)"], [100, 100, 30, 30])
    selected = np.concatenate([np.arange(100) < 50, np.arange(100) < 40, np.ones(30), np.ones(30)]).astype(int)
    model, data = recorded(selected, groups={"sex": sex})
    result = run(AdverseImpact(draws=1000, trials=20), model, data)
    assert one(result, "impact_ratio", {"sex": "M"}).value == pytest.approx(0.8)
    assert {measurement.slice["sex"] for measurement in result.measurements if measurement.slice} == {"F", "M"}
    assert "Compared with nobody, for they mean that the group is not known: (missing), Unknown." in result.notes
