"""A private training goes on where it stopped, with every step that was paid for; lost steps are refused."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.torch
import torch
from torch import nn
from torch.nn import functional

from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.errors import ConfigError, TimeLimit
from auditkit.io import authenticity
from auditkit.plugins.privacy.dp_sgd.checkpoint import Checkpoint, facts
from auditkit.plugins.privacy.dp_sgd.problem import Problem
from auditkit.plugins.privacy.dp_sgd.recipe import Recipe
from auditkit.plugins.privacy.dp_sgd.trainer import DpSgd
from auditkit.plugins.privacy.dp_sgd.training_loop import Training
from auditkit.plugins.privacy.dp_sgd.units import Units
from auditkit.plugins.privacy.gradients.bookkeeper import Bookkeeper
from auditkit.predictions import Predictions
from auditkit.trainers import Trained
from tests.plugins.privacy.dp_sgd.training_data import seeded, split_of, value, wrapped


def training(seed: int = 0, **changes: Any) -> Training:
    """Without noise and sampling, so that two trainings are the same."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(40, 4, generator=generator)
    module = seeded(lambda: nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))).train()
    facts: dict[str, Any] = {"optimizer": "sgd", "schedule": "cosine"} | changes
    plan = Recipe(1.0, 12, 1e-9, 1.0, 0.1, 0.9, **facts)
    problem = Problem(inputs, inputs[:, :3].argmax(1), functional.cross_entropy, Units(None, 40, 1, inputs.device))
    return Training(Bookkeeper(module, functional.cross_entropy, 1.0), problem, plan)


def weights(done: Training) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in done.parameters])


class Stopped(Exception):
    """Somebody stopped it."""


def stop_at(step: int) -> Any:
    def notice(done: int) -> None:
        if done == step:
            raise Stopped

    return notice


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_training_that_was_stopped_ends_as_one_that_was_not(optimizer: str, tmp_path: pathlib.Path) -> None:
    kept = Checkpoint(tmp_path / "kept.safetensors", {"data": "a"})
    whole = training(optimizer=optimizer)
    whole.run()
    first = training(optimizer=optimizer)
    with pytest.raises(Stopped):
        first.run(stop_at(5))
    kept.save(first, {"0.weight": "x"})
    second = training(optimizer=optimizer)
    assert kept.resume(second) == {"0.weight": "x"} and second.done == 5
    journal = second.run()
    assert len(journal.sizes) == 12 and sum(phase[2] for phase in journal.history) == 12
    torch.testing.assert_close(weights(second), weights(whole), rtol=0, atol=1e-6)
    assert journal.numbers == whole.journal.numbers
    assert Checkpoint(tmp_path / "none.safetensors", {}).resume(training()) is None


def written(path: pathlib.Path, change: Any, signed: bool = True) -> None:
    """The file with another account, by who keeps the secret or by somebody else."""
    with safetensors.safe_open(path, "pt") as file:
        about = file.metadata()
    tensors = safetensors.torch.load_file(path)
    about["training"] = json.dumps(change(json.loads(about["training"])))
    if signed:
        about["code"] = authenticity.code_of(facts(about["training"], tensors))
    safetensors.torch.save_file(tensors, path, about)


def test_a_training_that_somebody_else_wrote_is_refused(tmp_path: pathlib.Path) -> None:
    """Whoever may write the folder may read and delete, and not forge; all of it is consistent."""
    path = tmp_path / "kept.safetensors"
    kept, first = Checkpoint(path, {"data": "a"}), training()
    with pytest.raises(Stopped):
        first.run(stop_at(5))

    def forgotten(account: dict[str, Any]) -> dict[str, Any]:
        return account | {"sizes": account["sizes"][:1], "history": [[1e-9, 1.0, 1]]}

    def other_weights() -> None:
        with safetensors.safe_open(path, "pt") as file:
            about = file.metadata()
        tensors = {name: tensor + 1 for name, tensor in safetensors.torch.load_file(path).items()}
        safetensors.torch.save_file(tensors, path, about)

    for forge in (lambda: written(path, forgotten, signed=False), other_weights):
        kept.save(first, {})
        forge()
        with pytest.raises(ConfigError, match=r"must bear a code under your secret.*AUDITKIT_RESUME_SECRET"):
            kept.resume(training())
    kept.save(first, {})
    assert kept.resume(training()) == {}, "as it was kept"


def test_a_training_of_another_user_is_refused(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, first = Checkpoint(tmp_path / "kept.safetensors", {}), training()
    first.step()
    for secret in (b"a" * 32, None):
        monkeypatch.setattr(authenticity, "user_secret", lambda: b"k" * 32)
        kept.save(first, {})
        monkeypatch.setattr(authenticity, "user_secret", lambda secret=secret: secret)
        with pytest.raises(ConfigError, match="bears none that fits"):
            kept.resume(training())
        kept.save(first, {})
        assert secret is None or kept.resume(training()) == {}


def test_a_history_that_lost_steps_is_refused(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "kept.safetensors"
    kept, first = Checkpoint(path, {"data": "a"}), training()
    with pytest.raises(Stopped):
        first.run(stop_at(5))
    for history in ([], [[1e-9, 1.0, 3]], [[1e-9, 0.5, 5]]):
        kept.save(first, {})
        written(path, lambda account, history=history: account | {"history": history})
        with pytest.raises(ConfigError, match="holds 5 steps, and its accountant's history"):
            kept.resume(training())


@pytest.mark.parametrize(
    "change",
    [
        {"sizes": ["many"]}, {"sizes": [None]}, {"sizes": [-3]}, {"sums": {}}, {"before": None}, {"about": []},
        {"history": [[1.0, 0.5, 6], [1.0, 0.5, -5]]}, {"history": {}},
    ],
)  # fmt: skip
def test_an_account_of_other_types_is_refused(change: dict[str, Any], tmp_path: pathlib.Path) -> None:
    path = tmp_path / "kept.safetensors"
    kept, first = Checkpoint(path, {"data": "a"}), training()
    first.step()
    kept.save(first, {})
    written(path, lambda account: account | change)
    with pytest.raises(ConfigError, match=r"is no kept private training.*delete it to begin anew"):
        kept.resume(training())


def test_another_training_and_what_is_none_are_refused(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "kept.safetensors"
    kept, first = Checkpoint(path, {"data": "a"}), training()
    first.step()
    kept.save(first, {})
    with pytest.raises(ConfigError, match="is of a training with another data"):
        Checkpoint(path, {"data": "b"}).resume(training())
    for content in (b"", b"nothing of the kind", safetensors.torch.save({"a": torch.zeros(1)})):
        path.write_bytes(content)
        with pytest.raises(ConfigError, match="is no kept private training"):
            kept.resume(training())


def test_the_trainer_takes_up_what_a_time_limit_stopped(tmp_path: pathlib.Path) -> None:
    split, path = split_of(200), tmp_path / "kept.safetensors"
    model = wrapped(seeded(lambda: nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))))
    sentences: list[str] = []

    def go(stop: int | None, data: AuditData = split) -> Trained:
        def notice(done: int, total: int, what: str) -> None:
            sentences.append(what)
            if done == stop:
                raise TimeLimit("enough")

        context = Context(rng=np.random.default_rng(0), predictions=Predictions(model, data), on_progress=notice)
        parameters: dict[str, Any] = {"epochs": 4, "batch_size": 40, "noise_multiplier": 1.0, "checkpoint": path}
        parameters |= {"canary_steps": 0, "twin_steps": 0}
        return DpSgd(**parameters).train(model, data, context)

    with pytest.raises(TimeLimit):
        go(7)
    assert sentences[-1].startswith("steps, epsilon so far at most ") and len(sentences) == 7
    private = go(None)
    assert len(sentences) == 20 and value(private, "steps") == 20 and all(control.holds for control in private.controls)
    with pytest.raises(ConfigError, match="another data"):
        go(None, split_of(210))
