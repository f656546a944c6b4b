"""What checks share of data and answers: each has views of its own, and whoever changes what is shared is found."""

import contextlib
import copy
from collections.abc import Iterator
from typing import Any

from auditkit.data import AuditData, as_array
from auditkit.data.digests import Digest
from auditkit.errors import PluginError
from auditkit.lazy import pandas
from auditkit.predictions import Predictions


def own_views(data: AuditData, predictions: Predictions, foreign: bool) -> tuple[AuditData, Predictions]:
    """The same data and answers for one check, so that what it assigns is seen by no other.

    Arrays are read-only, and shared. Tables are copied where they are written to, as pandas 3 does; of older ones, and
    of tensors, which nothing makes read-only, foreign checks get a copy.

    Args:
        data: as the check may see it.
        predictions: about the same rows.
        foreign: whether the check is none of auditkit's own.
    """
    own = _own(data, foreign)
    answers = copy.copy(predictions)  # what was worked out of them before is kept
    answers.data = own
    return own, answers


def _own(data: AuditData, foreign: bool) -> AuditData:
    own = copy.copy(data)
    parts: dict[str, Any] = {"inputs": _own_inputs(data.inputs, foreign), "groups": dict(data.groups)}
    if data.train is not None:
        parts["train"] = _own(data.train, foreign)
    for name, part in parts.items():
        object.__setattr__(own, name, part)  # frozen for its users; not accepted again
    return own


def _own_inputs(inputs: Any, foreign: bool) -> Any:
    if hasattr(inputs, "columns"):
        return inputs.copy(deep=foreign and int(pandas.__version__.partition(".")[0]) < 3)
    if isinstance(inputs, list):
        return list(inputs)
    is_shared = getattr(inputs, "is_shared", bool)  # by its owner's choice, with processes that must not see a change
    return inputs.clone() if hasattr(inputs, "clone") and (foreign or is_shared()) else inputs


class SharedData:
    """Data and answers that all checks of a model read, held to what they were before the first foreign check."""

    def __init__(self, data: AuditData, predictions: Predictions) -> None:
        self._data, self._predictions = data, predictions
        self._before: dict[str, str] | None = None
        self.spoilt = ""
        """Who changed what; empty where nobody did."""

    @contextlib.contextmanager
    def held(self, check: str) -> Iterator[None]:
        """Run a foreign check, and see whether all is as before, also after an exception.

        Raises:
            PluginError: the check changed something, or one before it did.
        """
        self.refuse_spoilt()
        self._before = self._before or self._digests()
        try:
            yield
        finally:
            now = self._digests()
            changed = [name for name, digest in self._before.items() if now[name] != digest]
            if changed:
                self.spoilt = f"{check} changed {changed[0]}"
                raise PluginError(f"{self.spoilt}; copy it first")

    def refuse_spoilt(self) -> None:
        """Raise where what is shared was changed, for no number about it can be trusted.

        Raises:
            PluginError: a check changed something.
        """
        if self.spoilt:
            raise PluginError(f"what all checks read is no longer what it was: {self.spoilt}")

    def _digests(self) -> dict[str, str]:
        parts = {
            **_parts(self._data),
            **{f"the model's {name}": part for name, part in self._predictions.answers._asdict().items()},
        }
        return {name: _digest(part) for name, part in parts.items() if part is not None}


def _parts(data: AuditData) -> dict[str, Any]:
    decisions, scores = data.recorded or (None, None)
    parts = {"inputs": data.inputs, "labels": data.labels, **data.beside}
    parts |= {"the recorded decisions": decisions, "the recorded scores": scores}
    parts |= {f"the column {name!r}": column for name, column in data.asides.items()}
    parts |= {f"the scores of {system or 'the system'}": values for system, values in data.scored.items()}
    parts |= {} if data.survival is None else {f"the {name}": part for name, part in data.survival.arrays.items()}
    parts |= {f"the probabilities of {name!r}": part.shares for name, part in data.group_probabilities.items()}
    parts |= {f"groups[{name!r}]": column for name, column in data.groups.items()}
    split = {} if data.train is None else _parts(data.train)
    return parts | {f"the training split's {name}": part for name, part in split.items()}


def _digest(part: Any) -> str:
    state = Digest()
    array = None if isinstance(part, list) else as_array(part)
    if hasattr(part, "columns"):
        state.frame(part)
    elif array is None:
        state.texts(part)
    else:
        state.array(array)
    return state.hexdigest()
