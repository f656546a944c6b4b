"""Whether an answer says that the passages do not tell, rather than giving an answer."""

from collections.abc import Collection, Sequence
from typing import Final

from auditkit.case_scores.texts import tokens
from auditkit.plugins.language.shared.refusals import is_refusal
from auditkit.plugins.language.shared.texts import sentences

DECLINES: Final = (
    "i don't know", "i do not know", "i'm not sure", "i am not sure", "not enough information",
    "insufficient information", "cannot be answered", "can't be answered", "cannot be determined", "is unanswerable",
    "no information about", "no information on", "does not contain", "do not contain", "doesn't contain",
    "does not say", "do not say", "doesn't say", "does not mention", "do not mention", "doesn't mention",
    "does not state", "do not state", "doesn't state", "does not provide", "do not provide", "doesn't provide",
    "does not specify", "is not mentioned", "is not stated", "is not specified", "is not provided", "is not given",
    "unable to answer", "not able to answer", "cannot answer", "can't answer", "could not find", "cannot find",
    "can't find", "no answer",
)  # fmt: skip
"""English phrases in the first sentence of an answer that declines."""


def declines(
    text: str, phrases: Sequence[str] = (), nothing: Collection[str] = ("", "unknown", "unanswerable")
) -> bool:
    """Whether an answer declines: it is empty, or its first sentence says so, or it refuses.

    Args:
        text: the answer.
        phrases: of the user, beside the shipped English ones.
        nothing: whole answers that say that there is none.

    Only the first sentence counts: an answer that first gives something and then says what it does not know has
    answered.
    """
    words = tokens(text)
    if " ".join(words) in nothing:
        return True
    first = f" {' '.join(tokens(next(iter(sentences(text)), '')))} "
    return any(f" {' '.join(tokens(phrase))} " in first for phrase in (*DECLINES, *phrases)) or is_refusal(
        text, phrases
    )
