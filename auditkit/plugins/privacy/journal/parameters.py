"""The parameters of `privacy.journal`."""

import pathlib

from pydantic import BaseModel, Field


class Parameters(BaseModel):
    """What a user may set for `privacy.journal`."""

    path: pathlib.Path | None = Field(default=None, description="The journal, a JSON file; needed.")
