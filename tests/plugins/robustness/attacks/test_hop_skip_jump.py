"""HopSkipJump on a plane whose distance is known: closer than ART's, within its budget."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pytest

from auditkit.plugins.robustness.attacks.decision_search import Search
from auditkit.plugins.robustness.attacks.hop_skip_jump import hop_skip_jump, known_ratio, try_noise
from auditkit.plugins.robustness.space import Space, feature_space


def cube(features: int, **changes: np.ndarray) -> Space:
    zeros, ones = np.zeros(features), np.ones(features)
    facts = {"low": zeros, "high": ones, "scale": ones, "whole": zeros > 0, "free": ones > 0}
    return Space(**(facts | changes))  # type: ignore[arg-type]


def plane(normal: np.ndarray, offset: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda points: (points @ normal > offset).astype(int)


def test_finds_the_plane_and_never_claims_less_than_the_distance_to_it() -> None:
    rng = np.random.default_rng(0)
    normal, data = np.array([3.0, 4.0, 0.0]) / 5, rng.uniform(0, 1, (200, 3))
    decide = plane(normal, 0.6)
    rows = data[:40]
    true = np.abs(rows @ normal - 0.6)
    search = hop_skip_jump(Search(decide, rows, decide(rows), cube(3), 500), data, rng)
    assert (search.distances >= true - 1e-9).all()
    assert np.median(search.distances / true) < 1.1
    assert (decide(search.points) != decide(rows)).all()
    np.testing.assert_allclose(search.distances, np.linalg.norm(search.points - rows, axis=1))


def test_the_model_is_never_asked_more_often_than_allowed() -> None:
    rng = np.random.default_rng(1)
    data = rng.uniform(0, 1, (50, 4))
    queries = [0]

    def decide(points: np.ndarray) -> np.ndarray:
        queries[0] += len(points)
        return (points.sum(axis=1) > 2).astype(int)

    truth = (data.sum(axis=1) > 2).astype(int)
    search = hop_skip_jump(Search(decide, data[:10], truth[:10], cube(4), 120), data, rng)
    assert search.queries.max() <= 120
    assert search.queries.sum() == queries[0]


def test_categories_gaps_and_whole_numbers_are_respected() -> None:
    rng = np.random.default_rng(2)
    data = np.column_stack(
        [rng.uniform(0, 1, 200), rng.integers(0, 30, 200), rng.integers(0, 3, 200), rng.uniform(0, 1, 200)]
    ).astype(float)
    data[::7, 3] = np.nan
    space = feature_space(data, whole=np.array([0, 1, 0, 0]) > 0, free=np.array([1, 1, 0, 1]) > 0)
    batches: list[np.ndarray] = []

    def decide(points: np.ndarray) -> np.ndarray:
        batches.append(points)
        return (points[:, 0] + points[:, 1] / 30 + np.nan_to_num(points[:, 3]) > 1.2).astype(int)

    rows = data[:30]
    search = hop_skip_jump(Search(decide, rows, decide(rows), space, 300), data, rng)
    points_asked = np.vstack(batches[1:])
    assert (points_asked[:, 1] == np.round(points_asked[:, 1])).all()
    assert np.isin(points_asked[:, 2], data[:, 2]).all()
    np.testing.assert_array_equal(search.points[:, 2], rows[:, 2])
    np.testing.assert_array_equal(np.isnan(search.points), np.isnan(rows))
    assert (points_asked[:, 1] >= 0).all() and (points_asked[:, 1] <= 29).all()


def test_a_step_is_found_exactly_by_what_all_rows_were_told() -> None:
    """Each row alone has too few queries to find the one corner of six in which the decision is another."""
    data = np.random.default_rng(2).uniform(0, 1, (60, 6))

    def decide(points: np.ndarray) -> np.ndarray:
        return ((points[:, 0] > 0.6) & (points[:, 3] > 0.7) & (points[:, 5] < 0.5)).astype(int)

    rows = data[decide(data) == 0][:40]
    true = np.linalg.norm(
        np.maximum(0, np.column_stack([0.6 - rows[:, 0], 0.7 - rows[:, 3], rows[:, 5] - 0.5])), axis=1
    )
    search = hop_skip_jump(Search(decide, rows, decide(rows), cube(6), 250), data, np.random.default_rng(0))
    assert (search.distances >= true - 1e-9).all()
    assert np.quantile(search.distances / true, 0.9) < 1.02


def test_a_trial_teaches_the_first_search_nothing() -> None:
    data = np.random.default_rng(4).uniform(0, 1, (30, 3))
    twice = np.vstack([data[:5], data[:5]])
    decide = plane(np.ones(3), 1.5)
    search = Search(decide, twice, decide(twice), cube(3), 50, teachers=5)
    search.ask(np.arange(10), twice)
    np.testing.assert_array_equal(search.answers.newest()[0], data[:5])
    assert (search.queries == 1).all()


def test_a_constant_model_is_never_broken_and_the_attack_ends() -> None:
    rng = np.random.default_rng(3)
    data = rng.uniform(0, 1, (30, 3))
    search = hop_skip_jump(Search(lambda p: np.zeros(len(p), int), data, np.zeros(30, int), cube(3), 200), data, rng)
    assert np.isinf(search.distances).all() and (search.queries <= 200).all()
    np.testing.assert_array_equal(search.points, data)


def test_the_same_seed_finds_the_same() -> None:
    data = np.random.default_rng(4).uniform(0, 1, (60, 5))
    decide = plane(np.ones(5), 2.5)
    runs = [
        hop_skip_jump(Search(decide, data[:9], decide(data[:9]), cube(5), 300), data, np.random.default_rng(7))
        for _ in range(2)
    ]  # fmt: skip
    np.testing.assert_array_equal(runs[0].points, runs[1].points)


def test_finds_closer_points_than_arts_attack_and_all_of_them_count() -> None:
    """ART's, asked as often, walks one row at a time in float32 and returns points that change no decision."""
    from sklearn.datasets import load_breast_cancer
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import MinMaxScaler

    from auditkit.art import require_art, seeded

    inputs, labels = load_breast_cancer(return_X_y=True)
    inputs = MinMaxScaler().fit_transform(inputs)
    model = LogisticRegression(C=10, max_iter=500).fit(inputs, labels)
    rows = np.flatnonzero(model.predict(inputs) == labels)[:12]
    own = hop_skip_jump(
        Search(model.predict, inputs[rows], labels[rows], cube(30), 500), inputs, np.random.default_rng(0)
    )
    assert (model.predict(own.points) != labels[rows]).all()

    queries = [0]

    def answer(points: np.ndarray) -> np.ndarray:
        queries[0] += len(points)
        return model.predict_proba(points)

    attack = require_art("art.attacks.evasion.hop_skip_jump").HopSkipJump
    classifier = require_art("art.estimators.classification.blackbox").BlackBoxClassifier(
        answer, (30,), 2, clip_values=(0, 1)
    )
    with seeded(0), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # given its starts, for its own come from a generator that nobody can seed
        opposite = [inputs[np.flatnonzero(model.predict(inputs) != label)[0]] for label in labels[rows]]
        art_points = attack(classifier, max_iter=12, init_eval=25, verbose=False).generate(
            inputs[rows].astype(np.float32), labels[rows], x_adv_init=np.array(opposite, dtype=np.float32)
        )
    valid = model.predict(art_points) != labels[rows]
    distance = np.where(valid, np.linalg.norm(art_points - inputs[rows], axis=1), np.inf)
    assert queries[0] / len(rows) > 300
    assert np.median(own.distances) <= np.median(distance) * 1.05


def test_trial_on_a_known_boundary_tells_a_good_budget_from_a_poor_one() -> None:
    rng = np.random.default_rng(5)
    data = rng.uniform(0, 1, (100, 60))
    good = known_ratio(data, cube(60), data, rng, 1200)
    poor = known_ratio(data, cube(60), data, rng, 60)
    assert good is not None and 1 <= good < 1.2
    assert poor is not None and poor > 1.5
    assert known_ratio(data, cube(60, free=np.zeros(60) > 0), data, rng, 100) is None


def test_noise_improves_a_result_and_never_worsens_it() -> None:
    rng = np.random.default_rng(6)
    data = rng.uniform(0.3, 0.7, (40, 2))
    decide = plane(np.array([1.0, 0.0]), 0.5)
    rows, truth = data[:20], decide(data[:20])
    poor = hop_skip_jump(Search(decide, rows, truth, cube(2), 5), data, rng)
    better = try_noise(Search(decide, rows, truth, cube(2), 0), poor, (0.05, 0.1, 0.2), 20, rng)
    assert (better.distances <= poor.distances).all() and (better.distances < poor.distances).any()
    assert better.queries.sum() == poor.queries.sum() + 20 * 3 * 20
    assert (better.distances >= np.abs(rows[:, 0] - 0.5) - 1e-9).all()


@pytest.mark.parametrize("rows", [0, 1])
def test_few_rows(rows: int) -> None:
    data = np.random.default_rng(8).uniform(0, 1, (20, 3))
    decide = plane(np.ones(3), 1.5)
    search = hop_skip_jump(
        Search(decide, data[:rows], decide(data[:rows]), cube(3), 100), data, np.random.default_rng(0)
    )  # fmt: skip
    assert search.distances.shape == (rows,)
