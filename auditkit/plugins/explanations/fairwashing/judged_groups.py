"""Whether every group has people enough to see if an explanation hides it."""

from collections.abc import Collection

import numpy as np

from auditkit.checks import Findings
from auditkit.plugins.explanations.fairwashing.flip_test import INFLUENCE
from auditkit.plugins.explanations.fairwashing.group_seen import FEWEST, GroupSeen
from auditkit.results import Control
from auditkit.too_few import fewer_than

EXPLAINED = 5
"""Explained rows of a group by which it can be judged."""
NOTICEABLE, LARGE = 0.05, 0.2
"""The shares of people from which a group shows in what is said of everybody: with people enough, and with few."""
SLIGHT = 0.02
"""The share of people under which a group moves no mean over everybody by much."""


def judged_groups(seen: GroupSeen, matched: Collection[int], explained: int) -> Findings:
    """A control on what the explanation says of a group, where some groups are too small for any trial.

    Groups of few people are taken together. A group is judged where its people were matched, or where it is so large
    a part of everybody that the trial on real rows would show it. What is said of a group rests on all of its groups;
    what is said of everybody only where those that are not judged are a noticeable part of everybody.

    Args:
        seen: the group.
        matched: places of those of its groups whose people were matched with others.
        explained: how many of the rows, the first ones, were explained.
    """
    group = seen.pooled
    values, people = np.unique(group, return_counts=True)
    enough = [
        value in matched or (_is_large(count, people.sum()) and (group[:explained] == value).sum() >= EXPLAINED)
        for value, count in zip(values.tolist(), people.tolist(), strict=True)
    ]
    left = float(people[~np.array(enough)].sum() / people.sum())
    return Findings(
        controls=[
            Control.within(
                f"groups judged: {seen.attribute}",
                f"Has every group of {seen.attribute} people enough to see whether the explanation hides it (share of "
                "the people in groups that have not)?",
                left,
                at_most=0.0,
                guards=INFLUENCE if left >= SLIGHT else INFLUENCE[1:],
                on_failure="inconclusive",
                reason=f"{left:.1%} of the people are in a group of which too few are here to be matched with others "
                f"({fewer_than(FEWEST, 'pairs')}): whether the explanation hides it could not be seen. More "
                "rows, and a larger training split, would settle it.",
            )
        ]
    )


def _is_large(people: int, everybody: int) -> bool:
    return people >= NOTICEABLE * everybody if people >= FEWEST else people >= LARGE * everybody
