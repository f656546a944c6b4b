"""Answers that stand beside the data, where nobody can ask the model itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from auditkit.data import AuditData, Task
from auditkit.errors import CapabilityError, ModelError
from auditkit.models import Answers, Capability, Model
from auditkit.plugins.models.fingerprints import fingerprint
from auditkit.predictions import match_class, spelling


class RecordedModel(Model):
    """A model of which only its recorded decisions or scores are known.

    Args:
        task: what it predicts.
        classes: its classes; empty for regression.
        positive: the class that the scores are about (binary); the last unless given.
        threshold: the score from which a row was decided positive; where decisions are recorded they hold.
        has_scores: True where scores are recorded.
        name: for the report.
        digest: SHA-256 of the recorded answers.
    """

    kind = "recorded"
    loaded = "recorded answers"

    def __init__(
        self,
        task: Task,
        classes: tuple[Any, ...] = (),
        positive: Any = None,
        threshold: float | None = None,
        has_scores: bool = False,
        name: str = "recorded answers",
        digest: str = "",
    ) -> None:
        self.task = task
        self.classes = tuple(classes)
        self.positive = classes[-1] if positive is None and task == "binary" else positive
        self.threshold = threshold
        self.name = name
        self.capabilities = frozenset({Capability.SCORES} if has_scores else set())
        self._digest = digest

    @classmethod
    def of(cls, data: AuditData, name: str | None = None, threshold: float | None = None) -> RecordedModel:
        """The model whose answers `data.recorded` holds.

        Args:
            data: audit data with recorded decisions, scores, or both.
            name: for the report.
            threshold: binary scores without decisions: decided positive from here on; 0.5 unless given.

        Raises:
            ModelError: nothing is recorded, or the recorded answers cannot be decisions or scores.
        """
        name = name or "recorded answers"
        if data.recorded is None or (data.recorded.decisions is None and data.recorded.scores is None):
            raise ModelError(f"{name}: decisions or scores must stand beside the data; name their column")
        decisions, scores = data.recorded
        _check_finite(scores, name)
        classes = () if data.task == "regression" else _classes(data, name)
        positive = _positive(data, classes, name) if data.task == "binary" else None
        if data.task == "multiclass" and decisions is None:
            raise ModelError(f"{name}: more than two classes need recorded decisions; only scores were given")
        if decisions is None and data.task == "binary" and threshold is None:
            threshold = _half(scores, name)
        known = data.task != "multiclass" and scores is not None
        digest = fingerprint(decisions if decisions is None else [spelling(each) for each in decisions], scores)
        model = cls(data.task, classes, positive, threshold, known, name, digest)
        if decisions is None and data.task == "binary":
            model.notes = (f"decisions are recorded scores at or above {threshold:g}",)
        return model

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the recorded answers and how they are read."""
        return fingerprint("recorded", self.task, self.classes, self.positive, self.threshold, self._digest)

    def answer(self, inputs: Any) -> Answers:
        """Never: nobody can be asked.

        Raises:
            CapabilityError: always.
        """
        raise CapabilityError(
            f"{self.name}: recorded answers stand for these rows only and cannot be asked about others; "
            "give the model itself for checks that ask it ([model] path or object)"
        )


def _check_finite(scores: np.ndarray | None, name: str) -> None:
    if scores is not None and not np.isfinite(np.asarray(scores, dtype=np.float64)).all():
        bad = int((~np.isfinite(np.asarray(scores, dtype=np.float64))).sum())
        raise ModelError(f"{name}: recorded scores must be finite numbers; {bad} are not")


def _classes(data: AuditData, name: str) -> tuple[Any, ...]:
    """The classes of the labels, then those that only the decisions know."""
    assert data.recorded is not None
    known = list(data.classes)
    if data.recorded.decisions is not None:
        plain = [each.item() if hasattr(each, "item") else each for each in np.unique(data.recorded.decisions)]
        known += [each for each in plain if match_class(each, tuple(known)) not in known]
    if data.task == "binary" and len(known) > 2:
        raise ModelError(
            f"{name}: recorded decisions must be one of two classes; with the labels there are {len(known)}: "
            f"{', '.join(repr(each) for each in known[:5])}…. Numbers between 0 and 1 belong in scores, not decisions"
        )
    if data.task == "binary" and len(known) < 2:
        positive = 1 if data.positive is None else data.positive
        spare = known[0] if known and spelling(known[0]) != spelling(positive) else f"not {positive}"
        known = [spare, known[0] if known and spelling(known[0]) == spelling(positive) else positive]
    return tuple(known)


def _positive(data: AuditData, classes: tuple[Any, ...], name: str) -> Any:
    if data.positive is None:
        return classes[-1]
    positive = match_class(data.positive, classes)
    if positive not in classes:
        raise ModelError(f"{name}: positive must be one of the classes {list(classes)}; {data.positive!r} was given")
    return positive


def _half(scores: np.ndarray | None, name: str) -> float:
    assert scores is not None
    if scores.min() < 0 or scores.max() > 1:
        raise ModelError(
            f"{name}: threshold must be given where recorded scores are no probabilities; "
            f"they lie between {scores.min():g} and {scores.max():g}"
        )
    return 0.5
