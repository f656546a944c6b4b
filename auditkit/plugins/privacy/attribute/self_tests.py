"""The check's tests of itself: members told without the model, answers of other rows, a planted leak, a placebo."""

import numpy as np

from auditkit.plugins.privacy.attribute.attacks import errors_from_none, excess, gain, likelihoods, relative
from auditkit.plugins.privacy.attribute.inference import Inferred, Known
from auditkit.plugins.privacy.shared.classifiers import blind_scores, fitted, prepare
from auditkit.plugins.privacy.shared.persons import halved
from auditkit.results import Control
from auditkit.stats import auc

PLANTED = 0.3
"""The share of members whose answers are made to tell the value."""
PLANTED_GAIN = 0.02
"""What must be gained from them at the least."""
ERRORS = 3.5
"""Standard errors from nothing up to which chance is believed: several columns are tried at once."""
EXCESS = ("attribute_excess",)


def blind(known: Known, column: str) -> Control:
    """Can members be told from others without the model?"""
    rows = known.rows
    scores = blind_scores(rows.codes, rows.category, rows.labels, rows.is_member, known.seed, rows.unit)
    area = auc(scores, rows.is_member, clusters=rows.unit)
    return Control.within(
        f"blind baseline, {column}",
        f"How well are members with a value of {column} recognised without the model (AUC, lower end)?",
        None if area is None else area.interval.low, at_most=0.55, guards=EXCESS, on_failure="inconclusive",
        reason="Members and non-members differ without the model, so what the answers tell may differ for that.",
    )  # fmt: skip


def shuffled(known: Known, inferred: Inferred, column: str, rng: np.random.Generator) -> Control:
    """Do the answers about other rows tell nothing?"""
    right = known.right(known.imputed(_among_each_side(inferred.fits, known, rng), members_alone=True))
    members = known.rows.is_member
    return Control.within(
        f"shuffled answers, {column}",
        f"How many standard errors is the gain among members from answers about other rows, for {column}?",
        errors_from_none(gain(right[members], inferred.baseline[members], known.rows.unit[members])), at_most=ERRORS,
        guards=("attribute_excess", "attribute_gain"),
        reason="answers that have nothing to do with a row tell its value: it reaches the attacker in another way",
    )  # fmt: skip


def planted(known: Known, inferred: Inferred, column: str, rng: np.random.Generator) -> Control:
    """Is a leak seen that was put there: answers that fit the true value best, for some members?"""
    fits = _among_each_side(inferred.fits, known, rng)
    members = np.flatnonzero(known.rows.is_member)
    chosen = rng.choice(members, round(PLANTED * len(members)), replace=False)
    fits[chosen, known.classes[chosen]] = fits.max() + 1.0
    right = known.right(known.imputed(fits, members_alone=True))[members]
    return Control.within(
        f"planted leak, {column}",
        f"How much is gained among members once answers about some of them tell {column}?",
        gain(right, inferred.baseline[members], known.rows.unit[members]).value, at_least=PLANTED_GAIN,
        guards=EXCESS, on_failure="inconclusive",
        reason="a leak that was put there is not seen: too few rows, or nearly all have the same value",
    )  # fmt: skip


def placebo(
    known: Known, inferred: Inferred, position: int, candidates: np.ndarray, column: str, rng: np.random.Generator
) -> Control:
    """Is nothing found about a model that was trained on neither members nor the others it is judged on?"""
    rows = known.rows
    others = np.flatnonzero(~rows.is_member)
    half = others[halved(rows.unit[others], rng)]
    values = prepare(rows.codes, rows.category)
    answer = fitted(values[half], rows.labels[half], rows.probabilities.shape[1], known.seed)

    def ask(codes: np.ndarray) -> np.ndarray:
        # expanded beside the rows themselves, so that both have the same columns
        return answer(prepare(np.vstack([rows.codes, codes]), rows.category)[len(rows.codes) :])

    fits = relative(likelihoods(ask, rows.codes, position, candidates, rows.labels))
    judged = np.ones(len(rows.codes), dtype=bool)
    judged[half] = False
    right = known.right(known.imputed(fits))
    sides = [judged & rows.is_member, judged & ~rows.is_member]
    none = excess(*(gain(right[side], inferred.baseline[side], rows.unit[side]) for side in sides))
    return Control.within(
        f"placebo model, {column}",
        f"How many standard errors from 0 is the excess for {column} on a model trained on neither side?",
        errors_from_none(none), at_least=-ERRORS, at_most=ERRORS, guards=EXCESS,
        reason="members are told apart by a model that learnt nothing of them",
    )  # fmt: skip


def _among_each_side(fits: np.ndarray, known: Known, rng: np.random.Generator) -> np.ndarray:
    """The answers about other rows of the same side."""
    mixed = fits.copy()
    for side in (known.rows.is_member, ~known.rows.is_member):
        mixed[side] = fits[rng.permutation(np.flatnonzero(side))]
    return mixed
