"""The parameters of `privacy.anonymity`."""

from pydantic import BaseModel, Field


class Parameters(BaseModel):
    """What a user may set for `privacy.anonymity`."""

    quasi_identifiers: tuple[str, ...] = Field(
        default=(), description="columns that others may know of a person: age, postcode, sex; inputs, groups or label"
    )
    sensitive: tuple[str, ...] = Field(
        default=(), description="columns that nobody should learn about a person; for l-diversity and t-closeness"
    )
    k: int = Field(default=5, ge=2, description="rows in a class from which on nobody in it counts as exposed")
    training: bool = Field(default=False, description="whether the training split is looked at too, by itself")
