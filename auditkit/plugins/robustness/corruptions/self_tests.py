"""The check's tests of itself: nothing changes at severity 0, something does at 5, and nothing leaves the range."""

import numpy as np

from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.robustness.attackability import unsteady
from auditkit.plugins.robustness.corruptions.base import SEVERITIES
from auditkit.plugins.robustness.corruptions.corrupted_answers import CorruptedAnswers
from auditkit.results import Control

LEAST = 0.01
"""The share of rows that the strongest severity must reach."""


def controls(answers: CorruptedAnswers, model: Model, data: AuditData, context: Context) -> list[Control]:
    """All of them; each guards every number."""
    return [
        Control.within(
            "repeatable", "Does the model give the same answer when asked again?",
            unsteady(model, data, context.predictions), at_most=1e-4,
            reason="A model that answers at random changes its decisions without any corruption.",
        ),
        Control.within(
            "identity", "What share of decisions changes at severity 0, which changes no input?",
            float(answers.moved.max()), at_most=0,
            reason="The conversion that corruptions need changes the inputs itself, so losses do not come from "
            "corruptions alone.",
        ),
        Control.within(
            "in-range", "How many corrupted values does the data's range or schema not allow?", answers.outside,
            at_most=0, reason="The model was asked about inputs that cannot occur.",
        ),
        Control.within(
            "reaches", "What share of rows does each corruption reach at severity 5, at least?", reached(answers),
            at_least=LEAST,
            reason="A corruption that changes next to nothing shows nothing; a model that reads every value exactly "
            "would not have noticed it.",
        ),
        Control.within(
            "stronger", "By how much does any corruption get weaker from a severity to the next?",
            nearer(answers.distance), at_most=0.01, on_failure="note",
            reason="A higher severity is not a stronger change here: read the severities as five different ones.",
        ),
    ]  # fmt: skip


def reached(answers: CorruptedAnswers) -> float:
    """The accuracy that a rule would lose which is right exactly where nothing was changed, at the last severity."""
    return float(answers.touched[:, len(SEVERITIES) - 1].min())


def nearer(distance: np.ndarray) -> float:
    """The largest fall of (C, S) distances from one severity to the next, as a share of the largest distance."""
    # over the largest distance, so that a corruption that hardly moves at all raises no alarm by rounding
    falls = np.maximum(-np.diff(distance, axis=1), 0) / np.maximum(distance.max(axis=1, keepdims=True), 1e-12)
    return float(falls.max(initial=0.0))
