"""Rates of rows that vary together: from tables of counts as from the rows themselves."""

import numpy as np
import pytest

from auditkit import stats
from auditkit.counts import count, encode
from auditkit.metrics.catalogue import RATES, right_or_not, shares
from auditkit.metrics.composites import COMPOSITES


def people(classes, rows=600, units=50, seed=0):
    rng = np.random.default_rng(seed)
    unit = rng.integers(0, units, rows)
    label, decision = rng.integers(-1, classes, rows), rng.integers(-1, classes, rows)
    # so that decisions of a unit go together
    decision = np.where(rng.random(rows) < 0.5, unit % classes, decision)
    sex = np.where(rng.random(rows) < 0.9, np.where(unit % 2, "m", "f"), "f")
    return unit, label, decision, sex, rng.uniform(0.5, 2, rows)


def slow(unit, hits, among, weights):
    """The effective rows of a share, and its units, from the rows that are in its denominator."""
    some = np.flatnonzero(among)
    mass = None if weights is None else weights[some]
    return stats.cluster_size(hits[some], unit[some], mass), len(np.unique(unit[some]))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "name", ["selection_rate", "true_positive_rate", "positive_predictive_value", "abstention_rate"]
)
def test_counts_give_what_rows_give(name, weighted):
    unit, label, decision, sex, weights = people(3)
    some = weights if weighted else None
    counts = count({"sex": encode(sex)}, decision, label, classes="abc", weights=some, clusters=unit)
    for attributes in ((), ("sex",)):
        where, tally = counts.over(attributes)
        share = shares(tally.against(1), RATES[name])
        for index, group in enumerate(where):
            inside = np.ones(len(unit), bool) if not group else sex == group["sex"]
            positive, selected, decided = label == 1, decision == 1, decision >= 0
            among, hits = {
                "selection_rate": (decided, selected),
                "true_positive_rate": (positive & decided, selected),
                "positive_predictive_value": ((label >= 0) & selected, positive),
                "abstention_rate": (np.ones(len(unit), bool), ~decided),
            }[name]
            size, units = slow(unit, hits, among & inside, some)
            assert share.sizes[index] == pytest.approx(size) and share.units[index] == units
            assert share.sizes[index] < (among & inside).sum()


def test_right_decisions_and_groups_as_one():
    unit, label, decision, sex, _ = people(3)
    counts = count({"sex": encode(sex)}, decision, label, classes="abc", clusters=unit)
    tally = counts.over(("sex",)).tally
    known = (label >= 0) & (decision >= 0)
    size, units = slow(unit, label == decision, known, None)
    # a unit with rows in both groups is one unit of both together
    share = shares(right_or_not(tally.as_one(np.array([0, 1]))), RATES["accuracy"])
    assert share.sizes[0] == pytest.approx(size) and share.units[0] == units == 50
    one = shares(right_or_not(tally.taken(np.array([1]))), RATES["accuracy"])
    both = shares(right_or_not(tally), RATES["accuracy"])
    assert one.sizes[0] == both.sizes[1] and both.units.sum() > 50 and one.units[0] == both.units[1]


def test_rows_by_themselves_are_as_without():
    _, label, decision, sex, weights = people(2)
    for some in (None, weights):
        plain, alone = (
            count({"sex": encode(sex)}, decision, label, weights=some, clusters=clusters).over(("sex",)).tally
            for clusters in (None, np.arange(len(sex)))
        )
        for rate in RATES.values():
            assert shares(alone, rate).sizes == pytest.approx(shares(plain, rate).sizes)


def test_rates_of_the_same_units_may_err_together():
    unit, label, decision, sex, _ = people(2)
    tally = count({"sex": encode(sex)}, decision, label, clusters=unit).over(()).tally
    apart = tally._replace(clusters=None)
    for name in ("balanced_accuracy", "mcc"):
        wide, narrow = (COMPOSITES[name].estimate(table) for table in (tally, apart))
        assert wide.values == pytest.approx(narrow.values)
        assert wide.high - wide.low > 1.2 * (narrow.high - narrow.low)
