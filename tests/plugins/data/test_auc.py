"""Equal rows and predictability, against slow and independent ways."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings, strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from auditkit.plugins.data import auc, features, identity

RNG = np.random.default_rng(0)
ROW = st.tuples(st.sampled_from([0.0, 1.0, None]), st.sampled_from(["a", "b"]), st.booleans())


def frame(rows):
    return pd.DataFrame(rows, columns=["number", "text", "flag"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(ROW, min_size=2, max_size=12),
    st.lists(ROW, min_size=1, max_size=5),
)
def test_rows_are_equal_where_all_their_values_are(here, there):
    first, second = identity.identify(frame(here), frame(there))
    for numbers, others in ((first, first), (first, second)):
        rows, compared = here, here if others is first else there
        for i in range(len(numbers)):
            for j in range(len(others)):
                assert (numbers[i] == others[j]) == (rows[i] == compared[j])
    assert identity.repeated(first).sum() == len(here) - len(set(here))
    labels_here, labels_there = np.arange(len(here)) % 2, np.arange(len(there)) % 2
    assert np.isin(first, second).tolist() == [row in there for row in here]
    pairs = list(zip(there, labels_there.tolist(), strict=True))
    labelled = identity.with_label_among(first, second, labels_here, labels_there)
    assert labelled.tolist() == [value in pairs for value in zip(here, labels_here.tolist(), strict=True)]


def test_types_do_not_tell_equal_values_apart():
    whole, floats = pd.DataFrame({"a": [1, 2, 3]}), pd.DataFrame({"a": [1.0, 5.0, np.nan]})
    assert np.isin(*identity.identify(whole, floats)).tolist() == [True, False, False]
    plain = pd.DataFrame({"a": ["x", "y"]})
    category = pd.DataFrame({"a": pd.Categorical(["y", "z"])})
    assert np.isin(*identity.identify(plain, category)).tolist() == [False, True]
    nullable = pd.DataFrame({"a": pd.array([1, None, 3], dtype="Int64")})
    assert np.isin(*identity.identify(nullable, floats)).tolist() == [True, True, False]


@pytest.mark.parametrize("kind", ["array", "tensor", "images", "texts", "table"])
def test_planted_copies_are_found_in_inputs_of_every_kind(kind):
    values = RNG.integers(0, 2, (60, 3, 4, 4)).astype(np.float32)
    inputs = {
        "array": values.reshape(60, -1),
        "tensor": torch.from_numpy(values),
        "images": values,
        "texts": [f"sentence {number % 50}" for number in range(60)],
        "table": pd.DataFrame(values.reshape(60, -1)[:, :5]),
    }[kind]
    assert identity.planted_share(inputs, RNG.integers(0, 60, 7)) == 1


def test_minus_zero_is_zero_and_a_narrower_type_is_compared_in_the_other():
    assert identity.identify(np.array([[0.0], [-0.0], [1.0]]))[0].tolist() == [0, 0, 1]
    half, double = np.array([[0.1], [0.5]], dtype=np.float32), np.array([[0.1], [0.7]])
    assert np.isin(*identity.identify(half, double)).tolist() == [True, False]


def slow_shares(column, target, fold):
    """Class shares of the other rows of the bin in the other folds, row by row."""
    classes = int(target.max()) + 1
    shares = np.empty((len(target), classes))
    for at in range(len(target)):
        others = fold != fold[at]
        prior = np.bincount(target[others], minlength=classes) / others.sum()
        same_bin = target[others & (column == column[at])]
        shares[at] = (np.bincount(same_bin, minlength=classes) + auc.PRIOR * prior) / (len(same_bin) + auc.PRIOR)
    return shares


@pytest.mark.parametrize("classes", [2, 3])
def test_one_feature_equals_a_loop_over_rows_and_scikit_learn(classes):
    rng = np.random.default_rng(1)
    target = np.concatenate([np.arange(classes), rng.integers(0, classes, 150 - classes)])
    column = rng.integers(0, 6, 150) + target
    fold = auc.folds(target, rng)
    shares = slow_shares(column, target, fold)
    value = (
        roc_auc_score(target, shares[:, 1])
        if classes == 2
        else np.mean([roc_auc_score(target == index, shares[:, index]) for index in range(classes)])
    )
    measured = auc.one_feature(column, target, fold)
    assert measured.auc == pytest.approx(value)
    assert measured.interval.low < value < measured.interval.high


def test_folds_hold_every_class_in_its_share():
    target = np.repeat([0, 1, 2], [100, 50, 23])
    fold = auc.folds(target, np.random.default_rng(2))
    for label, rows in enumerate([100, 50, 23]):
        sizes = np.bincount(fold[target == label], minlength=auc.FOLDS)
        assert sizes.max() - sizes.min() <= 1 and sizes.sum() == rows


def test_all_features_equal_scikit_learn_over_the_same_folds():
    rng = np.random.default_rng(3)
    target = rng.integers(0, 2, 300)
    codes = rng.normal(size=(300, 3)) + 0.8 * target[:, None]
    fold = auc.folds(target, rng)
    measured = auc.all_features(codes, np.zeros(3, bool), target, fold, 0)
    model = HistGradientBoostingClassifier(
        max_iter=40, max_leaf_nodes=15, learning_rate=0.2, early_stopping=False, random_state=0
    )
    splits = [(np.flatnonzero(fold != index), np.flatnonzero(fold == index)) for index in range(auc.FOLDS)]
    same_folds = cross_val_predict(model, codes, target, cv=splits, method="predict_proba")[:, 1]
    assert measured.auc == pytest.approx(roc_auc_score(target, same_folds))
    other_folds = cross_val_predict(model, codes, target, cv=StratifiedKFold(5), method="predict_proba")[:, 1]
    assert measured.auc == pytest.approx(roc_auc_score(target, other_folds), abs=0.05)


def strength_of(column, target, discrete=False, seed=0):
    table = features.Features(("x",), np.asarray(column, float)[:, None], np.array([discrete]))
    return features.each_alone(table, target, np.random.default_rng(seed))["x"]


def test_any_relation_is_seen_and_none_is_not():
    rng = np.random.default_rng(4)
    target = (rng.random(3000) < 0.24).astype(int)
    noise = rng.normal(size=3000)
    assert strength_of(target + 0.4 * (noise - noise.mean()).clip(-1, 1), target).auc > 0.99
    assert strength_of(np.where(target == 1, rng.choice([-3, 3], 3000), 0) + 0.1 * noise, target).auc > 0.99
    assert strength_of(np.where(target == 1, np.nan, noise), target).auc > 0.99
    nothing = strength_of(noise, target)
    assert nothing.interval.low < 0.5 + 0.03 and nothing.interval.high > 0.5 - 0.03


def test_an_identifier_predicts_nothing():
    rng = np.random.default_rng(5)
    target = rng.integers(0, 2, 1000)
    assert strength_of(rng.permutation(1000), target, discrete=True).auc < 0.55


def test_chance_is_inside_the_interval_as_often_as_it_says():
    rng, hits = np.random.default_rng(6), 0
    for seed in range(200):
        target = (rng.random(600) < 0.4).astype(int)
        interval = strength_of(rng.integers(0, 3, 600), target, seed=seed).interval
        hits += interval.low <= 0.505 and interval.high >= 0.46
    assert hits / 200 >= 0.93


def test_bins_of_a_column():
    assert auc.binned(np.array([3.0, np.nan, 1.0, 3.0]), False).tolist() == [2, 0, 1, 2]
    many = auc.binned(np.arange(1000.0), False)
    assert len(np.unique(many)) == auc.BINS and np.bincount(many)[1:].max() <= 17
    assert len(np.unique(auc.binned(np.arange(1000.0), True))) == 1000
    assert auc.binned(np.full(3, np.nan), False).tolist() == [0, 0, 0]


def test_rare_classes_are_left_out():
    rows, classes = features.as_classes(np.array(list("aaabbbc")), 2)
    assert rows.tolist() == [0, 1, 2, 3, 4, 5] and classes.tolist() == [0, 0, 0, 1, 1, 1]
    rows, classes = features.as_classes(np.array(list("abc")), 2)
    assert len(rows) == len(classes) == 0
