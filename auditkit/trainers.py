"""What a trainer is: a recipe that returns a new model, audited beside its parent."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from auditkit.checks import Context, Facts
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.results import Control, Definition, Figure, Level, Measurement, Table


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


class Trainer(Facts, ABC):
    """A recipe for a new model. Its facts and fields work as a Check's; `id` is what `[[train]] trainer` names.

    What it measures appears in the new model's audit as the check `train.<id>`.
    """

    of_training: ClassVar[frozenset[str]] = frozenset()
    """Measurements that are facts of the training, and stand whatever the new model answers."""
    level: ClassVar[Level] = "training"

    @abstractmethod
    def train(self, model: Model, data: AuditData, context: Context) -> Trained:
        """Train `model.fresh()` on the training split `data`; never go on from trained weights."""
