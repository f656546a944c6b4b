"""What the released model may hold: what the private steps made, what was drawn anew, and what is public."""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from auditkit.errors import ConfigError, ModelError, closest
from auditkit.plugins.privacy.dp_sgd.data_free import data_free
from auditkit.plugins.privacy.dp_sgd.reachable import Leaf, reachable
from auditkit.plugins.privacy.dp_sgd.redrawn import Draws, alike, constants

SWITCHED = {"training", "_is_full_backward_hook"}
"""Attributes of layers that torch sets in training: their mode, and which kind of hook they had last."""
SHOWN = 4
"""Places that a message names."""
SIZES = 16
"""Whole numbers up to this are sizes and switches."""
SINGLE: tuple[tuple[tuple[type, ...], int], ...] = (
    ((float, np.floating, complex), 32),
    ((int, np.integer, str, bytes), 256),
)
"""Single values of these kinds, each in a place of its own, of which so many different ones are settings still."""


class PublicPart(NamedTuple):
    """A tensor that the owner names as public."""

    name: str
    shape: tuple[int, ...]
    digest: str


def is_public(name: str, public: Iterable[str]) -> bool:
    """Whether a place is named as public, itself or what it is a part of; names may hold `*`."""
    return any(fnmatch.fnmatchcase(name, glob) or fnmatch.fnmatchcase(name, f"{glob}.*") for glob in public)


def public_names(module: nn.Module, public: Collection[str]) -> tuple[str, ...]:
    """The parameters and buffers that are named as public; one that is tied has the name that torch lists it by.

    Raises:
        ConfigError: a name fits nothing that the module can reach.
    """
    names = list(reachable(module))
    for glob in public:
        if not any(is_public(name, (glob,)) for name in names):
            raise ConfigError(f"public: the model has no part {glob!r}; {closest(glob, names)}")
    tied: dict[int, list[str]] = {}
    for parts in (module.named_parameters, module.named_buffers):
        for name, part in parts(remove_duplicate=False):
            tied.setdefault(id(part), []).append(name)
    return tuple(own[0] for own in tied.values() if any(is_public(name, public) for name in own))


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


def inherited(draws: Draws, trained: Collection[str], public: Collection[str]) -> list[str]:
    """Places of an untrained copy that hold what its parent holds, or that are not drawn anew.

    Args:
        draws: what the parent and three copies can reach.
        trained: names of the parameters that the private steps will move.
        public: names of what may be kept.
    """
    own = {name: leaf for name, leaf in draws.fresh.items() if not is_public(name, public)}
    known = {leaf.digest for leaf in draws.parent.values() if leaf.is_data}
    places = [
        name
        for name, leaf in own.items()
        if leaf.is_data and not data_free(leaf.value)
        and (leaf.digest in known or (name in draws.again and draws.again[name].digest == leaf.digest))
    ]  # fmt: skip
    suspects = [name for name in places if name in set(trained) and isinstance(own[name].value, torch.Tensor)]
    kept = constants(draws, suspects)
    tensors = [
        name
        for name, leaf in own.items()
        if isinstance(leaf.value, torch.Tensor) and leaf.value.is_floating_point()
        and name not in places and not data_free(leaf.value)
    ]  # fmt: skip
    return [*(name for name in places if name not in kept), *alike(draws, tensors), *many_numbers(own)]


def many_numbers(leaves: Mapping[str, Leaf]) -> list[str]:
    """Places of single numbers and words, each by itself, where they are so many that they may hold rows."""
    for kinds, most in SINGLE:
        chosen = {name: leaf.value for name, leaf in leaves.items() if isinstance(leaf.value, kinds)}
        chosen = {name: value for name, value in chosen.items() if not _is_small(value)}
        if len(set(chosen.values())) > most and not _is_even(sorted(set(chosen.values()), key=repr)):
            return sorted(chosen)
    return []


def _is_small(value: Any) -> bool:
    """Whether a number is one of those that sizes and switches are."""
    if not isinstance(value, int | float | np.integer | np.floating):
        return False
    number = float(value)
    return not math.isfinite(number) or (number.is_integer() and abs(number) <= SIZES)


def _is_even(values: Sequence[Any]) -> bool:
    """Whether they are evenly spaced, as rates of stochastic depth are (Huang et al., 2016, arXiv:1603.09382)."""
    if not all(isinstance(value, float) for value in values):
        return False
    steps = np.diff(np.sort(np.array(values)))
    return bool(np.allclose(steps, steps.mean(), rtol=1e-3))


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
            f"{name}: the untrained copy holds what its parent holds, as it is or under noise, or what is the same in "
            f"every copy, in {_shown(places)}: what was learned there without privacy would be in the new model. Draw "
            "it anew in reset_parameters(), without a seed of its own, or give fresh=, which makes an untrained "
            f"module; where no training row went into it, say public = {_quoted(places)}"
        )


def refuse_changed(name: str, places: list[str]) -> None:
    """Say that something else than the trained parameters changed.

    Raises:
        ModelError: there is such a place.
    """
    if places:
        raise ModelError(
            f"{name}: beside the private steps the module changed {_shown(places)}: it may keep training rows there, "
            "or count them, and no noise hides that. Let forward() change nothing: count, cache and average outside of "
            "the module"
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
