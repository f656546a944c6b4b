"""What being selected is to a person, a benefit or a burden, as the owner states it; nothing is assumed."""

from collections.abc import Mapping, Sequence
from typing import Any

from auditkit.data.labels import Task
from auditkit.errors import DataError, closest
from auditkit.text import one_line, shown
from auditkit.value_spelling import spelling

MEANINGS = ("benefit", "burden")
LETTERS = 200
"""Of the owner's words, at most."""
FOR_EACH = (
    "outcome is one word, and with more than two classes being decided for one may be good and for another bad, so no "
    'direction is taken. Say it for each class: outcome = { granted = "benefit", denied = "burden" }'
)


def check_outcome(outcome: Any, task: Task, positive: Any, classes: Sequence[Any]) -> Any:
    """`outcome` as AuditData keeps it: a word, {class: word} where there are more than two classes, or None.

    Args:
        outcome: what the owner stated.
        task: of the data.
        positive: the class that counts as selected, where there are two.
        classes: those that occur among labels or recorded decisions, or the names of several labels; empty where they
            are not known.

    Raises:
        DataError: it is neither of the two words, or names a class that is none.
    """
    if outcome is None or (isinstance(outcome, str) and outcome in MEANINGS):
        return outcome
    if not isinstance(outcome, Mapping):
        raise DataError(f'outcome must be "benefit" or "burden"; {shown(outcome)} was given')
    if task not in ("multiclass", "multilabel"):
        where = f" (here {spelling(positive)!r})" if positive is not None else ""
        raise DataError(
            f'outcome must be one word, "benefit" or "burden": what being decided for the positive class{where} is; a '
            "word for each class is for more than two classes"
        )
    # The keys of a table in TOML are texts, whatever the labels are.
    stated = {spelling(name): word for name, word in outcome.items()}
    known = [spelling(label) for label in classes]
    for name, word in stated.items():
        if not isinstance(word, str) or word not in MEANINGS:
            text = shown(word)
            raise DataError(f'outcome of class {one_line(name)!r} must be "benefit" or "burden"; {text} was given')
        if known and name not in known:
            raise DataError(f"outcome names {one_line(name)!r}, which is no class; {closest(name, known)}")
    return stated or None


def check_words(words: Any) -> str:
    """The owner's words for being selected, on one line.

    Raises:
        DataError: they are no text, empty, or too long.
    """
    if not isinstance(words, str):
        raise DataError(f"selected_means must be a text; {shown(words)} was given")
    sentence = one_line(words, LETTERS + 1)
    if len(sentence) > LETTERS or (words and not sentence):
        fault = f"{len(words)} characters were given" if sentence else "a blank text was given"
        raise DataError(f"selected_means must be 1 to {LETTERS} characters, such as 'flagged as high risk'; {fault}")
    return sentence
