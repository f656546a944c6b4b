"""Where the questions come from: the columns of BBQ beside the prompts, or auditkit's own, which a model is asked."""

from typing import Final, NamedTuple

import numpy as np

from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.errors import DataError
from auditkit.models import Capability, Model
from auditkit.plugins.language.bias_choice.choices import chosen
from auditkit.plugins.language.bias_choice.items import Items, read
from auditkit.plugins.language.bias_choice.own_questions import own
from auditkit.plugins.language.bias_choice.parameters import Parameters
from auditkit.plugins.language.shared.questions import ask

COLUMNS: Final = (
    "context_condition", "question_polarity", "label", "ans0", "ans1", "ans2", "target_loc", "category",
    "question_index",
)  # fmt: skip
"""Of the release of BBQ, its additional_metadata.csv joined by category, question_index and example_id."""


class Answered(NamedTuple):
    """Questions and what was chosen."""

    items: Items
    choices: np.ndarray
    """(N,) 0 to 2, -1 where an answer is unparsed."""
    is_own: bool


def lacking(data: AuditData) -> list[str]:
    """The columns of BBQ that the data have not."""
    return [name for name in COLUMNS if not _has(data, name)]


def can_ask(model: Model) -> bool:
    """Whether the model can be asked about further prompts."""
    return {Capability.QUERIES, Capability.TEXTS} <= model.capabilities


def is_own(parameters: Parameters, data: AuditData) -> bool:
    """Whether auditkit's own questions are asked."""
    return parameters.questions == "own" or (parameters.questions == "auto" and bool(lacking(data)))


def answered(parameters: Parameters, model: Model, data: AuditData, context: Context) -> Answered:
    """The questions and the choices.

    Raises:
        DataError: a column has other values than those of BBQ.
    """
    if is_own(parameters, data):
        prompts, items = own()
        texts = ask(model, prompts, context)
    else:
        items, texts = read({name: data.column(name).tolist() for name in _there(data)}), context.predictions.texts
    places = [chosen(text, list(options)) for text, options in zip(texts, items.options, strict=True)]
    return Answered(items, np.array([-1 if place is None else place for place in places]), is_own(parameters, data))


def _there(data: AuditData) -> list[str]:
    return [*COLUMNS, *(["answer_info"] if _has(data, "answer_info") else [])]


def _has(data: AuditData, name: str) -> bool:
    try:
        data.column(name)
    except DataError:
        return False
    return True
