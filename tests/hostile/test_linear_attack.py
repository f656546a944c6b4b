"""A reader who solves for what is hidden: linear programmes over every number of an audit that is linear in counts.

The unknowns are the people of each combination of group values, label and decision. Every published rate with its n is
two equations, every count one. A hidden group is worked out where the least and the greatest number of its people, or
of its positives and selected ones, that all of this allows are the same. By default a small group that is left alone
can be: then the results name it, and no other is found.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import pytest
from scipy.optimize import linprog

import auditkit
from auditkit.data.cells import MINIMUM
from auditkit.results import AuditResult
from auditkit.too_few import fewer_than
from tests.plugins.recorded import recorded

ALL, POSITIVE, SELECTED, BOTH = "all", "positive", "selected", "both"
NEGATIVE, WRONGLY, REJECTED, RIGHT = "negative", "wrongly", "rejected", "right"
KINDS = {  # label, decision
    ALL: {(0, 0), (0, 1), (1, 0), (1, 1)},
    POSITIVE: {(1, 0), (1, 1)},
    NEGATIVE: {(0, 0), (0, 1)},
    SELECTED: {(0, 1), (1, 1)},
    REJECTED: {(0, 0), (1, 0)},
    BOTH: {(1, 1)},
    WRONGLY: {(0, 1)},
    RIGHT: {(0, 0), (1, 1)},
}
SHARES = {  # of whom, whose share
    "selection_rate": (ALL, SELECTED),
    "positive_share": (ALL, POSITIVE),
    "accuracy": (ALL, RIGHT),
    "true_positive_rate": (POSITIVE, BOTH),
    "recall": (POSITIVE, BOTH),
    "false_positive_rate": (NEGATIVE, WRONGLY),
    "positive_predictive_value": (SELECTED, BOTH),
    "precision": (SELECTED, BOTH),
    "balanced_accuracy": (ALL, None),
    "group_share": (ALL, None),
}
ASKED = (ALL, POSITIVE, SELECTED, BOTH)
"""What is worked out of a hidden group."""


class Reader:
    """What is known of the counts, as equations."""

    def __init__(self, values: dict[str, list[str]]) -> None:
        self.names = list(values)
        self.cells = [
            (dict(zip(values, combination, strict=True)), answer)
            for combination in itertools.product(*values.values())
            for answer in sorted(KINDS[ALL])
        ]
        self.rows: list[np.ndarray] = []
        self.totals: list[float] = []
        self.bounds: list[tuple[np.ndarray, float]] = []

    def form(self, group: dict[str, str], kind: str) -> np.ndarray:
        """The people of a group and of a kind, as a sum of unknowns."""
        inside = [
            answer in KINDS[kind] and all(where[name] == value for name, value in group.items())
            for where, answer in self.cells
        ]
        return np.array(inside, dtype=float)

    def learn(self, group: dict[str, str], kind: str, people: float) -> None:
        self.rows.append(self.form(group, kind))
        self.totals.append(float(people))

    def learn_together(self, groups: list[dict[str, str]], kind: str, people: float) -> None:
        self.rows.append(np.sum([self.form(group, kind) for group in groups], axis=0))
        self.totals.append(float(people))

    def at_most(self, group: dict[str, str], people: float) -> None:
        self.bounds.append((self.form(group, ALL), float(people)))

    def at_least_one(self, group: dict[str, str]) -> None:
        self.bounds.append((-self.form(group, ALL), -1.0))

    def ends(self, group: dict[str, str], kind: str) -> tuple[float, float]:
        """The least and the greatest number of people that all of this allows."""
        expected = self.form(group, kind)
        extremes = []
        for sign in (1, -1):
            done = linprog(
                sign * expected,
                A_eq=np.array(self.rows),
                b_eq=np.array(self.totals),
                A_ub=np.array([row for row, _ in self.bounds]) if self.bounds else None,
                b_ub=np.array([most for _, most in self.bounds]) if self.bounds else None,
            )
            assert done.status == 0, done.message
            extremes.append(sign * done.fun)
        return extremes[0], extremes[1]

    def solved(self, hidden: list[dict[str, str]]) -> list[tuple[dict[str, str], str]]:
        """What of the hidden groups is worked out: where no two whole numbers are possible."""
        out = []
        for group in hidden:
            for kind in ASKED:
                low, high = self.ends(group, kind)
                if np.floor(high + 1e-6) - np.ceil(low - 1e-6) < 1:
                    out.append((group, kind))
        return out


class Knowledge(NamedTuple):
    """What a reader of the results knows, and what is hidden from them."""

    reader: Reader
    hidden: list[dict[str, str]]
    facts: int
    named: list[dict[str, str]]
    """Groups of which the results say that they can be worked out."""


def read(result: AuditResult, values: dict[str, list[str]]) -> Knowledge:
    """Every linear fact of a result."""
    reader, hidden = Reader(values), {}
    reader.learn({}, ALL, result.data.rows)
    for measurement in result.data.groups:
        if measurement.together:
            continue  # the sum follows from the others
        if measurement.rows is not None:
            reader.learn({measurement.attribute: measurement.value}, ALL, measurement.rows)
        else:
            hidden[((measurement.attribute, measurement.value),)] = measurement.hidden or ""
    for check_result in result.results:
        for measurement in check_result.measurements:
            if not set(measurement.slice) <= set(values):
                continue
            group = dict(measurement.slice)
            if measurement.value is None:
                if _of_group(measurement.reason or ""):
                    hidden[tuple(group.items())] = measurement.reason or ""
                continue
            if measurement.name not in SHARES or measurement.n is None or measurement.across:
                continue
            whole, part = SHARES[measurement.name]
            reader.learn(group, whole, measurement.n)
            if part is not None:
                reader.learn(group, part, round(measurement.value * measurement.n))
        for table in check_result.tables:
            if table.name == "confusion":
                for label, row in enumerate(table.rows):
                    for decision, count in enumerate(row[1:]):
                        if isinstance(count, int):
                            row_form = np.array(
                                [answer == (label, decision) for _, answer in reader.cells], dtype=float
                            )
                            reader.rows.append(row_form)
                            reader.totals.append(float(count))
    for measurement in [
        measurement for measured in result.results for measurement in measured.together if measurement.value is not None
    ]:
        some = [dict(key) for key in hidden if {name for name, _ in key} == set(measurement.slice)]
        whole, part = SHARES.get(measurement.name, (None, None))
        if whole is not None and measurement.n is not None:
            reader.learn_together(some, whole, measurement.n)
            if part is not None and measurement.value is not None:
                reader.learn_together(some, part, round(measurement.value * measurement.n))
    for key in hidden:
        reader.at_most(dict(key), result.data.minimum_cell - 1)
        reader.at_least_one(dict(key))
    listed = {
        tuple(measurement.slice.items())
        for measured in result.results
        for measurement in measured.measurements
        if measurement.slice
    }
    for names in {tuple(name for name, _ in key) for key in listed}:
        for combination in itertools.product(*(values[name] for name in names)):
            where = dict(zip(names, combination, strict=True))
            if tuple(where.items()) not in listed:
                reader.learn(where, ALL, 0)  # a combination that is not listed is nobody
    return Knowledge(reader, [dict(key) for key in hidden if key], len(reader.rows), list(result.data.deducible))


def _of_group(reason: str) -> bool:
    """Whether the group itself is hidden; a rate over few of a group that is shown is another matter."""
    return reason == fewer_than(MINIMUM, "people")


def people(seed: int) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Labels, decisions and three attributes, some of whose values are rare."""
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(250, 900))
    groups = {
        "sex": rng.choice(["f", "m", "x"], rows, p=[0.5, 0.49, 0.01]),
        "race": rng.choice(["a", "b", "c", "d"], rows, p=[0.6, 0.3, 0.08, 0.02]),
        "age": rng.choice(["old", "young"], rows, p=[0.3, 0.7]),
    }
    labels = (rng.random(rows) < 0.5).astype(int)
    decisions = np.where(rng.random(rows) < 0.8, labels, 1 - labels)
    return labels, decisions, groups


def audited(seed: int) -> tuple[Knowledge, dict[str, np.ndarray], np.ndarray]:
    labels, decisions, groups = people(seed)
    model, data = recorded(decisions, labels, groups)
    result = auditkit.audit(
        model,
        data,
        checks=["data.integrity", "fairness.groups", "performance.quality"],
        parameters={"fairness.groups": {"intersections": 2 + seed % 2}},
        budget="quick",
        seed=seed,
    )
    assert all(check_result.status == "measured" for check_result in result.results), [
        check_result.reason for check_result in result.results
    ]
    values = {name: sorted(set(column)) for name, column in groups.items()}
    return read(result, values), groups, labels


def truth(groups: dict[str, np.ndarray], group: dict[str, str]) -> int:
    return int(np.logical_and.reduce([groups[name] == value for name, value in group.items()]).sum())


SEEDS = range(1, 7)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_hidden_group_is_worked_out_that_the_results_do_not_name(seed: int) -> None:
    knowledge, groups, _ = audited(seed)
    assert knowledge.hidden and knowledge.facts > 30
    assert all(truth(groups, group) < MINIMUM for group in knowledge.hidden)  # a larger group is never hidden
    for group in knowledge.hidden:  # the equations are true: what was counted lies within what they allow
        low, high = knowledge.reader.ends(group, ALL)
        assert low - 1e-6 <= truth(groups, group) <= high + 1e-6
    worked_out = knowledge.reader.solved(knowledge.hidden)
    assert [group for group, kind in worked_out if group not in knowledge.named] == []
    assert [group for group in knowledge.named if (group, ALL) not in worked_out] == []


def test_two_small_groups_of_one_attribute_protect_each_other() -> None:
    """The control of the naming: nothing is named where nothing follows, and the reader finds nothing either."""
    names = np.repeat(["t1", "t2", "a", "b"], [6, 6, 100, 100])
    model, data = recorded(np.tile([0, 1], 106), np.tile([0, 0, 1, 1], 53), {"g": names})
    result = auditkit.audit(
        model, data, checks=["data.integrity", "fairness.groups", "performance.quality"], budget="quick"
    )
    knowledge = read(result, {"g": ["a", "b", "t1", "t2"]})
    assert {group["g"] for group in knowledge.hidden} == {"t1", "t2"} and knowledge.named == []
    assert knowledge.reader.solved(knowledge.hidden) == []
    knowledge.reader.learn({"g": "t1"}, ALL, 6)  # and one of them told gives the other away
    assert ({"g": "t2"}, ALL) in knowledge.reader.solved(knowledge.hidden)
