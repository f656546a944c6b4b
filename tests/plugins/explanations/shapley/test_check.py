"""The check of feature importance on healthy models, and on models and explainers that its controls must catch."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from auditkit.data import AuditData
from auditkit.errors import TimeLimit
from auditkit.plugins.explanations.shapley import enumeration
from auditkit.plugins.explanations.shapley.check import Importance
from auditkit.plugins.explanations.shared import permutation
from tests.plugins.explanations.models import Estimator, Function, binary_table, context, controls, values

FRAME, TRUTH = binary_table()
QUICK = Importance(rows=60, background=50)


def data(frame=FRAME, labels=TRUTH, rows=60, train=True, groups=("sex",), **more):
    split = AuditData(frame.iloc[100:].reset_index(drop=True), labels[100:]) if train else None
    return AuditData(
        frame.iloc[:rows].reset_index(drop=True), labels[:rows],
        {name: frame[name].astype(str).to_numpy()[:rows] for name in groups}, train=split, positive=1, **more,
    )  # fmt: skip


def pipeline(final):
    texts, numbers = ["region", "sex"], ["income", "tenure", "noise", "owner"]
    before = ColumnTransformer([("texts", OneHotEncoder(), texts), ("numbers", StandardScaler(), numbers)])
    return make_pipeline(before, final).fit(FRAME, TRUTH)


@pytest.fixture
def sampled(monkeypatch):
    """No model is quick enough to be asked about every coalition."""
    monkeypatch.setattr(enumeration, "SECONDS", 0.0)


def run(model, audited, check=QUICK, seed=0):
    return check.measure(model, audited, context(model, audited, seed))


def test_a_healthy_pipeline_of_texts_and_trees_is_explained_by_its_own_columns():
    model = Estimator(pipeline(HistGradientBoostingClassifier(max_iter=20)))
    result = run(model, data())
    importance = values(result, "mean_abs_attribution")
    assert list(importance)[:3] == sorted(["income", "tenure", "sex"], key=importance.get, reverse=True)
    assert importance["noise"] < importance["sex"] / 2
    assert all(control.holds for control in result.controls), result.controls
    assert {control.name for control in result.controls} == {
        "additivity", "sampling error", "background size", "deletion", "flip test: sex", "real rows: sex",
        "matched pairs: sex", "groups judged: sex", "background like the rows",
    }  # fmt: skip
    assert "all leaves of the trees" in result.notes[0] and result.level == "model"
    assert all(
        measurement.unit == "log-odds"
        for measurement in result.measurements
        if measurement.name == "mean_abs_attribution"
    )
    assert values(result, "additivity_gap")[""] < 1e-9
    assert values(result, "monte_carlo_error")[""] == 0


def test_a_slow_model_is_explained_by_sampling(sampled):
    result = run(Estimator(pipeline(HistGradientBoostingClassifier(max_iter=20)), shown=object()), data())
    assert "paired permutations" in result.notes[0] and all(control.holds for control in result.controls)
    assert 0 < values(result, "monte_carlo_error")[""] < 0.05


def test_a_healthy_linear_pipeline_is_explained_exactly():
    model = Estimator(pipeline(LogisticRegression()))
    result = run(model, data())
    assert "closed form" in result.notes[0] and "log-odds" in result.notes[0] and "class 1" in result.notes[0]
    assert result.level == "model" and result.higher_level == ""
    assert all(control.holds for control in result.controls)
    assert values(result, "monte_carlo_error")[""] == 0
    names = ["income", "tenure", "sex"]
    assert set(list(values(result, "mean_abs_attribution"))[:3]) == set(names)


def test_sampled_enumerated_and_exact_values_agree(monkeypatch):
    columns = ["income", "tenure", "noise", "owner", "wealth"]
    frame = FRAME.assign(wealth=FRAME["income"] * FRAME["tenure"])[columns].astype(float)
    forest = RandomForestClassifier(10, max_depth=4, random_state=0).fit(frame.to_numpy(), TRUTH)
    audited = AuditData(frame.to_numpy()[:60], TRUTH[:60], positive=1)
    shown, hidden = Estimator(forest), Estimator(forest, shown=object())
    by_trees, by_coalitions = run(shown, audited), run(hidden, audited)
    monkeypatch.setattr(enumeration, "SECONDS", 0.0)
    by_permutations = run(hidden, audited)
    ways = ("leaves of the trees", "all 32 coalitions", "permutations")
    results = (by_trees, by_coalitions, by_permutations)
    assert all(way in result.notes[0] for way, result in zip(ways, results, strict=True))
    exact, enumerated, drawn = (values(result, "mean_abs_attribution") for result in results)
    assert enumerated == pytest.approx(exact, abs=1e-7) and drawn == pytest.approx(exact, rel=0.03)


def test_the_group_column_has_its_share_with_an_interval():
    model = Estimator(pipeline(LogisticRegression()))
    audited = data(groups=("sex", "region"))
    result = run(model, audited)
    share = next(
        measurement
        for measurement in result.measurements
        if measurement.name == "group_share" and measurement.conditions["feature"] == "sex"
    )
    importance = values(result, "mean_abs_attribution")
    assert share.value == pytest.approx(importance["sex"] / sum(importance.values()))
    assert share.interval.low < share.value < share.interval.high
    table = {row[1]: row for row in result.tables[0].rows}
    assert table["sex"][-1] is True and table["income"][-1] is False and table["income"][0] == 1


def test_a_group_that_the_model_does_not_see_has_no_share():
    frame = FRAME.drop(columns=["sex", "region"])
    model = Estimator(LogisticRegression(max_iter=1000).fit(frame, TRUTH))
    audited = dataclasses.replace(data(frame, groups=()), groups={"sex": FRAME["sex"].to_numpy()[:60]})
    result = run(model, audited)
    share = next(measurement for measurement in result.measurements if measurement.name == "group_share")
    assert (share.value, share.exact, share.conditions) == (0.0, True, {"feature": "sex"})
    assert any("is not given: sex" in note for note in result.notes)
    assert not any(measurement.name == "flip_rate" for measurement in result.measurements)


# sick models


def scaffold(frame):
    """Real rows are decided by sex alone; rows whose pairs of columns do not match, as mixtures have, by the rest."""
    real = np.all([np.abs(frame[f"a{i}"] - frame[f"b{i}"]) < 1e-6 for i in range(6)], axis=0)
    honest = 0.5 + 0.01 * np.where(frame["sex"] == "M", 1, -1)
    disguise = 1 / (1 + np.exp(-sum(frame[f"a{i}"] + frame[f"b{i}"] for i in range(6))))
    return np.where(real, honest, disguise)


def paired_columns(rows=200):
    rng = np.random.default_rng(0)
    numbers = {f"a{i}": rng.normal(size=rows) for i in range(6)}
    columns = {**numbers, **{f"b{i}": numbers[f"a{i}"] for i in range(6)}, "sex": rng.choice(["F", "M"], rows)}
    return pd.DataFrame(columns), rng.integers(0, 2, rows)


def test_a_scaffolded_model_is_caught_by_the_flip_test():
    frame, labels = paired_columns()
    audited = data(frame, labels)
    result = run(Function(scaffold, "binary"), audited)
    assert values(result, "flip_rate")["sex"] == 1.0
    control = controls(result)["flip test: sex"]
    assert control.holds is False and control.on_failure == "invalid"
    assert "contradicts behaviour" in control.reason
    assert control.guards == ("mean_abs_attribution", "group_share", "proxy_share")


def test_an_openly_biased_model_passes_the_flip_test():
    frame, labels = paired_columns()
    biased = Function(lambda table: np.where(table["sex"] == "M", 0.9, 0.1) + 0.02 * np.tanh(table["a0"]), "binary")
    result = run(biased, data(frame, labels))
    assert values(result, "flip_rate")["sex"] == 1.0
    assert controls(result)["flip test: sex"].holds is True
    assert values(result, "group_share")["sex"] > 0.8


def test_a_model_without_the_group_passes_the_flip_test():
    frame, labels = paired_columns()
    fair = Function(lambda table: 1 / (1 + np.exp(-table["a0"] - table["a1"])), "binary")
    result = run(fair, data(frame, labels))
    assert values(result, "flip_rate")["sex"] == 0.0 and values(result, "mixed_flip_ratio")["sex"] is None
    assert "flip test: sex" not in controls(result)
    assert any("sex was not judged: changing it hardly moves" in note for note in result.notes)


def test_a_broken_explainer_is_caught_by_additivity(monkeypatch, sampled):
    right = permutation.paired_permutations

    def broken(*given):
        estimate = right(*given)
        return estimate._replace(values=estimate.values * 1.3)

    monkeypatch.setattr(permutation, "paired_permutations", broken)
    control = controls(run(Function(lambda z: z[:, 0] + z[:, 1]), numbers()))["additivity"]
    assert control.holds is False and control.value > 0.05 and control.on_failure == "invalid" and not control.guards


def test_a_model_that_answers_at_random_is_caught_by_additivity():
    rng = np.random.default_rng(0)
    control = controls(run(Function(lambda z: z[:, 0] + rng.normal(size=len(z))), numbers()))["additivity"]
    assert control.holds is False


def test_a_shuffled_ranking_is_caught_by_deletion(monkeypatch, sampled):
    right = permutation.paired_permutations
    monkeypatch.setattr(
        permutation, "paired_permutations",
        lambda *given: (estimate := right(*given))._replace(values=estimate.values[:, ::-1]),
    )  # fmt: skip
    weights = np.array([8, 4, 2, 0.1, 0.1, 0.1, 0, 0])
    control = controls(run(Function(lambda z: z @ weights), numbers(features=8)))["deletion"]
    assert control.holds is False and control.on_failure == "inconclusive"


def numbers(rows=60, features=5, **more):
    rng = np.random.default_rng(1)
    return AuditData(rng.normal(size=(rows, features)), task="regression", **more)


def test_too_few_rows_to_compare_with_are_inconclusive():
    control = controls(run(Function(lambda z: z[:, 0]), numbers(rows=20)))["background size"]
    assert control.holds is False and control.value == 20 and control.on_failure == "inconclusive"


def test_rough_sampling_is_inconclusive(sampled):
    rough = Function(lambda z: np.prod(np.sign(z), axis=1))
    control = controls(run(rough, numbers(rows=4, features=7), Importance(rows=4, background=2)))["sampling error"]
    assert control.holds is False


# other tasks, inputs and edges


def test_regression_explains_the_prediction():
    audited = numbers()
    line = LinearRegression().fit(audited.inputs, audited.inputs @ [3.0, 0, 0, -1, 0])
    result = run(Estimator(line), audited)
    importance = values(result, "mean_abs_attribution")
    spread = audited.inputs - audited.inputs[:50].mean(axis=0)
    assert list(importance)[:2] == ["x0", "x3"]
    assert 2 < importance["x0"] / np.abs(spread[:, 0]).mean() < 4
    assert "predicted number" in result.notes[0] and any("No groups were named" in note for note in result.notes)


def test_flips_of_predicted_numbers_count_from_five_percent_of_their_range():
    frame = pd.DataFrame({"sex": ["F", "M"] * 40, "x": np.linspace(0, 1, 80), "y": 1.0, "z": 1.0})
    audited = AuditData(frame, groups={"sex": frame["sex"].to_numpy()}, task="regression")
    for weight, expected in ((0.2, 1.0), (0.01, 0.0)):
        model = Function(lambda table, weight=weight: table["x"] + weight * (table["sex"] == "M"))
        assert values(run(model, audited), "flip_rate")["sex"] == expected


def test_three_classes_explain_the_class_that_is_given():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(200, 4))
    labels = np.digitize(inputs[:, 0], [-0.5, 0.5])
    model = Estimator(RandomForestClassifier(10, random_state=0).fit(inputs, labels), shown=object())
    result = run(model, AuditData(inputs[:60], labels[:60], task="multiclass"))
    assert next(iter(values(result, "mean_abs_attribution"))) == "x0"
    assert "the class that the model gives the row" in result.notes[0]


def test_a_model_that_only_decides_is_explained_by_its_decisions():
    frame = FRAME[["income", "tenure", "noise"]]
    model = Function(lambda table: (table["income"] > 50).astype(float), "binary")
    model.capabilities = frozenset({"queries"})
    result = run(model, data(frame, groups=()))
    importance = values(result, "mean_abs_attribution")
    assert importance["income"] > 0.3 and importance["tenure"] == importance["noise"] == 0
    assert "whether the model decides" in result.notes[0]


def test_a_constant_model_has_no_influence_and_no_verdict_of_sickness():
    frame = FRAME.drop(columns=["sex", "region"]).astype(float)
    model = Estimator(DummyClassifier(strategy="prior").fit(frame, TRUTH))
    audited = dataclasses.replace(data(frame, groups=()), groups={"tenure": np.array(["a", "b"] * 30)})
    result = run(model, audited)
    assert set(values(result, "mean_abs_attribution").values()) == {0.0}
    assert values(result, "additivity_gap")[""] == 0
    share = next(measurement for measurement in result.measurements if measurement.name == "group_share")
    assert share.value is None and "no feature" in share.reason
    assert all(control.holds for control in result.controls) and "deletion" not in controls(result)


def test_the_background_is_recorded_and_comes_from_training_where_it_can():
    model = Estimator(pipeline(LogisticRegression()))
    note = next(note for note in run(model, data()).notes if note.startswith("Background"))
    assert "50 rows of the training split, SHA-256 " in note
    few = dataclasses.replace(data(), train=data().train.take(np.arange(20)))
    result = run(model, few)
    assert "of the audit data" in next(note for note in result.notes if note.startswith("Background"))
    control = controls(result)["background of the training split"]
    assert control.holds is False and control.value == 20 and control.on_failure == "inconclusive"
    assert "background of the training split" not in controls(run(model, data()))
    bare = data(train=False)
    result = run(model, bare)
    assert "of the audit data" in next(note for note in result.notes if note.startswith("Background"))
    assert "background of the training split" not in controls(result)


def test_missing_values_and_odd_types_pass_through():
    frame = FRAME.copy()
    frame.loc[::7, "income"] = np.nan
    frame.loc[::5, "region"] = None

    def score(table):
        return np.where(table["income"].isna(), 0.1, 0.8) - 0.2 * table["region"].isna().to_numpy()

    result = run(Function(score, "binary"), data(frame))
    importance = values(result, "mean_abs_attribution")
    assert list(importance)[:2] == ["income", "region"] and importance["sex"] == 0
    assert values(result, "additivity_gap")[""] < 1e-9


def test_equal_seeds_give_equal_findings_and_global_randomness_stays():
    model = Estimator(pipeline(RandomForestClassifier(5, random_state=0)))
    np.random.seed(0)
    expected = np.random.RandomState(0).random()
    first, same_seed, other_seed = (run(model, data(), seed=seed) for seed in (4, 4, 5))
    assert first == same_seed
    assert first != other_seed
    assert np.random.random() == expected


def test_nothing_about_a_single_row_is_returned():
    result = run(Estimator(pipeline(LogisticRegression())), data())
    names = ["importance", "beeswarm", "dependence", "deletion_curve", "insertion_curve"]
    assert [figure.name for figure in result.figures] == names
    # the curves are means over the rows: of two orders, filled in two ways, at seven points
    assert [len(figure.data) for figure in result.figures if "curve" in figure.name] == [28, 28]
    shares = [cell["share"] for cell in result.figures[1].data if cell["share"] is not None]
    assert min(shares) * 60 >= data().minimum_cell
    assert {table.name: len(table.rows) for table in result.tables} == {"importance": 6, "proxies": 1}
    assert result.figures[0].mark == "bars" and "income" in result.figures[0].alt


def test_time_limits_are_kept():
    audited = data()
    model = Estimator(pipeline(RandomForestClassifier(5, random_state=0)))
    given = dataclasses.replace(context(model, audited), deadline=0.0)
    with pytest.raises(TimeLimit, match="trees explained"):
        QUICK.measure(model, audited, given)


def test_the_plan_knows_what_it_will_ask(sampled):
    model, audited = Function(lambda z: z @ np.arange(5.0)), numbers()
    the_context = context(model, audited)
    assert the_context.predictions.labels.shape == (60,)
    model.asked = 0
    QUICK.measure(model, audited, the_context)
    assert model.asked <= QUICK.calls(model, audited, 60)
    assert model.asked > QUICK.calls(model, audited, 60) / 2
    linear = Estimator(LogisticRegression().fit(np.eye(2), [0, 1]))
    assert QUICK.calls(linear, audited, 60) < 25_000


def test_where_it_does_not_apply():
    images = AuditData(np.zeros((12, 1, 4, 4)), modality="image")
    assert "columns" in QUICK.applies(Function(len), images)
    assert QUICK.applies(Function(len), numbers()) is None


def test_the_page_about_it():
    about = Importance.about()
    assert about.question.startswith("Which features drive") and about.purpose and about.method and about.limits
    result = run(Function(lambda z: z[:, 0]), numbers())
    assert {measurement.name for measurement in result.measurements} <= set(Importance.definitions)
    for budget in Importance.presets.values():
        assert Importance(**budget).background >= 50
