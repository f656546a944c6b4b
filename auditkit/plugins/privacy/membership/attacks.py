"""Which attack is made with what is at hand, and what is said of it."""

import numpy as np

from auditkit.plugins.privacy.membership.attack import Scored
from auditkit.plugins.privacy.membership.comparison import Comparison, score_sides
from auditkit.plugins.privacy.membership.members import Sides
from auditkit.plugins.privacy.membership.parameters import BLACK_BOX, BOUNDARY, FEWEST, ONLINE, Parameters
from auditkit.text import number_of

ALONE = {
    "loss": "loss, the simplest there is",
    "gap": "gap, the simplest there is: whoever is decided rightly is called a member",
    BLACK_BOX: "black box: boosted trees learn from half of the members and non-members what answers about members "
    "look like, and judge the {members} members and {others} non-members of the other half; an attacker must know some "
    "members for it",
    BOUNDARY: "boundary distance: how far a row must be changed before it is decided otherwise, by HopSkipJump with at "
    "most {queries} questions about a row, of {members} members and {others} non-members",
}
STRONGER = (
    "Attack: {attack}. A stronger one holds the model against copies of it that were fitted to other rows, and {why}."
)
OTHERS = (
    ' Without copies there are attack = "boundary distance", which asks about each row {queries} times at most, and '
    '"black box"; where a table is small neither need find more.'
)
HELD = (
    "Attack: {attack}, with {copies} of the model that were fitted to half of the training rows each{weight}: a row "
    "that the model knows better than copies do that never saw it looks like a member. A stronger one needs more of "
    'them: reference_models = 16 or more, and attack = "lira online" from 64 on.'
)


def chosen(parameters: Parameters, sides: Sides, copies: int) -> str:
    """The attack that is measured: the one asked for where it can be made, else the strongest without copies."""
    asked = ("rmia" if copies else "loss") if parameters.attack == "auto" else parameters.attack
    return simplest(sides) if asked == "loss" or copies < FEWEST.get(asked, 0) else asked


def simplest(sides: Sides) -> str:
    """The attack that needs nothing but the answers about the rows."""
    return "loss" if sides.graded else "gap"


def attacks_on(
    first: str, sides: Sides, comparison: Comparison | None, weight: float, given: np.ndarray | None
) -> list[Scored]:
    """The attack that is measured, then those that it can be compared with.

    Args:
        first: the one that is measured.
        sides: members and others.
        comparison: of both with copies of the model.
        weight: RMIA's `a`.
        given: (M + N,) the scores of the first, where it is no formula of answers.
    """
    copies = 0 if comparison is None else len(comparison.chances)
    able = [name for name, needed in FEWEST.items() if copies >= needed and name != ONLINE]
    member, half, attacks = sides.is_member, sides.half, []
    for name in dict.fromkeys([first, simplest(sides), *able]):
        scores = score_sides(name, sides, comparison, weight) if name != first or given is None else given
        attacks.append(Scored(name, scores[member], scores[~member], half[member], half[~member], sides.unit))
    return attacks


def note_of(parameters: Parameters, attack: str, sides: Sides, copies: int, weight: float, why: str) -> str:
    """Which attack was made, and what a stronger one would need.

    Args:
        parameters: what it was given.
        attack: its name.
        sides: members and others that it was made on.
        copies: of the model, that were fitted.
        weight: RMIA's `a`.
        why: there are no copies; a part of a sentence.
    """
    if attack in FEWEST:
        said_weight = f" (a = {weight:g})" if attack == "rmia" else ""
        return HELD.format(attack=attack, copies=number_of(copies, "copy", "copies"), weight=said_weight)
    numbers = {
        "queries": parameters.boundary_queries, "members": len(sides.members.rows), "others": len(sides.others.rows),
    }  # fmt: skip
    words = ALONE[attack].format(**numbers)
    lacking = f"there are none: {why}" if why else f'attack = "{parameters.attack}" asks for none'
    others = OTHERS.format(**numbers) if attack == "gap" else ""
    return STRONGER.format(attack=words, why=lacking) + others
