"""Integrated gradients of a torch module along paths, with as many steps as each row needs; where the paths begin."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, Self, TypeAlias

import numpy as np
import torch

from auditkit.errors import require
from auditkit.memory import out_of_memory

DOUBLINGS = 4
"""How often the steps are doubled for rows whose attributions do not add up yet."""
ENOUGH = 0.01
"""The relative gap from which a row is done again with more steps."""
FLOOR = 0.1
"""Rows that hardly differ from the baseline are held against this share of the median difference."""

Kind: TypeAlias = Literal["auto", "mean", "zeros", "blurred"]


def make_baseline(kind: Kind, encoded: torch.Tensor, background: torch.Tensor, image: bool) -> tuple[torch.Tensor, str]:
    """The mean of the background, zeros, or each row blurred; `auto` is zeros for images and the mean otherwise.

    Args:
        kind: which.
        encoded: (n, ...) the rows to explain.
        background: (B, ...) rows for the mean.
        image: True where the last two axes are a picture's.

    Returns:
        (1, ...) or (n, ...), encoded, the start of each row's path, and what that is.

    Raises:
        ValueError: `blurred` was asked of something else than images.
    """
    if kind == "blurred":
        if not image:
            raise ValueError("baseline 'blurred' is for images; take 'mean' or 'zeros'")
        return blur(encoded), "each picture, blurred"
    if kind == "zeros" or (kind == "auto" and image):
        return torch.zeros_like(encoded[:1]), "zeros, after preprocessing"
    return background.mean(dim=0, keepdim=True), f"the mean of {len(background)} background rows"


def blur(pictures: torch.Tensor) -> torch.Tensor:
    """(n, ..., H, W) averaged twice over squares of about a quarter of the picture."""
    height, width = pictures.shape[-2:]
    reach = max(1, min(height, width) // 8)
    # odd, so that the picture keeps its size
    size = 2 * reach + 1
    soft = pictures.reshape(len(pictures), -1, height, width)
    # twice over a square weighs like a pyramid, without the edges that one square leaves
    for _ in range(2):
        soft = torch.nn.functional.avg_pool2d(soft, size, stride=1, padding=reach, count_include_pad=False)
    return soft.reshape(pictures.shape)


class Integrated(NamedTuple):
    """Integrated gradients of some rows, and how well each row's add up."""

    values: np.ndarray
    """(n, ...) float64, in the unit of the module's output."""
    gaps: np.ndarray
    """(n,) |sum of values - (f(x) - f(baseline))| / |f(x) - f(baseline)|; see `relative_gaps`."""
    steps: np.ndarray
    """(n,) how many steps each row took."""


@dataclass(frozen=True)
class Path:
    """Rows, where their paths begin, and the network along them."""

    module: torch.nn.Module
    """In eval mode, maps (m, ...) to (m, C), (m, 1) or (m,)."""
    encoded: torch.Tensor
    """(n, ...) floating-point rows."""
    baseline: torch.Tensor
    """(1, ...) or (n, ...)."""
    origin: str
    """What the baseline is, in words."""
    targets: np.ndarray
    """(n,) the output's column for each row; ignored where it has one."""
    steps: int
    """Points on the path at first."""
    batch: int
    """Points asked about at once; halved where the memory does not suffice."""

    def explain(self, progress: Callable[[int, int, str], None] = lambda done, total, what: None) -> Integrated:
        """The path integral of the gradient from the baseline to each row, times the distance.

        Gauss-Legendre quadrature (captum) with `steps` points; rows whose values miss f(x) - f(baseline) by more than
        1 % are done again with twice as many, at most 16 times as many. `progress` is told after each part.

        Source: Sundararajan, Taly, Yan 2017, Axiomatic Attribution for Deep Networks, arXiv:1703.01365.
        """
        rows = len(self.encoded)
        values, misses = np.empty(tuple(self.encoded.shape)), np.empty(rows)
        everyone = torch.arange(rows, device=self.encoded.device)
        with torch.no_grad():
            changed = self.output(self.encoded, everyone)
            changes = (changed - self.output(self.baseline.expand_as(self.encoded), everyone)).double().cpu().numpy()
        steps_taken, unsettled = np.zeros(rows, dtype=np.int64), np.arange(rows)
        for doubling in range(DOUBLINGS + 1):
            points, done = self.steps * 2**doubling, rows - len(unsettled)
            # captum asks about all points of all rows at once: rows x points is what must fit
            at_once = max(1, self.batch // points)
            for part in np.split(unsettled, range(at_once, len(unsettled), at_once)):
                values[part], misses[part] = self._attribute(part, points)
                steps_taken[part], done = points, done + len(part)
                progress(done, rows, f"rows explained with {points} points each")
            gaps = relative_gaps(misses, changes)
            # few rows need many steps, mostly those whose path crosses many kinks of the network
            unsettled = np.flatnonzero(gaps > ENOUGH)
            if not len(unsettled):
                break
        return Integrated(values, gaps, steps_taken)

    def output(self, rows: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        """(m,) the explained output of rows (m, ...) that belong to these positions (m,) among the targets."""
        output = self.module(rows)
        # models of transformers return a record
        output = getattr(output, "logits", output)
        wide = output.reshape(len(rows), -1)
        if wide.shape[1] == 1:
            return wide[:, 0]
        # captum repeats the rows for every point of the path: positions say whose target is meant
        columns = torch.tensor(self.targets, dtype=torch.int64, device=wide.device)[positions]
        return wide.gather(1, columns[:, None])[:, 0]

    def gradients(self) -> np.ndarray:
        """(n, ...) float64 gradients of the explained output at the rows themselves."""
        parts = []
        all_rows = torch.arange(len(self.encoded), device=self.encoded.device)
        for positions in all_rows.split(self.batch):  # type: ignore[no-untyped-call]
            # a leaf of its own: gradients must not gather in the caller's tensor
            leaf = self.encoded[positions].detach().clone().requires_grad_(True)
            with torch.enable_grad():
                (gradient,) = torch.autograd.grad(self.output(leaf, positions).sum(), leaf)
            parts.append(gradient.detach().double().cpu().numpy())
        return np.concatenate(parts)

    def first(self, rows: int) -> Self:
        """The first rows only."""
        start = self.baseline if len(self.baseline) == 1 else self.baseline[:rows]
        return replace(self, encoded=self.encoded[:rows], baseline=start, targets=self.targets[:rows])

    @property
    def distance(self) -> np.ndarray:
        """(n, ...) rows minus baseline."""
        return np.asarray((self.encoded - self.baseline).double().cpu().numpy())

    def _attribute(self, rows: np.ndarray, points: int) -> tuple[np.ndarray, np.ndarray]:
        """Values and misses of some rows; with half the batch as long as the memory does not suffice."""
        method = require("captum.attr", "captum").IntegratedGradients(self.output, multiply_by_inputs=True)
        positions, batch = torch.as_tensor(rows, device=self.encoded.device), self.batch
        start = self.baseline if len(self.baseline) == 1 else self.baseline[positions]
        while True:
            try:
                values, misses = method.attribute(
                    self.encoded[positions],
                    baselines=start.expand_as(self.encoded[positions]),
                    additional_forward_args=(positions,),
                    n_steps=points,
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


def has_gradients(module: torch.nn.Module, encoded: torch.Tensor) -> bool:
    """Whether the output of a module hangs together with its inputs in torch's graph; gradients of 0 are some.

    Args:
        module: in eval mode.
        encoded: (n, ...) floating-point rows.
    """
    leaf = encoded.detach().clone().requires_grad_(True)
    with torch.enable_grad():
        output = module(leaf)
        output = getattr(output, "logits", output)
        if not output.requires_grad:
            return False
        (gradient,) = torch.autograd.grad(output.sum(), leaf, allow_unused=True)
    return gradient is not None


def relative_gaps(misses: np.ndarray, changes: np.ndarray) -> np.ndarray:
    """(n,) |sum of attributions - (f(x) - f(baseline))| over |f(x) - f(baseline)|.

    The denominator is at least a tenth of its median over the rows, for a row that equals the baseline has nothing to
    attribute. Zero where both are.
    """
    scale = np.maximum(np.abs(changes), FLOOR * np.median(np.abs(changes)))
    # networks answer in float32, whose roundings are no gap
    tiny = np.finfo(np.float32).eps
    return np.where(np.abs(misses) <= tiny, 0.0, np.abs(misses) / np.maximum(scale, tiny))
