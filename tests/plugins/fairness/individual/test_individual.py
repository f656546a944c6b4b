"""What `fairness.individual` says about models that use the sex, and about models that do not."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import auditkit
from auditkit import stats
from auditkit.checks import missing_needs
from auditkit.data import AuditData
from auditkit.plugins.fairness.individual import findings, flips
from auditkit.plugins.fairness.individual.check import IndividualFairness
from auditkit.plugins.fairness.individual.flips import Swapped, draw, swap
from tests.plugins.recorded import control, one, recorded, run

CHECK = IndividualFairness(shuffles=5)


def people(seed=0, rows=400):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "income": rng.normal(size=rows),
            "sex": rng.choice(["F", "M"], rows),
            "age": rng.integers(18, 80, rows),
            "job": rng.choice(["nurse", "clerk"], rows),
        }
    )


def build(decide, frame, groups, **more):
    data = AuditData(inputs=frame, labels=np.arange(len(frame)) % 2, positive=1, groups=groups, **more)
    return auditkit.wrap(lambda rows: np.asarray(decide(rows)).astype(int), classes=(0, 1)), data


def by_sex(frame):
    return {"sex": frame["sex"].to_numpy(str)}


def test_a_model_that_decides_by_sex_is_caught():
    frame = people()
    result = run(CHECK, *build(lambda rows: rows["sex"] == "M", frame, by_sex(frame)))
    assert one(result, "flip_rate", across=("sex",)).value == 1
    assert one(result, "flip_toward", {"sex": "F"}).value == 1 and one(result, "flip_away", {"sex": "F"}).value == 0
    assert one(result, "flip_away", {"sex": "M"}).value == 1 and one(result, "flip_toward", {"sex": "M"}).value == 0
    assert one(result, "flip_rate", {"sex": "F"}).interval.low > 0.97
    assert all(control.holds for control in result.controls) and result.level == "queries"


def test_a_model_that_ignores_the_sex_is_not():
    frame = people()
    result = run(CHECK, *build(lambda rows: rows["income"] > 0.5, frame, by_sex(frame)))
    number = one(result, "flip_rate", across=("sex",))
    assert number.value == 0 and number.n == 400 and number.interval.high < 0.02
    assert all(measurement.value == 0 for measurement in result.measurements if measurement.name.startswith("flip"))
    assert any("does not show" in note for note in result.notes)


def test_a_model_that_leans_on_the_sex_gives_the_numbers_of_a_hand_count():
    frame = people()
    result = run(CHECK, *build(lambda rows: rows["income"] + 0.5 * (rows["sex"] == "M") > 0.5, frame, by_sex(frame)))
    near = frame["income"].between(0, 0.5, inclusive="right")
    for sex, name in (("F", "flip_toward"), ("M", "flip_away")):
        rows = frame["sex"] == sex
        measurement = one(result, name, {"sex": sex})
        assert measurement.value == pytest.approx(near[rows].mean()) and measurement.n == rows.sum()
        assert measurement.interval.low == pytest.approx(stats.wilson(int(near[rows].sum()), int(rows.sum())).low)
    table = {row[1:3]: row[3:] for row in result.tables[0].rows}
    assert table["F", "M"] == (int((frame.sex == "F").sum()), *(pytest.approx(near[frame.sex == "F"].mean()),) * 2, 0)


def test_a_group_of_numbers_takes_values_of_real_rows():
    frame = people()
    ages = []

    def decide(rows):
        ages.append(rows["age"].to_numpy())
        return rows["age"] >= 40

    groups = {"age": np.where(frame["age"] < 40, "young", "old")}
    result = run(CHECK, *build(decide, frame, groups))
    assert one(result, "flip_toward", {"age": "young"}).value == 1
    assert one(result, "flip_away", {"age": "old"}).value == 1
    assert set(np.concatenate(ages)) <= set(frame["age"])
    assert any("random row" in note for note in result.notes) and all(control.holds for control in result.controls)


def test_an_attribute_that_the_model_does_not_see_is_said_to_be_so():
    frame = people()
    sex = by_sex(frame)
    result = run(CHECK, *build(lambda rows: rows["income"] > 0, frame.drop(columns="sex"), sex))
    measurement = one(result, "flip_rate", across=("sex",))
    assert (
        measurement.value is None
        and "not among the inputs" in measurement.reason
        and measurement.validity == "inconclusive"
    )
    assert any("is not given sex" in note for note in result.notes)
    assert one(result, "consistency").value is not None


def test_recorded_answers_cannot_be_asked():
    frame = people()
    decided = (frame["income"] > 0).astype(int)
    model, data = recorded(decided, decided, by_sex(frame), inputs=frame)
    result = run(CHECK, model, data)
    assert "cannot be asked" in one(result, "flip_rate", across=("sex",)).reason
    assert result.level == "recorded" and result.higher_level and CHECK.calls(model, data, 400) == 0
    assert one(result, "consistency", {"sex": "F"}).interval is not None


def test_consistency_tells_smooth_decisions_from_arbitrary_ones():
    frame = people()
    smooth = run(CHECK, *build(lambda rows: rows["income"] > 0, frame, by_sex(frame)))
    lots = dict(zip(frame["income"], np.random.default_rng(1).integers(0, 2, len(frame)), strict=True))
    random = run(CHECK, *build(lambda rows: rows["income"].map(lots), frame, by_sex(frame)))
    good, bad = one(smooth, "consistency"), one(random, "consistency")
    level = one(random, "chance_consistency").value
    assert good.interval.low > level + 0.2 and bad.interval.low < level < bad.interval.high
    for sex in ("F", "M"):
        assert one(smooth, "consistency", {"sex": sex}).n == (frame["sex"] == sex).sum()
    assert smooth.figures[0].rules[0].value == one(smooth, "chance_consistency").value


def test_the_sensitive_attribute_does_not_count_in_the_distance():
    frame = people()
    rng = np.random.default_rng(2)
    other = frame.assign(sex=rng.permutation(frame["sex"]))
    groups = {"sex": np.array(["F", "M"] * 200)}
    results = [run(CHECK, *build(lambda rows: rows["income"] > 0, inputs, groups)) for inputs in (frame, other)]
    assert one(results[0], "consistency") == one(results[1], "consistency")


def test_several_classes_have_no_direction():
    frame = people()
    decide = lambda rows: (rows["income"] > 0).astype(int) + (rows["sex"] == "M").astype(int)  # noqa: E731
    data = AuditData(inputs=frame, labels=np.arange(400) % 3, groups=by_sex(frame), task="multiclass")
    model = auditkit.wrap(lambda rows: decide(rows).to_numpy(), classes=(0, 1, 2), task="multiclass")
    result = run(CHECK, model, data)
    assert one(result, "flip_rate", {"sex": "F"}).value == 1
    assert not any(measurement.name in ("flip_toward", "flip_away") for measurement in result.measurements)
    assert result.tables[0].rows[0][-1] is None


def test_missing_and_hidden_groups_are_not_changed():
    frame = people(rows=300)
    frame["sex"] = pd.Series(["F"] * 100 + ["M"] * 100 + ["X"] * 90 + ["tiny"] * 4 + [None] * 6, dtype=object)
    model, data = build(lambda rows: rows["sex"] == "tiny", frame, {"sex": frame["sex"].to_numpy()})
    result = run(CHECK, model, data)
    assert {number.slice["sex"] for number in result.measurements if number.name == "flip_rate" and number.slice} == {
        "F", "M", "X",
    }  # fmt: skip
    assert one(result, "flip_rate", across=("sex",)).n == 290
    assert any("sex=tiny" in note and "sex=(missing)" in note for note in result.notes)
    drawn = [
        row
        for shown in (*result.tables, *result.figures)
        for row in (shown.rows if hasattr(shown, "rows") else shown.data)
    ]
    assert drawn and not any("tiny" in str(row) for row in drawn)
    assert one(result, "consistency", {"sex": "tiny"}).value is None


def test_only_the_largest_groups_are_changed_into_each_other():
    frame = people()
    frame["job"] = np.repeat(["a", "b", "c", "d"], [130, 110, 90, 70])
    model, data = build(lambda rows: rows["job"] == "a", frame, {"job": frame["job"].to_numpy(str)})
    check = IndividualFairness(values=2, shuffles=5)
    result = run(check, model, data)
    assert {
        measurement.slice["job"]
        for measurement in result.measurements
        if measurement.name == "flip_rate" and measurement.slice
    } == {"a", "b"}
    assert any("only the 2 largest" in note for note in result.notes)
    assert check.calls(model, data, 400) == 800


def test_one_group_cannot_be_changed():
    frame = people().assign(sex="F")
    result = run(CHECK, *build(lambda rows: rows["income"] > 0, frame, by_sex(frame)))
    assert "fewer than two groups" in one(result, "flip_rate", across=("sex",)).reason


def test_weights_count_as_people():
    frame = people()
    weights = np.random.default_rng(3).uniform(0.2, 5, 400)
    decide = lambda rows: rows["income"] + 0.5 * (rows["sex"] == "M") > 0.5  # noqa: E731
    result = run(CHECK, *build(decide, frame, by_sex(frame), weights=weights))
    near = frame["income"].between(0, 0.5, inclusive="right")
    measurement = one(result, "flip_rate", across=("sex",))
    assert (
        measurement.value == pytest.approx(np.average(near, weights=weights))
        and "effective" in measurement.interval.method
    )
    plain = run(CHECK, *build(decide, frame, by_sex(frame)))
    heavy, light = (one(measured, "consistency") for measured in (result, plain))
    assert heavy.value != light.value
    assert heavy.interval.high - heavy.interval.low > light.interval.high - light.interval.low


def test_too_few_rows_or_no_features_have_no_consistency():
    few = people(rows=19)
    result = run(CHECK, *build(lambda rows: rows["income"] > 0, few, by_sex(few)))
    assert "fewer than 20 rows" in one(result, "consistency").reason
    alone = people()[["sex"]]
    result = run(CHECK, *build(lambda rows: rows["sex"] == "F", alone, by_sex(alone)))
    assert "no feature" in one(result, "consistency").reason
    assert one(result, "flip_rate", across=("sex",)).value == 1


@pytest.mark.parametrize("kind", ["array", "tensor"])
def test_rows_of_arrays_and_tensors_are_changed_alike(kind):
    values = np.arange(12.0).reshape(4, 3)
    inputs = values.copy()
    if kind == "tensor":
        import torch

        inputs = torch.tensor(values)
    changed = np.asarray(swap(inputs, 1, Swapped(np.array([0, 2]), np.array([3, 1]))))
    assert changed.tolist() == [[0, 10, 2], [6, 4, 8]] and np.array_equal(np.asarray(inputs), values)


def test_a_changed_row_keeps_the_types_of_the_table():
    frame = people().astype({"sex": "category"})
    changed = swap(frame, 1, Swapped(np.array([5, 6]), np.array([0, 1])))
    assert changed["sex"].dtype == frame["sex"].dtype and list(changed["sex"]) == list(frame["sex"][:2])
    assert changed.drop(columns="sex").equals(frame.iloc[[5, 6]].drop(columns="sex").reset_index(drop=True))


def test_donors_are_of_the_group_and_the_changed_are_not():
    groups = np.array(["a", "b", "c"] * 50)
    rows, donors = draw(np.isin(groups, ["a", "b"]), groups == "b", np.random.default_rng(0))
    assert set(groups[rows]) == {"a"} and len(rows) == 50 and set(groups[donors]) == {"b"}


def test_a_model_that_answers_at_random_is_noticed():
    rng = np.random.default_rng(4)
    frame = people()
    result = run(CHECK, *build(lambda rows: rng.integers(0, 2, len(rows)), frame, by_sex(frame)))
    assert control(result, "unchanged rows, sex").holds is False
    assert one(result, "flip_rate", across=("sex",)).validity == "invalid"
    assert one(result, "consistency").validity == "valid"


def test_a_change_of_another_column_is_noticed(monkeypatch):
    right = flips.swap

    def wrong(inputs, column, swapped):
        return right(inputs, column, swapped).assign(income=0.0)

    monkeypatch.setattr(findings.flips, "swap", wrong)
    frame = people()
    result = run(CHECK, *build(lambda rows: rows["income"] > 9, frame, by_sex(frame)))
    assert control(result, "changed rows, sex").value == 1
    assert one(result, "flip_rate", across=("sex",)).validity == "invalid"


def test_a_value_of_the_wrong_group_is_noticed(monkeypatch):
    right = flips.draw
    monkeypatch.setattr(findings.flips, "draw", lambda *given: right(*given)._replace(donors=right(*given).rows))
    frame = people()
    result = run(CHECK, *build(lambda rows: rows["income"] > 0, frame, by_sex(frame)))
    assert control(result, "changed rows, sex").holds is False


@pytest.mark.parametrize("shift", [0, 1])
def test_wrong_neighbours_are_noticed(monkeypatch, shift):
    """A row that is its own neighbour, as in AIF360; and the farthest in place of the nearest."""
    right = findings.nearest

    def wrong(points, k, unit):
        if shift:
            return right(-(points**3), k)[:, ::-1]
        return np.column_stack([np.arange(len(points)), right(points, k - 1)])

    monkeypatch.setattr(findings, "nearest", wrong)
    frame = people()
    result = run(CHECK, *build(lambda rows: rows["income"] > 0, frame, by_sex(frame)))
    assert control(result, "neighbours").holds is not True
    assert one(result, "consistency").validity == "invalid"
    if not shift:
        assert control(result, "shuffled decisions").holds is False


def test_it_is_for_decisions_about_rows_with_groups():
    frame = people()
    model, data = build(lambda rows: rows["income"] > 0, frame, by_sex(frame))
    assert missing_needs(IndividualFairness, model, data) is None
    assert "groups" in missing_needs(IndividualFairness, *recorded([0, 1] * 20, [0, 1] * 20))
    numbers = recorded([0.5, 1.5] * 20, [0.5, 1] * 20, {"g": ["a", "b"] * 20}, task="regression", positive=None)
    assert "regression" in missing_needs(IndividualFairness, *numbers)


def test_the_same_seed_gives_the_same_result():
    frame = people()
    table = build(lambda rows: rows["age"] > 50, frame, {"age": np.where(frame["age"] < 40, "young", "old")})
    assert run(CHECK, *table, seed=5) == run(CHECK, *table, seed=5)


def test_it_says_what_it_is():
    about = IndividualFairness.about()
    assert about.question.endswith("?") and about.purpose and about.method and about.limits
    frame = people()
    result = run(CHECK, *build(lambda rows: rows["sex"] == "F", frame, by_sex(frame)))
    assert {measurement.name for measurement in result.measurements} == set(IndividualFairness.definitions)
    assert all(
        definition.formula and definition.reference and definition.pitfalls
        for definition in IndividualFairness.definitions.values()
    )
    assert "1703.06856" in IndividualFairness.definitions["flip_rate"].pitfalls


def test_a_real_model_that_sees_the_sex_uses_it(shared_data):
    frame = pd.read_csv(shared_data / "german" / "german.data", sep=r"\s+", header=None)
    frame.columns = [f"c{number}" for number in range(21)]
    frame["sex"] = np.where(frame["c8"].isin(["A92", "A95"]), "female", "male")
    frame = frame.drop(columns="c8").rename(columns={"c12": "age"})
    data = AuditData.from_table(
        frame, label="c20", positive=1, groups={"sex": {}, "age": {"bins": [26, 50]}}, name="German credit"
    )
    encode = make_column_transformer(
        (StandardScaler(), make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    )
    model = auditkit.wrap(make_pipeline(encode, LogisticRegression(max_iter=500)).fit(data.inputs, data.labels))
    result = run(CHECK, model, data)
    # a linear model moves one way: nobody loses by becoming a man and also by becoming a woman
    toward, away = (one(result, name, {"sex": "female"}).value for name in ("flip_toward", "flip_away"))
    assert toward > 0 and away == 0 and one(result, "flip_toward", {"sex": "male"}).value == 0
    assert one(result, "flip_rate", across=("age",)).value > 0
    assert one(result, "consistency").interval.low > one(result, "chance_consistency").value
    assert all(control.holds for control in result.controls)
