"""From a tree to findings: what `explanations.surrogate_tree` says."""

import numpy as np
import scipy

from auditkit import stats
from auditkit.plugins.explanations.surrogate_tree.tree import Rule
from auditkit.results import Column, Control, Interval, Measurement, Table
from auditkit.text import number_of
from auditkit.too_few import fewer_than

FOLLOWS = 0.8
"""The R2 from which rules are shown."""


def r2(outputs: np.ndarray, answers: np.ndarray) -> Measurement:
    """R2 of the tree's answers (n,) on the model's outputs (n,), with the interval of a ratio of two means."""
    squares, spread = (outputs - answers) ** 2, (outputs - outputs.mean()) ** 2
    if not spread.any():
        return Measurement(
            name="surrogate_r2", value=None, reason="the output is the same for all rows", direction="higher"
        )  # fmt: skip
    ratio, n = float(squares.sum() / spread.sum()), len(outputs)
    # linearised as in Cochran 1977, Sampling techniques, 6.3
    error = float((squares - ratio * spread).std(ddof=1) / spread.mean() / np.sqrt(n))
    half = float(scipy.stats.t.ppf(0.975, n - 1)) * error
    ends = Interval(
        low=1 - ratio - half, high=min(1.0, 1 - ratio + half), method="linearised ratio, Student t over rows"
    )
    return Measurement(name="surrogate_r2", value=1 - ratio, interval=ends, n=n, direction="higher")


def shares(decisions: np.ndarray, answers: np.ndarray) -> list[Measurement]:
    """Fidelity, and what always the most frequent decision would reach; (n,) decisions of the model and the tree."""
    same, most = decisions == answers, int(np.unique(decisions, return_counts=True)[1].max())
    n = len(decisions)
    return [
        Measurement(name="fidelity", value=float(same.mean()), interval=stats.wilson(int(same.sum()), n), n=n,
                    unit="share", direction="higher"),
        Measurement(name="most_frequent_decision", value=most / n, interval=stats.wilson(most, n), n=n, unit="share"),
    ]  # fmt: skip


def follows(measured: Measurement) -> Control:
    """Whether the tree follows the model so far that its rules may be read."""
    return Control.within(
        "follows the model", "Does the tree follow the model on rows that it did not learn from (R2)?", measured.value,
        at_least=FOLLOWS, guards=("fidelity",), on_failure="inconclusive",
        reason="Rules of a tree that does not follow the model are about something else. They are shown only where "
        "this holds.",
    )  # fmt: skip


def rule_table(rules: list[Rule], leaf: np.ndarray, outputs: np.ndarray, minimum: int, unit: str) -> Table:
    """The rules with how many rows each holds for, and the model's mean output there; without leaves of few rows.

    Args:
        rules: all of the tree.
        leaf: (n,) of each row, of those that the tree did not learn from.
        outputs: (n,) of the model about them.
        minimum: rows of a leaf that is shown.
        unit: of the outputs.
    """
    rows, hidden = [], 0
    for rule in rules:
        inside = outputs[leaf == rule.leaf]
        if len(inside) < minimum:
            hidden += 1
            continue
        rows.append((rule.words, len(inside), len(inside) / len(leaf), float(inside.mean()), float(inside.std())))
    rows.sort(key=lambda row: -row[3])
    left = f" Not shown, as of {fewer_than(minimum, 'rows')} each: {number_of(hidden, 'rule')}." if hidden else ""
    return Table(
        name="rules", title="What a small tree makes of the model",
        caption=f"Every row follows one rule. Rows, and the model's own output for them, are of those that the tree "
        f"did not learn from.{left}",
        columns=(
            Column(name="rule", title="Rule"), Column(name="rows", title="Rows"),
            Column(name="share", title="Of all", percent=True), Column(name="mean", title=f"Model's mean ({unit})"),
            Column(name="spread", title="Standard deviation"),
        ),
        rows=tuple(rows),
    )  # fmt: skip
