"""Whether parameters that were drawn anew are new: no copy of the parent's under noise, nor the same in every draw."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import torch

from auditkit.plugins.privacy.dp_sgd.reachable import FEW, Leaf

FEWEST = 32
"""Numbers of a parameter that can be judged by itself; those of smaller ones are judged together."""
ALIKE = 4.0
"""Standard errors of the smaller of two correlations; chance reaches them in one of 10^8 parameters."""
ONE_ALIKE = 7.0
"""The same of a single correlation."""
RUNS = 4
"""Stretches of equal numbers in a constant, such as the biases of the gates of an LSTM."""


class Draws(NamedTuple):
    """What the parent can reach, and three copies of it that are said to be untrained."""

    parent: Mapping[str, Leaf]
    fresh: Mapping[str, Leaf]
    again: Mapping[str, Leaf]
    altered: Mapping[str, Leaf]
    """A copy that was made while the parent held other numbers."""


def constants(draws: Draws, suspects: Collection[str]) -> set[str]:
    """Of the parameters that are as in the parent or in every copy, those that are constants of the initialisation.

    A constant has few stretches of equal numbers, and comes back where the parent holds another number: LayerScale's
    first 1e-4 (Touvron et al., 2021, arXiv:2103.17239), CLIP's log(1 / 0.07) (Radford et al., 2021, arXiv:2103.00020).
    A model has few of them: many would hold data.

    Args:
        draws: see `Draws`.
        suspects: names of trained parameters.
    """
    returned = {
        name: tuple(_runs(draws.fresh[name].value))
        for name in suspects
        if name in draws.altered and draws.altered[name].digest == draws.fresh[name].digest
    }
    returned = {name: values for name, values in returned.items() if 0 < len(values) <= RUNS}
    distinct = {value for values in returned.values() for value in values}
    return set(returned) if len(distinct) <= FEW else set()


def alike(draws: Draws, names: Collection[str]) -> list[str]:
    """Tensors whose draws hang together with the parent's numbers, or with each other.

    Judged are correlations over the square root of the numbers, by Fisher's z: with the parent's the smaller of two
    draws, and a single one where it is very large; among three draws the smaller of two that are independent of each
    other. What all copies have in common as a constant is left out, and the diagonal of a square has a mean of its own.

    Args:
        draws: see `Draws`.
        names: of tensors of fractions.

    Source: Fisher (1915), Frequency distribution of the values of the correlation coefficient, Biometrika 10(4).
    """
    small: list[tuple[str, tuple[tuple[float, int], ...]]] = []
    places = []
    for name in names:
        if not all(name in side and side[name].shape == draws.fresh[name].shape for side in draws):
            continue
        parts = _correlations(*(side[name].value for side in draws))
        if parts[0][1] >= FEWEST:
            places += [name] * _is_alike([_fisher(value, numbers) for value, numbers in parts])
        else:
            small.append((name, parts))
    freedoms = [parts[0][1] - 1 for _, parts in small if parts[0][1] > 1]
    if sum(freedoms) >= FEWEST:
        # each correlation of chance has a variance of one over its numbers less one
        sums = [sum(parts[pair][0] * (parts[pair][1] - 1) for _, parts in small) for pair in range(4)]
        if _is_alike([total / math.sqrt(sum(freedoms)) for total in sums]):
            places += [name for name, _ in small]
    return sorted(places)


def _is_alike(scores: Sequence[float]) -> bool:
    first, second, one, other = map(abs, scores)
    return first > ONE_ALIKE or min(first, second) > ALIKE or min(one, other) > ALIKE


def _fisher(correlation: float, numbers: int) -> float:
    return math.atanh(min(abs(correlation), 1 - 1e-12)) * math.sqrt(numbers - 3)


def _correlations(
    parent: torch.Tensor, fresh: torch.Tensor, again: torch.Tensor, altered: torch.Tensor
) -> tuple[tuple[float, int], ...]:
    """Correlations of fresh and again with the parent, and of again with fresh and altered; each with its numbers."""
    same = (fresh == again) & (again == altered)
    drawn = ~same if len(_runs(fresh[same])) <= RUNS else torch.ones_like(same)
    sides = [_centred(side.detach().double().cpu(), drawn.cpu()) for side in (parent, fresh, again, altered)]
    pairs = ((sides[1], sides[0]), (sides[2], sides[0]), (sides[1], sides[2]), (sides[3], sides[2]))
    return tuple((_correlation(one, other), len(one)) for one, other in pairs)


def _centred(values: torch.Tensor, drawn: torch.Tensor) -> torch.Tensor:
    """The numbers that are drawn, less their mean; of a square those on the diagonal have one of their own."""
    parts = [drawn]
    if values.ndim == 2 and values.shape[0] == values.shape[1]:
        diagonal = torch.eye(len(values), dtype=torch.bool)
        parts = [drawn & diagonal, drawn & ~diagonal]
    chosen = [values[part] for part in parts]
    return torch.cat([part - part.mean() for part in chosen if len(part)] or [values.new_zeros(0)])


def _correlation(one: torch.Tensor, other: torch.Tensor) -> float:
    size = float(one.norm() * other.norm())
    # what rounding leaves of a constant is none
    return float(one @ other) / size if size > 1e-12 * max(1, len(one)) else 0.0


def _runs(values: torch.Tensor) -> list[float]:
    """The numbers of the stretches of equal ones; those of more stretches than a constant has are cut off."""
    flat = values.detach().flatten()
    if not len(flat):
        return []
    starts = torch.cat([torch.ones(1, dtype=torch.bool, device=flat.device), flat[1:] != flat[:-1]])
    return [float(number) for number in flat[starts][: RUNS + 1]]
