"""What the released model may hold: what the private steps made, what was drawn anew, and what is public."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from torch import nn

from auditkit.errors import ConfigError, ModelError, closest
from auditkit.plugins.privacy.dp_sgd.data_free import data_free
from auditkit.plugins.privacy.dp_sgd.reachable import Leaf, reachable

SWITCHED = {"training", "_is_full_backward_hook"}
"""Attributes of layers that torch sets in training: their mode, and which kind of hook they had last."""
SHOWN = 4
"""Places that a message names."""


class PublicPart(NamedTuple):
    """A tensor that the owner names as public."""

    name: str
    shape: tuple[int, ...]
    digest: str


def is_public(name: str, public: Iterable[str]) -> bool:
    """Whether a place is named as public, itself or what it is a part of; names may hold `*`."""
    return any(fnmatch.fnmatchcase(name, glob) or fnmatch.fnmatchcase(name, f"{glob}.*") for glob in public)


def public_names(module: nn.Module, public: Collection[str]) -> tuple[str, ...]:
    """The parameters and buffers that are named as public.

    Raises:
        ConfigError: a name fits nothing that the module can reach.
    """
    names = list(reachable(module))
    for glob in public:
        if not any(is_public(name, (glob,)) for name in names):
            raise ConfigError(f"public: the model has no part {glob!r}; {closest(glob, names)}")
    own = [*dict(module.named_parameters()), *dict(module.named_buffers())]
    return tuple(name for name in own if is_public(name, public))


def public_parts(module: nn.Module, public: Collection[str]) -> tuple[PublicPart, ...]:
    """What the model can reach and is named as public."""
    leaves = reachable(module) if public else {}
    parts = (PublicPart(name, leaf.shape, leaf.digest) for name, leaf in sorted(leaves.items()) if leaf.is_data)
    return tuple(part for part in parts if is_public(part.name, public))


def frozen_at_random(module: nn.Module, public: Collection[str]) -> list[str]:
    """Parameters that are neither trained nor public, so that they would stay at what was drawn for them."""
    return [
        name
        for name, parameter in module.named_parameters()
        if not parameter.requires_grad and not is_public(name, public) and not data_free(parameter)
    ]


def inherited(
    parent: Mapping[str, Leaf], fresh: Mapping[str, Leaf], again: Mapping[str, Leaf], public: Collection[str]
) -> list[str]:
    """Places of an untrained copy that hold what its parent holds, or that are not drawn anew.

    Args:
        parent: what the parent can reach.
        fresh: what the copy can reach.
        again: what a second copy can reach.
        public: names of what may be kept.
    """
    known = {leaf.digest for leaf in parent.values() if leaf.is_data}
    return [
        name
        for name, leaf in fresh.items()
        if leaf.is_data
        and (leaf.digest in known or (name in again and again[name].digest == leaf.digest))
        and not is_public(name, public)
        and not data_free(leaf.value)
    ]


def settings_of(leaves: Mapping[str, Leaf]) -> dict[str, str]:
    """{place: digest} of all but what torch itself switches in training."""
    return {name: leaf.digest for name, leaf in leaves.items() if name.rpartition(".")[2] not in SWITCHED}


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Places that are new, are gone, or hold something else.

    Args:
        before: {place: digest} of what the untrained copy could reach, and of what the steps made.
        after: the same of the trained model.
    """
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def refuse_inherited(name: str, places: list[str]) -> None:
    """Say that a copy of the parent is not untrained.

    Raises:
        ModelError: there is such a place.
    """
    if places:
        raise ModelError(
            f"{name}: the untrained copy holds what its parent holds, or what is the same in every copy, in "
            f"{_shown(places)}: what was learned there without privacy would be in the new model. Draw it anew in "
            f"reset_parameters(), or give fresh=, which makes an untrained module; where no training row went into it, "
            f"say public = {_quoted(places)}"
        )


def refuse_changed(name: str, places: list[str]) -> None:
    """Say that something else than the trained parameters changed.

    Raises:
        ModelError: there is such a place.
    """
    if places:
        raise ModelError(
            f"{name}: beside the private steps the module changed {_shown(places)}: it may keep training rows there, "
            "which no noise hides. Keep nothing of what forward() is given"
        )


def refuse_frozen(name: str, places: list[str]) -> None:
    """Say that layers would be left at random values.

    Raises:
        ModelError: there is such a layer.
    """
    if places:
        raise ModelError(
            f"{name}: frozen parameters are neither trained nor public and would stay at random values: "
            f"{_shown(places)}. Say public = {_quoted(places)} to keep them as they are in the parent, if no training "
            "row went into them; or let them be trained (requires_grad_(True))"
        )


def _shown(places: list[str]) -> str:
    more = f" and {len(places) - SHOWN} more" if len(places) > SHOWN else ""
    return ", ".join(place.removeprefix(".") for place in places[:SHOWN]) + more


def _quoted(places: list[str]) -> str:
    """What to write under `public`: whole layers where many of their parts are meant."""
    heads = list(dict.fromkeys(place.rpartition(".")[0] or place for place in places))
    names = places if len(places) <= SHOWN else [f"{head}.*" if head not in places else head for head in heads][:SHOWN]
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def keep_public_frozen(module: nn.Module, names: Collection[str]) -> list[nn.Parameter]:
    """Freeze the public parameters, which are kept bit for bit; those that were not frozen before."""
    chosen = [one for name, one in module.named_parameters() if name in set(names) and one.requires_grad]
    for parameter in chosen:
        parameter.requires_grad_(False)
    return chosen


def train_mode(module: nn.Module, public: Collection[str]) -> None:
    """Training mode for all layers but those that hold something public: these stay as they answer."""
    module.train()
    for layer_name, layer in module.named_modules():
        own = [*layer._parameters, *layer._buffers]
        if any(is_public(f"{layer_name}.{name}".strip("."), public) for name in own):
            layer.train(False)
