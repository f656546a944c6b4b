"""From sorted scores to findings: what `fairness.scores` says, put together and adjusted for all its tests."""

import numpy as np

from auditkit import stats
from auditkit.checks import Context, Findings
from auditkit.counts import encode
from auditkit.data import AuditData
from auditkit.models import Capability
from auditkit.plugins.fairness.scores import background_auc, figures, self_tests, sweep, thresholds
from auditkit.plugins.fairness.scores.measurements import (
    NO_PROBABILITIES,
    CalibrationFound,
    Ranked,
    areas_per_group,
    calibration_per_group,
    find_calibration,
    ranking_gaps,
    untested,
)
from auditkit.plugins.fairness.scores.parameters import Parameters
from auditkit.plugins.fairness.scores.score_table import BOTH, Partition, partition, smaller_partitions, sort
from auditkit.plugins.fairness.shared.self_tests import adjusted, false_alarms, too_few
from auditkit.results import Control, Level, Measurement
from auditkit.variants import named

WEIGHTED = "Numbers are weighted; intervals and tests use effective numbers of rows (Kish 1965)."
BY_UNIT = (
    "Areas under the curve have errors by units; in all other intervals and in tests the rows of a unit are taken as "
    "alike, so that there are as many as units."
)
PER_TEST = 40
"""Shuffles for each test: with fewer, no p-value could stay below 5 % after it is adjusted for all of them."""


def find(parameters: Parameters, data: AuditData, context: Context, level: Level) -> Findings:
    """Everything that `fairness.scores` says about these scores."""
    predictions = context.predictions
    rows = sort(predictions.scores, predictions.outcomes, data.weights, data.clusters)
    encoded = {name: encode(column) for name, column in data.groups.items()}
    parts = [
        partition(rows, data, attributes, encoded) for attributes in [(), *data.cells.subsets(parameters.intersections)]
    ]
    probable, reading = _probable(context)
    is_same_class = predictions.model.positive in (None, predictions.model.classes[predictions.positive])
    # The model's scores may be about the other class, and its threshold with them.
    threshold = sweep.own_threshold(
        predictions.model.threshold, probable, is_same_class, predictions.scores, predictions.selected
    )  # fmt: skip
    tests = _tests(parts, probable)
    draws = max(parameters.permutations, PER_TEST * tests)

    measurements = [measurement for part in parts for measurement in areas_per_group(part)]
    if data.modality == "text":
        for part in parts[1:]:
            measurements += background_auc.find(part, data, predictions.scores, predictions.outcomes)
    ranked: list[Ranked] = []
    for step, part in enumerate(parts[1:]):
        context.keep(Findings(list(measurements), notes=reading, level=level))
        context.progress(step, len(parts) + 2, f"ranking, over {' and '.join(part.attributes)}")
        ranked.append(ranking_gaps(part, data, draws, tests, context.rng))
        measurements += ranked[-1].measurements
    context.progress(len(parts), len(parts) + 2, "calibration and thresholds")
    calibrated = find_calibration(parts, data, probable, parameters.bins, draws, tests, context.rng)
    measurements += calibrated.measurements
    near = thresholds.find(parameters, parts, data, threshold, probable, rows.scores)
    measurements += near.measurements
    measurements = adjusted(measurements)
    together: list[Measurement] = []
    for part in smaller_partitions(rows, data, parameters.intersections):
        calibration, _ = calibration_per_group(part, probable, parameters.bins, draws, context.rng)
        together += [*areas_per_group(part), *calibration]
    context.keep(Findings(list(measurements), notes=[*reading, *near.notes], level=level))
    context.progress(len(parts) + 1, len(parts) + 2, "controls")
    return Findings(
        measurements=[*measurements, *together],
        controls=_controls(parameters, data, context, ranked, calibrated, threshold, tests),
        figures=figures.draw(measurements, parts, calibrated, near, threshold),
        tables=[near.table] if near.table.rows else [],
        notes=[
            *reading,
            *untested(parts, probable),
            *near.notes,
            *([] if data.weights is None else [WEIGHTED]),
            *([] if data.clusters is None else [BY_UNIT]),
        ],
        level=level,
    )


def _probable(context: Context) -> tuple[bool, list[str]]:
    """Whether scores are probabilities, and how that is known where the model does not say so."""
    predictions = context.predictions
    if Capability.PROBABILITIES in predictions.model.capabilities:
        return True, []
    # No model stands behind recorded scores that could say what they are, so their range has to.
    recorded = Capability.QUERIES not in predictions.model.capabilities
    if recorded and predictions.scores.min() >= 0 and predictions.scores.max() <= 1:
        return True, ["Scores lie between 0 and 1 and are read as probabilities of the positive class."]
    return False, [f"{NO_PROBABILITIES}: calibration was not measured."]


def _tests(parts: list[Partition], probable: bool) -> int:
    """How many tests there will be."""
    ranked = [len(part.comparable(BOTH).where) for part in parts[1:]]
    between = sum((1 if groups > stats.PAIRWISE else 2) for groups in ranked if groups > 1)
    if not probable:
        return between
    groups = [len(part.comparable().where) for part in parts]
    # Of very many groups none has a test of its own calibration error.
    single = sum(many for many in groups if many <= stats.PAIRWISE)
    return between + sum(many > 1 for many in groups[1:]) + single


def _controls(
    parameters: Parameters, data: AuditData, context: Context, ranked: list[Ranked],
    calibrated: CalibrationFound, threshold: sweep.Threshold, tests: int,
) -> list[Control]:  # fmt: skip
    predictions, rng = context.predictions, context.rng
    sample = self_tests.Sample.of(predictions.scores, predictions.outcomes, data.weights, data.groups, rng)
    controls = [
        Control.within(
            "pair count",
            "Are the areas under the curve those of a count of all pairs, on up to 2,000 rows?",
            self_tests.pair_deviation(sample),
            at_most=1e-9,
            guards=("auc", *named("auc_difference")),
            reason="an area differs from a count of its pairs, so none can be trusted",
        ),
        Control.within(
            "order only",
            "Do areas under and between curves stay the same where scores are transformed without changing their "
            "order?",
            self_tests.order_deviation(sample),
            at_most=1e-9,
            guards=("auc", *named("auc_difference", "abroca")),
            reason="a number about ranking depends on more than the order of the scores",
        ),
    ]
    if threshold.value is not None:
        agree = float(np.mean((predictions.scores >= threshold.value) == predictions.selected))
        controls.append(
            Control.within(
                "own threshold",
                f"What share of decisions agrees with the threshold {threshold.value:.6g} on the score "
                f"({threshold.source})?",
                agree,
                at_least=0.999,
                on_failure="note",
                reason="the model does not decide by this threshold, so numbers at it are not about its decisions",
            )
        )
    return [*controls, *_shuffled(parameters, ranked, sample, rng), *_calibrated(parameters, calibrated, tests, rng)]


def _shuffled(
    parameters: Parameters, ranked: list[Ranked], sample: self_tests.Sample, rng: np.random.Generator
) -> list[Control]:
    first = next(
        (
            comparison
            for comparison in ranked
            if comparison.law is not None and len(comparison.compared.attributes) == 1
        ),
        None,
    )
    if first is None:
        return []
    (name,) = first.compared.attributes
    compared_groups = [group[name] for group in first.compared.where]
    return [
        false_alarms(
            "shuffled groups",
            f"Where the groups of {name} are shuffled among people of equal label, how often do the tests call the "
            "ranking different (the larger of two shares)?",
            self_tests.false_alarms(sample, name, compared_groups, parameters.trials, rng),
            parameters.trials,
            ("auc_difference", "abroca"),
            of="the tests",
        )
    ]


def _calibrated(
    parameters: Parameters, calibrated: CalibrationFound, tests: int, rng: np.random.Generator
) -> list[Control]:
    controls = []
    if calibrated.profiles:
        everyone = calibrated.profiles[0][0]
        controls.append(
            false_alarms(
                "calibrated labels",
                "Where labels are drawn from the scores, how often does the test call the scores miscalibrated?",
                self_tests.calibrated_alarms(everyone, parameters.bins, parameters.trials, rng),
                parameters.trials,
                ("calibration_error", "calibration_error_by_chance"),
            )
        )
    if calibrated.planted is not None:
        groups = " and ".join(calibrated.planted.attributes)
        controls.append(
            Control.within(
                "planted shift",
                f"Is a shift of {calibrated.planted.gap:.3f}, which is called detectable, found when it is planted in "
                f"one group of {groups}?",
                self_tests.shift_found(calibrated.planted, parameters.trials, tests, rng),
                at_least=0.5,
                guards=("calibration_in_the_large_difference",),
                on_failure="note",
                reason=too_few(),
            )
        )
    return controls
