"""Corruptions of texts: slips of the keyboard, lost characters, capitals, look-alikes, accents, white space."""

from collections.abc import Callable, Mapping

import numpy as np

from auditkit.plugins.robustness.corruptions.base import TEXT, Changed, Corrupt, Suite

KEYS_BESIDE = {
    "q": "wa", "w": "qeas", "e": "wrsd", "r": "etdf", "t": "ryfg", "y": "tugh", "u": "yihj", "i": "uojk",
    "o": "ipkl", "p": "ol", "a": "sqwz", "s": "adwezx", "d": "sferxc", "f": "dgrtcv", "g": "fhtyvb", "h": "gjyubn",
    "j": "hkuinm", "k": "jliom", "l": "kop", "z": "xas", "x": "zcsd", "c": "xvdf", "v": "cbfg", "b": "vngh",
    "n": "bmhj", "m": "njk",
}  # fmt: skip
"""The keys around each letter of a keyboard, of which each row is half a key to the right of the one above."""
NEIGHBOURS = KEYS_BESIDE | {key.upper(): beside.upper() for key, beside in KEYS_BESIDE.items()}
"""The same of small and of capital letters."""
LOOK_ALIKES = dict(zip("aceiopsxyABCEHKMOPTX", "асеіорѕхуАВСЕНКМОРТХ", strict=True))
"""Latin letters and the Cyrillic ones that look the same."""
ACCENTS = dict(zip("aceinouyzACEINOUYZ", "áçéíñóúýžÁÇÉÍÑÓÚÝŽ", strict=True))

ENGLISH = "Slips of the keyboard are those of an English one; look-alikes and accents of Latin letters."
FEW = (0.01, 0.02, 0.05, 0.1, 0.2)
MANY = (0.05, 0.1, 0.2, 0.4, 0.8)
STRENGTHS: Mapping[str, tuple[float, ...]] = {
    "typos": FEW, "dropped characters": FEW, "capitals": MANY, "look-alikes": MANY, "accents": MANY,
    "white space": FEW,
}  # fmt: skip
WORDS: Mapping[str, str] = {
    "typos": "{:.0%} of the letters are a key beside", "dropped characters": "{:.0%} of the characters lost",
    "capitals": "{:.0%} of the letters in the other case", "look-alikes": "{:.0%} of the letters that have one",
    "accents": "{:.0%} of the letters that can have one", "white space": "a space more after {:.0%} of the characters",
}  # fmt: skip


def typo(character: str, draw: float) -> str:
    """A neighbour on the keyboard, by a draw from 0 to 1; anything but a Latin letter stays."""
    near = NEIGHBOURS.get(character)
    return near[int(draw * len(near))] if near else character


def flipped(character: str) -> str:
    """The other case, where that is one character."""
    other = character.swapcase()  # "ß" becomes "SS", which would shift every character after it
    return other if len(other) == 1 else character


REPLACE: Mapping[str, Callable[[str, float], str]] = {
    "typos": typo,
    "dropped characters": lambda character, draw: "",
    "capitals": lambda character, draw: flipped(character),
    "look-alikes": lambda character, draw: LOOK_ALIKES.get(character, character),
    "accents": lambda character, draw: ACCENTS.get(character, character),
    "white space": lambda character, draw: character + " ",
}


def corrupted(text: str, name: str, strength: float, rng: np.random.Generator) -> str:
    """A text of which each character is hit with probability `strength`; where none is left, the first stays.

    Two draws for each character, whatever the strength: what is hit at one strength is hit at every larger one.
    """
    if not text:
        return text
    hits, draws = rng.random(len(text)), rng.random(len(text))
    characters = [
        REPLACE[name](character, draw) if hit < strength else character
        for character, hit, draw in zip(text, hits, draws, strict=True)
    ]
    return "".join(characters) or text[0]


def corrupted_texts(texts: list[str], name: str, strength: float, seed: int) -> list[str]:
    """Each text under one corruption."""
    rng = np.random.default_rng(seed)
    return [corrupted(text, name, strength, rng) for text in texts]


def distance(before: str, after: str) -> float:
    """The share of characters that changed, came or went; exact for what `corrupted` makes."""
    if len(before) != len(after):
        return abs(len(after) - len(before)) / max(1, len(before))
    return sum(a != b for a, b in zip(before, after, strict=True)) / max(1, len(before))


class Texts(Suite):
    """Texts, and what may be done to them.

    Args:
        texts: N of them.
        seeds: {corruption: seed}.
    """

    def __init__(self, texts: list[str], seeds: Mapping[str, int]) -> None:
        super().__init__(TEXT, STRENGTHS, WORDS, seeds)
        self.notes = [ENGLISH]
        self._texts = texts

    def own(self, name: str, severity: int) -> Changed:
        """The texts under one corruption; the distance is the share of characters changed."""
        if not severity:
            return Changed(list(self._texts), 0.0, 0)
        return self._changed(corrupted_texts(self._texts, name, self.level(name, severity), self.seeds[name]))

    def under(self, corrupt: Corrupt, strength: float, seed: int) -> Changed:
        """The texts under the function of a plugin."""
        return self._changed(list(corrupt(list(self._texts), strength, np.random.default_rng(seed))))

    def _changed(self, after: list[str]) -> Changed:
        distances = [distance(*pair) for pair in zip(self._texts, after, strict=True)]
        emptied = sum(bool(text) and not left for text, left in zip(self._texts, after, strict=True))
        return Changed(after, float(np.mean(distances)), emptied)
