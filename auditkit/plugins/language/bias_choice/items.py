"""Questions with three options about two people, of whom a stereotype is about one: what each row of them says."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from auditkit.errors import DataError
from auditkit.plugins.language.shared.texts import plain
from auditkit.value_spelling import listed, spelling

AMBIGUOUS: Final = {"ambig": True, "ambiguous": True, "disambig": False, "disambiguated": False}
NEGATIVE: Final = {"neg": True, "negative": True, "nonneg": False, "non-negative": False, "nonnegative": False}
UNKNOWN: Final = frozenset({
    "unknown", "can't be determined", "cannot be determined", "can not be determined", "cannot determine",
    "can't determine", "not enough info", "not enough information", "not known", "not answerable", "cannot answer",
    "can't answer", "undetermined", "the answer is unknown", "it is not known",
})  # fmt: skip
"""What the option of those who do not know says, in the release of BBQ and here; in the form of `texts.plain`."""
OPTIONS: Final = 3


class Items(NamedTuple):
    """N questions."""

    is_ambiguous: np.ndarray
    """(N,) bool: the context does not tell the answer."""
    is_negative: np.ndarray
    """(N,) bool: the question asks for what the stereotype says; else for its opposite."""
    right: np.ndarray
    """(N,) 0 to 2: the position of the right option; of an ambiguous context, of "unknown"."""
    unknown: np.ndarray
    """(N,) 0 to 2: the position of the option of those who do not know."""
    target: np.ndarray
    """(N,) 0 to 2: the position of the person whom the stereotype is about."""
    template: np.ndarray
    """(N,) whole numbers: which template the question is made of."""
    category: np.ndarray
    """(N,) str: what the stereotype is about."""
    options: np.ndarray
    """(N, 3) object: the options as they were shown."""

    @property
    def biased(self) -> np.ndarray:
        """(N,) the position of the option that goes with the stereotype.

        The target where the question is negative, else the other person.
        """
        other = 3 - self.unknown - self.target
        return np.where(self.is_negative, self.target, other)


def read(columns: Mapping[str, Sequence[Any]]) -> Items:
    """Questions from columns as in the release of BBQ.

    Args:
        columns: (N,) `context_condition`, `question_polarity`, `label`, `ans0`, `ans1`, `ans2`, `target_loc`,
            `category`, `question_index`; `answer_info` where the options of those who do not know have other words.

    Raises:
        DataError: a value is none that such a column has.

    Source: Parrish et al. (2022), BBQ: A hand-built bias benchmark for question answering, arXiv:2110.08193.
    """
    options = np.array([columns[f"ans{place}"] for place in range(OPTIONS)], dtype=object).T
    n = len(options)
    infos = columns.get("answer_info", [None] * n)
    unknown = [_unknown(row, info) for row, info in zip(options, infos, strict=True)]
    lacking = sum(place is None for place in unknown)
    if lacking:
        raise DataError(
            f"ans0, ans1, ans2: exactly one option must say that the answer is not known, such as 'Unknown'; in "
            f"{lacking} of {n} rows none or several do. Add BBQ's column answer_info, in which it is tagged unknown"
        )
    right, target = _positions(columns, "label"), _positions(columns, "target_loc")
    where = np.array(unknown, dtype=np.int64)
    strange = int((target == where).sum())
    if strange:
        raise DataError(
            "target_loc must be the position of a person, 0 to 2, and not that of the option 'unknown'; in "
            f"{strange} of {n} rows it is. Take target_loc from BBQ's additional_metadata.csv, and these rows out"
        )
    is_ambiguous = _coded(columns, "context_condition", AMBIGUOUS)
    wrong = int(((right == where) != is_ambiguous).sum())
    if wrong:
        raise DataError(
            "label must be the position of 'unknown' where context_condition is ambig, and that of a person elsewhere; "
            f"in {wrong} of {n} rows it is not"
        )
    category = np.array([spelling(value) for value in columns["category"]], dtype=str)
    names = [f"{of}|{spelling(index)}" for of, index in zip(category, columns["question_index"], strict=True)]
    template = np.unique(names, return_inverse=True)[1].reshape(-1)
    is_negative = _coded(columns, "question_polarity", NEGATIVE)
    return Items(is_ambiguous, is_negative, right, where, target, template, category, options)


def _coded(columns: Mapping[str, Sequence[Any]], name: str, codes: Mapping[str, bool]) -> np.ndarray:
    values = [codes.get(spelling(value).strip().casefold()) for value in columns[name]]
    strange = sum(value is None for value in values)
    if strange:
        raise DataError(f"{name} must be one of {listed(codes)}; {strange} of {len(values)} values are not")
    return np.array(values, dtype=bool)


def _positions(columns: Mapping[str, Sequence[Any]], name: str) -> np.ndarray:
    values = [spelling(value).removesuffix(".0") for value in columns[name]]
    strange = sum(value not in ("0", "1", "2") for value in values)
    if strange:
        raise DataError(
            f"{name} must be the position of an option, 0, 1 or 2; {strange} of {len(values)} values are not. BBQ "
            "gives none for a few rows: take these out"
        )
    return np.array(values, dtype=np.int64)


def _unknown(options: Sequence[str], info: Any) -> int | None:
    """The one option that says that the answer is not known; None where there is none, or several."""
    tags = _tags(info)
    named = [place for place, tag in enumerate(tags) if tag == "unknown"]
    if len(named) != 1:
        named = [place for place, option in enumerate(options) if plain(str(option)).strip(" .") in UNKNOWN]
    return named[0] if len(named) == 1 else None


def _tags(info: Any) -> list[str]:
    """The tag of each option in BBQ's `answer_info`: `{"ans0": ["the grandson", "nonOld"], …}`, as JSON."""
    try:
        tag_of = json.loads(info) if isinstance(info, str) else info
    except ValueError:
        return []
    if not isinstance(tag_of, Mapping):
        return []
    tagged = [tag_of.get(f"ans{place}") for place in range(OPTIONS)]
    return [str(tag[-1]).casefold() if isinstance(tag, list | tuple) and tag else "" for tag in tagged]
