"""Corruptions of plugins beside a suite of auditkit's own: called by name, and held to what may be."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from auditkit.checks import Offer
from auditkit.data import AuditData
from auditkit.plugins.robustness.corruptions.base import SEVERITIES, Changed, Corrupt, Suite


class WithPlugins:
    """A suite with the corruptions of plugins behind its own.

    Args:
        suite: for the data's kind of inputs.
        offers: {name: row} of those that were named.
        data: what is corrupted.
        seeds: {name: seed}.

    Raises:
        PluginError: a row gives no function.
    """

    def __init__(self, suite: Suite, offers: Mapping[str, Offer], data: AuditData, seeds: Mapping[str, int]) -> None:
        self.names = (*suite.names, *offers) if suite.names else ()  # where nothing can be changed, nothing can
        self.notes = suite.notes
        self._suite, self._offers, self._seeds = suite, offers, seeds
        self._made = {name: _guarded(offer, data) for name, offer in offers.items()}

    def change(self, name: str, severity: int) -> Changed:
        """The rows under one corruption; severity 0 is the same way through for all."""
        if name not in self._offers or not severity:
            return self._suite.change(name, severity)
        row = self._offers[name].value
        return self._suite.under(self._made[name], row.severities[severity - 1], self._seeds[name])

    def strength(self, name: str, severity: int) -> str:
        """What the severity means, in words."""
        if name not in self._offers:
            return self._suite.strength(name, severity)
        row = self._offers[name].value
        return str(row.words.format(row.severities[SEVERITIES.index(severity)]))

    def under(self, corrupt: Corrupt, strength: float, seed: int) -> Changed:
        """See `Suite.under`."""
        return self._suite.under(corrupt, strength, seed)


def _guarded(offer: Offer, data: AuditData) -> Corrupt:
    """The function of a row, with errors that name the plugin."""
    label = f"the corruption {offer.value.name!r}"
    with offer.blamed(label):
        corrupt = offer.value.make(data)
    if not callable(corrupt):
        raise offer.error(f"make of {label} must give a function; it gave {type(corrupt).__name__}")

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
    return f"a {type(output).__name__}" + (f" of the shape {tuple(shape)}" if shape is not None else "")
