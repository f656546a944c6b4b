"""How often do 95 % intervals of shares hold, where rows of one unit vary together? Simulated, seeded.

`python -m benchmarks.clusters`, about two minutes: a line for each design, and exit code 1 where a design holds in
fewer than 92 % of samples.
"""

from __future__ import annotations

import itertools
import sys

import numpy as np

from auditkit import stats

DRAWS = 1500
LEAST = 0.92


def coverage(units: int, rows: int, uneven: bool, share: float, alike: float, draws: int = DRAWS) -> float:
    """The share of samples whose interval holds the true share.

    Args:
        units: how many there are.
        rows: of each on average.
        uneven: whether units are of unequal size, as by the exponential law.
        share: the truth.
        alike: the correlation of two rows of a unit, above 0 and below 1.
        draws: samples.
    """
    rng, held, spread = np.random.default_rng(0), 0, (1 - alike) / alike
    one_group = np.zeros(units, dtype=np.int64)
    for _ in range(draws):
        sizes = np.maximum(1, np.round(rng.exponential(rows, units))).astype(int) if uneven else np.full(units, rows)
        hits = rng.binomial(sizes, rng.beta(share * spread, (1 - share) * spread, units)).astype(float)
        total = float(sizes.sum())
        sums = stats.ClusterSums(one_group, sizes, sizes.astype(float), hits)
        effective = stats.cluster_sizes(sums, np.array([total]))
        low, high = stats.wilson_bounds(hits.sum() / total * effective, effective)
        held += bool(low[0] <= share <= high[0])
    return held / draws


def main() -> int:
    """Print a line for each design; 1 where one of them holds too seldom."""
    least = 1.0
    designs = itertools.product((5, 10, 20, 30, 60, 100), (5, 100), (False, True), (0.5, 0.1, 0.02), (0.01, 0.05, 0.5))
    for units, rows, uneven, share, alike in designs:
        held = coverage(units, rows, uneven, share, alike)
        least = min(least, held)
        size = "about" if uneven else "of"
        print(f"{units} units {size} {rows} rows, share {share:g}, correlation {alike:g}: {held:.1%}")
    print(f"least: {least:.1%}")
    return int(least < LEAST)


if __name__ == "__main__":
    sys.exit(main())
