"""A network fitted to a model's decisions: what breaks it is tried on the model, and it tries the search by decisions.

Papernot et al. (2017), Practical Black-Box Attacks against Machine Learning, arXiv:1602.02697.
"""

import numpy as np
import torch
from torch import Tensor

from auditkit.plugins.robustness.attacks import Attack, sweep
from auditkit.plugins.robustness.evasion import gradient_free
from auditkit.plugins.robustness.evasion.target import Tally, Target
from auditkit.plugins.robustness.surface import Surface

WIDTH = 128
EPOCHS = 60
BATCH = 128
ASKED = 40
"""Points for each row at which the model is asked for its decision."""
LEAST = 2000
"""Points at least."""


class _Fitted(Surface):
    """The network, over inputs in units."""

    def forward(self, unit: Tensor) -> Tensor:
        """(n, C) logits."""
        logits: Tensor = self.inner(unit)
        return logits


def fit(target: Target, classes: int, seed: int) -> Target:
    """The rows that a network of two hidden layers decides rightly, which was fitted to the model's decisions.

    The model is asked at rows, mixtures of rows and noisy rows.
    """
    x, decided = _labelled_points(target, np.random.default_rng(seed))
    y = torch.tensor(decided, dtype=torch.int64, device=x.device)
    # the run attacks under no_grad in places, and leaves torch's generator as it was
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(seed)
        network = torch.nn.Sequential(
            torch.nn.Flatten(), torch.nn.Linear(x[0].numel(), WIDTH), torch.nn.ReLU(),
            torch.nn.Linear(WIDTH, WIDTH), torch.nn.ReLU(), torch.nn.Linear(WIDTH, classes),
        ).to(x)  # fmt: skip
        optimizer = torch.optim.Adam(network.parameters(), 2e-3)
        for _ in range(EPOCHS):
            order = torch.randperm(len(x)).to(x.device)
            for start in range(0, len(x), BATCH):
                batch = order[start : start + BATCH]
                optimizer.zero_grad()
                torch.autograd.backward(torch.nn.functional.cross_entropy(network(x[batch]), y[batch]))
                optimizer.step()
    network.requires_grad_(False)
    surface = _Fitted(network, "logits", target.surface.low, target.surface.scale, target.x)
    right = (surface.decide(target.x) == target.y).cpu().numpy()

    def ask(points: np.ndarray) -> np.ndarray:
        return np.asarray(surface.decide(surface.in_units(points, target.space)).cpu().numpy())

    return Target(
        surface, target.origins[right], target.classes[right], target.shape, target.space, target.problem.norm, ask
    )  # fmt: skip


def transferred(target: Target, tally: Tally, fitted: Target, attack: Attack, grid: tuple[float, ...]) -> Tally:
    """What the attack breaks of the network; each point that breaks it is tried on the model and taken down."""
    on_network = Tally(fitted, grid)
    on_network.take(sweep(fitted.problem, fitted.x, fitted.y, grid, attack), np.arange(len(fitted.origins)))
    rows = np.flatnonzero((fitted.surface.decide(target.x) == target.y).cpu().numpy())
    broken = np.flatnonzero(np.isfinite(on_network.broken_at))
    tally.add(on_network.points[broken], rows[broken], on_network.broken_at[broken])
    return on_network


def missed(
    fitted: Target, by_slopes: Tally, grid: tuple[float, ...], rng: np.random.Generator, max_queries: int
) -> float | None:
    """The largest share of rows that slopes break and a search by decisions does not, where both attack the network.

    None where the network decides fewer than six rows rightly.
    """
    rows = np.arange(len(fitted.origins))
    if len(rows) < 6:
        return None
    by_decisions = Tally(fitted, grid)
    gradient_free.by_decisions(fitted, by_decisions, rows, rng, max_queries)
    return max(
        float(np.mean(by_slopes.broken_at <= epsilon) - np.mean(by_decisions.broken_at <= epsilon)) for epsilon in grid
    )


def _labelled_points(target: Target, rng: np.random.Generator) -> tuple[Tensor, np.ndarray]:
    """(M, *shape) points in units and the model's decisions there: rows, mixtures of two, rows with noise."""
    flat = target.x.cpu().numpy().reshape(len(target.x), -1).astype(np.float64)
    high, free = target.ceiling.cpu().numpy().reshape(-1), target.space.free
    count = max(LEAST, ASKED * len(flat)) // 2
    first, second = (rng.integers(0, len(flat), count) for _ in range(2))
    # between two rows the model's boundary is crossed somewhere, which rows alone seldom show
    mixed = flat[first] + rng.random((count, 1)) * (flat[second] - flat[first])
    third = rng.integers(0, len(flat), count)
    noisy = flat[third] + rng.uniform(0, 0.3, (count, 1)) * rng.choice((-1.0, 1.0), (count, flat.shape[1]))
    owners = np.concatenate([np.arange(len(flat)), first, third])
    points = np.clip(np.where(free, np.vstack([flat, mixed, noisy]), flat[owners]), 0, high)
    unlimited = np.full(len(points), 1e9)  # anywhere in the box
    inputs = target.inputs(points.astype(np.float32).reshape(-1, *target.shape), owners, unlimited)
    unit = torch.as_tensor(target.space.units(inputs)).to(target.x)
    return unit.reshape(-1, *target.shape), target.ask(inputs)
