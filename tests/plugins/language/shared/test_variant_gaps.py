"""Findings about variants: who is left out, what is inconclusive, and controls that notice faults in the maths."""

import numpy as np
import pytest

from auditkit import stats
from auditkit.plugins.language.shared import variant_gaps, variant_means
from auditkit.plugins.language.shared.variant_gaps import Rows
from auditkit.plugins.language.shared.variant_means import Ends
from tests.plugins.language.answers import recorded

NAMES = ("a", "b", "c")
GUARDS = ("gap",)


def compared(values, base=None, groups=NAMES):
    """Scores of rows that are variants of base prompts in turns."""
    rows = np.arange(len(values))
    variant = rows % len(groups)
    _, data = recorded(["text"] * len(values), None, {"name": np.array(groups)[variant]})
    base = rows // len(groups) if base is None else base
    return variant_gaps.compare(
        Rows("name", groups, base, variant), np.asarray(values, dtype=float), Ends(0, 1), data
    ), data


def scores(rng, rows=120):
    return (rng.random(rows) < 0.4).astype(float)


def test_a_group_without_base_prompts_in_common_is_left_out_and_named():
    base = np.arange(120) // 3
    base[np.arange(120) % 3 == 2] += 1000
    one, data = compared(scores(np.random.default_rng(0)), np.unique(base, return_inverse=True)[1])
    measurement = variant_gaps.gap("gap", "mean", one, data)
    assert one.kept.tolist() == [0, 1] and one.bases == 40
    (left,) = measurement.left_out
    assert left.slice == {"name": "c"} and "base prompts in common with another group" in left.reason
    assert measurement.value is not None and measurement.validity == "valid"


def test_many_answers_without_a_score_decide_nothing():
    values = scores(np.random.default_rng(1))
    values[:6] = np.nan
    one, data = compared(values)
    assert variant_gaps.gap("gap", "mean", one, data).validity == "valid"  # 5 %
    values[6] = np.nan
    one, data = compared(values)
    measurement = variant_gaps.gap("gap", "mean", one, data)
    assert measurement.validity == "inconclusive" and "6% of the answers have no such score" in measurement.reason


def test_the_controls_hold_of_sound_maths():
    one, _ = compared(scores(np.random.default_rng(2)))
    recount, shuffled = variant_gaps.controls([one], 100, np.random.default_rng(0), GUARDS)
    assert recount.value == pytest.approx(0, abs=1e-12) and recount.holds and shuffled.holds
    assert variant_gaps.controls([], 100, np.random.default_rng(0), GUARDS) == []


def test_a_wrong_difference_is_noticed(monkeypatch):
    one, _ = compared(scores(np.random.default_rng(3)))
    right = variant_means.widest
    monkeypatch.setattr(
        variant_means, "widest", lambda means, ends: right(means, ends)._replace(value=right(means, ends).value + 0.01)
    )
    recount, _ = variant_gaps.controls([one], 50, np.random.default_rng(0), GUARDS)
    assert recount.holds is False and recount.on_failure == "invalid"


def test_intervals_that_are_too_narrow_are_noticed(monkeypatch):
    one, _ = compared(scores(np.random.default_rng(4)))
    monkeypatch.setattr(
        variant_means, "interval", lambda differences, ends, level: stats.bounded_interval(differences, -1, 1, 0.3)
    )
    _, shuffled = variant_gaps.controls([one], 100, np.random.default_rng(0), GUARDS)
    assert shuffled.holds is False and shuffled.on_failure == "inconclusive"


def test_many_pairs_take_fewer_shuffles_for_the_control():
    groups = tuple(f"group {number}" for number in range(60))
    one, _ = compared(scores(np.random.default_rng(5), 60 * 12), None, groups)
    _, shuffled = variant_gaps.controls([one], 200, np.random.default_rng(0), GUARDS)
    trials = variant_gaps.MOST // (60 * 59 // 2)
    assert shuffled.at_most == round(0.05 + 4 * np.sqrt(0.05 * 0.95 / trials), 3)
