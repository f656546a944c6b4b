"""The parameters of `fairness.generated_groups`."""

import hashlib
import pathlib
from typing import Any

from pydantic import BaseModel, Field, model_validator


class Parameters(BaseModel):
    """What a user may set for `fairness.generated_groups`."""

    samples: str = Field(default="", description="the file with what a classifier called each sample")
    sha256: str = Field(default="", description="of that file; filled in, and held against it where it is given")
    known: str = Field(default="", description="one of the groups of the data: what each real row is")
    named: str = Field(
        default="", description="another of them, and a column of the samples: what the classifier called the row"
    )

    @model_validator(mode="before")
    @classmethod
    def _with_digest(cls, values: Any) -> Any:
        """The file's digest is a parameter, so that a result tells which samples it is about."""
        if not isinstance(values, dict) or not values.get("samples"):
            return values
        try:
            with pathlib.Path(values["samples"]).open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise ValueError(f"samples must be a file that can be read: {error.strerror}") from None
        if values.get("sha256") not in (None, "", digest):
            raise ValueError(f"sha256 must be that of the file, {digest}; take it out, or mend the file")
        return {**values, "sha256": digest}
