"""Torch modules that give a logit or a probability for each of several labels."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import torch

from auditkit.adapters import failing, note, noting
from auditkit.data import Task
from auditkit.errors import CapabilityError, ModelError
from auditkit.models import Answers, Capability, ModelOptions
from auditkit.plugins.models.several_labels import adopt_labels, answers_from
from auditkit.plugins.models.torch.adapter import TorchModel
from auditkit.plugins.models.torch.state import answering, evaluate


class TorchLabels(TorchModel):
    """A torch module with (n, L) outputs, each about a label by itself, asked in eval mode and left as it was found.

    Args:
        module: maps (n, ...) to (n, L).
        options: `output` says `logits` or `probabilities` where the first batch should not decide: numbers outside of
            0 and 1 are logits, to which a sigmoid is applied.
    """

    def __init__(self, module: torch.nn.Module, options: ModelOptions) -> None:
        super().__init__(module, options)
        if options.output not in (None, "logits", "probabilities"):
            raise ModelError(
                f"{self.name}: output of labels must be 'logits' or 'probabilities'; {options.output!r} was given"
            )

    def _declare(self) -> None:
        adopt_labels(self, self._user_options, self.name)
        self.task, self.output = "multilabel", self._user_options.output or ""
        self.capabilities = frozenset({Capability.QUERIES})

    def take_labels(self, task: Task, labels: tuple[Any, ...], positive: Any = None) -> None:
        """Nothing: the labels are the outputs, whatever values the data has."""

    def answer(self, inputs: Any) -> Answers:
        """Answers for one batch, in eval mode and without gradients."""
        encoded = self.encode(inputs)
        with answering(self._module), torch.no_grad(), noting(self), failing(self.name, type(self._module).__name__):
            evaluate(self._module)
            output = self._ask(encoded).to(torch.float64)
        if not self.output:
            self.output = "probabilities" if bool(((output >= 0) & (output <= 1)).all()) else "logits"
            evidence = "all lie in [0, 1]" if self.output == "probabilities" else "some lie outside of [0, 1]"
            note(self, f"the outputs are read as {self.output} of several labels, as {evidence}")
        chances = torch.sigmoid(output) if self.output == "logits" else output
        return answers_from(chances.cpu().numpy(), len(inputs), self, is_chance=True)

    def fresh(self, public: Collection[str] = ()) -> TorchModel:
        """Never: trainers fit to one label.

        Raises:
            CapabilityError: always.
        """
        raise CapabilityError(f"{self.name}: a model of several labels is not trained anew")
