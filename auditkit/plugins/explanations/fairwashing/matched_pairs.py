"""People who are alike but for their group: how differently the model answers them, and what the explanation says."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy

from auditkit import stats
from auditkit.checks import Findings
from auditkit.plugins.explanations.fairwashing.coordinates import coordinates
from auditkit.plugins.explanations.fairwashing.flip_test import INFLUENCE
from auditkit.plugins.explanations.fairwashing.group_seen import FEWEST, GroupSeen
from auditkit.plugins.explanations.fairwashing.real_rows import SETTLED, RealRows
from auditkit.plugins.explanations.fairwashing.surrogate import held_out
from auditkit.results import Control, Definition, Interval, Measurement

CALIPER = 0.75
"""The quantile of the distances to the nearest person of one's own group, beyond which nobody is a match."""
HIDDEN = 0.3
"""The largest excess beyond chance of an honest explanation, in standard deviations of the answers."""
AT_ONCE = 2**22
"""Distances held at once."""

DEFINITIONS = {
    "matched_pair_gap": Definition(
        title="Difference between people alike but for their group",
        formula="largest over groups of |mean of f(x) - f(x')| / standard deviation of f; x in the group, x' the "
        "nearest real row outside it, and the other way round, by all columns but those that tell the group; pairs "
        "farther apart than three in four people are from the nearest of their own group are left out",
        range="0 or more",
        direction="lower",
        unit="standard deviations of the output",
        reference="Rosenbaum, Rubin 1985, Constructing a Control Group Using Multivariate Matched Sampling, "
        "The American Statistician 39",
        pitfalls="What differs within the caliper adds to it. People without a match are not in it.",
    ),
    "matched_pair_excess": Definition(
        title="Difference between matched people, beyond the explanation",
        formula="for the group where it is farthest beyond chance, |mean of f(x) - f(x') over matched pairs - "
        "(mean attribution of the columns that tell the group, in the group - outside it)| / standard deviation of f",
        range="0 or more; about 0 where the explanation follows the model's answers about people",
        direction="lower",
        unit="standard deviations of the output",
        reference="Rosenbaum, Rubin 1985, The American Statistician 39; Slack et al. 2020, arXiv:1911.02508",
        pitfalls="Effects that differ in sign from person to person cancel out.",
    ),
}


class MatchedGap(NamedTuple):
    """How differently matched people are answered."""

    gap: float
    """Mean output inside the group less that outside it."""
    variance: float
    """Of that mean, as if every second pair were independent: a person is in two pairs, or more."""
    pairs: int


class Compared(NamedTuple):
    """What one group does to matched people and in the explanation, in standard deviations of the output."""

    group: int
    """Its place among the groups."""
    people: float
    explanation: float
    error: float
    """The standard error of the difference of the two."""
    pairs: int

    @property
    def excess(self) -> float:
        """How far the two are apart."""
        return abs(self.people - self.explanation)

    @property
    def beyond_chance(self) -> float:
        """The lower end of the 95 % interval of the excess."""
        return max(0.0, self.excess - stats.critical(0.95) * self.error)

    @property
    def interval(self) -> Interval:
        """Of the excess, at 95 %."""
        high = self.excess + stats.critical(0.95) * self.error
        return Interval(low=self.beyond_chance, high=high, method="normal, over pairs and rows explained")


def matched_gap(where: np.ndarray, answers: np.ndarray, expected: np.ndarray, inside: np.ndarray) -> MatchedGap | None:
    """The mean difference of answers between each person and the nearest one on the other side, both ways.

    Of many columns nobody is alike in all. What still differs within a pair is taken off by what trees expect that
    learnt on the mate's side alone, so that nothing of the group is in it (Abadie and Imbens 2011, Bias-Corrected
    Matching Estimators, doi:10.1198/jbes.2009.07333).

    Args:
        where: (n, K) where each row lies, as `coordinates` gives it.
        answers: (n,) of the model.
        expected: (2, n) of them, from the columns that do not tell the group: learnt outside it, and inside.
        inside: (n,) bool, who is in the group.

    Returns:
        None with fewer than `FEWEST` pairs within the caliper.
    """
    own, other = (_nearest(where, inside, same) for same in (True, False))
    near = other.distance <= np.quantile(own.distance, CALIPER)
    if near.sum() < FEWEST:
        return None
    side, people = 1 - inside.astype(int), np.arange(len(answers))
    between = expected[side, people] - expected[side, other.who]
    moved = (np.where(inside, 1.0, -1.0) * (answers - answers[other.who] - between))[near]
    return MatchedGap(float(moved.mean()), float(2 * moved.var(ddof=1) / len(moved)), len(moved))


def compared(seen: GroupSeen, rows: RealRows, numeric: np.ndarray) -> list[Compared]:
    """Each group that has people enough: matched people against the explanation; those of few people as one group.

    Args:
        seen: the group, and the columns that tell it.
        rows: of people, with the model's answers and the explanation of some.
        numeric: (D,) bool: which columns hold numbers.
    """
    rest = [place for place in range(rows.codes.shape[1]) if place not in seen.columns]
    spread, outcomes, group = float(rows.answers.std()), [], seen.pooled
    if not rest or not seen.columns:
        return []
    where = coordinates(rows.codes[seen.known][:, rest], numeric[rest])
    answers = rows.answers[seen.known]
    others = rows.codes[seen.known][:, rest]
    on_group = rows.of_model[:, seen.columns].sum(axis=1)
    # the explained rows come first, and the group of each is known
    explained = group[rows.chosen]
    for value in np.unique(group):
        inside, own = group == value, explained == value
        if min(inside.sum(), (~inside).sum()) < FEWEST or min(own.sum(), (~own).sum()) < 2:
            continue
        expected = np.array([held_out(others, answers, side) for side in (~inside, inside)])
        gap = matched_gap(where, answers, expected, inside)
        if gap is not None:
            sides = on_group[own], on_group[~own]
            error = np.sqrt(gap.variance + sum(side.var(ddof=1) / len(side) for side in sides))
            shown = sides[0].mean() - sides[1].mean()
            outcomes.append(
                Compared(int(value), gap.gap / spread, float(shown / spread), float(error / spread), gap.pairs)
            )
    return outcomes


def matched_pair_test(seen: GroupSeen, outcomes: Sequence[Compared], people: int) -> Findings:
    """How differently people alike but for their group are answered, against what the explanation gives the group.

    Args:
        seen: the group.
        outcomes: of its groups, for one class or several.
        people: real rows that the model was asked about.
    """
    attribute = seen.attribute
    if not outcomes:
        return Findings(
            notes=[f"People alike but for {attribute} were not compared: no group has enough who are alike otherwise."]
        )
    worst = max(outcomes, key=lambda outcome: outcome.beyond_chance)
    largest = max(abs(outcome.people) for outcome in outcomes)
    control = Control.within(
        f"matched pairs: {attribute}",
        f"Are people who are alike but for {attribute} answered as differently as the explanation says, beyond chance "
        "(lower end of the interval of the difference)?",
        worst.beyond_chance,
        at_most=HIDDEN,
        guards=INFLUENCE,
        on_failure="invalid" if people >= SETTLED else "inconclusive",
        reason=f"Over {worst.pairs} pairs of real people who are alike but for {attribute}, outputs differ by "
        f"{worst.people:+.2f} standard deviations; the explanation gives its columns {worst.explanation:+.2f}. Where "
        "these are far apart, explanation contradicts behaviour.",
    )
    fixed: dict[str, Any] = {
        "n": people, "unit": "standard deviations of the output", "direction": "lower",
        "conditions": {"feature": attribute},
    }  # fmt: skip
    return Findings(
        [
            Measurement(name="matched_pair_gap", value=largest, **fixed),
            Measurement(name="matched_pair_excess", value=worst.excess, interval=worst.interval, **fixed),
        ],
        [control],
    )


class _Nearest(NamedTuple):
    who: np.ndarray
    distance: np.ndarray


def _nearest(where: np.ndarray, inside: np.ndarray, same: bool) -> _Nearest:
    """Of each row the nearest other one, on its own side or on the other one."""
    who, distance = np.empty(len(where), dtype=np.int64), np.empty(len(where))
    step = max(1, AT_ONCE // len(where))
    for start in range(0, len(where), step):
        part = np.arange(start, min(start + step, len(where)))
        squared = scipy.spatial.distance.cdist(where[part], where, "sqeuclidean")
        squared[(inside[part, None] == inside[None]) != same] = np.inf
        squared[np.arange(len(part)), part] = np.inf
        who[part] = squared.argmin(axis=1)
        distance[part] = squared[np.arange(len(part)), who[part]]
    return _Nearest(who, distance)
