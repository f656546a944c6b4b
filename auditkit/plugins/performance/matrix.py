"""The confusion matrix."""

from __future__ import annotations

import numpy as np

from auditkit.plugins.performance import decisions
from auditkit.plugins.performance.estimates import Answers
from auditkit.results import Column, Table


def table(answers: Answers) -> Table:
    """How many people have each label and each decision."""
    counts = decisions.confusion(answers, weighted=False).astype(np.int64)
    named = [Column(name=f"decided_{at}", title=f"Decided {name}") for at, name in enumerate(answers.classes)]
    return Table(
        name="confusion",
        title="Confusion matrix",
        caption="People by label (rows) and decision (columns), unweighted.",
        columns=(Column(name="label", title="Label"), *named),
        rows=tuple((name, *row) for name, row in zip(answers.classes, counts.tolist(), strict=True)),
        made_of="tp fp fn tn",
    )
