"""Answers that stand beside the data, where nobody can ask the model itself."""

from typing import Any, Self

import numpy as np

from auditkit.data import AuditData, Recorded, Task
from auditkit.errors import CapabilityError, Mend, ModelError
from auditkit.lazy import pandas
from auditkit.models import Answers, Capability, Model, ModelOptions
from auditkit.plugins.models.fingerprints import fingerprint
from auditkit.value_spelling import match_class, spelling


class RecordedModel(Model):
    """A model of which only its recorded decisions or scores are known.

    Args:
        recorded: decisions, scores, or both; where decisions are recorded they hold.
        options: `task` is binary unless given, `classes` are those of the labels.

    Raises:
        ModelError: nothing is recorded, or the recorded answers cannot be decisions or scores.
    """

    kind = "recorded"
    loaded = "recorded answers"

    def __init__(self, recorded: Recorded, options: ModelOptions) -> None:
        self.name, self.task, (decisions, scores) = options.name or self.loaded, options.task or "binary", recorded
        if decisions is None and scores is None:
            raise ModelError(f"{self.name}: decisions or scores must stand beside the data; name their column")
        _check_finite(scores, self.name)
        self.classes = () if self.task == "regression" else _classes(decisions, self.task, options, self.name)
        self.positive = _positive(options.positive, self.classes, self.name) if self.task == "binary" else None
        if self.task == "multiclass" and decisions is None:
            mend = Mend("data.task", "regression")
            raise ModelError(
                f"{self.name}: more than two classes need recorded decisions; only scores were given. Where they are "
                f"predicted numbers, say {mend}",
                mend=mend,
            )
        self.threshold, self.stated = options.threshold, options.inputs
        if decisions is None and scores is not None and self.task == "binary":
            self.threshold = _threshold(scores, options.threshold, self.name)
            self.notes = (f"decisions are recorded scores at or above {self.threshold:g}",)
        has_scores = self.task != "multiclass" and scores is not None
        self.capabilities = frozenset({Capability.SCORES} if has_scores else set())
        # Decisions are written as text, so that 1, 1.0 and "1" from three readers have one digest.
        self._digest = fingerprint(decisions if decisions is None else _spelt(decisions), scores)

    @classmethod
    def of(
        cls,
        data: AuditData,
        name: str | None = None,
        threshold: float | None = None,
        inputs: tuple[str, ...] | None = None,
    ) -> Self:
        """The model whose answers `data.recorded` holds.

        Args:
            data: audit data with recorded decisions, scores, or both.
            name: for the report.
            threshold: binary scores without decisions: decided positive from here on; 0.5 unless given.
            inputs: the columns that the model is given, as its owner states.

        Raises:
            ModelError: nothing is recorded, or the recorded answers cannot be decisions or scores.
        """
        options = ModelOptions(
            name=name, task=data.task, classes=data.classes or None, positive=data.positive, threshold=threshold,
            inputs=inputs,
        )  # fmt: skip
        return cls(data.recorded or Recorded(None, None), options)

    def given(self, columns: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """None: what stands beside recorded answers need not be what they were made from."""
        return None

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


def _spelt(decisions: np.ndarray) -> list[str]:
    """Each decision as text; each different one is spelt once, for there may be millions of rows."""
    if decisions.dtype == object:  # 1 and True are equal there
        texts = {(type(decision), decision): spelling(decision) for decision in decisions}
        return [texts[type(decision), decision] for decision in decisions]
    codes, distinct = pandas.factorize(decisions, use_na_sentinel=False)
    texts_of_codes = [spelling(decision) for decision in distinct]
    return [texts_of_codes[code] for code in codes.tolist()]


def _check_finite(scores: np.ndarray | None, name: str) -> None:
    if scores is None:
        return
    if np.asarray(scores).dtype.kind not in "fiub":
        raise ModelError(f"{name}: recorded scores must be numbers; they are {np.asarray(scores).dtype}")
    bad = int((~np.isfinite(np.asarray(scores, dtype=np.float64))).sum())
    if bad:
        raise ModelError(f"{name}: recorded scores must be finite numbers; {bad} are not")


def _classes(decisions: np.ndarray | None, task: Task, options: ModelOptions, name: str) -> tuple[Any, ...]:
    """The classes of the labels, then those that only the decisions know."""
    known = list(options.classes or ())
    if decisions is not None:
        plain = [label.item() if hasattr(label, "item") else label for label in np.unique(decisions)]
        known += [label for label in plain if match_class(label, tuple(known)) not in known]
    if task == "binary" and len(known) > 2:
        raise ModelError(
            f"{name}: recorded decisions must be one of two classes; with the labels there are {len(known)}: "
            f"{', '.join(repr(label) for label in known[:5])}. Numbers between 0 and 1 belong in scores, not decisions"
        )
    if task == "binary" and len(known) < 2:
        # Where everybody was decided alike, the class that nobody got is not in the data and must be made up.
        positive = match_class(1 if options.positive is None else options.positive, tuple(known))
        other_class = [label for label in known if label != positive]
        known = [*(other_class or [0 if positive == 1 else f"not {positive}"]), positive]
    return tuple(known)


def _positive(stated: Any, classes: tuple[Any, ...], name: str) -> Any:
    positive = classes[-1] if stated is None else match_class(stated, classes)
    if positive not in classes:
        raise ModelError(f"{name}: positive must be one of the classes {list(classes)}; {stated!r} was given")
    return positive


def _threshold(scores: np.ndarray, stated: float | None, name: str) -> float:
    """The score from which a row was decided positive: as stated, or 0.5 of probabilities."""
    low, high = float(scores.min()), float(scores.max())
    probable = low >= 0 and high <= 1
    if stated is None and not probable:
        mend = Mend("model.threshold", _example(low, high))
        raise ModelError(
            f"{name}: threshold must be given where recorded scores are no probabilities; they lie between {low:g} and "
            f"{high:g}. Say from which score a row is decided positive, as in {mend}",
            mend=mend,
        )
    if stated is not None and probable and not 0 <= stated <= 1:
        # in percent all people would be decided alike, without a word
        mends = [Mend("model.threshold", round(stated / 100, 12))] if 1 < stated <= 100 else []
        raise ModelError(
            f"{name}: threshold must lie in [0, 1], as all recorded scores do; {stated:g} was given"
            + "".join(f". Where it is in percent, say {mend}" for mend in mends),
            mend=mends,
        )
    return 0.5 if stated is None else stated


def _example(low: float, high: float) -> float:
    """A threshold that scores in this range could have: 0 of logits, 50 of percentages, else the middle."""
    if low < 0 < high:
        return 0.0
    return 50.0 if low >= 0 and high <= 100 else float(f"{(low + high) / 2:.3g}")
