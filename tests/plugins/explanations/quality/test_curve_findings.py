"""Measurements, figures and the control of deletion and insertion curves."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.plugins.explanations.quality.curve_findings import (
    DEFINITIONS,
    calls,
    curve_control,
    fill_ins,
    measurements,
    of_table,
    try_order,
)

WEIGHTS = np.array([3.0, 1.0, 0.0, -2.0, 0.5])
X = np.random.default_rng(0).normal(size=(60, 5))


def drawn(values, x=X, model=lambda codes, rows: codes @ WEIGHTS):
    asked = []

    def ask(codes, rows):
        asked.append(len(codes))
        return model(codes, rows)

    rng = np.random.default_rng(0)
    result = of_table(
        ask, x[:50], fill_ins(x[:50], x, x, np.zeros(5, dtype=bool), rng), values[:50], {}, "probability", rng
    )
    return result, sum(asked)


def test_right_attributions_have_four_gains_and_two_figures():
    result, asked = drawn(X * WEIGHTS)
    kinds = [(measurement.name, measurement.conditions["fill_in"]) for measurement in result.measurements]
    assert kinds == [(name, way) for way in ("marginal", "conditional") for name in DEFINITIONS]
    assert all(measurement.interval.low > 0.02 for measurement in result.measurements)
    assert [figure.name for figure in result.figures] == ["deletion_curve", "insertion_curve"]
    assert asked == calls(60, 5)
    first = result.figures[0].data
    # both orders begin at the full rows and end at the empty ones
    ends = {(row["order"], row["share"]): row["output"] for row in first if row["share"] in (0, 1)}
    assert ends["by attribution, marginal", 0] == pytest.approx(float((X[:50] @ WEIGHTS).mean()))
    assert ends["by attribution, marginal", 1] == pytest.approx(ends["random, marginal", 1])


def test_a_constant_model_has_no_gain_and_says_why():
    result, _ = drawn(X, model=lambda codes, rows: np.ones(len(codes)))
    assert all(
        measurement.value is None and "same with and without" in measurement.reason
        for measurement in result.measurements
    )


def control_of(values, seed=0):
    trial = try_order(lambda kept, rows: (X[rows] * kept) @ WEIGHTS, values, np.random.default_rng(seed))
    return curve_control(measurements(trial.gained, {})[0], ("mean_abs_attribution",), "Believe something else.")


def test_the_control_holds_for_right_attributions_and_for_no_blank_ones():
    assert control_of(X * WEIGHTS).holds
    for planted in (np.zeros(X.shape), np.full(X.shape, 2.0), np.tile(X[:, :1], (1, 5)), -X * WEIGHTS):
        drawn_controls = [control_of(planted, seed) for seed in range(20)]
        assert not any(control.holds for control in drawn_controls)
        assert drawn_controls[0].on_failure == "inconclusive" and "Believe something else" in drawn_controls[0].reason


def test_where_nothing_moves_the_control_does_not_hold():
    assert curve_control(measurements(None, {})[0], (), "").holds is None
