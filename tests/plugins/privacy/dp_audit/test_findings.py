"""What canaries are said to show: refuted or not refuted, and nothing stronger."""

from __future__ import annotations

import numpy as np

from auditkit.plugins.privacy.dp_audit.findings import one_run, run_control, shortage, step_control, table
from auditkit.plugins.privacy.dp_audit.one_run import could_refute as guesses_could, least_epsilon
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
    few = "not tested: fewer than 2,671 canary steps, which could refute this epsilon; there are 2,000"
    none = "not tested: even 1,000,000 canaries could not refute this epsilon"
    assert [row[4] for row in healthy.rows] == [few, "not refuted", none, "not refuted"]
    assert [row[4] for row in sick.rows] == [few, "refuted", none, "refuted"]
    assumptions = {str(row[1]) for row in healthy.rows}
    assert assumptions == {
        "steps are independent draws", "scores of either kind are draws from one normal law",
        "each canary was in or out by its own fair coin",
    }  # fmt: skip
    assert "99.9%" in healthy.caption and "proves nothing" in healthy.caption


def test_what_says_nothing_gives_its_reason() -> None:
    rng = np.random.default_rng(1)
    odd = one_run(rng.standard_cauchy(1000), rng.random(1000) < 0.5, 1e-5)
    assert table(None, (odd, 1.0)).rows[1][2:] == (None, 1.0, "not tested: the scores are not normal")
    certain = table((canary_step(np.arange(200) % 2 * 1.0, np.arange(200) % 2 == 1, 1e-5), 1.0), None)
    assert certain.rows[1][2] is None and certain.rows[1][4] == "refuted"


def test_so_few_that_they_can_refute_nothing_test_nothing() -> None:
    rng = np.random.default_rng(2)
    audited = one_run(rng.normal(0, 1, 6), np.arange(6) % 2 == 1, 1e-5)
    control = run_control(audited, 1.0)
    assert control.holds is None and control.on_failure == "note"
    assert control.reason == ("Not tested: fewer than 36 canaries, which could refute this epsilon; there are 6.")
    verdicts = [str(row[4]) for row in table(None, (audited, 1.0)).rows]
    assert verdicts[0].startswith("not tested: fewer than 36 canaries") and verdicts[1].startswith("not tested: fewer")
    steps = canary_step(rng.normal(0, 1, 8), np.arange(8) % 2 == 1, 1e-5)
    control = step_control(steps, 1.0)
    assert control.holds is None and "canary steps, which could refute" in control.reason
    assert "even 1,000,000 canaries could not" in run_control(audited, 30.0).reason, "no number would do"


def test_the_number_needed_is_the_smallest_that_can_refute() -> None:
    for could in (lambda count: count >= 100, lambda count: count >= 7):
        needed = shortage(3, "canaries", could)
        assert needed.startswith(f"fewer than {100 if could(100) and not could(99) else 7} canaries")
        assert shortage(100, "canaries", could) == ""
    # by hand: of six numbers of guesses tried 28 is the largest, 0.731^28 is under 0.001 / 6 and 0.731^26 is not
    assert guesses_could(28, 1.0, 1e-9) and not guesses_could(27, 1.0, 1e-9)
    for canaries in (28, 26):
        present = np.arange(canaries) % 2 == 1
        assert (least_epsilon(present.astype(float), present, 1e-9).low > 1.0) is guesses_could(canaries, 1.0, 1e-9)
