"""Conditional demographic disparity: who is rejected among people who are alike in the given columns."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from auditkit import stats
from auditkit.counts import Encoded, encode
from auditkit.data import AuditData
from auditkit.errors import DataError, closest
from auditkit.plugins.fairness.groups.disparities import Tested
from auditkit.plugins.fairness.shared.partition import crossed_codes
from auditkit.results import Interval
from auditkit.value_spelling import spelling

STRATA: Final = 1000
"""More combinations of the given columns are refused: nobody is alike any more."""
TOLD_NOTHING: Final = 0.05
"""Share of people in strata without rejected or without selected above which the number is inconclusive."""
AT_ONCE: Final = 4_000_000
"""Counts that are resampled at once: 32 MB."""


@dataclass
class Conditional(Tested):
    """One group against all others, within strata."""

    where: dict[str, str] = field(default_factory=dict)
    """The group."""
    value: float | None = None
    some_strata: str = ""
    """What share of people is in strata that tell nothing; empty where nobody is."""
    enough: bool = True
    """Whether that share is small enough for the number to count."""
    reason: str | None = None
    """Why there is no value."""
    interval: Interval | None = None
    error: float | None = None
    """The standard error where groups do not matter."""


def strata(data: AuditData, given: Sequence[str]) -> Encoded:
    """The combinations of the values of some columns, and the one of each row.

    Args:
        data: whose inputs or groups have the columns.
        given: their names.

    Raises:
        DataError: a column is not there, or there are more than 1,000 combinations.
    """
    columns = []
    for name in given:
        inputs_by_name = {str(column): column for column in getattr(data.inputs, "columns", ())}
        if name in data.groups:
            columns.append(encode(data.groups[name]))
        elif name in inputs_by_name:
            columns.append(encode(np.array([spelling(value) for value in data.inputs[inputs_by_name[name]]])))
        else:
            raise DataError(
                f"given names {name!r}, which is no column; {closest(name, [*inputs_by_name, *data.groups])}"
            )
    combinations, codes = np.unique(crossed_codes(columns, len(data)), return_inverse=True)
    if len(combinations) > STRATA:
        raise DataError(
            f"given: {', '.join(given)} have {len(combinations):,} combinations; at most {STRATA:,} can be strata. "
            "Name fewer columns, or put numbers into bins first"
        )
    return Encoded(tuple(f"{stratum:04d}" for stratum in range(len(combinations))), codes)


def disparities(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Conditional demographic disparity of each of K groups.

    Args:
        table: (..., S, K, 2) people by stratum, group, and rejected or selected.

    Returns:
        (..., K) between -1 and 1, NaN where no stratum has both rejected and selected people; and (...) the share of
        people in strata that have both.

    Source: Wachter, Mittelstadt and Russell (2021), Why fairness cannot be automated, arXiv:2005.05906; strata
    weighted by their people. A stratum in which all or none were selected has no disparity and is left out.
    """
    total = table.sum(axis=-2, keepdims=True)
    share = np.divide(table, total, out=np.zeros(table.shape), where=total > 0)
    people = total.sum(axis=-1)[..., 0]
    weight = np.where((total > 0).all(axis=-1)[..., 0], people, 0.0)
    assessed = weight.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = (weight[..., None] * (share[..., 0] - share[..., 1])).sum(axis=-2) / assessed[..., None]
        return values, assessed / people.sum(axis=-1)


def intervals(table: np.ndarray, rng: np.random.Generator, replicates: int = 1000) -> list[Interval | None]:
    """A percentile interval for each of K groups, from resampled cells: the law of drawing people anew.

    Args:
        table: (S, K, 2) people; with weights, scaled so that the sum is the effective number of rows.
        rng: the source of chance.
        replicates: how many resamples.
    """
    flat = table.ravel() / table.sum()
    rows = round(float(table.sum()))
    samples = []
    step = max(1, AT_ONCE // flat.size)  # a table of 1,000 strata and many groups is too large to resample at once
    for start in range(0, replicates, step):
        drawn = rng.multinomial(rows, flat, size=min(step, replicates - start))
        samples.append(disparities(drawn.reshape(-1, *table.shape))[0])
    return [stats.percentile_interval(values, method="bootstrap of cells") for values in np.concatenate(samples).T]


def errors(table: np.ndarray) -> np.ndarray:
    """(K,) standard errors of the disparity if groups were shuffled within each stratum.

    Source: Mantel and Haenszel (1959), Journal of the National Cancer Institute 22: in a stratum the rejected of a
    group follow a hypergeometric law; here strata have the weights of the disparity.
    """
    group, total = table.sum(axis=-1), table.sum(axis=1)
    people = total.sum(axis=-1)
    # A stratum of one person has no variance, and one without rejected or without selected people no disparity.
    is_mixed = (total > 0).all(axis=-1) & (people > 1)
    table, group, total, people = (counts[is_mixed] for counts in (table, group, total, people))
    if not len(people):
        return np.full(table.shape[1], np.nan)
    share = total[:, :1] * total[:, 1:] / people[:, None] ** 2
    variance = group * share * (people[:, None] - group) / (people[:, None] - 1)
    pull = people / people.sum() * (1 / total[:, 0] + 1 / total[:, 1])
    return np.sqrt((pull[:, None] ** 2 * variance).sum(axis=0))
