"""The user's options, held against a model that the adapter of a plugin made: applied, or refused in words."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from auditkit.adapters import adopt, settle
from auditkit.errors import ConfigError, ModelError, closest
from auditkit.models import Answers, Model, ModelOptions
from auditkit.text import as_python, one_line, one_or_more, shown
from auditkit.value_spelling import match_class, spelling


def model_options(options: Mapping[str, Any]) -> ModelOptions:
    """What `auditkit.wrap` was given, as one record.

    Raises:
        ConfigError: an option is not known, or is one text where a list is needed.
    """
    known = ModelOptions.__dataclass_fields__
    options = as_python(dict(options))
    for name in options:
        if name not in known:
            recorded = f"name the column with the data: AuditData.from_table(…, {name}=…)"
            hint = recorded if name in ("decisions", "scores") else closest(name, known)
            raise ConfigError(f"wrap: {name!r} is not an option; {hint}")
    classes, inputs = options["classes"], options.get("inputs")
    if isinstance(classes, str):
        raise ConfigError(f'wrap: classes must be a list, such as ["no", "yes"]; {one_line(classes, 80)!r} was given')
    named = None if classes is None else as_python(tuple(classes))
    columns = None if inputs is None else tuple(map(str, one_or_more(inputs)))
    return ModelOptions(**{**options, "classes": named, "inputs": columns})


def hold(model: Model, options: ModelOptions, plugin: str) -> None:
    """Apply name, batch, inputs, abstention, classes, positive class and threshold to a model, now and as it answers.

    An adapter may have read the options itself; then nothing changes. What it left out is applied where the model's
    answers allow it: the threshold to the score of the positive class.

    Args:
        model: as the adapter made it.
        options: the user's.
        plugin: whose adapter it was.

    Raises:
        ModelError: an option contradicts the model, or cannot be applied to it.
    """
    # adopt overwrites both, also where the user named none and the adapter knows its own.
    threshold, stated = model.threshold, model.stated
    adopt(model, options, model.name)
    if options.threshold is None:
        model.threshold = threshold  # the adapter's own
    if options.inputs is None:
        model.stated = stated
    if model.abstain is None:
        model.abstain = options.abstain
    if not model.classes and options.classes is not None and model.task != "regression":
        model.classes = tuple(options.classes)
    model.author = f"the adapter of plugin {plugin!r}"
    guard = OptionGuard(model, options, plugin)
    if model.classes or model.task == "regression":
        guard.apply()
    model.apply_options = guard.answers


def refuse_changes(model: Model, options: ModelOptions) -> None:
    """Refuse options that a model which is wrapped already does not have.

    Raises:
        ModelError: its threshold, classes or positive class would have to be others.
    """
    threshold, classes, positive = options.threshold, options.classes, options.positive
    would_change = {
        "threshold": threshold is not None and threshold != model.threshold,
        "classes": classes is not None and list(map(spelling, classes)) != list(map(spelling, model.classes)),
        "positive": positive is not None and spelling(positive) != spelling(model.positive),
    }
    for name, differs in would_change.items():
        if differs:
            raise ModelError(
                f"{model.name}: {name} must be given where the model is wrapped, for it is a Model already; its "
                f"{name} is {getattr(model, name)!r}, and {shown(getattr(options, name))} was given"
            )


class OptionGuard:
    """Classes, positive class and threshold as the user gave them, for one model.

    Args:
        model: whose answers they are held against.
        options: the user's.
        plugin: whose adapter made the model.
    """

    def __init__(self, model: Model, options: ModelOptions, plugin: str) -> None:
        self._model, self._options, self._plugin = model, options, plugin
        self._scored = model.positive
        """The class that the adapter gives scores of; None where it did not say."""

    def apply(self) -> None:
        """Set what can be set before the model is asked.

        Raises:
            ModelError: the options contradict the model.
        """
        model, positive = self._model, self._options.positive
        for name in ("classes", "positive") if model.task == "regression" else ():
            if getattr(self._options, name) is not None:
                raise self._refusal(f"{name} is for classifiers; this model predicts numbers")
        self._same_classes()
        settle(model, dataclasses.replace(self._options, positive=model.positive if positive is None else positive))

    def answers(self, model_answers: Answers) -> Answers:
        """The answers for one batch, decided as the user asked.

        Raises:
            ModelError: the model knows its classes only now, and they contradict the options; or it gives no scores
                to which the threshold could be put.
        """
        model, threshold = self._model, self._options.threshold
        if model.task == "regression":
            return model_answers
        self._same_classes()
        positive = self._positive()
        if len(model.classes) != 2:
            if threshold is not None:
                raise self._refusal(f"threshold is for two classes; the model has {len(model.classes)}")
            return model_answers
        column = model.classes.index(positive)
        scores = model_answers.scores
        if model_answers.probabilities is not None:
            scores = np.asarray(model_answers.probabilities, dtype=np.float64)[:, column]
        elif scores is not None and self._scored not in (None, positive):
            raise self._refusal(
                f"positive must be the class that the model gives scores of, {self._scored!r}, or the model must give "
                f"probabilities; {shown(positive)} was given"
            )
        return Answers(self._decided(model_answers.labels, scores, column), scores, model_answers.probabilities)

    def _decided(self, labels: np.ndarray, scores: np.ndarray | None, column: int) -> np.ndarray:
        """(n,) the labels by the user's threshold; those that the model declined to give stay."""
        model, threshold = self._model, self._options.threshold
        if threshold is None:
            return labels
        if scores is None:
            raise self._refusal(
                f"threshold must be left out where a model gives decisions alone; {threshold:g} was given"
            )
        decided = np.where(scores >= threshold, model.classes[column], model.classes[1 - column])
        if model.abstain is None:
            return decided
        # Whom the model declined to decide has no decision by the threshold either.
        declined = np.array([spelling(label) == spelling(model.abstain) for label in labels], dtype=bool)
        return np.where(declined, labels, decided) if declined.any() else decided

    def _positive(self) -> Any:
        """The positive class of two; what the user asked for, or an error where the model holds to another."""
        model, stated = self._model, self._options.positive
        if stated is None:
            return model.classes[-1] if model.positive is None and model.classes else model.positive
        if len(model.classes) == 2 and model.positive != match_class(stated, model.classes):
            # the model came to know its classes as it answered, and its answers may hang on its own choice
            raise self._refusal(f"positive must be {model.positive!r}, as the model has it; {shown(stated)} was given")
        return model.positive

    def _same_classes(self) -> None:
        model, stated = self._model, self._options.classes
        if stated is not None and list(map(spelling, stated)) != list(map(spelling, model.classes)):
            raise self._refusal(
                f"classes must be those of the model, in its order, {list(model.classes)}; {list(stated)} was given"
            )

    def _refusal(self, why: str) -> ModelError:
        return ModelError(
            f"{self._model.name}: {why}. The adapter of plugin {self._plugin!r} made this model: leave the option out, "
            "or have the adapter read it"
        )
