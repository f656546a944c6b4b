"""The trials of the attack: a classifier that never sees the model, and a model that was trained on neither side."""

import numpy as np

from auditkit.plugins.privacy.membership.attack import area
from auditkit.plugins.privacy.membership.definitions import ATTACKS
from auditkit.plugins.privacy.membership.members import Sides
from auditkit.plugins.privacy.membership.reference import placebo_scores
from auditkit.plugins.privacy.shared.classifiers import blind_scores
from auditkit.plugins.privacy.shared.features import expand
from auditkit.results import Control


def blind_control(sides: Sides, seed: int) -> Control:
    """Can members be told without the model?"""
    values = np.vstack([sides.members.values, sides.others.values])
    is_member = np.arange(len(values)) < len(sides.members.values)
    labels = np.concatenate([sides.members.truth, sides.others.truth])
    member_scores = blind_scores(values, sides.category, labels, is_member, seed)
    measured = area(member_scores[is_member], member_scores[~is_member])
    return Control.within(
        "blind-baseline", "How well does a classifier that never sees the model recognise members (AUC, lower end)?",
        measured.interval.low, at_most=0.55, guards=ATTACKS,
        reason=f"Members and non-members differ without the model: its AUC is {measured.value:.3f}.",
    )  # fmt: skip


def placebo_control(sides: Sides, rng: np.random.Generator) -> Control:
    """Does the attack find members of a model that has none?"""
    count = len(sides.members.values)
    values = expand(np.vstack([sides.members.values, sides.others.values]), sides.category)
    truth = np.concatenate([sides.members.truth, sides.others.truth])
    drawn = rng.permutation(len(sides.others.values))[: len(sides.others.values) // 2] + count
    half = np.zeros(len(values), dtype=bool)
    half[drawn] = True
    attack_scores = placebo_scores(values, truth, sides.classes, half)
    unseen = ~half
    unseen[:count] = False
    measured = area(attack_scores[:count], attack_scores[unseen])
    low, high = measured.interval.low or 0.0, measured.interval.high or 1.0
    return Control.within(
        "placebo-model", "How far from 0.5 is the attack's AUC on a model trained on neither side, at the least?",
        max(0.0, low - 0.5, 0.5 - high), at_most=0.03, guards=ATTACKS,
        reason="The attack distinguishes members where nothing was learned from them: "
        f"its AUC is {measured.value:.3f}.",
    )  # fmt: skip
