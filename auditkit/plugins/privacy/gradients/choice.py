"""Which engine serves a module: the fastest that agrees with one backward pass a row."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

from auditkit.errors import MissingExtra, ModelError
from auditkit.plugins.privacy.gradients.alone import OneByOne, Vectorised
from auditkit.plugins.privacy.gradients.bookkeeper import Bookkeeper
from auditkit.plugins.privacy.gradients.engine import Engine, Loss
from auditkit.plugins.privacy.gradients.hooks import Hooks
from auditkit.plugins.privacy.gradients.trial import disagreement
from auditkit.text import one_line

ENGINES: tuple[type[Engine], ...] = (Bookkeeper, Hooks, Vectorised, OneByOne)
"""The fastest first."""
ROW_ERROR = 1e-3
"""How far, relatively, a row's gradient in company may be from its gradient alone."""


class Choice(NamedTuple):
    """An engine, and why no faster one."""

    engine: Engine
    """The last of all where none agrees: look at `error`."""
    error: float
    """The worst relative error of its trials. Above `ROW_ERROR` only where the module mixes rows."""
    refused: tuple[tuple[str, str], ...]
    """(engine, why not) of those that are faster."""


def choose(
    module: nn.Module, loss: Loss, max_grad_norm: float, inputs: torch.Tensor, targets: torch.Tensor, chunk: int
) -> Choice:
    """The fastest engine that agrees, in batches as they will be used: the chunk, an odd rest, one row.

    Args:
        module: in training mode, as it will be trained.
        loss: mean over rows.
        max_grad_norm: of clipping.
        inputs: (N, ...) encoded training rows; N at least 1.
        targets: of them.
        chunk: most rows that go through at once.
    """
    order = torch.randperm(len(inputs), generator=torch.Generator().manual_seed(0)).to(inputs.device)
    refused: list[tuple[str, str]] = []
    for kind in ENGINES:
        try:
            engine = kind(module, loss, max_grad_norm)
            samples = [order[:size] for size in sizes(len(inputs), min(chunk, engine.rows_at_once))]
            error = max(disagreement(engine, inputs[rows], targets[rows]) for rows in samples)
        except (ModelError, MissingExtra, RuntimeError, ValueError, IndexError, TypeError, AttributeError) as fault:
            if kind is ENGINES[-1]:
                raise
            refused.append((kind.name, one_line(fault, 200)))
            continue
        if error <= ROW_ERROR or kind is ENGINES[-1]:
            break
        refused.append((kind.name, f"its gradients are {error:.1%} from those of rows alone"))
    return Choice(engine, error, tuple(refused))


def sizes(rows: int, chunk: int) -> list[int]:
    """The batch sizes tried: the largest used, an odd one as the rest of a batch, one row."""
    most = min(rows, chunk)
    return sorted({most, max(1, most // 2 - 1 | 1), 1}, reverse=True)
