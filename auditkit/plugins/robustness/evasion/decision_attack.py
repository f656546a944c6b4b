"""Evasion by decisions: the numeric features of a table, by HopSkipJump."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from auditkit.plugins.robustness import attackability
from auditkit.plugins.robustness.attacks import hop_skip_jump
from auditkit.plugins.robustness.attacks.decision_search import Broken, Search
from auditkit.plugins.robustness.evasion.controls import POINTS, known_boundary, longer_control, noise_control
from auditkit.plugins.robustness.evasion.outcome import NOTHING_RIGHT, Outcome
from auditkit.plugins.robustness.evasion.parameters import SCALED

if TYPE_CHECKING:
    from auditkit.checks import Context
    from auditkit.data import AuditData
    from auditkit.plugins.robustness.evasion.parameters import Parameters


def share_beyond(distances: np.ndarray, before: np.ndarray, after: np.ndarray, epsilons: tuple[float, ...]) -> float:
    """The largest share of rows that come under an epsilon if all are as much too far as those of a trial were.

    It is the share of pairs of a row and a row of the trial: the row's distance is at most epsilon, and above it where
    it is as many times longer as the trial's was before. All pairs vary less than a count of rows that came under
    epsilon, of which one or two in a small trial are chance.

    Args:
        distances: (N,) the closest that was found for each row; infinite where nothing was.
        before: (M,) what the search found for the rows of the trial.
        after: (M,) the same after the trial, at most `before`.
        epsilons: the sizes of change.
    """
    if not len(after):
        return 0.0
    known = np.isfinite(after) & (after > 0)
    times = np.ones(len(after))
    times[known] = before[known] / after[known]
    near = (distances[:, None] <= epsilon for epsilon in epsilons)
    far = (distances[:, None] * times > epsilon for epsilon in epsilons)
    return max(float((both[0] & both[1]).mean()) for both in zip(near, far, strict=True))


def attack(parameters: Parameters, data: AuditData, context: Context) -> Outcome:
    """Attack the numeric features of a table by asking for decisions."""
    codes, predictions, rng = data.codes(), context.predictions, context.rng
    truth, space = predictions.truth, attackability.table_space(data, codes)
    right = np.flatnonzero(predictions.codes == truth)
    if not len(right):
        return Outcome(SCALED, np.zeros(len(codes)), 0, notes=(NOTHING_RIGHT,))

    def decide(points: np.ndarray) -> np.ndarray:
        return predictions.of(data.decode(points)).codes

    def progress(done: int, total: int) -> None:
        context.progress(done, total, "HopSkipJump, queries per row")

    origins, classes = codes[right], truth[right]
    # the trial is a second search of some rows, in the same calls of the model; the first knows nothing of it
    tried = rng.permutation(len(right))[: parameters.trial_searches]
    both = np.concatenate([np.arange(len(right)), tried])
    search = Search(decide, origins[both], classes[both], space, parameters.max_queries, teachers=len(right))
    searched = hop_skip_jump.walk(search, codes, rng, progress)
    found, again = (Broken(*(part[at] for part in searched)) for at in (slice(len(right)), slice(len(right), None)))
    better = hop_skip_jump.try_noise(
        found, decide, origins, classes, space, parameters.grid, parameters.black_draws, rng
    )
    noise = max(float(np.mean((found.distances > each) & (better.distances <= each))) for each in parameters.grid)
    before, after = better.distances[tried], np.minimum(better.distances[tried], again.distances)
    better.distances[tried], better.queries[tried] = after, better.queries[tried] + again.queries
    longer = share_beyond(better.distances, before, after, parameters.grid)
    broken_at = np.zeros(len(codes))
    broken_at[right] = better.distances
    return Outcome(
        norm=SCALED,
        broken_at=broken_at,
        queries=int(better.queries.sum()),
        distances=better.distances[np.isfinite(better.distances)],
        controls=(
            noise_control(noise, POINTS),
            longer_control(longer),
            known_boundary(hop_skip_jump.known_ratio(origins, space, codes, rng, parameters.max_queries)),
        ),
        notes=attackability.what_moved(data, space),
        answered_by="decisions",
    )
