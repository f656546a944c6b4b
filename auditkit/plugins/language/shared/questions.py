"""Further questions to a live model: altered prompts, or the same ones again, as many as a check may ask."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from auditkit.checks import Context
from auditkit.errors import CapabilityError
from auditkit.models import Capability, Model

MOST: Final = 2000
"""Questions that a check asks at most unless its parameters say otherwise: each takes time, and often costs money."""


def ask(model: Model, prompts: Sequence[str], context: Context, draw: int = 0) -> np.ndarray:
    """(n,) object: the answers in words to some prompts, None where nothing came.

    Args:
        model: that can be asked.
        prompts: (n,) texts.
        context: takes the progress.
        draw: which draw of an answer is wanted. A model behind HTTP keeps each draw, and answers the same one alike:
            the audit's own pass took draw 0 of each prompt, and further ones where a prompt came several times.

    Raises:
        CapabilityError: the model gives no words, or cannot be asked.
    """
    if not {Capability.QUERIES, Capability.TEXTS} <= model.capabilities:
        raise CapabilityError(f"{model.name}: it cannot be asked for answers in words")
    answers = np.empty(len(prompts), dtype=object)
    with model.sampled(draw):
        for start in range(0, len(prompts), model.batch):
            context.progress(start, len(prompts), "questions to the model")
            some = list(map(str, prompts[start : start + model.batch]))
            texts = model.answers(some).texts
            if texts is None:
                raise CapabilityError(f"{model.name}: it gave no answers in words")
            answers[start : start + len(some)] = texts
    return answers


def chosen(unit: np.ndarray | None, rows: int, most: int, rng: np.random.Generator) -> np.ndarray:
    """(n,) positions of rows, one for each unit, of at most `most` units drawn by chance, in the order of the data.

    Args:
        unit: (N,) whose row it is; None: each is its own.
        rows: N.
        most: units at most.
        rng: the source of chance.
    """
    first = np.arange(rows) if unit is None else np.sort(np.unique(unit, return_index=True)[1])
    if len(first) <= most:
        return first
    return np.sort(rng.choice(first, size=most, replace=False))


def note(questions: int, what: str) -> str:
    """How many questions were asked, for the report: `The model was asked 600 further questions: …`."""
    return f"The model was asked {questions:,} further question{'' if questions == 1 else 's'}: {what}."
