"""Evasion by decisions: the numeric features of a table, by HopSkipJump."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from auditkit.plugins.robustness import attackability
from auditkit.plugins.robustness.attacks import hop_skip_jump
from auditkit.plugins.robustness.evasion.controls import POINTS, known_boundary, longer_control, noise_control
from auditkit.plugins.robustness.evasion.outcome import NOTHING_RIGHT, Outcome
from auditkit.plugins.robustness.evasion.parameters import SCALED

if TYPE_CHECKING:
    from auditkit.checks import Context
    from auditkit.data import AuditData
    from auditkit.plugins.robustness.evasion.parameters import Parameters


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
    found = hop_skip_jump.hop_skip_jump(decide, origins, classes, space, codes, rng, parameters.max_queries, progress)
    better = hop_skip_jump.try_noise(
        found, decide, origins, classes, space, parameters.grid, parameters.black_draws, rng
    )
    noise = max(float(np.mean((found.distances > each) & (better.distances <= each))) for each in parameters.grid)
    tried = rng.permutation(len(right))[: parameters.trial_rows]
    again = hop_skip_jump.hop_skip_jump(
        decide, origins[tried], classes[tried], space, codes, rng, 2 * parameters.max_queries, progress
    )
    before, after = better.distances[tried], np.minimum(better.distances[tried], again.distances)
    longer = max(float(np.mean((before > each) & (after <= each))) for each in parameters.grid)
    better.distances[tried], better.queries[tried] = after, better.queries[tried] + again.queries
    broken_at = np.zeros(len(codes))
    broken_at[right] = better.distances
    return Outcome(
        norm=SCALED,
        broken_at=broken_at,
        queries=int(better.queries.sum()),
        distances=better.distances[np.isfinite(better.distances)],
        controls=(
            noise_control(noise, POINTS),
            longer_control(longer, len(tried)),
            known_boundary(hop_skip_jump.known_ratio(origins, space, codes, rng, parameters.max_queries)),
        ),
        notes=attackability.what_moved(data, space),
        answered_by="decisions",
    )
