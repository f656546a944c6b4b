"""A model that has no classes of its own: what its outputs stand for is taken from the data."""

from abc import abstractmethod
from typing import Any

from auditkit.adapters import LABELS_NOTE, completed
from auditkit.data import Task
from auditkit.models import Model, ModelOptions


class LabelledModel(Model):
    """A model that learns task and classes from the labels of the data where its user named none.

    Args:
        options: as the user gave them.
    """

    def __init__(self, options: ModelOptions) -> None:
        self._user_options = self._options = options
        self._known_labels: tuple[Any, ...] = ()

    def take_labels(self, task: Task, labels: tuple[Any, ...], positive: Any = None) -> None:
        """Take task and classes from the data where the user named none; the next answer settles them."""
        model_options = completed(self._user_options, task, positive)
        if self._user_options.classes is not None or (model_options, labels) == (self._options, self._known_labels):
            return
        self._options, self._known_labels = model_options, labels
        # All that the first answer settled goes, for it was read under the former labels.
        self.output, self.classes, self.positive = "", (), None
        self.notes = tuple(note for note in self.notes if not note.startswith(LABELS_NOTE))
        self._declare()

    @abstractmethod
    def _declare(self) -> None:
        """What can be said before the first answer."""
