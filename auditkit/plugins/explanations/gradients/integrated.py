"""Integrated gradients along paths, with as many steps as each row needs."""

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch

from auditkit.plugins.explanations.gradients.affine_entry import affine_entry
from auditkit.plugins.explanations.gradients.network import Network
from auditkit.plugins.explanations.gradients.points import Explanation, Points, Progress, to_array

HALVINGS = 8
"""How often a stretch of a path on which the gradients miss the output's change is halved."""
STRETCHES = 4
"""Stretches of a row that are halved at a time, those that miss most."""
ENOUGH = 0.01
"""The relative gap from which a row is done again with more steps."""
SHARE = 0.25
"""Of that gap is what a part of a path may miss."""
FLOOR = 0.1
"""Rows that hardly differ from the baseline are held against this share of the median difference."""
ROUNDING = float(np.finfo(np.float32).eps)
PARTS = 32
"""Batches between two words of progress."""


def integrated_gradients(points: Points, progress: Progress = lambda done, total, what: None) -> Explanation:
    """The path integral of the gradient from the baseline to each row, times the distance.

    Gauss-Legendre quadrature with `steps` points. Where the values of a row miss f(x) - f(baseline) by more than 1 %
    its path is halved, and again each half on which gradients miss what the output does there, with `steps` points on
    each. `progress` is told after each part.

    Source: Sundararajan, Taly, Yan 2017, Axiomatic Attribution for Deep Networks, arXiv:1703.01365.
    """
    rows = len(points.encoded)
    changes, distance, lines = change_from_baseline(points), points.distance, _lines(points)
    slopes, steps, sums = distance, np.zeros(rows, dtype=np.int64), np.zeros(rows)
    allowed, at_once = ENOUGH * _scale(changes), max(1, PARTS * points.at_once // points.steps)
    # whose path it is, and where on it the stretch begins and ends
    whose, low, high = np.arange(rows), np.zeros(rows), np.ones(rows)
    for halving in range(HALVINGS + 1):
        parts = []
        for part in np.split(np.arange(len(whose)), range(at_once, len(whose), at_once)):
            parts.append(to_array(_mean_gradients(lines, whose[part], low[part], high[part])))
            progress(rows - len(np.unique(whose[part[-1] + 1 :])), rows, f"rows explained, halved {halving} times")
        means, width = np.concatenate(parts) if len(parts) > 1 else parts[0], high - low
        distances = distance[whose] if halving else distance
        promised = width * np.einsum("mk,mk->m", means.reshape(len(whose), -1), distances.reshape(len(whose), -1))
        misses = np.abs(promised - (_moves(points, whose, low, high) if halving else changes))
        np.add.at(steps, whose, points.steps)
        # few rows need many steps, mostly those whose path crosses a cliff of the network
        again = _worst(misses, whose) & (misses > (SHARE if halving else 1) * allowed[whose]) & (halving < HALVINGS)
        np.add.at(sums, whose[~again], promised[~again])
        if halving:
            # several stretches may be of one row, which plain addition would count once
            np.add.at(slopes, whose[~again], means[~again] * _wide(width[~again], means))
        else:
            slopes = means
            slopes[again] = 0.0
        if not again.any():
            break
        middle = (low[again] + high[again]) / 2
        whose, low, high = np.tile(whose[again], 2), np.append(low[again], middle), np.append(middle, high[again])
    return Explanation(slopes * distance, slopes, sums - changes, changes, steps=steps)


def change_from_baseline(points: Points) -> np.ndarray:
    """(n,) f(x) - f(baseline)."""
    everyone = torch.arange(len(points.encoded), device=points.encoded.device)
    return np.asarray(
        points.outputs(points.encoded, points.positions) - points.outputs(points.starts(everyone), points.positions)
    )


class Lines(NamedTuple):
    """Straight lines to each row, from which gradients are taken, and the way back to the inputs."""

    points: Points
    start: torch.Tensor
    """(n, ...)"""
    away: torch.Tensor
    """(n, ...)"""
    back: Callable[[torch.Tensor], torch.Tensor]
    """From mean gradients along the lines to those by the inputs."""


def _lines(points: Points) -> Lines:
    """The paths; behind the first layer where the input enters through a narrow affine one.

    Behind an affine layer a straight path is straight, so only its mean gradient has to be taken back through it.
    """
    everyone = torch.arange(len(points.encoded), device=points.encoded.device)
    name = affine_entry(points.network, points.encoded, points.positions)
    if name is None:
        start = points.starts(everyone)
        return Lines(points, start, points.encoded - start, lambda mean: mean)
    network = points.network
    layer = network.module.get_submodule(name)
    weight = dict(layer.named_parameters())["weight"].detach()
    with torch.no_grad():
        inside = layer(points.encoded.reshape(len(points.encoded), -1))
        start = layer(points.baseline.reshape(len(points.baseline), -1)).expand_as(inside)
    shape = points.encoded.shape[1:]
    # so many more points take as much memory as their rows would
    batch = points.batch * (points.encoded[0].numel() // inside.shape[1])
    inner = replace(points, network=Network(network.module, network.targets, name, points.encoded[:1]), batch=batch)
    return Lines(inner, start, inside - start, lambda mean: (mean @ weight).reshape(-1, *shape))


def _mean_gradients(lines: Lines, whose: np.ndarray, low: np.ndarray, high: np.ndarray) -> torch.Tensor:
    """(m, ...) the mean gradients along stretches of the lines of some rows."""
    points, means = lines.points, []
    nodes = (torch.tensor(part, dtype=lines.away.dtype, device=lines.away.device) for part in _nodes(points.steps))
    shares, weights = nodes
    rows, begin, width = (torch.as_tensor(part, device=lines.away.device) for part in (whose, low, high - low))
    for part in torch.arange(len(rows), device=rows.device).split(points.at_once):  # type: ignore[no-untyped-call]
        some = rows[part]
        whole = lines.away[some]
        away = whole * _wide(width[part].to(whole), whole)
        start = lines.start[some] + whole * _wide(begin[part].to(whole), whole)
        mean = torch.zeros_like(away)
        # some points of all these rows at a time, so that a batch is full whatever the number of rows
        at_once = max(1, points.at_once // len(some))
        for share, weight in zip(shares.split(at_once), weights.split(at_once), strict=True):  # type: ignore[no-untyped-call]
            gradients = points.gradients(_stack(start, away, share), points.positions[some].repeat(len(share)))
            for one, much in zip(gradients.split(len(some)), weight, strict=True):  # type: ignore[no-untyped-call]
                mean += one * much
        means.append(lines.back(mean))
    return torch.cat(means)


@functools.cache
def _nodes(steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Shares of a stretch in order, and their weights, which add up to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    return (nodes + 1) / 2, weights / 2


def _stack(start: torch.Tensor, away: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """(s * m, ...) points at these shares of the stretches of rows (m, ...)."""
    # pictures with their channels last, in which convolutions are faster
    layout = torch.channels_last if away.ndim == 4 else torch.contiguous_format
    shape = (len(shares) * len(away), *away.shape[1:])
    stacked = torch.empty(shape, dtype=away.dtype, device=away.device, memory_format=layout)
    for part, share in zip(stacked.split(len(away)), shares, strict=True):  # type: ignore[no-untyped-call]
        torch.addcmul(start, away, share, out=part)
    return stacked


def _moves(points: Points, whose: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """(m,) what the output does on stretches of paths."""
    rows = torch.as_tensor(whose, device=points.encoded.device)
    start = points.starts(rows)
    away = points.encoded[rows] - start
    ends = [
        points.outputs(start + away * _wide(torch.as_tensor(end).to(away), away), points.positions[rows])
        for end in (low, high)
    ]
    return np.asarray(ends[1] - ends[0])


def _wide(column: Any, like: Any) -> Any:
    """A number for each row, as an array that multiplies rows."""
    return column.reshape(-1, *[1] * (like.ndim - 1))


def _worst(misses: np.ndarray, whose: np.ndarray) -> np.ndarray:
    """(m,) True for the stretches that miss most, at most 4 of each row."""
    order = np.lexsort((-misses, whose))
    _, first = np.unique(whose[order], return_index=True)
    place = np.arange(len(whose)) - np.repeat(first, np.diff([*first, len(whose)]))
    chosen = np.zeros(len(whose), dtype=bool)
    chosen[order] = place < STRETCHES
    return chosen


def relative_gaps(misses: np.ndarray, changes: np.ndarray) -> np.ndarray:
    """(n,) |sum of attributions - (f(x) - f(baseline))| over |f(x) - f(baseline)|.

    The denominator is at least a tenth of its median over the rows, for a row that equals the baseline has nothing to
    attribute. Zero where both are.
    """
    # networks answer in float32, whose roundings are no gap
    return np.where(np.abs(misses) <= ROUNDING, 0.0, np.abs(misses) / _scale(changes))


def _scale(changes: np.ndarray) -> np.ndarray:
    return np.asarray(np.maximum(np.maximum(np.abs(changes), FLOOR * np.median(np.abs(changes))), ROUNDING))
