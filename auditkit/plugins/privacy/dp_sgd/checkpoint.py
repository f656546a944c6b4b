"""A private training on disk, so that it goes on where it stopped: weights, optimizer, every step that was paid for."""

from __future__ import annotations

import hashlib
import json
import pathlib
from collections.abc import Mapping
from typing import Annotated, Any

import safetensors
import safetensors.torch
import torch
from pydantic import BaseModel, Field

from auditkit.errors import ConfigError
from auditkit.io import authenticity
from auditkit.io.atomic_files import write_atomic
from auditkit.plugins.privacy.dp_sgd.training_loop import Training


class Sums(BaseModel):
    """What the journal has measured so far."""

    squares: float
    numbers: int
    clipped: float
    row_error: float
    disturbed: int


class Account(BaseModel):
    """What is kept beside the weights."""

    about: dict[str, Any]
    before: dict[str, str]
    sizes: list[Annotated[int, Field(ge=0)]]
    history: list[tuple[float, float, Annotated[int, Field(ge=1)]]]
    sums: Sums


class Checkpoint:
    """A file that a training is kept in and taken up from.

    The seeds of noise and sampling are not in it: steps that are done anew after a crash draw anew.

    Args:
        path: of a `.safetensors` file.
        about: what the training is of; another one is not taken up.
    """

    def __init__(self, path: pathlib.Path, about: Mapping[str, Any]) -> None:
        self.path, self.about = path, json.loads(json.dumps(dict(about), sort_keys=True))

    def save(self, training: Training, before: Mapping[str, str]) -> None:
        """Keep a training between two steps.

        Args:
            training: as it is.
            before: digests of what its module could reach before the first step.
        """
        journal = training.journal
        account = {
            "about": self.about, "before": dict(before), "sizes": journal.sizes,
            "history": [list(phase) for phase in training.accountant.history],
            "sums": {name: getattr(journal, name) for name in Sums.model_fields},
        }  # fmt: skip
        tensors = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in _tensors(training).items()}
        text = json.dumps(account)
        about = {"training": text, "code": authenticity.code_of(facts(text, tensors))}
        write_atomic(self.path, safetensors.torch.save(tensors, about))

    def resume(self, training: Training) -> dict[str, str] | None:
        """Bring a training to where it was kept; None where nothing was kept.

        Returns:
            Digests of what its module could reach before the first step.

        Raises:
            ConfigError: the file is no such training, was not kept by this user, is of another training, or lacks
                steps in the accountant's history.
        """
        if not self.path.exists():
            return None
        try:
            with safetensors.safe_open(self.path, "pt") as file:
                about = file.metadata() or {}
                account = Account.model_validate_json(about["training"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # no dictionary
        except (KeyError, ValueError, TypeError, OSError, safetensors.SafetensorError) as error:
            raise ConfigError(
                f"checkpoint: {self.path.name} is no kept private training ({type(error).__name__}); name another "
                "file, or delete it to begin anew"
            ) from error
        if not authenticity.fits(about.get("code", ""), facts(about["training"], tensors)):
            raise ConfigError(
                f"checkpoint: {self.path.name} must bear a code under your secret, which shows that nobody else wrote "
                f"or changed it; it bears none that fits. Delete it to begin anew, or give the secret under which it "
                f"was kept in {authenticity.SECRET}"
            )
        sizes, history = account.sizes, account.history
        counted = sum(steps for _, _, steps in history)
        differ = sorted(
            name for name in self.about.keys() | account.about.keys() if self.about.get(name) != account.about.get(name)
        )
        if differ:
            raise ConfigError(
                f"checkpoint: {self.path.name} is of a training with another {', '.join(differ)}; go on with what it "
                "was begun with, or name another file"
            )
        if counted != len(sizes) or any(phase[:2] != self._step(training) for phase in history):
            raise ConfigError(
                f"checkpoint: {self.path.name} holds {len(sizes)} steps, and its accountant's history {counted}; "
                "epsilon cannot be said of what is not counted. Delete it to begin anew"
            )
        self._fill(training, tensors)
        training.journal.sizes = sizes
        for name, value in account.sums:
            setattr(training.journal, name, value)
        training.accountant.history = [*history]
        return account.before

    @staticmethod
    def _step(training: Training) -> tuple[float, float]:
        return training.recipe.noise_multiplier, training.recipe.sample_rate

    def _fill(self, training: Training, tensors: Mapping[str, torch.Tensor]) -> None:
        known = _weights(training)
        if any(name not in tensors or tensors[name].shape != tensor.shape for name, tensor in known.items()):
            raise ConfigError(f"checkpoint: {self.path.name} is of a model of another architecture; name another file")
        with torch.no_grad():
            for name, tensor in known.items():
                tensor.copy_(tensors[name])
        for place, parameter in enumerate(training.parameters):
            start = f"optimizer.{place}."
            state = {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)}
            if state:  # Adam counts its steps on the CPU
                training.optimizer.state[parameter] = {
                    name: value if name == "step" else value.to(parameter.device) for name, value in state.items()
                }


def facts(account: str, tensors: Mapping[str, torch.Tensor]) -> bytes:
    """What a code is of: the account as it is written, and every tensor by name, type, shape and bytes."""
    state = hashlib.sha256(b"private training")
    for part in (account, *(part for name in sorted(tensors) for part in (name, _bytes(tensors[name])))):
        content = part.encode() if isinstance(part, str) else part
        state.update(len(content).to_bytes(8, "big") + content)
    return state.digest()


def _bytes(tensor: torch.Tensor) -> bytes:
    kind = f"{tensor.dtype}{tuple(tensor.shape)}".encode()
    return kind + tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def _weights(training: Training) -> dict[str, torch.Tensor]:
    module = training.engine.module
    named = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    return {f"module.{name}": tensor for name, tensor in named.items()}


def _tensors(training: Training) -> dict[str, torch.Tensor]:
    states = (
        (f"optimizer.{place}.{name}", value)
        for place, parameter in enumerate(training.parameters)
        for name, value in training.optimizer.state.get(parameter, {}).items()
        if isinstance(value, torch.Tensor)
    )
    return {**_weights(training), **dict(states)}
