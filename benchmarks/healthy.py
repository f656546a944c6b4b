"""Do controls cry wolf? Every check of robustness on twenty healthy models whose robustness is known exactly.

`python -m benchmarks.healthy`, about ten minutes: a line for each model, and exit code 1 where more than one of the
twenty raises an alarm or more is broken than there is.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from auditkit.results import CheckResult
    from benchmarks.healthy_networks.making import Healthy

SEEDS = range(20)
ROUNDING = 1e-5
ALLOWED = 1
"""Models of the twenty that may raise an alarm."""


class Seen(NamedTuple):
    """What the checks said of one model."""

    seed: int
    kind: str
    inputs: str
    norm: str
    alarms: tuple[str, ...]
    """Controls, not notes, that do not hold."""
    known: tuple[float, ...]
    """Robust accuracy at each epsilon, exactly."""
    reported: tuple[float, ...]
    excess: float
    """By how much more was broken than there is, rounding of epsilon aside; above 0 is a fault of the check."""


def checks(healthy: Healthy, **options: Any) -> Iterable[CheckResult]:
    """The results of every check of robustness that fits the model, controls applied."""
    from auditkit.checks import Context, missing_needs
    from auditkit.plugins.robustness.certificates.check import Certificates
    from auditkit.plugins.robustness.changes.check import Changes
    from auditkit.plugins.robustness.corruptions.check import Corruptions
    from auditkit.plugins.robustness.evasion.check import Evasion
    from auditkit.predictions import Predictions
    from auditkit.run.controls import apply_controls

    model, data = healthy.model, healthy.data
    evasion = {**Evasion.presets["standard"], "norm": healthy.norm, "epsilons": healthy.epsilons, **options}
    for check in (Evasion(**evasion), Changes(), Corruptions(), Certificates()):
        if missing_needs(check, model, data) or check.applies(model, data):
            continue
        context = Context(rng=np.random.default_rng(0), predictions=Predictions(model, data))
        yield apply_controls(check(model, data, context))


def look(seed: int, rows: int = 40, **options: Any) -> Seen:
    """One model, audited; options are those of `robustness.evasion`."""
    from benchmarks.healthy_networks.making import healthy

    network = healthy(seed, rows)
    results = list(checks(network, **options))
    alarms = tuple(
        f"{result.check}: {control.name} ({control.value:.3g})"
        if control.value is not None
        else f"{result.check}: {control.name}"
        for result in results
        for control in result.controls
        if control.holds is not True and control.on_failure != "note"
    )
    curve = {
        measurement.conditions["epsilon"]: measurement.value
        for measurement in results[0].measurements
        if measurement.name == "robust_accuracy" and not measurement.slice
    }
    reported = tuple(float(curve[epsilon]) for epsilon in network.epsilons)
    known = tuple(float(np.mean(network.needed > epsilon)) for epsilon in network.epsilons)
    least = [float(np.mean(network.needed > epsilon + ROUNDING)) for epsilon in network.epsilons]
    shape = "flat" if np.ndim(network.data.inputs) == 2 else "shaped"
    return Seen(
        seed, network.kind, shape, network.norm or "L2 scaled", alarms, known, reported,
        max(truth - value for truth, value in zip(least, reported, strict=True)),
    )  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Look at the models and print what was seen; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.healthy", description=__doc__)
    parser.add_argument("--seed", type=int, action="append", choices=SEEDS, help="only this model; may be repeated")
    seeds = parser.parse_args(arguments).seed or SEEDS
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    lines = []
    print("| seed | model | inputs | norm | known robust accuracy | reported | alarms |\n|---|---|---|---|---|---|---|")
    for seed in seeds:
        begun = time.perf_counter()
        line = look(seed)
        lines.append(line)
        known, reported = (" ".join(f"{value:.3f}" for value in values) for values in (line.known, line.reported))
        alarms = "; ".join(line.alarms) or "none"
        print(f"| {seed} | {line.kind} | {line.inputs} | {line.norm} | {known} | {reported} | {alarms} |", flush=True)
        print(f"seed {seed}: {time.perf_counter() - begun:.0f} s", file=sys.stderr)
    alarmed = sum(bool(line.alarms) for line in lines)
    print(f"\n{alarmed} of {len(lines)} models raise an alarm; at most {ALLOWED} may.")
    return int(alarmed > ALLOWED or any(line.excess > 1e-9 for line in lines))


if __name__ == "__main__":
    sys.exit(main())
