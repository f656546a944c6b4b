"""Corruptions of series and of sequences of ids, held against what each promises, place by place."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

import auditkit
from auditkit.data import AuditData
from auditkit.plugins.robustness.corruptions.base import SERIES, TOKENS, known_names
from auditkit.plugins.robustness.corruptions.check import Corruptions
from auditkit.plugins.robustness.corruptions.sequences import STRENGTHS, WORDS, Series, Tokens

N, T, F = 400, 50, 2
RNG = np.random.default_rng(0)
VALUES = np.cumsum(RNG.normal(size=(N, T, F)), axis=1) * np.array([1.0, 100.0])
UNIT = np.subtract(*np.percentile(VALUES, (99, 1), axis=(0, 1)))
PAD = 0
IDS = np.array([4, 9, 1_000_003, 7, 8])


def series(values: np.ndarray = VALUES, **facts) -> tuple[AuditData, Series]:
    data = AuditData(values, modality="sequence", **facts)
    return data, Series(data, dict.fromkeys(SERIES, 5))


def sequences() -> np.ndarray:
    """A mark of the format in front, ids, and padding where a row is short."""
    ids = RNG.choice(IDS, (N, T), p=[0.4, 0.3, 0.15, 0.1, 0.05])
    ids[:, 0] = 2
    return np.where(np.arange(T) < RNG.integers(T // 2, T + 1, N)[:, None], ids, PAD)


ROWS = sequences()


def tokens() -> Tokens:
    return Tokens(AuditData(ROWS, modality="sequence"), dict.fromkeys(TOKENS, 5))


def test_every_corruption_has_five_ascending_strengths_in_words():
    assert set(STRENGTHS) == set(WORDS) == {*SERIES, *TOKENS}
    for name, strengths in STRENGTHS.items():
        assert len(strengths) == 5 and list(strengths) == sorted(set(strengths)), name
    assert known_names(series()[0]) == SERIES
    assert known_names(AuditData(ROWS, modality="sequence")) == TOKENS


@pytest.mark.parametrize("name", SERIES)
def test_more_severe_is_farther_and_severity_0_changes_nothing(name):
    _, suite = series()
    assert np.array_equal(suite.change(name, 0).inputs, VALUES)
    changed = [suite.change(name, severity) for severity in range(1, 6)]
    distances = [part.distance for part in changed]
    assert distances == sorted(distances) and distances[0] > 0
    by_hand = np.mean(np.abs(changed[-1].inputs - VALUES) / UNIT)
    assert changed[-1].distance == pytest.approx(by_hand) and changed[-1].outside == 0


def test_noise_and_spikes_and_drift_have_the_size_that_they_say():
    _, suite = series()
    moved = {name: (suite.change(name, 5).inputs - VALUES) / UNIT for name in ("noise", "spikes", "drift")}
    assert np.std(moved["noise"], axis=(0, 1)) == pytest.approx(0.2, rel=0.02)
    assert set(np.round(np.unique(moved["spikes"]), 9)) == {-1.0, 0.0, 1.0}
    assert np.mean(moved["spikes"] != 0) == pytest.approx(0.2, abs=0.01)
    slope = 0.8 * np.arange(T) / (T - 1)
    assert np.abs(moved["drift"]) == pytest.approx(np.broadcast_to(slope[:, None], (N, T, F)))
    signs = np.sign(moved["drift"][:, 1:])
    assert (signs == signs[:, :1]).all() and abs(signs.mean()) < 0.1  # a sensor drifts one way, as many up as down


@pytest.mark.parametrize("name", ["dropped points", "missing spans"])
def test_a_point_lost_holds_the_value_before_it_by_a_slow_oracle(name):
    _, suite = series()
    after = suite.change(name, 5).inputs
    lost = (after != VALUES).any(axis=2)
    for row in range(20):
        for at in range(T):
            if lost[row, at]:
                before = [place for place in range(at) if not lost[row, place]]
                beyond = [place for place in range(at, T) if not lost[row, place]]
                source = before[-1] if before else beyond[0]
                assert np.array_equal(after[row, at], VALUES[row, source])


def test_a_span_is_one_and_as_long_as_it_says():
    gapped = VALUES.copy()
    gapped[0, 0, 1] = np.nan  # the second channel is known to have gaps
    _, suite = series(gapped)
    after = suite.change("missing spans", 3)
    lost = np.isnan(after.inputs[1:])
    assert not lost[:, :, 0].any() and (lost[:, :, 1].sum(axis=1) == 10).all()
    edges = np.diff(np.pad(lost[:, :, 1].astype(int), ((0, 0), (1, 1))), axis=1)
    assert (np.abs(edges).sum(axis=1) == 2).all() and after.outside == 0
    share = np.isnan(suite.change("dropped points", 3).inputs[1:, :, 1]).mean()
    assert share == pytest.approx(0.2, abs=0.02)


def test_a_declared_range_is_the_unit_and_holds():
    whole = np.clip(np.round(VALUES[:, :, 0]), -8, 8).astype(np.int16)
    data, suite = series(whole, range=(-8, 8))
    assert not data.tokens  # whole numbers with a range are measurements
    for name in SERIES:
        after = suite.change(name, 5).inputs
        assert after.dtype == np.int16 and after.min() >= -8 and after.max() <= 8
    drift = suite.change("drift", 1).inputs[:, -1] - whole[:, -1]
    assert set(np.unique(drift)) <= {-1, 0, 1}  # 0.05 of 16, rounded, or stopped by the range


def test_a_tensor_stays_one():
    data = AuditData(torch.tensor(VALUES, dtype=torch.float32), modality="sequence")
    after = Series(data, dict.fromkeys(SERIES, 5)).change("spikes", 2).inputs
    assert isinstance(after, torch.Tensor) and after.dtype == torch.float32 and after.shape == (N, T, F)


@pytest.mark.parametrize("name", TOKENS)
def test_another_id_of_the_data_stands_there_and_padding_stays(name):
    suite = tokens()
    assert np.array_equal(suite.change(name, 0).inputs, ROWS)
    shares = []
    for severity in range(1, 6):
        changed = suite.change(name, severity)
        after = changed.inputs
        assert after.dtype == ROWS.dtype and set(np.unique(after)) <= set(np.unique(ROWS))
        assert np.array_equal(after == PAD, ROWS == PAD) and (after[:, 0] == 2).all()
        assert changed.distance == pytest.approx((after != ROWS).mean()) and changed.outside == 0
        shares.append(changed.distance)
    assert shares == sorted(shares)


def test_substitutes_come_as_often_as_in_the_data_and_neighbours_only_change_places():
    suite = tokens()
    free = (ROWS != PAD) & (np.arange(T) > 0)
    often = {token: float(np.mean(ROWS[free] == token)) for token in IDS.tolist()}
    hit = 0.3 * (1 - sum(share**2 for share in often.values()))  # a substitute may be the same id
    assert (suite.change("substituted tokens", 5).inputs != ROWS)[free].mean() == pytest.approx(hit, abs=0.01)
    swapped = suite.change("transposed tokens", 5).inputs
    assert np.array_equal(np.sort(swapped, axis=1), np.sort(ROWS, axis=1))
    for row in range(20):  # each id is where it was, or one place on or back
        for at in range(T):
            assert swapped[row, at] in ROWS[row, max(0, at - 1) : at + 2]


def test_a_plugin_that_invents_ids_is_counted_and_left_out():
    suite = tokens()
    changed = suite.under(lambda ids, strength, rng: ids + 1, 0.1, 0)
    known = np.isin(ROWS + 1, IDS)
    assert changed.outside == int((~known).sum()) and set(np.unique(changed.inputs)) <= set(np.unique(ROWS))


@pytest.mark.parametrize(
    ("inputs", "why"),
    [
        (np.zeros((20, 5, 2), dtype=np.int64), "ids in another form"),
        (np.zeros((20, 1)), "at least two steps long"),
        (np.zeros((20, 5, 2, 2)), r"\(N, T\) or \(N, T, F\)"),
    ],
)
def test_what_is_no_series_is_refused_with_the_reason(inputs, why):
    data = AuditData(inputs, np.arange(20) % 2, positive=1, modality="sequence")
    model = auditkit.wrap(lambda rows: np.zeros(len(rows), dtype=int), classes=(0, 1), task="binary", output="labels")
    assert re.search(why, str(Corruptions().applies(model, data)))
