"""What an audit says of its data: features, groups, scores of cases and their settings; no row of it."""

from __future__ import annotations

from typing import Literal

from auditkit.results.base import Meaning, Record, optional


class FeatureInfo(Record):
    """One feature of the schema, as the report prints it."""

    name: str
    kind: str
    group: bool = False
    seen_by_model: bool | None = True
    """Whether the model is given it; None where nobody knows."""
    seen: Literal["", "known", "stated", "unknown"] = optional("")
    """How that is known: the model shows it, its owner states it, nobody knows; empty in a result that does not say."""
    missing: int | None = None
    detail: str = ""


class GroupInfo(Record):
    """One group of a sensitive attribute; `rows` is None where it is too small to show."""

    attribute: str
    value: str
    rows: int | None
    hidden: str | None = None
    together: tuple[str, ...] = optional(())
    """Of smaller groups together: which."""
    units: int | None = optional()
    """How many units, such as patients, these rows are of (schema 4); None where each row is one."""


class ScoreInfo(Record):
    """One score of each case, as its owner states it (schema 4)."""

    name: str
    better: Literal["higher", "lower"]
    """Which values are the better ones."""
    low: float | None = None
    """The lowest value that it can have; None: it is unbounded."""
    high: float | None = None
    """The highest value that it can have; None: it is unbounded."""
    counted_in: str = ""
    """What it is counted in, such as seconds; empty for a bare number."""
    poor: float | None = None
    """A case whose score is worse than this is a poor one; None: nobody said."""
    missing: int | None = None
    """Cases to which the system gave nothing; None where that number may not be shown."""
    missing_counts_as: Literal["worst", "undecided"] = "undecided"
    """What such a case counts as: the worst end of the range, or nothing, which leaves the score undecided."""


class DataInfo(Record):
    """The audit data, as the report names it; no row of it."""

    name: str
    rows: int
    digest: str
    # beside `digest`, so that `diff` can tell other rows from other settings on the same rows
    rows_digest: str = optional("")
    """Of the rows and their groups alone, whatever settings they are read with; empty where it was not written."""
    task: str
    modality: str
    label: str | None = None
    positive: str | None = None
    features: tuple[FeatureInfo, ...] = ()
    groups: tuple[GroupInfo, ...] = ()
    train_rows: int | None = None
    weighted: bool = False
    minimum_cell: int = 10
    """People in the smallest group that is shown."""
    minimum_rate: int | None = optional()
    """People in the smallest denominator of a rate that is estimated; None: as `minimum_cell` (schema 1 and 2)."""
    largest_left_out: float = optional(0.05)
    """The share of people in groups too small to show above which a disparity without them meets no limit."""
    reference: dict[str, str] = optional({})
    """{attribute: group} with which the others are compared too."""
    disclosure: Literal["internal", "publish"] = optional("internal")
    """Whether only what is too small is left out, or also all from which it could be worked out."""
    deducible: tuple[dict[str, str], ...] = optional(())
    """Groups that are not shown and yet can be worked out from everyone and those that are."""
    unit: str = optional("")
    """The column that says whose row it is (schema 4)."""
    units: int | None = optional()
    """How many different ones there are (schema 4)."""
    case_scores: tuple[ScoreInfo, ...] = optional(())
    """How well the system did, case by case: which scores there are (schema 4)."""
    notes: tuple[str, ...] = ()
    outcome: Meaning | dict[str, Meaning] | None = optional()
    """What being selected is to a person, as the owner states it; of more than two classes, for each that is named."""
    selected_means: str = optional("")
    """What becomes of somebody who is selected, in the owner's words."""
