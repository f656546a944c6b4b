"""Detectors of anomalies of scikit-learn: fitted without labels, they give a score and alert where it is high."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from auditkit.adapters import adopt, failing, names, note, noting, prepared, settle
from auditkit.data import Task
from auditkit.data.inputs import without_mask
from auditkit.errors import CapabilityError, ModelError
from auditkit.models import Answers, Capability, ModelOptions
from auditkit.plugins.models.fitted import FittedModel
from auditkit.plugins.models.inside import last_step
from auditkit.plugins.models.one_output import refuse_target
from auditkit.plugins.models.sklearn import SklearnModel
from auditkit.value_spelling import match_class

USUAL, ANOMALY = "usual", "anomaly"


class AnomalyModel(SklearnModel):
    """A fitted detector, such as an IsolationForest, alone or as the last step of a Pipeline.

    Its score is `-decision_function`: the higher, the less usual, and 0 where the detector itself begins to alert. The
    class `anomaly` is what it alerts about; of labelled data it is their positive class.

    Args:
        estimator: with `predict` and `decision_function`.
        options: `classes` names two classes, the second for an alert; `threshold` is the score from which it alerts.

    Raises:
        ModelError: it can only look at the rows that it was fitted to, or the options contradict each other.
    """

    def __init__(self, estimator: Any, options: ModelOptions, *, fitted: bool = True) -> None:
        FittedModel.__init__(self, estimator, options)
        adopt(self, options, type(last_step(estimator)).__name__)
        refuse_target(options, self.name)
        if not hasattr(estimator, "decision_function"):
            raise ModelError(
                f"{self.name}: a detector must give a score for rows that it has not seen, and this one has no "
                "decision_function. Fit a LocalOutlierFactor with novelty=True, or record its scores"
            )
        self.kind = "sklearn"
        self.classes = (USUAL, ANOMALY) if options.classes is None else tuple(options.classes)
        if len(self.classes) != 2:
            raise ModelError(
                f"{self.name}: classes of a detector must be two, the second for an alert; {list(self.classes)} was "
                "given"
            )
        settle(self, options)
        self.capabilities = frozenset({Capability.QUERIES, Capability.SCORES})
        note(self, "scores are -decision_function: the higher, the less usual; 0 is where the detector begins to alert")

    def take_labels(self, task: Task, labels: tuple[Any, ...], positive: Any = None) -> None:
        """Take the names of the two classes from the data, where its user named none."""
        if self._options.classes is not None or len(labels) != 2:
            return
        alert = labels[-1] if positive is None else match_class(positive, labels)
        self.classes = (*(label for label in labels if label != alert), alert)
        self.positive = alert

    def answer(self, inputs: Any) -> Answers:
        """Answers for one batch; it alerts where `predict` says -1, or from the threshold on where one is given."""
        eaten = self.as_fitted(prepared(inputs, self._options.preprocess, self.name))
        with noting(self), failing(self.name, type(self._estimator).__name__, eaten):
            scores = -np.asarray(without_mask(self._estimator.decision_function(eaten)), dtype=np.float64).ravel()
            if self.threshold is None:
                alerts = np.asarray(without_mask(self._estimator.predict(eaten))).ravel() == -1
            else:
                alerts = scores >= self.threshold
        return Answers(names(self.classes, alerts.astype(np.int64)), scores)

    def fresh(self, public: Collection[str] = ()) -> SklearnModel:
        """Never: trainers fit to labels.

        Raises:
            CapabilityError: always.
        """
        raise CapabilityError(f"{self.name}: a detector of anomalies is not trained to labels")
