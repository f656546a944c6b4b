"""Torch modules: classifiers and regressors on any device."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import safetensors.torch
import torch

from auditkit.adapters import (
    PROBE,
    LabelledModel,
    adopt,
    answer_probabilities,
    classes_from_labels,
    failing,
    note,
    noting,
    prepared,
    settle,
)
from auditkit.data import take_rows
from auditkit.errors import CapabilityError, ModelError
from auditkit.models import Answers, Capability, ModelOptions
from auditkit.network_output import CLASSIFIER_OUTPUTS
from auditkit.plugins.models.fingerprints import fingerprint
from auditkit.plugins.models.torch.inputs import NOTE, as_words, has_embedding, refuse_unknown, to_tensor, wants_words
from auditkit.plugins.models.torch.output import TOLERANCE_LATER, check_probabilities, of_class, tell, to_probabilities
from auditkit.plugins.models.torch.output_ranges import Origin, watched
from auditkit.plugins.models.torch.picked_output import picked, plain, sole, wrapped_like
from auditkit.plugins.models.torch.placement import placed
from auditkit.plugins.models.torch.several_inputs import Several, several, within
from auditkit.plugins.models.torch.state import answering, evaluate, frozen, keep, keeping, redrawn
from auditkit.plugins.models.torch.tokenization import CUT, Tokenization
from auditkit.text import one_line


class TorchModel(LabelledModel):
    """A torch module, asked in eval mode and left as it was found.

    What its output means is found out on the first rows asked about and recorded in `output` and in the notes; task,
    classes and the capabilities that depend on them are settled then: ask once before planning.

    Args:
        module: maps (n, ...) to (n, C), (n, 1) or (n,); it stays where it is unless `options.device` names another
            device, where a copy of it goes.
        options: `preprocess` makes arrays or tensors of the inputs, or several as a mapping or a tuple; `tokenizer`
            makes them of texts; `output` says `logits` or `probabilities` where the
            probe should not decide; one output per row is about the second of two classes.
        hookable: False for a graph of which only inputs and outputs may be touched.

    Raises:
        ModelError: the device is not there, or the options contradict each other.
    """

    kind = "torch"
    batch = 512
    share_tolerance = TOLERANCE_LATER

    def __init__(self, module: torch.nn.Module, options: ModelOptions, *, hookable: bool = True) -> None:
        super().__init__(options)
        adopt(self, options, type(module).__name__)
        if options.output is not None and options.output not in CLASSIFIER_OUTPUTS:
            raise ModelError(f"{self.name}: output must be 'logits' or 'probabilities'; {options.output!r} was given")
        placed_module, self._device = placed(module, options.device, self.name)
        self._module = picked(placed_module, options.target, self.name)
        self.device = str(self._device)
        self._whole, self._words = has_embedding(module), False
        # The first floating parameter sets the type: a module of mixed types converts by itself further in.
        floats = (parameter.dtype for parameter in module.parameters() if parameter.dtype.is_floating_point)
        self._float = next(floats, torch.float32)
        self.precision = max(self.precision, torch.finfo(self._float).eps)
        self._hookable = hookable
        self._read_texts(module, options)
        self._declare()

    def _read_texts(self, module: torch.nn.Module, options: ModelOptions) -> None:
        """Let the tokenizer make what the module eats, where the owner gave one."""
        if options.tokenizer is None:
            return
        if options.preprocess is not None:
            raise ModelError(f"{self.name}: give preprocess or tokenizer, not both; preprocess may call the tokenizer")
        from auditkit.plugins.models.torch.huggingface.tokenizer import tokenization  # only texts need it

        step = tokenization(options.tokenizer, module, self.name)
        self._user_options = self._options = dataclasses.replace(options, preprocess=step, tokenizer=None)

    @classmethod
    def wrap(cls, module: torch.nn.Module, options: ModelOptions) -> TorchModel:
        """A model of a live module: opacus's wrapper is taken off a copy, for captum, shap and ART fail on it."""
        unwrap = getattr(type(module), "to_standard_module", None)
        if unwrap is not None and type(module).__module__.partition(".")[0] == "opacus":
            model = cls(unwrap(copy.deepcopy(module)), options)
            note(model, f"a copy of the module inside {type(module).__name__} is audited")
            return model
        scripted = isinstance(module, torch.jit.ScriptModule)
        return cls(module, options, hookable=not scripted and not isinstance(module, torch.fx.GraphModule))

    def _declare(self) -> None:
        """What can be said before the first answer."""
        super()._declare()
        able = {Capability.GRADIENTS}
        if self._hookable:
            able.add(Capability.TORCH_MODULE)
        if self.task != "regression" and (self._options.task is not None or self.classes):
            able |= {Capability.PROBABILITIES} | ({Capability.SCORES} if self.task == "binary" else set())
        self.capabilities |= able

    @property
    def preprocess(self) -> Any:
        """The callable or fitted transformer that makes the module's inputs; None where the owner gave none."""
        return self._user_options.preprocess

    @property
    def fingerprint(self) -> str:
        """SHA-256 over structure, parameters, buffers, preprocessing, classes and threshold; never mode or device."""
        chosen = self._user_options
        named = () if chosen.target is None else (chosen.target,)
        return fingerprint(
            "torch", self._inner, self._step, chosen.classes, chosen.output, chosen.task, self.threshold, *named
        )

    @property
    def _inner(self) -> torch.nn.Module:
        """The owner's module, without what carries several inputs or picks one of several outputs."""
        return plain(self._module)

    @property
    def _step(self) -> Any:
        """What decides how inputs are prepared."""
        step = self._user_options.preprocess
        return step.facts() if isinstance(step, Tokenization) else step

    def answer(self, inputs: Any) -> Answers:
        """Answers for one batch, in eval mode and without gradients."""
        encoded = self.encode(inputs)
        # no_grad, not inference_mode: a layer that caches a tensor now must still serve gradients later
        quiet = answering(self._module) if self._hookable else keeping(self._module)
        with quiet, torch.no_grad(), noting(self), failing(self.name, type(self._module).__name__, encoded):
            evaluate(self._module)
            if self.output:
                output = self._ask(encoded)
            else:
                encoded, output, origin = self._ask_first(encoded)
                self._settle(output, encoded, origin)
        values = output.detach().to(torch.float64).cpu().numpy()
        if self.output == "number":
            numbers = values.reshape(len(values))
            return Answers(numbers, numbers, None)
        check_probabilities(values, self.output, self.name)
        return answer_probabilities(self, to_probabilities(values, self.output))

    def _ask_first(self, encoded: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, Origin]:
        """The rows as the module wants them, what it gives for them, and how that was made."""
        try:
            return encoded, *watched(lambda: self._ask(encoded), encoded)
        except Exception as error:
            if not encoded.is_floating_point() or not wants_words(error):
                raise
        words = as_words(encoded, self.name)
        self._words = True
        note(self, NOTE)
        return words, *watched(lambda: self._ask(words), words)

    def _ask(self, encoded: torch.Tensor) -> torch.Tensor:
        try:
            output = self._module(encoded)
        except Exception as error:
            # First the reasons that can be said in a sentence; then a graph that takes a fixed number of rows.
            refuse_unknown(error, encoded, self._module, self.name)
            if self._hookable or not self._padded(encoded):
                raise
            output = self._module(encoded)
        alone = sole(self._module, output, self.name)
        if alone is not None:
            self._module = alone
            return self._ask(encoded)
        output = output.get("logits", output) if isinstance(output, Mapping) else getattr(output, "logits", output)
        if not isinstance(output, torch.Tensor) or output.ndim not in (1, 2) or len(output) != len(encoded):
            answer = (
                f"shape {tuple(output.shape)}" if isinstance(output, torch.Tensor) else f"a {type(output).__name__}"
            )
            raise ModelError(
                f"{self.name}: the module must give one tensor (n, C), (n, 1) or (n,); it gave {answer} for "
                f"{len(encoded)} rows. Wrap it in a module that picks the right output"
            )
        return output

    def _padded(self, encoded: torch.Tensor) -> bool:
        """Whether a graph that takes a fixed number of rows was found to be one, and takes any number from now on."""
        from auditkit.plugins.models.torch.exported import Padded, filled_up, fixed_rows

        rows = None if isinstance(self._module, Padded) else fixed_rows(self._module, encoded)
        if rows is None:
            return False
        self._module = Padded(self._module, rows)
        note(self, filled_up(rows))
        return True

    def _settle(self, output: torch.Tensor, encoded: torch.Tensor, origin: Origin) -> None:
        """Find out from real rows what the output means, and with it task and classes."""
        kind, evidence = tell(output, encoded, origin, self._ask, self._options, self.name)
        if kind != "number":
            count = 1 if kind.startswith("one ") else int(output.shape[1])
            # Labels of the data name the classes before numbers do, since numbers say nothing to a reader.
            if self._known_labels:
                self.classes = classes_from_labels(self, self._known_labels, count, self._options.positive)
            self.classes = self.classes or tuple(range(max(2, count)))
            settle(self, self._options)
            able = {Capability.PROBABILITIES} | ({Capability.SCORES} if self.task == "binary" else set())
            # Scores were declared for two classes, and the first answer may show more.
            self.capabilities = (self.capabilities - {Capability.SCORES}) | able
        self.output = kind
        note(self, f"the output is read as {kind}, {evidence}")
        if encoded.is_floating_point() and not self._differentiable(encoded):
            self.capabilities = self.capabilities - {Capability.GRADIENTS}
            note(self, "the module gives no gradients of its inputs, as under no_grad, inference_mode or argmax")

    def _differentiable(self, encoded: torch.Tensor) -> bool:
        """Whether what the module gives depends on its inputs in a way that torch can follow back."""
        # Only the graph is looked at: to follow it back would cost a backward pass.
        leaf = encoded[:PROBE].detach().clone().requires_grad_(True)
        try:
            with torch.enable_grad():
                return bool(self._ask(leaf).requires_grad)
        except Exception:  # such as a state kept for a batch of another size; what fails is said where it is needed
            return True

    def encode(self, inputs: Any) -> torch.Tensor:
        """The tensor that the module eats for these inputs, on its device.

        Raises:
            ModelError: the inputs are no numbers and no preprocessing was given.
        """
        prepared_inputs = prepared(inputs, self._options.preprocess, self.name)
        self._note_cut()
        parts = several(prepared_inputs)
        if parts is not None:
            return self._joined(parts)
        encoded = to_tensor(prepared_inputs, self.name, self._whole, self._float, self._device)
        return as_words(encoded, self.name) if self._words else encoded

    def _joined(self, parts: dict[str | int, Any]) -> torch.Tensor:
        """Several inputs as one tensor, which the module takes from now on."""
        join = within(self._module)
        if join is None:
            self._module = join = Several(self._module)
        return join.join({key: self._part(part) for key, part in parts.items()}, self.name)

    def _part(self, part: Any) -> torch.Tensor:
        """One of several inputs; a tensor keeps its type, for masks and lengths are made as the module wants them."""
        if isinstance(part, torch.Tensor):
            return part.to(self._device, self._float if part.is_floating_point() else part.dtype)
        return to_tensor(part, self.name, self._whole, self._float, self._device)

    def _note_cut(self) -> None:
        step = self._options.preprocess
        if isinstance(step, Tokenization) and not set(step.notes) <= set(self.notes):
            self.notes = tuple(sentence for sentence in self.notes if CUT not in sentence)
            note(self, *step.notes)

    def gradients(self, inputs: Any, targets: np.ndarray) -> np.ndarray:
        """(N, ...) gradients of each row's class output with respect to the encoded inputs.

        Args:
            inputs: N rows, of the kind that the audit data holds.
            targets: (N,) positions in `classes`; ignored for a regression. A single output counts for class 1 and,
                with the other sign, for class 0.

        Raises:
            CapabilityError: the inputs are whole numbers, positions in an embedding.
        """
        classes_of_rows = np.asarray(targets)
        if len(classes_of_rows) != len(inputs):
            raise ModelError(
                f"{self.name}: targets must have one class per row ({len(inputs)}); it has {len(classes_of_rows)}"
            )
        if not self.output:
            self.answers(take_rows(inputs, np.arange(min(PROBE, len(inputs)))))
        with self.module():
            return np.concatenate(
                self._by_batch(inputs, lambda rows, indices: self._gradients(rows, classes_of_rows[indices]))
            )

    def _gradients(self, inputs: Any, targets: np.ndarray) -> np.ndarray:
        encoded = self.encode(inputs)
        if not encoded.dtype.is_floating_point:
            raise CapabilityError(f"{self.name}: positions in an embedding are whole numbers and have no gradients")
        leaf = encoded.detach().clone().requires_grad_(True)
        class_indices = torch.zeros(len(targets), dtype=torch.int64, device=self._device)
        if self.output != "number":
            if len(targets) and not (targets.min() >= 0 and targets.max() < len(self.classes)):
                raise ModelError(f"{self.name}: targets must be positions in the {len(self.classes)} classes")
            class_indices = torch.as_tensor(targets.astype(np.int64), device=self._device)
        with torch.enable_grad(), failing(self.name, "the gradient"):
            # Each row's output depends on that row alone, so the gradient of the sum holds the gradient of each.
            (gradient,) = torch.autograd.grad(of_class(self._ask(leaf), self.output, class_indices).sum(), leaf)
        return gradient.detach().to(torch.float64).cpu().numpy()

    @contextlib.contextmanager
    def module(self) -> Iterator[torch.nn.Module]:
        """The module in eval mode with frozen parameters; everything is put back on leaving, also after an exception.

        `output` says what it gives. Without the capability `torch_module` it may be run forward, never hooked.
        """
        try:
            with frozen(self._module) as module:
                yield module
        except (IndexError, RuntimeError) as error:
            refuse_unknown(error, None, self._module, self.name)
            raise

    def kept(self) -> AbstractContextManager[Any]:
        """Modes, hooks, parameters, their `requires_grad` and `.grad`, and buffers are put back on leaving."""
        return keeping(self._module)

    def fresh(self, public: Collection[str] = ()) -> TorchModel:
        """A model of the same architecture with newly drawn parameters, read as this one is.

        Args:
            public: names of parameters and buffers that are kept bit for bit.

        Raises:
            CapabilityError: a layer does not know how to draw new parameters and no `fresh` was given.
            ModelError: what `fresh` makes is no module, or lacks a part that is to be kept.
        """
        module = self._made()
        if module is not None:
            keep(module, self._module, public, self.name)
        else:
            module = self._reset_copy(public)
        return self._alike(module)

    def _made(self) -> torch.nn.Module | None:
        """What `fresh` makes; None where none was given."""
        if self._options.fresh is None:
            return None
        module = self._options.fresh()
        if not isinstance(module, torch.nn.Module):
            raise ModelError(f"{self.name}: fresh must make a torch module; it made a {type(module).__name__}")
        return wrapped_like(module, self._module)

    def _alike(self, module: torch.nn.Module) -> TorchModel:
        """A model of another module of this architecture, read as this one is."""
        model = TorchModel(module, dataclasses.replace(self._options, device=self.device))
        model.name, model.batch, model._user_options, model._known_labels = (
            self.name,
            self.batch,
            self._user_options,
            self._known_labels,
        )
        model.task, model.classes, model.positive = self.task, self.classes, self.positive
        model.output, model.capabilities, model._words = self.output, self.capabilities, self._words
        return model

    def _reset_copy(self, public: Collection[str]) -> torch.nn.Module:
        if not self._hookable:
            raise CapabilityError(
                f"{self.name}: an exported graph cannot be trained; give fresh=, which makes a module"
            )
        return redrawn(self._module, public, self.name)

    def weights(self) -> bytes | None:
        """Parameters and buffers as a `.safetensors` file."""
        # Clones, since safetensors refuses tensors that share memory, as tied weights do.
        state = {name: value.detach().cpu().clone().contiguous() for name, value in self._module.state_dict().items()}
        return bytes(safetensors.torch.save(state))

    def with_weights(self, weights: bytes) -> TorchModel:
        """A model of the same architecture that holds these parameters and buffers; both in eval mode.

        Raises:
            ModelError: they belong to another architecture.
        """
        # the weights come from the file, so that nothing has to be drawn
        made = self._made()
        model = self._alike(copy.deepcopy(self._module) if made is None else made)
        model._module.zero_grad(set_to_none=True)
        try:
            model._module.load_state_dict(safetensors.torch.load(weights))
        except (RuntimeError, safetensors.SafetensorError) as error:
            raise ModelError(f"{self.name}: these weights do not fit: {one_line(error)}") from error
        model._module.eval()
        return model

    def estimator(self) -> torch.nn.Module | None:
        """The module itself, live; None where it may not be touched."""
        return self._module if self._hookable else None
