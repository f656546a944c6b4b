"""What `torchrun` runs in each of several processes: a private training together; the first writes what came of it."""

from __future__ import annotations

import json
import os
import pathlib
import sys

import torch
from torch import distributed, nn
from torch.nn import functional

from auditkit.errors import ConfigError
from auditkit.plugins.privacy.dp_sgd.distributed import TogetherTraining, processes
from auditkit.plugins.privacy.dp_sgd.problem import Problem
from auditkit.plugins.privacy.dp_sgd.recipe import Recipe
from auditkit.plugins.privacy.dp_sgd.units import Units
from auditkit.plugins.privacy.gradients.bookkeeper import Bookkeeper
from tests.plugins.privacy.dp_sgd.training_data import run, seeded, split_of, wrapped


def together(out: pathlib.Path, noise: float, rate: float, steps: int) -> None:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(200, 4, generator=generator)
    torch.manual_seed(distributed.get_rank())  # weights differ until the first process gives its own
    module = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 3)).train()
    engine = Bookkeeper(module, functional.cross_entropy, 1.0)
    problem = Problem(inputs, inputs[:, :3].argmax(1), functional.cross_entropy, Units(None, 200, 1, inputs.device))
    journal = TogetherTraining(engine, problem, Recipe(rate, steps, noise, 1.0, 0.5, 0.0)).run()
    weights = torch.cat([parameter.detach().flatten() for parameter in module.parameters()])
    first = weights.clone()
    distributed.broadcast(first, 0)
    record = {
        "processes": processes(), "sizes": journal.sizes, "history": journal.history, "noise": journal.noise,
        "clipped": journal.clipped, "row_error": journal.row_error, "alike": torch.equal(first, weights),
        "weights": weights.tolist(),
    }  # fmt: skip
    out.mkdir(exist_ok=True)
    (out / f"{distributed.get_rank()}.json").write_text(json.dumps(record))


def by_the_trainer(out: pathlib.Path) -> None:
    """The trainer itself, as it is called in each process."""
    split = split_of(200)
    model = wrapped(seeded(lambda: nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 2))))
    private = run(model, split, epochs=4, batch_size=40, noise_multiplier=1.0)
    weights = torch.cat([one.detach().flatten() for one in private.model.estimator().parameters()])  # type: ignore[union-attr]
    record = {
        "numbers": {one.name: one.value for one in private.measurements}, "weights": weights.tolist(),
        "failed": [control.name for control in private.controls if not control.holds],
    }  # fmt: skip
    (out / f"trainer-{distributed.get_rank()}.json").write_text(json.dumps(record))
    try:
        run(model, split, epochs=1, checkpoint=out / "kept.safetensors", noise_multiplier=1.0)
    except ConfigError as error:
        (out / f"refused-{distributed.get_rank()}.txt").write_text(str(error))


if __name__ == "__main__":
    distributed.init_process_group("gloo")
    folder = pathlib.Path(sys.argv[1])
    by_the_trainer(folder)
    together(folder / "noisy", 1.0, 0.2, 60)
    together(folder / "without noise", 1e-9, 1.0, 5)
    distributed.barrier()  # the first may not go while another still takes its last weights
    (folder / f"ended-{distributed.get_rank()}").touch()
    os._exit(0)  # gloo may abort a process that takes its connections down while another still has them
