"""Evasion by decisions: the numeric features of a table, by HopSkipJump."""

import numpy as np

from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.plugins.robustness import attackability
from auditkit.plugins.robustness.attacks import hop_skip_jump
from auditkit.plugins.robustness.attacks.decision_search import Broken, Search
from auditkit.plugins.robustness.evasion.controls import POINTS, known_boundary, longer_control, noise_control
from auditkit.plugins.robustness.evasion.outcome import NOTHING_RIGHT, Outcome
from auditkit.plugins.robustness.evasion.parameters import SCALED, Parameters


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
    is_known = np.isfinite(after) & (after > 0)
    #  a row that the trial did not find anew stays as it was
    times = np.ones(len(after))
    times[is_known] = before[is_known] / after[is_known]
    within = (distances[:, None] <= epsilon for epsilon in epsilons)
    beyond = (distances[:, None] * times > epsilon for epsilon in epsilons)
    return max(float((pair[0] & pair[1]).mean()) for pair in zip(within, beyond, strict=True))


def attack(parameters: Parameters, data: AuditData, context: Context) -> Outcome:
    """Attack the numeric features of a table by asking for decisions."""
    codes, predictions, rng = data.codes(), context.predictions, context.rng
    truth, space = predictions.truth, attackability.table_space(data, codes, attackability.may_change(data))
    right = np.flatnonzero(predictions.codes == truth)
    if not len(right):
        return Outcome(SCALED, np.zeros(len(codes)), 0, notes=(NOTHING_RIGHT,))

    def decide(points: np.ndarray) -> np.ndarray:
        return predictions.of(data.decode(points)).codes

    origins, classes, queries = codes[right], truth[right], parameters.queries_of(int(space.free.sum()))
    # the trial is a second search of some rows, in the same calls of the model; the first knows nothing of it
    trial_rows = rng.permutation(len(right))[: 2 * parameters.trial_rows]
    row_indices = np.concatenate([np.arange(len(right)), trial_rows])
    search = Search(decide, origins[row_indices], classes[row_indices], space, queries, teachers=len(right))
    search_result = hop_skip_jump.hop_skip_jump(
        search, codes, rng, lambda done, total: context.progress(done, total, "HopSkipJump, queries per row")
    )
    result, trial_result = (
        Broken(*(part[rows] for part in search_result)) for rows in (slice(len(right)), slice(len(right), None))
    )
    noise_search = Search(decide, origins, classes, space, 0)
    better = hop_skip_jump.try_noise(noise_search, result, parameters.grid, parameters.black_draws, rng)
    noise = max(
        float(np.mean((result.distances > epsilon) & (better.distances <= epsilon))) for epsilon in parameters.grid
    )
    before, after = better.distances[trial_rows], np.minimum(better.distances[trial_rows], trial_result.distances)
    better.distances[trial_rows], better.queries[trial_rows] = after, better.queries[trial_rows] + trial_result.queries
    broken_at = np.zeros(len(codes))
    broken_at[right] = better.distances
    return Outcome(
        norm=SCALED,
        broken_at=broken_at,
        queries=int(better.queries.sum()),
        distances=better.distances[np.isfinite(better.distances)],
        controls=(
            noise_control(noise, POINTS),
            longer_control(share_beyond(better.distances, before, after, parameters.grid)),
            known_boundary(hop_skip_jump.known_ratio(origins, space, codes, rng, queries)),
        ),
        notes=attackability.what_moved(data, space),
    )
