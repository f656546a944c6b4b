"""What a suite of corruptions gives, whatever the kind of inputs, and the names of the corruptions."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from auditkit.data import AuditData
from auditkit.hookspecs import Corruption

SEVERITIES = (1, 2, 3, 4, 5)
MIDDLE = 3
"""The severity at which groups are compared."""


Corrupt = Callable[[Any, float, Any], Any]
"""(inputs, strength, generator) to inputs: a corruption of a plugin, which gives what it was given the kind of."""


class Changed(NamedTuple):
    """Inputs after a corruption."""

    inputs: Any
    """Of the kind and type that the model eats."""
    distance: float
    """How far from the originals, on average over the rows; 0 where nothing changed."""
    outside: int
    """Values that are not finite, or not in the range or the schema of the data."""


class Suite(ABC):
    """Corruptions of given rows. The draws of chance are the same at every severity, so that these compare.

    Args:
        names: of those that can be applied to these inputs.
        strengths: {corruption: its strength at each severity}.
        words: {corruption: what a strength means, with a place for the number}.
        seeds: {corruption: seed}, those of plugins too.
    """

    def __init__(
        self, names: tuple[str, ...], strengths: Mapping[str, tuple[float, ...]], words: Mapping[str, str],
        seeds: Mapping[str, int],
    ) -> None:  # fmt: skip
        self.names, self.seeds = names, seeds
        self.notes: list[str] = []
        """What was left out or done otherwise, and why."""
        self._strengths, self._words = dict(strengths), dict(words)
        self._plugins: dict[str, Corrupt] = {}

    def add(self, row: Corruption, corrupt: Corrupt) -> None:
        """Put the corruption of a plugin behind the others."""
        self.names = (*self.names, row.name) if self.names else ()  # where nothing can be changed, nothing can
        self._strengths[row.name], self._words[row.name], self._plugins[row.name] = row.severities, row.words, corrupt

    def level(self, name: str, severity: int) -> float:
        """The strength of a severity from 1 to 5."""
        return self._strengths[name][severity - 1]

    def strength(self, name: str, severity: int) -> str:
        """What the severity means, in words."""
        return self._words[name].format(self.level(name, severity))

    def change(self, name: str, severity: int) -> Changed:
        """The rows under one corruption; severity 0 leaves them as they are, by the same way through."""
        if severity and name in self._plugins:
            return self.under(self._plugins[name], self.level(name, severity), self.seeds[name])
        return self.own(name, severity)

    @abstractmethod
    def own(self, name: str, severity: int) -> Changed:
        """The rows under a corruption of auditkit's own, or at severity 0."""

    @abstractmethod
    def under(self, corrupt: Corrupt, strength: float, seed: int) -> Changed:
        """The rows under the function of a plugin, held to the range and the schema; see `hookspecs.Corruption`."""


IMAGE = (
    "gaussian noise", "shot noise", "impulse noise", "gaussian blur", "defocus", "brightness", "contrast", "jpeg",
    "pixelate", "elastic", "rotation", "occlusion",
)  # fmt: skip
TABLE = ("missing values", "noise", "swapped categories", "drift")
TEXT = ("typos", "dropped characters", "capitals", "look-alikes", "accents", "white space")
SERIES = ("noise", "spikes", "drift", "dropped points", "missing spans")
TOKENS = ("substituted tokens", "transposed tokens")
KNOWN: dict[str, tuple[str, ...]] = {"image": IMAGE, "table": TABLE, "text": TEXT}
"""The corruptions of each kind of input, in the order of the report."""


def known_names(data: AuditData) -> tuple[str, ...]:
    """The corruptions of these inputs: those of their kind, and of texts where a table has columns of free text."""
    if data.modality == "sequence":
        return TOKENS if data.tokens else SERIES
    return (*KNOWN.get(data.modality, ()), *(TEXT if data.free_text.any() else ()))
