"""Epsilon by three accountants that do not share their numerics.

The mechanism is DP-SGD (Abadi et al. 2016, Deep Learning with Differential Privacy, arXiv:1607.00133): in every step
each row takes part by its own toss of a coin (Poisson sampling), its gradient is clipped, Gaussian noise is added.

Which pair of distributions dominates a step, in units of the clipping norm: where neighbours differ by a row that is
there or not, N(0, sigma^2) and (1 - q) N(0, sigma^2) + q N(1, sigma^2) (Zhu, Dong and Wang 2022, arXiv:2106.08567);
where they differ by a row that is another, (1 - q) N(0, sigma^2) + q N(1, sigma^2) and the same with -1: gradients that
point apart are the farthest apart, for the divergence falls as their correlation rises (Slepian's inequality).
"""

import functools
import math
import warnings
from typing import Any, NamedTuple

import numpy as np

from auditkit.errors import require
from auditkit.plugins.privacy.accounting.history import History, Neighbours, Phase
from auditkit.plugins.privacy.accounting.replaced_row import ReplacedRow, replaced_moments

POINTS = 2_000, 2_000_000
"""The grid of a privacy loss distribution, at least and at most; fewer are kept in a form that is composed slowly."""
MESH = 4_000_000
"""Points of the grid of privacy loss random variables, at most: some hundred megabytes."""


class Certified(NamedTuple):
    """Epsilon between ends that a theorem certifies, and the best guess between them."""

    low: float
    estimate: float
    high: float


def rdp_epsilon(history: History, delta: float, neighbours: Neighbours = "add_or_remove") -> float:
    """Epsilon by Rényi moments (Mironov 2017, arXiv:1702.07476), which takes milliseconds; an upper bound.

    For rows that are there or not the moments are opacus's (Mironov, Talwar and Zhang 2019, arXiv:1908.10530), for
    replaced rows they are integrated here. Conversion to epsilon: Balle et al. 2020, arXiv:1905.09982, theorem 21.

    Args:
        history: see `history_of`.
        delta: above 0 and under 1.
        neighbours: which data sets are neighbours.
    """
    if not history:
        return 0.0
    moments = require("opacus.accountants.analysis.rdp", "opacus")
    orders = np.array(require("opacus.accountants", "opacus").RDPAccountant.DEFAULT_ALPHAS)
    # opacus warns that a finer grid would give a smaller epsilon, and divides by zero where no sampling is done
    with warnings.catch_warnings(action="ignore"):
        total = sum(steps * _moments_of_a_step(noise, rate, neighbours) for noise, rate, steps in history)
        epsilon, _ = moments.get_privacy_spent(orders=orders, rdp=total, delta=delta)
    return max(0.0, float(epsilon))


@functools.lru_cache(maxsize=256)
def _moments_of_a_step(noise: float, rate: float, neighbours: Neighbours) -> Any:
    """Those of many steps are a multiple of them, and a training asks again and again what it has cost so far."""
    orders = np.array(require("opacus.accountants", "opacus").RDPAccountant.DEFAULT_ALPHAS)
    if neighbours == "replace":
        return replaced_moments(noise, rate, orders)
    compute = require("opacus.accountants.analysis.rdp", "opacus").compute_rdp
    return compute(q=rate, noise_multiplier=noise, steps=1, orders=orders)


def prv_epsilon(history: History, delta: float, neighbours: Neighbours = "add_or_remove") -> Certified | None:
    """Epsilon by privacy loss random variables (Gopi et al. 2021, arXiv:2106.02848, theorem 5.5), by opacus's classes.

    For rows that are there or not they are those of removal, so that the lower end holds for both directions. None
    where more than `MESH` points would be needed, or the numbers overflow. Arguments as in `rdp_epsilon`.
    """
    if not history:
        return Certified(0.0, 0.0, 0.0)
    analysis = require("opacus.accountants.analysis.prv", "opacus")
    counts = [phase.steps for phase in history]
    wrong = delta / 1000
    bounds = [rdp_epsilon(history, wrong / 4, neighbours)]
    bounds += [rdp_epsilon((one._replace(steps=1),), wrong / (8 * sum(counts)), neighbours) for one in history]
    width = max(bounds) + 3
    mesh_of_one = 1 / math.sqrt(sum(counts) * math.log(12 / wrong) / 2)
    error = max(min(0.01, rdp_epsilon(history, delta, neighbours) / 100), 2 * width / mesh_of_one / MESH)
    if error > 0.5 or width > 600:
        return None
    kind = ReplacedRow if neighbours == "replace" else analysis.PoissonSubsampledGaussianPRV
    try:
        with warnings.catch_warnings(action="ignore"):
            domain = analysis.Domain.create_aligned(-width, width, error * mesh_of_one)
            losses = [
                analysis.discretize(
                    analysis.TruncatedPrivacyRandomVariable(kind(rate, noise), domain.t_min, domain.t_max), domain
                )
                for noise, rate, _ in history
            ]
            composed = analysis.compose_heterogeneous(dprvs=losses, num_self_compositions=counts)
            low, estimate, high = (float(end) for end in composed.compute_epsilon(delta, wrong, error))
    except (RuntimeError, ValueError):  # what opacus says where its numerics do not suffice
        return None
    return Certified(max(0.0, low), max(0.0, estimate), max(0.0, high)) if math.isfinite(low + high) else None


def pld_epsilon(history: History, delta: float, neighbours: Neighbours = "add_or_remove", finer: int = 1) -> float:
    """Epsilon by privacy loss distributions (Doroshenko et al. 2022, arXiv:2207.04380), with dp-accounting.

    Rounded so that it is an upper bound, the larger of both directions: a row added, a row removed.

    Args:
        history: see `history_of`.
        delta: above 0 and under 1.
        neighbours: which data sets are neighbours.
        finer: how many times finer than needed the grid is.
    """
    return _composed(history, delta, neighbours, finer)[0] if history else 0.0


def epsilon_curve(histories: list[History], delta: float, neighbours: Neighbours = "add_or_remove") -> list[float]:
    """Epsilon of histories that grow, as `pld_epsilon` of each, with one grid for all: that of the last."""
    _, losses = _composed(histories[-1], delta, neighbours, finer=1)
    return [losses.epsilon(history, delta) for history in histories]


class LossDistribution:
    """The privacy losses of each phase's single step, which are composed as often as asked.

    Args:
        history: whose phases.
        neighbours: which data sets are neighbours.
        grid: distance of the losses that are distinguished.
    """

    def __init__(self, history: History, neighbours: Neighbours, grid: float) -> None:
        losses = require("dp_accounting.pld.privacy_loss_distribution", "opacus")
        relations = require("dp_accounting", "opacus").NeighboringRelation
        relation = relations.REPLACE_ONE if neighbours == "replace" else relations.ADD_OR_REMOVE_ONE
        self._single = {
            phase[:2]: losses.from_gaussian_mechanism(
                phase.noise_multiplier, sampling_prob=phase.sample_rate, value_discretization_interval=grid,
                neighboring_relation=relation,
            )
            for phase in history
        }  # fmt: skip

    def epsilon(self, history: History, delta: float) -> float:
        """Of phases whose noise and rate are among those given."""
        composed = None
        for phase in history:
            part = self._single[phase[:2]].self_compose(phase.steps)
            composed = part if composed is None else composed.compose(part)
        return 0.0 if composed is None else float(composed.get_epsilon_for_delta(delta))


def _composed(history: History, delta: float, neighbours: Neighbours, finer: int) -> tuple[float, LossDistribution]:
    # a guess of nearly nothing would lay the finest grid, which most such histories do not need
    grid = _grid(history, max(0.01, rdp_epsilon(history, delta, neighbours)), finer)
    while True:
        losses = LossDistribution(history, neighbours, grid)
        epsilon = losses.epsilon(history, delta)
        # a grid that was laid for a larger number is too coarse for this one
        needed = _grid(history, epsilon, finer)
        if epsilon == 0 or needed > grid / 2:
            return epsilon, losses
        grid = needed


def _grid(history: History, epsilon: float, finer: int) -> float:
    """How far apart the losses may be.

    A step's mean grows by grid^2 / 12 and its variance by grid^2 / 6, for what lies between two points is shared by
    them. Where epsilon is about 4.5 standard deviations of the sum of losses, this adds 0.1 % to it.
    """
    steps = sum(phase.steps for phase in history)
    widest = max(_range(phase) for phase in history)
    grid = min(0.02 * epsilon, 0.1) / math.sqrt(steps) / finer
    return min(max(grid, widest / POINTS[1]), widest / POINTS[0])


def _range(phase: Phase) -> float:
    """How far the losses of one step reach where all but e^-50 of the noise is seen."""
    reach = (10.3 * phase.noise_multiplier + 1.5) / phase.noise_multiplier**2
    # where every row takes part there is no log(1 - rate)
    with np.errstate(divide="ignore"):
        return 2 * float(np.logaddexp(np.log1p(-phase.sample_rate), np.log(phase.sample_rate) + reach))
