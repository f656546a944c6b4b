"""The check's tests of itself: slices counted again, shuffled errors, a planted slice."""

from collections.abc import Sequence

import numpy as np

from auditkit.plugins.fairness.slices.conditions import Feature
from auditkit.plugins.fairness.slices.outcomes import Errors
from auditkit.plugins.fairness.slices.sample_splitting import Rules, Worst, distinct, jaccard, split_and_search
from auditkit.plugins.fairness.slices.search import Slice, Space, members

ROWS = 4000
"""Rows that are tried at most: what is tried holds for any number of them."""
SHARE = (0.1, 0.3)
"""How large a planted slice is, as a share of the rows, where there is one of that size."""
PLANTS = 5


def deviation(worst: Sequence[Worst], features: Sequence[Feature], errors: Errors, confirming: np.ndarray) -> float:
    """The largest difference between the mean errors shown and the same means, row by row from the conditions' texts.

    Args:
        worst: the slices.
        features: whose codes are about the N rows.
        errors: of the N rows.
        confirming: (M,) the rows that the means are over.
    """
    largest, confirmed = 0.0, errors.take(confirming)
    for worst_case in worst:
        if worst_case.gap is None:
            continue
        inside = np.ones(len(confirming), dtype=bool)
        for feature, code in zip(worst_case.slice_.features, worst_case.slice_.codes, strict=True):
            texts = np.array([*features[feature].texts, ""])[features[feature].codes[confirming]]
            inside &= texts == features[feature].texts[code]
        for rows, mean in ((inside, worst_case.gap.inside), (~inside, worst_case.gap.outside)):
            recomputed = np.average(
                confirmed.values[rows], weights=None if confirmed.weights is None else confirmed.weights[rows]
            )
            largest = max(largest, abs(float(recomputed) - mean))
    return largest


def false_alarms(space: Space, errors: Errors, rules: Rules, trials: int, rng: np.random.Generator) -> float:
    """How often a slice is confirmed where the errors are shuffled over the rows.

    Of rows in units, these are laid one after another, and all errors are moved along by the same number of rows: those
    of a unit stay together.
    """
    rows = np.arange(len(errors.values))
    if len(rows) > ROWS:
        rows = rng.choice(len(rows), ROWS, replace=False)
    space, errors = space._replace(codes=space.codes[:, rows]), errors.take(rows)
    order = None if errors.unit is None else np.argsort(errors.unit, kind="stable")
    flagged = []
    for _ in range(trials):
        if order is None or errors.unit is None:
            shuffled = Errors(rng.permutation(errors.values), errors.share)
        else:
            moved = np.empty(len(order), dtype=np.int64)
            moved[order] = np.roll(order, int(rng.integers(1, len(order))))
            shuffled = Errors(errors.values[moved], errors.share, None, errors.unit[moved])
        flagged.append(split_and_search(space, shuffled, rules, rng, with_intervals=False).confirmed > 0)
    return float(np.mean(flagged))


def found_first(space: Space, errors: np.ndarray, rules: Rules, rng: np.random.Generator) -> float | None:
    """How often a slice that is made the worst is the first that is found; None where no slice is large enough.

    The errors are shuffled over the rows; then every row of one slice gets the largest error there is.
    """
    space, errors = sample(space, errors, rng)
    is_found = []
    for _ in range(PLANTS):
        planted = choose(space, rules, rng)
        if planted is None:
            return None
        mask = members(space, planted)
        copied = rng.permutation(errors)
        copied[mask] = errors.max()
        worst, _ = distinct(space, copied, rules)
        is_found.append(bool(worst) and jaccard(members(space, worst[0][0]), mask) > rules.asked.overlap)
    return float(np.mean(is_found))


def choose(space: Space, rules: Rules, rng: np.random.Generator) -> Slice | None:
    """A slice of two conditions (of one, where `depth` is 1) of a middling size; None where none is large enough."""
    features, rows = len(space.widths), space.codes.shape[1]
    condition_count = min(2, rules.asked.depth, features)
    best: tuple[float, Slice] | None = None
    for _ in range(200):
        chosen = tuple(sorted(int(index) for index in rng.choice(features, condition_count, replace=False)))
        # The conditions of a real row hold together in at least that row.
        codes = tuple(int(index) for index in space.codes[list(chosen), rng.integers(rows)])
        masked = space.hidden(chosen)
        if min(codes) < 0 or (masked is not None and masked[codes]):
            continue
        planted = Slice(chosen, codes, 0.0, 0, 0.0)
        size = int(members(space, planted).sum())
        share = size / rows
        if size >= rules.support(rows) and share < 0.5:
            outside = max(0.0, SHARE[0] - share, share - SHARE[1])
            if best is None or outside < best[0]:
                best = (outside, planted)
            if outside == 0:
                break
    return None if best is None else best[1]


def sample(space: Space, errors: np.ndarray, rng: np.random.Generator) -> tuple[Space, np.ndarray]:
    """At most `ROWS` of the rows."""
    if len(errors) <= ROWS:
        return space, errors
    chosen = rng.choice(len(errors), ROWS, replace=False)
    return space._replace(codes=space.codes[:, chosen]), errors[chosen]
