"""Fitting an untrained network in place, by whatever loss a trainer puts on a batch of rows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, TypeAlias

import torch

from auditkit.errors import Mend, ModelError
from auditkit.models import Model

BatchLoss: TypeAlias = Callable[[torch.Tensor, float], torch.Tensor]
"""(positions of the rows (n,), share of the training done) to the mean loss of the batch."""


@contextmanager
def seeded(model: Model, seed: int) -> Iterator[None]:
    """Torch's generators seeded, and put back on leaving."""
    with torch.random.fork_rng(devices=[] if model.device == "cpu" else [model.device]):
        torch.manual_seed(seed)
        yield


def fit(
    module: torch.nn.Module,
    rows: int,
    loss: BatchLoss,
    *,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    progress: Callable[[int, int], None],
) -> list[dict[str, Any]]:
    """Train a module in place with Adam; the mean loss of each epoch.

    Every parameter is trained, also one that was frozen in the parent, for it was drawn anew. The module is left in
    eval mode and without gradients. Uses torch's global random state.

    Args:
        module: untrained.
        rows: N, how many there are to learn from.
        loss: of a batch.
        epochs: passes.
        batch_size: rows in a step; a last batch of one row joins no step, for batch norm fails on it.
        learning_rate: of Adam; it falls to 0 along a cosine.
        progress: called with (steps so far, steps) after each.

    Raises:
        ModelError: the loss is no longer finite.
    """
    # weights are drawn anew, so a layer that was frozen for its pre-trained weights must learn as well
    frozen = [parameter for parameter in module.parameters() if not parameter.requires_grad]
    for parameter in frozen:
        parameter.requires_grad_(True)
    optimizer = torch.optim.Adam(module.parameters(), lr=learning_rate)
    steps = epochs * -(-rows // batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    history: list[dict[str, Any]] = []
    step = 0
    for epoch in range(1, epochs + 1):
        total = learned = 0.0
        for indices in torch.randperm(rows).split(batch_size):  # type: ignore[no-untyped-call]
            step += 1
            if len(indices) > 1 or rows == 1:
                module.train()
                batch_loss = loss(indices, step / steps)
                if not torch.isfinite(batch_loss):
                    mend = Mend("train.learning_rate", learning_rate / 10)
                    raise ModelError(
                        f"the training diverged in epoch {epoch}; lower learning_rate={learning_rate:g}, to {mend}",
                        mend=mend,
                    )
                optimizer.zero_grad(set_to_none=True)
                batch_loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                total, learned = total + float(batch_loss.detach()) * len(indices), learned + len(indices)
            schedule.step()  # also after a batch that joined no step, so that the cosine ends at 0
            progress(step, steps)
        history.append({"epoch": epoch, "loss": total / learned})
    # gradients left behind would be a difference from the model as the user would have trained it
    module.zero_grad(set_to_none=True)
    for parameter in frozen:
        parameter.requires_grad_(False)
    module.eval()
    return history


@contextmanager
def evaluating(module: torch.nn.Module) -> Iterator[None]:
    """Eval mode and frozen parameters, while an attack is looked for; put back on leaving.

    Under CUDA cuDNN is off for recurrent layers meanwhile, for it refuses their backward pass in eval mode.
    """
    modes = [(layer, layer.training) for layer in module.modules()]
    trainable = [parameter for parameter in module.parameters() if parameter.requires_grad]
    needs_no_cudnn = torch.cuda.is_available() and any(isinstance(layer, torch.nn.RNNBase) for layer, _ in modes)
    without_cudnn = torch.backends.cudnn.flags(enabled=False) if needs_no_cudnn else nullcontext()
    module.eval()
    for parameter in trainable:
        parameter.requires_grad_(False)
    try:
        with without_cudnn:
            yield
    finally:
        for layer, training in modes:
            layer.training = training
        for parameter in trainable:
            parameter.requires_grad_(True)
