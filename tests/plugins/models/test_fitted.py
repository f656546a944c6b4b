"""Input types come back as the model was fitted: every answer is the library's own, through every door."""

from __future__ import annotations

import io

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    BaggingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import RFE
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder

import auditkit
from auditkit.command.inputs import open_all
from auditkit.config import load
from auditkit.errors import AuditkitError, ModelError

N = 240
RNG = np.random.default_rng(0)
NUMBERS = pd.DataFrame({
    "annual income": RNG.normal(size=N).round(3), "größe": RNG.normal(size=N).round(3),
    "age": RNG.integers(18, 80, N), "member": RNG.random(N) < 0.5,
})  # fmt: skip
TYPED = NUMBERS.assign(
    housing=pd.Categorical(RNG.choice(["rent", "own", "free"], N)), zone=pd.Categorical(RNG.choice([1, 2, 5], N))
)
TRUTH = ((NUMBERS["annual income"] + (TYPED["housing"] == "rent") + (TYPED["zone"] == 5)) > 0.6).astype(int).to_numpy()


def lgbm(**options):
    # by itself it takes a thread for each core, whatever OMP_NUM_THREADS says
    return lightgbm.LGBMClassifier(n_estimators=8, min_child_samples=5, verbose=-1, n_jobs=1, **options)


def xgb(**options):
    return xgboost.XGBClassifier(n_estimators=8, max_depth=3, enable_categorical=True, **options)


def from_csv(frame, **options):
    """What auditkit reads where the table comes as a csv file, with a further column in front."""
    text = frame.assign(further=1.0)[["further", *frame.columns]].assign(y=TRUTH[: len(frame)]).to_csv(index=False)
    return auditkit.AuditData.from_table(pd.read_csv(io.StringIO(text), **options), label="y").inputs


def read(frame, tmp_path, **options):
    """The same by auditkit's own reader of csv files."""
    path = tmp_path / "people.csv"
    frame.assign(y=TRUTH[: len(frame)]).to_csv(path, index=False)
    return auditkit.AuditData.from_table(path, label="y", **options).inputs


def probabilities(model, inputs, **options):
    return auditkit.wrap(model, **options).probabilities(inputs)


DOORS = {
    "estimator": lambda estimator: estimator,
    "pipeline": lambda estimator: make_pipeline("passthrough", estimator),
    "search": lambda estimator: GridSearchCV(estimator, {"n_estimators": [5, 8]}, cv=2),
    "calibrated": lambda estimator: CalibratedClassifierCV(estimator, cv=2),
    "calibrated once": lambda estimator: CalibratedClassifierCV(estimator, cv=2, ensemble=False),
    "voting": lambda estimator: VotingClassifier([("a", estimator), ("b", estimator)], voting="soft"),
    "stacking": lambda estimator: StackingClassifier([("a", estimator)], LogisticRegression(), cv=2),
    "fixed threshold": lambda estimator: FixedThresholdClassifier(
        estimator, threshold=0.4, response_method="predict_proba"
    ),
    "one against the rest": lambda estimator: OneVsRestClassifier(estimator),
    "both": lambda estimator: GridSearchCV(make_pipeline(CalibratedClassifierCV(estimator, cv=2)), {}, cv=2),
}


@pytest.mark.parametrize("make", [lgbm, xgb])
@pytest.mark.parametrize("door", DOORS)
def test_categories_and_names_through_every_door(door, make):
    model = DOORS[door](make()).fit(TYPED, TRUTH)
    expected = model.predict_proba(TYPED)
    shuffled = from_csv(TYPED)[["zone", "further", "age", "member", "housing", "größe", "annual income"]]
    np.testing.assert_array_equal(probabilities(model, shuffled), expected)
    np.testing.assert_array_equal(probabilities(model, TYPED), expected)
    np.testing.assert_array_equal(auditkit.wrap(model).predict(shuffled), model.predict(TYPED))


@pytest.mark.parametrize("make", [lgbm, xgb])
@pytest.mark.parametrize(
    "around", [lambda estimator: BaggingClassifier(estimator, 2), lambda estimator: RFE(estimator)]
)
def test_what_hands_on_arrays_of_its_own_making_is_asked_by_its_own_names(around, make):
    model = around(make()).fit(NUMBERS, TRUTH)
    shuffled = from_csv(NUMBERS)[NUMBERS.columns[::-1]]
    np.testing.assert_array_equal(probabilities(model, shuffled), model.predict_proba(NUMBERS))


@pytest.mark.parametrize("make", [lgbm, xgb])
def test_a_frozen_estimator_and_a_transformed_target(make):
    model = FrozenEstimator(make().fit(TYPED, TRUTH))
    np.testing.assert_array_equal(probabilities(model, from_csv(TYPED)), model.predict_proba(TYPED))
    regressor = lightgbm.LGBMRegressor(n_estimators=5, verbose=-1, n_jobs=1) if make is lgbm else xgboost.XGBRegressor(
        n_estimators=5, enable_categorical=True
    )  # fmt: skip
    model = TransformedTargetRegressor(regressor, func=np.log1p, inverse_func=np.expm1).fit(TYPED, TRUTH + 1.0)
    np.testing.assert_allclose(auditkit.wrap(model).predict(from_csv(TYPED)), model.predict(TYPED), rtol=1e-6)


def test_a_voting_of_lightgbm_and_a_model_that_checks_names():
    model = VotingClassifier([("a", lgbm()), ("b", RandomForestClassifier(5))], voting="soft").fit(NUMBERS, TRUTH)
    np.testing.assert_array_equal(probabilities(model, from_csv(NUMBERS)), model.predict_proba(NUMBERS))


@pytest.mark.parametrize("kind", ["lightgbm", "xgboost"])
@pytest.mark.parametrize("suffix", ["txt", "ubj", "json"])
def test_a_booster_and_its_file(kind, suffix, tmp_path):
    if (kind == "lightgbm") != (suffix == "txt"):
        pytest.skip("the other library's format")
    booster = lgbm().fit(TYPED, TRUTH).booster_ if kind == "lightgbm" else xgb().fit(TYPED, TRUTH).get_booster()
    booster.save_model(tmp_path / f"model.{suffix}")
    if kind == "lightgbm":
        expected = booster.predict(TYPED)
    else:
        expected = booster.predict(xgboost.DMatrix(TYPED, enable_categorical=True)).astype(float)
    np.testing.assert_array_equal(probabilities(booster, from_csv(TYPED))[:, 1], expected)
    TYPED.assign(sex=np.resize(["F", "M"], N), y=TRUTH).to_csv(tmp_path / "people.csv", index=False)
    (tmp_path / "auditkit.toml").write_text(
        f'[model]\npath = "model.{suffix}"\n[data]\npath = "people.csv"\nlabel = "y"\ngroups = ["sex"]\n'
        '[data.features.housing]\nkind = "category"\n[data.features.zone]\nkind = "category"\n'
    )
    opened = open_all(auditkit.Host(), load(tmp_path), tmp_path)
    assert opened.data.feature_names == tuple(TYPED.columns)
    np.testing.assert_array_equal(opened.models[0].probabilities(opened.data.inputs)[:, 1], expected)
    assert any("in the types that the model was fitted with" in note for note in opened.models[0].notes)


@pytest.mark.parametrize("make", [lgbm, xgb, RandomForestClassifier, HistGradientBoostingClassifier])
def test_whole_numbers_as_names(make):
    numbered = NUMBERS.set_axis(range(4), axis=1)
    model = make().fit(numbered, TRUTH)
    for names in (range(4), map(str, range(4)), ["a", "b", "c", "d"]):
        given = NUMBERS.set_axis(list(names), axis=1)
        np.testing.assert_array_equal(probabilities(model, given), model.predict_proba(numbered))


@pytest.mark.parametrize("make", [lgbm, xgb, LogisticRegression, RandomForestClassifier])
def test_a_model_without_names_is_asked_by_position_and_says_so(make):
    model = make().fit(NUMBERS.to_numpy(float), TRUTH)
    wrapped = auditkit.wrap(model)
    np.testing.assert_array_equal(wrapped.probabilities(NUMBERS), model.predict_proba(NUMBERS.to_numpy(float)))
    order = "'annual income' as its 1st, 'größe' as its 2nd, 'age' as its 3rd, 'member' as its 4th"
    assert any(order in note for note in wrapped.notes)
    with pytest.raises(ModelError, match=r"on 4 of them.*the inputs have 5"):
        probabilities(model, NUMBERS.assign(more=1))
    named = auditkit.wrap(make().fit(NUMBERS, TRUTH))
    assert named.probabilities(NUMBERS).shape == (N, 2) and not any("position" in note for note in named.notes)


@pytest.mark.parametrize("kind", [int, str])
def test_columns_called_by_numbers_in_another_order_are_refused_where_the_model_keeps_no_numbers(kind):
    numbered = NUMBERS.set_axis([0, 1, 2, 3], axis=1)
    model = LogisticRegression(max_iter=1000).fit(numbered, TRUTH)
    named = numbered.set_axis([*map(kind, numbered)], axis=1)
    np.testing.assert_array_equal(auditkit.wrap(model).probabilities(named), model.predict_proba(numbered))
    with pytest.raises(ModelError, match=r"mean other features than by their numbers.*in the order of their numbers"):
        auditkit.wrap(model).probabilities(named.iloc[:, [2, 0, 1, 3]])
    rising = named.set_axis([*map(kind, (3, 5, 40, 100))], axis=1)
    assert auditkit.wrap(model).probabilities(rising).shape == (N, 2)
    keeps = lgbm().fit(numbered, TRUTH)  # it knows them by their numbers
    moved = auditkit.wrap(keeps).probabilities(named.iloc[:, [2, 0, 1, 3]])
    np.testing.assert_array_equal(moved, keeps.predict_proba(numbered))


def test_a_booster_without_names_says_so():
    booster = lgbm().fit(NUMBERS.to_numpy(float), TRUTH).booster_
    wrapped = auditkit.wrap(booster)
    np.testing.assert_array_equal(wrapped.probabilities(NUMBERS)[:, 1], booster.predict(NUMBERS.to_numpy(float)))
    assert any("by position" in note for note in wrapped.notes)
    matrix = xgboost.DMatrix(NUMBERS.to_numpy(float), TRUTH)
    native = xgboost.train({"objective": "binary:logistic"}, matrix, 5)
    np.testing.assert_array_equal(probabilities(native, NUMBERS)[:, 1], native.predict(matrix))


@pytest.mark.parametrize("make", [lgbm, xgb])
def test_numbers_that_the_model_was_fitted_on_come_back_as_numbers(make, tmp_path):
    model = make().fit(NUMBERS, TRUTH)
    texts = read(NUMBERS, tmp_path, schema={"age": {"kind": "category"}})
    assert texts["age"].dtype.kind not in "if"
    np.testing.assert_array_equal(probabilities(model, texts), model.predict_proba(NUMBERS))
    blanks = NUMBERS.astype({"member": object, "age": float})
    blanks.loc[3, ["member", "age"]] = np.nan
    expected = model.predict_proba(blanks.astype({"member": float}))
    np.testing.assert_array_equal(probabilities(model, read(blanks, tmp_path)), expected)
    nullable = blanks.astype({"member": "boolean", "age": "Int64"})
    np.testing.assert_array_equal(probabilities(model, nullable), expected)
    with pytest.raises(ModelError, match="'age' was fitted as numbers, and holds 'old'"):
        probabilities(model, NUMBERS.assign(age="old"))


@pytest.mark.parametrize("make", [lgbm, xgb])
@pytest.mark.parametrize("values", [["1", "2", "5"], ["1.0", "2.5", "5"], ["01", "02", "05"], [1.5, 2.5, 5.0]])
def test_categories_that_a_file_reads_as_another_type(make, values, tmp_path):
    if make is xgb and isinstance(values[0], float):
        pytest.skip("XGBoost takes no categories that are decimal numbers")
    fitted = TYPED.assign(zone=pd.Categorical(np.resize(values, N)))
    model = make().fit(fitted, TRUTH)
    expected = model.predict_proba(fitted)
    np.testing.assert_array_equal(probabilities(model, read(fitted, tmp_path)), expected)
    np.testing.assert_array_equal(
        probabilities(model, read(fitted, tmp_path, schema={"zone": {"kind": "category"}})), expected
    )


@pytest.mark.parametrize("make", [lgbm, xgb])
def test_a_value_that_could_be_two_categories_is_refused(make):
    fitted = TYPED.assign(zone=pd.Categorical(np.resize(["1", "1.0", "5"], N)))
    with pytest.raises(AuditkitError, match=r'could be any of the categories.*kind = "category"'):
        probabilities(make().fit(fitted, TRUTH), fitted.assign(zone=np.resize([1.0, 5.0], N)))


def test_a_category_that_was_not_fitted():
    strange = TYPED.assign(housing=TYPED["housing"].astype(object))
    strange.loc[:4, "housing"] = "boat"
    wrapped = auditkit.wrap(lgbm().fit(TYPED, TRUTH))
    expected = wrapped.estimator().predict_proba(strange.assign(housing=strange["housing"].astype("category")))
    np.testing.assert_array_equal(wrapped.probabilities(strange), expected)
    assert any("housing that the model was not fitted with are missing to LightGBM" in note for note in wrapped.notes)
    with pytest.raises(ModelError, match=r"'housing' holds 'boat'.*XGBoost refuses"):
        probabilities(xgb().fit(TYPED, TRUTH), strange)


def test_ordered_categories_of_lightgbm():
    order = pd.Categorical(np.resize(["low", "mid", "high"], N), categories=["low", "mid", "high"], ordered=True)
    fitted = TYPED.assign(level=order)
    model = lgbm().fit(fitted, TRUTH)
    np.testing.assert_array_equal(probabilities(model, from_csv(fitted)), model.predict_proba(fitted))
    numbered = TYPED.assign(level=pd.Categorical(np.resize([3, 1, 2], N), categories=[3, 1, 2], ordered=True))
    model = lgbm().fit(numbered, TRUTH)
    with pytest.raises(ModelError, match=r'3 columns of categories.*kind = "category"'):
        probabilities(model, from_csv(numbered))
    texts = from_csv(numbered, dtype={"level": str})
    np.testing.assert_array_equal(probabilities(model, texts), model.predict_proba(numbered))


@pytest.mark.parametrize("kind", ["lightgbm", "xgboost"])
def test_categories_that_were_numbers_before_fitting(kind):
    codes = NUMBERS.assign(zone=np.resize([1, 3, 5], N))
    if kind == "lightgbm":
        model = lgbm().fit(codes, TRUTH, categorical_feature=["zone"])
        expected = model.predict_proba(codes)
    else:
        kinds = ["float", "float", "int", "i", "c"]
        matrix = xgboost.DMatrix(codes, TRUTH, feature_types=kinds, enable_categorical=True)
        model = xgboost.train({"objective": "binary:logistic"}, matrix, 5)
        expected = np.column_stack([1 - model.predict(matrix), model.predict(matrix)])
    np.testing.assert_array_equal(probabilities(model, codes)[:, 1], expected[:, 1])
    # as a category 3 would silently become the code 1
    with pytest.raises(ModelError, match="'zone' was fitted as the numbers of categories"):
        probabilities(model, codes.assign(zone=codes["zone"].astype("category")))


def test_missing_extra_and_doubtful_columns():
    model = lgbm().fit(NUMBERS, TRUTH)
    with pytest.raises(ModelError, match="missing: 'age'; did you mean 'Age'"):
        probabilities(model, NUMBERS.rename(columns={"age": "Age"}))
    with pytest.raises(ModelError, match="'annual income' and 'annual_income' could both be"):
        probabilities(model, NUMBERS.assign(annual_income=0.0))
    other = LogisticRegression().fit(NUMBERS.rename(columns={"age": " age"}), TRUTH)
    np.testing.assert_array_equal(
        probabilities(other, NUMBERS), other.predict_proba(NUMBERS.rename(columns={"age": " age"}))
    )  # a csv file's header lost the blank
    spaced = NUMBERS.rename(columns={"age": " age ", "annual income": " annual income"})
    model = lgbm().fit(spaced, TRUTH)  # LightGBM calls them "_age_" and "_annual_income"
    np.testing.assert_array_equal(probabilities(model, NUMBERS), model.predict_proba(spaced))


def test_a_dropped_column_settles_which_one_is_meant(tmp_path):
    lgbm().fit(NUMBERS, TRUTH).booster_.save_model(tmp_path / "model.txt")
    NUMBERS.assign(annual_income=0.0, y=TRUTH).to_csv(tmp_path / "people.csv", index=False)
    (tmp_path / "auditkit.toml").write_text(
        '[model]\npath = "model.txt"\n[data]\npath = "people.csv"\nlabel = "y"\ndrop = ["annual_income"]\n'
    )
    opened = open_all(auditkit.Host(), load(tmp_path), tmp_path)
    assert opened.data.feature_names == tuple(NUMBERS.columns)


ENCODED = pd.DataFrame({"age": NUMBERS["age"], "zone": np.resize([1, 2, 5, 5], N)})


@pytest.mark.parametrize("encoder", [
    OneHotEncoder(), OneHotEncoder(handle_unknown="ignore"), OrdinalEncoder(), TargetEncoder(cv=2),
    make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")),
])  # fmt: skip
@pytest.mark.parametrize("fitted", [int, str, float])
@pytest.mark.parametrize("given", [int, str, float, object, "Int64", "string", "category"])
@pytest.mark.parametrize("output", ["default", "pandas"])
def test_an_encoder_gets_the_type_that_it_was_fitted_on(encoder, fitted, given, output):
    if output == "pandas" and "OneHot" in repr(encoder):
        pytest.skip("one-hot encodings are sparse")
    table = ENCODED.astype({"zone": fitted})
    before = ColumnTransformer([("zone", encoder, ["zone"])], remainder="passthrough").set_output(transform=output)
    model = make_pipeline(before, LogisticRegression(max_iter=300)).fit(table, TRUTH)
    np.testing.assert_array_equal(probabilities(model, ENCODED.astype({"zone": given})), model.predict_proba(table))


def test_what_an_encoder_never_saw_stays_unseen():
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression()).fit(
        ENCODED[["zone"]].astype(str), TRUTH
    )
    given = pd.DataFrame({"zone": [1, 7]})
    np.testing.assert_array_equal(probabilities(model, given), model.predict_proba(given.astype(str)))


def test_histogram_boosting_of_categories_from_a_file(tmp_path):
    model = HistGradientBoostingClassifier(max_iter=5).fit(TYPED, TRUTH)
    np.testing.assert_array_equal(probabilities(model, read(TYPED, tmp_path)), model.predict_proba(TYPED))
    texts = read(TYPED, tmp_path, schema={"zone": {"kind": "category"}})
    np.testing.assert_array_equal(probabilities(model, texts), model.predict_proba(TYPED))


def test_a_step_that_reads_columns_by_name():
    step = FunctionTransformer(lambda frame: frame.assign(ratio=frame["annual income"] / frame["age"]))
    model = make_pipeline(step, lgbm()).fit(NUMBERS, TRUTH)
    np.testing.assert_array_equal(
        probabilities(model, from_csv(NUMBERS)[NUMBERS.columns]), model.predict_proba(NUMBERS)
    )
    scaled = make_pipeline(StandardScaler().set_output(transform="pandas"), lgbm()).fit(NUMBERS, TRUTH)
    np.testing.assert_array_equal(probabilities(scaled, from_csv(NUMBERS)), scaled.predict_proba(NUMBERS))


def test_names_of_two_levels():
    deep = pd.DataFrame(NUMBERS.to_numpy(float), columns=pd.MultiIndex.from_product([["a", "b"], ["x", "y"]]))
    model = xgb().fit(deep, TRUTH)
    np.testing.assert_array_equal(probabilities(model, deep[deep.columns[::-1]]), model.predict_proba(deep))


class Cat(ClassifierMixin, BaseEstimator):
    """As CatBoost: it names its features in `feature_names_`, checks them by position, and takes no further ones."""

    def fit(self, table, y):
        self.feature_names_ = list(map(str, getattr(table, "columns", range(table.shape[1]))))
        self.classes_ = np.unique(y)
        self.inside_ = LogisticRegression().fit(np.asarray(table, float), y)
        return self

    def predict_proba(self, table):
        names = list(map(str, getattr(table, "columns", self.feature_names_)))
        assert names == self.feature_names_, f"feature names at position 0 should be {self.feature_names_[0]}"
        return self.inside_.predict_proba(np.asarray(table, float))

    def predict(self, table):
        return self.classes_[self.predict_proba(table).argmax(axis=1)]


@pytest.mark.parametrize(
    "door",
    [
        lambda estimator: estimator,
        lambda estimator: make_pipeline(estimator),
        lambda estimator: GridSearchCV(estimator, {}, cv=2),
    ],
)
def test_further_columns_are_kept_from_a_model_that_names_its_features_its_own_way(door):
    model = door(Cat()).fit(NUMBERS, TRUTH)
    wrapped = auditkit.wrap(model)
    shuffled = from_csv(NUMBERS)[["further", "member", "age", "größe", "annual income"]]
    np.testing.assert_array_equal(wrapped.probabilities(shuffled), model.predict_proba(NUMBERS))
    assert wrapped.feature_names == tuple(NUMBERS.columns) and wrapped.given(tuple(shuffled)) == tuple(NUMBERS.columns)


def test_true_and_false_as_categories_of_which_a_model_keeps_no_values_are_noted():
    class Hashing(Cat):
        """As CatBoost, which keeps numbers made of the values."""

        def get_cat_feature_indices(self):
            return [self.feature_names_.index("member")]

    for asked_about, noted in ((NUMBERS, True), (NUMBERS.assign(member=NUMBERS["member"].astype(int)), False)):
        wrapped = auditkit.wrap(Hashing().fit(NUMBERS, TRUTH))
        wrapped.probabilities(asked_about)
        notes = [note for note in wrapped.notes if 'say kind = "category" under [data.features.member]' in note]
        assert bool(notes) == noted


@pytest.mark.parametrize("make", [lgbm, xgb])
@pytest.mark.parametrize("kind", ["frame", "csv"])
def test_a_whole_audit_of_categories(make, kind):
    frame = TYPED if kind == "frame" else from_csv(TYPED).drop(columns="further")
    data = auditkit.AuditData.from_table(
        frame.assign(sex=np.resize(["F", "M"], N), y=TRUTH), label="y", groups=["sex"], drop=["sex"]
    )
    result = auditkit.audit(make().fit(TYPED, TRUTH), data, budget="quick", checks=[
        "performance", "fairness.individual", "fairness.groups", "explanations.importance", "robustness.changes",
    ])  # fmt: skip
    assert not [check_result.check for check_result in result.results if check_result.status == "error"]
