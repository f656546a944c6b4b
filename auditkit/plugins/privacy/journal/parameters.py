"""The parameters of `privacy.journal`."""

import hashlib
import pathlib
from typing import Any

from pydantic import BaseModel, Field, model_validator


class Parameters(BaseModel):
    """What a user may set for `privacy.journal`."""

    path: pathlib.Path | None = Field(default=None, description="The journal, a JSON file; needed.")
    sha256: str = Field(default="", description="Of that file; filled in, and held against it where it is given.")

    @model_validator(mode="before")
    @classmethod
    def _with_digest(cls, values: Any) -> Any:
        """The file's digest is a parameter, so that a result tells which journal it is about."""
        if not isinstance(values, dict) or not values.get("path"):
            return values
        try:
            with pathlib.Path(values["path"]).open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise ValueError(f"path must be a file that can be read: {error.strerror}") from None
        if values.get("sha256") not in (None, "", digest):
            raise ValueError(f"sha256 must be that of the file, {digest}; take it out, or mend the file")
        return {**values, "sha256": digest}
