"""How many false alarms a test may raise, and the control that says so."""

import numpy as np
import pytest
from scipy import stats as laws

from auditkit.plugins.fairness.shared.self_tests import false_alarms, most_alarms, share_flagged


def test_the_bound_is_four_standard_errors_above_what_is_promised():
    assert most_alarms(200) == 0.112  # 0.05 + 4 sqrt(0.05 * 0.95 / 200) = 0.11164
    assert [most_alarms(trials) for trials in (20, 2000)] == [0.245, 0.069]


@pytest.mark.parametrize(("trials", "chance"), [(20, 0.0026), (100, 0.0005), (200, 0.0005), (2000, 0.0005)])
def test_a_sound_test_is_hardly_ever_called_unsound(trials, chance):
    assert laws.binom.sf(np.floor(most_alarms(trials) * trials), trials, 0.05) < chance


def test_a_sound_test_holds_and_one_that_alarms_too_often_does_not():
    rng = np.random.default_rng(0)
    sound = share_flagged(rng.random, 400)
    alarming = share_flagged(lambda: float(rng.random() ** 2), 400)
    assert false_alarms("shuffled", "How often?", sound, 400).holds is True
    control = false_alarms("shuffled", "How often?", alarming, 400, ("gap",))
    assert control.holds is False and control.on_failure == "inconclusive" and control.guards == ("gap",)
    assert control.reason == "the test raises more false alarms than the 5 % it promises"
    assert false_alarms("shuffled", "How often?", alarming, 400, of="both tests").reason == (
        "both tests raise more false alarms than the 5 % they promise"
    )
