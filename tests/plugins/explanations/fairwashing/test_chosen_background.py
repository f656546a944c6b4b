"""A background that was chosen is noticed; one that was drawn is not."""

import numpy as np
import pytest

from auditkit.plugins.explanations.fairwashing.chosen_background import (
    background_test,
    output_distance,
    share_distance,
)
from auditkit.plugins.explanations.fairwashing.group_seen import GroupSeen
from auditkit.plugins.explanations.fairwashing.proxies import Proxy
from auditkit.plugins.explanations.fairwashing.real_rows import RealRows

ROWS, SPLIT = 100, 400


def outcome(answers, group, drawn=SPLIT):
    nothing = np.zeros((ROWS, 1))
    rows = RealRows(
        np.zeros((ROWS + drawn, 1)), np.arange(drawn), answers, nothing, nothing, np.arange(ROWS), 1.0
    )  # fmt: skip
    seen = GroupSeen("sex", group, np.ones(len(group), bool), [Proxy(0, "own column", 1.0)])
    return background_test(rows, [seen])


def drawn_alike(seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=ROWS + SPLIT), rng.choice(["f", "m"], ROWS + SPLIT)


def test_distances_by_hand():
    assert output_distance(np.array([1.0, 2, 3, 4]), np.array([3.0, 4, 5, 6])).value == pytest.approx(0.5)
    groups = share_distance("sex", np.array(["f"] * 3 + ["m"]), np.array(["f"] + ["m"] * 3))
    assert groups.value == pytest.approx(0.5) and groups.what == "groups of sex"
    assert share_distance("sex", np.array(["f"]), np.array(["f"])).value == 0


def test_rows_drawn_alike_are_not_accused_in_two_hundred_draws():
    assert all(outcome(*drawn_alike(seed)).controls[0].holds for seed in range(200))


def test_a_split_of_other_outputs_or_groups_is_noticed():
    answers, group = drawn_alike(0)
    shifted = np.concatenate([answers[:ROWS], answers[ROWS:] + 0.8])
    women = np.concatenate([group[:ROWS], np.full(SPLIT, "f")])
    for control in (outcome(shifted, group).controls[0], outcome(answers, women).controls[0]):
        assert control.holds is False and control.on_failure == "inconclusive"
    assert "The groups of sex of the training split" in outcome(answers, women).controls[0].reason
    assert outcome(answers, women).measurements[0].value == pytest.approx((group[:ROWS] == "m").mean())


def test_a_small_difference_beyond_chance_is_measured_and_not_judged():
    rng = np.random.default_rng(0)
    answers = np.concatenate([rng.normal(size=ROWS), rng.normal(size=40_000) + 0.2])
    assert outcome(answers, drawn_alike(0)[1], 40_000).controls[0].holds is True


def test_without_a_split_nothing_is_compared():
    assert not outcome(drawn_alike(0)[0][:ROWS], drawn_alike(0)[1][:ROWS], 0).controls
