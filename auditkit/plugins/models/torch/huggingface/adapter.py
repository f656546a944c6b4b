"""Networks of transformers that classify or predict a number, live or as a pipeline."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch

from auditkit.adapters import note
from auditkit.data import Task
from auditkit.errors import ModelError
from auditkit.models import Answers, ModelOptions
from auditkit.plugins.models.fingerprints import fingerprint
from auditkit.plugins.models.one_output import place_of, several
from auditkit.plugins.models.torch.adapter import TorchModel
from auditkit.plugins.models.torch.huggingface.labels import class_names, classes_for
from auditkit.plugins.models.torch.huggingface.masked import Masked
from auditkit.text import class_name, one_line


class TransformersModel(TorchModel):
    """A `PreTrainedModel` with one row of logits for each input.

    Args:
        network: its configuration names its classes and the token that rows are filled up with.
        options: `tokenizer` makes its inputs of texts; without one the inputs are tokens, or `preprocess` makes them.

    Raises:
        ModelError: it answers with several labels at once, or the options contradict each other.
    """

    kind = "transformers"
    batch = 32

    def __init__(self, network: torch.nn.Module, options: ModelOptions) -> None:
        config: Any = network.config
        problem = getattr(config, "problem_type", None)
        by_label = problem == "multi_label_classification"
        if by_label:
            options = _one_label(config, options, options.name or class_name(network))
        self._named_by_user = options.classes is not None
        self._names = class_names(config) if getattr(config, "num_labels", 0) > 1 and not by_label else None
        single = getattr(config, "num_labels", 0) == 1 or problem == "regression"
        # One output is a number, unless its user names two classes, between which it is a logit.
        predicts = single and not self._named_by_user
        super().__init__(
            Masked(network),
            dataclasses.replace(
                options,
                name=options.name or class_name(network),
                task=options.task or ("regression" if predicts else None),
                classes=options.classes if options.classes is not None else self._names,
                output=options.output or (None if single else "logits"),
            ),
        )

    @property
    def fingerprint(self) -> str:
        """SHA-256 over parameters, buffers, configuration, tokenizer, classes that its owner named, and threshold."""
        network: Any = self._network
        config = {key: value for key, value in network.config.to_dict().items() if key not in _IDLE}
        chosen = self._user_options
        named = chosen.classes if self._named_by_user else None
        target = () if chosen.target is None else (chosen.target,)
        return fingerprint("transformers", network, config, self._step, named, chosen.task, self.threshold, *target)

    @property
    def _network(self) -> torch.nn.Module:
        masked = self._inner
        return masked.inner if isinstance(masked, Masked) else masked

    def take_labels(self, task: Task, labels: tuple[Any, ...], positive: Any = None) -> None:
        """Spell the classes that the configuration names as the data does."""
        if self._named_by_user or self._names is None:
            return super().take_labels(task, labels, positive)
        classes, sentence = classes_for(self._names, labels)
        if classes != self._user_options.classes:
            self._options = self._user_options = dataclasses.replace(self._user_options, classes=classes)
            self.output, self.classes, self.positive = "", (), None
            self._declare()
        if sentence is not None:
            note(self, sentence)

    def encode(self, inputs: Any) -> torch.Tensor:
        """The tensor that the network eats for these inputs, on its device.

        Raises:
            ModelError: the inputs are texts, and no tokenizer was given.
        """
        if self.preprocess is None and isinstance(inputs, list):
            raise ModelError(
                f"{self.name}: the inputs are texts, and the network takes numbers of tokens; give its tokenizer with "
                "wrap(…, tokenizer=…), or its folder as tokenizer under [model]"
            )
        return super().encode(inputs)

    def answer(self, inputs: Any) -> Answers:
        """Answers for one batch, in eval mode and without gradients."""
        try:
            answers = super().answer(inputs)
        except ModelError as error:
            if "no padding token is defined" not in str(error):
                raise
            raise ModelError(
                f"{self.name}: the network's configuration names no token that shorter texts are filled up with, so "
                "texts cannot be asked about together; set config.pad_token_id as the network was trained, such as to "
                "that of the tokenizer"
            ) from error
        masked = self._inner
        if isinstance(masked, Masked) and masked.made:
            note(self, f"rows came without a mask: token {masked.filler}, with which they begin or end, is masked")
        return answers


def _one_label(config: Any, options: ModelOptions, name: str) -> ModelOptions:
    """The options for one of the labels that a network gives at once, each of which is there or not.

    Raises:
        ModelError: its owner named none, or one that there is not.
    """
    names = list(class_names(config) or map(str, range(config.num_labels)))
    if options.target is None:
        raise several(name, len(names), names)
    place = place_of(options.target, names, name)
    return dataclasses.replace(options, target=place, task="binary", output="logits")


_IDLE = frozenset({"_name_or_path", "transformers_version", "dtype", "torch_dtype", "architectures", "use_cache"})
"""Of a configuration, what decides no answer."""


def wrap_pipeline(pipeline: Any, options: ModelOptions) -> TransformersModel:
    """The network and the tokenizer of a pipeline, asked as it asks them.

    Raises:
        ModelError: the pipeline does something else than to classify texts, or in a way of its own.
    """
    name = options.name or class_name(pipeline)
    if class_name(pipeline) != "TextClassificationPipeline":
        raise ModelError(
            f"{name}: of pipelines that of text-classification can be audited; this is one of "
            f"{one_line(getattr(pipeline, 'task', 'another kind'), 60)}. Wrap a function that calls it and gives a "
            "label or probabilities for each input"
        )
    applied = pipeline._postprocess_params.get("function_to_apply")
    applied = getattr(applied, "name", applied)
    single = pipeline.model.config.num_labels == 1
    if applied is not None and str(applied).upper() not in (("NONE", "SIGMOID") if single else ("SOFTMAX",)):
        raise ModelError(
            f"{name}: function_to_apply must be left out or be softmax, so that the scores are probabilities; "
            f"{one_line(applied, 40)} was given"
        )
    tokenizer = options.tokenizer
    if tokenizer is None and options.preprocess is None:
        tokenizer = pipeline.tokenizer
    return TransformersModel(pipeline.model, dataclasses.replace(options, name=name, tokenizer=tokenizer))
