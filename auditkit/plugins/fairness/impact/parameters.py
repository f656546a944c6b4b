"""The parameters of `fairness.adverse_impact` and of `fairness.bias_audit`.

With them which attribute is sex and which is race and ethnicity, and which values mean that it is not known.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, Self

from pydantic import BaseModel, Field, model_validator

SEX = ("sex", "gender", "sex_category", "sex_gender", "gender_sex")
RACE_ETHNICITY = (
    "race_ethnicity",
    "race_and_ethnicity",
    "race_or_ethnicity",
    "ethnicity_race",
    "race",
    "ethnicity",
    "ethnic_group",
    "race_ethnicity_category",
)
UNKNOWN = (
    "(missing)",
    "Unknown",
    "Not known",
    "Not specified",
    "Not disclosed",
    "Not provided",
    "Undisclosed",
    "Decline to state",
    "Declined to state",
    "Prefer not to say",
    "Prefer not to answer",
)
"""Values that mean that the category is not known. "NA" is none of them: it may be an abbreviation of a category."""


def find_attribute(names: Iterable[str], spellings: Sequence[str]) -> str | None:
    """The first attribute called by one of the wanted names, in any spelling; None where there is none."""
    spelt: dict[str, str] = {}
    for name in names:
        # Of two attributes with one spelling the first is taken: the owner listed it first.
        spelt.setdefault(re.sub(r"[^a-z0-9]+", "_", name.strip().casefold()).strip("_"), name)
    return next((spelt[spelling] for spelling in spellings if spelling in spelt), None)


def unknown_values(values: Iterable[str], unknown: Iterable[str]) -> list[str]:
    """Those of the values that mean unknown, whatever their case."""
    meanings = {text.strip().casefold() for text in unknown}
    return [value for value in values if value.strip().casefold() in meanings]


class AdverseParameters(BaseModel):
    """What a user may set for `fairness.adverse_impact`."""

    intersections: int = Field(default=1, ge=1, description="the largest number of attributes that are intersected")
    draws: int = Field(default=20_000, ge=1_000, description="samples behind the chance of a ratio under four fifths")
    unknown: tuple[str, ...] = Field(
        default=UNKNOWN, description="values that mean that the group is not known; compared with nobody"
    )
    trials: int = Field(default=50, ge=20, description="equal tables behind the control of the tests")


ID = "fairness.bias_audit"
Mode = Literal["selection", "scoring"]


class Attributes(NamedTuple):
    """Which attributes are which; None where there is none."""

    sex: str | None
    race_ethnicity: str | None


class AuditParameters(BaseModel):
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
    unknown: tuple[str, ...] = Field(default=UNKNOWN, description="values that mean that the category is not known")
    exclude_under: float = Field(
        default=0.0, ge=0, le=0.02, description="categories under this share are left out of the ratios; at most 0.02"
    )
    justification: str = Field(default="", description="the auditor's reason for leaving them out; printed")

    @model_validator(mode="after")
    def _one_meaning(self) -> Self:
        if self.mode == "selection" and self.decisions_are == "above median":
            raise ValueError('decisions that mean "above median" are scoring; leave mode out, or say mode = "scoring"')
        return self
