"""A model of which only its answers in words are known, which stand beside the data."""

from typing import Any

from auditkit.data import AuditData
from auditkit.errors import CapabilityError, ModelError
from auditkit.models import Answers, Capability, Model, ModelOptions
from auditkit.plugins.models.fingerprints import fingerprint


class RecordedTextsModel(Model):
    """A model whose answers in words were recorded elsewhere.

    Args:
        data: audit data of the task `generation` with recorded answers.
        options: `name`, and `inputs` as its owner states them.

    Raises:
        ModelError: nothing is recorded, or an option is about decisions.
    """

    kind = "recorded"
    loaded = "recorded answers in words"
    task = "generation"
    capabilities = frozenset({Capability.TEXTS})

    def __init__(self, data: AuditData, options: ModelOptions) -> None:
        self.name = options.name or self.loaded
        if data.answered is None:
            raise ModelError(
                f'{self.name}: answers in words must stand beside the data, as in [model] texts = "answer", or a '
                "model must be given that can be asked"
            )
        for option in ("threshold", "classes", "positive"):
            if getattr(options, option) is not None:
                raise ModelError(
                    f"{self.name}: {option} is for decisions, and these are answers in words; leave it out"
                )
        self.stated = options.inputs
        self._digest = fingerprint(list(data.answered))

    def given(self, columns: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """None: what stands beside recorded answers need not be what they were made from."""
        return None

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the answers."""
        return fingerprint("answers in words", self._digest)

    def answer(self, inputs: Any) -> Answers:
        """Never: nobody can be asked.

        Raises:
            CapabilityError: always.
        """
        raise CapabilityError(
            f"{self.name}: recorded answers stand for these prompts only and cannot be asked about others; give the "
            "model itself for checks that ask it ([model] object or url)"
        )
