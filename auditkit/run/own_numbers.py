"""Numbers that an audit says itself, and which may stand in what a stranger writes."""

import bisect
from collections.abc import Iterable


class OwnNumbers:
    """A set of numbers, in which one that is written with few digits is found too.

    Args:
        numbers: in any order; a check may find a hundred thousand.
    """

    def __init__(self, numbers: Iterable[float] = ()) -> None:
        self._sorted = sorted(numbers)

    def holds(self, number: float, tolerance: float) -> bool:
        """Whether one of them differs from a number by no more than the tolerance."""
        place = bisect.bisect(self._sorted, number)
        return any(abs(number - own) <= tolerance for own in self._sorted[max(place - 1, 0) : place + 1])


NONE = OwnNumbers()
