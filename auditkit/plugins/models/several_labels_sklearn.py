"""Estimators of scikit-learn that answer about several labels: MultiOutputClassifier, OneVsRest, chains, forests."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from auditkit.adapters import failing, noting, prepared
from auditkit.data.inputs import without_mask
from auditkit.errors import CapabilityError
from auditkit.models import Answers, ModelOptions
from auditkit.plugins.models.fitted import FittedModel
from auditkit.plugins.models.inside import attribute, last_step
from auditkit.plugins.models.several_labels import adopt_labels, answers_from
from auditkit.plugins.models.sklearn import SklearnModel
from auditkit.value_spelling import spelling


class EstimatorLabels(SklearnModel):
    """A fitted estimator of several labels, asked through `predict` and, where it has one, `predict_proba`.

    Args:
        estimator: a classifier whose `predict` gives (n, L).
        options: `threshold` replaces the rule of `predict` where there are probabilities.
    """

    task = "multilabel"

    def __init__(self, estimator: Any, options: ModelOptions, *, fitted: bool = True) -> None:
        FittedModel.__init__(self, estimator, options)
        adopt_labels(self, options, type(last_step(estimator)).__name__)
        self.kind = "sklearn"

    def answer(self, inputs: Any) -> Answers:
        """Answers for one batch; decisions are those of `predict`, or of the threshold where one is given."""
        eaten = self.as_fitted(prepared(inputs, self._options.preprocess, self.name))
        with noting(self), failing(self.name, type(self._estimator).__name__, eaten):
            chances = self._chances(eaten, len(inputs))
            if chances is not None and self.threshold is not None:
                return chances
            decided = answers_from(without_mask(self._estimator.predict(eaten)), len(inputs), self, is_chance=False)
            return decided if chances is None else chances._replace(labels=decided.labels)

    def _chances(self, eaten: Any, rows: int) -> Answers | None:
        """The probabilities of each label; None where the estimator has none."""
        if not hasattr(self._estimator, "predict_proba"):
            return None
        given = self._estimator.predict_proba(eaten)
        if isinstance(given, list):
            classes = attribute(last_step(self._estimator), "classes_")
            given = [
                # of a label that nobody or everybody had, there is one class alone
                np.full(rows, float(spelling(classes[place][0]) == "1")) if np.shape(part)[1:] == (1,) else part
                for place, part in enumerate(given)
            ]
        return answers_from(given, rows, self, is_chance=True)

    def fresh(self, public: Collection[str] = ()) -> SklearnModel:
        """Never: trainers fit to one label.

        Raises:
            CapabilityError: always.
        """
        raise CapabilityError(f"{self.name}: a model of several labels is not trained anew")
