"""Sums in the first layer give the values that the model itself gives, and a layer that is not the model is noticed."""

import numpy as np
import pytest

from auditkit.plugins.explanations.shapley import first_layer
from auditkit.plugins.explanations.shapley.affine_models import AffineModel, logistic, softmax
from auditkit.plugins.explanations.shapley.enumeration import enumerated as enumerated_by_asking
from auditkit.plugins.explanations.shared.permutation import paired_permutations

RNG = np.random.default_rng(0)
OWNERS = np.array([0, 1, 1, 2, 3, 3, 3, -1, 4])
CODES_X, CODES_BACKGROUND = RNG.normal(size=(4, 5)), RNG.normal(size=(7, 5))


def encode(codes):
    """Several columns of one, one column of none, and a constant."""
    a, b, c, d, e = codes.T
    return np.column_stack([a, b, b**2, c, np.sin(d), d, d > 0, np.full(len(codes), 0.3), e])


def network(hidden=6, outputs=3):
    rest = RNG.normal(size=(hidden, outputs))
    weights = RNG.normal(size=(len(OWNERS), hidden))
    return AffineModel(weights, RNG.normal(size=hidden), lambda z: softmax(np.maximum(z, 0) @ rest))


def log_odds(size=1.0):
    return AffineModel(size * RNG.normal(size=(len(OWNERS), 1)), np.array([0.2]), logistic)


def asked(affine, target):
    def ask(codes, rows):
        answers = affine.after(encode(codes) @ affine.weights + affine.bias)
        return answers[np.arange(len(codes)), target[rows]]

    return ask


def layer_of(affine, target):
    return first_layer.first_layer(affine, encode(CODES_X), encode(CODES_BACKGROUND), OWNERS, 5, target)


def quiet(done, total, what):
    """Progress that nobody reads."""


@pytest.mark.parametrize(
    ("affine", "target"),
    [(network(), [0, 1, 2, 1]), (log_odds(), [1, 1, 0, 1]), (log_odds(500.0), [1, 0, 1, 1])],
    ids=["network", "log-odds", "log-odds too large for powers"],
)
def test_all_coalitions(affine, target, monkeypatch):
    target = np.array(target)
    layer, ask = layer_of(affine, target), asked(affine, target)
    expected = enumerated_by_asking(ask, CODES_X, CODES_BACKGROUND)
    for block in (1, 2**15):
        monkeypatch.setattr(first_layer, "BLOCK", block)
        monkeypatch.setattr(first_layer, "SUMS", block)
        game = first_layer.enumerated(layer, quiet)
        np.testing.assert_allclose(game.values, expected.values, atol=1e-12)
        np.testing.assert_allclose(game.base, expected.base, atol=1e-12)
    rough = first_layer.enumerated(layer, quiet, np.float32)
    np.testing.assert_allclose(rough.values, expected.values, atol=1e-6)


def test_permutations_are_the_same_ones(monkeypatch):
    affine, target = network(), np.array([0, 1, 2, 1])
    layer, ask = layer_of(affine, target), asked(affine, target)
    given = ask, CODES_X, CODES_BACKGROUND
    expected = paired_permutations(*given, np.random.default_rng(3), 4)
    for sums in (1, 2**20):
        monkeypatch.setattr(first_layer, "SUMS", sums)
        drawn = paired_permutations(*given, np.random.default_rng(3), 4, quiet, layer.walk)
        np.testing.assert_allclose(drawn.values, expected.values, atol=1e-12)
        np.testing.assert_allclose(drawn.errors, expected.errors, atol=1e-12)


def test_a_layer_is_held_against_the_models_answers():
    affine, target = network(), np.array([0, 1, 2, 1])
    layer, ask = layer_of(affine, target), asked(affine, target)
    rng = np.random.default_rng(0)
    assert first_layer.is_the_model(layer, ask, CODES_X, CODES_BACKGROUND, rng)
    shifted = layer._replace(constant=layer.constant + 1e-3)
    assert not first_layer.is_the_model(shifted, ask, CODES_X, CODES_BACKGROUND, rng)
    # as where an encoder looks at two columns at once
    swapped = layer._replace(of_rows=layer.of_rows[:, ::-1])
    assert not first_layer.is_the_model(swapped, ask, CODES_X, CODES_BACKGROUND, rng)
