"""The distance to the decision boundary: never nearer than the truth, names held, budgets kept, and ART as oracle."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.art import evasion_seeded, quiet, require_art
from auditkit.data import AuditData
from auditkit.plugins.privacy.membership.boundary import distance, distances, may_change, range_of
from auditkit.plugins.privacy.membership.members import Side, Sides
from auditkit.plugins.privacy.shared.overlap import overlap

SLOPE = np.array([2.0, -1.0, 0.5])
NO_NAMES = np.zeros(3, dtype=bool)
Asked = list[np.ndarray]


def decide(rows: np.ndarray) -> np.ndarray:
    return (rows @ SLOPE > 0).astype(int)


def world(rows: int = 40) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 1, (rows, 3))


def test_a_flat_boundary_is_found_and_never_nearer_than_it_is() -> None:
    values = world()
    reach = range_of(values, NO_NAMES)
    ratios = []
    for number, row in enumerate(values[:4]):
        true = abs(row @ SLOPE) / np.linalg.norm(SLOPE * reach.scale)
        ratios.append(distance(decide, row, int(decide(row[None])[0]), reach, 250, number) / true)
    assert min(ratios) > 1 - 1e-4 and np.median(ratios) < 1.2


def test_the_closest_asked_point_is_no_farther_than_what_arts_attack_measures() -> None:
    values, asked = world(), []
    reach = range_of(values, NO_NAMES)
    start = (values[3] - reach.low) / reach.scale
    truth = int(decide(values[3][None])[0])

    def predict(points: np.ndarray) -> np.ndarray:
        asked.append(len(points))
        return np.eye(2)[decide(reach.low + points * reach.scale)]

    blackbox = require_art("art.estimators.classification.blackbox")
    inference = require_art("art.attacks.inference.membership_inference")
    with quiet(), evasion_seeded(5):
        ends = np.zeros(3, dtype=np.float32), reach.top.astype(np.float32)
        target = blackbox.BlackBoxClassifierNeuralNetwork(predict, (3,), 2, clip_values=ends)
        attack = inference.LabelOnlyDecisionBoundary(target, distance_threshold_tau=1e-9)
        chance = attack.infer(
            start[None].astype(np.float32), np.array([truth]), probabilities=True, max_iter=5, init_eval=20,
            verbose=False,
        )[0, 1]  # fmt: skip
    of_art = np.log(chance / (1 - chance))  # it hands over the logistic function of the distance
    own = distance(decide, values[3], truth, reach, sum(asked), 5)
    assert of_art / 1.5 < own <= of_art + 1e-4


@pytest.mark.parametrize("budget", [7, 60, 333])
def test_no_more_is_asked_than_may_be(budget: int) -> None:
    asked: Asked = []

    def ask(rows: np.ndarray) -> np.ndarray:
        asked.append(rows)
        return decide(rows)

    values = world()
    distance(ask, values[0], int(decide(values[:1])[0]), range_of(values, NO_NAMES), budget, 0)
    assert 0 < sum(map(len, asked)) <= budget


def test_names_and_missing_values_are_left_as_they_are() -> None:
    asked: Asked = []

    def ask(rows: np.ndarray) -> np.ndarray:
        asked.append(rows)
        return (rows[:, 0] > 0).astype(int)

    values = world()
    values[:, 1] = np.arange(40) % 3
    values[0, 2] = np.nan
    reach = range_of(values, np.array([False, True, False]))
    assert np.isfinite(distance(ask, values[0], int(values[0, 0] > 0), reach, 100, 0))
    points = np.vstack(asked)
    assert (points[:, 1] == values[0, 1]).all() and np.isnan(points[:, 2]).all() and len(np.unique(points[:, 0])) > 20
    assert (values[1:, 0].min() - 1 < points[:, 0]).all()


def test_a_row_that_is_never_decided_otherwise_is_farthest_and_not_nearest() -> None:
    """HopSkipJump gives such a row back unchanged, and ART's attack calls it at a distance of 0."""
    values = world()
    reach = range_of(values, NO_NAMES)
    far = distance(lambda rows: np.zeros(len(rows), dtype=int), values[0], 0, reach, 150, 0)
    assert far == pytest.approx(np.sqrt((reach.top**2).sum()))


def sides(values: np.ndarray, right: np.ndarray) -> Sides:
    rows, data = len(values) // 2, AuditData(values, labels=decide(values), positive=1)
    parts = []
    for part in (slice(None, rows), slice(rows, None)):
        given = np.eye(2)[np.where(right, decide(values), 1 - decide(values))[part]]
        truth = decide(values)[part]
        parts.append(
            Side(data, np.arange(rows), given[np.arange(rows), truth], truth, right[part], given, values[part],
                 np.arange(rows), np.arange(rows) % 2 == 0)
        )  # fmt: skip
    return Sides(*parts, NO_NAMES, 2, 0, overlap(data, data), "")


def test_wrong_rows_are_at_the_boundary_and_whoever_is_not_asked_about_has_no_distance() -> None:
    values = world(12)
    right = np.arange(12) != 4
    both = sides(values, right)
    order = np.array([4, 0, 7, 2])
    far = distances(decide, both, 60, order, 0, lambda done: done < 3)
    assert far[4] == 0 and far[0] > 0 and far[7] > 0
    assert np.isnan(np.delete(far, [4, 0, 7])).all()
    np.testing.assert_array_equal(far, distances(decide, both, 60, order, 0, lambda done: done < 3))


def test_numbers_can_be_changed_and_names_and_texts_cannot() -> None:
    import pandas

    names = AuditData(pandas.DataFrame({"c": ["u", "v"] * 10}), labels=[0, 1] * 10, positive=1)
    texts = AuditData([f"text {number}" for number in range(20)], labels=[0, 1] * 10, modality="text", positive=1)
    numbers = AuditData(np.zeros((20, 2)), labels=[0, 1] * 10, positive=1)
    assert not may_change(names) and not may_change(texts) and may_change(numbers)
