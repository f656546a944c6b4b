"""The check of texts on models whose answers are known, and on explanations that its controls must catch."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from auditkit.data import AuditData
from auditkit.errors import TimeLimit
from auditkit.plugins.explanations.text import findings
from auditkit.plugins.explanations.text.check import Text
from tests.plugins.explanations.models import Estimator, Function, context, controls

WORTH = {"good": 1.0, "great": 2.0, "bad": -1.5, "dull": -1.0}
DRAWN = np.random.default_rng(0).choice([*WORTH, "the", "film", "plot", "actor"], (30, 8))
TEXTS = [" ".join(row) for row in DRAWN]


def worth(texts):
    return np.array([sum(WORTH.get(word.casefold(), 0.0) for word in text.split()) for text in texts])


def audited(texts=TEXTS, **more):
    return AuditData(texts, worth(texts) + np.arange(len(texts)) / 1e3, task="regression", modality="text", **more)


def run(model, data=None, check=None, seed=0, **more):
    data = data or audited()
    return (check or Text()).measure(model, data, dataclasses.replace(context(model, data, seed), **more))


def words(result):
    return {m.conditions["word"]: m.value for m in result.measurements if m.name == "word_attribution"}


def test_a_sum_over_words_is_found_exactly():
    result = run(Function(worth), audited(minimum_cell=5))
    occurrences = {word: np.array([text.split().count(word) for text in TEXTS]) for word in WORTH}
    expected = {word: WORTH[word] * counts[counts > 0].mean() for word, counts in occurrences.items()}
    assert words(result) == pytest.approx(expected)
    assert all(control.holds for control in result.controls) and len(result.controls) == 3
    assert {measurement.name for measurement in result.measurements} <= set(Text.definitions)
    assert [figure.name for figure in result.figures] == ["words", "deletion_curve", "insertion_curve"]


def test_log_odds_of_a_pipeline_are_those_of_its_coefficients():
    labels = (worth(TEXTS) > 0).astype(int)
    pipeline = make_pipeline(TfidfVectorizer(norm=None), LogisticRegression()).fit(TEXTS, labels)
    vectors, coefficients = pipeline[:-1].transform(TEXTS).toarray(), pipeline[-1].coef_[0]
    model, data = Estimator(pipeline), AuditData(TEXTS, labels, positive=1, minimum_cell=5)
    result = run(model, data, Text(unit="log-odds"))
    exact = vectors * coefficients
    for word, value in words(result).items():
        column = exact[:, pipeline[0].vocabulary_[word]]
        assert value == pytest.approx(column[column != 0].mean(), abs=1e-6), word
    assert "as log-odds" in result.notes[0]


def test_film_reviews_turn_on_words_of_praise_and_blame(shared_data):
    lines = {
        name: (shared_data / "text_polarity" / f"rt-polarity.{name}").read_text("latin-1").splitlines()
        for name in ("neg", "pos")
    }
    texts = [text.strip() for pair in zip(lines["neg"][:4000], lines["pos"][:4000], strict=True) for text in pair]
    labels = np.tile([0, 1], 4000)
    pipeline = make_pipeline(TfidfVectorizer(stop_words="english"), LogisticRegression()).fit(texts[300:], labels[300:])
    data = AuditData(texts[:300], labels[:300], positive=1, minimum_cell=3)
    result = run(Estimator(pipeline), data, Text(questions=120))
    strongest = words(result)
    of_feeling = {
        "bad", "best", "bland", "boring", "compelling", "dull", "enjoyable", "entertaining", "fun", "funny", "good",
        "great", "heart", "intelligent", "love", "mess", "moving", "touching", "worst",
    }  # fmt: skip
    assert len({*list(strongest)[:10]} & of_feeling) >= 6, list(strongest)[:10]
    assert strongest["best"] > 0 and strongest["fun"] > 0 and strongest["mess"] < 0
    assert controls(result)["deletion curve"].holds and controls(result)["additivity"].holds


@pytest.mark.parametrize("planted", ["zeros", "equal", "of another text"])
def test_attributions_that_say_nothing_are_caught_by_their_deletion_curve(planted, monkeypatch):
    right = findings.explain_text

    def wrong(*given):
        outcome = right(*given)
        size = len(outcome.values)
        values = {
            "zeros": np.zeros(size), "equal": np.full(size, outcome.values.mean()), "of another text": -outcome.values,
        }[planted]  # fmt: skip
        return outcome._replace(values=values)

    monkeypatch.setattr(findings, "explain_text", wrong)
    for seed in range(3):
        control = controls(run(Function(worth), seed=seed))["deletion curve"]
        assert not control.holds and control.on_failure == "inconclusive"
        assert control.guards == ("word_attribution", "strongest_share")


def test_a_model_that_answers_at_random_is_invalid():
    rng = np.random.default_rng(0)
    result = run(Function(lambda texts: worth(texts) + rng.normal(size=len(texts))))
    control = controls(result)["additivity"]
    assert not control.holds and control.on_failure == "invalid"


def test_few_orders_of_words_that_only_work_together_are_not_settled():
    def parity(texts):
        return np.array([float(sum(len(word) for word in text.split()) % 2) for text in texts])

    control = controls(run(Function(parity), check=Text(permutations=2)))["sampling error"]
    assert not control.holds and control.value > 0.2 and control.on_failure == "inconclusive"
    assert control.guards == ("word_attribution", "strongest_share")


def test_a_constant_model_says_nothing_and_no_number_is_made_up():
    result = run(Function(lambda texts: np.full(len(texts), 0.4)))
    values = {measurement.name: measurement.value for measurement in result.measurements}
    assert values == {
        "strongest_share": None, "deletion_gain": None, "insertion_gain": None, "additivity_gap": 0.0,
        "monte_carlo_error": None,
    }  # fmt: skip
    assert not controls(result)["deletion curve"].holds and "No word is listed" in result.notes[-1]


def test_words_of_few_texts_stay_in_the_house():
    texts = [f"good film , says mr smith{chr(97 + number)}" for number in range(12)]
    result = run(Function(lambda given: np.array([float(len(text)) for text in given])), audited(texts))
    assert set(words(result)) == {"good", "film", "says", "mr"}
    assert "smith" not in str((result.figures, result.notes, result.tables, result.measurements))


def test_single_texts_are_shown_where_rows_may_be():
    hostile = ["good </script><script>alert(1)</script> film bad"] * 2 + TEXTS
    result = run(Function(worth), audited(hostile), include_rows=True)
    strips = [figure for figure in result.figures if figure.name.startswith("text_")]
    assert len(strips) == 3 and next(row["part"] for row in strips[2].data) == f"01 {TEXTS[0].split()[0]}"
    assert all(figure.mark == "bars" and figure.image is None for figure in strips)
    assert not any(figure.name.startswith("text_") for figure in run(Function(worth), audited(hostile)).figures)


def test_long_texts_are_cut_into_fewer_parts_within_the_questions():
    texts = [". ".join([text] * 6) + "." for text in TEXTS[:6]] + [" ".join([*TEXTS[:6]])] * 2
    data, model = audited(texts), Function(worth)
    the_context = context(model, data)
    assert len(the_context.predictions.labels) == 8
    model.asked = 0
    result = Text(questions=80).measure(model, data, the_context)
    assert "6 as sentences, 2 as runs of words" in result.notes[1]
    assert model.asked <= Text(questions=80).calls(model, data, 8)
    assert f"about {model.asked} texts" in result.notes[2]


def test_equal_seeds_give_equal_findings_and_global_randomness_stays():
    def asks(texts):
        return np.array([float("good" in text) * len(text) for text in texts])

    np.random.seed(0)
    expected = np.random.RandomState(0).random()
    first, again, other = (run(Function(asks), seed=seed) for seed in (4, 4, 5))
    assert first == again and first != other
    assert np.random.random() == expected


def test_an_empty_text_and_time_limits():
    result = run(Function(worth), audited(["", "...", *TEXTS]))
    assert controls(result)["additivity"].holds
    with pytest.raises(TimeLimit, match="texts explained"):
        run(Function(worth), deadline=0.0)


def test_where_it_applies():
    assert not Text.applies_when and Text().applies(Function(worth), audited()) is None
    assert "no probabilities" in Text(unit="log-odds").applies(Function(worth), audited())
    assert "'log-odds' was given" in Text(unit="log-odds").applies(Function(worth), audited())
    about = Text.about()
    assert about.question.startswith("Which words") and about.purpose and about.method and about.limits


def test_texts_of_one_word_have_no_order_to_judge():
    result = run(Function(worth), audited(["good", "bad", "great", "dull"] * 8))
    assert "deletion curve" not in {control.name for control in result.controls}
    assert any("A single part has no order" in note for note in result.notes)
