"""Measurements, controls, the figure and notes of attacks by name."""

import contextlib
from functools import partial
from typing import Any

import numpy as np

from auditkit import figures
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.errors import ModelError, present
from auditkit.models import Capability, Model
from auditkit.plugins.robustness.library_attacks import catalogue
from auditkit.plugins.robustness.library_attacks.attempt import AttackResult, known_ratio, run
from auditkit.plugins.robustness.library_attacks.parameters import Parameters
from auditkit.plugins.robustness.library_attacks.problem import Scene, attackable
from auditkit.plugins.robustness.noise_space import noise_space_of
from auditkit.plugins.robustness.shares import median_distance, share_of
from auditkit.results import Axis, Control, Measurement, Scalar

GUARDS = ("robust_accuracy", "attack_robust_accuracy", "median_distance")


def find(parameters: Parameters, model: Model, data: AuditData, context: Context) -> Findings:
    """All findings of the check.

    Raises:
        ConfigError: no such attack, or no such option.
        ModelError: every row has a missing value.
    """
    is_complete = np.isfinite(noise_space_of(data).rows).all(axis=1)
    if not is_complete.any():
        raise ModelError("every row has a missing value, and an attack cannot step away from one")
    complete = data if is_complete.all() else data.take(np.flatnonzero(is_complete))
    predictions = (
        context.predictions if is_complete.all() else context.predictions.take(np.flatnonzero(is_complete), complete)
    )
    notes = [] if is_complete.all() else [f"Left out, for a missing value: {int((~is_complete).sum())} of the rows."]
    attacks = [(name, catalogue.attack_class(name)) for name in parameters.attacks]
    for name, attack in attacks:
        catalogue.check_options(name, attack, parameters.options.get(name, {}))
    _ = predictions.codes  # before anything else: what a network gives is known once it has answered
    has_gradients = attackable(model, complete)
    # `module` and `kept` put back what the attack disturbs: mode, gradients, parameters
    with model.kept(), model.module() if has_gradients else contextlib.nullcontext() as module:
        scene = Scene(model, complete, predictions, module)
        if scene.narrow:
            notes.append("The model computes in 16 bits: a copy in float32 was attacked, what counts the model said.")
        if not attacks:
            attacks = [(name, catalogue.attack_class(name)) for name in _default(scene)]
        return _Run(parameters, scene, context, has_gradients, notes).all(attacks)


def _default(scene: Scene) -> tuple[str, ...]:
    tree_attacks = ("DecisionTreeAttack",) if scene.tree is not None else ()
    picture_attacks = ("SquareAttack",) if len(scene.shape) == 3 else ()
    return (*tree_attacks, "HopSkipJump", "BoundaryAttack", "ZooAttack", *picture_attacks)


class _Run:
    """The attacks one after another, and what they found so far."""

    def __init__(
        self, parameters: Parameters, scene: Scene, context: Context, has_gradients: bool, notes: list[str]
    ) -> None:
        self.parameters, self.scene, self.context = parameters, scene, context
        self.has_gradients, self.notes = has_gradients, notes
        self.truth = scene.predictions.truth
        self.clusters = scene.data.clusters
        self.right = np.flatnonzero(scene.predictions.codes == self.truth)
        self.done: list[AttackResult] = []
        self.changed_decisions = _changed_decisions(scene)
        self.zero_gradients: float | None = None
        access = f"on {scene.surface.low.device} through its logits" if scene.surface is not None else "by its answers"
        self.notes.append(f"The model was attacked {access}; the seed is {context.seed}.")

    def all(self, attacks: list[tuple[str, Any]]) -> Findings:
        for index, (name, attack) in enumerate(attacks):
            kind = catalogue.kind_of(attack)
            options = self.parameters.options.get(name, {})
            reason = self._unfit(name, kind, options)
            if reason is not None:
                self.notes.append(f"{name} was not run: {reason}.")
                continue
            if kind == "gradients" and self.zero_gradients is None:
                self.zero_gradients = _zero_gradients(self.scene, self.right, self.truth)
            chosen, tick = self.parameters, partial(self.context.progress, index, len(attacks), name)
            plan = catalogue.Plan(
                name, attack, kind, options, chosen.norm, chosen.epsilons, chosen.max_queries, self.context.seed, tick
            )
            rows = self.scene.noise_space.rows[self.right]
            result = run(plan, self.scene, rows, self.truth[self.right])
            result.known = known_ratio(plan, self.scene, rows, self.context.rng)
            for sentence, count in result.errors.items():
                self.notes.append(f"{name} failed on {len(self.right)} rows, in {count} of its attempts: {sentence}")
            self.done.append(result)
            # what has been measured so far is kept, should the time limit end the check
            self.context.keep(self.findings())
        return self.findings()

    def _unfit(self, name: str, kind: str, options: dict[str, Any]) -> str | None:
        if not len(self.right):
            return "the model is wrong about every row"
        if kind == "gradients" and not self.has_gradients:
            return "it follows gradients, and the model gives none; attacks that ask for answers serve it"
        if kind == "trees" and self.scene.tree is None:
            return "it reads a decision tree of scikit-learn over numbers, and the model is none"
        if kind == "other":
            return "it is not an attack on the decision about one row"
        return catalogue.unfit(name, options, self.scene.classes)

    def findings(self) -> Findings:
        ran = [result for result in self.done if sum(result.errors.values()) < max(1, len(result.distances))]
        least = np.min([result.distances for result in ran], axis=0) if ran else None
        clean = share_of("clean_accuracy", self.scene.predictions.codes == self.truth, clusters=self.clusters)
        overall = [self._robust("robust_accuracy", least, epsilon) for epsilon in self.parameters.epsilons]
        by_attack = [
            self._robust("attack_robust_accuracy", result.distances, epsilon, attack=result.name)
            for result in ran
            for epsilon in self.parameters.epsilons
        ]
        of_attacks = [
            measurement
            for result in ran
            for measurement in (
                median_distance(
                    result.distances[np.isfinite(result.distances)],
                    {"attack": result.name, "norm": self.parameters.norm}, "the attack found no wrong decision",
                    few_are_exact=True,
                ),
                Measurement(
                    name="queries_per_row", value=float(result.queries.mean()), exact=True, n=len(result.queries),
                    unit="rows", conditions={"attack": result.name},
                ),
            )
        ]  # fmt: skip
        return Findings(
            measurements=[*overall, *by_attack, *of_attacks, clean],
            controls=self._controls(ran),
            figures=[self._figure(clean, overall, by_attack)] if ran else [],
            notes=list(self.notes),
            level="model" if self.has_gradients or self.scene.tree is not None else "queries",
            higher_level="" if self.has_gradients else None,
        )

    def _robust(self, name: str, distances: np.ndarray | None, epsilon: float, **extra_conditions: str) -> Measurement:
        conditions = {"epsilon": epsilon, "norm": self.parameters.norm, **extra_conditions}
        reason = "no attack could be run" if distances is None and len(self.right) else None
        withstood = np.zeros(len(self.truth), dtype=bool)
        withstood[self.right] = distances is None or distances > epsilon + 1e-6  # none is attacked where none is right
        return share_of(name, withstood, reason=reason, conditions=conditions, clusters=self.clusters)

    def _controls(self, ran: list[AttackResult]) -> list[Control]:
        ratios = [result.known for result in ran if result.known is not None]
        returned = sum(result.returned for result in ran)
        refused = sum(result.refused for result in ran) / returned if returned else 0.0
        controls = [
            Control.within(
                "same-decisions", "Does the attacked function decide as the model does?", self.scene.agreement(),
                at_least=0.99, guards=GUARDS, reason="The attacks asked another function than the model.",
            ),
            Control.within(
                "repeatable", "What share of decisions changes when the model is asked again?", self.changed_decisions,
                at_most=0, guards=GUARDS,
                reason="An attack on a model that answers at random cannot tell a find from chance.",
            ),
            Control.within(
                "returned-points", "What share of the returned points was not finite, out of range or too far?",
                refused, at_most=0.01, guards=GUARDS, on_failure="note",
                reason="Points that break the rules were not counted.",
            ),
        ]  # fmt: skip
        if self.zero_gradients is not None:
            controls.append(
                Control.within(
                    "gradient-vanishes", "On what share of rows is the gradient exactly zero?", self.zero_gradients,
                    at_most=0.1, guards=GUARDS,
                    reason="Where there is no gradient, attacks that follow it show nothing.",
                )
            )  # fmt: skip
        if not len(self.right):
            return controls
        question = "How much farther than the truth {} a boundary at a known distance found?"
        return [
            *controls,
            Control.within(
                "known-boundary", question.format("is, by the best attack,"), min(ratios, default=None), at_most=1.5,
                guards=("robust_accuracy", "median_distance"),
                reason="With this budget every attack stays far from boundaries; raise max_queries.",
            ),
            *(
                Control.within(
                    f"known-boundary-{result.name}", question.format(f"is, by {result.name},"), result.known,
                    at_most=1.5, guards=("attack_robust_accuracy",), on_failure="note",
                    reason=f"With this budget {result.name} stays far from boundaries or misses them.",
                )
                for result in ran
            ),
        ]  # fmt: skip

    def _figure(self, clean: Measurement, overall: list[Measurement], by_attack: list[Measurement]) -> Any:
        lines: dict[str, list[Measurement]] = {"least over attacks": overall}
        for measurement in by_attack:
            lines.setdefault(str(measurement.conditions["attack"]), []).append(measurement)
        points: list[dict[str, Scalar]] = [
            {
                "attack": name, "epsilon": float(str(measurement.conditions.get("epsilon", 0))),
                "accuracy": measurement.value, "low": measurement.interval.low if measurement.interval else None,
                "high": measurement.interval.high if measurement.interval else None,
            }
            for name, line in lines.items()
            for measurement in (clean, *line)
        ]  # fmt: skip
        return figures.curve(
            "attacks-by-name", "Accuracy under each attack over the size of the change", points,
            x=Axis(field="epsilon", title="epsilon", unit=self.parameters.norm),
            y=Axis(field="accuracy", title="accuracy", percent=True, domain=(0, 1)),
            series=Axis(field="attack", title="attack"), low="low", high="high",
            caption="Epsilon 0 is accuracy without an attack; bands are 95 % intervals.",
        )  # fmt: skip


def _changed_decisions(scene: Scene) -> float:
    inputs = scene.data.take(np.arange(min(64, len(scene.data)))).inputs
    first, again = (scene.predictions.of(inputs) for _ in range(2))
    gap = float(np.mean(first.codes != again.codes))
    if Capability.PROBABILITIES in scene.predictions.model.capabilities:
        gap = max(gap, float(np.abs(first.probabilities - again.probabilities).max() > 1e-4))
    return gap


def _zero_gradients(scene: Scene, right: np.ndarray, truth: np.ndarray) -> float:
    import torch

    from auditkit.plugins.robustness.attacks import Problem, flat

    surface = present(scene.surface, "only networks are attacked by gradients")
    problem = Problem(surface, free=torch.as_tensor(scene.space.free.reshape(scene.noise_space.shape)))
    points = surface.in_units(scene.noise_space.rows[right], scene.space)
    return float(flat(problem, points, torch.as_tensor(truth[right], device=points.device)).float().mean())
