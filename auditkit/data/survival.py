"""Times until an event, of people of whom some were not followed until theirs, and what was predicted about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from auditkit.data.inputs import read_only
from auditkit.errors import DataError
from auditkit.text import number_of, shown
from auditkit.value_spelling import listed

RISING: Final = 1e-6
"""By how much a chance of no event may rise from one horizon to the next, as a rounding does."""
YES: Final = ("1", "1.0", "true", "yes")
NO: Final = ("0", "0.0", "false", "no")


class Survival(NamedTuple):
    """Times, events, horizons, and recorded answers where there are some."""

    times: Any
    """(N,) float64 from 0 up: until the event, or until the person was last seen."""
    events: Any
    """(N,) bool: whether it was the event."""
    horizons: tuple[float, ...] = ()
    """Rising times until which chances of no event are asked for."""
    risk: Any = None
    """(N,) recorded risks, higher where the event is expected earlier, or None."""
    alive: Any = None
    """(N, H) recorded chances of no event until each horizon, or None."""

    @property
    def has_answers(self) -> bool:
        """Whether something was recorded that a model said."""
        return self.risk is not None or self.alive is not None

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """{what it is: the array} of what there is for each row."""
        parts = {"times": self.times, "events": self.events, "risks": self.risk, "chances of no event": self.alive}
        return {name: part for name, part in parts.items() if part is not None}

    def take(self, rows: np.ndarray) -> Survival:
        """Some of the people."""
        parts = [None if part is None else part[rows] for part in (self.times, self.events, self.risk, self.alive)]
        return Survival(parts[0], parts[1], self.horizons, *parts[2:])


def check_survival(stated: Any, task: str, taken: Sequence[str], rows: int, name: str) -> Survival | None:
    """Times until an event, as AuditData keeps them.

    Args:
        stated: a `Survival`, or None.
        task: of the data.
        taken: what else is said to be an answer or a truth, such as `label`; there may be none of it.
        rows: N.
        name: of the data, for messages.

    Raises:
        DataError: task and times do not go together, a time is missing or negative, an event is neither yes nor no,
            nobody had the event, or horizons or recorded answers are none.
    """
    if (task == "survival") != (stated is not None):
        raise DataError(
            f"{name}: the task survival needs a time and an event for each row, and no other task has them; the task "
            f'is {task}. Say task = "survival" with time = "months" and event = "died" under [data], or leave all out'
        )
    if stated is None:
        return None
    if taken:
        raise DataError(
            f"{name}: the task survival takes no {taken[0]}: what happened is said by time and event. Take it out"
        )
    times = _numbers(stated.times, rows, f"{name}: time")
    if (times < 0).any():
        raise DataError(f"{name}: time must be 0 or more; {number_of(int((times < 0).sum()), 'row')} hold less")
    events = _events(stated.events, rows, f"{name}: event")
    horizons = _horizons(stated.horizons, name)
    risk = None if stated.risk is None else read_only(_numbers(stated.risk, rows, f"{name}: scores"))
    alive = (
        None if stated.alive is None else read_only(check_alive(stated.alive, rows, len(horizons), f"{name}: alive"))
    )
    return Survival(read_only(times), read_only(events), horizons, risk, alive)


def check_alive(alive: Any, rows: int, horizons: int, name: str) -> np.ndarray:
    """(N, H) float64 chances of no event until each horizon.

    Raises:
        DataError: another shape, no chances, or chances that rise.
    """
    chances = np.asarray(alive, dtype=np.float64)
    if chances.shape != (rows, horizons):
        raise DataError(
            f"{name} must have one chance of no event per row and horizon, {(rows, horizons)}; it has the shape "
            f"{chances.shape}. Horizons are stated as horizons = [12, 24] under [data]"
        )
    wrong = ~(np.isfinite(chances) & (chances >= -RISING) & (chances <= 1 + RISING)).all(axis=1)
    if wrong.any():
        raise DataError(
            f"{name} must be chances of no event, from 0 to 1; {number_of(int(wrong.sum()), 'row')} hold others"
        )
    if (np.diff(chances, axis=1) > RISING).any():
        raise DataError(f"{name} must not rise from one horizon to the next; are these chances of the event?")
    return np.clip(chances, 0.0, 1.0)


def risk_of(risk: np.ndarray | None, alive: np.ndarray | None) -> np.ndarray | None:
    """(N,) the risk, higher where the event is expected earlier; that at the last horizon where none is given."""
    return risk if risk is not None or alive is None else 1 - alive[:, -1]


def _numbers(values: Any, rows: int, name: str) -> np.ndarray:
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{name} must be a number for each row; it holds {listed(np.asarray(values), 3)}") from None
    if numbers.shape != (rows,):
        raise DataError(f"{name} must have one value per row ({rows}); it has the shape {numbers.shape}")
    lost = ~np.isfinite(numbers)
    if lost.any():
        raise DataError(
            f"{name} must be known of everybody; in {number_of(int(lost.sum()), 'row')} it is missing or infinite. Who "
            "had no event has the time when that was last known; leave out those of whom nothing is known"
        )
    return numbers


def _events(values: Any, rows: int, name: str) -> np.ndarray:
    array = np.asarray(values)
    if array.shape != (rows,):
        raise DataError(f"{name} must have one value per row ({rows}); it has the shape {array.shape}")
    texts = {str(value).strip().lower() for value in np.unique(array.astype(str))}
    strange = sorted(texts - {*YES, *NO})
    if strange:
        raise DataError(
            f"{name} must be 1, true or yes for those who had the event and 0, false or no for the others; it holds "
            f"{listed(np.array(strange), 3)}"
        )
    events = np.isin(np.char.lower(np.char.strip(array.astype(str))), YES)
    if not events.any():
        raise DataError(f"{name}: nobody had the event, so there is nothing to predict; is it the right column?")
    return events


def _horizons(stated: Any, name: str) -> tuple[float, ...]:
    try:
        # 12.0 would be shown as such
        horizons = tuple(int(horizon) if float(horizon).is_integer() else float(horizon) for horizon in stated)
    except (TypeError, ValueError):
        horizons = (-1,)
    if not all(np.isfinite(horizon) and horizon > 0 for horizon in horizons) or list(horizons) != sorted({*horizons}):
        raise DataError(f"{name}: horizons must be rising times above 0, such as [12, 24]; {shown(stated)} was given")
    return horizons
