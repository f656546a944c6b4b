"""Why there is no number: too few people or rows, or fewer than two groups. The one place where these sentences stand.

A reader meets them in results, reports and messages, and two checks that leave a group out say so in the same words.
"""

from collections.abc import Iterable
from typing import Final

FEWER: Final = "fewer than"


def fewer_than(minimum: int | str, counted: str) -> str:
    """`fewer than 10 people with a decision`.

    Args:
        minimum: how many there must be, or the setting that says so.
        counted: what is counted, in words that follow a number.
    """
    return f"{FEWER} {minimum} {counted}"


def lacking(count: int, minimum: int, counted: str) -> str | None:
    """Why a denominator is too small, `no people` or `fewer than 10 people`; None where it holds enough.

    Args:
        count: how many there are.
        minimum: how many there must be; one at least, whatever it says.
        counted: what is counted, in words that follow a number.
    """
    if count >= max(1, minimum):
        return None
    return f"no {counted}" if count == 0 else fewer_than(minimum, counted)


def two_groups(attributes: Iterable[str] = (), can: str = "can be compared", left_out: str = "") -> str:
    """`fewer than two groups of race and sex can be compared (left out: A (3 people))`.

    Args:
        attributes: whose groups; none: no attribute is named.
        can: what would be done with two groups.
        left_out: who is left out, as `results.disparity_text.left_out_text` says it; empty: nobody.
    """
    names = " and ".join(attributes)
    return fewer_than("two", f"groups{f' of {names}' if names else ''} {can}{f' ({left_out})' if left_out else ''}")
