"""CatBoost's models answer as their library does, from a file or live, with categories, texts and missing numbers."""

from __future__ import annotations

import pickle
import random
import sys
import threading

import catboost
import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit.errors import MissingExtra, ModelError, ModelFileRejected
from auditkit.models import Capability

FEW = {"iterations": 8, "depth": 3, "verbose": 0, "allow_writing_files": False, "thread_count": 1, "random_seed": 0}
CHANCE = np.random.default_rng(0)
ROWS = 400
TABLE = pd.DataFrame(
    {
        "age": np.where(CHANCE.random(ROWS) < 0.1, np.nan, CHANCE.normal(40, 10, ROWS)),
        "job": CHANCE.choice(["clerk", "nurse", "smith"], ROWS),
        "zone": CHANCE.integers(0, 4, ROWS),
        "note": CHANCE.choice(["good dog", "bad cat", "nice dog here", "ugly cat"], ROWS),
    }
)
ANSWERS = np.where((TABLE["age"].fillna(40) > 40) ^ (TABLE["job"] == "clerk"), "yes", "no")
WORDY = {"cat_features": ["job", "zone"], "text_features": ["note"]}
BINARY = {Capability.QUERIES, Capability.SCORES, Capability.PROBABILITIES}


@pytest.fixture(scope="module")
def fitted():
    return catboost.CatBoostClassifier(**FEW, **WORDY).fit(TABLE, ANSWERS)


def opened(folder, model, **options):
    model.save_model(str(folder / "m.cbm"))
    return auditkit.wrap(folder / "m.cbm", **options)


def test_the_file_the_object_and_the_library_agree(tmp_path, fitted):
    file, live = opened(tmp_path, fitted), auditkit.wrap(fitted)
    for model in (file, live):
        assert model.kind == "catboost" and model.classes == ("no", "yes") and model.capabilities == BINARY
        np.testing.assert_allclose(model.probabilities(TABLE), fitted.predict_proba(TABLE), atol=1e-12)
        np.testing.assert_array_equal(model.predict(TABLE), fitted.predict(TABLE))
        assert model.feature_names == ("age", "job", "zone", "note")
    assert file.loaded == "CatBoost model file, no foreign code" and file.name == "m"
    assert file.fingerprint == live.fingerprint
    assert isinstance(file.estimator(), catboost.CatBoostClassifier)


@pytest.mark.parametrize(
    ("make", "target", "task", "classes"),
    [
        (catboost.CatBoostClassifier, ANSWERS == "yes", "binary", (False, True)),
        (catboost.CatBoostClassifier, np.where(ANSWERS == "yes", 7, 3), "binary", (3, 7)),
        (catboost.CatBoostClassifier, TABLE["zone"].to_numpy(), "multiclass", (0, 1, 2, 3)),
        (catboost.CatBoostRegressor, TABLE["zone"].to_numpy(), "regression", ()),
        (lambda **few: catboost.CatBoostRegressor(loss_function="Poisson", **few), TABLE["zone"], "regression", ()),
        (lambda **few: catboost.CatBoost({"loss_function": "Logloss", **few}), ANSWERS, "binary", ("no", "yes")),
    ],
)
def test_classes_and_numbers_are_as_the_data_spell_them(tmp_path, make, target, task, classes):
    rows = TABLE[["age", "job"]]
    model = make(cat_features=["job"], **FEW).fit(rows, target)
    for wrapped in (opened(tmp_path, model), auditkit.wrap(model)):
        answers = wrapped.answers(rows)
        assert wrapped.task == task and wrapped.classes == classes
        kind = {"prediction_type": "Class"} if type(model) is catboost.CatBoost else {}
        expected = np.ravel(model.predict(rows, **kind))
        if task == "regression":
            np.testing.assert_allclose(answers.labels, expected, rtol=1e-12)
        else:
            np.testing.assert_array_equal(answers.labels.astype(str), expected.astype(str))


def test_a_table_is_brought_back_to_what_was_fitted(fitted):
    model = auditkit.wrap(fitted)
    expected = model.scores(TABLE)
    # columns in another order, a further one, categories typed as such, whole numbers read as decimals
    moved = TABLE[["note", "zone", "job", "age"]].assign(other=1)
    moved = moved.astype({"job": "category", "zone": float, "note": "category"})
    np.testing.assert_array_equal(model.scores(moved), expected)
    assert set(model.category_places(list(TABLE.columns))) == {1, 2}


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("job", None, "is a category to the model, and 1 rows have none; CatBoost takes no missing category"),
        ("zone", 1.5, "takes texts and whole numbers, and holds 1.5"),
        ("note", None, "is a text to the model, and 1 rows hold none"),
    ],
)
def test_what_catboost_takes_for_no_category_is_said(fitted, column, value, message):
    table = TABLE.astype({"zone": float})
    table[column] = table[column].astype(object if column != "zone" else float)
    table.loc[5, column] = value
    with pytest.raises(ModelError, match=message):
        auditkit.wrap(fitted).answers(table)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (catboost.CatBoostRegressor(loss_function="MultiRMSE", **FEW), "MultiRMSE, and predicts several answers"),
        (catboost.CatBoostClassifier(loss_function="MultiLogloss", **FEW), "MultiLogloss, and predicts several"),
        (catboost.CatBoostRanker(loss_function="QueryRMSE", **FEW), "QueryRMSE, and predicts an order"),
    ],
)
def test_what_is_neither_one_class_nor_one_number_is_refused(tmp_path, model, message):
    several = np.column_stack([ANSWERS == "yes", TABLE["zone"] > 1]).astype(int)
    if isinstance(model, catboost.CatBoostRanker):
        model = model.copy().fit(TABLE[["age"]], TABLE["zone"], group_id=np.arange(ROWS) // 20)
    else:
        model = model.copy().fit(TABLE[["age"]], several)
    for wrap in (lambda: auditkit.wrap(model), lambda: opened(tmp_path, model)):
        with pytest.raises(ModelError, match=message):
            wrap()
    with pytest.raises(ModelError, match="the model must be fitted"):
        auditkit.wrap(catboost.CatBoostClassifier(**FEW))


def test_another_process_gets_the_same_model(tmp_path, fitted):
    file = opened(tmp_path, fitted)
    again = pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(file))))
    np.testing.assert_array_equal(again.scores(TABLE), file.scores(TABLE))
    assert again.fingerprint == file.fingerprint
    with pytest.raises(TypeError, match="cannot leave its process"):
        pickle.dumps(auditkit.wrap(fitted))  # CatBoost writes texts so that reading them may end the process
    plain = auditkit.wrap(catboost.CatBoostClassifier(**FEW).fit(TABLE[["age"]], ANSWERS))
    assert pickle.loads(pickle.dumps(plain)).fingerprint == plain.fingerprint


def test_a_copy_can_be_fitted_anew(fitted):
    fresh = auditkit.wrap(fitted).fresh()
    fresh.estimator().fit(TABLE, ANSWERS)
    np.testing.assert_allclose(fresh.fitted().scores(TABLE), auditkit.wrap(fitted).scores(TABLE), atol=1e-12)


def test_no_thread_stays(tmp_path, fitted):
    before = threading.active_count()
    opened(tmp_path, fitted).answers(TABLE)
    assert threading.active_count() == before


def test_without_catboost_the_extra_is_named(tmp_path, fitted, monkeypatch):
    fitted.save_model(str(tmp_path / "m.cbm"))
    monkeypatch.setitem(sys.modules, "catboost", None)
    with pytest.raises(MissingExtra, match=r"pip install 'auditkit-rai\[catboost\]'"):
        auditkit.wrap(tmp_path / "m.cbm")


@pytest.mark.parametrize("share", [0.001, 0.2, 0.5, 0.99])
def test_half_a_file_is_refused(tmp_path, fitted, share):
    fitted.save_model(str(tmp_path / "m.cbm"))
    content = (tmp_path / "m.cbm").read_bytes()
    (tmp_path / "m.cbm").write_bytes(content[: max(5, int(share * len(content)))])
    with pytest.raises(ModelFileRejected):
        auditkit.wrap(tmp_path / "m.cbm")


@pytest.mark.workers
def test_a_changed_file_ends_no_process_but_that_in_which_it_is_tried(tmp_path):
    """CatBoost's own reader ends its process for one changed file in fifteen."""
    whole = catboost.CatBoostClassifier(**FEW, cat_features=["job"]).fit(TABLE[["age", "job"]], ANSWERS)
    whole.save_model(str(tmp_path / "whole.cbm"))
    content, rejected = (tmp_path / "whole.cbm").read_bytes(), 0
    for seed in range(10):
        chance, broken = random.Random(seed), bytearray(content)
        for _ in range(chance.randrange(1, 8)):
            broken[chance.randrange(4, len(broken))] = chance.randrange(256)
        (tmp_path / "m.cbm").write_bytes(bytes(broken))
        try:
            auditkit.wrap(tmp_path / "m.cbm")
        except ModelFileRejected:
            rejected += 1
        except ModelError:  # such as another loss
            rejected += 1
    assert rejected > 3
