"""A system of which only the scores of its cases are known, which stand beside the data."""

from typing import Any

from auditkit.data import AuditData
from auditkit.errors import CapabilityError, ModelError, closest
from auditkit.models import Answers, Model, ModelOptions
from auditkit.plugins.models.fingerprints import fingerprint


class ScoredModel(Model):
    """A system whose cases were scored elsewhere.

    Args:
        data: audit data of the task `case_scores`.
        options: `name` says which system, where several were scored.

    Raises:
        ModelError: there is no such system, or an option is about decisions.
    """

    kind = "recorded"
    loaded = "recorded scores of cases"
    task = "case_scores"

    def __init__(self, data: AuditData, options: ModelOptions) -> None:
        systems, name = list(data.scored), options.name
        if len(systems) > 1 and name not in systems:
            wanted = "" if name is None else f"{closest(name, systems)}: "
            raise ModelError(f"{wanted}name one of the systems that were scored, as in wrap(data, name={systems[0]!r})")
        self.system = name if name in systems else systems[0]
        self.name = name or self.system or self.loaded
        for option in ("threshold", "classes"):
            if getattr(options, option) is not None:
                raise ModelError(f"{self.name}: {option} is for decisions, and these are scores of cases; leave it out")
        self.stated = options.inputs
        self._digest = fingerprint(data.scored[self.system], tuple(data.case_scores))

    def given(self, columns: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """None: what stands beside recorded scores need not be what the system was given."""
        return None

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the scores and their names."""
        return fingerprint("case scores", self._digest)

    def answer(self, inputs: Any) -> Answers:
        """Never: nobody can be asked.

        Raises:
            CapabilityError: always.
        """
        raise CapabilityError(
            f"{self.name}: recorded scores stand for these cases only and cannot be asked about others"
        )
