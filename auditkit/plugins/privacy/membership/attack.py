"""Telling members of the training data from others by a score: by loss, and by whatever else a score is made of.

Yeom, Giacomelli, Fredrikson and Jha (2018), Privacy Risk in Machine Learning: Analyzing the Connection to Overfitting,
arXiv:1709.01604; reported as Carlini et al. (2022), Membership Inference Attacks From First Principles,
arXiv:2112.03570, ask: by how many members are found while few others are accused.
"""

from typing import NamedTuple

import numpy as np

from auditkit import stats
from auditkit.errors import present

SMALLEST = 1e-12
"""A probability under this is taken as this, so that no loss is infinite."""
ACCUSED = 10
"""How many non-members a false positive rate must stand for before it is said."""


def own_chances(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(N,) the probability of each row's own class.

    Args:
        probabilities: (N, C).
        truth: (N,) the columns that are right.
    """
    return np.asarray(probabilities[np.arange(len(truth)), truth])


def loss_scores(chances: np.ndarray) -> np.ndarray:
    """The score of the loss attack, minus the cross-entropy: the higher, the more like a member.

    Args:
        chances: of the own class, between 0 and 1, of any shape.
    """
    return np.log(np.clip(chances, SMALLEST, 1.0))


def gap_scores(right: np.ndarray) -> np.ndarray:
    """The score of the gap attack: whoever is decided rightly is called a member.

    Its advantage is the gap in accuracy, and nothing else can be made of one decision about a row (Yeom et al., section
    3.2).

    Args:
        right: bool, whether the row is decided rightly, of any shape.
    """
    return right.astype(np.float64)


def unique_to_one(members: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which members and which others have a fingerprint that occurs once in all the data.

    A row that stands in both is both, and one that stands twice on one side could have been on either: leaving out
    whatever occurs twice treats the two sides alike.

    Args:
        members: (M,) fingerprints.
        others: (N,) fingerprints.

    Returns:
        (M,) bool and (N,) bool.
    """
    _, positions, counts = np.unique(np.concatenate([members, others]), return_inverse=True, return_counts=True)
    is_unique = (counts == 1)[positions.reshape(-1)]
    return is_unique[: len(members)], is_unique[len(members) :]


class Scored(NamedTuple):
    """What an attack says of both sides: the higher, the more like a member."""

    attack: str
    """Its name."""
    members: np.ndarray
    """(M,)"""
    others: np.ndarray
    """(N,)"""
    member_half: np.ndarray
    """(M,) bool: the half of the members that is judged by the second half of the others."""
    other_half: np.ndarray
    """(N,) bool: the first half of the others."""
    unit: np.ndarray
    """(M + N,) whose row it is, of members, then of others."""

    @property
    def lowest_rate(self) -> float:
        """The smallest false positive rate that ten of the non-members of either half stand for."""
        units = self.unit[len(self.members) :]
        return lowest_rate(min(len(np.unique(units[half])) for half in (self.other_half, ~self.other_half)))


class CalledMembers(NamedTuple):
    """Whom of each side an attack calls members."""

    members: np.ndarray
    """(M,) bool."""
    others: np.ndarray
    """(N,) bool: they are accused wrongly."""


def lowest_rate(others: int) -> float:
    """The smallest false positive rate that stands for ten of the non-members who set the threshold; 1 under ten.

    Rounded up to three digits, so that it can be written.

    Args:
        others: how many non-members set the threshold: persons, where some have several rows.
    """
    if others <= ACCUSED:
        return 1.0
    digits = 2 - int(np.floor(np.log10(ACCUSED / others)))
    return float(np.ceil(round(ACCUSED / others * 10**digits, 6)) / 10**digits)


def called(scored: Scored, rate: float) -> CalledMembers:
    """Whom an attack calls members, each half judged by a threshold that the other half of the non-members set.

    So the rate that is reached is measured on non-members who had no part in the threshold.

    Args:
        scored: both sides.
        rate: the share of non-members that may lie above a threshold, between 0 and 1.
    """
    members, others = np.zeros(len(scored.members), dtype=bool), np.zeros(len(scored.others), dtype=bool)
    for half in (True, False):
        threshold = _threshold(scored.others[scored.other_half != half], rate)
        members |= (scored.member_half == half) & (scored.members > threshold)
        others |= (scored.other_half == half) & (scored.others > threshold)
    return CalledMembers(members, others)


def _threshold(others: np.ndarray, rate: float) -> float:
    """The lowest score that at most `rate` of these exceed."""
    # 0.29 * 100 is 28.999… in floats
    allowed = int(np.floor(rate * len(others) + 1e-9))
    return float(np.sort(others)[::-1][allowed]) if allowed < len(others) else -np.inf


def above_mean(scored: Scored) -> CalledMembers:
    """Call a member whoever's score is at least the members' mean; by loss, adversary 1 of Yeom et al.

    That threshold needs no other data.
    """
    threshold = scored.members.mean()
    return CalledMembers(scored.members >= threshold, scored.others >= threshold)


def roc(members: np.ndarray, others: np.ndarray, points: int = 40) -> list[tuple[float, float]]:
    """(false, true positive rate) at false positive rates spread evenly over their logarithm, from 1/N to 1."""
    counts = np.unique(np.round(np.geomspace(1, len(others), points)).astype(int))
    thresholds = [_threshold(others, count / len(others)) for count in counts]
    return [
        (float(count) / len(others), float((members > threshold).mean()))
        for count, threshold in zip(counts, thresholds, strict=True)
    ]


def area(
    members: np.ndarray, others: np.ndarray, level: float = 0.95, unit: np.ndarray | None = None
) -> stats.Auc:  # fmt: skip
    """How well scores tell members (M,) from others (N,), one of each at least: the area under the ROC curve.

    Args:
        members: scores.
        others: scores.
        level: of the interval.
        unit: (M + N,) whose row it is: rows of a person vary together; None: each row is a person's.
    """
    is_member = np.arange(len(members) + len(others)) < len(members)
    scores = np.concatenate([members, others])
    return present(stats.auc(scores, is_member, level=level, clusters=unit), "both sides have rows")
