"""The work of an audit's checks: called with a job, in whatever process it is."""

import importlib
from collections.abc import Iterable, Mapping, Sequence
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
LIBRARIES: Final[Mapping[str, tuple[str, ...]]] = {
    "scipy.special": ("data.", "explanations.", "fairness.", "performance.", "privacy.", "robustness."),
    "scipy.stats": ("explanations.", "privacy.", "robustness."),
    "sklearn.ensemble": ("data.", "privacy."),
    "sklearn.linear_model": ("data.", "privacy."),
}
"""{library that is slow to import: how the names of most checks begin that import it}."""


def load_libraries(checks: Iterable[str]) -> None:
    """Import what several of these checks would, so that not every fork of this process has to."""
    checks = list(checks)
    for library, users in LIBRARIES.items():
        if sum(check.startswith(users) for check in checks) > 1:
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
        self.__dict__.update(state)
        load_libraries(check for model in self._models.values() for check in model.checks)

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

    @property
    def checks(self) -> Iterable[str]:
        """Their names."""
        return self._steps

    def measured(self, check: str, tell: Tell, apart: bool) -> bytes:
        """The result of one check."""
        step = self._steps[check]
        result = measure(step, self._context, self.predictions, None if apart else self._shared, tell)
        try:
            return canonical(result, sort=False)  # groups stay in the order of their attributes
        except (ValueError, RecursionError) as error:  # what JSON cannot hold, such as a number of 5,000 digits
            return canonical(failed(step, describe(error)), sort=False)
