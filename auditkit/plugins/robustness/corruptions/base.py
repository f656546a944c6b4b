"""What a suite of corruptions gives, whatever the kind of inputs, and the names of the corruptions."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

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


class Suite(Protocol):
    """Corruptions of given rows. The draws of chance are the same at every severity, so that these compare."""

    names: tuple[str, ...]
    """Those that can be applied to these inputs."""
    notes: list[str]
    """What was left out or done otherwise, and why."""

    def change(self, name: str, severity: int) -> Changed:
        """The rows under one corruption; severity 0 leaves them as they are, by the same way through."""

    def strength(self, name: str, severity: int) -> str:
        """What the severity means, in words."""

    def under(self, corrupt: Corrupt, strength: float, seed: int) -> Changed:
        """The rows under the function of a plugin, held to the range and the schema; see `hookspecs.Corruption`."""


IMAGE = (
    "gaussian noise", "shot noise", "impulse noise", "gaussian blur", "defocus", "brightness", "contrast", "jpeg",
    "pixelate", "elastic", "rotation", "occlusion",
)  # fmt: skip
TABLE = ("missing values", "noise", "swapped categories", "drift")
TEXT = ("typos", "dropped characters", "capitals", "look-alikes", "accents", "white space")
KNOWN: dict[str, tuple[str, ...]] = {"image": IMAGE, "table": TABLE, "text": TEXT}
"""The corruptions of each kind of input, in the order of the report."""
