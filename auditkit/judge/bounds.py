"""On which side of a limit's bounds a number lies."""

import math
from collections.abc import Iterable

from auditkit.results import Interval, Judged, Limit, Measurement


def inside(value: float, limit: Limit) -> bool:
    """Whether a value is on the right side of every bound."""
    above = limit.at_least is None or value >= limit.at_least
    return above and (limit.at_most is None or value <= limit.at_most)


def outside(low: float, high: float, limit: Limit) -> bool:
    """Whether everything from `low` to `high` is on the wrong side of a bound."""
    above = limit.at_most is not None and low > limit.at_most
    return above or (limit.at_least is not None and high < limit.at_least)


def ends(interval: Interval) -> tuple[float, float]:
    """The two ends; infinite where one is unbounded."""
    # an unbounded end is on the wrong side of every bound, so it can never meet a limit
    low = -math.inf if interval.low is None else interval.low
    high = math.inf if interval.high is None else interval.high
    return low, high


def closest_to_bound(limit: Limit, judged: Iterable[Judged]) -> Measurement:
    """The measurement with the least room to the bound."""

    def room(judgement: Judged) -> float:
        if judgement.measurement.value is None:  # not written
            return math.inf
        low = high = judgement.measurement.value
        if judgement.measurement.interval is not None and limit.judge == "interval" and not judgement.measurement.exact:
            low, high = ends(judgement.measurement.interval)
        room_below = math.inf if limit.at_least is None else low - limit.at_least
        room_above = math.inf if limit.at_most is None else limit.at_most - high
        return min(room_below, room_above)

    return min(judged, key=room).measurement
