"""Where variants of prompts come from: columns that say them, or words put in each other's place and asked about."""

from typing import Any, NamedTuple

import numpy as np

from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.errors import DataError, closest
from auditkit.models import Capability, Model
from auditkit.plugins.language.counterfactual.parameters import Parameters
from auditkit.plugins.language.counterfactual.substitutions import Made, Substitution, make
from auditkit.plugins.language.shared.questions import ask
from auditkit.plugins.language.shared.variant_gaps import Rows
from auditkit.value_spelling import spelling


class Variation(NamedTuple):
    """Answers to variants that differ in one attribute."""

    rows: Rows
    texts: np.ndarray
    """(N,) object: the answers, None where nothing came."""
    positions: np.ndarray | None
    """(N,) the rows of the data; None where the model was asked further prompts."""
    made: Made | None = None
    """How the prompts were made, where they were."""


def varying(parameters: Parameters, data: AuditData) -> tuple[np.ndarray | None, list[str]]:
    """(N,) the base prompt of each row, None where the data say none; and the group columns that differ within them.

    Raises:
        DataError: `varies` names what is no group column, or one that never differs.
    """
    unknown = [name for name in parameters.varies if name not in data.groups]
    if unknown:
        raise DataError(
            f"varies must name group columns of the data; {unknown[0]!r} is none, {closest(unknown[0], data.groups)}"
        )
    if parameters.base is not None:
        base = _numbered(data.column(parameters.base))
    elif data.unit is not None and data.unit_name != "prompt":
        base = _numbered(data.unit)
    else:
        return None, []
    names = [name for name in (parameters.varies or data.groups) if _differs(base, data.groups[name])]
    if parameters.varies and len(names) < len(parameters.varies):
        still = next(name for name in parameters.varies if name not in names)
        raise DataError(f"varies: the column {still!r} has the same value in all variants of each base prompt")
    return base, names


def recorded(parameters: Parameters, data: AuditData, texts: np.ndarray) -> list[Variation]:
    """A variation for each group column that says the variant; none where no column does."""
    base, names = varying(parameters, data)
    if base is None:
        return []
    variations = []
    for name in names:
        groups = tuple(value for value in data.cells.values[name] if bool((data.groups[name] == value).any()))
        variant = np.array([groups.index(value) for value in data.groups[name]])
        variations.append(Variation(Rows(name, groups, base, variant), texts, np.arange(len(data))))
    return variations


def asked(
    parameters: Parameters, model: Model, data: AuditData, context: Context, texts: np.ndarray
) -> list[Variation]:
    """A variation for each table of words, made of the data's prompts; the model is asked about the further ones."""
    first: dict[str, int] = {}
    number = np.array([first.setdefault(str(prompt), len(first)) for prompt in data.prompts])
    prompts, left = list(first), parameters.questions
    variations = []
    for attribute, table in parameters.tables.items():
        substitution = Substitution(table)
        made = make(substitution, prompts, left)
        further = [variant for variant in made.variants if not variant.is_own]
        if not further:
            continue
        left -= len(further)
        answers = ask(model, [variant.prompt for variant in further], context)
        own = {variant.base: variant.group for variant in made.variants if variant.is_own}
        rows = np.flatnonzero(np.isin(number, list(own)))
        base = np.concatenate([number[rows], [variant.base for variant in further]]).astype(np.int64)
        group = [own[int(number[row])] for row in rows] + [variant.group for variant in further]
        both = np.concatenate([texts[rows], answers])
        variations.append(
            Variation(Rows(attribute, substitution.groups, base, np.array(group)), both, None, made)
        )  # fmt: skip
    return variations


def can_ask(model: Model) -> bool:
    """Whether the model can be asked about further prompts."""
    return {Capability.QUERIES, Capability.TEXTS} <= model.capabilities


def _numbered(values: Any) -> np.ndarray:
    return np.unique([spelling(value) for value in values], return_inverse=True)[1].reshape(-1)


def _differs(base: np.ndarray, values: np.ndarray) -> bool:
    codes = np.unique(values, return_inverse=True)[1].reshape(-1)
    return len(np.unique(base * (int(codes.max(initial=0)) + 1) + codes)) > len(np.unique(base))
