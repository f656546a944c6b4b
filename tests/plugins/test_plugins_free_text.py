"""A table with a column of free text through every family: real reviews beside numbers, categories and a group."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import auditkit
from auditkit.data import AuditData
from auditkit.plugins.data.features import Features
from auditkit.plugins.explanations.lime.check import Lime
from auditkit.plugins.fairness.individual.neighbours import distance_space
from auditkit.plugins.fairness.slices.conditions import features_of
from auditkit.plugins.privacy.anonymity.check import Anonymity
from auditkit.plugins.privacy.shared.classifiers import blind_scores
from auditkit.plugins.privacy.shared.features import TEXT, plain
from auditkit.plugins.robustness.corruptions.base import TABLE, TEXT as TEXTS, known_names
from auditkit.plugins.robustness.corruptions.tables import Tables

ROWS, TRAIN = 120, 380
COLUMNS = ["essay", "age", "income", "region", "sex"]
NAMED = [
    "data.integrity", "explanations.importance", "explanations.effects", "explanations.permutation_importance",
    "explanations.surrogate_tree", "explanations.counterfactuals", "fairness.individual", "fairness.slices",
    "privacy.membership", "robustness.changes", "robustness.corruptions",
]  # fmt: skip
SMALL = {
    "explanations.effects": {"rows": 60, "grid": 4},
    "explanations.importance": {"rows": 40, "background": 50},
    "explanations.permutation_importance": {"rows": 60, "repeats": 2},
    "explanations.surrogate_tree": {"rows": 60, "learnt": 100},
    "explanations.counterfactuals": {"rows": 20, "budget": 200, "real_rows": 60},
    "robustness.changes": {"rows": 10},
    "robustness.corruptions": {"rows": 40, "corruptions": ["drift", "typos"], "shuffles": 99},
}


@pytest.fixture(scope="module")
def table(shared_data):
    """Real reviews of films, good and bad, beside numbers that were drawn; the label depends on both."""
    reviews = {
        label: (shared_data / "text_polarity" / f"rt-polarity.{name}").read_text("latin-1").splitlines()[:600]
        for label, name in enumerate(("neg", "pos"))
    }
    rng, half = np.random.default_rng(0), (ROWS + TRAIN) // 2
    frame = pd.DataFrame(
        {
            "essay": reviews[0][:half] + reviews[1][:half],
            "age": rng.integers(18, 80, 2 * half),
            "income": rng.normal(30, 8, 2 * half) + 4 * np.repeat([0, 1], half),
            "region": rng.choice(["n", "s", "e"], 2 * half),
            "sex": rng.choice(["f", "m"], 2 * half),
            "good": np.repeat([0, 1], half),
        }
    )
    return frame.iloc[rng.permutation(2 * half)].reset_index(drop=True)


@pytest.fixture(scope="module")
def data(table):
    return read(table)


def read(table, **options):
    return AuditData.from_table(
        table[TRAIN:], label="good", positive=1, groups=["sex"], train=table[:TRAIN], outcome="benefit", **options
    )


@pytest.fixture(scope="module")
def pipeline(table):
    encode = make_column_transformer(
        (TfidfVectorizer(min_df=3), "essay"),
        (StandardScaler(), ["age", "income"]),
        (OneHotEncoder(), ["region", "sex"]),
    )
    return make_pipeline(encode, LogisticRegression()).fit(table[:TRAIN][COLUMNS], table[:TRAIN]["good"])


@pytest.fixture(scope="module")
def result(data, pipeline):
    return auditkit.audit(pipeline, data, checks=NAMED, parameters=SMALL, budget="quick", isolate="plugins")


def of(result, check):
    return next(entry for entry in result.results if entry.check == check)


@pytest.mark.parametrize("check", NAMED)
def test_every_check_is_measured(result, check):
    assert of(result, check).status == "measured", of(result, check)


def test_no_text_is_in_the_evidence(result, table):
    written = json.dumps(result.model_dump(mode="json"))
    assert not [text for text in table["essay"] if text.strip()[:40] in written]
    (column,) = [feature for feature in result.data.features if feature.name == "essay"]
    assert column.kind == "text" and not column.detail


def test_the_importance_of_the_text_is_that_of_one_player_by_hand(table, data, pipeline):
    """Log-odds are linear in TF-IDF, so the text's part is its own sum less the mean sum of the background."""
    rows, background = ROWS, TRAIN
    given = {"explanations.importance": {"rows": rows, "background": background}}
    audited = auditkit.audit(pipeline, data, checks=["explanations.importance"], parameters=given, isolate="plugins")
    measured = {
        number.conditions.get("feature"): number.value
        for number in of(audited, "explanations.importance").measurements
        if number.name == "mean_abs_attribution"
    }
    words, weights = pipeline[0].named_transformers_["tfidfvectorizer"], pipeline[1].coef_[0]
    sums = words.transform(table["essay"]).toarray() @ weights[: len(words.vocabulary_)]
    by_hand = np.abs(sums[TRAIN:] - sums[:TRAIN].mean()).mean()
    assert measured["essay"] == pytest.approx(by_hand, rel=1e-9)
    assert set(measured) == set(COLUMNS)


def test_corruptions_of_texts_change_the_text_and_nothing_else(data):
    assert known_names(data) == (*TABLE, *TEXTS)
    gaps = data.inputs["essay"].where(np.arange(ROWS) > 4)
    with_gaps = AuditData(data.inputs.assign(essay=gaps), data.labels, groups=data.groups)
    tables = Tables(with_gaps, dict.fromkeys((*TABLE, *TEXTS), 3), held=True)
    before, corrupted = tables.change("typos", 0).inputs, tables.change("typos", 5)
    others = ["age", "income", "region", "sex"]
    pd.testing.assert_frame_equal(corrupted.inputs[others], before[others])
    assert corrupted.inputs["essay"][:5].isna().all() and corrupted.inputs["essay"].dtype == before["essay"].dtype
    assert (corrupted.inputs["essay"][5:] != before["essay"][5:]).mean() > 0.95
    assert 0.1 < corrupted.distance < 0.2  # a fifth of the letters, not of the blanks
    for name in ("missing values", "swapped categories", "noise", "drift"):
        assert tables.change(name, 5).inputs["essay"].equals(before["essay"]), name


def test_a_table_without_free_text_has_no_corruptions_of_texts(data):
    plain_table = AuditData(data.inputs.drop(columns="essay"), data.labels)
    assert known_names(plain_table) == TABLE


def test_texts_are_no_conditions_no_distance_and_no_proposal(data, pipeline):
    assert "essay" not in [feature.name for feature in features_of(data, 4)]
    without = distance_space(data, ("essay",))
    assert distance_space(data, ()).shape == without.shape
    model = auditkit.wrap(pipeline)
    assert "essay" not in str(Anonymity().applies(model, data))
    assert "importance takes a column of it as one part" in Lime().applies(model, data)


def test_leaks_in_free_text_are_in_doubt_until_its_owner_says_that_it_is_text(table):
    undeclared, declared = (
        Features.of(read(table, schema=schema), np.arange(ROWS)) for schema in ({}, {"essay": {"kind": "text"}})
    )
    assert "free text, in which nothing is searched" in undeclared.doubts["essay"] and not undeclared.unsearched
    assert declared.unsearched == ("essay",) and "essay" not in declared.doubts


def test_who_trained_is_not_told_by_the_numbers_of_texts(data):
    """The codes of the training split come after those of the data, so that trees would tell both by them alone."""
    train, others = plain(data.train), plain(data)
    values = np.vstack([train.values, others.values])
    member = np.arange(len(values)) < len(train.values)
    assert train.category.tolist() == [TEXT, 0, 0, 1, 1]
    labels = np.concatenate([data.train.labels, data.labels]).astype(float)
    unit = np.arange(len(values))

    def area(category):
        scores = blind_scores(values, np.asarray(category), labels, member, 0, unit)
        return auditkit.stats.auc(np.asarray(scores), member).value

    assert area([1, 0, 0, 1, 1]) > 0.99  # as a category, the text says it: what must not be
    assert area(train.category) < 0.6
