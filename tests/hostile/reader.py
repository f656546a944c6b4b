"""A reader who solves for what is hidden: linear programmes over every number of an audit that is linear in counts.

The unknowns are the people of each combination of group values, label and decision. Everything that is written is gone
through, wherever it stands: a rate with its n is two equations, a rate with its interval gives away its n, a count is
one equation, and a group that is named holds somebody.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from auditkit.results import TOGETHER

ALL = frozenset(itertools.product((0, 1, 2), (0, 1, 2)))  # label, decision; 2: none
POSITIVE, NEGATIVE = (frozenset((label, decision) for decision in (0, 1, 2)) for label in (1, 0))
SELECTED, REJECTED, ABSTAINED = (frozenset((label, decision) for label in (0, 1, 2)) for decision in (1, 0, 2))
TP, FP, FN, TN = (frozenset({cell}) for cell in ((1, 1), (0, 1), (1, 0), (0, 0)))
RIGHT, WRONG = TP | TN, FP | FN

KINDS = {
    "people": ALL, "positive": POSITIVE, "negative": NEGATIVE, "selected": SELECTED, "rejected": REJECTED, "tp": TP,
    "fp": FP, "fn": FN, "tn": TN,
}  # fmt: skip
"""What nobody may work out of a group, where it is few people."""

RATES = {  # of whom, whose share
    "selection_rate": (SELECTED | REJECTED, SELECTED),
    "rejection_rate": (SELECTED | REJECTED, REJECTED),
    "abstention_rate": (ALL, ABSTAINED),
    "positive_share": (POSITIVE | NEGATIVE, POSITIVE),
    "prevalence": (POSITIVE | NEGATIVE, POSITIVE),
    "majority_accuracy": (RIGHT | WRONG, None),
    "accuracy": (RIGHT | WRONG, RIGHT),
    "balanced_accuracy": (RIGHT | WRONG, None),
    "true_positive_rate": (TP | FN, TP),
    "false_negative_rate": (TP | FN, FN),
    "recall": (TP | FN, TP),
    "false_positive_rate": (FP | TN, FP),
    "true_negative_rate": (FP | TN, TN),
    "positive_predictive_value": (TP | FP, TP),
    "precision": (TP | FP, TP),
    "group_share": (ALL, None),
    "applicants": (SELECTED | REJECTED, None),
}
NEAR = 1e-9
SOLVED = 1e-5
"""People by which a solution may be off."""
FEW = re.compile(r"fewer than (\d+) people(?: each: (.*)| with a (positive|negative) label|)")
"""How it is said that a group is few people, or that few of it count for a rate."""


class Reader:
    """What is known of the counts, as equations."""

    def __init__(self, values: dict[str, list[str]]) -> None:
        self.values = values
        combinations = list(itertools.product(*values.values()))
        self._combinations = len(combinations)
        self._columns = {
            name: np.repeat([combination[at] for combination in combinations], len(ALL))
            for at, name in enumerate(values)
        }
        """The values of each attribute, unknown by unknown: each label and decision of each combination of values."""
        self.rows: list[np.ndarray] = []
        self.totals: list[float] = []
        self.named: list[dict[str, str]] = []
        self.few: list[tuple[np.ndarray, int]] = []
        """Sums of unknowns that are said to be few, with what they are at most."""
        self.rounded: list[tuple[np.ndarray, float]] = []
        """Sums of unknowns, with what they are at most: what is printed with fewer digits tells."""
        self.small: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}
        """Groups that are hidden as too small to show."""
        self._facts: set[tuple[Any, ...]] = set()
        self._systems: dict[tuple[int | bool, ...], Any] = {}

    def _form(self, group: dict[str, str], kind: frozenset[tuple[int, int]]) -> np.ndarray:
        inside = np.tile([answer in kind for answer in sorted(ALL)], self._combinations)
        for name, value in group.items():
            inside &= self._columns[name] == value
        return inside.astype(float)

    def form(self, group: dict[str, str], kind: frozenset[tuple[int, int]]) -> np.ndarray:
        """The people of a group, or of smaller groups together, and of a kind, as a sum of unknowns."""
        if set(group.values()) != {TOGETHER}:
            return self._form(group, kind)
        forms = [self._form(small, kind) for small in self.small.values() if set(small) == set(group)]
        return np.sum(forms, axis=0)

    def learn(self, group: dict[str, str], kind: frozenset[tuple[int, int]], people: float) -> None:
        fact = (tuple(sorted(group.items())), kind, people)
        if fact not in self._facts:
            self._facts.add(fact)
            self.rows.append(self.form(group, kind))
            self.totals.append(float(people))

    def learn_share(self, name: str, group: dict[str, str], share: tuple[float, float], people: int | None) -> None:
        """A rate as it is printed: between which shares it lies, and of how many people it is, if that is said."""
        (whole, part), fact = RATES[name], (name, tuple(sorted(group.items())), share, people)
        if fact in self._facts:
            return
        self._facts.add(fact)
        if people is not None:
            self.learn(group, whole, people)
        if part is None:
            return
        if people is None:  # 30 % of a group is a fact too, however many people it is
            hits, of = self.form(group, part), self.form(group, whole)
            self.rounded += [(hits - share[1] * of, SOLVED), (share[0] * of - hits, SOLVED)]
            return
        low, high = int(np.ceil(share[0] * people - NEAR)), int(np.floor(share[1] * people + NEAR))
        if low == high:
            self.learn(group, part, low)
        else:
            self.rounded += [(self.form(group, part), high), (-self.form(group, part), -low)]

    def ends(self, group: dict[str, str], kind: frozenset[tuple[int, int]], words: bool = False) -> tuple[float, float]:
        """The least and the greatest number of people that all of this allows; `words`: and that few are few."""
        expected, extremes = self.form(group, kind), []
        system = self._system(words)
        equal, totals, most, bounds = system[:4]
        for sign in (1, -1):
            done = linprog(sign * expected, A_eq=equal, b_eq=totals, A_ub=most, b_ub=bounds)
            assert done.status == 0, done.message
            system[4].append(done.x)
            extremes.append(float(sign * done.fun))
        return extremes[0], extremes[1]

    def leaves(self, group: dict[str, str], kind: frozenset[tuple[int, int]], least: float, words: bool) -> bool:
        """Whether two solutions that are known already differ by `least` people or more in this number."""
        numbers = [float(self.form(group, kind) @ solution) for solution in self._system(words)[4]]
        return bool(numbers) and max(numbers) - min(numbers) >= least

    def allows(self, counts: np.ndarray, words: bool) -> bool:
        """Whether (unknowns,) counts fulfil all that is known; they are a solution then."""
        equal, totals, most, bounds, solutions = self._system(words)
        fulfilled = bool((np.abs(equal @ counts - totals) < SOLVED).all())
        if most is not None:
            fulfilled &= bool((most @ counts <= bounds + SOLVED).all())
        solutions += [counts] * fulfilled
        return fulfilled

    def _system(self, words: bool) -> tuple[csr_array, np.ndarray, csr_array | None, np.ndarray, list[np.ndarray]]:
        """The equations, what sums are at most, and the solutions found so far; made anew where more was learnt."""
        state = (len(self.rows), len(self.named), len(self.few), len(self.rounded), words)
        if state not in self._systems:
            bounds = (
                [(-self.form(group_named, ALL), -1) for group_named in self.named]
                + (self.few if words else [])
                + self.rounded
            )
            least: dict[bytes, tuple[np.ndarray, float]] = {}
            for form, most in bounds:  # of the same sum the least bound tells everything
                least[form.tobytes()] = (form, min(float(most), least.get(form.tobytes(), (form, np.inf))[1]))
            forms = csr_array(np.array([form for form, _ in least.values()])) if least else None
            upper = np.array([most for _, most in least.values()])
            self._systems[state] = (csr_array(np.array(self.rows)), np.array(self.totals), forms, upper, [])
        return self._systems[state]

    def read(self, written: Any) -> None:
        """Every linear fact of what results.json, or any part of it, holds."""
        for record in walk(written):
            if {"name", "value", "slice", "n"} <= set(record) and record["value"] is None:
                reason = FEW.fullmatch(record.get("reason") or "")
                if reason is not None and record["slice"] and reason[3] is None:
                    self.small[tuple(sorted(record["slice"].items()))] = record["slice"]
        for record in walk(written):
            if {"attribute", "value", "rows"} <= set(record):  # how many people a group has
                group = {record["attribute"]: record["value"]}
                if group not in self.named and not record.get("together"):
                    self.named.append(group)
                if record["rows"] is not None and not record.get("together"):
                    self.learn(group, ALL, record["rows"])
            elif {"name", "value", "slice", "n"} <= set(record):
                self._measurement(record)
            elif {"rate", "low", "high"} <= set(record):  # two groups that make a disparity
                for end in (record["low"], record["high"]):
                    self._measurement({"name": record["rate"], "across": (), "conditions": {}, **end})
            elif {"slice", "people", "share"} <= set(record) and record["slice"] and record["people"] is not None:
                self.learn(record["slice"], ALL, record["people"])
            elif {"columns", "rows"} <= set(record) and record.get("across"):
                self._rates(record)
            elif record.get("name") == "confusion":
                for label, row in enumerate(record["rows"]):
                    for decision, count in enumerate(row[1:]):
                        if isinstance(count, int):
                            self.learn({}, frozenset({(label, decision)}), count)

    def _rates(self, table: dict[str, Any]) -> None:
        """A table of New York, or of adverse impact: how many people a group has, and how many of them are selected."""
        for row in table["rows"]:
            cells = dict(zip((column["name"] for column in table["columns"]), row, strict=True))
            words = {word for text in row if isinstance(text, str) for word in text.split(", ")}
            group = {name: value for name in table["across"] for value in (*self.values[name], TOGETHER)
                     if {value, f"{name}={value}"} & words}  # fmt: skip
            assert len(group) == len(table["across"])
            for kind, names in ((SELECTED | REJECTED, ("people", "applicants")), (SELECTED, ("selected", "rated"))):
                for people in (cells.get(name) for name in names):
                    if people is not None:
                        self.learn(group, kind, people)

    def _measurement(self, record: dict[str, Any]) -> None:
        group = record["slice"]
        if not set(group) <= set(self.values):
            return
        if group and group not in self.named and TOGETHER not in group.values():
            self.named.append(group)
        for lacking in record.get("left_out", ()):
            self._left_out(lacking, record["across"])
        if record["value"] is None or record["name"] not in RATES or record.get("across"):
            return
        whole, part = RATES[record["name"]]
        n = record["n"] or _n_of(record)
        if n is None:
            return
        self.learn(group, whole, n)
        if part is not None:
            self.learn(group, part, round(record["value"] * n))

    def _left_out(self, lacking: dict[str, Any], across: list[str]) -> None:
        """That a group is few people, or that few or none of it count for a rate."""
        nobody = re.match(r"no people with a (positive|negative) label", lacking["reason"])
        if nobody is not None and lacking["slice"]:
            self.learn(lacking["slice"], {"positive": TP | FN, "negative": FP | TN}[nobody[1]], 0)
        reason = re.match(
            r"fewer than (\d+) people(?: each: (.*)| with a (positive|negative) label|)$", lacking["reason"]
        )
        if reason is None:
            return
        most = int(reason[1]) - 1
        if reason[2] and len(across) == 1:
            groups = [{across[0]: value} for value in self.values[across[0]] if value in reason[2].split(", ")]
        else:
            groups = [lacking["slice"]] if lacking["slice"] else []
        kind = {"positive": TP | FN, "negative": FP | TN, None: ALL}[reason[3]]
        self.few += [(self.form(group, kind), most) for group in groups]


def _n_of(record: dict[str, Any]) -> int | None:
    """How many people a share is of, from its Wilson interval: the width gives n away."""
    interval = record.get("interval")
    if not interval or "Wilson" not in interval["method"] or not 0 < record["value"] < 1:
        return None
    p, z2 = record["value"], 1.959963984540054**2
    half = (interval["high"] - interval["low"]) / 2
    counts = np.arange(1, 100_000)
    widths = np.sqrt(z2 * (p * (1 - p) / counts + z2 / (4 * counts**2))) / (1 + z2 / counts)
    at = int(np.abs(widths - half).argmin())
    return int(counts[at]) if abs(widths[at] - half) < 1e-9 else None


def walk(written: Any) -> Iterator[dict[str, Any]]:
    """Every object in it, at any depth."""
    if isinstance(written, dict):
        yield written
    for part in written.values() if isinstance(written, dict) else written if isinstance(written, list) else ():
        yield from walk(part)
