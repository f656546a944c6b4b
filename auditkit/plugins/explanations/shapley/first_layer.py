"""Games of a model that begins with an affine map: a coalition costs a sum of what its columns add to it."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from auditkit.plugins.explanations.shapley.affine_models import AffineModel, logistic
from auditkit.plugins.explanations.shared.case import Progress
from auditkit.plugins.explanations.shared.permutation import Sampled
from auditkit.plugins.explanations.shared.shapley_values import shapley_values

BLOCK = 2**15
"""Powers worked on at once in a loop: they stay in the processor's cache."""
SUMS = 2**20
"""Pre-activations held at once."""
TRIED = 64
"""Mixtures on which the factored model is held against the model."""
AGREE = 1e-5
"""The largest difference from the model's own answers, as a share of their range: float32 leaves as much."""


class FirstLayer(NamedTuple):
    """What each player adds to the H pre-activations of the first layer."""

    of_rows: np.ndarray
    """(n, D, H)"""
    of_background: np.ndarray
    """(B, D, H)"""
    constant: np.ndarray
    """(H,) the bias, and what columns add that are the same in all rows."""
    after: Callable[[np.ndarray], np.ndarray]
    """(m, H) pre-activations to (m, K) answers."""
    target: np.ndarray
    """(n,) which answer is explained."""

    def answers(self, sums: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(m, ...) explained outputs of pre-activations (m, ..., H) without the constant, for rows (m,)."""
        answers = self.after((sums + self.constant).reshape(-1, sums.shape[-1]))
        places = np.repeat(self.target[rows], sums[0, ..., 0].size) if len(rows) else rows
        return np.asarray(answers[np.arange(len(answers)), places].reshape(sums.shape[:-1]))

    def mixtures(self, rows: np.ndarray, donors: np.ndarray, inside: np.ndarray) -> np.ndarray:
        """(m,) outputs of mixed rows: players `inside` (m, D) take the values of `rows` (m,), others of `donors`."""
        sums = np.where(inside[:, :, None], self.of_rows[rows], self.of_background[donors]).sum(axis=1)
        return self.answers(sums, rows)

    def walk(self, rows: np.ndarray, donors: np.ndarray, orders: np.ndarray) -> np.ndarray:
        """(m, D - 1) outputs between the ends of paths from background rows (m,) to rows (m,), in orders (m, D)."""
        at_once, parts = max(1, SUMS // max(1, self.of_rows[0].size)), []
        for start in range(0, len(rows), at_once):
            part = slice(start, start + at_once)
            first = orders[part, :-1]
            changes = self.of_rows[rows[part, None], first] - self.of_background[donors[part, None], first]
            np.cumsum(changes, axis=1, out=changes)
            changes += self.of_background[donors[part]].sum(axis=1)[:, None]
            parts.append(self.answers(changes, rows[part]))
        return np.concatenate(parts)


def first_layer(
    affine: AffineModel, x: np.ndarray, background: np.ndarray, owners: np.ndarray, columns: int, target: np.ndarray
) -> FirstLayer:
    """What each player adds.

    Args:
        affine: the model.
        x: (n, E) encoded rows to explain.
        background: (B, E) encoded rows to compare with.
        owners: (E,) the player of each encoded column; -1 for one that is the same in all rows.
        columns: how many players there are.
        target: (n,) which answer is explained.
    """
    hidden = affine.weights.shape[1]
    parts = [np.zeros((len(rows), columns, hidden)) for rows in (x, background)]
    for player in range(columns):
        own = owners == player
        for part, rows in zip(parts, (x, background), strict=True):
            part[:, player] = rows[:, own] @ affine.weights[own]
    fixed = owners < 0
    return FirstLayer(
        parts[0], parts[1], affine.bias + background[0, fixed] @ affine.weights[fixed], affine.after, target
    )


def is_the_model(
    layer: FirstLayer, ask: Callable[[np.ndarray, np.ndarray], np.ndarray], x: np.ndarray, background: np.ndarray,
    rng: np.random.Generator,
) -> bool:  # fmt: skip
    """Whether the factored model gives the model's own answers on mixtures, which is what the values rest on.

    Args:
        layer: the factored model.
        ask: the model, about codes (m, D) and the row of `x` that each belongs to.
        x: (n, D) codes of the rows to explain.
        background: (B, D) codes of the rows to compare with.
        rng: draws the mixtures.
    """
    rows, donors = rng.integers(len(x), size=TRIED), rng.integers(len(background), size=TRIED)
    inside = rng.random((TRIED, x.shape[1])) < rng.random((TRIED, 1))
    outputs = ask(np.where(inside, x[rows], background[donors]), rows)
    missed = np.abs(layer.mixtures(rows, donors, inside) - outputs)
    return bool(missed.max() <= AGREE * max(float(np.ptp(outputs)), 1e-3))


def enumerated(layer: FirstLayer, progress: Progress, dtype: type = np.float64) -> Sampled:
    """Interventional Shapley values over all coalitions, exact for this background.

    Of one log-odd, the powers of what is inside and outside of a coalition are multiplied, so that no power is taken
    for each mixture.

    Args:
        layer: the factored model.
        progress: told after each part of the coalitions.
        dtype: of what is added up; float32 takes about half of the time and leaves errors below 1e-6.

    Returns:
        Values (n, D), errors (n, D) of 0, and the base (n,).
    """
    rows, players, hidden = layer.of_rows.shape
    members = (np.arange(2**players)[:, None] >> np.arange(players)) & 1
    worths = np.empty((rows, len(members)))
    inside = np.einsum("cd,ndh->nch", members.astype(np.float64), layer.of_rows)
    quick = layer.after is logistic and _powers_fit(layer, dtype)
    powers = np.exp(-inside[:, :, 0]).astype(dtype) if quick else None
    at_once = max(1, (BLOCK if quick else SUMS) // (len(layer.of_background) * hidden))
    for start in range(0, len(members), at_once):
        part = slice(start, start + at_once)
        outside = np.tensordot(1.0 - members[part], layer.of_background, (1, 1))
        if powers is not None:
            worths[:, part] = _means(powers[:, part], np.exp(-outside[:, :, 0] - layer.constant).astype(dtype))
        else:
            for row in range(rows):
                worths[row, part] = layer.answers((inside[row, part, None] + outside)[None], np.array([row]))[0].mean(
                    axis=1
                )
        progress(min(start + at_once, len(members)), len(members), "coalitions asked about")
    if powers is not None:
        # the probability of the first of two classes is what is left
        worths = np.where(layer.target[:, None] == 1, worths, 1 - worths)
    return Sampled(shapley_values(worths), np.zeros((rows, players)), worths[:, 0])


def _powers_fit(layer: FirstLayer, dtype: type) -> bool:
    """Whether no power of a sum over- or underflows, also where two are multiplied."""
    most = np.log(np.finfo(dtype).max) / 2 - 1
    sums = [np.abs(part).sum(axis=1).max() for part in (layer.of_rows, layer.of_background)]
    return bool(max(sums[0], sums[1] + np.abs(layer.constant).max()) < most)


def _means(inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """(n, c) means over B of 1 / (1 + inside (n, c) outside (c, B))."""
    means, held = np.empty(inside.shape), np.empty_like(outside)
    shares = np.full(outside.shape[1], 1 / outside.shape[1], dtype=outside.dtype)
    for row, powers in enumerate(inside):
        np.multiply(outside, powers[:, None], out=held)
        held += 1
        np.reciprocal(held, out=held)
        means[row] = held @ shares
    return means
