"""The parameters of `fairness.bias_audit`."""

from typing import Literal, NamedTuple, Self

from pydantic import BaseModel, Field, model_validator

from auditkit.plugins.fairness.impact import categories

ID = "fairness.bias_audit"
Mode = Literal["selection", "scoring"]


class Attributes(NamedTuple):
    """Which attributes are which; None where there is none."""

    sex: str | None
    race_ethnicity: str | None


class Parameters(BaseModel):
    """What a user may set for `fairness.bias_audit`."""

    mode: Literal["auto", "selection", "scoring"] = Field(
        default="auto", description="auto: selection where there are decisions, else scoring"
    )
    decisions_are: Literal["selected", "above median"] = Field(
        default="selected", description="what a positive decision means; above median: counted so by whoever made them"
    )
    sex: str = Field(default="", description="the attribute that is sex; empty: sex or gender, where there is one")
    race_ethnicity: str = Field(
        default="", description="the attribute that is race/ethnicity; empty: the one called so or similarly"
    )
    unknown: tuple[str, ...] = Field(
        default=categories.UNKNOWN, description="values that mean that the category is not known"
    )
    exclude_under: float = Field(
        default=0.0, ge=0, le=0.02, description="categories under this share are left out of the ratios; at most 0.02"
    )
    justification: str = Field(default="", description="the auditor's reason for leaving them out; printed")

    @model_validator(mode="after")
    def _one_meaning(self) -> Self:
        if self.mode == "selection" and self.decisions_are == "above median":
            raise ValueError('decisions that mean "above median" are scoring; leave mode out, or say mode = "scoring"')
        return self
