"""What a trainer is: a recipe that returns a new model, audited beside its parent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import ConfigDict

from auditkit.renames import RenamedFacts
from auditkit.results import Control, Definition, Figure, Level, Measurement, Table

if TYPE_CHECKING:
    from auditkit.checks import Context
    from auditkit.data import AuditData
    from auditkit.models import Model


@dataclass(frozen=True)
class Trained:
    """A new model and what there is to say about how it came to be."""

    model: Model
    measurements: tuple[Measurement, ...] = ()
    """Facts of the training, such as epsilon and delta; audited and judged with the rest."""
    controls: tuple[Control, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    definitions: Mapping[str, Definition] = field(default_factory=dict)


class Trainer(RenamedFacts, ABC):
    """A recipe for a new model. Its facts and fields work as a Check's; `id` is what `[[train]] trainer` names.

    What it measures appears in the new model's audit as the check `train.<id>`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    id: ClassVar[str] = ""
    title: ClassVar[str] = ""
    question: ClassVar[str] = ""
    purpose: ClassVar[str] = ""
    method: ClassVar[str] = ""
    limits: ClassVar[str] = ""
    reference: ClassVar[str] = ""
    needs: ClassVar[frozenset[str]] = frozenset()
    requires: ClassVar[tuple[tuple[str, str], ...]] = ()
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    definitions: ClassVar[Mapping[str, Definition]] = {}
    conditions: ClassVar[frozenset[str] | None] = None
    for_groups: ClassVar[frozenset[str] | None] = None
    over_groups: ClassVar[frozenset[str]] = frozenset()
    own_slices: ClassVar[bool] = False
    of_function: ClassVar[bool] = False
    of_training: ClassVar[frozenset[str]] = frozenset()
    """Measurements that are facts of the training, and stand whatever the new model answers."""
    applies_when: ClassVar[str] = ""
    level: ClassVar[Level] = "training"

    @abstractmethod
    def train(self, model: Model, data: AuditData, context: Context) -> Trained:
        """Train `model.fresh()` on the training split `data`; never go on from trained weights."""
