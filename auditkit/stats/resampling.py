"""The percentile bootstrap on counts, where it is exact in law and costs nothing.

Not for a maximum over groups: resamples of equal groups differ too, so the interval cannot reach "no gap"; see
`auditkit.stats.gaps`.
"""

import numpy as np

from auditkit.results import Interval

CHUNK = 4_000_000
"""Numbers drawn at once: 32 MB."""


def chunks(draws: int, size: int, held: int | None = None) -> list[int]:
    """How many of `draws` resamples to make at a time, as all of them at once would not fit into memory.

    Args:
        draws: how many resamples in all.
        size: how many numbers each has.
        held: how many numbers are held at once, one resample at least; None: `CHUNK`.
    """
    at_once = max(1, (held or CHUNK) // max(1, size))
    return [min(at_once, draws - start) for start in range(0, draws, at_once)]


def resampled_counts(counts: np.ndarray, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """(replicates, *shape) tables as if the rows behind `counts` had been drawn anew, exact in law.

    Rows drawn with replacement fall into the cells by the multinomial law, which keeps their total.

    Args:
        counts: whole numbers of people, 0 or more, of any shape, with a sum above 0.
        replicates: how many tables.
        rng: the source of chance.

    Raises:
        ValueError: there is nobody.

    Source: Efron (1979), Annals of Statistics 7.
    """
    flat = np.ravel(counts)
    occupied = np.flatnonzero(flat)  # cells of nobody stay so, and cost nothing
    if not len(occupied):
        raise ValueError("counts hold nobody: there is nothing to resample")
    total = int(flat.sum())
    drawn = np.zeros((replicates, len(flat)), dtype=np.int64)
    drawn[:, occupied] = rng.multinomial(total, flat[occupied] / total, size=replicates)
    return drawn.reshape(replicates, *np.shape(counts))


def percentile_interval(
    numbers: np.ndarray, level: float = 0.95, method: str = "bootstrap percentile"
) -> Interval | None:
    """The middle `level` of resampled numbers; None where over 5 % are NaN, or where all are the same.

    Source: Efron (1979), Bootstrap methods: another look at the jackknife, Annals of Statistics 7.
    """
    finite = numbers[np.isfinite(numbers)]
    # the missing numbers could all lie on one side, so that the ends of the others would say too little
    if len(finite) < 0.95 * len(numbers) or len(finite) == 0 or np.ptp(finite) == 0:
        return None
    low, high = np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])
    return Interval(low=float(low), high=float(high), level=level, method=f"{method}, {len(numbers)} resamples")
