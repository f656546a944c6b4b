"""Domains, round ticks and the words under them, so that a chart is laid out before anything is drawn."""

import math
from collections.abc import Iterable
from typing import NamedTuple

from auditkit.results import Axis, Scalar


class Scale(NamedTuple):
    """Where the numbers of one axis lie, and which of them are written."""

    low: float
    high: float
    ticks: tuple[float, ...]
    words: tuple[str, ...]
    """What is written at the ticks."""
    log: bool = False

    def at(self, value: float, length: float) -> float:
        """How far `value` is from the low end of an axis of `length` pixels."""
        if self.log:
            return length * math.log(value / self.low) / math.log(self.high / self.low)
        return length * (value - self.low) / (self.high - self.low)


def scale(values: Iterable[Scalar], axis: Axis, *, about: int = 5, zero: bool = False, room: float = 0.04) -> Scale:
    """A scale that holds all `values`, and the axis' own domain where it has one.

    Args:
        values: what will be drawn; everything but finite numbers is passed over.
        axis: percent and logarithm are read from it, and the domain.
        about: how many ticks are wanted.
        zero: whether the scale must reach zero, as under bars.
        room: the share of the range that is left free at each end.
    """
    known = [float(value) for value in values if isinstance(value, int | float) and number(value)]
    # an axis that asks for logarithms and gets a zero falls back to an even one; a picture is better than none
    if axis.log and known and min(known) > 0:
        return _logarithmic(known, axis)
    low, high = _reach(known, zero, room, share=axis.percent)
    if axis.domain:
        low, high = min([axis.domain[0], *known]), max([axis.domain[1], *known])
    # one number alone still needs an axis of some length
    if low == high:
        low, high = low - (abs(low) * 0.1 or 1), high + (abs(high) * 0.1 or 1)
    step = _step((high - low) / about)
    ticks = tuple(
        _clean(index * step) for index in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    )
    return Scale(low, high, ticks, tuple(_word(tick, step, axis.percent) for tick in ticks))


def number(value: Scalar) -> bool:
    """Whether `value` can be drawn: a finite number, and no boolean."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _reach(known: list[float], zero: bool, room: float, share: bool) -> tuple[float, float]:
    low, high = min(known, default=0.0), max(known, default=1.0)
    near = low >= 0 and low <= (high - low)  # zero is near enough to be shown
    spare = (high - low) * room
    down = 0.0 if (zero or near) and low >= 0 else low - spare
    up = 0.0 if zero and high <= 0 else high + spare
    # room beyond 0 and 100 % would suggest that a share can be there
    if share and low >= 0 and high <= 1:
        return max(0.0, down), min(1.0, up)
    return down, up


def _logarithmic(known: list[float], axis: Axis) -> Scale:
    inside = [*known, *(end for end in axis.domain or () if end > 0)]
    first, last = math.floor(math.log10(min(inside))), math.ceil(math.log10(max(inside)))
    last = max(last, first + 1)
    ticks = tuple(10.0**power for power in range(first, last + 1, max(1, math.ceil((last - first) / 6))))
    return Scale(10.0**first, 10.0**last, ticks, tuple(f"{tick:g}" for tick in ticks), log=True)


def _step(rough: float) -> float:
    """The next 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(_clean(power * factor) for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))


def _clean(value: float) -> float:
    return float(f"{value:.12g}")


def _word(tick: float, step: float, percent: bool) -> str:
    """A tick with as many digits as tell it from the next."""
    # 1e-9, for log10(0.001) is a little more than -3
    digits = max(0, -math.floor(math.log10(step * (100 if percent else 1)) + 1e-9))
    if percent:
        return f"{tick:.{digits}%}".replace("-", "−")
    return (f"{tick:g}" if digits > 4 else f"{tick:,.{digits}f}").replace("-", "−")
