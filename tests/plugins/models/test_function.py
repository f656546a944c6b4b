"""A plain function as a model: what its answers may be, and how they are read."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from auditkit.errors import ModelError
from auditkit.models import Capability
from auditkit.plugins.models import wrap_model
from tests.plugins.models.tables import numbers, wrapped

X = numbers(2)


def chance(inputs):
    return 1 / (1 + np.exp(-inputs[:, 0]))


def both_chances(inputs):
    return np.column_stack([1 - chance(inputs), chance(inputs)])


def test_labels():
    model = wrapped(lambda inputs: np.where(inputs[:, 0] > 0, "yes", "no"), classes=("no", "yes"))
    answers = model.answers(X)
    np.testing.assert_array_equal(answers.labels, np.where(X[:, 0] > 0, "yes", "no"))
    assert answers.scores is None and model.capabilities == {Capability.QUERIES} and model.output == "labels"
    assert model.task == "binary" and model.positive == "yes"


def test_labels_of_classes_nobody_named():
    model = wrapped(lambda inputs: np.digitize(inputs[:, 0], [-1, 1]), batch=1)
    model.answers(X)
    assert model.classes == (0, 1, 2) and model.task == "multiclass"
    assert any("classes were taken from the answers" in note for note in model.notes)


def test_one_probability():
    model = wrapped(chance, classes=(0, 1))
    answers = model.answers(X)
    np.testing.assert_allclose(answers.probabilities, both_chances(X))
    np.testing.assert_allclose(answers.scores, chance(X))
    np.testing.assert_array_equal(answers.labels, (X[:, 0] > 0).astype(int))
    assert {Capability.SCORES, Capability.PROBABILITIES} <= model.capabilities
    assert "the callable answers with the probability of the positive class, by the first 300 rows" in model.notes
    turned = wrapped(chance, classes=("good", "bad"), positive="good", threshold=0.2)
    np.testing.assert_array_equal(turned.predict(X), np.where(chance(X) >= 0.2, "good", "bad"))
    np.testing.assert_allclose(turned.answers(X).probabilities, both_chances(X)[:, ::-1])


def test_one_probability_in_a_column():
    model = wrapped(lambda inputs: chance(inputs)[:, None], classes=(0, 1))
    np.testing.assert_allclose(model.scores(X), chance(X))


def test_probabilities():
    model = wrapped(both_chances, classes=("no", "yes"), batch=7)
    np.testing.assert_allclose(model.probabilities(X), both_chances(X))
    three = wrapped(lambda inputs: np.full((len(inputs), 3), 1 / 3), classes="abc")
    assert set(three.predict(X)) == {"a"} and three.task == "multiclass"
    assert Capability.SCORES not in three.capabilities


def test_saturated_probabilities_are_labels_unless_told():
    model = wrapped(lambda inputs: (inputs[:, 0] > 0) * 1.0, classes=(0, 1))
    assert model.answers(X).probabilities is None
    declared = wrapped(lambda inputs: (inputs[:, 0] > 0) * 1.0, classes=(0, 1), output="probabilities")
    assert declared.answers(X).probabilities is not None
    assert any("as told" in note for note in declared.notes)


def test_numbers():
    model = wrapped(lambda inputs: inputs[:, 0] * 3, task="regression")
    np.testing.assert_array_equal(model.scores(X), X[:, 0] * 3)
    assert Capability.SCORES in model.capabilities and model.output == "number"


def test_texts():
    model = wrapped(lambda texts: np.array([len(text) % 2 for text in texts]), classes=(0, 1))
    np.testing.assert_array_equal(model.predict(["a", "bb", "ccc"]), [1, 0, 1])


@pytest.mark.parametrize(
    ("function", "options", "message"),
    [
        (both_chances, {}, "classes must be named .* gave one column per class"),
        (chance, {}, r"classes must be named .* gave one number in \[0, 1\] per row"),
        (chance, {"output": "probabilities"}, "classes must be named .* gave one probability per row"),
        (lambda inputs: inputs[:, 0], {}, "must give labels or probabilities; it gave numbers between"),
        (lambda inputs: inputs, {"classes": (0, 1)}, "must lie in .* and sum to 1 .* Apply softmax"),
        (lambda inputs: both_chances(inputs), {"classes": "abc"}, "one column for each of the 3 classes"),
        (lambda inputs: chance(inputs)[:5], {"classes": (0, 1)}, r"one row per input.* gave shape \(5,\) for 300"),
        (lambda inputs: 0.5, {"classes": (0, 1)}, "gave a float for 300 inputs in one call"),
        (lambda inputs: None, {"classes": (0, 1)}, "gave None for 300 inputs"),
        (lambda inputs: (one for one in inputs), {"classes": (0, 1)}, "gave a generator for 300 inputs"),
        (lambda inputs: 1 / 0, {"classes": (0, 1)}, "ZeroDivisionError: division by zero; it was given 300 rows as"),
        (chance, {"classes": (0, 1), "output": "logits"}, "output of a callable must be .*'logits' was given"),
        (chance, {"classes": (0, 1), "output": "number"}, "output 'number' is for task='regression'"),
        (both_chances, {"task": "regression"}, "must have one output; it has 2"),
        (chance, {"task": "regression", "threshold": 0.5}, "threshold is for binary classifiers"),
        (chance, {"classes": "abc", "output": "probabilities"}, "needs exactly two classes; there are 3"),
        (chance, {"classes": (1, "1")}, "classes must be distinct"),
        (lambda inputs: inputs[:, 0] > 0, {"classes": ("a", "b"), "output": "labels"}, "must be among the classes"),
        (lambda inputs: inputs > 0, {"output": "labels"}, r"labels must have shape \(N,\)"),
        (lambda inputs: np.zeros(len(inputs), int), {"classes": (0, 1), "threshold": 0.5}, "threshold needs probabil"),
    ],
)  # fmt: skip
def test_what_cannot_be_an_answer(function, options, message):
    with pytest.raises(ModelError, match=message):
        wrapped(function, **options).answers(X)


def test_answers_that_are_not_finite():
    with pytest.raises(ModelError, match="scores must be finite; values that are not: 300"):
        wrapped(lambda inputs: np.full((len(inputs), 2), np.nan), classes=(0, 1)).answers(X)


def test_an_answer_that_is_missing_is_counted_and_leads_to_an_abstention():
    labels = np.where(X[:, 0] > 0, "yes", "no").astype(object)
    for gap, message in [(None, "1 of 300 answers are None"), (np.nan, "1 of 300 answers are NaN or infinite")]:
        answers = labels.copy() if gap is None else np.where(labels == "yes", 0.9, 0.1)
        answers[7] = gap
        with pytest.raises(ModelError, match=message):
            wrapped(lambda inputs, answers=answers: answers, classes=("no", "yes")).answers(X)
    labels[7] = "unsure"
    model = wrapped(lambda inputs: labels, classes=("no", "yes"), abstain="unsure")
    assert model.answers(X).labels[7] == "unsure"


def test_what_is_not_ours():
    class Other:
        pass

    from auditkit.models import ModelOptions

    assert wrap_model(obj=Other(), options=ModelOptions()) is None


def test_fingerprint_covers_code_closure_and_named_globals():
    def shifted(by):
        return lambda inputs: inputs[:, 0] > by

    prints = {wrapped(shifted(by), classes=(False, True)).fingerprint for by in (0.0, 0.0, 1.0)}
    assert len(prints) == 2
    spaces = [{"weights": np.array(weights), "np": np} for weights in ([1.0], [1.0], [2.0])]
    for space in spaces:
        exec("def f(inputs): return inputs @ weights", space)
    prints = [wrapped(space["f"], task="regression").fingerprint for space in spaces]
    assert prints[0] == prints[1] != prints[2]
    partials = [wrapped(functools.partial(pow, exp=number), task="regression").fingerprint for number in (2, 2, 3)]
    assert partials[0] == partials[1] != partials[2]
    assert any("fingerprint of a callable" in note for note in wrapped(chance).notes)
