"""Estimators and Pipelines of scikit-learn, and everything that speaks its interface, XGBoost and LightGBM included."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from auditkit.adapters import (
    PROBE,
    adopt,
    answer_probabilities,
    failing,
    names,
    note,
    noting,
    positive_column,
    prepared,
    settle,
)
from auditkit.data import Task, as_array, take_rows
from auditkit.data.inputs import without_mask
from auditkit.errors import CapabilityError, Mend, ModelError
from auditkit.models import Answers, Capability, ModelOptions
from auditkit.plugins.models.estimator_inputs import as_parameters, as_texts, takes_columns, takes_texts
from auditkit.plugins.models.fingerprints import fingerprint
from auditkit.plugins.models.fitted import FittedModel
from auditkit.plugins.models.inside import attribute, is_tree_ensemble, last_step, library
from auditkit.plugins.models.one_output import OneOutput, one_output, several
from auditkit.text import class_name
from auditkit.value_spelling import listed, spelling

_LARGEST = {
    "BaggingClassifier", "CalibratedClassifierCV", "DecisionTreeClassifier", "ExtraTreesClassifier",
    "GradientBoostingClassifier", "HistGradientBoostingClassifier", "LGBMClassifier", "LogisticRegression",
    "MLPClassifier", "RandomForestClassifier", "XGBClassifier",
}  # fmt: skip
"""Classifiers whose `predict` is the largest of `predict_proba` by construction."""


class SklearnModel(FittedModel):
    """A fitted estimator, asked through `predict`, `predict_proba` and `decision_function`.

    Args:
        estimator: a classifier or a regressor; it is used as it is, never copied or fitted.
        options: `classes` may name the classes of an estimator that was fitted on 0 … C-1.

    Raises:
        ModelError: the estimator is not fitted, has several outputs, or is neither a classifier nor a regressor.
    """

    def __init__(self, estimator: Any, options: ModelOptions, *, fitted: bool = True) -> None:
        estimator = one_output(estimator, options)
        super().__init__(estimator, options)
        self._largest: bool | None = None
        package = library(last_step(estimator))
        self.kind = package if package in ("xgboost", "lightgbm") else "sklearn"
        whole = estimator.estimator if isinstance(estimator, OneOutput) else estimator
        adopt(self, options, type(last_step(whole)).__name__)
        if fitted:
            _check_fitted(estimator, self.name)
        self.task = _task(estimator, options, self.name)
        if self.task != "regression" and (fitted or hasattr(estimator, "classes_")):
            self.classes = _classes(estimator, options, self.name)
        if self.task == "regression" or self.classes:
            settle(self, options)
        if fitted:
            self._declare()

    def _declare(self) -> None:
        able = {Capability.QUERIES}
        if self.task == "regression":
            able.add(Capability.SCORES)
        elif hasattr(self._estimator, "predict_proba"):
            able |= {Capability.PROBABILITIES} | ({Capability.SCORES} if self.task == "binary" else set())
        elif self.task == "binary" and hasattr(self._estimator, "decision_function"):
            able.add(Capability.SCORES)
            note(self, "scores are values of decision_function: uncalibrated, not probabilities")
        elif self.threshold is not None:
            raise ModelError(
                f"{self.name}: threshold needs scores; a {type(self._estimator).__name__} gives decisions only"
            )
        if self._options.preprocess is None and is_tree_ensemble(self._estimator):
            able.add(Capability.TREES)
        self.capabilities = frozenset(able)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the fitted state, the preprocessing, the classes and the threshold."""
        chosen = self._options
        return fingerprint("sklearn", self._estimator, chosen.preprocess, chosen.classes, self.threshold)

    def answer(self, inputs: Any) -> Answers:
        """Answers for one batch; decisions are those of `predict`, or of the threshold where one is given."""
        eaten = self.as_fitted(prepared(inputs, self._options.preprocess, self.name))
        with noting(self), failing(self.name, type(self._estimator).__name__, eaten):
            if self.task == "regression":
                numbers = self._one_per_row(self._estimator.predict(eaten), len(inputs)).astype(np.float64)
                return Answers(numbers, numbers, None)
            if Capability.PROBABILITIES in self.capabilities or hasattr(self._estimator, "predict_proba"):
                return self._from_probabilities(eaten)
            return self._from_decisions(eaten)

    def _from_probabilities(self, eaten: Any) -> Answers:
        probabilities = np.asarray(without_mask(self._estimator.predict_proba(eaten)), dtype=np.float64)
        if self.threshold is not None:
            return answer_probabilities(self, probabilities)
        # Each batch is probed until a row shows another rule: the rows nearest to a tie are the first that it flips.
        if self._largest is not False and not self._known_largest():
            probe = _closest(probabilities)
            predicted = self._codes(self._estimator.predict(take_rows(eaten, probe)))
            self._largest = bool((predicted == np.argmax(probabilities[probe], axis=1)).all())
            if not self._largest:
                note(self, "decisions come from predict, which is not always the class of the largest probability")
        labels = names(self.classes, self._codes(self._predict(eaten))) if self._largest is False else None
        return answer_probabilities(self, probabilities, labels)

    def _known_largest(self) -> bool:
        last = last_step(self._estimator)
        is_plain = library(last) in ("sklearn", "xgboost", "lightgbm")  # a class of the same name may decide otherwise
        return self._largest is True and is_plain and type(last).__name__ in _LARGEST

    def _from_decisions(self, eaten: Any) -> Answers:
        codes = self._codes(self._predict(eaten))
        if Capability.SCORES not in self.capabilities:
            return Answers(names(self.classes, codes), None, None)
        scores = np.asarray(without_mask(self._estimator.decision_function(eaten)), dtype=np.float64).ravel()
        column = positive_column(self)
        # decision_function is about the second class.
        scores = scores if column == 1 else -scores
        if self.threshold is not None:
            codes = np.where(scores >= self.threshold, column, 1 - column)
        return Answers(names(self.classes, codes), scores, None)

    def _predict(self, eaten: Any) -> np.ndarray:
        return np.asarray(without_mask(self._estimator.predict(eaten))).ravel()

    def _codes(self, labels: Any) -> np.ndarray:
        """Positions in the estimator's own classes, which have the order of ours."""
        position_of = {spelling(label): position for position, label in enumerate(_own_classes(self._estimator))}
        unique, inverse = np.unique(np.asarray(without_mask(labels)).ravel(), return_inverse=True)
        unknown = [label for label in unique if spelling(label) not in position_of]
        if unknown:
            raise ModelError(
                f"{self.name}: predict must give one of the classes, {listed(_own_classes(self._estimator))}; "
                f"{listed(unknown[:1])} came. Give a classifier, or a function of its decisions, in place of it"
            )
        return np.array([position_of[spelling(label)] for label in unique], dtype=np.int64)[inverse]

    def _one_per_row(self, values: Any, rows: int) -> np.ndarray:
        predicted = np.asarray(without_mask(values))
        if predicted.ndim == 2 and predicted.shape[0] == rows and predicted.shape[1] > 1:
            raise several(self.name, predicted.shape[1])
        if predicted.size != rows:
            raise ModelError(
                f"{self.name}: a regressor must predict one number per row; it gave shape {predicted.shape} for "
                f"{rows} rows"
            )
        return predicted.reshape(rows)

    def as_fitted(self, inputs: Any) -> Any:
        """The inputs as the estimator was fitted: its columns, in its order, with its types."""
        return as_parameters(self._restored(inputs), self._estimator)

    def _restored(self, inputs: Any) -> Any:
        values = as_array(inputs)
        if values is not None:
            names = self.fitted_table.names
            return values if names is None or values.ndim != 2 else _named(values, names.names, self.name)
        if not hasattr(inputs, "columns"):
            return inputs
        if takes_texts(self._estimator):
            return as_texts(inputs, self.name)
        table, notes = self.fitted_table.table(inputs)
        note(self, *notes)
        if self.fitted_table.places(tuple(inputs.columns)) is None and not _takes_names(self._estimator):
            return _matrix(table)
        return table

    def fresh(self, public: Collection[str] = ()) -> SklearnModel:
        """An unfitted clone; fit its `estimator()` and it is a model like any other, after `fitted()`.

        Raises:
            CapabilityError: the estimator cannot be cloned.
        """
        if self._options.fresh is not None:
            return SklearnModel(self._options.fresh(), self._options, fitted=False)
        try:
            return SklearnModel(clone(self._estimator), self._options, fitted=False)
        except (TypeError, RuntimeError) as error:
            raise CapabilityError(f"{self.name}: no unfitted copy can be made: {error}; give fresh=…") from error

    def fitted(self) -> SklearnModel:
        """The model again after its `estimator()` was fitted: classes and capabilities are read anew."""
        return SklearnModel(self._estimator, self._options)

    def as_skops(self) -> bytes | None:
        """The estimator as a `.skops` file; None where it holds something that skops cannot write."""
        import skops.io

        try:
            return bytes(skops.io.dumps(self._estimator))
        except Exception:  # an estimator may hold anything at all
            return None

    def with_skops(self, content: bytes) -> SklearnModel:
        """A model of the estimator in a `.skops` file, under the same options.

        Raises:
            CapabilityError: it holds types that this one does not hold, and nobody vouched for.
        """
        import skops.io

        own = self.as_skops()
        known = () if own is None else skops.io.get_untrusted_types(data=own)
        strange = sorted(set(skops.io.get_untrusted_types(data=content)) - set(known))
        if strange:
            raise CapabilityError(f"{self.name}: types that are not this model's: {', '.join(strange)}")
        return SklearnModel(skops.io.loads(content, trusted=sorted(known)), self._options)

    def estimator(self) -> Any:
        """The estimator or whole Pipeline, the best one of a search; None behind a preprocessing of the user's own."""
        best = getattr(self._estimator, "best_estimator_", self._estimator)
        return None if self._options.preprocess is not None else best


def _check_fitted(estimator: Any, name: str) -> None:
    # What only speaks the interface may keep its state in ways that scikit-learn's test does not know.
    if library(last_step(estimator)) not in ("sklearn", "xgboost", "lightgbm"):
        return
    try:
        check_is_fitted(estimator)
    except NotFittedError as error:
        raise ModelError(f"{name}: the model must be fitted; call its fit first") from error


def _task(estimator: Any, options: ModelOptions, name: str) -> Task:
    if attribute(last_step(estimator), "_predict_risk_score"):  # scikit-survival's own flag
        raise ModelError(
            f"{name}: a {type(last_step(estimator)).__name__} predicts a score of risk, which is neither a class nor a "
            "time. Wrap a function of it in place of it, such as whether the event is expected by a time: "
            "predict_survival_function at that time is under 0.5"
        )
    with failing(name, "reading the kind of estimator"):
        # scikit-learn from 1.6 on raises for an estimator without tags, as those of other libraries may be.
        if hasattr(estimator, "__sklearn_tags__"):
            classifier, regressor = bool(is_classifier(estimator)), bool(is_regressor(estimator))
        else:
            classifier, regressor = (
                hasattr(estimator, "classes_"),
                getattr(estimator, "_estimator_type", "") == "regressor",
            )
    if classifier or (not regressor and hasattr(estimator, "predict_proba")):
        return "binary" if options.task == "binary" else "multiclass"
    mend = Mend("data.task", "regression")
    if regressor or options.task == "regression":
        if options.task not in (None, "regression"):
            raise ModelError(
                f"{name}: a regressor needs the task regression; {options.task!r} was given or inferred. Say {mend}",
                mend=mend,
            )
        return "regression"
    raise ModelError(
        f"{name}: the model must be a classifier or a regressor; {class_name(estimator)} is neither. "
        f"Wrap a function of its answers in place of it, or, where it predicts numbers, say {mend}",
        mend=mend,
    )


def _own_classes(estimator: Any) -> tuple[Any, ...]:
    return tuple(label.item() if hasattr(label, "item") else label for label in estimator.classes_)


def _classes(estimator: Any, options: ModelOptions, name: str) -> tuple[Any, ...]:
    if getattr(estimator, "classes_", None) is None:
        raise ModelError(f"{name}: a classifier must have classes_; this one has none. Is it fitted?")
    known = _own_classes(estimator)
    if options.classes is None or [*map(spelling, options.classes)] == [*map(spelling, known)]:
        return known
    # XGBoost needs classes from 0, so that its users keep the names of the classes beside it.
    numbered = known == tuple(range(len(known)))
    named = not {spelling(label) for label in options.classes} & {spelling(label) for label in known}
    if len(options.classes) == len(known) and numbered and named:
        return tuple(options.classes)
    raise ModelError(
        f"{name}: classes must be the estimator's own, in its order, {list(known)}, or names for classes that are "
        f"numbered from 0; {list(options.classes)} was given"
    )


def _takes_names(estimator: Any) -> bool:
    """A Pipeline without fitted names begins with a step that reads the table itself."""
    if hasattr(estimator, "steps"):
        return True
    library_name = library(last_step(estimator))
    return (
        takes_columns(estimator) if library_name == "skorch" else library_name not in ("sklearn", "xgboost", "lightgbm")
    )


def _matrix(table: Any) -> Any:
    """A table of numbers as an array, for a model that was fitted on one; a table with texts as it is."""
    if not all(getattr(kind, "kind", "O") in "fiub" for kind in table.dtypes):
        return table
    numbers = table.to_numpy()
    # columns of numbers with a missing value of their own, or beside booleans, are objects to numpy
    return table.to_numpy(dtype=np.float64, na_value=np.nan) if numbers.dtype.kind == "O" else numbers


def _named(values: np.ndarray, names: tuple[Any, ...], name: str) -> Any:
    if values.shape[1] != len(names):
        raise ModelError(
            f"{name}: the inputs must have the {len(names)} columns that the model was fitted on; "
            f"they have {values.shape[1]}"
        )
    return pandas.DataFrame(values, columns=list(names))


def _closest(probabilities: np.ndarray) -> np.ndarray:
    """Up to PROBE rows on which another rule would differ first: the least certain of each decided class.

    For two classes this finds every rule that is a threshold on the probability: the rows that it flips are the
    least certain ones on their side.
    """
    decided = np.argmax(probabilities, axis=1)
    ordered = np.sort(probabilities, axis=1)
    certainty = ordered[:, -1] - ordered[:, -2] if probabilities.shape[1] > 1 else ordered[:, -1]
    present = np.unique(decided)
    count = max(1, PROBE // len(present))
    chosen = [
        np.flatnonzero(decided == code)[np.argsort(certainty[decided == code], kind="stable")[:count]]
        for code in present
    ]
    return np.sort(np.concatenate(chosen))
