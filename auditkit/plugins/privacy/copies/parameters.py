"""The parameters of `privacy.synthetic_copies`."""

import hashlib
import pathlib
from typing import Any

from pydantic import BaseModel, Field, model_validator


class Parameters(BaseModel):
    """What a user may set for `privacy.synthetic_copies`."""

    synthetic: str = Field(default="", description="the file with the synthetic rows, in the columns of the data")
    sha256: str = Field(default="", description="of that file; filled in, and held against it where it is given")
    reading: dict[str, Any] = Field(
        default={}, description='how that file is read, in the words of [data]: {missing = ["?"], delimiter = ";"}'
    )
    rows: int = Field(default=10_000, ge=1, description="how many rows of each table are compared at most")
    near: float = Field(
        default=0.01, gt=0, lt=0.5, description="share of held-out rows that lie as near to a training row as a copy"
    )

    @model_validator(mode="before")
    @classmethod
    def _with_digest(cls, values: Any) -> Any:
        """The file's digest is a parameter, so that a result tells which table it is about, and is not taken for it."""
        if not isinstance(values, dict) or not values.get("synthetic"):
            return values
        try:
            with pathlib.Path(values["synthetic"]).open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise ValueError(f"synthetic must be a file that can be read: {error.strerror}") from None
        if values.get("sha256") not in (None, "", digest):
            raise ValueError(f"sha256 must be that of the file, {digest}; take it out, or mend the file")
        return {**values, "sha256": digest}
