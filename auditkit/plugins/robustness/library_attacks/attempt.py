"""One attack on every row: budgets, crashes, points that break the rules; and the same on a known boundary."""

import contextlib
import io
from dataclasses import dataclass, field

import numpy as np

from auditkit.art import evasion_seeded, quiet
from auditkit.errors import TimeLimit
from auditkit.plugins.robustness.library_attacks import catalogue
from auditkit.plugins.robustness.library_attacks.problem import KnownBoundary, Scene
from auditkit.plugins.robustness.library_attacks.targets import BudgetSpent, Watch

TOLERANCE = 1e-5
"""How far, in units, rounding may carry a returned point over epsilon or out of the range."""
TRIED = 3
"""Rows on which an attack is tried at a known boundary."""


@dataclass
class AttackResult:
    """What one attack found."""

    name: str
    distances: np.ndarray
    """(R,) of the closest wrong answer; infinite where none was found."""
    queries: np.ndarray
    """(R,)"""
    returned: int = 0
    refused: int = 0
    """Returned points that were not finite, out of range or too far."""
    errors: dict[str, int] = field(default_factory=dict)
    """{error: rows on which it came}."""
    known: float | None = None
    """The median distance found over the true one, on a known boundary; None where the attack found none."""


def run(plan: catalogue.Plan, scene: Scene | KnownBoundary, rows: np.ndarray, truth: np.ndarray) -> AttackResult:
    """Attack each of the rows (R, D) on its own."""
    result = AttackResult(plan.name, np.full(len(rows), np.inf), np.zeros(len(rows), dtype=np.int64))
    for index, (row, right) in enumerate(zip(rows, truth, strict=True)):
        watch = Watch(scene.space, row, plan.norm, plan.tick)
        watch.wants_probabilities = plan.name in catalogue.NEED_PROBABILITIES
        _attack_row(plan, scene, watch, int(right), result, index)
        result.queries[index] = watch.queries
    return result


def known_ratio(plan: catalogue.Plan, scene: Scene, rows: np.ndarray, rng: np.random.Generator) -> float | None:
    """How much farther than the truth the attack finds a boundary whose distance is known; 1 is perfect."""
    # within the middle epsilon, so that an attack that is given an epsilon can reach it
    distance = 0.8 * plan.epsilons[len(plan.epsilons) // 2]
    trial = KnownBoundary(scene, plan.norm, distance, rng)
    sample = rows[:TRIED]
    attacked = run(plan, trial, sample, np.zeros(len(sample), dtype=np.int64))
    ratio = float(np.median(attacked.distances)) / distance
    return ratio if np.isfinite(ratio) else None


def _attack_row(
    plan: catalogue.Plan, scene: Scene | KnownBoundary, watch: Watch, truth: int, result: AttackResult, row_index: int
) -> None:
    # an attack that is given no epsilon looks for the smallest change
    takes_epsilon = "eps" in catalogue.options_of(plan.attack) and "eps" not in plan.options
    sizes: tuple[float | None, ...] = plan.epsilons if takes_epsilon else (None,)
    for step, epsilon in enumerate(sizes):
        # the queries that a small epsilon leaves are there for the larger ones
        watch.limit = plan.max_queries * (step + 1) // len(sizes)
        try:
            # some attacks draw bars of progress, whatever they are told
            with contextlib.redirect_stderr(io.StringIO()), evasion_seeded(plan.seed + row_index), quiet():
                points = _generate(plan, scene, watch, truth, epsilon)
            _take(plan, watch, points, epsilon, result)
        except BudgetSpent:
            pass
        except TimeLimit:
            raise
        except Exception as error:
            sentence = describe(error)
            result.errors[sentence] = result.errors.get(sentence, 0) + 1
        result.distances[row_index] = min(result.distances[row_index], _confirmed(scene, watch, truth))
        if result.distances[row_index] <= (epsilon or 0) + TOLERANCE:
            return


def _generate(
    plan: catalogue.Plan, scene: Scene | KnownBoundary, watch: Watch, truth: int, epsilon: float | None
) -> np.ndarray:
    plan.tick()
    target = scene.target(plan.kind, watch, truth)
    attack = catalogue.make(plan, target, epsilon, int(watch.space.free.sum()))
    if plan.kind == "trees":
        # this attack reads a label as the class to reach, and leaves the tree's own decision, which is right here
        return np.asarray(attack.generate(watch.origin[None].copy()))
    start = watch.units(watch.origin[None]).astype(np.float32).reshape(1, *target.input_shape)
    # without y the model's own decisions would stand in for the truth
    return np.asarray(attack.generate(start, y=np.eye(scene.classes, dtype=np.float32)[[truth]]))


def _take(plan: catalogue.Plan, watch: Watch, points: np.ndarray, epsilon: float | None, result: AttackResult) -> None:
    """Remember the returned points that keep the rules; count the others."""
    result.returned += len(points)
    if plan.kind == "trees":
        points = watch.units(points.reshape(len(points), -1).astype(np.float64))
    flat = points.reshape(len(points), -1).astype(np.float64)
    top = (watch.space.high - watch.space.low)[watch.space.free] / watch.space.scale[watch.space.free]
    origin = watch.units(watch.origin[None])[0]  # a row may itself lie outside the range
    with np.errstate(invalid="ignore"):
        inside = (flat >= np.fmin(0, origin) - TOLERANCE) & (flat <= np.fmax(top, origin) + TOLERANCE)
    is_fit = np.isfinite(flat).all(axis=1) & inside.all(axis=1)
    if epsilon is not None:
        change = flat - origin
        distance = np.abs(change).max(axis=1) if plan.norm == "Linf" else np.sqrt((change**2).sum(axis=1))
        is_fit &= distance <= epsilon + TOLERANCE
    result.refused += int((~is_fit).sum())
    watch.remember(watch.legal(flat)[is_fit])


def _confirmed(scene: Scene | KnownBoundary, watch: Watch, truth: int) -> float:
    """The distance of the closest remembered point on which the model, asked anew, is wrong; infinite for none."""
    if not len(watch.points):
        return np.inf
    changes = watch.points - watch.origin
    farther = [watch.space.snap(watch.origin + factor * changes, watch.origin) for factor in scene.beyond]
    points = np.vstack([watch.points, *farther])
    return float(watch.distances_to(points)[scene.wrong(points, truth)].min(initial=np.inf))


def describe(error: Exception) -> str:
    """An error in a line; for a package that is missing, which one to install."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0]
        return f"it needs the package {package!r}, which is not installed; install it with: pip install {package}"
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
