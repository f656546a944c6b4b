"""Which suite of corruptions fits the data; corruptions of plugins are beside it by name, and held to the rules."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from auditkit.checks import Offer
from auditkit.data import AuditData
from auditkit.plugins.robustness.corruptions.base import Corrupt, Suite, known_names
from auditkit.text import class_name


def seeds(names: tuple[str, ...], rng: np.random.Generator) -> dict[str, int]:
    """A seed for each corruption; leaving one out changes no other."""
    return dict(zip(names, rng.integers(2**31, size=len(names)).tolist(), strict=True))


def suite(data: AuditData, rng: np.random.Generator, *, device: str, held: bool, offers: Mapping[str, Offer]) -> Suite:
    """The suite for the data's kind of inputs.

    Args:
        data: the rows.
        rng: the source of chance.
        device: where images are worked on.
        held: whether group columns and immutable features of a table stay as they are.
        offers: {name: row} of the corruptions of plugins that were named.

    Raises:
        PluginError: a row gives no function.
    """
    corruptions = _own(data, seeds((*known_names(data), *offers), rng), device, held)
    for offer in offers.values():
        corruptions.add(offer.value, _guarded(offer, data))
    return corruptions


def _own(data: AuditData, seed_of: Mapping[str, int], device: str, held: bool) -> Suite:
    """Auditkit's own corruptions, by these seeds."""
    if data.modality == "image":
        from auditkit.plugins.robustness.corruptions.images import Pictures  # imports torch

        return Pictures(data.inputs, seed_of, device, data.range)
    if data.modality == "text":
        from auditkit.plugins.robustness.corruptions.texts import Texts  # only where there are texts

        return Texts(list(data.inputs), seed_of)
    if data.modality == "sequence":
        from auditkit.plugins.robustness.corruptions.sequences import Series, Tokens  # only where there are some

        return Tokens(data, seed_of) if data.tokens else Series(data, seed_of)
    from auditkit.plugins.robustness.corruptions.tables import Tables  # only where there is a table

    return Tables(data, seed_of, held=held)


def _guarded(offer: Offer, data: AuditData) -> Corrupt:
    """The function of a row, with errors that name the plugin."""
    label = f"the corruption {offer.value.name!r}"
    with offer.blamed(label):
        corrupt = offer.value.make(data)
    if not callable(corrupt):
        raise offer.error(f"make of {label} must give a function; it gave {class_name(corrupt)}")

    def guarded(inputs: Any, strength: float, rng: np.random.Generator) -> Any:
        with offer.blamed(label):
            corrupted = corrupt(inputs, strength, rng)
        if isinstance(inputs, list):
            texts = isinstance(corrupted, list | tuple) and all(isinstance(text, str) for text in corrupted)
            if not texts or len(corrupted) != len(inputs):
                raise offer.error(f"{label} must give a list of {len(inputs)} texts; it gave {_shape(corrupted)}")
        elif np.shape(corrupted) != inputs.shape or np.asarray(corrupted).dtype.kind not in "fiub":
            raise offer.error(f"{label} must give numbers of the shape {inputs.shape}; it gave {_shape(corrupted)}")
        return corrupted

    return guarded


def _shape(output: Any) -> str:
    shape = getattr(output, "shape", None)
    return f"a {class_name(output)}" + (f" of the shape {tuple(shape)}" if shape is not None else "")
