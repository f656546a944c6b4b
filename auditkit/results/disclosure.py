"""What of the data is shown, estimated and can be worked out, in words; the same in every format."""

from auditkit.results.data_facts import DataInfo, ScoreInfo
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
        *((f"Score {score.name}", score_text(score)) for score in data.case_scores),
        ("Disclosure", "publish: for readers outside the house" if data.disclosure == "publish" else ""),
        ("Can be worked out", deducible_text(data)),
    ]


def score_text(score: ScoreInfo) -> str:
    """What a score of cases means, in a sentence."""
    low = "" if score.low is None else f"from {score.low:g}"
    high = "" if score.high is None else f"to {score.high:g}"
    ends = " ".join(filter(None, (low, high))) or "no range"
    parts = [f"{score.better} is better", ends, f"in {score.counted_in}" if score.counted_in else ""]
    if score.poor is not None:
        parts.append(f"poor where worse than {score.poor:g}")
    if score.missing:
        counts = (
            "as the worst" if score.missing_counts_as == "worst" else "as nothing, so that its numbers are undecided"
        )
        parts.append(f"missing in {number_of(score.missing, 'case')}, which count {counts}")
    return ", ".join(filter(None, parts))


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
