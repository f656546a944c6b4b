"""The journal of a private training: what whoever trained wrote down of it."""

import pathlib
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from auditkit.errors import ConfigError, EvidenceError
from auditkit.io import strict_json
from auditkit.io.atomic_files import read_plain
from auditkit.text import one_line

LARGEST_FILE = 64_000_000
"""Bytes: ten million batch sizes."""
MOST_UNITS = 10**12
Text = Annotated[str, Field(min_length=1, max_length=100)]
Size = Annotated[int, Field(ge=0, le=MOST_UNITS)]
Phase = Annotated[tuple[float, float, int], Field(strict=False)]


class Journal(BaseModel):
    """What was written down; what is left out cannot be tested."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)

    sampler: Text
    """How batches were drawn: `poisson`, or anything else, such as `shuffled`."""
    units: int = Field(ge=1, le=MOST_UNITS)
    """Rows, or persons, that there were to draw from."""
    sample_rate: float = Field(gt=0, le=1)
    """The chance of a unit to take part in a step, as accounted."""
    noise_multiplier: float = Field(gt=0)
    """Standard deviation of the noise over the clipping norm, as accounted."""
    max_grad_norm: float = Field(gt=0)
    steps: int = Field(ge=1)
    delta: float = Field(ge=1e-10, lt=1)
    epsilon: float | None = Field(default=None, ge=0)
    """As claimed."""
    noise: str = "independent"
    """Drawn anew in each step, or of matrix factorisation."""
    unit: Text = "row"
    trainings: int = Field(default=1, ge=1)
    """Trainings that read these rows, such as those of a search for parameters."""
    neighbours: Literal["add_or_remove", "replace"] = "add_or_remove"
    batch_sizes: tuple[Size, ...] | None = Field(default=None, strict=False, min_length=1)
    """Units in each step, empty ones too."""
    history: tuple[Phase, ...] | None = Field(default=None, strict=False)
    """The accountant's: (noise multiplier, sampling rate, steps)."""
    noise_square: float | None = Field(default=None, ge=0)
    """The mean square of the noise added, over what it should be."""
    numbers: int | None = Field(default=None, ge=1, le=10**18)
    """How many numbers that mean is of."""
    clipped: float | None = Field(default=None, ge=0)
    """The largest norm of clipped gradients of a unit, over the clipping norm."""
    row_error: float | None = Field(default=None, ge=0)
    """How far, relatively, a row's gradient in a batch was from its gradient alone; the worst of those tried."""
    seed_is_secret: bool | None = None
    """Whether nobody knows the seeds of noise and sampling."""
    libraries: dict[Text, Text] = Field(default={}, max_length=100)

    @model_validator(mode="after")
    def _of_a_known_kind(self) -> Self:
        if self.noise != "independent":
            raise ValueError(
                f"noise must be 'independent'; {self.noise!r} was given. Noise of matrix factorisation (DP-FTRL) hangs "
                "together over steps, and is accounted for otherwise than here"
            )
        return self


def read_journal(path: pathlib.Path) -> Journal:
    """The journal in a file.

    Raises:
        ConfigError: it cannot be read, has more than 64 MB, is no JSON, or lacks or misspells a field.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ConfigError(f"path: the journal {path.name} must have at most 64 MB, and has more")
        return Journal.model_validate(strict_json.loads(read_plain(path), path.name))
    except (OSError, EvidenceError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConfigError(f"path: the journal {path.name} cannot be read: {why}") from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'it'}: {one_line(fault['msg'], 200)}" for fault in error.errors()[:4]
        )
        raise ConfigError(f"path: the journal {path.name} does not fit: {faults}") from error
