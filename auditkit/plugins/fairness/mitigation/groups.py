"""The groups that a mitigation is about, and the rates that constraints are about.

Which attribute, which of its groups have enough people, and who is who; rates of decisions that are certain, and of
decisions that are drawn.
"""

from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from auditkit import stats
from auditkit.counts import encode
from auditkit.data import AuditData
from auditkit.errors import ConfigError, DataError, closest
from auditkit.group_pairs import Members
from auditkit.models import Model
from auditkit.predictions import Predictions
from auditkit.results import LeftOut
from auditkit.too_few import fewer_than


class Split(NamedTuple):
    """The training rows by group and label."""

    data: AuditData
    parent: Model
    fingerprint: str
    """Of the parent, before anything was trained."""
    attribute: str
    names: tuple[str, ...]
    """The G groups that are mitigated."""
    is_shown: np.ndarray
    """(G,) bool: whether it may be shown."""
    codes: np.ndarray
    """(N,) the position of each row's group in `names`; -1: its group is left as it is."""
    outcomes: np.ndarray
    """(N,) bool: the label is the positive one."""
    selected: np.ndarray
    """(N,) bool: the parent's decision is the positive one."""
    positive: int
    """The position of the positive class among the parent's classes."""
    lacking: tuple[LeftOut, ...]
    """Groups that are left as they are: too small to show, or with too few people of one label."""

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Whom no gap is about: the groups that are left as they are, and those that may not be shown."""
        unshown = self.data.minimum_cell
        return (
            *self.lacking,
            *(
                LeftOut(slice={self.attribute: name}, reason=fewer_than(unshown, "people"))
                for name, shown in zip(self.names, self.is_shown, strict=True)
                if not shown
            ),
        )

    @property
    def visible(self) -> list[tuple[int, str]]:
        """The position and the name of each group that something may be said about."""
        return [(group, name) for group, name in enumerate(self.names) if self.is_shown[group]]

    @property
    def rows(self) -> np.ndarray:
        """(N,) bool: whose group something may be said about."""
        # A code of -1 reads the place that was appended, where nothing may be shown.
        return (self.codes >= 0) & np.append(self.is_shown, False)[self.codes]

    @property
    def labels(self) -> np.ndarray:
        """(N,) the position of each label among the parent's classes."""
        return np.where(self.outcomes, self.positive, 1 - self.positive)


def split(predictions: Predictions, attribute: str | None, trainer: str) -> Split:
    """The training rows by group and label.

    A group takes part where it has as many people of either label as a group must have to be shown: with fewer, neither
    a rate nor a threshold says anything.

    Args:
        predictions: the parent's answers about the training split.
        attribute: the sensitive attribute; None: the first.
        trainer: its id, for messages.

    Raises:
        ConfigError: there is no such attribute.
        DataError: fewer than two groups take part.
    """
    data, parent = predictions.data, predictions.model
    name = _attribute(data, attribute, trainer)
    outcomes, selected = predictions.outcomes, predictions.selected
    encoded = encode(data.groups[name])
    least = max(1, data.minimum_rate)
    table = np.zeros((len(encoded.values), 2), dtype=np.int64)
    # Unweighted: whether there are enough people is a question of people.
    np.add.at(table, (encoded.codes, outcomes.astype(np.int64)), 1)
    reasons = [data.cells.reason({name: value}) for value in encoded.values]
    taken, lacking = [], []
    for index, (value, reason) in enumerate(zip(encoded.values, reasons, strict=True)):
        if table[index].min() >= least:
            taken.append(index)
        elif reason is not None:
            lacking.append(LeftOut(slice={name: value}, reason=reason))
        else:
            label = "positive" if table[index, 1] < table[index, 0] else "negative"
            why = fewer_than(least, f"people with a {label} label")
            lacking.append(LeftOut(slice={name: value}, reason=why))
    if len(taken) < 2:
        raise DataError(
            f"{trainer}: two groups of {name!r} or more must have at least {least} people of either label in the "
            f"training split; {len(taken)} of {len(encoded.values)} have. Join small groups under [data.groups.{name}] "
            "values, or name another attribute"
        )
    positions = np.full(len(encoded.values), -1)
    positions[taken] = np.arange(len(taken))
    names = tuple(encoded.values[index] for index in taken)
    is_shown = np.array([data.cells.unshown({name: value}) is None for value in names])
    return Split(
        data, parent, parent.fingerprint, name, names, is_shown, positions[encoded.codes], outcomes, selected,
        predictions.positive, tuple(lacking),
    )  # fmt: skip


def _attribute(data: AuditData, attribute: str | None, trainer: str) -> str:
    if attribute is None:
        return next(iter(data.groups))
    if attribute not in data.groups:
        raise ConfigError(
            f"{trainer}: attribute must be one of [data] groups; {attribute!r} was given, "
            f"{closest(attribute, data.groups)}"
        )
    return attribute


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
