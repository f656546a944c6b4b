"""What canaries are said to show: refuted or not refuted, and nothing stronger."""

from __future__ import annotations

import numpy as np

from auditkit.plugins.privacy.dp_audit.findings import one_run, run_control, step_control, table
from auditkit.plugins.privacy.dp_audit.steps import canary_step
from tests.plugins.privacy.accounting.test_accountants import gaussian_epsilon


def scores(sigma: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    present = rng.random(2000) < 0.5
    return present + rng.normal(0, sigma, 2000), present


def test_controls_hold_for_what_is_claimed_and_not_for_half_the_noise() -> None:
    claim = gaussian_epsilon(1.0, 1e-5)
    for sigma, holds in ((1.0, True), (0.5, False)):
        controls = (
            step_control(canary_step(*scores(sigma), 1e-5), claim),
            run_control(one_run(*scores(sigma), 1e-5), claim),
        )
        for control in controls:
            assert control.holds is holds and control.guards == ("epsilon",) and control.on_failure == "invalid"


def test_the_table_names_what_each_assumes_and_never_says_more_than_not_refuted() -> None:
    claim = gaussian_epsilon(1.0, 1e-5)
    healthy, sick = (
        table((canary_step(*scores(sigma), 1e-5), claim), (one_run(*scores(sigma), 1e-5), claim))
        for sigma in (1.0, 0.5)
    )
    assert [row[4] for row in healthy.rows] == ["not refuted"] * 4
    assert [row[4] for row in sick.rows] == ["not refuted", "refuted", "not refuted", "refuted"]
    assumptions = {str(row[1]) for row in healthy.rows}
    assert assumptions == {
        "steps are independent draws", "scores of either kind are draws from one normal law",
        "each canary was in or out by its own fair coin",
    }  # fmt: skip
    assert "99.9%" in healthy.caption and "proves nothing" in healthy.caption


def test_what_says_nothing_gives_its_reason() -> None:
    rng = np.random.default_rng(1)
    odd = one_run(rng.standard_cauchy(1000), rng.random(1000) < 0.5, 1e-5)
    assert table(None, (odd, 1.0)).rows[1][2:] == (None, 1.0, "says nothing: the scores are not normal")
    certain = table((canary_step(np.arange(200) % 2 * 1.0, np.arange(200) % 2 == 1, 1e-5), 1.0), None)
    assert certain.rows[1][2] is None and certain.rows[1][4] == "refuted"
