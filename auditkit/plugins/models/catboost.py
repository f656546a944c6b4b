"""CatBoost's models, live or from files, asked as they were fitted: with categories, texts and missing numbers."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import pathlib
import struct
import tempfile
from collections.abc import Collection
from typing import Any, Final

import numpy as np
import pandas

from auditkit.errors import ModelError, require
from auditkit.models import ModelOptions
from auditkit.plugins.models.fingerprints import fingerprint
from auditkit.plugins.models.forests import refuse
from auditkit.plugins.models.sklearn import SklearnModel
from auditkit.text import one_line
from auditkit.value_spelling import listed

_CLASSES: Final = frozenset({"Logloss", "CrossEntropy", "Focal", "MultiClass", "MultiClassOneVsAll"})
_SEVERAL: Final = frozenset(
    {"MultiRMSE", "MultiRMSEWithMissingValues", "MultiQuantile", "MultiLogloss", "MultiCrossEntropy"}
    | {"RMSEWithUncertainty"}
)
_ORDERS: Final = frozenset(
    {"YetiRank", "YetiRankPairwise", "PairLogit", "PairLogitPairwise", "QueryRMSE", "QuerySoftMax", "LambdaMart"}
    | {"QueryCrossEntropy", "StochasticFilter", "StochasticRank", "GroupQuantile", "Cox", "SurvivalAft"}
)
_HEAD: Final = struct.Struct("<4sI")
"""How a file begins: four letters, and the length of the part that holds the trees."""


class OneThread:
    """A fitted model that answers in the thread that asks it: threads of its own would stay, and no process be forked.

    Args:
        fitted: of `CatBoostClassifier` or `CatBoostRegressor`; all else is asked of it.
        content: the file that it was read from, if any.
    """

    def __init__(self, fitted: Any, content: bytes | None = None) -> None:
        self.fitted, self.content = fitted, content

    def __reduce__(self) -> tuple[Any, ...]:
        """It is read again from its file, where there is one.

        Raises:
            TypeError: CatBoost writes what looks at texts so that the process that reads it may end.
        """
        if self.content is not None:
            return _again, (type(self), type(self.fitted), self.content)
        if self.fitted.get_text_feature_indices():
            raise TypeError("a live model of CatBoost with texts cannot leave its process; give its file")
        return type(self), (self.fitted,)

    def __getattr__(self, name: str) -> Any:
        """Whatever the model has; a copy that is being made has none yet."""
        if name == "fitted" or (name.startswith("__") and name != "__sklearn_tags__"):
            raise AttributeError(name)
        if name == "classes_" and not self.fitted.is_fitted():  # an empty list
            raise AttributeError(name)
        return getattr(self.fitted, name)

    def predict(self, rows: Any) -> Any:
        """Its decisions, or predicted numbers."""
        return self.fitted.predict(rows, thread_count=1)


class OneThreadClassifier(OneThread):
    """One that gives probabilities, too."""

    def predict_proba(self, rows: Any) -> Any:
        """(n, C) probabilities."""
        return self.fitted.predict_proba(rows, thread_count=1)


class CatBoostModel(SklearnModel):
    """A fitted model of CatBoost.

    Args:
        fitted: a classifier or a regressor; it is used as it is, never copied or fitted.
        options: as for an estimator of scikit-learn.
        content: the file that it was read from, if any.

    Raises:
        ModelError: it is not fitted, or predicts neither one class nor one number for each row.
    """

    def __init__(
        self, fitted: Any, options: ModelOptions, content: bytes | None = None, *, is_fitted: bool = True
    ) -> None:
        name = options.name or type(fitted).__name__
        if is_fitted and not fitted.is_fitted():
            raise ModelError(f"{name}: the model must be fitted; call its fit first")
        loss = _loss(fitted) if is_fitted else ""
        if loss in _SEVERAL | _ORDERS:
            gives = "several answers for each row" if loss in _SEVERAL else "an order or a risk, no class and no number"
            raise ModelError(
                f"{name}: the model was fitted with the loss {loss}, and predicts {gives}. Fit one for the answer that "
                "is meant, or wrap a function of it in place of it"
            )
        proxy = OneThreadClassifier if hasattr(fitted, "predict_proba") else OneThread
        super().__init__(proxy(fitted, content), dataclasses.replace(options, name=name), fitted=is_fitted)
        self.kind = "catboost"

    @classmethod
    def wrap(cls, live: Any, options: ModelOptions) -> CatBoostModel:
        """A model of a live object; one of the general class `CatBoost` becomes a classifier or a regressor."""
        if type(live).__name__ != "CatBoost" or not live.is_fitted():
            return cls(live, options)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "model.cbm"
            live.save_model(str(path))
            content = path.read_bytes()
        return cls(_typed(content, live), options, content)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the trees, the preprocessing, the classes and the threshold."""
        chosen = self._options
        return fingerprint("catboost", self.estimator_itself, chosen.preprocess, chosen.classes, self.threshold)

    @property
    def estimator_itself(self) -> Any:
        """The model of CatBoost."""
        return self._estimator.fitted

    def estimator(self) -> Any:
        """The model of CatBoost; None behind a preprocessing of the user's own."""
        return None if self._options.preprocess is not None else self.estimator_itself

    def as_fitted(self, inputs: Any) -> Any:
        """The inputs as the model was fitted: its categories are whole numbers or texts, and none is missing."""
        table = super().as_fitted(inputs)
        if not hasattr(table, "columns"):
            return table
        changed = {}
        for position in self._estimator.get_cat_feature_indices():
            changed[position] = _categories(table.iloc[:, position], self.name)
        for position in self._estimator.get_text_feature_indices():
            changed[position] = _texts(table.iloc[:, position], self.name)
        columns = [changed.get(position, table.iloc[:, position]) for position in range(table.shape[1])]
        return pandas.concat(columns, axis=1) if changed else table

    def fresh(self, public: Collection[str] = ()) -> CatBoostModel:
        """An unfitted clone."""
        if self._options.fresh is not None:
            return CatBoostModel(self._options.fresh(), self._options, is_fitted=False)
        # not scikit-learn's clone, which takes lists among the parameters, as of categories, for changed ones
        model = type(self.estimator_itself)(**self.estimator_itself.get_params())
        return CatBoostModel(model, self._options, is_fitted=False)

    def fitted(self) -> CatBoostModel:
        """The model again after its `estimator()` was fitted."""
        return CatBoostModel(self.estimator_itself, self._options)

    def as_skops(self) -> bytes | None:
        """None: skops cannot write it."""
        return None


def opened(data: bytes, options: ModelOptions) -> CatBoostModel:
    """The model in a file, after it answered about two rows.

    Raises:
        MissingExtra: CatBoost is not installed.
        Damaged: the file is shorter than it states.
    """
    catboost = require("catboost", "catboost")
    if len(data) < _HEAD.size or _HEAD.unpack_from(data)[1] > len(data) - _HEAD.size:
        refuse("it ends too early, or states a length that it has not")
    fitted = _typed(data, _read(catboost.CatBoost, data))
    _try(fitted, catboost.CatBoostError)
    return CatBoostModel(fitted, options, data)


def _read(kind: Any, data: bytes) -> Any:
    # by a path, for a model that is read from bytes or a stream does not know its loss, and predicts other numbers
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.cbm"
        path.write_bytes(data)
        return kind().load_model(str(path), format="cbm")


def _again(proxy: type[OneThread], kind: Any, content: bytes) -> OneThread:
    return proxy(_read(kind, content), content)


def _typed(data: bytes, model: Any) -> Any:
    """A classifier or a regressor of the same trees, whose class a file does not name."""
    catboost = require("catboost", "catboost")
    loss = _loss(model)
    classifies = loss in _CLASSES or (loss not in _SEVERAL | _ORDERS and len(model.classes_) > 0)
    kind = catboost.CatBoostClassifier if classifies else catboost.CatBoostRegressor
    return _read(kind, data)


def _loss(model: Any) -> str:
    """The name of the loss that a model was fitted with; empty where it does not say."""
    try:
        return str(json.loads(model.get_metadata()["params"])["loss_function"]["type"])
    except (KeyError, TypeError, ValueError):  # a file may hold no notes of its training, or others
        return ""


def _try(fitted: Any, error: type[Exception]) -> None:
    """Ask about two rows: a damaged file may open, and end the process that asks."""
    wordy = {*fitted.get_cat_feature_indices(), *fitted.get_text_feature_indices()}
    rows = [
        ["a" if position in wordy else number for position in range(len(fitted.feature_names_))]
        for number in (0.0, np.nan)
    ]
    with contextlib.suppress(error):  # such as a feature that is an array
        fitted.predict(pandas.DataFrame(rows, columns=fitted.feature_names_), thread_count=1)


def _categories(column: pandas.Series[Any], name: str) -> pandas.Series[Any]:
    """A column of categories as CatBoost takes them: a file of texts reads whole numbers beside blanks as decimals."""
    where = f"{name}: column {str(column.name)!r}"
    missing = int(column.isna().sum())
    if missing:
        raise ModelError(
            f"{where} is a category to the model, and {missing} rows have none; CatBoost takes no missing category. "
            "Fill "
            'them in as they were for the training, such as with the text "nan", by preprocess= or in the table'
        )
    if isinstance(column.dtype, pandas.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    if column.dtype.kind != "f":
        return column
    if not (column == column.round()).all():
        raise ModelError(
            f"{where} is a category to the model, which takes texts and whole numbers, and holds "
            f"{listed(column[column != column.round()].tolist(), 1)}. Give it as it was for the training, as texts"
        )
    return column.astype(np.int64)


def _texts(column: pandas.Series[Any], name: str) -> pandas.Series[Any]:
    values = column.astype(object)
    strange = values[[not isinstance(value, str) for value in values]]
    if len(strange):
        raise ModelError(
            f"{name}: column {str(column.name)!r} is a text to the model, and {len(strange)} rows hold none, such as "
            f"{one_line(strange.iloc[0], 60)}. Fill them in as they were for the training, such as with an empty text"
        )
    return values
