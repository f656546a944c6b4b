"""Both sides held against copies: how far two models of a kind are from each other."""

from __future__ import annotations

import numpy as np

from auditkit.data import AuditData
from auditkit.plugins.privacy.membership.comparison import Comparison, model_spread
from auditkit.plugins.privacy.membership.members import Side, Sides
from auditkit.plugins.privacy.membership.reference_models import ReferenceModels
from auditkit.plugins.privacy.shared.overlap import overlap

ROWS = 1500


def sides() -> Sides:
    data = AuditData(np.zeros((2, 1)), labels=[0, 1], positive=1)
    places, none = np.arange(ROWS), np.zeros(ROWS)
    side = Side(
        data, places, none, places * 0, none > 0, np.zeros((ROWS, 2)), np.zeros((ROWS, 1)), places, places % 2 == 0
    )
    return Sides(side, side, np.zeros(1, dtype=bool), 2, 0, overlap(data, data), "probabilities")


def comparison(moved: float, copies: int, seed: int) -> Comparison:
    """Copies whose logits of the others are moved together, each by another amount."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1, 2 * ROWS) + rng.normal(0, 0.3, (copies, 2 * ROWS))
    logits[:, ROWS:] += moved * rng.normal(0, 1, copies)[:, None]
    first = rng.random((copies // 2, 2 * ROWS)) < 0.5
    out = np.stack([first, ~first], axis=1).reshape(copies, 2 * ROWS)
    return Comparison(ReferenceModels((), ~out, ~out), 1 / (1 + np.exp(-logits)), out, ~out)


def test_copies_that_differ_by_chance_alone_have_no_spread_and_others_have_theirs() -> None:
    nothing = [model_spread(comparison(0.0, 8, seed), sides()) for seed in range(10)]
    assert np.mean(nothing) < 0.006  # type: ignore[arg-type]
    spreads = [model_spread(comparison(0.1, 8, seed), sides()) for seed in range(10)]
    assert 0.02 < np.mean(spreads) < 0.2  # type: ignore[arg-type]
    assert model_spread(comparison(0.1, 2, 0), sides()) is None, "of one pair nobody can say"


def test_the_spread_is_that_of_areas_around_one_half() -> None:
    """By hand: the others of the first pair of copies lie above, those of the second below, and so do the areas."""
    held = comparison(0.0, 4, 0)
    logits = np.log(held.chances / (1 - held.chances))
    logits[:2, ROWS:] += 0.2
    logits[2:, ROWS:] -= 0.2
    spread = model_spread(held._replace(chances=1 / (1 + np.exp(-logits))), sides())
    assert spread is not None and 0.1 < spread < 0.5
