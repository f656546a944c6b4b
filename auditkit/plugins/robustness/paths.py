"""The two ways to attack a wrapped model: by its gradients, or by its decisions alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from auditkit.data import AuditData, as_array
from auditkit.errors import ModelError
from auditkit.models import Capability, Model
from auditkit.plugins.robustness.space import Space, feature_space, picture_space
from auditkit.predictions import Predictions

REPEATS = 4
"""How often a model is asked again, to see whether it answers the same."""
PROBED = 64
NOTHING_RIGHT = "The model is wrong about every row, so there was nothing to attack."


class Attempt(NamedTuple):
    """How an attack is to be run."""

    epsilons: tuple[float, ...]
    """Ascending, in units of the space."""
    middle: float
    """The epsilon at which the attack itself is tried."""
    steps: int
    max_queries: int
    noise_draws: int
    rng: np.random.Generator
    seed: int
    progress: Callable[[int, int, str], None]


class Outcome(NamedTuple):
    """What an attack found, and what its trials of itself gave; None for a trial that the way does not have."""

    norm: str
    broken_at: np.ndarray
    """(N,) 0 where the row was wrong before any attack, else the distance or the epsilon that broke it, or infinite."""
    queries: int
    noise_share: float
    """The share of right rows that only random noise broke, at the epsilon at which this share is largest."""
    zero_share: float | None = None
    agreement: float | None = None
    scale_gap: float | None = None
    refused_share: float | None = None
    unbounded: float | None = None
    known_ratio: float | None = None
    distances: np.ndarray | None = None
    """(M,) of the rows that were right and were broken, where they are distances."""
    notes: tuple[str, ...] = ()


def way(model: Model, data: AuditData) -> str:
    """`gradient`, `boundary`, or a sentence that says why neither will do."""
    array = None if hasattr(data.inputs, "columns") else as_array(data.inputs)
    if array is None and not hasattr(data.inputs, "columns"):
        return "needs inputs made of numbers; these are of modality " + repr(data.modality)
    whole = array is not None and bool(np.isfinite(array).all())  # a gap cannot be stepped away from
    if whole and Capability.GRADIENTS in model.capabilities and _eats_as_is(model, data.inputs):
        return "gradient"
    if array is not None and array.ndim != 2:
        return "needs a model that gives gradients and eats the inputs as they are, for inputs that are no table"
    if not may_change(data).any():
        return "needs a numeric feature that may change; every feature is a category, a group or declared immutable"
    return "boundary"


def may_change(data: AuditData) -> np.ndarray:
    """(D,) bool: numeric, not declared immutable, not a sensitive attribute."""
    if not data.schema:
        return np.ones(int(np.prod(data.inputs.shape[1:])), dtype=bool)
    return np.array([each.numeric and each.mutable and each.name not in data.groups for each in data.schema])


def unsteady(model: Model, data: AuditData, predictions: Predictions) -> float:
    """The largest change of a probability, or share of changed decisions, when a few rows are asked about again."""
    few = data.take(np.arange(min(PROBED, len(data)))).inputs
    first = predictions.of(few)
    gap = 0.0
    for _ in range(REPEATS):
        again = predictions.of(few)
        gap = max(gap, float(np.mean(first.codes != again.codes)))
        if Capability.PROBABILITIES in model.capabilities:
            gap = max(gap, float(np.abs(first.probabilities - again.probabilities).max()))
    return gap


def by_decisions(model: Model, data: AuditData, predictions: Predictions, attempt: Attempt) -> Outcome:
    """Attack the numeric features of a table by asking for decisions."""
    from auditkit.plugins.robustness import boundary

    codes, truth = data.codes(), predictions.truth
    space = _table_space(data, codes)
    right = np.flatnonzero(predictions.codes == truth)
    if not len(right):
        return Outcome("L2 scaled", np.zeros(len(codes)), 0, 0.0, notes=(NOTHING_RIGHT,))

    def decide(points: np.ndarray) -> np.ndarray:
        return predictions.of(data.decode(points)).codes

    def progress(done: int, total: int) -> None:
        attempt.progress(done, total, "HopSkipJump, queries per row")

    found = boundary.hop_skip_jump(
        decide, codes[right], truth[right], space, codes, attempt.rng, attempt.max_queries, progress
    )
    better = boundary.try_noise(
        found, decide, codes[right], truth[right], space, attempt.epsilons, attempt.noise_draws, attempt.rng
    )
    broken_at = np.zeros(len(codes))
    broken_at[right] = better.distances
    broken = np.isfinite(better.distances)
    return Outcome(
        norm="L2 scaled",
        broken_at=broken_at,
        queries=int(better.queries.sum()),
        noise_share=max(_share((found.distances > each) & (better.distances <= each)) for each in attempt.epsilons),
        known_ratio=boundary.known_ratio(codes[right], space, codes, attempt.rng, attempt.max_queries),
        distances=better.distances[broken],
        notes=_what_moved(data, space),
    )


def by_gradients(model: Model, data: AuditData, predictions: Predictions, attempt: Attempt) -> Outcome:
    """Attack a differentiable model whose inputs are arrays.

    Raises:
        ModelError: the module's output is of no kind that can be read as logits.
    """
    from auditkit.plugins.robustness import gradient, library

    array = as_array(data.inputs)
    assert array is not None  # `way` saw to it
    flat = array.reshape(len(array), -1).astype(np.float64)
    truth = predictions.truth
    right = np.flatnonzero(predictions.codes == truth)
    if not len(right):
        return Outcome("Linf", np.zeros(len(flat)), 0, 0.0, notes=(NOTHING_RIGHT,))
    space = _array_space(data, array, flat)
    asked = [0]

    def ask(points: np.ndarray) -> np.ndarray:
        asked[0] += len(points)
        return predictions.of(_like(data.inputs, points.reshape(len(points), *array.shape[1:]))).codes

    with model.module() as module, library.seeded(attempt.seed):
        surface = _surface(module, model, predictions, space, array)
        target = gradient.Target(surface, flat[right], truth[right], array.shape[1:], space, ask)
        target.standardise()
        zero = target.zero_share(attempt.middle, attempt.rng)
        swept = gradient.sweep(
            target, attempt.epsilons, attempt.steps, attempt.noise_draws, attempt.rng, blind=zero == 1,
            progress=lambda done, total: attempt.progress(done, total, "projected gradient descent, epsilons"),
        )  # fmt: skip
        gap = gradient.scale_gap(target, attempt.middle, attempt.steps) if zero < 1 else None
        left = gradient.unbounded(target, attempt.steps) if zero < 1 else None
        agreement = target.agreement()
    broken_at = np.zeros(len(flat))
    broken_at[right] = swept.broken_at
    return Outcome(
        norm="Linf", broken_at=broken_at, queries=surface.rows + asked[0], noise_share=_share(swept.by_noise),
        zero_share=zero, agreement=agreement, scale_gap=gap, unbounded=left,
        refused_share=swept.refused / max(1, swept.returned),
        notes=(*_what_moved(data, space), f"Attacked on {surface.low.device}; outputs were read as {model.output}."),
    )  # fmt: skip


def _surface(module: Any, model: Model, predictions: Predictions, space: Space, array: np.ndarray) -> Any:
    import torch

    from auditkit.plugins.robustness.logits import Surface

    if model.output not in ("logits", "one logit", "probabilities", "one probability"):
        raise ModelError(f"{model.name}: output must be logits or probabilities to be attacked; it is {model.output!r}")
    binary = len(model.classes) == 2
    positive = list(model.classes).index(model.positive) if binary and model.positive in model.classes else 1
    like = model.encode(_like(array, array[:1]))
    low, scale = (torch.as_tensor(each.reshape(array.shape[1:])) for each in (space.low, space.scale))
    return Surface(
        module, model.output, low, scale, like,
        positive=positive, threshold=model.threshold if binary else None,
    ).eval()  # fmt: skip


def _array_space(data: AuditData, array: np.ndarray, flat: np.ndarray) -> Space:
    whole = array.dtype.kind in "iu"
    every = _with_train(data, flat)
    if array.ndim > 2:
        return picture_space(every, whole=whole)
    return feature_space(every, whole=np.full(flat.shape[1], whole), free=may_change(data))


def _table_space(data: AuditData, codes: np.ndarray) -> Space:
    free = may_change(data)
    if not data.schema:
        array = as_array(data.inputs)
        whole = array is not None and array.dtype.kind in "iu"
        return feature_space(_with_train(data, codes), whole=np.full(codes.shape[1], whole), free=free)

    def declared(ends: list[float | None]) -> np.ndarray:
        return np.array([np.nan if end is None else end for end in ends])

    return feature_space(
        _with_train(data, codes), whole=np.array([each.kind == "integer" for each in data.schema]), free=free,
        low=declared([each.low for each in data.schema]), high=declared([each.high for each in data.schema]),
    )  # fmt: skip


def _with_train(data: AuditData, values: np.ndarray) -> np.ndarray:
    """The rows and the training split's: what counts as in range is a matter of all the data."""
    if data.train is None:
        return values
    if hasattr(data.inputs, "columns"):
        return np.vstack([values, data.train.codes()])
    more = as_array(data.train.inputs)
    return values if more is None else np.vstack([values, more.reshape(len(more), -1).astype(np.float64)])


def _eats_as_is(model: Model, inputs: Any) -> bool:
    """Whether the module is given the inputs themselves, so that a step of the attack is a step of the input."""
    few = inputs[:2]
    encoded, plain = model.encode(few), as_array(few)
    if plain is None or not encoded.is_floating_point() or encoded.shape != plain.shape:
        return False
    return bool(np.allclose(encoded.detach().cpu().numpy(), plain, rtol=1e-4, equal_nan=True))


def _like(inputs: Any, values: np.ndarray) -> Any:
    """`values` as the kind of array that `inputs` is."""
    if isinstance(inputs, np.ndarray):
        return values.astype(inputs.dtype)
    return inputs.new_tensor(values)


def _what_moved(data: AuditData, space: Space) -> tuple[str, ...]:
    names = data.feature_names
    if len(names) != len(space.free) or space.free.all():
        return ()
    held = [name for name, free in zip(names, space.free, strict=True) if not free]
    more = f" and {len(held) - 12} more" if len(held) > 12 else ""
    return (f"Held as they are (categories, groups, immutable or constant): {', '.join(held[:12])}{more}.",)


def _share(flags: np.ndarray) -> float:
    return float(flags.mean()) if len(flags) else 0.0
