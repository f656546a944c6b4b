"""Integrated gradients of a torch module, with as many steps as each row needs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditkit.errors import require
from auditkit.memory import out_of_memory

if TYPE_CHECKING:
    import torch

DOUBLINGS = 4
"""How often the steps are doubled for rows whose attributions do not add up yet."""
ENOUGH = 0.01
"""The relative gap from which a row is done again with more steps."""
FLOOR = 0.1
"""Rows that hardly differ from the baseline are held against this share of the median difference."""


class Integrated(NamedTuple):
    """Integrated gradients of some rows, and how well each row's add up."""

    values: np.ndarray
    """(n, ...) float64, in the unit of the module's output."""
    gaps: np.ndarray
    """(n,) |sum of values - (f(x) - f(baseline))| / |f(x) - f(baseline)|; see `relative_gaps`."""
    steps: np.ndarray
    """(n,) how many steps each row took."""


def integrated_gradients(
    module: torch.nn.Module,
    encoded: torch.Tensor,
    baseline: torch.Tensor,
    targets: np.ndarray,
    steps: int,
    batch: int,
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
) -> Integrated:
    """The path integral of the gradient from the baseline to each row, times the distance.

    Gauss-Legendre quadrature (captum) with `steps` points; rows whose values miss f(x) - f(baseline) by more than
    1 % are done again with twice as many, at most 16 times as many.

    Args:
        module: in eval mode, maps (m, ...) to (m, C), (m, 1) or (m,).
        encoded: (n, ...) floating-point rows.
        baseline: (1, ...) or (n, ...).
        targets: (n,) the output's column for each row; ignored where it has one.
        steps: points on the path.
        batch: points asked about at once; halved where the memory does not suffice.
        progress: told after each part.

    Source: Sundararajan, Taly, Yan 2017, Axiomatic Attribution for Deep Networks, arXiv:1703.01365.
    """
    rows = len(encoded)
    values, misses = np.empty(tuple(encoded.shape)), np.empty(rows)
    changes = _changes(module, encoded, baseline, targets)
    steps_taken, unsettled = np.zeros(rows, dtype=np.int64), np.arange(rows)
    for doubling in range(DOUBLINGS + 1):
        points, done = steps * 2**doubling, rows - len(unsettled)
        # captum asks about all points of all rows at once: rows x points is what must fit
        for part in _parts(unsettled, max(1, batch // points)):
            values[part], misses[part] = _part(module, encoded, baseline, targets, part, points, batch)
            steps_taken[part], done = points, done + len(part)
            progress(done, rows, f"rows explained with {points} points each")
        gaps = relative_gaps(misses, changes)
        # few rows need many steps, mostly those whose path crosses many kinks of the network
        unsettled = np.flatnonzero(gaps > ENOUGH)
        if not len(unsettled):
            break
    return Integrated(values, gaps, steps_taken)


def relative_gaps(misses: np.ndarray, changes: np.ndarray) -> np.ndarray:
    """(n,) |sum of attributions - (f(x) - f(baseline))| over |f(x) - f(baseline)|.

    The denominator is at least a tenth of its median over the rows, for a row that equals the baseline has nothing to
    attribute. Zero where both are.
    """
    scale = np.maximum(np.abs(changes), FLOOR * np.median(np.abs(changes)))
    # networks answer in float32, whose roundings are no gap
    tiny = np.finfo(np.float32).eps
    return np.where(np.abs(misses) <= tiny, 0.0, np.abs(misses) / np.maximum(scale, tiny))


def one_column(module: torch.nn.Module, targets: np.ndarray) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """A function of rows (m, ...) and their positions in `targets` (m,), that gives the explained output (m,)."""
    import torch

    def forward(rows: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        output = module(rows)
        # models of transformers return a record
        output = getattr(output, "logits", output)
        wide = output.reshape(len(rows), -1)
        if wide.shape[1] == 1:
            return wide[:, 0]
        # captum repeats the rows for every point of the path: positions say whose target is meant
        columns = torch.as_tensor(targets, dtype=torch.int64, device=wide.device)[positions]
        return wide.gather(1, columns[:, None])[:, 0]

    return forward


def gradients(module: torch.nn.Module, encoded: torch.Tensor, targets: np.ndarray, batch: int) -> np.ndarray:
    """(n, ...) float64 gradients of the explained output at the rows themselves."""
    import torch

    forward = one_column(module, targets)
    parts = []
    for part in _parts(np.arange(len(encoded)), batch):
        positions = torch.as_tensor(part, device=encoded.device)
        # a leaf of its own: gradients must not gather in the caller's tensor
        leaf = encoded[positions].detach().clone().requires_grad_(True)
        with torch.enable_grad():
            (gradient,) = torch.autograd.grad(forward(leaf, positions).sum(), leaf)
        parts.append(gradient.detach().double().cpu().numpy())
    return np.concatenate(parts)


@contextlib.contextmanager
def evaluating(module: torch.nn.Module) -> Iterator[None]:
    """Every layer in eval mode; each is put back on leaving, also after an exception.

    Dropout and batch statistics would change the answer, and batch normalisation the model itself. Recurrent layers
    under CUDA run without cuDNN meanwhile, which refuses their backward pass in eval mode.
    """
    import torch

    modes = [(layer, layer.training) for layer in module.modules() if hasattr(layer, "training")]
    recurrent = any(isinstance(layer, torch.nn.RNNBase) for layer, _ in modes)
    cuda = any(parameter.is_cuda for parameter in module.parameters())
    plain = torch.backends.cudnn.flags(enabled=False) if recurrent and cuda else contextlib.nullcontext()
    try:
        for layer, _ in modes:
            layer.training = False
        with plain:
            yield
    finally:
        for layer, training in modes:
            layer.training = training


def _part(
    module: torch.nn.Module,
    encoded: torch.Tensor,
    baseline: torch.Tensor,
    targets: np.ndarray,
    rows: np.ndarray,
    steps: int,
    batch: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Values and misses of the rows `rows`; with half the batch as long as the memory does not suffice."""
    import torch

    captum = require("captum.attr", "captum")
    method = captum.IntegratedGradients(one_column(module, targets), multiply_by_inputs=True)
    positions = torch.as_tensor(rows, device=encoded.device)
    start = baseline if len(baseline) == 1 else baseline[positions]
    while True:
        try:
            values, misses = method.attribute(
                encoded[positions],
                baselines=start.expand_as(encoded[positions]),
                additional_forward_args=(positions,),
                n_steps=steps,
                internal_batch_size=max(batch, len(rows)),
                return_convergence_delta=True,
            )
        except (MemoryError, RuntimeError) as error:
            # captum takes at least one point of every row at a time, so halving ends there
            if not out_of_memory(error) or batch <= len(rows):
                raise
            batch //= 2
            continue
        return values.detach().double().cpu().numpy(), misses.detach().double().cpu().numpy()


def _changes(module: torch.nn.Module, encoded: torch.Tensor, baseline: torch.Tensor, targets: np.ndarray) -> np.ndarray:
    import torch

    forward = one_column(module, targets)
    positions = torch.arange(len(encoded), device=encoded.device)
    with torch.no_grad():
        change = forward(encoded, positions) - forward(baseline.expand_as(encoded), positions)
    return np.asarray(change.double().cpu().numpy())


def _parts(rows: np.ndarray, size: int) -> Iterator[np.ndarray]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
