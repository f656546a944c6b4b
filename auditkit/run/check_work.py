"""The work of an audit's checks: called with a job, in whatever process it is."""

import importlib
from collections.abc import Sequence
from typing import Any, Final

from auditkit.results import canonical
from auditkit.run.audited_model import AuditedModel
from auditkit.run.failures import describe
from auditkit.run.measure import failed, measure
from auditkit.run.plan import Step
from auditkit.run.same_answers import answers_alike
from auditkit.run.shared_data import SharedData
from auditkit.workers.engine import Job
from auditkit.workers.worker import Tell

SAME_ANSWERS: Final = "the answers of its copy"
"""The job that compares what a model answers in another process with what it answered here; no check has such an id."""
LIBRARIES: Final = ("scipy.stats", "sklearn.ensemble", "sklearn.linear_model")
"""What most checks import."""


def load_libraries() -> None:
    """Import what most checks do, so that not every fork of this process has to."""
    for library in LIBRARIES:
        importlib.import_module(library)


class CheckWork:
    """Does the checks of an audit. It can be pickled as far as data, models and plugins can.

    Args:
        models: those whose checks are to be done.
    """

    def __init__(self, models: Sequence[AuditedModel]) -> None:
        # the host comes first in a pickle, for it brings the modules in which plugins define their classes
        self._host = models[0].context.host if models else None
        self._models = {audited.model.name: _Measurable(audited) for audited in models}

    def __setstate__(self, state: dict[str, Any]) -> None:
        load_libraries()
        self.__dict__.update(state)

    def __call__(self, job: Job, tell: Tell, apart: bool) -> bytes:
        """Do one check; its result as bytes.

        Args:
            job: the model and the check.
            tell: called with (done, total, what).
            apart: whether this process is for this check alone.
        """
        if job.check == SAME_ANSWERS:
            return str(answers_alike(self._models[job.model].predictions)).encode()
        return self._models[job.model].measured(job.check, tell, apart)


class _Measurable:
    """What the checks of one model are measured with."""

    def __init__(self, audited: AuditedModel) -> None:
        self._context, self.predictions = audited.context, audited.predictions
        self._steps: dict[str, Step] = {step.planned.check: step for step in audited.steps}
        self._shared = SharedData(self._context.data, self.predictions)

    def measured(self, check: str, tell: Tell, apart: bool) -> bytes:
        """The result of one check."""
        step = self._steps[check]
        result = measure(step, self._context, self.predictions, None if apart else self._shared, tell)
        try:
            return canonical(result, sort=False)  # groups stay in the order of their attributes
        except (ValueError, RecursionError) as error:  # what JSON cannot hold, such as a number of 5,000 digits
            return canonical(failed(step, describe(error)), sort=False)
