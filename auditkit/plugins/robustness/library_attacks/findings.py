"""Measurements, controls, the figure and notes of attacks by name."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit import figures, stats
from auditkit.checks import Findings
from auditkit.errors import ModelError, present
from auditkit.models import Capability
from auditkit.plugins.robustness.library_attacks import catalogue
from auditkit.plugins.robustness.library_attacks.attempt import Plan, Tried, known, run
from auditkit.plugins.robustness.library_attacks.problem import Scene, attackable
from auditkit.plugins.robustness.noise_space import lay
from auditkit.results import Axis, Control, Measurement, Scalar

if TYPE_CHECKING:
    from auditkit.checks import Context
    from auditkit.data import AuditData
    from auditkit.models import Model
    from auditkit.plugins.robustness.library_attacks.parameters import Parameters

GUARDS = ("robust_accuracy", "attack_robust_accuracy", "median_distance")


def find(parameters: Parameters, model: Model, data: AuditData, context: Context) -> Findings:
    """All findings of the check.

    Raises:
        ConfigError: no such attack, or no such option.
        ModelError: every row has a missing value.
    """
    rows = lay(data).rows
    whole = np.isfinite(rows).all(axis=1)
    if not whole.any():
        raise ModelError("every row has a missing value, and an attack cannot step away from one")
    few = data if whole.all() else data.take(np.flatnonzero(whole))
    predictions = context.predictions if whole.all() else context.predictions.take(np.flatnonzero(whole), few)
    notes = [] if whole.all() else [f"{int((~whole).sum())} rows with a missing value were left out."]
    asked = [(name, catalogue.named(name)) for name in parameters.attacks]
    for name, attack in asked:
        catalogue.check_options(name, attack, parameters.options.get(name, {}))
    _ = predictions.codes  # asked first: what a network gives is known once it has answered
    white = attackable(model, few)
    # `module` and `kept` put back what the attack disturbs: mode, gradients, parameters
    with model.kept(), model.module() if white else contextlib.nullcontext() as module:
        scene = Scene(model, few, predictions, module)
        if scene.narrow:
            notes.append("The model computes in 16 bits: a copy in float32 was attacked, what counts the model said.")
        if not asked:
            asked = [(name, catalogue.named(name)) for name in _default(scene)]
        return _Run(parameters, scene, context, white, notes).all(asked)


def _default(scene: Scene) -> tuple[str, ...]:
    tree = ("DecisionTreeAttack",) if scene.tree is not None else ()
    pictures = ("SquareAttack",) if len(scene.shape) == 3 else ()
    return (*tree, "HopSkipJump", "BoundaryAttack", "ZooAttack", *pictures)


class _Run:
    """The attacks one after another, and what they found so far."""

    def __init__(self, parameters: Parameters, scene: Scene, context: Context, white: bool, notes: list[str]) -> None:
        self.check, self.scene, self.context, self.white, self.notes = parameters, scene, context, white, notes
        self.truth = scene.predictions.truth
        self.right = np.flatnonzero(scene.predictions.codes == self.truth)
        self.done: list[Tried] = []
        self.steady = _unsteady(scene)
        self.zero: float | None = None
        how = f"on {scene.surface.low.device} through its logits" if scene.surface is not None else "by its answers"
        self.notes.append(f"The model was attacked {how}; the seed is {context.seed}.")

    def all(self, asked: list[tuple[str, Any]]) -> Findings:
        for at, (name, attack) in enumerate(asked):
            kind = catalogue.wants(attack)
            options = self.check.options.get(name, {})
            reason = self._unfit(name, kind, options)
            if reason is not None:
                self.notes.append(f"{name} was not run: {reason}.")
                continue
            if kind == "gradients" and self.zero is None:
                self.zero = _zero(self.scene, self.right, self.truth)

            def tick(at: int = at, name: str = name) -> None:
                self.context.progress(at, len(asked), name)

            check = self.check
            plan = Plan(
                name, attack, kind, options, check.norm, check.epsilons, check.max_queries, self.context.seed, tick
            )
            tried = run(
                plan, self.scene, self.scene.ground.rows[self.right], self.truth[self.right], self.scene.classes
            )
            tried.known = known(plan, self.scene, self.scene.ground.rows[self.right], self.context.rng)
            for sentence, count in tried.errors.items():
                self.notes.append(f"{name} failed {count} times on {len(self.right)} rows: {sentence}")
            self.done.append(tried)
            self.context.keep(self.findings())
        return self.findings()

    def _unfit(self, name: str, kind: str, options: dict[str, Any]) -> str | None:
        if not len(self.right):
            return "the model is wrong about every row"
        if kind == "gradients" and not self.white:
            return "it follows gradients, and the model gives none; attacks that ask for answers serve it"
        if kind == "trees" and self.scene.tree is None:
            return "it reads a decision tree of scikit-learn over numbers, and the model is none"
        if kind == "other":
            return "it is not an attack on the decision about one row"
        return catalogue.unfit(name, options, self.scene.classes)

    def findings(self) -> Findings:
        ran = [trial for trial in self.done if sum(trial.errors.values()) < max(1, len(trial.distances))]
        least = np.min([trial.distances for trial in ran], axis=0) if ran else None
        clean = _share("clean_accuracy", len(self.right), len(self.truth))
        overall = [self._robust("robust_accuracy", least, epsilon) for epsilon in self.check.epsilons]
        single = [
            self._robust("attack_robust_accuracy", trial.distances, epsilon, attack=trial.name)
            for trial in ran
            for epsilon in self.check.epsilons
        ]
        more = [measurement for tried in ran for measurement in (_median(tried, self.check.norm), _queries(tried))]
        return Findings(
            measurements=[*overall, *single, *more, clean],
            controls=self._controls(ran),
            figures=[self._figure(clean, overall, single)] if ran else [],
            notes=list(self.notes),
            level="model" if self.white or self.scene.tree is not None else "queries",
            higher_level="" if self.white else None,
        )

    def _robust(self, name: str, distances: np.ndarray | None, epsilon: float, **more: str) -> Measurement:
        conditions: dict[str, Scalar] = {"epsilon": epsilon, "norm": self.check.norm, **more}
        if distances is None and len(self.right):
            return Measurement(
                name=name, value=None, reason="no attack could be run", unit="share", direction="higher",
                conditions=conditions,
            )  # fmt: skip
        held = 0 if distances is None else int((distances > epsilon + 1e-6).sum())
        return _share(name, held, len(self.truth), conditions=conditions)

    def _controls(self, ran: list[Tried]) -> list[Control]:
        ratios = [trial.known for trial in ran if trial.known is not None]
        returned = sum(trial.returned for trial in ran)
        refused = sum(trial.refused for trial in ran) / returned if returned else 0.0
        controls = [
            Control.within(
                "same-decisions", "Does the attacked function decide as the model does?", self.scene.agreement(),
                at_least=0.99, guards=GUARDS, reason="The attacks asked another function than the model.",
            ),
            Control.within(
                "repeatable", "What share of decisions changes when the model is asked again?", self.steady, at_most=0,
                guards=GUARDS, reason="An attack on a model that answers at random cannot tell a find from chance.",
            ),
            Control.within(
                "returned-points", "What share of the returned points was not finite, out of range or too far?",
                refused, at_most=0.01, guards=GUARDS, on_failure="note",
                reason="Points that break the rules were not counted.",
            ),
        ]  # fmt: skip
        if self.zero is not None:
            controls.append(
                Control.within(
                    "gradient-vanishes", "On what share of rows is the gradient exactly zero?", self.zero, at_most=0.1,
                    guards=GUARDS, reason="Where there is no gradient, attacks that follow it show nothing.",
                )
            )  # fmt: skip
        if not len(self.right):
            return controls
        question = "How much farther than the truth {} a boundary at a known distance found?"
        controls.append(
            Control.within(
                "known-boundary", question.format("is, by the best attack,"), min(ratios, default=None), at_most=1.5,
                guards=("robust_accuracy", "median_distance"),
                reason="With this budget every attack stays far from boundaries; raise max_queries.",
            )
        )  # fmt: skip
        return controls + [
            Control.within(
                f"known-boundary-{trial.name}", question.format(f"is, by {trial.name},"), trial.known, at_most=1.5,
                guards=("attack_robust_accuracy",), on_failure="note",
                reason=f"With this budget {trial.name} stays far from boundaries or misses them.",
            )
            for trial in ran
        ]  # fmt: skip

    def _figure(self, clean: Measurement, overall: list[Measurement], single: list[Measurement]) -> Any:
        names = dict.fromkeys(str(measurement.conditions["attack"]) for measurement in single)
        points: list[dict[str, Scalar]] = []
        for name in ("least over attacks", *names):
            chosen = overall if name == "least over attacks" else [e for e in single if e.conditions["attack"] == name]
            for at, measurement in (
                (0.0, clean),
                *((float(str(measurement.conditions["epsilon"])), measurement) for measurement in chosen),
            ):
                low, high = (
                    (measurement.interval.low, measurement.interval.high) if measurement.interval else (None, None)
                )
                points.append({"attack": name, "epsilon": at, "accuracy": measurement.value, "low": low, "high": high})
        return figures.curve(
            "attacks-by-name", "Accuracy under each attack over the size of the change", points,
            x=Axis(field="epsilon", title="epsilon", unit=self.check.norm),
            y=Axis(field="accuracy", title="accuracy", percent=True, domain=(0, 1)),
            series=Axis(field="attack", title="attack"), low="low", high="high",
            caption="Epsilon 0 is accuracy without an attack; bands are 95 % intervals.",
        )  # fmt: skip


def _share(name: str, held: int, rows: int, **more: Any) -> Measurement:
    return Measurement(
        name=name, value=held / rows, interval=stats.wilson(held, rows), n=rows, unit="share", direction="higher",
        **more,
    )  # fmt: skip


def _median(tried: Tried, norm: str) -> Measurement:
    """The median distance, with the interval that order statistics give."""
    common: dict[str, Any] = {
        "name": "median_distance", "unit": "ranges", "direction": "higher",
        "conditions": {"attack": tried.name, "norm": norm},
    }  # fmt: skip
    found = tried.distances[np.isfinite(tried.distances)]
    if not len(found):
        return Measurement(value=None, reason="the attack found no wrong decision", **common)
    interval, value = stats.median_interval(found), float(np.median(found))
    return Measurement(value=value, interval=interval, n=len(found), exact=interval is None, **common)


def _queries(tried: Tried) -> Measurement:
    return Measurement(
        name="queries_per_row", value=float(tried.queries.mean()), exact=True, n=len(tried.queries), unit="rows",
        conditions={"attack": tried.name},
    )  # fmt: skip


def _unsteady(scene: Scene) -> float:
    few = scene.data.take(np.arange(min(64, len(scene.data)))).inputs
    first, again = (scene.predictions.of(few) for _ in range(2))
    gap = float(np.mean(first.codes != again.codes))
    if Capability.PROBABILITIES in scene.predictions.model.capabilities:
        gap = max(gap, float(np.abs(first.probabilities - again.probabilities).max() > 1e-4))
    return gap


def _zero(scene: Scene, right: np.ndarray, truth: np.ndarray) -> float:
    import torch

    from auditkit.plugins.robustness.surface import zero_gradients

    surface = present(scene.surface, "only networks are attacked by gradients")
    like = surface.low
    unit = (scene.ground.rows[right] - scene.space.low) / scene.space.scale
    flags = zero_gradients(
        surface, torch.as_tensor(unit).to(like).reshape(-1, *scene.ground.shape),
        torch.as_tensor(truth[right], device=like.device),
        torch.as_tensor(scene.space.free.reshape(scene.ground.shape), device=like.device),
    )  # fmt: skip
    return float(flags.float().mean())
