"""Recorded decisions and scores as a model that nobody can ask."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.data import AuditData, Recorded
from auditkit.errors import CapabilityError, ModelError
from auditkit.models import Capability
from auditkit.plugins.models import recorded
from auditkit.plugins.models.recorded import RecordedModel
from auditkit.predictions import Predictions
from auditkit.value_spelling import spelling
from tests.plugins.models.tables import wrapped

LABELS = np.array(["no", "yes", "yes", "no", "yes"])
SCORES = np.array([0.1, 0.9, 0.4, 0.5, 0.7])


def data(decisions=None, scores=None, labels=LABELS, **options):
    columns = None if decisions is None and scores is None else Recorded(decisions, scores)
    return AuditData(np.zeros((5, 1)), labels, recorded=columns, **options)


def test_decisions():
    decided = np.array(["yes", "yes", "no", "no", "yes"])
    given = data(decided, positive="yes")
    model = RecordedModel.of(given, name="vendor")
    assert (model.task, model.classes, model.positive, model.name) == ("binary", ("no", "yes"), "yes", "vendor")
    assert model.capabilities == frozenset() and model.threshold is None and model.source is None
    np.testing.assert_array_equal(Predictions(model, given).labels, decided)


def test_scores_are_decided_at_the_threshold():
    given = data(scores=SCORES, positive="yes")
    model = RecordedModel.of(given)
    assert model.threshold == 0.5 and model.capabilities == {Capability.SCORES}
    assert model.notes == ("decisions are recorded scores at or above 0.5",)
    np.testing.assert_array_equal(Predictions(model, given).labels, ["no", "yes", "no", "yes", "yes"])
    lower = RecordedModel.of(given, threshold=0.4)
    np.testing.assert_array_equal(Predictions(lower, given).labels, ["no", "yes", "yes", "yes", "yes"])
    np.testing.assert_array_equal(Predictions(lower, given).scores, SCORES)


def test_scores_of_the_first_class():
    given = data(scores=SCORES, positive="no")
    answers = Predictions(RecordedModel.of(given), given)
    np.testing.assert_array_equal(answers.labels, ["yes", "no", "yes", "no", "no"])
    np.testing.assert_array_equal(answers.selected, SCORES >= 0.5)


def test_decisions_hold_beside_scores():
    given = data(np.array(["yes"] * 5), SCORES, positive="yes")
    np.testing.assert_array_equal(Predictions(RecordedModel.of(given), given).labels, ["yes"] * 5)


def test_without_labels():
    both = data(np.array([0, 1, 1, 0, 1]), labels=None)
    assert RecordedModel.of(both).classes == (0, 1)
    assert RecordedModel.of(data(scores=SCORES, labels=None)).classes == (0, 1)
    named = data(scores=SCORES, labels=None, positive="granted")
    assert RecordedModel.of(named).classes == ("not granted", "granted")
    np.testing.assert_array_equal(Predictions(RecordedModel.of(named), named).selected, SCORES >= 0.5)


def test_one_class_only():
    model = wrapped(Recorded(np.array(["yes"] * 5), None), classes=("yes",), positive="yes")
    assert model.classes == ("not yes", "yes") and model.positive == "yes"


def test_three_classes():
    labels = np.array(["a", "b", "c", "a", "b"])
    given = data(np.array(["a", "b", "d", "a", "c"]), labels=labels, task="multiclass")
    model = RecordedModel.of(given)
    assert model.classes == ("a", "b", "c", "d") and model.positive is None
    np.testing.assert_array_equal(Predictions(model, given).labels, ["a", "b", "d", "a", "c"])
    with pytest.raises(ModelError, match="more than two classes need recorded decisions; only scores were given"):
        RecordedModel.of(data(scores=SCORES, labels=labels, task="multiclass"))


def test_regression():
    given = data(np.arange(5.0), labels=np.arange(5.0) + 1, task="regression")
    model = RecordedModel.of(given)
    assert model.task == "regression" and model.classes == ()
    np.testing.assert_array_equal(Predictions(model, given).labels, np.arange(5.0))


def test_the_hook_takes_the_recorded_columns():
    given = data(np.array([1, 1, 0, 0, 1]), labels=np.array([0, 1, 1, 0, 1]))
    model = wrapped(given.recorded, task="binary", classes=(0, 1), positive=1)
    assert isinstance(model, RecordedModel)
    assert model.fingerprint == RecordedModel.of(data(*given.recorded, labels=given.labels, positive=1)).fingerprint


def test_the_hook_takes_the_data_themselves():
    given = data(scores=SCORES, positive="no")
    model = wrapped(given, threshold=0.4, name="vendor")
    assert (model.name, model.threshold, model.positive) == ("vendor", 0.4, "no")


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ((None, None), {}, "decisions or scores must stand beside the data"),
        ((SCORES, None), {"classes": ("no", "yes")}, "must be one of two classes; .* there are 7.*belong in scores"),
        ((LABELS, None), {"positive": "maybe"}, "positive must be one of the classes .*'maybe' was given"),
        ((None, SCORES * 9), {}, "threshold must be given where recorded scores are no probabilities"),
        (
            (None, SCORES),
            {"threshold": 40},
            "as all recorded scores do; 40 was given. Where it .*, say threshold = 0.4",
        ),
        ((None, SCORES), {"threshold": -2}, "as all recorded scores do; -2 was given$"),
        ((None, np.array([0.1, np.nan, 0.2, np.inf, 0.3])), {}, "must be finite numbers; 2 are not"),
        ((None, LABELS), {}, "recorded scores must be numbers"),
    ],
)
def test_what_cannot_be_answers(columns, options, message):
    with pytest.raises(ModelError, match=message):
        wrapped(Recorded(*columns), **options)


def test_nobody_can_be_asked():
    model = RecordedModel.of(data(LABELS))
    with pytest.raises(CapabilityError, match="cannot be asked about others; give the model itself"):
        model.answers(np.zeros((2, 1)))
    with pytest.raises(CapabilityError, match="no untrained copy"):
        model.fresh()


def test_fingerprint_covers_the_answers():
    original = RecordedModel.of(data(scores=SCORES)).fingerprint
    assert original == RecordedModel.of(data(scores=SCORES.copy())).fingerprint
    assert original != RecordedModel.of(data(scores=SCORES * 0.99)).fingerprint
    assert original != RecordedModel.of(data(scores=SCORES), threshold=0.6).fingerprint


@pytest.mark.parametrize(
    "decisions",
    [
        np.array([1, 0, 1, -7]), np.array([0.1, -0.0, 0.0, 2.0, np.nan], dtype=np.float32), np.array([True, False]),
        np.array(["1", "1.0", "é"]), np.array([1, True, 1.0, "1", 0, False, "", "no"], dtype=object),
    ],
)  # fmt: skip
def test_decisions_are_spelt_as_each_is_by_itself(decisions):
    assert recorded._spelt(decisions) == [spelling(decision) for decision in decisions]


def test_each_different_decision_is_spelt_once(monkeypatch):
    spelt = []
    monkeypatch.setattr(recorded, "spelling", lambda value: spelt.append(value) or spelling(value))
    recorded._spelt(np.arange(10_000) % 3)
    assert len(spelt) == 3
