"""Native boosters of XGBoost and LightGBM, live or from their own files."""

import json
from typing import Any

import numpy as np

from auditkit.adapters import adopt, answer_probabilities, failing, note, noting, prepared, settle
from auditkit.data import as_array
from auditkit.errors import ModelError, ModelFileRejected, require
from auditkit.models import Answers, Capability, Model, ModelOptions
from auditkit.plugins.models import lightgbm_files, xgboost_files
from auditkit.plugins.models.fingerprints import fingerprint
from auditkit.plugins.models.fitted import FittedModel
from auditkit.plugins.models.inside import is_tree_ensemble, library
from auditkit.plugins.models.one_output import refuse_target
from auditkit.plugins.models.sklearn import SklearnModel

_CLASSIFIERS = ("binary:logistic", "multi:softprob", "multi:softmax")
_REGRESSORS = ("reg:", "count:", "survival:")


def wrap_booster(booster: Any, options: ModelOptions) -> Model:
    """A Model of a native booster."""
    if library(booster) == "xgboost":
        model = SklearnModel(xgboost_estimator(booster, options.name or "Booster"), options)
        if booster.attr("best_iteration") is not None:
            note(model, "the trees up to best_iteration decide, as in XGBoost's scikit-learn interface")
        return model
    return LightGBMModel(booster, options)


def xgboost_estimator(booster: Any, name: str) -> Any:
    """XGBoost's own scikit-learn estimator with this booster in it.

    Raises:
        ModelError: the objective neither gives probabilities nor predicts a number.
    """
    xgboost = require("xgboost", "xgboost")
    objective = json.loads(booster.save_config())["learner"]["objective"]["name"]
    if objective in _CLASSIFIERS:
        estimator = xgboost.XGBClassifier(enable_categorical=True)
    elif objective.startswith(_REGRESSORS):
        estimator = xgboost.XGBRegressor(enable_categorical=True)
    else:
        raise ModelError(
            f"{name}: the objective must be one of {', '.join(_CLASSIFIERS)}, or begin with "
            f"{', '.join(_REGRESSORS)}; it is {objective!r}. Wrap a function of its answers in place of it"
        )
    # Raw bytes keep the trees as they are; the attributes of training, such as best_iteration, come along.
    estimator.load_model(booster.save_raw("ubj"))
    return estimator


def read_xgboost(data: bytes, name: str, most: int) -> Any:
    """The booster in a `.ubj` or `.json` file, which may take `most` bytes of memory."""
    xgboost = require("xgboost", "xgboost")
    if b"learner" not in data[:4096]:
        raise ModelFileRejected(f"{name}: a JSON file, but no XGBoost model")
    xgboost_files.check(data, name, most)
    return xgboost.Booster(model_file=bytearray(data))


def read_lightgbm(data: bytes) -> Any:
    """The booster in a LightGBM text file."""
    lightgbm = require("lightgbm", "lightgbm")
    return lightgbm.Booster(model_str=lightgbm_files.checked(data), params={"verbosity": -1})


class LightGBMModel(FittedModel):
    """A native LightGBM booster.

    Args:
        booster: trained with a binary, multiclass or regression objective.
        options: `classes` names the classes, which LightGBM numbers from 0.

    Raises:
        ModelError: the objective is another one.
    """

    kind = "lightgbm"

    def __init__(self, booster: Any, options: ModelOptions) -> None:
        super().__init__(booster, options)
        adopt(self, options, "LightGBM booster")
        refuse_target(options, self.name)
        # The parameters may call the objective by an alias; the text form has it under its own name.
        lines = (text for text in booster.model_to_string().splitlines() if text.startswith("objective="))
        objective = next(lines, "").removeprefix("objective=")
        able = {Capability.QUERIES, Capability.SCORES}
        if objective.startswith(("binary", "multiclass")):
            count = 2 if objective.startswith("binary") else int(booster.num_model_per_iteration())
            self.classes = tuple(range(count)) if options.classes is None else tuple(options.classes)
            if len(self.classes) != count:
                raise ModelError(f"{self.name}: classes must name the {count} classes; {len(self.classes)} were given")
            able.add(Capability.PROBABILITIES)
        elif objective.startswith(("lambdarank", "rank", "custom", "cross_entropy")) or not objective:
            raise ModelError(
                f"{self.name}: the objective must be a classification or a regression; it is {objective!r}. "
                "Wrap a function of its answers in place of it"
            )
        else:
            self.task = "regression"
        settle(self, options)
        # A score is about one positive class, which several classes lack.
        if self.task == "multiclass":
            able.discard(Capability.SCORES)
        if options.preprocess is None and is_tree_ensemble(booster):
            able.add(Capability.TREES)
        self.capabilities = frozenset(able)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the trees, the preprocessing, the classes and the threshold."""
        return fingerprint("lightgbm", self._estimator, self._options.preprocess, self.classes, self.threshold)

    def answer(self, inputs: Any) -> Answers:
        """Answers for one batch."""
        eaten = self.as_fitted(prepared(inputs, self._options.preprocess, self.name))
        with noting(self), failing(self.name, "LightGBM", eaten):
            output = np.asarray(self._estimator.predict(eaten), dtype=np.float64)
        if self.task == "regression":
            return Answers(output, output, None)
        return answer_probabilities(self, output if output.ndim == 2 else np.column_stack([1 - output, output]))

    def as_fitted(self, inputs: Any) -> Any:
        """The inputs as the booster was fitted: its columns, in its order, with its types."""
        if not hasattr(inputs, "columns"):
            values = as_array(inputs)
            return inputs if values is None else values
        table, notes = self.fitted_table.table(inputs)
        note(self, *notes)
        return table

    def estimator(self) -> Any:
        """The booster; None behind a preprocessing of the user's own."""
        return None if self._options.preprocess is not None else self._estimator
