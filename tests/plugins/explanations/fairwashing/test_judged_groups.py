"""What is said of a group too small for any trial is inconclusive."""

import numpy as np
import pytest

from auditkit.plugins.explanations.fairwashing.group_seen import GroupSeen
from auditkit.plugins.explanations.fairwashing.judged_groups import judged_groups
from auditkit.plugins.explanations.fairwashing.proxies import Proxy


def control(counts, explained=100, matched=()):
    group = np.repeat([*"abcd"][: len(counts)], counts)[np.random.default_rng(0).permutation(sum(counts))]
    seen = GroupSeen("race", group, np.ones(len(group), bool), [Proxy(0, "own column", 1.0)])
    return judged_groups(seen, matched, explained).controls[0]


def test_a_group_of_three_in_a_hundred_is_not_judged():
    few = control([873, 27])
    assert few.holds is False and few.on_failure == "inconclusive" and few.value == pytest.approx(0.03)
    assert "mean_abs_attribution" in few.guards and "proxy_share" in few.guards and "fewer than 30" in few.reason
    assert control([873, 27], matched=[1]).holds is True
    assert control([600, 300]).holds is True


def test_few_people_leave_what_is_said_of_everybody():
    few = control([990, 10])
    assert few.holds is False and few.guards == ("group_share", "proxy_share")


def test_small_groups_are_taken_together_and_small_data_has_large_groups():
    assert control([900, 40, 35, 25]).holds is True
    assert control([30, 20], explained=50).holds is True
    assert control([46, 4], explained=50).holds is False
    # a large group of which nobody was explained
    assert control([800, 100], explained=3).holds is False
