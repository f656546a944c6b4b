"""The trials of the attack: a classifier that never sees the model, and models that were trained on neither side."""

from typing import NamedTuple

import numpy as np

from auditkit import stats
from auditkit.plugins.privacy.membership.attack import area, loss_scores, own_chances
from auditkit.plugins.privacy.membership.comparison import Comparison
from auditkit.plugins.privacy.membership.definitions import ATTACKS
from auditkit.plugins.privacy.membership.members import Sides
from auditkit.plugins.privacy.membership.reference_attacks import mean_over
from auditkit.plugins.privacy.shared.classifiers import blind_scores, fit_linear, probabilities
from auditkit.plugins.privacy.shared.features import expand
from auditkit.plugins.privacy.shared.persons import halved
from auditkit.results import Control

TOLERANCE = 0.03
"""How far the area of an attack on nothing may be from 0.5."""
SURE, SURE_BLIND = 0.99, 0.9999
"""The confidence at which members and non-members are said to differ without the model. Of areas by cross-validation
more is asked: where nothing differs they spread 1.5 times as wide as their interval says, for the folds share rows."""
WIDER = 0.997
"""The confidence of a cross-validated gain whose ends then hold with 95 %."""
HINT, HINT_BLIND = 0.8, 0.95
"""The confidence at which there is a hint of it."""


class Trials(NamedTuple):
    """What is seen of members without the model under audit."""

    blind: np.ndarray
    """(M + N,) scores of the classifier that never sees a model; of members, then of others."""
    placebo_members: np.ndarray
    """(M,) scores of the loss attack on models that did not see the row."""
    placebo_others: np.ndarray
    """(n,) likewise of others."""
    unit: np.ndarray
    """(M + N,) whose row it is."""
    placebo_unit: np.ndarray
    """(M + n,) likewise."""

    def blind_area(self, level: float = 0.95) -> stats.Auc:
        """How well the classifier that never sees the model recognises members."""
        count = len(self.placebo_members)
        return area(self.blind[:count], self.blind[count:], level, self.unit)

    def placebo_area(self, level: float = 0.95) -> stats.Auc:
        """How well the loss attack finds members of models that did not see the row."""
        return area(self.placebo_members, self.placebo_others, level, self.placebo_unit)

    @property
    def apart(self) -> bool:
        """Whether members and others differ without the model."""
        return self._seen(SURE_BLIND, SURE)

    @property
    def alike(self) -> bool:
        """Whether there is not even a hint that they differ."""
        return not self._seen(HINT_BLIND, HINT)

    def _seen(self, blind: float, placebo: float) -> bool:
        low = self.blind_area(blind).interval.low
        # a classifier that was fitted to recognise members and does so worse than chance recognises nobody
        return (low or 0.0) > 0.5 or _distance(self.placebo_area(placebo)) > 0


def blind_to_model(sides: Sides, seed: int) -> np.ndarray:
    """(M + N,) scores of the classifier that never sees a model; see `blind_scores`."""
    return blind_scores(sides.values, sides.category, sides.truth, sides.is_member, seed, sides.unit)


def tried(sides: Sides, comparison: Comparison | None, blind: np.ndarray, rng: np.random.Generator) -> Trials:
    """Look for members without the model under audit.

    Args:
        sides: members and others.
        comparison: of both with reference models; None: a linear model that is fitted to half of the others.
        blind: as `blind_to_model` gives them.
        rng: draws that half.
    """
    if comparison is not None:
        means = mean_over(loss_scores(comparison.chances), comparison.out)
        return Trials(blind, means[sides.is_member], means[~sides.is_member], sides.unit, sides.unit)
    count = len(sides.members.truth)
    half = np.concatenate([np.zeros(count, dtype=bool), halved(sides.others.unit, rng)])
    means = stand_in_scores(expand(sides.values, sides.category), sides.truth, sides.classes, half)
    return Trials(blind, means[:count], means[count:][~half[count:]], sides.unit, sides.unit[~half])


def stand_in_scores(values: np.ndarray, classes: np.ndarray, count: int, half: np.ndarray) -> np.ndarray:
    """(N,) scores of the loss attack on a linear model fitted on the rows of `half` alone.

    Args:
        values: (N, G) without gaps; see `expand`.
        classes: (N,) positions, under `count`.
        count: how many classes there are.
        half: (N,) bool, the rows to fit on.
    """
    return loss_scores(own_chances(probabilities(values[half], classes[half], count, fit_linear)(values), classes))


def without_model(trials: Trials) -> list[Control]:
    """What is seen of members without the model, which guards every attack."""
    blind, placebo = trials.blind_area(), trials.placebo_area()
    return [
        Control.within(
            "blind-baseline", "How well does a classifier that never sees the model recognise members (AUC, lower "
            "end)?", blind.interval.low, at_most=0.55, guards=ATTACKS,
            reason=f"Members and non-members differ without the model: its AUC is {blind.value:.3f}.",
        ),
        Control.within(
            "placebo-model", "How far from 0.5 is the loss attack's AUC on models not trained on the row, at the "
            "least?", _distance(placebo), at_most=TOLERANCE, guards=ATTACKS,
            reason="The loss attack distinguishes members where nothing was learned from them: "
            f"its AUC is {placebo.value:.3f}.",
        ),
    ]  # fmt: skip


def skill(sides: Sides, comparison: Comparison) -> Control:
    """Are the model and its copies, whose score was taken off, as good on rows that neither saw?"""
    sure = float(np.mean(sides.others.chances > 0.5))
    return Control.within(
        "reference-skill", "How far apart are the model and its copies in how often they give the right class of rows "
        "that neither saw more than 0.5?", abs(sure - float(np.mean(comparison.chances[:, ~sides.is_member] > 0.5))),
        at_most=0.1, guards=ATTACKS, on_failure="inconclusive",
        reason="Members and non-members differ without the model, and copies that are better or worse than it do not "
        "tell by how much that alone moves the attack.",
    )  # fmt: skip


def beyond_blind(sides: Sides, scores: np.ndarray, blind: np.ndarray, apart: bool, seed: int) -> Control:
    """The attack's score and the blind classifier together against that classifier alone, on the same rows.

    Args:
        sides: members and others.
        scores: (M + N,) of an attack from which no copy's score was taken off.
        blind: (M + N,) of the blind classifier.
        apart: whether members and others differ without the model.
        seed: of the folds.
    """
    both = blind_scores(
        np.column_stack([sides.values, scores]),
        np.append(sides.category, False),
        sides.truth,
        sides.is_member,
        seed,
        sides.unit,
    )
    count = len(sides.members.truth)
    areas = [area(scores[:count], scores[count:], unit=sides.unit) for scores in (both, blind)]
    gain = stats.auc_gain(areas[0], areas[1], WIDER)
    differ = "Members and non-members differ without the model, and no copy of it was taken off that would tell by how "
    return Control.within(
        "beyond-blind", "By how much does the model's answer improve on the classifier that never sees it (AUC, lower "
        "end)?", gain.low, at_least=TOLERANCE if apart else 0.0, on_failure="inconclusive",
        # who is found while few are accused does not hang on a small difference in all
        guards=ATTACKS if apart else ("auc", "advantage"),
        reason=f"{differ}much that alone moves the attack: what it finds may be that difference, and what it misses be "
        "hidden by it." if apart else "What the attack finds is no more than a classifier finds that never sees the "
        "model.",
    )  # fmt: skip


def _distance(measured: stats.Auc) -> float:
    """How far the interval of an area is from 0.5."""
    low, high = measured.interval.low or 0.0, measured.interval.high or 1.0
    return max(0.0, low - 0.5, 0.5 - high)
