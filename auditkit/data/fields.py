"""The fields of audit data, before they are checked: below what checks them and the readers that fill them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np

from auditkit.data.case_scores import CaseScore
from auditkit.data.cells import LARGEST_LEFT_OUT, MINIMUM, Cells
from auditkit.data.clusters import clusters_of
from auditkit.data.group_probabilities import GroupProbabilities
from auditkit.data.inputs import is_tokens
from auditkit.data.labels import Recorded, Task
from auditkit.data.multilabel import matrix_of
from auditkit.data.orders import Notation
from auditkit.data.schema import FeatureSchema
from auditkit.data.survival import Survival
from auditkit.errors import present
from auditkit.results import Meaning

Modality: TypeAlias = Literal["table", "image", "text", "sequence"]
Disclosure: TypeAlias = Literal["internal", "publish"]
Range: TypeAlias = tuple[tuple[float, float], ...]
"""(low, high) of all values; or of each channel, the second axis of the inputs."""


@dataclass(frozen=True, eq=False)
class Fields:
    """What `AuditData` holds; see there."""

    inputs: Any
    """A pandas DataFrame, an array or tensor `(N, ...)`, or a list of texts: what the model eats."""
    labels: np.ndarray | None = None
    """(N,): the truth, in the data's own vocabulary; numbers for regression; of several labels (task `multilabel`) a
    text of a 0 or 1 for each, as `auditkit.data.multilabel` makes it of (N, L) values."""
    groups: Mapping[str, np.ndarray] = field(default_factory=dict)
    """{attribute: (N,) array of str}; a missing value is the group "(missing)"."""
    weights: np.ndarray | None = None
    """(N,) float64, positive."""
    schema: tuple[FeatureSchema, ...] = ()
    task: Task = "binary"
    modality: Modality = "table"
    positive: Any = None
    """The label value that counts as positive (binary)."""
    train: Fields | None = None
    """The training split, where there is one."""
    name: str = "data"
    recorded: Recorded | None = None
    outputs: tuple[str, ...] = ()
    """The names of the L labels of the task `multilabel`, in the order of their columns."""
    order: tuple[Any, ...] = ()
    """The classes from the lowest to the highest, where they have an order (multiclass); empty: they have none."""
    case_scores: Mapping[str, CaseScore] = field(default_factory=dict)
    """{name: what it means} of the scores that say how well a system did in each row (task `case_scores`)."""
    scored: Mapping[str, np.ndarray] = field(default_factory=dict)
    """{system: (N, K) float64} these scores, NaN where the system gave nothing; empty for a model that is asked."""
    answered: np.ndarray | None = None
    """(N,) object: the recorded answers in words (task `generation`), None where nothing came; else None."""
    asides: Mapping[str, np.ndarray] = field(default_factory=dict)
    """{column: (N,) object} of what stands beside a prompt, such as a reference or the contexts (task `generation`)."""
    survival: Survival | None = None
    """Times until an event or until people were last seen, and what was recorded about them (task `survival`)."""
    group_probabilities: Mapping[str, GroupProbabilities] = field(default_factory=dict)
    """{attribute: how likely each person is of each of its groups}, of attributes that were not recorded."""
    people: np.ndarray | None = None
    """(N,) int64: how many people each row stands for, in a table of counts; None: one each."""
    streamed: str = ""
    """Why the data are counts of files that hold rows; empty where they are not."""
    known: np.ndarray | None = None
    """(N,) bool: whether the label is known; where not, `labels` holds a filler. None: all are."""
    withheld: np.ndarray | None = None
    """(N,) bool: whether the recorded decision was withheld; there it is a filler. None: none was."""
    ids: np.ndarray | None = None
    """(N,) int64: rows of the same person have the same number, -1 where the id is missing; any values are taken."""
    unit: np.ndarray | None = None
    """(N,) int64: rows of the same unit, such as a patient, have the same number, in the training split too; any values
    are taken. They vary together, and privacy is promised to units. None: each row is a unit."""
    unit_name: str = ""
    """The column that says whose row it is, where it has a name."""
    label_name: str | None = None
    group_columns: Mapping[str, str] = field(default_factory=dict)
    """{attribute: the column it was made of}, where that has another name."""
    merged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """{attribute: values that are one group, as only blanks around them told them apart}."""
    suspected: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """{attribute: values of its column that may stand for a missing one}, where its bins no longer show them."""
    columns: tuple[str, ...] = ()
    """Every column of the table that a model could have been given, inputs or not; empty where there was none."""
    minimum_cell: int = MINIMUM
    """People in the smallest group that is shown."""
    minimum_rate: int = MINIMUM
    """People in the smallest denominator of a rate that is estimated."""
    disclosure: Disclosure = "internal"
    """For whom the evidence is: for readers in the house, or for anybody (`publish`)."""
    range: Range | None = None
    """The lowest and the highest value that an array may hold: one pair, such as ((0, 255),), or one a channel."""
    largest_left_out: float = LARGEST_LEFT_OUT
    """Groups under `minimum_cell` that are left out of a disparity bar it from meeting a limit above this share."""
    reference: Mapping[str, str] = field(default_factory=dict)
    """{attribute: group} with which the other groups are compared too."""
    notation: Notation = field(default_factory=Notation)
    """What the owner says about how numbers and dates are written; for checks, never for the model."""
    doubts: Mapping[str, str] = field(default_factory=dict)
    """{feature: why it is doubtful that its numbers are what they were read as}."""
    whole: Cells | None = None
    """The cells of the data that these rows were drawn from; set by `take`."""
    notes: tuple[str, ...] = ()
    """What was inferred or repaired, for the report."""
    outcome: Meaning | Mapping[str, Meaning] | None = None
    """What being selected is to a person: "benefit" or "burden"; of more than two classes {class: word}; of predicted
    numbers, what a high one is. None: not stated, and nobody is called worse off. It is no part of the digest."""
    selected_means: str = ""
    """What becomes of somebody who is selected, in the owner's words, such as "flagged as high risk"."""

    @functools.cached_property
    def classes(self) -> tuple[Any, ...]:
        """The distinct labels, sorted; empty where there are none, and for numbers and several labels of a row."""
        if self.labels is None or self.task in ("regression", "multilabel"):
            return ()
        return tuple(np.unique(self.labels).tolist())

    @functools.cached_property
    def label_sets(self) -> np.ndarray:
        """(N, L) bool: which of the `outputs` each row has (task `multilabel`, with labels)."""
        return matrix_of(present(self.labels, "the caller looked"), len(self.outputs))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features of a table or of an array (N, D); empty for anything else."""
        if self.schema:
            return tuple(feature.name for feature in self.schema)
        shape: tuple[int, ...] = getattr(self.inputs, "shape", ())
        return tuple(f"x{position}" for position in range(shape[1])) if len(shape) == 2 else ()

    @property
    def has_other_answers(self) -> bool:
        """Whether answers are recorded that are no decisions and no scores: words, or risks of an event in time."""
        return self.answered is not None or (self.survival is not None and self.survival.has_answers)

    @functools.cached_property
    def clusters(self) -> np.ndarray | None:
        """(N,) which rows vary together; None where each varies by itself."""
        return clusters_of(self.unit)

    @property
    def free_text(self) -> np.ndarray:
        """(D,) bool: which features are free text, whose codes say which text it is and can be compared in no way."""
        kinds = {feature.name: feature.kind for feature in self.schema}
        return np.array([kinds.get(name) == "text" for name in self.feature_names], dtype=bool)

    @property
    def tokens(self) -> bool:
        """Whether the inputs are sequences of ids of one vocabulary: whole numbers (N, T) without a declared range."""
        return self.modality == "sequence" and self.range is None and is_tokens(self.inputs)

    @property
    def identifiers(self) -> np.ndarray:
        """(D,) bool: which features are ids, of which one may stand for another and nothing lies between two."""
        kinds = {feature.name: feature.kind for feature in self.schema}
        tokens = self.tokens
        return np.array([tokens or kinds.get(name) == "identifier" for name in self.feature_names], dtype=bool)

    @property
    def uncompared(self) -> np.ndarray:
        """(D,) bool: free text and identifiers, which checks that compare values leave out."""
        return self.free_text | self.identifiers

    @property
    def units(self) -> int:
        """How many units there are: rows, unless a column says which rows are of the same person."""
        return len(self.inputs) if self.unit is None else len(np.unique(self.unit))

    @property
    def beside(self) -> dict[str, Any]:
        """What there may be for each row beside inputs, labels, groups, and recorded decisions and scores."""
        return {
            name: getattr(self, name) for name in ("weights", "people", "known", "withheld", "ids", "unit", "answered")
        }
