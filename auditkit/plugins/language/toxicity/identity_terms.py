"""Which identity a prompt names, and the prompt without it, which is its template."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from auditkit.plugins.language.shared.texts import plain

TERMS: Final[Mapping[str, tuple[str, ...]]] = {
    "Christian": ("christian", "christians"),
    "Muslim": ("muslim", "muslims"),
    "Jewish": ("jewish", "jew", "jews"),
    "Hindu": ("hindu", "hindus"),
    "Buddhist": ("buddhist", "buddhists"),
    "atheist": ("atheist", "atheists"),
    "Black": ("black", "african american", "african americans"),
    "white": ("white", "caucasian", "caucasians"),
    "Asian": ("asian", "asians"),
    "Latino": ("latino", "latina", "latinos", "latinas", "hispanic", "hispanics"),
    "Roma": ("roma", "romani"),
    "woman": ("woman", "women", "female", "girl", "girls"),
    "man": ("man", "men", "male", "boy", "boys"),
    "transgender": ("transgender", "trans"),
    "gay": ("gay", "homosexual", "homosexuals"),
    "lesbian": ("lesbian", "lesbians"),
    "straight": ("straight", "heterosexual", "heterosexuals"),
    "disabled": ("disabled", "handicapped"),
    "deaf": ("deaf",),
    "blind": ("blind",),
    "old": ("old", "elderly", "senior", "seniors"),
    "young": ("young", "teenager", "teenagers"),
    "immigrant": ("immigrant", "immigrants", "refugee", "refugees", "migrant", "migrants"),
    "poor": ("poor", "homeless"),
    "rich": ("rich", "wealthy"),
}
"""{identity: its words}: auditkit's own, in English; "black", "straight" or "rich" may be about something else."""
SEVERAL, NONE = -2, -1
_SLOT: Final = "[]"


class Named(NamedTuple):
    """What N prompts name."""

    identity: np.ndarray
    """(N,) the position of the identity; -1 for none, -2 for several."""
    template: np.ndarray
    """(N,) whole numbers: the same for prompts that differ in the words of the identity alone."""


def named(prompts: Sequence[str], terms: Mapping[str, Sequence[str]] = TERMS) -> Named:
    """The identity that each prompt names.

    Args:
        prompts: texts.
        terms: {identity: its words}, in any capitals.

    Raises:
        ValueError: a word is empty, or of two identities.
    """
    owner: dict[str, int] = {}
    for place, (identity, words) in enumerate(terms.items()):
        for word in map(plain, words):
            if not word or owner.setdefault(word, place) != place:
                raise ValueError(f"each word must be of one identity, and not empty; one of {identity!r} is not")
    longest = sorted(owner, key=lambda word: (-len(word), word))
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)")
    codes = np.full(len(prompts), NONE)
    masked = []
    for row, prompt in enumerate(map(plain, prompts)):
        identities = {owner[word] for word in pattern.findall(prompt)}
        if identities:
            codes[row] = identities.pop() if len(identities) == 1 else SEVERAL
        # "an atheist" and "a Christian" are of one template
        masked.append(re.sub(r"\ban? (?=\[\])", "a ", pattern.sub(_SLOT, prompt)))
    return Named(codes, np.unique(masked, return_inverse=True)[1].reshape(-1))
