"""The checks' tests of themselves: people counted again row by row, tests tried on equal groups, tables that add up."""

from collections.abc import Sequence

import numpy as np

from auditkit.data import AuditData
from auditkit.plugins.fairness.impact import significance
from auditkit.plugins.fairness.impact.selection import Selection
from auditkit.plugins.fairness.shared.self_tests import false_alarms, share_flagged
from auditkit.results import Control

TRIED = 200
"""Groups that are counted again row by row."""
TESTS = 400
"""Exact tests that the trial on equal groups may cost."""


def recount(
    selections: Sequence[Selection], data: AuditData, decisions: np.ndarray, guards: tuple[str, ...] = ()
) -> Control:
    """Whether the numbers of people are the same when they are counted again from masks over the rows.

    Args:
        selections: what is shown.
        data: the data.
        decisions: (N,) 1 for selected, 0 for not, -1 for no decision.
        guards: the measurements that hang on it; empty: all.
    """
    tried = [(selection, int(index)) for selection in selections for index in selection.visible][:TRIED]
    people = np.ones(len(decisions), dtype=np.int64) if data.people is None else data.people
    worst = 0
    for selection, index in tried:
        members = [data.groups[name] == value for name, value in selection.where[index].items()]
        rows = np.logical_and.reduce([*members, decisions >= 0])
        recounted = int(people[rows].sum()), int(people[rows & (decisions == 1)].sum())
        worst = max(
            worst, abs(recounted[0] - int(selection.people[index])), abs(recounted[1] - int(selection.selected[index]))
        )
    return Control.within(
        "recount",
        "Are the numbers of people and of the selected the same when they are counted again, row by row?",
        float(worst),
        at_most=0,
        guards=guards,
        reason="a number differs from a second count of the same rows, so no rate and no ratio can be trusted",
    )


def equal_groups(selections: Sequence[Selection], trials: int, rng: np.random.Generator) -> list[Control]:
    """How often the adjusted exact test calls groups different that were drawn with the same rate.

    For the first attributes that can be compared; nothing where none can.
    """
    comparable = (
        selection
        for selection in selections
        if len(selection.visible) > 1 and selection.selected[selection.visible].any()
    )
    first = next(comparable, None)
    if first is None:
        return []
    sizes, chosen = first.people[first.visible], first.selected[first.visible]
    rate = float(chosen.sum() / sizes.sum())
    # An exact test costs milliseconds and each table takes one for each group, so many groups afford fewer tables.
    tables = max(20, min(trials, TESTS // (len(sizes) - 1)))
    return [
        false_alarms(
            "equal groups",
            f"Where groups of the sizes of {' and '.join(first.attributes)} are drawn at one rate, how often does the "
            "adjusted exact test call one different?",
            share_flagged(lambda: _least_p(rng.binomial(sizes, rate), sizes), tables),
            tables,
            ("impact_ratio", "lowest_impact_ratio"),
        )
    ]


def _least_p(chosen: np.ndarray, sizes: np.ndarray) -> float:
    """The smallest p-value of any group against the highest one, adjusted for every pair."""
    top = int(np.argmax(chosen / sizes))
    rest = [index for index in range(len(sizes)) if index != top]
    p = [
        significance.exact_test(int(chosen[index]), int(sizes[index]), int(chosen[top]), int(sizes[top])).p
        for index in rest
    ]
    return float(significance.holm_over_pairs(p, len(sizes) * (len(sizes) - 1) // 2).min())
