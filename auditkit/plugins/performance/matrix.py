"""The confusion matrix: which of its counts may be shown."""

from __future__ import annotations

import numpy as np

from auditkit.counts.hiding import determined
from auditkit.plugins.performance import decisions
from auditkit.plugins.performance.estimates import Answers
from auditkit.results import Column, Table

MANY = 50
"""Classes above which all counts of wrong decisions are hidden where one must be."""

NOT_SHOWN = "not shown"
CAPTION = "People by label (rows) and decision (columns), unweighted."
WHY = (
    " Wrong decisions about fewer than {} people are not shown, nor others from which they could be worked out with "
    "the rates."
)


def table(answers: Answers, least: int = 1) -> Table:
    """The confusion matrix.

    Args:
        answers: truth and decisions.
        least: counts below are not shown, nor what they could be worked out from, where it can be kept.
    """
    counts = decisions.confusion(answers, weighted=False).astype(np.int64)
    dark = hidden(counts, least)
    named = [Column(name=f"decided_{at}", title=f"Decided {name}") for at, name in enumerate(answers.classes)]
    rows = [
        (name, *(NOT_SHOWN if off else int(count) for count, off in zip(row, offs, strict=True)))
        for name, row, offs in zip(answers.classes, counts, dark, strict=True)
    ]
    return Table(
        name="confusion",
        title="Confusion matrix",
        caption=CAPTION + (WHY.format(least) if dark.any() else ""),
        columns=(Column(name="label", title="Label"), *named),
        rows=tuple(rows),
    )


def hidden(counts: np.ndarray, minimum: int) -> np.ndarray:
    """Which counts are not shown.

    Precision, recall and the share of each class say how many people have each label and each decision, and how many
    of the decisions are right: a reader is taken to know these. Of two classes they say every count, and nothing is
    hidden; of more, a small count off the diagonal is hidden with as many others as it takes. Where even all of them
    do not help, the rates say it in any case.

    Args:
        counts: (C, C), rows are labels and columns decisions.
        minimum: counts below are hidden; at most 1 hides none.

    Returns:
        (C, C) bool.
    """
    wrong = ~np.eye(len(counts), dtype=bool)
    dark = wrong & (counts < minimum)
    if minimum <= 1 or len(counts) <= 2 or not dark.any():
        return np.zeros_like(wrong)
    if len(counts) > MANY:
        return wrong
    known = True
    while known:
        near = determined(counts, dark)
        free = (near.any(axis=0, keepdims=True) | near.any(axis=1, keepdims=True)) & wrong & ~dark
        known = bool(free.any())
        if known:
            dark.ravel()[np.where(free, counts, np.iinfo(np.int64).max).argmin()] = True
    return dark
