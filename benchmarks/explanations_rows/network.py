"""s3: a network of 2 × 64 and 60 columns at equal mean square error, against shapiq in an environment of its own."""

from __future__ import annotations

import pathlib
import statistics
import warnings
from typing import Any, NamedTuple

import numpy as np

from auditkit.plugins.explanations.shapley import first_layer
from auditkit.plugins.explanations.shapley.affine_models import AffineModel, logistic
from auditkit.plugins.explanations.shared.permutation import paired_permutations
from benchmarks.harness import Baseline, Gate, Line, in_turn, largest_difference
from benchmarks.peers import Child, environment

PEER = "shapiq==1.4.1"
COLUMNS, WIDTH = 60, 64
PEERS = ("KernelSHAP", "SVARM", "PermutationSamplingSV")


class Size(NamedTuple):
    """How large the work is."""

    rows: int
    background: int
    budget: int
    """Coalitions that shapiq asks about for each row."""
    truth: int
    """Pairs of orders behind the values that stand for the truth."""
    rounds: int


FULL = Size(4, 50, 2_168, 400, 3)
QUICK = Size(1, 10, 200, 20, 1)


def measure(size: Size, folder: pathlib.Path, environments: pathlib.Path) -> tuple[list[Line], dict[str, Any]]:
    """Each side at one budget, brought to equal error by the law that all follow: error² · time."""
    from sklearn.neural_network import MLPClassifier

    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(4_000, COLUMNS))
    labels = (inputs[:, 0] + inputs[:, 1] * inputs[:, 2] + np.abs(inputs[:, 3:9]).sum(axis=1) > 5).astype(int)
    with warnings.catch_warnings(action="ignore"):
        model = MLPClassifier((WIDTH, WIDTH), max_iter=30, random_state=0).fit(inputs, labels)
    x, background = inputs[: size.rows], inputs[1_000 : 1_000 + size.background]
    layers = list(zip(model.coefs_, model.intercepts_, strict=True))

    def after(z: np.ndarray) -> np.ndarray:
        for weights, bias in layers[1:]:
            z = np.maximum(z, 0) @ weights + bias
        return logistic(z)

    affine, owners = AffineModel(*layers[0], after), np.arange(COLUMNS)
    target = np.ones(len(x), dtype=np.int64)

    def ask(codes: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return after(codes @ affine.weights + affine.bias)[:, 1]

    def by_sums(pairs: int, seed: int) -> np.ndarray:
        layer = first_layer.first_layer(affine, x, background, owners, COLUMNS, target)
        return paired_permutations(ask, x, background, np.random.default_rng(seed), pairs, walk=layer.walk).values

    def by_rows(pairs: int, seed: int) -> np.ndarray:
        return paired_permutations(ask, x, background, np.random.default_rng(seed), pairs).values

    truth, squares, seconds = by_sums(size.truth, 10_000), {}, {}
    drawn = iter(range(1_000))

    def measured(way: Any) -> Any:
        return lambda: squares.setdefault(way.__name__, []).append(float(((way(2, next(drawn)) - truth) ** 2).mean()))

    sides = {way.__name__: (measured(way), 1) for way in (by_sums, by_rows)}
    weights = {f"w{place}": array for place, array in enumerate(array for layer in layers for array in layer)}
    np.savez(folder / "network.npz", x=x, background=background, **weights)
    with Child("shapiq_child.py", python=environment(environments, PEER)) as child:
        for name in PEERS:  # what a first call costs is not timed
            child.ask("values", file=str(folder / "network.npz"), name=name, budget=200, seed=0)
        for turn in range(size.rounds):
            for name in PEERS[:: -1 if turn % 2 else 1]:
                given = child.ask("values", file=str(folder / "network.npz"), name=name, budget=size.budget, seed=turn)
                seconds.setdefault(name, []).append(given["seconds"])
                squares.setdefault(name, []).append(float(((np.array(given["values"]) - truth) ** 2).mean()))
            if turn == 0:
                seconds.update(in_turn(sides, size.rounds))
    same = largest_difference(by_sums(2, 5), by_rows(2, 5))
    errors = {name: statistics.mean(values) for name, values in squares.items()}
    quicker = min(sides, key=lambda name: statistics.median(seconds[name]))
    gate = Gate("sums in the first layer: from the same orders by rows", same, 1e-9)
    lines = [_line(name, quicker, size, seconds, errors, gate) for name in PEERS]
    return lines, {"seconds": seconds, "mean square errors": errors}


def _line(
    name: str, quicker: str, size: Size, seconds: dict[str, list[float]], errors: dict[str, float], gate: Gate
) -> Line:
    to_equal = errors[name] / errors[quicker]
    median = statistics.median(seconds[name])
    how = (
        f"extrapolated to our error: {median:.3g} s for {size.budget:,} coalitions, of which the mean square error is "
        f"{to_equal:.3g} times ours"
    )
    work = f"network {COLUMNS}-{WIDTH}-{WIDTH}-1, {size.rows} rows, {size.background} background rows ({quicker})"
    return Line("s3", work, Baseline(f"shapiq {name}", median * to_equal, how), tuple(seconds[quicker]), (gate,), 1.0)
