"""Definitions of measurements whose formula says whether it is about groups, and what one more group does to it."""

from typing import Literal

from auditkit.results import Definition, Direction, Harm


def define(
    title: str, formula: str, range: str, direction: Direction, unit: str, reference: str, pitfalls: str, harm: Harm
) -> Definition:
    """A definition; one more group can raise a maximum over groups, and lower a ratio of the minimum to the maximum."""
    more_groups: Literal["grows", "shrinks", "neither"] = "grows" if formula.startswith("max over") else "neither"
    if formula.startswith("min over groups / max over groups"):
        more_groups = "shrinks"
    return Definition(
        title=title, formula=formula, range=range, direction=direction, unit=unit, reference=reference,
        pitfalls=pitfalls, harm=harm, more_groups=more_groups,
    )  # fmt: skip
