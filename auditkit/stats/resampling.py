"""The percentile bootstrap on counts, where it is exact in law and costs nothing.

Not for a maximum over groups: resamples of equal groups differ too, so the interval cannot reach "no gap"; see
`auditkit.stats.gaps`.
"""

from typing import Literal

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


def resampled_counts(
    counts: np.ndarray,
    replicates: int,
    rng: np.random.Generator,
    law: Literal["multinomial", "poisson"] = "multinomial",
) -> np.ndarray:
    """(replicates, *shape) tables as if the rows behind `counts` had been drawn anew, exact in law.

    Rows drawn with replacement fall into the cells by the multinomial law, which keeps their total. Under the Poisson
    law each row is taken Poisson(1) times on its own, and the sum over a cell of c rows is Poisson(c): the total
    varies, and tables of parts of the data that are resampled apart add up to a resample of the whole.

    Args:
        counts: whole numbers of people, 0 or more, of any shape, with a sum above 0.
        replicates: how many tables.
        rng: the source of chance.
        law: "multinomial" or "poisson".

    Raises:
        ValueError: `law` is neither, or there is nobody.

    Source: Efron (1979), Annals of Statistics 7; Chamandy, Muralidharan, Najmi and Naidu (2012), Estimating uncertainty
    for massive data streams, Google.
    """
    flat = np.ravel(counts)
    occupied = np.flatnonzero(flat)  # cells of nobody stay so, and cost nothing
    if not len(occupied):
        raise ValueError("counts hold nobody: there is nothing to resample")
    if law == "multinomial":
        total = int(flat.sum())
        occupied_counts = rng.multinomial(total, flat[occupied] / total, size=replicates)
    elif law == "poisson":
        occupied_counts = rng.poisson(flat[occupied], size=(replicates, len(occupied)))
    else:
        raise ValueError(f"law must be 'multinomial' or 'poisson'; {law!r} was given")
    drawn = np.zeros((replicates, len(flat)), dtype=np.int64)
    drawn[:, occupied] = occupied_counts
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
