"""What a suite of corruptions gives, whatever the kind of inputs; which suite fits the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np

    from auditkit.data import AuditData

SEVERITIES = (1, 2, 3, 4, 5)
MIDDLE = 3
"""The severity at which groups are compared."""


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


IMAGE = (
    "gaussian noise", "shot noise", "impulse noise", "gaussian blur", "defocus", "brightness", "contrast", "jpeg",
    "pixelate", "elastic", "rotation", "occlusion",
)  # fmt: skip
TABLE = ("missing values", "noise", "swapped categories", "drift")
TEXT = ("typos", "dropped characters", "capitals", "look-alikes", "accents", "white space")
KNOWN: dict[str, tuple[str, ...]] = {"image": IMAGE, "table": TABLE, "text": TEXT}
"""The corruptions of each kind of input, in the order of the report."""


def seeds(names: tuple[str, ...], rng: np.random.Generator) -> dict[str, int]:
    """A seed for each corruption; leaving one out changes no other."""
    return dict(zip(names, rng.integers(2**31, size=len(names)).tolist(), strict=True))


def suite(data: AuditData, rng: np.random.Generator, *, device: str, held: bool) -> Suite:
    """The suite for the data's kind of inputs.

    Args:
        data: the rows.
        rng: the source of chance.
        device: where images are worked on.
        held: whether group columns and immutable features of a table stay as they are.
    """
    drawn = seeds(KNOWN[data.modality], rng)
    if data.modality == "image":
        from auditkit.plugins.robustness.corruptions.images import Pictures  # imports torch

        return Pictures(data.inputs, drawn, device, data.range)
    if data.modality == "text":
        from auditkit.plugins.robustness.corruptions.texts import Texts  # only where there are texts

        return Texts(list(data.inputs), drawn)
    from auditkit.plugins.robustness.corruptions.tables import Tables  # only where there is a table

    return Tables(data, drawn, held=held)
