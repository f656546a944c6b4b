"""One output of a model that has several: the part that answers about it, or the whole with that column alone."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from auditkit.data.inputs import without_mask
from auditkit.errors import Mend, ModelError
from auditkit.models import ModelOptions
from auditkit.plugins.models.inside import attribute, last_step
from auditkit.text import one_line, shown

TARGET = Mend("model.target", 0)


class OneOutput:
    """An estimator of several outputs, asked about one of them; what it was fitted on stays known.

    Args:
        estimator: predicts (N, K).
        place: of the output, from 0.
    """

    def __init__(self, estimator: Any, place: int) -> None:
        self.estimator, self.place = estimator, place
        classes = attribute(estimator, "classes_")
        if isinstance(classes, list):
            self.classes_ = classes[place]
        elif _labels_fitted_together(last_step(estimator)):
            self.classes_ = np.array([0, 1])
        for name in ("feature_names_in_", "n_features_in_", "_estimator_type"):
            if (value := attribute(estimator, name)) is not None:
                setattr(self, name, value)
        if hasattr(estimator, "predict_proba") and hasattr(self, "classes_"):
            self.predict_proba = self._shares

    def __sklearn_tags__(self) -> Any:
        """A classifier or a regressor, as the whole is."""
        return self.estimator.__sklearn_tags__()

    def __sklearn_is_fitted__(self) -> bool:
        """It was fitted before it came here."""
        return True

    def fit(self, *rows: Any) -> Any:
        """Nothing can be fitted to one output of several."""
        raise TypeError("one output of a model of several cannot be fitted by itself")

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Both arguments."""
        return {"estimator": self.estimator, "place": self.place}

    def predict(self, rows: Any) -> np.ndarray:
        """(N,) of the output."""
        answers = without_mask(self.estimator.predict(rows))
        return np.asarray(answers.toarray() if hasattr(answers, "toarray") else answers)[:, self.place]

    def _shares(self, rows: Any) -> np.ndarray:
        """(N, C) of the output; chains give the chance of the second class alone."""
        shares = self.estimator.predict_proba(rows)
        if isinstance(shares, list):
            return np.asarray(shares[self.place])
        positive = np.asarray(shares)[:, self.place]
        return np.column_stack([1 - positive, positive])


def one_output(estimator: Any, options: ModelOptions) -> Any:
    """The estimator for the output that the user named; as it is, where none is named.

    Raises:
        ModelError: there is no such output, or there are several and none is named.
    """
    last = last_step(estimator)
    count = _outputs(estimator, last)
    name = options.name or type(last).__name__
    if options.target is None:
        if count > 1:
            raise several(name, count)
        return estimator
    place = place_of(options.target, [str(number) for number in range(count)], name)
    parts = attribute(last, "estimators_")
    if not type(last).__name__.startswith("MultiOutput") or not isinstance(parts, list):
        return OneOutput(estimator, place) if count > 1 else estimator
    if estimator is last:
        return parts[place]
    from sklearn.pipeline import Pipeline

    return Pipeline([*estimator.steps[:-1], (estimator.steps[-1][0], parts[place])])


def several(name: str, count: int, names: Sequence[str] = ()) -> ModelError:
    """The error where a model has several outputs, and none is named."""
    listed = f" ({', '.join(one_line(output, 60) for output in names[:10])})" if names else ""
    return ModelError(
        f"{name}: the model must have one output; it has {count}{listed}. Name the one to audit by its position from "
        f"0, or by its name, as in {TARGET}",
        mend=TARGET,
    )


def place_of(target: Any, known: list[str], name: str) -> int:
    """The position of the output that the user named.

    Args:
        target: a position from 0, or a name.
        known: the names of the outputs, in their order; a position where they have none.
        name: of the model, for messages.

    Raises:
        ModelError: there is no such output.
    """
    if str(target) in known:
        return known.index(str(target))
    if isinstance(target, int) and not isinstance(target, bool) and 0 <= target < len(known):
        return target
    raise ModelError(
        f"{name}: target must name one of the {len(known)} outputs, {', '.join(known[:10])}; {shown(target)} was given"
    )


def refuse_target(options: ModelOptions, name: str) -> None:
    """Refuse `target` of a kind of model that would not heed it.

    Raises:
        ModelError: it was given.
    """
    if options.target is not None:
        raise ModelError(
            f"{name}: target is for models of several outputs, and this kind has one; {shown(options.target)} was "
            "given. Leave target out"
        )


def _labels_fitted_together(last: Any) -> int:
    """How many columns of 0 and 1 it was fitted to at once; 0 where it was fitted to one answer for each row."""
    for name in ("_label_binarizer", "label_binarizer_"):  # of networks and ridges, and of one against the rest
        binarizer = attribute(last, name)
        if str(attribute(binarizer, "y_type_")).startswith("multilabel"):
            return len(binarizer.classes_)
    return 0


def _outputs(estimator: Any, last: Any) -> int:
    """How many numbers or classes it predicts for a row."""
    if together := _labels_fitted_together(last):
        return together
    classes = attribute(last, "classes_")
    if isinstance(classes, list) and classes and isinstance(classes[0], np.ndarray):
        return len(classes)
    parts = attribute(last, "estimators_")
    if isinstance(parts, list) and type(last).__name__ in (
        "MultiOutputRegressor", "MultiOutputClassifier", "RegressorChain", "ClassifierChain",
    ):  # fmt: skip
        return len(parts)
    counted = attribute(last, "n_outputs_")
    if isinstance(counted, int) and attribute(last, "classes_") is None:
        return counted
    is_linear = type(last).__module__.startswith("sklearn.linear_model") and attribute(last, "classes_") is None
    coefficients: tuple[int, ...] = getattr(attribute(last, "coef_"), "shape", ()) if is_linear else ()
    return coefficients[0] if len(coefficients) == 2 else 1
