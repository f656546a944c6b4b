"""Scores of cases: how well a system did in each row, as its owner measured it, with direction, range and unit."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from auditkit.errors import DataError, Mend, check_known
from auditkit.text import number_of, one_line, shown

Better: TypeAlias = Literal["higher", "lower"]
Missing: TypeAlias = Literal["undecided", "worst"]
LETTERS = 100
"""Of a name, and of what a score is counted in, at most."""


@dataclass(frozen=True)
class CaseScore:
    """What one score of a case means."""

    better: Better
    """Which values are the better ones."""
    range: tuple[float | None, float | None] = (None, None)
    """The lowest and the highest value that it can have; None: unbounded on that side."""
    counted_in: str = ""
    """What it is counted in, such as seconds; empty for a bare number."""
    poor: float | None = None
    """A case with a worse score than this is a poor one; None: nobody said."""
    missing: Missing = "undecided"
    """What a case counts as to which the system gave nothing: the worst end of the range, or nothing, which leaves the
    numbers of the score inconclusive."""

    @property
    def bounded(self) -> bool:
        """Whether it has both ends."""
        return None not in self.range

    @property
    def worst(self) -> float | None:
        """The end of the range that is the worst; None where it has none."""
        return self.range[0] if self.better == "higher" else self.range[1]

    @property
    def sign(self) -> int:
        """1 where higher is better, else -1."""
        return 1 if self.better == "higher" else -1

    def is_poor(self, values: np.ndarray) -> np.ndarray:
        """(N,) bool: worse than `poor`, which must be stated."""
        return np.asarray(self.sign * values < self.sign * float(self.poor or 0.0))

    def counted(self, values: np.ndarray) -> np.ndarray:
        """(N,) the values, those that are missing as the worst where they count so, else NaN still."""
        worst = self.worst if self.missing == "worst" else None
        return values if worst is None else np.where(np.isnan(values), worst, values)


def check_case_scores(stated: Any) -> dict[str, CaseScore]:
    """{name: what the score means}, as AuditData keeps it.

    Args:
        stated: {name: a `CaseScore`, or its fields}.

    Raises:
        DataError: a field is not known, lacking, or no such value.
    """
    if not isinstance(stated, Mapping):
        raise DataError(
            'case_scores must say of each score what it means, as in {"dice": {"better": "higher", "range": [0, 1]}}; '
            f"{shown(stated)} was given"
        )
    return {_name(name): _score(str(name), fields) for name, fields in stated.items()}


def check_scored(scored: Mapping[str, Any], scores: Mapping[str, CaseScore], rows: int) -> dict[str, np.ndarray]:
    """{system: (N, K) float64}, NaN where it gave nothing, columns in the order of `scores`.

    Args:
        scored: {system: (N, K) numbers}.
        scores: the K scores.
        rows: N.

    Raises:
        DataError: another shape, infinite values, values outside of a range, or no value at all.
    """
    checked = {}
    for system, values in scored.items():
        array = np.asarray(values, dtype=np.float64)
        if array.shape != (rows, len(scores)):
            raise DataError(
                f"scores of cases must have one row per case and one column per score, {(rows, len(scores))}; those of "
                f"{one_line(system or 'the system')!r} have the shape {array.shape}"
            )
        for column, (name, score) in enumerate(scores.items()):
            _check_values(array[:, column], name, score)
        checked[system] = array
    return checked


def _check_values(values: np.ndarray, name: str, score: CaseScore) -> None:
    infinite = np.isinf(values)
    if infinite.any():
        raise DataError(
            f"case score {name!r} must be finite; it is infinite in {_cases(infinite)}. Leave these blank where the "
            "system gave nothing"
        )
    if np.isnan(values).all():
        raise DataError(f"case score {name!r} is missing in every case; check that the right column is named")
    low, high = (
        bound if bound is not None else side for bound, side in zip(score.range, (-np.inf, np.inf), strict=True)
    )
    outside = (values < low) | (values > high)
    if outside.any():
        # a value may be somebody's, so the message counts
        raise DataError(
            f"case score {name!r} must lie in its range, {_ends(score.range)}; {_cases(outside)} lie outside. Correct "
            f'these, or state the right range under [data.case_scores."{name}"]; [-inf, inf] is none'
        )


def _cases(mask: np.ndarray) -> str:
    return number_of(int(mask.sum()), "case")


def _ends(ends: tuple[float | None, float | None]) -> str:
    low, high = ends
    return " ".join(filter(None, ("" if low is None else f"from {low:g}", "" if high is None else f"to {high:g}")))


def _name(name: Any) -> str:
    if not isinstance(name, str) or not name.strip() or len(name) > LETTERS:
        raise DataError(
            f"the name of a case score must be a text of 1 to {LETTERS} characters; {shown(name)} was given"
        )
    return name


def _score(name: str, given: Any) -> CaseScore:
    if isinstance(given, CaseScore):
        given = dataclasses.asdict(given)
    if not isinstance(given, Mapping):
        raise DataError(f'case score {name!r} must be stated as {{"better": "higher"}}; {shown(given)} was given')
    known = [field.name for field in dataclasses.fields(CaseScore)]
    check_known(given, known, DataError, lambda key: f"case score {name!r}: {key!r} is not known; ")
    fields = {key: value for key, value in given.items() if value is not None}
    where = f"case score {name!r}:"
    if fields.get("better") not in ("higher", "lower"):
        setting = f'data.case_scores."{name}".better'
        mends = [Mend(setting, "higher"), Mend(setting, "lower")]
        was = f"{shown(fields['better'])} was given" if "better" in fields else "it is not stated"
        raise DataError(
            f"{where} better must say which values are the better ones, and {was}: say {mends[0]}, or {mends[1]}",
            mend=mends,
        )
    fields["range"] = _range(where, fields.get("range", (None, None)))
    if fields.get("missing", "undecided") not in ("undecided", "worst"):
        raise DataError(f'{where} missing must be "undecided" or "worst"; {shown(fields["missing"])} was given')
    words = fields.get("counted_in", "")
    if not isinstance(words, str) or len(words) > LETTERS:
        raise DataError(f"{where} counted_in must be a text of at most {LETTERS} characters; {shown(words)} was given")
    fields["counted_in"] = one_line(words, LETTERS)
    score = CaseScore(**{**fields, "poor": _number(where, "poor", fields.get("poor"))})
    if score.missing == "worst" and score.worst is None:
        mend = Mend(f'data.case_scores."{name}".missing', "undecided")
        end = "lowest" if score.better == "higher" else "highest"
        raise DataError(
            f'{where} missing = "worst" needs the worst value: say range with its {end} value, such as [0, 1], or say '
            f"{mend}",
            mend=mend,
        )
    return score


def _range(where: str, given: Any) -> tuple[float | None, float | None]:
    if isinstance(given, str) or not hasattr(given, "__len__") or len(given) != 2:
        raise DataError(
            f"{where} range must be the lowest and the highest value, as in [0, 1]; {shown(given)} was given"
        )
    low, high = (_number(where, "range", end) for end in given)
    low, high = (None if end is not None and np.isinf(end) else end for end in (low, high))
    if low is not None and high is not None and low >= high:
        raise DataError(f"{where} range must begin with the lower value, as in [0, 1]; {shown(given)} was given")
    return low, high


def _number(where: str, key: str, given: Any) -> float | None:
    """A number; infinity where a range has no end on that side."""
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float | np.number) or np.isnan(given):
        raise DataError(f"{where} {key} must be made of numbers; {shown(given)} was given")
    if key == "poor" and np.isinf(given):
        raise DataError(f"{where} poor must be a finite number; {shown(given)} was given")
    return float(given)
