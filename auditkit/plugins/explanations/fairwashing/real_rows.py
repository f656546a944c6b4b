"""The trial of an importance on real rows alone: does a surrogate of them show more of a group than it does?"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from auditkit.checks import Findings
from auditkit.data import AuditData
from auditkit.errors import MissingExtra
from auditkit.plugins.explanations.fairwashing.flip_test import INFLUENCE
from auditkit.plugins.explanations.fairwashing.group_seen import GroupSeen
from auditkit.plugins.explanations.fairwashing.surrogate import surrogate
from auditkit.plugins.explanations.shared.attributions import Attributions, share
from auditkit.plugins.explanations.shared.background import train_codes
from auditkit.plugins.explanations.shared.case import Case
from auditkit.results import Control, Definition, Measurement
from auditkit.text import first_few
from auditkit.too_few import fewer_than

MOST = 1_000
"""Rows of the training split that the model is asked about for its surrogate."""
HIDDEN = 0.25
"""The largest excess of an honest explanation."""
KNOWN = 0.5
"""The R2 from which a surrogate's excess refutes; below, it makes a share doubtful."""
UNKNOWN = 0.3
"""The R2 under which a surrogate says too little where the answers differ between groups."""
FEWEST = 30
"""Rows that can be learnt from."""
SETTLED = 200
"""Rows from which columns that tell a group only together are found; with fewer, a share is doubtful."""
MOST_CLASSES, FEW = 5, 3
"""Classes that are tried, and explained rows of each."""
APART = 0.1
"""The share of the answers' variance between groups from which there is something to hide."""

DEFINITIONS = {
    "real_row_excess": Definition(
        title="Influence of a group on real rows, beyond the explanation",
        formula="share of sum |Shapley values| on the group's columns, of boosted trees fitted to the model's answers "
        "on real rows - the explanation's share on the same columns; the largest over classes and sets of columns: all "
        "that tell the group (AUC over 0.9); one or more of those that tell it in part, the best first (over 0.6, or "
        "0.65 only together), with those that correlate with one of them over 0.9",
        range="-1 to 1; about 0 where the model answers alike about real rows and mixtures",
        direction="lower",
        unit="share",
        reference="Slack et al. 2020, arXiv:1911.02508; Laberge et al. 2022, arXiv:2205.15419",
        pitfalls="The trees only know what the rows show: of columns that always go together they take any.",
    ),
}


class RealRows(NamedTuple):
    """Rows of people that the model was asked about, with what a surrogate makes of its answers."""

    codes: np.ndarray
    """(N, D) of the audit data, then of the training split."""
    drawn: np.ndarray
    """Which rows of the training split."""
    answers: np.ndarray
    """(N,) the explained output."""
    values: np.ndarray
    """(n, D) the surrogate's attributions of the explained rows."""
    of_model: np.ndarray
    """(n, D) the model's, of the same rows."""
    chosen: np.ndarray
    """Which of the rows to explain are these n."""
    explained: float
    """The surrogate's R2 on rows held out."""


def real_rows(
    data: AuditData, case: Case, attributions: Attributions, rng: np.random.Generator
) -> list[RealRows] | str:  # fmt: skip
    """Ask the model about real rows and fit a surrogate; or why that cannot be done.

    None where the output is the same for all of them. Of three classes or more, one for each of the classes that most
    of the explained rows are given, with these rows.
    """
    if data.uncompared.any():
        return "a column is free text or an identifier, of which trees learn nothing"
    targets, counts = np.unique(case.output.target, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:MOST_CLASSES]
    tried = [targets[place] for place in order if place == order[0] or counts[place] >= FEW]
    more = train_codes(data)
    drawn = rng.permutation(0 if more is None else len(more))[:MOST]
    codes = case.x if more is None else np.concatenate([case.x, more[drawn]])
    if len(codes) < FEWEST:
        return f"there are {fewer_than(FEWEST, 'rows')} to learn from"
    learnt = []
    for target in tried:
        chosen = np.flatnonzero(case.output.target == target)
        answers = case.ask_in(attributions.unit, codes, np.full(len(codes), chosen[0]))
        if np.ptp(answers) <= 1e-9 * max(1.0, float(np.abs(answers).max())):
            continue
        try:
            trees = surrogate(codes, answers, case.x[chosen], case.background, case.progress)
        except MissingExtra as error:
            return str(error)
        of_model = attributions.values[chosen]
        learnt.append(RealRows(codes, drawn, answers, trees.values, of_model, chosen, trees.explained))
    return learnt


def not_tried(why: str) -> Control:
    """What an explanation may hide could not be looked for."""
    return Control.within(
        "real rows",
        "Could hidden influence be looked for on real rows?",
        None,
        guards=INFLUENCE,
        on_failure="inconclusive",
        reason=f"It was not looked for: {why}.",
    )


class Excess(NamedTuple):
    """By how much a surrogate of real rows gives more to some columns than the explanation does."""

    rows: RealRows
    columns: list[int]
    surrogate: float
    explanation: float

    @property
    def value(self) -> float:
        """From -1 to 1."""
        return self.surrogate - self.explanation

    @property
    def refutes(self) -> bool:
        """Whether the surrogate knows enough to refute an explanation, and not only to make it doubtful."""
        return self.rows.explained >= KNOWN and len(self.rows.codes) >= SETTLED


def largest_excess(seen: GroupSeen, learnt: Sequence[RealRows]) -> Excess:
    """Over the sets of columns by which a model could decide about the group, and over the classes."""
    tried = [
        Excess(rows, columns, *(_share(values, columns) for values in (rows.values, rows.of_model)))
        for rows in learnt
        for columns in seen.sets
    ]
    return max(tried, key=lambda excess: (excess.value > HIDDEN and excess.refutes, excess.value))


def _share(values: np.ndarray, columns: list[int]) -> float:
    return 0.0 if (estimate := share(values, columns)) is None else estimate.value


def real_row_test(seen: GroupSeen, learnt: Sequence[RealRows], names: Sequence[str]) -> Findings:
    """The excess of a surrogate's share on a group's columns, with what makes an explanation doubtful or refutes it."""
    attribute, worst = seen.attribute, largest_excess(seen, learnt)
    measured = Measurement(
        name="real_row_excess", value=worst.value, n=sum(len(rows.values) for rows in learnt), unit="share",
        direction="lower", conditions={"feature": attribute},
    )  # fmt: skip
    listed = first_few([names[place] for place in worst.columns])
    control = Control.within(
        f"real rows: {attribute}",
        f"Do the model's answers on real rows show no more of the columns that tell {attribute} than it does?",
        worst.value,
        at_most=HIDDEN,
        guards=INFLUENCE,
        on_failure="invalid" if worst.refutes else "inconclusive",
        reason=f"Trees that learnt the answers on real rows (R2 {worst.rows.explained:.2f} on others) give "
        f"{worst.surrogate:.0%} to {listed}, the explanation {worst.explanation:.0%}. Where the trees give more, "
        "explanation contradicts behaviour.",
    )
    return Findings([measured], [control, *_unknown(seen, learnt)])


def _unknown(seen: GroupSeen, learnt: Sequence[RealRows]) -> list[Control]:
    """A doubt where answers differ between groups and trees could not learn them."""
    apart, rows = max(
        ((_between(rows.answers[seen.known], seen.group), rows) for rows in learnt if rows.explained < UNKNOWN),
        key=lambda pair: pair[0],
        default=(0.0, learnt[0]),
    )
    if apart <= APART:
        return []
    return [
        Control.within(
            f"real rows known: {seen.attribute}",
            "Where the answers differ between groups, could trees learn them from real rows?",
            rows.explained,
            at_least=UNKNOWN,
            guards=INFLUENCE,
            on_failure="inconclusive",
            reason=f"{apart:.0%} of the variance of the answers lies between the groups of {seen.attribute}, and what "
            "carries it could not be learnt from the rows at hand. A larger training split would settle it.",
        )
    ]


def _between(answers: np.ndarray, group: np.ndarray) -> float:
    """The share of the answers' variance that lies between groups, less what chance would give (omega squared)."""
    if np.ptp(answers) == 0:
        return 0.0
    values, place = np.unique(group, return_inverse=True)
    means = np.bincount(place, answers) / np.bincount(place)
    inside, freedom = float(((answers - means[place]) ** 2).sum()), len(answers) - len(values)
    if freedom <= 0:
        return 0.0
    total = float(((answers - answers.mean()) ** 2).sum())
    return (total - inside - (len(values) - 1) * inside / freedom) / (total + inside / freedom)
