"""Which suite of corruptions fits the data."""

from collections.abc import Mapping

import numpy as np

from auditkit.checks import Offer
from auditkit.data import AuditData
from auditkit.plugins.robustness.corruptions.base import KNOWN, Suite


def seeds(names: tuple[str, ...], rng: np.random.Generator) -> dict[str, int]:
    """A seed for each corruption; leaving one out changes no other."""
    return dict(zip(names, rng.integers(2**31, size=len(names)).tolist(), strict=True))


def suite(
    data: AuditData, rng: np.random.Generator, *, device: str, held: bool, offers: Mapping[str, Offer] | None = None
) -> Suite:
    """The suite for the data's kind of inputs.

    Args:
        data: the rows.
        rng: the source of chance.
        device: where images are worked on.
        held: whether group columns and immutable features of a table stay as they are.
        offers: {name: row} of the corruptions of plugins that were named.
    """
    names = KNOWN[data.modality]
    seed_of = seeds((*names, *(offers or ())), rng)
    builtin = _own(data, {name: seed_of[name] for name in names}, device, held)
    if not offers:
        return builtin
    from auditkit.plugins.robustness.corruptions.plugin_corruption import WithPlugins  # only where one is named

    return WithPlugins(builtin, offers, data, seed_of)


def _own(data: AuditData, seed_of: Mapping[str, int], device: str, held: bool) -> Suite:
    """Auditkit's own corruptions, by these seeds."""
    if data.modality == "image":
        from auditkit.plugins.robustness.corruptions.images import Pictures  # imports torch

        return Pictures(data.inputs, seed_of, device, data.range)
    if data.modality == "text":
        from auditkit.plugins.robustness.corruptions.texts import Texts  # only where there are texts

        return Texts(list(data.inputs), seed_of)
    from auditkit.plugins.robustness.corruptions.tables import Tables  # only where there is a table

    return Tables(data, seed_of, held=held)
