"""What of the data is shown, estimated and can be worked out, in words; the same in every format."""

from auditkit.results.data_facts import DataInfo
from auditkit.results.disparity_text import pairs
from auditkit.text import first_few, number_of

NAMED = 8
"""Groups that are named; more are counted."""


def showing_facts(data: DataInfo) -> list[tuple[str, str]]:
    """(name, value): the two minima under their names, for whom the evidence is, and which groups can be worked out."""
    # schema 1 and 2 had one minimum for both
    least = data.minimum_cell if data.minimum_rate is None else data.minimum_rate
    return [
        ("Smallest group shown", number_of(data.minimum_cell, "person", "people")),
        ("Smallest denominator of a rate", number_of(least, "person", "people")),
        ("Disclosure", "publish: for readers outside the house" if data.disclosure == "publish" else ""),
        ("Can be worked out", deducible_text(data)),
    ]


def deducible_text(data: DataInfo) -> str:
    """Which small groups follow from the others, and the way out; empty where none does."""
    if not data.deducible:
        return ""
    groups = first_few([pairs(group) for group in data.deducible], NAMED, "; ")
    return (
        "too small to show, but to be worked out from everyone and the groups that are shown: "
        f"{groups}. Before this evidence leaves the house, make it with "
        'disclosure = "publish" under [data], or join these groups with others'
    )
