"""Telling members of the training data from others by their loss.

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
RATES = (0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""False positive rates that are reported: few and round, so that a limit can name one."""
ACCUSED = 10
"""How many non-members a false positive rate must stand for before it is said."""


def scores(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(N,) the attack's score: minus the cross-entropy loss; the higher, the more like a member.

    Args:
        probabilities: (N, C).
        truth: (N,) the columns that are right.
    """
    return np.log(np.clip(probabilities[np.arange(len(truth)), truth], SMALLEST, 1.0))


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


class CalledMembers(NamedTuple):
    """How many of each side an attack calls members: those above its threshold."""

    members: int
    """Members called members."""
    others: int
    """Others called members, who are accused wrongly."""


def lowest_rate(others: int) -> float:
    """The smallest of `RATES` that stands for at least ten non-members; 1 where there are fewer.

    Args:
        others: how many non-members.
    """
    return next((rate for rate in RATES if others * rate >= ACCUSED), 1.0)


def found_at(members: np.ndarray, others: np.ndarray, rate: float) -> CalledMembers:
    """How many members score above a threshold that at most `rate` of the others exceed.

    Args:
        members: (M,) scores.
        others: (N,) scores.
        rate: between 0 and 1.
    """
    # 0.29 * 100 is 28.999… in floats
    allowed = int(np.floor(rate * len(others) + 1e-9))
    falling = np.sort(others)[::-1]
    threshold = falling[allowed] if allowed < len(others) else -np.inf
    return CalledMembers(int((members > threshold).sum()), int((others > threshold).sum()))


def below_mean_loss(members: np.ndarray, others: np.ndarray) -> CalledMembers:
    """Call a member whoever's loss is no more than the mean training loss (Yeom et al., adversary 1).

    That threshold, the mean score of the members, needs no other data.
    """
    threshold = members.mean()
    return CalledMembers(int((members >= threshold).sum()), int((others >= threshold).sum()))


def roc(members: np.ndarray, others: np.ndarray, points: int = 40) -> list[tuple[float, float]]:
    """(false, true positive rate) at false positive rates spread evenly over their logarithm, from 1/N to 1."""
    counts = np.unique(np.round(np.geomspace(1, len(others), points)).astype(int))
    lows = [found_at(members, others, count / len(others)) for count in counts]
    return [(float(count) / len(others), low.members / len(members)) for count, low in zip(counts, lows, strict=True)]


def area(members: np.ndarray, others: np.ndarray) -> stats.Auc:
    """How well scores tell members (M,) from others (N,), one of each at least: the area under the ROC curve."""
    is_member = np.arange(len(members) + len(others)) < len(members)
    return present(stats.auc(np.concatenate([members, others]), is_member), "both sides have rows")
