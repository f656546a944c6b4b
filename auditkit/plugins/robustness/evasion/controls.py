"""The trials of a white-box attack as controls: the numbers of the checklist, and what each of them means."""

from collections.abc import Mapping
from typing import Literal

import scipy

from auditkit.plugins.robustness.evasion.outcome import GUARDED
from auditkit.results import Control

ALONE = 16
"""Rows on which the attack is run at every epsilon by itself."""
POINT = 0.01
"""One percentage point: what may hang on how long or how often the attack runs."""
POINTS = 0.05
BEATEN = 0.002
"""Share of rows that attacks without gradients may break beyond (Croce and Hein 2020, checks)."""
MISSED = 0.03
"""Share of rows that a search by decisions may miss on a network like the model."""
CHANCE = 0.05
"""A single step that does better than many on so few rows that chance would do it more often than this is no sign."""
KEPT = 0.9
"""Correlation of what the loss does with what its slope promises."""
KEPT_ROUNDED = 0.6
"""The same where something is rounded inside, for its slope is an estimate."""
LONGER = 0.02
"""Share of rows that twice the queries would break beyond, where decisions alone answer; see `share_beyond`."""
CLOSE = 1.02
"""How near the search by decisions must come where it stands in for gradients."""


TrialValues = Mapping[str, float | None]
"""{control: what its trial gave}; None: the trial does not apply."""


def beaten_room(rows: int) -> float:
    """The largest share of a sample that a true share of `BEATEN` gives with probability 0.95 (binomial)."""
    return max(BEATEN, float(scipy.stats.binom.ppf(0.95, rows, BEATEN)) / max(1, rows))


def _room(share: float, rows: int) -> float:
    """The share, or one row where that is more: a single row of the sample never fails a trial of convergence."""
    return max(share, 1 / rows) if rows else share


def steady_control(steady: float) -> Control:
    """Whether the model answers the same again, over five passes."""
    return _of(
        "repeatable", "Does the model give the same answer when asked five times?", steady, at_most=1e-4,
        reason="An attack on a model that answers at random cannot distinguish a changed decision from chance.",
    )  # fmt: skip


def noise_control(share: float | None, at_most: float) -> Control:
    """Whether random changes do better than the attack."""
    return _of(
        "random-noise", "What share of rows does random noise of the same size break that the attack did not?", share,
        at_most=at_most, reason="Noise found changes that the attack had missed, so the attack is too weak here.",
    )  # fmt: skip


def known_boundary(ratio: float | None, at_most: float = 1.5) -> Control:
    """Whether the search by decisions comes near a boundary that is known."""
    return _of(
        "known-boundary", "How much farther than the truth does the attack find a boundary that is known?", ratio,
        at_most=at_most, reason="With this budget of queries the attack stays far from boundaries; raise max_queries.",
    )  # fmt: skip


def longer_control(share: float) -> Control:
    """Whether a search by decisions had come to its end."""
    return _of(
        "converged", "What further share of rows would break, at any epsilon, with twice the queries?", share,
        at_most=LONGER,
        reason="The search had not converged; raise max_queries. What was found is counted.",
    )  # fmt: skip


def beneath_control(behind: float) -> Control:
    """What only rounding or cutting off holds back."""
    return _of(
        "beneath", "What share of rows more breaks, at any epsilon, where nothing is rounded or cut off inside?",
        behind, at_most=POINTS,
        reason="Rounding or cutting off holds these back from this attack; whether from others is not known.",
    )  # fmt: skip


def decision_controls(zero: float, inside: float, ratio: float | None, missed: float | None) -> list[Control]:
    """Where there is no gradient to follow, decisions answered: the search by decisions is tried instead."""
    return [
        _of(
            "gradient-vanishes", "On what share of rows is the gradient exactly zero?", zero, at_most=0.1,
            on_failure="note", reason="There was no gradient to follow, so the whole curve is by decisions alone.",
        ),
        _inside(inside),
        known_boundary(ratio, CLOSE),
        _of(
            "known-network", "What share of rows do gradients break that decisions do not, on a network fitted to the "
            "answers?", missed, at_most=MISSED,
            reason="Decisions alone miss too much on a network like this one; the model may be weaker than it looks.",
        ),
    ]  # fmt: skip


def gradient_controls(trials: TrialValues, rows: int, classes: int, rounded: bool) -> list[Control]:
    """The checklist, for an attack that follows gradients.

    Args:
        trials: see `TrialValues`.
        rows: on which the trials were made.
        classes: of the model.
        rounded: something is rounded inside, and the slope an estimate.
    """
    return [
        *_of_the_gradient(trials, rows, rounded),
        *_of_the_strength(trials, rows, classes),
        *_of_the_search(trials, rows),
    ]


def _of_the_gradient(trials: TrialValues, rows: int, rounded: bool) -> list[Control]:
    return [
        _of(
            "gradient-vanishes", "On what share of rows is the gradient exactly zero?", trials["gradient-vanishes"],
            at_most=0.1, reason="Where there is no gradient to follow, withstanding the attack shows nothing.",
        ),
        _of(
            "gradient-vanishes-on-some", "Is the gradient exactly zero on more than 1 % of rows?",
            trials["gradient-vanishes"], at_most=0.01, on_failure="note",
            reason="On these rows the attack had no direction to go in; the true robust accuracy may be lower.",
        ),
        _inside(trials["gradient-inside"]),
        _of(
            "output-probability", "Does what is read as logits look like probabilities?", trials["output-probability"],
            at_most=0, on_failure="note",
            reason="The logarithm of the output was attacked; the decisions are the same.",
        ),
        _of(
            "same-decisions", "Does the attacked function decide as the model does?", trials["same-decisions"],
            at_least=0.99,
            reason="The attack maximised another function than that of the model.",
        ),
        _of(
            "logit-scale", "How far does success move when the logits are multiplied by 100 and by 1/100?",
            trials["logit-scale"], at_most=_room(POINTS, rows),
            reason="The attack is stopped by saturated logits, which decide nothing.",
        ),
        _of(
            "slopes-hold", "How well does the gradient predict the change of the loss, as a correlation over "
            "random directions?",
            trials["slopes-hold"], at_least=KEPT_ROUNDED if rounded else KEPT,
            reason="The gradient is misleading: it is not that of the decision.",
        ),
        _of(
            "unstable-loss", "By how much does the loss change over 100 random points, as a share of itself?",
            trials["unstable-loss"], at_most=0.1, on_failure="note",
            reason="The loss changes strongly within epsilon, so a gradient says little about points farther away.",
        ),
    ]  # fmt: skip


def _of_the_strength(trials: TrialValues, rows: int, classes: int) -> list[Control]:
    # a model that guesses is right that often, whatever is done to its inputs
    chance = 1 / classes
    return [
        _of(
            "black-box", "What share of rows do attacks without gradients break that those with gradients did not "
            "come near?",
            trials["black-box"], at_most=beaten_room(rows),
            reason="Attacks that see less did better, so the gradient is misleading; the number counts both.",
        ),
        _of(
            "unbounded", "What share withstands the attack within the whole range, though a change that breaks it "
            "is known?",
            trials["unbounded"], at_most=0,
            reason="An attack that may do anything must succeed; this one does not, so it is the attack that fails.",
        ),
        _of(
            "high-distortion", "What accuracy is left when the change may go through the whole range?",
            trials["high-distortion"], at_most=chance + POINTS,
            reason="So much is not left by chance: the attack fails.",
        ),
        noise_control(trials["random-noise"], 0),
        _of(
            "one-step", "By how much does a single step break more rows than many do, beyond what chance explains?",
            trials["one-step"], at_most=POINT,
            reason="Many steps must not do worse than one: the attack does not find what it should.",
        ),
        *(
            [] if trials["undefended-copy"] is None else [
                _of(
                    "undefended-copy", "What share of rows breaks on a plain linear copy, through the whole range?",
                    trials["undefended-copy"], at_least=0.95,
                    reason="The attack fails where nothing is defended.",
                )
            ]
        ),
    ]  # fmt: skip


def _of_the_search(trials: TrialValues, rows: int) -> list[Control]:
    room = _room(POINT, rows)
    return [
        _of(
            "converged", "What further share of rows breaks with twice the steps?", trials["converged"], at_most=room,
            reason="The attack had not converged; raise steps. What was found is counted.",
        ),
        _of(
            "restarts", "What further share of rows breaks from five other random starts?", trials["restarts"],
            at_most=room,
            reason="Success depends on where the attack starts; raise restarts. What was found is counted.",
        ),
        _of(
            "monotone", "By how much does success fall where the change may be larger?", trials["monotone"],
            at_most=_room(POINT, min(rows, ALONE)),
            reason="A larger change allows all that a smaller one does, so the attack misses what it had found.",
        ),
        _of(
            "incomplete", "By how much does the loss still rise over the last ten steps, as a share of its rise?",
            trials["incomplete"], at_most=0.05, on_failure="note",
            reason="The loss was still rising; the control with twice the steps shows whether that matters.",
        ),
        _of(
            "silent-success", "What share of rows was wrong at some step, though the attack says that it withstands?",
            trials["silent-success"], at_most=0, reason="The attack lost wrong decisions that it had found.",
        ),
        _of(
            "returned-points", "What share of the attack's points was not finite, out of range or too far?",
            trials["returned-points"], at_most=0,
            reason="Points that break the rules were not counted: the attack was weaker.",
        ),
    ]  # fmt: skip


def _inside(inside: float | None) -> Control:
    return _of(
        "gradient-inside", "Does the model take gradients or optimise while it answers?", inside, at_most=0,
        reason="A gradient through a search is not the gradient of the decision, so the attack is misled.",
    )  # fmt: skip


def _of(
    name: str, question: str, value: float | None, *, at_least: float | None = None, at_most: float | None = None,
    on_failure: Literal["invalid", "inconclusive", "note"] = "invalid", reason: str,
) -> Control:  # fmt: skip
    finite = value if value is not None and abs(value) < float("inf") else None
    return Control.within(
        name, question, finite, at_least=at_least, at_most=at_most, guards=GUARDED, on_failure=on_failure, reason=reason
    )
