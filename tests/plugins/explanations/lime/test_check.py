"""The check of local linear models, its controls, and what goes wrong with the package lime (L1 to L7)."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from auditkit.data import AuditData
from auditkit.plugins.explanations.lime.check import Lime
from tests.plugins.explanations.models import Estimator, Function, binary_table, context, controls, values

FRAME, TRUTH = binary_table()
X = np.random.default_rng(0).normal(size=(200, 8))
SMALL = Lime(samples=1000)


def run(model, audited, check=SMALL, seed=0):
    return check.measure(model, audited, context(model, audited, seed))


def numbers(rows=40):
    return AuditData(X[:rows], X[:rows, 0], task="regression", train=AuditData(X, X[:, 0], task="regression"))


def steps(z):
    """A model that indicators of halves follow well."""
    return (z[:, 0] > 0) * 3.0 + (z[:, 1] < 0) * 2.0 + (z[:, 2] > 0) * 1.5 + (z[:, 3] > 0)


@pytest.fixture(scope="module")
def healthy():
    signs = np.sign(X)
    split = AuditData(signs, X[:, 0], task="regression")
    audited = AuditData(signs[:40], X[:40, 0], task="regression", train=split)
    return run(Function(steps), audited, Lime(samples=5000))


def test_a_healthy_model_is_explained_and_every_control_holds(healthy):
    assert next(iter(values(healthy, "mean_abs_attribution"))) == "x0"
    assert set(list(values(healthy, "mean_abs_attribution"))[:4]) == {"x0", "x1", "x2", "x3"}
    held = {name: control.holds for name, control in controls(healthy).items()}
    assert held == {
        "local fit": True, "stability": True, "deletion curve": True, "deletion": True,
        "agreement of features": True, "agreement of signs": True,
    }  # fmt: skip
    assert {measurement.name for measurement in healthy.measurements} <= set(Lime.definitions)


def test_l1_too_few_neighbours_are_not_stable():
    rng = np.random.default_rng(1)
    weights = rng.normal(size=8)
    control = controls(run(Function(lambda z: np.tanh(z @ weights)), numbers(), Lime(samples=60)))["stability"]
    assert not control.holds and control.value < 0.8 and control.on_failure == "inconclusive"
    assert "believe explanations.importance" in control.reason


def test_l2_the_answer_is_that_of_the_seed():
    model = Function(steps)
    np.random.seed(0)
    expected = np.random.RandomState(0).random()
    first, again, other = (run(model, numbers(), seed=seed) for seed in (4, 4, 5))
    assert first == again and first != other
    assert np.random.random() == expected


def test_l3_a_local_model_that_does_not_fit_is_not_read():
    result = run(Function(lambda z: np.sign(z[:, 0] * z[:, 1] * z[:, 2])), numbers())
    control = controls(result)["local fit"]
    assert not control.holds and control.value < 0.5 and control.on_failure == "inconclusive"
    assert "Do not read it" in control.reason and control.guards == ("mean_abs_attribution", "group_share")


def test_l4_of_several_classes_the_one_that_is_given_is_explained():
    rng = np.random.default_rng(0)
    classes = X[:, :3].argmax(axis=1)
    forest = RandomForestClassifier(20, random_state=0).fit(X, classes)
    rows = np.flatnonzero(classes == 2)[:20]
    result = run(Estimator(forest), AuditData(X[rows], rng.permutation(np.arange(20) % 3), task="multiclass"))
    assert "the class that the model gives the row" in result.notes[0]
    assert next(iter(values(result, "mean_abs_attribution"))) == "x2"


def test_l5_texts_gaps_new_categories_and_decisions_are_taken():
    frame = FRAME.assign(tenure=FRAME["tenure"].where(FRAME["tenure"] > 3))
    frame.loc[:5, "region"] = "west"  # not in the training split
    split = AuditData(frame.iloc[100:].reset_index(drop=True), TRUTH[100:])
    audited = AuditData(frame.iloc[:40].reset_index(drop=True), TRUTH[:40], train=split, positive=1)

    def decide(table):
        assert set(table["region"]) <= {"north", "south", "east", "west"} and isinstance(table, pd.DataFrame)
        return ((table["income"] > 50) & (table["tenure"].fillna(0) > 10)).to_numpy().astype(float)

    result = run(Function(decide, "binary"), audited)
    assert set(list(values(result, "mean_abs_attribution"))[:2]) == {"income", "tenure"}


def test_l6_the_check_goes_to_another_process():
    assert pickle.loads(pickle.dumps(SMALL)) == SMALL


def test_l7_names_are_data_and_no_page_is_made():
    names = ["</script><script>alert(1)</script>", "b", "c"]
    frame = pd.DataFrame(X[:60, :3], columns=names)
    result = run(Function(lambda table: table.to_numpy()[:, 0]), AuditData(frame, X[:60, 0], task="regression"))
    assert values(result, "mean_abs_attribution")[names[0]] > 0
    assert all(figure.image is None for figure in result.figures)


def test_a_local_model_of_a_constant_says_nothing_and_no_control_holds():
    result = run(Function(lambda z: np.full(len(z), 0.4)), numbers())
    assert not any(control.holds for control in result.controls)
    assert {m.value for m in result.measurements if m.name in ("local_fit", "top_jaccard", "deletion_gain")} == {None}


def test_one_column_has_no_order_to_judge():
    audited = AuditData(X[:40, :1], X[:40, 0], task="regression")
    result = run(Function(lambda z: (z[:, 0] > 0) * 1.0), audited)
    assert "deletion curve" not in controls(result) and any(
        "A single part has no order" in note for note in result.notes
    )


def test_coefficients_of_another_row_are_noticed(monkeypatch):
    from auditkit.plugins.explanations.lime import subjects

    right = subjects.explain_table
    monkeypatch.setattr(
        subjects, "explain_table", lambda *given: (local := right(*given))._replace(values=-local.values)
    )
    result = run(Function(steps), numbers())
    assert not controls(result)["deletion curve"].holds and not controls(result)["deletion"].holds
    assert not controls(result)["agreement of signs"].holds


def test_coefficients_of_other_columns_are_noticed(monkeypatch):
    from auditkit.plugins.explanations.lime import subjects

    right = subjects.explain_table
    monkeypatch.setattr(
        subjects, "explain_table", lambda *given: (local := right(*given))._replace(values=local.values[:, ::-1])
    )
    control = controls(run(Function(steps), numbers()))["agreement of features"]
    assert not control.holds and control.value < 0.6 and control.on_failure == "inconclusive"


def test_the_same_coefficients_for_every_row_are_noticed(monkeypatch):
    from auditkit.plugins.explanations.lime import subjects

    right = subjects.explain_table

    def alike(*given):
        local = right(*given)
        return local._replace(values=np.tile(np.abs(local.values).mean(axis=0), (len(local.values), 1)))

    monkeypatch.setattr(subjects, "explain_table", alike)
    control = controls(run(Function(steps), numbers()))["deletion"]
    assert not control.holds and control.on_failure == "inconclusive"
    assert control.reason.endswith("believe explanations.importance.")


def test_a_pipeline_with_groups_has_their_share():
    texts, numeric = ["region", "sex"], ["income", "tenure", "noise", "owner"]
    before = ColumnTransformer([("texts", OneHotEncoder(), texts), ("numbers", StandardScaler(), numeric)])
    model = Estimator(make_pipeline(before, LogisticRegression()).fit(FRAME, TRUTH))
    audited = AuditData(FRAME[:40], TRUTH[:40], {"sex": FRAME["sex"].to_numpy()[:40]}, positive=1)
    assert values(run(model, audited), "group_share")["sex"] > 0.2


def test_texts_are_explained_by_words():
    rng = np.random.default_rng(0)
    words = rng.choice(["good", "bad", "film", "plot", "the", "scene", "actor"], (120, 9))
    written = [" ".join(row) for row in words]
    labels = ((words == "good").sum(axis=1) > (words == "bad").sum(axis=1)).astype(int)
    model = Estimator(make_pipeline(CountVectorizer(), LogisticRegression()).fit(written, labels))
    result = run(model, AuditData(written[:24], labels[:24], positive=1), Lime(samples=300))
    assert all(control.holds for control in result.controls), result.controls
    assert "Explained are 20 of 24 texts." in result.notes
    # no word of a text leaves the check
    assert not any(word in str(result.figures) + str(result.notes) for word in ("good", "bad", "plot"))


def test_pictures_are_explained_by_segments():
    rng = np.random.default_rng(0)
    images = (rng.random((24, 1, 12, 12)) * 0.1).astype(np.float32)
    images[::2, :, 2:6, 2:6] += 0.9
    images[1::2, :, 6:10, 6:10] += 0.9

    def bright(z):
        return np.asarray(z)[:, 0, 2:6, 2:6].mean(axis=(1, 2)) - np.asarray(z)[:, 0, 6:10, 6:10].mean(axis=(1, 2))

    audited = AuditData(images, bright(images), modality="image", task="regression")
    result = run(Function(bright), audited, Lime(samples=200))
    assert controls(result)["local fit"].holds and controls(result)["deletion curve"].holds
    assert [figure.name for figure in result.figures] == ["coefficient_map", "deletion_curve", "insertion_curve"]


def test_where_it_applies_and_what_it_asks(healthy):
    assert Lime.applies_when
    assert SMALL.applies(Function(len), numbers()) is None
    model, audited = Function(steps), numbers()
    the_context = context(model, audited)
    assert the_context.predictions.labels.shape == (40,)
    model.asked = 0
    SMALL.measure(model, audited, the_context)
    assert SMALL.calls(model, audited, 40) / 2 < model.asked <= SMALL.calls(model, audited, 40)
    about = Lime.about()
    assert about.question and about.purpose and about.method and about.limits
