"""What tries the curves: a sum whose terms are known, and how many of the rows asked about lie outside of the data."""

import numpy as np

from auditkit.plugins.explanations.effects.curves import accumulated_local_effects, partial_dependence
from auditkit.results import Control

OUTSIDE = 0.2
"""The largest share of rows outside of the data. Normal columns that correlate 0.7 with another give 0.06 to 0.13, 0.8
gives 0.12 to 0.19, and 0.9 gives 0.24 to 0.35, with 2 to 12 columns."""


def known_terms(x: np.ndarray, columns: list[tuple[int, np.ndarray, bool]]) -> Control:
    """Both curves of a planted sum of waves, one of each column, against these waves.

    Args:
        x: (n, D) the rows; missing values count as 0.
        columns: position, grid and whether it holds categories.
    """
    filled = np.nan_to_num(x)
    scale = np.where(filled.std(axis=0) > 0, filled.std(axis=0), 1.0)

    def waves(rows: np.ndarray) -> np.ndarray:
        return np.asarray(np.sin(np.nan_to_num(rows) / scale + np.arange(rows.shape[1])))

    worst = 0.0
    for column, values, categories in columns:
        present = x[~np.isnan(x[:, column])]
        inside = present[np.isin(present[:, column], values)] if categories else present
        truth = np.sin(values / scale[column] + column)
        curves = [partial_dependence(lambda rows: waves(rows).sum(axis=1), present, column, values)]
        if len(values) > 1:
            curves.append(
                accumulated_local_effects(lambda rows: waves(rows).sum(axis=1), inside, column, values, categories)
            )
        worst = max(worst, *(float(np.ptp(curve.effects - truth)) for curve in curves))
    return Control.within(
        "known terms", "How far do the curves of a planted sum miss its terms?", worst, at_most=1e-9,
        reason="Both kinds of curves give the terms of a sum exactly; these do not, so none can be trusted.",
    )  # fmt: skip


def inside_data(shares: dict[str, float]) -> Control | None:
    """Whether partial dependence of every shown column asks about rows like real ones.

    Args:
        shares: {column: the share of its rows outside of the data}.
    """
    if not shares:
        return None
    worst = max(shares, key=lambda name: shares[name])
    return Control.within(
        "rows inside the data",
        f"What share of the rows that partial dependence asks about lie outside of the data (most: {worst})?",
        shares[worst], at_most=OUTSIDE, guards=("partial_dependence_range",), on_failure="note",
        reason="Columns hang together, so that the same value for everybody makes rows that nobody has. Of the columns "
        f"where more than {OUTSIDE:.0%} of the rows are such, partial dependence is inconclusive: believe the "
        "accumulated local effects.",
    )  # fmt: skip
