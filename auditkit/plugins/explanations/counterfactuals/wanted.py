"""Which outcome people want, and what the model says about rows with regard to it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from auditkit.data import AuditData
from auditkit.models import Capability, Model
from auditkit.plugins.explanations.counterfactuals.parameters import CounterfactualParameters
from auditkit.plugins.explanations.counterfactuals.query_log import Verdicts
from auditkit.predictions import Predictions
from auditkit.value_spelling import spelling


@dataclass(frozen=True)
class Wanted:
    """The wanted outcome, and how to ask for it."""

    what: str
    """In words, with the reason."""
    of: Callable[[Predictions], Verdicts]
    predictions: Predictions
    decode: Callable[[np.ndarray], object]
    target: tuple[float, float] | None = None
    """Between which predicted numbers it lies."""

    def ask(self, codes: np.ndarray) -> Verdicts:
        """The model's answers about rows (m, D), as codes."""
        return self.of(self.predictions.of(self.decode(codes)))


def not_stated(parameters: CounterfactualParameters, data: AuditData) -> str | None:
    """Why nobody knows which outcome is wanted; None where it is known, or the positive class is taken for it."""
    if data.task == "regression" and parameters.target_low is None and parameters.target_high is None:
        return "a predicted number has no wanted outcome unless target_low or target_high is given"
    if data.task == "multiclass" and not _benefits(data, data.classes):
        return (
            "with more than two classes it must be said which of them people want: under [data], "
            'outcome = { granted = "benefit", denied = "burden" }'
        )
    return None


def wanted_outcome(
    parameters: CounterfactualParameters, model: Model, data: AuditData, predictions: Predictions
) -> Wanted:
    """What is a benefit, or is no burden; of two classes of which nothing is stated, the positive one."""
    if data.task == "regression":
        low = -np.inf if parameters.target_low is None else parameters.target_low
        high = np.inf if parameters.target_high is None else parameters.target_high

        def of_numbers(answers: Predictions) -> Verdicts:
            beside = np.maximum(np.maximum(low - answers.labels, answers.labels - high), 0.0)
            return Verdicts(beside == 0, -beside)

        ends = " and ".join(
            f"{words} {end:g}" for words, end in (("at least", low), ("at most", high)) if np.isfinite(end)
        )
        return Wanted(f"a prediction of {ends}", of_numbers, predictions, data.decode, (low, high))
    classes, places, why = predictions.classes, [], ""
    if data.task == "binary":
        burden = data.outcome_of() == "burden"
        places = [1 - predictions.positive if burden else predictions.positive]
        why = f"as being selected is stated to be a {data.outcome_of()}"
        if data.outcome_of() is None:
            why = "the positive class, for nobody stated whether being selected is a benefit or a burden"
    else:
        places, why = _benefits(data, classes), "stated to be a benefit"
    with_probabilities = Capability.PROBABILITIES in model.capabilities
    with_scores = Capability.SCORES in model.capabilities and data.task == "binary"

    def of_classes(answers: Predictions) -> Verdicts:
        decided = np.isin(answers.codes, places)
        if with_probabilities:
            share = np.clip(answers.probabilities[:, places].sum(axis=1), 1e-9, 1 - 1e-9)
            return Verdicts(decided, np.log(share) - np.log1p(-share))
        if with_scores:
            return Verdicts(decided, answers.scores if places == [predictions.positive] else -answers.scores)
        return Verdicts(decided, decided.astype(np.float64))

    named = " or ".join(spelling(classes[place]) for place in places)
    return Wanted(f"the decision {named} ({why})", of_classes, predictions, data.decode)


def _benefits(data: AuditData, classes: tuple[object, ...]) -> list[int]:
    return [place for place, name in enumerate(classes) if data.outcome_of(spelling(name)) == "benefit"]
