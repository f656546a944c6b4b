"""Which groups a disparity of means compares."""

import numpy as np

from auditkit import AuditData
from auditkit.plugins.fairness.shared.compared_groups import compared_groups
from auditkit.plugins.fairness.shared.moments import means
from auditkit.plugins.fairness.shared.partition import split


def test_a_group_whose_spread_cannot_be_known_is_not_compared_and_says_why():
    groups = {"g": np.repeat(["a", "b", "c"], [40, 12, 40])}
    data = AuditData(inputs=np.zeros((92, 1)), groups=groups, task="regression")
    values = np.r_[np.tile([0.0, 1.0], 20), np.full(12, 0.5), np.tile([0.0, 1.0], 20)]
    unit = np.r_[np.arange(52), np.full(40, 60)]  # group c is one unit
    partition = split(data, ("g",))
    of_units = means(partition.codes, values, None, 3, unit)
    compared = compared_groups("mean", partition, of_units, of_units.values, "cases")
    assert compared.members.where == [{"g": "a"}] and compared.codes.tolist() == [0] * 40 + [-1] * 52
    assert [(group.slice["g"], group.reason) for group in compared.left_out] == [
        ("b", "all values are the same in fewer than 30 cases"), ("c", "fewer than two units"),
    ]  # fmt: skip
