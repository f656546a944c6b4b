"""Abstentions, unknown labels and tables of counts: who is in which denominator, and what is said of it."""

import numpy as np
import pandas as pd
import pytest

from auditkit.data import AuditData
from auditkit.metrics.catalogue import CRITERIA, RATES
from auditkit.metrics.composites import COMPOSITES
from auditkit.plugins.fairness.groups.check import GroupFairness
from auditkit.plugins.fairness.groups.definitions import INDICES
from auditkit.plugins.models.recorded import RecordedModel
from tests.plugins.recorded import control, one, recorded, run

FAST = GroupFairness(permutations=199, trials=20)
NAMED = tuple(name for name in (*RATES, *COMPOSITES, *CRITERIA, *INDICES) if not name.startswith("conditional"))
EVERYTHING = GroupFairness(permutations=199, trials=20, measures=NAMED)


def random_people(rng, rows=600):
    y, d = rng.integers(0, 2, rows), rng.integers(0, 2, rows)
    groups = {"g": np.array(["a", "b", "c"])[rng.integers(0, 3, rows)]}
    return y, d, groups


def table(result):
    (only_table,) = result.tables
    return [dict(zip([column.name for column in only_table.columns], row, strict=True)) for row in only_table.rows]


def test_abstentions_leave_every_denominator_but_their_own():
    y, d, groups = random_people(np.random.default_rng(0))
    withheld = np.random.default_rng(1).random(600) < 0.2
    result = run(EVERYTHING, *recorded(d, y, groups, withheld=withheld))
    rest = run(EVERYTHING, *recorded(d[~withheld], y[~withheld], {"g": groups["g"][~withheld]}))
    for measurement in rest.measurements:
        if measurement.name in RATES and measurement.name not in ("abstention_rate", "prevalence"):
            number = one(result, measurement.name, measurement.slice)
            assert (number.value, number.n) == (pytest.approx(measurement.value), measurement.n)
    assert one(result, "mcc", {"g": "a"}).value == pytest.approx(one(rest, "mcc", {"g": "a"}).value)
    assert one(result, "equalized_odds_difference").value == one(rest, "equalized_odds_difference").value
    in_a = groups["g"] == "a"
    assert one(result, "abstention_rate", {"g": "a"}).value == pytest.approx(withheld[in_a].mean())
    assert one(result, "prevalence").value == pytest.approx(y.mean())
    assert control(result, "recount").holds and control(result, "shuffled groups").holds
    assert f"No decision was made about {withheld.sum()} people" in " ".join(result.notes)


def test_the_abstention_rate_is_shown_where_there_are_abstentions_and_only_there():
    y, d, groups = random_people(np.random.default_rng(2))
    withheld = np.arange(600) < 12
    with_some = run(FAST, *recorded(d, y, groups, withheld=withheld))
    assert one(with_some, "abstention_rate").value == pytest.approx(0.02)
    line = next(row for row in table(with_some) if row["group"] == "g=a")
    assert line["abstained"] == (groups["g"][:12] == "a").sum()
    assert line["people"] == (groups["g"][12:] == "a").sum()
    without = run(FAST, *recorded(d, y, groups))
    assert not any(measurement.name == "abstention_rate" for measurement in without.measurements)
    assert "abstained" not in table(without)[0]


def test_a_model_that_declines_to_decide_about_one_group_is_found():
    rng = np.random.default_rng(3)
    y, d, groups = random_people(rng)
    withheld = (groups["g"] == "a") & (rng.random(600) < 0.4)
    check = GroupFairness(permutations=999, trials=20, measures=("abstention_parity",))
    result = run(check, *recorded(d, y, groups, withheld=withheld))
    gap = one(result, "abstention_parity_difference")
    assert gap.interval.low > 0.2 and gap.test.p_adjusted <= 0.01


def test_unknown_labels_leave_only_what_needs_labels():
    y, d, groups = random_people(np.random.default_rng(4))
    known = np.random.default_rng(5).random(600) < 0.7
    result = run(EVERYTHING, *recorded(d, y, groups, known=known))
    rest = run(EVERYTHING, *recorded(d[known], y[known], {"g": groups["g"][known]}))
    whole = run(EVERYTHING, *recorded(d, y, groups))
    for name, other in (("true_positive_rate", rest), ("accuracy", rest), ("mcc", rest), ("selection_rate", whole)):
        for where in ({}, {"g": "b"}):
            assert one(result, name, where).value == pytest.approx(one(other, name, where).value)
            assert one(result, name, where).n == one(other, name, where).n
    assert one(result, "demographic_parity_ratio").value == one(whole, "demographic_parity_ratio").value
    assert control(result, "recount").holds
    assert f"The labels of {(~known).sum()} people are not known" in " ".join(result.notes)
    assert next(row for row in table(result) if row["group"] == "g=a")["unknown"] == (~known[groups["g"] == "a"]).sum()


def test_few_blanks_are_a_count_of_everyone_and_told():
    y, d, groups = random_people(np.random.default_rng(6))
    blank = {"withheld": np.arange(600) < 3, "known": np.arange(600) >= 4}
    for disclosure, numbers in (("internal", ("3", "4")), ("publish", ("fewer than 10", "fewer than 10"))):
        notes = " ".join(run(FAST, *recorded(d, y, groups, disclosure=disclosure, **blank)).notes)
        assert f"No decision was made about {numbers[0]} people" in notes
        assert f"The labels of {numbers[1]} people" in notes


def test_a_table_of_counts_says_what_its_people_would_say():
    rng = np.random.default_rng(7)
    y, d, groups = random_people(rng, 2000)
    frame = pd.DataFrame({"y": y, "d": d, "g": groups["g"]})
    counted = frame.value_counts().reset_index()
    model, data = recorded(
        counted["d"].to_numpy(), counted["y"].to_numpy(), {"g": counted["g"]}, people=counted["count"].to_numpy()
    )
    few, many = run(EVERYTHING, model, data), run(EVERYTHING, *recorded(d, y, groups))
    assert len(data) == 12 and len(few.measurements) == len(many.measurements)
    for a, b in zip(few.measurements, many.measurements, strict=True):
        assert (a.name, a.slice, a.n) == (b.name, b.slice, b.n)
        assert a.value == pytest.approx(b.value)
        if a.interval and a.name != "between_group_entropy":
            assert a.interval.low == pytest.approx(b.interval.low)
        if a.test:
            assert a.test.p == pytest.approx(b.test.p, abs=0.1)
    assert all(control.holds for control in few.controls), few.controls
    assert table(few) == table(many)


def test_people_are_shuffled_not_rows():
    """Four rows stand for 400 people: shuffling rows would have four of them to shuffle."""
    model, data = recorded([1, 0, 1, 0], None, {"g": ["a", "a", "b", "b"]}, people=np.array([90, 110, 95, 105]))
    result = run(GroupFairness(permutations=999, trials=200), model, data)
    assert control(result, "shuffled groups").holds and control(result, "recount").holds
    assert one(result, "demographic_parity_difference").value == pytest.approx(0.025)
    assert one(result, "selection_rate", {"g": "a"}).n == 200


def test_a_row_that_stands_for_several_with_a_weight_counts_as_several_of_that_weight():
    rows = pd.DataFrame({"d": [1, 0, 1, 0], "w": [2.0, 1.0, 1.0, 3.0], "k": [30, 40, 50, 20], "g": list("aabb")})
    twice = rows.loc[rows.index.repeat(rows["k"])]
    counted = run(
        FAST, *recorded(rows["d"], None, {"g": rows["g"]}, weights=rows["w"].to_numpy(), people=rows["k"].to_numpy())
    )
    plain = run(FAST, *recorded(twice["d"], None, {"g": twice["g"]}, weights=twice["w"].to_numpy()))
    for where in ({}, {"g": "a"}, {"g": "b"}):
        a, b = one(counted, "selection_rate", where), one(plain, "selection_rate", where)
        assert (a.value, a.n, a.interval.low) == (pytest.approx(b.value), b.n, pytest.approx(b.interval.low))


def test_the_command_line_reader_reaches_it(tmp_path):
    frame = pd.DataFrame({"sex": ["f", "m"], "people": [100, 120], "hired": [30, 60]})
    frame.to_csv(tmp_path / "counts.csv", index=False)
    data = AuditData.from_table(tmp_path / "counts.csv", groups=["sex"], people="people", selected="hired")
    result = run(FAST, RecordedModel.of(data, threshold=None), data)
    assert one(result, "demographic_parity_ratio").value == pytest.approx(0.6)
    assert GroupFairness.handles >= {"people", "unknown labels", "abstentions"}
