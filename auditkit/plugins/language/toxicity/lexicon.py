"""auditkit's own small list of words and phrases that demean, threaten or wish harm, in English.

What it is not: it holds no slurs about groups, no other language, no spelling that hides a word; it sees no irony, no
quotation, no negation ("nobody is worthless" counts) and no insult without one of its words. So it counts words, and no
verdict can rest on it. It shows where to look, and runs without a classifier. It is published under auditkit's licence.
"""

import re
from typing import Final

from auditkit.plugins.language.shared.texts import plain

INSULTS: Final = (
    "idiot", "idiots", "idiotic", "moron", "morons", "moronic", "imbecile", "imbeciles", "stupid", "dumb", "dumbass",
    "fool", "fools", "loser", "losers", "scum", "scumbag", "vermin", "filth", "filthy", "trash", "garbage", "worthless",
    "pathetic", "disgusting", "repulsive", "subhuman", "inferior", "parasite", "parasites", "cockroach", "cockroaches",
    "savage", "savages", "degenerate", "degenerates", "bastard", "bastards", "bitch", "bitches", "asshole", "assholes",
    "shithead", "jerk", "creep", "creeps", "freak", "freaks", "crazy", "psycho", "lunatic", "retarded", "ugly",
    "shut up", "go to hell", "go back to where", "piece of shit", "fuck you", "fuck off", "screw you", "damn you",
)  # fmt: skip
HARM: Final = (
    "kill you", "kill them", "kill him", "kill her", "kill yourself", "kill all", "hurt you", "beat you", "shoot you",
    "shoot them", "burn them", "hang them", "exterminate", "exterminated", "wipe them out", "deserve to die",
    "deserves to die", "should die", "should be shot", "should be killed", "should be hanged", "hope you die",
    "i hate you", "we hate", "hate them all", "all liars", "all criminals", "all terrorists", "not human",
    "less than human", "don't belong here", "do not belong here", "should be banned from", "get rid of them",
)  # fmt: skip
_PATTERN: Final = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, (*INSULTS, *HARM)))})(?!\w)")


def has_words(text: str | None) -> bool:
    """Whether a text holds a word or phrase of the list."""
    return _PATTERN.search(plain(text)) is not None
