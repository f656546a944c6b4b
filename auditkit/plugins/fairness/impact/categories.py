"""Which attribute is sex and which is race and ethnicity, and which values mean that it is not known."""

import re
from collections.abc import Iterable, Sequence

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
