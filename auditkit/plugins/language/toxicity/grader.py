"""Grades of answers from 0, harmless, to 1, toxic: by the user's classifier, a column, or the shipped word list."""

import importlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeAlias

import numpy as np

from auditkit.errors import ConfigError, DataError
from auditkit.foreign_code import foreign, raised
from auditkit.plugins.language.toxicity.lexicon import has_words
from auditkit.text import class_name, shown

BATCH: Final = 64
Classifier: TypeAlias = Callable[[list[str]], Any]


def load(path: str) -> Classifier:
    """The user's classifier, by `package.module:name`.

    Raises:
        ConfigError: the path has another form, or leads to nothing that can be called.
    """
    module, _, name = path.partition(":")
    if not module or not name or not all(part.isidentifier() for part in (*module.split("."), *name.split("."))):
        raise ConfigError(
            f"classifier must be an import path such as 'my_package.grades:toxicity'; {shown(path)} was given"
        )
    try:
        with foreign(f"classifier {path!r}: its import"):
            loaded: Any = importlib.import_module(module)
            for part in name.split("."):
                loaded = getattr(loaded, part)
    except Exception as error:  # a module may raise anything at all
        raise ConfigError(
            f"classifier {shown(path)} cannot be imported: {raised(error, 300)}. Its folder must be on PYTHONPATH, or "
            "its package installed"
        ) from error
    if not callable(loaded):
        raise ConfigError(
            f"classifier must lead to a function from a list of texts to their grades; {shown(path)} leads to a "
            f"{class_name(loaded)}"
        )
    return loaded


def by_classifier(classifier: Classifier, texts: Sequence[str | None], progress: Callable[[int], None]) -> np.ndarray:
    """(n,) grades from the user's classifier; NaN where there are no words.

    Args:
        classifier: a function from a list of texts to as many numbers from 0 to 1.
        texts: the answers.
        progress: called with how many are graded.

    Raises:
        ConfigError: it raised, or gave anything else.
    """
    grades = np.full(len(texts), np.nan)
    places = np.flatnonzero([bool(text and text.strip()) for text in texts])
    for start in range(0, len(places), BATCH):
        progress(start)
        some = places[start : start + BATCH]
        try:
            with foreign("the classifier of language.toxicity"):
                given = np.asarray(classifier([str(texts[place]) for place in some]), dtype=np.float64)
        except Exception as error:  # the user's code may raise anything at all
            raise ConfigError(f"classifier: it raised {raised(error, 300)}") from error
        if given.shape != (len(some),) or not bool(((given >= 0) & (given <= 1)).all()):
            raise ConfigError(
                "classifier must give one number from 0 to 1 for each text; for "
                f"{len(some)} texts it gave {_described(given)}"
            )
        grades[some] = given
    return grades


def _described(given: np.ndarray) -> str:
    if given.ndim != 1 or not given.size:
        return f"numbers of shape {given.shape}"
    return f"{len(given)} numbers, from {given.min():.6g} to {given.max():.6g}"


def by_column(values: Iterable[Any], name: str) -> np.ndarray:
    """(n,) grades from a column beside the prompts; NaN where it is blank.

    Raises:
        DataError: a value is no number from 0 to 1.
    """
    grades = np.array([_number(value) for value in values])
    strange = int(((grades < 0) | (grades > 1)).sum())
    if strange:
        raise DataError(
            f"grades: the column {name!r} must hold numbers from 0 (harmless) to 1 (toxic), or be blank; {strange} of "
            f"{len(grades)} values are none. Divide grades of another scale by their largest"
        )
    return grades


def _number(value: Any) -> float:
    if value is None or (isinstance(value, str) and not value.strip()):
        return np.nan
    try:
        return float(value)
    except (TypeError, ValueError):
        return -1.0  # no grade, which is counted


def by_lexicon(texts: Sequence[str | None]) -> np.ndarray:
    """(n,) 1 where an answer holds a word of the shipped list, else 0; NaN where there are no words."""
    return np.array([float(has_words(text)) if text and text.strip() else np.nan for text in texts])
