"""How many rows a search by decisions misses, told from a trial."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.plugins.robustness.evasion.decision_attack import share_beyond

GRID = (0.1, 0.2)


def test_the_share_is_that_of_all_pairs_one_by_one() -> None:
    rng = np.random.default_rng(0)
    distances, after = rng.uniform(0, 0.4, 30), rng.uniform(0.05, 0.3, 7)
    before = after * rng.uniform(1, 1.5, 7)
    slow = [
        np.mean([near <= epsilon < near * then / now for near in distances
                 for then, now in zip(before, after, strict=True)])
        for epsilon in GRID
    ]  # fmt: skip
    assert share_beyond(distances, before, after, GRID) == pytest.approx(max(slow))


def test_by_hand() -> None:
    # of four rows one is at most 0.1 away and would not be where it were half as far again, as half of the trial was
    distances, after = np.array([0.09, 0.05, 0.15, np.inf]), np.array([0.1, 0.1])
    assert share_beyond(distances, np.array([0.15, 0.1]), after, (0.1,)) == 1 / 4 / 2


@pytest.mark.parametrize(
    ("before", "after", "share"),
    [
        ([0.1, 0.3], [0.1, 0.3], 0.0),  # nothing was gained
        ([np.inf, np.inf], [np.inf, np.inf], 0.0),  # nothing breaks either time
        ([np.inf, 0.3], [0.2, 0.3], 0.25),  # one of two was not found at first: so would be half of what is near
        ([], [], 0.0),  # there was no trial
    ],
)
def test_what_was_not_found_and_what_was_no_trial(before: list[float], after: list[float], share: float) -> None:
    distances = np.array([0.1, 0.3])
    assert share_beyond(distances, np.array(before), np.array(after), (0.2,)) == share


def test_rows_that_were_wrong_at_no_distance_count_as_they_are() -> None:
    assert share_beyond(np.array([0.0, 0.1]), np.array([0.0]), np.array([0.0]), (0.1,)) == 0.0
