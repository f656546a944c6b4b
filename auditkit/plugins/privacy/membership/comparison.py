"""Both sides held against reference models, and the score that each attack makes of that."""

from typing import Any, NamedTuple

import numpy as np

from auditkit.data import AuditData, as_array
from auditkit.plugins.privacy.membership import reference_attacks
from auditkit.plugins.privacy.membership.attack import area, gap_scores, loss_scores
from auditkit.plugins.privacy.membership.members import Sides, class_codes
from auditkit.plugins.privacy.membership.parameters import ONLINE, Parameters
from auditkit.plugins.privacy.membership.pool import Copier, GoOn, NoCopy
from auditkit.plugins.privacy.membership.reference_models import (
    ReferenceModels,
    draw_halves,
    fit_references,
    kept_together,
)

TARGETS = 8
"""Copies that are attacked themselves at most."""
SAME = 1e-9
"""Probabilities nearer than this are the same."""


class Comparison(NamedTuple):
    """What K reference models make of M members, then of N others."""

    models: ReferenceModels
    chances: np.ndarray
    """(K, M + N) probabilities of the own class."""
    out: np.ndarray
    """(K, M + N) bool: the row is not of the model's half. The others are split like the members, also where none was
    fitted to them, so that both sides are held against equally many."""
    fitted: np.ndarray
    """(K, M + N) bool: the model was fitted to the row."""

    def take(self, kept: np.ndarray) -> "Comparison":
        """What they make of some of the rows, (M + N,) bool."""
        return Comparison(self.models, *(part[:, kept] for part in self[1:]))


def compare(
    parameters: Parameters, sides: Sides, train: AuditData, classes: tuple[Any, ...],
    copy: Copier, tools: tuple[np.random.Generator, GoOn],
) -> Comparison:  # fmt: skip
    """Fit reference models, and ask them about both sides.

    Args:
        parameters: how many, and for which attack.
        sides: members and others.
        train: the training split.
        classes: the model's, as the data spells them.
        copy: fits one.
        tools: the source of chance, and what says whether there is time for another copy.

    Raises:
        NoCopy: none can be fitted, and why.
    """
    rng, go_on = tools
    count = len(sides.others.rows)
    together = np.concatenate([kept_together(sides.overlap.prints, train.unit), len(train) + sides.others.unit])
    halves = draw_halves(together, parameters.reference_models, rng)
    inputs, codes = train.inputs, class_codes(train.labels, classes)
    if parameters.attack == ONLINE:
        # this attack alone wants models that saw the non-members, too
        inputs, codes = _joined(inputs, sides.others.data.inputs), np.concatenate([codes, sides.others.truth])
    usable = halves[:, : len(codes)] & (codes >= 0)
    models = fit_references(copy, (inputs, codes), usable, parameters.reference_rows, rng, go_on)
    places = np.concatenate([sides.members.rows, len(train) + np.arange(count)])
    chances = np.hstack([models.chances(side.data.inputs, side.truth) for side in (sides.members, sides.others)])
    if (np.abs(chances - sides.chances).max(axis=1) < SAME).any():
        raise NoCopy("a copy that was fitted to half of the rows answers as the model does, so it learnt nothing anew")
    halves = halves[: len(chances)]  # there may have been no time for all
    fitted = np.zeros_like(halves)
    fitted[:, : models.fitted.shape[1]] = models.fitted
    return Comparison(models, chances, ~halves[:, places], fitted[:, places])


def best_weight(comparison: Comparison, sides: Sides, alike: bool) -> float:
    """RMIA's `a`: 1 where the sides may differ, so that what a reference makes of a row is taken off whole.

    Below 1 a part of it stays, and a difference between the sides that is too small for a hint moves the area with it:
    so a leak must be seen at 1, too.

    Args:
        comparison: with reference models.
        sides: members and others.
        alike: whether there is no hint that members and others differ without the model.
    """
    if not alike or len(comparison.chances) < 4:
        return 1.0
    members = sides.is_member
    parts = (comparison.chances[:, members], comparison.fitted[:, members], comparison.out[:, members])
    weight = reference_attacks.best_weight(*parts)
    whole = score_sides("rmia", sides, comparison, 1.0)
    return weight if (area(whole[members], whole[~members], unit=sides.unit).interval.low or 0.0) > 0.5 else 1.0


def score_sides(attack: str, sides: Sides, comparison: Comparison | None, weight: float) -> np.ndarray:
    """(M + N,) the score of an attack on both sides: the higher, the more like a member.

    Args:
        attack: its name; without reference models only `loss` and `gap`.
        sides: members and others.
        comparison: of both with reference models.
        weight: RMIA's `a`.
    """
    chances, is_member = sides.chances, sides.is_member
    if attack == "gap":
        return gap_scores(sides.right)
    if comparison is None or attack == "loss":
        return loss_scores(chances)
    if attack == "rmia":
        half = sides.half
        ratios = reference_attacks.rmia_ratios(chances, comparison.chances, comparison.out, weight)
        scores = np.zeros(len(ratios))
        for own in (True, False):
            # the population is neither members nor the non-members that are judged: those of the other half
            population = ratios[~is_member & (half != own)]
            scores[half == own] = reference_attacks.rmia_scores(ratios[half == own], population)
        return scores
    formula = {
        "calibrated loss": reference_attacks.calibrated_loss, "lira offline": reference_attacks.lira_offline,
        ONLINE: reference_attacks.lira_online,
    }[attack]  # fmt: skip
    return np.asarray(formula(chances, comparison.chances, comparison.out))


def model_spread(comparison: Comparison, sides: Sides) -> float | None:
    """By how much an area moves for no other reason than that two models of a kind are not the same model.

    Where members and others differ, what one model makes otherwise than its copies of rows of a kind moves the scores
    of one side together, which the interval of an area does not know. So the same attack, by calibrated loss, is made
    on copies: each is held against those of other pairs, on members that it never saw and on the others. How far these
    areas are from 0.5 (the root of the mean square), beyond their own errors, is the spread.

    Args:
        comparison: with reference models.
        sides: members and others.

    Returns:
        0 or above; None with fewer than four copies.
    """
    count = len(comparison.chances)
    if count < 4:
        return None
    is_member, excess = sides.is_member, []
    for target in range(min(count, TARGETS)):
        rest = np.arange(count) // 2 != target // 2
        scores = reference_attacks.calibrated_loss(
            comparison.chances[target], comparison.chances[rest], comparison.out[rest]
        )
        judged = ~is_member | comparison.out[target]
        measured = area(
            scores[is_member & comparison.out[target]], scores[~is_member], unit=sides.unit[judged]
        )  # fmt: skip
        error = np.sqrt(np.sum(measured.influence**2)) / len(measured.influence)
        excess.append((measured.value - 0.5) ** 2 - error**2)
    return float(np.sqrt(max(0.0, float(np.mean(excess)))))


def _joined(first: Any, second: Any) -> Any:
    """Rows of two inputs of one kind."""
    if hasattr(first, "iloc"):
        import pandas

        return pandas.concat([first, second], ignore_index=True)
    if isinstance(first, list):
        return [*first, *second]
    return np.concatenate([as_array(first), as_array(second)])  # neither table nor text
