"""Employment practice compares who gets the favourable decision: a burden is refused, and what is assumed is said."""

from typing import Any

import numpy as np

from auditkit.data import AuditData
from auditkit.data.outcome import FOR_EACH
from auditkit.value_spelling import spelling

ASSUMED = (
    'Being selected is taken for a benefit here, as the rule does: [data] does not say so. Say outcome = "benefit", or '
    "name the favourable class as positive."
)

ASSUMED_OF = (
    "Being decided for one of these is taken for a benefit here, as the rule does: {}. [data] does not say so; outcome "
    "may say it for each class."
)


def why_refused(data: AuditData) -> str | None:
    """Why nothing is compared where being selected is a burden, and how to have it; None where it is none.

    The rule's ratios are of the people who get what they hope for. Of the flagged, or the dismissed, the same ratio
    would show the group that is spared as the one with the adverse impact.
    """
    if data.task == "multiclass" and data.outcome == "burden":
        return f"compares who gets the favourable decision, and {FOR_EACH}"
    if data.outcome_of() != "burden":
        return None
    if data.task == "regression":
        return (
            "compares who gets the favourable prediction, and [data] outcome says that a high one is a burden; turn "
            'the sign of predictions and labels round, with outcome = "benefit"'
        )
    favourable = repr(_other(data))
    about_scores = ""
    if data.recorded is not None and data.recorded.scores is not None:
        about_scores = ", and give scores that are higher the likelier that class is"
    return (
        f"compares who gets the favourable decision, and [data] outcome says that being selected is a burden; name the "
        f'favourable class: positive = {favourable} with outcome = "benefit"{about_scores}'
    )


def notes(data: AuditData, classes: Any = ()) -> list[str]:
    """What was assumed or left out."""
    left_out = [name for name in map(spelling, classes) if data.outcome_of(name) == "burden"]
    named = ", ".join(left_out)
    sentences = [f"No ratio of those decided for {named}: [data] outcome calls that a burden."] if left_out else []
    if data.task != "multiclass":
        return [ASSUMED] if data.outcome is None else []
    unstated = [name for name in map(spelling, classes) if data.outcome_of(name) is None]
    return [*sentences, ASSUMED_OF.format(", ".join(unstated))] if unstated else sentences


def _other(data: AuditData) -> Any:
    """The class that is not the positive one, as the owner would write it; an example where it is not known."""
    # Where the classes are not declared, the recorded decisions show them, if both were made.
    decisions = None if data.recorded is None else data.recorded.decisions
    known = data.classes or (() if decisions is None or data.task != "binary" else tuple(np.unique(decisions).tolist()))
    rest = [name for name in known if name != data.positive]
    return rest[0] if len(rest) == 1 else "the other class"
