"""What `robustness.changes` finds where the cheapest change is known, and what it must not find."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from pydantic import ValidationError
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

import auditkit
from auditkit.checks import missing_needs
from auditkit.data import AuditData
from auditkit.errors import DataError
from auditkit.plugins.robustness.changes import self_tests
from auditkit.plugins.robustness.changes.check import Changes
from auditkit.plugins.robustness.changes.implications import bind, parse
from tests.plugins.recorded import control, one, recorded, run

FAST = {"permutations": 199, "draws": 10, "max_queries": 100}
WITHIN = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0)


def people(n=150, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "income": rng.uniform(0, 100, n),
            "debt": rng.uniform(0, 1, n),
            "years": rng.integers(0, 30, n),
            "housing": rng.choice(["rent", "own", "free"], n),
            "sex": rng.choice(["F", "M"], n),
        }
    )


def given_table(frame=None, **more):
    frame = people() if frame is None else frame
    return AuditData.from_table(frame.assign(y=[0, 1] * (len(frame) // 2)), label="y", groups=["sex"], **more)


def wrapped(decide):
    return auditkit.wrap(lambda table: np.asarray(decide(table)).astype(int), classes=[0, 1])


def shares(result, name):
    measurements = [
        measurement
        for measurement in result.measurements
        if measurement.name == name and not measurement.slice and not measurement.across
    ]
    return {measurement.conditions["cost"]: measurement.value for measurement in measurements}


def linear(table):
    return table["income"] / 100 + 0.5 * table["debt"] > 0.8


def test_of_a_linear_rule_it_finds_what_there_is_and_no_more():
    data = given_table()
    result = run(Changes(grid=400, rows=150, **FAST), wrapped(linear), data)
    frame = data.inputs
    units = {name: float(np.diff(np.percentile(frame[name], (1, 99)))[0]) for name in ("income", "debt")}
    gap = (frame["income"] / 100 + 0.5 * frame["debt"] - 0.8).to_numpy()
    exact = np.full(len(frame), np.inf)
    for name, slope in (("income", 1 / 100), ("debt", 0.5)):
        expected = frame[name] - gap / slope
        inside = (expected >= frame[name].min()) & (expected <= frame[name].max())
        exact = np.minimum(exact, np.where(inside, np.abs(gap) / slope / units[name], np.inf))
    rates = shares(result, "single_flip_share")
    for cost in WITHIN:
        assert rates[cost] <= (exact <= cost).mean() + 1e-9
        assert rates[cost] >= 0.97 * (exact <= cost * 0.98).mean()
    assert all(control.holds for control in result.controls)


def box_costs(tree, row, units, low, high):
    """The cheapest changes of one and of up to two features that reach a leaf of another class, by the tree's boxes."""
    parts, stack = tree.tree_, [(0, low.copy(), high.copy())]
    own = int(tree.predict(row[None])[0])
    single = double = np.inf
    while stack:
        node, floor, ceiling = stack.pop()
        if parts.children_left[node] >= 0:
            feature, threshold = parts.feature[node], parts.threshold[node]
            left, right = ceiling.copy(), floor.copy()
            left[feature], right[feature] = (
                min(left[feature], threshold),
                max(right[feature], np.nextafter(threshold, np.inf)),
            )
            stack += [(parts.children_left[node], floor, left), (parts.children_right[node], right, ceiling)]
        elif int(np.argmax(parts.value[node])) != own and (floor <= ceiling).all():
            moved = np.abs(np.clip(row, floor, ceiling) - row) / units
            changed = int((moved > 0).sum())
            single = min(single, moved.sum()) if changed == 1 else single
            double = min(double, moved.sum()) if changed <= 2 else double
    return single, double


def test_of_a_decision_tree_it_never_beats_the_boxes_and_comes_close():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({name: rng.uniform(0, 1, 120) for name in "abc"})
    labels = ((frame["a"] + frame["b"] ** 2 - frame["c"]) > 0.4).astype(int)
    tree = DecisionTreeClassifier(max_depth=4, random_state=0).fit(frame.to_numpy(), labels)
    data = AuditData.from_table(frame.assign(y=labels), label="y", positive=1)
    model = wrapped(lambda table: tree.predict(table.to_numpy()))
    result = run(Changes(grid=1000, rows=120, depth=2, **{**FAST, "max_queries": 3000}), model, data)
    units = np.array([float(np.diff(np.percentile(frame[name], (1, 99)))[0]) for name in "abc"])
    low, high = frame.min().to_numpy(), frame.max().to_numpy()
    exact = np.array([box_costs(tree, row, units, low, high) for row in frame.to_numpy()])
    single, withstanding = shares(result, "single_flip_share"), shares(result, "withstanding_share")
    for cost in WITHIN:
        assert single[cost] <= (exact[:, 0] <= cost).mean() + 1e-9
        assert single[cost] >= 0.97 * (exact[:, 0] <= cost - 0.02).mean()
        assert 1 - withstanding[cost] <= (exact[:, 1] <= cost).mean() + 1e-9
        assert 1 - withstanding[cost] >= 0.97 * (exact[:, 1] <= cost - 0.03).mean()


def test_a_decision_that_hangs_on_one_detail_is_found_and_a_firm_one_is_not():
    data = given_table()
    by_housing = run(Changes(**FAST), wrapped(lambda table: table["housing"] == "own"), data)
    assert shares(by_housing, "single_flip_share")[1.0] == 1 and shares(by_housing, "single_flip_share")[0.5] == 0
    firm = run(Changes(**FAST), wrapped(lambda table: table["income"] > -1), data)
    assert set(shares(firm, "single_flip_share").values()) == {0.0}
    assert set(shares(firm, "withstanding_share").values()) == {1.0}
    median = one(firm, "median_flip_cost")
    assert median.value is None and median.reason


def test_what_may_not_change_is_never_changed():
    tables = []

    def decide(table):
        tables.append(table.copy())
        return (table["years"] > 10) | (table["housing"] == "own")

    frame = people()
    data = given_table(frame, schema={"housing": {"mutable": False}})
    result = run(Changes(implications=("years <= income",), **FAST), wrapped(decide), data)
    every_row = pd.concat(tables)
    assert set(every_row["sex"]) <= {"F", "M"} and set(every_row["housing"]) <= {"rent", "own", "free"}
    assert (every_row["years"] == every_row["years"].round()).all()
    assert every_row["income"].between(frame["income"].min() - 1e-9, frame["income"].max() + 1e-9).all()
    assert control(result, "returned-changes").value == 0
    assert any("housing" in note and "sex" in note for note in result.notes)


def test_an_implication_takes_away_the_changes_that_break_it():
    data = given_table()
    model = wrapped(lambda table: table["debt"] > table["income"] / 100)
    free = run(Changes(**FAST), model, data)
    bound = run(Changes(implications=("debt <= income / 100",), **FAST), model, data)
    assert shares(bound, "flip_toward")[2.0] == 0 < shares(free, "flip_toward")[2.0]


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("a - b - 1 <= 2", [True, True]), ("a - (b - 1) > 2", [False, True]), ("-a * 2 < b / 2 + 1e1", [True, True]),
        ("`a b` == 007.50", [True, False]), ("class != .5 * a", [False, True]), ("a / (b - b) < 0", [False, True]),
        ("- -a >= class * class", [True, False]), ("a+b*2==7", [True, True]),
    ],
)  # fmt: skip
def test_an_implication_is_arithmetic_and_one_comparison(text, holds):
    rows = np.array([[3.0, 2.0, 7.5, 1.5], [1.0, np.nan, 0.0, 2.0]])
    assert bind(parse(text), ("a", "b", "a b", "class"))(rows).tolist() == holds


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')", "income", "income <", "1 < 2", "income <= debt <= years", "(" * 99, "a ** 2 < 1",
        "a // 2 < 1", "+a < 1", "a(1) < 1", "(a < 1) < 1", "a.b < 1", "a < 1; a", "a := 1 < 2", "not a < 1", "2a < 1",
        "a < ()", "-" * 5000 + "a < 1", "+".join("a" * 5000) + " < 1",
    ],
)  # fmt: skip
def test_what_is_no_comparison_is_refused_where_it_is_written(text):
    with pytest.raises(ValidationError, match="implication"):
        Changes(implications=(text,))


def test_an_implication_about_a_column_that_is_not_there_names_the_close_one():
    with pytest.raises(DataError, match="there is no numeric column 'incom'; did you mean 'income'"):
        run(Changes(implications=("incom <= years",), **FAST), wrapped(linear), given_table())


def test_costs_and_grid_are_checked():
    for wrong in ({"costs": {"a": 0.0}}, {"within": (0.5, 0.1)}, {"group_cost": 0.3}):
        with pytest.raises(ValidationError):
            Changes(**wrong)
    dear = run(Changes(costs={"housing": 3.0}, **FAST), wrapped(lambda table: table["housing"] == "own"), given_table())
    assert set(shares(dear, "single_flip_share").values()) == {0.0}


def test_a_change_that_breaks_the_rules_makes_the_numbers_invalid(monkeypatch):
    monkeypatch.setattr(self_tests, "price", lambda *given: None)
    result = run(Changes(**FAST), wrapped(linear), given_table())
    assert control(result, "returned-changes").holds is False
    assert one(result, "withstanding_share", conditions={"cost": 0.25}).validity == "invalid"


def test_groups_are_compared_and_small_ones_are_not_shown():
    frame = people(160)
    frame["sex"] = np.array(["F"] * 80 + ["M"] * 50 + ["N"] * 25 + ["X"] * 5)
    steep = wrapped(lambda table: np.where(table["sex"] == "F", table["debt"] > 0.5, table["income"] > -1))
    result = run(Changes(rows=160, **FAST), steep, given_table(frame))
    assert one(result, "single_flip_share", {"sex": "X"}).value is None
    gap = one(result, "single_flip_difference", across=("sex",))
    assert gap.value > 0.3 and gap.interval.low > 0.1 and gap.test.p_adjusted < 0.05
    alike = run(Changes(rows=160, **FAST), wrapped(linear), given_table(frame))
    assert one(alike, "single_flip_difference", across=("sex",)).test.p_adjusted > 0.05


def test_recorded_decisions_cannot_be_asked():
    model, data = recorded([0, 1] * 20, groups={"sex": ["F", "M"] * 20})
    assert "queries" in missing_needs(Changes, model, data)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_what_withstands_falls_with_the_cost_and_one_feature_is_the_least(seed):
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=3)
    model = wrapped(
        lambda table: table[["income", "debt", "years"]].to_numpy() @ (weights / [100, 1, 30]) > weights.sum() / 2
    )
    data = given_table(people(40, seed))
    result = run(Changes(rows=40, **FAST), model, data)
    withstanding, single = shares(result, "withstanding_share"), shares(result, "single_flip_share")
    for low, high in itertools.pairwise(WITHIN):
        assert withstanding[low] >= withstanding[high] and single[low] <= single[high]
    assert all(1 - withstanding[cost] >= single[cost] - 1e-9 for cost in WITHIN)


def many_features(rows=40, features=64, seed=0):
    """Numbers at both ends of their range, so that a rule over all of them flips by large changes of a few."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        np.clip(rng.normal(0.5, 0.5, (rows, features)), 0, 1), columns=[f"x{k}" for k in range(features)]
    )
    return frame.assign(y=[0, 1] * (rows // 2))


@pytest.mark.parametrize("seed", range(3))
def test_among_many_features_large_changes_are_combined_as_well_as_small_ones(seed):
    data = AuditData.from_table(many_features(seed=seed), label="y")
    model = LogisticRegression().fit(data.inputs, data.labels)
    result = run(Changes(rows=40, permutations=199, draws=10), auditkit.wrap(model), data)
    assert all(control.holds for control in result.controls), [
        control.name for control in result.controls if not control.holds
    ]


@pytest.mark.parametrize(("features", "seed"), [(12, 1), (30, 0), (64, 0)])
def test_decisions_alone_lead_to_the_cheapest_changes_of_many_features(features, seed):
    data = AuditData.from_table(many_features(24, features, seed), label="y")
    model = LogisticRegression().fit(data.inputs, data.labels)
    result = run(Changes(rows=24, depth=2, **{**FAST, "max_queries": 300}), wrapped(model.predict), data)
    assert all(control.holds for control in result.controls), [
        control.name for control in result.controls if not control.holds
    ]


def test_a_guess_from_decisions_is_the_margin_of_a_linear_rule_and_holds_where_some_abstain():
    from auditkit.plugins.robustness.changes.linear_guess import guess
    from auditkit.plugins.robustness.changes.moves import fields_of, moves_of

    data = given_table()
    codes = data.codes()
    moves = moves_of(data, codes, fields_of(data, codes, {}, 20), WITHIN, ())
    n, k = moves.costs.shape
    rows, slots = (index.ravel() for index in np.indices((n, k)))
    rule = {name: data.feature_names.index(name) for name in ("income", "debt")}

    def level(points):
        return points[:, rule["income"]] / 100 + 0.5 * points[:, rule["debt"]] - 0.8

    before, after = level(codes), level(moves.points(rows, slots[:, None])).reshape(n, k)
    decided, decisions = (before > 0).astype(int), (after > 0).astype(int)
    allowed = np.isfinite(moves.costs)
    for abstained in (0, 5):
        given = np.where(np.arange(n) < abstained, -1, decided)
        guessed = guess(moves, given, decisions, allowed, np.random.default_rng(0))
        own = slice(abstained, n)
        assert np.corrcoef(guessed.start[own], np.abs(before[own]))[0, 1] > 0.99
        flipped = guessed.gain[own] > guessed.start[own, None]
        assert (flipped == (decisions != decided[:, None])[own])[allowed[own]].mean() > 0.99
    assert guess(moves, np.ones(n, int), np.ones((n, k), int), allowed, np.random.default_rng(0)) is None


def test_a_search_that_combines_only_small_changes_is_caught(monkeypatch):
    from auditkit.plugins.robustness.changes import search

    def small(moves, single, row):
        alone = np.where(single.flipped[row], moves.costs[row], np.inf).min()
        slots = np.flatnonzero(moves.costs[row] < min(alone, 0.02))
        return slots[:2]

    monkeypatch.setattr(search, "_first", small)
    data = AuditData.from_table(many_features(), label="y")
    result = run(Changes(rows=40, permutations=199, draws=10), wrapped(lambda table: table["x0"] > 0.5), data)
    assert control(result, "known-boundary-several").holds is not True


def test_tokens_are_substituted_one_at_a_time_to_the_counted_share():
    """The decision is the sum of what ids are worth: all substitutes are tried, so the share can be counted."""
    ids, worth = np.array([3, 5, 70_000]), {3: -1, 5: 1, 70_000: 3, 0: 0}
    rng = np.random.default_rng(0)
    rows = np.where(np.arange(6) < rng.integers(3, 7, 90)[:, None], rng.choice(ids, (90, 6)), 0)
    asked = []

    def decide(inputs):
        asked.append(set(np.unique(inputs).tolist()))
        return np.vectorize(worth.get)(inputs).sum(axis=1) > 4

    data = AuditData(rows, np.arange(90) % 2, positive=1, modality="sequence")
    result = run(Changes(rows=90, **FAST), wrapped(decide), data)
    total = np.vectorize(worth.get)(rows).sum(axis=1)
    flips = [
        any((total[row] - worth[old] + worth[new] > 4) != (total[row] > 4) for old in rows[row] if old for new in ids)
        for row in range(90)
    ]
    rates = shares(result, "single_flip_share")
    assert rates[0.1] == 0 and rates[0.25] == rates[2.0] == pytest.approx(np.mean(flips))  # one place of six costs 0.17
    assert set.union(*asked) <= {0, *ids.tolist()}
    assert all(control.holds for control in result.controls), [
        control.name for control in result.controls if not control.holds
    ]
    assert {row[1] for row in result.tables[0].rows} == {"identifier"}
