"""Attacks with reference models, by slow obvious formulas, and what each finds where it is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.stats import norm

from auditkit.plugins.privacy.membership.attack import area
from auditkit.plugins.privacy.membership.reference_attacks import (
    best_weight,
    calibrated_loss,
    lira_offline,
    lira_online,
    rmia_ratios,
    rmia_scores,
)

CHANCES = np.array([0.9, 0.5, 0.2])
REFERENCES = np.array([[0.6, 0.5, 0.1], [0.4, 0.7, 0.3], [0.2, 0.1, 0.4], [0.8, 0.3, 0.9]])
OUT = np.array([[True, True, False], [False, True, True], [True, False, False], [False, False, True]])


def test_the_calibrated_loss_by_hand() -> None:
    expected = [
        math.log(0.9) - (math.log(0.6) + math.log(0.2)) / 2, math.log(0.5) - (math.log(0.5) + math.log(0.7)) / 2,
        math.log(0.2) - (math.log(0.3) + math.log(0.9)) / 2,
    ]  # fmt: skip
    assert calibrated_loss(CHANCES, REFERENCES, OUT) == pytest.approx(expected)


def test_the_ratio_of_rmia_by_hand() -> None:
    assert rmia_ratios(CHANCES, REFERENCES, OUT, 1.0) == pytest.approx([0.9 / 0.4, 0.5 / 0.6, 0.2 / 0.6])
    third = [0.9 / (0.65 * 0.4 + 0.35), 0.5 / (0.65 * 0.6 + 0.35), 0.2 / (0.65 * 0.6 + 0.35)]
    assert rmia_ratios(CHANCES, REFERENCES, OUT, 0.3) == pytest.approx(third)
    assert np.isfinite(rmia_ratios(np.zeros(3), np.zeros((4, 3)), OUT, 1.0)).all()


@given(
    st.lists(st.integers(1, 12).map(lambda n: n / 4), min_size=1, max_size=30),
    st.lists(st.integers(1, 12).map(lambda n: n / 4), min_size=1, max_size=30),
    st.sampled_from([1.0, 2.0, 1.5]),
)
def test_rmia_counts_by_sorting_what_the_matrix_counts(
    ratios: list[float], population: list[float], gamma: float
) -> None:
    x, z = np.array(ratios), np.array(population)
    matrix = (x[:, None] >= gamma * z[None, :]).sum(axis=1)
    np.testing.assert_array_equal(np.round(rmia_scores(x, z, gamma) * len(z)), matrix)


def test_rmia_on_many_rows_counts_what_the_matrix_counts() -> None:
    rng = np.random.default_rng(0)
    x, z = rng.lognormal(0, 1, 2000), rng.lognormal(0, 1, 1500)
    for gamma in (1.0, 1.1, 2.0):
        counts = np.round(rmia_scores(x, z, gamma) * len(z)).astype(int)
        np.testing.assert_array_equal(counts, (x[:, None] / z[None, :] >= gamma).sum(axis=1))


def gaussian(rows: int, models: int, seed: int, gap: float) -> tuple[np.ndarray, ...]:
    """Logits by a known law: rows of their own difficulty, higher by `gap` in models that saw the row."""
    rng = np.random.default_rng(seed)
    hard = rng.normal(0, 2, rows)
    out = np.array([rng.permutation(models) < models // 2 for _ in range(rows)]).T
    member = rng.random(rows) < 0.5
    logits = hard + rng.normal(0, 0.5, (models, rows)) + gap * ~out
    own = hard + rng.normal(0, 0.5, rows) + gap * member
    chance = 1 / (1 + np.exp(-own))
    return chance, 1 / (1 + np.exp(-logits)), out, member


@pytest.mark.parametrize("models", [8, 64])
def test_lira_is_the_likelihood_ratio_row_by_row(models: int) -> None:
    chance, references, out, _ = gaussian(40, models, 0, 1.0)
    logits, own = np.log(references / (1 - references)), np.log(chance / (1 - chance))
    squares_out = sum(((logits[out[:, i], i] - logits[out[:, i], i].mean()) ** 2).sum() for i in range(40))
    squares_in = sum(((logits[~out[:, i], i] - logits[~out[:, i], i].mean()) ** 2).sum() for i in range(40))
    shared = [np.sqrt(squares / (40 * (models // 2 - 1))) for squares in (squares_out, squares_in)]
    online, offline = lira_online(chance, references, out), lira_offline(chance, references, out)
    for row in range(40):
        others, members = logits[out[:, row], row], logits[~out[:, row], row]
        spreads = shared if models < 64 else [others.std(ddof=1), members.std(ddof=1)]
        ratio = norm.logpdf(own[row], members.mean(), spreads[1]) - norm.logpdf(own[row], others.mean(), spreads[0])
        assert online[row] == pytest.approx(ratio, abs=1e-6)
        assert offline[row] == pytest.approx((own[row] - others.mean()) / spreads[0], abs=1e-6)


def test_every_attack_with_references_beats_the_loss_and_finds_nothing_where_nothing_was_learnt() -> None:
    for gap, least in ((1.0, 0.75), (0.0, 0.0)):
        chance, references, out, member = gaussian(3000, 16, 1, gap)
        loss = area(chance[member], chance[~member]).value
        for attack in (calibrated_loss, lira_offline, lira_online):
            measured = area(*(attack(chance, references, out)[side] for side in (member, ~member)))
            assert measured.value > least
            if gap:
                assert measured.value > loss + 0.1
            else:
                assert measured.interval.low <= 0.5 <= measured.interval.high  # type: ignore[operator]


def test_the_weight_is_the_one_with_which_known_members_are_found() -> None:
    """Answers that are 1 for whoever was seen, and by lot else: there a small weight is best, as in forests."""
    rng = np.random.default_rng(0)
    halves = np.array([rng.permutation(2000) < 1000 for _ in range(3)])
    fitted = np.vstack([[half, ~half] for half in halves])
    references = np.where(fitted, 1.0, np.clip(rng.beta(2, 1, (6, 2000)), 0.05, 0.97))
    weight = best_weight(references, fitted, ~fitted)
    assert weight < 0.8
    by_weight = {}
    for other in (weight, 1.0):
        ratios = rmia_ratios(references[0], references[2:], ~fitted[2:], other)
        by_weight[other] = area(ratios[fitted[0]], ratios[~fitted[0]]).value
    assert by_weight[weight] > by_weight[1.0] + 0.01
    assert best_weight(references, np.zeros_like(fitted), ~fitted) == 1.0, "no members, no choice"
