"""The rates that constraints are about, for decisions that are certain and for decisions that are drawn."""

from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from auditkit import stats
from auditkit.group_pairs import Members
from auditkit.plugins.fairness.mitigation.groups import Split

Constraint: TypeAlias = Literal[
    "demographic_parity",
    "equalized_odds",
    "true_positive_rate_parity",
    "false_positive_rate_parity",
    "true_negative_rate_parity",
    "false_negative_rate_parity",
    "error_rate_parity",
]


class Part(NamedTuple):
    """One rate: the mean over some people of what was decided about them."""

    name: str
    label: bool | None
    """Only people with this label; None: everyone."""
    counted: Literal["selected", "not selected", "right"]


SELECTION = Part("selection_rate", None, "selected")
TRUE_POSITIVE = Part("true_positive_rate", True, "selected")
FALSE_POSITIVE = Part("false_positive_rate", False, "selected")

CONSTRAINTS: dict[Constraint, tuple[Part, ...]] = {
    "demographic_parity": (SELECTION,),
    "equalized_odds": (TRUE_POSITIVE, FALSE_POSITIVE),
    "true_positive_rate_parity": (TRUE_POSITIVE,),
    "false_positive_rate_parity": (FALSE_POSITIVE,),
    "true_negative_rate_parity": (Part("true_negative_rate", False, "not selected"),),
    "false_negative_rate_parity": (Part("false_negative_rate", True, "not selected"),),
    "error_rate_parity": (Part("accuracy", None, "right"),),
}
"""The rates that each constraint holds equal over the groups."""


def values(part: Part, chance: np.ndarray, outcomes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N,) of what is averaged, and (N,) bool of whom.

    Args:
        part: which rate.
        chance: (N,) between 0 and 1 of being selected; 0 and 1 where it is decided.
        outcomes: (N,) bool.
    """
    whom = np.ones(len(chance), dtype=bool) if part.label is None else outcomes == part.label
    averaged = {"selected": chance, "not selected": 1 - chance, "right": np.where(outcomes, chance, 1 - chance)}
    return averaged[part.counted], whom


def shares(constraint: Constraint, chance: np.ndarray, split: Split) -> list[stats.Shares]:
    """Each rate of the constraint in the G groups: expected successes and people, with weights effective ones (Kish).

    Args:
        constraint: which.
        chance: (N,) of being selected.
        split: the training rows.
    """
    weights = np.ones(len(chance)) if split.data.weights is None else split.data.weights
    shares_of_parts = []
    for part in CONSTRAINTS[constraint]:
        value, whom = values(part, chance, split.outcomes)
        whom = whom & (split.codes >= 0)
        shares_of_parts.append(stats.Shares.of_rows(split.codes[whom], value[whom], weights[whom], len(split.names)))
    return shares_of_parts


def members(constraint: Constraint, chance: np.ndarray, split: Split) -> list[Members]:
    """Who the G groups are in each rate of the constraint; people selected are counted where nothing is drawn."""
    # An expected number of people is no count, so counts are given only where nothing is drawn.
    decided = bool(np.isin(chance, (0, 1)).all())
    where = [{split.attribute: name} for name in split.names]
    members_of_parts = []
    for part, share in zip(CONSTRAINTS[constraint], shares(constraint, chance, split), strict=True):
        value, whom = values(part, chance, split.outcomes)
        whom = whom & (split.codes >= 0)
        people = np.bincount(split.codes[whom], minlength=len(where))
        hits = np.bincount(split.codes[whom], weights=value[whom], minlength=len(where))
        members_of_parts.append(
            Members(part.name, where, share.rates, people, hits.astype(np.int64) if decided else None)
        )
    return members_of_parts


def from_overall(constraint: Constraint, chance: np.ndarray, outcomes: np.ndarray, codes: np.ndarray) -> float:
    """The largest distance of a group's rate from everyone's: what the reductions approach bounds.

    Every row counts once, and a code of any value is a group.

    Source: Agarwal et al. (2018), arXiv:1803.02453, section 2.
    """
    worst = 0.0
    for part in CONSTRAINTS[constraint]:
        value, whom = values(part, chance, outcomes)
        for code in np.unique(codes[whom]):
            group = whom & (codes == code)
            worst = max(worst, abs(float(value[group].mean() - value[whom].mean())))
    return worst
