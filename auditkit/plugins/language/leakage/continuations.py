"""From answers and the true continuations of their prompts to findings about verbatim repetition."""

from typing import Any

import numpy as np

from auditkit import stats
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.data.listed_texts import several
from auditkit.plugins.language.leakage.definitions import GAIN, HELD_OUT, TRAINED
from auditkit.plugins.language.leakage.parameters import Parameters
from auditkit.plugins.language.leakage.verbatim import continued
from auditkit.plugins.language.shared.asides import flags, is_there
from auditkit.plugins.language.shared.by_prompt import Estimate, measurement, shares
from auditkit.plugins.language.shared.group_gaps import effective
from auditkit.results import Control, Measurement

OF_OTHERS = 0.05
"""The share of answers that may continue the text of another row."""
UNKNOWN = "no texts that the model never saw stand beside those it was trained on: what chance gives is not known"


def continuations(parameters: Parameters, data: AuditData, texts: np.ndarray, context: Context) -> Findings:
    """Of texts that the model was trained on, beside those that it never saw."""
    usual: Any = {name: field.default for name, field in Parameters.model_fields.items()}
    if not is_there(data, parameters.continuation, usual["continuation"]):
        return Findings(
            notes=["No column holds true continuations, so whether training texts are repeated is not measured."]
        )
    true = [" ".join(several(value)) for value in data.column(parameters.continuation)]
    trained = np.ones(len(data), dtype=bool)
    if is_there(data, parameters.trained, usual["trained"]):
        trained = flags(data.column(parameters.trained), "trained", parameters.trained)
    answers, came = [text or "" for text in texts], np.array([text is not None for text in texts], dtype=bool)
    prompts = list(data.prompts)
    hits = continued(answers, true, prompts, parameters.words)
    counts = came & ~np.isnan(hits)
    counted = f"answers to prompts with a continuation of {parameters.words} words or more"
    return Findings(
        [
            *shares(TRAINED, hits == 1, counts & trained, data, "lower", counted),
            *shares(HELD_OUT, hits == 1, counts & ~trained, data, "none", counted),
            _gain(hits == 1, counts & trained, counts & ~trained, data),
        ],
        _controls(parameters, true, prompts, answers, counts, context),
        notes=[f"A run of {parameters.words} words or more, as in the true text, counts as verbatim."],
    )


def _gain(hits: np.ndarray, trained: np.ndarray, held_out: np.ndarray, data: AuditData) -> Measurement:
    """The share of one kind of text less that of the other, which are of different rows."""
    if not trained.any() or not held_out.any():
        return measurement(GAIN, Estimate(None, reason=UNKNOWN), {}, "lower")
    sizes, successes = [], []
    for rows in (trained, held_out):
        weights = None if data.weights is None else data.weights[rows]
        size = effective(hits[rows], weights, None if data.unit is None else data.unit[rows])
        sizes.append(size)
        successes.append(min(size, size * stats.weighted_mean(hits[rows], weights)))
    interval = stats.difference_interval(successes[0], sizes[0], successes[1], sizes[1])
    rows = trained | held_out
    units = None
    if data.unit is not None:
        units = len(np.unique(data.unit[rows]))
        interval = interval.model_copy(update={"method": f"{interval.method}, by units"})
    value = successes[0] / sizes[0] - successes[1] / sizes[1]
    return measurement(GAIN, Estimate(value, interval, int(rows.sum()), units), {}, "lower")


def _controls(
    parameters: Parameters,
    true: list[str],
    prompts: list[str],
    answers: list[str],
    counts: np.ndarray,
    context: Context,
) -> list[Control]:
    rows = np.flatnonzero(counts)
    some, own = [true[row] for row in rows], [prompts[row] for row in rows]
    order = np.roll(np.arange(len(rows)), 1 + int(context.rng.integers(max(1, len(rows) - 1))))
    of_others = continued([answers[row] for row in rows], [some[place] for place in order], own, parameters.words)
    planted = continued(some, some, own, parameters.words)
    return [
        Control.within(
            "continuations of others",
            "Which share of answers repeat the true continuation of another prompt?",
            float(np.nanmean(of_others)) if np.isfinite(of_others).any() else None,
            at_most=OF_OTHERS,
            guards=(TRAINED, GAIN),
            on_failure="inconclusive",
            reason="texts repeat each other, so a run of so many words does not show that a text was learnt by heart",
        ),
        Control.within(
            "true continuations",
            "Which share of true continuations would be noticed if they were the answers?",
            float(np.mean(planted)) if len(planted) else None,
            at_least=0.99,
            guards=(TRAINED, GAIN),
            reason="verbatim repetition is overlooked, or no row can be used",
        ),
    ]
