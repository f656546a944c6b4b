"""Several answers to each prompt: those that are there, and those that a live model is asked for."""

from typing import NamedTuple

import numpy as np

from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.models import Capability, Model
from auditkit.plugins.language.consistency.parameters import Parameters
from auditkit.plugins.language.shared.questions import ask, chosen, note


class Repeats(NamedTuple):
    """Prompts with two answers or more."""

    rows: np.ndarray
    """(P,) the first row of each prompt."""
    texts: list[list[str | None]]
    """For each of the P prompts its answers, of which at least one has words."""
    notes: list[str]
    silent: int = 0
    """Further prompts, of whose answers none has words."""


def repeats(parameters: Parameters, model: Model, data: AuditData, context: Context) -> Repeats:
    """The answers to each prompt that has several; where none has, a live model is asked again.

    Rows of one unit with the same prompt are answers to one prompt.
    """
    recorded = _recorded(data, context.predictions.texts)
    if len(recorded.rows) or Capability.QUERIES not in model.capabilities:
        return _with_words(recorded)
    rows = chosen(data.unit, len(data), parameters.prompts, context.rng)
    prompts = data.prompts[rows].tolist()
    answers = [context.predictions.texts[rows].tolist()]
    for number in range(1, parameters.repeats + 1):
        answers.append(ask(model, prompts, context, draw=number).tolist())
    asked = parameters.repeats * len(rows)
    return _with_words(
        Repeats(
            rows, [list(texts) for texts in zip(*answers, strict=True)],
            [note(asked, f"{len(rows):,} prompts, {parameters.repeats} times again each")],
        )
    )  # fmt: skip


def _with_words(several: Repeats) -> Repeats:
    """The prompts to which words came: that nothing comes twice is no agreement."""
    kept = np.array([any(text and text.strip() for text in texts) for texts in several.texts], dtype=bool)
    texts = [texts for texts, has_words in zip(several.texts, kept, strict=True) if has_words]
    return Repeats(several.rows[kept], texts, several.notes, int((~kept).sum()))


def planned(parameters: Parameters, data: AuditData) -> int:
    """How many questions a live model will be asked."""
    if data.unit is not None and len(_several(data)):
        return 0
    return parameters.repeats * min(parameters.prompts, data.units)


def _several(data: AuditData) -> list[np.ndarray]:
    """The rows of each prompt of a unit that has two or more, by the first of them."""
    if data.unit is None:
        return []
    rows_of: dict[tuple[int, str], list[int]] = {}
    for row, (unit, prompt) in enumerate(zip(data.unit.tolist(), data.prompts, strict=True)):
        rows_of.setdefault((unit, prompt), []).append(row)
    return [np.array(rows) for rows in rows_of.values() if len(rows) > 1]


def _recorded(data: AuditData, texts: np.ndarray) -> Repeats:
    several = _several(data)
    first = np.array([rows[0] for rows in several], dtype=np.int64)
    return Repeats(first, [texts[rows].tolist() for rows in several], [])
